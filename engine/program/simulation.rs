//! A run in its folder: begun, gone on with, and asked what it has found.

use super::executor::Executor;
use super::weights::Weights;
use super::{ProgramStage, Run, StageCost};
use crate::RunError;
use crate::assessment::FlowAssessment;
use crate::ladder::Ladder;
use crate::plan::Plan;
use crate::program::Monitor;
use crate::program::checkpoint;
use crate::program::start_memory::Remembered;
use crate::record::Recorder;
use crate::sweep::Generators;
use crate::sweep::Trained;
use mcflow_flows::TrainingReport;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A run in progress: its state, and what carries it out.
pub struct Simulation {
    run: Run,
    executor: Executor,
}

fn instruction_set() -> String {
    format!("{:?}", mcflow_base::instruction_set())
}

impl Simulation {
    /// A run at its start, writing into `directory`, which must exist.
    ///
    /// # Errors
    /// Files that cannot be made; a starting configuration without a finite energy.
    pub fn new(plan: &Arc<Plan>, directory: &Path) -> Result<Self, RunError> {
        let executor = Executor::new(directory.to_path_buf(), Weights::default(), vec![instruction_set()]);
        Ok(Self { run: Run::new(plan, directory)?, executor })
    }

    /// The run that the checkpoint in `directory` describes: it goes on to the same bytes as if it had never stopped. One that was complete goes on
    /// where the plan has a longer production, and trajectories of the plan may be others than before.
    ///
    /// # Errors
    /// No checkpoint, a damaged one, or one of another input or version.
    pub fn resume(plan: &Arc<Plan>, directory: &Path) -> Result<Self, RunError> {
        let stored = checkpoint::read(directory, &plan.input_hash)?;
        let mut instruction_sets = stored.instruction_sets.clone();
        if instruction_sets.last() != Some(&instruction_set()) {
            instruction_sets.push(instruction_set());
        }
        let (weights, flows) = Weights::restored(plan, &stored, directory)?;
        let record = stored.record.clone();
        let mut simulation = Self {
            run: Run::restored(plan, stored, flows, directory)?,
            executor: Executor::new(directory.to_path_buf(), weights, instruction_sets),
        };
        if !simulation.run.recorder.writes_as_at(&record) {
            // A trajectory that has begun is in a checkpoint from the start.
            simulation.executor.write_checkpoint(&mut simulation.run)?;
        }
        Ok(simulation)
    }

    /// Writes checkpoints so far apart in wall time, in place of 20 seconds.
    pub fn checkpoint_each(&mut self, interval: Duration) {
        self.executor.checkpoint_interval = interval;
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Non-finite states, files, training, or [`RunError::Stopped`] with the checkpoint written.
    pub fn run(&mut self, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        self.executor.carry_out(&mut self.run, usize::MAX, monitor)
    }

    /// Runs only until all flows are trained and judged; [`Simulation::resume`] can go on from there.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_until_trained(&mut self, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        let prepares = |stage: &ProgramStage| stage.stage().prepares_flows();
        let end = self.run.plan.program.iter().rposition(prepares).map_or(0, |last| last + 1);
        self.executor.carry_out(&mut self.run, end, monitor)
    }

    /// The plan it carries out.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.run.plan
    }

    /// What has been recorded.
    pub fn recorder(&self) -> &Recorder {
        &self.run.recorder
    }

    /// Walkers, step sizes and counts of all rungs.
    pub fn ladder(&self) -> &Ladder {
        &self.run.ladder
    }

    /// Whether its program has come to its end.
    pub fn is_complete(&self) -> bool {
        self.run.at.of(&self.run.plan.program).is_none()
    }

    /// Sweeps of production that are done.
    pub fn produced(&self) -> u64 {
        self.run.produced
    }

    /// The instruction sets it has run with, one after the other: bytes are those of an unbroken run where there is one.
    pub fn instruction_sets(&self) -> &[String] {
        &self.executor.instruction_sets
    }

    /// What walkers that started alike remembered of it in production, at some times; empty where they did not.
    pub fn memory(&self) -> &[Remembered] {
        &self.run.memory
    }

    /// Time and work by the names under which stages are counted.
    pub fn costs(&self) -> &BTreeMap<String, StageCost> {
        &self.run.costs
    }

    /// Judgements of the flows.
    pub fn assessments(&self) -> &[FlowAssessment] {
        &self.run.assessments
    }

    /// How the trainings of this run went, by flow.
    pub fn reports(&self) -> &BTreeMap<String, TrainingReport> {
        &self.run.reports
    }

    /// The trained flows.
    pub fn generators(&self) -> &Generators {
        &self.run.flows
    }

    /// What is trained, and the states that maps belong to.
    pub fn trained(&self) -> Trained<'_> {
        self.run.trained()
    }

    /// Largest relative difference between a running and a recomputed energy in production.
    pub fn largest_drift(&self) -> f64 {
        self.run.largest_drift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_can_be_sent_to_another_thread() {
        fn is_send<T: Send + 'static>() {}
        is_send::<Simulation>();
        is_send::<Run>();
    }
}
