//! What a training is between two steps, and why it may not go on.

use super::report::{Evaluation, StageReport};
use crate::generator::Generator;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Why a training cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The settings do not pass [`Training::problems`](crate::Training::problems).
    #[error("training settings: `{key}`: found {found}, expected {expected}")]
    Settings {
        /// Path of the setting.
        key: String,
        /// What is there.
        found: String,
        /// What would do.
        expected: String,
    },
    /// A sample with a number that is not finite, or a row that is cut short.
    #[error("training samples: row {row}: found {found}, expected {expected}")]
    Sample {
        /// The row, from 0.
        row: usize,
        /// What is there.
        found: String,
        /// What would do.
        expected: String,
    },
    /// Too few samples to keep some out.
    #[error("training samples: found {found} rows, expected at least 2")]
    TooFewSamples {
        /// Number of rows.
        found: usize,
    },
    /// Losses stayed infinite or NaN, however small the step.
    #[error("training diverged in stage {stage} at step {step}: losses were not finite even at {rate:e} of the learning rate")]
    Diverged {
        /// Stage, from 0.
        stage: usize,
        /// Step of the stage.
        step: usize,
        /// What was left of the step size.
        rate: f64,
    },
    /// The state to resume from belongs to another flow or training.
    #[error("training state: found {found}, expected {expected}")]
    State {
        /// What it is for.
        found: String,
        /// What would do.
        expected: String,
    },
    /// A tensor operation failed.
    #[error("tensor operation: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// All that a training needs to go on to the same bytes, beside its settings, samples and target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    pub(crate) seed: u64,
    pub(crate) parameters: Vec<f64>,
    pub(crate) first: Vec<f64>,
    pub(crate) second: Vec<f64>,
    pub(crate) adam_step: u64,
    pub(crate) stage: usize,
    pub(crate) step: usize,
    pub(crate) rng: Xoshiro256PlusPlus,
    pub(crate) best_parameters: Vec<f64>,
    pub(crate) best_loss: f64,
    pub(crate) best_step: usize,
    pub(crate) since_best: usize,
    pub(crate) skipped: usize,
    pub(crate) skipped_in_row: usize,
    pub(crate) bad_rows: u64,
    pub(crate) rows: u64,
    pub(crate) rate_factor: f64,
    pub(crate) halvings: usize,
    pub(crate) loss_sum: f64,
    pub(crate) loss_count: usize,
    pub(crate) reference: f64,
    pub(crate) source_reference: f64,
    pub(crate) stages: Vec<StageReport>,
    pub(crate) losses: Vec<Evaluation>,
    pub(crate) seconds: f64,
    pub(crate) steps: usize,
    pub(crate) energy_evaluations: u64,
}

impl TrainingState {
    /// The state before the first step.
    pub(crate) fn new(generator: &Generator, seed: u64) -> Self {
        let n = generator.n_parameters();
        Self {
            seed,
            parameters: generator.parameters().to_vec(),
            first: vec![0.0; n],
            second: vec![0.0; n],
            adam_step: 0,
            stage: 0,
            step: 0,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            best_parameters: generator.parameters().to_vec(),
            best_loss: f64::INFINITY,
            best_step: 0,
            since_best: 0,
            skipped: 0,
            skipped_in_row: 0,
            bad_rows: 0,
            rows: 0,
            rate_factor: 1.0,
            halvings: 0,
            loss_sum: 0.0,
            loss_count: 0,
            reference: 0.0,
            source_reference: 0.0,
            stages: Vec::new(),
            losses: Vec::new(),
            seconds: 0.0,
            steps: 0,
            energy_evaluations: 0,
        }
    }

    /// How the stage has gone so far.
    pub(super) fn stage_report(&self, stopped_early: bool) -> StageReport {
        StageReport {
            steps: self.step,
            skipped: self.skipped,
            bad_rows: self.bad_rows,
            rows: self.rows,
            best_step: self.best_step,
            held_out_loss: self.best_loss,
            stopped_early,
        }
    }

    /// Parameters as they are now.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Parameters of the best evaluation of this stage, or of the last one when all are done.
    pub fn best_parameters(&self) -> &[f64] {
        &self.best_parameters
    }

    /// Steps done in all.
    pub fn steps(&self) -> usize {
        self.steps
    }
}
