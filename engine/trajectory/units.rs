//! Units of trajectory files: those that their readers take for granted.

/// What the units of a run are in those of the files: ångström, electronvolt and picosecond, which MDAnalysis, MDTraj and ASE assume. All
/// are 1 in reduced units, which are written as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FileUnits {
    /// A unit of length in ångström: a power of ten.
    pub angstroms: f64,
    /// A unit of energy in electronvolt.
    pub electronvolts: f64,
    /// A unit of time in picoseconds.
    pub picoseconds: f64,
    /// Whether the run has reduced units.
    pub reduced: bool,
}

impl FileUnits {
    /// Reduced units.
    pub const REDUCED: Self = Self { angstroms: 1.0, electronvolts: 1.0, picoseconds: 1.0, reduced: true };

    /// The unit of lengths in files.
    pub fn length_name(&self) -> &'static str {
        if self.reduced { "reduced" } else { "angstrom" }
    }

    /// The unit of energies in files.
    pub fn energy_name(&self) -> &'static str {
        if self.reduced { "reduced" } else { "eV" }
    }

    /// A length of the run as it stands in files.
    pub fn length(&self, value: f64) -> f64 {
        scaled(value, self.angstroms)
    }

    /// What a length of a file whose unit is `unit` is multiplied by to be one of the run.
    ///
    /// # Errors
    /// Says which units there are, or that reduced units and others do not go together.
    pub fn length_factor(&self, unit: &str) -> Result<f64, &'static str> {
        let angstroms = match unit.to_lowercase().as_str() {
            "reduced" => return if self.reduced { Ok(1.0) } else { Err("angstrom or nm: the input is not in reduced units") },
            "angstrom" | "angstroms" | "å" => 1.0,
            "nm" | "nanometer" | "nanometre" => 10.0,
            _ => return Err("angstrom, nm or reduced"),
        };
        if self.reduced { Err("reduced: the input is in reduced units") } else { Ok(angstroms / self.angstroms) }
    }
}

/// `value * factor`; by powers of ten it is the decimal point of its shortest decimal that is moved, so that what is written in one unit and
/// read in another comes back, but for numbers of more than 15 digits, which may be off by their last bit.
pub(super) fn scaled(value: f64, factor: f64) -> f64 {
    let decades = factor.log10().round();
    if factor == 1.0 || (factor - 10f64.powf(decades)).abs() > 1e-12 * factor {
        return value * factor;
    }
    let text = format!("{value:e}");
    let moved = text.split_once('e').and_then(|(digits, power)| {
        let power: i32 = power.parse().ok()?;
        format!("{digits}e{}", power + decades as i32).parse().ok()
    });
    moved.unwrap_or(value * factor)
}

/// What the times of a file count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Sweeps: some moves are no dynamics, or frames are not equally far apart in time.
    Sweeps,
    /// Picoseconds of dynamics.
    Picoseconds,
    /// Reduced units of time of dynamics.
    Reduced,
}

impl Clock {
    /// The name of its unit.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweeps => "sweeps",
            Self::Picoseconds => "ps",
            Self::Reduced => "reduced",
        }
    }

    /// A line about it for a DCD, whose readers show picoseconds.
    pub(super) fn remark(self) -> &'static str {
        match self {
            Self::Sweeps => "REMARKS cell: a, gamma, b, beta, alpha, c; time is in sweeps, each read as 1 ps",
            Self::Picoseconds => "REMARKS cell: a, gamma, b, beta, alpha, c; time is that of dynamics in ps",
            Self::Reduced => "REMARKS cell: a, gamma, b, beta, alpha, c; time of dynamics, reduced, read as ps",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_come_back() {
        let mut digits = 0.1;
        for k in 0..10_000 {
            digits = (digits * 997.0_f64 + 0.123).fract();
            let value = (digits * 1e12).round() / 1e12 * if k % 2 == 0 { 3.0 } else { -700.0 };
            let value: f64 = format!("{value:.12}").parse().unwrap();
            assert_eq!(scaled(scaled(value, 10.0), 0.1), value);
            let all = digits * 7.0;
            assert!((scaled(scaled(all, 10.0), 0.1) - all).abs() <= 2.0 * f64::EPSILON * all);
        }
        assert_eq!((scaled(0.3405, 10.0), scaled(3.405, 0.1), scaled(0.0, 10.0), scaled(2.0, 3.0)), (3.405, 0.3405, 0.0, 6.0));
        assert_eq!((scaled(f64::MAX, 10.0), scaled(5e-324, 0.1)), (f64::INFINITY, 0.0));
    }

    #[test]
    fn remarks_fit_their_line() {
        for clock in [Clock::Sweeps, Clock::Picoseconds, Clock::Reduced] {
            assert!(clock.remark().len() <= 80, "{clock:?}");
        }
    }

    #[test]
    fn lengths_of_other_units_are_converted_or_refused() {
        let molar = FileUnits { angstroms: 10.0, electronvolts: 0.01, picoseconds: 1.0, reduced: false };
        assert_eq!((molar.length_factor("Angstrom"), molar.length_factor("nm")), (Ok(0.1), Ok(1.0)));
        assert!(molar.length_factor("reduced").is_err() && molar.length_factor("furlong").is_err());
        assert_eq!(FileUnits::REDUCED.length_factor("reduced"), Ok(1.0));
        assert!(FileUnits::REDUCED.length_factor("angstrom").is_err());
    }
}
