//! What the entries of a sweep may ask about the system when they are checked.

use mcflow_potentials::{Cell, Particles};

/// The system that a sweep is for.
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    /// What the particles are.
    pub particles: &'a Particles,
    /// The cell that walkers start in.
    pub cell: &'a Cell,
    /// Whether the rungs have a pressure.
    pub constant_pressure: bool,
}
