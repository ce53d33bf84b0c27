//! What a transform is: a bijection of one number with parameters.

use crate::direction::Direction;
use mcflow_base::Lane;

/// A bijection of one number with raw parameters that a conditioner gives, on many items in lanes.
///
/// An item is one axis of one row; the raw parameters are `n_raw` planes of `stride` items each. With raw parameters of zero it is the identity.
///
/// ```
/// use mcflow_flows::{Architecture, Generator, Prior, Spline};
///
/// // Splines map [-bound, bound] to itself and leave what lies outside alone.
/// let generator = Generator::new(&Architecture::Spline(Spline { blocks: 1, bound: 3.0, ..Spline::default() }), Prior::Gaussian, 1, 1);
/// let (mut x, mut log_det) = ([0.0], [1.0]);
/// generator.forward(&[5.0], &mut x, &mut log_det);
/// assert_eq!((x, log_det), ([5.0], [0.0]));
/// ```
pub(crate) trait Transform {
    /// Raw parameters of one axis.
    fn n_raw(&self) -> usize;

    /// Transforms `values` in place and writes ln|dy/dx| (forward) or ln|dx/dy| (inverse) to `log_det`.
    ///
    /// Planes and `source` are left as [`Transform::vjp`] needs them.
    fn apply<L: Lane>(
        &self,
        direction: Direction,
        planes: &mut [f64],
        stride: usize,
        values: &mut [f64],
        source: &mut [f64],
        log_det: &mut [f64],
    );

    /// Turns `cotangents` of the outputs into those of the inputs, and the planes into the cotangents of the raw parameters.
    fn vjp<L: Lane>(
        &self,
        direction: Direction,
        planes: &mut [f64],
        stride: usize,
        source: &[f64],
        cotangents: &mut [f64],
        log_det_cotangents: &[f64],
    );
}
