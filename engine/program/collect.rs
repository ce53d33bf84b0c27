//! Collection: sweeps from which flows get frames to learn from.

use super::{Advance, Run, Stage};
use crate::RunError;
use crate::chains::Progress;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// Sweeps by local moves, and every so often a frame of each walker of the rungs that flows learn from. Frames come to those that are there already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// Frames of the rung `rung`, in all.
    pub frames: Option<usize>,
    /// Sweeps between two frames of a walker.
    pub every: Option<u64>,
    /// The rung whose frames are counted; the other rungs that flows learn from get as many of each walker.
    #[serde(default)]
    pub rung: usize,
}

impl Collect {
    fn every(&self) -> u64 {
        self.every.unwrap_or(1)
    }
}

impl Stage for Collect {
    fn name(&self) -> &'static str {
        "Collect"
    }

    fn counted_as(&self, _: &Run) -> &'static str {
        "sampling"
    }

    fn length(&self, plan: &Plan) -> u64 {
        let walkers = plan.rungs.get(self.rung).map_or(1, |rung| rung.walkers);
        let rounds = (self.frames.unwrap_or(0) as u64).div_ceil(walkers as u64);
        rounds.saturating_mul(self.every())
    }

    fn advance(&self, run: &mut Run, done: u64, most: u64) -> Result<Advance, RunError> {
        if done >= self.length(&run.plan) {
            return Ok(Advance::Finished);
        }
        let every = self.every();
        let count = most.min(every - done % every);
        run.sweep(self.counted_as(run), done + 1, count, false)?;
        if (done + count).is_multiple_of(every) {
            run.collect();
        }
        Ok(Advance::Done(count))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        let frames: usize = run.pools.iter().map(|pool| pool.states.len()).sum();
        Progress { phase: "sampling".to_string(), done, total: self.length(&run.plan), figures: format!("{frames} frames") }
    }

    fn prepares_flows(&self) -> bool {
        true
    }
}
