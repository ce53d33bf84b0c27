//! Soft walls of a box about the origin.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::{open_cell_problems, positive_problems};
use crate::interface::{Potential, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = k sum over particles and coordinates of (|x| - w)^2 where |x| > w, 0 elsewhere: a box of half width w about the origin, in open
/// space.
///
/// Source: the box of Noé et al., Science 365 (2019) eaaw1147, as in their published code (k = 200, w = 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walls {
    /// w, length; above 0.
    pub half_width: f64,
    /// k, energy / length^2 (not halved); above 0.
    pub stiffness: f64,
}

impl TermInput for Walls {
    fn name(&self) -> &'static str {
        "Walls"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(positive_problems("half_width", self.half_width));
        problems.extend(positive_problems("stiffness", self.stiffness));
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(SumOverSites(self.clone()))
    }
}

impl SiteForm for Walls {
    fn name(&self) -> &'static str {
        "Walls"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, r: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (k, width, none) = (L::splat(self.stiffness), L::splat(self.half_width), L::default());
        let mut energy = none;
        let mut gradient = [none; 3];
        for c in 0..3 {
            let beyond = (r[c].abs() - width).max(none);
            energy = (k * beyond).mul_add(beyond, energy);
            let slope = (k + k) * beyond;
            gradient[c] = r[c].select_lt(none, -slope, slope);
        }
        (energy, gradient)
    }
}
