//! Bijections of one number with parameters: a file each, a line in the enum and one in the match.

mod affine;
mod circular_spline;
mod spline;
mod transform;

pub(crate) use affine::Affine;
pub(crate) use circular_spline::CircularSpline;
#[cfg(test)]
pub(crate) use spline::MINIMUM;
pub(crate) use spline::{Edges, RationalSpline};
pub(crate) use transform::Transform;

use crate::direction::Direction;
use mcflow_base::Lane;

/// A transform of any kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnyTransform {
    /// y = x e^s + t.
    Affine(Affine),
    /// A monotonic spline of an interval.
    RationalSpline(RationalSpline),
    /// A spline of a circle and a rotation.
    CircularSpline(CircularSpline),
}

/// Does the same with the transform at hand, whichever it is.
macro_rules! with {
    ($any:expr, $transform:ident => $do:expr) => {
        match $any {
            AnyTransform::Affine($transform) => $do,
            AnyTransform::RationalSpline($transform) => $do,
            AnyTransform::CircularSpline($transform) => $do,
        }
    };
}

impl Transform for AnyTransform {
    fn n_raw(&self) -> usize {
        with!(self, transform => transform.n_raw())
    }

    #[inline(always)]
    fn apply<L: Lane>(
        &self,
        direction: Direction,
        planes: &mut [f64],
        stride: usize,
        values: &mut [f64],
        source: &mut [f64],
        log_det: &mut [f64],
    ) {
        with!(self, transform => transform.apply::<L>(direction, planes, stride, values, source, log_det));
    }

    #[inline(always)]
    fn vjp<L: Lane>(
        &self,
        direction: Direction,
        planes: &mut [f64],
        stride: usize,
        source: &[f64],
        cotangents: &mut [f64],
        log_det_cotangents: &[f64],
    ) {
        with!(self, transform => transform.vjp::<L>(direction, planes, stride, source, cotangents, log_det_cotangents));
    }
}
