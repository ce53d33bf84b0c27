//! One table row buys every check of a bijection.

use super::{perturbed, reference};
use crate::{Activation, Architecture, Axis, Bond, Coordinates, Direction, End, EndKind, Generator, Header, Prior, RealNvp, Spline};
use candle_core::{Device, Tensor, Var};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn table() -> Vec<(String, Generator)> {
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
    // Bonds in the plane and in space, with covariances, between ensembles and from the prior.
    for (first, second, dim) in [([1, 2].to_vec(), [0, 4].to_vec(), 5), ([0, 1, 2].to_vec(), [5, 4, 6].to_vec(), 8)] {
        let length = second[0];
        // Points of a bond of about 2 along (1, 1, 1), the others anywhere.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut samples = |n: usize| -> Vec<f64> {
            let centre = |j: usize| if second.contains(&j) { 1.2 } else { 0.0 };
            (0..n * dim).map(|i| centre(i % dim) + 0.3 * (rng.random::<f64>() - 0.5)).collect()
        };
        let (from, to) = (samples(200), samples(200));
        let bonds = vec![Bond { first, second: second.clone(), towards: Vec::new() }];
        for (fixed, between) in [(vec![length], true), (Vec::new(), true), (Vec::new(), false)] {
            let plain = Coordinates { bonds: bonds.clone(), fixed };
            let coordinates = if between { plain.oriented(dim, &[&from, &to]) } else { plain };
            let architecture = realnvp(Activation::Tanh, &[9]);
            let mut generator = Generator::with_coordinates(&architecture, Prior::Gaussian, dim, &coordinates, 5);
            let moved: Vec<f64> = generator.parameters().iter().map(|p| p + 0.1 * (rng.random::<f64>() - 0.5)).collect();
            generator.set_parameters(&moved);
            generator.standardise(&to);
            if between {
                generator.standardise_source(&from);
            }
            generator.transport(between.then_some(&from[..]), &to);
            table.push((format!("bond, dim {dim}, {coordinates:?}, between ensembles: {between}"), generator));
        }
    }
    table.extend(with_axes());
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

/// Rows within the ranges of axes, angles around a direction of their own.
fn samples_on(axes: &[Axis], n: usize, seed: u64) -> Vec<f64> {
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

fn draw(generator: &Generator, n: usize, seed: u64) -> Vec<f64> {
    let mut z = vec![0.0; n * generator.dim()];
    generator.draw_latent(&mut Xoshiro256PlusPlus::seed_from_u64(seed), &mut z);
    if generator.is_between_ensembles() && generator.axes().iter().any(|axis| *axis != Axis::Line) {
        return samples_on(generator.axes(), n, seed);
    }
    let bonds = &generator.coordinates().bonds;
    if generator.is_between_ensembles() && !bonds.is_empty() {
        // Rows of the ensemble that it starts from: two points at a distance.
        for row in z.chunks_exact_mut(generator.dim()) {
            row.iter_mut().for_each(|v| *v *= 0.1);
            bonds.iter().flat_map(|bond| &bond.second).for_each(|&j| row[j] += 1.2);
        }
    }
    z
}

#[test]
fn directions_are_counted_from_their_mean() {
    // Bonds along -x, where the angle of the plane has its cut unless it is turned.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(8);
    let rows: Vec<f64> = (0..400).map(|i| [0.4, -0.4, 0.0, 0.0][i % 4] + 0.1 * (rng.random::<f64>() - 0.5)).collect();
    let bonds = vec![Bond { first: vec![0, 2], second: vec![1, 3], towards: Vec::new() }];
    let coordinates = Coordinates { bonds, fixed: vec![1] };
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![4], activation: Activation::Tanh, scale_bound: 2.0, on: None });
    let spread = |coordinates: &Coordinates| {
        let mut generator = Generator::with_coordinates(&architecture, Prior::Gaussian, 4, coordinates, 5);
        generator.standardise(&rows);
        generator.spread()[3]
    };
    assert!(spread(&coordinates) > 2.0);
    let found = coordinates.oriented(4, &[&rows]);
    assert!(found.bonds[0].towards[0] < -0.99 && found.problems(4).is_empty(), "{found:?}");
    assert!(spread(&found) < 0.1);
    // Bonds in all directions have none: the axes stay.
    let around: Vec<f64> = (0..100)
        .flat_map(|k| [0.0, (k as f64 * 0.2 * std::f64::consts::PI).cos(), 0.0, (k as f64 * 0.2 * std::f64::consts::PI).sin()])
        .collect();
    assert_eq!(coordinates.oriented(4, &[&around]), coordinates);
}

#[test]
fn comes_back() {
    for (name, generator) in table() {
        let z = draw(&generator, 300, 1);
        let (mut x, mut back, mut forward, mut inverse) = (z.clone(), z.clone(), vec![0.0; 300], vec![0.0; 300]);
        generator.forward(&z, &mut x, &mut forward);
        generator.inverse(&x, &mut back, &mut inverse);
        for (z, back) in z.chunks_exact(generator.dim()).zip(back.chunks_exact(generator.dim())) {
            assert!(generator.returns_latent(z, back, 1e-9), "{name}: {z:?} came back as {back:?}");
        }
        let worst = forward.iter().zip(&inverse).map(|(a, b)| (a + b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-9, "{name}: log-determinants differ by {worst:e}");
        let again = x.clone();
        generator.forward(&back, &mut x, &mut forward);
        for (x, again) in x.chunks_exact(generator.dim()).zip(again.chunks_exact(generator.dim())) {
            assert!(generator.returns(again, x, 1e-9), "{name}: {again:?} came back as {x:?}");
            assert!(generator.axes().iter().zip(x).all(|(axis, v)| axis.holds(*v)), "{name}: {x:?} is outside");
        }
    }
}

#[test]
fn log_determinant_is_that_of_the_jacobian() {
    for (name, generator) in table() {
        let dim = generator.dim();
        let h = 1e-6;
        let mut compared = 0;
        for row in draw(&generator, 10, 2).chunks_exact(dim) {
            let image = |row: &[f64]| {
                let (mut x, mut log_det) = (row.to_vec(), [0.0]);
                generator.forward(row, &mut x, &mut log_det);
                (x, log_det[0])
            };
            let mut jacobian = DMatrix::zeros(dim, dim);
            let mut one_sided = DMatrix::zeros(dim, dim);
            for j in 0..dim {
                let shifted = |by: f64| {
                    let mut moved = row.to_vec();
                    moved[j] += by;
                    image(&moved).0
                };
                let (up, down, two) = (shifted(h), shifted(-h), shifted(2.0 * h));
                let here = image(row).0;
                for i in 0..dim {
                    jacobian[(i, j)] = (up[i] - down[i]) / (2.0 * h);
                    one_sided[(i, j)] = (4.0 * up[i] - 3.0 * here[i] - two[i]) / (2.0 * h);
                }
            }
            let (numerical, other) = (jacobian.determinant().abs().ln(), one_sided.determinant().abs().ln());
            let found = image(row).1;
            // A knot or kink within the step makes the two differences disagree: such rows say nothing.
            if (numerical - other).abs() < 1e-6 {
                assert!((numerical - found).abs() < 1e-7, "{name}: {numerical} against {found}");
                compared += 1;
            }
        }
        assert!(compared > 4, "{name}: only {compared} rows could be compared");
    }
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    for (name, generator) in table() {
        let dim = generator.dim();
        let n = 151;
        let z = draw(&generator, n, 3);
        let mut by_row = vec![0.0; z.len()];
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        by_row.chunks_exact_mut(dim).for_each(|row| generator.draw_latent(&mut rng, row));
        if !generator.is_between_ensembles() {
            assert_eq!(z, by_row, "{name}: latents");
        }
        for direction in [Direction::Forward, Direction::Inverse] {
            let map = |rows: &[f64]| {
                let (mut out, mut log_det) = (rows.to_vec(), vec![0.0; rows.len() / dim]);
                match direction {
                    Direction::Forward => generator.forward(rows, &mut out, &mut log_det),
                    Direction::Inverse => generator.inverse(rows, &mut out, &mut log_det),
                }
                (out, log_det)
            };
            let mut z = z.clone();
            if direction == Direction::Inverse {
                generator.forward(&z.clone(), &mut z, &mut vec![0.0; n]);
            }
            let (all, log_det) = map(&z);
            for (i, row) in z.chunks_exact(dim).enumerate() {
                let (one, l) = map(row);
                assert_eq!((&one[..], l[0]), (&all[i * dim..(i + 1) * dim], log_det[i]), "{name}: row {i}");
            }
            let mut start = 0;
            for size in [2, 3, 5, 6, 7, 13] {
                let (some, _) = map(&z[start * dim..(start + size) * dim]);
                assert_eq!(some[..], all[start * dim..(start + size) * dim], "{name}: {size} rows");
                start += size;
            }
        }
    }
}

#[test]
fn density_is_prior_and_log_determinant() {
    for (name, generator) in table() {
        let n = 100;
        let z = draw(&generator, n, 4);
        let (mut x, mut log_det, mut prior, mut density) = (z.clone(), vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        generator.forward(&z, &mut x, &mut log_det);
        generator.log_prior(&z, &mut prior);
        generator.log_density(&x, &mut density);
        for i in 0..n {
            assert!((prior[i] - log_det[i] - density[i]).abs() < 1e-8, "{name}: {} against {}", prior[i] - log_det[i], density[i]);
        }
    }
}

#[test]
fn gradients_of_layers_without_a_plain_form_are_differences() {
    for (name, generator) in table().into_iter().filter(|(_, generator)| !reference::states(generator)) {
        let (dim, n) = (generator.dim(), 3);
        let rows = draw(&generator, n, 5);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
        let factors: Vec<f64> = (0..n * (dim + 1)).map(|_| rng.random::<f64>() - 0.4).collect();
        for direction in [Direction::Forward, Direction::Inverse] {
            let mut rows = rows.clone();
            if direction == Direction::Inverse {
                generator.forward(&rows.clone(), &mut rows, &mut vec![0.0; n]);
            }
            let loss = |parameters: &[f64], rows: &[f64]| {
                let mut changed = generator.clone();
                changed.set_parameters(parameters);
                let (mut out, mut log_det) = (rows.to_vec(), vec![0.0; n]);
                match direction {
                    Direction::Forward => changed.forward(rows, &mut out, &mut log_det),
                    Direction::Inverse => changed.inverse(rows, &mut out, &mut log_det),
                }
                let joined = out.chunks_exact(dim).zip(&log_det).flat_map(|(row, l)| row.iter().chain(std::iter::once(l)));
                joined.zip(&factors).map(|(v, f)| v * f).sum::<f64>()
            };
            let parameters = Var::from_slice(generator.parameters(), generator.n_parameters(), &Device::Cpu).unwrap();
            let variables = Var::from_slice(&rows, (n, dim), &Device::Cpu).unwrap();
            let out = parameters.apply_op2(&variables, generator.operation(direction)).unwrap();
            let weights = Tensor::from_slice(&factors, (n, dim + 1), &Device::Cpu).unwrap();
            let gradients = (out * weights).unwrap().sum_all().unwrap().backward().unwrap();
            let numbers = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f64>().unwrap();
            let (by_parameters, by_rows) = (numbers(gradients.get(&parameters).unwrap()), numbers(gradients.get(&variables).unwrap()));
            let h = 1e-6;
            let difference = |values: &[f64], k: usize, loss: &dyn Fn(&[f64]) -> f64| {
                let at = |step: f64| {
                    let mut moved = values.to_vec();
                    moved[k] += step;
                    loss(&moved)
                };
                (at(h) - at(-h)) / (2.0 * h)
            };
            for k in 0..rows.len() {
                let expected = difference(&rows, k, &|rows| loss(generator.parameters(), rows));
                assert!((by_rows[k] - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{name}: {} not {expected}", by_rows[k]);
            }
            for k in (0..by_parameters.len()).step_by(7) {
                let expected = difference(generator.parameters(), k, &|parameters| loss(parameters, &rows));
                assert!((by_parameters[k] - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{name}: parameter {k}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_plain_tensor_operations() {
    // Those without a plain form are judged by differences.
    for (name, generator) in table().into_iter().filter(|(_, generator)| reference::states(generator)) {
        let dim = generator.dim();
        let n = 70;
        let rows = draw(&generator, n, 5);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
        let factors: Vec<f64> = (0..n * (dim + 1)).map(|_| rng.random::<f64>() - 0.4).collect();
        let factors = Tensor::from_vec(factors, (n, dim + 1), &Device::Cpu).unwrap();
        for direction in [Direction::Forward, Direction::Inverse] {
            let rows = match direction {
                Direction::Forward => rows.clone(),
                // Data rows: some latents are scaled up, to lie in the tails.
                Direction::Inverse => {
                    let mut x = rows.clone();
                    generator.forward(&rows, &mut x, &mut vec![0.0; n]);
                    x
                }
            };
            let evaluate = |fused: bool| {
                let parameters = Var::from_slice(generator.parameters(), generator.n_parameters(), &Device::Cpu).unwrap();
                let rows = Var::from_slice(&rows, (n, dim), &Device::Cpu).unwrap();
                let out = if fused {
                    parameters.apply_op2(&rows, generator.operation(direction)).unwrap()
                } else {
                    reference::flow(&generator, direction, &parameters, &rows).unwrap()
                };
                let loss = (&out * &factors).unwrap().sum_all().unwrap();
                let gradients = loss.backward().unwrap();
                let numbers = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f64>().unwrap();
                [numbers(&out), numbers(gradients.get(&parameters).unwrap()), numbers(gradients.get(&rows).unwrap())]
            };
            let (found, expected) = (evaluate(true), evaluate(false));
            for (what, (found, expected)) in ["values", "parameter gradient", "row gradient"].iter().zip(found.iter().zip(&expected)) {
                let scale = expected.iter().fold(1.0f64, |a, b| a.max(b.abs()));
                for (i, (f, e)) in found.iter().zip(expected).enumerate() {
                    assert!((f - e).abs() < 1e-10 * scale, "{name} {direction:?}: {what} {i}: {f} against {e}");
                }
            }
        }
    }
}

#[test]
fn comes_back_from_a_file() {
    let folder = std::env::temp_dir().join(format!("mcflow-flows-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let law = [("temperature".to_string(), "0.75".to_string())].into();
    let header = Header {
        units: "Reduced".into(),
        system_hash: "abc".into(),
        coordinates: "Cartesian".into(),
        ends: Some([End::default(), End { kind: EndKind::State, name: "left \"side\"".into(), law }]),
        version: env!("CARGO_PKG_VERSION").into(),
        notes: [("written by".to_string(), "a test, \"quoted\"".to_string())].into(),
    };
    for (k, (name, generator)) in table().into_iter().enumerate() {
        let path = folder.join(format!("{k}.safetensors"));
        generator.save(&path, &header).unwrap();
        let (read, text) = Generator::load(&path).unwrap();
        assert_eq!(text, header, "{name}");
        assert_eq!((read.parameters(), read.mean(), read.spread()), (generator.parameters(), generator.mean(), generator.spread()));
        assert_eq!((read.architecture(), read.prior(), read.axes()), (generator.architecture(), generator.prior(), generator.axes()));
        let (row, mut before, mut after) = (draw(&generator, 1, 9), [0.0], [0.0]);
        let (mut x, mut y) = (row.clone(), row.clone());
        generator.forward(&row, &mut x, &mut before);
        read.forward(&row, &mut y, &mut after);
        assert_eq!((x, before), (y, after), "{name}: the same map");
        let bytes = std::fs::read(&path).unwrap();
        read.save(&path, &text).unwrap();
        assert_eq!(bytes, std::fs::read(&path).unwrap(), "{name}: bytes of the file");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn starts_as_the_identity() {
    for (name, generator) in table() {
        let start = Generator::new(generator.architecture(), generator.prior(), generator.dim(), 3);
        let z = draw(&start, 20, 8);
        let (mut x, mut log_det) = (z.clone(), vec![0.0; 20]);
        start.forward(&z, &mut x, &mut log_det);
        for (a, b) in z.iter().zip(&x) {
            assert!((a - b).abs() < 1e-13, "{name}: {a} became {b}");
        }
        assert!(log_det.iter().all(|l| l.abs() < 1e-12), "{name}");
    }
}
