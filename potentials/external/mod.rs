//! Terms that act on each particle by where it is: restraints and model landscapes.

mod double_well;
mod harmonic_restraint;
mod loops;
mod mueller_brown;

pub use double_well::DoubleWell;
pub use harmonic_restraint::HarmonicRestraint;
pub use mueller_brown::MuellerBrown;

use crate::Cell;
use mcflow_base::Problem;

/// The rule of landscapes that do not repeat.
fn open_cell_problems(cell: &Cell) -> Vec<Problem> {
    if cell.is_periodic() { vec![Problem::new("", "a periodic cell", "an open cell: this landscape does not repeat")] } else { Vec::new() }
}

/// The rule of every number.
fn finite_problems(key: &str, value: f64) -> Option<Problem> {
    (!value.is_finite()).then(|| Problem::new(key, value, "a finite number"))
}
