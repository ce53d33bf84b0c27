//! The affine transform of a number with a bounded scale.

use super::transform::Transform;
use crate::direction::Direction;
use mcflow_base::{Elementary, Lane};

/// y = x e^s + t with s = b tanh(r / b); the raw parameters are r, then t.
///
/// Source: Dinh, Sohl-Dickstein, Bengio 2017, ICLR ("Density estimation using Real NVP"), eq. 4.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine {
    /// b, the largest log scale.
    pub bound: f64,
}

impl Transform for Affine {
    fn n_raw(&self) -> usize {
        2
    }

    /// Afterwards the plane of r holds s, and `source` the x side of every item.
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
        let (b, inverse_b) = (L::splat(self.bound), L::splat(1.0 / self.bound));
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

    /// Forward, with L = s: dx = g e^s, ds = g x e^s + l, dt = g. Inverse, x = (y - t) e^-s: with g' = -g e^-s the same formulas
    /// for the parameters, and dy = -g'.
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
        let inverse_b = L::splat(1.0 / self.bound);
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
}
