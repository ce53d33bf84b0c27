//! One vector a particle, stored component by component.

use serde::{Deserialize, Serialize};

/// `n` vectors of 1 to 3 components as a structure of arrays: all x, then all y, then all z.
///
/// The memory, read as one slice of `dimension * n` numbers, is the row that flows see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vectors {
    dimension: usize,
    n: usize,
    data: Vec<f64>,
}

impl Vectors {
    /// Makes `n` zero vectors.
    pub fn zeros(dimension: usize, n: usize) -> Self {
        assert!((1..=3).contains(&dimension), "1 to 3 dimensions");
        Self { dimension, n, data: vec![0.0; dimension * n] }
    }

    /// Makes the vectors whose row is `row` (`dimension * n` numbers, component by component).
    pub fn from_row(dimension: usize, row: &[f64]) -> Self {
        let mut vectors = Self::zeros(dimension, row.len() / dimension);
        vectors.data.copy_from_slice(row);
        vectors
    }

    /// Makes vectors from one array each; components beyond `dimension` are ignored.
    pub fn from_points(dimension: usize, points: &[[f64; 3]]) -> Self {
        let mut vectors = Self::zeros(dimension, points.len());
        for (i, &point) in points.iter().enumerate() {
            vectors.set(i, point);
        }
        vectors
    }

    /// Number of vectors.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Components of each vector: 1 to 3.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Component `c` of all vectors.
    #[inline]
    pub fn component(&self, c: usize) -> &[f64] {
        &self.data[c * self.n..(c + 1) * self.n]
    }

    /// Component `c` of all vectors, to be written.
    #[inline]
    pub fn component_mut(&mut self, c: usize) -> &mut [f64] {
        &mut self.data[c * self.n..(c + 1) * self.n]
    }

    /// Vector `i`; components that do not exist are 0.
    #[inline]
    pub fn get(&self, i: usize) -> [f64; 3] {
        let mut point = [0.0; 3];
        for (c, p) in point.iter_mut().enumerate().take(self.dimension) {
            *p = self.data[c * self.n + i];
        }
        point
    }

    /// Sets vector `i`; components beyond the dimension are ignored.
    #[inline]
    pub fn set(&mut self, i: usize, point: [f64; 3]) {
        for c in 0..self.dimension {
            self.data[c * self.n + i] = point[c];
        }
    }

    /// All numbers, component by component: the row of a flow.
    #[inline]
    pub fn row(&self) -> &[f64] {
        &self.data
    }

    /// All numbers, to be written.
    #[inline]
    pub fn row_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// Sets every component to `value`.
    pub fn fill(&mut self, value: f64) {
        self.data.fill(value);
    }

    /// Copies from vectors of the same shape.
    pub fn copy_from(&mut self, other: &Self) {
        debug_assert_eq!((self.dimension, self.n), (other.dimension, other.n));
        self.data.copy_from_slice(&other.data);
    }

    /// Tells whether no component is NaN or infinite.
    pub fn all_finite(&self) -> bool {
        self.data.iter().all(|v| v.is_finite())
    }
}
