//! Entries that need no flow, made ready for a stretch of sweeps: what does not change from sweep to sweep is computed once.

use crate::dynamics::{Integrator, Replicas, Splitting};
use crate::moves::{Displacement, Hmc, IdentitySwap, MetropolizedStep, Translation, Volume, trajectory_steps};
use crate::schedule::Entry;
use crate::walker::{Environment, Walker};

/// An entry that runs in each walker alone, or, where it is dynamics of a small system, in several walkers side by side.
pub struct LocalEntry {
    /// Its place in the sweep.
    index: usize,
    /// How often in a sweep.
    times: usize,
    what: What,
}

enum What {
    Displacement(Displacement),
    Translation(Translation),
    IdentitySwap(IdentitySwap),
    Volume(Volume),
    Hmc { integrator: Integrator, steps: usize },
    Metropolized(MetropolizedStep),
    Plain(Integrator),
}

impl Entry {
    /// Makes the entry ready, with its step size or time step as tuned; `None` where it needs a flow.
    pub fn prepare(&self, index: usize, parameter: f64, environment: &Environment) -> Option<LocalEntry> {
        let (times, what) = match self {
            Self::Displacement { count, .. } => {
                (count.unwrap_or(environment.particles.n()), What::Displacement(Displacement { step: parameter }))
            }
            Self::Translation { count, .. } => (*count, What::Translation(Translation { step: parameter })),
            Self::IdentitySwap { count, .. } => (*count, What::IdentitySwap(IdentitySwap)),
            Self::Volume { count, measure, shape, largest_aspect, .. } => {
                let largest_aspect = largest_aspect.unwrap_or(f64::INFINITY);
                (*count, What::Volume(Volume { step: parameter, measure: *measure, shape: *shape, largest_aspect }))
            }
            Self::Hmc { count, steps, precision, .. } => {
                let verlet = Splitting::new("BAB").expect("a splitting");
                let integrator = Integrator::new(&verlet, parameter, 0.0, *precision, environment);
                (*count, What::Hmc { integrator, steps: *steps })
            }
            Self::Langevin { steps, friction, splitting, metropolized, precision, .. } => {
                let integrator = Integrator::new(splitting, parameter, *friction, *precision, environment);
                (*steps, if *metropolized { What::Metropolized(MetropolizedStep { integrator }) } else { What::Plain(integrator) })
            }
            Self::GeneratorDraw { .. } | Self::LatentWalk { .. } | Self::ModeJump { .. } | Self::Exchange { .. } => return None,
        };
        Some(LocalEntry { index, times, what })
    }
}

impl LocalEntry {
    /// Whether it can run in lanes at all.
    pub(crate) fn is_dynamics(&self) -> bool {
        matches!(self.what, What::Hmc { .. } | What::Metropolized(_) | What::Plain(_))
    }

    /// Does the entry in one walker.
    pub fn run(&self, walker: &mut Walker, environment: &Environment) {
        let Self { index, times, what } = self;
        match what {
            What::Displacement(displacement) => {
                for _ in 0..*times {
                    walker.attempt(displacement, *index, environment);
                }
            }
            What::Translation(translation) => {
                for _ in 0..*times {
                    walker.attempt(translation, *index, environment);
                }
            }
            What::IdentitySwap(swap) => {
                for _ in 0..*times {
                    walker.attempt(swap, *index, environment);
                }
            }
            What::Volume(volume) => {
                for _ in 0..*times {
                    walker.attempt(volume, *index, environment);
                }
            }
            What::Hmc { integrator, steps } => {
                ensure_forces(integrator, walker, environment);
                for _ in 0..*times {
                    let steps = trajectory_steps(*steps, *index, walker.tallies[*index].attempted);
                    walker.attempt(&Hmc { integrator, steps }, *index, environment);
                }
            }
            What::Metropolized(step) => {
                ensure_forces(&step.integrator, walker, environment);
                for _ in 0..*times {
                    walker.attempt(step, *index, environment);
                }
            }
            What::Plain(integrator) => {
                let Walker { state, workspace, random, noise, .. } = walker;
                integrator.run(*times, state, &environment.potential, workspace, noise, random);
                workspace.positions_changed();
            }
        }
    }

    /// Does the entry in a group of walkers: in lanes where that pays, else in one after the other.
    pub(crate) fn run_group(&self, walkers: &mut [Walker], replicas: &mut Option<Replicas>, environment: &Environment) {
        let cell = &walkers[0].state.configuration.cell;
        let together = self.is_dynamics()
            && Replicas::pay(walkers.len(), &environment.potential, environment.particles.n())
            && walkers.iter().all(|walker| walker.state.configuration.cell == *cell);
        if !together {
            walkers.iter_mut().for_each(|walker| self.run(walker, environment));
            return;
        }
        let integrator = match &self.what {
            What::Hmc { integrator, .. } => integrator,
            What::Metropolized(step) => &step.integrator,
            What::Plain(integrator) => integrator,
            _ => unreachable!("trial moves are no dynamics"),
        };
        let replicas = replicas.get_or_insert_with(|| Replicas::new(environment, integrator));
        match &self.what {
            What::Hmc { steps, .. } => replicas.hmc(integrator, *steps, self.times, walkers, self.index, environment),
            What::Metropolized(_) => replicas.metropolized(integrator, self.times, walkers, self.index, environment),
            _ => replicas.run(integrator, self.times, walkers, environment),
        }
    }
}

/// Forces of the state that every proposal would otherwise compute for itself.
fn ensure_forces(integrator: &Integrator, walker: &mut Walker, environment: &Environment) {
    if integrator.starts_with_forces() {
        walker.state.ensure_forces(&environment.potential, &mut walker.workspace, integrator.precision());
    }
}
