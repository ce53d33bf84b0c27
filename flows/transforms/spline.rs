//! The monotonic rational-quadratic spline on items in lanes.
//!
//! On [-B, B] K bins of widths W_k = 2B (m + (1 - mK) p_k), p = softmax(a), and heights H_k alike from b; derivatives at the
//! knots D_k = m + softplus(c_k + c0), with c0 such that c_k = 0 gives 1. In the bin of x, with xi = (x - X) / W and s = H / W,
//!
//! y = Y + H (s xi^2 + d0 xi (1 - xi)) / n, n = s + (d0 + d1 - 2 s) xi (1 - xi),
//! dy/dx = s^2 (d1 xi^2 + 2 s xi (1 - xi) + d0 (1 - xi)^2) / n^2.
//!
//! Source: Gregory and Delbourgo 1982, IMA J. Numer. Anal. 2, 123; Durkan et al. 2019, NeurIPS 32, 7511, eqs. 4 to 8.
//!
//! An item is one coordinate of one row; the raw parameters are planes of items: K of a, K of b, then c at the inner knots
//! (at all knots where the edges are free; at all but the last where they are joined, which has that of the first).

use super::transform::Transform;
use crate::direction::Direction;
use mcflow_base::{Elementary, Lane};

/// Least width, height (as fractions of 2B) and derivative.
pub(crate) const MINIMUM: f64 = 1e-3;
/// c0 = ln(e^(1 - m) - 1), so that softplus(c0) = 1 - m.
pub(crate) const OFFSET: f64 = 0.539742417236952;

/// A monotonic rational-quadratic spline that maps [-bound, bound] to itself; the identity outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RationalSpline {
    /// Number of bins.
    pub bins: usize,
    /// Half the width of the interval.
    pub bound: f64,
    /// The derivatives at its ends.
    pub edges: Edges,
}

/// The derivatives of a spline at the two ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edges {
    /// 1: the spline goes on as the identity.
    Smooth,
    /// Parameters: nothing lies outside.
    Free,
    /// One parameter for both: the ends are one point of a circle.
    Joined,
}

/// What one lane of items needs of its bin.
struct Bin<L> {
    index: L,
    /// X, W, Y, H of the bin.
    left: L,
    width: L,
    below: L,
    height: L,
    /// Raw c at its two knots.
    raw: [L; 2],
    /// Sum of p before the bin, and p of the bin: widths, heights.
    before: [L; 2],
    share: [L; 2],
}

/// Pieces of y and dy/dx at xi.
struct Point<L> {
    u: L,
    numerator: L,
    denominator: L,
    q: L,
}

impl RationalSpline {
    fn scale(&self) -> f64 {
        2.0 * self.bound * (1.0 - MINIMUM * self.bins as f64)
    }

    fn least(&self) -> f64 {
        2.0 * self.bound * MINIMUM
    }

    /// Plane of c at knot `k`, if it is a parameter.
    #[inline(always)]
    fn plane(&self, k: usize) -> Option<usize> {
        match self.edges {
            Edges::Free => Some(2 * self.bins + k),
            Edges::Joined => Some(2 * self.bins + if k == self.bins { 0 } else { k }),
            Edges::Smooth if k == 0 || k == self.bins => None,
            Edges::Smooth => Some(2 * self.bins + k - 1),
        }
    }

    /// Replaces the planes a and b by their softmax.
    #[inline(always)]
    fn normalise<L: Lane>(&self, planes: &mut [f64], stride: usize, t: usize) {
        for first in [0, self.bins] {
            let mut largest = L::load(&planes[first * stride + t..]);
            for k in first + 1..first + self.bins {
                largest = largest.max(L::load(&planes[k * stride + t..]));
            }
            let mut sum = L::splat(0.0);
            for k in first..first + self.bins {
                let e = (L::load(&planes[k * stride + t..]) - largest).exp();
                e.store(&mut planes[k * stride + t..]);
                sum += e;
            }
            let inverse = L::splat(1.0) / sum;
            for k in first..first + self.bins {
                (L::load(&planes[k * stride + t..]) * inverse).store(&mut planes[k * stride + t..]);
            }
        }
    }

    /// The bin of `v`, an x (`by_height` false) or a y.
    #[inline(always)]
    fn locate<L: Lane>(&self, planes: &[f64], stride: usize, t: usize, v: L, by_height: bool) -> Bin<L> {
        let (least, scale, bound) = (L::splat(self.least()), L::splat(self.scale()), L::splat(self.bound));
        let zero = L::splat(0.0);
        let (mut left, mut below, mut sums) = (-bound, -bound, [zero; 2]);
        let mut knot = self.raw(planes, stride, t, 0);
        let mut bin = Bin { index: zero, left, width: zero, below, height: zero, raw: [zero; 2], before: [zero; 2], share: [zero; 2] };
        for k in 0..self.bins {
            let shares = [L::load(&planes[k * stride + t..]), L::load(&planes[(self.bins + k) * stride + t..])];
            let last = k + 1 == self.bins;
            let width = if last { bound - left } else { shares[0].mul_add(scale, least) };
            let height = if last { bound - below } else { shares[1].mul_add(scale, least) };
            let next = self.raw(planes, stride, t, k + 1);
            if k == 0 {
                bin = Bin { width, height, raw: [knot, next], share: shares, ..bin };
            } else {
                let edge = if by_height { below } else { left };
                bin = Bin {
                    index: v.select_lt(edge, bin.index, L::splat(k as f64)),
                    left: v.select_lt(edge, bin.left, left),
                    width: v.select_lt(edge, bin.width, width),
                    below: v.select_lt(edge, bin.below, below),
                    height: v.select_lt(edge, bin.height, height),
                    raw: [v.select_lt(edge, bin.raw[0], knot), v.select_lt(edge, bin.raw[1], next)],
                    before: [v.select_lt(edge, bin.before[0], sums[0]), v.select_lt(edge, bin.before[1], sums[1])],
                    share: [v.select_lt(edge, bin.share[0], shares[0]), v.select_lt(edge, bin.share[1], shares[1])],
                };
            }
            left += width;
            below += height;
            sums = [sums[0] + shares[0], sums[1] + shares[1]];
            knot = next;
        }
        bin
    }

    /// c at knot `k`: 0 where the derivative is 1.
    #[inline(always)]
    fn raw<L: Lane>(&self, planes: &[f64], stride: usize, t: usize, k: usize) -> L {
        match self.plane(k) {
            Some(plane) => L::load(&planes[plane * stride + t..]),
            None => L::splat(0.0),
        }
    }

    #[inline(always)]
    fn derivatives<L: Lane>(bin: &Bin<L>) -> [L; 2] {
        let offset = L::splat(OFFSET);
        [L::splat(MINIMUM) + (bin.raw[0] + offset).softplus(), L::splat(MINIMUM) + (bin.raw[1] + offset).softplus()]
    }

    /// `inner` where `v` lies in the interval of the spline, else `outer`.
    #[inline(always)]
    fn outside<L: Lane>(&self, v: L, inner: L, outer: L) -> L {
        let bound = L::splat(self.bound);
        v.select_lt(-bound, outer, bound.select_lt(v, outer, inner))
    }

    /// Cotangents of a, b, c from those of (X, W), (Y, H) and of the two derivatives of the bin.
    #[inline(always)]
    fn write_planes<L: Lane>(&self, planes: &mut [f64], stride: usize, t: usize, bin: &Bin<L>, knots: [[L; 2]; 2], g_d: [L; 2]) {
        let (zero, scale) = (L::splat(0.0), L::splat(self.scale()));
        for (which, [position, size]) in knots.into_iter().enumerate() {
            let (position, size) = (position * scale, size * scale);
            let mean = bin.before[which] * position + bin.share[which] * size;
            for k in 0..self.bins {
                let at = (which * self.bins + k) * stride + t;
                let number = L::splat(k as f64);
                let g = number.select_lt(bin.index, position, bin.index.select_lt(number, zero, size));
                (L::load(&planes[at..]) * (g - mean)).store(&mut planes[at..]);
            }
        }
        let offset = L::splat(OFFSET);
        let g_raw = [g_d[0] * (bin.raw[0] + offset).sigmoid(), g_d[1] * (bin.raw[1] + offset).sigmoid()];
        for k in 0..=self.bins {
            if let Some(plane) = self.plane(k) {
                let gap = L::splat(k as f64) - bin.index;
                // gap is 0 at the left knot of the bin and 1 at the right one.
                let right = gap.select_lt(L::splat(1.5), g_raw[1], zero);
                let at_or_right = gap.select_lt(L::splat(0.5), g_raw[0], right);
                let mut g = gap.select_lt(L::splat(-0.5), zero, at_or_right);
                if k == self.bins && self.edges == Edges::Joined {
                    // The first knot's once more: only one of the two is in the bin.
                    g += L::load(&planes[plane * stride + t..]);
                }
                g.store(&mut planes[plane * stride + t..]);
            }
        }
    }
}

impl Transform for RationalSpline {
    fn n_raw(&self) -> usize {
        match self.edges {
            Edges::Smooth => 3 * self.bins - 1,
            Edges::Free => 3 * self.bins + 1,
            Edges::Joined => 3 * self.bins,
        }
    }

    /// Afterwards the planes of a and b hold their softmax, and `source` the x side of every item. The inverse takes the root
    /// of the quadratic equation that does not cancel.
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
        let (one, two, bound) = (L::splat(1.0), L::splat(2.0), L::splat(self.bound));
        for t in (0..stride).step_by(L::WIDTH) {
            self.normalise::<L>(planes, stride, t);
            let given = L::load(&values[t..]);
            let v = given.max(-bound).min(bound);
            let bin = self.locate::<L>(planes, stride, t, v, direction == Direction::Inverse);
            let d = Self::derivatives(&bin);
            let s = bin.height / bin.width;
            let e = d[0] + d[1] - two * s;
            let xi = match direction {
                Direction::Forward => (v - bin.left) / bin.width,
                Direction::Inverse => {
                    let rise = v - bin.below;
                    let a = bin.height * (s - d[0]) + rise * e;
                    let b = bin.height * d[0] - rise * e;
                    let c = -(s * rise);
                    let root = (b * b - L::splat(4.0) * a * c).max(L::splat(0.0)).sqrt();
                    (two * c / (-b - root)).max(L::splat(0.0)).min(one)
                }
            };
            let point = Point::at(s, e, d, xi);
            let slope = s * s * point.q / (point.denominator * point.denominator);
            let inside = match direction {
                Direction::Forward => bin.below + bin.height * point.numerator / point.denominator,
                Direction::Inverse => bin.left + xi * bin.width,
            };
            // A NaN passes through; what is infinite lies outside.
            let inside = inside + given * L::splat(0.0);
            let result = self.outside(given, inside, given);
            let logarithm = self.outside(given, slope.ln(), L::splat(0.0));
            match direction {
                Direction::Forward => {
                    given.store(&mut source[t..]);
                    logarithm.store(&mut log_det[t..]);
                }
                Direction::Inverse => {
                    result.store(&mut source[t..]);
                    (-logarithm).store(&mut log_det[t..]);
                }
            }
            result.store(&mut values[t..]);
        }
    }

    /// Forward: dx = g f' + l (ln f')'. Inverse, x = f^-1(y), with cotangents (g, l) of (x, -ln f'): the parameters receive what
    /// the forward map would give them for g' = -(g - l (ln f')') / f' and l' = -l, and dy = -g'.
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
        let (zero, one, two, bound) = (L::splat(0.0), L::splat(1.0), L::splat(2.0), L::splat(self.bound));
        for t in (0..stride).step_by(L::WIDTH) {
            let x = L::load(&source[t..]);
            let v = x.max(-bound).min(bound);
            let bin = self.locate::<L>(planes, stride, t, v, false);
            let d = Self::derivatives(&bin);
            let s = bin.height / bin.width;
            let inverse_width = one / bin.width;
            let xi = (v - bin.left) * inverse_width;
            let e = d[0] + d[1] - two * s;
            let Point { u, numerator, denominator, q } = Point::at(s, e, d, xi);
            let (inverse_n, inverse_q) = (one / denominator, one / q);
            let slope = s * s * q * inverse_n * inverse_n;
            let tilt = one - two * xi;
            let q_slope = two * (d[1] * xi - d[0] * (one - xi) + s * tilt);
            let log_slope = (q_slope * inverse_q - two * e * tilt * inverse_n) * inverse_width;
            let (given, l) = (L::load(&cotangents[t..]), L::load(&log_det_cotangents[t..]));
            let (g, l, result) = match direction {
                Direction::Forward => (given, l, given.mul_add(slope, l * log_slope)),
                Direction::Inverse => {
                    let y = (given - l * log_slope) / slope;
                    (-y, -l, y)
                }
            };
            self.outside(x, result, given).store(&mut cotangents[t..]);
            let (g, l) = (self.outside(x, g, zero), self.outside(x, l, zero));

            let g_numerator = g * bin.height * inverse_n;
            let g_denominator = -(g_numerator * numerator + two * l) * inverse_n;
            let g_q = l * inverse_q;
            let g_e = g_denominator * u;
            let g_u = two * s * g_q + d[0] * g_numerator + e * g_denominator;
            let g_s = two * l / s + two * u * g_q + xi * xi * g_numerator + g_denominator - two * g_e;
            let g_d = [
                g_q * (one - xi) * (one - xi) + g_numerator * u + g_e, //
                g_q * xi * xi + g_e,
            ];
            let g_xi = g_q * two * (d[1] * xi - d[0] * (one - xi)) + g_numerator * two * s * xi + g_u * tilt;
            let g_height = g * numerator * inverse_n + g_s * inverse_width;
            let g_left = -(g_xi * inverse_width);
            let g_width = -(g_s * s + g_xi * xi) * inverse_width;
            self.write_planes::<L>(planes, stride, t, &bin, [[g_left, g_width], [g, g_height]], g_d);
        }
    }
}

impl<L: Lane> Point<L> {
    #[inline(always)]
    fn at(s: L, e: L, d: [L; 2], xi: L) -> Self {
        let rest = L::splat(1.0) - xi;
        let u = xi * rest;
        Self {
            u,
            numerator: s * xi * xi + d[0] * u,
            denominator: s + e * u,
            q: d[1] * xi * xi + L::splat(2.0) * s * u + d[0] * rest * rest,
        }
    }
}
