//! Findings about what the moves of a sweep can do at all: wholes that drift, thermostats without time to act, moves that are never due.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::{MoveSummary, Summary};
use mcflow_engine::observers::Column;
use mcflow_engine::{Effect, Plan, Simulation};
use mcflow_potentials::Confinement;

pub(super) fn findings(built: &Built, _: &Simulation, summary: &Summary) -> Vec<Finding> {
    notes(&built.plan).into_iter().chain(turned_back(&built.plan, summary)).collect()
}

/// Refused steps of dynamics where a function is one of time: only dynamics is in such a sweep, so all counts are of its steps.
fn turned_back(plan: &Plan, summary: &Summary) -> Option<Finding> {
    /// Refused steps of all above which a function of time is not to be trusted.
    const MOST: f64 = 0.01;
    let names: Vec<&str> = plan.functions.iter().filter(|function| function.is_of_time()).map(|function| function.name()).collect();
    let total = |count: fn(&MoveSummary) -> u64| summary.moves.iter().map(count).sum::<u64>();
    let (attempted, accepted) = (total(|m| m.attempted), total(|m| m.accepted));
    (!names.is_empty() && accepted < attempted).then(|| {
        let share = (attempted - accepted) as f64 / attempted as f64;
        let found = format!("{:.2e} of the steps of dynamics were refused, each of which turns all momenta round", share);
        Finding {
            severity: if share > MOST { Severity::Doubtful } else { Severity::Note },
            kind: "turned_back",
            found: format!("{found}: {} is that of paths that turn back so often", names.join(", ")),
            remedy: "a smaller time step, or `metropolized: false`, whose error of the time step is told".to_string(),
        }
    })
}

/// What is known of a plan before it runs, beside [`Plan::inexact_because`].
pub fn notes(plan: &Plan) -> Vec<Finding> {
    drift(plan).into_iter().chain(weak_thermostat(plan)).chain(never_due(plan)).collect()
}

/// A whole that is held together but nowhere has distances in equilibrium, and no place.
fn drift(plan: &Plan) -> Option<Finding> {
    (0..plan.rungs.len()).find(|&rung| plan.confinement(rung) == Confinement::Drifts)?;
    let columns = plan.columns.iter().filter_map(|column| match column {
        Column::Variable(own) if own.of.follows_translation() => Some(format!("the column {}", own.name)),
        _ => None,
    });
    let functions = plan.functions.iter().filter(|function| function.variable().is_some_and(|of| of.follows_translation()));
    let functions = functions.map(|function| format!("the profile {}", function.name()));
    let states = plan.states.iter().filter(|state| state.condition.follows_translation()).map(|state| format!("the state {}", state.name));
    let flows = plan.flows.iter().map(|flow| format!("weights of the flow {}", flow.name));
    let spoilt: Vec<String> = columns.chain(functions).chain(states).chain(flows).collect();
    let found = "nothing holds the particles as a whole in place: their centre wanders off for ever".to_string();
    Some(if spoilt.is_empty() {
        let found = found + ", while energies and distances have an equilibrium";
        Finding { severity: Severity::Note, kind: "drifts", found, remedy: String::new() }
    } else {
        let found = format!("{found}, and with it {}", spoilt.join(", "));
        let remedy = "hold it by a restraint or a wall, or measure distances".to_string();
        Finding { severity: Severity::Doubtful, kind: "drifts", found, remedy }
    })
}

/// Noise so weak that it has hardly acted by the end of the run, where nothing else gives walkers their temperature.
fn weak_thermostat(plan: &Plan) -> Option<Finding> {
    /// Relaxation times of energies in a run for its walkers to have forgotten those of their starts.
    const FEWEST: f64 = 10.0;
    let mut times = 0.0;
    for entry in plan.entries.iter() {
        match (entry.dynamics(), entry.effect()) {
            (Some(dynamics), _) if dynamics.keeps_momenta => {
                let occurrences = plan.lengths.production / entry.every().max(1) as u64;
                let time = occurrences as f64 * dynamics.steps as f64 * dynamics.time_step;
                times += if dynamics.has_noise { time * dynamics.friction } else { 0.0 };
            }
            (_, Effect::Rigid | Effect::Rungs) => {}
            _ => return None,
        }
    }
    (times > 0.0 && times < FEWEST).then(|| Finding {
        severity: Severity::Doubtful,
        kind: "weak_thermostat",
        found: format!(
            "friction times the time of production is {times:.2e}: the noise has hardly begun to act, so each walker still has about the energy \
             of its start"
        ),
        remedy: "a larger friction, a longer run, or Hmc or another move with an accept rule".to_string(),
    })
}

/// Entries that production has no sweep for.
fn never_due(plan: &Plan) -> Vec<Finding> {
    let production = plan.lengths.production;
    let late = plan.entries.iter().filter(|entry| entry.every() as u64 > production);
    late.map(|entry| Finding {
        severity: Severity::Note,
        kind: "never_due",
        found: format!("{} comes every {} sweeps, of which production has {production}: it is never tried", entry.name(), entry.every()),
        remedy: "a smaller `every`, or a longer run".to_string(),
    })
    .collect()
}
