//! What every crate of mcflow shares: SIMD lanes, the normal distribution, and the [`Problem`]s that an input can have.
//!
//! A kernel is written once, generic over a [`Lane`] of an [`Element`] (f64 or f32), and [`dispatch`] runs it with the widest lane of
//! the processor at hand:
//!
//! | instruction set | lane | f64 | f32 |
//! |---|---|---|---|
//! | AVX-512 | a 512-bit register | 8 | 16 |
//! | AVX2 with FMA | a 256-bit register | 4 | 8 |
//! | any other | [`Array`] | 4 | 4 |
//!
//! A register type is a thin wrapper of intrinsics, so that sums stay in registers whatever the shape of the loop around them.
//! Results are the same bytes for the same instruction set, whatever the number of threads; between instruction sets they differ by
//! rounding only.
//!
//! All `unsafe` code of the workspace is in the module `registers`, with its safety argument.

mod aligned;
mod array;
mod dispatch;
mod element;
mod elementary;
mod lane;
mod normal;
mod problem;
#[cfg(target_arch = "x86_64")]
mod registers;

pub use aligned::{Aligned, Quads};
pub use array::Array;
pub use dispatch::{InstructionSet, Kernel, dispatch, dispatch_with, instruction_set};
pub use element::Element;
pub use elementary::{Elementary, polynomial};
pub use lane::Lane;
pub use normal::{normal_cumulative, normal_quantile};
pub use problem::Problem;
