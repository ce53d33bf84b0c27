//! One particle moved a little.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults};
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch};
use mcflow_base::Problem;
use mcflow_potentials::Moved;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Trial displacements of single particles: each moves one particle, chosen uniformly, by a vector uniform in the cube of half side `step`.
///
/// `log_q_ratio` is 0: the way back is the opposite vector, proposed for the same particle with the same density.
///
/// Source: Metropolis et al., J. Chem. Phys. 21 (1953) 1087.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Displacement {
    /// Attempts a sweep; as many as particles unless given.
    pub count: Option<usize>,
    /// Half side of the cube of displacements, in units of length (where tuning starts, if `tune`).
    pub step: f64,
    /// Whether equilibration tunes `step`.
    #[serde(default = "defaults::yes")]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for Displacement {
    fn name(&self) -> &'static str {
        "Displacement"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, system: &System) -> Vec<Problem> {
        let mut problems: Vec<Problem> = checks::positive("step", self.step).into_iter().collect();
        let half = 0.5 * system.cell.smallest_height();
        if self.step > half {
            let found = format!("{} in a cell whose smallest height is {}", self.step, 2.0 * half);
            problems.push(Problem::new("step", found, format!("at most half the smallest height, {half}")));
        }
        problems.extend(checks::counts([("every", self.every), ("count", self.count.unwrap_or(1))]));
        problems
    }

    fn work(&self, n: usize) -> Work {
        Work { steps: self.count.unwrap_or(n) as u64, of_a_step: StepWork::Particles(1) }
    }

    fn tuning(&self, height: f64) -> Tuning {
        Tuning::step(self.tune, self.step, 0.4, 0.5 * height)
    }

    fn effect(&self) -> Effect {
        Effect::Particles
    }

    fn is_cheaper_than_a_sample(&self) -> bool {
        true
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        let count = self.count.unwrap_or(setting.environment.particles.n());
        Ready::trials(setting, count, DisplacementTrial { step: parameter })
    }
}

/// One trial displacement of a particle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DisplacementTrial {
    /// Half side of the cube, in units of length.
    pub step: f64,
}

impl Move for DisplacementTrial {
    #[inline]
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let positions = &state.configuration.positions;
        let index = scratch.random.random_range(0..positions.n());
        let mut to = positions.get(index);
        for coordinate in to.iter_mut().take(positions.dimension()) {
            *coordinate += self.step * (2.0 * scratch.random.random::<f64>() - 1.0);
        }
        let change = environment.potential.change(&state.configuration, scratch.workspace, &[Moved { particle: index, to }]);
        let energy = state.energy + change;
        Some(Proposal { change: Change::Particle { index, to }, energy, log_q_ratio: 0.0, on_reject: OnReject::Keep })
    }
}
