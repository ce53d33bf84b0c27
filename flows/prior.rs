//! The law of latent rows: drawing from it, and its density.

use crate::axes::Axis;
use crate::target::Target;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// The law of latent rows, number by number; on a circle it is uniform either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prior {
    /// Independent standard normals.
    #[default]
    Gaussian,
    /// Uniform on the box [-bound, bound]^d that the splines map to itself; zero density outside.
    Uniform,
}

/// A prior on rows of known axes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LatentLaw {
    /// Its kind.
    pub prior: Prior,
    /// Half the width of the box of the uniform prior.
    pub bound: f64,
    /// Whether each number is an angle.
    circles: Vec<bool>,
    n_circles: usize,
}

impl LatentLaw {
    /// The law of latent rows where data have these axes.
    pub fn new(prior: Prior, bound: f64, axes: &[Axis]) -> Self {
        let circles: Vec<bool> = axes.iter().map(Axis::is_circle).collect();
        let n_circles = circles.iter().filter(|circle| **circle).count();
        Self { prior, bound, circles, n_circles }
    }

    /// Numbers on a line.
    fn n_lines(&self) -> usize {
        self.circles.len() - self.n_circles
    }

    /// Draws rows `z` `[n, dim]`, number by number.
    pub fn draw(&self, rng: &mut impl Rng, z: &mut [f64]) {
        let (dim, bound) = (self.circles.len(), self.bound);
        for row in z.chunks_exact_mut(dim) {
            for (v, circle) in row.iter_mut().zip(&self.circles) {
                *v = match self.prior {
                    _ if *circle => PI * (2.0 * rng.random::<f64>() - 1.0),
                    Prior::Gaussian => rng.sample(StandardNormal),
                    Prior::Uniform => bound * (2.0 * rng.random::<f64>() - 1.0),
                };
            }
        }
    }

    /// ln p(z) of each row: -|z|^2 / 2 - d ln(2 pi) / 2, or -d ln(2 bound) inside the box and -inf outside, over the d numbers on a line, and
    /// -ln(2 pi) for each angle.
    pub fn log_density(&self, z: &[f64], out: &mut [f64]) {
        let (lines, circles) = (self.n_lines() as f64, self.n_circles as f64);
        for (row, out) in z.chunks_exact(self.circles.len()).zip(out) {
            let on_lines = || row.iter().zip(&self.circles).filter(|(_, circle)| !**circle).map(|(v, _)| v);
            *out = match self.prior {
                Prior::Gaussian => {
                    let square: f64 = if self.n_circles == 0 { row.iter().map(|v| v * v).sum() } else { on_lines().map(|v| v * v).sum() };
                    -0.5 * square - 0.5 * lines * TAU.ln()
                }
                Prior::Uniform if on_lines().all(|v| v.abs() <= self.bound) => -lines * (2.0 * self.bound).ln(),
                Prior::Uniform => f64::NEG_INFINITY,
            };
            if self.n_circles > 0 {
                let angles_are_numbers = row.iter().all(|v| v.is_finite());
                *out = if angles_are_numbers { *out - circles * TAU.ln() } else { f64::NAN };
            }
        }
    }
}

/// -ln p as an energy, so that losses need not know whether a flow starts from a prior or from an ensemble.
impl Target for LatentLaw {
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        self.log_density(rows, u);
        u.iter_mut().for_each(|u| *u = -*u);
        gradient.fill(0.0);
        if self.prior == Prior::Gaussian {
            let dim = self.circles.len();
            for (row, g) in rows.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)) {
                for ((g, v), circle) in g.iter_mut().zip(row).zip(&self.circles) {
                    *g = if *circle { 0.0 } else { *v };
                }
            }
        }
    }
}
