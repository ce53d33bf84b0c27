//! Harmonic bonds.

use super::loops::{Few, GroupForm};
use super::vectors::{scaled, square};
use super::{group_problems, length_problem, stiffness_problem};
use crate::{Cell, Hold, Particles, Potential};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = (k / 2) sum over bonds of (r - r0)^2, r being the distance of nearest images of the two particles.
///
/// k counts half: programs that write K (r - r0)^2 want K = k / 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicBonds {
    /// Pairs of particles, counted from 0.
    pub bonds: Vec<[usize; 2]>,
    /// k, energy / length^2; not below 0.
    pub stiffness: f64,
    /// r0, length; not below 0, in a periodic cell at most half its smallest height.
    pub length: f64,
}

impl HarmonicBonds {
    pub(crate) fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = group_problems("bonds", &self.bonds, particles.n());
        problems.extend(stiffness_problem(self.stiffness));
        if self.length.is_finite() && self.length >= 0.0 {
            problems.extend(length_problem("length", self.length, cell));
        } else {
            problems.push(Problem::new("length", self.length, "a finite number, 0 or above"));
        }
        problems
    }

    pub(crate) fn build(&self, particles: &Particles) -> Box<dyn Potential> {
        Box::new(Few::new(Bond { stiffness: self.stiffness, length: self.length }, self.bonds.clone(), particles.n()))
    }
}

#[derive(Debug)]
struct Bond {
    stiffness: f64,
    length: f64,
}

impl GroupForm<2> for Bond {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "HarmonicBonds"
    }
    fn hold(&self) -> Hold {
        if self.stiffness > 0.0 { Hold::Together } else { Hold::Nothing }
    }
    fn reach(&self) -> Option<(&'static str, f64)> {
        Some(("length", self.length))
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d]: &[[L; 3]; 2]) -> (L, [[L; 3]; 2]) {
        let k = L::splat(self.stiffness);
        let r = square(d).sqrt();
        let stretch = r - L::splat(self.length);
        (L::splat(0.5) * k * stretch * stretch, [[L::default(); 3], scaled(k * stretch / r, d)])
    }
}
