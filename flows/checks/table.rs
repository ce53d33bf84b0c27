//! The table of conformance: flows of every kind of layer, a row each.

use super::perturbed;
use crate::{Activation, Architecture, Axis, Generator, Householder, Prior, RealNvp, Spline};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// All flows that are checked, by name.
pub(super) fn table() -> Vec<(String, Generator)> {
    let realnvp = |activation, hidden: &[usize]| {
        Architecture::RealNvp(RealNvp { blocks: 2, hidden: hidden.to_vec(), activation, scale_bound: 1.5, on: None })
    };
    let spline = |bins, bound, hidden: &[usize]| {
        Architecture::Spline(Spline { blocks: 2, hidden: hidden.to_vec(), bins, bound, activation: Activation::Silu, on: None })
    };
    let kinds = [
        (realnvp(Activation::Silu, &[24, 24]), Prior::Gaussian),
        (realnvp(Activation::Tanh, &[13]), Prior::Gaussian),
        (realnvp(Activation::Relu, &[40, 8, 17]), Prior::Gaussian),
        (realnvp(Activation::Silu, &[]), Prior::Gaussian),
        (spline(8, 3.0, &[16, 16]), Prior::Gaussian),
        (spline(5, 0.7, &[]), Prior::Gaussian),
        (spline(8, 1.0, &[16, 16]), Prior::Uniform),
        (spline(3, 0.5, &[9]), Prior::Uniform),
    ];
    let mut table = Vec::new();
    for (k, (architecture, prior)) in kinds.iter().enumerate() {
        for dim in [1, 2, 3, 7, 16] {
            let mut generator = perturbed(architecture, *prior, dim, 7 + k as u64);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(k as u64);
            let samples: Vec<f64> = (0..50 * dim).map(|i| 0.3 * (i % dim) as f64 + 1.7 * rng.random::<f64>()).collect();
            generator.standardise(&samples);
            table.push((format!("{architecture:?} {prior:?} dim {dim}"), generator));
        }
    }
    // Parts that transform some coordinates only, and a map that starts from samples instead of a prior.
    for dim in [3, 7] {
        let plane = Architecture::Spline(Spline {
            blocks: 2,
            hidden: vec![8],
            bins: 6,
            bound: 3.0,
            activation: Activation::Silu,
            on: Some(vec![2, 0]),
        });
        let stack = Architecture::Stack(vec![realnvp(Activation::Silu, &[12]), plane]);
        let mut generator = perturbed(&stack, Prior::Gaussian, dim, 23);
        let row = |scale: f64| -> Vec<f64> { (0..2 * dim).map(|i| scale * (i as f64 - 1.3).powi(2)).collect() };
        generator.standardise(&row(0.2));
        table.push((format!("stack, dim {dim}"), generator.clone()));
        let around: Vec<f64> = (0..2 * dim).map(|i| if i < dim { -0.9 } else { 1.2 }).collect();
        generator.standardise_source(&around);
        table.push((format!("stack between ensembles, dim {dim}"), generator));
    }
    table.extend(with_axes());
    table.extend(with_reflections());
    table
}

/// Half lines, intervals and circles, with both priors, from a prior and between ensembles, with fixed places and covariances.
fn with_axes() -> Vec<(String, Generator)> {
    let circle = Axis::Circle { period: 3.0 };
    let spline = |bound| Architecture::Spline(Spline { blocks: 2, hidden: vec![11], bins: 5, bound, ..Spline::default() });
    let affine = Architecture::RealNvp(RealNvp { blocks: 2, hidden: vec![12], activation: Activation::Tanh, scale_bound: 1.5, on: None });
    let interval = Axis::Interval { low: -1.0, high: 1.0 };
    let rows: [(Vec<Axis>, Vec<usize>); 6] = [
        (vec![circle], vec![]),
        (vec![circle, Axis::Circle { period: 1.0 }, circle], vec![]),
        (vec![Axis::Positive, interval], vec![]),
        (vec![Axis::Line, circle, Axis::Positive, Axis::Line, interval, circle, Axis::Line], vec![]),
        (vec![Axis::Line, Axis::Line, Axis::Positive, circle], vec![2]),
        (vec![circle, Axis::Line, Axis::Positive, Axis::Interval { low: 2.0, high: 7.0 }, circle], vec![0, 3]),
    ];
    let mut table = Vec::new();
    for (k, (axes, fixed)) in rows.iter().enumerate() {
        for (architecture, prior) in [(spline(4.0), Prior::Gaussian), (spline(2.0), Prior::Uniform), (affine.clone(), Prior::Gaussian)] {
            for between in [false, true] {
                if between && prior == Prior::Uniform {
                    continue;
                }
                let mut generator = Generator::with_axes(&architecture, prior, axes, fixed, 31 + k as u64);
                let mut rng = Xoshiro256PlusPlus::seed_from_u64(77 + k as u64);
                let moved: Vec<f64> = generator.parameters().iter().map(|p| p + 0.3 * (rng.random::<f64>() - 0.5)).collect();
                generator.set_parameters(&moved);
                let to = samples_on(axes, 300, 5);
                generator.standardise(&to);
                let from = samples_on(axes, 300, 6);
                if between {
                    generator.standardise_source(&from);
                }
                if prior == Prior::Gaussian && k % 2 == 1 {
                    generator.transport(between.then_some(&from[..]), &to);
                }
                table.push((format!("{axes:?}, fixed {fixed:?}, {prior:?}, between ensembles: {between}, {architecture:?}"), generator));
            }
        }
    }
    table
}

/// Reflections of all lines, and of some between half updates, from a prior and between ensembles.
fn with_reflections() -> Vec<(String, Generator)> {
    let circle = Axis::Circle { period: 3.0 };
    let mix = |reflections, on| Architecture::Householder(Householder { reflections, on });
    let affine = Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![8], activation: Activation::Tanh, scale_bound: 1.5, on: None });
    let rows: [(Architecture, Vec<Axis>, Vec<usize>); 3] = [
        (mix(2, None), vec![Axis::Line; 2], vec![]),
        (Architecture::Stack(vec![affine.clone(), mix(6, None), affine.clone()]), vec![Axis::Line; 11], vec![4]),
        (
            Architecture::Stack(vec![mix(4, Some(vec![3, 0, 4])), affine]),
            vec![Axis::Line, circle, Axis::Positive, Axis::Line, Axis::Line],
            vec![],
        ),
    ];
    let mut table = Vec::new();
    for (architecture, axes, fixed) in rows {
        for between in [false, true] {
            let mut generator = Generator::with_axes(&architecture, Prior::Gaussian, &axes, &fixed, 41);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(42);
            let moved: Vec<f64> = generator.parameters().iter().map(|p| p + 0.5 * (rng.random::<f64>() - 0.5)).collect();
            generator.set_parameters(&moved);
            generator.standardise(&samples_on(&axes, 100, 5));
            if between {
                generator.standardise_source(&samples_on(&axes, 100, 6));
            }
            table.push((format!("{architecture:?} of {axes:?}, between ensembles: {between}"), generator));
        }
    }
    table
}

/// Rows within the ranges of axes, angles around a direction of their own.
pub(super) fn samples_on(axes: &[Axis], n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rows = Vec::with_capacity(n * axes.len());
    for _ in 0..n {
        for (k, axis) in axes.iter().enumerate() {
            let u = rng.random::<f64>();
            rows.push(match axis {
                Axis::Line => 0.3 * k as f64 + 1.7 * u,
                Axis::Positive => 0.5 + u,
                Axis::Circle { period } => period * (0.4 + 0.3 * u),
                Axis::Interval { low, high } => low + (high - low) * (0.05 + 0.9 * u),
            });
        }
    }
    rows
}

/// Rows where the flow starts: latents, or rows of the ensemble that a map starts from.
pub(super) fn draw(generator: &Generator, n: usize, seed: u64) -> Vec<f64> {
    let mut z = vec![0.0; n * generator.dim()];
    generator.draw_latent(&mut Xoshiro256PlusPlus::seed_from_u64(seed), &mut z);
    if generator.is_between_ensembles() && generator.axes().iter().any(|axis| *axis != Axis::Line) {
        return samples_on(generator.axes(), n, seed);
    }
    z
}
