//! A run as a program: stages, one after the other, over one state that a checkpoint holds.
//!
//! A [`Stage`] changes the [`Run`] and nothing else; it knows no clock, no disk and no user. The executor hands it pieces of work
//! and looks at all three between them. Where a run is in its program is a [`Cursor`].

pub mod checkpoint;
mod collect;
mod costs;
mod cursor;
mod equilibrate;
mod executor;
mod judge;
mod monitor;
mod outlook;
pub(crate) mod piece;
mod produce;
mod repeat;
mod run;
mod simulation;
mod spacing;
pub(crate) mod start_memory;
mod train;
mod weights;

pub use collect::Collect;
pub use cursor::Cursor;
pub use equilibrate::{Equilibrate, Moves};
pub use judge::Judge;
pub use monitor::{Monitor, Progress};
pub use outlook::Outlook;
pub use produce::Produce;
pub use repeat::Repeat;
pub use run::{Run, StageCost};
pub use simulation::Simulation;
pub use spacing::equally_spaced;
pub use start_memory::{Neighbourhood, Remembered};
pub use train::Train;

use crate::RunError;

use crate::plan::{FlowPlan, FlowSource, Plan, Samples};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// What a stage has done of the work that it was handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// So many units of its length.
    Done(u64),
    /// All of it: the next stage begins.
    Finished,
}

/// How a stage is cut into pieces, between which somebody looks at the clock and the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// By work, which follows from the plan: what is kept with positions goes between two pieces, so the bytes of a run depend on where they end.
    ByWork,
    /// By time: the bytes do not depend on where they end.
    ByTime,
}

/// A part of a run: what it does to the state of the run, and how long it takes.
///
/// A stage is the struct that a user writes. All that it knows of its course is in the run and in `done`, the units of its length that are done, so
/// that a run that was stopped between any two calls of [`Stage::advance`] goes on to the same bytes.
pub trait Stage: Debug + Send + Sync {
    /// Its name in an input.
    fn name(&self) -> &'static str;

    /// The name under which summaries count its time and its steps.
    fn counted_as(&self, run: &Run) -> &'static str;

    /// Its units of work: sweeps, steps of training, flows, rounds.
    fn length(&self, plan: &Plan) -> u64;

    /// Does at most `most` units of work after the first `done`; finishes once all are done.
    ///
    /// # Errors
    /// States that are no longer finite, training that fails, samples that cannot be written.
    fn advance(&self, run: &mut Run, done: u64, most: u64) -> Result<Advance, RunError>;

    /// How it is cut into pieces.
    fn pieces(&self) -> Pieces {
        Pieces::ByWork
    }

    /// What a user sees of it when `done` units are done.
    fn progress(&self, run: &Run, done: u64) -> Progress;

    /// The stages that it repeats; none where it does something itself.
    fn inner(&self) -> &[ProgramStage] {
        &[]
    }

    /// Adds to `outlook` what it will do and cost, and reports under `key` what is wrong with it or lacking before it.
    fn foresee(&self, key: &str, outlook: &mut Outlook);

    /// Whether flows come out of it, trained or judged: frames for training are kept until no such stage is left.
    fn prepares_flows(&self) -> bool {
        false
    }

    /// Whether a run that has no more time counts as complete when it ends here.
    fn may_end_early(&self) -> bool {
        false
    }
}

/// A stage of the program of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ProgramStage {
    /// Sweeps before anything counts; step sizes are tuned.
    Equilibrate(Equilibrate),
    /// Sweeps from which flows get frames to learn from.
    Collect(Collect),
    /// Training of flows.
    Train(Train),
    /// Judgement of flows.
    Judge(Judge),
    /// Sweeps that count.
    Produce(Produce),
    /// A loop over stages.
    Repeat(Repeat),
}

impl ProgramStage {
    /// The stage itself.
    pub fn stage(&self) -> &dyn Stage {
        match self {
            Self::Equilibrate(stage) => stage,
            Self::Collect(stage) => stage,
            Self::Train(stage) => stage,
            Self::Judge(stage) => stage,
            Self::Produce(stage) => stage,
            Self::Repeat(stage) => stage,
        }
    }
}

/// The program of an input that has none of its own: equilibrate by local moves, collect frames and train flow by flow, judge, equilibrate by all
/// moves, produce.
pub fn default_program(flows: &[FlowPlan]) -> Vec<ProgramStage> {
    let mut program = vec![ProgramStage::Equilibrate(Equilibrate::default())];
    for flow in flows {
        let FlowSource::Train { samples, .. } = &flow.source else { continue };
        if let Samples::FromRun { frames, every } = samples {
            let rung = Some(flow.ends.rung());
            program.push(ProgramStage::Collect(Collect { frames: Some(*frames), every: Some(*every), rung, ..Collect::default() }));
        }
        program.push(ProgramStage::Train(Train { flows: vec![flow.name.clone()] }));
    }
    if !flows.is_empty() {
        program.extend([ProgramStage::Judge(Judge::default()), ProgramStage::Equilibrate(Equilibrate::default())]);
    }
    program.push(ProgramStage::Produce(Produce {}));
    program
}
