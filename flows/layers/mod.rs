//! The layers of a flow, and what a user writes of them: a file each, and a line in the list below.

mod blocks;
mod coupling;
mod covariance;
mod householder;
mod layer;
mod part;
mod ranges;
mod real_nvp;
mod spline;
mod standardise;

pub(crate) use coupling::Coupling;
pub(crate) use covariance::{Covariance, covariance};
pub use householder::Householder;
pub(crate) use layer::Layer;
pub(crate) use part::{Part, Setting};
pub(crate) use ranges::Ranges;
pub use real_nvp::RealNvp;
pub use spline::Spline;
pub(crate) use standardise::Standardise;

use householder::Reflections;

use crate::direction::Direction;
use crate::tensor::{NamedTensor, Unfit};
use mcflow_base::Lane;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Declares the enum of all layers, what each keeps beside it, and the match that calls the one at hand: the only places that know all kinds.
macro_rules! layers {
    ($($(#[$about:meta])* $kind:ident in $place:ident;)*) => {
        /// A layer of any kind.
        #[derive(Clone, Debug)]
        pub(crate) enum AnyLayer {
            $($(#[$about])* $kind($kind),)*
        }

        /// Packed parameters of a layer, in the place of its kind.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Packed {
            $($place: <$kind as Layer>::Packed,)*
        }

        /// What a layer keeps of a chunk of rows, in the place of its kind.
        #[derive(Debug, Default)]
        pub(crate) struct Tape {
            $($place: <$kind as Layer>::Tape,)*
        }

        impl Layer for AnyLayer {
            type Packed = Packed;
            type Tape = Tape;

            fn name(&self) -> &'static str {
                match self { $(Self::$kind(kind) => kind.name(),)* }
            }
            fn tensors(&self) -> Vec<NamedTensor> {
                match self { $(Self::$kind(kind) => kind.tensors(),)* }
            }
            fn numbers(&self) -> Vec<f64> {
                match self { $(Self::$kind(kind) => kind.numbers(),)* }
            }
            fn set_numbers(&mut self, numbers: &[f64]) -> Result<(), Unfit> {
                match self { $(Self::$kind(kind) => kind.set_numbers(numbers),)* }
            }
            fn initialise(&self, rng: &mut Xoshiro256PlusPlus, parameters: &mut [f64]) {
                match self { $(Self::$kind(kind) => kind.initialise(rng, parameters),)* }
            }
            fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut Packed) {
                match self { $(Self::$kind(kind) => kind.pack(parameters, gradients, &mut packed.$place),)* }
            }
            fn log_det(&self) -> f64 {
                match self { $(Self::$kind(kind) => kind.log_det(),)* }
            }
            #[inline(always)]
            fn apply<L: Lane, const RECORD: bool>(
                &self,
                direction: Direction,
                packed: &Packed,
                rows: &mut [f64],
                dim: usize,
                log_det: &mut [f64],
                tape: &mut Tape,
            ) {
                match self {
                    $(Self::$kind(kind) => kind.apply::<L, RECORD>(direction, &packed.$place, rows, dim, log_det, &mut tape.$place),)*
                }
            }
            #[inline(always)]
            fn vjp<L: Lane>(
                &self,
                direction: Direction,
                packed: &Packed,
                rows: &mut [f64],
                dim: usize,
                log_det: &[f64],
                tape: &mut Tape,
                gradient: &mut [f64],
            ) {
                match self {
                    $(Self::$kind(kind) => kind.vjp::<L>(direction, &packed.$place, rows, dim, log_det, &mut tape.$place, gradient),)*
                }
            }
        }

        $(impl From<$kind> for AnyLayer {
            fn from(layer: $kind) -> Self {
                Self::$kind(layer)
            }
        })*
    };
}

layers! {
    /// Half lines and intervals from a line.
    Ranges in ranges;
    /// Centre and scale of each number.
    Standardise in standardise;
    /// A matrix that is set from covariances.
    Covariance in covariance;
    /// A half update.
    Coupling in coupling;
    /// A product of reflections.
    Reflections in reflections;
}
