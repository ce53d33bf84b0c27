//! Trajectories of dynamics as proposals.

use super::{Change, Move, OnReject, Proposal};
use crate::dynamics::Integrator;
use crate::microstate::Microstate;
use crate::walker::{Environment, Scratch};

/// Hybrid (Hamiltonian) Monte Carlo: fresh momenta, `steps` steps of velocity Verlet, the end point proposed.
///
/// The integrator is reversible up to the sign of p and keeps volume, so only the change of total energy counts: `log_q_ratio` =
/// -beta (K' - K), which the B steps alone make. The fresh momenta belong to the proposal; those of the state are independent of the
/// positions, take no part, and stay as they are, so HMC mixes with moves that keep momenta.
///
/// With forces in f32 ([`Precision::Mixed`](mcflow_potentials::Precision)) this still holds: the trajectory is reversible and keeps
/// volume for whatever function of the positions the force is, and the energies that decide are f64. What is left of irreversibility is
/// that sums in another order (after a new neighbour list) round differently: some 1e-7 of a force, where f64 has 1e-16.
///
/// Source: Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195 (1987) 216.
#[derive(Clone, Debug, PartialEq)]
pub struct Hmc {
    /// Velocity Verlet of the time step.
    pub integrator: Integrator,
    /// Steps of one trajectory.
    pub steps: usize,
}

impl Move for Hmc {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let beta = environment.thermodynamic_state.beta;
        scratch.other.copy_from(state);
        self.integrator.draw_momenta(scratch.other, scratch.random);
        let Scratch { other, workspace, random, noise } = scratch;
        let kinetic_change = self.integrator.run_with_kinetic_change(self.steps, other, environment.potential, workspace, noise, random);
        scratch.other.momenta.copy_from(&state.momenta);
        Some(Proposal {
            change: Change::Whole,
            energy: scratch.other.energy,
            log_q_ratio: -beta * kinetic_change,
            on_reject: OnReject::Keep,
        })
    }
}

/// One step of a palindromic splitting of Langevin dynamics as a proposal (generalised HMC); a rejection flips the momenta.
///
/// Forward and backward (momenta reversed) the step passes the same points; A and B keep volume, and each O step is reversible for
/// the Maxwell distribution, so its own change of K cancels: `log_q_ratio` = -beta times the change of K in the B steps.
///
/// Forces in f32 are as good as in [`Hmc`].
///
/// Source: Horowitz, Phys. Lett. B 268 (1991) 247; Lelièvre, Rousset and Stoltz, Free Energy Computations (2010), section 2.2.3.
#[derive(Clone, Debug, PartialEq)]
pub struct MetropolizedStep {
    /// The splitting, time step and friction; palindromic.
    pub integrator: Integrator,
}

impl Move for MetropolizedStep {
    #[inline]
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        scratch.other.copy_from(state);
        let Scratch { other, workspace, random, noise } = scratch;
        let kinetic_change = self.integrator.run_with_kinetic_change(1, other, environment.potential, workspace, noise, random);
        Some(Proposal {
            change: Change::Whole,
            energy: scratch.other.energy,
            log_q_ratio: -environment.thermodynamic_state.beta * kinetic_change,
            on_reject: OnReject::FlipMomenta,
        })
    }
}
