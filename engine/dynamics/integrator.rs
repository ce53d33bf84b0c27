//! A splitting made ready for a system: time step, friction, masses and temperature.

use super::Splitting;
use super::segment::{Advance, KickWork, Part, Segment};
use crate::chain::microstate::Microstate;
use crate::chain::walker::Environment;
use crate::random::Random;
use crate::random::normals::fill_normals;
use mcflow_base::dispatch;
use mcflow_potentials::{PotentialSum, Precision, Workspace};

/// Steps of a [`Splitting`], with all that does not change from step to step computed beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct Integrator {
    /// One step.
    stages: Vec<Stage>,
    /// The last stage of a step with the first of the next, where both have the same forces.
    joint: Option<Stage>,
    precision: Precision,
    /// 1 / m, one a coordinate, component by component.
    pub(super) inverse_masses: Vec<f64>,
    /// sqrt(m kT), likewise.
    pub(super) spreads: Vec<f64>,
}

/// What is done with one evaluation of the forces.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stage {
    parts: Vec<Part>,
    pub segments: Vec<Segment>,
    /// Whether it kicks, so that the forces must be current when it starts.
    pub needs_forces: bool,
    /// Whether it moves positions, so that forces and energy are old when it ends.
    pub drifts: bool,
}

impl Stage {
    fn push(&mut self, part: Part) {
        self.needs_forces |= matches!(part, Part::Kick(_));
        self.drifts |= matches!(part, Part::Drift(_));
        if !self.segments.last_mut().is_some_and(|segment| segment.take(part)) {
            let mut segment = Segment::default();
            segment.take(part);
            self.segments.push(segment);
        }
        self.parts.push(part);
    }
}

/// A new stage begins where a kick follows a drift.
fn stages(parts: impl Iterator<Item = Part>) -> Vec<Stage> {
    let mut stages = vec![Stage::default()];
    for part in parts {
        let last = stages.len() - 1;
        if stages[last].drifts && matches!(part, Part::Kick(_)) {
            stages.push(Stage::default());
        }
        let last = stages.len() - 1;
        stages[last].push(part);
    }
    stages
}

impl Integrator {
    /// `time_step` in units of time, `friction` (gamma) in inverse time; `precision` is that of the forces, never that of an energy.
    pub fn new(splitting: &Splitting, time_step: f64, friction: f64, precision: Precision, environment: &Environment) -> Self {
        let letters = splitting.letters();
        let share = |letter: char| time_step / letters.matches(letter).count() as f64;
        let stages = stages(letters.chars().map(|letter| match letter {
            'A' => Part::Drift(share('A')),
            'B' => Part::Kick(share('B')),
            _ => Part::Noise { keep: (-friction * share('O')).exp(), add: (-(-2.0 * friction * share('O')).exp_m1()).sqrt() },
        }));
        let (first, last) = (&stages[0], &stages[stages.len() - 1]);
        let joint = (stages.len() > 1 && !(last.drifts && first.needs_forces)).then(|| {
            let mut joint = Stage::default();
            last.parts.iter().chain(&first.parts).for_each(|&part| joint.push(part));
            joint
        });
        let masses = &environment.particles.masses;
        let beta = environment.thermodynamic_state.beta;
        let coordinates = |of: &dyn Fn(f64) -> f64| -> Vec<f64> {
            (0..environment.potential.dimension()).flat_map(|_| masses.iter().map(|&mass| of(mass))).collect()
        };
        let (inverse_masses, spreads) = (coordinates(&|mass| 1.0 / mass), coordinates(&|mass| (mass / beta).sqrt()));
        Self { joint, stages, precision, inverse_masses, spreads }
    }

    /// Whether a step begins with a kick, so that current forces at its start save an evaluation.
    pub fn starts_with_forces(&self) -> bool {
        self.stages[0].needs_forces
    }

    /// The precision of its forces.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The stages of `steps` steps.
    pub(super) fn stages(&self, steps: usize) -> impl Iterator<Item = &Stage> {
        let (first, later) = match &self.joint {
            // The first stage of every step but the first is in the joint before it.
            Some(_) => (&self.stages[..1], &self.stages[1..]),
            None => (&[][..], &self.stages[..]),
        };
        let step = move |number: usize| {
            let (last, inner) = later.split_last().expect("a step has a stage");
            inner.iter().chain(std::iter::once(self.joint.as_ref().filter(|_| number + 1 < steps).unwrap_or(last)))
        };
        first.iter().take(steps).chain((0..steps).flat_map(step))
    }

    /// Draws all momenta from the Maxwell distribution: p ~ N(0, m kT).
    pub(crate) fn draw_momenta(&self, state: &mut Microstate, random: &mut Random) {
        fill_normals(random, state.momenta.row_mut());
        state.momenta.row_mut().iter_mut().zip(&self.spreads).for_each(|(p, spread)| *p *= spread);
    }

    /// Does `steps` steps in place. Energy and virial are those of the end point afterwards, its forces too where the splitting ends in B.
    ///
    /// With a kick at the end ("BAB", "BAOAB", "OBABO") and current forces at the start, one evaluation a step; only the last one
    /// computes the energy.
    pub fn run(
        &self,
        steps: usize,
        state: &mut Microstate,
        potential: &PotentialSum,
        workspace: &mut Workspace,
        noise: &mut [f64],
        random: &mut Random,
    ) {
        self.advance(steps, state, potential, workspace, noise, random, None);
    }

    /// The same; returns the change of kinetic energy made by the kicks.
    pub fn run_with_kinetic_change(
        &self,
        steps: usize,
        state: &mut Microstate,
        potential: &PotentialSum,
        workspace: &mut Workspace,
        noise: &mut [f64],
        random: &mut Random,
    ) -> f64 {
        // Lanes have at most 8 elements.
        let mut kinetic = [0.0; 8 * KickWork::SUMS];
        self.advance(steps, state, potential, workspace, noise, random, Some(&mut kinetic));
        kinetic.iter().sum()
    }

    fn advance(
        &self,
        steps: usize,
        state: &mut Microstate,
        potential: &PotentialSum,
        workspace: &mut Workspace,
        noise: &mut [f64],
        random: &mut Random,
        mut kinetic: Option<&mut [f64]>,
    ) {
        let mut energy_current = true;
        let mut stages = self.stages(steps).peekable();
        while let Some(stage) = stages.next() {
            if stage.needs_forces {
                if stages.peek().is_none() && !stage.drifts && !energy_current {
                    state.evaluate(potential, workspace, self.precision);
                    energy_current = true;
                } else {
                    state.ensure_forces(potential, workspace, self.precision);
                }
            }
            for &segment in &stage.segments {
                if segment.noise.is_some() {
                    fill_normals(random, noise);
                }
                let (forces, inverse_masses) = (state.forces.row(), &self.inverse_masses);
                if let (Some(kick), Some(sums)) = (segment.kick, kinetic.as_deref_mut()) {
                    dispatch(KickWork { kick, momenta: state.momenta.row(), forces, inverse_masses, sums });
                }
                dispatch(Advance {
                    segment,
                    sign: 1.0,
                    positions: state.configuration.positions.row_mut(),
                    momenta: state.momenta.row_mut(),
                    forces,
                    noise,
                    inverse_masses,
                    spreads: &self.spreads,
                });
            }
            if stage.drifts {
                state.current_forces = None;
                energy_current = false;
            }
        }
        if !energy_current {
            state.evaluate_energy(potential, workspace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(stage: &Stage) -> String {
        let letter = |part: &Part| match part {
            Part::Drift(_) => 'A',
            Part::Kick(_) => 'B',
            Part::Noise { .. } => 'O',
        };
        stage.parts.iter().map(letter).collect()
    }

    #[test]
    fn steps_are_cut_where_forces_are_new() {
        use crate::chain::thermodynamics::ThermodynamicState;
        use mcflow_potentials::{Cell, Particles};
        let particles = Particles::alike("A", 2, 4.0);
        let potential = PotentialSum::new(&[], &particles, &Cell::open(3));
        let thermodynamic_state = ThermodynamicState { beta: 0.25, pressure: None };
        let environment = Environment::new(&potential, &particles, thermodynamic_state);
        for (splitting, one, three) in [
            ("BAB", "BA|B", "BA|BBA|BBA|B"),
            ("BAOAB", "BAOA|B", "BAOA|BBAOA|BBAOA|B"),
            ("OBABO", "OBA|BO", "OBA|BOOBA|BOOBA|BO"),
            ("ABOBA", "A|BOBA", "A|BOBAA|BOBAA|BOBA"),
            ("BA", "BA", "BA|BA|BA"),
            ("AB", "A|B", "A|BA|BA|B"),
        ] {
            let splitting = Splitting::new(splitting).expect("letters");
            let integrator = Integrator::new(&splitting, 0.1, 1.0, Precision::Double, &environment);
            for (steps, expected) in [(0, ""), (1, one), (3, three)] {
                assert_eq!(integrator.stages(steps).map(letters).collect::<Vec<_>>().join("|"), expected, "{splitting:?}");
            }
            assert_eq!((integrator.inverse_masses[5], integrator.spreads[5]), (0.25, 4.0));
        }
    }
}
