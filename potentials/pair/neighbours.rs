//! What a pair term remembers between the evaluations of one walker.

use super::cluster_list::ClusterList;
use super::list_state::ListState;
use super::tree::Tree;
use crate::Vectors;
use mcflow_base::InstructionSet;

/// Neighbour list, tree of boxes and scratch of one pair term in one walker.
#[derive(Debug)]
pub struct Neighbours {
    set: InstructionSet,
    builds: u64,
    pub(super) list: ClusterList,
    /// All pairs, where no list is used.
    pub(super) all: ClusterList,
    /// Partners of single particles.
    pub(super) tree: Tree,
    /// Forces of the term alone, where they are scaled before they are added.
    pub(crate) scratch: Vectors,
}

impl Neighbours {
    pub(crate) fn new(set: InstructionSet) -> Self {
        Self {
            set,
            builds: 0,
            list: ClusterList::default(),
            all: ClusterList::default(),
            tree: Tree::default(),
            scratch: Vectors::default(),
        }
    }

    pub(crate) fn set(&self) -> InstructionSet {
        self.set
    }

    pub(crate) fn builds(&self) -> u64 {
        self.builds
    }

    pub(crate) fn set_builds(&mut self, builds: u64) {
        self.builds = builds;
    }

    pub(super) fn count_build(&mut self) {
        self.builds += 1;
    }

    pub(crate) fn cluster_pairs(&self) -> f64 {
        self.list.cluster_pairs().max(self.all.cluster_pairs())
    }

    pub(crate) fn list_state(&self) -> Option<ListState> {
        self.list.state().cloned()
    }

    pub(crate) fn positions_changed(&mut self) {
        self.tree.forget();
    }
}
