//! How often a jump or a draw pays against local moves: by what it costs and how soon its chance is forgotten, both counted, never timed.

use crate::chain::Tally;

/// Attempts of all walkers below which nothing is concluded.
const FEWEST_ATTEMPTS: u64 = 200;
/// The largest interval.
const LONGEST: f64 = 1e6;

/// Sweeps between two attempts for which most independent chances come for the same work.
///
/// Local moves forget the acceptance probability p of a jump within tau sweeps. Attempts n sweeps apart are correlated with rho = e^(-n/tau), so that as
/// many independent chances come as from attempts that are (1 + rho) / (1 - rho) = coth(n / 2 tau) times fewer. With the work c of an attempt in
/// units of a local sweep, tanh(n / 2 tau) / (n + c) is largest where sinh(2 x) / 2 - x = c / (2 tau), x = n / (2 tau).
pub(crate) fn interval_that_pays(cost: f64, memory: f64) -> f64 {
    let target = cost / (2.0 * memory);
    let (mut low, mut high) = (0.0, 30.0);
    for _ in 0..200 {
        let x = 0.5 * (low + high);
        if 0.5 * f64::sinh(2.0 * x) - x < target { low = x } else { high = x }
    }
    (2.0 * memory * low).clamp(1.0, LONGEST)
}

/// tau in sweeps from attempts that were `every` sweeps apart; `None` where they show nothing.
///
/// By the correlation of acceptance probabilities of successive attempts of each walker, those that it makes at all times.
pub(crate) fn memory(every: f64, counts: &Tally) -> Option<f64> {
    if counts.attempted < FEWEST_ATTEMPTS {
        return None;
    }
    let n = counts.attempted as f64;
    let mean = counts.probability / n;
    let variance = counts.square / n - mean * mean;
    let correlation = (counts.product / n - mean * mean) / variance;
    (variance > 0.0 && correlation.is_finite()).then(|| -every / correlation.clamp(0.02, 0.98).ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normal, streams};

    #[test]
    fn no_other_interval_gives_more_for_the_work() {
        for (cost, memory) in [(0.01, 3.0), (1.0, 40.0), (70.0, 5.0), (300.0, 1000.0)] {
            let gain = |n: f64| f64::tanh(n / (2.0 * memory)) / (n + cost);
            let best = interval_that_pays(cost, memory);
            let most = (1..40_000).map(|k| gain(f64::from(k) * 0.25)).fold(0.0, f64::max);
            assert!(best == 1.0 || gain(best) > 0.9999 * most, "{cost} {memory}: {best} gives {}, of {most}", gain(best));
        }
        assert_eq!(interval_that_pays(1e-9, 1e-3), 1.0);
        assert!(interval_that_pays(1e3, 10.0) > interval_that_pays(10.0, 10.0));
    }

    #[test]
    fn memory_is_found_from_successive_attempts() {
        // Chances e^(-y^2) of an Ornstein-Uhlenbeck process y, whose correlation falls as that of y^2 and its powers: within some tau / 2.
        let mut random = streams(1, 1).remove(0);
        let (tau, every) = (40.0, 5.0);
        let keep = f64::exp(-every / tau);
        let (mut y, mut tally) = (0.0, Tally::default());
        for _ in 0..200_000 {
            y = keep * y + (1.0 - keep * keep).sqrt() * normal(&mut random);
            tally.count(f64::exp(-y * y));
        }
        let found = memory(every, &tally).expect("many attempts");
        assert!((10.0..25.0).contains(&found), "{found}");
        assert!(memory(every, &Tally::default()).is_none());
    }
}
