//! One sweep: which moves, in which order, how often.

use crate::dynamics::Splitting;
use crate::map::Map;
use crate::moves::{GeneratorDraw, LatentWalk, ModeJump, StateGenerator, StateMap, Tally, VolumeMeasure, VolumeShape};
use crate::observers::State;
use crate::plan::{FlowPlan, Role};
use crate::walker::{Environment, Walker};
use mcflow_base::Problem;
use mcflow_potentials::{Cell, Precision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One entry of a sweep, as the user writes it. Each leaves the target invariant (an uncorrected [`Entry::Langevin`] excepted), so
/// the fixed cycle of them does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Entry {
    /// Trial displacements of single particles: [`Displacement`](crate::moves::Displacement).
    Displacement {
        /// Attempts a sweep; as many as particles unless given.
        count: Option<usize>,
        /// Half side of the cube of displacements, in units of length (where tuning starts, if `tune`).
        step: f64,
        /// Whether equilibration tunes `step`.
        #[serde(default = "yes")]
        tune: bool,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Trial displacements of all particles together: [`Translation`](crate::moves::Translation).
    Translation {
        /// Attempts a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Half side of the cube of displacements, in units of length (where tuning starts, if `tune`).
        step: f64,
        /// Whether equilibration tunes `step`.
        #[serde(default = "yes")]
        tune: bool,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Two particles of different types change places: [`IdentitySwap`](crate::moves::IdentitySwap).
    IdentitySwap {
        /// Attempts a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Trial changes of the volume: [`Volume`](crate::moves::Volume).
    Volume {
        /// Attempts a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Largest change of ln V, or of V (where tuning starts, if `tune`).
        step: f64,
        /// `Logarithmic` (steps in ln V) or `Linear` (steps in V).
        #[serde(default)]
        measure: VolumeMeasure,
        /// `Isotropic`, or `SingleEdge` (along one Cartesian direction at a time).
        #[serde(default)]
        shape: VolumeShape,
        /// With single edges, how many times as long as the shortest edge the longest may be: the space of shapes, which a fluid fills. Unless
        /// given 1.5, or half as much again as at the start where that is more.
        #[serde(default)]
        largest_aspect: Option<f64>,
        /// Whether equilibration tunes `step`.
        #[serde(default = "yes")]
        tune: bool,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Hybrid Monte Carlo: [`Hmc`](crate::moves::Hmc).
    Hmc {
        /// Trajectories a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Steps of a trajectory in the mean: each has from half to one and a half times as many, so that none of the periods of a system fits
        /// all of them.
        steps: usize,
        /// Time step (where tuning starts, if `tune`).
        time_step: f64,
        /// Whether equilibration tunes `time_step`.
        #[serde(default = "yes")]
        tune: bool,
        /// `Double`, or `Mixed`: the pair forces that drive the dynamics, and their sums over the partners of a particle, in f32, all else in f64. Systems below 160 particles
        /// have f64 all the same: nothing would be gained.
        #[serde(default)]
        precision: Precision,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Langevin dynamics by a splitting: each step corrected by [`MetropolizedStep`](crate::moves::MetropolizedStep), or plain and with a time-step error.
    Langevin {
        /// Time steps a sweep.
        steps: usize,
        /// Time step.
        time_step: f64,
        /// Friction gamma, in inverse time.
        friction: f64,
        /// Letters of [`Splitting`].
        #[serde(default = "obabo")]
        splitting: Splitting,
        /// Whether each step is accepted or rejected, which makes the chain exact.
        #[serde(default = "yes")]
        metropolized: bool,
        /// `Double`, or `Mixed`: the pair forces that drive the dynamics, and their sums over the partners of a particle, in f32, all else in f64. Systems below 160 particles
        /// have f64 all the same: nothing would be gained.
        #[serde(default)]
        precision: Precision,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Independent configurations from a generator: [`GeneratorDraw`].
    GeneratorDraw {
        /// The name of the flow.
        flow: String,
        /// Attempts a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Draws of an attempt, of which one is chosen by its weight.
        #[serde(default = "one")]
        tries: usize,
        /// Whether equilibration chooses how often, beginning with `every`: by the work of an attempt, counted in energies, and by how soon local
        /// moves make its chance another one.
        #[serde(default)]
        tune: bool,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Random walk in latent space: [`LatentWalk`].
    LatentWalk {
        /// The name of the flow.
        flow: String,
        /// Attempts a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Spread of a step in latent units (where tuning starts, if `tune`).
        step: f64,
        /// Whether equilibration tunes `step`.
        #[serde(default = "yes")]
        tune: bool,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Jumps between states by trained bijections: [`ModeJump`].
    ModeJump {
        /// The name of the flow.
        flow: String,
        /// Attempts a sweep.
        #[serde(default = "one")]
        count: usize,
        /// Whether equilibration chooses how often, beginning with `every`: by the work of an attempt, counted in energies, and by how soon local
        /// moves make its chance another one.
        #[serde(default)]
        tune: bool,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
    /// Exchange of configurations between rungs: [`Exchange`](crate::exchange::Exchange).
    Exchange {
        /// The name of a flow from one rung to another; between all neighbouring rungs, as they are, unless given.
        #[serde(default)]
        flow: Option<String>,
        /// Done in each sweep whose number is a multiple of this.
        #[serde(default = "one")]
        every: usize,
    },
}

fn yes() -> bool {
    true
}
fn one() -> usize {
    1
}
fn obabo() -> Splitting {
    Splitting::new("OBABO").expect("a splitting")
}

impl Entry {
    /// The name of the move, as in the input.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Displacement { .. } => "Displacement",
            Self::Translation { .. } => "Translation",
            Self::IdentitySwap { .. } => "IdentitySwap",
            Self::Volume { .. } => "Volume",
            Self::Hmc { .. } => "Hmc",
            Self::Langevin { .. } => "Langevin",
            Self::GeneratorDraw { .. } => "GeneratorDraw",
            Self::LatentWalk { .. } => "LatentWalk",
            Self::ModeJump { .. } => "ModeJump",
            Self::Exchange { .. } => "Exchange",
        }
    }

    /// The flow it needs.
    pub fn flow(&self) -> Option<&str> {
        match self {
            Self::GeneratorDraw { flow, .. } | Self::LatentWalk { flow, .. } | Self::ModeJump { flow, .. } => Some(flow),
            Self::Exchange { flow, .. } => flow.as_deref(),
            _ => None,
        }
    }

    /// Whether it integrates equations of motion (and so needs masses and forces).
    pub fn is_dynamics(&self) -> bool {
        matches!(self, Self::Hmc { .. } | Self::Langevin { .. })
    }

    /// Whether it is dynamics with random forces: an O in its splitting, and friction.
    pub fn has_noise(&self) -> bool {
        matches!(self, Self::Langevin { splitting, friction, .. } if splitting.has_noise() && *friction > 0.0)
    }

    /// The precision of its forces, where it has forces.
    pub fn precision(&self) -> Option<Precision> {
        match self {
            Self::Hmc { precision, .. } | Self::Langevin { precision, .. } => Some(*precision),
            _ => None,
        }
    }

    /// Whether it alone gives positions and momenta the temperature of the rung, or momenta have nothing to do with it. What only exchanges or
    /// relabels does not, nor does dynamics without noise.
    pub fn gives_temperature(&self) -> bool {
        match self {
            Self::Langevin { friction, splitting, metropolized, .. } => *metropolized || (splitting.has_noise() && *friction > 0.0),
            Self::Exchange { .. } | Self::Translation { .. } | Self::IdentitySwap { .. } => false,
            _ => true,
        }
    }

    /// The entry with the limit of its shapes filled in, for walkers that start in these cells.
    #[must_use]
    pub fn with_aspect<'c>(&self, starts: impl Iterator<Item = &'c Cell>) -> Self {
        let mut entry = self.clone();
        if let Self::Volume { shape: VolumeShape::SingleEdge, largest_aspect: largest_aspect @ None, .. } = &mut entry {
            let most = starts.map(Cell::aspect).fold(1.0, f64::max);
            *largest_aspect = Some(if most > 1.5 { 1.5 * most } else { 1.5 });
        }
        entry
    }

    /// The number that tuning would change: a step size, a time step, an interval in sweeps; the fixed time step of Langevin dynamics.
    pub fn parameter(&self) -> f64 {
        match self {
            Self::Displacement { step, .. }
            | Self::Translation { step, .. }
            | Self::Volume { step, .. }
            | Self::LatentWalk { step, .. } => *step,
            Self::Hmc { time_step, .. } | Self::Langevin { time_step, .. } => *time_step,
            Self::GeneratorDraw { tune: true, every, .. } | Self::ModeJump { tune: true, every, .. } => *every as f64,
            Self::IdentitySwap { .. } | Self::GeneratorDraw { .. } | Self::ModeJump { .. } | Self::Exchange { .. } => 0.0,
        }
    }

    /// The mean acceptance probability that tuning aims at; `None` where nothing is tuned.
    ///
    /// Half or less for random walks; three quarters for trajectories, whose cost grows as the time step falls.
    pub fn target_acceptance(&self) -> Option<f64> {
        match self {
            Self::Displacement { tune: true, .. }
            | Self::Translation { tune: true, .. }
            | Self::Volume { tune: true, .. }
            | Self::LatentWalk { tune: true, .. } => Some(0.4),
            Self::Hmc { tune: true, .. } => Some(0.75),
            _ => None,
        }
    }

    /// The largest sensible parameter for walkers in cells whose smallest heights have this mean.
    ///
    /// Steps in the volume itself need no bound: those below 0 are refused and counted, so acceptance falls as they grow.
    pub fn largest_parameter(&self, height: f64) -> f64 {
        match self {
            Self::Displacement { .. } | Self::Translation { .. } => 0.5 * height,
            Self::Volume { measure: VolumeMeasure::Logarithmic, .. } => 1.0,
            _ => f64::INFINITY,
        }
    }

    fn every(&self) -> usize {
        match self {
            Self::Displacement { every, .. }
            | Self::Translation { every, .. }
            | Self::IdentitySwap { every, .. }
            | Self::Volume { every, .. }
            | Self::Hmc { every, .. }
            | Self::Langevin { every, .. }
            | Self::GeneratorDraw { every, .. }
            | Self::LatentWalk { every, .. }
            | Self::ModeJump { every, .. }
            | Self::Exchange { every, .. } => *every,
        }
    }

    /// Whether sweep number `sweep` has it; `parameter` is the interval, where that is tuned.
    pub fn is_due(&self, sweep: u64, parameter: f64) -> bool {
        let tuned = matches!(self, Self::GeneratorDraw { tune: true, .. } | Self::ModeJump { tune: true, .. });
        sweep.is_multiple_of(if tuned { parameter as u64 } else { self.every() as u64 })
    }

    /// Sweeps from one occurrence to the next, as the input has it.
    pub fn interval(&self) -> usize {
        self.every()
    }

    /// Energies of all particles that one occurrence computes, for `n` particles; `None` where it needs a flow or another rung. A trial move of one
    /// particle meets the others once, of n (n - 1) / 2 pairs.
    pub(crate) fn energies(&self, n: usize) -> Option<f64> {
        let steps = self.steps(n) as f64;
        match self {
            Self::Displacement { .. } => Some(2.0 * steps / n as f64),
            Self::IdentitySwap { .. } => Some(4.0 * steps / n as f64),
            Self::Translation { .. } | Self::Volume { .. } | Self::Hmc { .. } | Self::Langevin { .. } => Some(steps),
            Self::GeneratorDraw { .. } | Self::LatentWalk { .. } | Self::ModeJump { .. } | Self::Exchange { .. } => None,
        }
    }

    /// How often it has been due before sweep number `sweep`, in which it is.
    pub(crate) fn occurrence(&self, sweep: u64) -> u64 {
        sweep / self.every() as u64
    }

    /// Time of dynamics of all its occurrences in the sweeps 1 to `sweep`, in units of time of the run; `None` for a Monte Carlo move, trajectories
    /// of new momenta (HMC) included.
    pub fn time(&self, sweep: u64) -> Option<f64> {
        match self {
            Self::Langevin { steps, time_step, .. } => Some((sweep / self.every() as u64 * *steps as u64) as f64 * time_step),
            _ => None,
        }
    }

    /// Steps (trial moves, time steps, draws) of one occurrence, for `n` particles.
    pub fn steps(&self, n: usize) -> u64 {
        (match self {
            Self::Translation { count, .. } | Self::IdentitySwap { count, .. } => *count,
            Self::Displacement { count, .. } => count.unwrap_or(n),
            Self::GeneratorDraw { count, tries, .. } => count.saturating_mul(*tries),
            Self::Volume { count, .. } | Self::LatentWalk { count, .. } | Self::ModeJump { count, .. } => *count,
            Self::Exchange { .. } => 1,
            Self::Hmc { count, steps, .. } => count.saturating_mul(*steps),
            Self::Langevin { steps, .. } => *steps,
        }) as u64
    }

    /// What is wrong with its values.
    pub fn problems(&self, cell: &Cell, constant_pressure: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut positive = |key: &str, value: f64| {
            if !(value.is_finite() && value > 0.0) {
                problems.push(Problem::new(key, value, "a finite number above 0"));
            }
        };
        match self {
            Self::Displacement { step, .. } | Self::Translation { step, .. } => positive("step", *step),
            Self::Volume { step, .. } => positive("step", *step),
            Self::LatentWalk { step, .. } => positive("step", *step),
            Self::Hmc { time_step, .. } | Self::Langevin { time_step, .. } => positive("time_step", *time_step),
            Self::IdentitySwap { .. } | Self::GeneratorDraw { .. } | Self::ModeJump { .. } | Self::Exchange { .. } => {}
        }
        let mut counts = vec![("every", self.every())];
        match self {
            Self::Displacement { count, step, .. } => {
                counts.push(("count", count.unwrap_or(1)));
                let half = 0.5 * cell.smallest_height();
                if *step > half {
                    let found = format!("{step} in a cell whose smallest height is {}", 2.0 * half);
                    problems.push(Problem::new("step", found, format!("at most half the smallest height, {half}")));
                }
            }
            Self::Volume { count, shape, largest_aspect, .. } => {
                counts.push(("count", *count));
                if let Some(largest) = largest_aspect {
                    let aspect = cell.aspect();
                    if *shape == VolumeShape::Isotropic {
                        let found = format!("{largest}, with a shape that no move changes");
                        problems.push(Problem::new("largest_aspect", found, "`shape: SingleEdge`, or no such key"));
                    } else if !(largest.is_finite() && *largest >= aspect) {
                        let expected = format!("a finite number of at least {aspect}, the longest edge of the cell over the shortest");
                        problems.push(Problem::new("largest_aspect", largest, expected));
                    }
                }
                if !cell.is_periodic() {
                    problems.push(Problem::new("", "a volume move in an open cell", "a periodic cell, or no volume move"));
                } else if !constant_pressure {
                    problems.push(Problem::new(
                        "",
                        "a volume move without a pressure",
                        "`pressure` in the ladder's rung, or no volume move",
                    ));
                }
            }
            Self::Translation { count, .. } | Self::IdentitySwap { count, .. } => counts.push(("count", *count)),
            Self::Exchange { .. } => {}
            Self::Hmc { count, steps, .. } => counts.extend([("count", *count), ("steps", *steps)]),
            Self::GeneratorDraw { count, tries, .. } => counts.extend([("count", *count), ("tries", *tries)]),
            Self::LatentWalk { count, .. } | Self::ModeJump { count, .. } => counts.push(("count", *count)),
            Self::Langevin { steps, friction, splitting, metropolized, .. } => {
                counts.push(("steps", *steps));
                if !(friction.is_finite() && *friction >= 0.0) {
                    problems.push(Problem::new("friction", friction, "a finite number, at least 0"));
                }
                if *metropolized && !splitting.is_palindrome() {
                    let expected = "a palindrome such as \"OBABO\" or \"BAOAB\", or `metropolized: false`";
                    problems.push(Problem::new("splitting", format!("{splitting:?}, which cannot be Metropolized"), expected));
                }
                let expected = "an O in the splitting and a friction above 0, or `Hmc`, or `metropolized: false`";
                if *metropolized && !splitting.has_noise() {
                    problems.push(Problem::new("splitting", format!("{splitting:?} without noise"), expected));
                } else if *metropolized && *friction == 0.0 {
                    problems.push(Problem::new("friction", "0, which makes no noise", expected));
                }
            }
        }
        if let Self::GeneratorDraw { tune: true, count, .. } | Self::ModeJump { tune: true, count, .. } = self
            && *count > 1
        {
            let expected = "1: several attempts in a row have the same chance, which is what tuning avoids; or `tune: false`";
            problems.push(Problem::new("count", format!("{count}, with `tune`"), expected));
        }
        for (key, count) in counts {
            if count == 0 {
                problems.push(Problem::new(key, 0, "a whole number of at least 1"));
            }
        }
        problems
    }

    /// Does an entry with a flow in all walkers; nothing where its flow is not trained yet.
    ///
    /// Counts go to [`Walker::tallies`] under `index`, those by way from `ways_at` on.
    pub fn run_flow(
        &self,
        parameter: f64,
        walkers: &mut [Walker],
        (index, ways_at): (usize, usize),
        trained: &Trained,
        environment: &Environment,
    ) {
        match self {
            Self::GeneratorDraw { flow, count, tries, .. } => {
                let generators = trained.draws(flow);
                GeneratorDraw { states: trained.states, generators, count: *count, tries: *tries }.attempt(walkers, index, environment);
            }
            Self::LatentWalk { flow, count, .. } => {
                if let Some(flow) = trained.generators.get(flow) {
                    LatentWalk { flow, count: *count, step: parameter }.attempt(walkers, index, environment);
                }
            }
            Self::ModeJump { flow, count, .. } => {
                let maps = trained.maps(flow);
                if !maps.is_empty() {
                    ModeJump { states: trained.states, maps, count: *count, ways_at }.attempt(walkers, index, environment);
                }
            }
            // A rung alone has nobody to exchange with.
            Self::Exchange { .. } => {}
            _ => unreachable!("an entry without a flow runs in each walker alone"),
        }
    }
}

/// Trained flows, and what those among them that map one state to another belong to.
#[derive(Clone, Copy)]
pub struct Trained<'a> {
    /// Flows by name.
    pub generators: &'a BTreeMap<String, Map>,
    /// All flows of the run.
    pub flows: &'a [FlowPlan],
    /// All states of the run.
    pub states: &'a [State],
}

impl<'a> Trained<'a> {
    /// Flows by name, none of which maps states.
    pub fn generators(generators: &'a BTreeMap<String, Map>) -> Self {
        Self { generators, flows: &[], states: &[] }
    }

    /// The same states, nothing trained.
    pub(crate) fn without_flows(&self) -> Trained<'a> {
        static NONE: BTreeMap<String, Map> = BTreeMap::new();
        Trained { generators: &NONE, ..*self }
    }

    /// The map of a learned exchange, between two rungs.
    pub(crate) fn exchange_map(&self, name: &str) -> Option<StateMap<'a>> {
        let flow = self.flows.iter().find(|flow| flow.name == name)?;
        let Role::Exchange { from, to } = flow.role else { return None };
        Some(StateMap { from, to, map: self.generators.get(name)? })
    }

    /// Where the counts by way of entry `index` begin in [`Walker::tallies`]: after those of all entries, and of the ways of those before.
    pub fn ways_at(&self, entries: &[Entry], index: usize) -> usize {
        entries.len() + entries[..index].iter().map(|entry| 2 * self.states_of(entry).len()).sum::<usize>()
    }

    /// The two states of each map that an entry uses.
    pub fn states_of(&self, entry: &Entry) -> Vec<(usize, usize)> {
        let Entry::ModeJump { flow: name, .. } = entry else { return Vec::new() };
        let pairs = self.flows.iter().filter_map(|flow| match &flow.role {
            Role::ModeJump { family, from, to, .. } if family == name => Some((*from, *to)),
            _ => None,
        });
        pairs.collect()
    }

    /// The generator with this name, or those of states in the family with this name.
    fn draws(&self, name: &str) -> Vec<StateGenerator<'a>> {
        if let Some(flow) = self.generators.get(name) {
            return vec![StateGenerator { state: None, flow }];
        }
        let generators = self.flows.iter().filter_map(|flow| match &flow.role {
            Role::StateGenerator { family, state, .. } if family == name => {
                Some(StateGenerator { state: Some(*state), flow: self.generators.get(&flow.name)? })
            }
            _ => None,
        });
        generators.collect()
    }

    /// The maps of the family with this name.
    fn maps(&self, family: &str) -> Vec<StateMap<'a>> {
        let maps = self.flows.iter().filter_map(|flow| match &flow.role {
            Role::ModeJump { family: of, from, to, .. } if of == family => {
                Some(StateMap { from: *from, to: *to, map: self.generators.get(&flow.name)? })
            }
            _ => None,
        });
        maps.collect()
    }
}

/// The next parameter of a tuned entry from the counts since the last change: moved towards the target acceptance, by at most a
/// factor 2. Only equilibration calls this.
pub fn tuned_parameter(parameter: f64, target: f64, counts: &Tally, largest: f64) -> f64 {
    match counts.mean_probability() {
        Some(mean) => (parameter * (mean / target).clamp(0.5, 2.0)).min(largest),
        None => parameter,
    }
}
