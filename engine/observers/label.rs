//! Names of measured numbers with their units, for the axes of figures.

/// What a measured number counts: the unit that is written behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Energy of the run's unit system.
    Energy,
    /// kT.
    Thermal,
    /// Length.
    Length,
    /// Length squared.
    SquaredLength,
    /// Volume; area or length in two dimensions or one.
    Volume,
    /// One over volume.
    Density,
    /// Energy over volume.
    Pressure,
    /// Temperature.
    Temperature,
    /// Picoseconds, whatever the unit system.
    Picoseconds,
    /// Time in reduced units.
    ReducedTime,
}

/// The text of an axis: what the number is, and its unit where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it is: "x of particle 0", "g(r)".
    pub text: String,
    /// Its unit; none of a number that has none.
    pub unit: Option<Unit>,
}

impl Label {
    /// A number in a unit.
    pub fn new(text: impl Into<String>, unit: Unit) -> Self {
        Self { text: text.into(), unit: Some(unit) }
    }

    /// A number without a unit.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), unit: None }
    }
}
