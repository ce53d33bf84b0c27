//! Choice of the instruction set at run time.

use crate::{Element, Lane};
use std::sync::OnceLock;

/// An instruction set that a kernel can be compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 F, DQ, VL and FMA: 8 f64 or 16 f32 a register.
    Avx512,
    /// AVX2 and FMA: 4 f64 or 8 f32 a register.
    Avx2,
    /// Whatever the target guarantees: arrays of 4; multiply and add are rounded separately.
    Portable,
}

impl InstructionSet {
    /// Its name in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "AVX-512",
            Self::Avx2 => "AVX2",
            Self::Portable => "portable",
        }
    }
}

/// Work that can be run with any lane type.
///
/// Implementations mark `run` and everything below it `#[inline(always)]`: only code inlined into the function of an instruction
/// set is compiled for it.
pub trait Kernel<T: Element = f64> {
    /// What the work returns.
    type Output;
    /// Does the work with lanes of type `L`.
    fn run<L: Lane<T>>(self) -> Self::Output;
}

/// The widest instruction set of this processor; `MCFLOW_INSTRUCTION_SET=portable|avx2|avx512` lowers it (never raises it).
pub fn instruction_set() -> InstructionSet {
    static FOUND: OnceLock<InstructionSet> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let best = detect();
        match std::env::var("MCFLOW_INSTRUCTION_SET").as_deref() {
            Ok("portable") => InstructionSet::Portable,
            Ok("avx2") if best == InstructionSet::Avx512 => InstructionSet::Avx2,
            _ => best,
        }
    })
}

/// Runs `kernel` with the widest lanes of this processor.
#[inline]
pub fn dispatch<T: Element, K: Kernel<T>>(kernel: K) -> K::Output {
    T::dispatch(instruction_set(), kernel)
}

/// Runs `kernel` for `set`, or for the widest set this processor has where it lacks `set` (tests compare the forms by it).
#[inline]
pub fn dispatch_with<T: Element, K: Kernel<T>>(set: InstructionSet, kernel: K) -> K::Output {
    T::dispatch(set, kernel)
}

#[cfg(target_arch = "x86_64")]
pub(crate) use crate::registers::{detect, run_f32 as dispatch_f32, run_f64 as dispatch_f64};

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use elsewhere::*;

#[cfg(not(target_arch = "x86_64"))]
mod elsewhere {
    use super::{InstructionSet, Kernel};
    use crate::Array;

    pub(crate) fn detect() -> InstructionSet {
        InstructionSet::Portable
    }
    pub(crate) fn dispatch_f64<K: Kernel<f64>>(_: InstructionSet, kernel: K) -> K::Output {
        kernel.run::<Array<f64, 4>>()
    }
    pub(crate) fn dispatch_f32<K: Kernel<f32>>(_: InstructionSet, kernel: K) -> K::Output {
        kernel.run::<Array<f32, 4>>()
    }
}
