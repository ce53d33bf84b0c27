//! The distribution that a chain samples.

use serde::{Deserialize, Serialize};

/// Temperature, and pressure where the volume fluctuates.
///
/// The target density over positions and volume is exp(-u), u = beta (U + P V), times V^0 (the measure of the volume is counted by
/// the moves that change it).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThermodynamicState {
    /// 1 / kT, in inverse units of energy.
    pub beta: f64,
    /// Pressure in units of energy per volume; `None` at constant volume.
    pub pressure: Option<f64>,
}

impl ThermodynamicState {
    /// Reduced energy u = beta (U + P V). `volume` is read only at constant pressure.
    pub fn reduced_energy(&self, energy: f64, volume: f64) -> f64 {
        match self.pressure {
            Some(pressure) => self.beta * (energy + pressure * volume),
            None => self.beta * energy,
        }
    }

    /// Change of the reduced energy between two (energy, volume).
    pub fn reduced_energy_change(&self, from: (f64, f64), to: (f64, f64)) -> f64 {
        match self.pressure {
            Some(pressure) => self.beta * ((to.0 - from.0) + pressure * (to.1 - from.1)),
            None => self.beta * (to.0 - from.0),
        }
    }
}
