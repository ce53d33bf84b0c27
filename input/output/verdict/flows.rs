//! Findings about figures that rest on flows: few weights, states and regions that a flow never draws, maps without overlap.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::{FlowAssessment, FlowKind, Simulation, StateAcceptance};

/// Acceptance from the frames of a state over that from the best, below which the flow is said to lack the state.
const LACKING: f64 = 0.01;
/// Frames of a state from which on that is said.
const FEWEST_FRAMES: usize = 3;

pub(super) fn findings(_: &Built, _: &Simulation, summary: &Summary) -> Vec<Finding> {
    let of = |flow| lacking(flow).into_iter().chain(outside(flow)).chain(without_error(flow));
    summary.flows.iter().flat_map(of).collect()
}

/// States whose frames are hardly ever left by what a flow proposes.
fn lacking(flow: &FlowAssessment) -> Option<Finding> {
    if flow.kind == FlowKind::ModeJump {
        // From the state of lower free energy no more than the ratio of the populations can be accepted.
        return None;
    }
    let best = flow.acceptance.iter().map(|row| row.acceptance).fold(0.0, f64::max);
    let lacks = |row: &&StateAcceptance| row.frames >= FEWEST_FRAMES && (10 * row.beyond >= row.frames || row.acceptance < LACKING * best);
    let rows: Vec<String> = flow
        .acceptance
        .iter()
        .filter(lacks)
        .map(|row| format!("{:.3} from {} frames of {}", row.acceptance, row.frames, flow.frames_of(row)))
        .collect();
    (!rows.is_empty()).then(|| Finding {
        severity: Severity::Doubtful,
        kind: "dropped_state",
        found: format!("{} of the flow {} are accepted {}: it lacks what is there", flow.kind.proposals(), flow.name, rows.join(", ")),
        remedy: "its weights say nothing of that; train it on more frames of it, or with more maximum likelihood".to_string(),
    })
}

/// Configurations of the chain that a generator cannot draw.
fn outside(flow: &FlowAssessment) -> Option<Finding> {
    let share = flow.outside_in_production.filter(|share| *share > 0.0)?;
    Some(Finding {
        severity: Severity::Note,
        kind: "outside_the_flow",
        found: format!("{:.2} % of the chain's configurations lie where the flow {} never draws", 100.0 * share, flow.name),
        remedy: "the chain is right all the same; train on more frames, or with a Gaussian prior".to_string(),
    })
}

/// Figures by weights or images that have no error.
fn without_error(flow: &FlowAssessment) -> Option<Finding> {
    let log_z = flow.log_z.iter().filter_map(|z| Some(("ln Z".to_string(), z.reason.as_ref()?)));
    let differences =
        flow.free_energy_differences.iter().filter_map(|d| Some((format!("F({}) - F({})", d.to, d.from), d.reason.as_ref()?)));
    let all: Vec<(String, &String)> = log_z.chain(differences).collect();
    let (_, first) = all.first()?;
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let map = flow.kind == FlowKind::ModeJump;
    let by = if map { "images" } else { "weights" };
    let remedy = if map { "train it longer, or give the run more frames" } else { "take these from the chain, or train the flow longer" };
    Some(Finding {
        // The chain's own figures stand beside those of a map, and do not need them.
        severity: if map { Severity::Note } else { Severity::Doubtful },
        kind: if map { "no_overlap" } else { "few_weights" },
        found: format!("{} by the {by} of the flow {} has no error bar: {first}", names.join(", "), flow.name),
        remedy: remedy.to_string(),
    })
}
