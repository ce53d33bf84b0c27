//! Langevin and Hamiltonian dynamics by splitting.
//!
//! The integrators here are not moves: run on their own they leave a time-step error in the chain, and the summary says so. The
//! moves [`Hmc`](crate::moves::HmcTrajectory) and [`MetropolizedStep`](crate::moves::MetropolizedStep) correct them exactly.
//!
//! Between two evaluations of forces every coordinate moves on its own, so a step is cut into stages: forces, then a pass or two over
//! the coordinates, in lanes. Small systems with several walkers run one walker a lane (`replicas`); both ways draw the same random
//! numbers and do the same arithmetic, so they differ by rounding only.

mod integrator;
mod replicas;
mod segment;
mod splitting;
mod trajectory_length;

pub use integrator::Integrator;
pub use replicas::Replicas;
pub use splitting::Splitting;
pub(crate) use trajectory_length::trajectory_steps;
