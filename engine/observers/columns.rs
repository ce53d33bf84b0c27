//! The numbers of one sample: a row of `observables.csv`.

use super::pressure::{Ensemble, Kinetic, pressure, virial_pressure};
use super::{Label, Subject, Unit, Variable};
use crate::chain::microstate::Microstate;
use mcflow_potentials::Workspace;
use serde::{Deserialize, Serialize};

/// The name of the column of the smallest height of the cell.
pub const SMALLEST_HEIGHT: &str = "smallest_height";

/// A variable with the name that it has in files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedVariable {
    /// Its name.
    pub name: String,
    /// The variable.
    pub of: Variable,
}

impl NamedVariable {
    /// The same with what the variable needs of the particles filled in.
    #[must_use]
    pub fn bound_to(&self, subject: &Subject) -> Self {
        Self { name: self.name.clone(), of: self.of.bound_to(subject) }
    }
}

/// One number of each sample: a column of `observables.csv`.
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
    /// A variable that the user has named.
    Variable(NamedVariable),
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
            Self::Variable(own) => own.name.clone(),
        }
    }

    /// The text of an axis that shows it.
    pub fn label(&self) -> Label {
        match self {
            Self::PotentialEnergy => Label::new("U", Unit::Energy),
            Self::PotentialEnergyPerParticle => Label::new("U/N", Unit::Energy),
            Self::Term(..) => Label::new("energy", Unit::Energy),
            Self::Pressure(_) => Label::new("pressure", Unit::Pressure),
            Self::VirialPressure(_) => Label::new("virial pressure", Unit::Pressure),
            Self::Density => Label::new("density", Unit::Density),
            Self::Volume => Label::new("volume", Unit::Volume),
            Self::SmallestHeight => Label::new("smallest height", Unit::Length),
            Self::KineticTemperature => Label::new("kinetic temperature", Unit::Temperature),
            Self::Variable(own) => own.of.label().unwrap_or_else(|| Label::plain(&own.name)),
        }
    }
}

/// The numbers of one sample, column by column, of a state whose energy and virial have just been refreshed, with the workspace of its walker.
pub fn sample(columns: &[Column], state: &Microstate, workspace: &mut Workspace, ensemble: &Ensemble) -> Vec<f64> {
    let wants_terms = columns.iter().any(|c| matches!(c, Column::Term(..)));
    let terms = if wants_terms { ensemble.potential.energies_by_term(&state.configuration, workspace) } else { Vec::new() };
    let n = state.configuration.positions.n() as f64;
    columns
        .iter()
        .map(|column| match column {
            Column::PotentialEnergy => state.energy,
            Column::PotentialEnergyPerParticle => state.energy / n,
            Column::Term(_, k) => terms[*k].1.energy,
            Column::Pressure(kinetic) => pressure(*kinetic, state, ensemble),
            Column::VirialPressure(kinetic) => virial_pressure(*kinetic, state, ensemble),
            Column::Density => n / state.volume(),
            Column::Volume => state.volume(),
            Column::SmallestHeight => state.configuration.cell.smallest_height(),
            Column::KineticTemperature => {
                2.0 * state.kinetic_energy(ensemble.particles) / (state.degrees_of_freedom() as f64 * ensemble.boltzmann)
            }
            Column::Variable(own) => own.of.value(&state.configuration),
        })
        .collect()
}
