//! A spline of a circle and a rotation: the transform of angles.

use super::spline::{Edges, RationalSpline};
use super::transform::Transform;
use crate::direction::Direction;
use mcflow_base::Lane;
use std::f64::consts::{PI, TAU};

/// y = S(x) + t modulo 2 pi, with the monotonic rational-quadratic spline S of [-pi, pi] to itself, whose slopes at the two ends are equal: a
/// smooth map of the circle to itself. t is the last of the raw parameters.
///
/// Source: Rezende, Papamakarios, Racanière, Albergo, Kanwar, Shanahan and Cranmer, ICML 2020 ("Normalizing Flows on Tori and Spheres"), section 2.1.2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CircularSpline {
    /// Bins of the spline.
    pub bins: usize,
}

impl CircularSpline {
    /// S.
    #[inline(always)]
    fn spline(&self) -> RationalSpline {
        RationalSpline { bins: self.bins, bound: PI, edges: Edges::Joined }
    }

    /// Index of the plane of t.
    #[inline(always)]
    fn shift(&self) -> usize {
        3 * self.bins
    }
}

/// An angle in [-pi, pi].
#[inline(always)]
fn wrapped<L: Lane>(v: L) -> L {
    let half = L::splat(PI);
    let within = v - L::splat(TAU) * (v * L::splat(1.0 / TAU)).round();
    // Rounding may leave the circle by a unit of the last place. NaN stays: a comparison with it is false.
    half.select_lt(within, half, within.select_lt(-half, -half, within))
}

/// Each of `values` plus `sign` times that of `shifts`, in [-pi, pi].
#[inline(always)]
fn rotate<L: Lane>(values: &mut [f64], shifts: &[f64], sign: f64) {
    for t in (0..shifts.len()).step_by(L::WIDTH) {
        let v = L::splat(sign).mul_add(L::load(&shifts[t..]), L::load(&values[t..]));
        wrapped(v).store(&mut values[t..]);
    }
}

impl Transform for CircularSpline {
    fn n_raw(&self) -> usize {
        3 * self.bins + 1
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
        let at = self.shift() * stride;
        match direction {
            Direction::Forward => {
                for t in (0..stride).step_by(L::WIDTH) {
                    wrapped(L::load(&values[t..])).store(&mut values[t..]);
                }
                self.spline().apply::<L>(direction, planes, stride, values, source, log_det);
                rotate::<L>(values, &planes[at..at + stride], 1.0);
            }
            Direction::Inverse => {
                rotate::<L>(values, &planes[at..at + stride], -1.0);
                self.spline().apply::<L>(direction, planes, stride, values, source, log_det);
            }
        }
    }

    /// Forward the cotangent of t is that of y; the inverse is S^-1(y - t), so that it is minus that of y - t.
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
        let at = self.shift() * stride;
        if direction == Direction::Forward {
            planes[at..at + stride].copy_from_slice(&cotangents[..stride]);
        }
        self.spline().vjp::<L>(direction, planes, stride, source, cotangents, log_det_cotangents);
        if direction == Direction::Inverse {
            for (target, g) in planes[at..at + stride].iter_mut().zip(cotangents.iter()) {
                *target = -g;
            }
        }
    }
}
