//! A spherical wall about the origin.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::checks::{open_cell_problems, positive_problems};
use crate::interface::{Potential, TermInput, optional};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = k sum over particles of (r - R)^2 where r > R, 0 elsewhere, r being the distance from the origin, in open space; without k a
/// hard wall: infinite where r > R (and no force anywhere); softened by K it is K (r / R - 1)^2 there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SphericalWall {
    /// R, length; above 0.
    pub radius: f64,
    /// k, energy / length^2 (not halved); above 0. A hard wall where the key is absent.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
}

impl TermInput for SphericalWall {
    fn name(&self) -> &'static str {
        "SphericalWall"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(positive_problems("radius", self.radius));
        problems.extend(self.stiffness.and_then(|stiffness| positive_problems("stiffness", stiffness)));
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        match self.stiffness {
            Some(stiffness) => Box::new(SumOverSites(Soft { radius: self.radius, stiffness })),
            None => Box::new(SumOverSites(Hard { radius: self.radius })),
        }
    }
}

#[derive(Debug)]
struct Soft {
    radius: f64,
    stiffness: f64,
}

impl SiteForm for Soft {
    fn name(&self) -> &'static str {
        "SphericalWall"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, z]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (k, radius) = (L::splat(self.stiffness), L::splat(self.radius));
        let r = x.mul_add(x, y.mul_add(y, z * z)).sqrt();
        let beyond = (r - radius).max(L::default());
        // Where there is a force r is not below R.
        let slope = (k + k) * beyond / r.max(radius);
        (k * beyond * beyond, [slope * x, slope * y, slope * z])
    }
}

#[derive(Debug)]
struct Hard {
    radius: f64,
}

impl SiteForm for Hard {
    fn name(&self) -> &'static str {
        "SphericalWall"
    }
    fn is_discontinuous(&self) -> bool {
        true
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, z]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let square = x.mul_add(x, y.mul_add(y, z * z));
        let inside = L::splat(self.radius * self.radius);
        (inside.select_lt(square, L::splat(f64::INFINITY), L::default()), [L::default(); 3])
    }
    const HAS_EDGE: bool = true;
    #[inline(always)]
    fn evaluate_softened<L: Lane>(&self, edge: f64, sites: Sites, r: [L; 3], image: Nearest) -> (L, [L; 3]) {
        Soft { radius: self.radius, stiffness: edge / (self.radius * self.radius) }.evaluate(sites, r, image)
    }
}
