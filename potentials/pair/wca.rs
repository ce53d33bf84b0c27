//! The purely repulsive part of Lennard-Jones interactions.

use super::exclusions::Exclusions;
use super::form::{Coefficients, Cut};
use super::lennard_jones::{bare_coefficients, cutoff_problem};
use super::parameters::{Mixing, PairParameters, Parameters, TypeParameters};
use super::sum_over_pairs::Description;
use crate::interface::{Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// U = sum over pairs of 4 epsilon [(sigma / r)^12 - (sigma / r)^6] + epsilon up to the minimum at 2^(1/6) sigma, 0 beyond.
///
/// Source: Weeks, Chandler and Andersen, J. Chem. Phys. 54 (1971) 5237, equation 4.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wca {
    /// Energy at r = sigma, for all pairs.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Length scale, for all pairs.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
    /// Parameters by type, instead of `epsilon` and `sigma`.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub types: Option<BTreeMap<String, TypeParameters>>,
    /// Rule for unlike types that `pairs` does not name.
    #[serde(default)]
    pub mixing: Mixing,
    /// Parameters of pairs of types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<PairParameters>,
    /// Pairs of particles that do not interact, counted from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<(usize, usize)>,
}

impl Wca {
    fn parameters(&self) -> Parameters<'_> {
        Parameters {
            epsilon: self.epsilon,
            sigma: self.sigma,
            types: self.types.as_ref(),
            by_particle: None,
            mixing: self.mixing,
            pairs: &self.pairs,
            exclude: &self.exclude,
        }
    }

    fn cutoff(&self, particles: &Particles) -> f64 {
        let types: Vec<bool> = (0..particles.type_names.len()).map(|t| particles.types.contains(&t)).collect();
        let table = self.parameters().table(particles);
        let used = table.iter().enumerate().filter(|(k, _)| types[k / types.len()] && types[k % types.len()]);
        used.map(|(_, p)| minimum(p.sigma)).fold(0.0, f64::max)
    }
}

impl TermInput for Wca {
    fn name(&self) -> &'static str {
        "Wca"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = self.parameters().problems(particles);
        if problems.is_empty() && particles.n() > 0 {
            problems.extend(cutoff_problem(self.cutoff(particles), cell).map(|problem| {
                let key = if self.sigma.is_some() { "sigma" } else { "" };
                Problem { key: key.to_string(), found: format!("a range 2^(1/6) sigma of {}", problem.found), ..problem }
            }));
        }
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let table = self.parameters().table(particles).into_iter().map(|p| {
            let range = minimum(p.sigma);
            Coefficients { shift: -p.epsilon, cutoff_squared: range * range, ..bare_coefficients(p) }
        });
        let description = Description {
            name: "Wca",
            cutoff: Some(self.cutoff(particles)),
            discontinuous: false,
            tail: None,
            types: particles.types.iter().map(|&t| t as u32).collect(),
            exclusions: Exclusions::new(particles.n(), &self.exclude),
        };
        description.build(Cut, table.collect())
    }

    fn is_between_all_pairs(&self) -> bool {
        true
    }
}

/// Where the full potential has its minimum.
fn minimum(sigma: f64) -> f64 {
    2f64.powf(1.0 / 6.0) * sigma
}
