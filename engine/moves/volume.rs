//! The whole cell scaled, with all particles in it.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults};
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch};
use mcflow_base::Problem;
use mcflow_potentials::Cell;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// In which variable the volume walks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeMeasure {
    /// Uniform steps in ln V.
    #[default]
    Logarithmic,
    /// Uniform steps in V.
    Linear,
}

/// What of the cell changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeShape {
    /// All lengths alike.
    #[default]
    Isotropic,
    /// Lengths along one Cartesian direction, drawn anew each time.
    SingleEdge,
}

/// Lengths that a cell may have: far beyond them numbers of 64 bits have no digits left, or none at all. A run ends long before.
const LENGTHS: std::ops::Range<f64> = 1e-36..1e13;

/// What is wrong with a cell whose lengths have come near the ends of what numbers hold: its volume has no distribution.
pub(crate) fn runaway(cell: &Cell) -> Option<&'static str> {
    let lengths = cell.diagonal()?;
    if lengths.iter().any(|&length| length > 0.1 * LENGTHS.end) {
        Some("grows")
    } else if lengths.iter().any(|&length| length < 10.0 * LENGTHS.start) {
        Some("shrinks")
    } else {
        None
    }
}

/// Trial changes of the volume: cell and positions are scaled, isotropically or along one direction: ln V' (or V') uniform within `step` of ln V (or V).
///
/// In fractional coordinates s the target is V^N exp(-beta (U + P V)) dV ds. A symmetric step in V therefore has
/// `log_q_ratio` = N ln(V'/V); a symmetric step in ln V is proposed with density 1/V' in V, which adds one more ln(V'/V): (N + 1).
///
/// With single edges the lengths L_k along the directions are variables of their own with the measure dL_1 ... dL_d: a step in ln V is one in
/// ln L_k, a step in V one in L_k, so both ratios are the same. Isotropic steps leave that measure invariant too (it is dV times one of the
/// shape alone), and both kinds may be in one sweep. A fluid resists no change of shape, and the measure has none to offer either: its edges
/// would go apart until one of them is at the least height of the cell, which changes the distribution of the volume. A largest ratio of
/// edges bounds the shapes alone: their measure is then the same at each volume, and that of the volume is dV.
///
/// Source: Frenkel and Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 5.4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Largest change of ln V, or of V (where tuning starts, if `tune`).
    pub step: f64,
    /// `Logarithmic` (steps in ln V) or `Linear` (steps in V).
    #[serde(default)]
    pub measure: VolumeMeasure,
    /// `Isotropic`, or `SingleEdge` (along one Cartesian direction at a time).
    #[serde(default)]
    pub shape: VolumeShape,
    /// With single edges, how many times as long as the shortest edge the longest may be: the space of shapes, which a fluid fills. Unless
    /// given 1.5, or half as much again as at the start where that is more.
    #[serde(default)]
    pub largest_aspect: Option<f64>,
    /// Whether equilibration tunes `step`.
    #[serde(default = "defaults::yes")]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for Volume {
    fn name(&self) -> &'static str {
        "Volume"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, system: &System) -> Vec<Problem> {
        let mut problems: Vec<Problem> = checks::positive("step", self.step).into_iter().collect();
        if let Some(largest) = self.largest_aspect {
            let aspect = system.cell.aspect();
            if self.shape == VolumeShape::Isotropic {
                let found = format!("{largest}, with a shape that no move changes");
                problems.push(Problem::new("largest_aspect", found, "`shape: SingleEdge`, or no such key"));
            } else if !(largest.is_finite() && largest >= aspect) {
                let expected = format!("a finite number of at least {aspect}, the longest edge of the cell over the shortest");
                problems.push(Problem::new("largest_aspect", largest, expected));
            }
        }
        if !system.cell.is_periodic() {
            problems.push(Problem::new("", "a volume move in an open cell", "a periodic cell, or no volume move"));
        } else if !system.constant_pressure {
            problems.push(Problem::new("", "a volume move without a pressure", "`pressure` in the ladder's rung, or no volume move"));
        }
        problems.extend(checks::counts([("every", self.every), ("count", self.count)]));
        problems
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count as u64, of_a_step: StepWork::Configuration }
    }

    /// Steps in the volume itself need no bound: those below 0 are refused and counted, so acceptance falls as they grow.
    fn tuning(&self, _: f64) -> Tuning {
        let largest = if self.measure == VolumeMeasure::Logarithmic { 1.0 } else { f64::INFINITY };
        Tuning::step(self.tune, self.step, 0.4, largest)
    }

    fn effect(&self) -> Effect {
        Effect::Volume
    }

    fn is_cheaper_than_a_sample(&self) -> bool {
        true
    }

    fn bound(&self, start_aspect: f64) -> Option<(&'static str, String)> {
        let largest = self.limit(start_aspect);
        (self.shape == VolumeShape::SingleEdge)
            .then(|| ("shapes", format!("the longest edge of the cell at most {largest} times the shortest")))
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        let largest_aspect = self.limit(setting.environment.start_aspect);
        Ready::trials(setting, self.count, VolumeTrial { step: parameter, measure: self.measure, shape: self.shape, largest_aspect })
    }
}

/// How many times as long as the shortest edge the longest may become, unless the input says so.
const LARGEST_ASPECT: f64 = 1.5;

impl Volume {
    /// The largest ratio of two edges, for walkers that start in cells where it is at most `start_aspect`.
    fn limit(&self, start_aspect: f64) -> f64 {
        self.largest_aspect.unwrap_or(if start_aspect > LARGEST_ASPECT { LARGEST_ASPECT * start_aspect } else { LARGEST_ASPECT })
    }
}

/// One trial change of the volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeTrial {
    /// Largest change of ln V (a number) or of V (a volume).
    pub step: f64,
    /// Which of the two.
    pub measure: VolumeMeasure,
    /// What of the cell changes.
    pub shape: VolumeShape,
    /// The largest ratio of two edges, along which single edges may change; infinite for none.
    pub largest_aspect: f64,
}

impl Move for VolumeTrial {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let n = state.configuration.positions.n() as f64;
        let volume = state.configuration.cell.volume()?;
        let change = self.step * (2.0 * scratch.random.random::<f64>() - 1.0);
        let (ratio, power) = match self.measure {
            VolumeMeasure::Logarithmic => (change.exp(), n + 1.0),
            VolumeMeasure::Linear => (1.0 + change / volume, n),
        };
        if ratio.is_nan() || ratio <= 0.0 {
            return None;
        }
        let dimension = state.configuration.cell.dimension();
        let factors: [f64; 3] = match self.shape {
            VolumeShape::Isotropic => [ratio.powf(1.0 / dimension as f64); 3],
            VolumeShape::SingleEdge => {
                let direction = scratch.random.random_range(0..dimension);
                std::array::from_fn(|c| if c == direction { ratio } else { 1.0 })
            }
        };
        let cell = state.configuration.cell.stretched(factors);
        let holds = |length: &f64| LENGTHS.contains(length);
        if cell.smallest_height() < environment.potential.smallest_valid_height() || !cell.diagonal()?.iter().all(holds) {
            return None;
        }
        if self.shape == VolumeShape::SingleEdge && cell.aspect() > self.largest_aspect {
            return None;
        }
        scratch.other.configuration.cell = cell;
        for c in 0..dimension {
            let scaled = scratch.other.configuration.positions.component_mut(c);
            for (to, from) in scaled.iter_mut().zip(state.configuration.positions.component(c)) {
                *to = from * factors[c];
            }
        }
        scratch.other.momenta.copy_from(&state.momenta);
        scratch.other.current_forces = None;
        scratch.other.evaluate_energy(&environment.potential, scratch.workspace);
        Some(Proposal { change: Change::Whole, energy: scratch.other.energy, log_q_ratio: power * ratio.ln(), on_reject: OnReject::Keep })
    }
}
