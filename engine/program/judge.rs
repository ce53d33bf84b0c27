//! Judgement: how good flows are, by draws from them and by frames they did not make.

use super::{Advance, Outlook, Pieces, Run, Stage};
use crate::RunError;
use crate::plan::{FlowPlan, Plan};
use crate::program::Progress;
use crate::random::{Purpose, purpose_stream};
use crate::roles::Judging;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Judges flows that are trained or read, by fresh draws and by frames that they were not trained on: those collected for training, else the
/// walkers as they stand. A judgement takes the place of an earlier one of the same flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// Which: names of the input; all that are trained or read unless given.
    #[serde(default)]
    pub flows: Vec<String>,
}

impl Judge {
    /// The numbers of the flows that it judges.
    fn judged(&self, flows: &[FlowPlan]) -> Vec<usize> {
        (0..flows.len()).filter(|&number| flows[number].is_among(&self.flows)).collect()
    }
}

impl Stage for Judge {
    fn name(&self) -> &'static str {
        "Judge"
    }

    fn counted_as(&self, run: &Run) -> &'static str {
        // Comparisons count training as a cost of flows; what is read was paid before.
        if run.reports.is_empty() { "equilibration" } else { "training" }
    }

    fn length(&self, plan: &Plan) -> u64 {
        self.judged(&plan.flows).len() as u64
    }

    fn pieces(&self) -> Pieces {
        Pieces::ByTime
    }

    fn advance(&self, run: &mut Run, done: u64, _: u64) -> Result<Advance, RunError> {
        let plan = &*run.plan.clone();
        let Some(&number) = self.judged(&plan.flows).get(done as usize) else { return Ok(Advance::Finished) };
        if run.pools.iter().all(|pool| pool.states.is_empty()) {
            run.collect(&plan.flows.iter().flat_map(|flow| flow.ends.ensembles()).map(|ensemble| ensemble.rung).collect::<BTreeSet<_>>());
        }
        let flow = &plan.flows[number];
        let Some(map) = run.flows.get(&flow.name) else { return Ok(Advance::Done(1)) };
        let mut random = purpose_stream(plan.seed, Purpose::Assessment, number);
        let report = run.reports.get(&flow.name);
        let judged = flow.role.role().judge(Judging { plan, flow, map, pools: &run.pools, report, random: &mut random });
        run.assessments.retain(|before| before.name != judged.name);
        run.assessments.push(judged);
        run.assessments.sort_by_key(|judged| plan.flows.iter().position(|flow| flow.name == judged.name));
        Ok(Advance::Done(1))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        Progress { phase: "judging".to_string(), done, total: self.length(&run.plan), figures: String::new() }
    }

    fn prepares_flows(&self) -> bool {
        true
    }

    fn foresee(&self, key: &str, outlook: &mut Outlook) {
        let asked = outlook.flows_named(key, &self.flows);
        let ready: Vec<usize> = asked.iter().copied().filter(|number| outlook.ready.contains(number)).collect();
        if ready.is_empty() && (self.flows.is_empty() || !asked.is_empty()) {
            outlook.report(key, "a judgement before any flow is trained", "`Train()` before it, or no such stage");
        }
        outlook.judged.extend(ready);
        outlook.has_flows = true;
    }
}
