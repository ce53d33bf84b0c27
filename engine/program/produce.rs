//! Production: sweeps that count.

use super::{Advance, Outlook, Run, Stage};
use crate::RunError;
use crate::plan::Plan;
use crate::program::Progress;
use serde::{Deserialize, Serialize};

/// Times in production at which the memory of the start is measured.
const TIMES_OF_MEMORY: u64 = 8;

/// `run.production` sweeps of all moves, from which samples are recorded. Nothing is tuned and nothing trained: it changes nothing but the walkers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Produce {}

impl Stage for Produce {
    fn name(&self) -> &'static str {
        "Produce"
    }

    fn counted_as(&self, _: &Run) -> &'static str {
        "production"
    }

    fn length(&self, plan: &Plan) -> u64 {
        plan.lengths.production
    }

    fn advance(&self, run: &mut Run, done: u64, most: u64) -> Result<Advance, RunError> {
        let (total, every) = (self.length(&run.plan), run.plan.lengths.record_every);
        if done == 0 {
            run.ladder.reset_tallies();
            run.remember(0);
        }
        if done >= total {
            return Ok(Advance::Finished);
        }
        let until_record = every - done % every;
        let count = most.min(until_record).min(total - done);
        run.sweep(self.counted_as(run), done + 1, count, true)?;
        let done = done + count;
        run.produced = done;
        if done.is_multiple_of(every) {
            run.largest_drift = run.largest_drift.max(run.ladder.refresh_energies());
            run.recorder.record(done, &run.plan, &mut run.ladder)?;
        }
        if done.is_multiple_of((total / every / TIMES_OF_MEMORY).max(1) * every) {
            run.remember(done);
        }
        Ok(Advance::Done(count))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        Progress { phase: "production".to_string(), done, total: self.length(&run.plan), figures: run.acceptances() }
    }

    fn may_end_early(&self) -> bool {
        true
    }

    fn foresee(&self, key: &str, outlook: &mut Outlook) {
        if outlook.loops > 0 {
            outlook.report(key, "production in a loop", "`Produce()` once, as the last stage of the program");
        }
        for number in 0..outlook.flows.len() {
            let name = &outlook.flows[number].name;
            if !outlook.ready.contains(&number) {
                outlook.report(key, format!("production before the flow {name:?} is trained"), "`Train()` before it");
            } else if !outlook.judged.contains(&number) {
                outlook.report(
                    key,
                    format!("production before the flow {name:?} is judged as it is"),
                    "`Judge()` before it, after the last training",
                );
            }
        }
        outlook.add_sweeps(outlook.lengths.production, true);
        outlook.produced = true;
    }
}
