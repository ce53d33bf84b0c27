//! Findings about starts: walkers that all start alike and have not forgotten it.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::Simulation;

/// Mean memory over production above which the arrangement of the start has a part in the figures.
const REMEMBERED: f64 = 0.1;
/// Above this nothing but vibrations has happened, as in a crystal.
const UNCHANGED: f64 = 0.97;

pub(super) fn findings(built: &Built, _: &Simulation, summary: &Summary) -> Vec<Finding> {
    let all = &summary.start_memory;
    let remembering: Vec<usize> = (0..all.len()).filter(|&rung| all[rung].mean > REMEMBERED).collect();
    let Some(&first) = remembering.first() else { return Vec::new() };
    let place = match (all.len(), remembering.len()) {
        (1, _) => String::new(),
        (_, 1) => format!(" at {}", summary.observables[first].rung.title()),
        (rungs, here) if rungs == here => " in all rungs".to_string(),
        (rungs, here) => format!(" in {here} of {rungs} rungs, the first of them {}", summary.observables[first].rung.title()),
    };
    let who = match (built.plan.starts.len(), built.plan.states.is_empty()) {
        (1, _) => "the walker is slow to forget where it started",
        (_, true) => "all walkers start from one arrangement of the particles and are slow to forget it",
        (_, false) => "all walkers of a state start from one arrangement of the particles and are slow to forget it",
    };
    let percent = |share: f64| (100.0 * share).round().max(0.0);
    let found = format!(
        "{who}{place}: of the neighbours at the start, beyond those by chance, {} % are neighbours still as production begins and {} % as it \
         ends, so that agreement of the walkers (R-hat) does not show that other arrangements were tried",
        percent(all[first].at_first),
        percent(all[first].at_last)
    );
    // A crystal that only vibrates may be what is wanted; where states are compared, or the arrangement has begun to change, one is too few.
    let crystal = built.plan.states.is_empty() && remembering.iter().all(|&rung| all[rung].mean > UNCHANGED);
    let severity = if crystal { Severity::Note } else { Severity::Doubtful };
    let remedy = "where other arrangements belong to the ensemble, equilibrate longer, melt them in a ladder (hotter rungs, or factors that fade \
                  the interactions), or start walkers from arrangements of their own (`Random`, or a `File` of several frames)";
    vec![Finding { severity, kind: "start_remembered", found, remedy: remedy.to_string() }]
}
