//! A quartic double well along x.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::{finite_problems, open_cell_problems};
use crate::interface::{Places, Potential, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = sum over particles of a x + b x^2 + c x^4 + (t / 2) (y^2 + z^2), in 1 to 3 dimensions of open space.
///
/// With a = 1, b = -6, c = 1, t = 1 it is the double well of Noé et al., Science 365 (2019) eaaw1147, as in their published code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleWell {
    /// a, energy / length.
    pub linear: f64,
    /// b, energy / length^2; negative for two wells.
    pub quadratic: f64,
    /// c, energy / length^4; above 0.
    pub quartic: f64,
    /// t, energy / length^2; above 0.
    #[serde(default = "one")]
    pub transverse: f64,
}

fn one() -> f64 {
    1.0
}

impl TermInput for DoubleWell {
    fn name(&self) -> &'static str {
        "DoubleWell"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(finite_problems("linear", self.linear));
        problems.extend(finite_problems("quadratic", self.quadratic));
        for (key, value) in [("quartic", self.quartic), ("transverse", self.transverse)] {
            if !(value.is_finite() && value > 0.0) {
                problems.push(Problem::new(key, value, "a number above 0 (else particles are not bound)"));
            }
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

impl SiteForm for DoubleWell {
    fn name(&self) -> &'static str {
        "DoubleWell"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, z]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let [a, b, c, t] = [self.linear, self.quadratic, self.quartic, self.transverse].map(L::splat);
        let square = x * x;
        let energy = x.mul_add(a, square * square.mul_add(c, b)) + L::splat(0.5) * t * y.mul_add(y, z * z);
        let two = L::splat(2.0);
        (energy, [(two * x).mul_add((two * c).mul_add(square, b), a), t * y, t * z])
    }
}
