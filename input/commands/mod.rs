//! The commands, one file each.

pub mod check;
pub mod compare;
pub mod energy;
pub mod run;
pub mod train;

use crate::document::Report;
use std::path::{Path, PathBuf};

/// How a command failed: the exit code follows from it.
#[derive(Debug)]
pub enum Failure {
    /// The input or the arguments are wrong: exit code 2.
    Input(String),
    /// The run failed: exit code 1.
    Run(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Run(_) => 1,
            Self::Input(_) => 2,
        }
    }

    /// What to print.
    pub fn message(&self) -> &str {
        match self {
            Self::Run(message) | Self::Input(message) => message,
        }
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        Self::Input(report.to_string())
    }
}

impl From<mcflow_engine::RunError> for Failure {
    fn from(error: mcflow_engine::RunError) -> Self {
        match error {
            mcflow_engine::RunError::Checkpoint { .. } => Self::Input(error.to_string()),
            _ => Self::Run(error.to_string()),
        }
    }
}

/// `--output`, or the folder `output` beside the input.
fn output_folder(input: &Path, output: Option<&Path>) -> PathBuf {
    output.map_or_else(|| input.parent().unwrap_or(Path::new("")).join("output"), Path::to_path_buf)
}
