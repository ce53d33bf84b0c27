//! Training of flows: what the user writes, the loop over its steps, and what it tells.

mod adam;
mod data;
mod report;
mod settings;
mod stage;
mod state;
mod train;
mod trainer;

pub use data::{Data, Ensemble};
pub use report::{Evaluation, ObjectiveFigure, Progress, StageReport, TrainingReport};
pub use settings::Training;
pub use stage::{Schedule, Stage};
pub use state::{TrainingError, TrainingState};
pub use train::train;
pub use trainer::Trainer;
