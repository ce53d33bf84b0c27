//! Averages and normalising constants from weighted independent draws, in logarithms throughout.

use super::{LogRatio, NoEstimate, pareto_k};
use serde::Serialize;

/// ln sum exp(x), without overflow; `-inf` of nothing, or where all are `-inf`.
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return largest;
    }
    largest + x.iter().map(|v| (v - largest).exp()).sum::<f64>().ln()
}

/// ln of the mean of exp(x).
pub fn log_mean_exp(x: &[f64]) -> f64 {
    log_sum_exp(x) - (x.len() as f64).ln()
}

/// A weighted average or a logarithm of a mean weight, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weighted {
    /// The estimate.
    pub value: f64,
    /// By the delta method, for independent draws. Only to be trusted where Pareto k-hat is below 0.7.
    pub standard_error: f64,
}

/// How good a set of weights is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightSummary {
    /// Draws whose weight is a number (0 included).
    pub n: usize,
    /// Draws of weight 0.
    pub zero: usize,
    /// Draws left out: their log weight is NaN or +inf.
    pub not_finite: usize,
    /// Kish: (sum w)^2 / (n sum w^2).
    pub effective_fraction: f64,
    /// The largest weight, where their sum is 1.
    pub largest_weight: f64,
    /// ln of the mean weight: ln Z of the target where w = exp(-u) / q.
    pub log_z: Weighted,
    /// Pareto k-hat ([`pareto_k`]); `None` with fewer than 25 draws, or where the largest weights are all alike.
    pub pareto_k: Option<f64>,
}

/// Importance weights of independent draws, given by their logarithms.
///
/// ln w = -u(x) - ln q(x) for draws x of the density q. A log weight of `-inf` is a weight of 0; NaN and +inf are counted apart and left
/// out.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Normalised to the largest: w / max w, NaN and +inf as 0.
    relative: Vec<f64>,
    /// Log weights that are numbers or -inf.
    valid: Vec<f64>,
    largest: f64,
    sum: f64,
    sum_of_squares: f64,
}

impl Weights {
    /// Takes the logarithms of the weights, one a draw.
    ///
    /// # Errors
    /// [`NoEstimate::TooShort`] without two valid draws, [`NoEstimate::NoWeight`] where all weights are 0.
    pub fn new(log_weights: &[f64]) -> Result<Self, NoEstimate> {
        let usable = |w: f64| !w.is_nan() && w != f64::INFINITY;
        let valid: Vec<f64> = log_weights.iter().copied().filter(|w| usable(*w)).collect();
        if valid.len() < 2 {
            return Err(NoEstimate::TooShort { found: valid.len(), needed: 2 });
        }
        let largest = valid.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return Err(NoEstimate::NoWeight { n: valid.len() });
        }
        let relative: Vec<f64> = log_weights.iter().map(|&w| if usable(w) { (w - largest).exp() } else { 0.0 }).collect();
        let sum = relative.iter().sum();
        let sum_of_squares = relative.iter().map(|w| w * w).sum();
        Ok(Self { relative, valid, largest, sum, sum_of_squares })
    }

    /// Kish's effective fraction (sum w)^2 / (n sum w^2), from 1/n to 1.
    ///
    /// Source: Kish, Survey Sampling (1965).
    pub fn effective_fraction(&self) -> f64 {
        self.sum * self.sum / (self.valid.len() as f64 * self.sum_of_squares)
    }

    /// The largest weight, where their sum is 1.
    pub fn largest_weight(&self) -> f64 {
        1.0 / self.sum
    }

    /// ln Z = ln mean w, with the standard error sqrt((1/f - 1) / (n - 1)) of the delta method, f the effective fraction.
    pub fn log_z(&self) -> Weighted {
        let n = self.valid.len() as f64;
        let relative_variance = (1.0 / self.effective_fraction() - 1.0).max(0.0);
        Weighted { value: self.largest + (self.sum / n).ln(), standard_error: (relative_variance / (n - 1.0)).sqrt() }
    }

    /// All of this in one record.
    pub fn summary(&self) -> WeightSummary {
        WeightSummary {
            n: self.valid.len(),
            zero: self.valid.iter().filter(|w| **w == f64::NEG_INFINITY).count(),
            not_finite: self.relative.len() - self.valid.len(),
            effective_fraction: self.effective_fraction(),
            largest_weight: self.largest_weight(),
            log_z: self.log_z(),
            pareto_k: pareto_k(&self.valid).ok(),
        }
    }

    /// The self-normalised average A = sum w a / sum w of one value `a` a draw; its error is sqrt(sum w^2 (a - A)^2) / sum w.
    ///
    /// Values of draws of weight 0 are not looked at.
    ///
    /// # Errors
    /// [`NoEstimate::LengthsDiffer`]; [`NoEstimate::NotFinite`] where a value that has a weight is not finite.
    ///
    /// Source: Coretti et al. (2024), equation 4; Owen, Monte Carlo theory, methods and examples (2013), chapter 9.
    pub fn average(&self, values: &[f64]) -> Result<Weighted, NoEstimate> {
        if values.len() != self.relative.len() {
            return Err(NoEstimate::LengthsDiffer { found: values.len(), expected: self.relative.len() });
        }
        let pairs = || self.relative.iter().zip(values).filter(|(w, _)| **w > 0.0);
        if let Some(frame) = self.relative.iter().zip(values).position(|(w, a)| *w > 0.0 && !a.is_finite()) {
            return Err(NoEstimate::NotFinite { walker: 0, frame });
        }
        let value = pairs().map(|(w, a)| w / self.sum * a).sum::<f64>();
        let variance = pairs().map(|(w, a)| (w / self.sum * (a - value)).powi(2)).sum::<f64>();
        Ok(Weighted { value, standard_error: variance.sqrt() })
    }

    /// The free-energy difference F(to) - F(from) = -ln(sum of the weights in `to` / sum of those in `from`) in kT.
    ///
    /// `states` has one state a draw. Delta method: variance = sum w^2 (1_to / p_to - 1_from / p_from)^2 with weights of sum 1.
    ///
    /// # Errors
    /// [`NoEstimate::NeverVisited`] where a state has no weight, [`NoEstimate::LengthsDiffer`].
    pub fn free_energy_difference(&self, states: &[super::StateIndex], from: u32, to: u32) -> Result<LogRatio, NoEstimate> {
        if states.len() != self.relative.len() {
            return Err(NoEstimate::LengthsDiffer { found: states.len(), expected: self.relative.len() });
        }
        let sums = |state: u32| {
            let of_state = || self.relative.iter().zip(states).filter(move |(_, s)| **s == Some(state)).map(|(w, _)| *w);
            (of_state().sum::<f64>(), of_state().map(|w| w * w).sum::<f64>())
        };
        let ((b, b2), (a, a2)) = (sums(to), sums(from));
        for (sum, state) in [(b, to), (a, from)] {
            if sum <= 0.0 {
                return Err(NoEstimate::NeverVisited { state });
            }
        }
        let variance = if from == to { 0.0 } else { b2 / (b * b) + a2 / (a * a) };
        Ok(LogRatio { value: a.ln() - b.ln(), standard_error: variance.sqrt(), effective_samples: None, r_hat: None })
    }
}
