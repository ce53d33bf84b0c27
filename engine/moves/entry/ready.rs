//! Entries made ready for a stretch of sweeps: what does not change from sweep to sweep is computed once.

use super::Trained;
use crate::chain::walker::{Environment, Walker};
use crate::dynamics::{Integrator, Replicas};
use crate::moves::{Move, StateMap};

/// Where an entry is to run.
#[derive(Clone)]
pub struct Setting<'a> {
    /// Its place in the sweep, under which walkers count.
    pub index: usize,
    /// What the walkers of the rung share.
    pub environment: Environment,
    /// The flows that are trained.
    pub trained: Trained<'a>,
}

/// An entry that is ready to run, by how it runs.
pub enum Ready<'a> {
    /// In each walker alone, in the order of the sweep.
    Alone(Box<dyn Alone>),
    /// In all walkers of a rung at once.
    Together(Box<dyn Together + 'a>),
    /// Between the walkers of rungs.
    Between(Between<'a>),
    /// Not at all: its flow is not trained yet.
    Idle,
}

/// An entry that needs one walker only.
pub trait Alone: Send + Sync {
    /// Does one occurrence in one walker.
    fn run(&self, walker: &mut Walker, environment: &Environment);

    /// The same in several walkers side by side, where it is dynamics.
    fn in_lanes(&self) -> Option<&dyn InLanes> {
        None
    }
}

/// Dynamics of several walkers of a small system side by side, one an element of a lane.
pub trait InLanes: Alone {
    /// What integrates.
    fn integrator(&self) -> &Integrator;

    /// Does one occurrence in all these walkers.
    fn run_group(&self, replicas: &mut Replicas, walkers: &mut [Walker], environment: &Environment);
}

/// An entry that runs in all walkers of a rung at once.
pub trait Together: Send + Sync {
    /// Does one occurrence in all walkers, each counting under `entry`.
    fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment);
}

/// Exchanges between rungs.
#[derive(Clone, Copy)]
pub enum Between<'a> {
    /// Neighbouring rungs exchange their configurations as they are.
    Neighbours,
    /// Two rungs exchange through a flow from one to the other.
    Mapped(StateMap<'a>),
}

/// Independent trial moves of one kind, one after the other.
pub struct Trials<M> {
    /// The place of the entry in the sweep.
    pub index: usize,
    /// How many.
    pub count: usize,
    /// What proposes.
    pub trial: M,
}

impl<M: Move> Alone for Trials<M> {
    fn run(&self, walker: &mut Walker, environment: &Environment) {
        for _ in 0..self.count {
            walker.attempt(&self.trial, self.index, environment);
        }
    }
}

impl<'a> Ready<'a> {
    /// `count` trial moves of one kind.
    pub fn trials(setting: &Setting, count: usize, trial: impl Move + 'static) -> Self {
        Self::Alone(Box::new(Trials { index: setting.index, count, trial }))
    }
}

/// Does an entry in a group of walkers: in lanes where that pays, else in one after the other.
pub(crate) fn run_group(entry: &dyn Alone, walkers: &mut [Walker], replicas: &mut Option<Replicas>, environment: &Environment) {
    let cell = &walkers[0].state.configuration.cell;
    let together = entry.in_lanes().filter(|_| {
        Replicas::pay(walkers.len(), &environment.potential, environment.particles.n())
            && walkers.iter().all(|walker| walker.state.configuration.cell == *cell)
    });
    match together {
        Some(dynamics) => {
            let replicas = replicas.get_or_insert_with(|| Replicas::new(environment, dynamics.integrator()));
            dynamics.run_group(replicas, walkers, environment);
        }
        None => walkers.iter_mut().for_each(|walker| entry.run(walker, environment)),
    }
}
