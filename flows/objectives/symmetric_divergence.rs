//! The symmetric divergence: how well a flow explains samples and how well what it draws fits the energies, as one loss.

use super::maximum_likelihood::MaximumLikelihood;
use super::objective::{Batch, Loss, Needs, Objective};
use super::reverse_kl::ReverseKl;
use crate::operation::Operations;
use candle_core::{Result, Tensor};

/// J = J_ML + J_KL: up to a constant of the laws alone the divergence of Jeffreys, KL(p || q) + KL(q || p), of the law p of the samples and that of
/// the flow, q. It asks for samples and energies, and for a map at both ends.
///
/// Source: Jeffreys, Proc. R. Soc. A 186 (1946) 453.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SymmetricDivergence;

impl Objective for SymmetricDivergence {
    fn name(&self) -> &'static str {
        "symmetric_divergence"
    }

    fn figure(&self) -> [&'static str; 2] {
        ["Symmetric divergence, on held-out samples and fixed latents", "J_ML + J_KL (+ constant)"]
    }

    fn needs(&self) -> Needs {
        Needs { samples: true, starts: true, target_energy: true }
    }

    fn loss(&self, operations: &Operations, parameters: &Tensor, batch: &Batch) -> Result<Loss> {
        let samples = MaximumLikelihood.loss(operations, parameters, batch)?;
        let draws = ReverseKl.loss(operations, parameters, batch)?;
        Ok(Loss {
            value: (samples.value + draws.value)?,
            bad_rows: samples.bad_rows + draws.bad_rows,
            rows: samples.rows + draws.rows,
            start_energies: samples.start_energies + draws.start_energies,
            target_energies: samples.target_energies + draws.target_energies,
        })
    }
}
