//! Two wells along a diagonal of a plane.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::{open_cell_problems, plane_problems, positive_problems};
use crate::interface::{Places, Potential, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = B [(x^2 - 1)^2 + (x - y)^2] for each particle, in two dimensions: minima of 0 at (1, 1) and (-1, -1), B between them at (0, 0).
///
/// Source: the published code of Falkner, Coretti, Romano, Geissler and Dellago, Mach. Learn.: Sci. Technol. 4 (2023) 035050 (B = 10).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoupledWells {
    /// B, energy; above 0.
    pub barrier: f64,
}

impl TermInput for CoupledWells {
    fn name(&self) -> &'static str {
        "CoupledWells"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(plane_problems(cell));
        problems.extend(positive_problems("barrier", self.barrier));
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(SumOverSites(self.clone()))
    }

    fn places(&self) -> Places {
        Places::OfAll
    }
}

impl SiteForm for CoupledWells {
    fn name(&self) -> &'static str {
        "CoupledWells"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (b, two) = (L::splat(self.barrier), L::splat(2.0));
        let (well, d) = (x.mul_add(x, L::splat(-1.0)), x - y);
        let (by_well, by_d) = (two * b * well, two * b * d);
        (b * well.mul_add(well, d * d), [(two * by_well).mul_add(x, by_d), -by_d, L::default()])
    }
}
