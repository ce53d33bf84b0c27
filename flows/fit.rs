//! The layers of a generator that are not trained, set from data: centre, scale, covariance.

use crate::axes::Axis;
use crate::flow::Shape;
use crate::generator::Generator;
use crate::layers::{Covariance, Ranges, Standardise, covariance};
use crate::prior::Prior;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// How the layers at the ends of a flow, which are not trained, are set from data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standardisation {
    /// Centre and scale of each coordinate.
    #[default]
    Diagonal,
    /// These, and the optimal transport map between the Gaussians of the covariances of the two ends (that of a prior is the unit matrix):
    /// where fluctuations are collective, couplings need not learn that.
    Covariance,
}

impl Generator {
    /// Sets the last layer from samples `[n, dim]`: for the Gaussian prior their mean and standard deviation (splines: at least so
    /// large that all samples lie where the splines act, for a rare state far from the mean would be out of their reach); for the
    /// uniform prior the box of their least and largest values, 5 % wider on each side. A number that does not vary keeps the scale 1.
    ///
    /// Half lines and intervals count as the numbers of a line that they are made of, an interval with the uniform prior as the box; a circle is
    /// turned to the mean direction of its samples, where they have one. Samples outside the range of an axis do not count.
    pub fn standardise(&mut self, samples: &[f64]) {
        let (mean, spread) = self.centre_and_scale(samples);
        self.flow.standardise_mut(false).expect("a layer of centre and scale").set(mean, spread);
    }

    /// Makes it a map that starts from the law of `samples` `[n, dim]` instead of the prior, and sets its first layer likewise.
    pub fn standardise_source(&mut self, samples: &[f64]) {
        let (mean, spread) = self.centre_and_scale(samples);
        self.reshape(Shape { between_ensembles: true, ..self.shape().clone() });
        self.flow.standardise_mut(true).expect("a layer of centre and scale where a map starts").set(mean, spread);
    }

    /// Puts the map between the covariances of both ends before the last layer, after [`Generator::standardise`] and, for a map between
    /// ensembles, [`Generator::standardise_source`] with the same `source` and `samples` `[n, dim]`. Fixed numbers and angles are left alone.
    pub fn transport(&mut self, source: Option<&[f64]>, samples: &[f64]) {
        let dim = self.dim();
        let circles = (0..dim).filter(|&k| self.axes()[k].is_circle());
        let apart: Vec<usize> = self.shape().fixed.iter().copied().chain(circles).collect();
        let matrix = |rows: &[f64], layer: &Standardise| {
            let mut rows = self.on_lines(rows);
            layer.enter(&mut rows);
            if rows.iter().any(|v| !v.is_finite()) {
                rows = rows.chunks_exact(dim).filter(|row| row.iter().all(|v| v.is_finite())).flatten().copied().collect();
            }
            let mut covariance = covariance(&rows, dim, &apart);
            apart.iter().for_each(|&k| covariance[(k, k)] = 1.0);
            covariance
        };
        let start = source.and_then(|rows| self.flow.standardise(true).map(|layer| matrix(rows, layer)));
        let end = matrix(samples, self.flow.standardise(false).expect("a layer of centre and scale"));
        let found = Covariance::between(start.as_ref(), &end);
        self.reshape(Shape { covariance: found.is_some(), ..self.shape().clone() });
        if let (Some(layer), Some(found)) = (self.flow.covariance_mut(), found) {
            *layer = found;
        }
    }

    /// Centre of the data, number by number, as the last layer has it.
    pub fn mean(&self) -> &[f64] {
        self.flow.standardise(false).map_or(&[], Standardise::mean)
    }

    /// Scale of the data, number by number, as the last layer has it.
    pub fn spread(&self) -> &[f64] {
        self.flow.standardise(false).map_or(&[], Standardise::spread)
    }

    /// Rows of data as the couplings know them: on lines, and angles in their own units.
    fn on_lines(&self, rows: &[f64]) -> Vec<f64> {
        let (mut rows, dim) = (rows.to_vec(), self.dim());
        if let Some(ranges) = Ranges::new(self.axes(), self.prior()) {
            ranges.enter(&mut rows, dim);
        }
        rows
    }

    fn centre_and_scale(&self, samples: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let dim = self.dim();
        let samples = &self.on_lines(samples);
        let (mut means, mut spreads) = (vec![0.0; dim], vec![1.0; dim]);
        for (j, axis) in self.axes().iter().enumerate() {
            let column = || samples.chunks_exact(dim).map(|row| row[j]).filter(|v| v.is_finite());
            let n = column().count();
            if n == 0 && self.prior() == Prior::Gaussian {
                continue;
            }
            let (mean, spread) = match (axis, self.prior()) {
                (Axis::Circle { period }, _) => (mean_direction(column(), *period), 1.0),
                (_, Prior::Gaussian) => {
                    let mean = column().sum::<f64>() / n as f64;
                    let variance = column().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
                    let furthest = || column().map(|x| (x - mean).abs()).fold(0.0, f64::max);
                    let reach = self.architecture().reach(j).map_or(0.0, |bound| furthest() * 1.02 / bound);
                    (mean, variance.sqrt().max(reach))
                }
                (Axis::Interval { .. }, Prior::Uniform) => (0.0, 1.0 / self.architecture().bound()),
                (_, Prior::Uniform) if n == 0 => continue,
                (_, Prior::Uniform) => {
                    let (low, high) = column().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
                    (0.5 * (low + high), 0.55 * (high - low) / self.architecture().bound())
                }
            };
            means[j] = mean;
            spreads[j] = if spread > 0.0 && spread.is_finite() { spread } else { 1.0 };
        }
        (means, spreads)
    }
}

/// The length of the mean of unit vectors below which they have no direction in common.
const LEAST_MEAN_DIRECTION: f64 = 0.1;

/// The mean direction of numbers on a circle; 0 where they have none in common.
fn mean_direction(values: impl Iterator<Item = f64>, period: f64) -> f64 {
    let (mut n, mut sin, mut cos) = (0.0, 0.0, 0.0);
    for value in values {
        let angle = value / period * TAU;
        (n, sin, cos) = (n + 1.0, sin + angle.sin(), cos + angle.cos());
    }
    if sin.hypot(cos) > LEAST_MEAN_DIRECTION * n { sin.atan2(cos) / TAU * period } else { 0.0 }
}
