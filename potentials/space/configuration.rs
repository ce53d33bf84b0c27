//! Where the particles are, and what they are.

use super::{Cell, Vectors};
use serde::{Deserialize, Serialize};

/// Positions and cell. Positions need not lie inside the cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// One vector a particle.
    pub positions: Vectors,
    /// The space they live in.
    pub cell: Cell,
}

/// What the particles are: a type and a mass each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Particles {
    /// The names of the types; `types` are indices into it.
    pub type_names: Vec<String>,
    /// The type of each particle.
    pub types: Vec<usize>,
    /// The mass of each particle (in units of energy time^2 / length^2).
    pub masses: Vec<f64>,
}

impl Particles {
    /// Makes `n` particles of one type and mass.
    pub fn alike(name: &str, n: usize, mass: f64) -> Self {
        Self { type_names: vec![name.to_string()], types: vec![0; n], masses: vec![mass; n] }
    }

    /// Number of particles.
    pub fn n(&self) -> usize {
        self.types.len()
    }
}
