//! Exchanges between rungs by entry and pair.

use crate::build::Built;
use mcflow_engine::Simulation;
use serde::Serialize;

/// How often one entry exchanged configurations between two rungs.
#[derive(Clone, Debug, Serialize)]
pub struct ExchangeSummary {
    /// Place in the sweep.
    pub entry: usize,
    /// The flow, where it is a learned one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The two rungs, numbered from 0.
    pub rungs: (usize, usize),
    /// Their temperatures.
    pub temperatures: (f64, f64),
    /// Their pressures, where they have some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressures: Option<(f64, f64)>,
    /// Exchanges tried.
    pub attempted: u64,
    /// Accepted ones.
    pub accepted: u64,
    /// Accepted over attempted.
    pub acceptance: Option<f64>,
    /// Mean of the acceptance probabilities.
    pub mean_acceptance_probability: Option<f64>,
    /// Exchanges with a configuration that does not come back through the flow.
    pub infeasible: u64,
    /// Those that brought another state to the lower rung, over attempted.
    pub between_states: Option<f64>,
}

/// The counts of all exchanges: of each entry that exchanges, pair by pair.
pub(super) fn exchanges(built: &Built, simulation: &Simulation) -> Vec<ExchangeSummary> {
    let plan = simulation.plan();
    let mut all = Vec::new();
    for (entry, what) in plan.entries.iter().enumerate() {
        for ((lower, upper), tally) in plan.pairs_of(what).into_iter().zip(&simulation.ladder().exchanges.tallies[entry]) {
            let share = |count: f64| (tally.attempted > 0).then(|| count / tally.attempted as f64);
            all.push(ExchangeSummary {
                entry,
                flow: what.flow().map(str::to_string),
                rungs: (lower, upper),
                temperatures: (built.input.ladder[lower].temperature, built.input.ladder[upper].temperature),
                pressures: built.input.ladder[lower].pressure.zip(built.input.ladder[upper].pressure),
                attempted: tally.attempted,
                accepted: tally.accepted,
                acceptance: share(tally.accepted as f64),
                mean_acceptance_probability: share(tally.probability),
                infeasible: tally.infeasible,
                between_states: (!plan.states.is_empty()).then(|| share(tally.between_states as f64)).flatten(),
            });
        }
    }
    all
}
