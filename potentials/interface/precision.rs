//! How exactly the forces of dynamics are computed.

use serde::{Deserialize, Serialize};

/// The precision of the forces that drive dynamics. Energies that decide are always f64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// f64 throughout.
    #[default]
    Double,
    /// Forces between pairs, and their sums over the partners of a particle, in f32; positions, momenta, energies and virials in f64.
    /// f64 throughout where all pairs are computed (fewer than 160 particles, no cutoff, a cell hardly wider than the cutoff): nothing would be gained.
    Mixed,
}
