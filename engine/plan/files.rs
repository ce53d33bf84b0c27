//! The files that a run will make.

use super::{FlowSource, Plan};
use crate::files::manifest;
use std::path::{Path, PathBuf};

impl Plan {
    /// The files that the run will make in its folder, as seen from there.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![PathBuf::from(manifest::NAME), PathBuf::from("observables.csv")];
        files.extend(self.trajectories.iter().flat_map(|own| own.walkers.iter().map(|&walker| PathBuf::from(own.file_name(walker)))));
        let trained = self.flows.iter().filter(|flow| matches!(flow.source, FlowSource::Train { .. }));
        files.extend(trained.map(|flow| manifest::flow_path(Path::new(""), &flow.name)));
        let checkpoint = Path::new("checkpoint");
        files.push(checkpoint.join("state.bin"));
        files.push(checkpoint.join("series.bin"));
        files.extend((0..self.rungs.len()).map(|rung| checkpoint.join(format!("frames-{rung}.bin"))));
        files
    }
}
