//! Lanes as arrays: for processors without vector instructions that we have registers for, and the form that registers are tested by.

use crate::{Element, Lane, Quads};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// `W` numbers computed alike, multiply and add rounded separately.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(32))]
pub struct Array<T, const W: usize>([T; W]);

impl<T: Element, const W: usize> Default for Array<T, W> {
    #[inline(always)]
    fn default() -> Self {
        Self([T::default(); W])
    }
}

impl<T: Element, const W: usize> Array<T, W> {
    #[inline(always)]
    fn map(self, mut f: impl FnMut(T) -> T) -> Self {
        Self::from_fn(|i| f(self.0[i]))
    }
    #[inline(always)]
    fn zip(self, other: Self, mut f: impl FnMut(T, T) -> T) -> Self {
        Self::from_fn(|i| f(self.0[i], other.0[i]))
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $op:tt $(, $assign:ident, $assign_method:ident)?) => {
        impl<T: Element, const W: usize> $trait for Array<T, W> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $op b)
            }
        }
        $(impl<T: Element, const W: usize> $assign for Array<T, W> {
            #[inline(always)]
            fn $assign_method(&mut self, other: Self) {
                *self = *self $op other;
            }
        })?
    };
}
operator!(Add, add, +, AddAssign, add_assign);
operator!(Sub, sub, -, SubAssign, sub_assign);
operator!(Mul, mul, *, MulAssign, mul_assign);
operator!(Div, div, /);

impl<T: Element, const W: usize> Neg for Array<T, W> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

impl<T: Element, const W: usize> Lane<T> for Array<T, W> {
    const WIDTH: usize = W;
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([T::from_f64(value); W])
    }
    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> T) -> Self {
        let mut out = [T::default(); W];
        for i in 0..W {
            out[i] = f(i);
        }
        Self(out)
    }
    #[inline(always)]
    fn load(source: &[T]) -> Self {
        let mut out = [T::default(); W];
        out.copy_from_slice(&source[..W]);
        Self(out)
    }
    #[inline(always)]
    fn store(self, target: &mut [T]) {
        target[..W].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        self * b + c
    }
    #[inline(always)]
    fn negated_mul_add(self, b: Self, c: Self) -> Self {
        c - self * b
    }
    #[inline(always)]
    fn select_lt(self, other: Self, then: Self, otherwise: Self) -> Self {
        Self::from_fn(|i| if self.0[i] < other.0[i] { then.0[i] } else { otherwise.0[i] })
    }
    #[inline(always)]
    fn select_bits(bits: u32, then: Self, otherwise: Self) -> Self {
        Self::from_fn(|i| if bits >> i & 1 == 1 { then.0[i] } else { otherwise.0[i] })
    }
    #[inline(always)]
    fn any_lt(self, other: Self) -> bool {
        self.bits_lt(other) != 0
    }
    #[inline(always)]
    fn bits_lt(self, other: Self) -> u32 {
        (0..W).fold(0, |bits, i| bits | u32::from(self.0[i] < other.0[i]) << i)
    }
    #[inline(always)]
    fn reciprocal(self) -> Self {
        Self::splat(1.0) / self
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(T::sqrt)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(T::abs)
    }
    #[inline(always)]
    fn round(self) -> Self {
        self.map(T::round)
    }
    #[inline(always)]
    fn floor(self) -> Self {
        self.map(T::floor)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn sum(self) -> T {
        let mut buffer = self.0;
        let mut width = W;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                buffer[i] += buffer[i + width];
            }
        }
        buffer[0]
    }
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        self.map(T::exponential_of_two)
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        (self.map(|x| x.mantissa_and_exponent().0), self.map(|x| x.mantissa_and_exponent().1))
    }
    #[inline(always)]
    fn repeat_quad(source: &[T; 4]) -> Self {
        Self::from_fn(|i| source[i % 4])
    }
    #[inline(always)]
    fn join_quads(source: &[Quads<T>], which: &[u32], c: usize) -> Self {
        Self::from_fn(|i| source[which[i / 4] as usize][c][i % 4])
    }
    #[inline(always)]
    fn spread_quads(source: &[T]) -> Self {
        Self::from_fn(|i| source[i / 4])
    }
    #[inline(always)]
    fn subtract_quads(lanes: [Self; 3], target: &mut [[T; 4]; 4]) {
        for (lane, target) in lanes.iter().zip(target) {
            let mut buffer = lane.0;
            let mut width = W;
            while width > 4 {
                width /= 2;
                for i in 0..width {
                    buffer[i] += buffer[i + width];
                }
            }
            for (target, &value) in target.iter_mut().zip(&buffer) {
                *target -= value;
            }
        }
    }
    #[inline(always)]
    fn add_sums_of_quads(lanes: &[[Self; 3]], target: &mut [[T; 4]; 4]) {
        for (k, lanes) in lanes.iter().enumerate() {
            for (lane, target) in lanes.iter().zip(target.iter_mut()) {
                for (h, quad) in lane.0.chunks_exact(4).enumerate() {
                    target[k * W / 4 + h] += (quad[0] + quad[2]) + (quad[1] + quad[3]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InstructionSet, Kernel, dispatch_with};

    /// Every operation of a lane on a few inputs, one after the other, whatever the width: what [`Array`] gives is the reference.
    struct Operations<'a, T>(&'a [T]);

    impl<T: Element> Kernel<T> for Operations<'_, T> {
        type Output = Vec<f64>;
        #[inline(always)]
        fn run<L: Lane<T>>(self) -> Vec<f64> {
            let mut out = Vec::new();
            // The same four values again and again, so that sums over groups do not depend on the width but for a factor.
            for (a, b) in self.0.chunks_exact(4).zip(self.0[4..].chunks_exact(4)) {
                let (qa, qb): (&[T; 4], &[T; 4]) = (a.try_into().unwrap(), b.try_into().unwrap());
                let (x, y) = (L::repeat_quad(qa), L::repeat_quad(qb));
                let (spread, one) = (L::spread_quads(&[a[0], a[1], a[2], a[3]][..L::WIDTH / 4]), L::splat(1.0));
                let (m, e) = (x.abs() + one).mantissa_and_exponent();
                let values = [
                    x + y,
                    x - y,
                    x * y,
                    x / y,
                    -x,
                    x.mul_add(y, x),
                    x.negated_mul_add(y, x),
                    x.select_lt(y, x, y),
                    x.abs().sqrt(),
                    x.abs(),
                    x.round(),
                    x.floor(),
                    x.min(y),
                    x.max(y),
                    x.round().exponential_of_two(),
                    m,
                    e,
                    x.reciprocal(),
                    L::load(&self.0[..L::WIDTH]),
                    L::from_fn(|i| self.0[i]),
                    L::load_partial(&self.0[1..], 3, T::from_f64(0.5)),
                    L::select_bits(0b1010, x, y),
                ];
                let fours = [Quads([*qa; 3]); 4];
                out.extend((0..4).map(|i| L::join_quads(&fours, &[2, 1, 0, 3][..L::WIDTH / 4], 1).get(L::WIDTH - 4 + i).to_f64()));
                for value in values {
                    out.extend((0..4).map(|i| value.get(i).to_f64()));
                }
                let (mut quads, mut sums, mut stored) = ([[T::from_f64(0.25); 4]; 4], [[T::from_f64(0.5); 4]; 4], [T::default(); 3]);
                L::subtract_quads([x, y, x + y], &mut quads);
                out.extend(quads[..3].as_flattened().iter().map(|v| (0.25 - v.to_f64()) / (L::WIDTH / 4) as f64));
                let lanes = [[x, y, x * y]; 4];
                L::add_sums_of_quads(&lanes[..16 / L::WIDTH], &mut sums);
                out.extend(sums[..3].as_flattened().iter().map(|v| v.to_f64()));
                y.store_partial(&mut stored, 2);
                out.extend(stored.map(|v| v.to_f64()));
                out.push(x.sum().to_f64() / (L::WIDTH / 4) as f64);
                let mut indices = [0; 16];
                let found = L::store_indices(0b1010_0110_0001_0011, 7, &mut indices);
                out.extend(indices[..found].iter().map(|&index| f64::from(index)));
                let mut selected = [0; 16];
                let found = L::store_selected(0b0110_1001, &std::array::from_fn(|k| 3 * k as u32), &mut selected);
                out.extend(selected[..found].iter().map(|&index| f64::from(index)));
                out.push(f64::from(x.bits_lt(y) & 15));
                out.push(f64::from(u8::from(x.any_lt(y))));
                out.extend((0..L::WIDTH).map(|i| spread.get(i).to_f64() - a[i / 4].to_f64()).map(f64::abs).reduce(f64::max));
            }
            out
        }
    }

    fn compare<T: Element>(tolerance: f64) {
        let numbers: Vec<T> = (0..64).map(|i| T::from_f64(((i * 37 % 64) as f64 - 31.3) * 0.37 + 0.01)).collect();
        let reference = Operations(&numbers).run::<Array<T, 4>>();
        for set in [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512] {
            let found = dispatch_with(set, Operations(&numbers));
            assert_eq!(found.len(), reference.len());
            for (k, (f, r)) in found.iter().zip(&reference).enumerate() {
                assert!((f - r).abs() <= tolerance * r.abs().max(1.0), "{set:?}, value {k}: {f} against {r}");
            }
        }
    }

    #[test]
    fn registers_compute_what_arrays_do() {
        compare::<f64>(20.0 * f64::EPSILON);
        compare::<f32>(40.0 * f64::from(f32::EPSILON));
    }

    #[test]
    fn comparisons_with_nan_take_the_last_branch() {
        struct Nan;
        impl Kernel for Nan {
            type Output = [f64; 5];
            #[inline(always)]
            fn run<L: Lane>(self) -> [f64; 5] {
                let (nan, one, two) = (L::splat(f64::NAN), L::splat(1.0), L::splat(2.0));
                let chosen = [nan.select_lt(one, one, two), one.select_lt(nan, one, two), nan.min(one), nan.max(one)].map(|v| v.get(0));
                [chosen[0], chosen[1], chosen[2], chosen[3], f64::from(nan.bits_lt(one))]
            }
        }
        for set in [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512] {
            assert_eq!(dispatch_with(set, Nan), [2.0, 2.0, 1.0, 1.0, 0.0], "{set:?}");
        }
    }
}
