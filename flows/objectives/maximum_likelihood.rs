//! Maximum likelihood: how well a flow explains samples.

use super::objective::{Batch, Loss, Needs, Objective, mean_over, split};
use crate::direction::Direction;
use crate::operation::Operations;
use candle_core::{Error, Result, Tensor};

/// J_ML = E_x[u_0(f^-1(x)) - ln|det df^-1/dx|] over samples x, with u_0 = -ln p of the prior or the reduced energy of the ensemble that a map starts
/// from: the mean of -ln q(x), up to a constant for a map. It covers every state that is in the samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaximumLikelihood;

impl Objective for MaximumLikelihood {
    fn name(&self) -> &'static str {
        "maximum_likelihood"
    }

    fn figure(&self) -> [&'static str; 2] {
        ["Maximum likelihood, on held-out samples", "mean of −ln q(x)"]
    }

    fn needs(&self) -> Needs {
        Needs { samples: true, ..Needs::default() }
    }

    fn loss(&self, operations: &Operations, parameters: &Tensor, batch: &Batch) -> Result<Loss> {
        let samples = batch.samples.as_ref().ok_or_else(|| Error::Msg("maximum likelihood without samples".into()))?;
        let loss = mean_over(samples, |rows| {
            let joined = parameters.apply_op2(rows, operations.operation(Direction::Inverse))?;
            let (z, log_ratio) = split(&joined, operations.dim())?;
            batch.start_energy.apply(&z)? - log_ratio
        })?;
        Ok(Loss { start_energies: loss.rows, ..loss })
    }
}
