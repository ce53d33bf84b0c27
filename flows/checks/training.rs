//! Training: bytes by threads and by resuming, the double well, what cannot be trained.

use crate::{
    Activation, Architecture, Data, EnergyCap, Generator, Growth, Prior, RealNvp, Schedule, Spline, Stage, Trainer, Training,
    TrainingError, train,
};
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::ControlFlow;

/// U = x^4 - 6 x^2 + x + y^2 / 2.
fn double_well(rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
    for ((row, u), g) in rows.chunks_exact(2).zip(u).zip(gradient.chunks_exact_mut(2)) {
        let (x, y) = (row[0], row[1]);
        *u = x.powi(4) - 6.0 * x * x + x + 0.5 * y * y;
        g.copy_from_slice(&[4.0 * x.powi(3) - 12.0 * x + 1.0, y]);
    }
}

/// Exact samples by inversion of the tabulated distribution of x.
fn samples(n: usize, seed: u64) -> Vec<f64> {
    let grid = 20_000;
    let x = |k: usize| -4.0 + 8.0 * (k as f64 + 0.5) / grid as f64;
    let mut sums = vec![0.0];
    for k in 0..grid {
        sums.push(sums[k] + (-(x(k).powi(4) - 6.0 * x(k).powi(2) + x(k))).exp());
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n)
        .flat_map(|_| {
            let level = rng.random::<f64>() * sums[grid];
            let k = sums.partition_point(|&s| s <= level).clamp(1, grid) - 1;
            [x(k) + 8.0 / grid as f64 * (rng.random::<f64>() - 0.5), rng.sample(StandardNormal)]
        })
        .collect()
}

fn stages(likelihood: usize, both: usize) -> Training {
    let schedule = Schedule::Cosine { final_fraction: 0.02 };
    let first = Stage { steps: likelihood, learning_rate: 3e-3, maximum_likelihood: 1.0, schedule, warm_up: 10, ..Stage::default() };
    let second = Stage { steps: both, learning_rate: 1e-3, reverse_kl: 1.0, ..first.clone() };
    Training { stages: vec![first, second], ..Training::default() }
}

/// Kish's effective fraction of weights of draws, and ln Z.
fn effective_fraction(generator: &Generator) -> (f64, f64) {
    let n = 20_000;
    let mut z = vec![0.0; 2 * n];
    generator.draw_latent(&mut Xoshiro256PlusPlus::seed_from_u64(99), &mut z);
    let (mut x, mut log_det, mut prior) = (z.clone(), vec![0.0; n], vec![0.0; n]);
    generator.forward(&z, &mut x, &mut log_det);
    generator.log_prior(&z, &mut prior);
    let (mut u, mut gradient) = (vec![0.0; n], vec![0.0; 2 * n]);
    double_well(&x, &mut u, &mut gradient);
    let weights: Vec<f64> = (0..n).map(|i| (-u[i] - prior[i] + log_det[i]).exp()).collect();
    let (sum, square) = weights.iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
    (sum * sum / square / n as f64, (sum / n as f64).ln())
}

#[test]
fn learns_the_double_well() {
    let data = samples(20_000, 1);
    let spline =
        Architecture::Spline(Spline { blocks: 3, hidden: vec![32, 32], bins: 12, bound: 3.0, activation: Activation::Silu, on: None });
    let realnvp =
        Architecture::RealNvp(RealNvp { blocks: 4, hidden: vec![64, 64], activation: Activation::Silu, scale_bound: 2.0, on: None });
    for (architecture, prior, training, least) in [
        (spline.clone(), Prior::Gaussian, stages(700, 500), 0.9),
        (spline, Prior::Uniform, stages(700, 500), 0.8),
        (realnvp, Prior::Gaussian, stages(1000, 1000), 0.8),
    ] {
        let mut generator = Generator::new(&architecture, prior, 2, 4);
        generator.standardise(&data);
        let report = train(&mut generator, &data, &double_well, &training, 5, &mut |_| ControlFlow::Continue(())).unwrap();
        let (fraction, log_z) = effective_fraction(&generator);
        println!("{architecture:?} {prior:?}: {fraction:.3} effective, ln Z {log_z:.4}, {:.1} s", report.seconds);
        assert!(fraction > least, "effective fraction {fraction}");
        assert!((log_z - 11.02047).abs() < 0.03, "ln Z {log_z}");
        assert_eq!(report.steps, training.stages.iter().map(|s| s.steps).sum::<usize>());
        assert!(report.losses.iter().any(|l| l.of("reverse_kl").is_some()) && !report.interrupted);
        let text = serde_json::to_string(&report).unwrap();
        assert!(text.contains("held_out_loss"));
    }
}

#[test]
fn bytes_do_not_depend_on_threads_or_interruptions() {
    let data = samples(500, 2);
    let kinds = [
        Architecture::RealNvp(RealNvp { blocks: 2, hidden: vec![16, 16], activation: Activation::Silu, scale_bound: 2.0, on: None }),
        Architecture::Spline(Spline { blocks: 1, hidden: vec![16], bins: 6, bound: 3.0, activation: Activation::Tanh, on: None }),
    ];
    for architecture in kinds {
        let mut start = Generator::new(&architecture, Prior::Gaussian, 2, 4);
        start.standardise(&data);
        let mut training = stages(30, 25);
        training.evaluate_every = 7;
        training.stages[1].batch = 200;
        let run = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let mut generator = start.clone();
                train(&mut generator, &data, &double_well, &training, 5, &mut |_| ControlFlow::Continue(())).unwrap();
                generator.parameters().to_vec()
            })
        };
        let expected = run(1);
        assert_ne!(expected, start.parameters());
        assert_eq!(expected, run(2), "two threads");
        for stop in [1, 13, 30, 44] {
            let mut first = Trainer::new(&start, Data::generator(&data, &double_well), &training, 5).unwrap();
            for _ in 0..stop {
                first.step().unwrap();
            }
            let state = first.state().clone();
            assert_eq!(state.steps(), stop);
            let mut second = Trainer::resume(&start, Data::generator(&data, &double_well), &training, state).unwrap();
            while second.step().unwrap().is_some() {}
            let mut generator = start.clone();
            second.finish(&mut generator);
            assert_eq!(expected, generator.parameters(), "stopped after {stop} steps");
        }
        let other = Generator::new(&architecture, Prior::Gaussian, 3, 4);
        let state = Trainer::new(&start, Data::generator(&data, &double_well), &training, 5).unwrap().state().clone();
        assert!(matches!(
            Trainer::resume(&other, Data::generator(&[], &double_well), &training, state),
            Err(TrainingError::State { .. }) | Err(TrainingError::Settings { .. })
        ));
    }
}

#[test]
fn keeps_the_best_and_stops_when_told() {
    let data = samples(400, 3);
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![8], activation: Activation::Silu, scale_bound: 2.0, on: None });
    let mut generator = Generator::new(&architecture, Prior::Gaussian, 2, 4);
    generator.standardise(&data);
    let stage = Stage { steps: 5000, batch: 32, learning_rate: 0.05, maximum_likelihood: 1.0, ..Stage::default() };
    let training = Training { stages: vec![stage], evaluate_every: 5, patience: Some(4), ..Training::default() };
    let report = train(&mut generator, &data, &double_well, &training, 1, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(report.stages[0].stopped_early && report.steps < 5000);
    let best = report.losses.iter().map(|l| l.held_out).fold(f64::INFINITY, f64::min);
    assert_eq!(best, report.held_out_loss);
    let mut count = 0;
    let mut stop = |_: &crate::Progress| {
        count += 1;
        if count == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let report = train(&mut generator, &data, &double_well, &training, 1, &mut stop).unwrap();
    assert!(report.interrupted && report.steps == 7);
}

#[test]
fn hopeless_targets_end_in_an_error_and_bad_samples_are_named() {
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![8], activation: Activation::Silu, scale_bound: 2.0, on: None });
    let mut generator = Generator::new(&architecture, Prior::Gaussian, 2, 4);
    let mut training = stages(500, 500);
    training.stages.remove(0);
    training.stages[0].maximum_likelihood = 0.0;
    training.stages[0].energy_cap = None;
    let broken = |_: &[f64], u: &mut [f64], gradient: &mut [f64]| {
        u.fill(f64::NAN);
        gradient.fill(f64::NAN);
    };
    let found = train(&mut generator, &[], &broken, &training, 1, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(found, Err(TrainingError::Diverged { stage: 0, .. })), "{found:?}");
    let data = [0.0, 1.0, f64::NAN, 1.0];
    let found = train(&mut generator, &data, &double_well, &stages(50, 50), 1, &mut |_| ControlFlow::Continue(()));
    assert!(found.unwrap_err().to_string().starts_with("training samples: row 1: found NaN"));
}

#[test]
fn regularised_energy_is_smooth_and_bounded() {
    for growth in [Growth::Logarithmic, Growth::SquareRoot] {
        let cap = EnergyCap { energy_high: 10.0, energy_max: 1e4, growth };
        assert_eq!(cap.apply(-3.0), (-3.0, 1.0));
        for e in [5.0, 10.0, 10.5, 300.0, 9e3] {
            let (value, slope) = cap.apply(e);
            let difference = (cap.apply(e + 1e-5).0 - cap.apply(e - 1e-5).0) / 2e-5;
            assert!((slope - difference).abs() < 1e-5, "{growth:?} at {e}: {value} {slope} {difference}");
        }
        let most = cap.apply(1e4);
        assert!(most.1 == 0.0 && cap.apply(1e300) == most && cap.apply(f64::INFINITY) == most);
        let broken = cap.apply(f64::NAN);
        assert!(broken == most, "{broken:?}");
    }
}
