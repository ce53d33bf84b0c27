//! All particles moved together.

use super::{Change, Move, OnReject, Proposal};
use crate::microstate::Microstate;
use crate::walker::{Environment, Scratch};
use rand::RngExt;

/// Moves all particles by one vector, uniform in the cube of half side `step`: what single displacements do slowly where particles hold
/// together and something outside (a wall, a tether, another landscape) holds them.
///
/// `log_q_ratio` is 0: the way back is the opposite vector, with the same density.
///
/// Source: Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Translation {
    /// Half side of the cube, in units of length.
    pub step: f64,
}

impl Move for Translation {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let Scratch { other, workspace, random, .. } = scratch;
        other.copy_from(state);
        for c in 0..state.configuration.positions.dimension() {
            let shift = self.step * (2.0 * random.random::<f64>() - 1.0);
            other.configuration.positions.component_mut(c).iter_mut().for_each(|x| *x += shift);
        }
        other.current_forces = None;
        other.evaluate_energy(&environment.potential, workspace);
        Some(Proposal { change: Change::Whole, energy: other.energy, log_q_ratio: 0.0, on_reject: OnReject::Keep })
    }
}
