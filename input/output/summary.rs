//! `summary.json`: every figure of a run under a stable name.

mod exchanges;
mod learned;
mod moves;
mod observables;
mod rungs;
mod states;

pub use exchanges::ExchangeSummary;
pub use learned::StageSummary;
pub use moves::{MoveSummary, WaySummary, jumps};
pub use observables::{CircleSummary, LARGEST_R_HAT, ObservableSummary};
pub use rungs::{RungName, RungObservables};
pub use states::{DifferenceSummary, RungStates};

use crate::build::Built;
use crate::output::functions::{FunctionSummary, functions};
use crate::output::start_memory::{StartMemory, start_memory};
use crate::output::verdict::{Verdict, cut_at_least_size};
use crate::schema::Rung;
use exchanges::exchanges;
use learned::{flows, stages};
use mcflow_engine::statistics::{Estimator, Mixing, estimate, estimate_exchanging, mixing, slices};
use mcflow_engine::{FlowAssessment, Plan, Simulation};
use moves::moves;
use observables::column;
use serde::Serialize;
use states::states;
use std::collections::BTreeMap;

/// All figures of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Version of mcflow.
    pub version: String,
    /// SHA-256 of the input's text.
    pub input_sha256: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// The unit system of all figures; free energies are in kT.
    pub units: String,
    /// What the figures are worth: the worst that was found, then all of it.
    pub verdict: Verdict,
    /// Whether the chain samples its target exactly.
    pub exact: bool,
    /// Why not, where it does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The instruction set that the bytes of this run belong to; several, one after the other, where it was resumed on another.
    pub instruction_set: String,
    /// Precision of energies and of all forces but those that an entry of the sweep asks for otherwise.
    pub precision: String,
    /// Time and work by phase.
    pub phases: BTreeMap<String, PhaseSummary>,
    /// Wall time of all phases.
    pub seconds: f64,
    /// Counts by walker and entry of the sweep.
    pub moves: Vec<MoveSummary>,
    /// Means by rung and column.
    pub observables: Vec<RungObservables>,
    /// Populations and free-energy differences by rung.
    pub states: Vec<RungStates>,
    /// Accumulated functions by rung, in the units of the run; times are those of trajectory files.
    pub functions: Vec<FunctionSummary>,
    /// Judgement of each flow.
    pub flows: Vec<FlowAssessment>,
    /// The stages of the trainings of this run, by flow.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub training: BTreeMap<String, Vec<StageSummary>>,
    /// What walkers remember of the arrangement that all of a state start from, by rung; absent where they start from several, or where
    /// particles do not wander among each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub start_memory: Vec<StartMemory>,
    /// Exchange between rungs, by entry and pair.
    pub exchange: Vec<ExchangeSummary>,
    /// From the first rung to the last and back, by replica; empty with one rung.
    pub ladder_round_trips: Vec<u64>,
    /// How replicas spread over the rungs; absent with one rung.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder_mixing: Option<Mixing>,
    /// Largest relative difference of a running energy from the recomputed one.
    pub largest_energy_drift: f64,
    /// Neighbour lists built, over all walkers.
    pub neighbour_list_builds: u64,
}

/// Time and work of a phase.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseSummary {
    /// Wall time.
    pub seconds: f64,
    /// Trial moves, time steps and draws over all walkers; training steps.
    pub steps: u64,
    /// Steps over seconds.
    pub steps_per_second: f64,
    /// The same, times the particles that a step moves.
    pub particle_steps_per_second: f64,
}

impl Summary {
    /// The summary of a run as it stands.
    pub fn new(built: &Built, simulation: &Simulation) -> Self {
        let plan = simulation.plan();
        let recorder = simulation.recorder();
        let costs = simulation.costs();
        let production = costs.get("production").map_or(0.0, |c| c.seconds);
        let phases = costs.iter().map(|(name, cost)| {
            let rate = |steps: u64| if cost.seconds > 0.0 { steps as f64 / cost.seconds } else { 0.0 };
            let summary = PhaseSummary {
                seconds: cost.seconds,
                steps: cost.steps,
                steps_per_second: rate(cost.steps),
                particle_steps_per_second: rate(cost.particle_steps),
            };
            (name.clone(), summary)
        });
        let name = |rung: usize| {
            let Rung { temperature, pressure, scale, .. } = built.input.ladder[rung].clone();
            RungName { temperature, pressure, scale }
        };
        const CUT: &str = "the ensemble is cut at the least size of the cell";
        let cut: Vec<Option<String>> = (0..plan.rungs.len()).map(|rung| cut_at_least_size(simulation, rung)).collect();
        let observables = |rung: usize| {
            let columns = recorder.columns().iter().enumerate().map(|(k, name)| {
                let series = recorder.series(k, plan.walkers(rung));
                let series = slices(&series);
                let found = column(plan, k, &series, production);
                (name.clone(), if cut[rung].is_some() { found.without_error(CUT) } else { found })
            });
            RungObservables { rung: name(rung), samples: recorder.samples(), columns: columns.collect() }
        };
        let rungs = if plan.states.is_empty() { 0 } else { plan.rungs.len() };
        let round_trips = if plan.rungs.len() > 1 { simulation.ladder().exchanges.round_trips.clone() } else { Vec::new() };
        let mut why = plan.inexact_because();
        for (rung, found) in cut.iter().enumerate() {
            let place = if plan.rungs.len() > 1 { format!(" at {}", name(rung).title()) } else { String::new() };
            why.extend(
                found.as_ref().map(|found| format!("{found}{place}: smaller volumes are cut off, and all means are those of the rest")),
            );
        }
        let mut summary = Self {
            version: env!("CARGO_PKG_VERSION").to_string(),
            input_sha256: built.input_sha256.clone(),
            seed: plan.seed,
            units: plan.units.clone(),
            verdict: Verdict::default(),
            exact: why.is_empty(),
            why,
            instruction_set: simulation.instruction_sets().join(", then "),
            precision: "Double".to_string(),
            phases: phases.collect(),
            seconds: costs.values().map(|c| c.seconds).sum(),
            moves: moves(simulation),
            observables: (0..plan.rungs.len()).map(observables).collect(),
            states: (0..rungs)
                .map(|rung| {
                    let found = states(simulation, rung, name(rung), production);
                    if cut[rung].is_some() { found.without_errors(CUT) } else { found }
                })
                .collect(),
            functions: functions(simulation, name),
            flows: flows(simulation),
            training: simulation.reports().iter().map(|(flow, report)| (flow.clone(), stages(report))).collect(),
            start_memory: start_memory(simulation.memory()),
            exchange: exchanges(built, simulation),
            ladder_round_trips: round_trips,
            ladder_mixing: mixing(&simulation.ladder().exchanges.transitions),
            largest_energy_drift: simulation.largest_drift(),
            neighbour_list_builds: simulation.ladder().walkers().map(|w| w.workspace.list_builds()).sum(),
        };
        summary.verdict = Verdict::new(built, simulation, &summary);
        summary
    }

    /// The free-energy difference between two states of the only rung.
    pub fn difference(&self, from: &str, to: &str) -> Option<&DifferenceSummary> {
        self.states.first()?.free_energy_differences.iter().find(|d| d.from == from && d.to == to)
    }

    /// The JSON text.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and names");
        text.push('\n');
        text
    }
}

/// Walkers of a ladder exchange, and are not independent.
pub(crate) fn estimator(plan: &Plan) -> Estimator {
    if plan.rungs.len() > 1 { estimate_exchanging } else { estimate }
}
