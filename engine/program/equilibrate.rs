//! Equilibration: sweeps in which step sizes are tuned.

use super::{Advance, Outlook, Run, Stage};
use crate::RunError;
use crate::plan::{Lengths, Plan};
use crate::program::Progress;
use crate::program::costs::costs;
use serde::{Deserialize, Serialize};

/// Times that step sizes are tuned in a stage.
const TUNINGS: u64 = 40;

/// Sweeps of a stage, at most.
const MOST_SWEEPS: u64 = u64::MAX / 1024;

/// Sweeps before anything counts: step sizes and intervals of jumps are tuned, energies are computed anew at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equilibrate {
    /// How many; `run.equilibration` unless given.
    #[serde(default)]
    pub sweeps: Option<u64>,
    /// Which moves: all those whose flow is there once a stage before has trained or judged one, unless given.
    #[serde(default)]
    pub moves: Option<Moves>,
}

/// The moves of a sweep that a stage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Moves {
    /// Those without a flow.
    Local,
    /// Those without a flow, and those whose flow is trained.
    All,
}

impl Moves {
    /// Whether flows move the walkers, where the input says this of a stage.
    pub(super) fn with_flows(asked: Option<Self>, otherwise: bool) -> bool {
        asked.map_or(otherwise, |moves| moves == Self::All)
    }
}

impl Equilibrate {
    fn with_flows(&self, run: &Run) -> bool {
        Moves::with_flows(self.moves, run.has_flows())
    }

    fn sweeps(&self, lengths: Lengths) -> u64 {
        self.sweeps.unwrap_or(lengths.equilibration)
    }
}

impl Stage for Equilibrate {
    fn name(&self) -> &'static str {
        "Equilibrate"
    }

    fn counted_as(&self, run: &Run) -> &'static str {
        if self.with_flows(run) { "equilibration_with_flows" } else { "equilibration" }
    }

    fn length(&self, plan: &Plan) -> u64 {
        self.sweeps(plan.lengths)
    }

    fn advance(&self, run: &mut Run, done: u64, most: u64) -> Result<Advance, RunError> {
        let total = self.length(&run.plan);
        if done >= total {
            run.ladder.refresh_energies();
            return Ok(Advance::Finished);
        }
        let with_flows = self.with_flows(run);
        let tune_every = (total / TUNINGS).max(1);
        let until_tuning = tune_every - done % tune_every;
        let count = most.min(until_tuning).min(total - done);
        run.sweep(self.counted_as(run), done + 1, count, with_flows)?;
        if (done + count).is_multiple_of(tune_every) {
            let costs = if with_flows { costs(&run.plan, &run.flows) } else { Vec::new() };
            run.tuned_at = run.ladder.tune(&run.tuned_at, &costs);
        }
        Ok(Advance::Done(count))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        let phase = self.counted_as(run).replace('_', " ");
        Progress { phase, done, total: self.length(&run.plan), figures: run.acceptances() }
    }

    fn foresee(&self, key: &str, outlook: &mut Outlook) {
        let sweeps = self.sweeps(outlook.lengths);
        if self.sweeps.is_some_and(|sweeps| sweeps > MOST_SWEEPS) {
            outlook.report(format!("{key}.sweeps"), sweeps, format!("a whole number up to {MOST_SWEEPS}"));
        }
        outlook.add_sweeps(sweeps, Moves::with_flows(self.moves, outlook.has_flows));
    }
}
