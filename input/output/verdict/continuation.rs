//! What going on with a run has changed.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::Simulation;

/// Parts of the run that were summed with registers of different sizes.
pub(super) fn findings(_: &Built, simulation: &Simulation, _: &Summary) -> Vec<Finding> {
    let sets = simulation.instruction_sets();
    if sets.len() < 2 {
        return Vec::new();
    }
    vec![Finding {
        severity: Severity::Note,
        kind: "several_instruction_sets",
        found: format!("the run went on with another instruction set than it was begun with ({})", sets.join(", then ")),
        remedy: "its figures are as good, but its bytes are not those of an unbroken run: for those, go on with the same set (MCFLOW_INSTRUCTION_SET)"
            .to_string(),
    }]
}
