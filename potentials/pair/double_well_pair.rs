//! A quartic double well in the distance of each pair.

use super::exclusions::Exclusions;
use super::form::{Coefficients, FAR_SQUARED, PairForm};
use super::sum_over_pairs::Description;
use crate::interface::checks::finite_problems;
use crate::interface::{Potential, TermInput};
use crate::space::{Cell, Particles};
use mcflow_base::{Element, Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = sum over pairs of a (r - o) + b (r - o)^2 + c (r - o)^4, each pair once, in open space.
///
/// Four particles in two dimensions with a = 0, b = -4, c = 0.9, o = 4 are DW4 of Köhler, Klein and Noé, ICML (2020), arXiv:2006.02425,
/// as in their published code. Some other codes count each pair twice: that is twice this energy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleWellPair {
    /// a, energy / length.
    pub a: f64,
    /// b, energy / length^2; negative for two wells.
    pub b: f64,
    /// c, energy / length^4; above 0.
    pub c: f64,
    /// o, length: the middle of the two wells; not below 0.
    pub offset: f64,
}

impl TermInput for DoubleWellPair {
    fn name(&self) -> &'static str {
        "DoubleWellPair"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        if cell.is_periodic() {
            problems.push(Problem::new("", "a periodic cell", "an open cell: this interaction grows with the distance and has no cutoff"));
        }
        problems.extend(finite_problems("a", self.a));
        problems.extend(finite_problems("b", self.b));
        if !(self.c.is_finite() && self.c > 0.0) {
            problems.push(Problem::new("c", self.c, "a number above 0 (else particles are not bound)"));
        }
        if !(self.offset.is_finite() && self.offset >= 0.0) {
            problems.push(Problem::new("offset", self.offset, "a finite number, 0 or above"));
        }
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let description = Description {
            name: "DoubleWellPair",
            cutoff: None,
            discontinuous: false,
            tail: None,
            types: vec![0; particles.n()],
            exclusions: Exclusions::default(),
        };
        let form = Quartic { linear: self.a, quadratic: self.b, quartic: self.c, offset: self.offset };
        description.build_alike(form, Coefficients::default())
    }
}

/// The polynomial of the distance.
#[derive(Clone, Copy, Debug)]
struct Quartic {
    linear: f64,
    quadratic: f64,
    quartic: f64,
    offset: f64,
}

/// Less than every squared distance that means something: two particles at one place have no force on each other, instead of none at all.
const TINY: f64 = 1e-300;

impl PairForm for Quartic {
    const BINDS: bool = true;
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, _: &Coefficients<L>) -> (L, L) {
        let (a, b, c) = (L::splat(self.linear), L::splat(self.quadratic), L::splat(self.quartic));
        let r = (r2 + L::splat(TINY)).sqrt();
        let d = r - L::splat(self.offset);
        let square = d * d;
        let u = d.mul_add(a, square * c.mul_add(square, b));
        let slope = d.mul_add(L::splat(4.0) * c * square + L::splat(2.0) * b, a);
        // Pairs that do not interact are at exactly this distance. No cutoff: beyond it the energy, which grows, would fall to 0.
        let (gap, least, none) = ((r2 - L::splat(FAR_SQUARED)).abs(), L::splat(f64::from(f32::MIN_POSITIVE)), L::default());
        (gap.select_lt(least, none, u), gap.select_lt(least, none, -slope / r))
    }
}
