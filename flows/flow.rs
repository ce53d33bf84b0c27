//! A flow: a list of layers, on chunks of rows, batches over threads.

use crate::architecture::Architecture;
use crate::axes::{Axis, problems as axis_problems};
use crate::buffer::Pool;
use crate::direction::Direction;
use crate::layers::{AnyLayer, Covariance, Layer, Packed as PackedLayer, Ranges, Setting, Standardise, Tape as LayerTape};
use crate::prior::Prior;
use mcflow_base::{Kernel, Lane, Problem, dispatch};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Rows that one thread takes at a time. Fixed, because it sets the order of gradient sums.
pub(crate) const CHUNK: usize = 64;
/// Chunks whose gradients are kept apart before they are added in order: bounds the memory of a batch, whatever its size.
const WAVE: usize = 16;

/// All that the list of layers follows from; the numbers in the layers come from data and training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// What the user asked for.
    pub architecture: Architecture,
    /// The law of latent rows; of no meaning for a map between ensembles.
    pub prior: Prior,
    /// The range of each number of a row of data.
    pub axes: Vec<Axis>,
    /// Places that no coupling changes.
    pub fixed: Vec<usize>,
    /// Whether the flow starts from data too.
    pub between_ensembles: bool,
    /// Whether there is a layer of covariances.
    pub covariance: bool,
}

/// A layer in its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub layer: AnyLayer,
    /// Applied the other way: forward where the flow goes back.
    pub reversed: bool,
    /// Its parameters among all.
    pub parameters: Range<usize>,
}

/// The layers of a flow, from the latent end to that of the data: everything but its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub dim: usize,
    pub layers: Vec<Placed>,
    pub n_parameters: usize,
}

/// The parameters of every layer in the order in which the kernels read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed(Vec<PackedLayer>);

/// Scratch of one chunk: what the layers remember, and a copy of rows.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    layers: Vec<LayerTape>,
    pub rows: Vec<f64>,
    pub log_det: Vec<f64>,
}

impl Shape {
    /// The rows that the parts of the architecture work on.
    pub fn setting(&self) -> Setting<'_> {
        Setting { axes: &self.axes, fixed: &self.fixed, prior: self.prior }
    }
}

/// What is wrong with layers of this architecture for such rows; keys are those of the architecture, `axes[k]` and `fixed[k]`.
pub(crate) fn problems_of(architecture: &Architecture, setting: &Setting) -> Vec<Problem> {
    let mut problems = architecture.problems_on(setting);
    problems.extend(axis_problems(setting.axes, setting.fixed));
    problems
}

impl Flow {
    pub fn new(shape: &Shape) -> Self {
        let (axes, dim) = (&shape.axes, shape.axes.len());
        let mut list: Vec<(AnyLayer, bool)> = Vec::new();
        let ranges = Ranges::new(axes, shape.prior);
        if shape.between_ensembles {
            list.extend(ranges.clone().map(|layer| (layer.into(), true)));
            list.push((Standardise::new(axes).into(), true));
        }
        list.extend(shape.architecture.layers(&shape.setting()).into_iter().map(|layer| (layer, false)));
        if shape.covariance {
            list.push((Covariance::unit(dim).into(), false));
        }
        list.push((Standardise::new(axes).into(), false));
        list.extend(ranges.map(|layer| (layer.into(), false)));
        let (mut layers, mut n_parameters) = (Vec::with_capacity(list.len()), 0);
        for (layer, reversed) in list {
            let parameters = n_parameters..n_parameters + layer.n_parameters();
            n_parameters = parameters.end;
            layers.push(Placed { layer, reversed, parameters });
        }
        Self { dim, layers, n_parameters }
    }

    /// The layer of centre and scale where the flow leads, or where it starts.
    pub fn standardise(&self, at_start: bool) -> Option<&Standardise> {
        self.layers.iter().find_map(|placed| match &placed.layer {
            AnyLayer::Standardise(layer) if placed.reversed == at_start => Some(layer),
            _ => None,
        })
    }

    /// The same, to be set.
    pub fn standardise_mut(&mut self, at_start: bool) -> Option<&mut Standardise> {
        self.layers.iter_mut().find_map(|placed| match &mut placed.layer {
            AnyLayer::Standardise(layer) if placed.reversed == at_start => Some(layer),
            _ => None,
        })
    }

    /// The layer of covariances, to be set.
    pub fn covariance_mut(&mut self) -> Option<&mut Covariance> {
        self.layers.iter_mut().find_map(|placed| if let AnyLayer::Covariance(layer) = &mut placed.layer { Some(layer) } else { None })
    }

    /// Draws the first parameters.
    pub fn initialise(&self, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut parameters = vec![0.0; self.n_parameters];
        for placed in &self.layers {
            placed.layer.initialise(rng, &mut parameters[placed.parameters.clone()]);
        }
        parameters
    }

    pub fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut Packed) {
        packed.0.resize_with(self.layers.len(), PackedLayer::default);
        for (placed, packed) in self.layers.iter().zip(&mut packed.0) {
            placed.layer.pack(&parameters[placed.parameters.clone()], gradients, packed);
        }
    }

    /// The part of the log-determinant that all rows share, summed from the two ends inwards, the last layer first.
    fn constant(&self) -> f64 {
        let n = self.layers.len();
        let of = |k: usize| {
            let Placed { layer, reversed, .. } = &self.layers[k];
            if *reversed { -layer.log_det() } else { layer.log_det() }
        };
        (0..n).map(|step| if step % 2 == 0 { n - 1 - step / 2 } else { step / 2 }).map(of).sum()
    }

    /// Transforms `rows` in place and writes the log-determinants, chunk by chunk over threads.
    pub fn apply(&self, packed: &Packed, direction: Direction, rows: &mut [f64], log_det: &mut [f64], pool: &Pool<Tape>) {
        let work = |(rows, log_det): (&mut [f64], &mut [f64])| {
            let mut tape = pool.take();
            self.apply_chunk::<false>(packed, direction, rows, log_det, &mut tape);
            pool.give(tape);
        };
        if log_det.len() <= CHUNK {
            if !log_det.is_empty() {
                work((rows, log_det));
            }
        } else {
            rows.par_chunks_mut(CHUNK * self.dim).zip(log_det.par_chunks_mut(CHUNK)).for_each(work);
        }
    }

    /// The same, keeping a tape for each chunk.
    pub fn record(&self, packed: &Packed, direction: Direction, rows: &mut [f64], log_det: &mut [f64], pool: &Pool<Tape>) -> Vec<Tape> {
        rows.par_chunks_mut(CHUNK * self.dim)
            .zip(log_det.par_chunks_mut(CHUNK))
            .map(|(rows, log_det)| {
                let mut tape = pool.take();
                self.apply_chunk::<true>(packed, direction, rows, log_det, &mut tape);
                tape
            })
            .collect()
    }

    fn apply_chunk<const RECORD: bool>(
        &self,
        packed: &Packed,
        direction: Direction,
        rows: &mut [f64],
        log_det: &mut [f64],
        tape: &mut Tape,
    ) {
        // Where nothing is kept, layers of one kind share their scratch.
        let n_tapes = if RECORD { self.layers.len() } else { 1 };
        if tape.layers.len() < n_tapes {
            tape.layers.resize_with(n_tapes, LayerTape::default);
        }
        log_det.fill(0.0);
        dispatch(Apply::<RECORD> { flow: self, packed, direction, rows, log_det, tape: &mut tape.layers });
    }

    /// Turns the cotangents `rows` `[n, dim]` of the outputs into those of the inputs and returns the gradient of the parameters.
    /// Gradients of chunks are added in the order of the rows.
    pub fn vjp(
        &self,
        packed: &Packed,
        direction: Direction,
        rows: &mut [f64],
        log_det: &[f64],
        tapes: &mut [Tape],
        buffers: &Pool<Vec<f64>>,
    ) -> Vec<f64> {
        let mut total: Vec<f64> = Vec::new();
        let waves = rows.chunks_mut(WAVE * CHUNK * self.dim).zip(log_det.chunks(WAVE * CHUNK)).zip(tapes.chunks_mut(WAVE));
        for ((rows, log_det), tapes) in waves {
            let mut parts: Vec<Vec<f64>> = rows
                .par_chunks_mut(CHUNK * self.dim)
                .zip(log_det.par_chunks(CHUNK))
                .zip(tapes)
                .map(|((rows, log_det), tape)| {
                    let mut gradient = buffers.take();
                    // Each element is written once.
                    gradient.resize(self.n_parameters, 0.0);
                    dispatch(Vjp { flow: self, packed, direction, rows, log_det, tape: &mut tape.layers, gradient: &mut gradient });
                    gradient
                })
                .collect();
            if total.is_empty() {
                total = parts.remove(0);
            }
            total.par_chunks_mut(1 << 14).enumerate().for_each(|(i, target)| {
                for part in &parts {
                    for (t, p) in target.iter_mut().zip(&part[i << 14..]) {
                        *t += p;
                    }
                }
            });
            parts.into_iter().for_each(|part| buffers.give(part));
        }
        if total.is_empty() { vec![0.0; self.n_parameters] } else { total }
    }
}

struct Apply<'a, const RECORD: bool> {
    flow: &'a Flow,
    packed: &'a Packed,
    direction: Direction,
    rows: &'a mut [f64],
    log_det: &'a mut [f64],
    tape: &'a mut [LayerTape],
}

impl<const RECORD: bool> Kernel for Apply<'_, RECORD> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { flow, packed, direction, rows, log_det, tape } = self;
        let n = flow.layers.len();
        for step in 0..n {
            let k = if direction == Direction::Forward { step } else { n - 1 - step };
            let Placed { layer, reversed, .. } = &flow.layers[k];
            let way = if *reversed { direction.reversed() } else { direction };
            layer.apply::<L, RECORD>(way, &packed.0[k], rows, flow.dim, log_det, &mut tape[if RECORD { k } else { 0 }]);
        }
        let constant = if direction == Direction::Forward { flow.constant() } else { -flow.constant() };
        log_det.iter_mut().for_each(|l| *l += constant);
    }
}

struct Vjp<'a> {
    flow: &'a Flow,
    packed: &'a Packed,
    direction: Direction,
    rows: &'a mut [f64],
    log_det: &'a [f64],
    tape: &'a mut [LayerTape],
    gradient: &'a mut [f64],
}

impl Kernel for Vjp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { flow, packed, direction, rows, log_det, tape, gradient } = self;
        let n = flow.layers.len();
        for step in 0..n {
            let k = if direction == Direction::Forward { n - 1 - step } else { step };
            let Placed { layer, reversed, parameters } = &flow.layers[k];
            let way = if *reversed { direction.reversed() } else { direction };
            layer.vjp::<L>(way, &packed.0[k], rows, flow.dim, log_det, &mut tape[k], &mut gradient[parameters.clone()]);
        }
    }
}
