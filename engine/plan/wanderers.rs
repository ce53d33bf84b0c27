//! Which particles wander among each other.

/// Particles that are free to change places with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanderers {
    /// Their numbers.
    pub particles: Vec<usize>,
    /// The molecule of each particle of the system: what is bound to each other never parts.
    pub molecules: Vec<usize>,
}
