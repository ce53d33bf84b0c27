//! Repulsion by an inverse power of the distance.

use super::exclusions::Exclusions;
use super::form::{Coefficients, PairForm, UNBOUNDED_SQUARED, cut};
use super::lennard_jones::cutoff_problem;
use super::parameters::exclusion_problems;
use super::sum_over_pairs::Description;
use crate::interface::{Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::{Element, Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = epsilon sum over pairs of (radius / r)^n; with a cutoff (radius / r)^n - (radius / cutoff)^n up to it, so that the energy does
/// not jump.
///
/// With n = 12, epsilon = 1, radius = 1.1 and the pair of the dimer excluded it is the solvent of Noé et al., Science 365 (2019) eaaw1147.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftRepulsion {
    /// Energy at r = radius; not below 0.
    pub epsilon: f64,
    /// Length scale; above 0.
    pub radius: f64,
    /// n: even, 2 to 48.
    #[serde(default = "twelve")]
    pub exponent: u32,
    /// Distance beyond which no pair interacts, length; without it all do, which only open space allows.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<f64>,
    /// Pairs of particles that do not interact, counted from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<(usize, usize)>,
}

fn twelve() -> u32 {
    12
}

impl TermInput for SoftRepulsion {
    fn name(&self) -> &'static str {
        "SoftRepulsion"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !(self.epsilon.is_finite() && self.epsilon >= 0.0) {
            problems.push(Problem::new("epsilon", self.epsilon, "a finite number, 0 or above"));
        }
        if !(self.radius.is_finite() && self.radius > 0.0) {
            problems.push(Problem::new("radius", self.radius, "a finite number above 0"));
        }
        if !(2..=48).contains(&self.exponent) || !self.exponent.is_multiple_of(2) {
            problems.push(Problem::new("exponent", self.exponent, "an even number from 2 to 48"));
        }
        match self.cutoff {
            Some(cutoff) => problems.extend(cutoff_problem(cutoff, cell)),
            None if cell.is_periodic() => {
                let expected = "a cutoff of at most half the smallest height of the cell";
                problems.push(Problem::new("cutoff", "nothing, in a periodic cell", expected));
            }
            None => {}
        }
        problems.extend(exclusion_problems(&self.exclude, particles.n()));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let form = InversePower { epsilon: self.epsilon, radius_squared: self.radius * self.radius, half_exponent: self.exponent / 2 };
        let mut coefficients = Coefficients { cutoff_squared: UNBOUNDED_SQUARED, ..Coefficients::default() };
        if let Some(cutoff) = self.cutoff {
            coefficients.cutoff_squared = cutoff * cutoff;
            coefficients.shift = self.epsilon * (self.radius / cutoff).powi(self.exponent as i32);
        }
        let description = Description {
            name: "SoftRepulsion",
            cutoff: self.cutoff,
            discontinuous: false,
            tail: None,
            types: vec![0; particles.n()],
            exclusions: Exclusions::new(particles.n(), &self.exclude),
        };
        description.build_alike(form, coefficients)
    }

    fn is_between_all_pairs(&self) -> bool {
        true
    }
}

/// U = epsilon (radius^2 / r^2)^(n / 2) - shift.
#[derive(Clone, Copy, Debug)]
struct InversePower {
    epsilon: f64,
    radius_squared: f64,
    half_exponent: u32,
}

impl PairForm for InversePower {
    #[inline(always)]
    fn evaluate<T: Element, L: Lane<T>>(self, r2: L, p: &Coefficients<L>) -> (L, L) {
        let inverse = r2.reciprocal();
        // By squaring, the bits of the exponent from below.
        let mut square = L::splat(self.radius_squared) * inverse;
        let mut u = L::splat(self.epsilon);
        let mut bits = self.half_exponent;
        while bits > 0 {
            if bits & 1 == 1 {
                u *= square;
            }
            square *= square;
            bits >>= 1;
        }
        let f = L::splat(2.0 * f64::from(self.half_exponent)) * u * inverse;
        cut(r2, p, u - p.shift, f)
    }
}
