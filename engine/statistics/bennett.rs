//! Free-energy differences from work values of both ends.

use super::NoEstimate;
use serde::Serialize;

/// A free-energy difference by Bennett's method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BennettEstimate {
    /// F_1 - F_0 = -ln(Z_1 / Z_0) in kT.
    pub value: f64,
    /// Asymptotic standard error for independent work values.
    pub standard_error: f64,
}

/// Bennett's acceptance ratio: F_1 - F_0 in kT from reduced work values of both directions.
///
/// `forward` holds w = u_1(x) - u_0(x) of draws x of end 0, `reverse` u_0(x) - u_1(x) of draws of end 1; where a map f leads from 0 to 1,
/// u_1(f(x)) - u_0(x) - ln|det df|, and in reverse likewise. For ln Z of a target by a generator: `forward` = -ln w of draws of the flow,
/// `reverse` = +ln w of samples of the target, ln Z = -value. With M = ln(n_0 / n_1) it solves sum_forward 1 / (1 + exp(M + w - D)) =
/// sum_reverse 1 / (1 + exp(-M + w + D)) for D, by bisection: the difference is monotone in D. The variance is the sum over both ends of
/// (mean f^2 / (mean f)^2 - 1) / n, f those fractions. A work of +inf (no overlap there) is allowed.
///
/// # Errors
/// [`NoEstimate::TooShort`] where an end has no values, [`NoEstimate::NotFinite`] for NaN or -inf, [`NoEstimate::NoOverlap`] where all
/// values of an end are +inf.
///
/// Source: Bennett, J. Comput. Phys. 22 (1976) 245; Shirts, Bair, Hooker, Pande, Phys. Rev. Lett. 91 (2003) 140601.
pub fn bennett_acceptance_ratio(forward: &[f64], reverse: &[f64]) -> Result<BennettEstimate, NoEstimate> {
    for (walker, work) in [forward, reverse].into_iter().enumerate() {
        if work.is_empty() {
            return Err(NoEstimate::TooShort { found: 0, needed: 1 });
        }
        if let Some(frame) = work.iter().position(|w| w.is_nan() || *w == f64::NEG_INFINITY) {
            return Err(NoEstimate::NotFinite { walker, frame });
        }
        if work.iter().all(|w| w.is_infinite()) {
            return Err(NoEstimate::NoOverlap);
        }
    }
    let (n, m) = (forward.len() as f64, reverse.len() as f64);
    let shift = (n / m).ln();
    // Both sums by logarithms: where the ends hardly overlap every fraction underflows.
    let log_fractions = |work: &[f64], shift: f64| -> Vec<f64> { work.iter().map(|w| -log_one_plus_exp(w + shift)).collect() };
    let difference =
        |d: f64| super::log_sum_exp(&log_fractions(forward, shift - d)) - super::log_sum_exp(&log_fractions(reverse, d - shift));
    let finite = || forward.iter().copied().chain(reverse.iter().map(|w| -w)).filter(|w| w.is_finite());
    let (mut low, mut high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let mut step = 1.0 + shift.abs();
    while difference(low) > 0.0 && step < 1e300 {
        low -= step;
        step *= 2.0;
    }
    step = 1.0 + shift.abs();
    while difference(high) < 0.0 && step < 1e300 {
        high += step;
        step *= 2.0;
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if difference(middle) < 0.0 { low = middle } else { high = middle }
    }
    let value = low + (high - low) / 2.0;
    let variance_of = |work: &[f64], shift: f64| {
        let logs = log_fractions(work, shift);
        let squares: Vec<f64> = logs.iter().map(|l| 2.0 * l).collect();
        let ratio = (super::log_mean_exp(&squares) - 2.0 * super::log_mean_exp(&logs)).exp();
        (ratio - 1.0).max(0.0) / work.len() as f64
    };
    let variance = variance_of(forward, shift - value) + variance_of(reverse, value - shift);
    if !value.is_finite() || !variance.is_finite() {
        return Err(NoEstimate::NoOverlap);
    }
    Ok(BennettEstimate { value, standard_error: variance.sqrt() })
}

fn log_one_plus_exp(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}
