//! The work of jumps and draws against that of local moves, where equilibration tunes how often they come.

use crate::plan::Plan;
use crate::sweep::{Entry, Generators, Tuning};

/// Multiplications of the energy of a pair, and of a particle in its surroundings: what makes the arithmetic of a flow comparable.
const OF_A_PAIR: f64 = 12.0;
const OF_A_PARTICLE: f64 = 20.0;

/// The work of an attempt of each entry in units of the local moves of a sweep; `None` where the interval is not tuned, or its flow is not trained.
pub(crate) fn costs(plan: &Plan, generators: &Generators) -> Vec<Option<f64>> {
    let n = plan.particles.n() as f64;
    let local: f64 = plan
        .entries
        .iter()
        .filter_map(|entry| Some(entry.work(plan.particles.n()).energies(plan.particles.n())? / entry.every() as f64))
        .sum();
    let energy = OF_A_PAIR * 0.5 * n * (n - 1.0) + OF_A_PARTICLE * n;
    let of_flow = |name: &str| {
        let flows = plan.flows.iter().filter(|flow| flow.is_called(name));
        // There and back: a multiplication for each parameter.
        flows.filter_map(|flow| generators.get(&flow.name)).map(|flow| 2.0 * flow.generator.n_parameters() as f64 / energy).next()
    };
    let cost = |entry: &Entry| {
        let map = of_flow(entry.flow()?)?;
        let Tuning::Interval { .. } = entry.tuning(f64::INFINITY) else { return None };
        let draws = entry.steps(plan.particles.n()) as f64;
        Some((draws + entry.passages() * map) / local)
    };
    plan.entries.iter().map(|entry| cost(entry).filter(|cost| cost.is_finite())).collect()
}
