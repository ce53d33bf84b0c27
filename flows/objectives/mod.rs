//! The losses of training: a file each, and a line in the list of weights of a stage (`training/stage.rs`).

mod energy;
mod energy_cap;
mod maximum_likelihood;
mod objective;
mod reverse_kl;
mod symmetric_divergence;

pub use energy::EnergyOperation;
pub use energy_cap::{EnergyCap, Growth};
pub(crate) use maximum_likelihood::MaximumLikelihood;
pub(crate) use objective::{Batch, Loss, Objective};
pub(crate) use reverse_kl::ReverseKl;
pub(crate) use symmetric_divergence::SymmetricDivergence;
