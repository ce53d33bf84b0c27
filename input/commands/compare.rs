//! `mcflow compare`: the hybrid against plain Monte Carlo and plain dynamics at equal wall time, training counted.

mod conclusion;
mod course;
mod method;

use super::run::carry_out;
use super::{Failure, memory};
use crate::build::{Built, Change, build, build_written};
use crate::document::Report;
use crate::output::directory::{Existing, Folder, claim, prepare, write_made};
use crate::progress::catch_interrupts;
use crate::schema::{Compare, Quantity, defaults};
use conclusion::{MethodResult, conclude, figure, page, table};
use course::{Course, Watch};
use mcflow_engine::{Memory, StopReason, measure_speed};
use method::Dynamics;
pub use method::Method;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// The arguments of `mcflow compare`.
pub struct Arguments<'a> {
    /// The input.
    pub input: &'a Path,
    /// The folder of the comparison.
    pub output: Option<&'a Path>,
    /// Replace a comparison that is there.
    pub force: bool,
    /// In place of the input's seed.
    pub seed: Option<u64>,
    /// In place of the input's wall time of a run.
    pub seconds: Option<f64>,
    /// In place of the input's number of seeds.
    pub seeds: Option<usize>,
}

/// Files of a comparison, beside the folders of its runs.
const MADE: [&str; 4] = [mcflow_engine::manifest::NAME, "compare.json", "compare.svg", "compare.html"];

/// Sweeps of production until the clock has told how many there are.
const WITHOUT_END: u64 = u64::MAX / 4;

/// Runs the comparison and writes `compare.json`, `compare.html` and the folders of all runs; returns the table.
///
/// A method that cannot sample the input, or whose run fails, is left out with the reason; the others go on.
///
/// # Errors
/// A wrong input, a folder in the way, a wish to stop, or no run at all that came to its end.
pub fn compare(arguments: &Arguments) -> Result<String, Failure> {
    let first = build(arguments.input, arguments.seed)?;
    if first.input.run.tune_ladder {
        let message = "found `tune_ladder`, whose time no method would be charged; expected the temperatures that a run has found";
        return Err(Failure::Input(format!("{}: {message}", arguments.input.display())));
    }
    // The clock decides how many samples there are.
    memory::require(&first, &Memory { series: 0.0, ..Memory::of(&first.plan) })?;
    let mut settings = settings(&first)?;
    settings.seconds = arguments.seconds.unwrap_or(settings.seconds);
    settings.seeds = arguments.seeds.unwrap_or(settings.seeds);
    if !(settings.seconds.is_finite() && settings.seconds > 0.0) {
        return Err(Failure::Input(format!("--seconds: found {}; expected a finite number above 0", settings.seconds)));
    }
    if !(1..=MOST_SEEDS).contains(&settings.seeds) {
        return Err(Failure::Input(format!("--seeds: found {}; expected a whole number from 1 to {MOST_SEEDS}", settings.seeds)));
    }
    let folder = arguments.output.map_or_else(|| arguments.input.parent().unwrap_or(Path::new("")).join("compare"), Path::to_path_buf);
    if folder.join("compare.json").exists() && !arguments.force {
        let message =
            format!("{}: found an earlier comparison; replace it by --force, or choose another folder by --output", folder.display());
        return Err(Failure::Input(message));
    }
    let existing = if arguments.force { Existing::Force } else { Existing::Refuse };
    // All folders belong to the comparison until it ends.
    let mut folders = vec![claim(&folder, existing, &first.files, &MADE.map(PathBuf::from)).map_err(Failure::Input)?];
    catch_interrupts("run");
    let times: Vec<f64> = (0..=40).map(|k| settings.seconds * 10f64.powf(-2.0 + 2.0 * f64::from(k) / 40.0)).collect();
    let dynamics = Dynamics::new(&settings, &first);
    let mut results: Vec<MethodResult> = Method::all(&first.input, &settings).into_iter().map(MethodResult::new).collect();
    // Seed by seed, so that a slow spell of the machine meets all methods alike.
    for number in 0..settings.seeds {
        for result in results.iter_mut().filter(|result| result.left_out.is_none()) {
            let run = Run { arguments, settings: &settings, first: &first, dynamics: &dynamics, method: result.method, number };
            match run.carry_out(&folder, &times, &mut folders)? {
                Outcome::Course(course) => result.runs.push(course),
                Outcome::Failed(message) => result.failures.push(format!("run {}: {message}", number + 1)),
                Outcome::LeftOut(reason) => result.left_out = Some(reason),
            }
        }
    }
    if results.iter().all(|result| result.runs.is_empty()) {
        let reasons = results.iter().flat_map(MethodResult::sentences).collect::<Vec<_>>();
        return Err(Failure::Run(reasons.join("\n")));
    }
    let comparison = conclude(&settings, course::period_of(&settings, &first), dynamics.ok(), times, results);
    let json = serde_json::to_string_pretty(&comparison).map_err(|e| Failure::Run(e.to_string()))? + "\n";
    let table = table(&comparison);
    let written = [("compare.json", json), ("compare.svg", figure(&comparison)), ("compare.html", page(&comparison, &table))];
    for (name, text) in written {
        write_made(&folder, name, &text).map_err(Failure::Run)?;
    }
    Ok(format!("{table}figure and runs in {}\n", folder.display()))
}

/// More runs of a kind than anybody waits for.
const MOST_SEEDS: usize = 1000;

/// The `compare` section of the input, or the first free-energy difference.
fn settings(built: &Built) -> Result<Compare, Failure> {
    if let Some(compare) = &built.input.compare {
        return Ok(compare.clone());
    }
    let names: Vec<&str> = built.input.states.names().collect();
    let [from, to, ..] = names[..] else {
        let message = "compare: found neither a `compare` section nor two states in the input; expected one of them";
        return Err(Failure::Input(message.to_string()));
    };
    Ok(Compare {
        quantity: Quantity::FreeEnergyDifference { from: from.to_string(), to: to.to_string() },
        exact: None,
        exact_error: None,
        seconds: defaults::seconds(),
        seeds: defaults::seeds(),
        time_step: None,
        friction: None,
        ladder: Vec::new(),
    })
}

/// A run of a comparison.
struct Run<'a> {
    arguments: &'a Arguments<'a>,
    settings: &'a Compare,
    /// The input as it is.
    first: &'a Built,
    dynamics: &'a Result<Dynamics, String>,
    method: Method,
    /// Which run of the method, from 0.
    number: usize,
}

/// What became of a run.
enum Outcome {
    /// It came to the end of its time.
    Course(Course),
    /// It stopped before, and why.
    Failed(String),
    /// The method cannot sample this input, and why.
    LeftOut(String),
}

impl Run<'_> {
    /// Samples in a folder of its own, which belongs to this process as long as what comes into `folders` lives.
    fn carry_out(&self, folder: &Path, times: &[f64], folders: &mut Vec<Folder>) -> Result<Outcome, Failure> {
        let Self { arguments, settings, method, number, .. } = *self;
        let directory = folder.join(format!("{}-{}", method.name().replace(' ', "_"), number + 1));
        let left_out = RefCell::new(None);
        let by = format!("`mcflow compare`, {}, run {}", method.name(), number + 1);
        let made = |record_every: Option<u64>| -> Result<Built, Report> {
            build_written(arguments.input, Change { by: &by, folder: Some(&directory) }, |input| {
                *left_out.borrow_mut() = method.change(input, settings, self.first, self.dynamics).err();
                input.seed = arguments.seed.unwrap_or(input.seed).wrapping_add(number as u64);
                input.run.production = WITHOUT_END;
                input.run.record_every = record_every.or(input.run.record_every);
            })
        };
        let mut built = made(None);
        if let Some(reason) = left_out.take() {
            return Ok(Outcome::LeftOut(reason));
        }
        if let Ok(found) = &built
            && method != Method::Hybrid
        {
            // Plain methods record as often in time as files bear: about 20,000 samples a walker.
            let sweep = measure_speed(&found.plan).seconds_per_local_sweep.max(1e-9);
            built = made(Some((settings.seconds / sweep / 20_000.0).ceil().max(1.0) as u64));
        }
        let mut built = match built {
            Ok(built) => built,
            Err(report) if method == Method::Hybrid => return Err(report.into()),
            Err(report) => return Ok(Outcome::LeftOut(in_a_sentence(&report))),
        };
        let existing = if arguments.force { Existing::Force } else { Existing::Refuse };
        folders.push(prepare(&directory, existing, &built).map_err(Failure::Input)?);
        let mut watch = Watch::new(settings, &built, times.to_vec());
        let result = carry_out(&mut built, &directory, false, &mut watch);
        watch.clear();
        Ok(match result {
            Ok(summary) => Outcome::Course(watch.finish(&summary)),
            Err(Failure::Stopped(_, StopReason::OutOfTime)) => Outcome::Course(watch.without_production()),
            Err(stopped @ Failure::Stopped(..)) => return Err(stopped),
            Err(failure) => Outcome::Failed(failure.message().to_string()),
        })
    }
}

/// The first problem of a changed input, whose places in the file mean nothing to the user.
fn in_a_sentence(report: &Report) -> String {
    let Some(first) = report.iter().next() else { return "its input is not sound".to_string() };
    format!("its input would have at `{}` {}, where {} is needed", first.key, first.found, first.expected)
}
