//! Potential energies U(x) of particle systems and model landscapes, their forces and virials.
//!
//! This crate knows no temperature, no random number and no flow. A potential is immutable data shared by all walkers; what an
//! evaluation must remember (neighbour lists, scratch) lives in one [`Workspace`] a walker.
//!
//! The arithmetic of a term is written once, generic over a lane type, and used in four loops: over all pairs of a configuration,
//! over a list of near pairs, over the partners of one particle, and over the configurations of a batch.
//!
//! ```
//! use mcflow_potentials::{Cell, Configuration, LennardJones, Moved, Particles, PotentialSum, Term, Vectors};
//!
//! // Two atoms of argon-like matter in open space, in units of their size and of the depth of their well.
//! let cell = Cell::open(3);
//! let term = Term::LennardJones(LennardJones { epsilon: Some(1.0), sigma: Some(1.0), ..LennardJones::default() });
//! let potential = PotentialSum::new(&[term], &Particles::alike("Ar", 2, 1.0), &cell);
//! let configuration = Configuration { positions: Vectors::from_points(3, &[[0.0; 3], [1.0, 0.0, 0.0]]), cell };
//!
//! let (mut workspace, mut forces) = (potential.workspace(), Vectors::zeros(3, 2));
//! let evaluation = potential.energy_and_forces(&configuration, &mut workspace, &mut forces);
//! assert_eq!(evaluation.energy, 0.0);
//! assert_eq!(forces.get(1), [24.0, 0.0, 0.0]);
//!
//! // What a trial move of one particle changes, at the cost of that particle.
//! let moved = [Moved { particle: 1, to: [2f64.powf(1.0 / 6.0), 0.0, 0.0] }];
//! let change = potential.change(&configuration, &mut workspace, &moved);
//! assert!((change + 1.0).abs() < 1e-12);
//! ```

mod groups;
mod interface;
mod landscapes;
mod pair;
mod space;
mod sum;
mod term;
mod weighted;
mod workspace;

pub use groups::{
    BistableDimer, FeneBond, FeneBonds, HarmonicAngle, HarmonicAngles, HarmonicBond, HarmonicBonds, LennardJonesPair, LennardJonesPairs,
    PeriodicDihedral, PeriodicDihedrals,
};
pub use interface::{
    Block, Confinement, Counts, Evaluation, Hold, Holds, Memory, Moved, PairAtJump, Places, Potential, Precision, Reach, Remembered, Shell,
    Softening,
};
pub use landscapes::{
    CentreTether, CoupledWells, DoubleWell, HarmonicRestraint, MuellerBrown, PhiFourChain, Ring, SphericalWall, TripleWell, Walls,
    WolfeQuapp,
};
pub use pair::{DoubleWellPair, LennardJones, Mixing, PairParameters, SoftRepulsion, TabulatedPair, Truncation, TypeParameters, Wca};
pub use space::{Cell, Configuration, Particles, Vectors};
pub use sum::PotentialSum;
pub use term::Term;
pub use workspace::{Workspace, WorkspaceState};
