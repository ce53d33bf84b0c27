//! A small step in latent space: a step in data space that follows the landscape the flow has learnt.

use super::flow_rows::{current_rows, energies_of, forward_rows, inverse_rows, returns};
use super::{Change, OnReject, Proposal};
use crate::random::normal;
use crate::trained_flow::{TrainedFlow, fold};
use crate::walker::{Environment, Walker};
use rayon::prelude::*;

/// x' = f(z + s xi) with z = f^-1(x) and xi standard normal.
///
/// In z the step is symmetric; as a density in x it carries the Jacobians at both ends: `log_q_ratio` = ln|det J_f(z')| -
/// ln|det J_f(z)|, both computed by the inverse map. A proposal that does not come back within 1e-6 is infeasible. Symmetry is dealt with as by
/// [`GeneratorDraw`](super::GeneratorDraw).
///
/// Source: Noé, Olsson, Köhler and Wu, Science 365 (2019) eaaw1147 (whose published sampler leaves the Jacobians out).
pub struct LatentWalk<'a> {
    /// The flow.
    pub flow: &'a TrainedFlow,
    /// Attempts of each walker.
    pub count: usize,
    /// s, in latent units.
    pub step: f64,
}

impl LatentWalk<'_> {
    /// Attempts in all walkers, counted under `entry`.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let TrainedFlow { generator, to: domain, .. } = self.flow;
        let dim = generator.dim();
        let (current, mut elements, known) = fold(domain.as_ref(), &current_rows(walkers, dim), dim);
        let (mut latents, mut log_det) = inverse_rows(generator, &current);
        let (back, _) = forward_rows(generator, &latents);
        let comes_back = current.chunks(dim).zip(back.chunks(dim)).map(|(x, y)| returns(x, y));
        let mut invertible: Vec<bool> = comes_back.zip(known).map(|(back, known)| back && known).collect();
        for _ in 0..self.count {
            let mut stepped = latents.clone();
            for (walker, z) in walkers.iter_mut().zip(stepped.chunks_mut(dim)) {
                for value in z {
                    *value += self.step * normal(&mut walker.random);
                }
            }
            let (proposed, _) = forward_rows(generator, &stepped);
            let (back, log_det_back) = inverse_rows(generator, &proposed);
            let energies = energies_of(environment, &walkers[0].state.configuration.cell, &proposed, dim);
            let known = latents.par_chunks_mut(dim).zip(&mut log_det).zip(&mut invertible).zip(&mut elements);
            walkers.par_iter_mut().zip(known).enumerate().for_each(|(w, (walker, (((z, log_det), invertible), element)))| {
                let row = w * dim..(w + 1) * dim;
                let inside = domain.as_ref().is_none_or(|domain| domain.holds(&proposed[row.clone()]));
                let feasible = *invertible && inside && returns(&stepped[row.clone()], &back[row.clone()]);
                let proposal = feasible.then(|| {
                    walker.propose_positions(&proposed[row.clone()]);
                    walker.relabel_proposed_momenta(domain.as_ref(), element.as_ref());
                    // The determinants are those of the inverse: J_f(z') = 1 / J_f^-1(x').
                    let log_q_ratio = *log_det - log_det_back[w];
                    Proposal { change: Change::Whole, energy: energies[w], log_q_ratio, on_reject: OnReject::Keep }
                });
                if walker.decide(proposal, entry, environment) {
                    z.copy_from_slice(&back[row]);
                    *log_det = log_det_back[w];
                    *invertible = true;
                    *element = None;
                }
            });
        }
    }
}
