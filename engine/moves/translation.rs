//! All particles moved together.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults};
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch};
use mcflow_base::Problem;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Trial displacements of all particles by one vector, uniform in the cube of half side `step`: what single displacements do slowly where
/// particles hold together and something outside (a wall, a tether, another landscape) holds them.
///
/// `log_q_ratio` is 0: the way back is the opposite vector, with the same density.
///
/// Source: Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Half side of the cube of displacements, in units of length (where tuning starts, if `tune`).
    pub step: f64,
    /// Whether equilibration tunes `step`.
    #[serde(default = "defaults::yes")]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for Translation {
    fn name(&self) -> &'static str {
        "Translation"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, _: &System) -> Vec<Problem> {
        let counts = checks::counts([("every", self.every), ("count", self.count)]);
        checks::positive("step", self.step).into_iter().chain(counts).collect()
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count as u64, of_a_step: StepWork::Configuration }
    }

    fn tuning(&self, height: f64) -> Tuning {
        Tuning::step(self.tune, self.step, 0.4, 0.5 * height)
    }

    fn effect(&self) -> Effect {
        Effect::Rigid
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        Ready::trials(setting, self.count, TranslationTrial { step: parameter })
    }
}

/// One trial displacement of all particles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TranslationTrial {
    /// Half side of the cube, in units of length.
    pub step: f64,
}

impl Move for TranslationTrial {
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
