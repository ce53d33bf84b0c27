//! Functions of the positions, and states defined by them.

use mcflow_base::Problem;
use mcflow_potentials::Configuration;
use serde::{Deserialize, Serialize};

/// A direction of space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// First.
    X,
    /// Second.
    Y,
    /// Third.
    Z,
}

/// A function of the positions: what states, profiles and columns are made of. Particles are numbered from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Variable {
    /// A coordinate of a particle (not wrapped into the cell).
    Coordinate {
        /// Which particle.
        particle: usize,
        /// Which coordinate.
        axis: Axis,
    },
    /// Distance of two particles (of nearest images).
    Distance(usize, usize),
    /// Sum of numbers times variables.
    Combination(Vec<(f64, Variable)>),
}

impl Variable {
    /// Its value.
    pub fn value(&self, configuration: &Configuration) -> f64 {
        match self {
            Self::Coordinate { particle, axis } => configuration.positions.get(*particle)[*axis as usize],
            Self::Distance(i, j) => {
                let (a, b) = (configuration.positions.get(*i), configuration.positions.get(*j));
                let d = configuration.cell.minimum_image(std::array::from_fn(|c| b[c] - a[c]));
                d.iter().map(|v| v * v).sum::<f64>().sqrt()
            }
            Self::Combination(terms) => terms.iter().map(|(factor, variable)| factor * variable.value(configuration)).sum(),
        }
    }

    /// What is wrong with it for `n` particles in `dimension` dimensions.
    pub fn problems(&self, n: usize, dimension: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut particle = |key: &str, index: usize| {
            if index >= n {
                problems.push(Problem::new(key, index, format!("a particle number from 0 to {}", n.saturating_sub(1))));
            }
        };
        match self {
            Self::Coordinate { particle: index, axis } => {
                particle("particle", *index);
                if *axis as usize >= dimension {
                    problems.push(Problem::new("axis", format!("{axis:?} in {dimension} dimension(s)"), "an axis that the system has"));
                }
            }
            Self::Distance(i, j) => {
                particle("[0]", *i);
                particle("[1]", *j);
                if i == j {
                    problems.push(Problem::new("", format!("the distance of particle {i} to itself"), "two different particles"));
                }
            }
            Self::Combination(terms) => {
                if terms.is_empty() {
                    problems.push(Problem::new("", "a combination of nothing", "at least one (factor, variable)"));
                }
                for (k, (factor, variable)) in terms.iter().enumerate() {
                    if !factor.is_finite() {
                        problems.push(Problem::new(format!("[{k}][0]"), factor, "a finite number"));
                    }
                    problems.extend(variable.problems(n, dimension).into_iter().map(|p| p.within(&format!("[{k}][1]"))));
                }
            }
        }
        problems
    }
}

/// Which configurations belong to a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Condition {
    /// The variable is above the number.
    Above(Variable, f64),
    /// The variable is below the number.
    Below(Variable, f64),
    /// All conditions hold.
    All(Vec<Condition>),
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, configuration: &Configuration) -> bool {
        match self {
            Self::Above(variable, bound) => variable.value(configuration) > *bound,
            Self::Below(variable, bound) => variable.value(configuration) < *bound,
            Self::All(conditions) => conditions.iter().all(|c| c.holds(configuration)),
        }
    }

    /// What is wrong with it.
    pub fn problems(&self, n: usize, dimension: usize) -> Vec<Problem> {
        match self {
            Self::Above(variable, bound) | Self::Below(variable, bound) => {
                let mut problems: Vec<Problem> = variable.problems(n, dimension).into_iter().map(|p| p.within("[0]")).collect();
                if !bound.is_finite() {
                    problems.push(Problem::new("[1]", bound, "a finite number"));
                }
                problems
            }
            Self::All(conditions) if conditions.is_empty() => vec![Problem::new("", "no condition", "at least one condition")],
            Self::All(conditions) => conditions
                .iter()
                .enumerate()
                .flat_map(|(k, c)| c.problems(n, dimension).into_iter().map(move |p| p.within(&format!("[{k}]"))))
                .collect(),
        }
    }
}

/// A named region of configuration space.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What belongs to it.
    pub condition: Condition,
}

/// The first of `states` that `configuration` is in.
pub fn state_of(states: &[State], configuration: &Configuration) -> Option<usize> {
    states.iter().position(|state| state.condition.holds(configuration))
}
