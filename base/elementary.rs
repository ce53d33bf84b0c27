//! Elementary functions in lanes: range reduction and polynomials, no table, no branch.

use crate::Lane;

/// Elementary functions of lanes of f64.
pub trait Elementary: Lane<f64> {
    /// e^x, relative error below 4e-16; 0 below -708, infinite above 709.
    #[inline(always)]
    fn exp(self) -> Self {
        exp(self)
    }
    /// Natural logarithm of a positive normal number, relative error below 4e-16; -inf at 0, NaN below.
    #[inline(always)]
    fn ln(self) -> Self {
        ln(self)
    }
    /// Hyperbolic tangent, absolute error below 4e-16, odd, relative error below 1e-15.
    #[inline(always)]
    fn tanh(self) -> Self {
        tanh(self)
    }
    /// ln(1 + e^x), without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        softplus(self)
    }
    /// 1 / (1 + e^-x).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        sigmoid(self)
    }
}
impl<L: Lane<f64>> Elementary for L {}

/// c_0 + c_1 x + c_2 x^2 + ..., by Horner's rule.
#[inline(always)]
pub fn polynomial<L: Lane, const N: usize>(x: L, coefficients: [f64; N]) -> L {
    let mut sum = L::splat(coefficients[N - 1]);
    for i in (0..N - 1).rev() {
        sum = sum.mul_add(x, L::splat(coefficients[i]));
    }
    sum
}

/// e^x = 2^k e^r with k the nearest integer to x / ln 2 and |r| <= ln 2 / 2; e^r by its Taylor series to r^13.
#[inline(always)]
fn exp<L: Lane>(x: L) -> L {
    // ln 2 in two parts: the first has trailing zeros, so k times it is exact.
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const TAYLOR: [f64; 14] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
        1.0 / 40320.0,
        1.0 / 362880.0,
        1.0 / 3628800.0,
        1.0 / 39916800.0,
        1.0 / 479001600.0,
        1.0 / 6227020800.0,
    ];
    let bounded = L::splat(-708.0).select_lt(x, x.select_lt(L::splat(709.0), x, L::splat(709.0)), L::splat(-708.0));
    let k = (bounded * L::splat(std::f64::consts::LOG2_E)).round();
    let r = (-k).mul_add(L::splat(LN_2_LOW), (-k).mul_add(L::splat(LN_2_HIGH), bounded));
    let value = polynomial(r, TAYLOR) * k.exponential_of_two();
    // Out of range and NaN: the comparisons are false for NaN, which is put back last.
    let infinity = L::splat(f64::INFINITY);
    let value = x.select_lt(L::splat(-708.0), L::splat(0.0), value);
    let value = L::splat(709.0).select_lt(x, infinity, value);
    x.select_lt(infinity, value, x)
}

/// ln x = e ln 2 + ln m, ln m = 2 artanh(s), s = (m - 1) / (m + 1); the polynomial is that of fdlibm's `log` (Sun Microsystems, 1993).
#[inline(always)]
fn ln<L: Lane>(x: L) -> L {
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const SERIES: [f64; 7] = [
        6.666_666_666_666_735e-1,
        3.999_999_999_940_942e-1,
        2.857_142_874_366_239e-1,
        2.222_219_843_214_978_4e-1,
        1.818_357_216_161_805e-1,
        1.531_383_769_920_937_3e-1,
        1.479_819_860_511_658_6e-1,
    ];
    let (m, e) = x.mantissa_and_exponent();
    let f = m - L::splat(1.0);
    let s = f / (L::splat(2.0) + f);
    let square = s * s;
    let r = square * polynomial(square, SERIES);
    let half = L::splat(0.5) * f * f;
    let value = e.mul_add(L::splat(LN_2_HIGH), f - (half - s.mul_add(half + r, e * L::splat(LN_2_LOW))));
    // At 0 (of either sign) 0 x - inf, at what is below 0 or NaN NaN.
    let zero = L::splat(0.0);
    let outside = x.select_lt(zero, L::splat(f64::NAN), x * zero - L::splat(f64::INFINITY));
    zero.select_lt(x, x.select_lt(L::splat(f64::INFINITY), value, x), outside)
}

/// tanh x: a rational function of x^2 (Cephes, Moshier 1989) below 0.625, else 1 - 2 / (e^(2|x|) + 1) with the sign of x.
#[inline(always)]
fn tanh<L: Lane>(x: L) -> L {
    const P: [f64; 3] = [-1.614_687_684_417_084_5e3, -9.928_772_310_019_186e1, -9.643_991_794_250_522e-1];
    const Q: [f64; 4] = [4.844_063_053_251_255e3, 2.235_488_390_601_004_5e3, 1.128_116_784_916_329_3e2, 1.0];
    let size = x.abs();
    let square = x * x;
    let small = (x * square).mul_add(polynomial(square, P) / polynomial(square, Q), x);
    let large = L::splat(1.0) - L::splat(2.0) / ((size + size).exp() + L::splat(1.0));
    let signed = x.select_lt(L::splat(0.0), -large, large);
    size.select_lt(L::splat(0.625), small, signed)
}

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
#[inline(always)]
fn softplus<L: Lane>(x: L) -> L {
    let tail = (-x.abs()).exp();
    let one_plus = L::splat(1.0) + tail;
    // ln(1 + t) corrected for the rounding of 1 + t.
    let logarithm = one_plus.ln() + (tail - (one_plus - L::splat(1.0))) / one_plus;
    x.max(L::splat(0.0)) + logarithm
}

/// 1 / (1 + e^-x), by e^-|x|, which never overflows.
#[inline(always)]
fn sigmoid<L: Lane>(x: L) -> L {
    let tail = (-x.abs()).exp();
    let denominator = L::splat(1.0) + tail;
    x.select_lt(L::splat(0.0), tail / denominator, L::splat(1.0) / denominator)
}

#[cfg(test)]
mod tests {
    use crate::{Elementary, InstructionSet, Kernel, Lane, dispatch_with};

    struct Evaluate<'a>(&'a [f64]);
    impl Kernel for Evaluate<'_> {
        type Output = Vec<[f64; 5]>;
        #[inline(always)]
        fn run<L: Lane>(self) -> Self::Output {
            let mut out = Vec::new();
            for chunk in self.0.chunks(L::WIDTH) {
                let x = L::load_partial(chunk, chunk.len(), 1.0);
                let values = [x.exp(), x.ln(), x.tanh(), x.softplus(), x.sigmoid()];
                for i in 0..chunk.len() {
                    out.push(values.map(|v| v.get(i)));
                }
            }
            out
        }
    }

    #[test]
    fn agrees_with_the_standard_library() {
        let mut points: Vec<f64> = (-70_000..70_000).map(|i| i as f64 * 0.010_007).collect();
        points.extend((-2000..2000).map(|i| i as f64 * 1.3e-3));
        points.extend((1..300).flat_map(|i| [10f64.powi(-i), 1.0 + 10f64.powi(-(i % 17)), 10f64.powi(i)]));
        for set in [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512] {
            for (&x, found) in points.iter().zip(dispatch_with(set, Evaluate(&points))) {
                let softplus = x.max(0.0) + (-x.abs()).exp().ln_1p();
                let sigmoid = if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
                let expected = [x.exp(), x.ln(), x.tanh(), softplus, sigmoid];
                for (k, (f, e)) in found.iter().zip(expected).enumerate() {
                    if e.is_nan() {
                        assert!(f.is_nan(), "function {k} at {x}: {f}");
                    } else if e.is_infinite() || e.abs() < 1e-300 {
                        assert!(
                            *f == e || (f.abs() < 1e-300 && e.abs() < 1e-300) || x.abs() > 708.0,
                            "function {k} at {x}: {f} against {e}"
                        );
                    } else if (-708.0..709.0).contains(&x) || k != 0 {
                        let error = (f - e).abs() / e.abs();
                        assert!(error < 1e-15, "{set:?} function {k} at {x}: {f} against {e}, relative {error:e}");
                    }
                }
            }
        }
    }

    #[test]
    fn keeps_the_special_values() {
        let x = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e5, -1e5];
        let found = dispatch_with(InstructionSet::Avx512, Evaluate(&x));
        assert!(found[0].iter().take(2).all(|v| v.is_nan()));
        assert_eq!((found[1][0], found[2][0], found[3][0]), (f64::INFINITY, 0.0, 1.0));
        assert_eq!((found[1][1], found[3][1], found[4][1]), (f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY));
        assert_eq!((found[1][2], found[2][2], found[5][2], found[6][2]), (1.0, -1.0, 1.0, -1.0));
        assert_eq!((found[5][3], found[6][3]), (1e5, 0.0));
        assert_eq!((found[5][4], found[6][4]), (1.0, 0.0));
    }
}
