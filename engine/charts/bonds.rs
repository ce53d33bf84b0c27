//! Pairs of particles by the centre, the length and the direction of their bond.

use super::choice::ChartRequest;
use super::direction::{self, Polar};
use super::{Chart, Entered, Left};
use mcflow_base::Problem;
use mcflow_flows::Axis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Pairs of particles, counted from 0, whose bonds are coordinates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BondPairs(pub Vec<(usize, usize)>);

impl ChartRequest for BondPairs {
    fn problems(&self, n: usize, dimension: usize) -> Vec<Problem> {
        if dimension == 1 {
            return vec![Problem::new("", "bonds on a line", "two or three dimensions: a line has no directions")];
        }
        let mut problems = Vec::new();
        let mut taken = Vec::new();
        for (k, &(first, second)) in self.0.iter().enumerate() {
            for particle in [first, second] {
                if particle >= n {
                    let expected = format!("particles from 0 to {}", n.saturating_sub(1));
                    problems.push(Problem::new(format!("[{k}]"), format!("particle {particle}"), expected));
                } else if taken.contains(&particle) {
                    problems.push(Problem::new(
                        format!("[{k}]"),
                        format!("particle {particle} twice"),
                        "each particle in one bond at most",
                    ));
                }
                taken.push(particle);
            }
        }
        problems
    }

    fn chart(&self, n: usize, dimension: usize) -> Arc<dyn Chart> {
        Arc::new(Bonds::new(&self.0, n, dimension))
    }
}

/// Some pairs of particles by their bonds, all else by positions.
///
/// In place of r_1 and r_2 the row has c = (r_1 + r_2) / 2 where r_1 is, and where r_2 is the length r of v = r_2 - r_1 and its direction: in the plane
/// the angle phi = atan2(v_y, v_x); in space cos theta = v_z / r and phi. ln|det d row / d positions| = -ln r in the plane, -2 ln r in space.
/// A bond of length 0 has no row, nor has one along the z axis.
#[derive(Clone, Debug)]
pub struct Bonds {
    axes: Vec<Axis>,
    bonds: Vec<Bond>,
    lengths: Vec<usize>,
}

/// Places of the coordinates of two particles.
#[derive(Clone, Debug)]
struct Bond {
    /// Of r_1, afterwards of the centre.
    first: Vec<usize>,
    /// Of r_2, afterwards of the length and the direction.
    second: Vec<usize>,
}

impl Bonds {
    /// Bonds between these pairs of `n` particles in 2 or 3 dimensions, no particle in two of them.
    pub fn new(pairs: &[(usize, usize)], n: usize, dimension: usize) -> Self {
        let places = |particle: usize| (0..dimension).map(|component| component * n + particle).collect();
        let bonds: Vec<Bond> = pairs.iter().map(|&(i, j)| Bond { first: places(i), second: places(j) }).collect();
        let mut axes = vec![Axis::Line; n * dimension];
        for Bond { second, .. } in &bonds {
            second.iter().zip(direction::axes(dimension)).for_each(|(&place, axis)| axes[place] = axis);
        }
        let lengths = bonds.iter().map(|bond| bond.second[0]).collect();
        Self { axes, bonds, lengths }
    }

    /// Whether the numbers of a bond lie in their ranges.
    fn holds(&self, bond: &Bond, row: &[f64]) -> bool {
        bond.first.iter().chain(&bond.second).all(|&place| self.axes[place].holds(row[place]))
    }
}

impl Bond {
    /// The numbers of the length and of the direction.
    fn numbers(&self, row: &[f64]) -> [f64; 3] {
        let mut numbers = [0.0; 3];
        numbers.iter_mut().zip(&self.second).for_each(|(number, &place)| *number = row[place]);
        numbers
    }

    fn enter(&self, row: &mut [f64]) -> f64 {
        let mut v = [0.0; 3];
        for ((v, &i), &j) in v.iter_mut().zip(&self.first).zip(&self.second) {
            *v = row[j] - row[i];
            row[i] = 0.5 * (row[i] + row[j]);
        }
        let mut numbers = [0.0; 3];
        let log_det = Polar::numbers(v, &mut numbers[..self.second.len()]);
        self.second.iter().zip(numbers).for_each(|(&place, number)| row[place] = number);
        log_det
    }

    fn leave(&self, row: &[f64], positions: &mut [f64]) -> f64 {
        let Polar { v, .. } = Polar::vector(&self.numbers(row)[..self.second.len()]);
        for ((v, &i), &j) in v.iter().zip(&self.first).zip(&self.second) {
            (positions[i], positions[j]) = (row[i] - 0.5 * v, row[i] + 0.5 * v);
        }
        (self.second.len() - 1) as f64 * row[self.second[0]].ln()
    }

    fn pull_back(&self, row: &[f64], by_log_det: f64, by_row: &mut [f64]) {
        let numbers = &self.numbers(row)[..self.second.len()];
        let mut by_v = [0.0; 3];
        for ((by_v, &i), &j) in by_v.iter_mut().zip(&self.first).zip(&self.second) {
            let (first, second) = (by_row[i], by_row[j]);
            by_row[i] = first + second;
            *by_v = 0.5 * (second - first);
        }
        let by_own = Polar::vector(numbers).pull_back(by_v, by_log_det, numbers);
        self.second.iter().zip(by_own).for_each(|(&place, own)| by_row[place] = own);
    }
}

impl Chart for Bonds {
    fn axes(&self) -> &[Axis] {
        &self.axes
    }

    fn coordinates(&self) -> usize {
        self.axes.len()
    }

    fn enter(&self, positions: &[f64], rows: &mut [f64], entered: &mut [Entered]) {
        rows.copy_from_slice(positions);
        for (row, entered) in rows.chunks_exact_mut(self.axes.len()).zip(entered) {
            let log_det = self.bonds.iter().map(|bond| bond.enter(row)).sum();
            let feasible = self.bonds.iter().all(|bond| self.holds(bond, row));
            *entered = Entered { log_det, feasible, element: None };
        }
    }

    fn leave(&self, rows: &[f64], positions: &mut [f64], left: &mut [Left]) {
        let dim = self.axes.len();
        for ((row, positions), left) in rows.chunks_exact(dim).zip(positions.chunks_exact_mut(dim)).zip(left) {
            *left = Left { log_det: 0.0, feasible: self.bonds.iter().all(|bond| self.holds(bond, row)) };
            if left.feasible {
                positions.copy_from_slice(row);
                left.log_det = self.bonds.iter().map(|bond| bond.leave(row, positions)).sum();
            }
        }
    }

    fn pull_back(&self, rows: &[f64], by_positions: &[f64], by_log_det: &[f64], by_rows: &mut [f64]) {
        by_rows.copy_from_slice(by_positions);
        let dim = self.axes.len();
        for ((row, by_row), by_log_det) in rows.chunks_exact(dim).zip(by_rows.chunks_exact_mut(dim)).zip(by_log_det) {
            self.bonds.iter().for_each(|bond| bond.pull_back(row, *by_log_det, by_row));
        }
    }

    fn rescaled(&self) -> &[usize] {
        &self.lengths
    }
}
