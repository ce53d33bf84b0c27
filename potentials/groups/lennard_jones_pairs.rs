//! Lennard-Jones interactions of named pairs.

use super::group_problems;
use super::listed::{self, Listed};
use super::numbers::{not_below_zero, shared_or_own};
use super::sum_over_groups::{GroupForm, SumOverGroups};
use super::vectors::scaled;
use crate::interface::checks::positive_problems;
use crate::interface::{Hold, Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = sum over named pairs of 4 epsilon [(sigma / r)^12 - (sigma / r)^6], r being the distance of nearest images, without a cutoff: exceptions
/// from [`LennardJones`](crate::LennardJones), such as the scaled interactions of particles three bonds apart.
///
/// The term of all pairs leaves them out by `exclude`. Pairs have epsilon and sigma of the term, or numbers of their own:
///
/// ```ron
/// LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.5, exclude: [(0, 3), (1, 4)]),
/// LennardJonesPairs(pairs: [(0, 3), (particles: (1, 4), sigma: 0.9)], epsilon: 0.5, sigma: 1.0),
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LennardJonesPairs {
    /// The pairs.
    #[serde(with = "listed")]
    pub pairs: Vec<LennardJonesPair>,
    /// Depth of the well of pairs that have none of their own, energy; not below 0.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Distance where the energy is 0 of pairs that have none of their own, length; above 0.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
}

/// A pair with a Lennard-Jones interaction, with numbers of its own where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LennardJonesPair {
    /// The two particles, counted from 0.
    pub particles: [usize; 2],
    /// Depth of the well, energy.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Distance where the energy is 0, length.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
}

impl From<[usize; 2]> for LennardJonesPair {
    fn from(particles: [usize; 2]) -> Self {
        Self { particles, epsilon: None, sigma: None }
    }
}

impl Listed for LennardJonesPair {
    type Particles = [usize; 2];
    fn plain(particles: [usize; 2]) -> Self {
        particles.into()
    }
    fn as_plain(&self) -> Option<[usize; 2]> {
        (self.epsilon.is_none() && self.sigma.is_none()).then_some(self.particles)
    }
}

impl TermInput for LennardJonesPairs {
    fn name(&self) -> &'static str {
        "LennardJonesPairs"
    }

    fn problems(&self, particles: &Particles, _cell: &Cell) -> Vec<Problem> {
        let groups: Vec<_> = self.pairs.iter().map(|pair| pair.particles).collect();
        let mut problems = group_problems("pairs", &groups, particles.n());
        problems.extend(shared_or_own("pairs", "epsilon", self.epsilon, self.pairs.iter().map(|pair| pair.epsilon), not_below_zero));
        problems.extend(shared_or_own("pairs", "sigma", self.sigma, self.pairs.iter().map(|pair| pair.sigma), positive_problems));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let groups = self.pairs.iter().map(|pair| {
            let (epsilon, sigma) = (pair.epsilon.or(self.epsilon).unwrap_or_default(), pair.sigma.or(self.sigma).unwrap_or(1.0));
            let c6 = 4.0 * epsilon * sigma.powi(6);
            (pair.particles, [c6 * sigma.powi(6), c6])
        });
        Box::new(SumOverGroups::new(Exception, groups, particles.n()))
    }
}

/// c12 / r^12 - c6 / r^6; the numbers are c12 and c6.
#[derive(Debug)]
struct Exception;

impl GroupForm<2, 2> for Exception {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "LennardJonesPairs"
    }
    fn hold(&self, _numbers: &[f64; 2]) -> Hold {
        Hold::Nothing
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d]: &[[L; 3]; 2], &[c12, c6]: &[L; 2]) -> (L, [[L; 3]; 2]) {
        let inverse = L::splat(1.0) / d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
        let s6 = inverse * inverse * inverse;
        let slope = inverse * s6 * (L::splat(6.0) * c6 - L::splat(12.0) * c12 * s6);
        (s6 * c12.mul_add(s6, -c6), [[L::default(); 3], scaled(slope, d)])
    }
}
