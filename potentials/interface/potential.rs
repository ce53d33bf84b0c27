//! The interface of one term of a potential energy.

use super::{Evaluation, Holds, Memory, Moved, Precision};
use crate::space::{Cell, Configuration, Vectors};
use mcflow_base::{Aligned, InstructionSet};
use std::fmt::Debug;

/// One term of a potential energy U(x), with its forces and virial: immutable, shared by all walkers.
///
/// A term needs a name, [`evaluate`](Potential::evaluate) for one configuration and [`evaluate_block`](Potential::evaluate_block) for
/// several side by side. All else has a default: a term that knows how to tell what a move changes, at the cost of the particles that move,
/// says it in [`change`](Potential::change).
///
/// ```
/// use mcflow_base::InstructionSet;
/// use mcflow_potentials::{Block, Cell, Configuration, Evaluation, Memory, Moved, Potential, PotentialSum, Vectors};
/// use std::sync::Arc;
///
/// /// A uniform field: U = -f sum over particles of x.
/// #[derive(Debug)]
/// struct Field(f64);
///
/// impl Potential for Field {
///     fn name(&self) -> &'static str {
///         "Field"
///     }
///     fn evaluate(&self, configuration: &Configuration, _: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation {
///         if let Some(forces) = forces {
///             forces.component_mut(0).iter_mut().for_each(|force| *force += self.0);
///         }
///         Evaluation { energy: -self.0 * configuration.positions.component(0).iter().sum::<f64>(), virial: 0.0 }
///     }
///     fn evaluate_block(&self, _: InstructionSet, _: &Cell, block: &mut Block) {
///         let wants_gradients = block.wants_gradients();
///         for k in 0..block.n * block.width {
///             block.energies[k % block.width] -= self.0 * block.positions[k];
///             if wants_gradients {
///                 block.gradients[k] -= self.0;
///             }
///         }
///     }
/// }
///
/// let cell = Cell::open(2);
/// let potential = PotentialSum::of(vec![Arc::new(Field(2.0))], 2, &cell);
/// let configuration = Configuration { positions: Vectors::from_points(2, &[[1.0, 0.0, 0.0], [4.0, 1.0, 0.0]]), cell };
/// let mut workspace = potential.workspace();
/// assert_eq!(potential.energy(&configuration, &mut workspace).energy, -10.0);
/// let moved = [Moved { particle: 1, to: [3.0, 1.0, 0.0] }];
/// assert_eq!(potential.change(&configuration, &mut workspace, &moved), 2.0);
/// ```
pub trait Potential: Debug + Send + Sync {
    /// Returns the name that the user typed: `LennardJones`.
    fn name(&self) -> &'static str;

    /// Returns the distance beyond which no pair interacts, where there is one.
    fn cutoff(&self) -> Option<f64> {
        None
    }

    /// Returns a length up to which the vector between nearest images must be the only one: `cutoff` of a pair interaction, length of a bond. No
    /// cell may be lower than twice that.
    fn reach(&self) -> Option<Reach> {
        self.cutoff().map(|length| Reach { length, what: "cutoff", term: self.name() })
    }

    /// Tells whether the energy jumps somewhere (plain truncation): dynamics then does not conserve it.
    fn has_discontinuous_energy(&self) -> bool {
        false
    }

    /// Notes which particles the term holds together or in place in open space; nothing unless the term says so.
    fn note_holds(&self, _n: usize, _holds: &mut Holds) {}

    /// Computes energy and virial of what lies beyond the cutoff, which depends on the cell alone; `None` where it is not asked for.
    fn tail(&self, _cell: &Cell) -> Option<Evaluation> {
        None
    }

    /// Computes energy and virial without tail; adds the forces -dU/dx to `forces` where it is given. All positions are finite.
    fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation;

    /// Adds the forces -dU/dx alone, in the precision asked for, where the term knows it. All positions are finite.
    fn add_forces(&self, configuration: &Configuration, memory: &mut Memory, _precision: Precision, forces: &mut Vectors) {
        self.evaluate(configuration, memory, Some(forces));
    }

    /// Tells the energy after `moved` have gone to their places, less that of `configuration`, without tail. The term may remember the trial.
    ///
    /// A term evaluates both, unless it knows how to do it at the cost of the particles that are moved.
    fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        let mut after = configuration.clone();
        moved.iter().for_each(|one| after.positions.set(one.particle, one.to));
        let before = self.evaluate(configuration, memory, None).energy;
        self.evaluate(&after, memory, None).energy - before
    }

    /// Tells the term that `moved` are about to go to their places, `configuration` being as it still is.
    fn moves(&self, _configuration: &Configuration, _memory: &mut Memory, _moved: &[Moved]) {}

    /// Adds energies and gradients +dU/dx of a few configurations, one a lane, without tail.
    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block);

    /// Puts back what [`Remembered::stored`](crate::Remembered::stored) gave; nothing where that is not understood.
    fn restore(&self, _stored: &[u8], _memory: &mut Memory) {}
}

/// A length of a term, a cutoff or that of a bond, of which a cell must hold two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// The length.
    pub length: f64,
    /// What it is: `cutoff`, or a key of the term.
    pub what: &'static str,
    /// The name of the term.
    pub term: &'static str,
}

impl std::fmt::Display for Reach {
    /// `the cutoff 2.5 of LennardJones`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "the {} {} of {}", self.what, self.length, self.term)
    }
}

/// How energies without bound are made finite for the losses of training, never for sampling. Zeros leave all as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Softening {
    /// c, length: below it pair interactions go on along their tangent, U(c) + (r - c) U'(c), finite however particles overlap.
    pub core: f64,
    /// K, energy: beyond an edge at r = R, where U is infinite and has no gradient, it goes on, that of
    /// `SphericalWall` as K (r / R - 1)^2, that of `FeneBonds` along its tangent in r^2 from 0.98 R^2 on (whatever K is, if above 0).
    pub edge: f64,
}

/// As many configurations as a lane has elements, one an element: number `k` of configuration `l` is at `k * width + l`.
#[derive(Debug)]
pub struct Block {
    /// Configurations side by side.
    pub width: usize,
    /// Components of a position.
    pub dimension: usize,
    /// Particles of a configuration.
    pub n: usize,
    /// Coordinates, `[dimension * n, width]`, component by component.
    pub positions: Aligned,
    /// Energies, `[width]`.
    pub energies: Aligned,
    /// Whether energies are wanted; they mean nothing after an evaluation without.
    pub wants_energies: bool,
    /// Gradients +dU/dx in the layout of `positions`; empty where they are not wanted.
    pub gradients: Aligned,
    /// How energies without bound are softened; heeded where both energies and gradients are wanted.
    pub softening: Softening,
    /// Energies and gradients of the sum so far, while a term that has a factor is evaluated alone; made when the first one is.
    pub(crate) aside: Option<(Aligned, Aligned)>,
}

impl Block {
    /// Makes a block of `width` configurations of `n` particles, all zeros, with room for gradients if asked for.
    pub fn zeros(width: usize, dimension: usize, n: usize, gradients: bool) -> Self {
        let size = dimension * n * width;
        let gradients = Aligned::zeros(if gradients { size } else { 0 });
        Self {
            width,
            dimension,
            n,
            positions: Aligned::zeros(size),
            energies: Aligned::zeros(width),
            wants_energies: true,
            gradients,
            softening: Softening::default(),
            aside: None,
        }
    }

    /// Tells whether gradients are wanted.
    pub fn wants_gradients(&self) -> bool {
        !self.gradients.is_empty()
    }
}
