//! What is measured: numbers of each sample, accumulated functions, and states.
//!
//! An observable beyond those that every run has is of one of two kinds. A number of each sample is a column; what it is follows from a
//! collective variable ([`CollectiveVariable`]). A function, such as a profile or g(r), is accumulated ([`AccumulatedFunction`]).

mod columns;
mod functions;
mod label;
mod pressure;
mod states;
mod subject;
mod variables;

#[cfg(test)]
mod tests;

pub use columns::{Column, NamedVariable, SMALLEST_HEIGHT, sample};
pub use functions::{
    AccumulatedFunction, Accumulation, Caption, Curve, Function, MeanSquareDisplacement, Picture, Profile, RadialDistribution, Sample,
};
pub use label::{Label, Unit};
pub use pressure::{Ensemble, Kinetic};
pub use states::{Condition, State, state_of};
pub use subject::{Subject, SweepTime};
pub use variables::{
    Angle, Axis, CollectiveVariable, Combination, Coordinate, Dihedral, Distance, GradientRow, RadiusOfGyration, Shift, Topology, Variable,
};

use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// An observable beyond those that every run has, as the user writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Observable {
    /// A variable as a column of `observables.csv`, with its mean in the summary.
    Column(NamedVariable),
    /// The free-energy profile -ln p(s) of a variable s.
    Profile(Profile),
    /// The radial distribution function g(r).
    RadialDistribution(RadialDistribution),
    /// The mean-square displacement as a function of time.
    MeanSquareDisplacement(MeanSquareDisplacement),
}

/// Bytes of a name: files have names of at most 255.
const LONGEST_NAME: usize = 200;

impl Observable {
    /// The one match over all kinds of functions: the function that is accumulated, or the variable that is a column.
    pub fn kind(&self) -> Kind<'_> {
        match self {
            Self::Column(own) => Kind::Column(own),
            Self::Profile(own) => Kind::Function(own),
            Self::RadialDistribution(own) => Kind::Function(own),
            Self::MeanSquareDisplacement(own) => Kind::Function(own),
        }
    }

    /// The function that is accumulated; `None` of a column.
    pub fn function(&self) -> Option<&dyn Function> {
        if let Kind::Function(own) = self.kind() { Some(own) } else { None }
    }

    /// The variable that is a column; `None` of a function.
    pub fn column(&self) -> Option<&NamedVariable> {
        if let Kind::Column(own) = self.kind() { Some(own) } else { None }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self.kind() {
            Kind::Column(own) => &own.name,
            Kind::Function(own) => own.name(),
        }
    }

    /// The variable that it is of, where it is of one.
    pub fn variable(&self) -> Option<&Variable> {
        match self.kind() {
            Kind::Column(own) => Some(&own.of),
            Kind::Function(own) => own.variable(),
        }
    }

    /// What the user may have got wrong: each problem with the key of the input that it is about.
    pub fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let mut problems = match self.kind() {
            Kind::Column(own) => own.of.problems(subject).into_iter().map(|p| p.within("of")).collect(),
            Kind::Function(own) => own.problems(subject),
        };
        let name = self.name();
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) {
            problems.push(Problem::new("name", format!("{name:?}"), "letters, digits, `_`, `-`, `.`"));
        }
        // Functions get a file of this name.
        if name.len() > LONGEST_NAME {
            problems.push(Problem::new("name", format!("a name of {} bytes", name.len()), format!("at most {LONGEST_NAME}")));
        }
        problems
    }
}

/// The two kinds of observables.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'a> {
    /// A number of each sample.
    Column(&'a NamedVariable),
    /// A function that is accumulated.
    Function(&'a dyn Function),
}
