use super::*;
use crate::random::streams;
use crate::statistics::{kolmogorov_smirnov, normal_cumulative};
use mcflow_base::{Array, InstructionSet, dispatch_with};

fn numbers(n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n];
    fill_normals(&mut streams(4, 1)[0], &mut out);
    out
}

#[test]
fn moments_and_tails_are_normal() {
    const N: usize = 4_000_000;
    let out = numbers(N);
    // E x^k and E x^2k - (E x^k)^2.
    for (k, mean, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (5, 0.0, 945.0), (6, 15.0, 10170.0)] {
        let found = out.iter().map(|x| x.powi(k)).sum::<f64>() / N as f64;
        let z = (found - mean) / (variance / N as f64).sqrt();
        assert!(z.abs() < 4.0, "moment {k}: {found}, z = {z:.1}");
    }
    for bound in [1.0, 2.0, 3.0, 4.0, 4.5] {
        let tail = 2.0 * normal_cumulative(-bound);
        let found = out.iter().filter(|x| x.abs() > bound).count() as f64;
        let z = (found - N as f64 * tail) / (N as f64 * tail * (1.0 - tail)).sqrt();
        assert!(z.abs() < 4.0, "beyond {bound}: {found}, z = {z:.1}");
    }
    // The two of a pair are independent, and so are their squares; neighbours likewise.
    let (cosines, sines) = out.split_at(N / 2);
    for (name, other) in [("pairs", sines), ("neighbours", &out[1..=N / 2])] {
        let product = |power: i32| cosines.iter().zip(other).map(|(a, b)| (a * b).powi(power)).sum::<f64>() / (N / 2) as f64;
        let z = [product(1), (product(2) - 1.0) / 8f64.sqrt()].map(|p| p * (N as f64 / 2.0).sqrt());
        assert!(z.iter().all(|z| z.abs() < 4.0), "{name}: {z:?}");
    }
}

#[test]
fn the_law_is_normal() {
    let test = kolmogorov_smirnov(&numbers(1_000_001), normal_cumulative).expect("numbers");
    assert!(test.p_value > 1e-3, "p = {}", test.p_value);
}

/// The largest radius is that of the smallest uniform number, and no bit pattern gives anything but a number.
/// One pair of the transform.
fn one_pair(u: f64, v: f64) -> (f64, f64) {
    let (c, s) = box_muller(Array::<f64, 4>::splat(u), Array::splat(v));
    (c.get(0), s.get(0))
}

#[test]
fn the_ends_of_the_range_are_finite() {
    assert_eq!((radius_uniform(0), radius_uniform(u64::MAX)), (UNIT, 1.0));
    assert_eq!((turn(1 << 63), turn(0)), (-0.5, 0.0));
    let (far, _) = one_pair(radius_uniform(0), 0.0);
    assert!((far - (2.0 * 53.0 * 2f64.ln()).sqrt()).abs() < 1e-14);
    assert!(far > 8.5);
    assert_eq!(one_pair(1.0, turn(u64::MAX)), (0.0, 0.0));
}

#[test]
fn sine_and_cosine_agree_with_the_standard_library() {
    for k in -50_000..=50_000 {
        let v = f64::from(k) * 1e-5;
        let (sine, cosine) = sin_cos_of_turns(Array::<f64, 4>::splat(v));
        let (sine, cosine) = (sine.get(0), cosine.get(0));
        let (s, c) = (2.0 * std::f64::consts::PI * v).sin_cos();
        assert!((sine - s).abs() < 2e-15 && (cosine - c).abs() < 2e-15, "{v}: {} {}", sine - s, cosine - c);
    }
}

#[test]
fn instruction_sets_agree_and_draw_alike() {
    for n in [0, 1, 2, 7, 16, 39, 40, 333] {
        let all = [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512].map(|set| {
            let mut random = streams(9, 1).remove(0);
            let mut out = vec![0.0; n];
            dispatch_with(set, OneStream { random: &mut random, out: &mut out });
            (out, random)
        });
        let mut expected = streams(9, 1).remove(0);
        (0..2 * n.div_ceil(2)).for_each(|_| _ = expected.next_u64());
        for (out, random) in &all {
            assert_eq!(random, &expected, "{n}");
            assert!(out.iter().zip(&all[0].0).all(|(a, b)| (a - b).abs() < 1e-13), "{n}");
        }
    }
}

#[test]
fn lanes_have_the_numbers_of_their_streams() {
    struct Width;
    impl Kernel for Width {
        type Output = usize;
        fn run<L: Lane>(self) -> usize {
            L::WIDTH
        }
    }
    let w = dispatch(Width);
    for (n, used) in [(5, w), (6, w), (39, 3), (1, 1)] {
        let (mut singly, mut together) = (streams(2, used), streams(2, used));
        let mut block = vec![f64::NAN; n * w];
        LaneStreams::new(w).fill_normals(&mut together, |random| random, &mut block);
        assert!(block.iter().all(|x| x.is_finite()));
        for (l, random) in singly.iter_mut().enumerate() {
            let mut out = vec![0.0; n];
            fill_normals(random, &mut out);
            assert!(out.iter().zip(block[l..].iter().step_by(w)).all(|(a, b)| (a - b).abs() < 1e-13), "{n} {used}");
        }
        assert_eq!(singly, together);
    }
}
