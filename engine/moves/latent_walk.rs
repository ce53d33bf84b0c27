//! A small step in latent space: a step in data space that follows the landscape the flow has learnt.

use super::flow_rows::{current_rows, energies_of, forward_rows, inverse_rows, returns};
use super::{Change, OnReject, Proposal};
use crate::random::normal;
use crate::walker::{Environment, Walker};
use mcflow_flows::Generator;
use rayon::prelude::*;

/// x' = f(z + s xi) with z = f^-1(x) and xi standard normal.
///
/// In z the step is symmetric; as a density in x it carries the Jacobians at both ends: `log_q_ratio` = ln|det J_f(z')| -
/// ln|det J_f(z)|, both computed by the inverse map. A proposal that does not come back within 1e-6 is infeasible.
///
/// Source: Noé, Olsson, Köhler and Wu, Science 365 (2019) eaaw1147 (whose published sampler leaves the Jacobians out).
pub struct LatentWalk<'a> {
    /// The flow.
    pub generator: &'a Generator,
    /// Attempts of each walker.
    pub count: usize,
    /// s, in latent units.
    pub step: f64,
}

impl LatentWalk<'_> {
    /// Attempts in all walkers, counted under `entry`.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let dim = self.generator.dim();
        let current = current_rows(walkers, dim);
        let (mut latents, mut log_det) = inverse_rows(self.generator, &current);
        let (back, _) = forward_rows(self.generator, &latents);
        let mut invertible: Vec<bool> = current.chunks(dim).zip(back.chunks(dim)).map(|(x, y)| returns(x, y)).collect();
        for _ in 0..self.count {
            let mut stepped = latents.clone();
            for (walker, z) in walkers.iter_mut().zip(stepped.chunks_mut(dim)) {
                for value in z {
                    *value += self.step * normal(&mut walker.random);
                }
            }
            let (proposed, _) = forward_rows(self.generator, &stepped);
            let (back, log_det_back) = inverse_rows(self.generator, &proposed);
            let energies = energies_of(environment, &walkers[0].state.configuration.cell, &proposed, dim);
            let known = latents.par_chunks_mut(dim).zip(&mut log_det).zip(&mut invertible);
            walkers.par_iter_mut().zip(known).enumerate().for_each(|(w, (walker, ((z, log_det), invertible)))| {
                let row = w * dim..(w + 1) * dim;
                let feasible = *invertible && returns(&stepped[row.clone()], &back[row.clone()]);
                let proposal = feasible.then(|| {
                    walker.propose_positions(&proposed[row.clone()]);
                    // The determinants are those of the inverse: J_f(z') = 1 / J_f^-1(x').
                    let log_q_ratio = *log_det - log_det_back[w];
                    Proposal { change: Change::Whole, energy: energies[w], log_q_ratio, on_reject: OnReject::Keep }
                });
                if walker.decide(proposal, entry, environment) {
                    z.copy_from_slice(&back[row]);
                    *log_det = log_det_back[w];
                    *invertible = true;
                }
            });
        }
    }
}
