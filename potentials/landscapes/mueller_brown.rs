//! The landscape of Müller and Brown.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::open_cell_problems;
use crate::interface::{Places, Potential, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Elementary, Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = scale sum_k A_k exp[a_k (x - X_k)^2 + b_k (x - X_k)(y - Y_k) + c_k (y - Y_k)^2] for each particle, in two dimensions.
///
/// Source: Müller and Brown, Theor. Chim. Acta 53 (1979) 75, with the usual parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MuellerBrown {
    /// Factor of the energy; 0.1 gives barriers of a few kT at T = 1.
    pub scale: f64,
}

const AMPLITUDE: [f64; 4] = [-200.0, -100.0, -170.0, 15.0];
const XX: [f64; 4] = [-1.0, -1.0, -6.5, 0.7];
const XY: [f64; 4] = [0.0, 0.0, 11.0, 0.6];
const YY: [f64; 4] = [-10.0, -10.0, -6.5, 0.7];
const CENTRE_X: [f64; 4] = [1.0, 0.0, -0.5, -1.0];
const CENTRE_Y: [f64; 4] = [0.0, 0.5, 1.5, 1.0];

impl TermInput for MuellerBrown {
    fn name(&self) -> &'static str {
        "MuellerBrown"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        if cell.dimension() != 2 {
            problems.push(Problem::new("", format!("{} dimensions", cell.dimension()), "two dimensions"));
        }
        if !(self.scale.is_finite() && self.scale > 0.0) {
            problems.push(Problem::new("scale", self.scale, "a number above 0"));
        }
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(SumOverSites(self.clone()))
    }

    fn places(&self) -> Places {
        Places::OfAll
    }
}

impl SiteForm for MuellerBrown {
    fn name(&self) -> &'static str {
        "MuellerBrown"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let mut energy = L::default();
        let mut gradient = [L::default(); 3];
        let two = L::splat(2.0);
        for k in 0..4 {
            let [a, b, c] = [XX[k], XY[k], YY[k]].map(L::splat);
            let u = x - L::splat(CENTRE_X[k]);
            let v = y - L::splat(CENTRE_Y[k]);
            let term = L::splat(self.scale * AMPLITUDE[k]) * (a * u * u + b * u * v + c * v * v).exp();
            energy += term;
            gradient[0] += term * (two * a * u + b * v);
            gradient[1] += term * (b * u + two * c * v);
        }
        (energy, gradient)
    }
}
