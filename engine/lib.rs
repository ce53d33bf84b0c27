//! Markov chains over configurations: the only place that knows temperature and the accept rule.

mod assessment;
mod chain;
pub mod charts;
pub mod checkpoint;
mod configurations;
pub mod dynamics;
mod ladder;
pub mod manifest;
mod map;
mod memory;
pub mod moves;
pub mod observers;
mod piece;
mod plan;
pub mod program;
mod random;
mod record;
pub mod roles;
mod sample_pool;
mod soundness;
mod spacing;
mod speed;
mod start;
mod start_memory;
pub mod statistics;
pub mod sweep;
mod target;
pub mod trajectory;
mod vibration;

pub use assessment::{FlowAssessment, FlowKind, Measured, StateAcceptance, StateDifference};
pub use chain::{Environment, Microstate, Scratch, ThermodynamicState, Walker, WalkerState, accept};
pub use charts::{Chart, ChartChoice, Domain, Element, Operation, Symmetry};
pub use configurations::Configurations;
pub use ladder::{ExchangeMutant, Exchanges, Ladder, Offer, PairExchange, PairTally};
pub use map::{Drawn, End, Latents, Map, Noise, Passage, ROUND_TRIP_TOLERANCE};
pub use memory::{Memory, bytes_of_walkers};
pub use plan::{FlowPlan, FlowShape, FlowSource, Lengths, Origin, Plan, RungPlan, Samples, TrajectoryFormat, TrajectoryPlan, sweep_time};
pub use program::{Monitor, Progress, Simulation, StageCost};
pub use random::{Purpose, Random, fill_normals, normal, purpose_stream, purpose_streams, streams};
pub use record::{LEADING_COLUMNS, Recorder};
pub use sample_pool::SamplePool;
pub use spacing::equally_spaced;
pub use speed::{Speed, measure_speed};
pub use start::{Lattice, random_positions};
pub use start_memory::{Neighbourhood, Remembered, Wanderers};
pub use sweep::{Chains, Effect, Entry, Generators, StepWork, SweepEntry, Trained, Tuning, tuned_parameter};
pub use target::ReducedTarget;
pub use vibration::fastest_period;

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
