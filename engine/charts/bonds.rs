//! Pairs of particles by the centre, the length and the direction of their bond.

use super::{Chart, Entered, Left};
use mcflow_flows::Axis;
use std::f64::consts::TAU;

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

/// The vector of a bond, and how it moves with the length and the direction.
struct Frame {
    v: [f64; 3],
    by: [[f64; 3]; 3],
}

impl Bonds {
    /// Bonds between these pairs of `n` particles in 2 or 3 dimensions, no particle in two of them.
    pub fn new(pairs: &[(usize, usize)], n: usize, dimension: usize) -> Self {
        let places = |particle: usize| (0..dimension).map(|component| component * n + particle).collect();
        let bonds: Vec<Bond> = pairs.iter().map(|&(i, j)| Bond { first: places(i), second: places(j) }).collect();
        let mut axes = vec![Axis::Line; n * dimension];
        for Bond { second, .. } in &bonds {
            axes[second[0]] = Axis::Positive;
            if dimension == 3 {
                axes[second[1]] = Axis::Interval { low: -1.0, high: 1.0 };
            }
            axes[second[dimension - 1]] = Axis::Circle { period: TAU };
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
    fn enter(&self, row: &mut [f64]) -> f64 {
        let mut v = [0.0; 3];
        for ((v, &i), &j) in v.iter_mut().zip(&self.first).zip(&self.second) {
            *v = row[j] - row[i];
            row[i] = 0.5 * (row[i] + row[j]);
        }
        let r = v.iter().map(|c| c * c).sum::<f64>().sqrt();
        let phi = v[1].atan2(v[0]);
        row[self.second[0]] = r;
        if self.second.len() == 2 {
            row[self.second[1]] = phi;
            -r.ln()
        } else {
            (row[self.second[1]], row[self.second[2]]) = (v[2] / r, phi);
            -2.0 * r.ln()
        }
    }

    fn frame(&self, row: &[f64]) -> Frame {
        let r = row[self.second[0]];
        let (sin, cos) = row[self.second[self.second.len() - 1]].sin_cos();
        if self.second.len() == 2 {
            return Frame { v: [r * cos, r * sin, 0.0], by: [[cos, sin, 0.0], [-r * sin, r * cos, 0.0], [0.0; 3]] };
        }
        let z = row[self.second[1]];
        // sin theta, not 0 within the range.
        let s = ((1.0 - z) * (1.0 + z)).sqrt().max(f64::MIN_POSITIVE);
        let along = [s * cos, s * sin, z];
        let by_z = [-r * z / s * cos, -r * z / s * sin, r];
        Frame { v: along.map(|c| r * c), by: [along, by_z, [-r * s * sin, r * s * cos, 0.0]] }
    }

    fn leave(&self, row: &[f64], positions: &mut [f64]) -> f64 {
        let Frame { v, .. } = self.frame(row);
        for ((v, &i), &j) in v.iter().zip(&self.first).zip(&self.second) {
            (positions[i], positions[j]) = (row[i] - 0.5 * v, row[i] + 0.5 * v);
        }
        (self.second.len() - 1) as f64 * row[self.second[0]].ln()
    }

    fn pull_back(&self, row: &[f64], by_log_det: f64, by_row: &mut [f64]) {
        let Frame { by, .. } = self.frame(row);
        let mut by_own = [0.0; 3];
        for (k, (&i, &j)) in self.first.iter().zip(&self.second).enumerate() {
            let (first, second) = (by_row[i], by_row[j]);
            by_row[i] = first + second;
            by_own.iter_mut().zip(&by).for_each(|(own, direction)| *own += 0.5 * (second - first) * direction[k]);
        }
        by_own[0] += by_log_det * (self.second.len() - 1) as f64 / row[self.second[0]];
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
