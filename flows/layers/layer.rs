//! What a layer of a flow is: a bijection of rows, with its vector-Jacobian product and its numbers.

use crate::direction::Direction;
use crate::tensor::{NamedTensor, Unfit};
use mcflow_base::Lane;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fmt::Debug;

/// A bijection y = f(x) of rows of numbers, with parameters that are trained or numbers that are set from data.
///
/// Its arithmetic is on chunks of at most 64 rows `[n, dim]`, row-major, in lanes. A flow is a list of layers from the latent end to that of the data;
/// one that stands reversed in it is applied the other way.
///
/// ```
/// use mcflow_flows::{Architecture, Generator, Prior, RealNvp};
///
/// // Half updates, then the layer that gives the data's centre and scale: a flow that starts as that layer.
/// let mut generator = Generator::new(&Architecture::RealNvp(RealNvp { blocks: 2, hidden: vec![8], ..RealNvp::default() }), Prior::Gaussian, 1, 7);
/// generator.standardise(&[3.0, 7.0]);
/// let (mut x, mut log_det) = ([0.0], [0.0]);
/// generator.forward(&[1.0], &mut x, &mut log_det);
/// assert_eq!((x, log_det), ([7.0], [2f64.ln()]));
/// ```
pub(crate) trait Layer {
    /// The parameters in the order in which the kernels read them.
    type Packed: Clone + Debug + Default + Send + Sync;
    /// What is kept of a chunk of rows between [`Layer::apply`] and [`Layer::vjp`], and scratch.
    type Tape: Debug + Default + Send;

    /// What it is called in weights files.
    fn name(&self) -> &'static str;

    /// Names and shapes of all its numbers: those that are trained in the order of its parameters, the others in that of [`Layer::numbers`].
    fn tensors(&self) -> Vec<NamedTensor>;

    /// The numbers that are not trained.
    fn numbers(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes numbers that [`Layer::numbers`] gave.
    ///
    /// # Errors
    /// If the layer would not be a bijection with them.
    fn set_numbers(&mut self, _numbers: &[f64]) -> Result<(), Unfit> {
        Ok(())
    }

    /// Draws the first parameters.
    fn initialise(&self, _rng: &mut Xoshiro256PlusPlus, _parameters: &mut [f64]) {}

    /// Packs its parameters; what only the gradient needs where one is wanted.
    fn pack(&self, _parameters: &[f64], _gradients: bool, _packed: &mut Self::Packed) {}

    /// The part of ln|det dy/dx| that all rows share; [`Layer::apply`] does not add it.
    fn log_det(&self) -> f64 {
        0.0
    }

    /// Transforms `rows` in place and adds the rest of ln|det| to `log_det`; `RECORD` keeps what [`Layer::vjp`] needs.
    fn apply<L: Lane, const RECORD: bool>(
        &self,
        direction: Direction,
        packed: &Self::Packed,
        rows: &mut [f64],
        dim: usize,
        log_det: &mut [f64],
        tape: &mut Self::Tape,
    );

    /// Turns the cotangents `rows` of the outputs into those of the inputs, and writes the gradient of all its parameters.
    fn vjp<L: Lane>(
        &self,
        direction: Direction,
        packed: &Self::Packed,
        rows: &mut [f64],
        dim: usize,
        log_det: &[f64],
        tape: &mut Self::Tape,
        gradient: &mut [f64],
    );

    /// The number of its parameters.
    fn n_parameters(&self) -> usize {
        self.tensors().iter().filter(|tensor| tensor.trained).map(NamedTensor::len).sum()
    }
}
