//! The mean-square displacement of particles as a function of time.

use super::{AccumulatedFunction, Caption, Curve, Picture, Sample};
use crate::observers::{Label, Subject, SweepTime, Unit};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The mean-square displacement <|r(t0 + t) - r(t0)|^2> of particles over a time t of dynamics, of all of them and of all times t0.
///
/// Positions go on across the faces of a periodic cell, so displacements are those of the path, however long. It has a meaning where dynamics alone
/// moves the walkers: anything else in the sweep is refused. Every frame is an origin; the standard error is that of the mean over walkers, and
/// absent of one alone. Times are those of trajectory files: picoseconds, or reduced units.
///
/// Source: Frenkel and Smit, Understanding Molecular Simulation, 2nd edition (2002), section 4.4.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanSquareDisplacement {
    /// Its name.
    #[serde(default = "mean_square_displacement_name")]
    pub name: String,
    /// The particles; all unless given.
    #[serde(default)]
    pub particles: Option<Vec<usize>>,
    /// The longest lag, in sweeps.
    pub largest_lag: u64,
    /// Sweeps between frames, and so between lags; a hundredth of the longest lag, or the next larger possible number, unless given.
    #[serde(default)]
    pub every: Option<u64>,
    /// The time from frame to frame and its unit.
    #[serde(skip)]
    step: Option<(f64, Unit)>,
}

fn mean_square_displacement_name() -> String {
    "mean_square_displacement".to_string()
}

/// Most lags: each frame meets as many before it.
const MOST_LAGS: u64 = 10_000;
/// Lags unless `every` is given.
const LAGS: u64 = 100;
/// Most coordinates that are kept of a walker.
const MOST_COORDINATES: f64 = 1e8;

/// Displacements of one walker so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Displacements {
    /// The sweep of the latest frame.
    latest: u64,
    /// Coordinates in the last frames, the latest last.
    frames: VecDeque<Vec<f64>>,
    /// By lag in frames, from one on: the sum over origins of the mean over particles.
    sums: Vec<f64>,
    /// By lag: origins.
    origins: Vec<u64>,
}

impl Displacements {
    /// Adds the frame of `particles` particles in sweep number `sweep`, `every` sweeps after the one before; after any other it is the first.
    fn add(&mut self, frame: Vec<f64>, particles: usize, sweep: u64, every: u64) {
        if sweep != self.latest + every {
            self.frames.clear();
        }
        self.latest = sweep;
        for (lag, before) in self.frames.iter().rev().enumerate() {
            let square: f64 = frame.iter().zip(before).map(|(now, then)| (now - then) * (now - then)).sum();
            self.sums[lag] += square / particles as f64;
            self.origins[lag] += 1;
        }
        if self.frames.len() == self.sums.len() {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
    }

    /// The mean over origins of one lag.
    fn mean(&self, lag: usize) -> Option<f64> {
        (self.origins[lag] > 0).then(|| self.sums[lag] / self.origins[lag] as f64)
    }
}

impl MeanSquareDisplacement {
    /// Of all particles, up to a lag of as many sweeps.
    pub fn up_to(largest_lag: u64) -> Self {
        Self { name: mean_square_displacement_name(), particles: None, largest_lag, every: None, step: None }
    }

    /// Sweeps between frames: what the user gave, or one hundredth of the longest lag, made up to a multiple of what is possible.
    fn every(&self, possible: u64) -> u64 {
        let possible = possible.max(1);
        self.every.unwrap_or_else(|| self.largest_lag.div_ceil(LAGS).div_ceil(possible).max(1).saturating_mul(possible))
    }

    fn lags(&self) -> usize {
        (self.largest_lag / self.every.unwrap_or(1).max(1)) as usize
    }

    fn group(&self, n: usize) -> Vec<usize> {
        self.particles.clone().unwrap_or_else(|| (0..n).collect())
    }
}

/// The fewest sweeps that both samples and times come in whole multiples of.
fn possible(record_every: u64, clock: &SweepTime) -> u64 {
    let (mut a, mut b) = (record_every.max(1), clock.sweeps.max(1));
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (record_every.max(1) / a).saturating_mul(clock.sweeps.max(1))
}

impl AccumulatedFunction for MeanSquareDisplacement {
    type Accumulator = Displacements;

    fn name(&self) -> &str {
        &self.name
    }

    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let mut problems = Vec::new();
        let group = self.group(subject.n());
        for (k, &particle) in group.iter().enumerate() {
            if particle >= subject.n() {
                let expected = format!("a particle number from 0 to {}", subject.n().saturating_sub(1));
                problems.push(Problem::new(format!("particles[{k}]"), particle, expected));
            }
        }
        if group.is_empty() {
            problems.push(Problem::new("particles", "no particle", "at least one"));
        }
        let clock = match &subject.clock {
            Ok(clock) => clock,
            Err(why) => {
                let found = format!("a mean-square displacement, but {why}");
                problems.push(Problem::new("", found, "Langevin dynamics alone in the sweep, so that displacements belong to times"));
                return problems;
            }
        };
        let possible = possible(subject.record_every, clock);
        let every = self.every(possible);
        if every == 0 || !every.is_multiple_of(possible) {
            let expected =
                format!("a multiple of {possible}: of `record_every`, and of the sweeps after which all entries have come round");
            problems.push(Problem::new("every", every, expected));
        } else if self.largest_lag < every || self.largest_lag / every > MOST_LAGS {
            let expected = format!("from {every} (`every`) to {MOST_LAGS} times that");
            problems.push(Problem::new("largest_lag", self.largest_lag, expected));
        } else if self.numbers(subject) > MOST_COORDINATES {
            let found = format!("{} frames of {} particles", self.largest_lag / every, group.len());
            problems.push(Problem::new("largest_lag", found, format!("at most {MOST_COORDINATES:e} coordinates in all: a larger `every`")));
        }
        problems
    }

    fn is_of_time(&self) -> bool {
        true
    }

    fn bound(&self, subject: &Subject) -> Self {
        let Ok(clock) = &subject.clock else { return self.clone() };
        let every = self.every(possible(subject.record_every, clock));
        let step = Some((clock.time * (every / clock.sweeps.max(1)) as f64, clock.unit));
        Self { every: Some(every), step, ..self.clone() }
    }

    fn numbers(&self, subject: &Subject) -> f64 {
        let every = subject.clock.as_ref().map_or(1, |clock| self.every(possible(subject.record_every, clock)));
        let lags = (self.largest_lag / every.max(1)) as f64;
        lags * (self.group(subject.n()).len() * subject.cell.dimension() + 2) as f64
    }

    fn accumulator(&self, _: &Subject) -> Displacements {
        Displacements { latest: 0, frames: VecDeque::new(), sums: vec![0.0; self.lags()], origins: vec![0; self.lags()] }
    }

    fn add(&self, displacements: &mut Displacements, sample: &Sample) {
        let every = self.every.unwrap_or(1).max(1);
        if !sample.sweep.is_multiple_of(every) {
            return;
        }
        let positions = &sample.configuration.positions;
        let (frame, particles) = match &self.particles {
            None => (positions.row().to_vec(), positions.n()),
            Some(group) => {
                let of_axis = |c: usize| group.iter().map(move |&i| positions.component(c)[i]);
                ((0..positions.dimension()).flat_map(of_axis).collect(), group.len())
            }
        };
        displacements.add(frame, particles, sample.sweep, every);
    }

    fn curve(&self, walkers: &[Displacements]) -> Option<Curve> {
        let (step, unit) = self.step?;
        let every = self.every?;
        let point = |lag: usize| {
            let means: Option<Vec<f64>> = walkers.iter().map(|walker| walker.mean(lag)).collect();
            let count = walkers.len() as f64;
            let mean = means.as_ref().map(|means| means.iter().sum::<f64>() / count);
            let error = means.zip(mean).filter(|_| walkers.len() > 1).map(|(means, mean)| {
                let square: f64 = means.iter().map(|own| (own - mean).powi(2)).sum();
                (square / (count * (count - 1.0))).sqrt()
            });
            let lag = lag as u64 + 1;
            vec![Some((lag * every) as f64), Some(lag as f64 * step), mean, error.filter(|&error| error > 0.0)]
        };
        let points: Vec<Vec<Option<f64>>> = (0..self.lags()).map(point).collect();
        points.iter().any(|point| point[2].is_some()).then(|| Curve {
            kind: "MeanSquareDisplacement",
            columns: &["lag", "time", "value", "standard_error"],
            picture: Some(self.picture(&points, unit)),
            points,
            figures: Vec::new(),
        })
    }
}

impl MeanSquareDisplacement {
    fn picture(&self, points: &[Vec<Option<f64>>], unit: Unit) -> Picture {
        let number = |value: Option<f64>, without: f64| value.unwrap_or(without);
        Picture {
            title: format!("Mean-square displacement {}", self.name),
            x: Label::new("time", unit),
            y: Label::new("mean-square displacement", Unit::SquaredLength),
            points: points.iter().map(|p| [number(p[1], 0.0), number(p[2], f64::NAN), number(p[3], 0.0)]).collect(),
            reference: None,
            caption: vec![Caption::Words("Over all particles and all origins of time; the band is one standard error, over walkers.")],
        }
    }
}
