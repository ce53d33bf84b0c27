//! `mcflow run`: equilibrate, train, produce, report.

use super::{Failure, output_folder, with_spaced_ladder};
use crate::build::{Built, build};
use crate::output::directory::{Existing, prepare, write_whole};
use crate::output::report;
use crate::output::summary::{Summary, table};
use crate::progress::{Terminal, catch_interrupts};
use mcflow_engine::{Monitor, RunError, Simulation, StopReason};
use std::path::{Path, PathBuf};

/// The arguments of `mcflow run`.
pub struct Arguments<'a> {
    /// The input.
    pub input: &'a Path,
    /// The folder of the run.
    pub output: Option<&'a Path>,
    /// What to do with a run that is already there.
    pub existing: Existing,
    /// In place of the input's seed.
    pub seed: Option<u64>,
}

/// Runs and writes everything; returns what to print.
///
/// # Errors
/// A wrong input, a folder in the way, or a run that failed or was stopped.
pub fn run(arguments: &Arguments) -> Result<String, Failure> {
    let built = build(arguments.input, arguments.seed)?;
    let directory = output_folder(arguments.input, arguments.output);
    prepare(&directory, arguments.existing).map_err(Failure::Input)?;
    catch_interrupts();
    let mut terminal = Terminal::new(None);
    let built = with_spaced_ladder(built, arguments.input, &mut terminal)?;
    let summary = carry_out(&built, &directory, arguments.existing == Existing::Resume, &mut terminal);
    terminal.clear();
    let summary = summary?;
    Ok(format!("{}results in {}\n", table(&summary), directory.display()))
}

/// Runs `built` in `directory` to its end and writes summary and report.
///
/// # Errors
/// A run that failed or was stopped; files that cannot be written.
pub fn carry_out(built: &Built, directory: &Path, resume: bool, monitor: &mut dyn Monitor) -> Result<Summary, Failure> {
    let mut simulation = if resume && mcflow_engine::checkpoint::exists(directory) {
        Simulation::resume(&built.plan, directory)?
    } else {
        if resume && directory.join("summary.json").exists() {
            let message = "found a finished run without its checkpoint, from which nothing can go on; run it again by --force";
            return Err(Failure::Input(format!("{}: {message}, or choose another folder by --output", directory.display())));
        }
        if resume {
            // Stopped before its first checkpoint: nothing is lost by starting anew.
            prepare(directory, Existing::Force).map_err(Failure::Run)?;
        }
        write_whole(&directory.join("system.ron"), &built.text).map_err(Failure::Run)?;
        Simulation::new(&built.plan, directory)?
    };
    match simulation.run(monitor) {
        Ok(()) => {}
        Err(RunError::Stopped(StopReason::Interrupted)) => {
            return Err(Failure::Run(format!("stopped; go on with `mcflow run ... --resume` (checkpoint in {})", directory.display())));
        }
        Err(error) => return Err(error.into()),
    }
    let summary = Summary::new(built, &simulation);
    let written: [(PathBuf, String); 2] =
        [(directory.join("summary.json"), summary.json()), (directory.join("report.html"), report::html(built, &simulation, &summary))];
    for (path, text) in written {
        write_whole(&path, &text).map_err(Failure::Run)?;
    }
    Ok(summary)
}
