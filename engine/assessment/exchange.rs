//! How good a map between two rungs is.

use super::{FRAMES_OF_A_STATE, FlowAssessment, FlowKind, Mapped, StateAcceptance, StateDifference, groups, index, mapped, unjudged};
use crate::plan::Plan;
use crate::roles::Judging;
use crate::statistics::{Origin, StateIndex, Weights, standard_error_by_influence};
use mcflow_flows::Direction;

/// Judges a map between two rungs by frames it has not seen: the weights of the mapped frames of the rung it starts from, the states and the
/// free-energy difference they give, and how often exchanges with frames of each state of the other rung would be accepted.
///
/// With ln w(x) = u_a(x) - u_b(f(x)) + ln|det df/dx| of frames x of a, ln w'(y) of frames of b by f^-1, an exchange has the probability
/// min(1, w w').
pub(crate) fn assess_exchange(judging: Judging) -> FlowAssessment {
    let Judging { plan, flow, map, pools, report, random } = judging;
    let Some((from, to)) = flow.ends.rungs() else { return unjudged(flow, FlowKind::Exchange, map, report) };
    let mut side = |rung: usize, other: usize, direction: Direction| {
        let frames = pools[rung].spread(pools[rung].unseen_frames(None, report.is_some()), FRAMES_OF_A_STATE);
        let n = frames.len();
        let Mapped { passage, before, after } = mapped(plan, (rung, other), map, pools[rung].rows_of(&frames), direction, random);
        let log_w = (0..n).map(|k| plan.beta(rung) * before[k] - plan.beta(other) * after[k] + passage.log_ratio[k]);
        // What an exchange would not take has no weight.
        let possible = |w: f64, feasible: bool| feasible && w < f64::INFINITY;
        let log_w: Vec<f64> =
            log_w.zip(&passage.feasible).map(|(w, feasible)| if possible(w, *feasible) { w } else { f64::NEG_INFINITY }).collect();
        (passage.to, log_w, frames)
    };
    let (images, log_w, frames) = side(from, to, Direction::Forward);
    let (_, other_log_w, other_frames) = side(to, from, Direction::Inverse);
    let other_states: Vec<Option<usize>> = other_frames.iter().map(|&k| pools[to].states[k]).collect();
    let weights = Weights::new(&log_w).ok();
    let summary = weights.as_ref().map(Weights::summary);
    let image_states: Vec<StateIndex> = (0..images.len()).map(|k| index(images.state(k, &plan.states))).collect();
    let origins: Vec<Origin> = frames.iter().map(|&k| pools[from].origin(k)).collect();
    let differences = weights
        .iter()
        .flat_map(|weights| (1..plan.states.len()).filter_map(|state| difference(plan, weights, &image_states, &origins, state)));
    let mut acceptance = Vec::new();
    for state in groups(plan) {
        let members: Vec<f64> = other_log_w.iter().zip(&other_states).filter(|(_, s)| **s == state).map(|(w, _)| *w).collect();
        if members.is_empty() || log_w.is_empty() {
            continue;
        }
        let pairs = members.iter().flat_map(|b| log_w.iter().map(move |a| (a + b).min(0.0).exp()));
        acceptance.push(StateAcceptance {
            state: state.map(|s| plan.states[s].name.clone()),
            frames: members.len(),
            acceptance: pairs.sum::<f64>() / (members.len() * log_w.len()) as f64,
            inside: None,
            outside: 0,
            beyond: 0,
        });
    }
    FlowAssessment {
        draws: log_w.len(),
        effective_sample_fraction: summary.as_ref().map(|s| s.effective_fraction),
        largest_weight: summary.as_ref().map(|s| s.largest_weight),
        pareto_k: summary.as_ref().and_then(|s| s.pareto_k),
        free_energy_differences: differences.collect(),
        acceptance,
        ..unjudged(flow, FlowKind::Exchange, map, report)
    }
}

/// F(state) - F(first state) by the weights of mapped frames, which are correlated as frames are; `None` where a state has no weight.
fn difference(plan: &Plan, weights: &Weights, states: &[StateIndex], origins: &[Origin], state: usize) -> Option<StateDifference> {
    let to = state as u32;
    let found = weights.free_energy_difference(states, 0, to).ok()?;
    let few = weights.few_in(states, 0).or_else(|| weights.few_in(states, to)).map(|few| few.to_string());
    let error = standard_error_by_influence(&weights.influence_on_difference(states, 0, to), origins).map_err(|reason| reason.to_string());
    let (standard_error, reason) = match (few, error) {
        (None, Ok(error)) => (Some(error), None),
        (Some(reason), _) | (None, Err(reason)) => (None, Some(reason)),
    };
    let [from, to] = [0, state].map(|k| plan.states[k].name.clone());
    Some(StateDifference { from, to, value: Some(found.value), standard_error, reason })
}
