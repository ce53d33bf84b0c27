//! A matrix that is set from covariances of data: what couplings then need not learn.

use super::layer::Layer;
use crate::direction::Direction;
use crate::tensor::{NamedTensor, Unfit};
use mcflow_base::Lane;
use nalgebra::{DMatrix, SymmetricEigen};

/// y = M x on rows, with a matrix that is not trained.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Covariance {
    /// M^T, M, M^-T and M^-1 as row-major matrices: rows are multiplied from the right.
    forward: Vec<f64>,
    forward_transposed: Vec<f64>,
    inverse: Vec<f64>,
    inverse_transposed: Vec<f64>,
    log_det: f64,
    dim: usize,
}

/// The least eigenvalue of a covariance, as a fraction of the mean one: directions that samples do not show.
const LEAST_EIGENVALUE: f64 = 1e-6;

impl Covariance {
    /// The layer of `matrix` (row-major, M itself); `None` where it has no finite inverse.
    pub fn new(dim: usize, matrix: &[f64]) -> Option<Self> {
        let m = DMatrix::from_row_slice(dim, dim, matrix);
        let lu = m.clone().lu();
        let diagonal = lu.u();
        let log_det = (0..dim).map(|k| diagonal[(k, k)].abs().ln()).sum::<f64>();
        let inverse = lu.try_inverse().filter(|_| log_det.is_finite())?;
        let row_major = |m: &DMatrix<f64>| m.transpose().as_slice().to_vec();
        let (forward, forward_transposed) = (row_major(&m.transpose()), row_major(&m));
        let (inverse, inverse_transposed) = (row_major(&inverse.transpose()), row_major(&inverse));
        Some(Self { forward, forward_transposed, inverse, inverse_transposed, log_det, dim })
    }

    /// The optimal transport map between two Gaussians of zero mean with these covariances:
    /// M = A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2, symmetric, M A M = B; the root of B where A is the unit matrix.
    ///
    /// Source: Dowson and Landau, J. Multivariate Anal. 12 (1982) 450.
    pub fn between(a: Option<&DMatrix<f64>>, b: &DMatrix<f64>) -> Option<Self> {
        let m = match a {
            None => power(b, 0.5),
            Some(a) => {
                let (root, inverse) = (power(a, 0.5), power(a, -0.5));
                &inverse * power(&(&root * b * &root), 0.5) * &inverse
            }
        };
        Self::new(b.nrows(), m.transpose().as_slice())
    }

    /// The layer that leaves rows of this length as they are.
    pub fn unit(dim: usize) -> Self {
        let unit: Vec<f64> = (0..dim * dim).map(|k| f64::from(u8::from(k % (dim + 1) == 0))).collect();
        Self { forward: unit.clone(), forward_transposed: unit.clone(), inverse: unit.clone(), inverse_transposed: unit, log_det: 0.0, dim }
    }
}

impl Layer for Covariance {
    type Packed = ();
    type Tape = ();

    fn name(&self) -> &'static str {
        "covariance"
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        vec![NamedTensor::fixed("matrix", &[self.dim, self.dim])]
    }

    /// M, row-major.
    fn numbers(&self) -> Vec<f64> {
        self.forward_transposed.clone()
    }

    fn set_numbers(&mut self, numbers: &[f64]) -> Result<(), Unfit> {
        let unfit = || Unfit { tensor: "matrix".into(), found: "a singular matrix".into(), expected: "one with an inverse".into() };
        *self = Self::new(self.dim, numbers).ok_or_else(unfit)?;
        Ok(())
    }

    fn log_det(&self) -> f64 {
        self.log_det
    }

    #[inline(always)]
    fn apply<L: Lane, const RECORD: bool>(&self, direction: Direction, (): &(), rows: &mut [f64], dim: usize, _: &mut [f64], (): &mut ()) {
        multiply(if direction == Direction::Forward { &self.forward } else { &self.inverse }, dim, rows);
    }

    #[inline(always)]
    fn vjp<L: Lane>(&self, direction: Direction, (): &(), rows: &mut [f64], dim: usize, _: &[f64], (): &mut (), _: &mut [f64]) {
        multiply(if direction == Direction::Forward { &self.forward_transposed } else { &self.inverse_transposed }, dim, rows);
    }
}

/// Each row from the right by a row-major matrix, in place: a small part of what a coupling costs.
#[inline(always)]
fn multiply(matrix: &[f64], dim: usize, rows: &mut [f64]) {
    let mut sum = vec![0.0; dim];
    for row in rows.chunks_exact_mut(dim) {
        sum.fill(0.0);
        for (v, line) in row.iter().zip(matrix.chunks_exact(dim)) {
            for (s, m) in sum.iter_mut().zip(line) {
                *s += v * m;
            }
        }
        row.copy_from_slice(&sum);
    }
}

/// A power of a symmetric matrix, eigenvalues that are too small raised.
fn power(matrix: &DMatrix<f64>, exponent: f64) -> DMatrix<f64> {
    let SymmetricEigen { eigenvectors, mut eigenvalues } = SymmetricEigen::new(0.5 * (matrix + matrix.transpose()));
    let least = LEAST_EIGENVALUE * eigenvalues.mean().max(f64::MIN_POSITIVE);
    eigenvalues.iter_mut().for_each(|value| *value = value.max(least).powf(exponent));
    &eigenvectors * DMatrix::from_diagonal(&eigenvalues) * eigenvectors.transpose()
}

/// The covariance matrix of rows `[n, dim]` of mean 0; the places `apart` are taken as uncorrelated with all others.
pub(crate) fn covariance(rows: &[f64], dim: usize, apart: &[usize]) -> DMatrix<f64> {
    let n = rows.len() / dim;
    // Rows as columns: nalgebra stores columns.
    let columns = nalgebra::DMatrixView::from_slice(rows, dim, n);
    let mut covariance = columns * columns.transpose() / n as f64;
    for &k in apart {
        for j in (0..dim).filter(|&j| j != k) {
            (covariance[(k, j)], covariance[(j, k)]) = (0.0, 0.0);
        }
    }
    covariance
}
