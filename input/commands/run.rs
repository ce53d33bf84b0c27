//! `mcflow run`: equilibrate, train, produce, report.

use super::resume::{other_instruction_set, resumed};
use super::{Failure, memory, output_folder, with_spaced_ladder};
use crate::build::{Built, Change, build_for, sha256, text_of};
use crate::output::directory::{Existing, NamedFile, TOPOLOGY, begin_anew, named_file, prepare, this_process, write_made};
use crate::output::functions::csv_files;
use crate::output::log::{Log, Logged};
use crate::output::report;
use crate::output::summary::Summary;
use crate::output::terminal::table;
use crate::progress::{Finishing, Terminal, catch_interrupts};
use mcflow_engine::trajectory::topology_pdb;
use mcflow_engine::{Lengths, Memory, Monitor, Plan, RunError, Simulation, StopReason, TrajectoryFormat, checkpoint};
use std::path::Path;
use std::sync::Arc;

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
    let directory = output_folder(arguments.input, arguments.output);
    let built = build_for(arguments.input, arguments.seed, Some(&directory))?;
    super::say(&built.notes);
    memory::require(&built, &Memory::of(&built.plan))?;
    let _folder = prepare(&directory, arguments.existing, &built).map_err(Failure::Input)?;
    catch_interrupts("run");
    let mut terminal = Terminal::new(None);
    let resume = arguments.existing == Existing::Resume;
    let mut built = begun_or_spaced(built, arguments.input, &directory, resume, &mut terminal)?;
    let summary = carry_out(&mut built, &directory, resume, &mut terminal);
    terminal.clear();
    let summary = summary?;
    Ok(format!("{}results in {}\n", table(&summary), directory.display()))
}

/// The input as the run in `directory` goes on with it, or with its ladder spaced where a run begins.
///
/// # Errors
/// An input that is not that of the run; a wish to stop.
pub(super) fn begun_or_spaced(
    built: Built,
    input: &Path,
    directory: &Path,
    resume: bool,
    terminal: &mut Terminal,
) -> Result<Built, Failure> {
    if !(resume && checkpoint::exists(directory)) {
        return with_spaced_ladder(built, input, directory, terminal);
    }
    resumed(built, input, directory)
}

/// Begins or goes on with the run of `plan` in `directory`, with its log and the input that runs beside it.
///
/// # Errors
/// A run that cannot begin or go on; files that cannot be written.
pub(super) fn begin(
    plan: &Arc<Plan>,
    text: &str,
    files: &[NamedFile],
    directory: &Path,
    resume: bool,
) -> Result<(Simulation, Log), Failure> {
    let goes_on = resume && checkpoint::exists(directory);
    if resume && !goes_on {
        if directory.join("summary.json").exists() {
            let message = "found a finished run without its checkpoint, from which nothing can go on; run it again by --force";
            return Err(Failure::Input(format!("{}: {message}, or choose another folder by --output", directory.display())));
        }
        // Stopped before its first checkpoint: nothing is lost by starting anew.
        begin_anew(directory, files).map_err(Failure::Input)?;
    }
    let other = goes_on.then(|| other_instruction_set(directory)).flatten();
    let simulation = if goes_on { Some(Simulation::resume(plan, directory)?) } else { None };
    write_input(directory, files, text)?;
    let mut log = Log::open(directory).map_err(Failure::Run)?;
    let simulation = match simulation {
        Some(simulation) => simulation,
        None => Simulation::new(plan, directory)?,
    };
    log.say(&format!(
        "mcflow {}, {}: {}, seed {}, {:?}, {} thread(s)",
        env!("CARGO_PKG_VERSION"),
        this_process(),
        if goes_on { format!("goes on, {} sweeps of production are done", simulation.produced()) } else { "begins".to_string() },
        plan.seed,
        mcflow_base::instruction_set(),
        rayon::current_num_threads()
    ));
    if let Some(sentence) = other {
        eprintln!("{sentence}");
        log.say(&sentence);
    }
    Ok((simulation, log))
}

/// Writes the input that runs beside the run, unless it lies there or is itself what the user has there.
fn write_input(directory: &Path, files: &[NamedFile], text: &str) -> Result<(), Failure> {
    let name = "system.ron";
    let path = directory.join(name);
    if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) || named_file(&path, files).is_some() {
        return Ok(());
    }
    write_made(directory, name, text).map_err(Failure::Run)
}

/// Runs `built` in `directory` to its end and writes summary and report. Where the clock ended it, the input beside it, and `built`, are of the
/// sweeps that were done.
///
/// # Errors
/// A run that failed or was stopped; files that cannot be written.
pub fn carry_out(built: &mut Built, directory: &Path, resume: bool, monitor: &mut dyn Monitor) -> Result<Summary, Failure> {
    let (mut simulation, mut log) = begin(&built.plan, &built.text, &built.files, directory, resume)?;
    let plan = &built.plan;
    if plan.trajectories.iter().any(|trajectory| trajectory.format == TrajectoryFormat::Dcd) {
        let text = topology_pdb(&plan.starts[0], &plan.particles, &plan.bonds, plan.file_units.angstroms);
        write_made(directory, TOPOLOGY, &text).map_err(Failure::Run)?;
    }
    let result = simulation.run(&mut Logged { inner: monitor, log: &mut log });
    log_end(&mut log, &result);
    let out_of_time = matches!(result, Err(RunError::Stopped(StopReason::OutOfTime)));
    let Lengths { production, record_every, .. } = built.plan.lengths;
    if out_of_time || (simulation.is_complete() && simulation.produced() < production) {
        // What ran is a production of as many sweeps as there was time for.
        built.input.run.production = simulation.produced().max(record_every);
        built.input.run.record_every = Some(record_every);
        let path = built.files.first().map_or(Path::new(""), |input| &input.path);
        built.text = text_of(&built.input, path, &built.text, Change { by: &built.by, folder: Some(directory) });
        built.input_sha256 = sha256(&built.text);
        write_input(directory, &built.files, &built.text)?;
    }
    match result {
        Ok(()) => {}
        Err(RunError::Stopped(StopReason::Interrupted)) => {
            let message = format!("stopped; go on with `mcflow run ... --resume` (checkpoint in {})", directory.display());
            return Err(Failure::Stopped(message, StopReason::Interrupted));
        }
        Err(error) => return Err(error.into()),
    }
    let _finishing = Finishing::begin();
    let summary = Summary::new(built, &simulation);
    let page = report::html(built, &simulation, &summary);
    if let Some(error) = simulation.recorder().failure() {
        return Err(error.into());
    }
    for (name, text) in csv_files(&summary.functions) {
        write_made(directory, &name, &text).map_err(Failure::Run)?;
    }
    write_made(directory, "summary.json", &summary.json()).map_err(Failure::Run)?;
    write_made(directory, "report.html", &page).map_err(Failure::Run)?;
    log.say(&format!("finished: {}", summary.verdict.headline));
    Ok(summary)
}

/// The last line of a part of a run that was not finished.
pub(super) fn log_end(log: &mut Log, result: &Result<(), RunError>) {
    match result {
        Ok(()) => {}
        Err(RunError::Stopped(_)) => log.say("stopped; its checkpoint is written"),
        Err(error) => log.say(&format!("failed: {error}")),
    }
}
