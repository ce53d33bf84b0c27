//! The terms that an input can ask for.

use crate::pair::Jump;
use crate::{
    BistableDimer, Cell, CentreTether, CoupledWells, DoubleWell, DoubleWellPair, FeneBonds, HarmonicAngles, HarmonicBonds,
    HarmonicRestraint, LennardJones, MuellerBrown, Particles, PeriodicDihedrals, PhiFourChain, Potential, Ring, SoftRepulsion,
    SphericalWall, TabulatedPair, TripleWell, Walls, Wca, WolfeQuapp,
};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

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
}

impl Term {
    /// The name the user typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LennardJones(_) => "LennardJones",
            Self::Wca(_) => "Wca",
            Self::HarmonicRestraint(_) => "HarmonicRestraint",
            Self::DoubleWell(_) => "DoubleWell",
            Self::MuellerBrown(_) => "MuellerBrown",
            Self::WolfeQuapp(_) => "WolfeQuapp",
            Self::TripleWell(_) => "TripleWell",
            Self::SoftRepulsion(_) => "SoftRepulsion",
            Self::TabulatedPair(_) => "TabulatedPair",
            Self::BistableDimer(_) => "BistableDimer",
            Self::Walls(_) => "Walls",
            Self::SphericalWall(_) => "SphericalWall",
            Self::DoubleWellPair(_) => "DoubleWellPair",
            Self::CentreTether(_) => "CentreTether",
            Self::CoupledWells(_) => "CoupledWells",
            Self::Ring(_) => "Ring",
            Self::PhiFourChain(_) => "PhiFourChain",
            Self::HarmonicBonds(_) => "HarmonicBonds",
            Self::FeneBonds(_) => "FeneBonds",
            Self::HarmonicAngles(_) => "HarmonicAngles",
            Self::PeriodicDihedrals(_) => "PeriodicDihedrals",
        }
    }

    /// Everything that is wrong with the term for these particles in this cell; keys are field paths like `pairs[1].epsilon`.
    pub fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        match self {
            Self::LennardJones(term) => term.problems(particles, cell),
            Self::Wca(term) => term.problems(particles, cell),
            Self::HarmonicRestraint(term) => term.problems(particles, cell),
            Self::DoubleWell(term) => term.problems(particles, cell),
            Self::MuellerBrown(term) => term.problems(particles, cell),
            Self::WolfeQuapp(term) => term.problems(particles, cell),
            Self::TripleWell(term) => term.problems(particles, cell),
            Self::SoftRepulsion(term) => term.problems(particles, cell),
            Self::TabulatedPair(term) => term.problems(particles, cell),
            Self::BistableDimer(term) => term.problems(particles, cell),
            Self::Walls(term) => term.problems(particles, cell),
            Self::SphericalWall(term) => term.problems(particles, cell),
            Self::DoubleWellPair(term) => term.problems(particles, cell),
            Self::CentreTether(term) => term.problems(particles, cell),
            Self::CoupledWells(term) => term.problems(particles, cell),
            Self::Ring(term) => term.problems(particles, cell),
            Self::PhiFourChain(term) => term.problems(particles, cell),
            Self::HarmonicBonds(term) => term.problems(particles, cell),
            Self::FeneBonds(term) => term.problems(particles, cell),
            Self::HarmonicAngles(term) => term.problems(particles, cell),
            Self::PeriodicDihedrals(term) => term.problems(particles, cell),
        }
    }

    /// The pairs of particles that it binds, as chemists draw bonds: none for interactions of all pairs, angles and dihedrals.
    pub fn bonds(&self) -> Vec<[usize; 2]> {
        match self {
            Self::HarmonicBonds(term) => term.bonds.clone(),
            Self::FeneBonds(term) => term.bonds.clone(),
            Self::BistableDimer(term) => vec![term.particles],
            _ => Vec::new(),
        }
    }

    /// Where the energy of pairs jumps, if it does.
    pub(crate) fn jump(&self, particles: &Particles) -> Option<Jump> {
        if let Self::LennardJones(term) = self { term.jump(particles) } else { None }
    }

    /// The potential; to be called only where [`Term::problems`] finds none.
    pub fn build(&self, particles: &Particles, cell: &Cell) -> Box<dyn Potential> {
        match self {
            Self::LennardJones(term) => term.build(particles, cell),
            Self::Wca(term) => term.build(particles, cell),
            Self::HarmonicRestraint(term) => term.build(particles, cell),
            Self::DoubleWell(term) => term.build(),
            Self::MuellerBrown(term) => term.build(),
            Self::WolfeQuapp(term) => term.build(particles),
            Self::TripleWell(term) => term.build(),
            Self::SoftRepulsion(term) => term.build(particles),
            Self::TabulatedPair(term) => term.build(particles),
            Self::BistableDimer(term) => term.build(particles),
            Self::Walls(term) => term.build(),
            Self::SphericalWall(term) => term.build(),
            Self::DoubleWellPair(term) => term.build(particles),
            Self::CentreTether(term) => term.build(),
            Self::CoupledWells(term) => term.build(),
            Self::Ring(term) => term.build(),
            Self::PhiFourChain(term) => term.build(particles),
            Self::HarmonicBonds(term) => term.build(particles),
            Self::FeneBonds(term) => term.build(particles),
            Self::HarmonicAngles(term) => term.build(particles),
            Self::PeriodicDihedrals(term) => term.build(particles),
        }
    }
}
