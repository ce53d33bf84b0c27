//! The chain of half updates and the standardising layer, on chunks of rows; batches over threads.

use crate::architecture::{Architecture, Prior};
use crate::coordinates::Coordinates;
use crate::coupling::{Coupling, CouplingTape, Transform};
use crate::linear::Linear;
use crate::network::{Network, PackedNetwork};
use crate::spline::Spline;
use mcflow_base::{Kernel, Lane, dispatch};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Rows that one thread takes at a time. Fixed, because it sets the order of gradient sums.
pub(crate) const CHUNK: usize = 64;
/// Chunks whose gradients are kept apart before they are added in order: bounds the memory of a batch, whatever its size.
const WAVE: usize = 16;

/// Which way a flow is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// x = f(z), with ln|det dx/dz|.
    Forward,
    /// z = f^-1(x), with ln|det dz/dx|.
    Inverse,
}

/// The shape of a flow: everything but its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub dim: usize,
    /// Where the couplings work; latent rows are in them as they are drawn.
    pub coordinates: Coordinates,
    /// Centre and scale of the data per coordinate: the last layer is x = mean + spread * y. Set from data, not trained.
    pub mean: Vec<f64>,
    pub spread: Vec<f64>,
    /// The same for a map that starts from data too: its first layer is y = (z - mean) / spread.
    pub source: Option<Standard>,
    /// What stands between the couplings and the last layer: data's covariance.
    pub linear: Option<Linear>,
    pub couplings: Vec<Coupling>,
    pub n_parameters: usize,
}

/// Centre and scale of data, a number each coordinate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standard {
    pub mean: Vec<f64>,
    pub spread: Vec<f64>,
}

impl Standard {
    /// Rows in these units.
    #[inline(always)]
    pub fn enter(mean: &[f64], spread: &[f64], rows: &mut [f64]) {
        for row in rows.chunks_exact_mut(mean.len()) {
            for ((v, m), s) in row.iter_mut().zip(mean).zip(spread) {
                *v = (*v - m) / s;
            }
        }
    }

    /// Rows back from these units.
    #[inline(always)]
    fn leave(mean: &[f64], spread: &[f64], rows: &mut [f64]) {
        for row in rows.chunks_exact_mut(mean.len()) {
            for ((v, m), s) in row.iter_mut().zip(mean).zip(spread) {
                *v = m + s * *v;
            }
        }
    }
}

/// Each row times or over a scale a coordinate.
#[inline(always)]
fn scale(spread: &[f64], rows: &mut [f64], divide: bool) {
    for row in rows.chunks_exact_mut(spread.len()) {
        for (v, s) in row.iter_mut().zip(spread) {
            *v = if divide { *v / s } else { *v * s };
        }
    }
}

/// The weights of every network in the order in which the kernels read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed(Vec<PackedNetwork>);

/// Scratch of one chunk: what the half updates remember, and a copy of rows.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    couplings: Vec<CouplingTape>,
    /// Rows in the coordinates of the couplings, before the first layer and after the last.
    ends: [Vec<f64>; 2],
    pub rows: Vec<f64>,
    pub log_det: Vec<f64>,
}

/// Scratch that is handed out and given back, so that the hot path does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    pub fn take(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
    pub fn give(&self, item: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }
}

impl Flow {
    pub fn new(architecture: &Architecture, prior: Prior, dim: usize, coordinates: &Coordinates) -> Self {
        let mut couplings = Vec::new();
        let mut offset = 0;
        for part in architecture.parts() {
            let (blocks, hidden, activation, on) = part.shape();
            let mut all: Vec<usize> = on.map_or_else(|| (0..dim).collect(), <[usize]>::to_vec);
            all.retain(|place| !coordinates.fixed.contains(place));
            for block in 0..blocks {
                let pick = |which: &dyn Fn(usize) -> bool| -> Vec<usize> {
                    all.iter().enumerate().filter(|(place, _)| which(*place)).map(|(_, &coordinate)| coordinate).collect()
                };
                let half = all.len().div_ceil(2);
                let is_first = |place: usize| if block % 2 == 0 { place.is_multiple_of(2) } else { place < half };
                let (first, second) = (pick(&is_first), pick(&|place| !is_first(place)));
                for (given, changed) in [(first.clone(), second.clone()), (second, first)] {
                    if changed.is_empty() {
                        continue;
                    }
                    let transform = match part {
                        Architecture::RealNvp { scale_bound, .. } => Transform::Affine { bound: *scale_bound },
                        Architecture::Spline { bins, bound, .. } => {
                            Transform::Spline(Spline { bins: *bins, bound: *bound, free_edges: prior == Prior::Uniform })
                        }
                        Architecture::Stack(_) => unreachable!("a part is no stack"),
                    };
                    let n_out = changed.len() * transform.n_raw();
                    let given: Vec<usize> = given.iter().chain(&coordinates.fixed).copied().collect();
                    let network = Network::new(given.len(), hidden, n_out, activation, offset);
                    offset += network.n_parameters();
                    couplings.push(Coupling { given, changed, network, transform });
                }
            }
        }
        let coordinates = coordinates.clone();
        Self { dim, coordinates, mean: vec![0.0; dim], spread: vec![1.0; dim], source: None, linear: None, couplings, n_parameters: offset }
    }

    pub fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut Packed) {
        packed.0.resize(self.couplings.len(), PackedNetwork::default());
        for (coupling, network) in self.couplings.iter().zip(&mut packed.0) {
            coupling.network.pack(parameters, gradients, network);
        }
    }

    /// ln of the ratio of the scales of the last layers and the first.
    fn log_spread(&self) -> f64 {
        let sum = |spread: &[f64]| spread.iter().map(|s| s.ln()).sum::<f64>();
        sum(&self.spread) - self.source.as_ref().map_or(0.0, |source| sum(&source.spread))
            + self.linear.as_ref().map_or(0.0, Linear::log_det)
    }

    /// Transforms `rows` in place and writes the log-determinants, chunk by chunk over threads.
    pub fn apply(&self, packed: &Packed, direction: Direction, rows: &mut [f64], log_det: &mut [f64], pool: &Pool<Tape>) {
        let log_spread = self.log_spread();
        let work = |(rows, log_det): (&mut [f64], &mut [f64])| {
            let mut tape = pool.take();
            self.apply_chunk::<false>(packed, direction, rows, log_det, &mut tape, log_spread);
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
        let log_spread = self.log_spread();
        rows.par_chunks_mut(CHUNK * self.dim)
            .zip(log_det.par_chunks_mut(CHUNK))
            .map(|(rows, log_det)| {
                let mut tape = pool.take();
                self.apply_chunk::<true>(packed, direction, rows, log_det, &mut tape, log_spread);
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
        log_spread: f64,
    ) {
        let n_tapes = if RECORD { self.couplings.len() } else { 1 };
        if tape.couplings.len() < n_tapes {
            tape.couplings.resize(n_tapes, CouplingTape::default());
        }
        log_det.fill(0.0);
        // Latent rows of a prior are in the coordinates of the couplings already.
        if direction == Direction::Inverse || self.source.is_some() {
            self.coordinates.enter(self.dim, rows, log_det);
        }
        let keep = |rows: &[f64], end: &mut Vec<f64>| {
            if RECORD && !self.coordinates.is_cartesian() {
                end.clear();
                end.extend_from_slice(rows);
            }
        };
        keep(rows, &mut tape.ends[0]);
        dispatch(Apply::<RECORD> { flow: self, packed, direction, rows, log_det, tape: &mut tape.couplings, log_spread });
        keep(rows, &mut tape.ends[1]);
        if direction == Direction::Forward || self.source.is_some() {
            self.coordinates.leave(self.dim, rows, log_det);
        }
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
                    if direction == Direction::Forward || self.source.is_some() {
                        self.coordinates.leave_vjp(self.dim, &tape.ends[1], rows, log_det);
                    }
                    let couplings = &mut tape.couplings;
                    dispatch(Vjp { flow: self, packed, direction, rows, log_det, tape: couplings, gradient: &mut gradient });
                    if direction == Direction::Inverse || self.source.is_some() {
                        self.coordinates.enter_vjp(self.dim, &tape.ends[0], rows, log_det);
                    }
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
    tape: &'a mut [CouplingTape],
    log_spread: f64,
}

impl<const RECORD: bool> Kernel for Apply<'_, RECORD> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { flow, packed, direction, rows, log_det, tape, log_spread } = self;
        match (direction, &flow.source) {
            (Direction::Inverse, _) => Standard::enter(&flow.mean, &flow.spread, rows),
            (Direction::Forward, Some(source)) => Standard::enter(&source.mean, &source.spread, rows),
            (Direction::Forward, None) => {}
        }
        if let (Direction::Inverse, Some(linear)) = (direction, &flow.linear) {
            linear.inverse(rows);
        }
        let n = flow.couplings.len();
        for step in 0..n {
            let c = if direction == Direction::Forward { step } else { n - 1 - step };
            let tape = &mut tape[if RECORD { c } else { 0 }];
            flow.couplings[c].reserve(log_det.len(), RECORD, tape);
            flow.couplings[c].apply::<L, RECORD>(direction, &packed.0[c], rows, flow.dim, log_det, tape);
        }
        if let (Direction::Forward, Some(linear)) = (direction, &flow.linear) {
            linear.forward(rows);
        }
        match (direction, &flow.source) {
            (Direction::Forward, _) => Standard::leave(&flow.mean, &flow.spread, rows),
            (Direction::Inverse, Some(source)) => Standard::leave(&source.mean, &source.spread, rows),
            (Direction::Inverse, None) => {}
        }
        let constant = if direction == Direction::Forward { log_spread } else { -log_spread };
        log_det.iter_mut().for_each(|l| *l += constant);
    }
}

struct Vjp<'a> {
    flow: &'a Flow,
    packed: &'a Packed,
    direction: Direction,
    rows: &'a mut [f64],
    log_det: &'a [f64],
    tape: &'a mut [CouplingTape],
    gradient: &'a mut [f64],
}

impl Kernel for Vjp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { flow, packed, direction, rows, log_det, tape, gradient } = self;
        match (direction, &flow.source) {
            (Direction::Forward, _) => scale(&flow.spread, rows, false),
            (Direction::Inverse, Some(source)) => scale(&source.spread, rows, false),
            (Direction::Inverse, None) => {}
        }
        if let (Direction::Forward, Some(linear)) = (direction, &flow.linear) {
            linear.forward_vjp(rows);
        }
        let n = flow.couplings.len();
        for step in 0..n {
            let c = if direction == Direction::Forward { n - 1 - step } else { step };
            flow.couplings[c].vjp::<L>(direction, &packed.0[c], rows, flow.dim, log_det, &mut tape[c], gradient);
        }
        if let (Direction::Inverse, Some(linear)) = (direction, &flow.linear) {
            linear.inverse_vjp(rows);
        }
        match (direction, &flow.source) {
            (Direction::Inverse, _) => scale(&flow.spread, rows, true),
            (Direction::Forward, Some(source)) => scale(&source.spread, rows, true),
            (Direction::Forward, None) => {}
        }
    }
}
