//! What every flow of the table must do: one row buys every check of a bijection.

use super::reference;
use super::table::{draw, table};
use crate::{Direction, End, EndKind, Generator, Header};
use candle_core::{Device, Tensor, Var};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

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
