//! Terms that are sums over pairs of particles.

mod among;
mod by_particle;
mod cluster_build;
mod cluster_copies;
mod cluster_list;
mod cluster_prune;
mod cluster_sort;
mod cluster_sum;
mod configurations;
mod double_well_pair;
mod exclusions;
mod form;
mod jump;
mod lennard_jones;
mod list_state;
mod moved_energy;
mod neighbours;
mod parameters;
mod rounded_lattice;
mod soft_repulsion;
mod spline;
mod sum_over_pairs;
mod table_text;
mod tabulated_pair;
mod tail;
mod tree;
mod tree_energy;
mod wca;

pub use double_well_pair::DoubleWellPair;
pub use lennard_jones::{LennardJones, Truncation};
pub use parameters::{Mixing, PairParameters, TypeParameters};
pub use soft_repulsion::SoftRepulsion;
pub use tabulated_pair::TabulatedPair;
pub use wca::Wca;
