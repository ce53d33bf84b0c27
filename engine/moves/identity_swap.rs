//! Two particles of different types change places.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults};
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch};
use mcflow_base::Problem;
use mcflow_potentials::Moved;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Two particles of different types exchange their positions, each pair with the same probability; their momenta stay with them.
///
/// `log_q_ratio` is 0: the same pair is chosen for the way back with the same probability, since types do not change.
///
/// Source: Frenkel and Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 5.5.1 (for mixtures).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitySwap {
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for IdentitySwap {
    fn name(&self) -> &'static str {
        "IdentitySwap"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, system: &System) -> Vec<Problem> {
        let mut problems: Vec<Problem> = checks::counts([("every", self.every), ("count", self.count)]).collect();
        let types = &system.particles.types;
        if types.iter().all(|kind| *kind == types[0]) {
            problems.push(Problem::new("", "an identity swap of particles of one type", "particles of two types, or no such move"));
        }
        problems
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count as u64, of_a_step: StepWork::Particles(2) }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::Fixed(0.0)
    }

    fn effect(&self) -> Effect {
        Effect::Permutation
    }

    fn prepare<'a>(&self, _: f64, setting: &Setting<'a>) -> Ready<'a> {
        Ready::trials(setting, self.count, IdentitySwapTrial)
    }
}

/// One trial swap of two particles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdentitySwapTrial;

impl Move for IdentitySwapTrial {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let Scratch { workspace, random, moved, .. } = scratch;
        let types = &environment.particles.types;
        // Of pairs drawn uniformly those of one type are drawn again: what is left is uniform over the others.
        let (i, j) = loop {
            let (i, j) = (random.random_range(0..types.len()), random.random_range(0..types.len()));
            if types[i] != types[j] {
                break (i, j);
            }
        };
        let positions = &state.configuration.positions;
        let mut both = [Moved { particle: i, to: positions.get(j) }, Moved { particle: j, to: positions.get(i) }];
        both.sort_unstable_by_key(|one| one.particle);
        moved.clear();
        moved.extend(both);
        let energy = state.energy + environment.potential.change(&state.configuration, workspace, moved);
        Some(Proposal { change: Change::Some, energy, log_q_ratio: 0.0, on_reject: OnReject::Keep })
    }
}
