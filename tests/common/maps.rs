//! Maps between states for tests of jumps.

use super::flow::flow_near_identity;
use mcflow_flows::Generator;

/// A map from around one point to around another, with random weights: x' = `to` + about (x - `from`) times a spread.
pub fn map_between(from: &[f64], to: &[f64], spread: f64, seed: u64) -> Generator {
    let mut map = flow_near_identity(from.len(), seed);
    let around =
        |point: &[f64], spread: f64| -> Vec<f64> { [-spread, spread].iter().flat_map(|d| point.iter().map(move |x| x + d)).collect() };
    map.standardise(&around(to, spread));
    map.standardise_source(&around(from, 1.0));
    map
}
