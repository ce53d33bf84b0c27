//! Densities integrate to one; splines join smoothly; bad files and settings are told apart.

use super::perturbed;
use crate::{Activation, Architecture, Axis, Generator, Header, Householder, Prior, RealNvp, Spline, Stage, Training, WeightsError};

fn spline(bins: usize, bound: f64) -> Architecture {
    Architecture::Spline(Spline { blocks: 2, hidden: vec![16, 16], bins, bound, activation: Activation::Silu, on: None })
}

#[test]
fn density_in_the_plane_integrates_to_one() {
    let realnvp =
        Architecture::RealNvp(RealNvp { blocks: 3, hidden: vec![16, 16], activation: Activation::Silu, scale_bound: 1.0, on: None });
    for (architecture, prior, half) in
        [(realnvp, Prior::Gaussian, 20.0), (spline(8, 3.0), Prior::Gaussian, 9.0), (spline(8, 1.0), Prior::Uniform, 1.0)]
    {
        let generator = perturbed(&architecture, prior, 2, 11);
        let n = 1000;
        let step = 2.0 * half / n as f64;
        let points: Vec<f64> = (0..n * n).flat_map(|i| [(i / n) as f64, (i % n) as f64].map(|k| -half + (k + 0.5) * step)).collect();
        let mut density = vec![0.0; n * n];
        generator.log_density(&points, &mut density);
        let sum = density.iter().map(|d| d.exp()).sum::<f64>() * step * step;
        assert!((sum - 1.0).abs() < 2e-5, "{architecture:?}: {sum}");
    }
}

#[test]
fn nothing_is_drawn_outside_a_uniform_box() {
    let mut generator = perturbed(&spline(8, 0.5), Prior::Uniform, 2, 12);
    generator.standardise(&[1.0, 10.0, 3.0, 20.0]);
    let mut density = [0.0; 3];
    generator.log_density(&[1.0, 10.0, 0.89, 15.0, 3.11, 15.0], &mut density);
    assert!(density[0].is_finite() && density[1] == f64::NEG_INFINITY && density[2] == f64::NEG_INFINITY, "{density:?}");
}

#[test]
fn spline_is_continuous_with_its_slope() {
    for prior in [Prior::Gaussian, Prior::Uniform] {
        let generator = perturbed(&spline(6, 2.0), prior, 1, 13);
        let inner = if prior == Prior::Gaussian { 2.5 } else { 1.9999 };
        let n = 200_001;
        let z: Vec<f64> = (0..n).map(|i| -inner + 2.0 * inner * i as f64 / (n - 1) as f64).collect();
        let (mut x, mut log_det) = (z.clone(), vec![0.0; n]);
        generator.forward(&z, &mut x, &mut log_det);
        for i in 1..n {
            assert!(x[i] > x[i - 1]);
            assert!((log_det[i] - log_det[i - 1]).abs() < 2e-3, "slope jumps at {}", z[i]);
        }
        if prior == Prior::Gaussian {
            assert_eq!((x[0], log_det[0], x[n - 1]), (z[0], 0.0, z[n - 1]), "the tails are the identity");
        }
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    let generator = perturbed(&spline(8, 1.0), Prior::Gaussian, 2, 14);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let (mut x, mut log_det) = ([0.0; 4], [0.0; 2]);
        generator.forward(&[bad, 0.3, 0.1, 0.2], &mut x, &mut log_det);
        assert!(!(x[0].is_finite() && x[1].is_finite() && log_det[0].is_finite()), "{bad}: {x:?}");
        assert!(x[2].is_finite() && log_det[1].is_finite(), "the other row is untouched");
    }
}

#[test]
fn bad_files_are_refused() {
    let path = std::env::temp_dir().join(format!("mcflow-flows-bad-{}.safetensors", std::process::id()));
    let generator = perturbed(&spline(4, 1.0), Prior::Gaussian, 2, 15);
    generator.save(&path, &Header::default()).unwrap();
    let good = std::fs::read(&path).unwrap();
    let message = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Generator::load(&path).unwrap_err().to_string()
    };
    let cut = message(&good[..good.len() - 9]);
    assert!(cut.contains("damaged") && cut.contains(&path.display().to_string()), "{cut}");
    assert!(message(b"not weights at all").contains("damaged"));
    let mut bytes = good.clone();
    let end = bytes.len();
    bytes[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(
        message(&bytes).contains("tensor `004.standardise.spread`: found NaN at element 1, expected finite numbers"),
        "{}",
        message(&bytes)
    );
    let replace = |from: &str, to: &str| {
        let at = good.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let version = env!("CARGO_PKG_VERSION");
    let text = message(&replace("mcflow-flow-3", "mcflow-flow-2"));
    let expected =
        format!("metadata `format`: found `mcflow-flow-2`, written by mcflow {version}, expected `mcflow-flow-3`: the layers of other");
    assert!(text.contains(&expected), "{text}");
    let text = message(&replace("\"dimension\":\"2\"", "\"dimension\":\"3\""));
    assert!(text.contains("metadata `axes`: found 2 axes, expected 3"), "{text}");
    let text = message(&replace("\"covariance\":\"false\"", "\"covariance\":\"true\" "));
    assert!(text.contains("tensor `004.covariance.matrix`: found nothing, expected shape [2, 2]"), "{text}");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Generator::load(&path), Err(WeightsError::File { .. })));
}

#[test]
fn bad_settings_are_named() {
    let keys = |problems: Vec<mcflow_base::Problem>| problems.into_iter().map(|p| p.key).collect::<Vec<_>>();
    let bad =
        Architecture::Spline(Spline { blocks: 0, hidden: vec![8, 0], bins: 1, bound: f64::NAN, activation: Activation::Tanh, on: None });
    assert_eq!(keys(bad.problems(2, Prior::Gaussian)), ["blocks", "hidden[1]", "bins", "bound"]);
    let affine = Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![], activation: Activation::Tanh, scale_bound: -1.0, on: None });
    assert_eq!(keys(affine.problems(0, Prior::Uniform)), ["", "scale_bound", ""]);
    let stage = Stage { steps: 0, batch: 0, learning_rate: -1.0, clip: f64::NAN, maximum_likelihood: 1.0, ..Stage::default() };
    let training = Training { stages: vec![stage, Stage::default()], held_out: 1.0, evaluate_every: 0, patience: Some(0) };
    let expected = [
        "stages[0].steps",
        "stages[0].batch",
        "stages[0].learning_rate",
        "stages[0].clip",
        "stages[0].maximum_likelihood",
        "stages[1]",
        "held_out",
        "evaluate_every",
        "patience",
    ];
    assert_eq!(keys(training.problems(false)), expected);
    let read: Architecture = serde_json::from_str(r#"{"RealNvp":{"blocks":4,"hidden":[64,64]}}"#).unwrap();
    assert_eq!(
        read,
        Architecture::RealNvp(RealNvp { blocks: 4, hidden: vec![64, 64], activation: Activation::Silu, scale_bound: 2.0, on: None })
    );
    assert!(serde_json::from_str::<Architecture>(r#"{"RealNvp":{"blocks":4,"hidden":[64,64],"bins":3}}"#).is_err());
}

#[test]
fn reflections_are_of_lines_alone() {
    let mix = |reflections, on| Architecture::Householder(Householder { reflections, on });
    let axes = [Axis::Line, Axis::Circle { period: std::f64::consts::TAU }, Axis::Line];
    let keys = |architecture: &Architecture, prior, fixed: &[usize]| -> Vec<String> {
        Generator::problems(architecture, prior, &axes, fixed).into_iter().map(|problem| problem.key).collect()
    };
    assert!(keys(&mix(4, None), Prior::Gaussian, &[]).is_empty());
    assert_eq!(keys(&mix(3, Some(vec![0, 1, 2])), Prior::Gaussian, &[]), ["reflections", "on[1]"]);
    assert_eq!(keys(&mix(2, None), Prior::Uniform, &[0]), ["", ""]);
    // Lengths of the mixed numbers stay, and the angle is not touched.
    let mut generator = Generator::with_axes(&mix(4, None), Prior::Gaussian, &axes, &[], 2);
    let parameters: Vec<f64> = (0..generator.n_parameters()).map(|k| (k as f64).sin()).collect();
    generator.set_parameters(&parameters);
    let (mut x, mut log_det) = ([0.0; 3], [1.0]);
    generator.forward(&[3.0, 0.7, 4.0], &mut x, &mut log_det);
    assert!(
        (x[0].hypot(x[2]) - 5.0).abs() < 1e-14 && (x[0] - 3.0).abs() > 0.1 && (x[1] - 0.7).abs() < 1e-15 && log_det[0].abs() < 1e-14,
        "{x:?} {log_det:?}"
    );
}

#[test]
fn rows_have_axes() {
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![4], activation: Activation::Tanh, scale_bound: 2.0, on: None });
    let generator = Generator::with_axes(&architecture, Prior::Gaussian, &[crate::Axis::Line; 3], &[1], 4);
    assert_eq!(generator.axes(), [crate::Axis::Line; 3]);
    assert!(generator.returns(&[1.0, 0.0, 2.0], &[1.0, 1e-9, 2.0], 1e-6) && !generator.returns(&[1.0, 0.0, 2.0], &[1.0, 1e-5, 2.0], 1e-6));
    let mut z = [9.0, -9.0, 1.0];
    generator.wrap_latent(&mut z);
    assert_eq!(z, [9.0, -9.0, 1.0], "there is no circle");
    let keys: Vec<String> =
        Generator::problems(&architecture, Prior::Gaussian, &[crate::Axis::Line; 3], &[1, 3]).into_iter().map(|p| p.key).collect();
    assert_eq!(keys, ["fixed[1]"]);
}
