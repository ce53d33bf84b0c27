//! Where particles are: positions, cells, and the vectors between nearest images.

mod cell;
mod configuration;
pub(crate) mod image;
mod lattice_reduction;
mod vectors;

pub use cell::Cell;
pub use configuration::{Configuration, Particles};
pub use vectors::Vectors;
