//! `mcflow train`: only the flows.

use super::run::{begin, begun_or_spaced, log_end};
use super::{Failure, memory, output_folder};
use crate::build::build_for;
use crate::output::directory::{Existing, prepare};
use crate::output::log::Logged;
use crate::output::verdict::Finding;
use crate::progress::{Terminal, catch_interrupts};
use mcflow_engine::{Memory, RunError, StopReason};
use std::path::Path;

/// Trains all flows of the input and writes them; returns what to print.
///
/// # Errors
/// A wrong input, an input without a flow to train, a folder in the way, training that failed or was stopped.
pub fn train(input: &Path, output: Option<&Path>, existing: Existing, seed: Option<u64>) -> Result<String, Failure> {
    let directory = output_folder(input, output);
    let built = build_for(input, seed, Some(&directory))?;
    super::say(&built.notes);
    super::say(&built.findings.iter().map(Finding::sentence).collect::<Vec<_>>());
    if !built.input.flows.iter().any(|(_, flow)| flow.training.is_some()) {
        return Err(Failure::Input(format!("{}: found no flow with `training`; expected one in `flows`", input.display())));
    }
    memory::require(&built, &Memory { series: 0.0, ..Memory::of(&built.plan) })?;
    let _folder = prepare(&directory, existing, &built).map_err(Failure::Input)?;
    catch_interrupts("train");
    let mut terminal = Terminal::new(None);
    let resume = existing == Existing::Resume;
    let built = begun_or_spaced(built, input, &directory, resume, &mut terminal)?;
    let (mut simulation, mut log) = begin(&built.plan, &built.text, &built.files, &directory, resume)?;
    let result = simulation.run_until_trained(&mut Logged { inner: &mut terminal, log: &mut log });
    terminal.clear();
    log_end(&mut log, &result);
    match result {
        Ok(()) => {}
        Err(RunError::Stopped(StopReason::Interrupted)) => {
            let message = format!("stopped; go on with `mcflow train ... --resume` (checkpoint in {})", directory.display());
            return Err(Failure::Stopped(message, StopReason::Interrupted));
        }
        Err(error) => return Err(error.into()),
    }
    let mut text = String::new();
    for flow in simulation.assessments() {
        let number = |value: Option<f64>| value.map_or("-".to_string(), |v| format!("{v:.4}"));
        let fraction = flow.effective_sample_fraction.map_or(String::new(), |f| format!(", effective sample fraction {f:.4}"));
        text.push_str(&format!(
            "{}: {} parameters, {} steps in {} s, held-out loss {}{fraction}, in {}\n",
            flow.name,
            flow.parameters,
            flow.training_steps.unwrap_or(0),
            number(flow.training_seconds),
            number(flow.held_out_loss),
            directory.join("flows").join(format!("{}.safetensors", flow.name)).display()
        ));
        for (k, stage) in simulation.reports().get(&flow.name).iter().flat_map(|report| report.stages.iter().enumerate()) {
            if !stage.better_than_the_start() {
                text.push_str(&format!("  stage {}: no step of {} was better than the start\n", k + 1, stage.steps));
            }
        }
        for state in &flow.acceptance {
            let name = flow.frames_of(state);
            text.push_str(&format!("  {} accepted from frames of {name}: {:.4}\n", flow.kind.proposals(), state.acceptance));
        }
    }
    Ok(text)
}
