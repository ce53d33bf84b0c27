//! The loop over the steps of a training.

use super::data::Data;
use super::report::{Progress, TrainingReport};
use super::settings::Training;
use super::state::TrainingError;
use super::trainer::Trainer;
use crate::generator::Generator;
use crate::target::Target;
use std::ops::ControlFlow;

/// Trains `generator` on `samples` `[n, dim]` (empty where no stage uses J_ML) and `target`, and leaves the best weights in it.
///
/// `progress` is called after each step and may stop the training. The result's bytes depend on the seed, not on the number of threads.
///
/// # Errors
///
/// If settings or samples cannot be used, or losses stay infinite or NaN; the generator is then unchanged.
pub fn train(
    generator: &mut Generator,
    samples: &[f64],
    target: &dyn Target,
    training: &Training,
    seed: u64,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<TrainingReport, TrainingError> {
    let mut trainer = Trainer::new(generator, Data::generator(samples, target), training, seed)?;
    while let Some(step) = trainer.step()? {
        if progress(&step).is_break() {
            break;
        }
    }
    Ok(trainer.finish(generator))
}
