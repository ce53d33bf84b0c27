//! The affine transform y = x e^s + t, s = b tanh(r / b), on items in lanes.
//!
//! An item is one coordinate of one row; the raw parameters are planes `[2, stride]` of items: r, then t.

use crate::flow::Direction;
use mcflow_base::{Elementary, Lane};

/// Transforms `values` in place and writes ln|dy/dx| (forward) or ln|dx/dy| (inverse) to `log_det`.
///
/// Afterwards the plane of r holds s, and `source` the x side of every item.
#[inline(always)]
pub(crate) fn apply<L: Lane>(
    bound: f64,
    direction: Direction,
    planes: &mut [f64],
    stride: usize,
    values: &mut [f64],
    source: &mut [f64],
    log_det: &mut [f64],
) {
    let (b, inverse_b) = (L::splat(bound), L::splat(1.0 / bound));
    let (scales, shifts) = planes.split_at_mut(stride);
    for t in (0..stride).step_by(L::WIDTH) {
        let s = b * (L::load(&scales[t..]) * inverse_b).tanh();
        let shift = L::load(&shifts[t..]);
        let v = L::load(&values[t..]);
        s.store(&mut scales[t..]);
        match direction {
            Direction::Forward => {
                v.store(&mut source[t..]);
                v.mul_add(s.exp(), shift).store(&mut values[t..]);
                s.store(&mut log_det[t..]);
            }
            Direction::Inverse => {
                let x = (v - shift) * (-s).exp();
                x.store(&mut source[t..]);
                x.store(&mut values[t..]);
                (-s).store(&mut log_det[t..]);
            }
        }
    }
}

/// Turns `cotangents` of the outputs into those of the inputs, and the planes into the cotangents of the raw parameters.
///
/// Forward, with L = s: dx = g e^s, ds = g x e^s + l, dt = g. Inverse, x = (y - t) e^-s: with g' = -g e^-s the same formulas
/// for the parameters, and dy = -g'.
#[inline(always)]
pub(crate) fn vjp<L: Lane>(
    bound: f64,
    direction: Direction,
    planes: &mut [f64],
    stride: usize,
    source: &[f64],
    cotangents: &mut [f64],
    log_det_cotangents: &[f64],
) {
    let inverse_b = L::splat(1.0 / bound);
    let (scales, shifts) = planes.split_at_mut(stride);
    for t in (0..stride).step_by(L::WIDTH) {
        let s = L::load(&scales[t..]);
        let x = L::load(&source[t..]);
        let g = L::load(&cotangents[t..]);
        let l = L::load(&log_det_cotangents[t..]);
        let (g, l, scale) = match direction {
            Direction::Forward => {
                let scale = s.exp();
                (g * scale).store(&mut cotangents[t..]);
                (g, l, scale)
            }
            Direction::Inverse => {
                let inner = g * (-s).exp();
                inner.store(&mut cotangents[t..]);
                (-inner, -l, s.exp())
            }
        };
        let ratio = s * inverse_b;
        let slope = L::splat(1.0) - ratio * ratio;
        ((g * x).mul_add(scale, l) * slope).store(&mut scales[t..]);
        g.store(&mut shifts[t..]);
    }
}
