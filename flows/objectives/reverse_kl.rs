//! The reverse Kullback-Leibler divergence: how well what a flow draws fits the energies.

use super::objective::{Batch, Loss, Needs, Objective, mean_over, split};
use crate::direction::Direction;
use crate::operation::Operations;
use candle_core::{Error, Result, Tensor};

/// J_KL = E_z[u(f(z)) - ln|det df/dz|] over rows z where the flow starts, with the reduced energy u where it leads. It needs no samples there, but
/// alone it drops states: what the flow never draws costs almost nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReverseKl;

impl Objective for ReverseKl {
    fn name(&self) -> &'static str {
        "reverse_kl"
    }

    fn figure(&self) -> [&'static str; 2] {
        ["Reverse Kullback-Leibler divergence, on fixed latents", "mean of u − ln|det| (+ constant)"]
    }

    fn needs(&self) -> Needs {
        Needs { starts: true, target_energy: true, ..Needs::default() }
    }

    fn loss(&self, operations: &Operations, parameters: &Tensor, batch: &Batch) -> Result<Loss> {
        let starts = batch.starts.as_ref().ok_or_else(|| Error::Msg("a reverse divergence without rows to start from".into()))?;
        let loss = mean_over(starts, |rows| {
            let joined = parameters.apply_op2(rows, operations.operation(Direction::Forward))?;
            let (x, log_ratio) = split(&joined, operations.dim())?;
            batch.target_energy.apply(&x)? - log_ratio
        })?;
        Ok(Loss { target_energies: loss.rows, ..loss })
    }
}
