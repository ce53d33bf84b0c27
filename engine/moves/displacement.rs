//! One particle moved a little.

use super::{Change, Move, OnReject, Proposal};
use crate::microstate::Microstate;
use crate::walker::{Environment, Scratch};
use rand::RngExt;

/// Moves one particle, chosen uniformly, by a vector uniform in the cube of half side `step`.
///
/// `log_q_ratio` is 0: the way back is the opposite vector, proposed for the same particle with the same density.
///
/// Source: Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Displacement {
    /// Half side of the cube, in units of length.
    pub step: f64,
}

impl Move for Displacement {
    #[inline]
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let positions = &state.configuration.positions;
        let index = scratch.random.random_range(0..positions.n());
        let mut to = positions.get(index);
        for coordinate in to.iter_mut().take(positions.dimension()) {
            *coordinate += self.step * (2.0 * scratch.random.random::<f64>() - 1.0);
        }
        let change = environment.potential.particle_energy_change(&state.configuration, scratch.workspace, index, to);
        let energy = state.energy + change;
        Some(Proposal { change: Change::Particle { index, to }, energy, log_q_ratio: 0.0, on_reject: OnReject::Keep })
    }
}
