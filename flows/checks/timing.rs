//! Times of the reference sizes, on one thread; run with
//! `cargo test --release -p mcflow-flows -- --ignored --nocapture --test-threads 1 timing`.

use super::perturbed;
use crate::{Activation, Architecture, Prior, Stage, Trainer, Training};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

/// Processor time of all threads in ms, which other programs on the machine lengthen less than the wall time; the wall time where
/// the system does not tell.
fn processor_time(begun: Instant) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds: f64 =
        tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()).sum();
    if nanoseconds > 0.0 { nanoseconds * 1e-6 } else { begun.elapsed().as_secs_f64() * 1e3 }
}

/// Mean processor time of one call (the clock of the scheduler is coarse), and the least wall time of one call.
fn measure(mut work: impl FnMut()) -> String {
    work();
    let begun = Instant::now();
    let start = processor_time(begun);
    let (mut calls, mut least) = (0, f64::INFINITY);
    while begun.elapsed().as_secs_f64() < 1.5 {
        let call = Instant::now();
        work();
        least = least.min(call.elapsed().as_secs_f64() * 1e3);
        calls += 1;
    }
    format!("{:.4} ms of processor, least {least:.4} ms", (processor_time(begun) - start) / f64::from(calls))
}

fn affine(activation: Activation) -> (Architecture, usize) {
    (Architecture::RealNvp { blocks: 4, hidden: vec![128, 128], activation, scale_bound: 2.0 }, 76)
}

fn spline() -> (Architecture, usize) {
    (Architecture::Spline { blocks: 4, hidden: vec![128, 128], bins: 8, bound: 4.0, activation: Activation::Relu }, 66)
}

fn on_one_thread(work: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(work);
}

fn time_maps((architecture, dim): (Architecture, usize), sizes: &[usize]) {
    on_one_thread(|| {
        let generator = perturbed(&architecture, Prior::Gaussian, dim, 5);
        for &n in sizes {
            let mut z = vec![0.0; n * dim];
            generator.draw_latent(&mut Xoshiro256PlusPlus::seed_from_u64(1), &mut z);
            let (mut x, mut log_det) = (z.clone(), vec![0.0; n]);
            println!("{n} rows forward: {}", measure(|| generator.forward(&z, &mut x, &mut log_det)));
            println!("{n} rows inverse: {}", measure(|| generator.inverse(&x, &mut z, &mut log_det)));
        }
    });
}

fn time_training((architecture, dim): (Architecture, usize), sizes: &[usize]) {
    on_one_thread(|| {
        let generator = perturbed(&architecture, Prior::Gaussian, dim, 5);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let samples: Vec<f64> = (0..4096 * dim).map(|_| rng.random::<f64>() - 0.5).collect();
        let target = |_: &[f64], _: &mut [f64], _: &mut [f64]| {};
        for &batch in sizes {
            let stage = Stage { steps: 1_000_000, batch, maximum_likelihood: 1.0, ..Stage::default() };
            let training = Training { stages: vec![stage], evaluate_every: 1_000_000, ..Training::default() };
            let mut trainer = Trainer::new(&generator, &samples, &target, &training, 1).unwrap();
            println!("training step of {batch} rows: {}", measure(|| assert!(trainer.step().unwrap().is_some())));
        }
    });
}

#[test]
#[ignore = "a measurement"]
fn timing_of_affine_maps() {
    time_maps(affine(Activation::Relu), &[1, 8, 64, 1024]);
    time_maps(affine(Activation::Silu), &[1, 64, 1024]);
}

#[test]
#[ignore = "a measurement"]
fn timing_of_affine_training() {
    time_training(affine(Activation::Relu), &[256, 1024]);
}

#[test]
#[ignore = "a measurement"]
fn timing_of_spline_maps() {
    time_maps(spline(), &[1, 64, 1024]);
}

#[test]
#[ignore = "a measurement"]
fn timing_of_spline_training() {
    time_training(spline(), &[256]);
}
