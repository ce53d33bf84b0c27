//! Flows as chains use them: maps between configurations, the frames and the law that they learn from.

pub mod configurations;
pub mod ends;
pub mod map;
pub mod sample_pool;
pub mod target;

pub use configurations::Configurations;
pub use ends::{Ends, Ensemble, Within};
pub use map::{Drawn, End, Latents, Map, Noise, Passage, ROUND_TRIP_TOLERANCE};
pub use sample_pool::SamplePool;
pub use target::ReducedTarget;
