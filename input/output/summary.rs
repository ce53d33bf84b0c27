//! `summary.json`: every figure of a run under a stable name.

mod observables;

pub use observables::{CircleSummary, LARGEST_R_HAT, ObservableSummary};

use crate::build::Built;
use crate::output::functions::{FunctionSummary, functions};
use crate::output::start_memory::{StartMemory, start_memory};
use crate::output::verdict::{Verdict, cut_at_least_size};
use crate::schema::{Named, Rung};
use mcflow_engine::moves::Tally;
use mcflow_engine::statistics::{
    Estimator, Mixing, NoEstimate, StateIndex, estimate, estimate_exchanging, free_energy_difference, mixing, round_trips, slices,
    state_populations,
};
use mcflow_engine::{Entry, FlowAssessment, Plan, Simulation};
use mcflow_flows::{StageReport, TrainingReport};
use mcflow_potentials::Precision;
use observables::{column, observable};
use serde::Serialize;
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
    /// Profiles and radial distribution functions by rung, in the units of the run.
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

/// Counts of an entry of the sweep in one walker.
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

/// How a stage of training went.
#[derive(Clone, Debug, Serialize)]
pub struct StageSummary {
    /// Steps done.
    pub steps: usize,
    /// Steps skipped because a loss or gradient was not finite.
    pub skipped: usize,
    /// Held-out loss before the first step.
    pub loss_before: Option<f64>,
    /// The lowest held-out loss.
    pub held_out_loss: f64,
    /// Step after which it was found; 0: no step was better than the start.
    pub best_step: usize,
    /// Whether any step was better than the start.
    pub better_than_the_start: bool,
    /// The stage ended before its last step, by patience.
    pub stopped_early: bool,
}

/// Exchanges between two rungs.
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

/// What a rung samples.
#[derive(Clone, Debug, Serialize)]
pub struct RungName {
    /// Temperature in the units of the input.
    pub temperature: f64,
    /// The pressure that it imposes, where there is one; measured pressures are a column of the same samples.
    #[serde(rename = "imposed_pressure", skip_serializing_if = "Option::is_none")]
    pub pressure: Option<f64>,
    /// The factors that it gives terms of the potential.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub scale: Named<f64>,
}

impl RungName {
    /// `T 1, P 0.5, 0.3 LennardJones`.
    pub fn title(&self) -> String {
        format!("T {}{}", self.temperature, self.rest())
    }

    /// What follows the temperature: `, P 0.5, 0.3 LennardJones`.
    pub fn rest(&self) -> String {
        let pressure = self.pressure.map_or(String::new(), |p| format!(", P {p}"));
        let factors = self.scale.iter().map(|(term, factor)| format!(", {factor} {term}"));
        pressure + &factors.collect::<String>()
    }
}

/// Columns of a rung.
#[derive(Clone, Debug, Serialize)]
pub struct RungObservables {
    /// The rung.
    #[serde(flatten)]
    pub rung: RungName,
    /// Samples of each walker.
    pub samples: u64,
    /// By name.
    #[serde(flatten)]
    pub columns: BTreeMap<String, ObservableSummary>,
}

impl RungObservables {
    /// Its own keys, beside which columns stand under their names: no column may be called so.
    pub const KEYS: [&str; 4] = ["temperature", "imposed_pressure", "scale", "samples"];
}

/// States of a rung.
#[derive(Clone, Debug, Serialize)]
pub struct RungStates {
    /// The rung.
    #[serde(flatten)]
    pub rung: RungName,
    /// By name: the fraction of samples in the state.
    pub population: BTreeMap<String, ObservableSummary>,
    /// F(to) - F(from) in kT, of every state from the first.
    pub free_energy_differences: Vec<DifferenceSummary>,
    /// There and back between the first state and each other, over all walkers.
    pub round_trips: BTreeMap<String, u64>,
}

/// A free-energy difference, or why there is none.
#[derive(Clone, Debug, Serialize)]
pub struct DifferenceSummary {
    /// The state it is counted from.
    pub from: String,
    /// The other.
    pub to: String,
    /// In kT.
    pub value: Option<f64>,
    /// Standard error.
    pub standard_error: Option<f64>,
    /// Split R-hat over walkers; above [`LARGEST_R_HAT`] value and error are not to be trusted.
    pub r_hat: Option<f64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RungStates {
    /// Populations alone, no differences, and why.
    fn without_errors(mut self, reason: &str) -> Self {
        self.population = self.population.into_iter().map(|(name, found)| (name, found.without_error(reason))).collect();
        for difference in &mut self.free_energy_differences {
            (difference.value, difference.standard_error) = (None, None);
            difference.reason.get_or_insert_with(|| reason.to_string());
        }
        self
    }
}

impl MoveSummary {
    /// The name with what is unusual about it: `Langevin, pair forces in f32`.
    pub fn title(&self) -> String {
        let mixed = self.precision == Some(Precision::Mixed);
        format!("{}{}", self.name, if mixed { ", pair forces in f32" } else { "" })
    }
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

fn stages(report: &TrainingReport) -> Vec<StageSummary> {
    let of = |(k, stage): (usize, &StageReport)| StageSummary {
        steps: stage.steps,
        skipped: stage.skipped,
        loss_before: report.loss_before(k),
        held_out_loss: stage.held_out_loss,
        best_step: stage.best_step,
        better_than_the_start: stage.better_than_the_start(),
        stopped_early: stage.stopped_early,
    };
    report.stages.iter().enumerate().map(of).collect()
}

fn moves(simulation: &Simulation) -> Vec<MoveSummary> {
    let mut all = Vec::new();
    let walkers = simulation.ladder().rungs.iter().flat_map(|chains| chains.walkers.iter().map(move |walker| (chains, walker)));
    for (replica, (chains, walker)) in walkers.enumerate() {
        // Exchanges are counted by pairs of rungs, not by walkers.
        let entries = chains.entries.iter().zip(&walker.tallies).enumerate();
        for (entry, (what, tally)) in entries.filter(|(_, (what, _))| !matches!(what, Entry::Exchange { .. })) {
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
                ways: ways(simulation, entry, &walker.tallies),
            });
        }
    }
    all
}

/// The judgements of flows, with what production has shown of generators.
fn flows(simulation: &Simulation) -> Vec<FlowAssessment> {
    let mut flows = simulation.assessments().to_vec();
    let totals = simulation.ladder().totals();
    let draws = |name: &str| {
        let entries = simulation.plan().entries.iter().zip(&totals);
        entries
            .filter(|(entry, _)| matches!(entry, Entry::GeneratorDraw { flow, .. } if flow == name))
            .fold((0, 0), |(outside, attempted), (_, tally)| (outside + tally.outside, attempted + tally.attempted))
    };
    for flow in &mut flows {
        let (outside, attempted) = draws(&flow.name);
        flow.with_production(outside, attempted);
    }
    flows
}

fn exchanges(built: &Built, simulation: &Simulation) -> Vec<ExchangeSummary> {
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

/// Counts by way of an entry that jumps between states.
fn ways(simulation: &Simulation, entry: usize, tallies: &[Tally]) -> Vec<WaySummary> {
    let (plan, trained) = (simulation.plan(), simulation.trained());
    let first = trained.ways_at(&plan.entries, entry);
    let pairs = trained.states_of(&plan.entries[entry]).into_iter().flat_map(|(a, b)| [(a, b), (b, a)]);
    let of = |((from, to), tally): ((usize, usize), &Tally)| WaySummary {
        from: plan.states[from].name.clone(),
        to: plan.states[to].name.clone(),
        attempted: tally.attempted,
        accepted: tally.accepted,
        infeasible: tally.infeasible,
        acceptance: tally.acceptance(),
    };
    pairs.zip(&tallies[first..]).map(of).collect()
}

fn states(simulation: &Simulation, rung: usize, name: RungName, seconds: f64) -> RungStates {
    let names: Vec<&str> = simulation.plan().states.iter().map(|s| s.name.as_str()).collect();
    let series = simulation.recorder().states(simulation.plan().walkers(rung));
    let series = &slices(&series)[..];
    let populations = state_populations(series, names.len() as u32, estimator(simulation.plan()));
    let population = names.iter().zip(populations).enumerate().map(|(k, (name, found))| {
        let indicators: Vec<Vec<f64>> = series.iter().map(|s| indicator(s, k as u32)).collect();
        let indicators: Vec<&[f64]> = indicators.iter().map(Vec::as_slice).collect();
        let reason = found.as_ref().err().map(|reason| named(reason, &names));
        let summary = observable(found, &indicators, seconds);
        (name.to_string(), ObservableSummary { reason: reason.or(summary.reason.clone()), ..summary })
    });
    let others = 1..names.len();
    let differences = others.clone().map(|k| {
        let (value, standard_error, r_hat, reason) = match free_energy_difference(series, 0, k as u32, estimator(simulation.plan())) {
            Ok(found) => (Some(found.value), Some(found.standard_error), found.r_hat, None),
            Err(reason) => (None, None, None, Some(named(&reason, &names))),
        };
        DifferenceSummary { from: names[0].to_string(), to: names[k].to_string(), value, standard_error, r_hat, reason }
    });
    RungStates {
        rung: name,
        population: population.collect(),
        free_energy_differences: differences.collect(),
        round_trips: others
            .map(|k| (format!("{} - {}", names[0], names[k]), series.iter().map(|s| round_trips(s, 0, k as u32)).sum()))
            .collect(),
    }
}

fn indicator(series: &[StateIndex], state: u32) -> Vec<f64> {
    series.iter().map(|s| f64::from(*s == Some(state))).collect()
}

fn named(reason: &NoEstimate, names: &[&str]) -> String {
    match reason {
        NoEstimate::NeverVisited { state } => format!("the state {:?} was never visited", names[*state as usize]),
        NoEstimate::NeverChanged { .. } => "no walker ever left or entered it, so that its share is that of the starts".to_string(),
        other => other.to_string(),
    }
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

#[cfg(test)]
mod tests {
    use super::{RungName, RungObservables};
    use crate::schema::Named;
    use std::collections::BTreeMap;

    /// What a rung is and what was measured in it stand side by side, so the names of the former are kept from the latter.
    #[test]
    fn keys_of_a_rung_are_known() {
        let rung = RungName { temperature: 1.0, pressure: Some(0.5), scale: Named(vec![("Wca".to_string(), 0.5)]) };
        let text = serde_json::to_value(RungObservables { rung, samples: 3, columns: BTreeMap::new() }).unwrap();
        let mut keys: Vec<&str> = text.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = RungObservables::KEYS;
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
    }
}
