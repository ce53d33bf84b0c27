//! A small step in latent space: a step in data space that follows the landscape the flow has learnt.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Together, Tuning, Work, checks, defaults};
use super::{Change, OnReject, Proposal};
use crate::chain::walker::{Environment, Walker};
use crate::learned::Ends;
use crate::learned::configurations::Configurations;
use crate::learned::map::Map;
use crate::random::{fill_normal, normal};
use mcflow_base::Problem;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Random walk in latent space: see [`LatentTrial`] for the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatentWalk {
    /// The name of the flow.
    pub flow: String,
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Spread of a step in latent units (where tuning starts, if `tune`).
    pub step: f64,
    /// Whether equilibration tunes `step`.
    #[serde(default = "defaults::yes")]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for LatentWalk {
    fn name(&self) -> &'static str {
        "LatentWalk"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, _: &System) -> Vec<Problem> {
        let counts = checks::counts([("every", self.every), ("count", self.count)]);
        checks::positive("step", self.step).into_iter().chain(counts).collect()
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count as u64, of_a_step: StepWork::Flow }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::step(self.tune, self.step, 0.4, f64::INFINITY)
    }

    fn effect(&self) -> Effect {
        Effect::Configuration
    }

    fn flow(&self) -> Option<&str> {
        Some(&self.flow)
    }

    fn takes(&self, flow: &Ends) -> bool {
        flow.is_generator() && flow.end.within.is_none()
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        match setting.trained.generators.get(&self.flow) {
            Some(flow) => Ready::Together(Box::new(LatentTrial { flow, count: self.count, step: parameter })),
            None => Ready::Idle,
        }
    }
}

impl Together for LatentTrial<'_> {
    fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        self.attempt(walkers, entry, environment);
    }
}

/// x' = f(z + s xi) with z = f^-1(x) and xi standard normal.
///
/// In z the step is symmetric; as a density in x it carries the Jacobians at both ends: `log_q_ratio` = ln|det J_f(z')| -
/// ln|det J_f(z)|, both computed by the inverse map. A proposal that does not come back within 1e-6 is infeasible. Symmetry is dealt with as by
/// [`DrawTrial`](super::DrawTrial).
///
/// Source: Noé, Olsson, Köhler and Wu, Science 365 (2019) eaaw1147 (whose published sampler leaves the Jacobians out).
pub struct LatentTrial<'a> {
    /// The flow.
    pub flow: &'a Map,
    /// Attempts of each walker.
    pub count: usize,
    /// s, in latent units.
    pub step: f64,
}

impl LatentTrial<'_> {
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
                let proposal = (*invertible && drawn.feasible[w]).then(|| {
                    walker.propose_positions(drawn.to.row(w));
                    walker.relabel_proposed_momenta(element.as_deref());
                    // The determinants are those of the inverse: J_f(z') = 1 / J_f^-1(x').
                    let log_q_ratio = *log_det - drawn.log_det[w];
                    Proposal { change: Change::Whole, energy: energies[w], log_q_ratio, on_reject: OnReject::Keep }
                });
                if walker.decide(proposal, entry, environment) {
                    z.copy_from_slice(&drawn.rows[w * dim..(w + 1) * dim]);
                    *log_det = drawn.log_det[w];
                    *invertible = true;
                    *element = None;
                }
            });
        }
    }
}
