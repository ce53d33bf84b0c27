//! The half update: some axes are transformed, with parameters that a conditioner makes of others.

use super::layer::Layer;
use crate::axes::Axis;
use crate::buffer::grow;
use crate::conditioners::{self, AnyConditioner, Conditioner, padded, row_stride};
use crate::direction::Direction;
use crate::tensor::NamedTensor;
use crate::transforms::{AnyTransform, Transform};
use mcflow_base::Lane;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A half update: the axes `changed` are transformed, each by parameters that the conditioner makes of the features of other axes.
#[derive(Clone, Debug)]
pub(crate) struct Coupling {
    pub given: Features,
    /// Axes that are transformed, by their places in a row.
    pub changed: Vec<usize>,
    pub conditioner: AnyConditioner,
    pub transform: AnyTransform,
}

/// What a conditioner sees of axes: numbers on a line as they are, then the cosine and the sine of each angle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    /// Axes on a line, by their places in a row.
    pub lines: Vec<usize>,
    /// Axes on a circle.
    pub circles: Vec<usize>,
}

impl Features {
    /// Those of the axes at these places.
    pub fn new(places: &[usize], axes: &[Axis]) -> Self {
        let (circles, lines) = places.iter().partition(|&&place| axes[place].is_circle());
        Self { lines, circles }
    }

    /// How many features a row has.
    pub fn len(&self) -> usize {
        self.lines.len() + 2 * self.circles.len()
    }

    #[inline(always)]
    fn read(&self, rows: &[f64], dim: usize, inputs: &mut [f64]) {
        let width = row_stride(self.len());
        if width == 0 {
            return;
        }
        for (row, input) in rows.chunks_exact(dim).zip(inputs.chunks_exact_mut(width)) {
            for (target, &i) in input.iter_mut().zip(&self.lines) {
                *target = row[i];
            }
            for (pair, &i) in input[self.lines.len()..].chunks_exact_mut(2).zip(&self.circles) {
                let (sin, cos) = row[i].sin_cos();
                pair.copy_from_slice(&[cos, sin]);
            }
            input[self.len()..].fill(0.0);
        }
    }

    /// Adds the cotangents of `features` to those of rows; `angles` are the cosines and sines of each row, one after the other.
    #[inline(always)]
    fn add_cotangents(&self, features: &[f64], angles: &[f64], rows: &mut [f64], dim: usize) {
        let width = row_stride(self.len());
        if width == 0 {
            return;
        }
        for (row, input) in rows.chunks_exact_mut(dim).zip(features.chunks_exact(width)) {
            for (g, &i) in input.iter().zip(&self.lines) {
                row[i] += g;
            }
        }
        let (m, start) = (self.circles.len(), self.lines.len());
        if m > 0 {
            for ((row, input), angles) in rows.chunks_exact_mut(dim).zip(features.chunks_exact(width)).zip(angles.chunks_exact(2 * m)) {
                let pairs = input[start..start + 2 * m].chunks_exact(2).zip(angles.chunks_exact(2));
                for ((g, at), &i) in pairs.zip(&self.circles) {
                    row[i] += g[1] * at[0] - g[0] * at[1];
                }
            }
        }
    }
}

/// What a half update keeps of a chunk of rows.
#[derive(Debug, Default)]
pub(crate) struct CouplingTape {
    conditioner: conditioners::Tape,
    planes: Vec<f64>,
    values: Vec<f64>,
    source: Vec<f64>,
    log_det: Vec<f64>,
    /// Cosines and sines that the conditioner was given.
    angles: Vec<f64>,
}

impl Coupling {
    fn stride(&self, n: usize) -> usize {
        padded(n * self.changed.len())
    }

    /// Makes room for `n` rows.
    fn reserve(&self, n: usize, gradients: bool, tape: &mut CouplingTape) {
        self.conditioner.reserve(n, gradients, &mut tape.conditioner);
        let stride = self.stride(n);
        grow(&mut tape.planes, stride * self.transform.n_raw());
        grow(&mut tape.values, stride);
        grow(&mut tape.source, stride);
        grow(&mut tape.log_det, stride);
    }

    /// Outputs of the conditioner `[n, n_raw * m]` to planes `[n_raw, n * m]`; what pads a plane is made zero.
    #[inline(always)]
    fn to_planes(&self, n: usize, stride: usize, tape: &mut CouplingTape) {
        let m = self.changed.len();
        let out_stride = row_stride(m * self.transform.n_raw());
        let outputs = self.conditioner.outputs(n, &mut tape.conditioner);
        for k in 0..self.transform.n_raw() {
            let plane = &mut tape.planes[k * stride..(k + 1) * stride];
            for (target, output) in plane.chunks_exact_mut(m).zip(outputs.chunks_exact(out_stride)) {
                target.copy_from_slice(&output[k * m..(k + 1) * m]);
            }
            plane[n * m..].fill(0.0);
        }
        tape.values[n * m..stride].fill(0.0);
    }

    /// Keeps the cosines and sines of the features.
    #[inline(always)]
    fn keep_angles(&self, n: usize, tape: &mut CouplingTape) {
        let (m, start) = (self.given.circles.len(), self.given.lines.len());
        tape.angles.clear();
        if m > 0 {
            let inputs = self.conditioner.inputs(n, &mut tape.conditioner);
            for input in inputs.chunks_exact(row_stride(self.given.len())) {
                tape.angles.extend_from_slice(&input[start..start + 2 * m]);
            }
        }
    }
}

impl Layer for Coupling {
    type Packed = conditioners::Packed;
    type Tape = CouplingTape;

    fn name(&self) -> &'static str {
        "coupling"
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        self.conditioner.tensors()
    }

    fn initialise(&self, rng: &mut Xoshiro256PlusPlus, parameters: &mut [f64]) {
        self.conditioner.initialise(rng, parameters);
    }

    fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut conditioners::Packed) {
        self.conditioner.pack(parameters, gradients, packed);
    }

    #[inline(always)]
    fn apply<L: Lane, const RECORD: bool>(
        &self,
        direction: Direction,
        packed: &conditioners::Packed,
        rows: &mut [f64],
        dim: usize,
        log_det: &mut [f64],
        tape: &mut CouplingTape,
    ) {
        let n = log_det.len();
        self.reserve(n, RECORD, tape);
        self.given.read(rows, dim, self.conditioner.inputs(n, &mut tape.conditioner));
        if RECORD {
            self.keep_angles(n, tape);
        }
        self.conditioner.forward::<L, RECORD>(packed, n, &mut tape.conditioner);
        let stride = self.stride(n);
        let m = self.changed.len();
        self.to_planes(n, stride, tape);
        for (row, values) in rows.chunks_exact(dim).zip(tape.values.chunks_exact_mut(m)) {
            for (target, &j) in values.iter_mut().zip(&self.changed) {
                *target = row[j];
            }
        }
        let CouplingTape { planes, values, source, log_det: items, .. } = tape;
        self.transform.apply::<L>(direction, planes, stride, values, source, items);
        for (r, row) in rows.chunks_exact_mut(dim).enumerate() {
            let mut sum = 0.0;
            for (k, &j) in self.changed.iter().enumerate() {
                row[j] = values[r * m + k];
                sum += items[r * m + k];
            }
            log_det[r] += sum;
        }
    }

    #[inline(always)]
    fn vjp<L: Lane>(
        &self,
        direction: Direction,
        packed: &conditioners::Packed,
        rows: &mut [f64],
        dim: usize,
        log_det: &[f64],
        tape: &mut CouplingTape,
        gradient: &mut [f64],
    ) {
        let (n, m) = (log_det.len(), self.changed.len());
        let stride = self.stride(n);
        for (r, row) in rows.chunks_exact(dim).enumerate() {
            for (k, &j) in self.changed.iter().enumerate() {
                tape.values[r * m + k] = row[j];
                tape.log_det[r * m + k] = log_det[r];
            }
        }
        tape.values[n * m..stride].fill(0.0);
        tape.log_det[n * m..stride].fill(0.0);
        let CouplingTape { planes, values, source, log_det: items, conditioner, angles } = tape;
        self.transform.vjp::<L>(direction, planes, stride, source, values, items);
        let n_raw = self.transform.n_raw();
        let out_stride = row_stride(m * n_raw);
        for (r, output) in self.conditioner.outputs(n, conditioner).chunks_exact_mut(out_stride).enumerate() {
            for k in 0..n_raw {
                output[k * m..(k + 1) * m].copy_from_slice(&planes[k * stride + r * m..k * stride + (r + 1) * m]);
            }
            output[m * n_raw..].fill(0.0);
        }
        for (r, row) in rows.chunks_exact_mut(dim).enumerate() {
            for (k, &j) in self.changed.iter().enumerate() {
                row[j] = values[r * m + k];
            }
        }
        let features = self.conditioner.vjp::<L>(packed, n, conditioner, gradient);
        self.given.add_cotangents(features, angles, rows, dim);
    }
}
