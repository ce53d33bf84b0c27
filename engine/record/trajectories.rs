//! Trajectory files of a record: one a walker and format, which resume where a checkpoint says.

use super::failed;
use crate::RunError;
use crate::files::manifest::note;
use crate::plan::{Plan, TrajectoryFormat, TrajectoryPlan};
use crate::trajectory::{Clock, DcdSettings, DcdWriter, Molecules, TrajectoryWriter, WriterPosition, XyzWriter};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a checkpoint holds of a trajectory file: what it is of, and where it ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TrajectoryPosition {
    pub(super) name: String,
    every: u64,
    first: u64,
    walker: usize,
    at: WriterPosition,
}

/// A trajectory file of one walker that is being written.
pub(super) struct WalkerTrajectory {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) every: u64,
    /// Sweep number of the first frame.
    first: u64,
    pub(super) walker: usize,
    pub(super) writer: TrajectoryWriter,
}

impl WalkerTrajectory {
    /// Makes a new file, whose first frame is of sweep number `first`.
    pub(super) fn create(plan: &Plan, directory: &Path, (number, walker): (usize, usize), first: u64) -> Result<Self, RunError> {
        let TrajectoryPlan { format, every, .. } = plan.trajectories[number];
        let name = plan.trajectories[number].file_name(walker);
        note(directory, Path::new(&name))?;
        let path = directory.join(&name);
        let writer = match format {
            TrajectoryFormat::Xyz => XyzWriter::create(&path).map(TrajectoryWriter::Xyz),
            TrajectoryFormat::Dcd => DcdWriter::create(&path, dcd_settings(plan, every, first)).map(TrajectoryWriter::Dcd),
        };
        let writer = writer.map_err(|source| failed(&path, source))?;
        Ok(Self { path, name, every, first, walker, writer })
    }

    /// What a checkpoint holds of the file.
    pub(super) fn position(&self) -> TrajectoryPosition {
        let Self { name, every, first, walker, writer, .. } = self;
        TrajectoryPosition { name: name.clone(), every: *every, first: *first, walker: *walker, at: writer.position() }
    }

    /// Opens the file as it was at `position`.
    pub(super) fn resume(
        plan: &Plan,
        directory: &Path,
        (number, walker): (usize, usize),
        position: &TrajectoryPosition,
    ) -> Result<Self, RunError> {
        let TrajectoryPlan { format, every, .. } = plan.trajectories[number];
        let name = plan.trajectories[number].file_name(walker);
        let path = directory.join(&name);
        if (position.every, position.walker) != (every, walker) {
            return Err(RunError::Checkpoint {
                path: path.display().to_string(),
                found: format!("frames of walker {} each {} sweeps, where the input has walker {walker} each {every}", position.walker, position.every),
                expected: "`every` and `walkers` of `output` as they were, or another format (files that the input no longer names stay as they are)"
                    .to_string(),
            });
        }
        let (at, first) = (position.at, position.first);
        let writer = match format {
            TrajectoryFormat::Xyz => XyzWriter::resume(&path, at).map(TrajectoryWriter::Xyz),
            TrajectoryFormat::Dcd => DcdWriter::resume(&path, dcd_settings(plan, every, first), at.frames).map(TrajectoryWriter::Dcd),
        };
        let writer = writer.map_err(|source| failed(&path, source))?;
        Ok(Self { path, name, every, first, walker, writer })
    }
}

/// Readers of DCD count in steps, all of one length; a step here is a sweep, whose time is that of the dynamics where all frames are equally far
/// apart in it.
fn dcd_settings(plan: &Plan, every: u64, first_step: u64) -> DcdSettings {
    let alike = plan.entries.iter().all(|entry| every.is_multiple_of(entry.every() as u64));
    let (time, clock) = if alike { plan.file_time(every) } else { (every as f64, Clock::Sweeps) };
    DcdSettings {
        first_step,
        steps_per_frame: every,
        time_step: time / every as f64,
        clock,
        length_scale: plan.file_units.angstroms,
        molecules: Molecules::new(plan.particles.n(), &plan.bonds),
        ..DcdSettings::new(plan.particles.n(), plan.starts[0].cell.is_periodic())
    }
}
