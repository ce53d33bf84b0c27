//! Random numbers: one type, one stream a walker.

pub mod normals;

pub use normals::fill_normals;

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// The only generator of the program: xoshiro256++ (Blackman and Vigna, ACM Trans. Math. Softw. 47 (2021) 36).
pub type Random = rand_xoshiro::Xoshiro256PlusPlus;

/// `n` streams of one seed, 2^128 numbers apart, so that they never overlap.
pub fn streams(seed: u64, n: usize) -> Vec<Random> {
    jumps(Random::seed_from_u64(seed), n)
}

/// `n` streams from `current` on, 2^128 numbers apart.
fn jumps(mut current: Random, n: usize) -> Vec<Random> {
    (0..n)
        .map(|_| {
            let stream = current.clone();
            current.jump();
            stream
        })
        .collect()
}

/// What random numbers are for that are not those of a walker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Random starts: a stream for each state that has some.
    Starts,
    /// Seeds of trainings.
    Training,
    /// Which walkers exchange.
    Exchange,
    /// Draws that flows are judged by: a stream for each flow.
    Assessment,
    /// The run before the run: a stream for each walker, and one for exchanges.
    Trial,
}

/// The first `n` streams for a purpose: 2^128 numbers apart, and 2^192 from walkers and other purposes.
pub fn purpose_streams(seed: u64, purpose: Purpose, n: usize) -> Vec<Random> {
    let mut current = Random::seed_from_u64(seed);
    for _ in 0..=purpose as usize {
        current.long_jump();
    }
    jumps(current, n)
}

/// The stream of this number for a purpose.
pub fn purpose_stream(seed: u64, purpose: Purpose, number: usize) -> Random {
    purpose_streams(seed, purpose, number + 1).swap_remove(number)
}

/// A standard normal number (ziggurat of Marsaglia and Tsang, J. Stat. Softw. 5 (2000) 8).
#[inline]
pub fn normal(random: &mut Random) -> f64 {
    StandardNormal.sample(random)
}

/// Fills with standard normal numbers.
pub(crate) fn fill_normal(random: &mut Random, numbers: &mut [f64]) {
    numbers.iter_mut().for_each(|number| *number = normal(random));
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
        // Neither a neighbouring seed nor another number of a purpose shares a stream.
        let purposes = [Purpose::Starts, Purpose::Training, Purpose::Exchange, Purpose::Assessment, Purpose::Trial];
        for seed in [7, 8, 9] {
            for purpose in purposes {
                first.extend((0..3).map(|number| purpose_stream(seed, purpose, number).random::<u64>()));
                let together: Vec<u64> = purpose_streams(seed, purpose, 3).iter_mut().map(|s| s.random()).collect();
                assert_eq!(first[first.len() - 3..], together);
            }
        }
        let count = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!((first.len(), count), (48, 48));
    }
}
