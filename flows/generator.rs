//! A prior and a flow: what is trained, stored, drawn from, and whose density decides.

use crate::architecture::{Architecture, Prior};
use crate::axes::{Axis, problems as axis_problems, wrapped};
use crate::coordinates::Coordinates;
use crate::flow::{CHUNK, Direction, Flow, Packed, Pool, Standard, Tape};
use crate::linear::{Linear, covariance};
use crate::weights::{Header, WeightsError};
use mcflow_base::Problem;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How the layers at the ends of a flow, which are not trained, are set from data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standardisation {
    /// Centre and scale of each coordinate.
    #[default]
    Diagonal,
    /// These, and the optimal transport map between the Gaussians of the covariances of the two ends (that of a prior is the unit matrix):
    /// where fluctuations are collective, couplings need not learn that.
    Covariance,
}

/// A normalizing flow x = f(z) with the law of z; rows are `[n, dim]`, row-major.
///
/// Where [`Generator::standardise_source`] was called it is a map between two ensembles of data: z is a frame of the one, x of the
/// other, and the prior means nothing.
///
/// The last layer is x = mean + spread * y, set by [`Generator::standardise`] and not trained; before it come the half updates of
/// the [`Architecture`], which start as the identity. [`Coordinates`] may stand between rows and layers.
#[derive(Debug)]
pub struct Generator {
    architecture: Architecture,
    prior: Prior,
    axes: Vec<Axis>,
    flow: Flow,
    parameters: Vec<f64>,
    packed: Packed,
    pool: Pool<Tape>,
}

impl Clone for Generator {
    fn clone(&self) -> Self {
        let Self { architecture, prior, axes, flow, parameters, packed, .. } = self;
        let (architecture, axes, flow) = (architecture.clone(), axes.clone(), flow.clone());
        Self { architecture, prior: *prior, axes, flow, parameters: parameters.clone(), packed: packed.clone(), pool: Pool::default() }
    }
}

impl Generator {
    /// A generator that starts as the identity: the last layer of each network is zero, the hidden ones are drawn with `seed`.
    ///
    /// [`Architecture::problems`] says what it would refuse.
    ///
    /// # Panics
    ///
    /// If the architecture has problems.
    pub fn new(architecture: &Architecture, prior: Prior, dim: usize, seed: u64) -> Self {
        Self::with_coordinates(architecture, prior, dim, &Coordinates::default(), seed)
    }

    /// A generator of rows whose numbers have these ranges, a range for each number; no coupling changes the numbers at the places `fixed`, and
    /// all couplings know them. [`Generator::problems`] says what it would refuse.
    ///
    /// # Panics
    ///
    /// If there are problems.
    pub fn with_axes(architecture: &Architecture, prior: Prior, axes: &[Axis], fixed: &[usize], seed: u64) -> Self {
        let problems = Self::problems(architecture, prior, axes, fixed);
        assert!(problems.is_empty(), "a flow that cannot be built: {problems:?}");
        let coordinates = Coordinates { bonds: Vec::new(), fixed: fixed.to_vec() };
        let mut generator = Self::with_coordinates(architecture, prior, axes.len(), &coordinates, seed);
        generator.axes = axes.to_vec();
        generator
    }

    /// What is wrong with a generator of such rows; keys are those of the architecture, `axes[k]` and `fixed[k]`.
    pub fn problems(architecture: &Architecture, prior: Prior, axes: &[Axis], fixed: &[usize]) -> Vec<Problem> {
        let mut problems = architecture.problems(axes.len(), prior);
        problems.extend(axis_problems(axes, fixed));
        for (k, axis) in axes.iter().enumerate().filter(|(_, axis)| **axis != Axis::Line) {
            problems.push(Problem::new(format!("axes[{k}]"), format!("{axis:?}"), "a line"));
        }
        problems
    }

    /// The same, working in other coordinates; [`Coordinates::problems`] says what it would refuse.
    ///
    /// # Panics
    ///
    /// If the architecture or the coordinates have problems.
    pub fn with_coordinates(architecture: &Architecture, prior: Prior, dim: usize, coordinates: &Coordinates, seed: u64) -> Self {
        let mut problems = architecture.problems(dim, prior);
        problems.extend(coordinates.problems(dim));
        assert!(problems.is_empty(), "a flow that cannot be built: {problems:?}");
        let flow = Flow::new(architecture, prior, dim, coordinates);
        let mut parameters = vec![0.0; flow.n_parameters];
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        for coupling in &flow.couplings {
            coupling.network.initialise(&mut rng, &mut parameters);
        }
        Self::assemble(architecture.clone(), prior, flow, parameters)
    }

    pub(crate) fn assemble(architecture: Architecture, prior: Prior, flow: Flow, parameters: Vec<f64>) -> Self {
        let mut packed = Packed::default();
        flow.pack(&parameters, false, &mut packed);
        let axes = vec![Axis::Line; flow.dim];
        Self { architecture, prior, axes, flow, parameters, packed, pool: Pool::default() }
    }

    /// Sets the last layer from samples `[n, dim]`: for the Gaussian prior their mean and standard deviation (splines: at least so
    /// large that all samples lie where the splines act, for a rare state far from the mean would be out of their reach); for the
    /// uniform prior the box of their least and largest values, 5 % wider on each side. A coordinate that does not vary keeps the
    /// scale 1.
    pub fn standardise(&mut self, samples: &[f64]) {
        let Standard { mean, spread } = self.standard(samples);
        (self.flow.mean, self.flow.spread) = (mean, spread);
    }

    /// Makes it a map that starts from the law of `samples` `[n, dim]` instead of the prior, and sets its first layer likewise.
    pub fn standardise_source(&mut self, samples: &[f64]) {
        self.flow.source = Some(self.standard(samples));
    }

    /// Puts the map between the covariances of both ends before the last layer, after [`Generator::standardise`] and, for a map between
    /// ensembles, [`Generator::standardise_source`] with the same `source` and `samples` `[n, dim]`. Fixed coordinates are left alone.
    pub fn transport(&mut self, source: Option<&[f64]>, samples: &[f64]) {
        let (dim, fixed) = (self.dim(), &self.flow.coordinates.fixed);
        let matrix = |rows: &[f64], mean: &[f64], spread: &[f64]| {
            let mut rows = self.in_coordinates(rows);
            Standard::enter(mean, spread, &mut rows);
            let mut covariance = covariance(&rows, dim, fixed);
            fixed.iter().for_each(|&k| covariance[(k, k)] = 1.0);
            covariance
        };
        let start = self.flow.source.as_ref().zip(source).map(|(standard, rows)| matrix(rows, &standard.mean, &standard.spread));
        self.flow.linear = Linear::between(start.as_ref(), &matrix(samples, &self.flow.mean, &self.flow.spread));
    }

    /// Rows of data in the coordinates of the couplings.
    fn in_coordinates(&self, rows: &[f64]) -> Vec<f64> {
        let (mut rows, dim) = (rows.to_vec(), self.dim());
        let n = rows.len() / dim;
        self.flow.coordinates.enter(dim, &mut rows, &mut vec![0.0; n]);
        rows
    }

    /// Whether it maps one ensemble to another, instead of a prior to an ensemble.
    pub fn is_between_ensembles(&self) -> bool {
        self.flow.source.is_some()
    }

    fn standard(&self, samples: &[f64]) -> Standard {
        let dim = self.dim();
        let samples = &self.in_coordinates(samples);
        let n = samples.len() / dim;
        let mut standard = Standard { mean: vec![0.0; dim], spread: vec![1.0; dim] };
        if n == 0 {
            return standard;
        }
        for j in 0..dim {
            let column = || samples.chunks_exact(dim).map(|row| row[j]);
            let (mean, spread) = match self.prior {
                Prior::Gaussian => {
                    let mean = column().sum::<f64>() / n as f64;
                    let variance = column().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
                    let furthest = || column().map(|x| (x - mean).abs()).fold(0.0, f64::max);
                    let reach = self.architecture.reach(j).map_or(0.0, |bound| furthest() * 1.02 / bound);
                    (mean, variance.sqrt().max(reach))
                }
                Prior::Uniform => {
                    let (low, high) = column().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
                    (0.5 * (low + high), 0.55 * (high - low) / self.architecture.bound())
                }
            };
            standard.mean[j] = mean;
            standard.spread[j] = if spread > 0.0 && spread.is_finite() { spread } else { 1.0 };
        }
        standard
    }

    /// Length of a row.
    pub fn dim(&self) -> usize {
        self.flow.dim
    }

    /// The range of each number of a row of data.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Whether a row `[dim]` of data came back from a round trip, each number within `tolerance` times 1 + its size of what it was, along its axis.
    pub fn returns(&self, row: &[f64], back: &[f64], tolerance: f64) -> bool {
        self.axes.iter().zip(row).zip(back).all(|((axis, a), b)| axis.distance(*a, *b) <= tolerance * (1.0 + a.abs()))
    }

    /// The same for a row `[dim]` at the end where the flow starts: of the prior, or of the data that a map starts from.
    pub fn returns_latent(&self, row: &[f64], back: &[f64], tolerance: f64) -> bool {
        self.axes.iter().zip(row).zip(back).all(|((axis, a), b)| self.start_axis(axis).distance(*a, *b) <= tolerance * (1.0 + a.abs()))
    }

    /// Takes the angles of latent rows `[n, dim]` back to their range after a step.
    pub fn wrap_latent(&self, z: &mut [f64]) {
        for (k, axis) in self.axes.iter().enumerate() {
            if let Axis::Circle { period } = self.start_axis(axis) {
                z.iter_mut().skip(k).step_by(self.axes.len()).for_each(|value| *value = wrapped(*value, period));
            }
        }
    }

    /// The range of a number where the flow starts, from that where it leads.
    fn start_axis(&self, axis: &Axis) -> Axis {
        if self.is_between_ensembles() { *axis } else { axis.latent() }
    }

    /// Number of trained parameters.
    pub fn n_parameters(&self) -> usize {
        self.parameters.len()
    }

    /// The trained parameters: for each half update and each layer of its network, W `[n_in, n_out]` row-major and then b.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Replaces the trained parameters.
    ///
    /// # Panics
    ///
    /// If their number differs.
    pub fn set_parameters(&mut self, parameters: &[f64]) {
        self.parameters.copy_from_slice(parameters);
        self.flow.pack(&self.parameters, false, &mut self.packed);
    }

    /// What was asked for when it was made.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The law of the latent rows.
    pub fn prior(&self) -> Prior {
        self.prior
    }

    /// The coordinates in which it works.
    pub fn coordinates(&self) -> &Coordinates {
        &self.flow.coordinates
    }

    /// Centre of the data per coordinate.
    pub fn mean(&self) -> &[f64] {
        &self.flow.mean
    }

    /// Scale of the data per coordinate.
    pub fn spread(&self) -> &[f64] {
        &self.flow.spread
    }

    pub(crate) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Draws latent rows `z` `[n, dim]` from the prior, in row order: n rows in one call are n calls of one row.
    pub fn draw_latent(&self, rng: &mut impl Rng, z: &mut [f64]) {
        match self.prior {
            Prior::Gaussian => z.iter_mut().for_each(|v| *v = rng.sample(StandardNormal)),
            Prior::Uniform => {
                let bound = self.architecture.bound();
                z.iter_mut().for_each(|v| *v = bound * (2.0 * rng.random::<f64>() - 1.0));
            }
        }
    }

    /// x = f(z) and ln|det dx/dz|: `z`, `x` `[n, dim]`, `log_det` `[n]`. A row's bytes do not depend on n or on threads.
    pub fn forward(&self, z: &[f64], x: &mut [f64], log_det: &mut [f64]) {
        x.copy_from_slice(z);
        self.check(x, log_det);
        self.flow.apply(&self.packed, Direction::Forward, x, log_det, &self.pool);
    }

    /// z = f^-1(x) and ln|det dz/dx|: `x`, `z` `[n, dim]`, `log_det` `[n]`.
    pub fn inverse(&self, x: &[f64], z: &mut [f64], log_det: &mut [f64]) {
        z.copy_from_slice(x);
        self.check(z, log_det);
        self.flow.apply(&self.packed, Direction::Inverse, z, log_det, &self.pool);
    }

    /// ln p(z) of each row: -|z|^2 / 2 - d ln(2 pi) / 2, or -d ln(2 bound) inside the box and -inf outside.
    pub fn log_prior(&self, z: &[f64], out: &mut [f64]) {
        self.check(z, out);
        log_prior(self.prior, self.architecture.bound(), self.dim(), z, out);
    }

    /// ln q(x) = ln p(f^-1(x)) + ln|det df^-1/dx| of each row of `x` `[n, dim]`.
    pub fn log_density(&self, x: &[f64], out: &mut [f64]) {
        self.check(x, out);
        let dim = self.dim();
        x.par_chunks(CHUNK * dim).zip(out.par_chunks_mut(CHUNK)).for_each(|(x, out)| {
            let mut scratch = self.pool.take();
            let (mut z, mut log_det) = (std::mem::take(&mut scratch.rows), std::mem::take(&mut scratch.log_det));
            self.pool.give(scratch);
            z.clear();
            z.extend_from_slice(x);
            log_det.resize(out.len(), 0.0);
            self.flow.apply(&self.packed, Direction::Inverse, &mut z, &mut log_det, &self.pool);
            self.log_prior(&z, out);
            out.iter_mut().zip(&log_det).for_each(|(o, l)| *o += l);
            let mut scratch = self.pool.take();
            (scratch.rows, scratch.log_det) = (z, log_det);
            self.pool.give(scratch);
        });
    }

    fn check(&self, rows: &[f64], per_row: &[f64]) {
        assert_eq!(rows.len(), per_row.len() * self.dim(), "rows of length {} and one number for each", self.dim());
    }

    /// Writes architecture, prior, standardisation, parameters and `header` to a safetensors file, by way of a file aside.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, header: &Header) -> Result<(), WeightsError> {
        crate::weights::save(self, path.as_ref(), header)
    }

    /// Reads what [`Generator::save`] wrote.
    ///
    /// # Errors
    ///
    /// If the file is missing, damaged, of another version, or holds numbers that are not finite or not of the right count.
    pub fn load(path: impl AsRef<Path>) -> Result<(Self, Header), WeightsError> {
        crate::weights::load(path.as_ref())
    }
}

/// ln p(z) of each row, for a uniform prior on [-bound, bound]^dim.
pub(crate) fn log_prior(prior: Prior, bound: f64, dim: usize, z: &[f64], out: &mut [f64]) {
    for (row, out) in z.chunks_exact(dim).zip(out) {
        *out = match prior {
            Prior::Gaussian => {
                let square: f64 = row.iter().map(|v| v * v).sum();
                -0.5 * square - 0.5 * dim as f64 * std::f64::consts::TAU.ln()
            }
            Prior::Uniform if row.iter().all(|v| v.abs() <= bound) => -(dim as f64) * (2.0 * bound).ln(),
            Prior::Uniform => f64::NEG_INFINITY,
        };
    }
}
