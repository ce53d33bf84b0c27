//! Normalizing flows on rows of numbers, with exact log-determinants, and their training.
//!
//! A [`Generator`] is a prior and a chain of bijections x = f(z) on rows `[batch, dim]` of f64 (row-major). It knows nothing of
//! particles. Its density is ln q(f(z)) = ln p(z) - ln|det df/dz|.
//!
//! Each layer's arithmetic exists once: forward, inverse and their vector-Jacobian product on plain slices, in lanes. The
//! engine calls it directly; [`train`] wraps it as a candle custom operation ([`FlowOperation`]), so that losses are composed and
//! differentiated by tensors. A row's result never depends on the batch it is in, nor on the number of threads.

mod adam;
mod affine;
mod architecture;
mod axes;
mod coordinates;
mod coupling;
mod flow;
mod generator;
mod linear;
mod matrix;
mod network;
mod objective;
mod operation;
mod spline;
mod state;
mod train;
mod trainer;
mod training;
mod weights;

#[cfg(test)]
mod checks;

pub use architecture::{Activation, Architecture, Prior};
pub use axes::Axis;
pub use coordinates::{Bond, Coordinates};
pub use flow::Direction;
pub use generator::{Generator, Standardisation};
pub use objective::{EnergyCap, EnergyOperation, Growth, Target};
pub use operation::FlowOperation;
pub use state::{TrainingError, TrainingState};
pub use train::train;
pub use trainer::{Data, Ensemble, Trainer};
pub use training::{Evaluation, Progress, Schedule, Stage, StageReport, Training, TrainingReport};
pub use weights::{End, EndKind, Header, WeightsError};
