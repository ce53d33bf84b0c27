//! Errors of estimators made of correlated frames of several walkers, by the influence of each frame.

use super::{NoEstimate, estimate};

/// The walker and the place in its series that a frame comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The walker that made it.
    pub walker: usize,
    /// Its place in time, the same for all walkers.
    pub time: usize,
}

/// Walkers from which on their differences alone give the error.
const ENOUGH_WALKERS: usize = 8;

/// The standard error of an estimator from the influence of each frame on it (the sum of all is 0), frames of one walker being correlated.
///
/// To first order the estimator is off by the sum of the influences psi. Of independent frames its variance is sum psi^2; that is the least
/// taken. Walkers are independent: where at least 8 have a part in it, its variance is W / (W - 1) times the sum over the W walkers of
/// (S_w - mean S)^2, S_w the sum of the influences of a walker's frames, whatever their correlation in time. Where there are fewer, it is by the
/// multi-chain autocorrelation of [`estimate`], frames that are not there counting as 0.
///
/// # Errors
/// [`NoEstimate::LengthsDiffer`], [`NoEstimate::NotFinite`]; [`NoEstimate::TooShort`] with fewer than 8 walkers and fewer than 4 times.
///
/// Source: Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), chapter 6 (influence).
pub fn standard_error_by_influence(influence: &[f64], origins: &[Origin]) -> Result<f64, NoEstimate> {
    if influence.len() != origins.len() {
        return Err(NoEstimate::LengthsDiffer { found: influence.len(), expected: origins.len() });
    }
    if let Some(frame) = influence.iter().position(|v| !v.is_finite()) {
        return Err(NoEstimate::NotFinite { walker: origins[frame].walker, frame });
    }
    let independent = influence.iter().map(|v| v * v).sum::<f64>().sqrt();
    let places = |of: fn(&Origin) -> usize| {
        let mut all: Vec<usize> = origins.iter().map(of).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (walkers, times) = (places(|o| o.walker), places(|o| o.time));
    let mut series = vec![vec![0.0; times.len()]; walkers.len()];
    let mut takes_part = vec![false; walkers.len()];
    for (value, origin) in influence.iter().zip(origins) {
        let walker = walkers.binary_search(&origin.walker).expect("a walker of the list");
        let time = times.binary_search(&origin.time).expect("a time of the list");
        series[walker][time] += value;
        takes_part[walker] |= *value != 0.0;
    }
    if takes_part.iter().filter(|part| **part).count() >= ENOUGH_WALKERS {
        let sums: Vec<f64> = series.iter().map(|walker| walker.iter().sum()).collect();
        let count = sums.len() as f64;
        let centre = sums.iter().sum::<f64>() / count;
        let between = sums.iter().map(|sum| (sum - centre).powi(2)).sum::<f64>() * count / (count - 1.0);
        return Ok(independent.max(between.sqrt()));
    }
    let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    let of_mean = estimate(&series)?.standard_error;
    Ok(independent.max(of_mean * (walkers.len() * times.len()) as f64))
}

/// How many independent frames a mean over correlated ones is worth: their variance over the squared error of their mean, at most their number.
///
/// # Errors
/// As [`standard_error_by_influence`]; fewer than two values.
pub fn independent_frames(values: &[f64], origins: &[Origin]) -> Result<f64, NoEstimate> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return Err(NoEstimate::TooShort { found: values.len(), needed: 2 });
    }
    let centre = values.iter().sum::<f64>() / n;
    let influence: Vec<f64> = values.iter().map(|v| (v - centre) / n).collect();
    let error = standard_error_by_influence(&influence, origins)?;
    let variance = values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / n;
    Ok(if error > 0.0 { (variance / (error * error)).min(n) } else { n })
}
