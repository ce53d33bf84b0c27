//! What is measured: the system that observables are checked against and read their constants from.

use super::Unit;
use mcflow_potentials::{Cell, Particles};

/// The system that an observable is of, as it is known before the first step.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Types and masses of the particles.
    pub particles: &'a Particles,
    /// The cell that walkers start in.
    pub cell: &'a Cell,
    /// Pairs of particles that the potential binds.
    pub bonds: Vec<[usize; 2]>,
    /// Sweeps between two samples of a walker.
    pub record_every: u64,
    /// The time that passes in sweeps, where dynamics alone moves the walkers; else why there is none.
    pub clock: Result<SweepTime, String>,
}

impl<'a> Subject<'a> {
    /// Particles in a cell without bonds, sampled each sweep by moves that have no time.
    ///
    /// ```
    /// use mcflow_engine::observers::Subject;
    /// use mcflow_potentials::{Cell, Particles};
    /// let (particles, cell) = (Particles::alike("Ar", 8, 1.0), Cell::open(3));
    /// assert!(Subject::new(&particles, &cell).bonds.is_empty());
    /// ```
    pub fn new(particles: &'a Particles, cell: &'a Cell) -> Self {
        Self { particles, cell, bonds: Vec::new(), record_every: 1, clock: Err("some moves are no dynamics".to_string()) }
    }

    /// Number of particles.
    pub fn n(&self) -> usize {
        self.particles.n()
    }
}

/// The time of dynamics that passes in a number of sweeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SweepTime {
    /// After each so many sweeps, and not always between, the same time has passed.
    pub sweeps: u64,
    /// That time, in `unit`.
    pub time: f64,
    /// Picoseconds, or reduced units: those of trajectory files.
    pub unit: Unit,
}
