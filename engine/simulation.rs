//! A run from start to end: equilibrate, collect samples, train, equilibrate with the flows, produce.
//!
//! Step sizes are tuned and flows are trained before production only; production changes nothing but the walkers.

use crate::assessment::{FlowAssessment, assess, assess_exchange, assess_jump};
use crate::chains::{Chains, Generators, Monitor, Progress};
use crate::checkpoint::{self, Stored};
use crate::interval::costs;
use crate::ladder::{Exchanges, Ladder};
use crate::manifest::{flow_path, note};
use crate::microstate::Microstate;
use crate::moves::Tally;
use crate::observers::state_of;
use crate::piece::piece;
use crate::plan::{FlowSource, Plan, Role, RungPlan, Samples};
use crate::random::{Purpose, purpose_stream, streams};
use crate::record::Recorder;
use crate::reference::{domain_of, numbered};
use crate::sample_pool::SamplePool;
use crate::schedule::{Entry, Trained};
use crate::start_memory::{CommonStart, Remembered};
use crate::target::ReducedTarget;
use crate::trained_flow::{TrainedFlow, fold_in_place};
use crate::walker::Walker;
use crate::{RunError, StopReason};
use mcflow_flows::{Data, Ensemble, Generator, Trainer, TrainingReport, TrainingState};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Local moves only, step sizes tuned.
    Equilibration,
    /// Local moves only, samples collected for the flow of this number.
    Sampling(usize),
    /// Training of the flow of this number.
    Training(usize),
    /// All moves, step sizes tuned.
    FlowEquilibration,
    /// All moves, nothing tuned, samples recorded.
    Production,
    /// Over.
    Complete,
}

impl Phase {
    /// Its name in summaries and progress.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equilibration => "equilibration",
            Self::Sampling(_) => "sampling",
            Self::Training(_) => "training",
            Self::FlowEquilibration => "equilibration_with_flows",
            Self::Production => "production",
            Self::Complete => "complete",
        }
    }
}

/// Time and work of a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseCost {
    /// Wall time.
    pub seconds: f64,
    /// Trial moves, time steps and draws over all walkers; training steps.
    pub steps: u64,
    /// The same times particles (equal to `steps` for single-particle moves); 0 for training.
    pub particle_steps: u64,
}

/// Frames of a state that a map is trained on at least.
const FEWEST_FRAMES: usize = 100;

/// A run in progress.
pub struct Simulation<'a> {
    plan: &'a Plan,
    directory: PathBuf,
    ladder: Ladder,
    generators: Generators,
    pub(crate) recorder: Recorder,
    phase: Phase,
    /// Sweeps or training steps of the present phase that are done.
    done: u64,
    /// Counts at the last tuning, by rung and entry.
    tuned_at: Vec<Vec<Tally>>,
    /// Frames of each rung.
    pools: Vec<SamplePool>,
    training: Option<TrainingState>,
    reports: BTreeMap<String, TrainingReport>,
    assessments: Vec<FlowAssessment>,
    costs: BTreeMap<String, PhaseCost>,
    largest_drift: f64,
    last_checkpoint: Instant,
    checkpoint_interval: Duration,
    /// How long the last checkpoint took.
    writing: Duration,
    /// When the clock was last looked at.
    looked: Instant,
    /// Up to when wall time is counted in `costs`.
    counted: Instant,
    /// The instruction sets it has run with, one after the other.
    instruction_sets: Vec<String>,
    common_start: Option<CommonStart>,
    memory: Vec<Remembered>,
    /// When the progress was last told, and in which phase.
    told: Option<(Phase, Instant)>,
}

/// Times in production at which the memory of the start is measured.
const TIMES_OF_MEMORY: u64 = 8;

/// Wall time between reports of progress: a few sweeps of a small system take less time than the report.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// Wall time between checkpoints. Checkpoints read the state and change nothing, so the clock decides nothing about the chain.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(20);

/// Wall time of a piece after which a checkpoint is written more often.
const LONG_PIECE: Duration = Duration::from_millis(300);

impl<'a> Simulation<'a> {
    /// A run at its start, writing into `directory`, which must exist.
    ///
    /// # Errors
    /// Files that cannot be made; a starting configuration without a finite energy.
    pub fn new(plan: &'a Plan, directory: &Path) -> Result<Self, RunError> {
        let none = Generators::new();
        let trained = Trained { generators: &none, flows: &plan.flows, states: &plan.states };
        let tallies = trained.ways_at(&plan.entries, plan.entries.len());
        let mut all = plan.starts.iter().zip(streams(plan.seed, plan.starts.len())).enumerate();
        let mut rungs = Vec::new();
        for (rung, RungPlan { walkers, .. }) in plan.rungs.iter().enumerate() {
            let mut made = Vec::new();
            for (number, (start, mut random)) in all.by_ref().take(*walkers) {
                let mut state = Microstate::new(start.clone());
                state.draw_momenta(&plan.particles, plan.beta(rung), &mut random);
                let walker = Walker::new(state, random, tallies, &plan.rungs[rung].potential);
                if !walker.state.energy.is_finite() {
                    let found = format!("a potential energy of {}", walker.state.energy);
                    return Err(RunError::NonFinite { walker: number, sweep: 0, found });
                }
                made.push(walker);
            }
            let parameters = plan.entries.iter().map(Entry::parameter).collect();
            rungs.push(Chains { walkers: made, parameters, entries: plan.entries.clone(), environment: plan.environment(rung) });
        }
        let random = purpose_stream(plan.seed, Purpose::Exchange, 0);
        let exchanges = Exchanges::new(random, &plan.rung_sizes(), plan.entries.iter().map(|entry| plan.pairs_of(entry).len()));
        let mut generators = Generators::new();
        for flow in &plan.flows {
            if let FlowSource::Trained(generator) = &flow.source {
                generators.insert(flow.name.clone(), (**generator).clone());
            }
        }
        Ok(Self {
            plan,
            directory: directory.to_path_buf(),
            tuned_at: vec![vec![Tally::default(); plan.entries.len()]; plan.rungs.len()],
            ladder: Ladder { rungs, exchanges },
            generators,
            recorder: Recorder::create(plan, directory)?,
            phase: Phase::Equilibration,
            done: 0,
            pools: plan.rungs.iter().map(|rung| SamplePool::of(rung.walkers)).collect(),
            training: None,
            reports: BTreeMap::new(),
            assessments: Vec::new(),
            costs: BTreeMap::new(),
            largest_drift: 0.0,
            last_checkpoint: Instant::now(),
            checkpoint_interval: CHECKPOINT_INTERVAL,
            writing: Duration::ZERO,
            looked: Instant::now(),
            counted: Instant::now(),
            instruction_sets: vec![format!("{:?}", mcflow_base::instruction_set())],
            common_start: CommonStart::of(plan),
            memory: Vec::new(),
            told: None,
        })
    }

    /// The run that the checkpoint in `directory` describes: it goes on to the same bytes as if it had never stopped. One that was complete goes on
    /// where the plan has a longer production, and trajectories of the plan may be others than before.
    ///
    /// # Errors
    /// No checkpoint, a damaged one, or one of another input or version.
    pub fn resume(plan: &'a Plan, directory: &Path) -> Result<Self, RunError> {
        let mut stored = checkpoint::read(directory, &plan.input_hash)?;
        let produced = stored.produced();
        if stored.phase == Phase::Complete && produced < plan.lengths.production {
            stored.phase = Phase::Production;
        }
        let this = format!("{:?}", mcflow_base::instruction_set());
        if stored.instruction_sets.last() != Some(&this) {
            stored.instruction_sets.push(this);
        }
        let dim = plan.starts[0].positions.row().len();
        let pools = stored
            .pools
            .iter()
            .enumerate()
            .map(|(rung, pool)| SamplePool::restored(pool, directory, rung, plan.rungs[rung].walkers, dim))
            .collect::<Result<_, _>>()?;
        let mut generators = Generators::new();
        for flow in &plan.flows {
            if let FlowSource::Trained(generator) = &flow.source {
                generators.insert(flow.name.clone(), (**generator).clone());
            } else if stored.reports.contains_key(&flow.name) {
                let path = flow_path(directory, &flow.name);
                let wrong = |found: String| RunError::Checkpoint {
                    path: path.display().to_string(),
                    found,
                    expected: "the weights that this run wrote".to_string(),
                };
                let (generator, header) = Generator::load(&path).map_err(|error| wrong(error.to_string()))?;
                let trained = TrainedFlow::restored(generator, &header, plan.symmetry.as_ref()).map_err(wrong)?;
                generators.insert(flow.name.clone(), trained);
            }
        }
        let mut walkers = stored.walkers.iter().map(|walker| Walker::restored(walker, &plan.potential));
        let mut rungs = Vec::new();
        for (rung, parameters) in stored.parameters.into_iter().enumerate() {
            let walkers = walkers.by_ref().take(plan.rungs[rung].walkers).collect();
            rungs.push(Chains { walkers, parameters, entries: plan.entries.clone(), environment: plan.environment(rung) });
        }
        let recorder = Recorder::resume(plan, directory, &stored.record, produced)?;
        let as_before = recorder.writes_as_at(&stored.record);
        let mut simulation = Self {
            plan,
            directory: directory.to_path_buf(),
            ladder: Ladder { rungs, exchanges: stored.exchanges },
            generators,
            recorder,
            phase: stored.phase,
            done: stored.done,
            tuned_at: stored.tuned_at,
            pools,
            training: stored.training,
            reports: stored.reports,
            assessments: stored.assessments,
            costs: stored.costs,
            largest_drift: stored.largest_drift,
            last_checkpoint: Instant::now(),
            checkpoint_interval: CHECKPOINT_INTERVAL,
            writing: Duration::ZERO,
            looked: Instant::now(),
            counted: Instant::now(),
            instruction_sets: stored.instruction_sets,
            common_start: CommonStart::of(plan),
            memory: stored.memory,
            told: None,
        };
        if !as_before {
            // A trajectory that has begun is in a checkpoint from the start.
            simulation.write_checkpoint()?;
        }
        Ok(simulation)
    }

    /// Writes checkpoints so far apart in wall time, in place of 20 seconds.
    pub fn checkpoint_each(&mut self, interval: Duration) {
        self.checkpoint_interval = interval;
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Non-finite states, files, training, or [`RunError::Stopped`] with the checkpoint written.
    pub fn run(&mut self, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        self.run_while(monitor, |phase| phase != Phase::Complete)
    }

    /// Runs only until all flows are trained; [`Simulation::resume`] can go on from there.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_until_trained(&mut self, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        self.run_while(monitor, |phase| matches!(phase, Phase::Equilibration | Phase::Sampling(_) | Phase::Training(_)))
    }

    fn run_while(&mut self, monitor: &mut dyn Monitor, goes_on: impl Fn(Phase) -> bool) -> Result<(), RunError> {
        (self.counted, self.looked) = (Instant::now(), Instant::now());
        while goes_on(self.phase) {
            let phase = self.phase;
            let result = match phase {
                Phase::Equilibration => self.equilibrate(monitor, false),
                Phase::Sampling(flow) => self.collect_samples(flow, monitor),
                Phase::Training(flow) => self.train(flow, monitor),
                Phase::FlowEquilibration => self.equilibrate(monitor, true),
                Phase::Production => self.produce(monitor),
                Phase::Complete => Ok(()),
            };
            count_seconds(&mut self.costs, &mut self.counted, phase);
            if let Ok(()) | Err(RunError::Stopped(_)) = result {
                self.write_checkpoint()?;
            }
            result?;
        }
        Ok(())
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.done = 0;
    }

    /// The first flow from number `from` on that needs training, or what follows.
    fn next_training(&self, from: usize) -> Phase {
        let next = (from..self.plan.flows.len()).find(|&k| matches!(self.plan.flows[k].source, FlowSource::Train { .. }));
        match next {
            Some(flow) => match &self.plan.flows[flow].source {
                FlowSource::Train { samples: Samples::FromRun { .. }, .. } => Phase::Sampling(flow),
                _ => Phase::Training(flow),
            },
            None if self.plan.flows.is_empty() => Phase::Production,
            None => Phase::FlowEquilibration,
        }
    }

    /// Sweeps and counts the cost.
    fn sweep(&mut self, first: u64, count: u64, with_flows: bool) -> Result<(), RunError> {
        let none = Generators::new();
        let generators = if with_flows { &self.generators } else { &none };
        let trained = Trained { generators, flows: &self.plan.flows, states: &self.plan.states };
        self.ladder.sweep(first, count, &trained)?;
        let n = self.plan.particles.n();
        let cost = self.costs.entry(self.phase.name().to_string()).or_default();
        for (entry, &parameter) in self.plan.entries.iter().zip(&self.ladder.rungs[0].parameters) {
            if entry.flow().is_some() && !with_flows {
                continue;
            }
            let occurrences = (first..first + count).filter(|&sweep| entry.is_due(sweep, parameter)).count() as u64;
            // Flows of a target are those of the first rung; an exchange is a step for each walker of its rungs.
            let first_alone = entry.flow().is_some() && !matches!(entry, Entry::Exchange { .. });
            let walkers = if first_alone { self.plan.rungs[0].walkers } else { self.plan.starts.len() };
            let steps = entry.steps(n) * occurrences * walkers as u64;
            cost.steps += steps;
            cost.particle_steps += if matches!(entry, Entry::Displacement { .. }) { steps } else { steps * n as u64 };
        }
        Ok(())
    }

    /// Looks at the clock, the user and the progress bar between two pieces.
    fn between_pieces(&mut self, total: u64, figures: fn(&Self) -> String, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        if !self.told.is_some_and(|(phase, at)| phase == self.phase && at.elapsed() < PROGRESS_INTERVAL) {
            let phase = match self.phase {
                Phase::Training(flow) | Phase::Sampling(flow) => format!("{} {}", self.phase.name(), self.plan.flows[flow].name),
                phase => phase.name().replace('_', " "),
            };
            monitor.progress(&Progress { phase, done: self.done, total, figures: figures(self) });
            self.told = Some((self.phase, Instant::now()));
        }
        if let Some(reason) = monitor.stop() {
            return Err(RunError::Stopped(reason));
        }
        // A piece that takes long may be left halfway: then what was done before it must not be lost. A twentieth of the time may go into that.
        let long = self.looked.elapsed() > LONG_PIECE;
        let interval = if long { self.checkpoint_interval.min(20 * self.writing) } else { self.checkpoint_interval };
        if self.last_checkpoint.elapsed() > interval {
            count_seconds(&mut self.costs, &mut self.counted, self.phase);
            self.write_checkpoint()?;
        }
        self.looked = Instant::now();
        Ok(())
    }

    fn acceptances(&self) -> String {
        let totals = self.ladder.totals();
        let named = self.plan.entries.iter().zip(&totals).filter_map(|(e, t)| Some(format!("{} {:.2}", e.name(), t.acceptance()?)));
        named.collect::<Vec<_>>().join("  ")
    }

    fn equilibrate(&mut self, monitor: &mut dyn Monitor, with_flows: bool) -> Result<(), RunError> {
        let total = self.plan.lengths.equilibration;
        let tune_every = (total / 40).max(1);
        while self.done < total {
            let until_tuning = tune_every - self.done % tune_every;
            let count = piece(self.plan, &self.generators).min(until_tuning).min(total - self.done);
            self.sweep(self.done + 1, count, with_flows)?;
            self.done += count;
            if self.done.is_multiple_of(tune_every) {
                let costs = if with_flows { costs(self.plan, &self.generators) } else { Vec::new() };
                self.tuned_at = self.ladder.tune(&self.tuned_at, &costs);
            }
            self.between_pieces(total, Self::acceptances, monitor)?;
        }
        self.ladder.refresh_energies();
        if with_flows {
            self.start_production();
        } else {
            match self.next_training(0) {
                Phase::Production => self.start_production(),
                Phase::FlowEquilibration => {
                    self.assess_trained();
                    self.enter(Phase::FlowEquilibration);
                }
                phase => self.enter(phase),
            }
        }
        Ok(())
    }

    fn start_production(&mut self) {
        self.ladder.reset_tallies();
        self.enter(Phase::Production);
        self.remember();
    }

    /// Notes what walkers remember of a common start.
    fn remember(&mut self) {
        if let Some(common) = &self.common_start {
            self.memory.push(common.remembered(self.plan, &self.ladder, self.done));
        }
    }

    fn collect_samples(&mut self, flow: usize, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        let FlowSource::Train { samples: Samples::FromRun { frames, every }, .. } = self.plan.flows[flow].source else {
            unreachable!("only flows trained on the run's own samples get here");
        };
        let rounds = (frames as u64).div_ceil(self.plan.rungs[0].walkers as u64);
        let total = rounds.saturating_mul(every);
        while self.done < total {
            let until_frame = every - self.done % every;
            let count = piece(self.plan, &self.generators).min(until_frame);
            self.sweep(self.done + 1, count, false)?;
            self.done += count;
            if self.done.is_multiple_of(every) {
                self.collect();
            }
            self.between_pieces(total, |run| format!("{} frames", run.pools.iter().map(|pool| pool.states.len()).sum::<usize>()), monitor)?;
        }
        self.enter(Phase::Training(flow));
        Ok(())
    }

    /// A frame of each walker of the rungs that flows learn from.
    fn collect(&mut self) {
        let needed = |rung: usize| {
            self.plan.flows.iter().any(|flow| match flow.role {
                Role::Generator | Role::StateGenerator { .. } | Role::ModeJump { .. } => rung == 0,
                Role::Exchange { from, to } => rung == from || rung == to,
            })
        };
        let rungs = self.pools.iter_mut().zip(&self.ladder.rungs).enumerate().filter(|(rung, _)| needed(*rung));
        for (_, (pool, chains)) in rungs {
            for walker in &chains.walkers {
                pool.rows.extend_from_slice(walker.state.configuration.positions.row());
                pool.states.push(state_of(&self.plan.states, &walker.state.configuration));
            }
        }
    }

    /// The rows of a state of the first rung that flows learn from.
    ///
    /// # Errors
    /// Too few of them, with what would do.
    fn frames_of_state(&self, state: usize) -> Result<Vec<f64>, String> {
        let pool = &self.pools[0];
        let found = pool.training_frames(Some(state)).len();
        if found < FEWEST_FRAMES {
            let name = &self.plan.states[state].name;
            let remedy = "give it a `start`, or the run more frames";
            return Err(format!("{found} frames of the state `{name}`, expected at least {FEWEST_FRAMES}: {remedy}"));
        }
        Ok(pool.training_rows(Some(state)))
    }

    fn train(&mut self, flow: usize, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        let plan = self.plan;
        let name = &plan.flows[flow].name;
        let FlowSource::Train { shape, training, samples, soft_core } = &plan.flows[flow].source else {
            unreachable!("only flows to be trained get here");
        };
        let failed = |message: String| RunError::Training { flow: name.clone(), message };
        let dim = plan.starts[0].positions.row().len();
        let rows = || match samples {
            Samples::FromRun { .. } | Samples::Collected => Cow::Owned(self.pools[0].training_rows(None)),
            Samples::Rows(rows) => Cow::Borrowed(&rows[..]),
        };
        // Flows are judged by the latest frames, and learn from the others; maps between states from each restricted to its own.
        let frames = |rung: usize| self.pools[rung].training_rows(None);
        let (mut from, mut to, laws) = match &plan.flows[flow].role {
            Role::Generator => (None, rows(), (None, ReducedTarget::new(plan, 0).with_soft_core(*soft_core))),
            Role::StateGenerator { state, penalty, .. } => {
                let law = ReducedTarget::within(plan, &plan.states[*state], *penalty).with_soft_core(*soft_core);
                (None, Cow::Owned(self.frames_of_state(*state).map_err(failed)?), (None, law))
            }
            Role::ModeJump { from, to, penalty, .. } => {
                let within = |state: usize| ReducedTarget::within(plan, &plan.states[state], *penalty).with_soft_core(*soft_core);
                let [source, target] = [*from, *to].map(|state| self.frames_of_state(state));
                (Some(source.map_err(failed)?), Cow::Owned(target.map_err(failed)?), (Some(within(*from)), within(*to)))
            }
            Role::Exchange { from, to } => {
                for rung in [*from, *to] {
                    let found = self.pools[rung].training_frames(None).len();
                    if found < FEWEST_FRAMES {
                        return Err(failed(format!(
                            "{found} frames of rung {rung}, expected at least {FEWEST_FRAMES}: give it more walkers, or the run more frames"
                        )));
                    }
                }
                let law = |rung: usize| ReducedTarget::new(plan, rung).with_soft_core(*soft_core);
                (Some(frames(*from)), Cow::Owned(frames(*to)), (Some(law(*from)), law(*to)))
            }
        };
        let mut domains = (None, None);
        if let Some(symmetry) = &plan.symmetry {
            let dimension = plan.starts[0].cell.dimension();
            let ends: Vec<&[f64]> = from.as_deref().into_iter().chain([&to[..]]).collect();
            let domain = numbered(&domain_of(symmetry, &ends, dim), dimension);
            if let Some(from) = &mut from {
                fold_in_place(&domain, from, dim);
                domains.0 = Some(domain.clone());
            }
            fold_in_place(&domain, to.to_mut(), dim);
            domains.1 = Some(domain);
        }
        let source = from.as_ref().zip(laws.0.as_ref()).map(|(rows, law)| Ensemble { rows, law });
        let data = Data { target: Ensemble { rows: &to, law: &laws.1 }, source };
        let mut seeds = purpose_stream(plan.seed, Purpose::Training, 0);
        let (mut weights_seed, mut training_seed) = (0, 0);
        for _ in 0..=flow {
            (weights_seed, training_seed) = (seeds.random(), seeds.random());
        }
        let mut generator = shape.begin(dim, from.as_deref(), &to, weights_seed);
        let report = {
            let mut trainer = match self.training.take() {
                Some(state) => Trainer::resume(&generator, data, training, state),
                None => Trainer::new(&generator, data, training, training_seed),
            }
            .map_err(|e| failed(e.to_string()))?;
            let total = training.stages.iter().map(|s| s.steps as u64).sum();
            let mut looked = Instant::now();
            while let Some(progress) = trainer.step().map_err(|e| failed(e.to_string()))? {
                if looked.elapsed() < Duration::from_millis(100) {
                    continue;
                }
                looked = Instant::now();
                self.done = trainer.state().steps() as u64;
                let figures = format!("loss {:.3}  held out {:.3}", progress.loss, progress.best);
                monitor.progress(&Progress { phase: format!("training {name}"), done: self.done, total, figures });
                let stop = monitor.stop();
                if stop.is_some() || self.last_checkpoint.elapsed() > self.checkpoint_interval {
                    self.recorder.flush()?;
                    count_seconds(&mut self.costs, &mut self.counted, self.phase);
                    checkpoint::write(&self.directory, &stored(self, Some(trainer.state().clone())), plan)?;
                    self.last_checkpoint = Instant::now();
                }
                if let Some(reason) = stop {
                    self.training = Some(trainer.state().clone());
                    return Err(RunError::Stopped(reason));
                }
            }
            let mut trained = generator.clone();
            let report = trainer.finish(&mut trained);
            generator = trained;
            report
        };
        self.costs.entry("training".to_string()).or_default().steps += report.steps as u64;
        let path = flow_path(&self.directory, name);
        note(&self.directory, &flow_path(Path::new(""), name))?;
        let trained = TrainedFlow { generator, from: domains.0, to: domains.1 };
        trained.save(&path, plan.flows[flow].header.clone()).map_err(|e| failed(e.to_string()))?;
        self.reports.insert(name.clone(), report);
        self.generators.insert(name.clone(), trained);
        let phase = self.next_training(flow + 1);
        if phase == Phase::FlowEquilibration {
            self.assess_trained();
        }
        self.enter(phase);
        Ok(())
    }

    /// Judges every flow on fresh draws and on reference frames that it was not trained on: those collected for training, else the walkers as they stand.
    fn assess_trained(&mut self) {
        if self.pools.iter().all(|pool| pool.states.is_empty()) {
            self.collect();
        }
        let pools: Vec<SamplePool> = self.pools.iter_mut().map(std::mem::take).collect();
        let plan = self.plan;
        for (number, flow) in plan.flows.iter().enumerate() {
            if let Some(trained) = self.generators.get(&flow.name) {
                let mut random = purpose_stream(plan.seed, Purpose::Assessment, number);
                let report = self.reports.get(&flow.name);
                // Frames read from a file are others than those of the walkers.
                let from_file = matches!(flow.source, FlowSource::Train { samples: Samples::Rows(_), .. } | FlowSource::Trained(_));
                let mut draws = |state, seen| assess(plan, flow, trained, state, &pools[0], seen, report, &mut random);
                self.assessments.push(match &flow.role {
                    Role::Generator => draws(None, !from_file),
                    Role::StateGenerator { state, .. } => draws(Some(*state), report.is_some()),
                    Role::ModeJump { from, to, .. } => assess_jump(plan, flow, (*from, *to), trained, &pools[0], report),
                    Role::Exchange { from, to } => assess_exchange(plan, flow, (*from, *to), trained, &pools, report),
                });
            }
        }
    }

    fn produce(&mut self, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        let total = self.plan.lengths.production;
        let every = self.plan.lengths.record_every;
        let remember_every = (total / every / TIMES_OF_MEMORY).max(1) * every;
        while self.done < total {
            let until_record = every - self.done % every;
            let count = piece(self.plan, &self.generators).min(until_record).min(total - self.done);
            self.sweep(self.done + 1, count, true)?;
            self.done += count;
            if self.done.is_multiple_of(every) {
                self.largest_drift = self.largest_drift.max(self.ladder.refresh_energies());
                self.recorder.record(self.done, self.plan, &mut self.ladder)?;
                monitor.recorded(&self.recorder);
            }
            if self.done.is_multiple_of(remember_every) {
                self.remember();
            }
            match self.between_pieces(total, Self::acceptances, monitor) {
                Err(RunError::Stopped(StopReason::OutOfTime)) => break,
                other => other?,
            }
        }
        self.recorder.flush()?;
        // How many sweeps were done stays known: a longer production goes on from here.
        self.phase = Phase::Complete;
        monitor.finished(&self.recorder);
        Ok(())
    }

    fn write_checkpoint(&mut self) -> Result<(), RunError> {
        let begun = Instant::now();
        self.recorder.flush()?;
        for (rung, pool) in self.pools.iter_mut().enumerate() {
            pool.save(&self.directory, rung)?;
        }
        checkpoint::write(&self.directory, &stored(self, self.training.clone()), self.plan)?;
        for rung in (0..self.pools.len()).filter(|&rung| self.pools[rung].states.is_empty()) {
            SamplePool::remove(&self.directory, rung);
        }
        self.last_checkpoint = Instant::now();
        self.writing = begun.elapsed();
        Ok(())
    }

    /// The plan it carries out.
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// What has been recorded.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Walkers, step sizes and counts of all rungs.
    pub fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// Where it is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Sweeps of production that are done.
    pub fn produced(&self) -> u64 {
        if matches!(self.phase, Phase::Production | Phase::Complete) { self.done } else { 0 }
    }

    /// The instruction sets it has run with, one after the other: bytes are those of an unbroken run where there is one.
    pub fn instruction_sets(&self) -> &[String] {
        &self.instruction_sets
    }

    /// What walkers that started alike remembered of it in production, at some times; empty where they did not.
    pub fn memory(&self) -> &[Remembered] {
        &self.memory
    }

    /// Time and work by phase.
    pub fn costs(&self) -> &BTreeMap<String, PhaseCost> {
        &self.costs
    }

    /// Judgements of the flows.
    pub fn assessments(&self) -> &[FlowAssessment] {
        &self.assessments
    }

    /// How the trainings of this run went, by flow.
    pub fn reports(&self) -> &BTreeMap<String, TrainingReport> {
        &self.reports
    }

    /// The trained flows.
    pub fn generators(&self) -> &Generators {
        &self.generators
    }

    /// What is trained, and the states that maps belong to.
    pub fn trained(&self) -> Trained<'_> {
        Trained { generators: &self.generators, flows: &self.plan.flows, states: &self.plan.states }
    }

    /// Largest relative difference between a running and a recomputed energy in production.
    pub fn largest_drift(&self) -> f64 {
        self.largest_drift
    }
}

/// Counts the wall time since it was last counted: seconds are in a checkpoint as the steps are.
fn count_seconds(costs: &mut BTreeMap<String, PhaseCost>, counted: &mut Instant, phase: Phase) {
    let now = Instant::now();
    costs.entry(phase.name().to_string()).or_default().seconds += now.duration_since(std::mem::replace(counted, now)).as_secs_f64();
}

fn stored(simulation: &Simulation, training: Option<TrainingState>) -> Stored {
    Stored {
        phase: simulation.phase,
        done: simulation.done,
        walkers: simulation.ladder.walkers().map(Walker::stored).collect(),
        parameters: simulation.ladder.rungs.iter().map(|chains| chains.parameters.clone()).collect(),
        exchanges: simulation.ladder.exchanges.clone(),
        tuned_at: simulation.tuned_at.clone(),
        pools: simulation.pools.iter().map(SamplePool::stored).collect(),
        training,
        reports: simulation.reports.clone(),
        assessments: simulation.assessments.clone(),
        costs: simulation.costs.clone(),
        largest_drift: simulation.largest_drift,
        record: simulation.recorder.position(),
        instruction_sets: simulation.instruction_sets.clone(),
        memory: simulation.memory.clone(),
    }
}
