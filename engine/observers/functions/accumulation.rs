//! What a function keeps of each walker of a run, and how a checkpoint has it.

use super::{AccumulatedFunction, Curve, Sample};
use rayon::prelude::*;
use std::ops::Range;

/// The accumulators of one function, one a walker of the run.
pub trait Accumulation: Send + Sync {
    /// Adds one sample of each walker, in the order of the walkers.
    fn add(&mut self, samples: &[Sample]);

    /// The function over some walkers, which sample one distribution; `None` where nothing was added.
    fn curve(&self, walkers: Range<usize>) -> Option<Curve>;

    /// All accumulators as bytes.
    fn stored(&self) -> Vec<u8>;
}

/// The accumulators of the function `F`.
pub(super) struct Walkers<F: AccumulatedFunction> {
    function: F,
    accumulators: Vec<F::Accumulator>,
}

impl<F: AccumulatedFunction> Walkers<F> {
    /// Nothing added yet.
    pub(super) fn empty(function: &F, accumulator: F::Accumulator, walkers: usize) -> Self {
        Self { function: function.clone(), accumulators: vec![accumulator; walkers] }
    }

    /// What [`Accumulation::stored`] has written, of as many walkers.
    ///
    /// # Errors
    /// Says what the bytes are instead.
    pub(super) fn restored(function: &F, stored: &[u8], walkers: usize) -> Result<Self, String> {
        let accumulators: Vec<F::Accumulator> =
            postcard::from_bytes(stored).map_err(|error| format!("damaged counts of the function {:?}: {error}", function.name()))?;
        if accumulators.len() != walkers {
            return Err(format!("counts of {} walkers of the function {:?}, not of {walkers}", accumulators.len(), function.name()));
        }
        Ok(Self { function: function.clone(), accumulators })
    }
}

impl<F: AccumulatedFunction> Accumulation for Walkers<F> {
    fn add(&mut self, samples: &[Sample]) {
        let function = &self.function;
        self.accumulators.par_iter_mut().zip(samples).for_each(|(accumulator, sample)| function.add(accumulator, sample));
    }

    fn curve(&self, walkers: Range<usize>) -> Option<Curve> {
        self.function.curve(&self.accumulators[walkers])
    }

    fn stored(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.accumulators).expect("numbers are written into memory")
    }
}
