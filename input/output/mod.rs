//! What a run leaves behind: its folder, the summary, the report.

pub mod aside;
pub mod directory;
pub mod figures;
pub mod functions;
pub mod log;
pub mod measured;
pub mod report;
pub mod start_memory;
pub mod summary;
pub mod terminal;
pub mod text;
pub mod verdict;
