//! Temperatures of a ladder at equal distances, from a run before the run.

use crate::ladder::Ladder;
use crate::moves::Tally;
use crate::plan::Plan;
use crate::program::{Monitor, Progress};
use crate::sweep::Trained;
use crate::{Generators, RunError, StopReason};

/// Rounds of measuring and moving: the first one moves far where the ladder is poor, the others by what is known near the transition.
const ROUNDS: u64 = 4;
/// Pieces of a round: step sizes are tuned after each, energies are averaged over the later half of them.
const PIECES: u64 = 20;

/// 1 / kT of each rung such that neighbours are equally far apart, the first and the last as they are: by the thermodynamic length of the
/// gap between rungs a and b, `L^2 = (beta_b - beta_a) (<H>_a - <H>_b)` with H = U + P V, on which the acceptance of ordinary exchange
/// depends. Within a gap the length grows with ln beta, as it does for a constant heat capacity.
///
/// Moves of the sweep without flows, and ordinary exchange, for as many sweeps as the equilibration has. A function of the plan alone:
/// a resumed run finds the same.
///
/// Source: Predescu, Predescu and Ciobanu, J. Chem. Phys. 120 (2004) 4119 (L and acceptance); Shenfeld, Xu, Eastwood, Dror and Shaw,
/// Phys. Rev. E 80 (2009) 046705 (thermodynamic length).
///
/// # Errors
/// Walkers that are no longer finite, or a wish to stop.
pub fn equally_spaced(plan: &Plan, monitor: &mut dyn Monitor) -> Result<Vec<f64>, RunError> {
    let mut ladder = Ladder::of(plan);
    let mut betas: Vec<f64> = (0..plan.rungs.len()).map(|rung| plan.beta(rung)).collect();
    let none = Generators::new();
    let trained = Trained { generators: &none, flows: &plan.flows, states: &plan.states };
    let piece = plan.lengths.equilibration.div_ceil(ROUNDS * PIECES).max(1);
    let mut tuned_at = vec![vec![Tally::default(); plan.entries.len()]; plan.rungs.len()];
    let mut done = 0;
    for _ in 0..ROUNDS {
        let mut sums = vec![0.0; betas.len()];
        let mut count = 0.0;
        for part in 0..PIECES {
            for _ in 0..piece {
                ladder.sweep(done + 1, 1, &trained)?;
                done += 1;
                // After each sweep: one of a large system takes seconds.
                if let Some(reason @ StopReason::Interrupted) = monitor.stop() {
                    return Err(RunError::Stopped(reason));
                }
                if 2 * part >= PIECES {
                    add_enthalpies(&ladder, &mut sums);
                    count += 1.0;
                }
            }
            tuned_at = ladder.tune(&tuned_at, &[]);
            let total = ROUNDS * PIECES * piece;
            monitor.progress(&Progress { phase: "spacing the ladder".to_string(), done, total, figures: String::new() });
        }
        let means: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        betas = spaced(&betas, &means);
        for (chains, &beta) in ladder.rungs.iter_mut().zip(&betas) {
            chains.environment.thermodynamic_state.beta = beta;
            for walker in &mut chains.walkers {
                walker.state.draw_momenta(&plan.particles, beta, &mut walker.random);
            }
        }
    }
    Ok(betas)
}

/// Adds the mean of H over the walkers of each rung.
fn add_enthalpies(ladder: &Ladder, sums: &mut [f64]) {
    for (chains, sum) in ladder.rungs.iter().zip(sums) {
        let pressure = chains.environment.thermodynamic_state.pressure.unwrap_or(0.0);
        let total: f64 =
            chains.walkers.iter().map(|w| w.state.energy + if pressure == 0.0 { 0.0 } else { pressure * w.state.volume() }).sum();
        *sum += total / chains.walkers.len() as f64;
    }
}

/// The rungs at equal lengths, where `means` are those of H at `betas`.
fn spaced(betas: &[f64], means: &[f64]) -> Vec<f64> {
    let gaps = betas.len() - 1;
    let squares: Vec<f64> = (0..gaps).map(|k| (betas[k + 1] - betas[k]) * (means[k] - means[k + 1])).collect();
    // Means that are not yet known well may be in the wrong order: such a gap counts as a short one.
    let least = 1e-3 * squares.iter().fold(0.0f64, |a, &b| a.max(b)) + f64::MIN_POSITIVE;
    let lengths: Vec<f64> = squares.iter().map(|square| square.max(least).sqrt()).collect();
    let total: f64 = lengths.iter().sum();
    let mut found = betas.to_vec();
    for (rung, beta) in found.iter_mut().enumerate().take(gaps).skip(1) {
        let mut left = total * rung as f64 / gaps as f64;
        let mut gap = 0;
        while gap + 1 < gaps && left > lengths[gap] {
            left -= lengths[gap];
            gap += 1;
        }
        let part = (left / lengths[gap]).clamp(0.0, 1.0);
        *beta = betas[gap] * (betas[gap + 1] / betas[gap]).powf(part);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_heat_capacity_is_spaced_geometrically() {
        let betas = [5.0, 4.9, 1.1, 1.0];
        let means: Vec<f64> = betas.iter().map(|beta| 7.0 + 3.0 / beta).collect();
        let found = (0..60).fold(betas.to_vec(), |betas, _| {
            let means: Vec<f64> = betas.iter().map(|beta| 7.0 + 3.0 / beta).collect();
            spaced(&betas, &means)
        });
        for (k, beta) in found.iter().enumerate() {
            let expected = 5f64.powf(1.0 - k as f64 / 3.0);
            assert!((beta - expected).abs() < 1e-3, "{found:?}");
        }
        // Once is not far off, and noise in the order of means does no harm.
        assert!(spaced(&betas, &means).windows(2).all(|pair| pair[0] > pair[1]));
        let noisy = spaced(&betas, &[7.0, 7.5, 8.0, 7.9]);
        assert!(noisy.windows(2).all(|pair| pair[0] > pair[1]), "{noisy:?}");
        assert_eq!((noisy[0], noisy[3]), (5.0, 1.0));
    }

    #[test]
    fn rungs_go_where_the_energy_changes() {
        // A jump of the mean between the second and the third rung draws all inner rungs there.
        let found = spaced(&[4.0, 3.0, 2.0, 1.0], &[0.0, 0.1, 10.0, 10.2]);
        assert!(found[1] < 3.0 && found[1] > 2.0 && found[2] > 2.0 && found[2] < found[1], "{found:?}");
    }
}
