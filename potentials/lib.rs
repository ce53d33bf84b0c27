//! Potential energies U(x) of particle systems and model landscapes, their forces and virials.
//!
//! This crate knows no temperature, no random number and no flow. A potential is immutable data shared by all walkers; what an
//! evaluation must remember (neighbour lists, scratch) lives in one [`Workspace`] a walker.
//!
//! The arithmetic of a term is written once, generic over a lane type, and used in four loops: over all pairs of a configuration,
//! over a list of near pairs, over the partners of one particle, and over the configurations of a batch.

mod cell;
mod configuration;
mod confinement;
mod coupled;
mod evaluation;
mod external;
mod few;
mod image;
mod lattice_reduction;
mod memory;
mod moved;
mod optional;
mod pair;
mod parts;
mod potential;
mod precision;
mod sum;
mod term;
mod vectors;
mod weighted;
mod workspace;

pub use cell::Cell;
pub use configuration::{Configuration, Particles};
pub use confinement::{Confinement, Hold, Holds};
pub use coupled::{CentreTether, PhiFourChain, WolfeQuapp};
pub use evaluation::Evaluation;
pub use external::{CoupledWells, DoubleWell, HarmonicRestraint, MuellerBrown, Ring, SphericalWall, TripleWell, Walls};
pub use few::{BistableDimer, FeneBonds, HarmonicAngles, HarmonicBonds, PeriodicDihedrals};
pub use memory::{Counts, Memory, Remembered};
pub use moved::Moved;
pub use pair::{
    DoubleWellPair, LennardJones, Mixing, PairAtJump, PairParameters, Shell, SoftRepulsion, TabulatedPair, Truncation, TypeParameters, Wca,
};
pub use potential::{Block, Potential, Reach, Softening};
pub use precision::Precision;
pub use sum::PotentialSum;
pub use term::Term;
pub use vectors::Vectors;
pub use workspace::{Workspace, WorkspaceState};
