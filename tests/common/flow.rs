//! A flow for tests of moves.

use mcflow_engine::{normal, streams};
use mcflow_flows::{Activation, Architecture, Generator, Prior, RealNvp};

/// A flow with random weights in all its layers, not far from the identity: a poor proposal whose Jacobian varies.
#[allow(dead_code, reason = "not every file that shares this module has Cartesian rows")]
pub fn flow_near_identity(dim: usize, seed: u64) -> Generator {
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 2, hidden: vec![16], activation: Activation::default(), scale_bound: 2.0, on: None });
    let mut generator = Generator::new(&architecture, Prior::Gaussian, dim, seed);
    let mut random = streams(seed, 1).remove(0);
    let parameters: Vec<f64> = generator.parameters().iter().map(|p| p + 0.15 * normal(&mut random)).collect();
    generator.set_parameters(&parameters);
    generator
}
