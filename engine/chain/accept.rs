//! The accept rule: the one place where a random number meets an exponential.

use crate::random::Random;
use rand::RngExt;

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the proposal becomes the state.
    pub accepted: bool,
    /// The probability with which it would: min(1, exp(log_q_ratio - delta_u)); 0 where that is not a number.
    pub probability: f64,
    /// Whether both numbers were ones a decision can be made by.
    pub finite: bool,
}

/// Accepts with probability min(1, exp(log_q_ratio - delta_u)).
///
/// `delta_u` is the change of the reduced energy, `log_q_ratio` the logarithm of the ratio of proposal densities (reverse over
/// forward), with every Jacobian and momentum term in it. A NaN, a `delta_u` of +inf and a ratio of +inf reject. One random number is
/// drawn whatever the outcome.
///
/// Source: Metropolis et al., J. Chem. Phys. 21 (1953) 1087; Hastings, Biometrika 57 (1970) 97; Green, Biometrika 82 (1995) 711.
#[inline]
pub fn metropolis_hastings(delta_u: f64, log_q_ratio: f64, random: &mut Random) -> Verdict {
    let log_probability = log_q_ratio - delta_u;
    let finite = log_probability < f64::INFINITY && delta_u < f64::INFINITY;
    let probability = if finite { log_probability.min(0.0).exp() } else { 0.0 };
    Verdict { accepted: random.random::<f64>() < probability, probability, finite }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn decides_by_the_ratio() {
        let mut random = Random::seed_from_u64(1);
        let n = 200_000;
        let accepted = (0..n).filter(|_| metropolis_hastings(1.0, 0.3, &mut random).accepted).count() as f64;
        let expected = (-0.7f64).exp();
        let z = (accepted / n as f64 - expected) / (expected * (1.0 - expected) / n as f64).sqrt();
        assert!(z.abs() < 4.0, "z = {z}");
    }

    #[test]
    fn rejects_what_is_not_a_number() {
        let mut random = Random::seed_from_u64(2);
        let nan = f64::NAN;
        let inf = f64::INFINITY;
        for (delta_u, ratio) in [(nan, 0.0), (0.0, nan), (inf, 0.0), (inf, inf), (0.0, inf), (-inf, -inf), (-inf, 0.0)] {
            let verdict = metropolis_hastings(delta_u, ratio, &mut random);
            assert!(!verdict.accepted && !verdict.finite && verdict.probability == 0.0, "{delta_u} {ratio}");
        }
        // A target density of zero at the proposal by way of the ratio is an ordinary rejection.
        let verdict = metropolis_hastings(0.0, -inf, &mut random);
        assert!(!verdict.accepted && verdict.finite);
        assert!(metropolis_hastings(-5.0, 0.0, &mut random).accepted);
    }
}
