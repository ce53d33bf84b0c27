//! What is known of a move that integrates equations of motion.

use crate::dynamics::Splitting;
use mcflow_potentials::Precision;

/// Equations of motion as an entry of a sweep integrates them.
#[derive(Clone, Debug, PartialEq)]
pub struct EquationsOfMotion {
    /// The order of drifts, kicks and noise in one step.
    pub splitting: Splitting,
    /// Steps of one occurrence.
    pub steps: usize,
    /// Time step, in units of time.
    pub time_step: f64,
    /// Friction, in inverse time; 0 without one.
    pub friction: f64,
    /// Whether random forces act: an O in the splitting, and friction.
    pub has_noise: bool,
    /// Whether an accept rule takes back the error of the time step.
    pub accepted: bool,
    /// Whether it goes on from the momenta of the state, so that its steps follow each other in time.
    pub keeps_momenta: bool,
    /// The precision of its forces.
    pub precision: Precision,
}
