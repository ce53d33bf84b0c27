//! What equilibration tunes, and how.

use crate::moves::Tally;

/// The number of an entry that equilibration may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tuning {
    /// None: the number stays as it is (0 where there is none at all).
    Fixed(f64),
    /// A step size or a time step, by the mean acceptance probability of its attempts.
    ///
    /// Half or less for random walks; three quarters for trajectories, whose cost grows as the time step falls.
    Step {
        /// Where tuning starts.
        start: f64,
        /// The mean acceptance probability that it aims at.
        target: f64,
        /// The largest sensible value; infinite for none.
        largest: f64,
    },
    /// Sweeps between two occurrences, by their cost and by how soon local moves make the chance of an attempt another one.
    Interval {
        /// Where tuning starts.
        start: f64,
    },
}

impl Tuning {
    /// A step that is tuned from `start`, if `tune`.
    pub fn step(tune: bool, start: f64, target: f64, largest: f64) -> Self {
        if tune { Self::Step { start, target, largest } } else { Self::Fixed(start) }
    }

    /// An interval that is tuned from `every`, if `tune`.
    pub fn interval(tune: bool, every: usize) -> Self {
        if tune { Self::Interval { start: every as f64 } } else { Self::Fixed(0.0) }
    }

    /// The number before it was tuned.
    pub fn start(self) -> f64 {
        match self {
            Self::Fixed(start) | Self::Step { start, .. } | Self::Interval { start } => start,
        }
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
