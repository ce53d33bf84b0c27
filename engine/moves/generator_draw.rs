//! Configurations drawn from generators, whatever the present one.

use super::flow_rows::{current_rows, densities_of, energies_of, forward_rows, returns};
use super::{Change, OnReject, Proposal};
use crate::observers::{State, state_of};
use crate::statistics::log_sum_exp;
use crate::symmetry::Element;
use crate::trained_flow::{TrainedFlow, fold};
use crate::walker::{Environment, Walker};
use mcflow_potentials::{Configuration, Vectors};
use rand::RngExt;
use rayon::prelude::*;

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
pub struct GeneratorDraw<'a> {
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
    pub flow: &'a TrainedFlow,
}

/// Rows with what a generator says of them. The assessment of flows asks the same functions, so that it calls possible what the chain does.
pub(crate) struct Judged {
    /// Which generator; `None` where there is none for the state of the row.
    pub of: Vec<Option<usize>>,
    /// ln q.
    pub log_density: Vec<f64>,
    /// Whether the generator can draw the row.
    pub feasible: Vec<bool>,
    /// What led the row into the domain.
    pub elements: Vec<Option<Element>>,
}

impl GeneratorDraw<'_> {
    /// Attempts in all walkers, counted under `entry`.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let Some(first) = self.generators.first() else { return };
        let dim = first.flow.generator.dim();
        let cell = walkers[0].state.configuration.cell.clone();
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
        let state = |row: &[f64]| {
            let positions = Vectors::from_row(cell.dimension(), row);
            state_of(self.states, &Configuration { positions, cell: cell.clone() })
        };
        let (proposed, drawn) = self.draw(&latents, of, dim, &state);
        let energies = energies_of(environment, &cell, &proposed, dim);
        let mut current = self.judge(&current_rows(walkers, dim), dim, &state);

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
                    walker.propose_positions(&proposed[k * dim..(k + 1) * dim]);
                    let domain = of.and_then(|of| self.generators[of].flow.to.as_ref());
                    walker.relabel_proposed_momenta(domain, element.as_ref());
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

    /// Draws from the generators that each is of.
    pub(crate) fn draw(
        &self,
        latents: &[f64],
        of: Vec<usize>,
        dim: usize,
        state: &(impl Fn(&[f64]) -> Option<usize> + Sync),
    ) -> (Vec<f64>, Judged) {
        let n = of.len();
        let mut proposed = vec![0.0; latents.len()];
        let (mut log_density, mut feasible) = (vec![f64::NEG_INFINITY; n], vec![false; n]);
        for (number, StateGenerator { state: its, flow }) in self.generators.iter().enumerate() {
            let members: Vec<usize> = (0..n).filter(|&k| of[k] == number).collect();
            let latents: Vec<f64> = members.iter().flat_map(|&k| &latents[k * dim..(k + 1) * dim]).copied().collect();
            let (rows, _) = forward_rows(&flow.generator, &latents);
            let (back, log_q) = densities_of(&flow.generator, &rows);
            let rows_and_back = rows.par_chunks(dim).zip(back.par_chunks(dim)).zip(latents.par_chunks(dim));
            let possible: Vec<bool> = rows_and_back
                .map(|((row, back), z)| {
                    returns(z, back)
                        && flow.to.as_ref().is_none_or(|domain| domain.holds(row))
                        && its.is_none_or(|its| state(row) == Some(its))
                })
                .collect();
            for (m, &k) in members.iter().enumerate() {
                proposed[k * dim..(k + 1) * dim].copy_from_slice(&rows[m * dim..(m + 1) * dim]);
                (log_density[k], feasible[k]) = (log_q[m], possible[m]);
            }
        }
        (proposed, Judged { of: of.into_iter().map(Some).collect(), log_density, feasible, elements: vec![None; n] })
    }

    /// The densities of rows that were not drawn, each by the generator of its state.
    pub(crate) fn judge(&self, rows: &[f64], dim: usize, state: &(impl Fn(&[f64]) -> Option<usize> + Sync)) -> Judged {
        let n = rows.len() / dim;
        let of_state = |row: &[f64]| {
            let found = self.generators.iter().any(|generator| generator.state.is_some()).then(|| state(row));
            self.generators.iter().position(|generator| generator.state.is_none() || Some(generator.state) == found)
        };
        let of: Vec<Option<usize>> = rows.par_chunks(dim).map(of_state).collect();
        let mut judged = Judged { of, log_density: vec![f64::NEG_INFINITY; n], feasible: vec![false; n], elements: vec![None; n] };
        for (number, StateGenerator { flow, .. }) in self.generators.iter().enumerate() {
            let members: Vec<usize> = (0..n).filter(|&k| judged.of[k] == Some(number)).collect();
            let rows: Vec<f64> = members.iter().flat_map(|&k| &rows[k * dim..(k + 1) * dim]).copied().collect();
            let (folded, mut elements, known) = fold(flow.to.as_ref(), &rows, dim);
            let (latents, log_q) = densities_of(&flow.generator, &folded);
            let (back, _) = forward_rows(&flow.generator, &latents);
            for (m, &k) in members.iter().enumerate() {
                let row = m * dim..(m + 1) * dim;
                judged.log_density[k] = log_q[m];
                judged.feasible[k] = known[m] && (log_q[m] == f64::NEG_INFINITY || returns(&folded[row.clone()], &back[row]));
                judged.elements[k] = elements[m].take();
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
