//! One point of phase space, with what is known about it.

use crate::random::Random;
use crate::random::normals::fill_normals;
use mcflow_potentials::{Configuration, Particles, PotentialSum, Precision, Vectors, Workspace};
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
    /// Forces -dU/dx; meaningful only while they are current.
    pub forces: Vectors,
    /// The precision with which `forces` were computed at `configuration`; `None` while they belong to another one.
    pub current_forces: Option<Precision>,
}

impl Microstate {
    /// The state at `configuration` with momenta of zero and the energy not yet computed (NaN).
    pub fn new(configuration: Configuration) -> Self {
        let zero = Vectors::zeros(configuration.positions.dimension(), configuration.positions.n());
        Self { configuration, momenta: zero.clone(), energy: f64::NAN, virial: None, forces: zero, current_forces: None }
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
        fill_normals(random, self.momenta.row_mut());
        for c in 0..self.momenta.dimension() {
            for (p, mass) in self.momenta.component_mut(c).iter_mut().zip(&particles.masses) {
                *p *= (mass / beta).sqrt();
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

    /// Computes the forces in this precision, unless they are current in it; the energy stays as it is.
    ///
    /// Forces of another precision are not taken: a step is reversible only where the force is one function of the positions.
    pub fn ensure_forces(&mut self, potential: &PotentialSum, workspace: &mut Workspace, precision: Precision) {
        if self.current_forces != Some(precision) {
            potential.forces(&self.configuration, workspace, precision, &mut self.forces);
            self.current_forces = Some(precision);
        }
    }

    /// Computes energy, virial and forces afresh: the forces in this precision, the energy in f64 whatever it is.
    pub fn evaluate(&mut self, potential: &PotentialSum, workspace: &mut Workspace, precision: Precision) {
        match precision {
            Precision::Double => {
                let evaluation = potential.energy_and_forces(&self.configuration, workspace, &mut self.forces);
                self.energy = evaluation.energy;
                self.virial = Some(evaluation.virial);
            }
            Precision::Mixed => {
                potential.forces(&self.configuration, workspace, precision, &mut self.forces);
                self.evaluate_energy(potential, workspace);
            }
        }
        self.current_forces = Some(precision);
    }

    /// Copies everything from a state of the same system.
    pub fn copy_from(&mut self, other: &Self) {
        self.configuration.positions.copy_from(&other.configuration.positions);
        self.configuration.cell.clone_from(&other.configuration.cell);
        self.momenta.copy_from(&other.momenta);
        self.energy = other.energy;
        self.virial = other.virial;
        self.current_forces = other.current_forces;
        if other.current_forces.is_some() {
            self.forces.copy_from(&other.forces);
        }
    }
}
