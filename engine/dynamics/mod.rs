//! Langevin and Hamiltonian dynamics by splitting.
//!
//! The integrators here are not moves: run on their own they leave a time-step error in the chain, and the summary says so. The
//! moves [`Hmc`](crate::moves::Hmc) and [`MetropolizedStep`](crate::moves::MetropolizedStep) correct them exactly.

mod splitting;

pub use splitting::{Integrator, Splitting};
