//! The Lennard-Jones term as the user writes it.

use super::by_particle::ByParticle;
use super::exclusions::Exclusions;
use super::form::{AnyEnd, Coefficients, Cut, ForceShifted, Switched, UNBOUNDED_SQUARED};
use super::jump::{JumpAtCutoff, JumpTable};
use super::parameters::{Mixing, PairParameters, Parameters, TypeParameters};
use super::sum_over_pairs::Description;
use super::tail::Tail;
use crate::interface::{Jump, Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// U = sum over pairs of 4 epsilon [(sigma / r)^12 - (sigma / r)^6], up to a cutoff where there is one.
///
/// Source: Jones, Proc. R. Soc. A 106 (1924) 463; truncation and tails as in Allen and Tildesley, Computer Simulation of Liquids,
/// 2nd edition (2017), chapter 2 and appendix.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LennardJones {
    /// Depth of the well, energy, for all pairs.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Distance where the energy is 0, length, for all pairs.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
    /// Parameters by type, instead of `epsilon` and `sigma`.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub types: Option<BTreeMap<String, TypeParameters>>,
    /// Parameters of each particle, instead of `epsilon` and `sigma`; those of pairs follow by `mixing`.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub by_particle: Option<Vec<TypeParameters>>,
    /// Rule for unlike types that `pairs` does not name, and for all pairs of `by_particle`.
    #[serde(default)]
    pub mixing: Mixing,
    /// Parameters of pairs of types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<PairParameters>,
    /// Pairs of particles that do not interact, counted from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<(usize, usize)>,
    /// Distance beyond which no pair interacts, length; without it all do, which only open space allows.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<f64>,
    /// How the interaction ends at the cutoff.
    #[serde(default)]
    pub truncation: Truncation,
    /// Whether the mean energy and pressure of what lies beyond the cutoff are added, for a fluid of uniform density there.
    #[serde(default)]
    pub tail: bool,
}

/// How a pair interaction U(r) ends at the cutoff rc.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Truncation {
    /// U(r): the energy jumps at the cutoff.
    #[default]
    Truncated,
    /// U(r) - U(rc): the force jumps.
    Shifted,
    /// U(r) - U(rc) - (r - rc) U'(rc): energy and force go to 0.
    ///
    /// Source: Toxvaerd and Dyre, J. Chem. Phys. 134 (2011) 081102.
    LinearForceShift,
    /// S(t) U(r), S = 1 - 10 t^3 + 15 t^4 - 6 t^5 with t = (r - from) / (rc - from), 1 below `from`.
    Switched {
        /// Where the switching begins, length.
        from: f64,
    },
}

impl LennardJones {
    fn parameters(&self) -> Parameters<'_> {
        Parameters {
            epsilon: self.epsilon,
            sigma: self.sigma,
            types: self.types.as_ref(),
            by_particle: self.by_particle.as_deref(),
            mixing: self.mixing,
            pairs: &self.pairs,
            exclude: &self.exclude,
        }
    }

    /// The table by particle, where the input asks for it.
    fn table_by_particle(&self) -> Option<ByParticle> {
        let parameters = self.by_particle.as_deref()?;
        Some(ByParticle::new(parameters, self.mixing, self.cutoff, self.truncation))
    }

    fn coefficients(&self, parameters: TypeParameters) -> Coefficients<f64> {
        let mut c = bare_coefficients(parameters);
        if let Some(cutoff) = self.cutoff {
            let (u, slope) = c.full(cutoff);
            c.cutoff_squared = cutoff * cutoff;
            match self.truncation {
                Truncation::Shifted => c.shift = u,
                Truncation::LinearForceShift => (c.shift, c.slope) = (u - cutoff * slope, slope),
                _ => {}
            }
        }
        c
    }
}

impl TermInput for LennardJones {
    fn name(&self) -> &'static str {
        "LennardJones"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = self.parameters().problems(particles);
        match self.cutoff {
            Some(cutoff) => problems.extend(cutoff_problem(cutoff, cell)),
            None => {
                if cell.is_periodic() {
                    problems.push(Problem::new(
                        "cutoff",
                        "nothing, in a periodic cell",
                        "a cutoff of at most half the smallest height of the cell",
                    ));
                }
                if self.truncation != Truncation::Truncated {
                    problems.push(Problem::new("truncation", "a truncation without `cutoff`", "a cutoff, or no truncation"));
                }
            }
        }
        if let (Truncation::Switched { from }, Some(cutoff)) = (self.truncation, self.cutoff)
            && !(from > 0.0 && from < cutoff)
        {
            problems.push(Problem::new("truncation.from", from, format!("a number above 0 and below the cutoff {cutoff}")));
        }
        if self.tail {
            if !cell.is_periodic() {
                problems.push(Problem::new("tail", "true, in open space", "false, or a periodic cell: a tail needs a density"));
            }
            if let Truncation::Shifted | Truncation::LinearForceShift = self.truncation {
                let found = format!("true, with {:?}", self.truncation);
                problems.push(Problem::new(
                    "tail",
                    found,
                    "false, or truncation: Truncated or Switched (a shifted potential is another model)",
                ));
            }
        }
        problems
    }

    fn jump(&self, particles: &Particles) -> Option<Arc<dyn Jump>> {
        let cutoff = self.cutoff.filter(|_| self.truncation == Truncation::Truncated)?;
        let table = match self.table_by_particle() {
            Some(table) => JumpTable::ByParticle(table),
            None => {
                let table = self.parameters().table(particles).into_iter().map(bare_coefficients).collect();
                JumpTable::ByType { table, types: particles.types.clone(), n_types: particles.type_names.len() }
            }
        };
        Some(Arc::new(JumpAtCutoff::new(cutoff, table, particles.n(), &self.exclude)))
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let cutoff = self.cutoff.unwrap_or(f64::INFINITY);
        let description = Description {
            name: "LennardJones",
            cutoff: self.cutoff,
            discontinuous: self.cutoff.is_some() && self.truncation == Truncation::Truncated,
            tail: None,
            types: particles.types.iter().map(|&t| t as u32).collect(),
            exclusions: Exclusions::new(particles.n(), &self.exclude),
        };
        if let Some(table) = self.table_by_particle() {
            let tail = self.tail.then(|| Tail::new(cutoff, self.truncation, [(0.5, table.sum_of_all())]));
            let description = Description { tail, types: (0..particles.n() as u32).collect(), ..description };
            let switched = match (self.truncation, self.cutoff) {
                (Truncation::Switched { from }, Some(cutoff)) => Some(Switched::new(from, cutoff)),
                _ => None,
            };
            return description.build_with(AnyEnd::new(switched), table);
        }
        let table: Vec<_> = self.parameters().table(particles).iter().map(|p| self.coefficients(*p)).collect();
        let tail = self.tail.then(|| Tail::new(cutoff, self.truncation, pairs_of_types(&table, particles)));
        let description = Description { tail, ..description };
        match (self.truncation, self.cutoff) {
            (Truncation::Switched { from }, Some(cutoff)) => description.build(Switched::new(from, cutoff), table),
            (Truncation::LinearForceShift, _) => description.build(ForceShifted, table),
            _ => description.build(Cut, table),
        }
    }

    fn is_between_all_pairs(&self) -> bool {
        true
    }
}

/// The coefficients of all pairs of types, and half the number of ordered pairs of particles of each.
fn pairs_of_types<'a>(table: &'a [Coefficients<f64>], particles: &Particles) -> impl Iterator<Item = (f64, Coefficients<f64>)> + 'a {
    let types = particles.type_names.len();
    let mut counts = vec![0.0; types];
    for &t in &particles.types {
        counts[t] += 1.0;
    }
    table.iter().enumerate().map(move |(pair, coefficients)| (0.5 * counts[pair / types] * counts[pair % types], *coefficients))
}

/// The full potential, without cutoff.
pub(crate) fn bare_coefficients(parameters: TypeParameters) -> Coefficients<f64> {
    let s6 = parameters.sigma.powi(6);
    let c6 = 4.0 * parameters.epsilon * s6;
    Coefficients { c12: c6 * s6, c6, shift: 0.0, slope: 0.0, cutoff_squared: UNBOUNDED_SQUARED }
}

/// What is wrong with a cutoff in a cell.
pub(crate) fn cutoff_problem(cutoff: f64, cell: &Cell) -> Option<Problem> {
    let height = cell.smallest_height();
    if !(cutoff.is_finite() && cutoff > 0.0) {
        return Some(Problem::new("cutoff", cutoff, "a finite number above 0"));
    }
    let too_long = 2.0 * cutoff > height;
    too_long.then(|| {
        Problem::new(
            "cutoff",
            format!("{cutoff} in a cell whose smallest height is {height}"),
            format!("at most half of it, {}", height / 2.0),
        )
    })
}
