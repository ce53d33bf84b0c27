//! The phi^4 model on a chain.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::groups::sum_over_groups::{GroupForm, SumOverGroups};
use crate::interface::checks::{finite_problems, line_problems, open_cell_problems, positive_problems};
use crate::interface::{Hold, Places, Potential, Several, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = a N sum from i = 0 to N of (phi_(i+1) - phi_i)^2 / 2 + 1 / (a N) sum from i = 1 to N of (1 - phi_i^2)^2 / 4 + b phi_i with
/// phi_0 = phi_(N+1) = 0, in N dimensions: phi_i is the coordinate of particle i - 1.
///
/// Energies are such that the temperature is 1 / beta.
/// Source: Gabrié, Rotskoff and Vanden-Eijnden, Proc. Natl. Acad. Sci. 119 (2022) e2109420119, as in their published code (N = 100, a =
/// 0.1, beta = 20).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhiFourChain {
    /// Coupling of neighbours in units of 1 / N; above 0.
    pub a: f64,
    /// Tilt: above 0 the well at -1 is preferred.
    #[serde(default)]
    pub b: f64,
}

impl TermInput for PhiFourChain {
    fn name(&self) -> &'static str {
        "PhiFourChain"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(line_problems(cell));
        problems.extend(positive_problems("a", self.a));
        problems.extend(finite_problems("b", self.b));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let n = particles.n();
        let coupling = self.a * n as f64;
        let links = SumOverGroups::new(Link { coupling }, (1..n).map(|i| ([i - 1, i], [])), n);
        let sites = SumOverSites(Site { scale: 1.0 / coupling, tilt: self.b });
        let ends = SumOverSites(Ends { coupling, last: n.saturating_sub(1) });
        Box::new(Several { name: "PhiFourChain", parts: vec![Box::new(links), Box::new(sites), Box::new(ends)] })
    }

    fn places(&self) -> Places {
        Places::OfAll
    }
}

/// (c / 2) (phi_(i+1) - phi_i)^2.
#[derive(Debug)]
struct Link {
    coupling: f64,
}

impl GroupForm<2, 0> for Link {
    // phi is no place in space: there is no virial.
    const TRANSLATES: bool = false;
    fn name(&self) -> &'static str {
        "PhiFourChain"
    }
    fn hold(&self, _: &[f64; 0]) -> Hold {
        Hold::Together
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d]: &[[L; 3]; 2], _: &[L; 0]) -> (L, [[L; 3]; 2]) {
        let (slope, none) = (L::splat(self.coupling) * d[0], L::default());
        (L::splat(0.5) * slope * d[0], [[none; 3], [slope, none, none]])
    }
}

/// [(1 - phi^2)^2 / 4 + b phi] / (a N).
#[derive(Debug)]
struct Site {
    scale: f64,
    tilt: f64,
}

impl SiteForm for Site {
    fn name(&self) -> &'static str {
        "PhiFourChain"
    }
    fn sites(&self, n: usize) -> usize {
        n
    }
    #[inline(always)]
    fn particle(&self, k: usize) -> usize {
        k
    }
    #[inline(always)]
    fn site(&self, i: usize) -> Option<usize> {
        Some(i)
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [phi, _, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (scale, tilt, none) = (L::splat(self.scale), L::splat(self.tilt), L::default());
        let well = phi.mul_add(phi, L::splat(-1.0));
        let energy = (L::splat(0.25) * well).mul_add(well, tilt * phi);
        (scale * energy, [scale * well.mul_add(phi, tilt), none, none])
    }
}

/// (c / 2) phi^2 on the first and the last.
#[derive(Debug)]
struct Ends {
    coupling: f64,
    last: usize,
}

impl SiteForm for Ends {
    fn name(&self) -> &'static str {
        "PhiFourChain"
    }
    fn sites(&self, _n: usize) -> usize {
        if self.last > 0 { 2 } else { 1 }
    }
    #[inline(always)]
    fn particle(&self, k: usize) -> usize {
        if k > 0 { self.last } else { 0 }
    }
    #[inline(always)]
    fn site(&self, i: usize) -> Option<usize> {
        match i {
            0 => Some(0),
            i if i == self.last => Some(1),
            _ => None,
        }
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [phi, _, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        // A chain of one is bound to 0 on both sides.
        let sides = if self.last > 0 { 1.0 } else { 2.0 };
        let (slope, none) = (L::splat(sides * self.coupling) * phi, L::default());
        (L::splat(0.5) * slope * phi, [slope, none, none])
    }
}
