//! What every crate of mcflow shares: SIMD lanes without intrinsics, and the [`Problem`]s that an input can have.
//!
//! A kernel is written once, generic over a [`Lane`], and [`dispatch`] runs it with the widest lane of the processor at hand:
//!
//! | instruction set | lane | elements |
//! |---|---|---|
//! | AVX-512 | `Lanes<8, Fused>` | 8 f64 |
//! | AVX2 with FMA | `Lanes<4, Fused>` | 4 f64 |
//! | any other | `Lanes<4, Separate>` | 4 f64 |
//!
//! A lane is an array; the compiler turns its element-wise loops into vector instructions because the kernel is inlined into a
//! function compiled for that instruction set. No intrinsic is used, so a new operation is one line. Results are the same bytes
//! for the same instruction set, whatever the number of threads; between instruction sets they differ by rounding only.
//!
//! All `unsafe` code of the workspace's kernels is in the function [`dispatch_with`].

mod dispatch;
mod elementary;
mod lane;
mod problem;

pub use dispatch::{InstructionSet, Kernel, dispatch, dispatch_with, instruction_set};
pub use lane::{Fused, Fusion, Lane, Lanes, Separate};
pub use problem::Problem;
