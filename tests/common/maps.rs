//! Maps between states for tests of jumps.

use super::flow::flow_near_identity;
use mcflow_engine::charts::{About, Bonds, Cartesian, Folded, PolarAbout};
use mcflow_engine::roles::{BetweenRungs, BetweenStates, Ends, Ensemble, FlowRole, OfStates};
use mcflow_engine::{Chart, Domain, End, FlowPlan, Generators, Map};
use mcflow_flows::{Axis, Generator};
use std::sync::Arc;

/// A map from around one point to around another, with random weights: x' = `to` + about (x - `from`) times a spread.
#[allow(dead_code, reason = "not every file that shares this module has Cartesian rows")]
pub fn map_between(from: &[f64], to: &[f64], spread: f64, seed: u64) -> Generator {
    let mut map = flow_near_identity(from.len(), seed);
    let around =
        |point: &[f64], spread: f64| -> Vec<f64> { [-spread, spread].iter().flat_map(|d| point.iter().map(move |x| x + d)).collect() };
    map.standardise(&around(to, spread));
    map.standardise_source(&around(from, 1.0));
    map
}

/// The chart of so many coordinates that a flow was made for: of the first particle about the second where the first axis is a length, of the bond of the first two particles where its axes are not all lines, else of
/// positions as they are, auxiliary numbers after them; of the images in a domain where there is one.
pub fn chart_of(flow: &Generator, coordinates: usize, domain: &Option<Domain>) -> Arc<dyn Chart> {
    let dimension = if flow.axes().iter().any(|axis| matches!(axis, Axis::Interval { .. })) { 3 } else { 2 };
    let plain: Arc<dyn Chart> = if flow.axes()[0] == Axis::Positive {
        Arc::new(PolarAbout::new(&[About { about: 1, particle: 0 }], coordinates / 3))
    } else if flow.axes().contains(&Axis::Positive) {
        Arc::new(Bonds::new(&[(0, 1)], coordinates / dimension, dimension))
    } else {
        Arc::new(Cartesian::new(coordinates))
    };
    match domain {
        Some(domain) => Arc::new(Folded::new(plain, domain.clone())),
        None => plain,
    }
}

/// Maps between two states each, as the flows of the family "jump" of a run; `domains` are those of the ends of all.
pub fn jump_flows(maps: &[(usize, usize, Generator)], coordinates: usize, domains: &[Option<Domain>; 2]) -> (Generators, Vec<FlowPlan>) {
    let named = maps.iter().enumerate().map(|(k, (from, to, map))| {
        let name = format!("jump-{k}");
        let role = FlowRole::ModeJump(BetweenStates { between: Vec::new(), penalty: 0.0 });
        let ends = Ends::map(Ensemble::within(0, *from, 0.0), Ensemble::within(0, *to, 0.0));
        let [start, end] = [0, 1].map(|end| chart_of(map, coordinates, &domains[end]));
        let map = Map::new(map.clone(), End::Ensemble(start), end);
        let plan = FlowPlan::read(&name, "jump", (role, ends), map.clone());
        ((name, map), plan)
    });
    named.unzip()
}

/// Generators of one state each, as the flows of the family "draw" of a run.
#[allow(dead_code, reason = "not every file that shares this module draws")]
pub fn draw_flows(draws: &[(usize, Generator)], coordinates: usize, domain: &Option<Domain>) -> (Generators, Vec<FlowPlan>) {
    let named = draws.iter().map(|(state, generator)| {
        let name = format!("draw-{state}");
        let role = FlowRole::StateGenerators(OfStates { of: Vec::new(), penalty: 0.0 });
        let ends = Ends::generator(Ensemble::within(0, *state, 0.0));
        let flow = Map::new(generator.clone(), End::Prior, chart_of(generator, coordinates, domain));
        let plan = FlowPlan::read(&name, "draw", (role, ends), flow.clone());
        ((name, flow), plan)
    });
    named.unzip()
}

/// A map from one rung to another, as the flow "map" of a run.
#[allow(dead_code, reason = "not every file that shares this module exchanges")]
pub fn exchange_flow(from: usize, to: usize, map: Map) -> FlowPlan {
    let role = FlowRole::Exchange(BetweenRungs { from, to });
    FlowPlan::read("map", "map", (role, Ends::map(Ensemble::of(from), Ensemble::of(to))), map)
}
