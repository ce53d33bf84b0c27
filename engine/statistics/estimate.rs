//! One observable over all walkers: mean, standard error, effective samples and convergence.

use super::autocorrelation::{pool, time};
use super::{NoEstimate, all_alike, checked, mean, normal_quantile};
use serde::Serialize;

/// The mean of an observable with its standard error, its autocorrelation time and the agreement of its walkers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Mean over all frames of all walkers.
    pub mean: f64,
    /// sqrt(variance / effective samples), where the variance contains that between walkers.
    pub standard_error: f64,
    /// Integrated autocorrelation time in frames, over all walkers at once.
    pub autocorrelation_time: f64,
    /// Frames of all walkers divided by the autocorrelation time.
    pub effective_samples: f64,
    /// Split R-hat ([`split_r_hat`]); `None` for a constant observable, of which it says nothing.
    pub r_hat: Option<f64>,
}

/// Averages one observable over walkers that sample the same distribution.
///
/// Effective samples are m n / tau with the multi-chain autocorrelation of [`super::autocorrelation()`]: where walkers disagree, tau
/// grows to twice their length, m/2 samples remain, and the error becomes that of so few. Whole walkers are used here (halves of
/// one walker would pass for independent chains); only R-hat splits them. Walkers are cut to the length of the shortest.
///
/// # Errors
/// Fewer than 4 frames a walker, no walker, or a value that is not finite.
///
/// Source: Vehtari, Gelman, Simpson, Carpenter, Bürkner, Bayesian Analysis 16 (2021) 667.
pub fn estimate(walkers: &[&[f64]]) -> Result<Estimate, NoEstimate> {
    let chains = checked(walkers, 4)?;
    let pooled = pool(&chains);
    let tau = time(&pooled, chains.len());
    let effective = (chains.len() * chains[0].len()) as f64 / tau;
    Ok(Estimate {
        mean: pooled.mean,
        standard_error: (pooled.variance / effective).sqrt(),
        autocorrelation_time: tau,
        effective_samples: effective,
        r_hat: r_hat_of(&chains),
    })
}

/// Averages one observable over walkers that exchange configurations, as those of a ladder do, and so are not independent of each other.
///
/// What one walker gains another loses, or both have it from the same rung: covariances between walkers are in the mean over walkers taken
/// as one series. The error is the largest of that of [`estimate`], that of the series by its autocorrelation, and that by the means of 20
/// blocks of it: what fluctuates slowly is a small part of what fluctuates, and an autocorrelation that is cut where it drowns in noise
/// misses it. Autocorrelation time and effective samples follow from the error.
///
/// # Errors
/// As [`estimate`].
pub fn estimate_exchanging(walkers: &[&[f64]]) -> Result<Estimate, NoEstimate> {
    let apart = estimate(walkers)?;
    let n = walkers.iter().map(|walker| walker.len()).min().unwrap_or(0);
    let means: Vec<f64> = (0..n).map(|k| walkers.iter().map(|walker| walker[k]).sum::<f64>() / walkers.len() as f64).collect();
    let mut standard_error = estimate(&[&means])?.standard_error;
    if n >= 4 * BLOCKS {
        let blocks: Vec<f64> = means.chunks_exact(n / BLOCKS).take(BLOCKS).map(mean).collect();
        let centre = mean(&blocks);
        let variance = blocks.iter().map(|block| (block - centre).powi(2)).sum::<f64>() / (BLOCKS - 1) as f64;
        standard_error = standard_error.max((variance / BLOCKS as f64).sqrt());
    }
    // A constant has no error, but its blocks may differ by a rounding.
    if apart.standard_error == 0.0 || standard_error <= apart.standard_error {
        return Ok(apart);
    }
    let ratio = (standard_error / apart.standard_error).powi(2);
    Ok(Estimate {
        standard_error,
        autocorrelation_time: apart.autocorrelation_time * ratio,
        effective_samples: apart.effective_samples / ratio,
        ..apart
    })
}

/// Blocks of a series whose means are taken for independent.
const BLOCKS: usize = 20;

/// A function from the series of all walkers to an [`Estimate`]: [`estimate`], or [`estimate_exchanging`] for the walkers of a ladder.
pub type Estimator = fn(&[&[f64]]) -> Result<Estimate, NoEstimate>;

/// Rank-normalised split R-hat: the larger of that of the values and that of their distances from the median.
///
/// Each walker is cut into halves (so that one walker suffices, and drift shows); values are replaced by normal quantiles of their
/// ranks, (r - 3/8) / (S + 1/4), ties sharing their mean rank; then R-hat = sqrt(((n-1)/n W + B/n) / W). The distances from the median
/// show walkers of equal mean and unequal width. 1 when all agree; above 1.01 is doubtful. At most 10^6 (walkers that stand still at
/// different values). `None` for a constant observable.
///
/// # Errors
/// Fewer than 4 frames a walker, or a value that is not finite.
///
/// Source: Vehtari et al., Bayesian Analysis 16 (2021) 667 (section 4).
pub fn split_r_hat(walkers: &[&[f64]]) -> Result<Option<f64>, NoEstimate> {
    Ok(r_hat_of(&checked(walkers, 4)?))
}

const LARGEST_R_HAT: f64 = 1e6;

fn r_hat_of(chains: &[&[f64]]) -> Option<f64> {
    let half = chains[0].len() / 2;
    let values: Vec<f64> = chains.iter().flat_map(|c| c[..half].iter().chain(&c[c.len() - half..])).copied().collect();
    if all_alike(&values) {
        return None;
    }
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let median = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
    let folded: Vec<f64> = values.iter().map(|v| (v - median).abs()).collect();
    let bulk = plain_r_hat(&rank_normalised(&values), half);
    let tail = if all_alike(&folded) { bulk } else { plain_r_hat(&rank_normalised(&folded), half) };
    Some(bulk.max(tail))
}

fn plain_r_hat(values: &[f64], n: usize) -> f64 {
    let chains: Vec<&[f64]> = values.chunks_exact(n).collect();
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let centre = mean(&means);
    let between = means.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (chains.len() - 1) as f64;
    let square = |c: &[f64], m: f64| if all_alike(c) { 0.0 } else { c.iter().map(|v| (v - m).powi(2)).sum::<f64>() };
    let pooled = chains.iter().zip(&means).map(|(c, &m)| square(c, m)).sum::<f64>() / (n * chains.len()) as f64;
    let within = pooled * n as f64 / (n - 1) as f64;
    ((pooled + between) / within).sqrt().min(LARGEST_R_HAT)
}

fn rank_normalised(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut scores = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        let rank = (start + 1 + end) as f64 / 2.0;
        let score = normal_quantile((rank - 0.375) / (values.len() as f64 + 0.25));
        order[start..end].iter().for_each(|&i| scores[i] = score);
        start = end;
    }
    scores
}
