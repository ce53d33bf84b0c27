//! Choice of the instruction set at run time: the one module with `unsafe`.

use crate::lane::{Fused, Lane, Lanes, Separate};
use std::sync::OnceLock;

/// An instruction set that a kernel can be compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 F, DQ, VL and FMA: 8 f64 a register.
    Avx512,
    /// AVX2 and FMA: 4 f64 a register.
    Avx2,
    /// Whatever the target guarantees; multiply and add are rounded separately.
    Portable,
}

/// Work that can be run with any lane type.
///
/// Implementations mark `run` and everything below it `#[inline(always)]`: only code inlined into the function of an instruction
/// set is compiled for it.
pub trait Kernel {
    /// What the work returns.
    type Output;
    /// Does the work with lanes of type `L`.
    fn run<L: Lane>(self) -> Self::Output;
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

#[cfg(target_arch = "x86_64")]
fn detect() -> InstructionSet {
    if is_x86_feature_detected!("fma") {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl") {
            return InstructionSet::Avx512;
        }
        if is_x86_feature_detected!("avx2") {
            return InstructionSet::Avx2;
        }
    }
    InstructionSet::Portable
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> InstructionSet {
    InstructionSet::Portable
}

/// Runs `kernel` with the widest lanes of this processor.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    dispatch_with(instruction_set(), kernel)
}

/// Runs `kernel` for `set`, or for the widest set this processor has where it lacks `set` (tests compare the forms by it).
#[inline]
pub fn dispatch_with<K: Kernel>(set: InstructionSet, kernel: K) -> K::Output {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 if detect() == InstructionSet::Avx512 => {
            // SAFETY: `detect` has just found every feature that `run_avx512` is compiled for.
            unsafe { run_avx512(kernel) }
        }
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 | InstructionSet::Avx2 if detect() != InstructionSet::Portable => {
            // SAFETY: AVX2 and FMA were found; a processor with AVX-512 has AVX2 too.
            unsafe { run_avx2(kernel) }
        }
        _ => kernel.run::<Lanes<4, Separate>>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Lanes<8, Fused>>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Lanes<4, Fused>>()
}
