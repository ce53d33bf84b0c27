//! What a conditioner is: it makes the parameters of a transform from the axes that a coupling leaves alone.

use crate::tensor::NamedTensor;
use mcflow_base::Lane;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fmt::Debug;

/// A function from features of some axes to the raw parameters of the transform of others, with trained parameters of its own.
///
/// Features and outputs are matrices of a chunk of rows, with the distance [`row_stride`](super::row_stride) of the rows and zeros between.
/// It starts as the function that is zero, so that a flow starts as the identity.
///
/// ```
/// use mcflow_flows::{Activation, Architecture, Generator, Prior, RealNvp};
///
/// // Two half updates of one axis each by the other, with a dense network of 8 hidden units: 1 x 8 + 8 + 8 x 2 + 2 parameters each.
/// let architecture = Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![8], activation: Activation::Tanh, ..RealNvp::default() });
/// assert_eq!(Generator::new(&architecture, Prior::Gaussian, 2, 1).n_parameters(), 2 * 34);
/// ```
pub(crate) trait Conditioner {
    /// The parameters in the order in which the kernels read them.
    type Packed: Clone + Debug + Default + Send + Sync;
    /// What is kept of a chunk of rows.
    type Tape: Debug + Default + Send;

    /// Names and shapes of all parameters, in their order.
    fn tensors(&self) -> Vec<NamedTensor>;

    /// Draws the first parameters.
    fn initialise(&self, rng: &mut Xoshiro256PlusPlus, parameters: &mut [f64]);

    /// Packs the parameters; what only the gradient needs where one is wanted.
    fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut Self::Packed);

    /// Makes room for `n` rows.
    fn reserve(&self, n: usize, gradients: bool, tape: &mut Self::Tape);

    /// Where the features of `n` rows are written before [`Conditioner::forward`], and kept.
    fn inputs<'t>(&self, n: usize, tape: &'t mut Self::Tape) -> &'t mut [f64];

    /// Where the outputs of `n` rows are, and their cotangents are written before [`Conditioner::vjp`].
    fn outputs<'t>(&self, n: usize, tape: &'t mut Self::Tape) -> &'t mut [f64];

    /// Makes the outputs of the features; `RECORD` keeps what [`Conditioner::vjp`] needs.
    fn forward<L: Lane, const RECORD: bool>(&self, packed: &Self::Packed, n: usize, tape: &mut Self::Tape);

    /// From the cotangents of the outputs writes the gradient of all parameters, and returns the cotangents of the features.
    fn vjp<'t, L: Lane>(&self, packed: &Self::Packed, n: usize, tape: &'t mut Self::Tape, gradient: &mut [f64]) -> &'t [f64];
}
