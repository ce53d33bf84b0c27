//! Two particles of different types change places.

use super::{Change, Move, OnReject, Proposal};
use crate::microstate::Microstate;
use crate::walker::{Environment, Scratch};
use rand::RngExt;

/// Exchanges the positions of two particles of different types, each pair with the same probability; their momenta stay with them.
///
/// `log_q_ratio` is 0: the same pair is chosen for the way back with the same probability, since types do not change.
///
/// Source: Frenkel and Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 5.5.1 (for mixtures).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdentitySwap;

impl Move for IdentitySwap {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let Scratch { other, workspace, random, .. } = scratch;
        let types = &environment.particles.types;
        // Of pairs drawn uniformly those of one type are drawn again: what is left is uniform over the others.
        let (i, j) = loop {
            let (i, j) = (random.random_range(0..types.len()), random.random_range(0..types.len()));
            if types[i] != types[j] {
                break (i, j);
            }
        };
        other.copy_from(state);
        let (at_i, at_j) = (state.configuration.positions.get(i), state.configuration.positions.get(j));
        other.configuration.positions.set(i, at_j);
        other.configuration.positions.set(j, at_i);
        other.current_forces = None;
        other.evaluate_energy(&environment.potential, workspace);
        Some(Proposal { change: Change::Whole, energy: other.energy, log_q_ratio: 0.0, on_reject: OnReject::Keep })
    }
}
