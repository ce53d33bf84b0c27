//! Collection: sweeps from which flows get frames to learn from.

use super::{Advance, Moves, Outlook, Run, Stage};
use crate::RunError;
use crate::plan::{FlowPlan, FlowSource, Plan, Samples};
use crate::program::Progress;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Frames of the first rung and sweeps between two of them, at most.
const MOST_FRAMES: usize = 100_000_000;
const MOST_SWEEPS: u64 = 1_000_000_000;

/// Sweeps, and every so often a frame of each walker of the rungs that flows learn from. Frames come to those that are there already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// For which flows: frames are those of the rungs that they learn from; for all flows unless given.
    #[serde(default)]
    pub flows: Vec<String>,
    /// Frames of the rung `rung`, in all its walkers; unless given, the most that the `samples` of these flows ask for.
    #[serde(default)]
    pub frames: Option<usize>,
    /// Sweeps between two frames of a walker; unless given, the most that the `samples` of these flows ask for.
    #[serde(default)]
    pub every: Option<u64>,
    /// The rung whose frames are counted, the first that these flows learn from unless given; of the others there are as many of each walker.
    #[serde(default)]
    pub rung: Option<usize>,
    /// Which moves: `Local` unless given. With `All`, a flow that is trained already moves the walkers to where its next training learns from.
    #[serde(default)]
    pub moves: Option<Moves>,
}

impl Collect {
    fn asked<T: Ord>(&self, flows: &[FlowPlan], of: impl Fn(usize, u64) -> T) -> Option<T> {
        let samples = flows.iter().filter(|flow| flow.is_among(&self.flows)).filter_map(|flow| match &flow.source {
            FlowSource::Train { samples: Samples::FromRun { frames, every }, .. } => Some(of(*frames, *every)),
            _ => None,
        });
        samples.max()
    }

    fn every(&self, flows: &[FlowPlan]) -> u64 {
        self.every.or_else(|| self.asked(flows, |_, every| every)).unwrap_or(1).max(1)
    }

    /// Frames of each walker, where a rung has so many.
    fn rounds(&self, flows: &[FlowPlan], walkers: impl Fn(usize) -> usize) -> u64 {
        let frames = self.frames.or_else(|| self.asked(flows, |frames, _| frames)).unwrap_or(0);
        let rung = self.rung.or_else(|| self.rungs(flows).first().copied()).unwrap_or(0);
        (frames as u64).div_ceil(walkers(rung).max(1) as u64)
    }

    /// The rungs that the flows learn from.
    fn rungs(&self, flows: &[FlowPlan]) -> BTreeSet<usize> {
        flows
            .iter()
            .filter(|flow| flow.is_among(&self.flows))
            .flat_map(|flow| flow.ends.ensembles())
            .map(|ensemble| ensemble.rung)
            .collect()
    }
}

impl Stage for Collect {
    fn name(&self) -> &'static str {
        "Collect"
    }

    fn counted_as(&self, _: &Run) -> &'static str {
        "sampling"
    }

    fn length(&self, plan: &Plan) -> u64 {
        let walkers = |rung: usize| plan.rungs.get(rung).map_or(1, |rung| rung.walkers);
        self.rounds(&plan.flows, walkers).saturating_mul(self.every(&plan.flows))
    }

    fn advance(&self, run: &mut Run, done: u64, most: u64) -> Result<Advance, RunError> {
        if done >= self.length(&run.plan) {
            return Ok(Advance::Finished);
        }
        let every = self.every(&run.plan.flows);
        let count = most.min(every - done % every);
        run.sweep(self.counted_as(run), done + 1, count, Moves::with_flows(self.moves, false))?;
        if (done + count).is_multiple_of(every) {
            run.collect(&self.rungs(&run.plan.flows));
        }
        Ok(Advance::Done(count))
    }

    fn progress(&self, run: &Run, done: u64) -> Progress {
        let frames: usize = run.pools.iter().map(|pool| pool.states.len()).sum();
        Progress { phase: "sampling".to_string(), done, total: self.length(&run.plan), figures: format!("{frames} frames") }
    }

    fn prepares_flows(&self) -> bool {
        true
    }

    fn foresee(&self, key: &str, outlook: &mut Outlook) {
        if outlook.flows_named(key, &self.flows).is_empty() && self.flows.is_empty() {
            outlook.report(key, "frames that no flow learns from", "a flow in `flows`, or no such stage");
        }
        if let Some(frames) = self.frames.filter(|frames| !(1..=MOST_FRAMES).contains(frames)) {
            outlook.report(format!("{key}.frames"), frames, format!("a whole number from 1 to {MOST_FRAMES}"));
        }
        if let Some(every) = self.every.filter(|every| !(1..=MOST_SWEEPS).contains(every)) {
            outlook.report(format!("{key}.every"), every, format!("a whole number from 1 to {MOST_SWEEPS}"));
        }
        let flows = outlook.flows;
        if let Some(rung) = self.rung.filter(|rung| !self.rungs(flows).contains(rung)) {
            let known: Vec<String> = self.rungs(flows).iter().map(usize::to_string).collect();
            outlook.report(format!("{key}.rung"), rung, format!("a rung that these flows learn from: {}", known.join(" or ")));
        }
        let rounds = self.rounds(flows, |rung| outlook.walkers.get(rung).copied().unwrap_or(1));
        for rung in self.rungs(flows) {
            if let (Some(frames), Some(walkers)) = (outlook.frames.get_mut(rung), outlook.walkers.get(rung)) {
                *frames = frames.saturating_add(rounds.saturating_mul(*walkers as u64));
            }
        }
        outlook.add_sweeps(rounds.saturating_mul(self.every(flows)), Moves::with_flows(self.moves, false));
    }
}
