//! How good a flow is, by draws from it and by frames it did not make.

use crate::observers::state_of;
use crate::plan::{FlowPlan, Plan};
use crate::random::Random;
use crate::sample_pool::SamplePool;
use crate::statistics::{StateIndex, WeightSummary, Weights, bennett_acceptance_ratio};
use crate::trained_flow::{Images, TrainedFlow, fold};
use mcflow_flows::TrainingReport;
use mcflow_potentials::{Configuration, Vectors};
use serde::{Deserialize, Serialize};

/// A number with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// Free-energy difference between two states, in kT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateDifference {
    /// The state it is counted from.
    pub from: String,
    /// The other state.
    pub to: String,
    /// F(to) - F(from) in kT.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
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
    /// Shape of the tail of the weights; above 0.7 the error bars below are not to be trusted.
    pub pareto_k: Option<f64>,
    /// ln Z of exp(-u) over all positions, by the mean weight.
    pub log_z: Option<Measured>,
    /// Differences between states by the weights of the draws.
    pub free_energy_differences: Vec<StateDifference>,
    /// Mean acceptance of draws in equilibrium, from the weights alone.
    pub draw_acceptance: Option<f64>,
    /// The same from frames that other moves made, by state.
    pub acceptance: Vec<StateAcceptance>,
}

impl FlowAssessment {
    /// Whose frames a row of `acceptance` is about, in words.
    pub fn frames_of<'a>(&self, row: &'a StateAcceptance) -> &'a str {
        match &row.state {
            Some(name) => name,
            None if self.acceptance.len() == 1 => "the chain",
            None => "no state",
        }
    }
}

const REFERENCE_FRAMES_OF_A_STATE: usize = 500;
/// Frames of either state below which Bennett's ratio has no error bar worth its name.
const FEWEST_WORKS: usize = 50;

/// Judges a generator, of all configurations or of those of one state.
///
/// ln w(x) = -u(x) - ln q(x); averages by equation 4 of Coretti et al. 2024 (after Noé et al., Science 365 (2019) eaaw1147).
pub(crate) fn assess(
    plan: &Plan,
    flow: &FlowPlan,
    trained: &TrainedFlow,
    of_state: Option<usize>,
    reference: &SamplePool,
    report: Option<&TrainingReport>,
    random: &mut Random,
) -> FlowAssessment {
    let generator = &trained.generator;
    let dim = generator.dim();
    let mut latents = vec![0.0; flow.assessment_draws * dim];
    generator.draw_latent(random, &mut latents);
    let mut rows = latents.clone();
    let mut log_det = vec![0.0; flow.assessment_draws];
    generator.forward(&latents, &mut rows, &mut log_det);
    // The weight of what lies outside the domain is 0, so ln Z over all configurations gains ln of the number of domains.
    let mut log_weights = log_weights(plan, trained, &rows);
    if let Some(domain) = &trained.to {
        let outside = |row: &[f64]| !domain.holds(row);
        log_weights.iter_mut().zip(rows.chunks(dim)).filter(|(_, row)| outside(row)).for_each(|(w, _)| *w = f64::NEG_INFINITY);
    }
    let cell = &plan.starts[0].cell;
    let state_of_row = |row: &[f64]| -> StateIndex {
        let positions = Vectors::from_row(cell.dimension(), row);
        state_of(&plan.states, &Configuration { positions, cell: cell.clone() }).map(|s| s as u32)
    };
    let states: Vec<StateIndex> = rows.chunks(dim).map(state_of_row).collect();
    if let Some(of_state) = of_state {
        let others = log_weights.iter_mut().zip(&states).filter(|(_, state)| **state != Some(of_state as u32));
        others.for_each(|(w, _)| *w = f64::NEG_INFINITY);
    }
    let log_domains = trained.to.as_ref().map_or(0.0, |domain| domain.symmetry().log_order());
    let weights = Weights::new(&log_weights).ok();
    let summary: Option<WeightSummary> = weights.as_ref().map(Weights::summary);

    let mut free_energy_differences = Vec::new();
    if let (Some(weights), None) = (&weights, of_state) {
        for to in 1..plan.states.len() {
            if let Ok(difference) = weights.free_energy_difference(&states, 0, to as u32) {
                free_energy_differences.push(StateDifference {
                    from: plan.states[0].name.clone(),
                    to: plan.states[to].name.clone(),
                    value: difference.value,
                    standard_error: difference.standard_error,
                });
            }
        }
    }

    let mut sorted: Vec<f64> = log_weights.iter().copied().filter(|w| !w.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let acceptance = acceptance_by_state(plan, trained, of_state, reference, &sorted);
    FlowAssessment {
        name: flow.name.clone(),
        kind: FlowKind::Generator,
        of_state: of_state.map(|state| plan.states[state].name.clone()),
        parameters: generator.n_parameters(),
        training_seconds: report.map(|r| r.seconds),
        training_steps: report.map(|r| r.steps as u64),
        held_out_loss: report.map(|r| r.held_out_loss),
        draws: flow.assessment_draws,
        effective_sample_fraction: summary.as_ref().map(|s| s.effective_fraction),
        largest_weight: summary.as_ref().map(|s| s.largest_weight),
        pareto_k: summary.as_ref().and_then(|s| s.pareto_k),
        log_z: summary.as_ref().map(|s| Measured { value: s.log_z.value + log_domains, standard_error: s.log_z.standard_error }),
        free_energy_differences,
        draw_acceptance: equilibrium_acceptance(&sorted),
        acceptance,
    }
}

fn log_weights(plan: &Plan, TrainedFlow { generator, .. }: &TrainedFlow, rows: &[f64]) -> Vec<f64> {
    let n = rows.len() / generator.dim();
    let (mut energies, mut log_density) = (vec![0.0; n], vec![0.0; n]);
    plan.rungs[0].potential.energies(&plan.starts[0].cell, rows, &mut energies);
    generator.log_density(rows, &mut log_density);
    let beta = plan.beta(0);
    energies.iter().zip(log_density).map(|(energy, log_q)| -beta * energy - log_q).collect()
}

/// Mean of min(1, w'/w) with x from the target and x' from the flow: sum over pairs of draws of min(w, w') over n sum w.
///
/// With the weights sorted upwards, draw k is the smaller one against the n - k - 1 above it.
fn equilibrium_acceptance(sorted: &[f64]) -> Option<f64> {
    let largest = *sorted.last()?;
    if !largest.is_finite() {
        return None;
    }
    let n = sorted.len();
    let (mut pairs, mut total) = (0.0, 0.0);
    for (k, log_w) in sorted.iter().enumerate() {
        let w = (log_w - largest).exp();
        pairs += w * (1 + 2 * (n - k - 1)) as f64;
        total += w;
    }
    Some(pairs / (n as f64 * total))
}

fn acceptance_by_state(
    plan: &Plan,
    trained: &TrainedFlow,
    of_state: Option<usize>,
    reference: &SamplePool,
    sorted: &[f64],
) -> Vec<StateAcceptance> {
    let dim = trained.generator.dim();
    let mut result = Vec::new();
    let mut names: Vec<Option<usize>> = (0..plan.states.len()).map(Some).collect();
    names.push(None);
    names.retain(|state| of_state.is_none() || *state == of_state);
    for state in names {
        let members: Vec<usize> = (0..reference.states.len()).filter(|&k| reference.states[k] == state).collect();
        // Evenly spaced frames: neighbours in time are alike.
        let stride = members.len().div_ceil(REFERENCE_FRAMES_OF_A_STATE).max(1);
        let chosen: Vec<usize> = members.into_iter().step_by(stride).collect();
        if chosen.is_empty() || sorted.is_empty() {
            continue;
        }
        let rows: Vec<f64> = chosen.iter().flat_map(|&k| reference.rows[k * dim..(k + 1) * dim].iter().copied()).collect();
        let (rows, ..) = fold(trained.to.as_ref(), &rows, dim);
        let mut total = 0.0;
        for log_w in log_weights(plan, trained, &rows) {
            let above = sorted.partition_point(|&w| w < log_w);
            let below: f64 = sorted[..above].iter().map(|w| (w - log_w).exp()).sum();
            total += (below + (sorted.len() - above) as f64) / sorted.len() as f64;
        }
        result.push(StateAcceptance {
            state: state.map(|s| plan.states[s].name.clone()),
            frames: chosen.len(),
            acceptance: total / chosen.len() as f64,
            inside: None,
        });
    }
    result
}

/// Rows through a map.
struct Mapped {
    images: Vec<f64>,
    log_det: Vec<f64>,
    /// Whether the way back leads to the same row.
    feasible: Vec<bool>,
    /// Energies of the rows, and of their images.
    before: Vec<f64>,
    after: Vec<f64>,
}

/// Rows of the first of `rungs` through a map that leads to the second.
fn mapped(plan: &Plan, rungs: (usize, usize), map: &TrainedFlow, rows: &[f64], backwards: bool) -> Mapped {
    let (cell, n) = (&plan.starts[0].cell, rows.len() / map.generator.dim());
    let Images { rows: images, log_det, feasible, .. } = map.images(rows, backwards);
    let mut mapped = Mapped { images, log_det, feasible, before: vec![0.0; n], after: vec![0.0; n] };
    plan.rungs[rungs.0].potential.energies(cell, rows, &mut mapped.before);
    plan.rungs[rungs.1].potential.energies(cell, &mapped.images, &mut mapped.after);
    mapped
}

/// Judges a map between two states by frames it has not seen: how often their images lie in the other state, how often they would be
/// accepted, and the free-energy difference by Bennett's ratio (images outside count as work of +inf).
pub(crate) fn assess_jump(
    plan: &Plan,
    flow: &FlowPlan,
    (from, to): (usize, usize),
    map: &TrainedFlow,
    reference: &SamplePool,
    report: Option<&TrainingReport>,
) -> FlowAssessment {
    let (dim, beta, cell) = (map.generator.dim(), plan.beta(0), &plan.starts[0].cell);
    let mut acceptance = Vec::new();
    let mut works = Vec::new();
    for (state, other, backwards) in [(from, to, false), (to, from, true)] {
        let mut frames = reference.unseen_frames(Some(state), report.is_some());
        let stride = frames.len().div_ceil(JUMP_FRAMES_OF_A_STATE).max(1);
        frames = frames.into_iter().step_by(stride).collect();
        let rows: Vec<f64> = frames.iter().flat_map(|&k| &reference.rows[k * dim..(k + 1) * dim]).copied().collect();
        let n = frames.len();
        let Mapped { images, log_det, feasible, before, after } = mapped(plan, (0, 0), map, &rows, backwards);
        let work: Vec<f64> = (0..n)
            .map(|k| {
                let positions = Vectors::from_row(cell.dimension(), &images[k * dim..(k + 1) * dim]);
                let arrived = state_of(&plan.states, &Configuration { positions, cell: cell.clone() }) == Some(other);
                let work = beta * (after[k] - before[k]) - log_det[k];
                if arrived && feasible[k] && !work.is_nan() { work } else { f64::INFINITY }
            })
            .collect();
        if n > 0 {
            let mean = |f: &dyn Fn(f64) -> f64| work.iter().map(|&w| f(w)).sum::<f64>() / n as f64;
            acceptance.push(StateAcceptance {
                state: Some(plan.states[state].name.clone()),
                frames: n,
                acceptance: mean(&|w| (-w).min(0.0).exp()),
                inside: Some(mean(&|w| f64::from(u8::from(w < f64::INFINITY)))),
            });
        }
        works.push(work);
    }
    // The error bar is that of many frames: of two it may be 0.
    let enough = works.iter().all(|work| work.len() >= FEWEST_WORKS);
    let difference = enough.then(|| bennett_acceptance_ratio(&works[0], &works[1]).ok()).flatten().map(|difference| StateDifference {
        from: plan.states[from].name.clone(),
        to: plan.states[to].name.clone(),
        value: difference.value,
        standard_error: difference.standard_error,
    });
    FlowAssessment {
        name: flow.name.clone(),
        kind: FlowKind::ModeJump,
        of_state: None,
        parameters: map.generator.n_parameters(),
        training_seconds: report.map(|r| r.seconds),
        training_steps: report.map(|r| r.steps as u64),
        held_out_loss: report.map(|r| r.held_out_loss),
        draws: 0,
        effective_sample_fraction: None,
        largest_weight: None,
        pareto_k: None,
        log_z: None,
        free_energy_differences: difference.into_iter().collect(),
        draw_acceptance: None,
        acceptance,
    }
}

/// Judges a map between two rungs by frames it has not seen: the weights of the mapped frames of the rung it starts from, the states and the
/// free-energy difference they give, and how often exchanges with frames of each state of the other rung would be accepted.
///
/// With ln w(x) = u_a(x) - u_b(f(x)) + ln|det df/dx| of frames x of a, ln w'(y) of frames of b by f^-1, an exchange has the probability
/// min(1, w w').
pub(crate) fn assess_exchange(
    plan: &Plan,
    flow: &FlowPlan,
    (from, to): (usize, usize),
    map: &TrainedFlow,
    pools: &[SamplePool],
    report: Option<&TrainingReport>,
) -> FlowAssessment {
    let (dim, cell) = (map.generator.dim(), &plan.starts[0].cell);
    let state_of_row = |row: &[f64]| -> StateIndex {
        let positions = Vectors::from_row(cell.dimension(), row);
        state_of(&plan.states, &Configuration { positions, cell: cell.clone() }).map(|s| s as u32)
    };
    let side = |rung: usize, other: usize, backwards: bool| {
        let frames = pools[rung].unseen_frames(None, report.is_some());
        let stride = frames.len().div_ceil(JUMP_FRAMES_OF_A_STATE).max(1);
        let frames: Vec<usize> = frames.into_iter().step_by(stride).collect();
        let rows: Vec<f64> = frames.iter().flat_map(|&k| &pools[rung].rows[k * dim..(k + 1) * dim]).copied().collect();
        let n = frames.len();
        let Mapped { images, log_det, feasible, before, after } = mapped(plan, (rung, other), map, &rows, backwards);
        let log_w = (0..n).map(|k| plan.beta(rung) * before[k] - plan.beta(other) * after[k] + log_det[k]);
        let log_w: Vec<f64> =
            log_w.zip(feasible).map(|(w, feasible)| if w.is_nan() || !feasible { f64::NEG_INFINITY } else { w }).collect();
        let states: Vec<Option<usize>> = frames.iter().map(|&k| pools[rung].states[k]).collect();
        (images, log_w, states)
    };
    let (images, log_w, _) = side(from, to, false);
    let (_, other_log_w, other_states) = side(to, from, true);
    let weights = Weights::new(&log_w).ok();
    let summary = weights.as_ref().map(Weights::summary);
    let image_states: Vec<StateIndex> = images.chunks(dim).map(state_of_row).collect();
    let differences = weights.iter().flat_map(|weights| {
        (1..plan.states.len()).filter_map(|to| {
            let difference = weights.free_energy_difference(&image_states, 0, to as u32).ok()?;
            let (from, to) = (plan.states[0].name.clone(), plan.states[to].name.clone());
            Some(StateDifference { from, to, value: difference.value, standard_error: difference.standard_error })
        })
    });
    let mut acceptance = Vec::new();
    let groups: Vec<Option<usize>> = (0..plan.states.len()).map(Some).chain([None]).collect();
    for state in groups {
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
        });
    }
    FlowAssessment {
        name: flow.name.clone(),
        kind: FlowKind::Exchange,
        of_state: None,
        parameters: map.generator.n_parameters(),
        training_seconds: report.map(|r| r.seconds),
        training_steps: report.map(|r| r.steps as u64),
        held_out_loss: report.map(|r| r.held_out_loss),
        draws: log_w.len(),
        effective_sample_fraction: summary.as_ref().map(|s| s.effective_fraction),
        largest_weight: summary.as_ref().map(|s| s.largest_weight),
        pareto_k: summary.as_ref().and_then(|s| s.pareto_k),
        log_z: None,
        free_energy_differences: differences.collect(),
        draw_acceptance: None,
        acceptance,
    }
}

/// Held-out frames that a map is judged by, at most.
const JUMP_FRAMES_OF_A_STATE: usize = 2000;

#[cfg(test)]
mod tests {
    use super::equilibrium_acceptance;

    #[test]
    fn equilibrium_acceptance_is_the_sum_over_pairs() {
        let log_weights = [-1.3f64, -0.2, 0.4, 2.0];
        let w: Vec<f64> = log_weights.iter().map(|w| w.exp()).collect();
        let pairs: f64 = w.iter().flat_map(|a| w.iter().map(move |b| a.min(*b))).sum();
        let expected = pairs / (4.0 * w.iter().sum::<f64>());
        assert!((equilibrium_acceptance(&log_weights).unwrap() - expected).abs() < 1e-14);
    }
}
