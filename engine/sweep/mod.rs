//! One sweep of a run: which moves, in which order, how often.
//!
//! An entry of a sweep is the struct that the user writes: each move is one file of `engine/moves` that implements [`SweepEntry`] for its
//! struct, and one line in [`Entry`] with one of its match. [`Chains`] does the entries of a sweep in all walkers of a rung.

mod chains;
mod interval;

pub use crate::moves::entry::{
    Alone, Between, Effect, EquationsOfMotion, InLanes, Ready, Setting, StepWork, SweepEntry, System, Together, Trained, Trials, Tuning,
    Work, tuned_parameter,
};
pub use chains::{Chains, Generators};

use crate::moves::{
    Displacement, Exchange, GeneratorDraw, Hmc, IdentitySwap, Langevin, LatentWalk, ModeJump, Rotation, Translation, Volume,
};
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// One entry of a sweep, as the user writes it. Each leaves the target invariant (an uncorrected [`Langevin`] excepted), so the fixed cycle
/// of them does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Entry {
    /// Trial displacements of single particles.
    Displacement(Displacement),
    /// Trial displacements of all particles together.
    Translation(Translation),
    /// Trial rotations of a group of particles about its centre.
    Rotation(Rotation),
    /// Two particles of different types change places.
    IdentitySwap(IdentitySwap),
    /// Trial changes of the volume.
    Volume(Volume),
    /// Hybrid Monte Carlo.
    Hmc(Hmc),
    /// Langevin dynamics by a splitting.
    Langevin(Langevin),
    /// Independent configurations from a generator.
    GeneratorDraw(GeneratorDraw),
    /// Random walk in latent space.
    LatentWalk(LatentWalk),
    /// Jumps between states by trained bijections.
    ModeJump(ModeJump),
    /// Exchange of configurations between rungs.
    Exchange(Exchange),
}

impl Entry {
    /// The move: the one place where kinds of moves are told apart.
    pub fn as_entry(&self) -> &(dyn SweepEntry + 'static) {
        match self {
            Self::Displacement(entry) => entry,
            Self::Translation(entry) => entry,
            Self::Rotation(entry) => entry,
            Self::IdentitySwap(entry) => entry,
            Self::Volume(entry) => entry,
            Self::Hmc(entry) => entry,
            Self::Langevin(entry) => entry,
            Self::GeneratorDraw(entry) => entry,
            Self::LatentWalk(entry) => entry,
            Self::ModeJump(entry) => entry,
            Self::Exchange(entry) => entry,
        }
    }
}

impl Deref for Entry {
    type Target = dyn SweepEntry;
    fn deref(&self) -> &Self::Target {
        self.as_entry()
    }
}
