//! A small step in latent space: a step in data space that follows the landscape the flow has learnt.

use super::{Change, OnReject, Proposal};
use crate::configurations::Configurations;
use crate::map::Map;
use crate::random::{fill_normal, normal};
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
    pub flow: &'a Map,
    /// Attempts of each walker.
    pub count: usize,
    /// s, in latent units.
    pub step: f64,
}

impl LatentWalk<'_> {
    /// Attempts in all walkers, counted under `entry`.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        let (map, dim) = (self.flow, self.flow.dim());
        let frames = Configurations::of(&*walkers);
        let mut current = map.latents(&frames, &mut |w, numbers| fill_normal(&mut walkers[w].random, numbers));
        for _ in 0..self.count {
            let mut stepped = current.rows.clone();
            for (walker, z) in walkers.iter_mut().zip(stepped.chunks_mut(dim)) {
                for value in z {
                    *value += self.step * normal(&mut walker.random);
                }
            }
            map.generator.wrap_latent(&mut stepped);
            let drawn = map.draw(&stepped, frames.clone());
            let energies = drawn.to.energies(&environment.potential);
            let known = current.rows.par_chunks_mut(dim).zip(&mut current.log_det).zip(&mut current.feasible).zip(&mut current.elements);
            walkers.par_iter_mut().zip(known).enumerate().for_each(|(w, (walker, (((z, log_det), invertible), element)))| {
                let proposal = (*invertible && drawn.latents.feasible[w]).then(|| {
                    walker.propose_positions(drawn.to.row(w));
                    walker.relabel_proposed_momenta(element.as_ref());
                    // The determinants are those of the inverse: J_f(z') = 1 / J_f^-1(x').
                    let log_q_ratio = *log_det - drawn.latents.log_det[w];
                    Proposal { change: Change::Whole, energy: energies[w], log_q_ratio, on_reject: OnReject::Keep }
                });
                if walker.decide(proposal, entry, environment) {
                    z.copy_from_slice(&drawn.latents.rows[w * dim..(w + 1) * dim]);
                    *log_det = drawn.latents.log_det[w];
                    *invertible = true;
                    *element = None;
                }
            });
        }
    }
}
