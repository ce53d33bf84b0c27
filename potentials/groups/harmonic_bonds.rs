//! Harmonic bonds.

use super::group_problems;
use super::listed::{self, Listed};
use super::numbers::{length_problem, not_below_zero, shared_or_own};
use super::sum_over_groups::{GroupForm, SumOverGroups};
use super::vectors::{scaled, square};
use crate::interface::{Hold, Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = sum over bonds of (k / 2) (r - r0)^2, r being the distance of nearest images of the two particles.
///
/// k counts half: programs that write K (r - r0)^2 want K = k / 2. Bonds have k and r0 of the term, or numbers of their own:
///
/// ```ron
/// HarmonicBonds(bonds: [(0, 1), (particles: (1, 2), stiffness: 250.0, length: 1.1)], stiffness: 100.0, length: 1.0)
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicBonds {
    /// The bonds.
    #[serde(with = "listed")]
    pub bonds: Vec<HarmonicBond>,
    /// k of bonds that have none of their own, energy / length^2; not below 0.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// r0 of bonds that have none of their own, length; not below 0, in a periodic cell at most half its smallest height.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
}

/// A harmonic bond, with numbers of its own where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicBond {
    /// The two particles, counted from 0.
    pub particles: [usize; 2],
    /// k, energy / length^2.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// r0, length.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub length: Option<f64>,
}

impl From<[usize; 2]> for HarmonicBond {
    fn from(particles: [usize; 2]) -> Self {
        Self { particles, stiffness: None, length: None }
    }
}

impl Listed for HarmonicBond {
    type Particles = [usize; 2];
    fn plain(particles: [usize; 2]) -> Self {
        particles.into()
    }
    fn as_plain(&self) -> Option<[usize; 2]> {
        (self.stiffness.is_none() && self.length.is_none()).then_some(self.particles)
    }
}

impl TermInput for HarmonicBonds {
    fn name(&self) -> &'static str {
        "HarmonicBonds"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let groups: Vec<_> = self.bonds.iter().map(|bond| bond.particles).collect();
        let mut problems = group_problems("bonds", &groups, particles.n());
        let stiffness = self.bonds.iter().map(|bond| bond.stiffness);
        problems.extend(shared_or_own("bonds", "stiffness", self.stiffness, stiffness, not_below_zero));
        let length = self.bonds.iter().map(|bond| bond.length);
        let rule = |key: &str, value| not_below_zero(key, value).or_else(|| length_problem(key, value, cell));
        problems.extend(shared_or_own("bonds", "length", self.length, length, rule));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let groups = self
            .bonds
            .iter()
            .map(|bond| (bond.particles, [bond.stiffness.or(self.stiffness), bond.length.or(self.length)].map(Option::unwrap_or_default)));
        Box::new(SumOverGroups::new(Bond, groups, particles.n()))
    }

    fn bonds(&self) -> Vec<[usize; 2]> {
        self.bonds.iter().map(|bond| bond.particles).collect()
    }
}

/// (k / 2) (r - r0)^2; the numbers are k and r0.
#[derive(Debug)]
struct Bond;

impl GroupForm<2, 2> for Bond {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "HarmonicBonds"
    }
    fn hold(&self, &[stiffness, _]: &[f64; 2]) -> Hold {
        if stiffness > 0.0 { Hold::Together } else { Hold::Nothing }
    }
    fn reach(&self, &[_, length]: &[f64; 2]) -> Option<(&'static str, f64)> {
        Some(("length", length))
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d]: &[[L; 3]; 2], &[k, length]: &[L; 2]) -> (L, [[L; 3]; 2]) {
        let r = square(d).sqrt();
        let stretch = r - length;
        (L::splat(0.5) * k * stretch * stretch, [[L::default(); 3], scaled(k * stretch / r, d)])
    }
}
