//! How good an answer is: autocorrelation, errors, convergence, reweighting, histograms and tests of significance.
//!
//! Pure functions on slices and accumulators that can be stored. A series is one observable of one walker, one value a frame; several
//! walkers are `&[&[f64]]`. Nothing here returns NaN: what cannot be estimated comes back as [`NoEstimate`], which says why.

mod autocorrelation;
mod bennett;
mod blocks;
mod circular;
mod correlated;
mod estimate;
mod histogram;
mod mixing;
mod pareto;
mod radial;
mod reweighting;
mod significance;
mod states;

pub use autocorrelation::{autocorrelation, autocovariance, integrated_autocorrelation_time};
pub use bennett::{BennettEstimate, bennett_acceptance_ratio};
pub use blocks::{BlockEstimate, standard_error_by_blocks};
pub use circular::{CircularEstimate, estimate_on_circle};
pub use correlated::{Origin, independent_frames, standard_error_by_influence};
pub use estimate::{Estimate, Estimator, estimate, estimate_exchanging, split_r_hat};
pub use histogram::{FreeEnergyProfile, Histogram, ProfilePoint, free_energy_profile};
pub use mcflow_base::{normal_cumulative, normal_quantile};
pub use mixing::{Mixing, mixing};
pub use pareto::{GeneralizedPareto, fit_generalized_pareto, pareto_k};
pub use radial::{RadialPoint, RadialSums, radial_distribution};
pub use reweighting::{FewWeights, LARGEST_PARETO_K, WeightSummary, Weighted, Weights, log_mean_exp, log_sum_exp};
pub use significance::{KolmogorovSmirnov, kolmogorov_smirnov, kolmogorov_smirnov_two_samples, two_sided_p_value, z_score};
pub use states::{LogRatio, StateIndex, free_energy_difference, log_ratio, round_trips, state_populations};

use serde::Serialize;

/// Why there is no estimate.
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
pub enum NoEstimate {
    /// Fewer values than the estimator needs.
    #[error("{found} values where at least {needed} are needed")]
    TooShort {
        /// Values there are (a walker, where there are several).
        found: usize,
        /// Values needed.
        needed: usize,
    },
    /// A value is NaN or infinite.
    #[error("value {frame} of walker {walker} is not a finite number")]
    NotFinite {
        /// Which series, from 0.
        walker: usize,
        /// Which value of it, from 0.
        frame: usize,
    },
    /// Two arguments that belong together have different lengths.
    #[error("{found} values where {expected} belong to them")]
    LengthsDiffer {
        /// Length of the second.
        found: usize,
        /// Length of the first.
        expected: usize,
    },
    /// A state that no frame (or no weight) belongs to.
    #[error("state {state} was never visited")]
    NeverVisited {
        /// Index of the state.
        state: u32,
    },
    /// The mean of one of two quantities is not above 0, so that their ratio has no logarithm.
    #[error("the mean of the {which} is {mean}, so that the ratio has no logarithm")]
    NotPositive {
        /// "numerator" or "denominator".
        which: &'static str,
        /// Its mean.
        mean: f64,
    },
    /// The series never changes in any walker: its mean is known, how far it is off is not.
    #[error("it never changed in any walker, so that nothing tells how far it is off")]
    NeverChanged {
        /// Mean over the walkers.
        mean: f64,
    },
    /// Every walker stayed on one side of what is told apart.
    #[error("no walker ever went from one to the other, so that the ratio is that of their starts")]
    NeverCrossed,
    /// Values on a circle whose mean vector is as short as that of values all round it.
    #[error(
        "its values are all round the circle: the length {resultant:.3} of their mean vector is no more than its error {error:.3} explains"
    )]
    NoDirection {
        /// Length of the mean of unit vectors.
        resultant: f64,
        /// Its standard error.
        error: f64,
    },
    /// Numbers that have no mean.
    #[error("{reason}")]
    NoMean {
        /// Why not.
        reason: &'static str,
    },
    /// All weights are zero.
    #[error("all {n} weights are zero")]
    NoWeight {
        /// Number of weights.
        n: usize,
    },
    /// The samples of the two ends have no common region.
    #[error("the two ends do not overlap: every work value of one of them is infinite")]
    NoOverlap,
    /// Few work values decide.
    #[error("hardly any overlap: the works from the {end} end count for {effective:.1} of {found}, at least {needed} are needed")]
    FewWorks {
        /// "first" or "second".
        end: &'static str,
        /// Kish's count of the fractions that decide.
        effective: f64,
        /// Works there are.
        found: usize,
        /// The least effective count.
        needed: usize,
    },
    /// A weight is infinite.
    #[error("the weight of draw {draw} is infinite")]
    InfiniteWeight {
        /// Which draw, from 0.
        draw: usize,
    },
    /// The values beyond the threshold are all alike: there is no tail to fit.
    #[error("the largest values are all alike, so that they have no tail")]
    NoTail,
}

/// The walkers cut to the length of the shortest, checked to be finite and at least `needed` long.
fn checked<'a>(walkers: &[&'a [f64]], needed: usize) -> Result<Vec<&'a [f64]>, NoEstimate> {
    let n = walkers.iter().map(|w| w.len()).min().unwrap_or(0);
    for (walker, series) in walkers.iter().enumerate() {
        if let Some(frame) = series.iter().position(|v| !v.is_finite()) {
            return Err(NoEstimate::NotFinite { walker, frame });
        }
    }
    if n < needed {
        return Err(NoEstimate::TooShort { found: n, needed });
    }
    Ok(walkers.iter().map(|w| &w[..n]).collect())
}

/// The series of several walkers, as the functions here take them.
pub fn slices<T>(series: &[Vec<T>]) -> Vec<&[T]> {
    series.iter().map(Vec::as_slice).collect()
}

fn mean(series: &[f64]) -> f64 {
    series.iter().sum::<f64>() / series.len() as f64
}

/// Whether no walker's series ever changes: what is averaged over it has no fluctuation to tell an error from, be the walkers alike or not.
///
/// Recomputed sums may differ by a rounding; a change counts from 1e-12 of the largest value on.
pub fn never_changes(walkers: &[&[f64]]) -> bool {
    walkers.iter().all(|walker| {
        let range = walker.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        range.1 - range.0 <= 1e-12 * range.0.abs().max(range.1.abs())
    })
}

fn all_alike(series: &[f64]) -> bool {
    series.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_histogram;
#[cfg(test)]
mod tests_weights;
