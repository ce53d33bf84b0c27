//! Unit systems: the one place where numbers of one are turned into numbers of another.

use serde::{Deserialize, Serialize};

/// A consistent system of units, named in the input and used in the output.
///
/// Inside the program energies, lengths and times are those of the input; masses are in energy time^2 / length^2, so that forces over
/// masses are accelerations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Units {
    /// sigma, epsilon, mass and k_B are 1.
    #[default]
    Reduced,
    /// nm, ps, kJ/mol, amu, K.
    Molar,
    /// Å, fs, kcal/mol, amu, K.
    Academic,
}

impl Units {
    /// k_B in energy per unit of temperature: R = 8.31446261815324 J/(mol K), exact since the 2019 revision of the SI.
    pub fn boltzmann(self) -> f64 {
        match self {
            Self::Reduced => 1.0,
            Self::Molar => 8.314_462_618_153_24e-3,
            Self::Academic => 8.314_462_618_153_24e-3 / 4.184,
        }
    }

    /// What a unit of mass is in energy time^2 / length^2: 1 amu nm^2/ps^2 = 1 kJ/mol; 1 amu Å^2/fs^2 = 1e4 / 4.184 kcal/mol.
    pub fn mass(self) -> f64 {
        match self {
            Self::Reduced | Self::Molar => 1.0,
            Self::Academic => 1e4 / 4.184,
        }
    }

    /// A unit of length in ångström; 1 in reduced units.
    pub fn angstroms(self) -> f64 {
        match self {
            Self::Molar => 10.0,
            Self::Reduced | Self::Academic => 1.0,
        }
    }

    /// The name, as in the input.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reduced => "Reduced",
            Self::Molar => "Molar",
            Self::Academic => "Academic",
        }
    }

    /// What energies are in, for tables.
    pub fn energy(self) -> &'static str {
        match self {
            Self::Reduced => "epsilon",
            Self::Molar => "kJ/mol",
            Self::Academic => "kcal/mol",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    /// Argon at 300 K: sqrt(kT/m) = 249.876 m/s.
    #[test]
    fn thermal_speed_of_argon() {
        let speed = |units: Units| (units.boltzmann() * 300.0 / (39.948 * units.mass())).sqrt();
        assert!((speed(Units::Molar) * 1e3 - 249.876).abs() < 1e-2);
        assert!((speed(Units::Academic) * 1e5 - 249.876).abs() < 1e-2);
    }
}
