//! Accumulated functions: what is measured of every sample and kept as counts or sums, such as profiles and radial distribution functions.
//!
//! Each is a struct in a file of its own, which is what the user writes, with an accumulator of one walker.
//! [`Observable`](super::Observable) lists them for the reader of inputs.

mod accumulation;
mod curve;
mod mean_square_displacement;
mod profile;
mod radial_distribution;

pub use accumulation::Accumulation;
pub use curve::{Caption, Curve, Picture};
pub use mean_square_displacement::MeanSquareDisplacement;
pub use profile::Profile;
pub use radial_distribution::RadialDistribution;

use super::{Subject, Variable};
use accumulation::Walkers;
use mcflow_base::Problem;
use mcflow_potentials::{Configuration, Particles};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;

/// One sample of a walker.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The number of its sweep; the first of production is 1.
    pub sweep: u64,
    /// Positions and cell. Positions go on across the faces of a periodic cell: nothing brings them back into it.
    pub configuration: &'a Configuration,
    /// Types and masses.
    pub particles: &'a Particles,
}

/// A function that is accumulated sample by sample, with all that is to be known of it; the rest follows (see [`Function`]).
///
/// ```
/// use mcflow_engine::observers::{AccumulatedFunction, Curve, Sample, Subject};
/// use mcflow_base::Problem;
/// /// The mean of x^2 of each particle, by its number.
/// #[derive(Clone, Debug)]
/// struct Spread { name: String }
/// impl AccumulatedFunction for Spread {
///     /// Samples, and the sum of x^2 of each particle.
///     type Accumulator = (u64, Vec<f64>);
///     fn name(&self) -> &str {
///         &self.name
///     }
///     fn problems(&self, _: &Subject) -> Vec<Problem> {
///         Vec::new()
///     }
///     fn numbers(&self, subject: &Subject) -> f64 {
///         subject.n() as f64
///     }
///     fn accumulator(&self, subject: &Subject) -> Self::Accumulator {
///         (0, vec![0.0; subject.n()])
///     }
///     fn add(&self, (samples, sums): &mut Self::Accumulator, sample: &Sample) {
///         *samples += 1;
///         sums.iter_mut().zip(sample.configuration.positions.component(0)).for_each(|(sum, x)| *sum += x * x);
///     }
///     fn curve(&self, walkers: &[Self::Accumulator]) -> Option<Curve> {
///         let samples: u64 = walkers.iter().map(|(samples, _)| samples).sum();
///         let (_, first) = walkers.first().filter(|_| samples > 0)?;
///         let mean = |i: usize| walkers.iter().map(|(_, sums)| sums[i]).sum::<f64>() / samples as f64;
///         let points = (0..first.len()).map(|i| vec![Some(i as f64), Some(mean(i))]).collect();
///         Some(Curve { kind: "Spread", columns: &["particle", "value"], points, figures: Vec::new(), picture: None })
///     }
/// }
/// use mcflow_engine::observers::Function;
/// use mcflow_potentials::{Cell, Configuration, Particles, Vectors};
/// let (particles, cell) = (Particles::alike("A", 2, 1.0), Cell::open(1));
/// let configuration = Configuration { positions: Vectors::from_row(1, &[3.0, 1.0]), cell: cell.clone() };
/// let mut accumulation = Function::begin(&Spread { name: "spread".to_string() }, &Subject::new(&particles, &cell), 1);
/// accumulation.add(&[Sample { sweep: 1, configuration: &configuration, particles: &particles }]);
/// assert_eq!(accumulation.curve(0..1).unwrap().points[0], [Some(0.0), Some(9.0)]);
/// ```
pub trait AccumulatedFunction: Clone + Debug + Send + Sync + 'static {
    /// What is kept of one walker. A checkpoint has it, and a resumed run goes on with it to the same bytes.
    type Accumulator: Clone + Send + Sync + Serialize + DeserializeOwned;

    /// Its name, which the user has given.
    fn name(&self) -> &str;

    /// What the user may have got wrong: each problem with the key of the input that it is about. Names are checked elsewhere.
    fn problems(&self, subject: &Subject) -> Vec<Problem>;

    /// The variable that it is a function of, where it is one of a variable.
    fn variable(&self) -> Option<&Variable> {
        None
    }

    /// Whether it is one of the time of dynamics, which other moves and refused steps spoil.
    fn is_of_time(&self) -> bool {
        false
    }

    /// The same function with what it needs of the particles filled in.
    #[must_use]
    fn bound(&self, _subject: &Subject) -> Self {
        self.clone()
    }

    /// How many numbers are kept of one walker, about: what the memory of a run is estimated by.
    fn numbers(&self, subject: &Subject) -> f64;

    /// An accumulator to which nothing was added. The function has no problems.
    fn accumulator(&self, subject: &Subject) -> Self::Accumulator;

    /// Adds one sample of the walker.
    fn add(&self, accumulator: &mut Self::Accumulator, sample: &Sample);

    /// The function with its errors over walkers that sample one distribution; `None` where nothing was added.
    fn curve(&self, walkers: &[Self::Accumulator]) -> Option<Curve>;
}

/// An accumulated function of any kind: what a run holds, made of every [`AccumulatedFunction`].
pub trait Function: Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// What the user may have got wrong.
    fn problems(&self, subject: &Subject) -> Vec<Problem>;

    /// The variable that it is a function of, where it is one of a variable.
    fn variable(&self) -> Option<&Variable>;

    /// Whether it is one of the time of dynamics, which other moves and refused steps spoil.
    fn is_of_time(&self) -> bool;

    /// The same function with what it needs of the particles filled in.
    fn bound(&self, subject: &Subject) -> Arc<dyn Function>;

    /// How many numbers are kept of one walker, about.
    fn numbers(&self, subject: &Subject) -> f64;

    /// Accumulators of as many walkers, to which nothing was added.
    fn begin(&self, subject: &Subject, walkers: usize) -> Box<dyn Accumulation>;

    /// Accumulators as a checkpoint has them.
    ///
    /// # Errors
    /// Says what the bytes are instead.
    fn resume(&self, stored: &[u8], walkers: usize) -> Result<Box<dyn Accumulation>, String>;
}

impl<F: AccumulatedFunction> Function for F {
    fn name(&self) -> &str {
        AccumulatedFunction::name(self)
    }

    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        AccumulatedFunction::problems(self, subject)
    }

    fn variable(&self) -> Option<&Variable> {
        AccumulatedFunction::variable(self)
    }

    fn is_of_time(&self) -> bool {
        AccumulatedFunction::is_of_time(self)
    }

    fn bound(&self, subject: &Subject) -> Arc<dyn Function> {
        Arc::new(AccumulatedFunction::bound(self, subject))
    }

    fn numbers(&self, subject: &Subject) -> f64 {
        AccumulatedFunction::numbers(self, subject)
    }

    fn begin(&self, subject: &Subject, walkers: usize) -> Box<dyn Accumulation> {
        Box::new(Walkers::empty(self, self.accumulator(subject), walkers))
    }

    fn resume(&self, stored: &[u8], walkers: usize) -> Result<Box<dyn Accumulation>, String> {
        Ok(Box::new(Walkers::restored(self, stored, walkers)?))
    }
}

/// What is wrong with a number of bins.
fn problems_of_bins(bins: usize) -> Option<Problem> {
    (!(1..=1_000_000).contains(&bins)).then(|| Problem::new("bins", bins, "a whole number from 1 to 1000000"))
}

/// The number of bins unless it is given.
fn hundred() -> usize {
    100
}
