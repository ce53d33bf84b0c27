//! What a user touches: the input and its error messages, the commands, progress, summaries and reports.

pub mod build;
pub mod commands;
pub mod document;
pub mod finding;
pub mod fit;
pub mod machine;
pub mod output;
pub mod progress;
pub mod schema;
pub mod stored_frames;
pub mod units;
