//! What `mcflow run` prints at its end.

use super::measured::{doubt, flow_figure, log_z, share_of, with_error, without_error};
use super::summary::{RungName, Summary, jumps};
use mcflow_engine::statistics::Mixing;
use mcflow_engine::{FlowKind, StateDifference};
use std::collections::BTreeMap;

/// The lines that `mcflow run` prints at its end.
pub fn table(summary: &Summary) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut line = |left: String, right: String| lines.push((left, right));
    let at = |rung: &RungName| if summary.observables.len() > 1 { format!("{}: ", rung.title()) } else { String::new() };
    for rung in &summary.observables {
        for (name, o) in &rung.columns {
            let right = match (o.mean, o.standard_error) {
                (Some(mean), Some(error)) => {
                    let effective = o.effective_samples.map_or("walkers disagree".to_string(), |n| format!("{n:.0} effective samples"));
                    format!("{:<22} {effective}", with_error(mean, error))
                }
                (Some(mean), None) => format!("{:<22} {}", without_error(mean), o.reason.as_deref().unwrap_or("no error bar")),
                (None, _) => format!("none: {}", o.reason.as_deref().unwrap_or("no estimate")),
            };
            let circle =
                o.circle.filter(|_| o.mean.is_some()).map_or(String::new(), |c| format!(", circular, resultant {:.3}", c.resultant));
            line(format!("{}{name}", at(&rung.rung)), right + &circle);
        }
    }
    for rung in &summary.states {
        for (name, o) in &rung.population {
            let right = match (o.mean, o.standard_error) {
                (Some(mean), Some(error)) => format!("{}{}", with_error(mean, error), doubt(o.r_hat)),
                _ => format!("none: {}", o.reason.as_deref().unwrap_or("no estimate")),
            };
            line(format!("{}population of {name}", at(&rung.rung)), right);
        }
        for d in &rung.free_energy_differences {
            let right = match (d.value, d.standard_error, &d.reason) {
                (Some(value), Some(error), _) => format!("{} kT{}", with_error(value, error), doubt(d.r_hat)),
                (_, _, reason) => format!("none: {}", reason.as_deref().unwrap_or("no estimate")),
            };
            line(format!("{}F({}) - F({})", at(&rung.rung), d.to, d.from), right);
        }
        for (pair, trips) in &rung.round_trips {
            line(format!("{}round trips {pair}", at(&rung.rung)), trips.to_string());
        }
    }
    for flow in &summary.flows {
        let by = if flow.kind == FlowKind::ModeJump { "Bennett" } else { "its weights" };
        if flow.kind != FlowKind::ModeJump {
            let fraction = flow.effective_sample_fraction.map_or("-".to_string(), |f| format!("{f:.3}"));
            line(format!("flow {}: effective sample fraction", flow.name), fraction);
        }
        if flow.kind == FlowKind::Generator {
            let of = flow.of_state.as_ref().map_or(String::new(), |state| format!(" of {state}"));
            line(format!("flow {}: ln Z{of} by its weights", flow.name), log_z(flow));
        }
        for StateDifference { from, to, value, standard_error, reason } in &flow.free_energy_differences {
            let right = flow_figure(*value, *standard_error, " kT", reason.as_deref());
            line(format!("flow {}: F({to}) - F({from}) by {by}", flow.name), right);
        }
        for state in &flow.acceptance {
            let name = flow.frames_of(state);
            let mut inside = state.inside.map_or(String::new(), |inside| format!("  ({inside:.3} inside)"));
            if state.outside > 0 {
                inside = format!("  ({} of {} frames lie where it never draws)", state.outside, state.frames);
            }
            line(
                format!("flow {}: {} accepted from frames of {name}", flow.name, flow.kind.proposals()),
                format!("{:.3}{inside}", state.acceptance),
            );
        }
    }
    let mut totals: BTreeMap<(usize, String), (u64, u64)> = BTreeMap::new();
    for m in &summary.moves {
        let total = totals.entry((m.entry, m.title())).or_default();
        total.0 += m.attempted;
        total.1 += m.accepted;
    }
    for ((_, name), (attempted, accepted)) in totals {
        if attempted > 0 {
            line(format!("{name}: accepted"), share_of(accepted, attempted));
        }
    }
    for (from, to, attempted, accepted) in jumps(&summary.moves) {
        if attempted > 0 {
            line(format!("  jumps {from} -> {to}: accepted"), share_of(accepted, attempted));
        }
    }
    for e in summary.exchange.iter().filter(|e| e.attempted > 0) {
        let what = e.flow.as_deref().map_or("exchange".to_string(), |flow| format!("exchange by {flow}"));
        let between = e.between_states.map_or(String::new(), |share| format!(", {share:.4} between states"));
        let right = share_of(e.accepted, e.attempted) + &between;
        let [lower, upper] = [e.rungs.0, e.rungs.1].map(|rung| summary.observables[rung].rung.title());
        line(format!("{what} {lower} - {upper}: accepted"), right);
    }
    if !summary.ladder_round_trips.is_empty() {
        line("round trips through the ladder".to_string(), summary.ladder_round_trips.iter().sum::<u64>().to_string());
    }
    if let Some(Mixing { second_eigenvalue, relaxation_sweeps, .. }) = &summary.ladder_mixing {
        let relaxes = relaxation_sweeps.map_or(String::new(), |sweeps| format!(", relaxes in {sweeps:.1} sweeps or more"));
        line("mixing of the ladder: second eigenvalue".to_string(), format!("{second_eigenvalue:.4}{relaxes}"));
    }
    let exact = if summary.exact { "exact".to_string() } else { format!("NOT exact: {}", summary.why.join("; ")) };
    line("chain".to_string(), exact);
    line("wall time".to_string(), format!("{:.1} s", summary.seconds));
    // Rungs with factors have long names.
    let width = lines.iter().map(|(left, _)| left.chars().count()).fold(44, usize::max);
    let figures: String = lines.into_iter().map(|(left, right)| format!("{left:<width$} {right}\n")).collect();
    figures + &summary.verdict.text()
}
