//! The state of a run: all that a checkpoint holds.

use super::cursor::Next;
use super::{Advance, Cursor};
use crate::RunError;
use crate::assessment::FlowAssessment;
use crate::chain::microstate::Microstate;
use crate::chain::walker::Walker;
use crate::ladder::{Exchanges, Ladder};
use crate::learned::map::Map;
use crate::learned::sample_pool::SamplePool;
use crate::moves::Tally;
use crate::observers::state_of;
use crate::plan::{FlowSource, Plan, RungPlan};
use crate::program::checkpoint::Stored;
use crate::program::start_memory::{CommonStart, Remembered};
use crate::program::train::Prepared;
use crate::random::{Purpose, purpose_stream, streams};
use crate::record::Recorder;
use crate::sweep::{Chains, Generators};
use crate::sweep::{StepWork, Trained};
use mcflow_flows::{TrainingReport, TrainingState};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Time and work of the stages that are counted under one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// Wall time.
    pub seconds: f64,
    /// Trial moves, time steps and draws over all walkers; training steps.
    pub steps: u64,
    /// The same times particles (equal to `steps` for single-particle moves); 0 for training.
    pub particle_steps: u64,
}

/// The state of a run: what stages change and a checkpoint holds.
pub struct Run {
    /// What is carried out.
    pub plan: Arc<Plan>,
    /// Where it is.
    pub at: Cursor,
    /// Walkers, step sizes and counts of all rungs.
    pub ladder: Ladder,
    /// The flows that moves use, by name.
    pub flows: Generators,
    /// The samples of production.
    pub recorder: Recorder,
    /// Sweeps of production that are done.
    pub produced: u64,
    /// Counts at the last tuning, by rung and entry.
    pub(crate) tuned_at: Vec<Vec<Tally>>,
    /// Frames of each rung for training and judging.
    pub(crate) pools: Vec<SamplePool>,
    /// A training that has begun and is not over.
    pub(crate) training: Option<TrainingState>,
    /// How the trainings went, by flow.
    pub reports: BTreeMap<String, TrainingReport>,
    /// How often each flow was trained in this run.
    pub(crate) trainings: BTreeMap<String, usize>,
    /// Judgements of the flows.
    pub assessments: Vec<FlowAssessment>,
    /// Time and work by name.
    pub costs: BTreeMap<String, StageCost>,
    /// Largest relative difference between a running and a recomputed energy in production.
    pub largest_drift: f64,
    /// What walkers that started alike remembered of it in production, at some times.
    pub memory: Vec<Remembered>,
    /// What the walkers have started from; follows from the plan.
    pub(crate) common_start: Option<CommonStart>,
    /// What the training at work learns from, made from the pools when it begins or goes on.
    pub(crate) prepared: Option<Prepared>,
}

impl Run {
    /// A run at its start, with its record in `directory`.
    ///
    /// # Errors
    /// Files that cannot be made; a starting configuration without a finite energy.
    pub(crate) fn new(plan: &Arc<Plan>, directory: &Path) -> Result<Self, RunError> {
        let mut all = plan.starts.iter().zip(streams(plan.seed, plan.starts.len())).enumerate();
        let mut rungs = Vec::new();
        for (rung, RungPlan { walkers, .. }) in plan.rungs.iter().enumerate() {
            let mut made = Vec::new();
            for (number, (start, mut random)) in all.by_ref().take(*walkers) {
                let mut state = Microstate::new(start.clone());
                state.draw_momenta(&plan.particles, plan.beta(rung), &mut random);
                let walker = Walker::new(state, random, plan.entries.len(), &plan.rungs[rung].potential);
                if !walker.state.energy.is_finite() {
                    let found = format!("a potential energy of {}", walker.state.energy);
                    return Err(RunError::NonFinite { walker: number, sweep: 0, found });
                }
                made.push(walker);
            }
            let parameters = plan.entries.iter().map(|entry| entry.parameter()).collect();
            rungs.push(Chains { walkers: made, parameters, entries: plan.entries.clone(), environment: plan.environment(rung) });
        }
        let random = purpose_stream(plan.seed, Purpose::Exchange, 0);
        let exchanges = Exchanges::new(random, &plan.rung_sizes(), plan.entries.iter().map(|entry| plan.pairs_of(entry).len()));
        let mut run = Self {
            plan: plan.clone(),
            at: Cursor::default(),
            tuned_at: vec![vec![Tally::default(); plan.entries.len()]; plan.rungs.len()],
            ladder: Ladder { rungs, exchanges },
            flows: read_before(plan),
            recorder: Recorder::create(plan, directory)?,
            produced: 0,
            pools: plan.rungs.iter().map(|rung| SamplePool::of(rung.walkers)).collect(),
            training: None,
            reports: BTreeMap::new(),
            trainings: BTreeMap::new(),
            assessments: Vec::new(),
            costs: BTreeMap::new(),
            largest_drift: 0.0,
            memory: Vec::new(),
            common_start: CommonStart::of(plan),
            prepared: None,
        };
        run.settle()?;
        Ok(run)
    }

    /// The run that a checkpoint describes, with these flows and its record in `directory`.
    ///
    /// # Errors
    /// Files that are missing or were changed.
    pub(crate) fn restored(plan: &Arc<Plan>, stored: Stored, flows: Generators, directory: &Path) -> Result<Self, RunError> {
        let mut at = stored.at;
        if at.of(&plan.program).is_none() && stored.produced < plan.lengths.production {
            // What was complete goes on to a longer production.
            at = Cursor::at(plan.program.len() - 1, stored.produced);
        }
        let dim = plan.starts[0].positions.row().len();
        let pools = stored.pools.iter().enumerate();
        let pools = pools.map(|(rung, pool)| SamplePool::restored(pool, directory, rung, plan.rungs[rung].walkers, dim));
        let pools = pools.collect::<Result<_, _>>()?;
        let mut walkers = stored.walkers.iter().map(|walker| Walker::restored(walker, &plan.potential));
        let mut rungs = Vec::new();
        for (rung, parameters) in stored.parameters.into_iter().enumerate() {
            let walkers = walkers.by_ref().take(plan.rungs[rung].walkers).collect();
            rungs.push(Chains { walkers, parameters, entries: plan.entries.clone(), environment: plan.environment(rung) });
        }
        Ok(Self {
            plan: plan.clone(),
            at,
            ladder: Ladder { rungs, exchanges: stored.exchanges },
            flows,
            recorder: Recorder::resume(plan, directory, &stored.record, stored.produced)?,
            produced: stored.produced,
            tuned_at: stored.tuned_at,
            pools,
            training: stored.training,
            reports: stored.reports,
            trainings: stored.trainings,
            assessments: stored.assessments,
            costs: stored.costs,
            largest_drift: stored.largest_drift,
            memory: stored.memory,
            common_start: CommonStart::of(plan),
            prepared: None,
        })
    }

    /// What a checkpoint holds of it, with the weights files of its flows.
    pub(crate) fn stored(&self, weights: BTreeMap<String, Vec<u8>>, instruction_sets: &[String]) -> Stored {
        Stored {
            stage: self.at.of(&self.plan.program).map_or("complete", |stage| stage.counted_as(self)).to_string(),
            at: self.at.clone(),
            produced: self.produced,
            walkers: self.ladder.walkers().map(Walker::stored).collect(),
            parameters: self.ladder.rungs.iter().map(|chains| chains.parameters.clone()).collect(),
            exchanges: self.ladder.exchanges.clone(),
            tuned_at: self.tuned_at.clone(),
            pools: self.pools.iter().map(SamplePool::stored).collect(),
            training: self.training.clone(),
            reports: self.reports.clone(),
            trainings: self.trainings.clone(),
            weights,
            assessments: self.assessments.clone(),
            costs: self.costs.clone(),
            largest_drift: self.largest_drift,
            record: self.recorder.position(),
            instruction_sets: instruction_sets.to_vec(),
            memory: self.memory.clone(),
        }
    }

    /// How often a flow was trained in this run.
    pub(crate) fn trainings_of(&self, flow: &str) -> usize {
        self.trainings.get(flow).copied().unwrap_or(0)
    }

    /// Takes a flow that has just been trained, with the report of all its trainings.
    pub(crate) fn keep(&mut self, name: &str, flow: Map, report: TrainingReport) {
        self.flows.insert(name.to_string(), flow);
        self.reports.insert(name.to_string(), report);
        *self.trainings.entry(name.to_string()).or_default() += 1;
        // What was found of the weights before is not true of these.
        self.assessments.retain(|judged| judged.name != name);
    }

    /// Leaves the stage at work, which is over, for the next one.
    ///
    /// # Errors
    /// Those of the stages.
    pub(crate) fn next_stage(&mut self) -> Result<(), RunError> {
        self.at.leave();
        self.settle()
    }

    /// Goes on to a stage that does something itself, or to the end of the program.
    fn settle(&mut self) -> Result<(), RunError> {
        let plan = self.plan.clone();
        while let Next::Round(stage, done) = self.at.settle(&plan.program, |stage| stage.length(&plan)) {
            match stage.advance(self, done, 1)? {
                Advance::Done(rounds) => self.at.add(rounds),
                Advance::Finished => self.at.leave(),
            }
        }
        Ok(())
    }

    /// Does sweeps of the ladder, with or without the entries that need a flow, and counts their cost under `name`.
    pub(crate) fn sweep(&mut self, name: &str, first: u64, count: u64, with_flows: bool) -> Result<(), RunError> {
        let none = Generators::new();
        let generators = if with_flows { &self.flows } else { &none };
        let trained = Trained { generators, flows: &self.plan.flows, states: &self.plan.states };
        self.ladder.sweep(first, count, &trained)?;
        let n = self.plan.particles.n();
        let cost = self.costs.entry(name.to_string()).or_default();
        for (index, entry) in self.plan.entries.iter().enumerate() {
            if entry.flow().is_some() && !with_flows {
                continue;
            }
            let rung = self.plan.rung_of(entry);
            let parameter = self.ladder.rungs[rung.unwrap_or(0)].parameters[index];
            let occurrences = (first..first + count).filter(|&sweep| entry.is_due(sweep, parameter)).count() as u64;
            // An exchange is a step for each walker of all rungs.
            let work = entry.work(n);
            let alone = rung.filter(|_| work.of_a_step == StepWork::Flow);
            let walkers = alone.map_or(self.plan.starts.len(), |rung| self.plan.rungs[rung].walkers);
            cost.steps += work.steps * occurrences * walkers as u64;
            cost.particle_steps += work.particle_steps(n) * occurrences * walkers as u64;
        }
        Ok(())
    }

    /// Whether a stage before has trained or judged a flow: from then on sweeps have the moves that need one.
    pub(crate) fn has_flows(&self) -> bool {
        !self.reports.is_empty() || !self.assessments.is_empty()
    }

    /// Takes a frame of each walker of these rungs.
    pub(crate) fn collect(&mut self, rungs: &BTreeSet<usize>) {
        let rungs = self.pools.iter_mut().zip(&self.ladder.rungs).enumerate().filter(|(rung, _)| rungs.contains(rung));
        for (_, (pool, chains)) in rungs {
            for walker in &chains.walkers {
                pool.rows.extend_from_slice(walker.state.configuration.positions.row());
                pool.states.push(state_of(&self.plan.states, &walker.state.configuration));
            }
        }
    }

    /// How often moves are accepted, in words.
    pub(crate) fn acceptances(&self) -> String {
        let totals = self.ladder.totals();
        let named = self.plan.entries.iter().zip(&totals).filter_map(|(e, t)| Some(format!("{} {:.2}", e.name(), t.acceptance()?)));
        named.collect::<Vec<_>>().join("  ")
    }

    /// Notes what walkers remember of a common start, after `sweep` sweeps of production.
    pub(crate) fn remember(&mut self, sweep: u64) {
        if let Some(common) = &self.common_start {
            self.memory.push(common.remembered(&self.plan, &self.ladder, sweep));
        }
    }

    /// What is trained, and the states that maps belong to.
    pub fn trained(&self) -> Trained<'_> {
        Trained { generators: &self.flows, flows: &self.plan.flows, states: &self.plan.states }
    }
}

/// The flows of a plan whose weights were read from files.
pub(crate) fn read_before(plan: &Plan) -> Generators {
    let read = plan.flows.iter().filter_map(|flow| match &flow.source {
        FlowSource::Trained(trained) => Some((flow.name.clone(), (**trained).clone())),
        FlowSource::Train { .. } => None,
    });
    read.collect()
}
