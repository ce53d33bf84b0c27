//! The lane type: a few numbers that are computed alike.

use crate::{Element, Quads};
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A few numbers of type `T` that are computed alike, as many as a register of the instruction set holds.
///
/// Comparisons with NaN are false, so every `select_*` takes its last branch for them.
pub trait Lane<T: Element = f64>:
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
    /// Number of elements: a multiple of four, at most 16.
    const WIDTH: usize;
    /// All elements `value`, rounded to `T`.
    fn splat(value: f64) -> Self;
    /// Element `i` is `f(i)`.
    fn from_fn(f: impl FnMut(usize) -> T) -> Self;
    /// The first `WIDTH` elements of `source`.
    fn load(source: &[T]) -> Self;
    /// Writes the elements to the start of `target`.
    fn store(self, target: &mut [T]);
    /// `self * b + c`, fused where the instruction set has it.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `c - self * b`, fused where the instruction set has it.
    fn negated_mul_add(self, b: Self, c: Self) -> Self;
    /// `then` where `self < other`, else `otherwise`.
    fn select_lt(self, other: Self, then: Self, otherwise: Self) -> Self;
    /// `then` where the element's bit is set (the lowest is that of the first), else `otherwise`; higher bits do not count.
    fn select_bits(bits: u32, then: Self, otherwise: Self) -> Self;
    /// Whether any element of `self` is below that of `other`.
    fn any_lt(self, other: Self) -> bool;
    /// A bit an element, the lowest for the first: whether it is below that of `other`.
    fn bits_lt(self, other: Self) -> u32;
    /// 1 / self, within 4 roundings of `T`.
    fn reciprocal(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Nearest integer, ties to even.
    fn round(self) -> Self;
    /// Largest integer not above.
    fn floor(self) -> Self;
    /// The smaller of two (`other` where either is NaN).
    fn min(self, other: Self) -> Self;
    /// The larger of two (`other` where either is NaN).
    fn max(self, other: Self) -> Self;
    /// Sum of the elements, by halves: a fixed order.
    fn sum(self) -> T;
    /// 2^k for an integral element k within the exponents of normal numbers.
    fn exponential_of_two(self) -> Self;
    /// Splits a positive normal number into (m, e): self = m 2^e with m in [sqrt(1/2), sqrt(2)).
    fn mantissa_and_exponent(self) -> (Self, Self);

    /// Writes `first` + k for each bit k of the lowest 16 that is set, in order, to the start of `target`, which has room for 16; what
    /// follows them there is overwritten too. Returns how many there are.
    #[inline(always)]
    fn store_indices(bits: u32, first: u32, target: &mut [u32]) -> usize {
        let target = &mut target[..16];
        let mut count = 0;
        for k in 0..16 {
            target[count & 15] = first + k;
            count += (bits >> k & 1) as usize;
        }
        count
    }
    /// Writes `source[k]` for each bit k of the lowest 16 that is set, in order, to the start of `target`, which has room for 16; what
    /// follows them there is overwritten too. Returns how many there are.
    #[inline(always)]
    fn store_selected(bits: u32, source: &[u32; 16], target: &mut [u32]) -> usize {
        let target = &mut target[..16];
        let mut count = 0;
        for k in 0..16 {
            target[count & 15] = source[k];
            count += (bits >> k & 1) as usize;
        }
        count
    }
    /// Four numbers again and again: element `i` is `source[i % 4]`.
    fn repeat_quad(source: &[T; 4]) -> Self;
    /// Component `c` of several fours side by side: element `i` is `source[which[i / 4]][c][i % 4]`; `which` has `WIDTH / 4` entries.
    fn join_quads(source: &[Quads<T>], which: &[u32], c: usize) -> Self;
    /// Each number four times: element `i` is `source[i / 4]`; `source` has `WIDTH / 4` numbers.
    fn spread_quads(source: &[T]) -> Self;
    /// Subtracts three lanes from three times four sums: `target[c][i % 4] -= lanes[c][i]`, the elements added by halves first. The
    /// last four are room that makes two registers of them.
    fn subtract_quads(lanes: [Self; 3], target: &mut [[T; 4]; 4]);
    /// The other way round: adds the elements of each group of four, `target[c][g] += sum of lanes[k][c][4 h..4 h + 4]` with g = k `WIDTH` / 4
    /// + h. There are 16 / `WIDTH` times three lanes.
    fn add_sums_of_quads(lanes: &[[Self; 3]], target: &mut [[T; 4]; 4]);

    /// Element `i`.
    #[inline(always)]
    fn get(self, i: usize) -> T {
        let mut buffer = [T::default(); 16];
        self.store(&mut buffer[..Self::WIDTH]);
        buffer[i]
    }
    /// `self[i]` for `i < n`, `fill` beyond: a tail of fewer than `WIDTH`.
    #[inline(always)]
    fn load_partial(source: &[T], n: usize, fill: T) -> Self {
        let mut buffer = [fill; 16];
        let n = n.min(Self::WIDTH);
        buffer[..n].copy_from_slice(&source[..n]);
        Self::load(&buffer[..Self::WIDTH])
    }
    /// Writes the first `n` elements.
    #[inline(always)]
    fn store_partial(self, target: &mut [T], n: usize) {
        let mut buffer = [T::default(); 16];
        self.store(&mut buffer[..Self::WIDTH]);
        let n = n.min(Self::WIDTH);
        target[..n].copy_from_slice(&buffer[..n]);
    }
}
