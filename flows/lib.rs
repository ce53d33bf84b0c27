//! Normalizing flows on rows of numbers, with exact log-determinants, and their training.
//!
//! A [`Generator`] is a prior and a list of layers, a bijection x = f(z) on rows `[batch, dim]` of f64 (row-major). It knows nothing of
//! particles: each number of a row has an [`Axis`], its range. The density is ln q(f(z)) = ln p(z) - ln|det df/dz|.
//!
//! Each layer's arithmetic exists once: forward, inverse and their vector-Jacobian product on plain slices, in lanes. The
//! engine calls it directly; [`train`] wraps it as a candle custom operation ([`FlowOperation`]), so that losses are composed and
//! differentiated by tensors. A row's result never depends on the batch it is in, nor on the number of threads.
//!
//! ```
//! use mcflow_flows::{Architecture, Generator, Prior, Spline, Stage, Training, train};
//! use std::ops::ControlFlow;
//!
//! // A law by its reduced energy u = x^2 / 2 and the derivative of it, and samples of it.
//! let law = |rows: &[f64], u: &mut [f64], gradient: &mut [f64]| {
//!     for ((x, u), g) in rows.iter().zip(u).zip(gradient) {
//!         (*u, *g) = (0.5 * x * x, *x);
//!     }
//! };
//! let samples: Vec<f64> = (1..200).map(|k| 1.5 - 0.015 * f64::from(k)).collect();
//!
//! let mut generator = Generator::new(&Architecture::Spline(Spline { blocks: 1, hidden: vec![8], ..Spline::default() }), Prior::Gaussian, 1, 1);
//! generator.standardise(&samples);
//! let stage = Stage { steps: 50, batch: 64, learning_rate: 0.01, maximum_likelihood: 1.0, reverse_kl: 1.0, ..Stage::default() };
//! let training = Training { stages: vec![stage], ..Training::default() };
//! let report = train(&mut generator, &samples, &law, &training, 1, &mut |_| ControlFlow::Continue(())).unwrap();
//! assert!(report.held_out_loss < report.loss_before(0).unwrap());
//!
//! let mut log_density = [0.0];
//! generator.log_density(&[0.2], &mut log_density);
//! assert!(log_density[0].is_finite());
//! ```

mod architecture;
mod axes;
mod buffer;
mod conditioners;
mod direction;
mod fit;
mod flow;
mod generator;
mod header;
mod layers;
mod objectives;
mod operation;
mod prior;
mod target;
mod tensor;
mod training;
mod transforms;
mod weights;

#[cfg(test)]
mod checks;

pub use architecture::Architecture;
pub use axes::Axis;
pub use conditioners::Activation;
pub use direction::Direction;
pub use fit::Standardisation;
pub use generator::Generator;
pub use header::{End, EndKind, Header, WeightsError};
pub use layers::{Householder, RealNvp, Spline};
pub use objectives::{EnergyCap, EnergyOperation, Growth};
pub use operation::FlowOperation;
pub use prior::Prior;
pub use target::Target;
pub use training::{
    Data, Ensemble, Evaluation, ObjectiveFigure, Progress, Schedule, Stage, StageReport, Trainer, Training, TrainingError, TrainingReport,
    TrainingState, train,
};
