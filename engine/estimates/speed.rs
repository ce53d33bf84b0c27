//! How long the parts of a plan take here: for `mcflow check`.

use crate::charts;
use crate::ladder::Ladder;
use crate::learned::map::{End, Map};
use crate::learned::target::RowTarget;
use crate::plan::{FlowSource, Plan};
use crate::random::{normal, streams};
use crate::sweep::Generators;
use crate::sweep::Trained;
use mcflow_flows::{Data, Ensemble, Trainer};
use std::time::{Duration, Instant};

/// Measured costs of a plan on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Speed {
    /// All walkers through the entries without a flow, once.
    pub seconds_per_local_sweep: f64,
    /// All walkers through the entries with a flow, once.
    pub seconds_per_flow_sweep: f64,
    /// One step of training, the mean over the flows to be trained.
    pub seconds_per_training_step: f64,
}

const PATIENCE: Duration = Duration::from_millis(300);

/// Tries the parts of `plan` for a moment each, in memory. Flows are tried with untrained weights: as fast as trained ones.
pub fn measure_speed(plan: &Plan) -> Speed {
    let mut chains = Ladder::of(plan);
    let mut speed = Speed { seconds_per_local_sweep: sweeps(&mut chains, &Generators::new(), plan), ..Speed::default() };

    let dim = plan.starts[0].positions.row().len();
    let mut random = streams(plan.seed, 1).remove(0);
    let rows: Vec<f64> = (0..256 * dim).map(|k| plan.starts[(k / dim) % plan.starts.len()].positions.row()[k % dim]).collect();
    let positions: Vec<f64> = rows.into_iter().map(|v| v + 0.1 * normal(&mut random)).collect();
    let mut generators = Generators::new();
    let mut steps = Vec::new();
    for flow in &plan.flows {
        match &flow.source {
            FlowSource::Trained(generator) => {
                generators.insert(flow.name.clone(), (**generator).clone());
            }
            FlowSource::Train { shape, training, .. } => {
                let chart = shape.chart.chart(plan.particles.n(), plan.starts[0].cell.dimension(), None);
                let rows = charts::into_rows(&*chart, positions.clone());
                let law = plan.reduced_target(flow.ends.rung());
                let target = RowTarget { law, chart: &*chart, frame: plan.starts[0].positions.row(), outside: 0.0 };
                let ensemble = Ensemble { rows: &rows, law: &target };
                let source = (!flow.ends.is_generator()).then_some(ensemble);
                let generator = shape.begin(&flow.ends, &*chart, source.map(|source| source.rows), &rows, 1);
                if let Ok(mut trainer) = Trainer::new(&generator, Data { target: ensemble, source }, training, 1) {
                    let start = Instant::now();
                    let mut done = 0;
                    while done < 20 && start.elapsed() < PATIENCE && matches!(trainer.step(), Ok(Some(_))) {
                        done += 1;
                    }
                    steps.push(start.elapsed().as_secs_f64() / f64::from(done.max(1)));
                }
                let start = if flow.ends.is_generator() { End::Prior } else { End::Ensemble(chart.clone()) };
                generators.insert(flow.name.clone(), Map::new(generator, start, chart));
            }
        }
    }
    if !generators.is_empty() {
        speed.seconds_per_flow_sweep = (sweeps(&mut chains, &generators, plan) - speed.seconds_per_local_sweep).max(0.0);
    }
    if !steps.is_empty() {
        speed.seconds_per_training_step = steps.iter().sum::<f64>() / steps.len() as f64;
    }
    speed
}

/// Seconds of one sweep; 0 where the starting configuration does not bear even one.
fn sweeps(chains: &mut Ladder, generators: &Generators, plan: &Plan) -> f64 {
    let trained = Trained { generators, flows: &plan.flows, states: &plan.states };
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < PATIENCE {
        if chains.sweep(done + 1, 1, &trained).is_err() {
            return 0.0;
        }
        done += 1;
    }
    start.elapsed().as_secs_f64() / done as f64
}
