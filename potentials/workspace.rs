//! What the evaluations of one walker remember.

use crate::interface::Memory;
use mcflow_base::InstructionSet;
use serde::{Deserialize, Serialize};

/// The memories of all terms for one walker; made by [`PotentialSum::workspace`](crate::PotentialSum::workspace).
#[derive(Debug)]
pub struct Workspace {
    pub(crate) set: InstructionSet,
    /// One a term.
    pub(crate) memories: Vec<Memory>,
}

/// What a [`Workspace`] must have back so that later energies are the same bytes.
///
/// The order of a sum over a neighbour list follows from the configurations that the list was made from, and when it is next made
/// follows from them too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceState {
    /// For each term bytes that the term alone understands.
    pub(crate) terms: Vec<Vec<u8>>,
}

impl Workspace {
    pub(crate) fn new(set: InstructionSet, terms: usize) -> Self {
        Self { set, memories: (0..terms).map(|_| Memory::new(set)).collect() }
    }

    /// Forgets what is kept with positions; to be called after a change of positions or cell that is not [`PotentialSum::moves`](crate::PotentialSum::moves).
    pub fn positions_changed(&mut self) {
        self.memories.iter_mut().for_each(Memory::forget);
    }

    /// Returns what [`Workspace::restore`] needs.
    pub fn state(&self) -> WorkspaceState {
        WorkspaceState { terms: self.memories.iter().map(Memory::stored).collect() }
    }

    /// Counts pairs of clusters of four particles that the sums over pairs went through last, over all terms: sixteen pairs of particles each,
    /// of which some are beyond the cutoff; half ones count as half. Benchmarks compare the time of a sum with this count.
    pub fn cluster_pairs(&self) -> f64 {
        self.memories.iter().map(|memory| memory.counts().cluster_pairs).sum()
    }

    /// Counts how many times a neighbour list was built, over all terms.
    pub fn list_builds(&self) -> u64 {
        self.memories.iter().map(|memory| memory.counts().list_builds).sum()
    }
}
