//! The ways to sample that are compared, and how an input becomes one of them.

use crate::build::Built;
use crate::schema::{Compare, Input, Rung};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{Displacement, Exchange, Langevin};
use mcflow_engine::{Effect, Entry, fastest_period};
use mcflow_potentials::Precision;
use serde::Serialize;

/// A way to sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The input as it is.
    Hybrid,
    /// Its local Monte Carlo moves alone.
    PlainMonteCarlo,
    /// Uncorrected Langevin dynamics (BAOAB) alone.
    PlainDynamics,
    /// Its local moves in a ladder, with ordinary exchange and no flow.
    OrdinaryExchange,
}

/// How plain dynamics integrates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dynamics {
    /// Time step, in units of time.
    pub time_step: f64,
    /// Friction, in inverse time.
    pub friction: f64,
    /// Where they come from.
    pub source: String,
}

/// Time steps in the period of the fastest vibration.
const STEPS_A_PERIOD: f64 = 30.0;
/// Friction times the time step: momenta live for a hundred steps, some periods of the fastest vibration.
const FRICTION_A_STEP: f64 = 0.01;

impl Dynamics {
    /// What the input asks for; what it leaves open follows from the fastest vibration, for given numbers fit one system of units and masses only.
    ///
    /// # Errors
    /// A sentence, where the input gives no time step and none can be found.
    pub fn new(compare: &Compare, built: &Built) -> Result<Self, String> {
        let (time_step, of_step) = match compare.time_step {
            Some(time_step) => (time_step, "the input's"),
            None => {
                let period = fastest_period(&built.plan).ok_or(
                    "no force pulls back where the walkers start, so no time step follows from the fastest vibration; give \
                     `compare.time_step`",
                )?;
                (rounded(period / STEPS_A_PERIOD), "a thirtieth of the period of the fastest vibration")
            }
        };
        let (friction, of_friction) = match compare.friction {
            Some(friction) => (friction, "the input's"),
            None => (rounded(FRICTION_A_STEP / time_step), "a hundredth of the inverse time step"),
        };
        let source = format!("time step {time_step} ({of_step}), friction {friction} ({of_friction})");
        Ok(Self { time_step, friction, source })
    }
}

/// A number to two digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

impl Method {
    /// Those that an input asks for: ordinary exchange where there is a ladder.
    pub fn all(input: &Input, compare: &Compare) -> Vec<Self> {
        let mut all = vec![Self::Hybrid, Self::PlainMonteCarlo, Self::PlainDynamics];
        if compare.ladder.len() > 1 || input.ladder.len() > 1 {
            all.push(Self::OrdinaryExchange);
        }
        all
    }

    /// Its name in tables and folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::PlainMonteCarlo => "plain MC",
            Self::PlainDynamics => "plain MD",
            Self::OrdinaryExchange => "ladder",
        }
    }

    /// Makes `input`, whose run `built` is, sample this way.
    ///
    /// # Errors
    /// A sentence: why it cannot.
    pub fn change(self, input: &mut Input, compare: &Compare, built: &Built, dynamics: &Result<Dynamics, String>) -> Result<(), String> {
        match self {
            Self::Hybrid => return Ok(()),
            Self::PlainMonteCarlo => {
                input.sweep.retain(|entry| entry.is_trial_move());
                if !input.sweep.iter().any(|entry| entry.effect() == Effect::Particles) {
                    // Equilibration tunes it.
                    let step = (0.25 * built.plan.starts[0].cell.smallest_height()).min(0.1);
                    input.sweep.push(Entry::Displacement(Displacement { count: None, step, tune: true, every: 1 }));
                }
            }
            Self::PlainDynamics => {
                if input.ladder.first().is_some_and(|rung| rung.pressure.is_some()) {
                    return Err("dynamics here moves no volume, so it cannot hold the pressure".to_string());
                }
                let dynamics = dynamics.as_ref().map_err(Clone::clone)?;
                input.sweep = vec![Entry::Langevin(Langevin {
                    steps: 10,
                    time_step: dynamics.time_step,
                    friction: dynamics.friction,
                    splitting: Splitting::new("BAOAB").expect("a splitting"),
                    metropolized: false,
                    precision: Precision::Double,
                    every: 1,
                })];
            }
            Self::OrdinaryExchange => {
                input.sweep.retain(|entry| entry.flow().is_none());
                if !input.sweep.iter().any(|entry| entry.effect() == Effect::Rungs) {
                    input.sweep.push(Entry::Exchange(Exchange { flow: None, every: 1 }));
                }
                if let Some(first) = input.ladder.first().cloned().filter(|_| compare.ladder.len() > 1) {
                    // As many walkers in all as the input has.
                    let all: usize = input.ladder.iter().map(|rung| rung.walkers).sum();
                    let walkers = (all / compare.ladder.len()).max(1);
                    let rung = |&temperature: &f64| Rung { temperature, walkers, ..first.clone() };
                    input.ladder = compare.ladder.iter().map(rung).collect();
                }
            }
        }
        if self != Self::OrdinaryExchange {
            input.ladder.truncate(1);
        }
        input.flows.0.clear();
        // What trained them has nothing to train.
        input.program.clear();
        // Trajectories may name walkers that are not there now.
        input.output.clear();
        Ok(())
    }
}
