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
    /// Draws.
    pub n: usize,
    /// Draws of weight 0.
    pub zero: usize,
    /// Those among them whose log weight is NaN.
    pub not_finite: usize,
    /// Kish: (sum w)^2 / (n sum w^2).
    pub effective_fraction: f64,
    /// The largest weight, where their sum is 1.
    pub largest_weight: f64,
    /// ln of the mean weight: ln Z of the target where w = exp(-u) / q.
    pub log_z: Weighted,
    /// Pareto k-hat ([`pareto_k`]); `None` with fewer than 25 draws, or where the largest weights are all alike.
    pub pareto_k: Option<f64>,
    /// Why no error of a figure by these weights is to be trusted, where it is not.
    pub few: Option<FewWeights>,
}

/// Few weights decide a figure: its error, which is made of the same few, says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, thiserror::Error)]
pub enum FewWeights {
    /// The tail of the weights is too heavy for so many draws.
    #[error("few weights decide the tail: Pareto k is {k:.3}, above {limit:.3}")]
    HeavyTail {
        /// k-hat.
        k: f64,
        /// min(0.7, 1 - 1 / log10 n); at most 0.5 where fewer than a tenth of the draws are effective.
        limit: f64,
    },
    /// The weights count for few draws.
    #[error("few weights decide: they count for {effective:.1} draws, at least {} are needed", FEWEST_EFFECTIVE_DRAWS)]
    Effective {
        /// Kish's count.
        effective: f64,
    },
}

/// Draws that weights must count for before their spread is an error.
const FEWEST_EFFECTIVE_DRAWS: usize = 30;

/// Effective fraction of draws below which weights are asked for more.
const LOW_FRACTION: f64 = 0.1;

/// Pareto k above which figures by the weights of many draws have no error worth its name.
pub const LARGEST_PARETO_K: f64 = 0.7;

/// Importance weights of independent draws, given by their logarithms.
///
/// ln w = -u(x) - ln q(x) for draws x of the density q. A log weight of `-inf` is a weight of 0, and so is NaN: what has no energy, or no density,
/// is a draw all the same.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Normalised to the largest: w / max w.
    relative: Vec<f64>,
    /// The log weights, NaN as -inf.
    logarithms: Vec<f64>,
    not_finite: usize,
    largest: f64,
    sum: f64,
    sum_of_squares: f64,
}

impl Weights {
    /// Takes the logarithms of the weights, one a draw.
    ///
    /// # Errors
    /// [`NoEstimate::TooShort`] without two draws, [`NoEstimate::NoWeight`] where all weights are 0, [`NoEstimate::InfiniteWeight`].
    pub fn new(log_weights: &[f64]) -> Result<Self, NoEstimate> {
        let n = log_weights.len();
        if n < 2 {
            return Err(NoEstimate::TooShort { found: n, needed: 2 });
        }
        if let Some(draw) = log_weights.iter().position(|w| *w == f64::INFINITY) {
            return Err(NoEstimate::InfiniteWeight { draw });
        }
        let not_finite = log_weights.iter().filter(|w| w.is_nan()).count();
        let logarithms: Vec<f64> = log_weights.iter().map(|&w| if w.is_nan() { f64::NEG_INFINITY } else { w }).collect();
        let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return Err(NoEstimate::NoWeight { n });
        }
        let relative: Vec<f64> = logarithms.iter().map(|&w| (w - largest).exp()).collect();
        let sum = relative.iter().sum();
        let sum_of_squares = relative.iter().map(|w| w * w).sum();
        Ok(Self { relative, logarithms, not_finite, largest, sum, sum_of_squares })
    }

    /// Kish's effective fraction (sum w)^2 / (n sum w^2), from 1/n to 1.
    ///
    /// Source: Kish, Survey Sampling (1965).
    pub fn effective_fraction(&self) -> f64 {
        self.sum * self.sum / (self.relative.len() as f64 * self.sum_of_squares)
    }

    /// The largest weight, where their sum is 1.
    pub fn largest_weight(&self) -> f64 {
        1.0 / self.sum
    }

    /// ln Z = ln mean w, with the standard error sqrt((1/f - 1) / (n - 1)) of the delta method, f the effective fraction.
    pub fn log_z(&self) -> Weighted {
        let n = self.relative.len() as f64;
        let relative_variance = (1.0 / self.effective_fraction() - 1.0).max(0.0);
        Weighted { value: self.largest + (self.sum / n).ln(), standard_error: (relative_variance / (n - 1.0)).sqrt() }
    }

    /// Why no error of a figure by these weights is to be trusted: Pareto k-hat above min(0.7, 1 - 1 / log10 n), above 0.5 where fewer than a tenth of
    /// the draws are effective, or fewer than 30 effective draws.
    ///
    /// Source: Vehtari, Simpson, Gelman, Yao, Gabry, Journal of Machine Learning Research 25(72) (2024) 1 (the limit for n draws).
    pub fn few(&self) -> Option<FewWeights> {
        let effective = self.sum * self.sum / self.sum_of_squares;
        let limit = LARGEST_PARETO_K.min(1.0 - 1.0 / (self.relative.len() as f64).log10());
        // Where few draws carry the figure, what was not drawn may as well: then the weights must have a variance.
        let limit = if self.effective_fraction() < LOW_FRACTION { limit.min(0.5) } else { limit };
        match pareto_k(&self.logarithms) {
            Ok(k) if k > limit => Some(FewWeights::HeavyTail { k, limit }),
            _ => (effective < FEWEST_EFFECTIVE_DRAWS as f64).then_some(FewWeights::Effective { effective }),
        }
    }

    /// Why no error of a figure by the weights of the draws in one state is to be trusted.
    pub fn few_in(&self, states: &[super::StateIndex], state: u32) -> Option<FewWeights> {
        let of_state = || self.relative.iter().zip(states).filter(|(_, s)| **s == Some(state)).map(|(w, _)| *w);
        let (sum, squares) = (of_state().sum::<f64>(), of_state().map(|w| w * w).sum::<f64>());
        let effective = if squares > 0.0 { sum * sum / squares } else { 0.0 };
        self.few().or_else(|| (effective < FEWEST_EFFECTIVE_DRAWS as f64).then_some(FewWeights::Effective { effective }))
    }

    /// All figures of the quality of these weights in one record.
    pub fn summary(&self) -> WeightSummary {
        WeightSummary {
            n: self.relative.len(),
            zero: self.logarithms.iter().filter(|w| **w == f64::NEG_INFINITY).count(),
            not_finite: self.not_finite,
            effective_fraction: self.effective_fraction(),
            largest_weight: self.largest_weight(),
            log_z: self.log_z(),
            pareto_k: pareto_k(&self.logarithms).ok(),
            few: self.few(),
        }
    }

    /// What each draw adds to the deviation of [`Weights::free_energy_difference`] to first order: w (1_from / p_from - 1_to / p_to), the weights of
    /// sum 1.
    pub fn influence_on_difference(&self, states: &[super::StateIndex], from: u32, to: u32) -> Vec<f64> {
        let of = |state: u32| self.relative.iter().zip(states).filter(move |(_, s)| **s == Some(state)).map(|(w, _)| *w).sum::<f64>();
        let (a, b) = (of(from), of(to));
        let influence = |(w, state): (&f64, &super::StateIndex)| match state {
            Some(s) if *s == from => w / a,
            Some(s) if *s == to => -w / b,
            _ => 0.0,
        };
        self.relative.iter().zip(states).map(influence).collect()
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
