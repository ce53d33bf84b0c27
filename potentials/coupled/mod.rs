//! Model systems in which all particles take part, each in its own way: landscapes of many dimensions, chains, tethers.

mod centre_tether;
mod phi_four_chain;
mod wolfe_quapp;

pub use centre_tether::CentreTether;
pub use phi_four_chain::PhiFourChain;
pub use wolfe_quapp::WolfeQuapp;

use crate::Cell;
use mcflow_base::Problem;

/// The rule of systems whose coordinates are particles on a line.
fn line_problems(cell: &Cell) -> Option<Problem> {
    (cell.dimension() != 1)
        .then(|| Problem::new("", format!("{} dimensions", cell.dimension()), "one dimension: each coordinate is a particle"))
}
