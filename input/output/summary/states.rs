//! Populations of states and differences of their free energies.

use super::observables::observable;
use super::{ObservableSummary, RungName, estimator};
use mcflow_engine::Simulation;
use mcflow_engine::statistics::{NoEstimate, StateIndex, free_energy_difference, round_trips, slices, state_populations};
use serde::Serialize;
use std::collections::BTreeMap;

/// Populations of the states in a rung, and their free energies.
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
    /// Split R-hat over walkers; above 1.1 value and error are not to be trusted.
    pub r_hat: Option<f64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RungStates {
    /// Populations without error bars and no differences, for this reason.
    pub(super) fn without_errors(mut self, reason: &str) -> Self {
        self.population = self.population.into_iter().map(|(name, found)| (name, found.without_error(reason))).collect();
        for difference in &mut self.free_energy_differences {
            (difference.value, difference.standard_error) = (None, None);
            difference.reason.get_or_insert_with(|| reason.to_string());
        }
        self
    }
}

/// The populations of all states in a rung, and the free energies of all from the first; `seconds` is the wall time of production.
pub(super) fn states(simulation: &Simulation, rung: usize, name: RungName, seconds: f64) -> RungStates {
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
