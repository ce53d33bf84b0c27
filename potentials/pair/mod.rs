//! Terms that are sums over pairs of particles.

mod all_pairs;
mod cluster_build;
mod cluster_list;
mod configurations;
mod exclusions;
mod form;
mod grid;
mod lennard_jones;
mod neighbours;
mod one_particle;
mod packed;
mod parameters;
mod sum_over_pairs;
mod tail;
mod wca;

pub use lennard_jones::{LennardJones, Truncation};
pub use neighbours::Neighbours;
pub use parameters::{Mixing, PairParameters, TypeParameters};
pub use wca::Wca;
