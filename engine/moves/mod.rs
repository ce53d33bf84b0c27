//! Moves: each proposes, none decides.
//!
//! A move reads the state and returns a [`Proposal`]; [`Walker::decide`](crate::walker::Walker::decide) accepts or rejects it by the
//! one accept rule and counts. Adding a move is one file here, one line in [`Entry`](crate::sweep::Entry) with its match, one row in
//! `tests/exactness.rs` with its mutant.

mod displacement;
mod exchange;
mod generator_draw;
mod hmc;
mod identity_swap;
mod langevin;
mod latent_walk;
mod mode_jump;
mod rotation;
mod translation;
mod volume;

pub use displacement::{Displacement, DisplacementTrial};
pub use exchange::Exchange;
pub use generator_draw::{DrawTrial, GeneratorDraw, StateGenerator};
pub(crate) use hmc::trajectory_steps;
pub use hmc::{Hmc, HmcTrajectory};
pub use identity_swap::{IdentitySwap, IdentitySwapTrial};
pub use langevin::{Langevin, MetropolizedStep};
pub use latent_walk::{LatentTrial, LatentWalk};
pub use mode_jump::{JumpTrial, ModeJump, StateMap};
pub use rotation::{Rotation, RotationTrial};
pub use translation::{Translation, TranslationTrial};
pub(crate) use volume::runaway;
pub use volume::{Volume, VolumeMeasure, VolumeShape, VolumeTrial};

use crate::microstate::Microstate;
use crate::walker::{Environment, Scratch};
use serde::{Deserialize, Serialize};

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

/// What became of a move's proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Proposals asked for.
    pub attempted: u64,
    /// Proposals accepted.
    pub accepted: u64,
    /// Proposals outside the space.
    pub infeasible: u64,
    /// Proposals whose energy or ratio was NaN or +inf.
    pub non_finite: u64,
    /// Draws from a generator that cannot draw the present configuration: none of them is accepted.
    pub outside: u64,
    /// Sum of the acceptance probabilities.
    pub probability: f64,
    /// Sum of their squares.
    pub square: f64,
    /// Sum of the products of successive ones.
    pub product: f64,
    /// The last one.
    pub last: f64,
}

impl Tally {
    /// Adds the counts of another.
    pub fn add(&mut self, other: &Tally) {
        self.attempted += other.attempted;
        self.accepted += other.accepted;
        self.infeasible += other.infeasible;
        self.non_finite += other.non_finite;
        self.outside += other.outside;
        self.probability += other.probability;
        self.square += other.square;
        self.product += other.product;
        self.last = other.last;
    }

    /// A proposal with this acceptance probability, 0 for one outside the space.
    pub(crate) fn count(&mut self, probability: f64) {
        self.attempted += 1;
        self.probability += probability;
        self.square += probability * probability;
        self.product += self.last * probability;
        self.last = probability;
    }

    /// The counts since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Tally) -> Tally {
        Tally {
            attempted: self.attempted - earlier.attempted,
            accepted: self.accepted - earlier.accepted,
            infeasible: self.infeasible - earlier.infeasible,
            non_finite: self.non_finite - earlier.non_finite,
            outside: self.outside - earlier.outside,
            probability: self.probability - earlier.probability,
            square: self.square - earlier.square,
            product: self.product - earlier.product,
            last: self.last,
        }
    }

    /// Accepted over attempted; `None` before the first attempt.
    pub fn acceptance(&self) -> Option<f64> {
        (self.attempted > 0).then(|| self.accepted as f64 / self.attempted as f64)
    }

    /// Mean acceptance probability; `None` before the first attempt.
    pub fn mean_probability(&self) -> Option<f64> {
        (self.attempted > 0).then(|| self.probability / self.attempted as f64)
    }
}
