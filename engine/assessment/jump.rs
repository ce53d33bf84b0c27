//! How good a map between two states is.

use super::works::{Works, difference};
use super::{FRAMES_OF_A_STATE, FlowAssessment, FlowKind, Mapped, StateAcceptance, StateDifference, mapped, unjudged};
use crate::roles::Judging;
use mcflow_flows::Direction;

/// Judges a map between two states by frames it has not seen: how often their images lie in the other state, how often they would be
/// accepted, and the free-energy difference by Bennett's ratio (images outside count as work of +inf).
pub(crate) fn assess_jump(judging: Judging) -> FlowAssessment {
    let Judging { plan, flow, map, pools, report, random } = judging;
    let Some((from, to)) = flow.ends.states() else { return unjudged(flow, FlowKind::ModeJump, map, report) };
    let rung = flow.ends.rung();
    let reference = &pools[rung];
    let beta = plan.beta(rung);
    let mut acceptance = Vec::new();
    let mut sides = Vec::new();
    for (state, other, direction) in [(from, to, Direction::Forward), (to, from, Direction::Inverse)] {
        let frames = reference.spread(reference.unseen_frames(Some(state), report.is_some()), FRAMES_OF_A_STATE);
        let n = frames.len();
        let Mapped { passage, before, after } = mapped(plan, (rung, rung), map, reference.rows_of(&frames), direction, random);
        let works: Vec<f64> = (0..n)
            .map(|k| {
                let arrived = passage.to.state(k, &plan.states) == Some(other);
                let work = beta * (after[k] - before[k]) - passage.log_ratio[k];
                if arrived && passage.feasible[k] && !work.is_nan() { work } else { f64::INFINITY }
            })
            .collect();
        let name = &plan.states[state].name;
        if n > 0 {
            let mean = |f: &dyn Fn(f64) -> f64| works.iter().map(|&w| f(w)).sum::<f64>() / n as f64;
            acceptance.push(StateAcceptance {
                state: Some(name.clone()),
                frames: n,
                acceptance: mean(&|w| (-w).min(0.0).exp()),
                inside: Some(mean(&|w| f64::from(u8::from(w < f64::INFINITY)))),
                outside: 0,
                beyond: 0,
            });
        }
        sides.push(Works { state: name, works, origins: frames.iter().map(|&k| reference.origin(k)).collect() });
    }
    let (value, standard_error, reason) = match difference(&sides[0], &sides[1]) {
        Ok((value, error)) => (Some(value), Some(error), None),
        Err(reason) => (None, None, Some(reason)),
    };
    let (from, to) = (plan.states[from].name.clone(), plan.states[to].name.clone());
    FlowAssessment {
        free_energy_differences: vec![StateDifference { from, to, value, standard_error, reason }],
        acceptance,
        ..unjudged(flow, FlowKind::ModeJump, map, report)
    }
}
