//! Langevin dynamics, each step a proposal or taken as it is.

use super::entry::{
    Alone, Effect, EquationsOfMotion, InLanes, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults,
};
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch, Walker};
use crate::dynamics::{Integrator, Replicas, Splitting};
use mcflow_base::Problem;
use mcflow_potentials::Precision;
use serde::{Deserialize, Serialize};

/// Langevin dynamics by a splitting: each step corrected by an accept rule ([`MetropolizedStep`]), or plain and with a time-step error.
///
/// Source: Leimkuhler and Matthews, Appl. Math. Res. Express 2013 (2013) 34; Bussi and Parrinello, Phys. Rev. E 75 (2007) 056707.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Langevin {
    /// Time steps a sweep.
    pub steps: usize,
    /// Time step.
    pub time_step: f64,
    /// Friction gamma, in inverse time.
    pub friction: f64,
    /// Letters of [`Splitting`].
    #[serde(default = "obabo")]
    pub splitting: Splitting,
    /// Whether each step is accepted or rejected, which makes the chain exact.
    #[serde(default = "defaults::yes")]
    pub metropolized: bool,
    /// `Double`, or `Mixed`: the pair forces that drive the dynamics, and their sums over the partners of a particle, in f32, all else in f64. Systems below 160 particles
    /// have f64 all the same: nothing would be gained.
    #[serde(default)]
    pub precision: Precision,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

fn obabo() -> Splitting {
    Splitting::new("OBABO").expect("a splitting")
}

impl SweepEntry for Langevin {
    fn name(&self) -> &'static str {
        "Langevin"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, system: &System) -> Vec<Problem> {
        let Self { steps, time_step, friction, splitting, metropolized, .. } = self;
        let mut problems: Vec<Problem> = checks::positive("time_step", *time_step).into_iter().collect();
        if !(friction.is_finite() && *friction >= 0.0) {
            problems.push(Problem::new("friction", friction, "a finite number, at least 0"));
        }
        if *metropolized && !splitting.is_palindrome() {
            let expected = "a palindrome such as \"OBABO\" or \"BAOAB\", or `metropolized: false`";
            problems.push(Problem::new("splitting", format!("{splitting:?}, which cannot be Metropolized"), expected));
        }
        let expected = "an O in the splitting and a friction above 0, or `Hmc`, or `metropolized: false`";
        if *metropolized && !splitting.has_noise() {
            problems.push(Problem::new("splitting", format!("{splitting:?} without noise"), expected));
        } else if *metropolized && *friction == 0.0 {
            problems.push(Problem::new("friction", "0, which makes no noise", expected));
        }
        if system.constant_pressure && !metropolized {
            let expected = "true: an uncorrected step has no exact ensemble that the volume move could join";
            problems.push(Problem::new("metropolized", "false, at constant pressure", expected));
        }
        problems.extend(checks::counts([("every", self.every), ("steps", *steps)]));
        problems
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.steps as u64, of_a_step: StepWork::Configuration }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::Fixed(self.time_step)
    }

    fn effect(&self) -> Effect {
        Effect::Particles
    }

    fn dynamics(&self) -> Option<EquationsOfMotion> {
        Some(EquationsOfMotion {
            splitting: self.splitting.clone(),
            steps: self.steps,
            time_step: self.time_step,
            friction: self.friction,
            has_noise: self.splitting.has_noise() && self.friction > 0.0,
            accepted: self.metropolized,
            keeps_momenta: true,
            precision: self.precision,
        })
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        let integrator = Integrator::new(&self.splitting, parameter, self.friction, self.precision, &setting.environment);
        if self.metropolized {
            Ready::Alone(Box::new(MetropolizedSteps { index: setting.index, count: self.steps, step: MetropolizedStep { integrator } }))
        } else {
            Ready::Alone(Box::new(PlainSteps { count: self.steps, integrator }))
        }
    }
}

/// Steps that are accepted or rejected one by one.
struct MetropolizedSteps {
    /// The place of the entry in the sweep.
    index: usize,
    count: usize,
    step: MetropolizedStep,
}

impl Alone for MetropolizedSteps {
    fn run(&self, walker: &mut Walker, environment: &Environment) {
        ensure_forces(&self.step.integrator, walker, environment);
        for _ in 0..self.count {
            walker.attempt(&self.step, self.index, environment);
        }
    }

    fn in_lanes(&self) -> Option<&dyn InLanes> {
        Some(self)
    }
}

impl InLanes for MetropolizedSteps {
    fn integrator(&self) -> &Integrator {
        &self.step.integrator
    }

    fn run_group(&self, replicas: &mut Replicas, walkers: &mut [Walker], environment: &Environment) {
        replicas.metropolized(&self.step.integrator, self.count, walkers, self.index, environment);
    }
}

/// Steps that are taken as they are.
struct PlainSteps {
    count: usize,
    integrator: Integrator,
}

impl Alone for PlainSteps {
    fn run(&self, walker: &mut Walker, environment: &Environment) {
        let Walker { state, workspace, random, noise, .. } = walker;
        self.integrator.run(self.count, state, &environment.potential, workspace, noise, random);
        workspace.positions_changed();
    }

    fn in_lanes(&self) -> Option<&dyn InLanes> {
        Some(self)
    }
}

impl InLanes for PlainSteps {
    fn integrator(&self) -> &Integrator {
        &self.integrator
    }

    fn run_group(&self, replicas: &mut Replicas, walkers: &mut [Walker], environment: &Environment) {
        replicas.run(&self.integrator, self.count, walkers, environment);
    }
}

/// Computes forces of the state that every proposal would otherwise compute for itself.
pub(super) fn ensure_forces(integrator: &Integrator, walker: &mut Walker, environment: &Environment) {
    if integrator.starts_with_forces() {
        walker.state.ensure_forces(&environment.potential, &mut walker.workspace, integrator.precision());
    }
}

/// One step of a palindromic splitting of Langevin dynamics as a proposal (generalised HMC); a rejection flips the momenta.
///
/// Forward and backward (momenta reversed) the step passes the same points; A and B keep volume, and each O step is reversible for
/// the Maxwell distribution, so its own change of K cancels: `log_q_ratio` = -beta times the change of K in the B steps.
///
/// Forces in f32 are as good as in [`Hmc`](super::Hmc).
///
/// Source: Horowitz, Phys. Lett. B 268 (1991) 247; Lelièvre, Rousset and Stoltz, Free Energy Computations (2010), section 2.2.3.
#[derive(Clone, Debug, PartialEq)]
pub struct MetropolizedStep {
    /// The splitting, time step and friction; palindromic.
    pub integrator: Integrator,
}

impl Move for MetropolizedStep {
    #[inline]
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        scratch.other.copy_from(state);
        let Scratch { other, workspace, random, noise, .. } = scratch;
        let kinetic_change = self.integrator.run_with_kinetic_change(1, other, &environment.potential, workspace, noise, random);
        Some(Proposal {
            change: Change::Whole,
            energy: scratch.other.energy,
            log_q_ratio: -environment.thermodynamic_state.beta * kinetic_change,
            on_reject: OnReject::FlipMomenta,
        })
    }
}
