use super::*;
use rand_distr::{Distribution, Open01, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn z_of_squares(z: &[f64]) -> f64 {
    let n = z.len() as f64;
    (z.iter().map(|z| z * z).sum::<f64>() / n - 1.0) / (2.0 / n).sqrt()
}

fn z_of_mean(values: &[f64], expected: f64) -> f64 {
    let (n, m) = (values.len() as f64, mean(values));
    let variance = values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (n - 1.0);
    z_score(m, (variance / n).sqrt(), expected)
}

/// Draws of N(0, s2)^d: log weights towards N(0, 1)^d, both normalised (ln Z = 0), and the first coordinates.
fn gaussian(rng: &mut Xoshiro256PlusPlus, s2: f64, d: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
    (0..n)
        .map(|_| {
            let x: Vec<f64> = (0..d)
                .map(|_| {
                    s2.sqrt() * {
                        let z: f64 = StandardNormal.sample(rng);
                        z
                    }
                })
                .collect();
            let square: f64 = x.iter().map(|v| v * v).sum();
            (-square / 2.0 * (1.0 - 1.0 / s2) + d as f64 / 2.0 * s2.ln(), x[0])
        })
        .unzip()
}

#[test]
fn gaussian_reweighting_has_the_exact_values() {
    // The law: E_q[w^2] = (s2 / sqrt(2 s2 - 1))^d, and the effective fraction is its inverse.
    for (s2, d, fraction) in [
        (1.2, 1, 0.9860132971832694),
        (1.5, 10, 0.5549289573066443),
        (2.0, 1, 0.8660254037844386),
        (2.0, 10, 0.23730468749999986),
        (4.0, 10, 0.01602840423583985),
    ] {
        let (mut second_moment, mut z_of_log_z, mut z_of_average, mut z_of_states) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for seed in 0..120 {
            let mut rng = random(seed);
            let (log_weights, x) = gaussian(&mut rng, s2, d, 10_000);
            let weights = Weights::new(&log_weights).unwrap();
            let summary = weights.summary();
            assert_eq!((summary.n, summary.zero, summary.not_finite), (10_000, 0, 0));
            let mean_weight = summary.log_z.value.exp();
            second_moment.push(mean_weight * mean_weight / summary.effective_fraction);
            z_of_log_z.push(summary.log_z.value / summary.log_z.standard_error);
            let squares: Vec<f64> = x.iter().map(|v| v * v).collect();
            let average = weights.average(&squares).unwrap();
            z_of_average.push((average.value - 1.0) / average.standard_error);
            let states: Vec<StateIndex> = x.iter().map(|&v| Some(u32::from(v > 0.5))).collect();
            let difference = weights.free_energy_difference(&states, 0, 1).unwrap();
            let exact = -(normal_cumulative(-0.5) / normal_cumulative(0.5)).ln();
            z_of_states.push((difference.value - exact) / difference.standard_error);
        }
        let z = [
            z_of_mean(&second_moment, 1.0 / fraction),
            z_of_squares(&z_of_log_z),
            z_of_squares(&z_of_average),
            z_of_squares(&z_of_states),
            z_of_mean(&z_of_log_z, 0.0),
            z_of_mean(&z_of_states, 0.0),
        ];
        println!("s2 {s2} d {d}: {z:.2?}");
        assert!(z.iter().all(|z| z.abs() < 4.5));
    }
}

#[test]
fn weights_in_log_space() {
    let weights = Weights::new(&[1e4, 1e4 + 2.0_f64.ln(), f64::NEG_INFINITY, f64::NAN, f64::NAN]).unwrap();
    let summary = weights.summary();
    assert_eq!((summary.n, summary.zero, summary.not_finite, summary.pareto_k), (5, 3, 2, None));
    assert!((summary.effective_fraction - 9.0 / (5.0 * 5.0)).abs() < 1e-12);
    assert!((summary.largest_weight - 2.0 / 3.0).abs() < 1e-12);
    assert!((summary.log_z.value - 1e4 - (3.0_f64 / 5.0).ln()).abs() < 1e-9);
    // What has no weight may have no value.
    let average = weights.average(&[1.0, 4.0, f64::NAN, f64::INFINITY, f64::NAN]).unwrap();
    assert!((average.value - 3.0).abs() < 1e-12);
    assert!((average.standard_error - ((4.0 + 4.0) / 9.0_f64).sqrt()).abs() < 1e-12);
    assert_eq!(weights.average(&[1.0, f64::NAN, 0.0, 0.0, 0.0]).unwrap_err(), NoEstimate::NotFinite { walker: 0, frame: 1 });
    assert_eq!(weights.average(&[1.0]).unwrap_err(), NoEstimate::LengthsDiffer { found: 1, expected: 5 });
    let states = [Some(0), Some(1), Some(2), Some(2), None];
    assert!((weights.free_energy_difference(&states, 0, 1).unwrap().value + 2.0_f64.ln()).abs() < 1e-12);
    assert_eq!(weights.free_energy_difference(&states, 0, 2).unwrap_err(), NoEstimate::NeverVisited { state: 2 });
    assert_eq!(Weights::new(&[f64::NEG_INFINITY; 4]).unwrap_err(), NoEstimate::NoWeight { n: 4 });
    for short in [&[][..], &[1.0]] {
        assert!(matches!(Weights::new(short), Err(NoEstimate::TooShort { needed: 2, .. })));
    }
    assert_eq!(Weights::new(&[0.0, f64::INFINITY]).unwrap_err(), NoEstimate::InfiniteWeight { draw: 1 });
    // What is not a number is a weight of 0, as -inf is.
    for nothing in [f64::NAN, f64::NEG_INFINITY] {
        let log_z = Weights::new(&[0.0, 0.0, nothing, nothing]).unwrap().log_z();
        assert!((log_z.value + 2f64.ln()).abs() < 1e-12 && (log_z.standard_error - 1.0 / 3f64.sqrt()).abs() < 1e-12, "{log_z:?}");
    }
    assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    assert!((log_mean_exp(&[-2000.0, -2000.0]) + 2000.0).abs() < 1e-12);
}

#[test]
fn few_weights_are_named() {
    let mut rng = random(3);
    // Weights u^-k have the Pareto shape k; of many draws 0.7 is the limit, of few less.
    let mut tail = |k: f64, n: usize| -> Weights {
        let uniform = |rng: &mut Xoshiro256PlusPlus| -> f64 { Open01.sample(rng) };
        Weights::new(&(0..n).map(|_| -k * uniform(&mut rng).ln()).collect::<Vec<_>>()).unwrap()
    };
    assert_eq!(tail(0.3, 20_000).few(), None);
    assert!(matches!(tail(0.9, 20_000).few(), Some(FewWeights::HeavyTail { k, limit }) if k > 0.8 && limit <= 0.7));
    assert!(matches!(tail(0.9, 100).few(), Some(FewWeights::HeavyTail { limit: 0.5, .. })));
    // One draw in a hundred has a weight, and these are alike: 20 of 2000 are few, 100 of 10000 are not.
    for (n, few) in [(2000, true), (10_000, false)] {
        let log_weights: Vec<f64> = (0..n).map(|k| if k % 100 == 0 { 0.0 } else { f64::NAN }).collect();
        let weights = Weights::new(&log_weights).unwrap();
        assert_eq!(weights.few().is_some(), few, "{:?}", weights.summary());
        let states: Vec<StateIndex> = (0..n).map(|k| Some(u32::from(k % 1000 == 0))).collect();
        assert!(weights.few_in(&states, 1).is_some());
    }
}

#[test]
fn errors_by_influence_know_of_correlation() {
    // Means of walkers whose values are correlated over about 20 frames, and of independent ones: z-scores of mean square 1.
    for (walkers, frames, tau, most) in [(16, 100, 20.0, 1.4), (3, 2000, 5.0, 1.4), (16, 100, 0.01, 1.4)] {
        let keeps = (-1.0_f64 / tau).exp();
        let z: Vec<f64> = (0..300)
            .map(|seed| {
                let mut rng = random(seed);
                let (mut values, mut origins) = (Vec::new(), Vec::new());
                for walker in 0..walkers {
                    let mut x: f64 = StandardNormal.sample(&mut rng);
                    for time in 0..frames {
                        let noise: f64 = StandardNormal.sample(&mut rng);
                        x = keeps * x + (1.0 - keeps * keeps).sqrt() * noise;
                        values.push(x);
                        origins.push(Origin { walker, time });
                    }
                }
                let (n, centre) = (values.len() as f64, mean(&values));
                let influence: Vec<f64> = values.iter().map(|v| (v - centre) / n).collect();
                centre / standard_error_by_influence(&influence, &origins).unwrap()
            })
            .collect();
        let square = z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64;
        println!("{walkers} {frames} {tau}: {square:.2}");
        assert!((0.6..most).contains(&square), "{walkers} {frames} {tau}: {square:.2}");
    }
}

#[test]
fn pareto_tails_are_recognised() {
    for k in [-0.3, 0.0, 0.3, 0.7, 1.5] {
        let n = 1000;
        let (mut fits, mut of_weights) = (Vec::new(), Vec::new());
        for seed in 0..200 {
            let mut rng = random(seed);
            let mut uniform = || -> f64 { Open01.sample(&mut rng) };
            let draw = |u: f64| if k == 0.0 { -u.ln() } else { (u.powf(-k) - 1.0) / k };
            let values: Vec<f64> = (0..n).map(|_| 3.0 * draw(uniform())).collect();
            let fit = fit_generalized_pareto(&values).unwrap();
            assert!((fit.sigma / 3.0 - 1.0).abs() < 0.4);
            fits.push(fit.k);
            if k > 0.0 {
                // w = u^-k is generalised Pareto beyond any threshold, with the same k.
                let log_weights: Vec<f64> = (0..20_000).map(|_| -k * uniform().ln()).collect();
                of_weights.push(pareto_k(&log_weights).unwrap());
            }
        }
        // The maximum likelihood estimate has a standard deviation (1 + k) / sqrt(n); this one is as good.
        let spread = (fits.iter().map(|f| (f - k).powi(2)).sum::<f64>() / 200.0).sqrt();
        println!("k {k}: mean {:.4} spread {spread:.4} weights {:.4}", mean(&fits), if k > 0.0 { mean(&of_weights) } else { f64::NAN });
        assert!((mean(&fits) - k).abs() < 0.02);
        assert!(spread < 1.25 * (1.0 + k.max(0.0)) / (n as f64).sqrt());
        if k > 0.0 {
            let m = (3.0 * 20_000_f64.sqrt()).ceil();
            assert!((mean(&of_weights) - (k * m + 5.0) / (m + 10.0)).abs() < 0.03);
        }
    }
    assert_eq!(pareto_k(&[0.5; 100]).unwrap_err(), NoEstimate::NoTail);
    assert_eq!(pareto_k(&[f64::NEG_INFINITY; 100]).unwrap_err(), NoEstimate::NoWeight { n: 100 });
    assert!(matches!(pareto_k(&[0.5; 24]), Err(NoEstimate::TooShort { .. })));
    let mut few = vec![f64::NEG_INFINITY; 1000];
    few[..3].copy_from_slice(&[0.0, 1.0, 2.0]);
    assert!(matches!(pareto_k(&few), Err(NoEstimate::TooShort { found: 3, needed: 5 })));
    few[7..50].iter_mut().enumerate().for_each(|(i, w)| *w = -(i as f64));
    assert!(pareto_k(&few).unwrap().is_finite());
}

#[test]
fn bennett_on_gaussian_work() {
    // Gaussian work of variance s^2 and dissipation s^2 / 2 in both directions obeys Crooks' relation for any difference.
    for (n, m, s) in [(1000, 1000, 1.0), (2000, 300, 2.0), (300, 3000, 3.0)] {
        let exact = 7.5;
        let z: Vec<f64> = (0..120)
            .map(|seed| {
                let mut rng = random(seed);
                let mut work = |n: usize, d: f64| -> Vec<f64> {
                    (0..n)
                        .map(|_| {
                            d + s * s / 2.0
                                + s * {
                                    let z: f64 = StandardNormal.sample(&mut rng);
                                    z
                                }
                        })
                        .collect()
                };
                let (forward, reverse) = (work(n, exact), work(m, -exact));
                let found = bennett_acceptance_ratio(&forward, &reverse).unwrap();
                let back = bennett_acceptance_ratio(&reverse, &forward).unwrap();
                assert!((found.value + back.value).abs() < 1e-10 && (found.standard_error - back.standard_error).abs() < 1e-10);
                z_score(found.value, found.standard_error, exact)
            })
            .collect();
        println!("{n} {m} {s}: squares {:.2} mean {:.2}", z_of_squares(&z), z_of_mean(&z, 0.0));
        assert!(z_of_squares(&z).abs() < 4.0 && z_of_mean(&z, 0.0).abs() < 4.0);
    }
    let infinite = f64::INFINITY;
    // An error made of few works is the same whatever they are: none.
    for work in [3.0, 9.0] {
        let one = |work: f64| std::iter::once(work).chain([infinite; 49]).collect::<Vec<_>>();
        assert!(matches!(bennett_acceptance_ratio(&one(3.0), &one(work)), Err(NoEstimate::FewWorks { end: "first", found: 50, .. })));
    }
    assert!(matches!(bennett_acceptance_ratio(&[1.0; 50], &[0.5, infinite]), Err(NoEstimate::FewWorks { end: "second", found: 2, .. })));
    let half = [[1.0; 20], [infinite; 20]].concat();
    assert!(bennett_acceptance_ratio(&half, &half).unwrap().value.is_finite());
    assert_eq!(bennett_acceptance_ratio(&[infinite; 2], &[0.5]).unwrap_err(), NoEstimate::NoOverlap);
    assert!(matches!(bennett_acceptance_ratio(&[], &[0.5]), Err(NoEstimate::TooShort { .. })));
    assert_eq!(bennett_acceptance_ratio(&[0.0], &[0.5, f64::NAN]).unwrap_err(), NoEstimate::NotFinite { walker: 1, frame: 1 });
    // Equal constant work: exact, without error. Far apart: still a number.
    let same = bennett_acceptance_ratio(&[3.0; 10], &[-3.0; 10]).unwrap();
    assert!((same.value - 3.0).abs() < 1e-12 && same.standard_error < 1e-7);
    assert!((bennett_acceptance_ratio(&[2e4; 10], &[1e4; 10]).unwrap().value - 5e3).abs() < 1e-6);
}

#[test]
fn normal_distribution_and_significance() {
    for (p, x) in [
        (1e-300, -37.0470962993612),
        (1e-10, -6.361340902404056),
        (0.001, -3.090232306167813),
        (0.03, -1.880793608151251),
        (0.2, -0.8416212335729142),
        (0.5, 0.0),
        (0.7, 0.5244005127080407),
        (0.97, 1.8807936081512509),
    ] {
        let tolerance = 1e-13 * f64::max(1.0, -x);
        assert!((normal_quantile(p) - x).abs() < tolerance, "{p}: {}", normal_quantile(p));
    }
    for i in -70..=70 {
        let x = f64::from(i) / 10.0;
        if x < 5.0 {
            assert!((normal_quantile(normal_cumulative(x)) - x).abs() < 1e-9, "{x}");
        }
        assert!((normal_cumulative(x) + normal_cumulative(-x) - 1.0).abs() < 1e-15);
    }
    assert!((normal_cumulative(-8.0) / 6.22096057427178e-16 - 1.0).abs() < 1e-12);
    assert!((normal_cumulative(-1.0) - 0.15865525393145707).abs() < 1e-15);
    assert!((normal_cumulative(-2.999999999) - normal_cumulative(-3.000000001)).abs() < 1e-10);
    assert_eq!((z_score(1.0, 0.5, 0.0), z_score(1.0, 0.0, 1.0)), (2.0, 0.0));
    for bad in [z_score(1.0, 0.0, 2.0).abs(), z_score(f64::NAN, 1.0, 0.0), z_score(0.0, f64::NAN, 0.0), z_score(0.0, f64::INFINITY, 1.0)] {
        assert_eq!(bad, f64::INFINITY);
    }
    assert!((two_sided_p_value(1.959963984540054) - 0.05).abs() < 1e-14);
}

#[test]
fn kolmogorov_smirnov_p_values() {
    // Exact p-values of the statistic D for n draws.
    for (n, d, exact) in [(1000, 0.04, 0.07933956059), (100, 0.1, 0.25269275701), (10, 0.4, 0.0589892452)] {
        // Draws at the upper quantiles, moved by d: the largest distance is d.
        let draws: Vec<f64> = (0..n).map(|i| f64::from(i) / f64::from(n) + d).collect();
        let found = kolmogorov_smirnov(&draws, |x| x.clamp(0.0, 1.0)).unwrap();
        assert!((found.statistic - d).abs() < 1e-12);
        assert!((found.p_value / exact - 1.0).abs() < 0.05, "{n}: {} against {exact}", found.p_value);
    }
    let a: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
    let b: Vec<f64> = (0..40).map(|i| f64::from(i) / 40.0 * 0.8 + 0.15).collect();
    let two = kolmogorov_smirnov_two_samples(&a, &b).unwrap();
    assert!((two.statistic - 0.16).abs() < 1e-12 && (two.p_value - 0.5719).abs() < 0.1, "{two:?}");
    // Under the null hypothesis p-values are uniform, for one sample and for two; another law is found.
    let mut rng = random(3);
    let mut draws = |n: usize, scale: f64| -> Vec<f64> {
        (0..n)
            .map(|_| {
                let z: f64 = StandardNormal.sample(&mut rng);
                z * scale
            })
            .collect()
    };
    let one: Vec<f64> = (0..2000).map(|_| kolmogorov_smirnov(&draws(200, 1.0), normal_cumulative).unwrap().p_value).collect();
    let two: Vec<f64> = (0..2000).map(|_| kolmogorov_smirnov_two_samples(&draws(300, 1.0), &draws(200, 1.0)).unwrap().p_value).collect();
    for p in [&one, &two] {
        assert!(z_of_mean(p, 0.5).abs() < 4.0, "{}", mean(p));
        let below = p.iter().filter(|p| **p < 0.01).count();
        assert!((5..40).contains(&below), "{below} of 2000 below 0.01");
    }
    assert!(kolmogorov_smirnov(&draws(20_000, 1.05), normal_cumulative).unwrap().p_value < 1e-4);
    assert_eq!(kolmogorov_smirnov(&[], normal_cumulative), None);
    assert_eq!(kolmogorov_smirnov(&[f64::NAN], normal_cumulative), None);
    assert_eq!(kolmogorov_smirnov_two_samples(&[1.0], &[]), None);
}
