//! Autocorrelation functions and times of one observable in one or several chains.

use super::{NoEstimate, all_alike, checked, mean};
use rustfft::{FftPlanner, num_complex::Complex};

/// The autocovariance of one series about its own mean: c(t) = 1/n sum_i (x_i - m)(x_(i+t) - m), t = 0 .. n-1.
///
/// By fast Fourier transforms of the series padded with as many zeros (Wiener-Khinchin), so in n log n operations. Divided by n, not
/// by n - t: biased by a factor 1 - t/n, but positive definite.
pub fn autocovariance(series: &[f64]) -> Vec<f64> {
    let n = series.len();
    if n == 0 || all_alike(series) {
        return vec![0.0; n];
    }
    let centre = mean(series);
    let padded = (2 * n).next_power_of_two();
    let mut planner = FftPlanner::new();
    let mut buffer = vec![Complex::new(0.0, 0.0); padded];
    for (b, x) in buffer.iter_mut().zip(series) {
        b.re = x - centre;
    }
    planner.plan_fft_forward(padded).process(&mut buffer);
    for b in &mut buffer {
        *b = Complex::new(b.norm_sqr(), 0.0);
    }
    planner.plan_fft_inverse(padded).process(&mut buffer);
    let scale = 1.0 / (padded as f64 * n as f64);
    buffer[..n].iter().map(|b| b.re * scale).collect()
}

/// Sums over m chains of n values each, from which autocorrelations over all chains follow.
pub(super) struct Pooled {
    /// Mean of all values.
    pub mean: f64,
    /// (n-1)/n W + B/n: variance of the target by within- and between-chain variance.
    pub variance: f64,
    /// 1 at lag 0, then 1 - (W - mean over chains of c(t)) / variance.
    pub autocorrelation: Vec<f64>,
}

/// Vehtari et al. 2021 (as Stan computes it); chains of equal length of at least 2.
pub(super) fn pool(chains: &[&[f64]]) -> Pooled {
    let n = chains[0].len() as f64;
    let m = chains.len() as f64;
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let centre = mean(&means);
    let mut covariance = vec![0.0; chains[0].len()];
    for chain in chains {
        for (sum, c) in covariance.iter_mut().zip(autocovariance(chain)) {
            *sum += c / m;
        }
    }
    let within = covariance[0] * n / (n - 1.0);
    let between = if chains.len() > 1 { means.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (m - 1.0) } else { 0.0 };
    let variance = if chains.iter().all(|c| all_alike(c) && c[0] == chains[0][0]) { 0.0 } else { covariance[0] + between };
    let mut autocorrelation: Vec<f64> =
        if variance > 0.0 { covariance.iter().map(|c| 1.0 - (within - c) / variance).collect() } else { vec![0.0; covariance.len()] };
    autocorrelation[0] = 1.0;
    Pooled { mean: centre, variance, autocorrelation }
}

/// The autocorrelation function of one observable in several chains: rho(t), t = 0 .. n-1.
///
/// rho(t) = 1 - (W - mean over chains of c(t)) / ((n-1)/n W + B/n) with the within-chain variance W and the variance B/n of the chain
/// means: chains that sample different places keep rho near 1 at all lags. Chains are cut to the shortest. A constant observable has
/// rho(0) = 1 and nothing else.
///
/// # Errors
/// Fewer than 4 values a chain, or one that is not finite.
///
/// Source: Vehtari, Gelman, Simpson, Carpenter, Bürkner, Bayesian Analysis 16 (2021) 667.
pub fn autocorrelation(chains: &[&[f64]]) -> Result<Vec<f64>, NoEstimate> {
    Ok(pool(&checked(chains, 4)?).autocorrelation)
}

/// The integrated autocorrelation time tau = 1 + 2 sum_t rho(t) in frames: as many frames count for one independent sample.
///
/// The sum ends by Geyer's initial monotone sequence: the sums of neighbours rho(2k) + rho(2k+1) of a reversible chain are positive and
/// decrease, so the sum goes on while they are positive, and one that rises is replaced by the last. It needs no window chosen by
/// hand, errs towards longer times, and lets slow tails count. A cycle of moves, each of them reversible, is not reversible itself;
/// the sequence serves there as it does in Stan. Not below 1/log10(number of values): antithetic chains may come below 1. A constant
/// observable has tau = 1. With several chains see [`autocorrelation()`].
///
/// # Errors
/// Fewer than 4 values a chain, or one that is not finite.
///
/// Source: Geyer, Statistical Science 7 (1992) 473, section 3.3; Vehtari et al., Bayesian Analysis 16 (2021) 667.
pub fn integrated_autocorrelation_time(chains: &[&[f64]]) -> Result<f64, NoEstimate> {
    let chains = checked(chains, 4)?;
    let pooled = pool(&chains);
    Ok(time(&pooled, chains.len()))
}

pub(super) fn time(pooled: &Pooled, chains: usize) -> f64 {
    if pooled.variance <= 0.0 {
        return 1.0;
    }
    let rho = &pooled.autocorrelation;
    let mut sum = 0.0;
    let mut last = f64::INFINITY;
    let mut pairs = rho.chunks_exact(2);
    for pair in &mut pairs {
        let both = pair[0] + pair[1];
        if both <= 0.0 {
            // Half of the first term left out belongs to the sum where it is positive (antithetic chains).
            sum += pair[0].max(0.0) / 2.0;
            break;
        }
        last = both.min(last);
        sum += last;
    }
    let total = (rho.len() * chains) as f64;
    (2.0 * sum - 1.0).max(1.0 / total.log10())
}
