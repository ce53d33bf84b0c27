//! Splittings of Langevin dynamics into exactly solvable parts.

use crate::microstate::Microstate;
use crate::random::{Random, normal};
use crate::walker::Environment;
use mcflow_potentials::Workspace;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The order of the parts of a step, as letters:
///
/// - A: x += h p / m (drift),
/// - B: p += h f(x) (kick),
/// - O: p = e^(-gamma h) p + sqrt((1 - e^(-2 gamma h)) m kT) xi (Ornstein-Uhlenbeck),
///
/// where h is the time step divided by how often the letter occurs. "BAB" is velocity Verlet, "BAOAB" that of Leimkuhler and
/// Matthews, "OBABO" that of Bussi and Parrinello.
///
/// Source: Leimkuhler and Matthews, Appl. Math. Res. Express 2013 (2013) 34; Bussi and Parrinello, Phys. Rev. E 75 (2007) 056707.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Splitting(String);

impl Splitting {
    /// Reads the letters.
    ///
    /// # Errors
    /// A text that says what would do, which letter does not, or which needed one is missing.
    pub fn new(letters: &str) -> Result<Self, String> {
        if let Some(other) = letters.chars().find(|c| !"ABO".contains(*c)) {
            return Err(format!("the letters A (drift), B (kick) and O (friction and noise) alone, without `{other}`"));
        }
        for needed in ['A', 'B'] {
            if !letters.contains(needed) {
                return Err(format!("at least one A (drift) and one B (kick); there is no {needed}"));
            }
        }
        Ok(Self(letters.to_string()))
    }

    /// The letters.
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// Whether the letters read the same backwards: what makes a step reversible.
    pub fn is_palindrome(&self) -> bool {
        self.0.bytes().eq(self.0.bytes().rev())
    }

    /// Whether there is friction and noise.
    pub fn has_noise(&self) -> bool {
        self.0.contains('O')
    }
}

impl TryFrom<String> for Splitting {
    type Error = String;
    fn try_from(letters: String) -> Result<Self, String> {
        Self::new(&letters)
    }
}

impl From<Splitting> for String {
    fn from(splitting: Splitting) -> String {
        splitting.0
    }
}

impl fmt::Debug for Splitting {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

/// A splitting with its time step and friction.
#[derive(Clone, Debug, PartialEq)]
pub struct Integrator {
    splitting: Splitting,
    time_step: f64,
    friction: f64,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Drift(f64),
    Kick(f64),
    Noise { keep: f64, add: f64 },
}

impl Integrator {
    /// `time_step` in units of time, `friction` (gamma) in inverse time.
    pub fn new(splitting: Splitting, time_step: f64, friction: f64) -> Self {
        let letters = splitting.letters();
        let share = |letter: char| time_step / letters.matches(letter).count() as f64;
        let parts = letters
            .chars()
            .map(|letter| match letter {
                'A' => Part::Drift(share('A')),
                'B' => Part::Kick(share('B')),
                _ => {
                    let keep = (-friction * share('O')).exp();
                    Part::Noise { keep, add: (-(-2.0 * friction * share('O')).exp_m1()).sqrt() }
                }
            })
            .collect();
        Self { splitting, time_step, friction, parts }
    }

    /// The same with another time step.
    #[must_use]
    pub fn with_time_step(&self, time_step: f64) -> Self {
        Self::new(self.splitting.clone(), time_step, self.friction)
    }

    /// The time step.
    pub fn time_step(&self) -> f64 {
        self.time_step
    }

    /// Does one step in place; returns the change of kinetic energy made by the kicks.
    ///
    /// With a current force at the start and a kick at the end ("BAB", "BAOAB", "OBABO"), one force evaluation.
    pub fn step(&self, state: &mut Microstate, environment: &Environment, workspace: &mut Workspace, random: &mut Random) -> f64 {
        let masses = &environment.particles.masses;
        let dimension = state.momenta.dimension();
        let mut kinetic_change = 0.0;
        for part in &self.parts {
            match *part {
                Part::Drift(h) => {
                    for c in 0..dimension {
                        let momenta = state.momenta.component(c);
                        for ((x, p), m) in state.configuration.positions.component_mut(c).iter_mut().zip(momenta).zip(masses) {
                            *x += h * p / m;
                        }
                    }
                    state.forces_current = false;
                }
                Part::Kick(h) => {
                    state.ensure_forces(environment.potential, workspace);
                    for c in 0..dimension {
                        let forces = state.forces.component(c);
                        for ((p, f), m) in state.momenta.component_mut(c).iter_mut().zip(forces).zip(masses) {
                            let kick = h * f;
                            kinetic_change += kick * (*p + 0.5 * kick) / m;
                            *p += kick;
                        }
                    }
                }
                Part::Noise { keep, add } => {
                    let beta = environment.thermodynamic_state.beta;
                    for c in 0..dimension {
                        for (p, m) in state.momenta.component_mut(c).iter_mut().zip(masses) {
                            *p = keep * *p + add * (m / beta).sqrt() * normal(random);
                        }
                    }
                }
            }
        }
        kinetic_change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_letters() {
        assert!(Splitting::new("OBABO").unwrap().is_palindrome());
        assert!(!Splitting::new("OBAB").unwrap().is_palindrome());
        assert!(!Splitting::new("BAB").unwrap().has_noise());
        assert!(Splitting::new("BAXAB").unwrap_err().contains("`X`"));
        assert!(Splitting::new("BOB").unwrap_err().contains("no A"));
        assert!(Splitting::new("").unwrap_err().contains("no A"));
    }
}
