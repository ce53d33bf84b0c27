//! A half update: some coordinates are transformed, with parameters that a network makes of the others.

use crate::affine;
use crate::flow::Direction;
use crate::matrix::{padded, row_stride};
use crate::network::{Network, NetworkTape, PackedNetwork, grow};
use crate::spline::Spline;
use mcflow_base::Lane;

/// The transform of one coordinate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transform {
    /// y = x e^s + t, |s| below the bound.
    Affine { bound: f64 },
    /// A monotonic spline.
    Spline(Spline),
}

impl Transform {
    /// Raw parameters of one coordinate.
    pub fn n_raw(&self) -> usize {
        match self {
            Self::Affine { .. } => 2,
            Self::Spline(spline) => spline.n_raw(),
        }
    }
}

/// One half update.
#[derive(Clone, Debug)]
pub(crate) struct Coupling {
    /// Coordinates that the network reads.
    pub given: Vec<usize>,
    /// Coordinates that are transformed.
    pub changed: Vec<usize>,
    pub network: Network,
    pub transform: Transform,
}

/// What a half update remembers of a chunk of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct CouplingTape {
    pub network: NetworkTape,
    planes: Vec<f64>,
    values: Vec<f64>,
    source: Vec<f64>,
    log_det: Vec<f64>,
}

impl Coupling {
    fn stride(&self, n: usize) -> usize {
        padded(n * self.changed.len())
    }

    /// Makes room for `n` rows.
    pub fn reserve(&self, n: usize, gradients: bool, tape: &mut CouplingTape) {
        self.network.reserve(n, gradients, &mut tape.network);
        let stride = self.stride(n);
        grow(&mut tape.planes, stride * self.transform.n_raw());
        grow(&mut tape.values, stride);
        grow(&mut tape.source, stride);
        grow(&mut tape.log_det, stride);
    }

    /// Transforms `rows` `[n, dim]` in place and adds the log-determinants.
    #[inline(always)]
    pub fn apply<L: Lane, const RECORD: bool>(
        &self,
        direction: Direction,
        packed: &PackedNetwork,
        rows: &mut [f64],
        dim: usize,
        log_det: &mut [f64],
        tape: &mut CouplingTape,
    ) {
        let n = log_det.len();
        let width = row_stride(self.given.len());
        if width > 0 {
            for (row, input) in rows.chunks_exact(dim).zip(tape.network.inputs[0].chunks_exact_mut(width)) {
                for (target, &i) in input.iter_mut().zip(&self.given) {
                    *target = row[i];
                }
                input[self.given.len()..].fill(0.0);
            }
        }
        self.network.forward::<L, RECORD>(packed, n, &mut tape.network);
        let stride = self.stride(n);
        let m = self.changed.len();
        self.to_planes(n, stride, tape);
        for (row, values) in rows.chunks_exact(dim).zip(tape.values.chunks_exact_mut(m)) {
            for (target, &j) in values.iter_mut().zip(&self.changed) {
                *target = row[j];
            }
        }
        let CouplingTape { planes, values, source, log_det: items, .. } = tape;
        match &self.transform {
            Transform::Affine { bound } => affine::apply::<L>(*bound, direction, planes, stride, values, source, items),
            Transform::Spline(spline) => spline.apply::<L>(direction, planes, stride, values, source, items),
        }
        for (r, row) in rows.chunks_exact_mut(dim).enumerate() {
            let mut sum = 0.0;
            for (k, &j) in self.changed.iter().enumerate() {
                row[j] = values[r * m + k];
                sum += items[r * m + k];
            }
            log_det[r] += sum;
        }
    }

    /// Network outputs `[n, n_raw * m]` to planes `[n_raw, n * m]`; what pads a plane is made zero.
    #[inline(always)]
    fn to_planes(&self, n: usize, stride: usize, tape: &mut CouplingTape) {
        let m = self.changed.len();
        let out_stride = row_stride(m * self.transform.n_raw());
        for k in 0..self.transform.n_raw() {
            let plane = &mut tape.planes[k * stride..(k + 1) * stride];
            for (target, output) in plane.chunks_exact_mut(m).zip(tape.network.output[..n * out_stride].chunks_exact(out_stride)) {
                target.copy_from_slice(&output[k * m..(k + 1) * m]);
            }
            plane[n * m..].fill(0.0);
        }
        tape.values[n * m..stride].fill(0.0);
    }

    /// Turns the cotangents `rows` `[n, dim]` of the outputs into those of the inputs, writing its part of `gradient` (the
    /// flat parameters).
    #[inline(always)]
    pub fn vjp<L: Lane>(
        &self,
        direction: Direction,
        packed: &PackedNetwork,
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
        let CouplingTape { planes, values, source, log_det: items, network } = tape;
        match &self.transform {
            Transform::Affine { bound } => affine::vjp::<L>(*bound, direction, planes, stride, source, values, items),
            Transform::Spline(spline) => spline.vjp::<L>(direction, planes, stride, source, values, items),
        }
        let n_raw = self.transform.n_raw();
        let out_stride = row_stride(m * n_raw);
        for (r, output) in network.output[..n * out_stride].chunks_exact_mut(out_stride).enumerate() {
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
        let inputs = self.network.vjp::<L>(packed, n, network, gradient);
        let width = row_stride(self.given.len());
        if width > 0 {
            for (row, input) in rows.chunks_exact_mut(dim).zip(inputs.chunks_exact(width)) {
                for (g, &i) in input.iter().zip(&self.given) {
                    row[i] += g;
                }
            }
        }
    }
}
