//! `mcflow check`: all problems of an input, or what it would do.

use super::Failure;
use super::memory::lack;
use crate::build::{Built, build};
use crate::machine::in_words;
use crate::output::verdict::notes;
use mcflow_engine::program::ProgramStage;
use mcflow_engine::{FlowSource, Lengths, Memory, Plan, measure_speed};
use std::fmt::Write;
use std::path::Path;

/// Reads and validates; returns a description of the run. With `resolved` also the input with all its defaults. Writes nothing.
///
/// # Errors
/// All problems of the input.
pub fn check(input: &Path, seed: Option<u64>, resolved: bool) -> Result<String, Failure> {
    let built = build(input, seed)?;
    super::say(&built.notes);
    let mut text = description(input, &built);
    if resolved {
        let pretty = ron::ser::PrettyConfig::default().struct_names(false);
        let written = ron::ser::to_string_pretty(&built.input, pretty).map_err(|e| Failure::Run(e.to_string()))?;
        let _ = writeln!(text, "\n{written}");
    }
    Ok(text)
}

fn description(input: &Path, built: &Built) -> String {
    let plan = &built.plan;
    let mut text = String::new();
    let n = plan.particles.n();
    let cell = &plan.starts[0].cell;
    let mut line = |left: &str, right: String| {
        let _ = writeln!(text, "{left:<18} {right}");
    };
    line("input", format!("{}: no problem found", input.display()));
    let space = match cell.volume() {
        Some(volume) => format!("periodic cell of volume {volume:.6}, smallest height {:.6}", cell.smallest_height()),
        None => "open space".to_string(),
    };
    line("system", format!("{n} particle(s) in {} dimension(s), {space}, {} units", cell.dimension(), plan.units));
    line("potential", plan.potential.names().join(", "));
    for rung in &built.input.ladder {
        let pressure = rung.pressure.map_or(String::new(), |p| format!(", pressure {p}"));
        let scale: String = rung.scale.iter().map(|(name, factor)| format!(", {factor} {name}")).collect();
        line("target", format!("temperature {}{pressure}{scale}, {} walker(s)", rung.temperature, rung.walkers));
    }
    if built.input.run.tune_ladder {
        line("ladder", format!("the {} temperature(s) between the first and the last are moved before the run", plan.rungs.len() - 2));
    }
    let why = plan.inexact_because();
    line("chain", if why.is_empty() { "exact".to_string() } else { format!("not exact: {}", why.join("; ")) });
    let notes = notes(plan);
    notes.iter().for_each(|note| line("note", note.sentence()));
    if plan.potential.has_discontinuous_energy() && why.is_empty() && plan.entries.iter().any(|e| e.is_dynamics()) {
        line("note", "the energy jumps at the cutoff: dynamics does not see the jump, the accept rule does".to_string());
    }
    for finding in &built.findings {
        line("warning", finding.sentence());
    }
    if cell.is_periodic() && plan.potential.has_jumps() {
        line(
            "note",
            "the energy jumps at the cutoff: `pressure` has its impulse, from the pairs near there, `virial_pressure` has not".to_string(),
        );
    }
    if let Some(reach) = plan.potential.reach().filter(|_| plan.rungs[0].thermodynamic_state.pressure.is_some()) {
        line("least height", format!("{}, twice {reach}: no smaller cell is sampled", 2.0 * reach.length));
    }
    for entry in plan.entries.iter() {
        if let Some((heading, sentence)) = entry.bound(plan.start_aspect()) {
            line(heading, sentence);
        }
    }
    for entry in plan.entries.iter() {
        line("sweep", format!("{} ({} step(s))", entry.name(), entry.steps(n)));
    }
    let lengths = plan.lengths;
    line(
        "sweeps",
        format!("{} of equilibration, {} of production, a sample each {}", lengths.equilibration, lengths.production, lengths.record_every),
    );
    if !built.input.program.is_empty() {
        line("program", plan.program.iter().map(in_a_word).collect::<Vec<_>>().join(", "));
    }
    for flow in &plan.flows {
        match &flow.source {
            FlowSource::Trained(generator) => {
                line("flow", format!("{}: {} parameters, trained", flow.name, generator.generator.n_parameters()));
            }
            FlowSource::Train { training, .. } => {
                let steps: usize = training.stages.iter().map(|s| s.steps).sum();
                line("flow", format!("{}: to be trained in {steps} steps", flow.name));
            }
        }
    }
    let memory = Memory::of(plan);
    line("memory", format!("about {}", in_words(memory.peak())));
    if let Some(sentence) = lack(&memory) {
        line("WARNING", format!("such a run is refused: {sentence}"));
    }
    line("disk", format!("about {}", in_words(disk(plan))));
    let walkers = plan.starts.len() as f64;
    if lack(&Memory { series: 0.0, ..memory }).is_some() {
        line("expected time", "not tried: there is no memory to try it in".to_string());
        return text;
    }
    // A sweep is the least that can be tried.
    let work: f64 = plan.entries.iter().map(|e| e.steps(n) as f64 * if e.is_dynamics() { n as f64 } else { 1.0 }).sum();
    if work * walkers > MOST_WORK {
        line("expected time", format!("not tried: a single sweep has {:.0e} steps of particles", work * walkers));
        return text;
    }
    let speed = measure_speed(plan);
    let outlook = plan.outlook();
    let sampling = speed.seconds_per_local_sweep * outlook.sweeps as f64 + speed.seconds_per_flow_sweep * outlook.flow_sweeps as f64;
    let training = speed.seconds_per_training_step * outlook.training_steps as f64;
    line("expected time", format!("about {:.0} s here: {sampling:.0} s of sampling, {training:.0} s of training", sampling + training));
    text
}

/// A stage of a program by its name; of a loop, how often it goes through which.
fn in_a_word(stage: &ProgramStage) -> String {
    let stage = stage.stage();
    match stage.inner() {
        [] => stage.name().to_string(),
        inner => format!("{} of [{}]", stage.name(), inner.iter().map(in_a_word).collect::<Vec<_>>().join(", ")),
    }
}

/// Steps of particles in a sweep of all walkers that are tried out: some seconds.
const MOST_WORK: f64 = 3e7;

/// Bytes of the table of samples and of the series beside the checkpoint; trajectories come on top of them.
fn disk(plan: &Plan) -> f64 {
    let Lengths { production, record_every, .. } = plan.lengths;
    let rows = (production / record_every.max(1)) as f64 * plan.starts.len() as f64;
    rows * (14.0 + plan.columns.len() as f64 * (19.0 + 8.0))
}
