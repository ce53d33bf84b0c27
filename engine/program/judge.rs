//! Judgement: how good flows are, by draws from them and by frames they did not make.

use super::{Advance, Pieces, Run, Stage};
use crate::RunError;
use crate::assessment::{assess, assess_exchange, assess_jump};
use crate::chains::Progress;
use crate::plan::{FlowSource, Plan, Samples};
use crate::random::{Purpose, purpose_stream};
use crate::role::Role;
use serde::{Deserialize, Serialize};

/// Judges every flow that is trained or read, by fresh draws and by frames that it was not trained on: those collected for training, else the
/// walkers as they stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judge {}

impl Stage for Judge {
    fn name(&self) -> &'static str {
        "Judge"
    }

    fn counted_as(&self, run: &Run) -> &'static str {
        // Comparisons count training as a cost of flows; what is read was paid before.
        if run.reports.is_empty() { "equilibration" } else { "training" }
    }

    fn length(&self, plan: &Plan) -> u64 {
        plan.flows.len() as u64
    }

    fn pieces(&self) -> Pieces {
        Pieces::ByTime
    }

    fn advance(&self, run: &mut Run, done: u64, _: u64) -> Result<Advance, RunError> {
        let plan = &*run.plan.clone();
        let number = done as usize;
        let Some(flow) = plan.flows.get(number) else { return Ok(Advance::Finished) };
        if run.pools.iter().all(|pool| pool.states.is_empty()) {
            run.collect();
        }
        let Some(trained) = run.flows.get(&flow.name) else { return Ok(Advance::Done(1)) };
        let mut random = purpose_stream(plan.seed, Purpose::Assessment, number);
        let report = run.reports.get(&flow.name);
        // Frames read from a file are others than those of the walkers.
        let from_file = matches!(flow.source, FlowSource::Train { samples: Samples::Rows(_), .. } | FlowSource::Trained(_));
        let pool = &run.pools[flow.role.rung()];
        let judged = match &flow.role {
            Role::Generator { .. } => assess(plan, flow, trained, None, pool, !from_file, report, &mut random),
            Role::StateGenerator { state, .. } => assess(plan, flow, trained, Some(*state), pool, report.is_some(), report, &mut random),
            Role::ModeJump { from, to, .. } => assess_jump(plan, flow, (*from, *to), trained, pool, report, &mut random),
            Role::Exchange { from, to } => assess_exchange(plan, flow, (*from, *to), trained, &run.pools, report, &mut random),
        };
        run.assessments.retain(|before| before.name != judged.name);
        run.assessments.push(judged);
        Ok(Advance::Done(1))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        Progress { phase: "judging".to_string(), done, total: self.length(&run.plan), figures: String::new() }
    }

    fn prepares_flows(&self) -> bool {
        true
    }
}
