//! The course of an estimate over the wall time of a run, and its figure.

use super::{Comparison, Failure};
use crate::build::Built;
use crate::output::figures::{Figure, Reference, Series, Style};
use crate::output::report;
use crate::output::summary::Summary;
use crate::output::text::escape;
use crate::progress::Terminal;
use crate::schema::{Compare, Quantity};
use mcflow_engine::observers::Topology;
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
    /// Standard error at the end.
    pub standard_error: Option<f64>,
    /// Split R-hat over walkers at the end.
    pub r_hat: Option<f64>,
    /// Wall time of training.
    pub training_seconds: f64,
    /// There and back between the two states, over all walkers.
    pub round_trips: u64,
    /// Steps of production per second.
    pub steps_per_second: f64,
    /// Wall time of the run.
    pub seconds: f64,
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
    /// Sum and number of the values of the column.
    sum: f64,
    /// Of the sine and the cosine, where values have a period.
    turns: (f64, f64),
    period: Option<f64>,
    counted: u64,
    /// Samples in the one state and the other.
    visits: (u64, u64),
}

enum Watched {
    States { from: (u32, String), to: (u32, String) },
    Column { index: Option<usize>, name: String },
}

/// The period of the column that is followed, whose mean then is a direction.
pub(super) fn period_of(settings: &Compare, built: &Built) -> Option<f64> {
    let Quantity::Mean(name) = &settings.quantity else { return None };
    let column = built.plan.columns.iter().position(|column| column.name() == *name)?;
    if let Topology::Circle(period) = built.plan.topology(column) { Some(period) } else { None }
}

impl Watch {
    pub fn new(settings: &Compare, built: &Built, times: Vec<f64>) -> Self {
        let state = |name: &str| built.plan.states.iter().position(|s| s.name == name).unwrap_or(0) as u32;
        let quantity = match &settings.quantity {
            Quantity::FreeEnergyDifference { from, to } => {
                Watched::States { from: (state(from), from.clone()), to: (state(to), to.clone()) }
            }
            Quantity::Mean(name) => {
                Watched::Column { index: built.plan.columns.iter().position(|c| c.name() == *name), name: name.clone() }
            }
        };
        let terminal = Terminal::new(Some(Duration::from_secs_f64(settings.seconds)));
        let walkers = built.plan.walkers(0);
        Self {
            terminal,
            begun: Instant::now(),
            times,
            values: Vec::new(),
            quantity,
            walkers,
            last: None,
            sum: 0.0,
            turns: (0.0, 0.0),
            period: period_of(settings, built),
            counted: 0,
            visits: (0, 0),
        }
    }

    pub fn clear(&self) {
        self.terminal.clear();
    }

    /// The course, with the figures of the summary; a run that was out of time before production has no estimate.
    pub fn finish(mut self, result: Result<Summary, Failure>) -> Result<Course, Failure> {
        self.values.resize(self.times.len(), self.last);
        let seconds = self.begun.elapsed().as_secs_f64();
        let summary = match result {
            Ok(summary) => summary,
            Err(Failure::Run(message)) if self.terminal.stop() == Some(StopReason::OutOfTime) && message.starts_with("stopped") => {
                return Ok(Course { values: self.values, seconds, ..Course::default() });
            }
            Err(failure) => return Err(failure),
        };
        let phase = |name: &str| summary.phases.get(name);
        let states = summary.states.first();
        let (standard_error, r_hat) = match &self.quantity {
            Watched::States { from, to } => {
                let found = summary.difference(&from.1, &to.1).or_else(|| summary.difference(&to.1, &from.1));
                found.map_or((None, None), |d| (d.standard_error, d.r_hat))
            }
            Watched::Column { name, .. } => summary.observables[0].columns.get(name).map_or((None, None), |c| (c.standard_error, c.r_hat)),
        };
        Ok(Course {
            values: self.values,
            standard_error,
            r_hat,
            training_seconds: phase("training").map_or(0.0, |p| p.seconds),
            round_trips: states.map_or(0, |s| s.round_trips.values().sum()),
            steps_per_second: phase("production").map_or(0.0, |p| p.steps_per_second),
            seconds,
        })
    }

    /// Counts the latest sample of each walker.
    fn count(&mut self, recorder: &Recorder) {
        for (row, state) in &recorder.latest()[self.walkers.clone()] {
            match &self.quantity {
                Watched::States { from: (from, _), to: (to, _) } => {
                    self.visits.0 += u64::from(*state == Some(*from));
                    self.visits.1 += u64::from(*state == Some(*to));
                }
                Watched::Column { index, .. } => {
                    if let Some(value) = index.and_then(|index| row.get(index)) {
                        self.sum += value;
                        if let Some(period) = self.period {
                            let (sine, cosine) = (TAU * value / period).sin_cos();
                            self.turns = (self.turns.0 + sine, self.turns.1 + cosine);
                        }
                        self.counted += 1;
                    }
                }
            }
        }
    }

    fn estimate(&self) -> Option<f64> {
        match &self.quantity {
            Watched::States { .. } => {
                let (from, to) = self.visits;
                (from > 0 && to > 0).then(|| -(to as f64 / from as f64).ln())
            }
            Watched::Column { .. } => (self.counted > 0).then(|| match self.period {
                Some(period) => period / TAU * self.turns.0.atan2(self.turns.1),
                None => self.sum / self.counted as f64,
            }),
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
}

/// Error against time, both logarithmic.
pub(super) fn figure(comparison: &Comparison) -> String {
    let series = comparison.methods.iter().map(|result| {
        let points = comparison.times.iter().zip(&result.error).filter_map(|(&t, e)| Some((t, (*e)?.max(1e-6)))).collect();
        Series::new(result.method.name(), Style::Line, points)
    });
    let paid = comparison.paid_after_seconds.map(|time| Reference::vertical(time, "training has paid for itself"));
    let figure = Figure {
        title: format!("Error of {} at equal wall time, training counted", comparison.quantity),
        x_label: "wall time in s".to_string(),
        y_label: "root mean square error over seeds".to_string(),
        series: series.collect(),
        references: paid.into_iter().collect(),
        log_x: true,
        log_y: true,
        ..Figure::default()
    };
    figure.svg()
}

/// A page with the figure and the table.
pub(super) fn page(comparison: &Comparison, table: &str) -> String {
    let title = "Comparison at equal wall time";
    let body = format!("<h1>{title}</h1>\n{}\n<pre>{}</pre>\n", figure(comparison), escape(table));
    report::page(title, &body)
}
