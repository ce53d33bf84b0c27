//! How good a map between two rungs is.

use super::works::{Works, difference_by_base};
use super::{FRAMES_OF_A_STATE, FlowAssessment, FlowKind, Mapped, StateAcceptance, StateDifference, groups, index, mapped, unjudged};
use crate::plan::Plan;
use crate::roles::Judging;
use crate::statistics::{Origin, StateIndex, Weights};
use mcflow_flows::Direction;

/// Judges a map between two rungs by frames it has not seen: the weights of the mapped frames of the rung it starts from, the
/// free-energy differences that both sides give, and how often exchanges with frames of each state of the other rung would be accepted.
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
    let other_origins: Vec<Origin> = other_frames.iter().map(|&k| pools[to].origin(k)).collect();
    let weights = Weights::new(&log_w).ok();
    let summary = weights.as_ref().map(Weights::summary);
    let image_states: Vec<StateIndex> = (0..images.len()).map(|k| index(images.state(k, &plan.states))).collect();
    let origins: Vec<Origin> = frames.iter().map(|&k| pools[from].origin(k)).collect();
    let sides = sides(plan, (from, &log_w, &image_states, &origins), (&other_log_w, &other_states, &other_origins));
    let differences = (1..plan.states.len()).map(|state| sides.difference(state));
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

/// Works of a map between two rungs, by the states of the rung that it leads to.
struct Sides<'a> {
    /// The rung that it starts from, in words, and where its frames come from.
    base: (String, Vec<Origin>),
    /// By state: works of all frames of that rung, +inf where the image is infeasible or not in the state.
    there: Vec<Vec<f64>>,
    /// By state: works back of the frames of the other rung that are in it.
    back: Vec<Works<'a>>,
}

type Weighed<'a, S> = (&'a [f64], &'a [S], &'a [Origin]);

fn sides<'a>(
    plan: &'a Plan,
    (rung, log_w, image_states, origins): (usize, &[f64], &[StateIndex], &[Origin]),
    (other_log_w, other_states, other_origins): Weighed<Option<usize>>,
) -> Sides<'a> {
    // Walkers of two rungs are not the same.
    let after = other_origins.iter().map(|origin| origin.walker + 1).max().unwrap_or(0);
    let origins = origins.iter().map(|origin| Origin { walker: origin.walker + after, ..*origin }).collect();
    let there = |state: usize| {
        let in_it = log_w.iter().zip(image_states).map(|(w, of)| if *of == Some(state as u32) { -w } else { f64::INFINITY });
        in_it.collect()
    };
    let back = |state: usize| {
        let members = || (0..other_states.len()).filter(|&k| other_states[k] == Some(state));
        let works = members().map(|k| -other_log_w[k]).collect();
        Works { state: &plan.states[state].name, works, origins: members().map(|k| other_origins[k]).collect() }
    };
    let states = 0..plan.states.len();
    Sides { base: (format!("rung {rung}"), origins), there: states.clone().map(there).collect(), back: states.map(back).collect() }
}

impl Sides<'_> {
    /// F(state) - F(first state) in the rung that the map leads to.
    fn difference(&self, state: usize) -> StateDifference {
        let works = (&self.there[0][..], &self.there[state][..]);
        let found = difference_by_base(works, (&self.base.0, &self.base.1), [&self.back[0], &self.back[state]]);
        let (value, standard_error, reason) = match found {
            Ok((value, error)) => (Some(value), Some(error), None),
            Err(reason) => (None, None, Some(reason)),
        };
        let [from, to] = [0, state].map(|k| self.back[k].state.to_string());
        StateDifference { from, to, value, standard_error, reason }
    }
}
