//! The numbers of one sample: a row of `observables.csv`.

use super::Variable;
use super::pressure::{Kinetic, pressure, virial_pressure};
use crate::walker::{Environment, Walker};

/// The name of the column of the smallest height of the cell.
pub const SMALLEST_HEIGHT: &str = "smallest_height";

/// One number a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Potential energy U.
    PotentialEnergy,
    /// Potential energy a particle, U/N.
    PotentialEnergyPerParticle,
    /// The energy of one term without the factor that a rung may give it, by its place in the potential.
    Term(String, usize),
    /// The pressure of the energy that is sampled, -dF/dV in the mean.
    Pressure(Kinetic),
    /// The pressure by the virial and tail corrections alone, without the impulse of jumps at cutoffs.
    VirialPressure(Kinetic),
    /// N / V.
    Density,
    /// Volume.
    Volume,
    /// The smallest height of the cell.
    SmallestHeight,
    /// Kinetic temperature 2K / (f k_B), f the number of momentum components.
    KineticTemperature,
    /// A variable, with its name.
    Variable(String, Variable),
}

impl Column {
    /// Its name in files.
    pub fn name(&self) -> String {
        match self {
            Self::PotentialEnergy => "potential_energy".to_string(),
            Self::PotentialEnergyPerParticle => "potential_energy_per_particle".to_string(),
            Self::Term(name, _) => format!("energy.{}", name.replace(' ', "_")),
            Self::Pressure(_) => "pressure".to_string(),
            Self::VirialPressure(_) => "virial_pressure".to_string(),
            Self::Density => "density".to_string(),
            Self::Volume => "volume".to_string(),
            Self::SmallestHeight => SMALLEST_HEIGHT.to_string(),
            Self::KineticTemperature => "kinetic_temperature".to_string(),
            Self::Variable(name, _) => name.clone(),
        }
    }
}

/// All columns of a walker whose energy and virial have just been refreshed. `boltzmann` is k_B in the units of the run.
pub fn sample(columns: &[Column], walker: &mut Walker, environment: &Environment, boltzmann: f64) -> Vec<f64> {
    let wants_terms = columns.iter().any(|c| matches!(c, Column::Term(..)));
    let terms =
        if wants_terms { environment.potential.energies_by_term(&walker.state.configuration, &mut walker.workspace) } else { Vec::new() };
    let state = &walker.state;
    let n = state.configuration.positions.n() as f64;
    columns
        .iter()
        .map(|column| match column {
            Column::PotentialEnergy => state.energy,
            Column::PotentialEnergyPerParticle => state.energy / n,
            Column::Term(_, k) => terms[*k].1.energy,
            Column::Pressure(kinetic) => pressure(*kinetic, state, environment),
            Column::VirialPressure(kinetic) => virial_pressure(*kinetic, state, environment),
            Column::Density => n / state.volume(),
            Column::Volume => state.volume(),
            Column::SmallestHeight => state.configuration.cell.smallest_height(),
            Column::KineticTemperature => {
                2.0 * state.kinetic_energy(&environment.particles) / (state.degrees_of_freedom() as f64 * boltzmann)
            }
            Column::Variable(_, variable) => variable.value(&state.configuration),
        })
        .collect()
}
