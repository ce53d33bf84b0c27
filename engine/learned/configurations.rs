//! Configurations one after the other, as maps take and give them.

use crate::chain::walker::Walker;
use crate::observers::{State, state_of};
use mcflow_potentials::{Cell, Configuration, PotentialSum, Vectors};
use rayon::prelude::*;

/// Configurations of one system in one cell.
#[derive(Clone, Debug)]
pub struct Configurations {
    /// The cell of all of them.
    pub cell: Cell,
    /// Positions `[n, coordinates]`: of each configuration all x, then all y, then all z.
    pub positions: Vec<f64>,
    coordinates: usize,
}

/// Configurations whose energies one task computes.
const TASK: usize = 64;

impl Configurations {
    /// Those of these positions, of `coordinates` numbers each.
    pub fn new(cell: &Cell, coordinates: usize, positions: Vec<f64>) -> Self {
        Self { cell: cell.clone(), positions, coordinates }
    }

    /// Those of walkers, which share a cell.
    ///
    /// # Panics
    /// If there are no walkers.
    pub fn of(walkers: &[Walker]) -> Self {
        let Configuration { positions, cell } = &walkers[0].state.configuration;
        let coordinates = positions.row().len();
        let mut all = Vec::with_capacity(walkers.len() * coordinates);
        walkers.iter().for_each(|walker| all.extend_from_slice(walker.state.configuration.positions.row()));
        Self::new(cell, coordinates, all)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.positions.len() / self.coordinates
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// The positions of one.
    pub fn row(&self, k: usize) -> &[f64] {
        &self.positions[k * self.coordinates..(k + 1) * self.coordinates]
    }

    /// One more.
    pub fn push(&mut self, row: &[f64]) {
        self.positions.extend_from_slice(row);
    }

    /// Another in the place of one.
    pub fn put(&mut self, k: usize, row: &[f64]) {
        self.positions[k * self.coordinates..(k + 1) * self.coordinates].copy_from_slice(row);
    }

    /// Others in the same cell.
    #[must_use]
    pub fn with(&self, positions: Vec<f64>) -> Self {
        Self::new(&self.cell, self.coordinates, positions)
    }

    /// Some of them, by their numbers.
    #[must_use]
    pub fn select(&self, members: &[usize]) -> Self {
        self.with(members.iter().flat_map(|&k| self.row(k)).copied().collect())
    }

    /// Each of them so many times in a row.
    #[must_use]
    pub fn repeated(&self, times: usize) -> Self {
        let mut positions = Vec::with_capacity(self.positions.len() * times);
        for row in self.positions.chunks_exact(self.coordinates) {
            (0..times).for_each(|_| positions.extend_from_slice(row));
        }
        self.with(positions)
    }

    /// The potential energy of each.
    pub fn energies(&self, potential: &PotentialSum) -> Vec<f64> {
        let mut energies = vec![0.0; self.len()];
        energies
            .par_chunks_mut(TASK)
            .zip(self.positions.par_chunks(TASK * self.coordinates))
            .for_each(|(energies, positions)| potential.energies(&self.cell, positions, energies));
        energies
    }

    /// The state that one is in.
    pub fn state(&self, k: usize, states: &[State]) -> Option<usize> {
        let positions = Vectors::from_row(self.cell.dimension(), self.row(k));
        state_of(states, &Configuration { positions, cell: self.cell.clone() })
    }
}
