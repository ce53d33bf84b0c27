//! Energies of rows as a tensor operation, whose derivative the law of the rows gives itself.

use super::energy_cap::EnergyCap;
use crate::flow::CHUNK;
use crate::operation::with_numbers;
use crate::target::Target;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Energies of rows as an operation: rows `[batch, dim]` to u - u_0 `[batch]`, whose derivative comes from the [`Target`] itself.
pub struct EnergyOperation<'a> {
    target: &'a dyn Target,
    cap: Option<EnergyCap>,
    reference: f64,
}

/// Energies that were computed, with their derivatives: the operation that candle differentiates.
struct Computed {
    values: Vec<f64>,
    gradient: Vec<f64>,
}

impl<'a> EnergyOperation<'a> {
    /// Energies relative to `reference`, regularised by `cap`.
    pub fn new(target: &'a dyn Target, cap: Option<EnergyCap>, reference: f64) -> Self {
        Self { target, cap, reference }
    }

    /// u - u_0 of each row, regularised, as a tensor that knows its derivative.
    ///
    /// # Errors
    ///
    /// If `rows` is not an f64 matrix on the CPU.
    pub fn apply(&self, rows: &Tensor) -> Result<Tensor> {
        let (n, dim) = rows.dims2()?;
        let rows = rows.contiguous()?;
        let (mut values, mut gradient) = (vec![0.0; n], vec![0.0; n * dim]);
        with_numbers(&rows, |x| self.evaluate(x, dim, &mut values, &mut gradient))?;
        rows.apply_op1(Computed { values, gradient })
    }

    /// The same on plain slices.
    pub(crate) fn evaluate(&self, rows: &[f64], dim: usize, u: &mut [f64], gradient: &mut [f64]) {
        let parts = rows.par_chunks(CHUNK * dim).zip(u.par_chunks_mut(CHUNK)).zip(gradient.par_chunks_mut(CHUNK * dim));
        parts.for_each(|((rows, u), gradient)| {
            self.target.energies_and_gradients(rows, u, gradient);
            for (u, g) in u.iter_mut().zip(gradient.chunks_exact_mut(dim)) {
                let e = *u - self.reference;
                let (value, slope) = self.cap.map_or((e, 1.0), |cap| cap.apply(e));
                *u = value;
                g.iter_mut().for_each(|g| *g = if slope == 0.0 { 0.0 } else { *g * slope });
            }
        });
    }
}

impl CustomOp1 for Computed {
    fn name(&self) -> &'static str {
        "energy"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F64(self.values.clone()), Shape::from(self.values.len())))
    }

    fn bwd(&self, rows: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, dim) = rows.dims2()?;
        let product = with_numbers(&gradient.contiguous()?, |g| {
            self.gradient.chunks_exact(dim).zip(g).flat_map(|(row, &g)| row.iter().map(move |s| s * g)).collect::<Vec<f64>>()
        })?;
        Ok(Some(Tensor::from_vec(product, rows.shape(), gradient.device())?))
    }
}
