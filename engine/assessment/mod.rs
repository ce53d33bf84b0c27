//! How good a flow is, by draws from it and by frames it did not make.

mod exchange;
mod generator;
mod jump;
mod works;

pub(crate) use exchange::assess_exchange;
pub(crate) use generator::assess;
pub(crate) use jump::assess_jump;

use crate::learned::configurations::Configurations;
use crate::learned::map::{Map, Passage};
use crate::plan::{FlowPlan, Plan};
use crate::random::{Random, fill_normal};
use crate::statistics::StateIndex;
use mcflow_flows::{Direction, TrainingReport};
use serde::{Deserialize, Serialize};

/// A number with its standard error, or with the reason why it has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Why there is no error: then the number may be anywhere.
    pub reason: Option<String>,
}

/// Free-energy difference between two states, in kT, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateDifference {
    /// The state it is counted from.
    pub from: String,
    /// The other state.
    pub to: String,
    /// F(to) - F(from) in kT.
    pub value: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Why there is no number, or no error of it.
    pub reason: Option<String>,
}

/// How draws are accepted from the frames of a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateAcceptance {
    /// The state; `None` for frames in none.
    pub state: Option<String>,
    /// Frames looked at.
    pub frames: usize,
    /// Mean over frames x and draws x' of min(1, w(x')/w(x)); of a map, over frames x, the probability that the image is accepted.
    pub acceptance: f64,
    /// Of a map: the fraction of the frames whose image is in the other state.
    pub inside: Option<f64>,
    /// Frames that a generator cannot draw at all: outside the box of a uniform prior, or without a way back.
    pub outside: usize,
    /// Frames that weigh more than every draw in their state, those outside among them: what the draws do not stand for.
    pub beyond: usize,
}

/// What a flow maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// A prior to the target.
    Generator,
    /// One state to another.
    ModeJump,
    /// One rung to another.
    Exchange,
}

impl FlowKind {
    /// What it proposes, in the plural.
    pub fn proposals(self) -> &'static str {
        match self {
            Self::Generator => "draws",
            Self::ModeJump => "images",
            Self::Exchange => "exchanges",
        }
    }
}

/// The judgement of a flow before production.
///
/// A flow that has dropped a state looks perfect by its own weights. `acceptance` by state shows it: frames of the state it lacks have
/// huge weights, and draws from there are never accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowAssessment {
    /// Its name.
    pub name: String,
    /// What it maps.
    pub kind: FlowKind,
    /// The state that a generator is of, where it is of one alone: the figures are then those of that state.
    #[serde(default)]
    pub of_state: Option<String>,
    /// Number of trainable parameters.
    pub parameters: usize,
    /// Wall time of training; `None` where the weights were read.
    pub training_seconds: Option<f64>,
    /// Steps of training.
    pub training_steps: Option<u64>,
    /// Loss on held-out samples and fixed latents with the best weights.
    pub held_out_loss: Option<f64>,
    /// Draws the following figures come from.
    pub draws: usize,
    /// Kish effective samples over draws: (sum w)^2 / (n sum w^2).
    pub effective_sample_fraction: Option<f64>,
    /// The largest weight over the sum of all.
    pub largest_weight: Option<f64>,
    /// Shape of the tail of the weights; above 0.7 the figures by them have no error bars.
    pub pareto_k: Option<f64>,
    /// ln Z of exp(-u) over all positions, by the mean weight.
    pub log_z: Option<Measured>,
    /// Differences between states by the weights of the draws.
    pub free_energy_differences: Vec<StateDifference>,
    /// Mean acceptance of draws in equilibrium, from the weights alone.
    pub draw_acceptance: Option<f64>,
    /// The same from frames that other moves made and the flow was not trained on, by state.
    pub acceptance: Vec<StateAcceptance>,
    /// The fraction of the configurations of production that the generator cannot draw, where it was asked.
    pub outside_in_production: Option<f64>,
}

impl FlowAssessment {
    /// Takes what production has shown: of `attempted` draws so many were from configurations that the generator cannot draw. That fraction of the
    /// mass the weights know nothing of, so it is part of the errors of figures by them; where it is more than the rest of it there is none.
    pub fn with_production(&mut self, outside: u64, attempted: u64) {
        if attempted == 0 {
            return;
        }
        let share = outside as f64 / attempted as f64;
        self.outside_in_production = Some(share);
        let change = |error: &mut Option<f64>, reason: &mut Option<String>| {
            if let Some(of_weights) = *error {
                if share > of_weights {
                    *error = None;
                    *reason = Some(format!("{:.2} % of the chain's configurations lie where the flow never draws", 100.0 * share));
                } else {
                    *error = Some(of_weights.hypot(share));
                }
            }
        };
        self.log_z.iter_mut().for_each(|z| change(&mut z.standard_error, &mut z.reason));
        self.free_energy_differences.iter_mut().for_each(|d| change(&mut d.standard_error, &mut d.reason));
    }

    /// Whose frames a row of `acceptance` is about, in words.
    pub fn frames_of<'a>(&self, row: &'a StateAcceptance) -> &'a str {
        match &row.state {
            Some(name) => name,
            None if self.acceptance.len() == 1 => "the chain",
            None => "no state",
        }
    }
}

/// Frames that a flow is judged by, at most, of each state.
const FRAMES_OF_A_STATE: usize = 2000;

/// What is known of a flow before it is judged.
fn unjudged(flow: &FlowPlan, kind: FlowKind, trained: &Map, report: Option<&TrainingReport>) -> FlowAssessment {
    FlowAssessment {
        name: flow.name.clone(),
        kind,
        of_state: None,
        parameters: trained.generator.n_parameters(),
        training_seconds: report.map(|r| r.seconds),
        training_steps: report.map(|r| r.steps as u64),
        held_out_loss: report.map(|r| r.held_out_loss),
        draws: 0,
        effective_sample_fraction: None,
        largest_weight: None,
        pareto_k: None,
        log_z: None,
        free_energy_differences: Vec::new(),
        draw_acceptance: None,
        acceptance: Vec::new(),
        outside_in_production: None,
    }
}

/// Frames of a pool, or draws, as configurations of the run.
fn configurations(plan: &Plan, positions: Vec<f64>) -> Configurations {
    let start = &plan.starts[0];
    Configurations::new(&start.cell, start.positions.row().len(), positions)
}

fn index(state: Option<usize>) -> StateIndex {
    state.map(|s| s as u32)
}

/// All states of a run, and none.
fn groups(plan: &Plan) -> impl Iterator<Item = Option<usize>> {
    (0..plan.states.len()).map(Some).chain([None])
}

/// Frames through a map.
struct Mapped {
    passage: Passage,
    /// Energies of the frames, and of their images.
    before: Vec<f64>,
    after: Vec<f64>,
}

/// Frames of the first of `rungs` through a map that leads to the second.
fn mapped(plan: &Plan, rungs: (usize, usize), map: &Map, frames: Vec<f64>, direction: Direction, random: &mut Random) -> Mapped {
    let frames = configurations(plan, frames);
    let passage = map.carry(&frames, direction, &mut |_, numbers| fill_normal(random, numbers));
    let before = frames.energies(&plan.rungs[rungs.0].potential);
    let after = passage.to.energies(&plan.rungs[rungs.1].potential);
    Mapped { passage, before, after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_production_shows_is_part_of_the_error() {
        let measured = |error| Some(Measured { value: 11.0, standard_error: error, reason: None });
        let flow = |error| FlowAssessment {
            name: "g".to_string(),
            kind: FlowKind::Generator,
            of_state: None,
            parameters: 1,
            training_seconds: None,
            training_steps: None,
            held_out_loss: None,
            draws: 100,
            effective_sample_fraction: None,
            largest_weight: None,
            pareto_k: None,
            log_z: measured(error),
            free_energy_differences: Vec::new(),
            draw_acceptance: None,
            acceptance: Vec::new(),
            outside_in_production: None,
        };
        let judged = |error, outside| {
            let mut flow = flow(Some(error));
            flow.with_production(outside, 1000);
            let z = flow.log_z.expect("a number");
            (z.standard_error, z.reason)
        };
        assert_eq!(judged(0.01, 0), (Some(0.01), None));
        assert!((judged(0.04, 30).0.expect("an error") - 0.05).abs() < 1e-12);
        let (error, reason) = judged(0.001, 22);
        assert!(error.is_none() && reason.expect("a reason").starts_with("2.20 % of the chain's configurations"));
    }
}
