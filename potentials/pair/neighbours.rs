//! What a sum over pairs remembers between the evaluations of one walker.

use super::cluster_list::ClusterList;
use super::list_state::ListState;
use super::tree::Tree;
use crate::interface::{Counts, Remembered};
use serde::{Deserialize, Serialize};

/// Neighbour list, and tree of boxes with the energies of particles, of one pair term in one walker.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    pub builds: u64,
    pub list: ClusterList,
    /// All pairs, where no list is used.
    pub all: ClusterList,
    /// Partners of single particles.
    pub tree: Tree,
}

/// How the list came about, where there is one, and how many were built. The tree and its energies are made anew.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct StoredNeighbours {
    pub list: Option<ListState>,
    pub builds: u64,
}

impl Remembered for Neighbours {
    fn forget(&mut self) {
        self.tree.forget();
    }

    fn stored(&self) -> Vec<u8> {
        let stored = StoredNeighbours { list: self.list.state().cloned(), builds: self.builds };
        // Numbers in memory can always be written.
        postcard::to_stdvec(&stored).unwrap_or_default()
    }

    fn counts(&self) -> Counts {
        Counts { list_builds: self.builds, cluster_pairs: self.list.cluster_pairs().max(self.all.cluster_pairs()) }
    }
}
