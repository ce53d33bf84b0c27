//! Configurations drawn from a generator, whatever the present one.

use super::flow_rows::{current_rows, densities_of, energies_of, forward_rows, returns};
use super::{Change, OnReject, Proposal};
use crate::trained_flow::{TrainedFlow, fold};
use crate::walker::{Environment, Walker};
use rayon::prelude::*;

/// Independence sampling: x' = f(z) with z from the prior.
///
/// The proposal density q(x') does not depend on x, so `log_q_ratio` = ln q(x) - ln q(x'), with both densities computed by the same
/// inverse map. The draws of all walkers are made, mapped and evaluated in one batch, then decided one by one. A proposal whose map
/// does not come back within 1e-6, from x and from x' alike, is infeasible.
///
/// Of a system with a declared symmetry x is first replaced by its image in the flow's domain, with momenta, and x' must be in it: see
/// [`Domain`](crate::Domain).
///
/// Source: Hastings, Biometrika 57 (1970) 97; Noé, Olsson, Köhler and Wu, Science 365 (2019) eaaw1147.
pub struct GeneratorDraw<'a> {
    /// The flow with its prior.
    pub flow: &'a TrainedFlow,
    /// Attempts of each walker.
    pub count: usize,
}

impl GeneratorDraw<'_> {
    /// Attempts in all walkers, counted under `entry`.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let TrainedFlow { generator, to: domain, .. } = self.flow;
        let dim = generator.dim();
        let rows = walkers.len() * self.count;
        let mut latents = vec![0.0; rows * dim];
        for (walker, z) in walkers.iter_mut().zip(latents.chunks_mut(self.count * dim)) {
            generator.draw_latent(&mut walker.random, z);
        }
        let (proposed, _) = forward_rows(generator, &latents);
        let (back, log_density) = densities_of(generator, &proposed);
        let energies = energies_of(environment, &walkers[0].state.configuration.cell, &proposed, dim);

        let (current, mut elements, known) = fold(domain.as_ref(), &current_rows(walkers, dim), dim);
        let inside: Vec<bool> = proposed.par_chunks(dim).map(|row| domain.as_ref().is_none_or(|domain| domain.holds(row))).collect();
        let (current_latents, current_log_density) = densities_of(generator, &current);
        let (current_back, _) = forward_rows(generator, &current_latents);

        walkers.par_iter_mut().zip(&mut elements).enumerate().for_each(|(w, (walker, element))| {
            let row = w * dim..(w + 1) * dim;
            let mut log_q = current_log_density[w];
            let mut invertible = known[w] && (log_q == f64::NEG_INFINITY || returns(&current[row.clone()], &current_back[row]));
            for k in w * self.count..(w + 1) * self.count {
                let row = k * dim..(k + 1) * dim;
                let feasible = invertible && inside[k] && returns(&latents[row.clone()], &back[row.clone()]);
                let proposal = feasible.then(|| {
                    walker.propose_positions(&proposed[row]);
                    walker.relabel_proposed_momenta(domain.as_ref(), element.as_ref());
                    let log_q_ratio = log_q - log_density[k];
                    Proposal { change: Change::Whole, energy: energies[k], log_q_ratio, on_reject: OnReject::Keep }
                });
                if walker.decide(proposal, entry, environment) {
                    (log_q, invertible) = (log_density[k], true);
                    // A draw is its own image.
                    *element = None;
                }
            }
        });
    }
}
