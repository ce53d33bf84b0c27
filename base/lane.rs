//! The lane type: a few numbers that are computed alike.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// How `a * b + c` is rounded.
pub trait Fusion: Copy + Debug + Default + Send + Sync + 'static {
    /// `a * b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
}

/// One rounding, by the FMA instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fused;
/// Two roundings: for processors without FMA, where the fused form would be a slow library call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Separate;

impl Fusion for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

impl Fusion for Separate {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

/// A few f64 that are computed alike: `f64` itself, or `W` of them in a register.
///
/// Comparisons with NaN are false, so every `select_*` takes its last branch for them.
pub trait Lane:
    Copy
    + Debug
    + Default
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// Number of elements.
    const WIDTH: usize;
    /// All elements `value`.
    fn splat(value: f64) -> Self;
    /// Element `i` is `f(i)`.
    fn from_fn(f: impl FnMut(usize) -> f64) -> Self;
    /// The first `WIDTH` elements of `source`.
    fn load(source: &[f64]) -> Self;
    /// Writes the elements to the start of `target`.
    fn store(self, target: &mut [f64]);
    /// Element `i`.
    fn get(self, i: usize) -> f64;
    /// `f` of each element.
    fn map(self, f: impl FnMut(f64) -> f64) -> Self;
    /// `f` of each pair of elements.
    fn zip(self, other: Self, f: impl FnMut(f64, f64) -> f64) -> Self;
    /// `self * b + c`, fused where the lane's instruction set has it.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `then` where `self < other`, else `otherwise`.
    fn select_lt(self, other: Self, then: Self, otherwise: Self) -> Self;

    /// `self[i]` for `i < n`, `fill` beyond: a tail of fewer than `WIDTH`.
    #[inline(always)]
    fn load_partial(source: &[f64], n: usize, fill: f64) -> Self {
        Self::from_fn(|i| if i < n { source[i] } else { fill })
    }
    /// Writes the first `n` elements.
    #[inline(always)]
    fn store_partial(self, target: &mut [f64], n: usize) {
        for (i, t) in target[..n.min(Self::WIDTH)].iter_mut().enumerate() {
            *t = self.get(i);
        }
    }
    /// Square root.
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f64::sqrt)
    }
    /// Absolute value.
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f64::abs)
    }
    /// Nearest integer, ties to even.
    #[inline(always)]
    fn round(self) -> Self {
        self.map(f64::round_ties_even)
    }
    /// Largest integer not above.
    #[inline(always)]
    fn floor(self) -> Self {
        self.map(f64::floor)
    }
    /// The smaller of two (`other` where `self` is NaN).
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.select_lt(other, self, other)
    }
    /// The larger of two (`other` where `self` is NaN).
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        other.select_lt(self, self, other)
    }
    /// Sum of the elements, by halves: a fixed order.
    #[inline(always)]
    fn sum(self) -> f64 {
        let mut buffer = [0.0; 16];
        self.store(&mut buffer[..Self::WIDTH]);
        let mut width = Self::WIDTH;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                buffer[i] += buffer[i + width];
            }
        }
        buffer[0]
    }
    /// e^x, relative error below 4e-16; 0 below -708, infinite above 709.
    #[inline(always)]
    fn exp(self) -> Self {
        crate::elementary::exp(self)
    }
    /// Natural logarithm of a positive normal number, relative error below 4e-16; -inf at 0, NaN below.
    #[inline(always)]
    fn ln(self) -> Self {
        crate::elementary::ln(self)
    }
    /// Hyperbolic tangent, absolute error below 4e-16, odd, relative error below 1e-15.
    #[inline(always)]
    fn tanh(self) -> Self {
        crate::elementary::tanh(self)
    }
    /// ln(1 + e^x), without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        crate::elementary::softplus(self)
    }
    /// 1 / (1 + e^-x).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        crate::elementary::sigmoid(self)
    }
    /// Bits of 2^k for an integral element k in -1022..=1023, as the number itself.
    fn exponential_of_two(self) -> Self;
    /// Splits a positive normal number into (m, e): self = m 2^e with m in [sqrt(1/2), sqrt(2)).
    fn mantissa_and_exponent(self) -> (Self, Self);
}

/// `W` f64 computed alike; `F` says how multiply and add are rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(32))]
pub struct Lanes<const W: usize, F>([f64; W], PhantomData<F>);

impl<const W: usize, F> Default for Lanes<W, F> {
    #[inline(always)]
    fn default() -> Self {
        Self([0.0; W], PhantomData)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident, $op:tt, $op_assign:tt) => {
        impl<const W: usize, F: Fusion> $trait for Lanes<W, F> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let mut out = self.0;
                for i in 0..W {
                    out[i] $op_assign other.0[i];
                }
                Self(out, PhantomData)
            }
        }
        operator!(@assign $assign, $assign_method, $op);
    };
    (@assign Skip, $method:ident, $op:tt) => {};
    (@assign $trait:ident, $method:ident, $op:tt) => {
        impl<const W: usize, F: Fusion> $trait for Lanes<W, F> {
            #[inline(always)]
            fn $method(&mut self, other: Self) {
                *self = *self $op other;
            }
        }
    };
}
operator!(Add, add, AddAssign, add_assign, +, +=);
operator!(Sub, sub, SubAssign, sub_assign, -, -=);
operator!(Mul, mul, MulAssign, mul_assign, *, *=);
operator!(Div, div, Skip, skip, /, /=);

impl<const W: usize, F: Fusion> Neg for Lanes<W, F> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

/// 2^52 + 2^51: added to an integer k of less than 2^51 in size, it leaves k in the low bits.
const INTEGER_SHIFT: f64 = 6755399441055744.0;

#[inline(always)]
fn exponential_of_two(k: f64) -> f64 {
    let bits = (k + (INTEGER_SHIFT + 1023.0)).to_bits();
    f64::from_bits(bits << 52)
}

#[inline(always)]
fn mantissa_and_exponent(x: f64) -> (f64, f64) {
    // Subtracting the bits of sqrt(1/2) puts the carry where the mantissa passes sqrt(2).
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    let shifted = x.to_bits().wrapping_sub(HALF_ROOT);
    let exponent = shifted & 0xfff0_0000_0000_0000;
    let mantissa = f64::from_bits(x.to_bits().wrapping_sub(exponent));
    // The exponent field as a number without an integer conversion (which has no AVX2 form): as low bits of 2^52 + 2^51, offset positive.
    let biased = (shifted >> 52) ^ 0x800;
    let number = f64::from_bits(0x4330_0000_0000_0000 | biased) - 4503599627370496.0;
    (mantissa, number - 2048.0)
}

impl<const W: usize, F: Fusion> Lane for Lanes<W, F> {
    const WIDTH: usize = W;
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value; W], PhantomData)
    }
    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        let mut out = [0.0; W];
        for i in 0..W {
            out[i] = f(i);
        }
        Self(out, PhantomData)
    }
    #[inline(always)]
    fn load(source: &[f64]) -> Self {
        let mut out = [0.0; W];
        out.copy_from_slice(&source[..W]);
        Self(out, PhantomData)
    }
    #[inline(always)]
    fn store(self, target: &mut [f64]) {
        target[..W].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn get(self, i: usize) -> f64 {
        self.0[i]
    }
    #[inline(always)]
    fn map(self, mut f: impl FnMut(f64) -> f64) -> Self {
        let mut out = self.0;
        for i in 0..W {
            out[i] = f(out[i]);
        }
        Self(out, PhantomData)
    }
    #[inline(always)]
    fn zip(self, other: Self, mut f: impl FnMut(f64, f64) -> f64) -> Self {
        let mut out = self.0;
        for i in 0..W {
            out[i] = f(out[i], other.0[i]);
        }
        Self(out, PhantomData)
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        let mut out = self.0;
        for i in 0..W {
            out[i] = F::mul_add(out[i], b.0[i], c.0[i]);
        }
        Self(out, PhantomData)
    }
    #[inline(always)]
    fn select_lt(self, other: Self, then: Self, otherwise: Self) -> Self {
        let mut out = otherwise.0;
        for i in 0..W {
            out[i] = if self.0[i] < other.0[i] { then.0[i] } else { otherwise.0[i] };
        }
        Self(out, PhantomData)
    }
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        self.map(exponential_of_two)
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        (self.map(|x| mantissa_and_exponent(x).0), self.map(|x| mantissa_and_exponent(x).1))
    }
}

impl Lane for f64 {
    const WIDTH: usize = 1;
    #[inline(always)]
    fn splat(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        f(0)
    }
    #[inline(always)]
    fn load(source: &[f64]) -> Self {
        source[0]
    }
    #[inline(always)]
    fn store(self, target: &mut [f64]) {
        target[0] = self;
    }
    #[inline(always)]
    fn get(self, _: usize) -> f64 {
        self
    }
    #[inline(always)]
    fn map(self, mut f: impl FnMut(f64) -> f64) -> Self {
        f(self)
    }
    #[inline(always)]
    fn zip(self, other: Self, mut f: impl FnMut(f64, f64) -> f64) -> Self {
        f(self, other)
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        self * b + c
    }
    #[inline(always)]
    fn select_lt(self, other: Self, then: Self, otherwise: Self) -> Self {
        if self < other { then } else { otherwise }
    }
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        exponential_of_two(self)
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        mantissa_and_exponent(self)
    }
}
