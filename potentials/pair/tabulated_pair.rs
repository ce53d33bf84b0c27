//! A pair interaction by a table.

use super::exclusions::Exclusions;
use super::form::Coefficients;
use super::lennard_jones::cutoff_problem;
use super::parameters::exclusion_problems;
use super::spline::{Cubics, Spline};
use super::sum_over_pairs::Description;
use super::table_text::rows;
use crate::interface::{Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// U = sum over pairs of u(r) - u(cutoff) up to the cutoff, u being a cubic spline through the rows of a table, without knots at the
/// second row and the last but one.
///
/// The file has a row a line: r, which increases, and u(r), in the units of the input, at least four of them, at any distances. What
/// follows a `#` and empty lines do not count. A third column may have the force -du/dr, as tables of other programs do: it is held
/// against the curve, and refused where it is another function, but not used. Forces are exactly those of the energy that is used.
///
/// The energy is 0 at the cutoff, and forces end there with the slope of the table. Below the first row u goes on as a straight line:
/// a table should begin where no pair ever comes. Between rows that are not at equal distances the spline itself is replaced by cubics with
/// its values and slopes at points at equal distances, four for the nearest two rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TabulatedPair {
    /// Name of the file, as seen from the folder of the input.
    pub file: String,
    /// Distance beyond which no pair interacts, length: at most the last of the table, which it is where none is given.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<f64>,
    /// Pairs of particles that do not interact, counted from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<(usize, usize)>,
    /// The rows (r, u) of the file, or what is wrong with it; `None` until whoever reads the input has read that too
    /// ([`TabulatedPair::take_text`]).
    #[serde(skip)]
    pub rows: Option<Result<Vec<(f64, f64)>, Problem>>,
}

impl TabulatedPair {
    /// Takes over the text of the file, which messages call `name`.
    pub fn take_text(&mut self, name: &str, text: &str) {
        self.rows = Some(rows(name, text));
    }

    /// What is wrong with the end of the interaction.
    fn range_problem(&self, rows: &[(f64, f64)], cell: &Cell) -> Option<Problem> {
        let (first, last) = (rows[0].0, rows[rows.len() - 1].0);
        let Some(cutoff) = self.cutoff else {
            return cutoff_problem(last, cell)
                .map(|problem| Problem { found: format!("nothing, and a table up to {}", problem.found), ..problem });
        };
        if !(cutoff > first && cutoff <= last) {
            return Some(Problem::new("cutoff", cutoff, format!("a number above {first} and at most {last}, where the table ends")));
        }
        cutoff_problem(cutoff, cell)
    }
}

impl TermInput for TabulatedPair {
    fn name(&self) -> &'static str {
        "TabulatedPair"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        match &self.rows {
            None => problems.push(Problem::new("file", "a file that has not been read", "rows of r and U")),
            Some(Err(problem)) => problems.push(problem.clone()),
            Some(Ok(rows)) => problems.extend(self.range_problem(rows, cell)),
        }
        if let (Some(cutoff), None | Some(Err(_))) = (self.cutoff, &self.rows) {
            problems.extend(cutoff_problem(cutoff, cell));
        }
        problems.extend(exclusion_problems(&self.exclude, particles.n()));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let Some(Ok(rows)) = &self.rows else { unreachable!("a term without rows has a problem") };
        let form = Cubics::new(&Spline::new(rows));
        let cutoff = self.cutoff.unwrap_or(rows[rows.len() - 1].0);
        let coefficients = Coefficients { shift: form.energy(cutoff), cutoff_squared: cutoff * cutoff, ..Coefficients::default() };
        let description = Description {
            name: "TabulatedPair",
            cutoff: Some(cutoff),
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
