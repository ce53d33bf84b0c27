//! Finitely extensible bonds.

use super::loops::{Few, GroupForm};
use super::vectors::{dot, scaled};
use super::{group_problems, length_problem, stiffness_problem};
use crate::{Cell, Hold, Particles, Potential};
use mcflow_base::{Elementary, Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = -(k / 2) R^2 sum over bonds of ln[1 - (r / R)^2], infinite from r = R on; r is the distance of nearest images of the two particles.
/// Softened it goes on along its tangent in r^2 where 1 - (r / R)^2 < 0.02.
///
/// The repulsion of bonded particles is a term of its own (`Wca`).
/// Source: Kremer and Grest, J. Chem. Phys. 92 (1990) 5057 (there with k = 30 epsilon / sigma^2, R = 1.5 sigma).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeneBonds {
    /// Pairs of particles, counted from 0.
    pub bonds: Vec<[usize; 2]>,
    /// k, energy / length^2; not below 0.
    pub stiffness: f64,
    /// R, length; above 0, in a periodic cell at most half its smallest height.
    pub max_length: f64,
}

impl FeneBonds {
    pub(crate) fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = group_problems("bonds", &self.bonds, particles.n());
        problems.extend(stiffness_problem(self.stiffness));
        if self.max_length.is_finite() && self.max_length > 0.0 {
            problems.extend(length_problem("max_length", self.max_length, cell));
        } else {
            problems.push(Problem::new("max_length", self.max_length, "a finite number above 0"));
        }
        problems
    }

    pub(crate) fn build(&self, particles: &Particles) -> Box<dyn Potential> {
        Box::new(Few::new(Bond { stiffness: self.stiffness, max_length: self.max_length }, self.bonds.clone(), particles.n()))
    }
}

/// 1 - (r / R)^2 from where a softened bond follows its tangent.
const LEAST: f64 = 0.02;

#[derive(Debug)]
struct Bond {
    stiffness: f64,
    max_length: f64,
}

impl GroupForm<2> for Bond {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "FeneBonds"
    }
    fn hold(&self) -> Hold {
        Hold::Together
    }
    fn reach(&self) -> Option<(&'static str, f64)> {
        Some(("max_length", self.max_length))
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d]: &[[L; 3]; 2]) -> (L, [[L; 3]; 2]) {
        let (none, scale) = (L::default(), L::splat(-0.5 * self.stiffness * self.max_length * self.max_length));
        let left = L::splat(1.0) - dot(d, d) / L::splat(self.max_length * self.max_length);
        let energy = none.select_lt(left, scale * left.ln(), L::splat(f64::INFINITY));
        // Where the energy is infinite there is no force.
        (energy, [[none; 3], scaled(none.select_lt(left, L::splat(self.stiffness) / left, none), d)])
    }
    const HAS_EDGE: bool = true;
    #[inline(always)]
    fn evaluate_softened<L: Lane>(&self, &[_, d]: &[[L; 3]; 2]) -> (L, [[L; 3]; 2]) {
        let (least, scale) = (L::splat(LEAST), L::splat(-0.5 * self.stiffness * self.max_length * self.max_length));
        let left = L::splat(1.0) - dot(d, d) / L::splat(self.max_length * self.max_length);
        let kept = left.max(least);
        (scale * (kept.ln() + (left - kept) / least), [[L::default(); 3], scaled(L::splat(self.stiffness) / kept, d)])
    }
}
