//! Findings about starts: walkers that all start alike and have not forgotten it.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::Simulation;

/// Neighbours kept, above which the arrangement of the start is still there.
const REMEMBERED: f64 = 0.5;
/// Above this nothing but vibrations has happened, as in a crystal.
const UNCHANGED: f64 = 0.97;

pub(super) fn findings(built: &Built, _: &Simulation, summary: &Summary) -> Vec<Finding> {
    let all = &summary.start_memory;
    let remembering: Vec<usize> =
        (0..all.len()).filter(|&rung| all[rung].started_alike && all[rung].neighbours_kept > REMEMBERED).collect();
    let Some(&first) = remembering.first() else { return Vec::new() };
    let most = remembering.iter().map(|&rung| all[rung].neighbours_kept).fold(0.0, f64::max);
    let place = match (all.len(), remembering.len()) {
        (1, _) => String::new(),
        (_, 1) => format!(" at {}", summary.observables[first].rung.title()),
        (rungs, here) if rungs == here => " in all rungs".to_string(),
        (rungs, here) => format!(" in {here} of {rungs} rungs, the first of them {}", summary.observables[first].rung.title()),
    };
    let who = match (all[first].walkers, built.plan.states.is_empty()) {
        (1, _) => "the walker has not forgotten where it started",
        (_, true) => "all walkers started from one arrangement of the particles and have not forgotten it",
        (_, false) => "all walkers of a state started from one arrangement of the particles and have not forgotten it",
    };
    let found = format!(
        "{who}{place}: {:.0} % of the neighbours at the start, beyond those by chance, are neighbours at the end, so that agreement (R-hat) does \
         not show that other arrangements were tried",
        100.0 * all[first].neighbours_kept
    );
    // A crystal that only vibrates may be what is wanted; where states are compared, or the arrangement has begun to change, one is too few.
    let crystal = built.plan.states.is_empty() && most > UNCHANGED;
    let severity = if crystal { Severity::Note } else { Severity::Doubtful };
    let remedy = "where other arrangements belong to the ensemble, run longer, melt them in a ladder (hotter rungs, or factors that fade the \
                  interactions), or start walkers from arrangements of their own (`Random`, or a `File` of several frames)";
    vec![Finding { severity, kind: "start_remembered", found, remedy: remedy.to_string() }]
}
