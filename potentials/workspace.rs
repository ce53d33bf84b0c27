//! What the evaluations of one walker remember.

use crate::{ListState, Neighbours, PotentialSum};
use mcflow_base::InstructionSet;
use serde::{Deserialize, Serialize};

/// Neighbour lists, trees of boxes and scratch of one walker; made by [`PotentialSum::workspace`].
#[derive(Debug)]
pub struct Workspace {
    pub(crate) set: InstructionSet,
    /// One a term; those of terms that are no sum over pairs stay empty.
    pub(crate) neighbours: Vec<Neighbours>,
}

/// What a [`Workspace`] must have back so that later energies are the same bytes.
///
/// The order of a sum over a neighbour list follows from the configurations that the list was made from, and when it is next made
/// follows from them too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceState {
    /// For each term how its neighbour list came about, where there is a list.
    pub lists: Vec<Option<ListState>>,
    /// For each term how many times its list was built.
    pub builds: Vec<u64>,
}

impl Workspace {
    pub(crate) fn new(set: InstructionSet, terms: usize) -> Self {
        Self { set, neighbours: (0..terms).map(|_| Neighbours::new(set)).collect() }
    }

    /// To be called after a change of positions or cell that is not [`PotentialSum::moves`].
    pub fn positions_changed(&mut self) {
        for neighbours in &mut self.neighbours {
            neighbours.positions_changed();
        }
    }

    /// What [`Workspace::restore`] needs.
    pub fn state(&self) -> WorkspaceState {
        WorkspaceState {
            lists: self.neighbours.iter().map(Neighbours::list_state).collect(),
            builds: self.neighbours.iter().map(Neighbours::builds).collect(),
        }
    }

    /// Puts back what `state` describes: evaluations go on with the same bytes as they would have in the workspace it came from.
    ///
    /// A state of another number of terms leaves an empty workspace, which is right for any configuration, if not to the byte.
    pub fn restore(&mut self, state: &WorkspaceState, potential: &PotentialSum) {
        *self = Self::new(self.set, potential.n_terms());
        if state.lists.len() != self.neighbours.len() {
            return;
        }
        for (k, neighbours) in self.neighbours.iter_mut().enumerate() {
            if let Some(list) = &state.lists[k] {
                potential.term(k).restore(list, neighbours);
            }
            neighbours.set_builds(state.builds.get(k).copied().unwrap_or(0));
        }
    }

    /// Pairs of clusters of four particles that the sums over pairs went through last, over all terms: sixteen pairs of particles each,
    /// of which some are beyond the cutoff; half ones count as half. Benchmarks compare the time of a sum with this count.
    pub fn cluster_pairs(&self) -> f64 {
        self.neighbours.iter().map(Neighbours::cluster_pairs).sum()
    }

    /// How many times a neighbour list was built, over all terms.
    pub fn list_builds(&self) -> u64 {
        self.neighbours.iter().map(Neighbours::builds).sum()
    }
}
