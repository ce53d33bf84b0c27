//! Finitely extensible bonds.

use super::group_problems;
use super::listed::{self, Listed};
use super::numbers::{length_problem, not_below_zero, shared_or_own};
use super::sum_over_groups::{GroupForm, SumOverGroups};
use super::vectors::{dot, scaled};
use crate::interface::checks::positive_problems;
use crate::interface::{Hold, Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::{Elementary, Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = - sum over bonds of (k / 2) R^2 ln[1 - (r / R)^2], infinite from r = R on; r is the distance of nearest images of the two particles.
/// Softened it goes on along its tangent in r^2 where 1 - (r / R)^2 < 0.02.
///
/// The repulsion of bonded particles is a term of its own (`Wca`). Bonds have k and R of the term, or numbers of their own, as those of
/// [`HarmonicBonds`](crate::HarmonicBonds).
/// Source: Kremer and Grest, J. Chem. Phys. 92 (1990) 5057 (there with k = 30 epsilon / sigma^2, R = 1.5 sigma).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeneBonds {
    /// The bonds.
    #[serde(with = "listed")]
    pub bonds: Vec<FeneBond>,
    /// k of bonds that have none of their own, energy / length^2; not below 0.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// R of bonds that have none of their own, length; above 0, in a periodic cell at most half its smallest height.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub max_length: Option<f64>,
}

/// A finitely extensible bond, with numbers of its own where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeneBond {
    /// The two particles, counted from 0.
    pub particles: [usize; 2],
    /// k, energy / length^2.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// R, length.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub max_length: Option<f64>,
}

impl From<[usize; 2]> for FeneBond {
    fn from(particles: [usize; 2]) -> Self {
        Self { particles, stiffness: None, max_length: None }
    }
}

impl Listed for FeneBond {
    type Particles = [usize; 2];
    fn plain(particles: [usize; 2]) -> Self {
        particles.into()
    }
    fn as_plain(&self) -> Option<[usize; 2]> {
        (self.stiffness.is_none() && self.max_length.is_none()).then_some(self.particles)
    }
}

impl TermInput for FeneBonds {
    fn name(&self) -> &'static str {
        "FeneBonds"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let groups: Vec<_> = self.bonds.iter().map(|bond| bond.particles).collect();
        let mut problems = group_problems("bonds", &groups, particles.n());
        let stiffness = self.bonds.iter().map(|bond| bond.stiffness);
        problems.extend(shared_or_own("bonds", "stiffness", self.stiffness, stiffness, not_below_zero));
        let length = self.bonds.iter().map(|bond| bond.max_length);
        let rule = |key: &str, value| positive_problems(key, value).or_else(|| length_problem(key, value, cell));
        problems.extend(shared_or_own("bonds", "max_length", self.max_length, length, rule));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let groups = self.bonds.iter().map(|bond| {
            (bond.particles, [bond.stiffness.or(self.stiffness), bond.max_length.or(self.max_length)].map(Option::unwrap_or_default))
        });
        Box::new(SumOverGroups::new(Bond, groups, particles.n()))
    }

    fn bonds(&self) -> Vec<[usize; 2]> {
        self.bonds.iter().map(|bond| bond.particles).collect()
    }
}

/// 1 - (r / R)^2 from where a softened bond follows its tangent.
const LEAST: f64 = 0.02;

/// -(k / 2) R^2 ln[1 - (r / R)^2]; the numbers are k and R.
#[derive(Debug)]
struct Bond;

impl GroupForm<2, 2> for Bond {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "FeneBonds"
    }
    fn hold(&self, _numbers: &[f64; 2]) -> Hold {
        Hold::Together
    }
    fn reach(&self, &[_, max_length]: &[f64; 2]) -> Option<(&'static str, f64)> {
        Some(("max_length", max_length))
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d]: &[[L; 3]; 2], &[k, max_length]: &[L; 2]) -> (L, [[L; 3]; 2]) {
        let (none, scale) = (L::default(), L::splat(-0.5) * k * max_length * max_length);
        let left = L::splat(1.0) - dot(d, d) / (max_length * max_length);
        let energy = none.select_lt(left, scale * left.ln(), L::splat(f64::INFINITY));
        // Where the energy is infinite there is no force.
        (energy, [[none; 3], scaled(none.select_lt(left, k / left, none), d)])
    }
    const HAS_EDGE: bool = true;
    #[inline(always)]
    fn evaluate_softened<L: Lane>(&self, &[_, d]: &[[L; 3]; 2], &[k, max_length]: &[L; 2]) -> (L, [[L; 3]; 2]) {
        let (least, scale) = (L::splat(LEAST), L::splat(-0.5) * k * max_length * max_length);
        let left = L::splat(1.0) - dot(d, d) / (max_length * max_length);
        let kept = left.max(least);
        (scale * (kept.ln() + (left - kept) / least), [[L::default(); 3], scaled(k / kept, d)])
    }
}
