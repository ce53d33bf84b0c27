//! Terms that act on each particle by where it is: restraints and model landscapes.

mod coupled_wells;
mod double_well;
mod harmonic_restraint;
pub(crate) mod loops;
mod mueller_brown;
mod ring;
mod spherical_wall;
mod triple_well;
mod walls;

pub use coupled_wells::CoupledWells;
pub use double_well::DoubleWell;
pub use harmonic_restraint::HarmonicRestraint;
pub use mueller_brown::MuellerBrown;
pub use ring::Ring;
pub use spherical_wall::SphericalWall;
pub use triple_well::TripleWell;
pub use walls::Walls;

use crate::Cell;
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
