//! What the user writes about training, and what it reports.

use crate::objective::EnergyCap;
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// How a generator is trained: stages, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The stages; each begins from the best weights of the one before.
    pub stages: Vec<Stage>,
    /// Fraction of the samples that is kept out of training, to judge it by.
    #[serde(default = "defaults::held_out")]
    pub held_out: f64,
    /// Steps between evaluations of the held-out losses.
    #[serde(default = "defaults::evaluate_every")]
    pub evaluate_every: usize,
    /// Evaluations without a better held-out loss after which a stage ends; none: it always runs all its steps.
    #[serde(default)]
    pub patience: Option<usize>,
}

/// One stage: the loss is `maximum_likelihood` J_ML + `reverse_kl` J_KL.
///
/// J_ML = E_x[-ln q(x)] over samples covers every state that is in them. J_KL = E_z[u(f(z)) - ln|det df/dz|] needs no samples, but alone
/// it drops states: what the flow never draws costs almost nothing. The report holds both on held-out rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Number of optimiser steps.
    pub steps: usize,
    /// Rows a step, of samples and of latents alike.
    #[serde(default = "defaults::batch")]
    pub batch: usize,
    /// Largest step size of Adam.
    #[serde(default = "defaults::learning_rate")]
    pub learning_rate: f64,
    /// Course of the step size.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps in which the step size rises from 0.
    #[serde(default)]
    pub warm_up: usize,
    /// Weight of J_ML.
    #[serde(default)]
    pub maximum_likelihood: f64,
    /// Weight of J_KL.
    #[serde(default)]
    pub reverse_kl: f64,
    /// Largest Euclidean norm of the gradient; longer ones are shortened to it.
    #[serde(default = "defaults::clip")]
    pub clip: f64,
    /// Regularisation of the energy in J_KL; none: the energy itself.
    #[serde(default = "defaults::energy_cap")]
    pub energy_cap: Option<EnergyCap>,
}

mod defaults {
    use crate::objective::EnergyCap;
    pub(super) fn held_out() -> f64 {
        0.1
    }
    pub(super) fn evaluate_every() -> usize {
        50
    }
    pub(super) fn batch() -> usize {
        256
    }
    pub(super) fn learning_rate() -> f64 {
        1e-3
    }
    pub(super) fn clip() -> f64 {
        50.0
    }
    pub(super) fn energy_cap() -> Option<EnergyCap> {
        Some(EnergyCap::default())
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            steps: 1000,
            batch: defaults::batch(),
            learning_rate: defaults::learning_rate(),
            schedule: Schedule::default(),
            warm_up: 0,
            maximum_likelihood: 0.0,
            reverse_kl: 0.0,
            clip: defaults::clip(),
            energy_cap: defaults::energy_cap(),
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self { stages: Vec::new(), held_out: defaults::held_out(), evaluate_every: defaults::evaluate_every(), patience: None }
    }
}

/// Course of the step size over a stage, after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Schedule {
    /// The same throughout.
    #[default]
    Constant,
    /// Half a cosine wave, from 1 down to `final_fraction`.
    Cosine {
        /// What is left of the step size at the end, as a fraction.
        #[serde(default = "final_fraction")]
        final_fraction: f64,
    },
}

fn final_fraction() -> f64 {
    0.01
}

impl Stage {
    /// Step size of step `step` (from 0).
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.learning_rate * (step + 1) as f64 / self.warm_up as f64;
        }
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine { final_fraction } => {
                let done = (step - self.warm_up) as f64 / (self.steps - self.warm_up).max(1) as f64;
                let wave = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
                self.learning_rate * (final_fraction + (1.0 - final_fraction) * wave)
            }
        }
    }

    fn problems(&self, has_samples: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut number = |key: &str, value: f64, fine: bool, expected: &str| {
            if !fine {
                problems.push(Problem::new(key, value, expected));
            }
        };
        number("steps", self.steps as f64, (1..=1_000_000_000).contains(&self.steps), "a whole number from 1 to 1000000000");
        number("batch", self.batch as f64, (1..=1 << 20).contains(&self.batch), "a whole number from 1 to 1048576");
        number("learning_rate", self.learning_rate, positive(self.learning_rate), "a number above 0");
        number("warm_up", self.warm_up as f64, self.warm_up <= self.steps, "at most the number of steps");
        number("maximum_likelihood", self.maximum_likelihood, weight(self.maximum_likelihood), "a number not below 0");
        number("reverse_kl", self.reverse_kl, weight(self.reverse_kl), "a number not below 0");
        number("clip", self.clip, positive(self.clip), "a number above 0");
        if let Schedule::Cosine { final_fraction } = self.schedule {
            number("schedule.final_fraction", final_fraction, (0.0..=1.0).contains(&final_fraction), "a number from 0 to 1");
        }
        if let Some(cap) = self.energy_cap {
            number("energy_cap.energy_high", cap.energy_high, positive(cap.energy_high), "a number above 0");
            let above = cap.energy_max.is_finite() && cap.energy_max > cap.energy_high;
            number("energy_cap.energy_max", cap.energy_max, above, "a number above energy_high");
        }
        if self.maximum_likelihood == 0.0 && self.reverse_kl == 0.0 {
            problems.push(Problem::new("", "no loss", "maximum_likelihood or reverse_kl above 0"));
        }
        if self.maximum_likelihood > 0.0 && !has_samples {
            problems.push(Problem::new("maximum_likelihood", self.maximum_likelihood, "0 where there are no samples"));
        }
        problems
    }
}

fn positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}
fn weight(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

impl Training {
    /// What is wrong; keys are field paths such as `stages[1].batch`.
    pub fn problems(&self, has_samples: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.stages.is_empty() {
            problems.push(Problem::new("stages", "none", "at least one stage"));
        }
        for (i, stage) in self.stages.iter().enumerate() {
            problems.extend(stage.problems(has_samples).into_iter().map(|p| p.within(&format!("stages[{i}]"))));
        }
        if !(self.held_out > 0.0 && self.held_out < 1.0) {
            problems.push(Problem::new("held_out", self.held_out, "a fraction above 0 and below 1"));
        }
        if self.evaluate_every == 0 {
            problems.push(Problem::new("evaluate_every", 0, "a whole number above 0"));
        }
        if self.patience == Some(0) {
            problems.push(Problem::new("patience", 0, "a whole number above 0, or None"));
        }
        problems
    }
}

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
    /// J_ML on held-out samples, where there are samples.
    pub maximum_likelihood: Option<f64>,
    /// J_KL on fixed latents, with the regularised energy relative to u_0, where the stage uses it.
    pub reverse_kl: Option<f64>,
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
