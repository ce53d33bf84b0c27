//! Random numbers: one type, one stream a walker.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// The only generator of the program: xoshiro256++ (Blackman and Vigna, ACM Trans. Math. Softw. 47 (2021) 36).
pub type Random = rand_xoshiro::Xoshiro256PlusPlus;

/// `n` streams of one seed, 2^128 numbers apart, so that they never overlap.
pub fn streams(seed: u64, n: usize) -> Vec<Random> {
    let mut current = Random::seed_from_u64(seed);
    (0..n)
        .map(|_| {
            let stream = current.clone();
            current.jump();
            stream
        })
        .collect()
}

/// A stream for a purpose other than a walker (starts, training), 2^192 numbers away from all walkers and other purposes.
pub fn purpose_stream(seed: u64, purpose: u64) -> Random {
    let mut stream = Random::seed_from_u64(seed);
    for _ in 0..=purpose {
        stream.long_jump();
    }
    stream
}

/// A standard normal number (ziggurat of Marsaglia and Tsang, J. Stat. Softw. 5 (2000) 8).
#[inline]
pub fn normal(random: &mut Random) -> f64 {
    StandardNormal.sample(random)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn streams_differ_and_repeat() {
        let mut first: Vec<u64> = streams(7, 3).iter_mut().map(|s| s.random()).collect();
        let again: Vec<u64> = streams(7, 5).iter_mut().map(|s| s.random()).collect();
        assert_eq!(first, again[..3]);
        first.push(purpose_stream(7, 0).random());
        first.push(purpose_stream(7, 1).random());
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 5);
    }
}
