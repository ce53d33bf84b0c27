//! Lanes as registers of x86-64, and the functions that kernels are compiled in: all `unsafe` code of the workspace.
//!
//! # Safety
//! An intrinsic may run only on a processor that has its instruction. The register types of this module are private to the crate:
//! nobody can name one to call its functions, except a [`Kernel`] through the type parameter that [`run_f64`] or [`run_f32`] give
//! it, and they have asked the processor for every feature of that type first. That is the whole argument for every `unsafe` block
//! below; loads and stores check their bounds by slicing before they take a pointer.

use crate::dispatch::{InstructionSet, Kernel};
use crate::{Array, Lane, Quads};
use std::arch::x86_64::*;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};
use std::sync::OnceLock;

/// What the processor has, asked once.
#[inline]
pub(crate) fn detect() -> InstructionSet {
    static FOUND: OnceLock<InstructionSet> = OnceLock::new();
    *FOUND.get_or_init(ask)
}

fn ask() -> InstructionSet {
    if is_x86_feature_detected!("fma") && is_x86_feature_detected!("avx2") {
        let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl");
        return if wide { InstructionSet::Avx512 } else { InstructionSet::Avx2 };
    }
    InstructionSet::Portable
}

macro_rules! run {
    ($run:ident, $avx512:ident, $avx2:ident, $number:ident, $wide:ident, $narrow:ident) => {
        /// Runs `kernel` for `set`, or for the widest set this processor has where it lacks `set`.
        #[inline]
        pub(crate) fn $run<K: Kernel<$number>>(set: InstructionSet, kernel: K) -> K::Output {
            let found = detect();
            match set {
                // SAFETY: the features that the function is compiled for were just found.
                InstructionSet::Avx512 if found == InstructionSet::Avx512 => unsafe { $avx512(kernel) },
                // SAFETY: as above; a processor with AVX-512 has AVX2 and FMA too.
                InstructionSet::Avx512 | InstructionSet::Avx2 if found != InstructionSet::Portable => unsafe { $avx2(kernel) },
                _ => kernel.run::<Array<$number, 4>>(),
            }
        }
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
        fn $avx512<K: Kernel<$number>>(kernel: K) -> K::Output {
            kernel.run::<$wide>()
        }
        #[target_feature(enable = "avx2,fma")]
        fn $avx2<K: Kernel<$number>>(kernel: K) -> K::Output {
            kernel.run::<$narrow>()
        }
    };
}
run!(run_f64, run_f64_avx512, run_f64_avx2, f64, F64x8, F64x4);
run!(run_f32, run_f32_avx512, run_f32_avx2, f32, F32x16, F32x8);

macro_rules! operator {
    ($name:ident, $trait:ident, $method:ident, $intrinsic:ident $(, $assign:ident, $assign_method:ident)?) => {
        impl $trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($intrinsic(self.0, other.0)) }
            }
        }
        $(impl $assign for $name {
            #[inline(always)]
            fn $assign_method(&mut self, other: Self) {
                *self = $trait::$method(*self, other);
            }
        })?
    };
}

/// One register type: `$n` is the part of the intrinsics' names that all share; the blocks are what differs.
macro_rules! register {
    ($name:ident, $number:ident, $width:literal, $register:ident,
     $set1:ident $loadu:ident $storeu:ident $add:ident $sub:ident $mul:ident $div:ident $fmadd:ident $fnmadd:ident
     $sqrt:ident $min:ident $max:ident $xor:ident,
     round |$r:ident| $round:expr, floor |$f:ident| $floor:expr, abs |$a:ident| $abs:expr,
     reciprocal |$q:ident| $reciprocal:expr,
     bits |$x:ident, $y:ident| $bits:expr,
     select |$sx:ident, $sy:ident, $then:ident, $otherwise:ident| $select:expr,
     choose |$cb:ident, $cthen:ident, $cotherwise:ident| $choose:expr,
     halves |$h:ident| $halves:expr,
     $($rest:item)*) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name($register);

        impl Default for $name {
            #[inline(always)]
            fn default() -> Self {
                Self::splat(0.0)
            }
        }
        operator!($name, Add, add, $add, AddAssign, add_assign);
        operator!($name, Sub, sub, $sub, SubAssign, sub_assign);
        operator!($name, Mul, mul, $mul, MulAssign, mul_assign);
        operator!($name, Div, div, $div);
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($xor(self.0, $set1(-0.0))) }
            }
        }

        impl Lane<$number> for $name {
            const WIDTH: usize = $width;
            #[inline(always)]
            fn splat(value: f64) -> Self {
                // SAFETY: see the module.
                unsafe { Self($set1(value as $number)) }
            }
            #[inline(always)]
            fn from_fn(f: impl FnMut(usize) -> $number) -> Self {
                let values: [$number; $width] = std::array::from_fn(f);
                Self::load(&values)
            }
            #[inline(always)]
            fn load(source: &[$number]) -> Self {
                let source = &source[..$width];
                // SAFETY: see the module; the slice has as many numbers as are read.
                unsafe { Self($loadu(source.as_ptr())) }
            }
            #[inline(always)]
            fn store(self, target: &mut [$number]) {
                let target = &mut target[..$width];
                // SAFETY: see the module; the slice has as many numbers as are written.
                unsafe { $storeu(target.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($fmadd(self.0, b.0, c.0)) }
            }
            #[inline(always)]
            fn negated_mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($fnmadd(self.0, b.0, c.0)) }
            }
            #[inline(always)]
            fn select_lt(self, other: Self, then: Self, otherwise: Self) -> Self {
                let ($sx, $sy, $then, $otherwise) = (self.0, other.0, then.0, otherwise.0);
                // SAFETY: see the module.
                unsafe { Self($select) }
            }
            #[inline(always)]
            fn select_bits($cb: u32, then: Self, otherwise: Self) -> Self {
                let ($cthen, $cotherwise) = (then.0, otherwise.0);
                // SAFETY: see the module.
                unsafe { Self($choose) }
            }
            #[inline(always)]
            fn any_lt(self, other: Self) -> bool {
                self.bits_lt(other) != 0
            }
            #[inline(always)]
            fn bits_lt(self, other: Self) -> u32 {
                let ($x, $y) = (self.0, other.0);
                // SAFETY: see the module.
                unsafe { $bits as u32 }
            }
            #[inline(always)]
            fn reciprocal(self) -> Self {
                let $q = self.0;
                // SAFETY: see the module.
                unsafe { Self($reciprocal) }
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($sqrt(self.0)) }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                let $a = self.0;
                // SAFETY: see the module.
                unsafe { Self($abs) }
            }
            #[inline(always)]
            fn round(self) -> Self {
                let $r = self.0;
                // SAFETY: see the module.
                unsafe { Self($round) }
            }
            #[inline(always)]
            fn floor(self) -> Self {
                let $f = self.0;
                // SAFETY: see the module.
                unsafe { Self($floor) }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($min(self.0, other.0)) }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: see the module.
                unsafe { Self($max(self.0, other.0)) }
            }
            #[inline(always)]
            fn sum(self) -> $number {
                let $h = self.0;
                // SAFETY: see the module.
                unsafe { $halves }
            }
            $($rest)*
        }
    };
}

/// The sum of four numbers by halves.
#[inline(always)]
unsafe fn sum_pd256(v: __m256d) -> f64 {
    // SAFETY: called with AVX2 found.
    unsafe {
        let pair = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd::<1>(v));
        _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)))
    }
}

#[inline(always)]
unsafe fn sum_ps128(v: __m128) -> f32 {
    // SAFETY: SSE2 is always there.
    unsafe {
        let pair = _mm_add_ps(v, _mm_movehl_ps(v, v));
        _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps::<1>(pair, pair)))
    }
}

/// `target -= v`.
#[inline(always)]
unsafe fn subtract_from(v: __m256d, target: &mut [f64; 4]) {
    // SAFETY: called with AVX2 found; the array has the four numbers.
    unsafe { _mm256_storeu_pd(target.as_mut_ptr(), _mm256_sub_pd(_mm256_loadu_pd(target.as_ptr()), v)) }
}

/// `target -= (xy, z)` in twelve numbers that lie one after the other.
#[inline(always)]
unsafe fn subtract_twelve(xy: __m512d, z: __m256d, target: &mut [[f64; 4]; 4]) {
    let at = target.as_flattened_mut().as_mut_ptr();
    // SAFETY: called with AVX-512 found; the target has room for two registers.
    unsafe {
        _mm512_storeu_pd(at, _mm512_sub_pd(_mm512_loadu_pd(at), xy));
        _mm256_storeu_pd(at.add(8), _mm256_sub_pd(_mm256_loadu_pd(at.add(8)), z));
    }
}

const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
/// 2^52 + 2^51: added to an integer k of less than 2^51 in size, it leaves k in the low bits.
const SHIFT: f64 = 6755399441055744.0;
const SHIFT_F32: f32 = 12582912.0;
/// Bits of sqrt(1/2).
const HALF_ROOT: i64 = 0x3fe6_a09e_667f_3bcd;
const HALF_ROOT_F32: i32 = 0x3f35_04f3;

register!(F64x8, f64, 8, __m512d,
    _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_div_pd _mm512_fmadd_pd
    _mm512_fnmadd_pd _mm512_sqrt_pd _mm512_min_pd _mm512_max_pd _mm512_xor_pd,
    round |v| _mm512_roundscale_pd::<NEAREST>(v), floor |v| _mm512_roundscale_pd::<DOWN>(v), abs |v| _mm512_abs_pd(v),
    reciprocal |v| _mm512_div_pd(_mm512_set1_pd(1.0), v),
    bits |a, b| _mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b),
    select |a, b, then, otherwise| _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b), otherwise, then),
    choose |bits, then, otherwise| _mm512_mask_blend_pd(bits as u8, otherwise, then),
    halves |v| sum_pd256(_mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd::<1>(v))),
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm512_castpd_si512(_mm512_add_pd(self.0, _mm512_set1_pd(SHIFT + 1023.0)));
            Self(_mm512_castsi512_pd(_mm512_slli_epi64::<52>(bits)))
        }
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm512_castpd_si512(self.0);
            let exponent = _mm512_srai_epi64::<52>(_mm512_sub_epi64(bits, _mm512_set1_epi64(HALF_ROOT)));
            let mantissa = _mm512_sub_epi64(bits, _mm512_slli_epi64::<52>(exponent));
            (Self(_mm512_castsi512_pd(mantissa)), Self(_mm512_cvtepi64_pd(exponent)))
        }
    }
    #[inline(always)]
    fn repeat_quad(source: &[f64; 4]) -> Self {
        // SAFETY: see the module; the array has the four numbers.
        unsafe { Self(_mm512_broadcast_f64x4(_mm256_loadu_pd(source.as_ptr()))) }
    }
    #[inline(always)]
    fn join_quads(source: &[Quads<f64>], which: &[u32], c: usize) -> Self {
        let (low, high) = (&source[which[0] as usize][c], &source[which[1] as usize][c]);
        // SAFETY: see the module; each array has the four numbers.
        unsafe {
            let low = _mm512_castpd256_pd512(_mm256_loadu_pd(low.as_ptr()));
            Self(_mm512_insertf64x4::<1>(low, _mm256_loadu_pd(high.as_ptr())))
        }
    }
    #[inline(always)]
    fn spread_quads(source: &[f64]) -> Self {
        // SAFETY: see the module.
        unsafe { Self(_mm512_insertf64x4::<1>(_mm512_set1_pd(source[0]), _mm256_set1_pd(source[1]))) }
    }
    #[inline(always)]
    fn subtract_quads([x, y, z]: [Self; 3], target: &mut [[f64; 4]; 4]) {
        // x and y share one register.
        // SAFETY: see the module; the target has room for two registers.
        unsafe {
            let low = _mm512_shuffle_f64x2::<0x44>(x.0, y.0);
            let high = _mm512_shuffle_f64x2::<0xee>(x.0, y.0);
            let z = _mm256_add_pd(_mm512_castpd512_pd256(z.0), _mm512_extractf64x4_pd::<1>(z.0));
            subtract_twelve(_mm512_add_pd(low, high), z, target);
        }
    }
    #[inline(always)]
    fn add_sums_of_quads(lanes: &[[Self; 3]], target: &mut [[f64; 4]; 4]) {
        let [[x, y, z], [u, v, w]]: &[[Self; 3]; 2] = lanes.first_chunk().expect("two times three lanes");
        // SAFETY: see the module; the target has room for two registers.
        unsafe {
            // Pairs of elements of particles 0 and 2, 1 and 3 side by side, then their sums in the order of the particles.
            let x = _mm512_add_pd(_mm512_unpacklo_pd(x.0, u.0), _mm512_unpackhi_pd(x.0, u.0));
            let y = _mm512_add_pd(_mm512_unpacklo_pd(y.0, v.0), _mm512_unpackhi_pd(y.0, v.0));
            let z = _mm512_add_pd(_mm512_unpacklo_pd(z.0, w.0), _mm512_unpackhi_pd(z.0, w.0));
            let xy = _mm512_add_pd(_mm512_shuffle_f64x2::<0x88>(x, y), _mm512_shuffle_f64x2::<0xdd>(x, y));
            let z = _mm512_add_pd(_mm512_shuffle_f64x2::<0x88>(z, z), _mm512_shuffle_f64x2::<0xdd>(z, z));
            let order = _mm512_setr_epi64(0, 2, 1, 3, 4, 6, 5, 7);
            let (xy, z) = (_mm512_permutexvar_pd(order, xy), _mm512_castpd512_pd256(_mm512_permutexvar_pd(order, z)));
            let at = target.as_flattened_mut().as_mut_ptr();
            _mm512_storeu_pd(at, _mm512_add_pd(_mm512_loadu_pd(at), xy));
            _mm256_storeu_pd(at.add(8), _mm256_add_pd(_mm256_loadu_pd(at.add(8)), z));
        }
    }
);

register!(F64x4, f64, 4, __m256d,
    _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_add_pd _mm256_sub_pd _mm256_mul_pd _mm256_div_pd _mm256_fmadd_pd
    _mm256_fnmadd_pd _mm256_sqrt_pd _mm256_min_pd _mm256_max_pd _mm256_xor_pd,
    round |v| _mm256_round_pd::<NEAREST>(v), floor |v| _mm256_round_pd::<DOWN>(v), abs |v| _mm256_andnot_pd(_mm256_set1_pd(-0.0), v),
    reciprocal |v| _mm256_div_pd(_mm256_set1_pd(1.0), v),
    bits |a, b| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a, b)),
    select |a, b, then, otherwise| _mm256_blendv_pd(otherwise, then, _mm256_cmp_pd::<_CMP_LT_OQ>(a, b)),
    choose |bits, then, otherwise| {
        let each = _mm256_set_epi64x(8, 4, 2, 1);
        let set = _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(i64::from(bits)), each), each);
        _mm256_blendv_pd(otherwise, then, _mm256_castsi256_pd(set))
    },
    halves |v| sum_pd256(v),
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm256_castpd_si256(_mm256_add_pd(self.0, _mm256_set1_pd(SHIFT + 1023.0)));
            Self(_mm256_castsi256_pd(_mm256_slli_epi64::<52>(bits)))
        }
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        // AVX2 has no arithmetic shift of 64 bits and no conversion: the exponent, moved by 2048 to be positive, goes through the low
        // bits of 2^52.
        // SAFETY: see the module.
        unsafe {
            let bits = _mm256_castpd_si256(self.0);
            let shifted = _mm256_sub_epi64(bits, _mm256_set1_epi64x(HALF_ROOT));
            let exponent = _mm256_srli_epi64::<52>(shifted);
            let mantissa = _mm256_sub_epi64(bits, _mm256_slli_epi64::<52>(exponent));
            let biased = _mm256_xor_si256(exponent, _mm256_set1_epi64x(0x800));
            let number = _mm256_castsi256_pd(_mm256_or_si256(biased, _mm256_set1_epi64x(0x4330_0000_0000_0000)));
            (Self(_mm256_castsi256_pd(mantissa)), Self(_mm256_sub_pd(number, _mm256_set1_pd(4503599627370496.0 + 2048.0))))
        }
    }
    #[inline(always)]
    fn repeat_quad(source: &[f64; 4]) -> Self {
        Self::load(source)
    }
    #[inline(always)]
    fn join_quads(source: &[Quads<f64>], which: &[u32], c: usize) -> Self {
        Self::load(&source[which[0] as usize][c])
    }
    #[inline(always)]
    fn spread_quads(source: &[f64]) -> Self {
        Self::splat(source[0])
    }
    #[inline(always)]
    fn subtract_quads([x, y, z]: [Self; 3], [tx, ty, tz, _]: &mut [[f64; 4]; 4]) {
        // SAFETY: see the module.
        unsafe {
            subtract_from(x.0, tx);
            subtract_from(y.0, ty);
            subtract_from(z.0, tz);
        }
    }
    #[inline(always)]
    fn add_sums_of_quads(lanes: &[[Self; 3]], target: &mut [[f64; 4]; 4]) {
        for (k, lanes) in lanes.iter().enumerate() {
            for c in 0..3 {
                target[c][k] += lanes[c].sum();
            }
        }
    }
);

register!(F32x16, f32, 16, __m512,
    _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps _mm512_fmadd_ps
    _mm512_fnmadd_ps _mm512_sqrt_ps _mm512_min_ps _mm512_max_ps _mm512_xor_ps,
    round |v| _mm512_roundscale_ps::<NEAREST>(v), floor |v| _mm512_roundscale_ps::<DOWN>(v), abs |v| _mm512_abs_ps(v),
    reciprocal |v| {
        let guess = _mm512_rcp14_ps(v);
        _mm512_fmadd_ps(guess, _mm512_fnmadd_ps(v, guess, _mm512_set1_ps(1.0)), guess)
    },
    bits |a, b| _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b),
    select |a, b, then, otherwise| _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b), otherwise, then),
    choose |bits, then, otherwise| _mm512_mask_blend_ps(bits as u16, otherwise, then),
    halves |v| {
        let half = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps::<1>(v));
        sum_ps128(_mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half)))
    },
    #[inline(always)]
    fn store_indices(bits: u32, first: u32, target: &mut [u32]) -> usize {
        let target = &mut target[..16];
        // SAFETY: see the module; the slice has the sixteen numbers.
        unsafe {
            let all = _mm512_add_epi32(
                _mm512_set1_epi32(first as i32),
                _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
            );
            // In a register first: straight to memory is slow on some processors.
            _mm512_storeu_si512(target.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(bits as u16, all));
        }
        (bits & 0xffff).count_ones() as usize
    }
    #[inline(always)]
    fn store_selected(bits: u32, source: &[u32; 16], target: &mut [u32]) -> usize {
        let target = &mut target[..16];
        // SAFETY: see the module; both have the sixteen numbers.
        unsafe {
            let all = _mm512_loadu_si512(source.as_ptr().cast());
            _mm512_storeu_si512(target.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(bits as u16, all));
        }
        (bits & 0xffff).count_ones() as usize
    }
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm512_castps_si512(_mm512_add_ps(self.0, _mm512_set1_ps(SHIFT_F32 + 127.0)));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<23>(bits)))
        }
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm512_castps_si512(self.0);
            let exponent = _mm512_srai_epi32::<23>(_mm512_sub_epi32(bits, _mm512_set1_epi32(HALF_ROOT_F32)));
            let mantissa = _mm512_sub_epi32(bits, _mm512_slli_epi32::<23>(exponent));
            (Self(_mm512_castsi512_ps(mantissa)), Self(_mm512_cvtepi32_ps(exponent)))
        }
    }
    #[inline(always)]
    fn repeat_quad(source: &[f32; 4]) -> Self {
        // SAFETY: see the module; the array has the four numbers.
        unsafe { Self(_mm512_broadcast_f32x4(_mm_loadu_ps(source.as_ptr()))) }
    }
    #[inline(always)]
    fn join_quads(source: &[Quads<f32>], which: &[u32], c: usize) -> Self {
        let mut values = [0.0; 16];
        for (target, &k) in values.chunks_exact_mut(4).zip(which) {
            target.copy_from_slice(&source[k as usize][c]);
        }
        Self::load(&values)
    }
    #[inline(always)]
    fn spread_quads(source: &[f32]) -> Self {
        let source: &[f32; 4] = source.first_chunk().expect("four numbers");
        // SAFETY: see the module; the array has the four numbers.
        unsafe {
            let order = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
            Self(_mm512_permutexvar_ps(order, _mm512_castps128_ps512(_mm_loadu_ps(source.as_ptr()))))
        }
    }
    #[inline(always)]
    fn subtract_quads([x, y, z]: [Self; 3], target: &mut [[f32; 4]; 4]) {
        // Four groups each of x, y and z become two of each, then one of each side by side in one register.
        // SAFETY: see the module; the target is one register.
        unsafe {
            let xy = _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(x.0, y.0), _mm512_shuffle_f32x4::<0xee>(x.0, y.0));
            let half = _mm256_add_ps(_mm512_castps512_ps256(z.0), _mm512_extractf32x8_ps::<1>(z.0));
            let z = _mm512_zextps256_ps512(half);
            let sum = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(xy, z), _mm512_shuffle_f32x4::<0xdd>(xy, z));
            let at = target.as_flattened_mut().as_mut_ptr();
            _mm512_storeu_ps(at, _mm512_sub_ps(_mm512_loadu_ps(at), sum));
        }
    }
    #[inline(always)]
    fn add_sums_of_quads(lanes: &[[Self; 3]], target: &mut [[f32; 4]; 4]) {
        let [x, y, z] = lanes[0];
        // SAFETY: see the module; the target is one register.
        unsafe {
            let none = _mm512_setzero_ps();
            let xy = _mm512_add_ps(_mm512_unpacklo_ps(x.0, y.0), _mm512_unpackhi_ps(x.0, y.0));
            let z = _mm512_add_ps(_mm512_unpacklo_ps(z.0, none), _mm512_unpackhi_ps(z.0, none));
            // x, y, z and nothing of each particle, then transposed.
            let sums = _mm512_add_ps(_mm512_shuffle_ps::<0x44>(xy, z), _mm512_shuffle_ps::<0xee>(xy, z));
            let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            let at = target.as_flattened_mut().as_mut_ptr();
            _mm512_storeu_ps(at, _mm512_add_ps(_mm512_loadu_ps(at), _mm512_permutexvar_ps(order, sums)));
        }
    }
);

register!(F32x8, f32, 8, __m256,
    _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_div_ps _mm256_fmadd_ps
    _mm256_fnmadd_ps _mm256_sqrt_ps _mm256_min_ps _mm256_max_ps _mm256_xor_ps,
    round |v| _mm256_round_ps::<NEAREST>(v), floor |v| _mm256_round_ps::<DOWN>(v), abs |v| _mm256_andnot_ps(_mm256_set1_ps(-0.0), v),
    reciprocal |v| {
        let guess = _mm256_rcp_ps(v);
        _mm256_fmadd_ps(guess, _mm256_fnmadd_ps(v, guess, _mm256_set1_ps(1.0)), guess)
    },
    bits |a, b| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b)),
    select |a, b, then, otherwise| _mm256_blendv_ps(otherwise, then, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b)),
    choose |bits, then, otherwise| {
        let each = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits as i32), each), each);
        _mm256_blendv_ps(otherwise, then, _mm256_castsi256_ps(set))
    },
    halves |v| sum_ps128(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v))),
    #[inline(always)]
    fn exponential_of_two(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm256_castps_si256(_mm256_add_ps(self.0, _mm256_set1_ps(SHIFT_F32 + 127.0)));
            Self(_mm256_castsi256_ps(_mm256_slli_epi32::<23>(bits)))
        }
    }
    #[inline(always)]
    fn mantissa_and_exponent(self) -> (Self, Self) {
        // SAFETY: see the module.
        unsafe {
            let bits = _mm256_castps_si256(self.0);
            let exponent = _mm256_srai_epi32::<23>(_mm256_sub_epi32(bits, _mm256_set1_epi32(HALF_ROOT_F32)));
            let mantissa = _mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(exponent));
            (Self(_mm256_castsi256_ps(mantissa)), Self(_mm256_cvtepi32_ps(exponent)))
        }
    }
    #[inline(always)]
    fn repeat_quad(source: &[f32; 4]) -> Self {
        // SAFETY: see the module; the array has the four numbers.
        unsafe {
            let quad = _mm_loadu_ps(source.as_ptr());
            Self(_mm256_set_m128(quad, quad))
        }
    }
    #[inline(always)]
    fn join_quads(source: &[Quads<f32>], which: &[u32], c: usize) -> Self {
        let (low, high) = (&source[which[0] as usize][c], &source[which[1] as usize][c]);
        // SAFETY: see the module; each array has the four numbers.
        unsafe { Self(_mm256_set_m128(_mm_loadu_ps(high.as_ptr()), _mm_loadu_ps(low.as_ptr()))) }
    }
    #[inline(always)]
    fn spread_quads(source: &[f32]) -> Self {
        // SAFETY: see the module.
        unsafe { Self(_mm256_set_m128(_mm_set1_ps(source[1]), _mm_set1_ps(source[0]))) }
    }
    #[inline(always)]
    fn subtract_quads([x, y, z]: [Self; 3], target: &mut [[f32; 4]; 4]) {
        // SAFETY: see the module; the target has room for two registers.
        unsafe {
            let xy = _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(x.0, y.0), _mm256_permute2f128_ps::<0x31>(x.0, y.0));
            let z = _mm_add_ps(_mm256_castps256_ps128(z.0), _mm256_extractf128_ps::<1>(z.0));
            let at = target.as_flattened_mut().as_mut_ptr();
            _mm256_storeu_ps(at, _mm256_sub_ps(_mm256_loadu_ps(at), xy));
            _mm_storeu_ps(at.add(8), _mm_sub_ps(_mm_loadu_ps(at.add(8)), z));
        }
    }
    #[inline(always)]
    fn add_sums_of_quads(lanes: &[[Self; 3]], target: &mut [[f32; 4]; 4]) {
        for (k, lanes) in lanes.iter().enumerate() {
            for c in 0..3 {
                // SAFETY: see the module.
                unsafe {
                    target[c][2 * k] += sum_ps128(_mm256_castps256_ps128(lanes[c].0));
                    target[c][2 * k + 1] += sum_ps128(_mm256_extractf128_ps::<1>(lanes[c].0));
                }
            }
        }
    }
);
