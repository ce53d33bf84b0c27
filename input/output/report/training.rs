//! What the report says of flows: how they were trained and how good they are.

use super::tables::{table, warn};
use super::{Illustration, illustrations};
use crate::output::figures::{Figure, Reference, Series, Style};
use crate::output::measured::{flow_figure, log_z};
use crate::output::summary::Summary;
use crate::output::text::{count, duration, escape, number, number_or_dash};
use mcflow_engine::statistics::LARGEST_PARETO_K;
use mcflow_engine::{FlowAssessment, FlowKind};
use mcflow_flows::{Evaluation, ObjectiveFigure, TrainingReport};
use std::collections::BTreeMap;

/// All flows; `states` are those of the input.
pub fn flows(summary: &Summary, reports: &BTreeMap<String, TrainingReport>, states: &[&str]) -> String {
    let of = |flow: &FlowAssessment| {
        let report = reports.get(&flow.name);
        let mut text = format!("<h3>{}</h3>\n", escape(&flow.name));
        text.push_str(&figures_of(flow, report));
        text.push_str(&format!("<p>{}</p>\n", advice(flow)));
        text.push_str(&acceptance(flow, states));
        text.push_str(&differences(flow));
        text.push_str(&report.map_or(String::new(), |r| stages(r) + &illustrations(&losses(r))));
        text
    };
    summary.flows.iter().map(of).collect()
}

fn figures_of(flow: &FlowAssessment, report: Option<&TrainingReport>) -> String {
    let k = flow.pareto_k.map_or("–".to_string(), |k| warn(&number(k, 2), k > LARGEST_PARETO_K));
    let mut rows = vec![vec!["parameters".to_string(), count(flow.parameters as u64)]];
    let by_draws = [
        vec!["effective sample fraction".to_string(), number_or_dash(flow.effective_sample_fraction, 3)],
        vec!["largest weight".to_string(), number_or_dash(flow.largest_weight, 2)],
        vec!["Pareto k of the weights".to_string(), k],
        vec!["acceptance of draws in equilibrium".to_string(), number_or_dash(flow.draw_acceptance, 3)],
        vec![
            flow.of_state.as_ref().map_or("ln Z".to_string(), |state| format!("ln Z of {}", escape(state))),
            figure(&log_z(flow), flow.log_z.as_ref().is_some_and(|z| z.reason.is_some())),
        ],
    ];
    if flow.kind != FlowKind::ModeJump {
        rows.extend(by_draws);
    }
    match (flow.training_steps, flow.training_seconds) {
        (Some(steps), Some(seconds)) => rows.push(vec!["training".to_string(), format!("{} steps, {}", count(steps), duration(seconds))]),
        _ => rows.push(vec!["training".to_string(), "none: the weights were read".to_string()]),
    }
    if let Some(loss) = flow.held_out_loss {
        rows.push(vec!["held-out loss of the weights kept".to_string(), number(loss, 6)]);
    }
    if let Some(report) = report {
        rows.push(vec!["energies computed in training".to_string(), count(report.energy_evaluations)]);
    }
    let by = match flow.kind {
        FlowKind::Generator => format!("by {} draws", count(flow.draws as u64)),
        FlowKind::ModeJump => "a map between states".to_string(),
        FlowKind::Exchange => format!("a map between rungs, by {} frames of the one", count(flow.draws as u64)),
    };
    table(&["flow", &by], &rows)
}

/// A figure with a proper minus; one without an error stands out.
fn figure(text: &str, bad: bool) -> String {
    warn(&escape(&text.strip_prefix('-').map_or(text.to_string(), |rest| format!("−{rest}"))), bad)
}

/// What the tail of the weights means.
fn advice(flow: &FlowAssessment) -> String {
    let exact = "The chain is exact whatever the flow is; a poor one only costs time.";
    if flow.kind == FlowKind::ModeJump {
        let frames = match flow.training_steps {
            Some(_) => "the latest frames of each state, which training has not seen",
            None => "the frames that the run had by then, few where nothing was trained",
        };
        return format!("Judged by {frames}. {exact}");
    }
    match flow.pareto_k {
        None => format!("The weights of the draws show no tail that could be fitted. {exact}"),
        Some(k) if k > LARGEST_PARETO_K => format!(
            "<span class=\"warn\">Pareto k is {}, above {LARGEST_PARETO_K}: do not trust the reweighted figures of this flow.</span> A few draws \
             decide them, and more draws would change them beyond their errors. Train longer, or with a larger flow. {exact}",
            number(k, 2)
        ),
        Some(k) if k > 0.5 => format!(
            "Pareto k is {}, between 0.5 and {LARGEST_PARETO_K}: the weights have a heavy tail, and reweighted figures converge slowly. {exact}",
            number(k, 2)
        ),
        Some(k) if flow.log_z.as_ref().is_some_and(|z| z.reason.is_some()) => format!(
            "Pareto k is {}, below 0.5, but it is that of what the flow draws: <span class=\"warn\">{}.</span> {exact}",
            number(k, 2),
            escape(flow.log_z.as_ref().and_then(|z| z.reason.as_deref()).unwrap_or_default())
        ),
        Some(k) => format!(
            "Pareto k is {}, below 0.5: the variance of the weights is finite, and reweighted figures have the errors they are given where the flow draws from \
             all states. {exact}",
            number(k, 2)
        ),
    }
}

fn acceptance(flow: &FlowAssessment, states: &[&str]) -> String {
    if flow.acceptance.is_empty() {
        return String::new();
    }
    let best = flow.acceptance.iter().map(|a| a.acceptance).fold(0.0, f64::max);
    let mut rows: Vec<Vec<String>> = flow
        .acceptance
        .iter()
        .map(|a| {
            let poor = a.inside.is_none() && (a.acceptance < 0.1 * best || a.outside > 0);
            let mut row = vec![escape(flow.frames_of(a)), count(a.frames as u64), warn(&number(a.acceptance, 3), poor)];
            row.extend(a.inside.map(|inside| number(inside, 3)));
            row
        })
        .collect();
    if flow.kind == FlowKind::ModeJump {
        let text = table(&["frames of", "looked at", "images accepted", "images inside the other state"], &rows);
        return format!(
            "{text}<p class=\"small\">From the state of lower free energy no more than the ratio of the populations can be accepted: what counts is \
             the way back from the other one.</p>\n"
        );
    }
    let missing = states
        .iter()
        .filter(|s| flow.of_state.as_deref().is_none_or(|of| of == **s))
        .filter(|s| !flow.acceptance.iter().any(|a| a.state.as_deref() == Some(**s)));
    rows.extend(missing.map(|s| vec![escape(s), warn("0", true), "–".to_string()]));
    let what = if flow.kind == FlowKind::Exchange { "exchanges accepted" } else { "draws accepted" };
    let text = table(&["frames of", "looked at", what], &rows);
    format!(
        "{text}<p class=\"small\">Frames come from other moves. A flow that lacks a state looks perfect by its own weights; here it shows, since \
         draws are hardly ever accepted from frames of that state.</p>\n"
    )
}

fn differences(flow: &FlowAssessment) -> String {
    let rows: Vec<Vec<String>> = flow
        .free_energy_differences
        .iter()
        .map(|d| {
            let value = flow_figure(d.value, d.standard_error, " kT", d.reason.as_deref());
            vec![format!("F({}) − F({})", escape(&d.to), escape(&d.from)), figure(&value, d.reason.is_some())]
        })
        .collect();
    table(
        &[
            if flow.kind == FlowKind::ModeJump {
                "by the images of both sides (Bennett 1976)"
            } else {
                "by the weights of the draws alone"
            },
            "",
        ],
        &rows,
    )
}

fn stages(report: &TrainingReport) -> String {
    let row = |(k, s): (usize, &mcflow_flows::StageReport)| {
        let steps = if s.stopped_early { format!("{} (stopped early)", count(s.steps as u64)) } else { count(s.steps as u64) };
        let loss = number(s.held_out_loss, 6);
        let best = if s.better_than_the_start() { count(s.best_step as u64) } else { warn("none: the start was better", true) };
        let bad = warn(&count(s.bad_rows), s.bad_rows > 0);
        vec![(k + 1).to_string(), steps, warn(&count(s.skipped as u64), s.skipped > 0), bad, best, loss]
    };
    let rows: Vec<Vec<String>> = report.stages.iter().enumerate().map(row).collect();
    table(&["stage of training", "steps", "skipped", "rows without a loss", "best after", "held-out loss"], &rows)
}

/// The losses over the steps of all stages.
fn losses(report: &TrainingReport) -> Vec<Illustration> {
    let mut starts = vec![0];
    for stage in &report.stages {
        starts.push(starts[starts.len() - 1] + stage.steps);
    }
    // The losses of two stages are different functions: a gap between them.
    let curve = |of: &dyn Fn(&Evaluation) -> Option<f64>| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut stage = 0;
        for evaluation in &report.losses {
            if evaluation.stage != stage {
                points.push((f64::NAN, f64::NAN));
                stage = evaluation.stage;
            }
            let start = starts.get(evaluation.stage).copied().unwrap_or(0);
            points.extend(of(evaluation).map(|loss| ((start + evaluation.step) as f64, loss)));
        }
        points
    };
    let borders = starts.iter().enumerate().skip(1).take(report.stages.len().saturating_sub(1));
    let borders: Vec<Reference> = borders.map(|(k, at)| Reference::vertical(*at as f64, format!("stage {}", k + 1))).collect();
    let figure = |title: &str, y_label: &str, series: Vec<Series>| {
        let y_range = without_outliers(&series);
        let first = series.iter().flat_map(|s| s.points.iter().map(|p| p.0)).fold(f64::INFINITY, f64::min);
        let references = borders.iter().filter(|border| border.at > first).cloned().collect();
        Illustration {
            caption: if y_range.is_some() { "Higher values, of the first steps, are cut off.".to_string() } else { String::new() },
            figure: Figure {
                title: title.to_string(),
                x_label: "training step".to_string(),
                y_label: y_label.to_string(),
                series,
                references,
                y_range,
                ..Figure::default()
            },
        }
    };
    let is_empty = |points: &[(f64, f64)]| !points.iter().any(|p| p.1.is_finite());
    let (train, held_out) = (curve(&|e| e.train), curve(&|e| Some(e.held_out)));
    if is_empty(&held_out) {
        return Vec::new();
    }
    let style = if held_out.len() < 60 { Style::Points } else { Style::Line };
    let both = vec![Series::new("training", Style::Line, train), Series::new("held out", style, held_out)];
    let mut all = vec![figure("Loss", "loss of the stage", both)];
    // Maximum likelihood alone is the loss itself.
    let each: Vec<(ObjectiveFigure, Vec<(f64, f64)>)> = ObjectiveFigure::all()
        .into_iter()
        .map(|objective| (objective, curve(&|e: &Evaluation| e.of(objective.name))))
        .filter(|(_, points)| !is_empty(points))
        .collect();
    if each.len() > 1 || each.iter().any(|(objective, _)| objective.name != "maximum_likelihood") {
        for (k, (objective, points)) in each.into_iter().enumerate() {
            all.push(figure(objective.title, objective.label, vec![Series::new("", Style::Line, points).with_colour(k)]));
        }
    }
    all
}

/// A range without the huge values of the first steps, where there are such.
fn without_outliers(series: &[Series]) -> Option<(f64, f64)> {
    let mut values: Vec<f64> = series.iter().flat_map(|s| s.points.iter().map(|p| p.1)).filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let (lowest, highest) = (*values.first()?, *values.last()?);
    let high = values[(values.len() - 1) * 9 / 10];
    let span = high - lowest;
    (span > 0.0 && highest - lowest > 6.0 * span).then_some((lowest - 0.1 * span, high + 0.6 * span))
}
