//! The commands, one file each.

pub mod check;
pub mod compare;
pub mod energy;
mod memory;
mod resume;
pub mod run;
pub mod train;

use crate::build::{Built, Change, build_written};
use crate::document::Report;
use mcflow_engine::{Monitor, RunError, StopReason, equally_spaced};
use std::path::{Path, PathBuf};

/// How a command failed: the exit code follows from it.
#[derive(Debug)]
pub enum Failure {
    /// The input or the arguments are wrong: exit code 2.
    Input(String),
    /// The run failed: exit code 1.
    Run(String),
    /// The run was told to stop: exit code 1.
    Stopped(String, StopReason),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Run(_) | Self::Stopped(..) => 1,
            Self::Input(_) => 2,
        }
    }

    /// What to print.
    pub fn message(&self) -> &str {
        match self {
            Self::Run(message) | Self::Input(message) | Self::Stopped(message, _) => message,
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
            mcflow_engine::RunError::Stopped(reason) => Self::Stopped(error.to_string(), reason),
            _ => Self::Run(error.to_string()),
        }
    }
}

/// The same input with the temperatures of its ladder moved, where it asks for that: to five digits, so that what is printed is what was run.
/// Written into `folder`, it asks for it no longer.
fn with_spaced_ladder(built: Built, path: &Path, folder: &Path, monitor: &mut dyn Monitor) -> Result<Built, Failure> {
    if !built.input.run.tune_ladder {
        return Ok(built);
    }
    let betas = match equally_spaced(&built.plan, monitor) {
        Err(RunError::Stopped(StopReason::Interrupted)) => {
            let message = "stopped while the ladder was spaced, before there was anything to go on with".to_string();
            return Err(Failure::Stopped(message, StopReason::Interrupted));
        }
        found => found?,
    };
    let (seed, boltzmann, last) = (built.input.seed, built.plan.boltzmann, betas.len() - 1);
    let moved = build_written(path, Change { by: "`tune_ladder`", folder: Some(folder) }, |input| {
        input.seed = seed;
        // What is written beside the run is what ran: these temperatures, which nothing moves again.
        input.run.tune_ladder = false;
        for (rung, beta) in input.ladder.iter_mut().zip(betas).take(last).skip(1) {
            let temperature = 1.0 / (boltzmann * beta);
            rung.temperature = format!("{temperature:.4e}").parse().unwrap_or(temperature);
        }
    })?;
    Ok(moved.asked_for(built.plan.origin.asked.clone()))
}

/// `--output`, or the folder `output` beside the input.
fn output_folder(input: &Path, output: Option<&Path>) -> PathBuf {
    output.map_or_else(|| input.parent().unwrap_or(Path::new("")).join("output"), Path::to_path_buf)
}

/// Prints sentences on stderr.
fn say(sentences: &[String]) {
    sentences.iter().for_each(|sentence| eprintln!("{sentence}"));
}
