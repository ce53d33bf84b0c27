//! Findings about the chain itself: whether it is exact, and whether its walkers agree.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::{LARGEST_R_HAT, Summary};
use mcflow_engine::Simulation;

pub(super) fn findings(_: &Built, _: &Simulation, summary: &Summary) -> Vec<Finding> {
    chain_findings(summary)
}

/// What the figures alone tell of the chain.
pub fn chain_findings(summary: &Summary) -> Vec<Finding> {
    let mut all = Vec::new();
    for why in &summary.why {
        all.push(Finding { severity: Severity::Unsound, kind: "not_exact", found: why.clone(), remedy: String::new() });
    }
    let columns = summary.observables.iter().flat_map(|rung| rung.columns.iter().map(move |(name, o)| (&rung.rung, name, o)));
    let populations = summary.states.iter().flat_map(|rung| rung.population.iter().map(move |(name, o)| (&rung.rung, name, o)));
    let apart: Vec<String> = columns
        .chain(populations)
        .filter(|(_, _, o)| o.r_hat.is_some_and(|r| r > LARGEST_R_HAT))
        .map(|(rung, name, _)| if summary.observables.len() > 1 { format!("{name} at {}", rung.title()) } else { name.clone() })
        .collect();
    if !apart.is_empty() {
        all.push(Finding {
            severity: Severity::Doubtful,
            kind: "walkers_disagree",
            found: format!("the walkers disagree (R-hat above {LARGEST_R_HAT}) on {}", apart.join(", ")),
            remedy: "run longer, or add moves that cross what separates them".to_string(),
        });
    }
    all
}
