//! What one evaluation of a potential gives besides forces.

use std::ops::{Add, AddAssign};

/// Energy and virial of one configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Potential energy U.
    pub energy: f64,
    /// Virial W = -d dU/dlnV at fixed fractional coordinates, not divided by the dimension d: P = (N kT + W / d) / V. Of distances it
    /// is the sum of **r** . **f**(r); of springs to points that stay where they are see [`HarmonicRestraint`](crate::HarmonicRestraint).
    ///
    /// Tail corrections are included. The jump of an energy at a cutoff is not: it acts as an impulse, in the mean only
    /// ([`PotentialSum::pairs_at_jumps`](crate::PotentialSum::pairs_at_jumps)). Landscapes that do not repeat have none.
    pub virial: f64,
}

impl AddAssign for Evaluation {
    fn add_assign(&mut self, other: Self) {
        self.energy += other.energy;
        self.virial += other.virial;
    }
}

impl Add for Evaluation {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}
