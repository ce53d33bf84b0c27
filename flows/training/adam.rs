//! The optimiser, fused over the flat parameters.

use mcflow_base::{Kernel, Lane, dispatch};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// One step of Adam number `step` (from 1): m and v are running means of g and g^2, p -= rate m' / (sqrt(v') + 1e-8) with the
/// bias-corrected m' = m / (1 - 0.9^t), v' = v / (1 - 0.999^t).
///
/// Source: Kingma and Ba 2015, ICLR, algorithm 1.
pub(crate) struct Adam<'a> {
    pub parameters: &'a mut [f64],
    pub first: &'a mut [f64],
    pub second: &'a mut [f64],
    pub gradient: &'a [f64],
    /// Factor on the gradient: what clipping leaves of it.
    pub factor: f64,
    pub rate: f64,
    pub step: u64,
}

impl Adam<'_> {
    pub fn run(self) {
        dispatch(self);
    }
}

impl Kernel for Adam<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let rate = self.rate / (1.0 - BETA_1.powf(self.step as f64));
        let root = 1.0 / (1.0 - BETA_2.powf(self.step as f64));
        let n = self.parameters.len();
        for t in (0..n).step_by(L::WIDTH) {
            let count = L::WIDTH.min(n - t);
            let read = |source: &[f64]| {
                if count == L::WIDTH { L::load(&source[t..]) } else { L::load_partial(&source[t..], count, 0.0) }
            };
            let g = read(self.gradient) * L::splat(self.factor);
            let m = read(self.first) * L::splat(BETA_1) + g * L::splat(1.0 - BETA_1);
            let v = read(self.second) * L::splat(BETA_2) + g * g * L::splat(1.0 - BETA_2);
            let p = read(self.parameters) - L::splat(rate) * m / ((v * L::splat(root)).sqrt() + L::splat(EPSILON));
            for (value, target) in [(m, &mut *self.first), (v, &mut *self.second), (p, &mut *self.parameters)] {
                value.store_partial(&mut target[t..], count);
            }
        }
    }
}

/// Euclidean norm, summed in a fixed order.
pub(crate) fn norm(values: &[f64]) -> f64 {
    struct Square<'a>(&'a [f64]);
    impl Kernel for Square<'_> {
        type Output = f64;
        #[inline(always)]
        fn run<L: Lane>(self) -> f64 {
            let chunks = self.0.chunks_exact(L::WIDTH);
            let rest: f64 = chunks.remainder().iter().map(|v| v * v).sum();
            let mut sum = L::splat(0.0);
            for chunk in chunks {
                let v = L::load(chunk);
                sum += v * v;
            }
            sum.sum() + rest
        }
    }
    dispatch(Square(values)).sqrt()
}
