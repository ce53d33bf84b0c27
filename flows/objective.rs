//! The losses, composed of tensors: maximum likelihood on samples, reverse Kullback-Leibler divergence on energies.

use crate::architecture::Prior;
use crate::flow::{CHUNK, Direction};
use crate::operation::{Operations, with_numbers};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The law that a generator is trained towards, proportional to e^-u.
///
/// A row's result must depend on that row alone: rows come in chunks, from several threads.
pub trait Target: Sync {
    /// Reduced energies `u` `[n]` and their derivatives `gradient` `[n, dim]` of `rows` `[n, dim]`.
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]);
}

impl<F: Fn(&[f64], &mut [f64], &mut [f64]) + Sync> Target for F {
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        self(rows, u, gradient);
    }
}

/// How the training energy grows above `energy_high`, with t = e - energy_high; value and slope are continuous there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Growth {
    /// energy_high + ln(1 + t). A flow can leave a confining wall that grows so slowly.
    Logarithmic,
    /// energy_high + 2 (sqrt(1 + t) - 1).
    #[default]
    SquareRoot,
}

/// Regularisation of the energy in the LOSS ONLY, never in weights or acceptance: with e = u - u_0, u_0 a typical energy of the
/// target (the median over samples, or the lowest over first draws), e up to `energy_high`, then growing slowly, constant from `energy_max`.
///
/// Source: Noé, Olsson, Köhler, Wu 2019, Science 365, eaaw1147, supplement (logarithmic form).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnergyCap {
    /// Where growth slows, in kT above u_0.
    pub energy_high: f64,
    /// From where the energy counts as constant (and pulls no more), in kT above u_0.
    pub energy_max: f64,
    /// The form of the slow growth.
    pub growth: Growth,
}

impl Default for EnergyCap {
    fn default() -> Self {
        Self { energy_high: 1e3, energy_max: 1e12, growth: Growth::default() }
    }
}

impl EnergyCap {
    /// Regularised e = u - u_0 and its derivative; what is not finite counts as the largest energy.
    pub fn apply(&self, e: f64) -> (f64, f64) {
        if e <= self.energy_high {
            return if e.is_finite() { (e, 1.0) } else { (self.grow(self.energy_max).0, 0.0) };
        }
        if e < self.energy_max { self.grow(e) } else { (self.grow(self.energy_max).0, 0.0) }
    }

    fn grow(&self, e: f64) -> (f64, f64) {
        let t = (e - self.energy_high).max(0.0);
        match self.growth {
            Growth::Logarithmic => (self.energy_high + t.ln_1p(), 1.0 / (1.0 + t)),
            Growth::SquareRoot => (self.energy_high + 2.0 * ((1.0 + t).sqrt() - 1.0), 1.0 / (1.0 + t).sqrt()),
        }
    }
}

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

/// -ln p(z) of each row of latents `[n, dim]`; the box of the uniform prior holds every row of the samples that set it.
fn prior_energy(prior: Prior, bound: f64, z: &Tensor) -> Result<Tensor> {
    let (n, dim) = z.dims2()?;
    match prior {
        Prior::Gaussian => z.sqr()?.sum(1)?.affine(0.5, 0.5 * dim as f64 * std::f64::consts::TAU.ln()),
        Prior::Uniform => Tensor::full(dim as f64 * (2.0 * bound).ln(), n, z.device()),
    }
}

/// Where latent rows come from, as a loss sees it.
pub(crate) enum Start<'a> {
    /// A prior, with the bound of its box.
    Prior(Prior, f64),
    /// An ensemble with these energies.
    Ensemble(EnergyOperation<'a>),
}

/// J_ML = mean of -ln p(f^-1(x)) - ln|det df^-1/dx| over `rows` `[n, dim]`; -ln p is the reduced energy where rows come from an ensemble.
pub(crate) fn maximum_likelihood(operations: &Operations, start: &Start, parameters: &Tensor, rows: &Tensor) -> Result<Tensor> {
    let dim = operations.flow().dim;
    let joined = parameters.apply_op2(rows, operations.operation(Direction::Inverse))?;
    let (z, log_det) = (joined.narrow(1, 0, dim)?, joined.narrow(1, dim, 1)?.squeeze(1)?);
    let energy = match start {
        Start::Prior(prior, bound) => prior_energy(*prior, *bound, &z)?,
        Start::Ensemble(energy) => energy.apply(&z)?,
    };
    (energy - log_det)?.mean(0)
}

/// J_KL = mean of u(f(z)) - ln|det df/dz| over `latents` `[n, dim]`.
pub(crate) fn reverse_kl(operations: &Operations, energy: &EnergyOperation, parameters: &Tensor, latents: &Tensor) -> Result<Tensor> {
    let dim = operations.flow().dim;
    let joined = parameters.apply_op2(latents, operations.operation(Direction::Forward))?;
    let (x, log_det) = (joined.narrow(1, 0, dim)?, joined.narrow(1, dim, 1)?.squeeze(1)?);
    (energy.apply(&x)? - log_det)?.mean(0)
}
