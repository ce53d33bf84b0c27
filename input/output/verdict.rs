//! The verdict on a run: what its figures are worth, made of the worst that was found.
//!
//! Each source is a function from the run to findings, one file a subject. The terminal, `summary.json` and the report all print the same
//! verdict, so none of them can contradict another.

mod chain;
mod continuation;
mod dynamics;
mod flows;
mod movement;
mod pressure;
mod starts;
mod training;
mod weights;

#[cfg(test)]
pub(crate) use chain::chain_findings;
pub use dynamics::notes;

pub(crate) use pressure::cut_at_least_size;

pub use crate::finding::{Finding, Severity};

use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::Simulation;
use serde::Serialize;

/// What the figures of a run are worth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// One sentence: that of the worst finding, or that there is none.
    pub headline: String,
    /// All findings, the worst first.
    pub findings: Vec<Finding>,
}

/// What a subject has to say of a run.
type Source = fn(&Built, &Simulation, &Summary) -> Vec<Finding>;

/// All sources of findings.
const SOURCES: &[Source] = &[
    movement::findings,
    chain::findings,
    flows::findings,
    continuation::findings,
    starts::findings,
    weights::findings,
    training::findings,
    dynamics::findings,
    pressure::findings,
];

impl Verdict {
    /// The verdict on a run whose figures are in `summary`.
    pub fn new(built: &Built, simulation: &Simulation, summary: &Summary) -> Self {
        Self::of(SOURCES.iter().flat_map(|source| source(built, simulation, summary)).collect())
    }

    /// The verdict that follows from `findings`, in any order.
    pub fn of(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.severity);
        let worst = findings.iter().filter(|finding| finding.severity < Severity::Note).collect::<Vec<_>>();
        let headline = match worst[..] {
            [] => "nothing speaks against the figures: the chain is exact, and walkers agree".to_string(),
            [first, ..] if first.severity == Severity::Unsound => format!("not the ensemble asked for: {}", first.found),
            [first] => format!("some figures are doubtful: {}", first.found),
            [first, ..] => format!("some figures are doubtful, for {} reasons: {}", worst.len(), first.found),
        };
        Self { headline, findings }
    }

    /// The verdict as the terminal has it: the headline, then a line for each finding.
    pub fn text(&self) -> String {
        let mut text = format!("verdict: {}\n", self.headline);
        for finding in &self.findings {
            text.push_str(&format!("  - {}\n", finding.sentence()));
        }
        text
    }

    /// The severity of the worst finding.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.first().map(|finding| finding.severity)
    }
}
