//! The regularisation of energies in losses.

use serde::{Deserialize, Serialize};

/// How the training energy grows above `energy_high`, with t = e - energy_high; value and slope are continuous there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Growth {
    /// energy_high + ln(1 + t). A flow can leave a confining wall that grows so slowly.
    Logarithmic,
    /// energy_high + 2 (sqrt(1 + t) - 1).
    #[default]
    SquareRoot,
}

/// Regularisation of the energy in the LOSS ONLY, never in weights or acceptance: with e = u - u_0, u_0 a typical energy of the
/// target (the median over samples, or the lowest over first draws), e up to `energy_high`, then growing slowly, constant from `energy_max`.
///
/// Source: Noé, Olsson, Köhler, Wu 2019, Science 365, eaaw1147, supplement (logarithmic form).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnergyCap {
    /// Where growth slows, in kT above u_0.
    pub energy_high: f64,
    /// From where the energy counts as constant (and pulls no more), in kT above u_0.
    pub energy_max: f64,
    /// The form of the slow growth.
    pub growth: Growth,
}

impl Default for EnergyCap {
    fn default() -> Self {
        Self { energy_high: 1e3, energy_max: 1e12, growth: Growth::default() }
    }
}

impl EnergyCap {
    /// Regularised e = u - u_0 and its derivative; what is not finite counts as the largest energy.
    pub fn apply(&self, e: f64) -> (f64, f64) {
        if e <= self.energy_high {
            return if e.is_finite() { (e, 1.0) } else { (self.grow(self.energy_max).0, 0.0) };
        }
        if e < self.energy_max { self.grow(e) } else { (self.grow(self.energy_max).0, 0.0) }
    }

    fn grow(&self, e: f64) -> (f64, f64) {
        let t = (e - self.energy_high).max(0.0);
        match self.growth {
            Growth::Logarithmic => (self.energy_high + t.ln_1p(), 1.0 / (1.0 + t)),
            Growth::SquareRoot => (self.energy_high + 2.0 * ((1.0 + t).sqrt() - 1.0), 1.0 / (1.0 + t).sqrt()),
        }
    }
}
