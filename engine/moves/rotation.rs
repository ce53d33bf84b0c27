//! A group of particles turned about its centre.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Tuning, Work, checks, defaults};
use super::{Change, Move, OnReject, Proposal};
use crate::chain::microstate::Microstate;
use crate::chain::walker::{Environment, Scratch};
use crate::random::normal;
use mcflow_base::Problem;
use mcflow_potentials::Moved;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Trial rotations of a chosen group of particles about its centre, as a rigid body: what single displacements do slowly where particles hold
/// together.
///
/// The angle is uniform between -`step` and `step`, the axis (in space) uniform on the sphere. The centre is the mean of the positions, so a
/// rotation leaves it where it is and turns the positions relative to it by an orthogonal matrix, whose determinant is 1. `log_q_ratio` is 0:
/// the way back is the opposite angle about the same axis, with the same density. In a periodic cell each particle of the group is taken at its
/// image nearest to the first one; a rotation after which it would be another image is infeasible, for it could not be taken back. Momenta
/// stay as they are: they are independent of the positions.
///
/// Source: Barker and Watts, Chem. Phys. Lett. 3 (1969) 144; Frenkel and Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 3.3.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The particles of the group, by number from 0.
    pub particles: Vec<usize>,
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// The largest angle, in radians (where tuning starts, if `tune`).
    pub step: f64,
    /// Whether equilibration tunes `step`.
    #[serde(default = "defaults::yes")]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for Rotation {
    fn name(&self) -> &'static str {
        "Rotation"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, system: &System) -> Vec<Problem> {
        let mut problems: Vec<Problem> = checks::positive("step", self.step).into_iter().collect();
        if self.step > PI {
            problems.push(Problem::new("step", self.step, "an angle in radians, at most pi"));
        }
        let n = system.particles.n();
        for (k, &particle) in self.particles.iter().enumerate() {
            let key = format!("particles[{k}]");
            if particle >= n {
                problems.push(Problem::new(key, format!("particle {particle}"), format!("particles from 0 to {}", n.saturating_sub(1))));
            } else if self.particles[..k].contains(&particle) {
                problems.push(Problem::new(key, format!("particle {particle} twice"), "each particle once"));
            }
        }
        if self.particles.len() < 2 {
            let found = format!("{} particle(s), which a rotation leaves where they are", self.particles.len());
            problems.push(Problem::new("particles", found, "at least two particles"));
        }
        if system.cell.dimension() == 1 {
            problems.push(Problem::new("", "a rotation on a line", "two or three dimensions, or no such move"));
        }
        problems.extend(checks::counts([("every", self.every), ("count", self.count)]));
        problems
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count as u64, of_a_step: StepWork::Particles(self.particles.len()) }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::step(self.tune, self.step, 0.4, PI)
    }

    fn effect(&self) -> Effect {
        Effect::Rigid
    }

    fn prepare<'a>(&self, parameter: f64, setting: &Setting<'a>) -> Ready<'a> {
        Ready::trials(setting, self.count, RotationTrial { particles: self.particles.clone(), step: parameter })
    }
}

/// One trial rotation.
#[derive(Clone, Debug, PartialEq)]
pub struct RotationTrial {
    /// The particles of the group.
    pub particles: Vec<usize>,
    /// The largest angle, in radians.
    pub step: f64,
}

/// How far an image may be off, relative to 1 + |value|, and still be the same one.
const SAME_IMAGE: f64 = 1e-9;

impl Move for RotationTrial {
    fn propose(&self, state: &Microstate, environment: &Environment, scratch: &mut Scratch) -> Option<Proposal> {
        let Scratch { workspace, random, moved, .. } = scratch;
        let angle = self.step * (2.0 * random.random::<f64>() - 1.0);
        let axis = match state.configuration.positions.dimension() {
            2 => [0.0, 0.0, 1.0],
            _ => {
                let v: [f64; 3] = std::array::from_fn(|_| normal(random));
                let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
                v.map(|v| v / length)
            }
        };
        let cell = &state.configuration.cell;
        let first = state.configuration.positions.get(self.particles[0]);
        // Positions relative to the first particle.
        let before: Vec<[f64; 3]> =
            self.particles.iter().map(|&k| cell.minimum_image(difference(state.configuration.positions.get(k), first))).collect();
        let centre: [f64; 3] = std::array::from_fn(|c| before.iter().map(|d| d[c]).sum::<f64>() / before.len() as f64);
        let after: Vec<[f64; 3]> = before.iter().map(|&d| sum(centre, rotated(difference(d, centre), axis, angle))).collect();
        moved.clear();
        for ((&particle, &to), &from) in self.particles.iter().zip(&after).zip(&before) {
            let relative = difference(to, after[0]);
            let image = cell.minimum_image(relative);
            if relative.iter().zip(&image).any(|(a, b)| (a - b).abs() > SAME_IMAGE * (1.0 + a.abs())) {
                return None;
            }
            // Whatever image the position is stored as, it moves by the difference.
            let position = state.configuration.positions.get(particle);
            moved.push(Moved { particle, to: sum(position, difference(to, from)) });
        }
        moved.sort_unstable_by_key(|one| one.particle);
        let energy = state.energy + environment.potential.change(&state.configuration, workspace, moved);
        Some(Proposal { change: Change::Some, energy, log_q_ratio: 0.0, on_reject: OnReject::Keep })
    }
}

fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|c| a[c] - b[c])
}

fn sum(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|c| a[c] + b[c])
}

/// v turned by `angle` about the unit vector `axis` (Rodrigues).
fn rotated(v: [f64; 3], axis: [f64; 3], angle: f64) -> [f64; 3] {
    let (sin, cos) = angle.sin_cos();
    let along = (0..3).map(|c| axis[c] * v[c]).sum::<f64>() * (1.0 - cos);
    let across = [axis[1] * v[2] - axis[2] * v[1], axis[2] * v[0] - axis[0] * v[2], axis[0] * v[1] - axis[1] * v[0]];
    std::array::from_fn(|c| v[c] * cos + across[c] * sin + axis[c] * along)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::thermodynamics::ThermodynamicState;
    use crate::chain::walker::Walker;
    use crate::random::streams;
    use mcflow_potentials::{Cell, Configuration, Particles, PotentialSum, Vectors};

    /// Distances within the group and its centre stay, in the plane and in space, also across the boundary of a cell; the others stay in place.
    #[test]
    fn a_group_turns_as_a_rigid_body() {
        let cells = [Cell::open(2), Cell::open(3), Cell::orthorhombic(&[5.0; 3]).unwrap()];
        for cell in cells {
            let (d, n) = (cell.dimension(), 4);
            // The third particle is stored as an image beyond the boundary.
            let places = [[0.2, 0.1, 0.0], [4.8, 0.3, 0.2], [0.9, 5.4, 4.7], [2.5, 2.5, 2.5]];
            let mut positions = Vectors::zeros(d, n);
            places.iter().enumerate().for_each(|(k, &place)| positions.set(k, place));
            let state = Microstate::new(Configuration { positions, cell: cell.clone() });
            let particles = Particles::alike("A", n, 1.0);
            let potential = PotentialSum::new(&[], &particles, &cell);
            let environment = Environment::new(&potential, &particles, ThermodynamicState { beta: 1.0, pressure: None });
            let mut walker = Walker::new(state, streams(4, 1).remove(0), 1, &potential);
            let trial = RotationTrial { particles: vec![0, 1, 2], step: 0.7 };
            let of = |walker: &Walker, a: usize, b: usize| {
                let positions = &walker.state.configuration.positions;
                let v = cell.minimum_image(difference(positions.get(a), positions.get(b)));
                v[..d].iter().map(|v| v * v).sum::<f64>().sqrt()
            };
            let centre = |walker: &Walker| -> [f64; 3] {
                let positions = &walker.state.configuration.positions;
                std::array::from_fn(|c| (0..3).map(|k| positions.get(k)[c]).sum::<f64>())
            };
            let (distances, middle) = ([of(&walker, 0, 1), of(&walker, 1, 2), of(&walker, 0, 2)], centre(&walker));
            let mut moved = 0;
            for _ in 0..50 {
                let before = walker.state.configuration.positions.get(1);
                walker.attempt(&trial, 0, &environment);
                moved += usize::from(walker.state.configuration.positions.get(1) != before);
                let now = [of(&walker, 0, 1), of(&walker, 1, 2), of(&walker, 0, 2)];
                assert!(now.iter().zip(&distances).all(|(a, b)| (a - b).abs() < 1e-12), "{now:?} {distances:?}");
                assert!(centre(&walker).iter().zip(&middle).all(|(a, b)| (a - b).abs() < 1e-12));
                assert_eq!(&walker.state.configuration.positions.get(3)[..d], &places[3][..d]);
            }
            assert!(moved > 40, "{moved} of 50 accepted where nothing holds");
        }
    }
}
