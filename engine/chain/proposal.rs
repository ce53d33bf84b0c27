//! What a move proposes: a change of one walker, with all that the decision needs.

use super::microstate::Microstate;
use super::walker::{Environment, Scratch};

/// What would change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// One particle goes elsewhere.
    Particle {
        /// Which.
        index: usize,
        /// Where to.
        to: [f64; 3],
    },
    /// Some particles go elsewhere: the proposal is the walker's list of moved ones.
    Some,
    /// Everything: the proposal is the walker's other buffer, to be swapped in.
    Whole,
}

/// What a rejection does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReject {
    /// Nothing.
    Keep,
    /// Reverses the momenta (moves that keep momenta and are reversible only up to their reversal).
    FlipMomenta,
}

/// A proposed change with all that the decision needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// The change.
    pub change: Change,
    /// Potential energy after the change.
    pub energy: f64,
    /// Logarithm of the ratio of proposal densities, reverse over forward, with Jacobians and momentum terms: added to -delta_u.
    pub log_q_ratio: f64,
    /// What a rejection does.
    pub on_reject: OnReject,
}

/// A way to propose. What depends on the state beyond these arguments does not exist.
pub trait Move: Send + Sync {
    /// A proposal from `state`, or `None` where the proposed point is outside the space (which counts as a rejection).
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal>;
}
