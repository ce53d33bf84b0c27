//! What the struct that a user writes of a term is asked for.

use super::jump::Jump;
use super::potential::Potential;
use crate::space::{Cell, Particles};
use mcflow_base::Problem;
use std::sync::Arc;

/// Which particles have places of their own, so that no other can take theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    /// None: the term knows distances, or confines all particles alike.
    OfNone,
    /// These.
    Of(Vec<usize>),
    /// All.
    OfAll,
}

/// What a term of an input is asked for before it is a potential: the struct with the keys that a user writes.
pub(crate) trait TermInput {
    /// The name the user typed.
    fn name(&self) -> &'static str;
    /// As [`Term::problems`](crate::Term::problems).
    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem>;
    /// As [`Term::build`](crate::Term::build).
    fn build(&self, particles: &Particles, cell: &Cell) -> Box<dyn Potential>;
    /// As [`Term::bonds`](crate::Term::bonds).
    fn bonds(&self) -> Vec<[usize; 2]> {
        Vec::new()
    }
    /// As [`Term::is_between_all_pairs`](crate::Term::is_between_all_pairs).
    fn is_between_all_pairs(&self) -> bool {
        false
    }
    /// As [`Term::places`](crate::Term::places).
    fn places(&self) -> Places {
        Places::OfNone
    }
    /// Where the energy of pairs jumps, if it does.
    fn jump(&self, _particles: &Particles) -> Option<Arc<dyn Jump>> {
        None
    }
}
