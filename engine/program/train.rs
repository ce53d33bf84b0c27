//! Training: flows learn from frames and from the potential.

use super::{Advance, Outlook, Pieces, Run, Stage};
use crate::RunError;
use crate::charts::{self, Chart, domain_of, numbered};
use crate::learned::map::{End, Map};
use crate::learned::sample_pool::SamplePool;
use crate::learned::target::{ReducedTarget, RowTarget};
use crate::plan::{FlowPlan, FlowSource, Plan, Samples};
use crate::program::Progress;
use crate::random::{Purpose, purpose_stream};
use crate::roles;
use mcflow_flows::{Data, Ensemble, Generator, Trainer, Training, TrainingReport};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Frames of a state that a map is trained on at least.
const FEWEST_FRAMES: usize = 100;

/// Trains flows one after the other, each by all stages of its `training`.
///
/// The first training of a flow begins from weights drawn by the seed of the run, with ends that its frames set. Another training of the same flow goes on
/// from the weights and the ends that it has, with the frames that there are by then, other random numbers, and an optimiser that knows
/// nothing of the training before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Which: names of the input; all flows that have a `training` unless given.
    #[serde(default)]
    pub flows: Vec<String>,
}

/// What a training learns from.
pub(crate) struct Prepared {
    /// The flow, among those of the plan.
    flow: usize,
    /// Rows of the ensemble that it starts from, where that is not its prior.
    from: Option<Vec<f64>>,
    /// Rows of the ensemble that it leads to.
    to: Vec<f64>,
    /// The flow as training finds it.
    generator: Generator,
    /// The chart of its ends.
    chart: Arc<dyn Chart>,
    /// What a squared distance outside the domain of the chart costs at each end, in kT over length squared.
    prices: [f64; 2],
    /// Loss of the last step, and the best on held-out rows.
    losses: Option<(f64, f64)>,
}

/// Rows of the ensemble that a flow starts from and of the one that it leads to, where they are frames of this run.
type EndRows = (Option<Vec<f64>>, Option<Vec<f64>>);

/// How a flow is trained.
struct Course<'a> {
    flow: &'a FlowPlan,
    training: &'a Training,
    samples: &'a Samples,
    soft_core: f64,
}

impl Train {
    /// The flows, and where each begins and ends among the steps of the stage.
    fn courses(&self, flows: &[FlowPlan]) -> Vec<(usize, u64, u64)> {
        let mut begin = 0;
        let trained = (0..flows.len()).filter_map(|flow| {
            let FlowSource::Train { training, .. } = &flows[flow].source else { return None };
            flows[flow].is_among(&self.flows).then(|| (flow, training.stages.iter().map(|stage| stage.steps as u64).sum::<u64>().max(1)))
        });
        let place = |(flow, steps): (usize, u64)| {
            let place = (flow, begin, begin + steps);
            begin += steps;
            place
        };
        trained.map(place).collect()
    }

    /// The flow at work after `done` steps.
    fn at(&self, plan: &Plan, done: u64) -> Option<(usize, u64, u64)> {
        self.courses(&plan.flows).into_iter().find(|&(_, _, end)| done < end)
    }
}

impl Stage for Train {
    fn name(&self) -> &'static str {
        "Train"
    }

    fn counted_as(&self, _: &Run) -> &'static str {
        "training"
    }

    fn length(&self, plan: &Plan) -> u64 {
        self.courses(&plan.flows).last().map_or(0, |&(_, _, end)| end)
    }

    fn pieces(&self) -> Pieces {
        Pieces::ByTime
    }

    fn advance(&self, run: &mut Run, done: u64, most: u64) -> Result<Advance, RunError> {
        let plan = &*run.plan.clone();
        let Some((number, _, end)) = self.at(plan, done) else { return Ok(Advance::Finished) };
        let flow = &plan.flows[number];
        let failed = |source| RunError::Training { flow: flow.name.clone(), source };
        let course = Course::of(flow);
        if run.prepared.as_ref().is_none_or(|prepared| prepared.flow != number) {
            run.prepared = Some(course.prepare(run, number)?);
            if !matches!(course.samples, Samples::Rows(_)) {
                flow.ends.ensembles().for_each(|ensemble| run.pools[ensemble.rung].note_training());
            }
        }
        let Some(mut prepared) = run.prepared.take() else { return Ok(Advance::Finished) };
        let (source_law, target_law) = course.laws(plan);
        let (chart, prices) = (prepared.chart.clone(), prepared.prices);
        let of_rows = |law, outside| RowTarget { law, chart: &*chart, frame: plan.starts[0].positions.row(), outside };
        let (source_law, target_law) = (source_law.map(|law| of_rows(law, prices[0])), of_rows(target_law, prices[1]));
        let rows = &prepared.to;
        let source = prepared.from.as_deref().zip(source_law.as_ref()).map(|(rows, law)| Ensemble { rows, law });
        let data = Data { target: Ensemble { rows, law: &target_law }, source };
        let mut trainer = match run.training.take() {
            Some(state) => Trainer::resume(&prepared.generator, data, course.training, state),
            None => Trainer::new(&prepared.generator, data, course.training, seeds(plan, number, run.trainings_of(&flow.name)).1),
        }
        .map_err(failed)?;
        // The last step counts once the weights are kept, so that the training is either at work or over.
        let (left, mut count) = (end - done - 1, 0);
        let mut over = false;
        for _ in 0..most.max(1) {
            match trainer.step().map_err(failed)? {
                Some(progress) => {
                    count += 1;
                    prepared.losses = Some((progress.loss, progress.best));
                }
                None => {
                    over = true;
                    break;
                }
            }
        }
        if !over {
            run.training = Some(trainer.state().clone());
            run.prepared = Some(prepared);
            return Ok(Advance::Done(count.min(left)));
        }
        let mut generator = prepared.generator.clone();
        let report = trainer.finish(&mut generator);
        let before = run.reports.get(&flow.name);
        run.costs.entry(self.counted_as(run).to_string()).or_default().steps += report.steps as u64;
        let report = before.map_or_else(|| report.clone(), |before| joined(before, &report));
        let start = if prepared.from.is_some() { End::Ensemble(prepared.chart.clone()) } else { End::Prior };
        run.keep(&flow.name, Map::new(generator, start, prepared.chart), report);
        Ok(Advance::Done(end - done))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        let (name, done, total) = match self.at(&run.plan, done) {
            Some((flow, begin, end)) => (run.plan.flows[flow].name.as_str(), done - begin, end - begin),
            None => ("", 0, 0),
        };
        let losses = run.prepared.as_ref().and_then(|prepared| prepared.losses);
        let figures = losses.map_or(String::new(), |(loss, best)| format!("loss {loss:.3}  held out {best:.3}"));
        Progress { phase: format!("training {name}").trim_end().to_string(), done, total, figures }
    }

    fn prepares_flows(&self) -> bool {
        true
    }

    fn foresee(&self, key: &str, outlook: &mut Outlook) {
        let flows = outlook.flows;
        for number in outlook.flows_named(key, &self.flows).into_iter().filter(|_| !self.flows.is_empty()) {
            if let FlowSource::Trained(_) = flows[number].source {
                let found = format!("training of the flow {:?}, whose weights are read from a file", flows[number].name);
                outlook.report(key, found, "flows with `layers` and `training`");
            }
        }
        let courses = self.courses(flows);
        if courses.is_empty() && self.flows.is_empty() {
            outlook.report(key, "no flow to train", "a flow with `training` in `flows`, or no such stage");
        }
        for (number, begin, end) in courses {
            let flow = &flows[number];
            let FlowSource::Train { samples, .. } = &flow.source else { continue };
            let few = |rung: &usize| outlook.frames.get(*rung).is_some_and(|&frames| frames < FEWEST_FRAMES as u64);
            if let (false, Some(rung)) =
                (matches!(samples, Samples::Rows(_)), flow.ends.ensembles().map(|ensemble| ensemble.rung).find(few))
            {
                let frames = outlook.frames[rung];
                let found = format!("training of the flow {:?} on {frames} frames of rung {rung}", flow.name);
                outlook.report(key, found, format!("`Collect(...)` before it, of {FEWEST_FRAMES} frames at least"));
            }
            outlook.ready.insert(number);
            outlook.judged.remove(&number);
            outlook.training_steps = outlook.training_steps.saturating_add(end - begin);
        }
        outlook.has_flows = true;
    }
}

/// Seeds of the weights and of the training of a flow, in its training of number `round`.
fn seeds(plan: &Plan, flow: usize, round: usize) -> (u64, u64) {
    let mut random = purpose_stream(plan.seed, Purpose::Training, round);
    (0..=flow).map(|_| (random.random(), random.random())).last().unwrap_or_default()
}

/// A training after another one, as one: stages are counted on, losses are those of all, what was kept is of the last.
fn joined(before: &TrainingReport, after: &TrainingReport) -> TrainingReport {
    let first = before.stages.len();
    let mut all = before.clone();
    all.stages.extend(after.stages.iter().cloned());
    all.losses.extend(after.losses.iter().cloned().map(|mut losses| {
        losses.stage += first;
        losses
    }));
    TrainingReport {
        seconds: before.seconds + after.seconds,
        steps: before.steps + after.steps,
        energy_evaluations: before.energy_evaluations + after.energy_evaluations,
        best_step: after.best_step,
        held_out_loss: after.held_out_loss,
        interrupted: after.interrupted,
        ..all
    }
}

impl<'a> Course<'a> {
    fn of(flow: &'a FlowPlan) -> Self {
        let FlowSource::Train { training, samples, soft_core, .. } = &flow.source else {
            unreachable!("the courses of a stage are those of flows to be trained");
        };
        Self { flow, training, samples, soft_core: *soft_core }
    }

    fn rows_of_file(&self) -> &'a [f64] {
        if let Samples::Rows(rows) = self.samples { rows } else { &[] }
    }

    /// The laws of the ensemble that it starts from, where that is not its prior, and of the one that it leads to.
    fn laws<'p>(&self, plan: &'p Plan) -> (Option<ReducedTarget<'p>>, ReducedTarget<'p>) {
        let law = |ensemble: roles::Ensemble| {
            let law = plan.reduced_target(ensemble.rung).with_soft_core(self.soft_core);
            match ensemble.within {
                Some(within) => law.within(&plan.states[within.state], within.penalty),
                None => law,
            }
        };
        (self.flow.ends.start.map(law), law(self.flow.ends.end))
    }

    /// The rows of both ends; flows are judged by the latest frames, and learn from the others.
    fn rows(&self, plan: &Plan, pools: &[SamplePool]) -> Result<EndRows, RunError> {
        let frames = |ensemble: roles::Ensemble| {
            let (pool, state) = (&pools[ensemble.rung], ensemble.state());
            let found = pool.training_frames(state).len();
            // Of a generator of all configurations, training says itself what it lacks.
            if found >= FEWEST_FRAMES || (state.is_none() && self.flow.ends.is_generator()) {
                return Ok(pool.training_rows(state));
            }
            let (of, remedy) = match state {
                Some(state) => (format!("the state `{}`", plan.states[state].name), "give it a `start`, or the run more frames"),
                None => (format!("rung {}", ensemble.rung), "give it more walkers, or the run more frames"),
            };
            Err(RunError::TooFewFrames { flow: self.flow.name.clone(), found, of, fewest: FEWEST_FRAMES, remedy })
        };
        let from = self.flow.ends.start.map(frames).transpose()?;
        let to = if let Samples::Rows(_) = self.samples { None } else { Some(frames(self.flow.ends.end)?) };
        Ok((from, to))
    }

    /// Rows and the flow as its training finds it.
    fn prepare(&self, run: &Run, number: usize) -> Result<Prepared, RunError> {
        let (plan, name) = (&*run.plan, &self.flow.name);
        let FlowSource::Train { shape, .. } = &self.flow.source else { unreachable!("courses are those of flows to be trained") };
        let (from, to) = self.rows(plan, &run.pools)?;
        let (n, dimension) = (plan.particles.n(), plan.starts[0].cell.dimension());
        let earlier = run.flows.get(name).filter(|_| run.trainings_of(name) > 0);
        let frames = to.as_deref().unwrap_or_else(|| self.rows_of_file());
        let chart: Arc<dyn Chart> = match earlier {
            Some(flow) => flow.end_chart(),
            None => {
                let domain = plan.symmetry.as_ref().map(|symmetry| {
                    let ends: Vec<&[f64]> = from.as_deref().into_iter().chain([frames]).collect();
                    numbered(&domain_of(symmetry, &ends, n * dimension), dimension)
                });
                shape.chart.chart(n, dimension, domain)
            }
        };
        let prices = [from.as_deref().unwrap_or(&[]), frames].map(|frames| chart.price(frames));
        let rows = charts::into_rows(&*chart, to.unwrap_or_else(|| self.rows_of_file().to_vec()));
        let from = from.map(|from| charts::into_rows(&*chart, from));
        let generator = match earlier {
            Some(flow) => flow.generator.clone(),
            None => shape.begin(&self.flow.ends, &*chart, from.as_deref(), &rows, seeds(plan, number, 0).0),
        };
        Ok(Prepared { flow: number, from, to: rows, generator, chart, prices, losses: None })
    }
}
