//! How exactly the forces of dynamics are computed.

use serde::{Deserialize, Serialize};

/// The precision of the forces that drive dynamics. Energies that decide are always f64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// f64 throughout.
    #[default]
    Double,
    /// Forces between pairs, and their sums over the partners of a particle, in f32; positions, momenta, energies and virials in f64.
    Mixed,
}
