//! A loop: stages that are gone through several times.

use super::{Advance, Outlook, ProgramStage, Run, Stage};
use crate::RunError;
use crate::plan::Plan;
use crate::program::Progress;
use serde::{Deserialize, Serialize};

/// Rounds of a loop, at most.
const MOST_TIMES: u64 = 1_000_000;

/// Stages one after the other, and that so many times. Frames of all rounds are kept; each training goes on from the weights of the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often.
    pub times: u64,
    /// What is repeated: any stages but production.
    pub stages: Vec<ProgramStage>,
}

impl Stage for Repeat {
    fn name(&self) -> &'static str {
        "Repeat"
    }

    fn counted_as(&self, _: &Run) -> &'static str {
        // Its stages count for themselves; between them is nothing that takes time.
        "equilibration"
    }

    fn length(&self, _: &Plan) -> u64 {
        self.times
    }

    /// Notes that a round is over.
    fn advance(&self, _: &mut Run, done: u64, _: u64) -> Result<Advance, RunError> {
        Ok(if done + 1 < self.times { Advance::Done(1) } else { Advance::Finished })
    }

    fn progress(&self, _: &Run, done: u64) -> Progress {
        Progress { phase: "rounds".to_string(), done, total: self.times, figures: String::new() }
    }

    fn inner(&self) -> &[ProgramStage] {
        &self.stages
    }

    fn prepares_flows(&self) -> bool {
        self.stages.iter().any(|stage| stage.stage().prepares_flows())
    }

    fn foresee(&self, key: &str, outlook: &mut Outlook) {
        if self.times == 0 || self.times > MOST_TIMES {
            outlook.report(format!("{key}.times"), self.times, format!("a whole number from 1 to {MOST_TIMES}"));
        }
        if self.stages.is_empty() {
            outlook.report(format!("{key}.stages"), "a loop without stages", "at least one stage");
        }
        outlook.repeated(self.times, |outlook| outlook.go_through(&self.stages, &format!("{key}.stages")));
    }
}
