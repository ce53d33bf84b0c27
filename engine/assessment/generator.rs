//! How good a generator is, of all configurations or of those of one state.

use super::{
    FRAMES_OF_A_STATE, FlowAssessment, FlowKind, Measured, StateAcceptance, StateDifference, configurations, groups, index, unjudged,
};
use crate::learned::configurations::Configurations;
use crate::learned::map::Map;
use crate::learned::sample_pool::SamplePool;
use crate::moves::{DrawTrial, StateGenerator};
use crate::plan::Plan;
use crate::random::{Random, fill_normal};
use crate::roles::Judging;
use crate::statistics::{Origin, StateIndex, Weights, independent_frames};
use mcflow_flows::Prior;

/// Draws that are made and weighed at once.
const DRAWS_AT_ONCE: usize = 1 << 16;
/// The logarithm of the odds against chance from which on frames beyond all draws are said to show that the draws lack something.
const LOG_ODDS: f64 = 9.2;

/// Judges a generator, of all configurations or of those of one state.
///
/// ln w(x) = -u(x) - ln q(x), and a weight of 0 for draws that [`DrawTrial`] calls infeasible: it is asked itself. Averages by equation 4 of
/// Coretti et al. 2024 (after Noé et al., Science 365 (2019) eaaw1147). The weights know nothing of what the flow never draws; frames do, which
/// other moves made and training has not seen. Where they show that draws do not stand for all of a state, figures by weights have no error.
pub(crate) fn assess(trained_on_pool: bool, judging: Judging) -> FlowAssessment {
    let Judging { plan, flow, map: trained, pools, report, random } = judging;
    let (rung, of_state) = (flow.ends.rung(), flow.ends.end.state());
    let reference = &pools[rung];
    let judge = Judge { plan, rung, trained, of_state };
    let draws = judge.draws(flow.assessment_draws, random);
    let (acceptance, coverage) = judge.frames(reference, trained_on_pool, &draws, random);
    let log_domains = trained.end().log_images();
    let weights = Weights::new(&draws.log_weights).ok();
    let summary = weights.as_ref().map(Weights::summary);
    let log_z = summary.as_ref().map(|s| {
        let all: Vec<&Coverage> = coverage.iter().collect();
        let few = s.few.map(|few| few.to_string());
        // The weight of what lies outside the domain is 0, so ln Z over all configurations gains ln of the number of domains.
        let frames = all.iter().map(|c| c.share).sum();
        let missing = all.iter().map(|c| c.missing_of_all(frames)).sum();
        let (standard_error, reason) = judge.error(s.log_z.standard_error, &all, missing, few);
        Measured { value: s.log_z.value + log_domains, standard_error, reason }
    });
    let mut free_energy_differences = Vec::new();
    if let (Some(weights), None) = (&weights, of_state) {
        for to in 1..plan.states.len() {
            free_energy_differences.extend(judge.difference(weights, &draws.states, &coverage, to));
        }
    }
    FlowAssessment {
        of_state: of_state.map(|state| plan.states[state].name.clone()),
        draws: flow.assessment_draws,
        effective_sample_fraction: summary.as_ref().map(|s| s.effective_fraction),
        largest_weight: summary.as_ref().map(|s| s.largest_weight),
        pareto_k: summary.as_ref().and_then(|s| s.pareto_k),
        log_z,
        free_energy_differences,
        draw_acceptance: equilibrium_acceptance(&draws.sorted),
        acceptance,
        ..unjudged(flow, FlowKind::Generator, trained, report)
    }
}

/// Draws of a generator.
struct Draws {
    /// ln w of each, `-inf` where the chain would not take it.
    log_weights: Vec<f64>,
    /// The state of each.
    states: Vec<StateIndex>,
    /// The logarithms of the weights, upwards, and of their sums up to each.
    sorted: Vec<f64>,
    cumulated: Vec<f64>,
}

/// What frames of a state say of the draws in it.
struct Coverage {
    state: Option<usize>,
    /// All frames of the state that could be looked at.
    share: usize,
    frames: usize,
    /// How many independent ones they are worth.
    independent: f64,
    outside: usize,
    beyond: usize,
    /// The largest weight of a draw in the state, over the sum of those.
    largest: f64,
    /// The sum of the weights of draws in the state, over that of all.
    population: f64,
}

impl Coverage {
    /// The fraction of the state's mass that draws do not stand for, where frames show some.
    fn missing(&self) -> f64 {
        // Even of perfect draws a frame weighs more than all of them with about the probability of the largest weight; five times that is allowed.
        // Chernoff's bound on so many by chance.
        let (beyond, expected) = (self.beyond as f64, 5.0 * self.largest * self.frames as f64);
        let significant = beyond > expected && beyond * (beyond / expected).ln() - beyond + expected > LOG_ODDS;
        if self.outside > 0 || significant { beyond / self.frames as f64 } else { 0.0 }
    }

    /// The same as a fraction of the mass of all states, of which `frames` frames are: by the weights, which know the part of it that is not
    /// missing; where most of it is, by the frames, which need not be in equilibrium between states.
    fn missing_of_all(&self, frames: usize) -> f64 {
        let missing = self.missing();
        if missing < 0.5 { self.population * missing / (1.0 - missing) } else { missing * self.share as f64 / frames as f64 }
    }
}

struct Judge<'a> {
    plan: &'a Plan,
    rung: usize,
    trained: &'a Map,
    of_state: Option<usize>,
}

impl Judge<'_> {
    /// The move that would draw, of this generator alone.
    fn as_move(&self) -> DrawTrial<'_> {
        let generators = vec![StateGenerator { state: self.of_state, flow: self.trained }];
        DrawTrial { states: &self.plan.states, generators, count: 1, tries: 1 }
    }

    fn draws(&self, count: usize, random: &mut Random) -> Draws {
        let dim = self.trained.dim();
        let (mut log_weights, mut states) = (Vec::with_capacity(count), Vec::with_capacity(count));
        while log_weights.len() < count {
            let n = DRAWS_AT_ONCE.min(count - log_weights.len());
            let mut latents = vec![0.0; n * dim];
            self.trained.generator.draw_latent(random, &mut latents);
            let frame = configurations(self.plan, self.plan.starts[0].positions.row().to_vec());
            let (drawn, judged) = self.as_move().draw(&latents, vec![0; n], &frame.repeated(n));
            let weights = self.log_weights(&drawn, &judged.log_density).into_iter().zip(&judged.feasible);
            // A weight of +inf is one that the accept rule refuses.
            log_weights.extend(weights.map(|(w, feasible)| if *feasible && w < f64::INFINITY { w } else { f64::NEG_INFINITY }));
            states.extend((0..n).map(|k| index(drawn.state(k, &self.plan.states))));
        }
        let mut sorted = log_weights.clone();
        sorted.sort_by(f64::total_cmp);
        let cumulated = cumulated(&sorted);
        Draws { log_weights, states, sorted, cumulated }
    }

    fn log_weights(&self, of: &Configurations, log_density: &[f64]) -> Vec<f64> {
        let energies = of.energies(&self.plan.rungs[self.rung].potential);
        let beta = self.plan.beta(self.rung);
        energies.iter().zip(log_density).map(|(energy, log_q)| -beta * energy - log_q).collect()
    }

    /// How draws are accepted from frames of each state, and what these say of the draws.
    fn frames(
        &self,
        reference: &SamplePool,
        trained_on_pool: bool,
        draws: &Draws,
        random: &mut Random,
    ) -> (Vec<StateAcceptance>, Vec<Coverage>) {
        let (mut acceptance, mut coverage) = (Vec::new(), Vec::new());
        for state in groups(self.plan).filter(|state| self.of_state.is_none() || *state == self.of_state) {
            let unseen = reference.unseen_frames(None, trained_on_pool).into_iter().filter(|&k| reference.states[k] == state).collect();
            let share = Vec::len(&unseen);
            let chosen = reference.spread(unseen, FRAMES_OF_A_STATE);
            if chosen.is_empty() || draws.sorted.is_empty() {
                continue;
            }
            let frames = configurations(self.plan, reference.rows_of(&chosen));
            let judged = self.as_move().judge(&frames, &mut |_, numbers| fill_normal(random, numbers));
            let log_weights: Vec<f64> = self
                .log_weights(&frames, &judged.log_density)
                .into_iter()
                .zip(&judged.feasible)
                .map(|(w, feasible)| if *feasible && !w.is_nan() { w } else { f64::INFINITY })
                .collect();
            let accepted: Vec<f64> = log_weights.iter().map(|w| acceptance_from(*w, &draws.sorted, &draws.cumulated)).collect();
            let origins: Vec<Origin> = chosen.iter().map(|&k| reference.origin(k)).collect();
            let of_state = || draws.log_weights.iter().zip(&draws.states).filter(|(_, s)| **s == index(state)).map(|(w, _)| *w);
            let most = of_state().fold(f64::NEG_INFINITY, f64::max);
            let sum = |values: &mut dyn Iterator<Item = f64>| values.map(|w| (w - most).exp()).sum::<f64>();
            let drawn = most > f64::NEG_INFINITY;
            let outside = log_weights.iter().filter(|w| **w == f64::INFINITY).count();
            let beyond = log_weights.iter().filter(|w| **w > most).count();
            let n = chosen.len();
            coverage.push(Coverage {
                state,
                share,
                frames: n,
                independent: independent_frames(&accepted, &origins).unwrap_or(1.0),
                outside,
                beyond,
                largest: if drawn { 1.0 / sum(&mut of_state()) } else { 0.0 },
                population: if drawn { sum(&mut of_state()) / sum(&mut draws.log_weights.iter().copied()) } else { 0.0 },
            });
            acceptance.push(StateAcceptance {
                state: state.map(|s| self.plan.states[s].name.clone()),
                frames: n,
                acceptance: accepted.iter().sum::<f64>() / n as f64,
                inside: None,
                outside,
                beyond,
            });
        }
        (acceptance, coverage)
    }

    /// The error of a figure by weights that rests on these states, or the reason why it has none: draws that do not stand for `missing` of the mass,
    /// as frames of the chain show, which is more than twice the error that the weights have (else it is part of the error); `few` weights; or a box of
    /// which nobody can say whether it holds everything.
    ///
    /// Where none of n independent frames lies outside the box of a uniform prior, less than 3 / n of the mass does, at 95 %: half of that is added
    /// to the error.
    fn error(&self, of_weights: f64, coverage: &[&Coverage], missing: f64, few: Option<String>) -> (Option<f64>, Option<String>) {
        let all: usize = coverage.iter().map(|c| c.share).sum();
        if missing > 2.0 * of_weights {
            let worst = coverage.iter().max_by(|a, b| a.missing().total_cmp(&b.missing())).expect("a state");
            let (count, frames) = (worst.beyond, worst.frames);
            let of = match worst.state {
                Some(state) => format!("`{}`", self.plan.states[state].name),
                None if self.plan.states.is_empty() => "the chain".to_string(),
                None => "no state".to_string(),
            };
            let how = if worst.outside > 0 { "lie where the flow never draws" } else { "lie where the flow hardly ever draws" };
            return (None, Some(format!("{count} of {frames} frames of {of} {how}")));
        }
        let of_weights = of_weights.hypot(missing);
        if few.is_some() {
            return (None, few);
        }
        if self.trained.generator.prior() != Prior::Uniform {
            return (Some(of_weights), None);
        }
        let independent: f64 = coverage.iter().map(|c| c.independent).sum();
        if independent < 3.0 {
            let why = format!("{all} frames cannot tell what lies outside the box of the uniform prior");
            return (None, Some(why));
        }
        (Some(of_weights.hypot(1.5 / independent)), None)
    }

    /// F(to) - F(first state) by the weights; `None` where no draw is in one of them.
    fn difference(&self, weights: &Weights, states: &[StateIndex], coverage: &[Coverage], to: usize) -> Option<StateDifference> {
        let names = [0, to].map(|k| self.plan.states[k].name.clone());
        let few = [0, to].iter().find_map(|&k| weights.few_in(states, k as u32)).map(|few| few.to_string());
        let (value, (standard_error, reason)) = match weights.free_energy_difference(states, 0, to as u32) {
            Err(_) => {
                let absent =
                    [0, to].into_iter().find(|&k| !states.contains(&Some(k as u32))).map_or(&names[1], |k| &self.plan.states[k].name);
                (None, (None, Some(format!("no draw with a weight is in `{absent}`"))))
            }
            Ok(found) => {
                // Each state for itself: what is missing of one is as much of the difference.
                let errors = [0, to].map(|k| {
                    let of = coverage.iter().filter(|c| c.state == Some(k)).collect::<Vec<_>>();
                    let missing = of.iter().map(|c| c.missing()).sum();
                    self.error(found.standard_error, &of, missing, few.clone())
                });
                let reason = errors.iter().find_map(|(_, reason)| reason.clone());
                let error = errors.iter().filter_map(|(error, _)| *error).fold(0.0, f64::max);
                (Some(found.value), (reason.is_none().then_some(error), reason))
            }
        };
        let [from, to] = names;
        Some(StateDifference { from, to, value, standard_error, reason })
    }
}

/// The logarithms of the sums of the weights up to each, upwards.
fn cumulated(sorted: &[f64]) -> Vec<f64> {
    let mut sum = f64::NEG_INFINITY;
    let mut add = |w: f64| {
        if w > f64::NEG_INFINITY {
            sum = w + (sum - w).exp().ln_1p();
        }
        sum
    };
    sorted.iter().map(|&w| add(w)).collect()
}

/// Mean over draws of min(1, w'/w) from a configuration of weight w, the weights of the draws upwards with their [`cumulated`] sums.
fn acceptance_from(log_weight: f64, sorted: &[f64], cumulated: &[f64]) -> f64 {
    if log_weight == f64::INFINITY {
        return 0.0;
    }
    let above = sorted.partition_point(|&w| w < log_weight);
    let below = if above > 0 { (cumulated[above - 1] - log_weight).exp() } else { 0.0 };
    (below + (sorted.len() - above) as f64) / sorted.len() as f64
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

#[cfg(test)]
mod tests {
    use super::{Coverage, acceptance_from, cumulated, equilibrium_acceptance};

    #[test]
    fn acceptance_is_the_mean_over_draws() {
        let sorted = [f64::NEG_INFINITY, -900.0, -1.3, -0.2, 0.4, 2.0];
        for w in [-1000.0, -900.0, -2.0, -0.2, 1.0, 3.0, 800.0] {
            let expected = sorted.iter().map(|draw: &f64| (draw - w).min(0.0).exp()).sum::<f64>() / 6.0;
            assert!((acceptance_from(w, &sorted, &cumulated(&sorted)) - expected).abs() < 1e-14, "{w}");
        }
        assert_eq!(acceptance_from(f64::INFINITY, &sorted, &cumulated(&sorted)), 0.0);
    }

    #[test]
    fn frames_beyond_all_draws_show_what_is_missing_unless_by_chance() {
        let of = |frames, outside, beyond, largest| {
            let state = Coverage { state: None, share: frames, frames, independent: 1.0, outside, beyond, largest, population: 0.5 };
            (state.missing(), state.missing_of_all(2 * frames))
        };
        // The last frames of a thin tail; a well of which half of four frames are; one that has no draws at all; a box.
        assert_eq!(of(277, 0, 3, 4e-4), (0.0, 0.0));
        assert_eq!(of(4, 0, 2, 1e-4).0, 0.5);
        assert_eq!(of(2000, 0, 1000, 1e-4), (0.5, 0.25));
        assert_eq!(of(10, 0, 10, 0.0), (1.0, 0.5));
        assert_eq!(of(100, 1, 1, 1e-4).0, 0.01);
        // What is missing of a state is more of all than its weights say.
        assert!((of(1000, 0, 200, 1e-4).1 - 0.5 * 0.2 / 0.8).abs() < 1e-12);
        assert_eq!(of(1000, 0, 0, 0.0), (0.0, 0.0));
    }

    #[test]
    fn equilibrium_acceptance_is_the_sum_over_pairs() {
        let log_weights = [-1.3f64, -0.2, 0.4, 2.0];
        let w: Vec<f64> = log_weights.iter().map(|w| w.exp()).collect();
        let pairs: f64 = w.iter().flat_map(|a| w.iter().map(move |b| a.min(*b))).sum();
        let expected = pairs / (4.0 * w.iter().sum::<f64>());
        assert!((equilibrium_acceptance(&log_weights).unwrap() - expected).abs() < 1e-14);
    }
}
