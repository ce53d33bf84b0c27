//! Configurations drawn from generators, whatever the present one.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Together, Tuning, Work, checks, defaults};
use super::{Change, OnReject, Proposal};
use crate::chain::walker::{Environment, Walker};
use crate::charts::Element;
use crate::learned::Ends;
use crate::learned::configurations::Configurations;
use crate::learned::map::{Map, Noise};
use crate::observers::State;
use crate::random::fill_normal;
use crate::statistics::log_sum_exp;
use mcflow_base::Problem;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Independent configurations from a generator: see [`DrawTrial`] for the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorDraw {
    /// The name of the flow.
    pub flow: String,
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Draws of an attempt, of which one is chosen by its weight.
    #[serde(default = "defaults::one")]
    pub tries: usize,
    /// Whether equilibration chooses how often, beginning with `every`: by the work of an attempt, counted in energies, and by how soon local
    /// moves make its chance another one.
    #[serde(default)]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for GeneratorDraw {
    fn name(&self) -> &'static str {
        "GeneratorDraw"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, _: &System) -> Vec<Problem> {
        let counts = checks::counts([("every", self.every), ("count", self.count), ("tries", self.tries)]);
        checks::tuned_interval(self.tune, self.count).into_iter().chain(counts).collect()
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count.saturating_mul(self.tries) as u64, of_a_step: StepWork::Flow }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::interval(self.tune, self.every)
    }

    fn effect(&self) -> Effect {
        Effect::Configuration
    }

    fn flow(&self) -> Option<&str> {
        Some(&self.flow)
    }

    fn takes(&self, flow: &Ends) -> bool {
        flow.is_generator()
    }

    fn is_independent(&self) -> bool {
        true
    }

    /// Both densities come from the inverse map: that of the present configuration is one more than the tries.
    fn passages(&self) -> f64 {
        self.tries as f64 + 1.0
    }

    fn prepare<'a>(&self, _: f64, setting: &Setting<'a>) -> Ready<'a> {
        let generators = setting.trained.draws(&self.flow);
        if generators.is_empty() {
            return Ready::Idle;
        }
        Ready::Together(Box::new(DrawTrial { states: setting.trained.states, generators, count: self.count, tries: self.tries }))
    }
}

impl Together for DrawTrial<'_> {
    fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        self.attempt(walkers, entry, environment);
    }
}

/// Independence sampling: x' = f(z) with z from the prior.
///
/// The proposal density q(x') does not depend on x, so `log_q_ratio` = ln q(x) - ln q(x'), with both densities computed by the same
/// inverse map. The draws of all walkers are made, mapped and evaluated in one batch, then decided one by one. A proposal whose map
/// does not come back within 1e-6, from x and from x' alike, is infeasible.
///
/// Generators of states: each draw is from one of them, with equal probability, and infeasible unless it is in the state of its
/// generator; so q(x') is the density of the generator of the state that x' is in, up to a factor that all have.
///
/// Several tries: of the draws y_1 ... y_k of an attempt, with weights w = e^-u / q, 0 where infeasible, y_J is chosen in proportion
/// to its weight, and accepted with min(1, sum_j w(y_j) / (sum_(j != J) w(y_j) + w(x))).
///
/// Of a system with a declared symmetry x is first replaced by its image in the flow's domain, with momenta, and x' must be in it: see
/// [`Domain`](crate::Domain).
///
/// Source: Hastings, Biometrika 57 (1970) 97; Liu, Liang and Wong, J. Am. Stat. Assoc. 95 (2000) 121 (tries); Noé, Olsson, Köhler and
/// Wu, Science 365 (2019) eaaw1147.
pub struct DrawTrial<'a> {
    /// All states of the run.
    pub states: &'a [State],
    /// The flows with their priors: one, or one for each of several states.
    pub generators: Vec<StateGenerator<'a>>,
    /// Attempts of each walker.
    pub count: usize,
    /// Draws of an attempt.
    pub tries: usize,
}

/// A generator, and the state that it is of.
#[derive(Clone, Copy)]
pub struct StateGenerator<'a> {
    /// The number of the state; `None` for all configurations.
    pub state: Option<usize>,
    /// The flow.
    pub flow: &'a Map,
}

/// Configurations with what a generator says of them. The assessment of flows asks the same functions, so that it calls possible what the chain does.
pub(crate) struct Judged {
    /// Which generator; `None` where there is none for the state of the configuration.
    pub of: Vec<Option<usize>>,
    /// ln q.
    pub log_density: Vec<f64>,
    /// Whether the generator can draw it.
    pub feasible: Vec<bool>,
    /// What led to the image that the generator draws.
    pub elements: Vec<Option<Box<Element>>>,
}

impl DrawTrial<'_> {
    /// Attempts in all walkers, counted under `entry`.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let Some(first) = self.generators.first() else { return };
        let dim = first.flow.dim();
        let frames = Configurations::of(&*walkers);
        let draws = self.count * self.tries;
        let mut latents = vec![0.0; walkers.len() * draws * dim];
        let mut of = Vec::with_capacity(walkers.len() * draws);
        for (walker, latents) in walkers.iter_mut().zip(latents.chunks_mut(draws * dim)) {
            for z in latents.chunks_mut(dim) {
                let number = if self.generators.len() > 1 { walker.random.random_range(0..self.generators.len()) } else { 0 };
                self.generators[number].flow.generator.draw_latent(&mut walker.random, z);
                of.push(number);
            }
        }
        let (proposed, drawn) = self.draw(&latents, of, &frames.repeated(draws));
        let energies = proposed.energies(&environment.potential);
        let mut current = self.judge(&frames, &mut |w, numbers| fill_normal(&mut walkers[w].random, numbers));

        let Judged { of, log_density, feasible, elements } = &mut current;
        let walkers = walkers.par_iter_mut().zip(of).zip(log_density).zip(feasible).zip(elements).enumerate();
        walkers.for_each(|(w, ((((walker, of), log_q), known), element))| {
            for attempt in 0..self.count {
                let outside = of.is_some() && !(*known && *log_q > f64::NEG_INFINITY);
                walker.tallies[entry].outside += u64::from(outside);
                let tries = w * draws + attempt * self.tries..w * draws + (attempt + 1) * self.tries;
                let chosen = match (*known, self.tries) {
                    (false, _) => None,
                    (true, 1) => Some((tries.start, *log_q - drawn.log_density[tries.start])).filter(|(k, _)| drawn.feasible[*k]),
                    _ => choose(walker, environment, *log_q, tries, &drawn, &energies),
                };
                let proposal = chosen.map(|(k, log_q_ratio)| {
                    walker.propose_positions(proposed.row(k));
                    walker.relabel_proposed_momenta(element.as_deref());
                    Proposal { change: Change::Whole, energy: energies[k], log_q_ratio, on_reject: OnReject::Keep }
                });
                if walker.decide(proposal, entry, environment)
                    && let Some((k, _)) = chosen
                {
                    // A draw is its own image.
                    (*of, *log_q, *element) = (drawn.of[k], drawn.log_density[k], None);
                }
            }
        });
    }

    /// Draws from the generators that each is of; `frames` are the configurations that they belong to.
    pub(crate) fn draw(&self, latents: &[f64], of: Vec<usize>, frames: &Configurations) -> (Configurations, Judged) {
        let (n, dim) = (of.len(), latents.len() / of.len().max(1));
        let mut proposed = frames.clone();
        let (mut log_density, mut feasible) = (vec![f64::NEG_INFINITY; n], vec![false; n]);
        for (number, StateGenerator { state, flow }) in self.generators.iter().enumerate() {
            let members: Vec<usize> = (0..n).filter(|&k| of[k] == number).collect();
            let latents: Vec<f64> = members.iter().flat_map(|&k| &latents[k * dim..(k + 1) * dim]).copied().collect();
            let drawn = flow.draw(&latents, frames.select(&members));
            let log_q = flow.log_density(&drawn.rows, &drawn.log_det);
            let found: Vec<Option<usize>> = match state {
                Some(_) => (0..members.len()).into_par_iter().map(|m| drawn.to.state(m, self.states)).collect(),
                None => Vec::new(),
            };
            let inside = |m: usize| state.is_none() || found[m] == *state;
            for (m, &k) in members.iter().enumerate() {
                proposed.put(k, drawn.to.row(m));
                (log_density[k], feasible[k]) = (log_q[m], drawn.feasible[m] && inside(m));
            }
        }
        (proposed, Judged { of: of.into_iter().map(Some).collect(), log_density, feasible, elements: vec![None; n] })
    }

    /// The densities of configurations that were not drawn, each by the generator of its state.
    pub(crate) fn judge(&self, configurations: &Configurations, noise: Noise) -> Judged {
        let n = configurations.len();
        let of_state = |k: usize| {
            let found = self.generators.iter().any(|generator| generator.state.is_some()).then(|| configurations.state(k, self.states));
            self.generators.iter().position(|generator| generator.state.is_none() || Some(generator.state) == found)
        };
        let of: Vec<Option<usize>> = (0..n).into_par_iter().map(of_state).collect();
        let mut judged = Judged { of, log_density: vec![f64::NEG_INFINITY; n], feasible: vec![false; n], elements: vec![None; n] };
        for (number, StateGenerator { flow, .. }) in self.generators.iter().enumerate() {
            let members: Vec<usize> = (0..n).filter(|&k| judged.of[k] == Some(number)).collect();
            let mut latents = flow.latents(&configurations.select(&members), &mut |m, numbers| noise(members[m], numbers));
            let log_q = flow.log_density(&latents.rows, &latents.log_det);
            for (m, &k) in members.iter().enumerate() {
                judged.log_density[k] = log_q[m];
                judged.feasible[k] = latents.known[m] && (log_q[m] == f64::NEG_INFINITY || latents.feasible[m]);
                judged.elements[k] = latents.elements[m].take();
            }
        }
        judged
    }
}

/// One of several draws in proportion to its weight, with what makes the accept rule min(1, sum w(y) / (sum of the others + w(x))); `None`
/// where all weights are 0.
fn choose(
    walker: &mut Walker,
    environment: &Environment,
    log_q: f64,
    tries: std::ops::Range<usize>,
    drawn: &Judged,
    energies: &[f64],
) -> Option<(usize, f64)> {
    let (energy, volume) = (walker.state.energy, walker.state.volume());
    let delta_u = |k: usize| environment.thermodynamic_state.reduced_energy_change((energy, volume), (energies[k], volume));
    // In units of e^-u(x).
    let log_weight = |k: usize| if drawn.feasible[k] { -delta_u(k) - drawn.log_density[k] } else { f64::NEG_INFINITY };
    let mut log_weights: Vec<f64> = tries.clone().map(log_weight).map(|w| if w.is_nan() { f64::NEG_INFINITY } else { w }).collect();
    let sum = log_sum_exp(&log_weights);
    if sum == f64::NEG_INFINITY {
        return None;
    }
    let mut left = walker.random.random::<f64>();
    let chosen = log_weights.iter().position(|w| {
        left -= (w - sum).exp();
        left < 0.0
    });
    // What is left after the last one is rounding: it goes to the largest.
    let largest = || (0..log_weights.len()).max_by(|&a, &b| log_weights[a].total_cmp(&log_weights[b])).expect("a try");
    let chosen = chosen.unwrap_or_else(largest);
    log_weights[chosen] = -log_q;
    Some((tries.start + chosen, sum - log_sum_exp(&log_weights) + delta_u(tries.start + chosen)))
}
