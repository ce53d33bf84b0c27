//! A fully connected network: its shape, its packed weights, and its kernels on a chunk of rows.

use super::activation::{Activation, activate};
use super::conditioner::Conditioner;
use super::matrix::{PANEL, Panel, Product, column_sums, multiply, outer, pack, pack_transposed, padded, row_stride};
use crate::buffer::grow;
use crate::tensor::NamedTensor;
use mcflow_base::Lane;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A fully connected network: h' = a(h W + b) layer by layer, the last one without the activation a.
///
/// Its parameters are, layer by layer, W `[n_in, n_out]` row-major and then b `[n_out]`.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    /// Inputs, hidden widths, outputs.
    pub widths: Vec<usize>,
    pub activation: Activation,
}

/// Weights of a network in the order in which the kernels read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackedDense {
    panels: Vec<Vec<Panel>>,
    biases: Vec<Vec<Panel>>,
    transposed: Vec<Vec<Panel>>,
}

/// What a network remembers of a chunk of rows: matrices, row-major with padded rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct DenseTape {
    /// Input of each layer; the first is written by the coupling.
    pub inputs: Vec<Vec<f64>>,
    /// Derivative of the activation that made each input (empty for the first).
    slopes: Vec<Vec<f64>>,
    /// Output, and afterwards its cotangent.
    pub output: Vec<f64>,
    cotangents: [Vec<f64>; 2],
}

impl Dense {
    /// A network of `n_in` inputs; without inputs its outputs are parameters themselves and there are no hidden layers.
    pub fn new(n_in: usize, hidden: &[usize], n_out: usize, activation: Activation) -> Self {
        let mut widths = vec![n_in];
        if n_in > 0 {
            widths.extend(hidden);
        }
        widths.push(n_out);
        Self { widths, activation }
    }

    pub fn n_layers(&self) -> usize {
        self.widths.len() - 1
    }

    /// Range of W and of b of layer `l` among the parameters.
    pub fn ranges(&self, l: usize) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let start = self.widths[..=l].windows(2).map(|w| (w[0] + 1) * w[1]).sum::<usize>();
        let middle = start + self.widths[l] * self.widths[l + 1];
        (start..middle, middle..middle + self.widths[l + 1])
    }
}

impl Conditioner for Dense {
    type Packed = PackedDense;
    type Tape = DenseTape;

    fn tensors(&self) -> Vec<NamedTensor> {
        let layers = self.widths.windows(2).enumerate();
        let of = |(l, w): (usize, &[usize])| {
            [NamedTensor::trained(format!("{l:02}.weight"), w), NamedTensor::trained(format!("{l:02}.bias"), &w[1..])]
        };
        layers.flat_map(of).collect()
    }

    /// Hidden weights uniform with variance 1 / n_in, the last layer zero.
    fn initialise(&self, rng: &mut Xoshiro256PlusPlus, parameters: &mut [f64]) {
        for l in 0..self.n_layers() - 1 {
            let (weights, biases) = self.ranges(l);
            let scale = 1.0 / (self.widths[l] as f64).sqrt();
            for w in &mut parameters[weights] {
                *w = 3f64.sqrt() * scale * (2.0 * rng.random::<f64>() - 1.0);
            }
            for b in &mut parameters[biases] {
                *b = scale * (2.0 * rng.random::<f64>() - 1.0);
            }
        }
        let (weights, biases) = self.ranges(self.n_layers() - 1);
        parameters[weights.start..biases.end].fill(0.0);
    }

    fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut PackedDense) {
        let n = self.n_layers();
        packed.panels.resize(n, Vec::new());
        packed.biases.resize(n, Vec::new());
        packed.transposed.resize(n, Vec::new());
        for l in 0..n {
            let (weights, biases) = self.ranges(l);
            let (n_in, n_out) = (self.widths[l], self.widths[l + 1]);
            pack(&parameters[weights.clone()], n_in, n_out, &mut packed.panels[l]);
            pack(&parameters[biases], 1, n_out, &mut packed.biases[l]);
            if gradients {
                pack_transposed(&parameters[weights], n_in, n_out, &mut packed.transposed[l]);
            }
        }
    }

    fn reserve(&self, n: usize, gradients: bool, tape: &mut DenseTape) {
        let layers = self.n_layers();
        tape.inputs.resize(layers.max(tape.inputs.len()), Vec::new());
        tape.slopes.resize(layers.max(tape.slopes.len()), Vec::new());
        for l in 0..layers {
            grow(&mut tape.inputs[l], n * row_stride(self.widths[l]));
            if l > 0 && gradients {
                grow(&mut tape.slopes[l], n * row_stride(self.widths[l]));
            }
        }
        grow(&mut tape.output, n * row_stride(self.widths[layers]));
        if gradients {
            let widest = self.widths.iter().map(|&w| row_stride(w)).max().unwrap_or(PANEL);
            tape.cotangents.iter_mut().for_each(|c| grow(c, n * widest));
        }
    }

    #[inline(always)]
    fn inputs<'t>(&self, n: usize, tape: &'t mut DenseTape) -> &'t mut [f64] {
        &mut tape.inputs[0][..n * row_stride(self.widths[0])]
    }

    #[inline(always)]
    fn outputs<'t>(&self, n: usize, tape: &'t mut DenseTape) -> &'t mut [f64] {
        &mut tape.output[..n * row_stride(self.widths[self.n_layers()])]
    }

    #[inline(always)]
    fn forward<L: Lane, const RECORD: bool>(&self, packed: &PackedDense, n: usize, tape: &mut DenseTape) {
        let last = self.n_layers() - 1;
        for l in 0..=last {
            let (stride, out_stride) = (row_stride(self.widths[l]), row_stride(self.widths[l + 1]));
            let (before, after) = tape.inputs.split_at_mut(l + 1);
            let product = Product {
                x: &before[l],
                stride,
                n_in: self.widths[l],
                panels: &packed.panels[l],
                bias: &packed.biases[l],
                n_out: self.widths[l + 1],
                out_stride,
            };
            if l == last {
                multiply::<L>(product, n, &mut tape.output);
            } else {
                multiply::<L>(product, n, &mut after[0]);
                let slopes: &mut [f64] = if RECORD { &mut tape.slopes[l + 1] } else { &mut [] };
                let (n_out, values) = (padded(self.widths[l + 1]), &mut after[0][..n * out_stride]);
                activate::<L, RECORD>(self.activation, values, slopes, out_stride, n_out);
            }
        }
    }

    #[inline(always)]
    fn vjp<'t, L: Lane>(&self, packed: &PackedDense, n: usize, tape: &'t mut DenseTape, gradient: &mut [f64]) -> &'t [f64] {
        let DenseTape { inputs, slopes, output, cotangents } = tape;
        let [current, next] = cotangents;
        let last = self.n_layers() - 1;
        for l in (0..=last).rev() {
            let (n_in, n_out) = (self.widths[l], self.widths[l + 1]);
            let (stride, out_stride) = (row_stride(n_in), row_stride(n_out));
            let g: &[f64] = if l == last { &output[..n * out_stride] } else { &current[..n * out_stride] };
            let (weights, biases) = self.ranges(l);
            column_sums::<L>(g, out_stride, n_out, &mut gradient[biases]);
            if n_in == 0 {
                return &[];
            }
            outer::<L>(&inputs[l][..n * stride], stride, n_in, g, out_stride, n_out, &mut gradient[weights]);
            let panels = &packed.transposed[l];
            let product = Product { x: g, stride: out_stride, n_in: n_out, panels, bias: &[], n_out: n_in, out_stride: stride };
            multiply::<L>(product, n, next);
            if l > 0 {
                scale::<L>(&mut next[..n * stride], &slopes[l], stride, padded(n_in));
            }
            std::mem::swap(current, next);
        }
        current
    }
}

#[inline(always)]
fn scale<L: Lane>(values: &mut [f64], factors: &[f64], stride: usize, width: usize) {
    for (values, factors) in values.chunks_exact_mut(stride).zip(factors.chunks_exact(stride)) {
        for (v, f) in values[..width].chunks_exact_mut(L::WIDTH).zip(factors[..width].chunks_exact(L::WIDTH)) {
            (L::load(v) * L::load(f)).store(v);
        }
    }
}
