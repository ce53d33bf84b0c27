//! What an objective is: one loss function of rows, used in training and on rows that are kept out of it.

use super::energy::EnergyOperation;
use crate::operation::Operations;
use candle_core::{Result, Tensor};
use std::fmt::Debug;

/// A loss that training makes small, as a function of the parameters and of a batch of rows.
///
/// The same function is called with training rows, where its gradient is asked for, and with held-out rows, where its value judges the weights.
///
/// ```
/// use mcflow_flows::{Architecture, Generator, Prior, RealNvp, Stage, Training, train};
/// use std::ops::ControlFlow;
///
/// // Maximum likelihood on samples of a normal law, whose energy it does not ask for.
/// let samples: Vec<f64> = (0..200).map(|k| (k as f64 * 0.7).sin() + (k as f64 * 1.9).cos()).collect();
/// let law = |_: &[f64], u: &mut [f64], gradient: &mut [f64]| {
///     u.fill(0.0);
///     gradient.fill(0.0);
/// };
/// let mut generator = Generator::new(&Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![4], ..RealNvp::default() }), Prior::Gaussian, 1, 1);
/// let stage = Stage { steps: 20, batch: 32, maximum_likelihood: 1.0, ..Stage::default() };
/// let training = Training { stages: vec![stage], ..Training::default() };
/// let report = train(&mut generator, &samples, &law, &training, 1, &mut |_| ControlFlow::Continue(())).unwrap();
/// assert!(report.losses[0].of("maximum_likelihood").is_some());
/// assert_eq!(report.stages[0].bad_rows, 0);
/// ```
pub(crate) trait Objective: Debug + Send + Sync {
    /// What it is called in inputs and reports.
    fn name(&self) -> &'static str;

    /// What a figure of it shows: its title, and the label of its values.
    fn figure(&self) -> [&'static str; 2];

    /// The rows and energies that it cannot do without.
    fn needs(&self) -> Needs;

    /// The loss of a batch, which holds what the objective needs.
    ///
    /// # Errors
    /// If a tensor operation fails.
    fn loss(&self, operations: &Operations, parameters: &Tensor, batch: &Batch) -> Result<Loss>;
}

/// The rows and energies that an objective cannot do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Samples of the law that the flow leads to.
    pub samples: bool,
    /// Rows where the flow starts: of the prior, or of the ensemble that a map starts from.
    pub starts: bool,
    /// Energies of the law that the flow leads to.
    pub target_energy: bool,
}

/// Rows for one evaluation of a loss, and the laws at both ends.
pub(crate) struct Batch<'a> {
    /// Samples `[n, dim]` of the law that the flow leads to.
    pub samples: Option<Tensor>,
    /// Rows `[n, dim]` where the flow starts.
    pub starts: Option<Tensor>,
    /// -ln p of the prior, or the reduced energy of the ensemble that a map starts from.
    pub start_energy: EnergyOperation<'a>,
    /// The reduced energy where the flow leads.
    pub target_energy: EnergyOperation<'a>,
}

/// A loss, and what it cost.
#[derive(Debug)]
pub(crate) struct Loss {
    /// The mean over rows, a scalar.
    pub value: Tensor,
    /// Rows without a finite loss; each costs [`PENALTY`] and has no gradient.
    pub bad_rows: usize,
    /// Rows in all.
    pub rows: usize,
    /// Energies computed where the flow starts.
    pub start_energies: usize,
    /// Energies computed where it leads.
    pub target_energies: usize,
}

/// The loss of a row that has none: one that an axis does not hold, or whose image or energy is not finite. In kT; far above those of good rows.
pub(crate) const PENALTY: f64 = 1000.0;

/// The mean of the loss of each of `rows` `[n, dim]`, bad ones at [`PENALTY`]. Energies are not counted here.
///
/// Where there are bad rows the good ones are evaluated once more alone, so that nothing that is not a number reaches the gradient. Where all are bad
/// the value is not finite.
pub(super) fn mean_over(rows: &Tensor, loss: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Loss> {
    let n = rows.dims2()?.0;
    let values = loss(rows)?;
    let finite: Vec<u32> = (0..).zip(values.to_vec1::<f64>()?).filter(|(_, value)| value.is_finite()).map(|(row, _)| row).collect();
    let bad_rows = n - finite.len();
    let value = if bad_rows == 0 || finite.is_empty() {
        values.mean(0)?
    } else {
        let good = finite.len();
        let rows = rows.index_select(&Tensor::from_vec(finite, good, rows.device())?, 0)?;
        loss(&rows)?.sum(0)?.affine(1.0 / n as f64, PENALTY * bad_rows as f64 / n as f64)?
    };
    Ok(Loss { value, bad_rows, rows: n, start_energies: 0, target_energies: 0 })
}

/// Rows that were mapped `[n, dim]`, and the logarithm `[n]` of what densities change by.
pub(super) fn split(joined: &Tensor, dim: usize) -> Result<(Tensor, Tensor)> {
    Ok((joined.narrow(1, 0, dim)?, joined.narrow(1, dim, 1)?.squeeze(1)?))
}
