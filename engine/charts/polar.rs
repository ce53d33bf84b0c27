//! Particles by distance and direction about other particles.

use super::choice::ChartRequest;
use super::direction::{self, Polar};
use super::{Chart, Entered, Left};
use mcflow_base::Problem;
use mcflow_flows::Axis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A particle that is given by its distance and direction about another, both counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The other particle.
    pub about: usize,
    /// The particle.
    pub particle: usize,
}

/// Particles about others, each once, after those that they are about where these are in the list too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AboutOthers(pub Vec<About>);

impl ChartRequest for AboutOthers {
    fn problems(&self, n: usize, dimension: usize) -> Vec<Problem> {
        if dimension != 3 {
            return vec![Problem::new("", format!("a direction in space, in {dimension} dimension(s)"), "three dimensions, or `Bonds`")];
        }
        let mut problems = Vec::new();
        for (k, &About { about, particle }) in self.0.iter().enumerate() {
            for (name, number) in [("about", about), ("particle", particle)] {
                if number >= n {
                    let expected = format!("particles from 0 to {}", n.saturating_sub(1));
                    problems.push(Problem::new(format!("[{k}].{name}"), format!("particle {number}"), expected));
                }
            }
            if about == particle {
                problems.push(Problem::new(format!("[{k}]"), format!("particle {particle} about itself"), "two particles"));
            } else if self.0[..k].iter().any(|before| before.particle == particle) {
                problems.push(Problem::new(format!("[{k}].particle"), format!("particle {particle} twice"), "each particle once"));
            } else if self.0[k..].iter().any(|after| after.particle == about) {
                let expected = format!("the entry of particle {about} before this one");
                problems.push(Problem::new(format!("[{k}].about"), format!("particle {about}, which is given later"), expected));
            }
        }
        problems
    }

    fn chart(&self, n: usize, _: usize) -> Arc<dyn Chart> {
        Arc::new(PolarAbout::new(&self.0, n))
    }
}

/// Some particles by the distance r and the direction (cos theta, phi) of v = x - x_about in space, all else by positions.
///
/// Where the position of the particle was, the row has r, cos theta = v_z / r and phi = atan2(v_y, v_x). ln|det d row / d positions| = -2 ln r for each of
/// them, for the matrix of derivatives is triangular in the order of the list. A particle where the other one is has no row, nor one above it on the z axis.
#[derive(Clone, Debug)]
pub struct PolarAbout {
    axes: Vec<Axis>,
    n: usize,
    list: Vec<About>,
    distances: Vec<usize>,
}

impl PolarAbout {
    /// These of `n` particles in space, each after those it is about.
    pub fn new(list: &[About], n: usize) -> Self {
        let mut axes = vec![Axis::Line; 3 * n];
        for About { particle, .. } in list {
            direction::axes(3).into_iter().enumerate().for_each(|(k, axis)| axes[k * n + particle] = axis);
        }
        Self { axes, n, list: list.to_vec(), distances: list.iter().map(|about| about.particle).collect() }
    }

    fn of(&self, particle: usize, row: &[f64]) -> [f64; 3] {
        [0, 1, 2].map(|k| row[k * self.n + particle])
    }

    fn put(&self, particle: usize, values: [f64; 3], row: &mut [f64]) {
        values.into_iter().enumerate().for_each(|(k, value)| row[k * self.n + particle] = value);
    }

    fn holds(&self, row: &[f64]) -> bool {
        self.axes.iter().zip(row).all(|(axis, value)| axis.holds(*value))
    }
}

fn plus(a: [f64; 3], b: [f64; 3], sign: f64) -> [f64; 3] {
    [0, 1, 2].map(|k| a[k] + sign * b[k])
}

impl Chart for PolarAbout {
    fn axes(&self) -> &[Axis] {
        &self.axes
    }

    fn coordinates(&self) -> usize {
        self.axes.len()
    }

    fn enter(&self, positions: &[f64], rows: &mut [f64], entered: &mut [Entered]) {
        let dim = self.axes.len();
        rows.copy_from_slice(positions);
        for ((at, row), entered) in positions.chunks_exact(dim).zip(rows.chunks_exact_mut(dim)).zip(entered) {
            let mut log_det = 0.0;
            for &About { about, particle } in &self.list {
                let mut numbers = [0.0; 3];
                log_det += Polar::numbers(plus(self.of(particle, at), self.of(about, at), -1.0), &mut numbers);
                self.put(particle, numbers, row);
            }
            *entered = Entered { log_det, feasible: self.holds(row), element: None };
        }
    }

    fn leave(&self, rows: &[f64], positions: &mut [f64], left: &mut [Left]) {
        let dim = self.axes.len();
        for ((row, at), left) in rows.chunks_exact(dim).zip(positions.chunks_exact_mut(dim)).zip(left) {
            *left = Left { log_det: 0.0, feasible: self.holds(row) };
            if left.feasible {
                at.copy_from_slice(row);
                for &About { about, particle } in &self.list {
                    let numbers = self.of(particle, row);
                    self.put(particle, plus(self.of(about, at), Polar::vector(&numbers).v, 1.0), at);
                    left.log_det += 2.0 * numbers[0].ln();
                }
            }
        }
    }

    fn pull_back(&self, rows: &[f64], by_positions: &[f64], by_log_det: &[f64], by_rows: &mut [f64]) {
        by_rows.copy_from_slice(by_positions);
        let dim = self.axes.len();
        for ((row, by_row), by_log_det) in rows.chunks_exact(dim).zip(by_rows.chunks_exact_mut(dim)).zip(by_log_det) {
            // Whatever is about a particle moves with it, and comes after it in the list.
            for &About { about, particle } in self.list.iter().rev() {
                let (numbers, by) = (self.of(particle, row), self.of(particle, by_row));
                self.put(about, plus(self.of(about, by_row), by, 1.0), by_row);
                self.put(particle, Polar::vector(&numbers).pull_back(by, *by_log_det, &numbers), by_row);
            }
        }
    }

    fn rescaled(&self) -> &[usize] {
        &self.distances
    }
}
