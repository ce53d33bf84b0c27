//! Markov chains over configurations: the only place that knows temperature and the accept rule.

mod assessment;
mod chain;
pub mod charts;
pub mod dynamics;
mod estimates;
mod files;
mod ladder;
mod learned;
pub mod moves;
pub mod observers;
mod plan;
pub mod program;
mod random;
mod record;
pub mod roles;
pub mod statistics;
pub mod sweep;
pub mod trajectory;

pub use assessment::{FlowAssessment, FlowKind, Measured, StateAcceptance, StateDifference};
pub use chain::{Environment, Microstate, Scratch, ThermodynamicState, Walker, WalkerState, accept};
pub use charts::{Chart, ChartChoice, Domain, Element, Operation, Symmetry};
pub use estimates::{Memory, Speed, bytes_of_walkers, fastest_period, measure_speed};
pub use files::manifest;
pub use ladder::{ExchangeMutant, Exchanges, Ladder, Offer, PairExchange, PairTally};
pub use learned::{Configurations, Drawn, End, Latents, Map, Noise, Passage, ROUND_TRIP_TOLERANCE, ReducedTarget, SamplePool};
pub use plan::{
    FlowPlan, FlowShape, FlowSource, Lattice, Lengths, Origin, Plan, RungPlan, Samples, TrajectoryFormat, TrajectoryPlan, Wanderers,
    random_positions, sweep_time,
};
pub use program::{Monitor, Neighbourhood, Progress, Remembered, Simulation, StageCost, checkpoint, equally_spaced};
pub use random::{Purpose, Random, fill_normals, normal, purpose_stream, purpose_streams, streams};
pub use record::{LEADING_COLUMNS, Recorder};
pub use sweep::{Chains, Effect, Entry, Generators, StepWork, SweepEntry, Trained, Tuning, tuned_parameter};

/// Why a run ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The user asked for it.
    Interrupted,
    /// The time it was given is over.
    OutOfTime,
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A number of a walker's state is no longer finite.
    #[error(
        "walker {walker} has {found} after sweep {sweep}; with plain dynamics take a smaller time step, else look at the starting configuration"
    )]
    NonFinite {
        /// Which walker.
        walker: usize,
        /// After which sweep.
        sweep: u64,
        /// What was found.
        found: String,
    },
    /// A cell at constant pressure whose volume has no distribution.
    #[error(
        "walker {walker} has a cell of volume {volume:e} after sweep {sweep}, which {how} without end: the potential and the pressure \
         {pressure:e} leave the volume without a distribution"
    )]
    Runaway {
        /// Which walker.
        walker: usize,
        /// After which sweep.
        sweep: u64,
        /// The volume of its cell.
        volume: f64,
        /// `grows` or `shrinks`.
        how: &'static str,
        /// The pressure of its rung.
        pressure: f64,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A checkpoint does not fit.
    #[error("{path}: {found}; expected {expected}")]
    Checkpoint {
        /// The file.
        path: String,
        /// What is wrong.
        found: String,
        /// What would do.
        expected: String,
    },
    /// Training failed.
    #[error("training of the flow `{flow}`: {source}")]
    Training {
        /// Its name.
        flow: String,
        /// Why.
        source: mcflow_flows::TrainingError,
    },
    /// A flow has not got the frames that its training needs.
    #[error("training of the flow `{flow}`: {found} frames of {of}, expected at least {fewest}: {remedy}")]
    TooFewFrames {
        /// Its name.
        flow: String,
        /// How many there are.
        found: usize,
        /// Of what.
        of: String,
        /// How many are needed.
        fewest: usize,
        /// What would do.
        remedy: &'static str,
    },
    /// The weights of a flow could not be written.
    #[error("weights of the flow `{flow}`: {source}")]
    Weights {
        /// Its name.
        flow: String,
        /// Why.
        source: mcflow_flows::WeightsError,
    },
    /// The run was told to stop; its checkpoint is written.
    #[error("stopped before the end; its checkpoint is written")]
    Stopped(StopReason),
}
