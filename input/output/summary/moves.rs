//! Counts of the moves of a sweep by walker, and of jumps by way.

use mcflow_engine::moves::Tally;
use mcflow_engine::{Effect, Simulation};
use mcflow_potentials::Precision;
use serde::Serialize;

/// How often one walker tried an entry of the sweep, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct MoveSummary {
    /// The walker.
    pub replica: usize,
    /// Place in the sweep.
    pub entry: usize,
    /// Name of the move.
    #[serde(rename = "move")]
    pub name: String,
    /// Step size or time step in production.
    pub parameter: f64,
    /// Precision of the forces, where the move is dynamics: `Double`, or `Mixed` (pair forces in f32).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Proposals.
    pub attempted: u64,
    /// Accepted ones.
    pub accepted: u64,
    /// Proposals outside the space.
    pub infeasible: u64,
    /// Proposals whose energy or ratio was not a finite number.
    pub non_finite: u64,
    /// Accepted over attempted.
    pub acceptance: Option<f64>,
    /// Mean of the acceptance probabilities.
    pub mean_acceptance_probability: Option<f64>,
    /// The same by way, where the move jumps between states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WaySummary>,
}

/// Counts of jumps from one state to another.
#[derive(Clone, Debug, Serialize)]
pub struct WaySummary {
    /// The state that jumps start from.
    pub from: String,
    /// The state that they lead to.
    pub to: String,
    /// Proposals.
    pub attempted: u64,
    /// Accepted ones.
    pub accepted: u64,
    /// Images outside the state.
    pub infeasible: u64,
    /// Accepted over attempted.
    pub acceptance: Option<f64>,
}

impl MoveSummary {
    /// The name of the move with what is unusual about it: `Langevin, pair forces in f32`.
    pub fn title(&self) -> String {
        let mixed = self.precision == Some(Precision::Mixed);
        format!("{}{}", self.name, if mixed { ", pair forces in f32" } else { "" })
    }
}

/// The counts of all walkers, entry by entry; exchanges, which pairs of rungs count, are left out.
pub(super) fn moves(simulation: &Simulation) -> Vec<MoveSummary> {
    let mut all = Vec::new();
    let walkers = simulation.ladder().rungs.iter().flat_map(|chains| chains.walkers.iter().map(move |walker| (chains, walker)));
    for (replica, (chains, walker)) in walkers.enumerate() {
        // Exchanges are counted by pairs of rungs, not by walkers.
        let entries = chains.entries.iter().zip(&walker.tallies).enumerate();
        for (entry, (what, tally)) in entries.filter(|(_, (what, _))| what.effect() != Effect::Rungs) {
            all.push(MoveSummary {
                replica,
                entry,
                name: what.name().to_string(),
                parameter: chains.parameters[entry],
                precision: what.precision(),
                attempted: tally.attempted,
                accepted: tally.accepted,
                infeasible: tally.infeasible,
                non_finite: tally.non_finite,
                acceptance: tally.acceptance(),
                mean_acceptance_probability: tally.mean_probability(),
                ways: ways(simulation, entry, &walker.ways[entry]),
            });
        }
    }
    all
}

/// Counts by way of an entry that jumps between states.
fn ways(simulation: &Simulation, entry: usize, tallies: &[Tally]) -> Vec<WaySummary> {
    let (plan, trained) = (simulation.plan(), simulation.trained());
    let pairs = plan.entries[entry].ways(&trained).into_iter().flat_map(|(a, b)| [(a, b), (b, a)]);
    // Ways that were never gone have no counts.
    let tallies = tallies.iter().copied().chain(std::iter::repeat(Tally::default()));
    let of = |((from, to), tally): ((usize, usize), Tally)| WaySummary {
        from: plan.states[from].name.clone(),
        to: plan.states[to].name.clone(),
        attempted: tally.attempted,
        accepted: tally.accepted,
        infeasible: tally.infeasible,
        acceptance: tally.acceptance(),
    };
    pairs.zip(tallies).map(of).collect()
}

/// Attempted and accepted jumps by way, over all walkers and entries.
pub fn jumps(moves: &[MoveSummary]) -> Vec<(String, String, u64, u64)> {
    let mut all: Vec<(String, String, u64, u64)> = Vec::new();
    for way in moves.iter().flat_map(|m| &m.ways) {
        match all.iter_mut().find(|(from, to, ..)| (from, to) == (&way.from, &way.to)) {
            Some((_, _, attempted, accepted)) => (*attempted, *accepted) = (*attempted + way.attempted, *accepted + way.accepted),
            None => all.push((way.from.clone(), way.to.clone(), way.attempted, way.accepted)),
        }
    }
    all
}
