//! Three wells of a plane.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::{open_cell_problems, plane_problems, positive_problems};
use crate::interface::{Places, Potential, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Elementary, Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = scale {0.1 (x^2 + y^2) - sum_k 5 / (2 pi s_k t_k) exp[-(x - X_k)^2 / (2 s_k^2) - (y - Y_k)^2 / (2 t_k^2)]} for each particle, in two
/// dimensions.
///
/// Wells k at (X, Y) = (-2.2, -1), (0, 2), (2, -0.8) with widths (s, t) = (0.5, 0.3), (0.5, 0.4), (0.4, 0.5).
/// Source: the published code of neural mode jump Monte Carlo, Sbailò, Dibak and Noé, J. Chem. Phys. 154 (2021) 074101.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TripleWell {
    /// Factor of the energy; above 0.
    #[serde(default = "one")]
    pub scale: f64,
}

fn one() -> f64 {
    1.0
}

/// 5 / (2 pi): the integral of a well, less its width.
const DEPTH: f64 = 5.0 / (2.0 * std::f64::consts::PI);
const STIFFNESS: f64 = 0.1;
const CENTRE_X: [f64; 3] = [-2.2, 0.0, 2.0];
const CENTRE_Y: [f64; 3] = [-1.0, 2.0, -0.8];
const WIDTH_X: [f64; 3] = [0.5, 0.5, 0.4];
const WIDTH_Y: [f64; 3] = [0.3, 0.4, 0.5];

impl TermInput for TripleWell {
    fn name(&self) -> &'static str {
        "TripleWell"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(plane_problems(cell));
        problems.extend(positive_problems("scale", self.scale));
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(SumOverSites(self.clone()))
    }

    fn places(&self) -> Places {
        Places::OfAll
    }
}

impl SiteForm for TripleWell {
    fn name(&self) -> &'static str {
        "TripleWell"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let k = L::splat(self.scale * STIFFNESS);
        let mut energy = k * x.mul_add(x, y * y);
        let mut gradient = [(k + k) * x, (k + k) * y, L::default()];
        for w in 0..3 {
            let [a, b] = [L::splat(1.0 / (WIDTH_X[w] * WIDTH_X[w])), L::splat(1.0 / (WIDTH_Y[w] * WIDTH_Y[w]))];
            let u = x - L::splat(CENTRE_X[w]);
            let v = y - L::splat(CENTRE_Y[w]);
            let exponent = L::splat(-0.5) * (a * u).mul_add(u, b * v * v);
            let well = L::splat(self.scale * DEPTH / (WIDTH_X[w] * WIDTH_Y[w])) * exponent.exp();
            energy -= well;
            gradient[0] += well * a * u;
            gradient[1] += well * b * v;
        }
        (energy, gradient)
    }
}
