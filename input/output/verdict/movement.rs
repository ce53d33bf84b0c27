//! Findings about what never happened: walkers that never moved, moves that were never accepted, states that were never visited, columns
//! that never changed.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::{MoveSummary, ObservableSummary, RungName, RungStates, Summary, jumps};
use mcflow_engine::Simulation;

pub(super) fn findings(_: &Built, simulation: &Simulation, summary: &Summary) -> Vec<Finding> {
    let plan = simulation.plan();
    // Dynamics that is not Metropolized moves without being accepted.
    let drifts = plan.entries.iter().any(|entry| entry.dynamics().is_some_and(|dynamics| !dynamics.accepted));
    let rungs: Vec<usize> = plan.rungs.iter().enumerate().flat_map(|(rung, own)| std::iter::repeat_n(rung, own.walkers)).collect();
    let mut all = Vec::new();
    if !drifts {
        all.extend(frozen(summary, &rungs));
    }
    all.extend(never_accepted(summary, &rungs));
    all.extend(never_visited(summary));
    all.extend(never_changed(summary));
    all
}

/// ` at T 1`, where there are several rungs.
fn place(summary: &Summary, rung: &RungName) -> String {
    if summary.observables.len() > 1 { format!(" at {}", rung.title()) } else { String::new() }
}

/// Walkers none of whose proposals was ever accepted.
fn frozen(summary: &Summary, rungs: &[usize]) -> Vec<Finding> {
    let exchanged = |rung: usize| summary.exchange.iter().any(|e| e.accepted > 0 && (e.rungs.0 == rung || e.rungs.1 == rung));
    let stood = |walker: usize| {
        let mut own = summary.moves.iter().filter(|m| m.replica == walker && m.attempted > 0).peekable();
        own.peek().is_some() && own.all(|m| m.accepted == 0)
    };
    let of_rung = |(number, rung): (usize, &RungName)| {
        let walkers: Vec<usize> = (0..rungs.len()).filter(|&walker| rungs[walker] == number).collect();
        let still = walkers.iter().filter(|&&walker| stood(walker)).count();
        if still == 0 || exchanged(number) {
            return None;
        }
        let place = place(summary, rung);
        let (severity, found) = if still == walkers.len() {
            (Severity::Unsound, format!("nothing ever moved{place}: not one proposal was accepted, and every figure is that of the start"))
        } else {
            (Severity::Doubtful, format!("{still} of {} walkers never moved{place}: none of their proposals was accepted", walkers.len()))
        };
        let remedy =
            "take smaller steps or a smaller time step, let equilibration tune them (`tune: true`), or start elsewhere".to_string();
        Some(Finding { severity, kind: "never_moved", found, remedy })
    };
    summary.observables.iter().map(|rung| &rung.rung).enumerate().filter_map(of_rung).collect()
}

/// Entries of the sweep, jumps and exchanges of which not one was accepted.
fn never_accepted(summary: &Summary, rungs: &[usize]) -> Vec<Finding> {
    let finding = |what: String, remedy: &str| Finding {
        severity: Severity::Doubtful,
        kind: "never_accepted",
        found: what,
        remedy: remedy.to_string(),
    };
    let mut all = Vec::new();
    let entries = summary.moves.iter().map(|m| m.entry + 1).max().unwrap_or(0);
    for (number, rung) in summary.observables.iter().enumerate() {
        for entry in 0..entries {
            let own: Vec<&MoveSummary> = summary.moves.iter().filter(|m| m.entry == entry && rungs[m.replica] == number).collect();
            let attempted: u64 = own.iter().map(|m| m.attempted).sum();
            if attempted > 0 && own.iter().all(|m| m.accepted == 0) {
                let name = own[0].title();
                let infeasible: u64 = own.iter().map(|m| m.infeasible).sum();
                let outside = if infeasible == attempted { ", for all of them led outside the space" } else { "" };
                let place = place(summary, &rung.rung);
                let remedy = "what this move was to bring did not come: mend it (a smaller step, a better flow) or leave it out";
                all.push(finding(format!("{name}: none of {attempted} proposals was accepted{place}{outside}"), remedy));
            }
        }
    }
    let ways = jumps(&summary.moves);
    // Where all jumps failed the entry has said so.
    if ways.iter().any(|(.., accepted)| *accepted > 0) {
        for (from, to, attempted, _) in ways.iter().filter(|(.., attempted, accepted)| *attempted > 0 && *accepted == 0) {
            let found = format!("none of {attempted} jumps from {from} to {to} was accepted");
            all.push(finding(found, "train the map of this pair longer, or on more frames of both states"));
        }
    }
    for e in summary.exchange.iter().filter(|e| e.attempted > 0 && e.accepted == 0) {
        let [lower, upper] = [e.rungs.0, e.rungs.1].map(|rung| summary.observables[rung].rung.title());
        let by = e.flow.as_ref().map_or(String::new(), |flow| format!(" by {flow}"));
        let remedy =
            if e.flow.is_some() { "train the flow longer" } else { "put a rung between them, or let `tune_ladder` space the rungs" };
        all.push(finding(format!("none of {} exchanges{by} between {lower} and {upper} was accepted", e.attempted), remedy));
    }
    all
}

/// States that no sample of a rung is in, and states that no walker left or entered.
fn never_visited(summary: &Summary) -> Vec<Finding> {
    let finding = |kind, found, remedy: &str| Finding { severity: Severity::Doubtful, kind, found, remedy: remedy.to_string() };
    let mut all = Vec::new();
    for RungStates { rung, population, .. } in &summary.states {
        let place = place(summary, rung);
        let names = |wanted: fn(&ObservableSummary) -> bool| -> Vec<String> {
            population.iter().filter(|(_, o)| wanted(o)).map(|(name, _)| format!("{name:?}")).collect()
        };
        let missing = names(|o| o.never_visited);
        let still = names(|o| o.never_changed);
        if !missing.is_empty() {
            let were = if missing.len() == 1 { "state {} was" } else { "states {} were" }.replace("{}", &missing.join(", "));
            let found = format!("{were} never visited{place}: populations of the others are shares of what was visited");
            all.push(finding("never_visited", found, "run longer, give the state a `start`, or add moves that reach it"));
        }
        if still.len() > 1 {
            let found = format!(
                "no walker ever went from one of the states {} to another{place}: they are as full as at the start",
                still.join(", ")
            );
            all.push(finding("never_crossed", found, "run longer, or add moves that cross what separates them"));
        }
    }
    all
}

/// Columns that have the same value in all samples of each walker.
fn never_changed(summary: &Summary) -> Vec<Finding> {
    let mut all = Vec::new();
    for rung in &summary.observables {
        let still = |(_, o): &(&String, &ObservableSummary)| o.never_changed;
        // An energy, and a pressure, may be the same everywhere: that of an ideal gas, of a hard wall, of particles that do not meet.
        let (energies, others): (Vec<String>, Vec<String>) = rung
            .columns
            .iter()
            .filter(still)
            .map(|(name, _)| name.clone())
            .partition(|name| name.contains("energy") || name.contains("pressure"));
        let place = place(summary, &rung.rung);
        for (names, severity) in [(others, Severity::Doubtful), (energies, Severity::Note)] {
            if !names.is_empty() {
                all.push(Finding {
                    severity,
                    kind: "never_changed",
                    found: format!(
                        "{} never changed{place}: {} no error bar",
                        names.join(", "),
                        if names.len() == 1 { "it has" } else { "they have" }
                    ),
                    remedy: "see that a move of the sweep changes it".to_string(),
                });
            }
        }
    }
    all
}
