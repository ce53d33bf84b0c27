//! A prior and a flow: what is trained, stored, drawn from, and whose density decides.

use crate::architecture::Architecture;
use crate::axes::{Axis, wrapped};
use crate::buffer::Pool;
use crate::direction::Direction;
use crate::flow::{CHUNK, Flow, Packed, Shape, Tape, problems_of};
use crate::header::{Header, WeightsError};
use crate::layers::{Layer, Setting};
use crate::operation::{FlowOperation, Operations};
use crate::prior::{LatentLaw, Prior};
use mcflow_base::Problem;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use std::path::Path;

/// A normalizing flow x = f(z) with the law of z; rows are `[n, dim]`, row-major.
///
/// Where [`Generator::standardise_source`] was called it is a map between two ensembles of data: z is a frame of the one, x of the
/// other, and the prior means nothing.
///
/// f is a list of layers: the half updates of the [`Architecture`], which start as the identity and are trained, and towards the data those that
/// are set from data ([`Generator::standardise`], [`Generator::transport`]) or follow from the [`Axis`] of each number.
///
/// ```
/// use mcflow_flows::{Architecture, Axis, Generator, Prior, Spline};
///
/// // A length and an angle.
/// let axes = [Axis::Positive, Axis::Circle { period: 360.0 }];
/// let architecture = Architecture::Spline(Spline { blocks: 2, hidden: vec![16], ..Spline::default() });
/// let mut generator = Generator::with_axes(&architecture, Prior::Gaussian, &axes, &[], 1);
/// generator.standardise(&[1.0, 170.0, 1.2, -170.0, 0.9, 178.0]);
///
/// let (z, mut x, mut log_det, mut back) = ([0.3, 0.1], [0.0; 2], [0.0], [0.0; 2]);
/// generator.forward(&z, &mut x, &mut log_det);
/// assert!(x[0] > 0.0 && (-180.0..180.0).contains(&x[1]));
/// generator.inverse(&x, &mut back, &mut log_det);
/// assert!(generator.returns_latent(&z, &back, 1e-9));
/// ```
#[derive(Debug)]
pub struct Generator {
    shape: Shape,
    pub(crate) law: LatentLaw,
    pub(crate) flow: Flow,
    parameters: Vec<f64>,
    packed: Packed,
    pool: Pool<Tape>,
}

impl Clone for Generator {
    fn clone(&self) -> Self {
        let Self { shape, law, flow, parameters, packed, .. } = self;
        let (shape, law, flow) = (shape.clone(), law.clone(), flow.clone());
        Self { shape, law, flow, parameters: parameters.clone(), packed: packed.clone(), pool: Pool::default() }
    }
}

impl Generator {
    /// A generator of rows of `dim` numbers on lines that starts as the identity: the last layer of each network is zero, the hidden ones are
    /// drawn with `seed`. [`Architecture::problems`] says what it would refuse.
    ///
    /// # Panics
    ///
    /// If the architecture has problems.
    pub fn new(architecture: &Architecture, prior: Prior, dim: usize, seed: u64) -> Self {
        Self::with_axes(architecture, prior, &vec![Axis::Line; dim], &[], seed)
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
        let mut generator = Self::begin(architecture, prior, axes, fixed, seed);
        // Before it sees data, the box of a uniform prior is that of the intervals among the axes.
        generator.standardise(&[]);
        generator
    }

    fn begin(architecture: &Architecture, prior: Prior, axes: &[Axis], fixed: &[usize], seed: u64) -> Self {
        let shape = Shape {
            architecture: architecture.clone(),
            prior,
            axes: axes.to_vec(),
            fixed: fixed.to_vec(),
            between_ensembles: false,
            covariance: false,
        };
        let flow = Flow::new(&shape);
        let parameters = flow.initialise(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
        Self::assemble(shape, flow, parameters)
    }

    pub(crate) fn assemble(shape: Shape, flow: Flow, parameters: Vec<f64>) -> Self {
        let mut packed = Packed::default();
        flow.pack(&parameters, false, &mut packed);
        let law = LatentLaw::new(shape.prior, shape.architecture.bound(), &shape.axes);
        Self { shape, law, flow, parameters, packed, pool: Pool::default() }
    }

    /// What is wrong with a generator of such rows; keys are those of the architecture, `axes[k]` and `fixed[k]`.
    pub fn problems(architecture: &Architecture, prior: Prior, axes: &[Axis], fixed: &[usize]) -> Vec<Problem> {
        problems_of(architecture, &Setting { axes, fixed, prior })
    }

    /// Gives it another list of layers; those that stay keep their numbers.
    pub(crate) fn reshape(&mut self, shape: Shape) {
        let mut flow = Flow::new(&shape);
        for placed in &mut flow.layers {
            let same = self.flow.layers.iter().find(|old| old.reversed == placed.reversed && old.layer.name() == placed.layer.name());
            if let Some(old) = same.filter(|_| placed.parameters.is_empty()) {
                placed.layer.set_numbers(&old.layer.numbers()).expect("numbers of the same layer");
            }
        }
        flow.pack(&self.parameters, false, &mut self.packed);
        (self.shape, self.flow) = (shape, flow);
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether it maps one ensemble to another, instead of a prior to an ensemble.
    pub fn is_between_ensembles(&self) -> bool {
        self.shape.between_ensembles
    }

    /// Length of a row.
    pub fn dim(&self) -> usize {
        self.flow.dim
    }

    /// The range of each number of a row of data.
    pub fn axes(&self) -> &[Axis] {
        &self.shape.axes
    }

    /// Whether a row `[dim]` of data came back from a round trip, each number within `tolerance` times 1 + its size of what it was, along its axis.
    pub fn returns(&self, row: &[f64], back: &[f64], tolerance: f64) -> bool {
        self.axes().iter().zip(row).zip(back).all(|((axis, a), b)| axis.distance(*a, *b) <= tolerance * (1.0 + a.abs()))
    }

    /// The same for a row `[dim]` at the end where the flow starts: of the prior, or of the data that a map starts from.
    pub fn returns_latent(&self, row: &[f64], back: &[f64], tolerance: f64) -> bool {
        self.axes().iter().zip(row).zip(back).all(|((axis, a), b)| self.start_axis(axis).distance(*a, *b) <= tolerance * (1.0 + a.abs()))
    }

    /// Takes the angles of latent rows `[n, dim]` back to their range after a step.
    pub fn wrap_latent(&self, z: &mut [f64]) {
        for (k, axis) in self.axes().iter().enumerate() {
            if let Axis::Circle { period } = self.start_axis(axis) {
                z.iter_mut().skip(k).step_by(self.dim()).for_each(|value| *value = wrapped(*value, period));
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

    /// The trained parameters of all layers in their order: of a network W `[n_in, n_out]` row-major and then b, layer by layer.
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
        &self.shape.architecture
    }

    /// The law of the latent rows.
    pub fn prior(&self) -> Prior {
        self.shape.prior
    }

    /// The flow in one direction as an operation of tensors, with its layers as they are now.
    pub fn operation(&self, direction: Direction) -> FlowOperation {
        Operations::new(self.flow.clone()).operation(direction)
    }

    /// Draws latent rows `z` `[n, dim]` from the prior, in row order: n rows in one call are n calls of one row.
    pub fn draw_latent(&self, rng: &mut impl Rng, z: &mut [f64]) {
        self.law.draw(rng, z);
    }

    /// x = f(z) and ln|det dx/dz|: `z`, `x` `[n, dim]`, `log_det` `[n]`. A row's bytes do not depend on n or on threads.
    pub fn forward(&self, z: &[f64], x: &mut [f64], log_det: &mut [f64]) {
        x.copy_from_slice(z);
        self.check(x, log_det);
        self.flow.apply(&self.packed, Direction::Forward, x, log_det, &self.pool);
    }

    /// z = f^-1(x) and ln|det dz/dx|: `x`, `z` `[n, dim]`, `log_det` `[n]`. Rows outside the range of an axis become NaN.
    pub fn inverse(&self, x: &[f64], z: &mut [f64], log_det: &mut [f64]) {
        z.copy_from_slice(x);
        self.check(z, log_det);
        self.flow.apply(&self.packed, Direction::Inverse, z, log_det, &self.pool);
    }

    /// ln p(z) of each row: over the d numbers on lines -|z|^2 / 2 - d ln(2 pi) / 2, or -d ln(2 bound) inside the box and -inf outside; for each
    /// angle -ln(2 pi).
    pub fn log_prior(&self, z: &[f64], out: &mut [f64]) {
        self.check(z, out);
        self.law.log_density(z, out);
    }

    /// ln q(x) = ln p(f^-1(x)) + ln|det df^-1/dx| of each row of `x` `[n, dim]`; -inf outside the range of an axis.
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
            for ((o, l), row) in out.iter_mut().zip(&log_det).zip(x.chunks_exact(dim)) {
                *o += l;
                if o.is_nan() && row.iter().all(|v| v.is_finite()) && !self.axes().iter().zip(row).all(|(axis, v)| axis.holds(*v)) {
                    *o = f64::NEG_INFINITY;
                }
            }
            let mut scratch = self.pool.take();
            (scratch.rows, scratch.log_det) = (z, log_det);
            self.pool.give(scratch);
        });
    }

    fn check(&self, rows: &[f64], per_row: &[f64]) {
        assert_eq!(rows.len(), per_row.len() * self.dim(), "rows of length {} and one number for each", self.dim());
    }

    /// Writes architecture, prior, axes, layers, parameters and `header` to a safetensors file, by way of a file aside.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, header: &Header) -> Result<(), WeightsError> {
        crate::weights::save(&self.shape, &self.flow, &self.parameters, path.as_ref(), header)
    }

    /// Reads what [`Generator::save`] wrote.
    ///
    /// # Errors
    ///
    /// If the file is missing, damaged, of another version, or holds numbers that are not finite or not of the right count.
    pub fn load(path: impl AsRef<Path>) -> Result<(Self, Header), WeightsError> {
        let (shape, flow, parameters, header) = crate::weights::load(path.as_ref())?;
        Ok((Self::assemble(shape, flow, parameters), header))
    }
}
