//! Springs from particles to points.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::interface::{Places, Potential, TermInput, optional};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = (k / 2) sum over particles of |r - r0|^2.
///
/// In a periodic cell r - r0 is the difference to the nearest image of the point; in open space it is taken as it is.
///
/// The points stay where they are when a cell changes its volume, while particles go with the cell. The virial is that of this:
/// W = -dU/dlnV d = sum of r . f, r being the image of the particle that is nearest to the point as it was written. So the mean pressure is
/// -dF/dV at fixed points, 0 for stiff springs alone, and what constant pressure finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicRestraint {
    /// k, energy / length^2; not below 0.
    pub stiffness: f64,
    /// The particles that are held, each at most once; all of them where the key is absent.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub particles: Option<Vec<usize>>,
    /// The points r0, one a particle, each of as many numbers as there are dimensions.
    pub to: Vec<Vec<f64>>,
}

impl TermInput for HarmonicRestraint {
    fn name(&self) -> &'static str {
        "HarmonicRestraint"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !(self.stiffness.is_finite() && self.stiffness >= 0.0) {
            problems.push(Problem::new("stiffness", self.stiffness, "a finite number, 0 or above"));
        }
        let n = particles.n();
        let mut seen = vec![false; n];
        for (k, &i) in self.particles.iter().flatten().enumerate() {
            let key = format!("particles[{k}]");
            if i >= n {
                problems.push(Problem::new(key, i, format!("a particle below {n}, counted from 0")));
            } else if std::mem::replace(&mut seen[i], true) {
                problems.push(Problem::new(key, format!("{i} a second time"), "each particle at most once"));
            }
        }
        let held = self.particles.as_ref().map_or(n, Vec::len);
        if self.to.len() != held {
            problems.push(Problem::new(
                "to",
                format!("{} points", self.to.len()),
                format!("{held} points, one for each particle that is held"),
            ));
        }
        for (k, point) in self.to.iter().enumerate() {
            let dimension = cell.dimension();
            if point.len() != dimension {
                problems.push(Problem::new(
                    format!("to[{k}]"),
                    format!("{} numbers", point.len()),
                    format!("{dimension} numbers, one a dimension"),
                ));
            }
            for (c, value) in point.iter().enumerate().filter(|(_, value)| !value.is_finite()) {
                problems.push(Problem::new(format!("to[{k}][{c}]"), value, "a finite number"));
            }
        }
        problems
    }

    fn build(&self, particles: &Particles, cell: &Cell) -> Box<dyn Potential> {
        let held = self.particles.clone().unwrap_or_else(|| (0..particles.n()).collect());
        let mut sites = vec![None; particles.n()];
        for (k, &i) in held.iter().enumerate() {
            sites[i] = Some(k);
        }
        let points =
            std::array::from_fn(|c| if c < cell.dimension() { self.to.iter().map(|p| p[c]).collect() } else { vec![0.0; held.len()] });
        Box::new(SumOverSites(Springs { stiffness: self.stiffness, held, sites, points }))
    }

    fn places(&self) -> Places {
        self.particles.clone().map_or(Places::OfAll, Places::Of)
    }
}

#[derive(Debug)]
struct Springs {
    stiffness: f64,
    /// The particle of each spring.
    held: Vec<usize>,
    /// The spring of each particle.
    sites: Vec<Option<usize>>,
    /// Where the springs end, by component.
    points: [Vec<f64>; 3],
}

impl Springs {
    /// Where the springs of these sites end.
    #[inline(always)]
    fn points_of<L: Lane>(&self, sites: Sites) -> [L; 3] {
        let last = self.held.len() - 1;
        let mut points = [L::default(); 3];
        for c in 0..3 {
            points[c] = match sites {
                Sites::From(first) => L::from_fn(|l| self.points[c][(first + l).min(last)]),
                Sites::One(k) => L::splat(self.points[c][k]),
            };
        }
        points
    }
}

impl SiteForm for Springs {
    fn name(&self) -> &'static str {
        "HarmonicRestraint"
    }
    fn holds(&self) -> bool {
        self.stiffness > 0.0
    }
    fn sites(&self, _n: usize) -> usize {
        self.held.len()
    }
    #[inline(always)]
    fn particle(&self, k: usize) -> usize {
        self.held[k]
    }
    #[inline(always)]
    fn site(&self, i: usize) -> Option<usize> {
        self.sites[i]
    }
    const HAS_VIRIAL: bool = true;
    #[inline(always)]
    fn image_of<L: Lane>(&self, sites: Sites, r: [L; 3], image: Nearest) -> [L; 3] {
        let points = self.points_of(sites);
        let d = image.apply([r[0] - points[0], r[1] - points[1], r[2] - points[2]]);
        [d[0] + points[0], d[1] + points[1], d[2] + points[2]]
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, sites: Sites, r: [L; 3], image: Nearest) -> (L, [L; 3]) {
        let points = self.points_of(sites);
        let d = image.apply([r[0] - points[0], r[1] - points[1], r[2] - points[2]]);
        let k = L::splat(self.stiffness);
        (L::splat(0.5) * k * d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2])), d.map(|d| k * d))
    }
}
