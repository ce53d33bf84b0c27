//! One Markov chain: its state, the proposals that change it, and the one accept rule that decides them.

pub mod accept;
pub mod microstate;
mod proposal;
mod tally;
pub mod thermodynamics;
pub mod walker;

pub use microstate::Microstate;
pub use proposal::{Change, Move, OnReject, Proposal};
pub use tally::Tally;
pub use thermodynamics::ThermodynamicState;
pub use walker::{Environment, Scratch, Walker, WalkerState};
