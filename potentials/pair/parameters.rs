//! Lennard-Jones parameters of types and pairs of types.

use crate::space::Particles;
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parameters of a type of particle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeParameters {
    /// Depth of the well, energy.
    pub epsilon: f64,
    /// Distance where the energy is 0, length.
    pub sigma: f64,
}

/// Parameters of a pair of types, in place of what mixing gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairParameters {
    /// The two types.
    pub between: (String, String),
    /// Depth of the well, energy.
    pub epsilon: f64,
    /// Distance where the energy is 0, length.
    pub sigma: f64,
}

/// How the parameters of unlike types follow from those of the types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mixing {
    /// sigma = (sigma_a + sigma_b) / 2, epsilon = sqrt(epsilon_a epsilon_b).
    ///
    /// Source: Lorentz, Ann. Phys. 248 (1881) 127; Berthelot, C. R. Acad. Sci. 126 (1898) 1703.
    #[default]
    LorentzBerthelot,
    /// Both by the geometric mean.
    Geometric,
}

impl Mixing {
    fn mix(self, a: TypeParameters, b: TypeParameters) -> TypeParameters {
        let sigma = match self {
            Self::LorentzBerthelot => 0.5 * (a.sigma + b.sigma),
            Self::Geometric => (a.sigma * b.sigma).sqrt(),
        };
        TypeParameters { epsilon: (a.epsilon * b.epsilon).sqrt(), sigma }
    }
}

/// The keys about parameters that Lennard-Jones terms have in common.
pub(crate) struct Parameters<'a> {
    pub epsilon: Option<f64>,
    pub sigma: Option<f64>,
    pub types: Option<&'a BTreeMap<String, TypeParameters>>,
    pub by_particle: Option<&'a [TypeParameters]>,
    pub mixing: Mixing,
    pub pairs: &'a [PairParameters],
    pub exclude: &'a [(usize, usize)],
}

impl Parameters<'_> {
    pub(crate) fn problems(&self, particles: &Particles) -> Vec<Problem> {
        let mut problems = Vec::new();
        let known = || format!("one of {}", particles.type_names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "));
        if let Some(by_particle) = self.by_particle {
            problems.extend(self.problems_by_particle(by_particle, particles.n()));
        } else if let Some(types) = self.types {
            for (key, value) in [("epsilon", self.epsilon), ("sigma", self.sigma)] {
                if let Some(value) = value {
                    problems.push(Problem::new(key, format!("{value} beside `types`"), "either `epsilon` and `sigma`, or `types`"));
                }
            }
            for (name, parameters) in types {
                if !particles.type_names.contains(name) {
                    problems.push(Problem::new(format!("types[{name:?}]"), format!("\"{name}\""), known()));
                }
                problems.extend(value_problems(&format!("types[{name:?}]."), parameters.epsilon, parameters.sigma));
            }
        } else if self.epsilon.is_some() || self.sigma.is_some() || self.pairs.is_empty() {
            for (key, value) in [("epsilon", self.epsilon), ("sigma", self.sigma)] {
                if value.is_none() {
                    problems.push(Problem::new(key, "nothing", "a number, or `types` with parameters of each type"));
                }
            }
            problems.extend(value_problems("", self.epsilon.unwrap_or(1.0), self.sigma.unwrap_or(1.0)));
        }
        for (k, pair) in self.pairs.iter().enumerate() {
            let prefix = format!("pairs[{k}].");
            let (a, b) = &pair.between;
            for name in [a, b].into_iter().take(if a == b { 1 } else { 2 }).filter(|name| !particles.type_names.contains(name)) {
                problems.push(Problem::new(format!("{prefix}between"), format!("\"{name}\""), known()));
            }
            if self.pairs[..k].iter().any(|other| is_between(other, a, b)) {
                problems.push(Problem::new(
                    format!("{prefix}between"),
                    format!("\"{a}\" and \"{b}\" a second time"),
                    "each pair of types once",
                ));
            }
            problems.extend(value_problems(&prefix, pair.epsilon, pair.sigma));
        }
        problems.extend(self.missing(particles));
        problems.extend(exclusion_problems(self.exclude, particles.n()));
        problems
    }

    fn problems_by_particle(&self, by_particle: &[TypeParameters], n: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        let beside = [
            ("epsilon", self.epsilon.is_some()),
            ("sigma", self.sigma.is_some()),
            ("types", self.types.is_some()),
            ("pairs", !self.pairs.is_empty()),
        ];
        for (key, _) in beside.into_iter().filter(|(_, is_there)| *is_there) {
            problems.push(Problem::new(key, "numbers beside `by_particle`", format!("either `{key}` or `by_particle`")));
        }
        if by_particle.len() != n {
            problems.push(Problem::new("by_particle", format!("{} entries", by_particle.len()), format!("{n} entries, one a particle")));
        }
        for (k, parameters) in by_particle.iter().enumerate() {
            problems.extend(value_problems(&format!("by_particle[{k}]."), parameters.epsilon, parameters.sigma));
        }
        problems
    }

    fn missing(&self, particles: &Particles) -> Option<Problem> {
        if self.by_particle.is_some() || self.types.is_none() && self.pairs.is_empty() {
            return None; // said at `epsilon` and `sigma`
        }
        let names = &particles.type_names;
        let used: Vec<usize> = (0..names.len()).filter(|t| particles.types.contains(t)).collect();
        let mut missing = Vec::new();
        for (k, &a) in used.iter().enumerate() {
            for &b in &used[k..] {
                if self.pair(&names[a], &names[b]).is_none() {
                    missing.push(format!("\"{}\" with \"{}\"", names[a], names[b]));
                }
            }
        }
        let expected = "parameters of each pair of types, in `pairs` or by mixing those in `types`";
        (!missing.is_empty()).then(|| Problem::new("", format!("nothing for {}", missing.join(", ")), expected))
    }

    fn pair(&self, a: &str, b: &str) -> Option<TypeParameters> {
        if let Some(pair) = self.pairs.iter().find(|pair| is_between(pair, a, b)) {
            return Some(TypeParameters { epsilon: pair.epsilon, sigma: pair.sigma });
        }
        match (self.types, self.epsilon, self.sigma) {
            (Some(types), ..) if a == b => types.get(a).copied(),
            (Some(types), ..) => Some(self.mixing.mix(*types.get(a)?, *types.get(b)?)),
            (None, Some(epsilon), Some(sigma)) => Some(TypeParameters { epsilon, sigma }),
            _ => None,
        }
    }

    /// Parameters of all pairs of types, row by row; types without particles may have none.
    pub(crate) fn table(&self, particles: &Particles) -> Vec<TypeParameters> {
        let names = &particles.type_names;
        let none = TypeParameters { epsilon: 0.0, sigma: 1.0 };
        names.iter().flat_map(|a| names.iter().map(move |b| self.pair(a, b).unwrap_or(none))).collect()
    }
}

fn is_between(pair: &PairParameters, a: &str, b: &str) -> bool {
    let (c, d) = (&pair.between.0, &pair.between.1);
    (c == a && d == b) || (c == b && d == a)
}

fn value_problems(prefix: &str, epsilon: f64, sigma: f64) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !(epsilon.is_finite() && epsilon >= 0.0) {
        problems.push(Problem::new(format!("{prefix}epsilon"), epsilon, "a finite number, 0 or above"));
    }
    if !(sigma.is_finite() && sigma > 0.0) {
        problems.push(Problem::new(format!("{prefix}sigma"), sigma, "a finite number above 0"));
    }
    problems
}

pub(crate) fn exclusion_problems(exclude: &[(usize, usize)], n: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (k, &(a, b)) in exclude.iter().enumerate() {
        let key = format!("exclude[{k}]");
        if a >= n || b >= n {
            problems.push(Problem::new(key, format!("({a}, {b})"), format!("two particles below {n}, counted from 0")));
        } else if a == b {
            problems.push(Problem::new(key, format!("({a}, {b})"), "two different particles"));
        }
    }
    problems
}
