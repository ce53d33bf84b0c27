//! Unit systems: the one place where numbers of one are turned into numbers of another.

use mcflow_engine::trajectory::FileUnits;
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

    /// What its units are in those of trajectory files.
    pub fn file_units(self) -> FileUnits {
        // Elementary charge times Avogadro's constant, both exact since 2019.
        let electronvolts = 1.0 / (1.602_176_634e-19 * 6.022_140_76e23 * 1e-3);
        match self {
            Self::Reduced => FileUnits::REDUCED,
            Self::Molar => FileUnits { angstroms: 10.0, electronvolts, picoseconds: 1.0, reduced: false },
            Self::Academic => FileUnits { angstroms: 1.0, electronvolts: 4.184 * electronvolts, picoseconds: 1e-3, reduced: false },
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

    /// 1 eV = 96.485 kJ/mol = 23.061 kcal/mol.
    #[test]
    fn files_are_in_electronvolts() {
        assert!((96.485_332_12 * Units::Molar.file_units().electronvolts - 1.0).abs() < 1e-9);
        assert!((23.060_547_83 * Units::Academic.file_units().electronvolts - 1.0).abs() < 1e-9);
    }

    /// Argon at 300 K: sqrt(kT/m) = 249.876 m/s.
    #[test]
    fn thermal_speed_of_argon() {
        let speed = |units: Units| (units.boltzmann() * 300.0 / (39.948 * units.mass())).sqrt();
        assert!((speed(Units::Molar) * 1e3 - 249.876).abs() < 1e-2);
        assert!((speed(Units::Academic) * 1e5 - 249.876).abs() < 1e-2);
    }
}
