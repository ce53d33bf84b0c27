//! How long trajectories of hybrid Monte Carlo are.

/// The steps of trajectory number `attempt` of entry number `entry` in a sweep: a whole number from half of `mean` to one and a half times
/// it, all equally probable.
///
/// Trajectories of one length may end where they began, or at its mirror image, as half a period of a harmonic well does: energies then never
/// change, whatever the number of sweeps. Each length leaves the target invariant, so any sequence of them that does not look at the state
/// does. It is a function of the number of the attempt, not of a walker's random numbers, so that walkers side by side have trajectories of
/// equal length, and a resumed run goes on with the same ones.
///
/// Sources: Mackenzie, Phys. Lett. B 226 (1989) 369 (lengths that are drawn); Steele, Lea and Flood, OOPSLA (2014) 453 (SplitMix64).
pub(crate) fn trajectory_steps(mean: usize, entry: usize, attempt: u64) -> usize {
    let half = (mean / 2) as u64;
    // SplitMix64: a bijection of 64 bits that leaves no pattern of its argument.
    let mut bits = attempt.wrapping_add((entry as u64) << 48).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let uniform = (u128::from(bits) * u128::from(2 * half + 1)) >> 64;
    mean - half as usize + uniform as usize
}

#[cfg(test)]
mod tests {
    use super::trajectory_steps;

    #[test]
    fn lengths_of_trajectories_are_spread_evenly_about_their_mean() {
        for mean in [1, 2, 3, 10, 21] {
            let half = mean / 2;
            let mut counts = vec![0_u32; 2 * half + 1];
            let (attempts, mut sum) = (100_000, 0);
            for attempt in 0..attempts {
                let steps = trajectory_steps(mean, 3, attempt);
                counts[steps + half - mean] += 1;
                sum += steps;
            }
            let expected = attempts as f64 / counts.len() as f64;
            assert!(counts.iter().all(|&count| (f64::from(count) - expected).abs() < 5.0 * expected.sqrt()), "{mean}: {counts:?}");
            assert!((sum as f64 / attempts as f64 - mean as f64).abs() < 0.01 * mean as f64, "{mean}: {sum}");
        }
        // Neighbours are independent: of two lengths of three, a ninth are alike in every way.
        let pairs = (0..90_000).filter(|&k| (trajectory_steps(2, 0, k), trajectory_steps(2, 0, k + 1)) == (1, 3)).count();
        assert!((pairs as f64 - 10_000.0).abs() < 500.0, "{pairs}");
    }
}
