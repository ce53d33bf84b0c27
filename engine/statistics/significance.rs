//! Tests of significance, by which samplers are judged.

use super::normal_cumulative;

/// (mean - expected) / error: how many standard errors a result lies off.
///
/// Never NaN: an error of 0 gives 0 where the two agree exactly; else, and where anything is NaN, infinity, so that every bound fails.
pub fn z_score(mean: f64, error: f64, expected: f64) -> f64 {
    let z = (mean - expected) / error;
    if error == 0.0 && mean == expected {
        0.0
    } else if z.is_nan() || error < 0.0 || error.is_infinite() {
        f64::INFINITY
    } else {
        z
    }
}

/// The probability that a standard normal number lies further from 0 than `z`.
pub fn two_sided_p_value(z: f64) -> f64 {
    if z.is_nan() { 0.0 } else { 2.0 * normal_cumulative(-z.abs().min(40.0)) }
}

/// The largest distance between two distribution functions, and how probable so large a one is if both are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// D, in 0 .. 1.
    pub statistic: f64,
    /// Probability of D or more under the null hypothesis of independent draws from one continuous law.
    pub p_value: f64,
}

/// Compares independent draws with a continuous law whose distribution function is `cumulative`; `None` without draws or with NaN.
///
/// D = max |F_n(x) - F(x)|. The p-value is the asymptotic one with Stephens' correction sqrt(n) + 0.12 + 0.11/sqrt(n), good from n = 5 on.
///
/// Source: Stephens, Journal of the American Statistical Association 69 (1974) 730; Press et al., Numerical Recipes (2007), 14.3.3.
pub fn kolmogorov_smirnov(draws: &[f64], cumulative: impl Fn(f64) -> f64) -> Option<KolmogorovSmirnov> {
    if draws.is_empty() || draws.iter().any(|v| v.is_nan()) {
        return None;
    }
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut statistic: f64 = 0.0;
    for (i, &x) in sorted.iter().enumerate() {
        let f = cumulative(x);
        if f.is_nan() {
            return None;
        }
        statistic = statistic.max(f - i as f64 / n).max((i + 1) as f64 / n - f);
    }
    Some(KolmogorovSmirnov { statistic, p_value: tail(statistic, n) })
}

/// Compares two sets of independent draws; `None` where one is empty or has NaN. Ties are allowed (the p-value is then too large).
///
/// As [`kolmogorov_smirnov`], with n m / (n + m) for n.
pub fn kolmogorov_smirnov_two_samples(first: &[f64], second: &[f64]) -> Option<KolmogorovSmirnov> {
    if first.is_empty() || second.is_empty() || first.iter().chain(second).any(|v| v.is_nan()) {
        return None;
    }
    let sorted = |draws: &[f64]| {
        let mut copy = draws.to_vec();
        copy.sort_by(f64::total_cmp);
        copy
    };
    let (a, b) = (sorted(first), sorted(second));
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut statistic) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        statistic = statistic.max((i as f64 / n - j as f64 / m).abs());
    }
    Some(KolmogorovSmirnov { statistic, p_value: tail(statistic, n * m / (n + m)) })
}

/// Q(lambda) = 2 sum_j (-1)^(j-1) exp(-2 j^2 lambda^2); for small lambda by the other theta series.
fn tail(statistic: f64, n: f64) -> f64 {
    let lambda = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * statistic;
    if lambda <= 0.0 {
        return 1.0;
    }
    if lambda < 1.18 {
        let y = (-std::f64::consts::PI.powi(2) / (8.0 * lambda * lambda)).exp();
        let sum = y + y.powi(9) + y.powi(25) + y.powi(49);
        return 1.0 - (2.0 * std::f64::consts::PI).sqrt() / lambda * sum;
    }
    let x = (-2.0 * lambda * lambda).exp();
    2.0 * (x - x.powi(4) + x.powi(9))
}
