//! Populations of states, free-energy differences between them, and round trips.

use super::{Estimate, Estimator, NoEstimate, never_changes, slices};
use serde::Serialize;

/// The state a frame belongs to; `None` where it belongs to none.
pub type StateIndex = Option<u32>;

/// -ln of a ratio of two means, in kT where the means are populations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LogRatio {
    /// -ln(numerator / denominator).
    pub value: f64,
    /// By the delta method, with the autocorrelation of the linearised ratio over all walkers.
    pub standard_error: f64,
    /// Effective samples of the linearised ratio; `None` for draws that are independent (by weights).
    pub effective_samples: Option<f64>,
    /// Split R-hat of the linearised ratio, where there is one.
    pub r_hat: Option<f64>,
}

/// -ln(mean b / mean a) of two observables that were recorded together (one series a walker each), with its error.
///
/// To first order the fluctuation of ln(B/A) is the mean of y = b/B - a/A, whose standard error over walkers therefore holds both
/// variances, the covariance, and the autocorrelation of all of them.
///
/// # Errors
/// As [`estimate`](super::estimate()); also where a mean is not above 0, or lengths differ.
pub fn log_ratio(numerator: &[&[f64]], denominator: &[&[f64]], estimate: Estimator) -> Result<LogRatio, NoEstimate> {
    if numerator.len() != denominator.len() {
        return Err(NoEstimate::LengthsDiffer { found: denominator.len(), expected: numerator.len() });
    }
    if let Some((b, a)) = numerator.iter().zip(denominator).find(|(b, a)| b.len() != a.len()) {
        return Err(NoEstimate::LengthsDiffer { found: a.len(), expected: b.len() });
    }
    let top = estimate(numerator)?.mean;
    let bottom = estimate(denominator)?.mean;
    for (which, mean) in [("numerator", top), ("denominator", bottom)] {
        if mean <= 0.0 {
            return Err(NoEstimate::NotPositive { which, mean });
        }
    }
    let linear: Vec<Vec<f64>> =
        numerator.iter().zip(denominator).map(|(b, a)| b.iter().zip(*a).map(|(b, a)| b / top - a / bottom).collect()).collect();
    let of_linear = estimate(&linear.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    Ok(LogRatio {
        value: -(top / bottom).ln(),
        standard_error: of_linear.standard_error,
        effective_samples: Some(of_linear.effective_samples),
        r_hat: of_linear.r_hat,
    })
}

fn indicators(walkers: &[&[StateIndex]], state: u32) -> Vec<Vec<f64>> {
    walkers.iter().map(|w| w.iter().map(|s| if *s == Some(state) { 1.0 } else { 0.0 }).collect()).collect()
}

/// The population of each of the states 0 .. `n_states`: the fraction of all frames (of the assigned and the unassigned).
///
/// A state that no walker ever visited has an error of its own ([`NoEstimate::NeverVisited`]): its population is not known to be 0. Nor is
/// that of a state known to be 1 which no walker ever left ([`NoEstimate::NeverChanged`]).
///
/// # Errors
/// Each state has its own result, as [`estimate`](super::estimate()).
pub fn state_populations(walkers: &[&[StateIndex]], n_states: u32, estimate: Estimator) -> Vec<Result<Estimate, NoEstimate>> {
    let population = |state| {
        let series = indicators(walkers, state);
        let found = estimate(&slices(&series))?;
        match () {
            () if found.mean <= 0.0 => Err(NoEstimate::NeverVisited { state }),
            () if never_changes(&slices(&series)) => Err(NoEstimate::NeverChanged { mean: found.mean }),
            () => Ok(found),
        }
    };
    (0..n_states).map(population).collect()
}

/// The free-energy difference F(to) - F(from) = -ln(p_to / p_from) in kT, with its standard error (see [`log_ratio`]).
///
/// # Errors
/// [`NoEstimate::NeverVisited`] where one of the states has no frame, [`NoEstimate::NeverCrossed`] where no walker has frames of one of them
/// and others beside; else as [`estimate`](super::estimate()).
pub fn free_energy_difference(walkers: &[&[StateIndex]], from: u32, to: u32, estimate: Estimator) -> Result<LogRatio, NoEstimate> {
    // The series are cut to the shortest walker before anything is counted.
    let n = walkers.iter().map(|w| w.len()).min().unwrap_or(0);
    let walkers: Vec<&[StateIndex]> = walkers.iter().map(|w| &w[..n]).collect();
    if n > 0 {
        for state in [from, to] {
            if !walkers.iter().any(|w| w.contains(&Some(state))) {
                return Err(NoEstimate::NeverVisited { state });
            }
        }
    }
    let (b, a) = (indicators(&walkers, to), indicators(&walkers, from));
    if n > 1 && never_changes(&slices(&b)) && never_changes(&slices(&a)) {
        return Err(NoEstimate::NeverCrossed);
    }
    log_ratio(&slices(&b), &slices(&a), estimate)
}

/// Round trips of one walker: how often it went from `a` to `b` and came back to `a`. Frames in no state and in other states are passed
/// over.
///
/// For a ladder the states are the rungs, and `a` and `b` its two ends.
pub fn round_trips(series: &[StateIndex], a: u32, b: u32) -> u64 {
    let mut trips = 0;
    let (mut started, mut there) = (false, false);
    for state in series.iter().flatten() {
        if *state == a {
            trips += u64::from(there);
            (started, there) = (true, false);
        } else if *state == b && started {
            there = true;
        }
    }
    trips
}
