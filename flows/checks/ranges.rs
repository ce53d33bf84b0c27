//! Rows whose numbers have ranges: densities over them integrate to one, training finds their laws, rows outside are counted.

use crate::direction::Direction;
use crate::objectives::{Batch, MaximumLikelihood, Objective};
use crate::operation::Operations;
use crate::{Architecture, Axis, EnergyOperation, Generator, Prior, RealNvp, Schedule, Spline, Stage, Training, train};
use candle_core::{Device, Tensor, Var};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::{PI, TAU};
use std::ops::ControlFlow;

fn affine(blocks: usize, hidden: &[usize]) -> Architecture {
    Architecture::RealNvp(RealNvp { blocks, hidden: hidden.to_vec(), scale_bound: 1.0, ..RealNvp::default() })
}

fn spline(bound: f64) -> Architecture {
    Architecture::Spline(Spline { blocks: 2, hidden: vec![12], bins: 6, bound, ..Spline::default() })
}

fn perturbed(architecture: &Architecture, prior: Prior, axes: &[Axis]) -> Generator {
    let mut generator = Generator::with_axes(architecture, prior, axes, &[], 3);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let moved: Vec<f64> = generator.parameters().iter().map(|p| p + 0.4 * (rng.random::<f64>() - 0.5)).collect();
    generator.set_parameters(&moved);
    generator
}

/// A number of the range of an axis by one of a line, and the derivative: by e^s for lengths and the hyperbolic tangent for intervals, so that ends are
/// approached slowly; angles as they are.
fn by_line(axis: Axis, s: f64) -> (f64, f64) {
    match axis {
        Axis::Line | Axis::Circle { .. } => (s, 1.0),
        Axis::Positive => (s.exp(), s.exp()),
        Axis::Interval { low, high } => (low + (high - low) / (1.0 + (-2.0 * s).exp()), 0.5 * (high - low) / s.cosh().powi(2)),
    }
}

#[test]
fn densities_integrate_to_one_over_the_ranges() {
    let circle = Axis::Circle { period: 4.0 };
    // Scales far from 1 would leave much near the ends of an interval, where no grid comes.
    let gentle = Architecture::RealNvp(RealNvp { blocks: 2, hidden: vec![12], scale_bound: 0.25, ..RealNvp::default() });
    let cases = [[circle, Axis::Interval { low: -1.0, high: 2.0 }], [circle, Axis::Circle { period: 360.0 }], [Axis::Positive, circle]];
    for axes in cases {
        let half = axes.map(|axis| if let Axis::Circle { period } = axis { 0.5 * period } else { 10.0 });
        let n = 1000;
        let step = half.map(|half| 2.0 * half / n as f64);
        let at = |k: usize, i: usize| by_line(axes[k], -half[k] + (i as f64 + 0.5) * step[k]);
        let points: Vec<[(f64, f64); 2]> = (0..n * n).map(|i| [at(0, i / n), at(1, i % n)]).collect();
        let rows: Vec<f64> = points.iter().flatten().map(|(value, _)| *value).collect();
        for (architecture, prior) in [(gentle.clone(), Prior::Gaussian), (spline(3.0), Prior::Gaussian), (spline(1.5), Prior::Uniform)] {
            let generator = perturbed(&architecture, prior, &axes);
            let mut density = vec![0.0; points.len()];
            generator.log_density(&rows, &mut density);
            let sum: f64 = density.iter().zip(&points).map(|(d, [a, b])| d.exp() * a.1 * b.1 * step[0] * step[1]).sum();
            // The box of the uniform prior has edges within the grid, where lengths end.
            let tolerance = if prior == Prior::Uniform { 2e-2 } else { 3e-3 };
            assert!((sum - 1.0).abs() < tolerance, "{axes:?} {architecture:?} {prior:?}: {sum}");
        }
    }
}

#[test]
fn nothing_has_density_outside_its_range() {
    let generator = perturbed(&affine(1, &[4]), Prior::Gaussian, &[Axis::Positive, Axis::Interval { low: 0.0, high: 1.0 }]);
    let mut density = [0.0; 4];
    generator.log_density(&[1.0, 0.5, -1.0, 0.5, 1.0, 1.5, f64::NAN, 0.5], &mut density);
    assert!(density[0].is_finite() && density[1] == f64::NEG_INFINITY && density[2] == f64::NEG_INFINITY && density[3].is_nan());
}

#[test]
fn a_circle_has_no_cut() {
    for architecture in [affine(3, &[10]), spline(3.0)] {
        let generator = perturbed(&architecture, Prior::Gaussian, &[Axis::Circle { period: 2.0 }, Axis::Line]);
        let mut density = [0.0; 3];
        let (low, high) = (-1.0, 1.0 - 1e-12);
        generator.log_density(&[low, 0.3, high, 0.3, low + 2e-3, 0.3], &mut density);
        assert!((density[0] - density[1]).abs() < 1e-9, "{density:?}");
        assert!((density[0] - density[2]).abs() > 1e-6, "a density that varies: {density:?}");
        // Wherever the angle is counted from.
        let mut turned = [0.0];
        generator.log_density(&[low + 4.0 + 2e-3, 0.3], &mut turned);
        assert!((turned[0] - density[2]).abs() < 1e-9);
        let mut z = [PI + 0.5, 3.0];
        generator.wrap_latent(&mut z);
        assert!((z[0] + PI - 0.5).abs() < 1e-14 && z[1] == 3.0);
    }
}

/// u = r - 2 ln r - 1.5 cos 2 phi - 0.8 t cos phi of a length r, an angle phi and a number t from -1 to 1.
fn law(rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
    for ((row, u), g) in rows.chunks_exact(3).zip(u).zip(gradient.chunks_exact_mut(3)) {
        let (r, phi, t) = (row[0], row[1], row[2]);
        *u = r - 2.0 * r.ln() - 1.5 * (2.0 * phi).cos() - 0.8 * t * phi.cos();
        g.copy_from_slice(&[1.0 - 2.0 / r, 3.0 * (2.0 * phi).sin() + 0.8 * t * phi.sin(), -0.8 * phi.cos()]);
    }
}

#[test]
fn learns_a_law_of_a_length_an_angle_and_an_interval() {
    let axes = [Axis::Positive, Axis::Circle { period: TAU }, Axis::Interval { low: -1.0, high: 1.0 }];
    let n = 20_000;
    let phi = |k: usize| TAU * (k as f64 + 0.5) / n as f64;
    let of_t = |a: f64| if a.abs() < 1e-6 { 2.0 } else { 2.0 * a.sinh() / a };
    // The length gives Gamma(3) = 2.
    let log_z = (2.0 * (0..n).map(|k| (1.5 * (2.0 * phi(k)).cos()).exp() * of_t(0.8 * phi(k).cos())).sum::<f64>() * TAU / n as f64).ln();
    let schedule = Schedule::Cosine { final_fraction: 0.02 };
    let stage = Stage { steps: 400, batch: 256, learning_rate: 5e-3, schedule, reverse_kl: 1.0, ..Stage::default() };
    let training = Training { stages: vec![stage], ..Training::default() };
    for architecture in [affine(3, &[24]), spline(4.0)] {
        let mut generator = Generator::with_axes(&architecture, Prior::Gaussian, &axes, &[], 4);
        let report = train(&mut generator, &[], &law, &training, 5, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(report.stages[0].bad_rows, 0);
        let mut z = vec![0.0; 3 * n];
        generator.draw_latent(&mut Xoshiro256PlusPlus::seed_from_u64(99), &mut z);
        let (mut x, mut log_det, mut prior) = (z.clone(), vec![0.0; n], vec![0.0; n]);
        generator.forward(&z, &mut x, &mut log_det);
        generator.log_prior(&z, &mut prior);
        let (mut u, mut gradient) = (vec![0.0; n], vec![0.0; 3 * n]);
        law(&x, &mut u, &mut gradient);
        let weights: Vec<f64> = (0..n).map(|i| (-u[i] - prior[i] + log_det[i]).exp()).collect();
        let (sum, square) = weights.iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
        let fraction = sum * sum / square / n as f64;
        // The standard error of ln of the mean weight follows from the effective fraction.
        let error = ((1.0 / fraction - 1.0) / n as f64).sqrt();
        let off = ((sum / n as f64).ln() - log_z) / error;
        assert!(fraction > 0.9 && off.abs() < 4.0, "{architecture:?}: {fraction:.3} effective, ln Z {off:.1} standard errors off");
    }
}

/// Rows of a length and a number on a line, some of them with lengths that are none.
fn rows_with_bad_ones(n: usize) -> (Vec<f64>, usize) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
    let rows: Vec<f64> = (0..n).flat_map(|k| [if k % 10 == 3 { -1.0 } else { 0.5 + rng.random::<f64>() }, rng.random::<f64>()]).collect();
    (rows, (0..n).filter(|k| k % 10 == 3).count())
}

#[test]
fn rows_outside_a_range_cost_and_are_counted() {
    let (rows, _) = rows_with_bad_ones(1000);
    let nothing = |_: &[f64], u: &mut [f64], gradient: &mut [f64]| {
        u.fill(0.0);
        gradient.fill(0.0);
    };
    let mut generator = Generator::with_axes(&affine(2, &[8]), Prior::Gaussian, &[Axis::Positive, Axis::Line], &[], 4);
    generator.standardise(&rows);
    assert!(generator.mean().iter().chain(generator.spread()).all(|v| v.is_finite()));
    generator.transport(None, &rows);
    let stage = Stage { steps: 60, batch: 100, maximum_likelihood: 1.0, ..Stage::default() };
    let training = Training { stages: vec![stage], ..Training::default() };
    let report = train(&mut generator, &rows, &nothing, &training, 5, &mut |_| ControlFlow::Continue(())).unwrap();
    let stage = &report.stages[0];
    assert_eq!((stage.rows, stage.skipped), (6000, 0));
    assert!((stage.bad_fraction() - 0.1).abs() < 0.02, "{stage:?}");
    assert!(report.held_out_loss.is_finite() && report.held_out_loss > 50.0, "a tenth of 1000 kT: {}", report.held_out_loss);
    assert!(generator.parameters().iter().all(|p| p.is_finite()));
}

#[test]
fn a_loss_with_bad_rows_is_that_of_the_good_ones_and_a_penalty() {
    let (rows, bad) = rows_with_bad_ones(50);
    let generator = perturbed(&affine(1, &[5]), Prior::Gaussian, &[Axis::Positive, Axis::Line]);
    let operations = Operations::new(generator.flow.clone());
    let loss = |rows: &[f64]| {
        let parameters = Var::from_slice(generator.parameters(), generator.n_parameters(), &Device::Cpu).unwrap();
        let samples = Tensor::from_slice(rows, (rows.len() / 2, 2), &Device::Cpu).unwrap();
        let energy = || EnergyOperation::new(&generator.law, None, 0.0);
        let batch = Batch { samples: Some(samples), starts: None, start_energy: energy(), target_energy: energy() };
        let loss = MaximumLikelihood.loss(&operations, &parameters, &batch).unwrap();
        let gradient = loss.value.backward().unwrap().get(&parameters).unwrap().to_vec1::<f64>().unwrap();
        (loss.value.to_scalar::<f64>().unwrap(), gradient, loss.bad_rows)
    };
    let good: Vec<f64> = rows.chunks_exact(2).filter(|row| row[0] > 0.0).flatten().copied().collect();
    let (value, gradient, found) = loss(&rows);
    let (of_good, gradient_of_good, none) = loss(&good);
    let share = 1.0 - bad as f64 / 50.0;
    assert_eq!((found, none), (bad, 0));
    assert!((value - (share * of_good + (1.0 - share) * 1000.0)).abs() < 1e-9, "{value} {of_good}");
    for (g, good) in gradient.iter().zip(gradient_of_good) {
        assert!((g - share * good).abs() < 1e-12 * (1.0 + good.abs()));
    }
    // All bad: no finite loss, which skips the step.
    let outside = [-1.0, 0.0, -2.0, 0.0];
    let joined = generator.operation(Direction::Inverse);
    let parameters = Tensor::from_slice(generator.parameters(), generator.n_parameters(), &Device::Cpu).unwrap();
    let rows = Tensor::from_slice(&outside, (2, 2), &Device::Cpu).unwrap();
    assert!(parameters.apply_op2(&rows, joined).unwrap().to_vec2::<f64>().unwrap().iter().flatten().any(|v| v.is_nan()));
}
