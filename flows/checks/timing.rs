//! Times of the reference sizes; run with `cargo test --release -p mcflow-flows -- --ignored --nocapture timing`.

use crate::{Activation, Architecture, Prior, Stage, Trainer, Training};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Least time: machines are shared.
fn least(repeats: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..repeats + 2)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[0]
}

#[test]
#[ignore = "a measurement"]
fn timing() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let realnvp = Architecture::RealNvp { blocks: 4, hidden: vec![128, 128], activation: Activation::Relu, scale_bound: 2.0 };
        let silu = Architecture::RealNvp { blocks: 4, hidden: vec![128, 128], activation: Activation::Silu, scale_bound: 2.0 };
        let spline = Architecture::Spline { blocks: 4, hidden: vec![128, 128], bins: 8, bound: 4.0, activation: Activation::Relu };
        for (name, architecture, dim) in [("realnvp relu", realnvp, 76), ("realnvp silu", silu, 76), ("spline relu", spline, 66)] {
            let generator = super::perturbed(&architecture, Prior::Gaussian, dim, 5);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
            for n in [1, 8, 64, 1024] {
                let mut z = vec![0.0; n * dim];
                generator.draw_latent(&mut rng, &mut z);
                let (mut x, mut log_det) = (z.clone(), vec![0.0; n]);
                let repeats = if n < 100 { 200 } else { 25 };
                let forward = least(repeats, || generator.forward(&z, &mut x, &mut log_det));
                let inverse = least(repeats, || generator.inverse(&x, &mut z, &mut log_det));
                println!("{name}: {n} rows: forward {forward:.4} ms, inverse {inverse:.4} ms");
            }
            let samples: Vec<f64> = (0..4096 * dim).map(|_| rng.random::<f64>() - 0.5).collect();
            let target = |_: &[f64], _: &mut [f64], _: &mut [f64]| {};
            for batch in [256, 1024] {
                let stage = Stage { steps: 1_000_000, batch, maximum_likelihood: 1.0, ..Stage::default() };
                let training = Training { stages: vec![stage], evaluate_every: 1_000_000, ..Training::default() };
                let mut trainer = Trainer::new(&generator, &samples, &target, &training, 1).unwrap();
                let step = least(25, || drop(trainer.step().unwrap()));
                println!("{name}: training step of {batch} rows: {step:.2} ms ({} parameters)", generator.n_parameters());
            }
        }
    });
}
