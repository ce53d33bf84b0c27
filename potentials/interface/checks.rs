//! Rules that the numbers of terms have in common.

use crate::space::Cell;
use mcflow_base::Problem;

/// The rule of landscapes that do not repeat.
pub(crate) fn open_cell_problems(cell: &Cell) -> Vec<Problem> {
    if cell.is_periodic() { vec![Problem::new("", "a periodic cell", "an open cell: this landscape does not repeat")] } else { Vec::new() }
}

/// The rule of every number.
pub(crate) fn finite_problems(key: &str, value: f64) -> Option<Problem> {
    (!value.is_finite()).then(|| Problem::new(key, value, "a finite number"))
}

/// The rule of landscapes over x and y.
pub(crate) fn plane_problems(cell: &Cell) -> Option<Problem> {
    (cell.dimension() != 2).then(|| Problem::new("", format!("{} dimension(s)", cell.dimension()), "two dimensions"))
}

/// The rule of numbers without which nothing is bound, or which divide.
pub(crate) fn positive_problems(key: &str, value: f64) -> Option<Problem> {
    (!(value.is_finite() && value > 0.0)).then(|| Problem::new(key, value, "a finite number above 0"))
}

/// The rule of systems whose coordinates are particles on a line.
pub(crate) fn line_problems(cell: &Cell) -> Option<Problem> {
    (cell.dimension() != 1)
        .then(|| Problem::new("", format!("{} dimensions", cell.dimension()), "one dimension: each coordinate is a particle"))
}
