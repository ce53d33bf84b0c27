//! What the user writes about a training.

use super::stage::Stage;
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// How a generator is trained: stages, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The stages; each begins from the best weights of the one before.
    pub stages: Vec<Stage>,
    /// Fraction of the samples that is kept out of training, to judge it by.
    #[serde(default = "default_held_out")]
    pub held_out: f64,
    /// Steps between evaluations of the held-out losses.
    #[serde(default = "default_evaluate_every")]
    pub evaluate_every: usize,
    /// Evaluations without a better held-out loss after which a stage ends; none: it always runs all its steps.
    #[serde(default)]
    pub patience: Option<usize>,
}

fn default_held_out() -> f64 {
    0.1
}
fn default_evaluate_every() -> usize {
    50
}

impl Default for Training {
    fn default() -> Self {
        Self { stages: Vec::new(), held_out: default_held_out(), evaluate_every: default_evaluate_every(), patience: None }
    }
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
