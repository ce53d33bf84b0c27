//! What is measured: numbers a sample, accumulated functions, states.

mod columns;
mod pressure;
mod states;
mod variable;

pub use columns::{Column, SMALLEST_HEIGHT, sample};
pub use pressure::Kinetic;
pub use states::{Condition, State, state_of};
pub use variable::{Axis, Topology, Variable};

use mcflow_base::Problem;
use mcflow_potentials::Cell;
use serde::{Deserialize, Serialize};

/// An observable beyond those that every run has, as the user writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Observable {
    /// A column of its own.
    Column {
        /// Its name.
        name: String,
        /// What it is.
        of: Variable,
    },
    /// The free-energy profile -ln p(s) of a variable s.
    Profile {
        /// Its name.
        name: String,
        /// s.
        of: Variable,
        /// Left end.
        from: f64,
        /// Right end.
        to: f64,
        /// Number of bins.
        #[serde(default = "hundred")]
        bins: usize,
    },
    /// The radial distribution function g(r).
    RadialDistribution {
        /// Its name.
        #[serde(default = "radial_distribution")]
        name: String,
        /// Largest r; half the smallest height of the starting cell unless given.
        to: Option<f64>,
        /// Number of bins.
        #[serde(default = "hundred")]
        bins: usize,
    },
}

/// Bytes of a name: files have names of at most 255.
const LONGEST_NAME: usize = 200;

fn hundred() -> usize {
    100
}
fn radial_distribution() -> String {
    "radial_distribution".to_string()
}

impl Observable {
    /// Bins that it is accumulated in; none of a column.
    pub fn bins(&self) -> usize {
        match self {
            Self::Profile { bins, .. } | Self::RadialDistribution { bins, .. } => *bins,
            Self::Column { .. } => 0,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Column { name, .. } | Self::Profile { name, .. } | Self::RadialDistribution { name, .. } => name,
        }
    }

    /// What is wrong with it.
    pub fn problems(&self, n: usize, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        match self {
            Self::Column { of, .. } | Self::Profile { of, .. } => {
                problems.extend(of.problems(n, cell).into_iter().map(|p| p.within("of")));
            }
            Self::RadialDistribution { to, .. } => {
                let half = 0.5 * cell.smallest_height();
                if !cell.is_periodic() {
                    problems.push(Problem::new("", "a radial distribution function in an open cell", "a periodic cell"));
                } else if to.is_some_and(|to| !(to > 0.0 && to <= half)) {
                    problems.push(Problem::new("to", to.unwrap_or(0.0), format!("above 0 and at most half the smallest height, {half}")));
                }
                if n < 2 {
                    problems.push(Problem::new("", format!("a radial distribution function of {n} particle"), "at least two particles"));
                }
            }
        }
        if let Self::Profile { from, to, .. } = self
            && !(from.is_finite() && to.is_finite() && from < to)
        {
            problems.push(Problem::new("to", format!("from {from} to {to}"), "two finite numbers, the first below the second"));
        }
        if let Self::Profile { bins, .. } | Self::RadialDistribution { bins, .. } = self
            && !(1..=1_000_000).contains(bins)
        {
            problems.push(Problem::new("bins", bins, "a whole number from 1 to 1000000"));
        }
        if self.name().is_empty() || !self.name().chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) {
            problems.push(Problem::new("name", format!("{:?}", self.name()), "letters, digits, `_`, `-`, `.`"));
        }
        // Functions get a file of this name.
        if self.name().len() > LONGEST_NAME {
            problems.push(Problem::new("name", format!("a name of {} bytes", self.name().len()), format!("at most {LONGEST_NAME}")));
        }
        problems
    }
}
