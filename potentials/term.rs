//! The terms that an input can ask for.

use crate::groups::{BistableDimer, FeneBonds, HarmonicAngles, HarmonicBonds, LennardJonesPairs, PeriodicDihedrals};
use crate::interface::{Jump, Places, Potential, TermInput};
use crate::landscapes::{
    CentreTether, CoupledWells, DoubleWell, HarmonicRestraint, MuellerBrown, PhiFourChain, Ring, SphericalWall, TripleWell, Walls,
    WolfeQuapp,
};
use crate::pair::{DoubleWellPair, LennardJones, SoftRepulsion, TabulatedPair, Wca};
use crate::space::{Cell, Particles};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One term of the potential energy, as the user writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Term {
    /// Lennard-Jones interactions of all pairs.
    LennardJones(LennardJones),
    /// Purely repulsive Lennard-Jones interactions of all pairs (Weeks, Chandler, Andersen).
    Wca(Wca),
    /// Springs from particles to points.
    HarmonicRestraint(HarmonicRestraint),
    /// A quartic well along x, harmonic in the other directions, for each particle.
    DoubleWell(DoubleWell),
    /// The landscape of Müller and Brown, for each particle.
    MuellerBrown(MuellerBrown),
    /// The modified landscape of Wolfe and Quapp, with a bath: each coordinate is a particle on a line.
    WolfeQuapp(WolfeQuapp),
    /// Three wells of a plane, for each particle.
    TripleWell(TripleWell),
    /// Repulsion of all pairs by an inverse power of the distance.
    SoftRepulsion(SoftRepulsion),
    /// An interaction of all pairs by a table in a file.
    TabulatedPair(TabulatedPair),
    /// Two particles of a plane with two distances.
    BistableDimer(BistableDimer),
    /// Soft walls of a box about the origin, for each particle.
    Walls(Walls),
    /// A hard or soft spherical wall about the origin, for each particle.
    SphericalWall(SphericalWall),
    /// A quartic double well in the distance of each pair.
    DoubleWellPair(DoubleWellPair),
    /// Springs from all particles to their centre.
    CentreTether(CentreTether),
    /// Two wells along a diagonal of a plane, for each particle.
    CoupledWells(CoupledWells),
    /// A ring with two wells, for each particle.
    Ring(Ring),
    /// The phi^4 model on a chain: each site is a particle on a line.
    PhiFourChain(PhiFourChain),
    /// Harmonic bonds between named pairs.
    HarmonicBonds(HarmonicBonds),
    /// Finitely extensible bonds between named pairs.
    FeneBonds(FeneBonds),
    /// Harmonic angles of named triples.
    HarmonicAngles(HarmonicAngles),
    /// Periodic dihedrals of named quadruples.
    PeriodicDihedrals(PeriodicDihedrals),
    /// Lennard-Jones interactions of named pairs: exceptions from those of all.
    LennardJonesPairs(LennardJonesPairs),
}

impl Term {
    /// The struct with the keys that the user writes: the one place where kinds of terms are told apart.
    fn input(&self) -> &dyn TermInput {
        match self {
            Self::LennardJones(term) => term,
            Self::Wca(term) => term,
            Self::HarmonicRestraint(term) => term,
            Self::DoubleWell(term) => term,
            Self::MuellerBrown(term) => term,
            Self::WolfeQuapp(term) => term,
            Self::TripleWell(term) => term,
            Self::SoftRepulsion(term) => term,
            Self::TabulatedPair(term) => term,
            Self::BistableDimer(term) => term,
            Self::Walls(term) => term,
            Self::SphericalWall(term) => term,
            Self::DoubleWellPair(term) => term,
            Self::CentreTether(term) => term,
            Self::CoupledWells(term) => term,
            Self::Ring(term) => term,
            Self::PhiFourChain(term) => term,
            Self::HarmonicBonds(term) => term,
            Self::FeneBonds(term) => term,
            Self::HarmonicAngles(term) => term,
            Self::PeriodicDihedrals(term) => term,
            Self::LennardJonesPairs(term) => term,
        }
    }

    /// Returns the name that the user typed.
    pub fn name(&self) -> &'static str {
        self.input().name()
    }

    /// Finds everything that is wrong with the term for these particles in this cell; keys are field paths like `pairs[1].epsilon`.
    pub fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        self.input().problems(particles, cell)
    }

    /// Lists the pairs of particles that the term binds, as chemists draw bonds: none for interactions of all pairs, angles and dihedrals.
    pub fn bonds(&self) -> Vec<[usize; 2]> {
        self.input().bonds()
    }

    /// Tells whether the term is a sum over all pairs that are near each other, so that particles change their neighbours as time goes by.
    pub fn is_between_all_pairs(&self) -> bool {
        self.input().is_between_all_pairs()
    }

    /// Tells which particles have places of their own by this term.
    pub fn places(&self) -> Places {
        self.input().places()
    }

    /// Where the energy of pairs jumps, if it does.
    pub(crate) fn jump(&self, particles: &Particles) -> Option<Arc<dyn Jump>> {
        self.input().jump(particles)
    }

    /// Makes the potential; to be called only where [`Term::problems`] finds none.
    pub fn build(&self, particles: &Particles, cell: &Cell) -> Box<dyn Potential> {
        self.input().build(particles, cell)
    }
}
