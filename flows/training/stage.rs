//! One stage of a training: the weights of its objectives, its optimiser, its step sizes.

use crate::objectives::{EnergyCap, MaximumLikelihood, Objective, ReverseKl, SymmetricDivergence};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// One stage of a training: the loss is the sum of objectives, each times its weight.
///
/// J_ML = E_x[-ln q(x)] over samples covers every state that is in them. J_KL = E_z[u(f(z)) - ln|det df/dz|] needs no samples, but alone
/// it drops states: what the flow never draws costs almost nothing. The report holds both on held-out rows.
///
/// ```
/// use mcflow_flows::Stage;
///
/// let stage = Stage { steps: 100, warm_up: 10, reverse_kl: 1.0, ..Stage::default() };
/// assert_eq!(stage.rate(4), 0.5 * stage.learning_rate);
/// ```
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
    /// Weight of J_ML + J_KL as one loss: samples and energies, of a map at both ends.
    #[serde(default)]
    pub symmetric_divergence: f64,
    /// Largest Euclidean norm of the gradient; longer ones are shortened to it.
    #[serde(default = "defaults::clip")]
    pub clip: f64,
    /// Regularisation of the energy in J_KL; none: the energy itself.
    #[serde(default = "defaults::energy_cap")]
    pub energy_cap: Option<EnergyCap>,
}

mod defaults {
    use crate::objectives::EnergyCap;
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
            symmetric_divergence: 0.0,
            clip: defaults::clip(),
            energy_cap: defaults::energy_cap(),
        }
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
    /// All objectives with their weights in this stage: the only list of them.
    pub(crate) fn objectives(&self) -> Vec<(f64, &'static dyn Objective)> {
        vec![
            (self.maximum_likelihood, &MaximumLikelihood), //
            (self.reverse_kl, &ReverseKl),
            (self.symmetric_divergence, &SymmetricDivergence),
        ]
    }

    /// Whether any objective has a weight.
    pub fn has_loss(&self) -> bool {
        self.objectives().iter().any(|(weight, _)| *weight != 0.0)
    }

    /// The sum of the weights of all objectives.
    pub fn total_weight(&self) -> f64 {
        self.objectives().iter().map(|(weight, _)| weight).sum()
    }

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

    pub(super) fn problems(&self, has_samples: bool) -> Vec<Problem> {
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
        for (weight, objective) in self.objectives() {
            number(objective.name(), weight, weight.is_finite() && weight >= 0.0, "a number not below 0");
        }
        number("clip", self.clip, positive(self.clip), "a number above 0");
        if let Schedule::Cosine { final_fraction } = self.schedule {
            number("schedule.final_fraction", final_fraction, (0.0..=1.0).contains(&final_fraction), "a number from 0 to 1");
        }
        if let Some(cap) = self.energy_cap {
            number("energy_cap.energy_high", cap.energy_high, positive(cap.energy_high), "a number above 0");
            let above = cap.energy_max.is_finite() && cap.energy_max > cap.energy_high;
            number("energy_cap.energy_max", cap.energy_max, above, "a number above energy_high");
        }
        if !self.has_loss() {
            let names: Vec<&str> = self.objectives().iter().map(|(_, objective)| objective.name()).collect();
            problems.push(Problem::new("", "no loss", format!("{} above 0", names.join(" or "))));
        }
        for (weight, objective) in self.objectives() {
            if weight > 0.0 && objective.needs().samples && !has_samples {
                problems.push(Problem::new(objective.name(), weight, "0 where there are no samples"));
            }
        }
        problems
    }
}

fn positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}
