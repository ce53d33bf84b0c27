//! The flow as a candle operation with its own backward pass.

use crate::buffer::Pool;
use crate::direction::Direction;
use crate::flow::{Flow, Packed, Tape};
use candle_core::{CpuStorage, CustomOp2, Error, Layout, Result, Shape, Storage, Tensor};
use std::sync::{Arc, Mutex, PoisonError};

/// The flow in one direction, as an operation of two tensors: parameters `[n_parameters]` and rows `[batch, dim]`, both f64 on the
/// CPU. It gives `[batch, dim + 1]`: the transformed rows, and in the last column the logarithm of what densities change by, ln|det| of the map.
///
/// The forward pass keeps a tape, which the backward pass uses up; without it (a second backward pass) it is made again.
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// use mcflow_flows::{Architecture, Direction, Generator, Prior, RealNvp};
///
/// # fn main() -> candle_core::Result<()> {
/// let generator = Generator::new(&Architecture::RealNvp(RealNvp::default()), Prior::Gaussian, 2, 1);
/// let parameters = Var::from_slice(generator.parameters(), generator.n_parameters(), &Device::Cpu)?;
/// let rows = Tensor::from_slice(&[0.5, -1.0], (1, 2), &Device::Cpu)?;
/// let joined = parameters.apply_op2(&rows, generator.operation(Direction::Forward))?;
/// assert_eq!(joined.to_vec2::<f64>()?, [[0.5, -1.0, 0.0]]);
/// let gradients = joined.sum_all()?.backward()?;
/// assert!(gradients.get(&parameters).is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FlowOperation {
    shared: Arc<Shared>,
    direction: Direction,
    /// Whether the forward pass keeps a tape.
    keeps: bool,
    tape: Mutex<Option<Record>>,
}

/// What all operations on one flow share.
#[derive(Debug)]
struct Shared {
    flow: Flow,
    tapes: Pool<Tape>,
    packed: Pool<Packed>,
    gradients: Pool<Vec<f64>>,
}

#[derive(Debug)]
struct Record {
    packed: Packed,
    tapes: Vec<Tape>,
}

/// Makes operations on one flow; they share their scratch.
#[derive(Clone, Debug)]
pub(crate) struct Operations {
    shared: Arc<Shared>,
    keeps: bool,
}

impl Operations {
    pub fn new(flow: Flow) -> Self {
        let (tapes, packed, gradients) = (Pool::default(), Pool::default(), Pool::default());
        Self { shared: Arc::new(Shared { flow, tapes, packed, gradients }), keeps: true }
    }

    /// The same for values alone: operations keep no tape, so that a backward pass would first have to make one.
    pub fn without_tape(&self) -> Self {
        Self { shared: self.shared.clone(), keeps: false }
    }

    pub fn dim(&self) -> usize {
        self.shared.flow.dim
    }

    pub fn operation(&self, direction: Direction) -> FlowOperation {
        FlowOperation { shared: self.shared.clone(), direction, keeps: self.keeps, tape: Mutex::new(None) }
    }
}

impl FlowOperation {
    fn record(&self, parameters: &[f64], rows: &mut [f64], log_det: &mut [f64]) -> Record {
        let Shared { flow, tapes, packed: spare, .. } = &*self.shared;
        let mut packed = spare.take();
        flow.pack(parameters, true, &mut packed);
        let tapes = flow.record(&packed, self.direction, rows, log_det, tapes);
        Record { packed, tapes }
    }

    fn transform(&self, parameters: &[f64], rows: &mut [f64], log_det: &mut [f64]) {
        let Shared { flow, tapes, packed: spare, .. } = &*self.shared;
        let mut packed = spare.take();
        flow.pack(parameters, false, &mut packed);
        flow.apply(&packed, self.direction, rows, log_det, tapes);
        spare.give(packed);
    }

    fn keep(&self, record: Option<Record>) -> Option<Record> {
        std::mem::replace(&mut *self.tape.lock().unwrap_or_else(PoisonError::into_inner), record)
    }

    fn give_back(&self, record: Record) {
        record.tapes.into_iter().for_each(|tape| self.shared.tapes.give(tape));
        self.shared.packed.give(record.packed);
    }
}

impl Drop for FlowOperation {
    fn drop(&mut self) {
        if let Some(record) = self.keep(None) {
            self.give_back(record);
        }
    }
}

/// The numbers of a contiguous f64 storage.
pub(crate) fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f64]> {
    let (start, end) = layout.contiguous_offsets().ok_or(Error::RequiresContiguous { op: "flow" }.bt())?;
    Ok(&storage.as_slice::<f64>()?[start..end])
}

/// Calls `f` with the numbers of a contiguous f64 tensor on the CPU, without a copy.
pub(crate) fn with_numbers<T>(tensor: &Tensor, f: impl FnOnce(&[f64]) -> T) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(f(numbers(storage, layout)?)),
        _ => Err(Error::Msg("flows are computed on the CPU".into())),
    }
}

/// Splits `[n, dim + 1]` into `[n, dim]` and the last column.
fn split(joined: &[f64], dim: usize) -> (Vec<f64>, Vec<f64>) {
    let rows = joined.chunks_exact(dim + 1).flat_map(|row| &row[..dim]).copied().collect();
    (rows, joined.chunks_exact(dim + 1).map(|row| row[dim]).collect())
}

impl CustomOp2 for FlowOperation {
    fn name(&self) -> &'static str {
        "flow"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let dim = self.shared.flow.dim;
        let (n, width) = l2.shape().dims2()?;
        let (parameters, rows) = (numbers(s1, l1)?, numbers(s2, l2)?);
        if width != dim || parameters.len() != self.shared.flow.n_parameters {
            let expected = format!("rows of {dim} and {} parameters", self.shared.flow.n_parameters);
            return Err(Error::Msg(format!("flow: found rows of {width} and {} parameters, expected {expected}", parameters.len())));
        }
        let (mut out, mut log_det) = (rows.to_vec(), vec![0.0; n]);
        let record = if self.keeps {
            Some(self.record(parameters, &mut out, &mut log_det))
        } else {
            self.transform(parameters, &mut out, &mut log_det);
            None
        };
        if let Some(unused) = self.keep(record) {
            self.give_back(unused);
        }
        let mut joined = Vec::with_capacity(n * (dim + 1));
        for (row, l) in out.chunks_exact(dim).zip(&log_det) {
            joined.extend_from_slice(row);
            joined.push(*l);
        }
        Ok((CpuStorage::F64(joined), Shape::from((n, dim + 1))))
    }

    fn bwd(&self, parameters: &Tensor, rows: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Shared { flow, gradients, .. } = &*self.shared;
        let (mut cotangents, log_det) = with_numbers(&gradient.contiguous()?, |g| split(g, flow.dim))?;
        let mut record = match self.keep(None) {
            Some(record) => record,
            None => {
                let mut values = with_numbers(&rows.contiguous()?, <[f64]>::to_vec)?;
                with_numbers(parameters, |p| self.record(p, &mut values, &mut vec![0.0; log_det.len()]))?
            }
        };
        let total = flow.vjp(&record.packed, self.direction, &mut cotangents, &log_det, &mut record.tapes, gradients);
        self.give_back(record);
        let parameter_gradient = Tensor::from_vec(total, flow.n_parameters, gradient.device())?;
        let row_gradient = Tensor::from_vec(cotangents, rows.shape(), gradient.device())?;
        Ok((Some(parameter_gradient), Some(row_gradient)))
    }
}
