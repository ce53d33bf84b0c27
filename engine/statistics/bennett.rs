//! Free-energy differences from work values of both ends.

use super::NoEstimate;
use serde::Serialize;

/// A free-energy difference by Bennett's method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BennettEstimate {
    /// F_1 - F_0 = -ln(Z_1 / Z_0) in kT.
    pub value: f64,
    /// Asymptotic standard error for independent work values; of correlated ones see [`BennettEstimate::influence`].
    pub standard_error: f64,
    /// Kish's count (sum f)^2 / sum f^2 of the fractions f of either end: how many works decide.
    pub effective: [f64; 2],
    /// What each work, forward then reverse, adds to the deviation of `value` to first order: (1 - f / mean f) / n forward, (f / mean f - 1) / n in
    /// reverse. [`standard_error_by_influence`](super::standard_error_by_influence) makes an error of them.
    #[serde(skip)]
    pub influence: [Vec<f64>; 2],
}

/// Effective works of either end below which there is no difference: an asymptotic error of so few is none.
const FEWEST_EFFECTIVE_WORKS: usize = 10;

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
/// values of an end are +inf, [`NoEstimate::FewWorks`] where those of an end count for fewer than 10: their error would be that of numbers that are
/// alike, whatever the numbers are.
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
    // Fractions over their mean.
    let relative = |work: &[f64], shift: f64| -> Vec<f64> {
        let logs = log_fractions(work, shift);
        let mean = super::log_mean_exp(&logs);
        logs.iter().map(|l| (l - mean).exp()).collect()
    };
    let fractions = [relative(forward, shift - value), relative(reverse, value - shift)];
    let mean_square = |f: &[f64]| f.iter().map(|f| f * f).sum::<f64>() / f.len() as f64;
    let [there, back] = [mean_square(&fractions[0]), mean_square(&fractions[1])];
    let variance = (there - 1.0).max(0.0) / n + (back - 1.0).max(0.0) / m;
    if !value.is_finite() || !variance.is_finite() {
        return Err(NoEstimate::NoOverlap);
    }
    let effective = [n / there, m / back];
    for (effective, (end, work)) in effective.iter().zip([("first", forward), ("second", reverse)]) {
        // Works that are all alike count as they are, but for a rounding.
        if *effective < FEWEST_EFFECTIVE_WORKS as f64 - 1e-6 {
            return Err(NoEstimate::FewWorks { end, effective: *effective, found: work.len(), needed: FEWEST_EFFECTIVE_WORKS });
        }
    }
    let influence = [fractions[0].iter().map(|f| (1.0 - f) / n).collect(), fractions[1].iter().map(|f| (f - 1.0) / m).collect()];
    Ok(BennettEstimate { value, standard_error: variance.sqrt(), effective, influence })
}

fn log_one_plus_exp(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}
