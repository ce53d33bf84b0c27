//! How trainings went, and what production has shown of generators.

use mcflow_engine::{FlowAssessment, Simulation};
use mcflow_flows::{StageReport, TrainingReport};
use serde::Serialize;

/// How a stage of training went.
#[derive(Clone, Debug, Serialize)]
pub struct StageSummary {
    /// Steps done.
    pub steps: usize,
    /// Steps skipped because a loss or gradient was not finite.
    pub skipped: usize,
    /// Training rows without a finite loss, each at the cost of a fixed penalty.
    pub bad_rows: u64,
    /// Training rows in all.
    pub rows: u64,
    /// Held-out loss before the first step.
    pub loss_before: Option<f64>,
    /// The lowest held-out loss.
    pub held_out_loss: f64,
    /// Step after which it was found; 0: no step was better than the start.
    pub best_step: usize,
    /// Whether any step was better than the start.
    pub better_than_the_start: bool,
    /// The stage ended before its last step, by patience.
    pub stopped_early: bool,
}

/// The stages of one training, in their order.
pub(super) fn stages(report: &TrainingReport) -> Vec<StageSummary> {
    let of = |(k, stage): (usize, &StageReport)| StageSummary {
        steps: stage.steps,
        skipped: stage.skipped,
        bad_rows: stage.bad_rows,
        rows: stage.rows,
        loss_before: report.loss_before(k),
        held_out_loss: stage.held_out_loss,
        best_step: stage.best_step,
        better_than_the_start: stage.better_than_the_start(),
        stopped_early: stage.stopped_early,
    };
    report.stages.iter().enumerate().map(of).collect()
}

/// The judgements of flows, with what production has shown of generators.
pub(super) fn flows(simulation: &Simulation) -> Vec<FlowAssessment> {
    let mut flows = simulation.assessments().to_vec();
    let totals = simulation.ladder().totals();
    let draws = |name: &str| {
        let entries = simulation.plan().entries.iter().zip(&totals);
        entries
            .filter(|(entry, _)| entry.is_independent() && entry.flow() == Some(name))
            .fold((0, 0), |(outside, attempted), (_, tally)| (outside + tally.outside, attempted + tally.attempted))
    };
    for flow in &mut flows {
        let (outside, attempted) = draws(&flow.name);
        flow.with_production(outside, attempted);
    }
    flows
}
