//! What one evaluation of a potential gives besides forces.

use std::ops::{Add, AddAssign};

/// Energy and virial of one configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Potential energy U.
    pub energy: f64,
    /// Virial of the pair terms, W = sum over pairs of **r** . **f**(r), not divided by the dimension d: P = (N kT + W / d) / V.
    ///
    /// Tail corrections are included; terms that depend on absolute positions (restraints, wells) are not.
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
