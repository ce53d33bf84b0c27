//! Statements about flows, their gradients, their files and their training.

mod conformance;
mod density;
mod products;
mod ranges;
mod reference;
mod table;
mod training;

use crate::{Architecture, Generator, Prior};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A generator whose every parameter differs from its start, as after a training.
fn perturbed(architecture: &Architecture, prior: Prior, dim: usize, seed: u64) -> Generator {
    let mut generator = Generator::new(architecture, prior, dim, seed);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed + 1000);
    let parameters: Vec<f64> = generator.parameters().iter().map(|p| p + 0.3 * (rng.random::<f64>() - 0.5)).collect();
    generator.set_parameters(&parameters);
    generator
}
