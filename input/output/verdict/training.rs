//! Findings about training: stages that brought nothing.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::{FlowSource, Simulation};

/// Held-out loss a coordinate, in kT, that no flow has whose images are configurations: some pairs lie on top of each other.
const ABSURD: f64 = 100.0;

/// The fraction of training rows without a loss that is worth saying.
const MANY_BAD_ROWS: f64 = 0.01;

pub(super) fn findings(_: &Built, simulation: &Simulation, summary: &Summary) -> Vec<Finding> {
    let mut all = Vec::new();
    let plan = simulation.plan();
    let coordinates = plan.starts[0].positions.row().len();
    for (flow, stages) in &summary.training {
        let source = plan.flows.iter().find(|plan| plan.name == *flow).map(|plan| &plan.source);
        let weight = match source {
            Some(FlowSource::Train { training, .. }) => training.stages.last().map_or(1.0, |last| last.total_weight()),
            _ => 1.0,
        };
        if let Some(last) = stages.last().filter(|last| last.better_than_the_start)
            && (last.held_out_loss.is_nan() || last.held_out_loss >= ABSURD * weight * coordinates as f64)
        {
            all.push(Finding {
                severity: Severity::Note,
                kind: "training_brought_little",
                found: format!(
                    "after its training the held-out loss of flow {flow} is still {:.1e}: some of its images have energies that no configuration \
                     of the ensemble has, and they alone decide the loss",
                    last.held_out_loss
                ),
                remedy: "train it on frames first (`maximum_likelihood`), or with an `energy_cap` or a `soft_core`".to_string(),
            });
        }
        let (bad, rows) = stages.iter().fold((0, 0), |(bad, rows), stage| (bad + stage.bad_rows, rows + stage.rows));
        if bad as f64 > MANY_BAD_ROWS * rows as f64 {
            all.push(Finding {
                severity: Severity::Note,
                kind: "training_rows_without_a_loss",
                found: format!(
                    "{:.1} % of the rows that flow {flow} was trained on had no finite loss: they lay outside the range of a coordinate, or their images did",
                    100.0 * bad as f64 / rows as f64
                ),
                remedy: "they taught it nothing: look whether frames and `bonds` fit, or try a smaller learning rate or an `energy_cap`".to_string(),
            });
        }
        let vain: Vec<usize> = (0..stages.len()).filter(|&k| !stages[k].better_than_the_start).collect();
        let remedy = "try a smaller learning rate, or an `energy_cap` or `soft_core` where single energies decide the loss".to_string();
        let found = match vain[..] {
            [] => continue,
            _ if vain.len() == stages.len() => {
                let steps: usize = stages.iter().map(|stage| stage.steps).sum();
                format!(
                    "no step of the training of flow {flow} was better than the start: after {steps} steps its weights are those of before the first"
                )
            }
            _ => {
                let numbers: Vec<String> = vain.iter().map(|k| (k + 1).to_string()).collect();
                format!("no step was better than the start in stage {} of the training of flow {flow}", numbers.join(" and "))
            }
        };
        all.push(Finding { severity: Severity::Note, kind: "training_brought_nothing", found, remedy });
    }
    all
}
