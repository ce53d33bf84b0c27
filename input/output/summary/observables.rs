//! A mean with what is known of its quality, or why that is not known.

use super::estimator;
use mcflow_engine::Plan;
use mcflow_engine::observers::Topology;
use mcflow_engine::statistics::{
    CircularEstimate, Estimate, NoEstimate, estimate_on_circle, never_changes, slices, standard_error_by_blocks,
};
use serde::Serialize;

/// The mean of a column with its errors and the agreement of its walkers, or why there is none.
#[derive(Clone, Debug, Serialize)]
pub struct ObservableSummary {
    /// Mean over all walkers and samples.
    pub mean: Option<f64>,
    /// Its standard error, by autocorrelation over all walkers.
    pub standard_error: Option<f64>,
    /// The same by blocks (Flyvbjerg and Petersen 1989): a second opinion.
    pub standard_error_by_blocks: Option<f64>,
    /// Integrated autocorrelation time in samples.
    pub autocorrelation_time: Option<f64>,
    /// Effective samples over all walkers; withheld where R-hat is above 1.1.
    pub effective_samples: Option<f64>,
    /// The same per second of production.
    pub effective_samples_per_second: Option<f64>,
    /// Split R-hat.
    pub r_hat: Option<f64>,
    /// Whether it has the same value in all samples of each walker, which no error can be told from.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub never_changed: bool,
    /// Of a population: whether no sample is in the state.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub never_visited: bool,
    /// Of values with a period, whose mean is a direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circle: Option<CircleSummary>,
    /// Why there is no estimate, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far values with a period keep together on their circle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CircleSummary {
    /// Its circumference: what values may differ by and be the same.
    pub period: f64,
    /// Length of the mean of unit vectors: 1 where all values are alike, 0 where they are all round the circle.
    pub resultant: f64,
}

/// R-hat above which walkers disagree so much that effective samples would mislead.
pub const LARGEST_R_HAT: f64 = 1.1;

/// The summary of a mean that was found from these series, one a walker, or of why there is none; `seconds` is the wall time of production.
pub(super) fn observable(found: Result<Estimate, NoEstimate>, series: &[&[f64]], seconds: f64) -> ObservableSummary {
    let none = |reason: String| ObservableSummary {
        mean: None,
        standard_error: None,
        standard_error_by_blocks: None,
        autocorrelation_time: None,
        effective_samples: None,
        effective_samples_per_second: None,
        r_hat: None,
        never_changed: false,
        never_visited: false,
        circle: None,
        reason: Some(reason),
    };
    let still =
        |mean: f64| ObservableSummary { mean: Some(mean), never_changed: true, ..none(NoEstimate::NeverChanged { mean }.to_string()) };
    match found {
        Ok(estimate) if never_changes(series) => ObservableSummary { r_hat: estimate.r_hat, ..still(estimate.mean) },
        // Of a population: what no walker left or entered is as it was at the start, and tells nothing of what it should be.
        Err(reason @ NoEstimate::NeverChanged { .. }) => ObservableSummary { never_changed: true, ..none(reason.to_string()) },
        Err(reason @ NoEstimate::NeverVisited { .. }) => ObservableSummary { never_visited: true, ..none(reason.to_string()) },
        Ok(estimate) if !(estimate.mean.is_finite() && estimate.standard_error.is_finite()) => {
            none("the numbers are too large to be averaged".to_string())
        }
        Ok(estimate) => {
            let mixed = estimate.r_hat.is_none_or(|r| r <= LARGEST_R_HAT);
            let effective_samples = mixed.then_some(estimate.effective_samples);
            ObservableSummary {
                mean: Some(estimate.mean),
                standard_error: Some(estimate.standard_error),
                standard_error_by_blocks: standard_error_by_blocks(series).ok().map(|b| b.standard_error),
                autocorrelation_time: Some(estimate.autocorrelation_time),
                effective_samples,
                effective_samples_per_second: effective_samples.filter(|_| seconds > 0.0).map(|n| n / seconds),
                r_hat: estimate.r_hat,
                never_changed: false,
                never_visited: false,
                circle: None,
                reason: (!mixed).then(|| "the walkers disagree (R-hat above 1.1): effective samples are withheld".to_string()),
            }
        }
        Err(reason) => none(reason.to_string()),
    }
}

/// The summary of a column: its mean on a line, or the mean direction of values that have a period.
pub(super) fn column(plan: &Plan, number: usize, series: &[&[f64]], seconds: f64) -> ObservableSummary {
    let period = match plan.topology(number) {
        Topology::Line => return observable(estimator(plan)(series), series, seconds),
        Topology::Broken(reason) => return observable(Err(NoEstimate::NoMean { reason }), series, seconds),
        Topology::Circle(period) => period,
    };
    let (found, resultant) = match estimate_on_circle(series, period, estimator(plan)) {
        Ok(CircularEstimate { estimate, resultant, linear }) => (observable(Ok(estimate), &slices(&linear), seconds), Some(resultant)),
        Err(reason @ NoEstimate::NoDirection { resultant, .. }) => (observable(Err(reason), series, seconds), Some(resultant)),
        Err(reason) => (observable(Err(reason), series, seconds), None),
    };
    ObservableSummary { circle: resultant.map(|resultant| CircleSummary { period, resultant }), ..found }
}

impl ObservableSummary {
    /// The mean alone, and why it has no error bar.
    pub(super) fn without_error(self, reason: &str) -> Self {
        let reason = if self.mean.is_some() { Some(format!("no error bar: {reason}")) } else { self.reason };
        Self {
            standard_error: None,
            standard_error_by_blocks: None,
            effective_samples: None,
            effective_samples_per_second: None,
            reason,
            ..self
        }
    }
}
