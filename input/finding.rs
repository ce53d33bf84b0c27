//! One thing that is known of an input or of a run and speaks against its figures.

use serde::Serialize;

/// How much of a run a finding spoils, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The ensemble sampled is not the one asked for: no mean of the run answers the question.
    Unsound,
    /// The figures that the finding names are not to be trusted.
    Doubtful,
    /// Good to know; no figure is wrong because of it.
    Note,
}

/// One thing that was found, in a sentence that anyone can read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How much it spoils.
    pub severity: Severity,
    /// A stable name for programs: `walkers_disagree`, `never_visited`.
    pub kind: &'static str,
    /// What was found: a sentence with the names and numbers concerned, without a full stop.
    pub found: String,
    /// What to do about it, without a full stop.
    pub remedy: String,
}

impl Finding {
    /// `found; remedy`.
    pub fn sentence(&self) -> String {
        if self.remedy.is_empty() { self.found.clone() } else { format!("{}; {}", self.found, self.remedy) }
    }
}
