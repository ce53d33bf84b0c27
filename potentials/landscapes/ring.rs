//! A ring with two wells.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::{open_cell_problems, plane_problems, positive_problems};
use crate::interface::{Places, Potential, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = (a / 8) [b (x^2 + y^2 - 4)^2 + y^2] for each particle, in two dimensions: minima of 0 at (-2, 0) and (2, 0), two ways between them.
///
/// Source: the published code of Falkner, Coretti, Romano, Geissler and Dellago, Mach. Learn.: Sci. Technol. 4 (2023) 035050 (a = 3, b
/// = 0.25).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// a, energy / length^2; above 0.
    pub a: f64,
    /// b, 1 / length^2: how narrow the ring is; above 0.
    pub b: f64,
}

impl TermInput for Ring {
    fn name(&self) -> &'static str {
        "Ring"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(plane_problems(cell));
        problems.extend(positive_problems("a", self.a));
        problems.extend(positive_problems("b", self.b));
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(SumOverSites(self.clone()))
    }

    fn places(&self) -> Places {
        Places::OfAll
    }
}

impl SiteForm for Ring {
    fn name(&self) -> &'static str {
        "Ring"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (a, b) = (L::splat(self.a / 8.0), L::splat(self.b));
        let across = x.mul_add(x, y.mul_add(y, L::splat(-4.0)));
        let by_square = L::splat(2.0) * b * across;
        let two_a = a + a;
        (a * (b * across).mul_add(across, y * y), [two_a * by_square * x, two_a * (by_square + L::splat(1.0)) * y, L::default()])
    }
}
