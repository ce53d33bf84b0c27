//! The functions that make the parameters of a transform: a file each, and a line in the list below.

mod activation;
mod conditioner;
mod dense;
mod matrix;

pub use activation::Activation;
pub(crate) use conditioner::Conditioner;
pub(crate) use dense::Dense;
#[cfg(test)]
pub(crate) use matrix::{Product, multiply, outer, pack, pack_transposed};
pub(crate) use matrix::{padded, row_stride};

use crate::tensor::NamedTensor;
use mcflow_base::Lane;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Declares the enum of all conditioners, what each keeps beside it, and the match that calls the one at hand: the only places that know all kinds.
macro_rules! conditioners {
    ($($(#[$about:meta])* $kind:ident in $place:ident;)*) => {
        /// A conditioner of any kind.
        #[derive(Clone, Debug)]
        pub(crate) enum AnyConditioner {
            $($(#[$about])* $kind($kind),)*
        }

        /// Packed parameters of a conditioner, those of its kind.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Packed {
            $($place: <$kind as Conditioner>::Packed,)*
        }

        /// What a conditioner keeps of a chunk of rows, in the place of its kind.
        #[derive(Debug, Default)]
        pub(crate) struct Tape {
            $($place: <$kind as Conditioner>::Tape,)*
        }

        impl Conditioner for AnyConditioner {
            type Packed = Packed;
            type Tape = Tape;

            fn tensors(&self) -> Vec<NamedTensor> {
                match self { $(Self::$kind(kind) => kind.tensors(),)* }
            }
            fn initialise(&self, rng: &mut Xoshiro256PlusPlus, parameters: &mut [f64]) {
                match self { $(Self::$kind(kind) => kind.initialise(rng, parameters),)* }
            }
            fn pack(&self, parameters: &[f64], gradients: bool, packed: &mut Packed) {
                match self { $(Self::$kind(kind) => kind.pack(parameters, gradients, &mut packed.$place),)* }
            }
            fn reserve(&self, n: usize, gradients: bool, tape: &mut Tape) {
                match self { $(Self::$kind(kind) => kind.reserve(n, gradients, &mut tape.$place),)* }
            }
            #[inline(always)]
            fn inputs<'t>(&self, n: usize, tape: &'t mut Tape) -> &'t mut [f64] {
                match self { $(Self::$kind(kind) => kind.inputs(n, &mut tape.$place),)* }
            }
            #[inline(always)]
            fn outputs<'t>(&self, n: usize, tape: &'t mut Tape) -> &'t mut [f64] {
                match self { $(Self::$kind(kind) => kind.outputs(n, &mut tape.$place),)* }
            }
            #[inline(always)]
            fn forward<L: Lane, const RECORD: bool>(&self, packed: &Packed, n: usize, tape: &mut Tape) {
                match self { $(Self::$kind(kind) => kind.forward::<L, RECORD>(&packed.$place, n, &mut tape.$place),)* }
            }
            #[inline(always)]
            fn vjp<'t, L: Lane>(&self, packed: &Packed, n: usize, tape: &'t mut Tape, gradient: &mut [f64]) -> &'t [f64] {
                match self { $(Self::$kind(kind) => kind.vjp::<L>(&packed.$place, n, &mut tape.$place, gradient),)* }
            }
        }
    };
}

conditioners! {
    /// A fully connected network.
    Dense in dense;
}
