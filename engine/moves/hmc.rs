//! Hybrid Monte Carlo: trajectories of Hamiltonian dynamics as proposals.

use super::entry::{
    Alone, Effect, EquationsOfMotion, InLanes, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults,
};
use super::langevin::ensure_forces;
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch, Walker};
use crate::dynamics::{Integrator, Replicas, Splitting, trajectory_steps};
use mcflow_base::Problem;
use mcflow_potentials::Precision;
use serde::{Deserialize, Serialize};

/// Hybrid (Hamiltonian) Monte Carlo: fresh momenta, `steps` steps of velocity Verlet, the end point proposed.
///
/// The integrator is reversible up to the sign of p and keeps volume, so only the change of total energy counts: `log_q_ratio` =
/// -beta (K' - K), which the B steps alone make. The fresh momenta belong to the proposal; those of the state are independent of the
/// positions, take no part, and stay as they are, so HMC mixes with moves that keep momenta.
///
/// With forces in f32 ([`Precision::Mixed`](mcflow_potentials::Precision)) this still holds: the trajectory is reversible and keeps
/// volume for whatever function of the positions the force is, and the energies that decide are f64. What is left of irreversibility is
/// that sums in another order (after a new neighbour list) round differently: some 1e-7 of a force, where f64 has 1e-16.
///
/// Source: Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195 (1987) 216.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hmc {
    /// Trajectories a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Steps of a trajectory in the mean: each has from half to one and a half times as many, so that none of the periods of a system fits
    /// all of them.
    pub steps: usize,
    /// Time step (where tuning starts, if `tune`).
    pub time_step: f64,
    /// Whether equilibration tunes `time_step`.
    #[serde(default = "defaults::yes")]
    pub tune: bool,
    /// `Double`, or `Mixed`: the pair forces that drive the dynamics, and their sums over the partners of a particle, in f32, all else in f64. Systems below 160 particles
    /// have f64 all the same: nothing would be gained.
    #[serde(default)]
    pub precision: Precision,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for Hmc {
    fn name(&self) -> &'static str {
        "Hmc"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, _: &System) -> Vec<Problem> {
        let counts = checks::counts([("every", self.every), ("count", self.count), ("steps", self.steps)]);
        checks::positive("time_step", self.time_step).into_iter().chain(counts).collect()
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count.saturating_mul(self.steps) as u64, of_a_step: StepWork::Configuration }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::step(self.tune, self.time_step, 0.75, f64::INFINITY)
    }

    fn effect(&self) -> Effect {
        Effect::Particles
    }

    fn dynamics(&self) -> Option<EquationsOfMotion> {
        Some(EquationsOfMotion {
            splitting: velocity_verlet(),
            steps: self.steps,
            time_step: self.time_step,
            friction: 0.0,
            has_noise: false,
            accepted: true,
            keeps_momenta: false,
            precision: self.precision,
        })
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        let integrator = Integrator::new(&velocity_verlet(), parameter, 0.0, self.precision, &setting.environment);
        Ready::Alone(Box::new(Trajectories { index: setting.index, count: self.count, steps: self.steps, integrator }))
    }
}

fn velocity_verlet() -> Splitting {
    Splitting::new("BAB").expect("a splitting")
}

/// The trajectories of one occurrence.
struct Trajectories {
    /// The place of the entry in the sweep.
    index: usize,
    count: usize,
    /// Steps of one in the mean.
    steps: usize,
    integrator: Integrator,
}

impl Alone for Trajectories {
    fn run(&self, walker: &mut Walker, environment: &Environment) {
        let Self { index, count, steps, integrator } = self;
        ensure_forces(integrator, walker, environment);
        for _ in 0..*count {
            let steps = trajectory_steps(*steps, *index, walker.tallies[*index].attempted);
            walker.attempt(&HmcTrajectory { integrator, steps }, *index, environment);
        }
    }

    fn in_lanes(&self) -> Option<&dyn InLanes> {
        Some(self)
    }
}

impl InLanes for Trajectories {
    fn integrator(&self) -> &Integrator {
        &self.integrator
    }

    fn run_group(&self, replicas: &mut Replicas, walkers: &mut [Walker], environment: &Environment) {
        replicas.hmc(&self.integrator, self.steps, self.count, walkers, self.index, environment);
    }
}

/// One trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct HmcTrajectory<'a> {
    /// Velocity Verlet of the time step.
    pub integrator: &'a Integrator,
    /// Steps of the trajectory.
    pub steps: usize,
}

impl Move for HmcTrajectory<'_> {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let beta = environment.thermodynamic_state.beta;
        scratch.other.copy_from(state);
        self.integrator.draw_momenta(scratch.other, scratch.random);
        let Scratch { other, workspace, random, noise, .. } = scratch;
        let kinetic_change = self.integrator.run_with_kinetic_change(self.steps, other, &environment.potential, workspace, noise, random);
        scratch.other.momenta.copy_from(&state.momenta);
        Some(Proposal {
            change: Change::Whole,
            energy: scratch.other.energy,
            log_q_ratio: -beta * kinetic_change,
            on_reject: OnReject::Keep,
        })
    }
}
