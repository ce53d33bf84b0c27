//! What a run asks of a move that stands in a sweep: the struct that the user writes answers it.

mod equations;
mod ready;
mod system;
mod trained;
mod tuning;
mod work;

pub use equations::EquationsOfMotion;
pub(crate) use ready::run_group;
pub use ready::{Alone, Between, InLanes, Ready, Setting, Together, Trials};
pub use system::System;
pub use trained::Trained;
pub use tuning::{Tuning, tuned_parameter};
pub use work::{StepWork, Work};

use crate::learned::Ends;
use mcflow_base::Problem;
use mcflow_potentials::Precision;
use std::fmt::Debug;

/// What of a walker an entry changes: from this follows whether the sweep as a whole reaches every configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Each particle takes steps of its own.
    Particles,
    /// All coordinates take a value from a continuum, by a flow.
    Configuration,
    /// A map leads from the configuration to a handful of others, in other states.
    State,
    /// Particles move together as rigid bodies: distances within them stay.
    Rigid,
    /// All distances change in proportion to the cell.
    Volume,
    /// Particles change places with each other.
    Permutation,
    /// Walkers of two rungs change configurations.
    Rungs,
}

/// A move as the sweep sees it.
///
/// The number of the entry in its sweep, under which a walker counts, is the sweep's business: an entry learns it from [`Setting`].
pub trait SweepEntry: Debug + Send + Sync {
    /// The name of the move, as in the input.
    fn name(&self) -> &'static str;

    /// Sweeps from one occurrence to the next, as the input has it: the entry is done in each sweep whose number is a multiple of this.
    fn every(&self) -> usize;

    /// What is wrong with its values, or with such a move of this system.
    fn problems(&self, system: &System) -> Vec<Problem>;

    /// The work of one occurrence in one walker of `n` particles.
    fn work(&self, n: usize) -> Work;

    /// The number that equilibration tunes, for walkers in cells whose smallest heights have the mean `height` (in units of length).
    fn tuning(&self, height: f64) -> Tuning;

    /// What it changes.
    fn effect(&self) -> Effect;

    /// Makes it ready for a stretch of sweeps, with its tuned `parameter`.
    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a>;

    /// The name of the flow that it needs.
    fn flow(&self) -> Option<&str> {
        None
    }

    /// Whether a flow with these ends is of use to it.
    fn takes(&self, _flow: &Ends) -> bool {
        false
    }

    /// Its equations of motion, where it integrates some (and so needs masses and forces).
    fn dynamics(&self) -> Option<EquationsOfMotion> {
        None
    }

    /// Whether its proposal does not depend on the present configuration.
    fn is_independent(&self) -> bool {
        false
    }

    /// Passages through its flow, there and back, of one attempt of which each draw costs an energy too.
    fn passages(&self) -> f64 {
        1.0
    }

    /// Whether a sample costs as much as many of its steps, so that not every sweep of a periodic cell should be recorded unless asked for.
    fn is_cheaper_than_a_sample(&self) -> bool {
        false
    }

    /// The two states of each map by which it leads from state to state: counts are kept apart for both ways through each.
    fn ways(&self, _trained: &Trained) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// The pairs of rungs, of `rungs` in all, between which it exchanges.
    fn pairs(&self, _rungs: usize, _trained: &Trained) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// A bound of what it samples that the user should know: a heading and a sentence. `start_aspect` is the longest edge of a cell over its
    /// shortest, the largest of those in which walkers start.
    fn bound(&self, _start_aspect: f64) -> Option<(&'static str, String)> {
        None
    }

    /// Whether it integrates equations of motion.
    fn is_dynamics(&self) -> bool {
        self.dynamics().is_some()
    }

    /// The precision of its forces, where it has forces.
    fn precision(&self) -> Option<Precision> {
        self.dynamics().map(|dynamics| dynamics.precision)
    }

    /// Whether it alone gives positions and momenta the temperature of the rung, or momenta have nothing to do with it. What only exchanges or
    /// relabels does not, nor does dynamics without noise.
    fn gives_temperature(&self) -> bool {
        match (self.dynamics(), self.effect()) {
            (Some(dynamics), _) => dynamics.accepted || dynamics.has_noise,
            (None, Effect::Rungs | Effect::Rigid | Effect::Permutation) => false,
            (None, _) => true,
        }
    }

    /// Whether it is a trial move of Metropolis Monte Carlo: neither dynamics nor an exchange, and without a flow.
    fn is_trial_move(&self) -> bool {
        self.flow().is_none() && !self.is_dynamics() && self.effect() != Effect::Rungs
    }

    /// The number that tuning changes, before it was tuned: a step size, a time step, an interval in sweeps; what is fixed stands as it is.
    fn parameter(&self) -> f64 {
        self.tuning(f64::INFINITY).start()
    }

    /// Whether sweep number `sweep` has it; `parameter` is the interval, where that is tuned.
    fn is_due(&self, sweep: u64, parameter: f64) -> bool {
        let tuned = matches!(self.tuning(f64::INFINITY), Tuning::Interval { .. });
        sweep.is_multiple_of(if tuned { parameter as u64 } else { self.every() as u64 })
    }

    /// How often it has been due before sweep number `sweep`, in which it is.
    fn occurrence(&self, sweep: u64) -> u64 {
        sweep / self.every() as u64
    }

    /// Time of dynamics of all its occurrences in the sweeps 1 to `sweep`, in units of time of the run; `None` for a Monte Carlo move, trajectories
    /// of new momenta (HMC) included.
    fn time(&self, sweep: u64) -> Option<f64> {
        let EquationsOfMotion { steps, time_step, keeps_momenta: true, .. } = self.dynamics()? else { return None };
        Some((sweep / self.every() as u64 * steps as u64) as f64 * time_step)
    }

    /// Steps (trial moves, time steps, draws) of one occurrence, for `n` particles.
    fn steps(&self, n: usize) -> u64 {
        self.work(n).steps
    }
}

/// Defaults of the keys that most moves have.
pub(crate) mod defaults {
    /// Steps are tuned unless the input says otherwise.
    pub fn yes() -> bool {
        true
    }
    /// Once a sweep, each sweep.
    pub fn one() -> usize {
        1
    }
}

/// Problems of numbers that most moves have.
pub(crate) mod checks {
    use mcflow_base::Problem;

    /// The problem of a number that is not finite and above 0.
    pub fn positive(key: &str, value: f64) -> Option<Problem> {
        (!(value.is_finite() && value > 0.0)).then(|| Problem::new(key, value, "a finite number above 0"))
    }

    /// The problems of counts that are 0.
    pub fn counts<const N: usize>(counts: [(&str, usize); N]) -> impl Iterator<Item = Problem> {
        counts.into_iter().filter(|(_, count)| *count == 0).map(|(key, _)| Problem::new(key, 0, "a whole number of at least 1"))
    }

    /// The problem of several attempts at once of an entry whose interval is tuned.
    pub fn tuned_interval(tune: bool, count: usize) -> Option<Problem> {
        let expected = "1: several attempts in a row have the same chance, which is what tuning avoids; or `tune: false`";
        (tune && count > 1).then(|| Problem::new("count", format!("{count}, with `tune`"), expected))
    }
}
