//! `mcflow compare`: the hybrid against plain Monte Carlo and plain dynamics at equal wall time, training counted.

mod course;

use super::Failure;
use super::run::carry_out;
use crate::build::{Built, build, build_changed};
use crate::output::directory::{Existing, claim, prepare, write_made};
use crate::output::summary::{doubt, with_error};
use crate::progress::catch_interrupts;
use crate::schema::{Compare, Input, Quantity, Rung};
use course::{Course, Watch};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::{Entry, measure_speed};
use mcflow_potentials::Precision;
use serde::Serialize;
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

/// A way to sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The input as it is.
    Hybrid,
    /// Its local Monte Carlo moves alone.
    PlainMonteCarlo,
    /// Uncorrected Langevin dynamics (BAOAB) alone.
    PlainDynamics,
    /// Its local moves in a ladder, with ordinary exchange and no flow.
    OrdinaryExchange,
}

impl Method {
    /// Those that make sense for an input: ordinary exchange where there is a ladder.
    fn all(input: &Input, compare: &Compare) -> Vec<Self> {
        let mut all = vec![Self::Hybrid, Self::PlainMonteCarlo, Self::PlainDynamics];
        if compare.ladder.len() > 1 || input.ladder.len() > 1 {
            all.push(Self::OrdinaryExchange);
        }
        all
    }

    /// Its name in tables and folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::PlainMonteCarlo => "plain MC",
            Self::PlainDynamics => "plain MD",
            Self::OrdinaryExchange => "ladder",
        }
    }

    /// Makes `input` sample this way.
    fn change(self, input: &mut Input, compare: &Compare) {
        match self {
            Self::Hybrid => return,
            Self::PlainMonteCarlo => {
                input.sweep.retain(|entry| {
                    matches!(
                        entry,
                        Entry::Displacement { .. } | Entry::Translation { .. } | Entry::IdentitySwap { .. } | Entry::Volume { .. }
                    )
                });
                if !input.sweep.iter().any(|entry| matches!(entry, Entry::Displacement { .. })) {
                    input.sweep.push(Entry::Displacement { count: None, step: 0.1, tune: true, every: 1 });
                }
            }
            Self::PlainDynamics => {
                input.sweep = vec![Entry::Langevin {
                    steps: 10,
                    time_step: compare.time_step,
                    friction: compare.friction,
                    splitting: Splitting::new("BAOAB").expect("a splitting"),
                    metropolized: false,
                    precision: Precision::Double,
                    every: 1,
                }];
            }
            Self::OrdinaryExchange => {
                input.sweep.retain(|entry| entry.flow().is_none());
                if !input.sweep.iter().any(|entry| matches!(entry, Entry::Exchange { .. })) {
                    input.sweep.push(Entry::Exchange { flow: None, every: 1 });
                }
                if let Some(first) = input.ladder.first().cloned().filter(|_| compare.ladder.len() > 1) {
                    // As many walkers in all as the input has.
                    let all: usize = input.ladder.iter().map(|rung| rung.walkers).sum();
                    let walkers = (all / compare.ladder.len()).max(1);
                    let rung = |&temperature: &f64| Rung { temperature, walkers, ..first.clone() };
                    input.ladder = compare.ladder.iter().map(rung).collect();
                }
            }
        }
        if self != Self::OrdinaryExchange {
            input.ladder.truncate(1);
        }
        input.flows.0.clear();
        // Trajectories may name walkers that are not there now.
        input.output.clear();
    }
}

/// One method's figures.
#[derive(Clone, Debug, Serialize)]
pub struct MethodResult {
    /// Which.
    pub method: Method,
    /// The course of each run.
    pub runs: Vec<Course>,
    /// Root mean square error of the runs that have an estimate, at the times of `times`.
    pub error: Vec<Option<f64>>,
    /// Runs that have an estimate at the end.
    pub with_estimate: usize,
}

/// A whole comparison: `compare.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What is followed.
    pub quantity: String,
    /// The value errors are counted from.
    pub reference: Option<f64>,
    /// Where it comes from.
    pub reference_source: String,
    /// Wall time of each run.
    pub seconds: f64,
    /// Times at which errors are given.
    pub times: Vec<f64>,
    /// By method.
    pub methods: Vec<MethodResult>,
    /// From when on the hybrid has a smaller error than every plain method that has an estimate at all.
    pub paid_after_seconds: Option<f64>,
}

/// Files of a comparison, beside the folders of its runs.
const MADE: [&str; 4] = [mcflow_engine::manifest::NAME, "compare.json", "compare.svg", "compare.html"];

/// Runs the comparison and writes `compare.json`, `compare.html` and the folders of all runs; returns the table.
///
/// # Errors
/// A wrong input, a folder in the way, a run that failed.
pub fn compare(arguments: &Arguments) -> Result<String, Failure> {
    let first = build(arguments.input, arguments.seed)?;
    if first.input.run.tune_ladder {
        let message = "found `tune_ladder`, whose time no method would be charged; expected the temperatures that a run has found";
        return Err(Failure::Input(format!("{}: {message}", arguments.input.display())));
    }
    let mut settings = settings(&first)?;
    settings.seconds = arguments.seconds.unwrap_or(settings.seconds);
    settings.seeds = arguments.seeds.unwrap_or(settings.seeds);
    if !(settings.seconds.is_finite() && settings.seconds > 0.0) {
        return Err(Failure::Input(format!("--seconds: found {}; expected a finite number above 0", settings.seconds)));
    }
    if settings.seeds == 0 {
        return Err(Failure::Input("--seeds: found 0; expected a whole number of at least 1".to_string()));
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
    let methods = Method::all(&first.input, &settings);
    let mut courses: Vec<Vec<Course>> = vec![Vec::new(); methods.len()];
    // Seed by seed, so that a slow spell of the machine meets all methods alike.
    for seed in 0..settings.seeds {
        for (method, courses) in methods.iter().zip(&mut courses) {
            let change = |input: &mut Input| {
                method.change(input, &settings);
                input.seed = arguments.seed.unwrap_or(input.seed).wrapping_add(seed as u64);
                input.run.production = u64::MAX / 4;
            };
            let mut built = build_changed(arguments.input, change)?;
            if let Some(every) = record_interval(&built, *method, settings.seconds) {
                built = build_changed(arguments.input, |input| {
                    change(input);
                    input.run.record_every = Some(every);
                })?;
            }
            let directory = folder.join(format!("{}-{}", method.name().replace(' ', "_"), seed + 1));
            folders.push(prepare(&directory, existing, &built).map_err(Failure::Input)?);
            let mut watch = Watch::new(&settings, &built, times.clone());
            let result = carry_out(&built, &directory, false, &mut watch);
            watch.clear();
            courses.push(watch.finish(result)?);
        }
    }
    let comparison = conclude(&settings, course::period_of(&settings, &first), &methods, times, courses);
    let json = serde_json::to_string_pretty(&comparison).map_err(|e| Failure::Run(e.to_string()))? + "\n";
    write_made(&folder, "compare.json", &json).map_err(Failure::Run)?;
    let table = table(&comparison);
    write_made(&folder, "compare.svg", &course::figure(&comparison)).map_err(Failure::Run)?;
    write_made(&folder, "compare.html", &course::page(&comparison, &table)).map_err(Failure::Run)?;
    Ok(format!("{table}figure and runs in {}\n", folder.display()))
}

/// The `compare` section of the input, or the first free-energy difference.
fn settings(built: &Built) -> Result<Compare, Failure> {
    if let Some(compare) = &built.input.compare {
        return Ok(compare.clone());
    }
    use crate::schema::defaults;
    let names: Vec<&str> = built.input.states.names().collect();
    let [from, to, ..] = names[..] else {
        let message = "compare: found neither a `compare` section nor two states in the input; expected one of them";
        return Err(Failure::Input(message.to_string()));
    };
    Ok(Compare {
        quantity: Quantity::FreeEnergyDifference { from: from.to_string(), to: to.to_string() },
        exact: None,
        seconds: defaults::seconds(),
        seeds: defaults::seeds(),
        time_step: defaults::time_step(),
        friction: defaults::friction(),
        ladder: Vec::new(),
    })
}

/// Plain methods record as often in time as memory bears: about 20,000 samples a walker.
fn record_interval(built: &Built, method: Method, seconds: f64) -> Option<u64> {
    (method != Method::Hybrid).then(|| {
        let sweep = measure_speed(&built.plan).seconds_per_local_sweep.max(1e-9);
        (seconds / sweep / 20_000.0).ceil().max(1.0) as u64
    })
}

fn conclude(settings: &Compare, period: Option<f64>, used: &[Method], times: Vec<f64>, courses: Vec<Vec<Course>>) -> Comparison {
    // On a circle an error is the shorter way round.
    let off = |error: f64| period.map_or(error, |period| error - period * (error / period).round());
    let best = courses.iter().flatten().filter_map(|c| Some((c.standard_error?, c.values.last().copied().flatten()?)));
    let (reference, reference_source) = match settings.exact {
        Some(exact) => (Some(exact), "exact value of the input".to_string()),
        None => {
            let best = best.min_by(|a, b| a.0.total_cmp(&b.0));
            (best.map(|b| b.1), "the run with the smallest standard error".to_string())
        }
    };
    let methods: Vec<MethodResult> = used
        .iter()
        .zip(courses)
        .map(|(&method, runs)| {
            let error_at = |k: usize| {
                let errors: Vec<f64> = runs.iter().filter_map(|r| Some(off(r.values[k]? - reference?))).collect();
                // An error of some runs alone would hide those that know nothing.
                (errors.len() == runs.len()).then(|| (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt())
            };
            let error = (0..times.len()).map(error_at).collect();
            let with_estimate = runs.iter().filter(|r| r.values.last().is_some_and(Option::is_some)).count();
            MethodResult { method, runs, error, with_estimate }
        })
        .collect();
    let better = |k: usize| {
        let Some(hybrid) = methods[0].error[k] else { return false };
        methods[1..].iter().all(|m| m.error[k].is_none_or(|e| hybrid < e))
    };
    let mut paid = None;
    for k in (0..times.len()).rev() {
        if !better(k) {
            break;
        }
        paid = Some(times[k]);
    }
    let quantity = match &settings.quantity {
        Quantity::FreeEnergyDifference { from, to } => format!("F({to}) - F({from}) in kT"),
        Quantity::Mean(name) => format!("mean of {name}"),
    };
    Comparison { quantity, reference, reference_source, seconds: settings.seconds, times, methods, paid_after_seconds: paid }
}

fn table(comparison: &Comparison) -> String {
    let mut text = String::new();
    let reference = comparison.reference.map_or("unknown".to_string(), |r| format!("{r}"));
    text.push_str(&format!("{}; reference {reference} ({})\n", comparison.quantity, comparison.reference_source));
    text.push_str(&format!(
        "{:<10} {:>5} {:>12} {:>12} {:>14} {:>12}  values\n",
        "method", "runs", "training/s", "error", "round trips", "steps/s"
    ));
    for result in &comparison.methods {
        let runs = result.runs.len() as f64;
        let mean = |f: &dyn Fn(&Course) -> f64| result.runs.iter().map(f).sum::<f64>() / runs;
        let error = match result.error.last().copied().flatten() {
            Some(error) => format!("{error:.4}"),
            None => format!("none in {}", result.runs.len() - result.with_estimate),
        };
        let values = result.runs.iter().map(|r| match (r.values.last().copied().flatten(), r.standard_error) {
            (Some(value), Some(error)) => format!("{}{}", with_error(value, error), doubt(r.r_hat)),
            (Some(value), None) => format!("{value:.4}"),
            (None, _) => "none".to_string(),
        });
        text.push_str(&format!(
            "{:<10} {:>5} {:>12.2} {:>12} {:>14.0} {:>12.3e}  {}\n",
            result.method.name(),
            result.runs.len(),
            mean(&|r| r.training_seconds),
            error,
            mean(&|r| r.round_trips as f64),
            mean(&|r| r.steps_per_second),
            values.collect::<Vec<_>>().join(" ")
        ));
    }
    text.push_str(&match comparison.paid_after_seconds {
        Some(time) => format!("training has paid for itself after {time:.2} s of {:.2} s\n", comparison.seconds),
        None => format!("training has not paid for itself within {:.2} s\n", comparison.seconds),
    });
    text
}
