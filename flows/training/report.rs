//! What a training tells, while it runs and afterwards.

use super::stage::Stage;
use crate::objectives::Objective;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Losses at one evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Stage, from 0.
    pub stage: usize,
    /// Steps of the stage before it.
    pub step: usize,
    /// Mean training loss since the last evaluation; none before the first step.
    pub train: Option<f64>,
    /// The stage's weighted loss on held-out rows: what decides.
    pub held_out: f64,
    /// The value of each objective that was evaluated, by its name: those of the stage, and those that need samples alone. Energies are
    /// regularised, and relative to u_0.
    pub objectives: BTreeMap<String, f64>,
}

impl Evaluation {
    /// The value of the objective of this name.
    pub fn of(&self, objective: &str) -> Option<f64> {
        self.objectives.get(objective).copied()
    }
}

/// How an objective is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectiveFigure {
    /// Its name in [`Evaluation::objectives`].
    pub name: &'static str,
    /// The title of a figure of it.
    pub title: &'static str,
    /// The label of its values.
    pub label: &'static str,
}

impl ObjectiveFigure {
    /// Those of all objectives.
    pub fn all() -> Vec<Self> {
        let figure = |(_, objective): (f64, &'static dyn Objective)| {
            let [title, label] = objective.figure();
            Self { name: objective.name(), title, label }
        };
        Stage::default().objectives().into_iter().map(figure).collect()
    }
}

/// What a training tells while it runs, after each step.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Stage, from 0.
    pub stage: usize,
    /// Number of stages.
    pub stages: usize,
    /// Steps done in the stage.
    pub step: usize,
    /// Steps of the stage.
    pub steps: usize,
    /// Training loss of this step; not finite where the step was skipped.
    pub loss: f64,
    /// Best held-out loss of the stage so far.
    pub best: f64,
    /// The evaluation made after this step, if one was.
    pub evaluation: Option<Evaluation>,
}

/// How a stage went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// Steps done.
    pub steps: usize,
    /// Steps skipped because a loss or gradient was not finite.
    pub skipped: usize,
    /// Training rows without a finite loss: each cost a fixed penalty and gave no gradient.
    pub bad_rows: u64,
    /// Training rows in all.
    pub rows: u64,
    /// Step after which the best weights were found.
    pub best_step: usize,
    /// Their held-out loss, weighted as in this stage.
    pub held_out_loss: f64,
    /// The stage ended before its last step, by patience.
    pub stopped_early: bool,
}

impl StageReport {
    /// Whether any evaluation after a step found a lower held-out loss than the one before the first; else the stage left the weights as
    /// they were.
    pub fn better_than_the_start(&self) -> bool {
        self.best_step > 0
    }

    /// The fraction of training rows without a finite loss.
    pub fn bad_fraction(&self) -> f64 {
        self.bad_rows as f64 / self.rows.max(1) as f64
    }
}

/// How a training went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    /// One for each stage that began.
    pub stages: Vec<StageReport>,
    /// Losses over the steps.
    pub losses: Vec<Evaluation>,
    /// Wall time of the steps and evaluations.
    pub seconds: f64,
    /// Steps in all.
    pub steps: usize,
    /// Step of the last stage after which the weights that were kept were found.
    pub best_step: usize,
    /// Their held-out loss.
    pub held_out_loss: f64,
    /// Energies of the target that were computed.
    pub energy_evaluations: u64,
    /// It was stopped from outside.
    pub interrupted: bool,
}

impl TrainingReport {
    /// The held-out loss before the first step of a stage, weighted as in that stage.
    pub fn loss_before(&self, stage: usize) -> Option<f64> {
        self.losses.iter().find(|evaluation| evaluation.stage == stage && evaluation.step == 0).map(|evaluation| evaluation.held_out)
    }
}
