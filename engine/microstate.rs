//! One point of phase space, with what is known about it.

use crate::random::{Random, normal};
use mcflow_potentials::{Configuration, Particles, PotentialSum, Vectors, Workspace};
use serde::{Deserialize, Serialize};

/// Positions, cell and momenta, the potential energy, and the forces where they are current.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Microstate {
    /// Positions and cell.
    pub configuration: Configuration,
    /// One momentum a particle.
    pub momenta: Vectors,
    /// Potential energy U.
    pub energy: f64,
    /// Virial sum of r.f over pairs, where it is known.
    pub virial: Option<f64>,
    /// Forces -dU/dx; meaningful only while `forces_current`.
    pub forces: Vectors,
    /// Whether `forces` belong to `configuration`.
    pub forces_current: bool,
}

impl Microstate {
    /// The state at `configuration` with momenta of zero and the energy not yet computed (NaN).
    pub fn new(configuration: Configuration) -> Self {
        let zero = Vectors::zeros(configuration.positions.dimension(), configuration.positions.n());
        Self { configuration, momenta: zero.clone(), energy: f64::NAN, virial: None, forces: zero, forces_current: false }
    }

    /// Volume; 0 in open space, where nothing depends on it.
    pub fn volume(&self) -> f64 {
        self.configuration.cell.volume().unwrap_or(0.0)
    }

    /// Number of momentum components.
    pub fn degrees_of_freedom(&self) -> usize {
        self.momenta.row().len()
    }

    /// Draws all momenta from the Maxwell distribution: p ~ N(0, m kT).
    pub fn draw_momenta(&mut self, particles: &Particles, beta: f64, random: &mut Random) {
        for c in 0..self.momenta.dimension() {
            for (p, mass) in self.momenta.component_mut(c).iter_mut().zip(&particles.masses) {
                *p = (mass / beta).sqrt() * normal(random);
            }
        }
    }

    /// Kinetic energy sum p^2 / 2m.
    pub fn kinetic_energy(&self, particles: &Particles) -> f64 {
        let squares = |c| self.momenta.component(c).iter().zip(&particles.masses).map(|(p, m)| p * p / m).sum::<f64>();
        0.5 * (0..self.momenta.dimension()).map(squares).sum::<f64>()
    }

    /// Reverses all momenta.
    pub fn flip_momenta(&mut self) {
        for p in self.momenta.row_mut() {
            *p = -*p;
        }
    }

    /// Computes energy and virial afresh.
    pub fn evaluate_energy(&mut self, potential: &PotentialSum, workspace: &mut Workspace) {
        let evaluation = potential.energy(&self.configuration, workspace);
        self.energy = evaluation.energy;
        self.virial = Some(evaluation.virial);
    }

    /// Computes energy, virial and forces, unless the forces are current.
    pub fn ensure_forces(&mut self, potential: &PotentialSum, workspace: &mut Workspace) {
        if !self.forces_current {
            let evaluation = potential.energy_and_forces(&self.configuration, workspace, &mut self.forces);
            self.energy = evaluation.energy;
            self.virial = Some(evaluation.virial);
            self.forces_current = true;
        }
    }

    /// Copies everything from a state of the same system.
    pub fn copy_from(&mut self, other: &Self) {
        self.configuration.positions.copy_from(&other.configuration.positions);
        self.configuration.cell.clone_from(&other.configuration.cell);
        self.momenta.copy_from(&other.momenta);
        self.energy = other.energy;
        self.virial = other.virial;
        self.forces_current = other.forces_current;
        if other.forces_current {
            self.forces.copy_from(&other.forces);
        }
    }
}
