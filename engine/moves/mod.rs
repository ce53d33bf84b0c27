//! Moves: each proposes, none decides.
//!
//! A move reads the state and returns a [`Proposal`]; [`Walker::decide`](crate::chain::walker::Walker::decide) accepts or rejects it by the
//! one accept rule and counts. Adding a move is one file here, one line in [`Entry`](crate::sweep::Entry) with its match, one row in
//! `tests/exactness.rs` with its mutant.

mod displacement;
pub mod entry;
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
pub use hmc::{Hmc, HmcTrajectory};
pub use identity_swap::{IdentitySwap, IdentitySwapTrial};
pub use langevin::{Langevin, MetropolizedStep};
pub use latent_walk::{LatentTrial, LatentWalk};
pub use mode_jump::{JumpTrial, ModeJump, StateMap};
pub use rotation::{Rotation, RotationTrial};
pub use translation::{Translation, TranslationTrial};
pub(crate) use volume::runaway;
pub use volume::{Volume, VolumeMeasure, VolumeShape, VolumeTrial};

pub use crate::chain::{Change, Move, OnReject, Proposal, Tally};
