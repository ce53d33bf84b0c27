//! Terms that act on each particle by where it is: restraints and model landscapes.

mod centre_tether;
mod coupled_wells;
mod double_well;
mod harmonic_restraint;
mod mueller_brown;
mod phi_four_chain;
mod ring;
mod spherical_wall;
mod sum_over_sites;
mod triple_well;
mod walls;
mod wolfe_quapp;

pub use centre_tether::CentreTether;
pub use coupled_wells::CoupledWells;
pub use double_well::DoubleWell;
pub use harmonic_restraint::HarmonicRestraint;
pub use mueller_brown::MuellerBrown;
pub use phi_four_chain::PhiFourChain;
pub use ring::Ring;
pub use spherical_wall::SphericalWall;
pub use triple_well::TripleWell;
pub use walls::Walls;
pub use wolfe_quapp::WolfeQuapp;
