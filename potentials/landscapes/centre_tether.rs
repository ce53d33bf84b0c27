//! Springs from all particles to their centre.

use crate::interface::checks::positive_problems;
use crate::interface::{Block, Evaluation, Hold, Holds, Memory, Moved, Potential, TermInput};
use crate::space::{Cell, Configuration, Particles, Vectors};
use mcflow_base::{InstructionSet, Kernel, Lane, Problem, dispatch_with};
use serde::{Deserialize, Serialize};

/// U = (k / 2) sum over particles of |r_i - c|^2, c being the mean of all positions (masses do not count), in open space.
///
/// The same as springs of k / (2 N) |r_i - r_j|^2 between all pairs, so a move of one particle is judged by its distances from the others.
/// It keeps a cluster together without holding it in place: the centre is free, so in a chain it wanders off (hold it by a restraint where
/// positions matter).
/// Source: the trap of the clusters DW4 and LJ13, Köhler, Klein and Noé, ICML (2020), arXiv:2006.02425.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreTether {
    /// k, energy / length^2; above 0.
    pub stiffness: f64,
}

impl TermInput for CentreTether {
    fn name(&self) -> &'static str {
        "CentreTether"
    }

    fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        if cell.is_periodic() {
            problems.push(Problem::new("", "a periodic cell", "an open cell: positions that repeat have no mean"));
        }
        problems.extend(positive_problems("stiffness", self.stiffness));
        problems
    }

    fn build(&self, _particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(self.clone())
    }
}

impl Potential for CentreTether {
    fn name(&self) -> &'static str {
        "CentreTether"
    }

    fn note_holds(&self, n: usize, holds: &mut Holds) {
        holds.add(Hold::Together, &(0..n).collect::<Vec<_>>());
    }

    fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation {
        let energy = dispatch_with(memory.set(), OverParticles { stiffness: self.stiffness, configuration, forces });
        // Forces are linear in the distances from the centre: the virial is -2 U.
        Evaluation { energy, virial: -2.0 * energy }
    }

    fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        let n = configuration.positions.n() as f64;
        let &[Moved { particle: i, to }] = moved else {
            return 0.5 * self.stiffness * self.change_of_squares(configuration, moved);
        };
        let from = configuration.positions.get(i);
        let energy = |at| 0.5 * self.stiffness / n * dispatch_with(memory.set(), SquaresFrom { configuration, i, at });
        energy(to) - energy(from)
    }

    fn evaluate_block(&self, set: InstructionSet, _cell: &Cell, block: &mut Block) {
        dispatch_with(set, OverConfigurations { stiffness: self.stiffness, block });
    }
}

impl CentreTether {
    /// What moves of several particles change the sum of squared distances from the centre by.
    ///
    /// From the centre c as it was, of which the sum of r - c is 0: sum over the moved of (r' - c)^2 - (r - c)^2, less N times the
    /// square of what the centre moves by.
    fn change_of_squares(&self, configuration: &Configuration, moved: &[Moved]) -> f64 {
        let positions = &configuration.positions;
        let n = positions.n() as f64;
        let mut change = 0.0;
        for c in 0..positions.dimension() {
            let component = positions.component(c);
            let centre = component.iter().sum::<f64>() / n;
            let mut shift = 0.0;
            for one in moved {
                let (from, to) = (component[one.particle] - centre, one.to[c] - centre);
                shift += to - from;
                change += (to - from) * (to + from);
            }
            change -= shift * shift / n;
        }
        change
    }
}

struct OverParticles<'a> {
    stiffness: f64,
    configuration: &'a Configuration,
    forces: Option<&'a mut Vectors>,
}

impl Kernel for OverParticles<'_> {
    type Output = f64;
    #[inline(always)]
    fn run<L: Lane>(mut self) -> f64 {
        let positions = &self.configuration.positions;
        let n = positions.n();
        let mut squares = L::default();
        for c in 0..positions.dimension() {
            let component = positions.component(c);
            let mut sum = L::default();
            let mut at = 0;
            while at < n {
                sum += L::load_partial(&component[at..], (n - at).min(L::WIDTH), 0.0);
                at += L::WIDTH;
            }
            let centre = sum.sum() / n as f64;
            let mut at = 0;
            while at < n {
                let count = (n - at).min(L::WIDTH);
                let d = L::load_partial(&component[at..], count, centre) - L::splat(centre);
                squares = d.mul_add(d, squares);
                if let Some(forces) = &mut self.forces {
                    let target = &mut forces.component_mut(c)[at..];
                    let force = L::load_partial(target, count, 0.0) - L::splat(self.stiffness) * d;
                    force.store_partial(target, count);
                }
                at += L::WIDTH;
            }
        }
        0.5 * self.stiffness * squares.sum()
    }
}

/// The sum of squared distances of the other particles from `at`.
struct SquaresFrom<'a> {
    configuration: &'a Configuration,
    i: usize,
    at: [f64; 3],
}

impl Kernel for SquaresFrom<'_> {
    type Output = f64;
    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        let positions = &self.configuration.positions;
        let n = positions.n();
        let mut squares = L::default();
        for c in 0..positions.dimension() {
            let component = positions.component(c);
            let mut first = 0;
            while first < n {
                let count = (n - first).min(L::WIDTH);
                let mut elements = [self.at[c]; 16];
                for l in 0..count {
                    if first + l != self.i {
                        elements[l] = component[first + l];
                    }
                }
                let d = L::load(&elements[..L::WIDTH]) - L::splat(self.at[c]);
                squares = d.mul_add(d, squares);
                first += L::WIDTH;
            }
        }
        squares.sum()
    }
}

struct OverConfigurations<'a> {
    stiffness: f64,
    block: &'a mut Block,
}

impl Kernel for OverConfigurations<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Block { dimension, n, positions, energies, gradients, .. } = self.block;
        let stiffness = L::splat(self.stiffness);
        let mut squares = L::default();
        for c in 0..*dimension {
            let mut sum = L::default();
            for i in 0..*n {
                sum += L::load(&positions[(c * *n + i) * L::WIDTH..]);
            }
            let centre = sum / L::splat(*n as f64);
            for i in 0..*n {
                let d = L::load(&positions[(c * *n + i) * L::WIDTH..]) - centre;
                squares = d.mul_add(d, squares);
                if !gradients.is_empty() {
                    let target = &mut gradients[(c * *n + i) * L::WIDTH..];
                    stiffness.mul_add(d, L::load(target)).store(target);
                }
            }
        }
        (L::splat(0.5) * stiffness).mul_add(squares, L::load(energies)).store(energies);
    }
}
