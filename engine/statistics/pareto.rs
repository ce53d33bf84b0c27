//! The tail of importance weights.

use super::{NoEstimate, reweighting::log_sum_exp};

/// A generalised Pareto distribution of values above 0: density (1 + k x / sigma)^(-1/k - 1) / sigma.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneralizedPareto {
    /// Shape: moments of order below 1/k exist.
    pub k: f64,
    /// Scale.
    pub sigma: f64,
}

/// Fits a generalised Pareto distribution to at least 5 values above 0, by the posterior mean of theta = -k / sigma under a data-driven
/// prior.
///
/// No moments need exist, and nothing is iterated. Without the regularisation of [`pareto_k`].
///
/// # Errors
/// Fewer than 5 values; one that is not finite or not above 0; all alike.
///
/// Source: Zhang and Stephens, Technometrics 51 (2009) 316.
pub fn fit_generalized_pareto(values: &[f64]) -> Result<GeneralizedPareto, NoEstimate> {
    if let Some(frame) = values.iter().position(|v| !v.is_finite() || *v <= 0.0) {
        return Err(NoEstimate::NotFinite { walker: 0, frame });
    }
    let n = values.len();
    if n < 5 {
        return Err(NoEstimate::TooShort { found: n, needed: 5 });
    }
    let mut x = values.to_vec();
    x.sort_by(f64::total_cmp);
    if x[0] == x[n - 1] {
        return Err(NoEstimate::NoTail);
    }
    // Scaled by the largest, so that no product leaves the range of numbers.
    let largest = x[n - 1];
    x.iter_mut().for_each(|v| *v /= largest);
    let points = 30 + (n as f64).sqrt() as usize;
    let quartile = x[(n as f64 / 4.0 + 0.5) as usize - 1].max(f64::MIN_POSITIVE.sqrt());
    let shape = |theta: f64| x.iter().map(|v| (-theta * v).ln_1p()).sum::<f64>() / n as f64;
    let theta: Vec<f64> = (1..=points).map(|j| 1.0 + (1.0 - (points as f64 / (j as f64 - 0.5)).sqrt()) / (3.0 * quartile)).collect();
    let log_likelihood: Vec<f64> = theta
        .iter()
        .map(|&t| {
            let k = shape(t);
            let l = n as f64 * ((-t / k).ln() - k - 1.0);
            if l.is_nan() { f64::NEG_INFINITY } else { l }
        })
        .collect();
    let norm = log_sum_exp(&log_likelihood);
    let centre: f64 = theta.iter().zip(&log_likelihood).map(|(t, l)| t * (l - norm).exp()).sum();
    let k = shape(centre);
    let sigma = -k / centre * largest;
    if k.is_finite() && sigma.is_finite() { Ok(GeneralizedPareto { k, sigma }) } else { Err(NoEstimate::NoTail) }
}

/// The Pareto k-hat of importance weights, from the logarithms of at least 25 weights (`-inf` allowed).
///
/// The shape of the tail of the largest min(n/5, 3 sqrt(n)) weights, drawn a little towards 1/2: k (m + 10 / (2 k)) / (m + 10) for m of
/// them. Below 0.5 the weights have a variance and errors are right; above 0.7 weighted averages cannot be trusted.
///
/// # Errors
/// Fewer than 25 weights; NaN or +inf; [`NoEstimate::NoTail`] where the largest weights are equal to 1e-10 (the flow is exact there).
///
/// Source: Vehtari, Simpson, Gelman, Yao, Gabry, Journal of Machine Learning Research 25(72) (2024) 1.
pub fn pareto_k(log_weights: &[f64]) -> Result<f64, NoEstimate> {
    if let Some(frame) = log_weights.iter().position(|w| w.is_nan() || *w == f64::INFINITY) {
        return Err(NoEstimate::NotFinite { walker: 0, frame });
    }
    let n = log_weights.len();
    if n < 25 {
        return Err(NoEstimate::TooShort { found: n, needed: 25 });
    }
    let tail = (0.2 * n as f64).min(3.0 * (n as f64).sqrt()).ceil() as usize;
    let mut sorted = log_weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let largest = sorted[n - 1];
    if largest == f64::NEG_INFINITY {
        return Err(NoEstimate::NoWeight { n });
    }
    if largest - sorted[n - tail] < 1e-10 {
        return Err(NoEstimate::NoTail);
    }
    let threshold = (sorted[n - tail - 1] - largest).exp();
    let excess: Vec<f64> = sorted[n - tail..].iter().map(|w| (w - largest).exp() - threshold).filter(|e| *e > 0.0).collect();
    let m = excess.len() as f64;
    let fit = fit_generalized_pareto(&excess)?;
    Ok((fit.k * m + 5.0) / (m + 10.0))
}
