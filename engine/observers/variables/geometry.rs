//! Vectors between particles, and the row that gradients are added to.

use mcflow_potentials::Configuration;

/// The derivatives of a function by all coordinates: all of x, then all of y, then all of z, as rows of a flow are.
#[derive(Debug)]
pub struct GradientRow<'a> {
    row: &'a mut [f64],
    n: usize,
    dimension: usize,
}

impl<'a> GradientRow<'a> {
    /// The row of as many derivatives as the configuration has coordinates.
    pub fn new(configuration: &Configuration, row: &'a mut [f64]) -> Self {
        Self { row, n: configuration.positions.n(), dimension: configuration.positions.dimension() }
    }

    /// Adds `factor` times a vector to the derivatives by the position of one particle; nothing where a number is not finite.
    pub fn add(&mut self, particle: usize, factor: f64, gradient: [f64; 3]) {
        if factor.is_finite() && gradient.iter().all(|g| g.is_finite()) {
            (0..self.dimension).for_each(|c| self.row[c * self.n + particle] += factor * gradient[c]);
        }
    }
}

/// The vector r_j - r_i, of nearest images.
pub(super) fn between(configuration: &Configuration, i: usize, j: usize) -> [f64; 3] {
    let (a, b) = (configuration.positions.get(i), configuration.positions.get(j));
    configuration.cell.minimum_image(std::array::from_fn(|c| b[c] - a[c]))
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}
