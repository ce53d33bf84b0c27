use super::*;
use rand_distr::{Distribution, Open01, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn normal(rng: &mut Xoshiro256PlusPlus) -> f64 {
    StandardNormal.sample(rng)
}

fn uniform(rng: &mut Xoshiro256PlusPlus) -> f64 {
    Open01.sample(rng)
}

/// x' = phi x + sqrt(1 - phi^2) normal, of mean 0 and variance 1, started from its own law: tau = (1 + phi) / (1 - phi).
fn autoregressive(rng: &mut Xoshiro256PlusPlus, phi: f64, n: usize) -> Vec<f64> {
    let mut x = normal(rng);
    let step = (1.0 - phi * phi).sqrt();
    (0..n)
        .map(|_| {
            x = phi * x + step * normal(rng);
            x
        })
        .collect()
}

fn slices(series: &[Vec<f64>]) -> Vec<&[f64]> {
    series.iter().map(Vec::as_slice).collect()
}

/// The mean of squared z-scores is 1 with a variance of 2/n where errors are right; how many standard errors it lies off.
fn z_of_squares(z: &[f64]) -> f64 {
    let n = z.len() as f64;
    (z.iter().map(|z| z * z).sum::<f64>() / n - 1.0) / (2.0 / n).sqrt()
}

fn z_of_mean(values: &[f64], expected: f64) -> f64 {
    let (n, m) = (values.len() as f64, mean(values));
    let variance = values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (n - 1.0);
    z_score(m, (variance / n).sqrt(), expected)
}

#[test]
fn autoregressive_chains_have_the_known_time_and_error() {
    for (phi, walkers) in [(0.0, 1), (0.5, 4), (0.9, 1), (0.9, 4), (-0.5, 4)] {
        let exact = (1.0 + phi) / (1.0 - phi);
        let (mut times, mut z, mut z_blocks, mut r_hats) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for seed in 0..150 {
            let mut rng = random(seed);
            let series: Vec<Vec<f64>> = (0..walkers).map(|_| autoregressive(&mut rng, phi, 12_000 / walkers)).collect();
            let found = estimate(&slices(&series)).unwrap();
            let blocks = standard_error_by_blocks(&slices(&series)).unwrap();
            times.push(found.autocorrelation_time);
            z.push(found.mean / found.standard_error);
            z_blocks.push(found.mean / blocks.standard_error);
            r_hats.push(found.r_hat.unwrap());
            if seed == 0 {
                assert_eq!(found.autocorrelation_time, integrated_autocorrelation_time(&slices(&series)).unwrap());
            }
        }
        println!(
            "phi {phi} walkers {walkers}: tau {:.4} (z {:.2}) exact {exact:.4}; squares z {:.2} blocks {:.2}; r_hat up to {:.4}",
            mean(&times),
            z_of_mean(&times, exact),
            z_of_squares(&z),
            z_of_squares(&z_blocks),
            r_hats.iter().copied().fold(0.0, f64::max)
        );
        // Geyer's sequence errs upwards by a few per cent, never the factor that a wrong formula brings.
        assert!((mean(&times) / exact - 1.0).abs() < 0.05);
        assert!(z_of_squares(&z).abs() < 4.0);
        // Blocks of one frame are taken for antithetic chains: an error that is too large.
        assert!(if phi < 0.0 { z_of_squares(&z_blocks) < 4.0 } else { z_of_squares(&z_blocks).abs() < 4.0 });
        assert!(z_of_mean(&z, 0.0).abs() < 4.0);
    }
}

#[test]
fn autocorrelation_function_decays_as_known() {
    let mut rng = random(5);
    let series: Vec<Vec<f64>> = (0..8).map(|_| autoregressive(&mut rng, 0.8, 50_000)).collect();
    let rho = autocorrelation(&slices(&series)).unwrap();
    assert_eq!(rho[0], 1.0);
    for t in 1..15 {
        assert!((rho[t] - 0.8_f64.powi(t as i32)).abs() < 0.02, "{t}: {}", rho[t]);
    }
    // The transform against the definition.
    let short = &series[0][..7];
    let m = mean(short);
    for (t, c) in autocovariance(short).into_iter().enumerate() {
        let direct = (0..7 - t).map(|i| (short[i] - m) * (short[i + t] - m)).sum::<f64>() / 7.0;
        assert!((c - direct).abs() < 1e-14);
    }
}

#[test]
fn walkers_that_disagree_show() {
    let mut rng = random(11);
    let agreeing: Vec<Vec<f64>> = (0..4).map(|_| autoregressive(&mut rng, 0.5, 4000)).collect();
    let good = estimate(&slices(&agreeing)).unwrap();
    assert!(good.r_hat.unwrap() < 1.02 && good.effective_samples > 3000.0, "{good:?}");
    let mut split = agreeing.clone();
    split[2..].iter_mut().flatten().for_each(|v| *v += 6.0);
    let bad = estimate(&slices(&split)).unwrap();
    assert!(bad.r_hat.unwrap() > 1.5 && bad.effective_samples < 6.0 && bad.standard_error > 1.0, "{bad:?}");
    // One walker that drifts, and walkers of unequal width.
    let drift: Vec<f64> = (0..4000).map(|i| f64::from(i) / 500.0 + normal(&mut rng)).collect();
    assert!(split_r_hat(&[&drift]).unwrap().unwrap() > 1.5);
    let mut wide = agreeing.clone();
    wide[0].iter_mut().for_each(|v| *v *= 4.0);
    assert!(split_r_hat(&slices(&wide)).unwrap().unwrap() > 1.1);
    // Walkers that stand still at different values: an indicator of a state that none of them leaves.
    let still = estimate(&[&[0.0; 100], &[1.0; 100]]).unwrap();
    assert!(still.r_hat.unwrap() >= 1e3 && still.standard_error > 0.4 && still.effective_samples < 2.0, "{still:?}");
}

#[test]
fn constant_short_and_damaged_series() {
    let constant = estimate(&[&[0.1; 50], &[0.1; 50]]).unwrap();
    assert_eq!((constant.autocorrelation_time, constant.standard_error, constant.effective_samples), (1.0, 0.0, 100.0));
    assert_eq!(constant.r_hat, None);
    assert!((constant.mean - 0.1).abs() < 1e-15);
    assert_eq!(standard_error_by_blocks(&[&[0.1; 50]]).unwrap().standard_error, 0.0);
    for n in 0..12 {
        let series: Vec<f64> = (0..n).map(|i| f64::from(i % 3)).collect();
        for walkers in [vec![], vec![&series[..]], vec![&series[..], &series[..]]] {
            let needed = n >= 4 && !walkers.is_empty();
            let found = estimate(&walkers);
            assert_eq!(found.is_ok(), needed, "{n}");
            assert_eq!(autocorrelation(&walkers).is_ok() && integrated_autocorrelation_time(&walkers).is_ok(), needed);
            if let Ok(e) = found {
                assert!(e.mean.is_finite() && e.standard_error.is_finite() && e.autocorrelation_time > 0.0 && e.effective_samples > 0.0);
                assert!(e.r_hat.is_none_or(f64::is_finite));
            }
            assert!(standard_error_by_blocks(&walkers).is_err() || walkers.len() * series.len() >= 8);
        }
        assert_eq!(autocovariance(&series).len(), n as usize);
    }
    let mut damaged = vec![1.0; 20];
    damaged[7] = f64::NAN;
    let reason = NoEstimate::NotFinite { walker: 1, frame: 7 };
    assert_eq!(estimate(&[&[0.0; 20], &damaged]).unwrap_err(), reason);
    assert_eq!(standard_error_by_blocks(&[&[0.0; 20], &damaged]).unwrap_err(), reason);
    assert_eq!(reason.to_string(), "value 7 of walker 1 is not a finite number");
    assert_eq!(log_ratio(&[&[1.0; 20]], &[&damaged], estimate).unwrap_err(), NoEstimate::NotFinite { walker: 0, frame: 7 });
    assert_eq!(log_ratio(&[&[1.0; 20]], &[&[1.0; 19]], estimate).unwrap_err(), NoEstimate::LengthsDiffer { found: 19, expected: 20 });
    assert!(matches!(
        log_ratio(&[&[1.0; 20]], &[&[-1.0; 20]], estimate).unwrap_err(),
        NoEstimate::NotPositive { which: "denominator", .. }
    ));
    assert_eq!(estimate(&[&[0.0; 3]]).unwrap_err().to_string(), "3 values where at least 4 are needed");
}

/// A chain of two states (0, 1), with some frames in no state: leaves 0 with probability `up`, 1 with probability `down`.
fn two_states(rng: &mut Xoshiro256PlusPlus, up: f64, down: f64, n: usize) -> Vec<StateIndex> {
    let mut state = u32::from(uniform(rng) < up / (up + down));
    (0..n)
        .map(|_| {
            let rate = if state == 0 { up } else { down };
            if uniform(rng) < rate {
                state = 1 - state;
            }
            (uniform(rng) > 0.1).then_some(state)
        })
        .collect()
}

#[test]
fn free_energy_differences_of_a_two_state_chain() {
    let (up, down) = (0.02, 0.06);
    let (mut z, mut z_population) = (Vec::new(), Vec::new());
    for seed in 0..150 {
        let mut rng = random(1000 + seed);
        let walkers: Vec<Vec<StateIndex>> = (0..4).map(|_| two_states(&mut rng, up, down, 5000)).collect();
        let walkers: Vec<&[StateIndex]> = walkers.iter().map(Vec::as_slice).collect();
        let found = free_energy_difference(&walkers, 0, 1, estimate).unwrap();
        z.push(z_score(found.value, found.standard_error, -(up / down).ln()));
        let back = free_energy_difference(&walkers, 1, 0, estimate).unwrap();
        assert!((back.value + found.value).abs() < 1e-12 && (back.standard_error - found.standard_error).abs() < 1e-9);
        let populations = state_populations(&walkers, 3, estimate);
        let closed = populations[0].as_ref().unwrap();
        z_population.push(z_score(closed.mean, closed.standard_error, 0.9 * down / (up + down)));
        assert_eq!(populations[2], Err(NoEstimate::NeverVisited { state: 2 }));
    }
    println!(
        "free energy: squares {:.2} mean {:.2}; population: squares {:.2}",
        z_of_squares(&z),
        z_of_mean(&z, 0.0),
        z_of_squares(&z_population)
    );
    assert!(z_of_squares(&z).abs() < 4.0 && z_of_mean(&z, 0.0).abs() < 4.0);
    assert!(z_of_squares(&z_population).abs() < 4.0);
}

#[test]
fn states_never_visited_and_round_trips() {
    let series = [Some(0), None, Some(2), Some(1), None, Some(1), Some(2), Some(0), None, Some(1), Some(0), Some(0)];
    assert_eq!(round_trips(&series, 0, 1), 2);
    assert_eq!(round_trips(&series, 1, 0), 1);
    assert_eq!(round_trips(&series, 0, 3), 0);
    assert_eq!(round_trips(&[], 0, 1), 0);
    let error = free_energy_difference(&[&series], 0, 3, estimate).unwrap_err();
    assert_eq!(error.to_string(), "state 3 was never visited");
    assert!(free_energy_difference(&[], 0, 1, estimate).is_err());
    assert!(free_energy_difference(&[&series[..2]], 0, 1, estimate).is_err());
    // Each walker in a state of its own: the ratio is that of the starts, and says nothing.
    let stuck: [&[StateIndex]; 2] = [&[Some(0); 100], &[Some(1); 100]];
    assert_eq!(free_energy_difference(&stuck, 0, 1, estimate), Err(NoEstimate::NeverCrossed));
    assert_eq!(state_populations(&stuck, 2, estimate), [0.5, 0.5].map(|mean| Err(NoEstimate::NeverChanged { mean })));
    // One crossing is enough to have an error, which is then large.
    let once: Vec<StateIndex> = (0..100).map(|k| Some(u32::from(k >= 50))).collect();
    let found = free_energy_difference(&[&once, &[Some(1); 100]], 0, 1, estimate).unwrap();
    assert!(found.standard_error > 0.5 && found.r_hat.unwrap() > 1.1, "{found:?}");
}

/// Two rungs that change places with p: eigenvalues 1 and 1 - 2 p. Three in a row, each pair with p in turn: 1, 1 - p, 1 - 3 p.
#[test]
fn ladders_mix_as_their_second_eigenvalue_says() {
    let two = mixing(&[vec![700, 300], vec![300, 700]]).expect("counts");
    assert_eq!(two.transitions, [[0.7, 0.3], [0.3, 0.7]]);
    assert!((two.second_eigenvalue - 0.4).abs() < 1e-14 && (two.relaxation_sweeps.unwrap() + 1.0 / 0.4f64.ln()).abs() < 1e-12);
    let three = mixing(&[vec![90, 10, 0], vec![10, 80, 10], vec![0, 10, 90]]).expect("counts");
    assert!((three.second_eigenvalue - 0.9).abs() < 1e-14, "{three:?}");
    // More walkers in one rung than in the other: row sums are 200 and 100, eigenvalues 1 and 0.9 + 0.8 - 1.
    let uneven = mixing(&[vec![180, 20], vec![20, 80]]).expect("counts");
    assert_eq!(uneven.transitions, [[0.9, 0.1], [0.2, 0.8]]);
    assert!((uneven.second_eigenvalue - 0.7).abs() < 1e-14, "{uneven:?}");
    // No way from the third rung to the others.
    let apart = mixing(&[vec![50, 50, 0], vec![50, 50, 0], vec![0, 0, 100]]).expect("counts");
    assert!((apart.second_eigenvalue - 1.0).abs() < 1e-12 && apart.relaxation_sweeps.is_none(), "{apart:?}");
    assert_eq!(mixing(&[vec![10]]), None);
    assert_eq!(mixing(&[vec![0, 0], vec![0, 0]]), None);
}

/// Two walkers that hold one thing between them: when one has it the other has not, as states of replicas in a ladder. Alone each looks
/// well mixed; their sum is what fluctuates slowly.
#[test]
fn exchanging_walkers_are_not_taken_for_independent_ones() {
    let mut random = random(3);
    let n = 20_000;
    let (mut slow, mut walkers) = (0.0, vec![Vec::new(); 8]);
    for _ in 0..n {
        slow = 0.99 * slow + 0.141 * normal(&mut random);
        walkers.iter_mut().for_each(|walker| walker.push(slow + 5.0 * normal(&mut random)));
    }
    let series: Vec<&[f64]> = walkers.iter().map(Vec::as_slice).collect();
    let (apart, exchanging) = (estimate(&series).unwrap(), estimate_exchanging(&series).unwrap());
    // The variance of the mean of the slow part is (1 + rho) / (1 - rho) / n.
    let expected = (199.0 / n as f64).sqrt();
    assert!(apart.standard_error < 0.6 * expected, "{}", apart.standard_error);
    assert!((exchanging.standard_error / expected).ln().abs() < 0.4, "{} against {expected}", exchanging.standard_error);
    assert_eq!(exchanging.mean, apart.mean);
    let constant = [0.1; 200];
    let found = estimate_exchanging(&[&constant, &constant]).unwrap();
    assert!(found.standard_error == 0.0 && found.autocorrelation_time.is_finite());
}
