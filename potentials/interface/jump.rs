//! Where the energy of a term jumps, and the pairs that are near there.

use crate::space::Configuration;
use std::fmt::Debug;

/// A term whose energy of pairs jumps at a distance.
pub(crate) trait Jump: Debug + Send + Sync {
    /// The pairs within `width` times the distance of the jump of it, energies times `factor`. In a cell that has not the room for those
    /// beyond the jump, those within twice that before it.
    fn shell(&self, configuration: &Configuration, width: f64, factor: f64) -> Shell;
}

/// The pairs whose distance is near one at which their energy jumps to 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    /// The distance of the jump.
    pub at: f64,
    /// The least distance of the pairs.
    pub inner: f64,
    /// The largest; that of the jump itself where the cell is too small for more.
    pub outer: f64,
    /// All of them.
    pub pairs: Vec<PairAtJump>,
}

/// A pair whose distance is near that of a jump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairAtJump {
    /// Distance of nearest images.
    pub distance: f64,
    /// Energy at this distance, as it would be if it went on beyond the jump.
    pub energy: f64,
    /// Energy at the distance of the jump, which a pair loses that goes beyond it.
    pub lost: f64,
}
