//! Register tiles of every width against the definition, and the gradients of objectives against differences.

use super::perturbed;
use crate::conditioners::{Product, multiply, outer, pack, pack_transposed, row_stride};
use crate::direction::Direction;
use crate::objectives::Batch;
use crate::operation::Operations;
use crate::{Activation, Architecture, EnergyOperation, Prior, RealNvp, Spline, Stage, Training, train};
use candle_core::{Device, Tensor, Var};
use mcflow_base::{Array, Lane};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::ControlFlow;

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n).map(|_| rng.random::<f64>() - 0.5).collect()
}

/// Rows of `n` numbers at the distance of the kernels, zero between.
fn spread_out(values: &[f64], n: usize) -> Vec<f64> {
    values.chunks_exact(n).flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, row_stride(n) - n))).collect()
}

fn products<L: Lane>() {
    for (rows, n_in, n_out) in [(1, 1, 1), (3, 5, 9), (24, 16, 16), (61, 38, 76), (50, 17, 130), (7, 128, 8)] {
        let (x, w, b) = (numbers(rows * n_in, 1), numbers(n_in * n_out, 2), numbers(n_out, 3));
        let (mut panels, mut bias, mut transposed) = (Vec::new(), Vec::new(), Vec::new());
        pack(&w, n_in, n_out, &mut panels);
        pack(&b, 1, n_out, &mut bias);
        pack_transposed(&w, n_in, n_out, &mut transposed);
        let (wide, out_stride) = (spread_out(&x, n_in), row_stride(n_out));
        let mut y = vec![0.0; rows * out_stride];
        let product = Product { x: &wide, stride: row_stride(n_in), n_in, panels: &panels, bias: &bias, n_out, out_stride };
        multiply::<L>(product, rows, &mut y);
        let g = numbers(rows * n_out, 4);
        let wide_g = spread_out(&g, n_out);
        let mut back = vec![0.0; rows * row_stride(n_in)];
        let (stride, n_back) = (row_stride(n_out), row_stride(n_in));
        let product = Product { x: &wide_g, stride, n_in: n_out, panels: &transposed, bias: &[], n_out: n_in, out_stride: n_back };
        multiply::<L>(product, rows, &mut back);
        let mut gradient = vec![0.0; n_in * n_out];
        outer::<L>(&wide, row_stride(n_in), n_in, &wide_g, out_stride, n_out, &mut gradient);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-13, "{rows} {n_in} {n_out}: {a} {b}");
        for r in 0..rows {
            for o in 0..n_out {
                close(y[r * out_stride + o], b[o] + (0..n_in).map(|i| x[r * n_in + i] * w[i * n_out + o]).sum::<f64>());
            }
            for i in 0..n_in {
                close(back[r * n_back + i], (0..n_out).map(|o| g[r * n_out + o] * w[i * n_out + o]).sum());
            }
        }
        for i in 0..n_in {
            for o in 0..n_out {
                close(gradient[i * n_out + o], (0..rows).map(|r| x[r * n_in + i] * g[r * n_out + o]).sum());
            }
        }
    }
}

#[test]
fn tiles_of_every_width_are_products() {
    products::<Array<f64, 8>>();
    products::<Array<f64, 4>>();
}

#[test]
fn every_objective_has_the_gradient_of_its_differences() {
    let architecture =
        Architecture::Spline(Spline { blocks: 1, hidden: vec![6], bins: 4, bound: 3.0, activation: Activation::Tanh, on: None });
    let mut generator = perturbed(&architecture, Prior::Gaussian, 3, 5);
    generator.standardise(&[0.0, 1.0, 2.0, 1.0, 1.5, 4.0]);
    let target = |rows: &[f64], u: &mut [f64], gradient: &mut [f64]| {
        for ((row, u), g) in rows.chunks_exact(3).zip(u).zip(gradient.chunks_exact_mut(3)) {
            *u = row[0].powi(4) + row[1] * row[2] + row[2].sin();
            g.copy_from_slice(&[4.0 * row[0].powi(3), row[2], row[1] + row[2].cos()]);
        }
    };
    let operations = Operations::new(generator.flow.clone());
    let energy = || EnergyOperation::new(&target, None, 0.7);
    let rows = |seed: u64| Some(Tensor::from_vec(numbers(3 * 100, seed), (100, 3), &Device::Cpu).unwrap());
    for (_, objective) in Stage::default().objectives() {
        let loss = |parameters: &[f64]| {
            let parameters = Var::from_slice(parameters, parameters.len(), &Device::Cpu).unwrap();
            let batch = Batch { samples: rows(8), starts: rows(9), start_energy: energy(), target_energy: energy() };
            let loss = objective.loss(&operations, &parameters, &batch).unwrap();
            assert_eq!(loss.bad_rows, 0);
            let gradient = loss.value.backward().unwrap().get(&parameters).unwrap().to_vec1::<f64>().unwrap();
            (loss.value.to_scalar::<f64>().unwrap(), gradient)
        };
        let here = generator.parameters().to_vec();
        let (value, gradient) = loss(&here);
        // Without a tape the value is the same.
        let parameters = Tensor::from_slice(&here, here.len(), &Device::Cpu).unwrap();
        let batch = Batch { samples: rows(8), starts: rows(9), start_energy: energy(), target_energy: energy() };
        let judged = objective.loss(&operations.without_tape(), &parameters, &batch).unwrap();
        assert_eq!(judged.value.to_scalar::<f64>().unwrap(), value, "{}", objective.name());
        for i in (0..here.len()).step_by(5) {
            let at = |by: f64| {
                let mut moved = here.clone();
                moved[i] += by;
                loss(&moved).0
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            let name = objective.name();
            assert!((gradient[i] - difference).abs() < 1e-6, "{name}, parameter {i}: {} against {difference}", gradient[i]);
        }
    }
}

#[test]
fn symmetric_divergence_is_both_in_one_and_needs_samples() {
    let stage = Stage { symmetric_divergence: 1.0, ..Stage::default() };
    let training = Training { stages: vec![stage], ..Training::default() };
    let keys: Vec<String> = training.problems(false).into_iter().map(|problem| problem.key).collect();
    assert_eq!(keys, ["stages[0].symmetric_divergence"]);
    assert!(training.problems(true).is_empty());
    // One stage of it and one of both apart, from the same rows and seed, are the same training.
    let apart = Training { stages: vec![Stage { maximum_likelihood: 1.0, reverse_kl: 1.0, ..Stage::default() }], ..Training::default() };
    let law = |rows: &[f64], u: &mut [f64], gradient: &mut [f64]| {
        for ((x, u), g) in rows.iter().zip(u).zip(gradient) {
            (*u, *g) = (x.powi(4), 4.0 * x.powi(3));
        }
    };
    let architecture = Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![6], ..RealNvp::default() });
    let samples = numbers(400, 3);
    let trained = |mut training: Training| {
        (training.stages[0].steps, training.stages[0].batch) = (40, 64);
        let mut generator = perturbed(&architecture, Prior::Gaussian, 1, 5);
        let report = train(&mut generator, &samples, &law, &training, 1, &mut |_| ControlFlow::Continue(())).unwrap();
        (generator.parameters().to_vec(), report)
    };
    let ((together, report), (separate, other)) = (trained(training), trained(apart));
    assert!((report.held_out_loss - other.held_out_loss).abs() < 1e-12 && report.energy_evaluations == other.energy_evaluations);
    assert!(together.iter().zip(&separate).all(|(a, b)| (a - b).abs() < 1e-9), "{together:?} {separate:?}");
    assert!(report.losses[0].of("symmetric_divergence").is_some() && report.losses[0].of("reverse_kl").is_none());
}

#[test]
fn wrong_shapes_are_refused() {
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![6], activation: Activation::Tanh, scale_bound: 1.0, on: None });
    let generator = perturbed(&architecture, Prior::Gaussian, 3, 5);
    let parameters = Var::from_slice(generator.parameters(), generator.n_parameters(), &Device::Cpu).unwrap();
    let rows = Var::from_vec(numbers(8, 9), (2, 4), &Device::Cpu).unwrap();
    let found = parameters.apply_op2(&rows, generator.operation(Direction::Forward)).unwrap_err().to_string();
    assert!(found.contains("found rows of 4") && found.contains("expected rows of 3"), "{found}");
}
