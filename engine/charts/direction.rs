//! Vectors by length and direction.

use mcflow_flows::Axis;
use std::f64::consts::TAU;

/// A vector v by its length r and direction, and how it moves with these numbers.
pub(super) struct Polar {
    /// v; in the plane the last component is 0.
    pub v: [f64; 3],
    /// dv/dr, and the derivatives by the numbers of the direction, in their order.
    pub by: [[f64; 3]; 3],
}

impl Polar {
    /// v by `[r, phi]` in the plane or `[r, cos theta, phi]` in space, whose determinants of v are r and r^2.
    pub fn vector(numbers: &[f64]) -> Self {
        let (r, (sin, cos)) = (numbers[0], numbers[numbers.len() - 1].sin_cos());
        if numbers.len() == 2 {
            return Self { v: [r * cos, r * sin, 0.0], by: [[cos, sin, 0.0], [-r * sin, r * cos, 0.0], [0.0; 3]] };
        }
        let z = numbers[1];
        // sin theta, not 0 within the range.
        let s = ((1.0 - z) * (1.0 + z)).sqrt().max(f64::MIN_POSITIVE);
        let along = [s * cos, s * sin, z];
        let by_z = [-r * z / s * cos, -r * z / s * sin, r];
        Self { v: along.map(|c| r * c), by: [along, by_z, [-r * s * sin, r * s * cos, 0.0]] }
    }

    /// Writes the numbers of v, of as many components; returns ln|det| of that.
    pub fn numbers(v: [f64; 3], numbers: &mut [f64]) -> f64 {
        let r = v.iter().map(|c| c * c).sum::<f64>().sqrt();
        let last = numbers.len() - 1;
        numbers[1] = v[2] / r;
        (numbers[0], numbers[last]) = (r, v[1].atan2(v[0]));
        -(last as f64) * r.ln()
    }

    /// What derivatives by v, and by ln|det| of v by its numbers, are by the first numbers of v, in as many dimensions.
    pub fn pull_back(&self, by_v: [f64; 3], by_log_det: f64, numbers: &[f64]) -> [f64; 3] {
        let mut by = self.by.map(|direction| direction.iter().zip(by_v).map(|(d, by)| d * by).sum::<f64>());
        by[0] += by_log_det * (numbers.len() - 1) as f64 / numbers[0];
        by
    }
}

/// The ranges of the numbers of a vector in 2 or 3 dimensions.
pub(super) fn axes(dimension: usize) -> Vec<Axis> {
    let circle = Axis::Circle { period: TAU };
    match dimension {
        2 => vec![Axis::Positive, circle],
        _ => vec![Axis::Positive, Axis::Interval { low: -1.0, high: 1.0 }, circle],
    }
}
