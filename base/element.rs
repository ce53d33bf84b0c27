//! The numbers that lanes are made of.

use crate::dispatch::{InstructionSet, Kernel};
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A number that a lane can hold: `f64` or `f32`. Sealed, for a kernel may count on lanes of both.
pub trait Element:
    Copy
    + Debug
    + Default
    + PartialOrd
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
    + Sealed
{
    /// Largest relative error of rounding to this type.
    const ROUNDING: f64;
    /// Rounds.
    fn from_f64(value: f64) -> Self;
    /// Widens, exactly.
    fn to_f64(self) -> f64;
}

/// What [`Element`] needs of its types within this crate.
pub trait Sealed: Sized {
    /// Runs `kernel` for `set`.
    fn dispatch<K: Kernel<Self>>(set: InstructionSet, kernel: K) -> K::Output
    where
        Self: Element;
    /// The scalar form of [`Lane::sqrt`](crate::Lane::sqrt), and so on.
    fn sqrt(self) -> Self;
    #[doc(hidden)]
    fn abs(self) -> Self;
    #[doc(hidden)]
    fn round(self) -> Self;
    #[doc(hidden)]
    fn floor(self) -> Self;
    #[doc(hidden)]
    fn exponential_of_two(self) -> Self;
    #[doc(hidden)]
    fn mantissa_and_exponent(self) -> (Self, Self);
}

impl Element for f64 {
    const ROUNDING: f64 = 0.5 * f64::EPSILON;
    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}

impl Element for f32 {
    const ROUNDING: f64 = 0.5 * f32::EPSILON as f64;
    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

macro_rules! sealed {
    ($number:ident, $bits:ident, $dispatch:path, mantissa $mantissa:literal, exponents $exponents:literal, half_root $half_root:literal) => {
        impl Sealed for $number {
            #[inline]
            fn dispatch<K: Kernel<Self>>(set: InstructionSet, kernel: K) -> K::Output {
                $dispatch(set, kernel)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn round(self) -> Self {
                self.round_ties_even()
            }
            #[inline(always)]
            fn floor(self) -> Self {
                self.floor()
            }
            #[inline(always)]
            fn exponential_of_two(self) -> Self {
                // 3 2^(mantissa - 1) added to an integer leaves the integer in the low bits.
                let shift = (3u64 << ($mantissa - 1)) as $number;
                let bits = (self + (shift + $exponents as $number)).to_bits();
                $number::from_bits(bits << $mantissa)
            }
            #[inline(always)]
            fn mantissa_and_exponent(self) -> (Self, Self) {
                // Subtracting the bits of sqrt(1/2) puts the carry where the mantissa passes sqrt(2).
                let shifted = self.to_bits().wrapping_sub($half_root);
                let exponent = shifted >> $mantissa << $mantissa;
                let signed = (shifted as i64) << (64 - $bits::BITS) >> (64 - $bits::BITS) >> $mantissa;
                ($number::from_bits(self.to_bits().wrapping_sub(exponent)), signed as $number)
            }
        }
    };
}
sealed!(f64, u64, crate::dispatch::dispatch_f64, mantissa 52, exponents 1023, half_root 0x3fe6_a09e_667f_3bcd);
sealed!(f32, u32, crate::dispatch::dispatch_f32, mantissa 23, exponents 127, half_root 0x3f35_04f3);
