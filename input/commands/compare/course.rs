//! The course of an estimate over the wall time of a run.

use crate::build::Built;
use crate::output::summary::{LARGEST_R_HAT, Summary, estimator};
use crate::progress::Terminal;
use crate::schema::{Compare, Quantity};
use mcflow_engine::observers::Topology;
use mcflow_engine::statistics::{Estimator, free_energy_difference, round_trips, slices};
use mcflow_engine::{Monitor, Progress, Recorder, StopReason};
use serde::Serialize;
use std::f64::consts::TAU;
use std::ops::Range;
use std::time::{Duration, Instant};

/// An estimate over time, and what the run ended with.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Course {
    /// The estimate at each time; `None` where there was none yet.
    pub values: Vec<Option<f64>>,
    /// Standard error at the end; `None` where the run does not know it.
    pub standard_error: Option<f64>,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// Split R-hat over walkers at the end.
    pub r_hat: Option<f64>,
    /// Wall time of training.
    pub training_seconds: f64,
    /// There and back between the two states, or between the first state and the others, over all walkers.
    pub round_trips: u64,
    /// Steps of production per second.
    pub steps_per_second: f64,
    /// Wall time of the run.
    pub seconds: f64,
}

impl Course {
    /// The estimate at the end.
    pub fn value(&self) -> Option<f64> {
        self.values.last().copied().flatten()
    }
}

/// Watches a run: ends it when its time is over, and keeps the estimate at given times.
pub(super) struct Watch {
    terminal: Terminal,
    begun: Instant,
    times: Vec<f64>,
    values: Vec<Option<f64>>,
    quantity: Watched,
    /// Walkers of the first rung, which the estimate is of.
    walkers: Range<usize>,
    last: Option<f64>,
    /// Of the sine and the cosine, where values have a period.
    turns: (f64, f64),
    period: Option<f64>,
    /// Samples of all walkers, and of these the sum over the column.
    counted: u64,
    sum: f64,
    /// Samples in the one state and the other.
    visits: (u64, u64),
    /// How many states there are, and how series become estimates.
    states: usize,
    estimator: Estimator,
    /// Of the whole record: a difference with its standard error and R-hat, and round trips.
    difference: Option<(f64, f64, Option<f64>)>,
    round_trips: u64,
}

enum Watched {
    Difference { from: u32, to: u32 },
    Population { state: u32, name: String },
    Column { index: usize, name: String },
}

/// The period of the column that is followed, whose mean then is a direction.
pub(super) fn period_of(settings: &Compare, built: &Built) -> Option<f64> {
    let Quantity::Mean(name) = &settings.quantity else { return None };
    let column = built.plan.columns.iter().position(|column| column.name() == *name)?;
    if let Topology::Circle(period) = built.plan.topology(column) { Some(period) } else { None }
}

impl Watch {
    pub fn new(settings: &Compare, built: &Built, times: Vec<f64>) -> Self {
        let state = |name: &str| built.plan.states.iter().position(|s| s.name == name).expect("a state of the input") as u32;
        let quantity = match &settings.quantity {
            Quantity::FreeEnergyDifference { from, to } => Watched::Difference { from: state(from), to: state(to) },
            Quantity::Population(name) => Watched::Population { state: state(name), name: name.clone() },
            Quantity::Mean(name) => {
                let index = built.plan.columns.iter().position(|c| c.name() == *name).expect("a column of the input");
                Watched::Column { index, name: name.clone() }
            }
        };
        Self {
            terminal: Terminal::new(Some(Duration::from_secs_f64(settings.seconds))),
            begun: Instant::now(),
            times,
            values: Vec::new(),
            quantity,
            walkers: built.plan.walkers(0),
            last: None,
            turns: (0.0, 0.0),
            period: period_of(settings, built),
            counted: 0,
            sum: 0.0,
            visits: (0, 0),
            states: built.plan.states.len(),
            estimator: estimator(&built.plan),
            difference: None,
            round_trips: 0,
        }
    }

    pub fn clear(&self) {
        self.terminal.clear();
    }

    /// The course of a run that was out of time before production.
    pub fn without_production(&mut self) -> Course {
        let doubt = Some("out of time before production".to_string());
        Course { values: vec![None; self.times.len()], doubt, seconds: self.begun.elapsed().as_secs_f64(), ..Course::default() }
    }

    /// The course of a finished run, with the figures of its summary.
    pub fn finish(&mut self, summary: &Summary) -> Course {
        let seconds = self.begun.elapsed().as_secs_f64();
        // The last estimate is that of the whole record.
        self.values.resize(self.times.len() - 1, self.last);
        let found = match &self.quantity {
            Watched::Difference { .. } => match self.difference {
                Some((value, error, r_hat)) => (Some(value), Some(error), r_hat),
                None => (self.estimate(), None, None),
            },
            Watched::Population { name, .. } => {
                let found = summary.states.first().and_then(|rung| rung.population.get(name));
                found.map_or((None, None, None), |p| (p.mean, p.standard_error, p.r_hat))
            }
            Watched::Column { name, .. } => {
                let found = summary.observables.first().and_then(|rung| rung.columns.get(name));
                found.map_or((None, None, None), |c| (c.mean, c.standard_error, c.r_hat))
            }
        };
        let round_trips = self.round_trips;
        let (value, standard_error, r_hat) = found;
        self.values.push(value.or(self.last));
        let apart = r_hat.is_some_and(|r| r > LARGEST_R_HAT);
        let doubt = match (value, standard_error) {
            (None, _) => Some("no estimate".to_string()),
            (_, _) if apart => Some("walkers disagree".to_string()),
            (_, _) if round_trips == 0 && !matches!(self.quantity, Watched::Column { .. }) => Some("never there and back".to_string()),
            (_, None) => Some("no error known".to_string()),
            (_, Some(error)) if error.is_nan() || error <= 0.0 => Some("never changed".to_string()),
            _ => None,
        };
        let phase = |name: &str| summary.phases.get(name);
        Course {
            values: std::mem::take(&mut self.values),
            standard_error: standard_error.filter(|_| doubt.is_none()),
            doubt,
            r_hat,
            training_seconds: phase("training").map_or(0.0, |p| p.seconds),
            round_trips,
            steps_per_second: phase("production").map_or(0.0, |p| p.steps_per_second),
            seconds,
        }
    }

    /// Counts the latest sample of each walker.
    fn count(&mut self, recorder: &Recorder) {
        let Some(latest) = recorder.latest().get(self.walkers.clone()) else { return };
        for (row, state) in latest {
            self.counted += 1;
            match &self.quantity {
                Watched::Difference { from, to } => {
                    self.visits.0 += u64::from(*state == Some(*from));
                    self.visits.1 += u64::from(*state == Some(*to));
                }
                Watched::Population { state: watched, .. } => self.visits.0 += u64::from(*state == Some(*watched)),
                Watched::Column { index, .. } => {
                    self.sum += row[*index];
                    if let Some(period) = self.period {
                        let (sine, cosine) = (TAU * row[*index] / period).sin_cos();
                        self.turns = (self.turns.0 + sine, self.turns.1 + cosine);
                    }
                }
            }
        }
    }

    fn estimate(&self) -> Option<f64> {
        let (first, second) = self.visits;
        match &self.quantity {
            Watched::Difference { .. } => (first > 0 && second > 0).then(|| -(second as f64 / first as f64).ln()),
            Watched::Population { .. } => (first > 0).then(|| first as f64 / self.counted as f64),
            Watched::Column { .. } => {
                let mean = match self.period {
                    Some(period) => period / TAU * self.turns.0.atan2(self.turns.1),
                    None => self.sum / self.counted as f64,
                };
                Some(mean).filter(|mean| self.counted > 0 && mean.is_finite())
            }
        }
    }
}

impl Monitor for Watch {
    fn progress(&mut self, progress: &Progress) {
        self.terminal.progress(progress);
    }

    fn stop(&self) -> Option<StopReason> {
        self.terminal.stop()
    }

    fn recorded(&mut self, recorder: &Recorder) {
        self.count(recorder);
        let now = self.begun.elapsed().as_secs_f64();
        if self.times.get(self.values.len()).is_some_and(|&time| now >= time) {
            let value = self.estimate();
            // Times passed before this sample know only the estimate of then.
            while self.times.get(self.values.len() + 1).is_some_and(|&time| now >= time) {
                self.values.push(self.last);
            }
            self.values.push(value);
            self.last = value;
        }
    }

    fn finished(&mut self, recorder: &Recorder) {
        if self.states == 0 {
            return;
        }
        let states = recorder.states(self.walkers.clone());
        let trips = |a: u32, b: u32| states.iter().map(|series| round_trips(series, a, b)).sum::<u64>();
        let to_others = |state: u32| (0..self.states as u32).filter(|k| *k != state).map(|k| trips(state, k)).sum();
        self.round_trips = match self.quantity {
            Watched::Difference { from, to } => trips(from, to),
            Watched::Population { state, .. } => to_others(state),
            Watched::Column { .. } => to_others(0),
        };
        if let Watched::Difference { from, to } = self.quantity {
            let found = free_energy_difference(&slices(&states), from, to, self.estimator);
            self.difference = found.ok().map(|d| (d.value, d.standard_error, d.r_hat));
        }
    }
}
