//! Centre and scale of each number of a row: the layer next to data.

use super::layer::Layer;
use crate::axes::{Axis, wrapped};
use crate::direction::Direction;
use crate::tensor::{NamedTensor, Unfit};
use mcflow_base::Lane;

/// y = mean + spread x, number by number; on a circle modulo its period, where the spread is the period over 2 pi: a rotation.
///
/// It is set from data and not trained. ln|det dy/dx| is the sum of ln spread, the same for all rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standardise {
    mean: Vec<f64>,
    spread: Vec<f64>,
    log_det: f64,
    /// Places and periods of circles.
    circles: Vec<(usize, f64)>,
}

impl Standardise {
    /// Mean 0 and spread 1 for rows of these axes.
    pub fn new(axes: &[Axis]) -> Self {
        let circles: Vec<(usize, f64)> = axes
            .iter()
            .enumerate()
            .filter_map(|(k, axis)| if let Axis::Circle { period } = axis { Some((k, *period)) } else { None })
            .collect();
        let mut layer = Self { mean: vec![0.0; axes.len()], spread: vec![1.0; axes.len()], log_det: 0.0, circles };
        layer.set(vec![0.0; axes.len()], vec![1.0; axes.len()]);
        layer
    }

    /// Takes centres and scales; the scale of a circle is its own.
    pub fn set(&mut self, mean: Vec<f64>, mut spread: Vec<f64>) {
        for &(k, period) in &self.circles {
            spread[k] = period / std::f64::consts::TAU;
        }
        self.log_det = spread.iter().map(|s| s.ln()).sum();
        (self.mean, self.spread) = (mean, spread);
    }

    /// Centre of each number.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Scale of each number.
    pub fn spread(&self) -> &[f64] {
        &self.spread
    }

    /// Rows of data in its units.
    #[inline(always)]
    pub fn enter(&self, rows: &mut [f64]) {
        let dim = self.mean.len();
        for row in rows.chunks_exact_mut(dim) {
            for ((v, m), s) in row.iter_mut().zip(&self.mean).zip(&self.spread) {
                *v = (*v - m) / s;
            }
        }
        for &(k, _) in &self.circles {
            rows.iter_mut().skip(k).step_by(dim).for_each(|v| *v = wrapped(*v, std::f64::consts::TAU));
        }
    }

    /// Rows back from its units.
    #[inline(always)]
    fn leave(&self, rows: &mut [f64]) {
        let dim = self.mean.len();
        for row in rows.chunks_exact_mut(dim) {
            for ((v, m), s) in row.iter_mut().zip(&self.mean).zip(&self.spread) {
                *v = m + s * *v;
            }
        }
        for &(k, period) in &self.circles {
            rows.iter_mut().skip(k).step_by(dim).for_each(|v| *v = wrapped(*v, period));
        }
    }
}

impl Layer for Standardise {
    type Packed = ();
    type Tape = ();

    fn name(&self) -> &'static str {
        "standardise"
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        vec![NamedTensor::fixed("mean", &[self.mean.len()]), NamedTensor::fixed("spread", &[self.mean.len()])]
    }

    fn numbers(&self) -> Vec<f64> {
        [&self.mean[..], &self.spread].concat()
    }

    fn set_numbers(&mut self, numbers: &[f64]) -> Result<(), Unfit> {
        let (mean, spread) = numbers.split_at(self.mean.len());
        if let Some(j) = spread.iter().position(|&s| s <= 0.0) {
            let found = format!("{} at element {j}", spread[j]);
            return Err(Unfit { tensor: "spread".into(), found, expected: "numbers above 0".into() });
        }
        self.set(mean.to_vec(), spread.to_vec());
        Ok(())
    }

    fn log_det(&self) -> f64 {
        self.log_det
    }

    #[inline(always)]
    fn apply<L: Lane, const RECORD: bool>(&self, direction: Direction, (): &(), rows: &mut [f64], _: usize, _: &mut [f64], (): &mut ()) {
        match direction {
            Direction::Forward => self.leave(rows),
            Direction::Inverse => self.enter(rows),
        }
    }

    #[inline(always)]
    fn vjp<L: Lane>(&self, direction: Direction, (): &(), rows: &mut [f64], dim: usize, _: &[f64], (): &mut (), _: &mut [f64]) {
        for row in rows.chunks_exact_mut(dim) {
            for (v, s) in row.iter_mut().zip(&self.spread) {
                *v = if direction == Direction::Forward { *v * s } else { *v / s };
            }
        }
    }
}
