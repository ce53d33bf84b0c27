//! Maps between states for tests of jumps.

use super::flow::flow_near_identity;
use mcflow_engine::charts::{Cartesian, Folded};
use mcflow_engine::{Chart, Domain, End, FlowPlan, FlowSource, Generators, Map, Role};
use mcflow_flows::{Generator, Header};
use std::sync::Arc;

/// A map from around one point to around another, with random weights: x' = `to` + about (x - `from`) times a spread.
pub fn map_between(from: &[f64], to: &[f64], spread: f64, seed: u64) -> Generator {
    let mut map = flow_near_identity(from.len(), seed);
    let around =
        |point: &[f64], spread: f64| -> Vec<f64> { [-spread, spread].iter().flat_map(|d| point.iter().map(move |x| x + d)).collect() };
    map.standardise(&around(to, spread));
    map.standardise_source(&around(from, 1.0));
    map
}

/// Positions as they are, or those of the images in a domain.
pub fn chart_of(dim: usize, domain: &Option<Domain>) -> Arc<dyn Chart> {
    let plain: Arc<dyn Chart> = Arc::new(Cartesian::new(dim));
    match domain {
        Some(domain) => Arc::new(Folded::new(plain, domain.clone())),
        None => plain,
    }
}

/// Maps between two states each, as the flows of the family "jump" of a run; `domains` are those of the ends of all.
pub fn jump_flows(maps: &[(usize, usize, Generator)], domains: &[Option<Domain>; 2]) -> (Generators, Vec<FlowPlan>) {
    let named = maps.iter().enumerate().map(|(k, (from, to, map))| {
        let name = format!("jump-{k}");
        let role = Role::ModeJump { family: "jump".to_string(), rung: 0, from: *from, to: *to, penalty: 0.0 };
        let [start, end] = [0, 1].map(|end| chart_of(map.dim(), &domains[end]));
        let map = Map::new(map.clone(), End::Ensemble(start), end);
        let source = FlowSource::Trained(Box::new(map.clone()));
        ((name.clone(), map), FlowPlan { name, role, source, assessment_draws: 0, header: Header::default() })
    });
    named.unzip()
}

/// Generators of one state each, as the flows of the family "draw" of a run.
#[allow(dead_code, reason = "not every file that shares this module draws")]
pub fn draw_flows(draws: &[(usize, Generator)], domain: &Option<Domain>) -> (Generators, Vec<FlowPlan>) {
    let named = draws.iter().map(|(state, generator)| {
        let name = format!("draw-{state}");
        let role = Role::StateGenerator { family: "draw".to_string(), rung: 0, state: *state, penalty: 0.0 };
        let flow = Map::new(generator.clone(), End::Prior, chart_of(generator.dim(), domain));
        let source = FlowSource::Trained(Box::new(flow.clone()));
        ((name.clone(), flow), FlowPlan { name, role, source, assessment_draws: 0, header: Header::default() })
    });
    named.unzip()
}
