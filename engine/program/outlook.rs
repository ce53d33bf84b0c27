//! What a program will do, before it does anything: what is wrong with it, and what it costs.

use super::ProgramStage;
use crate::plan::{FlowPlan, FlowSource, Lengths};
use mcflow_base::Problem;
use std::collections::BTreeSet;

/// Sweeps of a program before production, at most, so that they can be counted.
const MOST_SWEEPS: u64 = u64::MAX / 4;

/// What the stages of a program come to, one after the other: each adds what it does, and reports what it lacks.
#[derive(Clone)]
pub struct Outlook<'a> {
    /// The flows of the run.
    pub flows: &'a [FlowPlan],
    /// Walkers of each rung.
    pub walkers: Vec<usize>,
    /// Lengths that stages have unless they say otherwise.
    pub lengths: Lengths,
    /// Sweeps so far.
    pub sweeps: u64,
    /// Those of them that have the moves with flows, too.
    pub flow_sweeps: u64,
    /// Steps of training so far.
    pub training_steps: u64,
    /// Frames of each rung so far.
    pub frames: Vec<u64>,
    /// Flows, by number, that are trained or were read.
    pub ready: BTreeSet<usize>,
    /// Those of them that were judged since.
    pub judged: BTreeSet<usize>,
    /// Whether a flow was trained or judged by a stage before.
    pub has_flows: bool,
    /// Whether production is over.
    pub produced: bool,
    /// Loops around the stage.
    pub loops: usize,
    problems: Vec<Problem>,
}

impl<'a> Outlook<'a> {
    /// Before the first stage of a run with these flows, so many walkers in each rung, and these lengths.
    pub fn new(flows: &'a [FlowPlan], walkers: Vec<usize>, lengths: Lengths) -> Self {
        let read = |flow: &usize| matches!(flows[*flow].source, FlowSource::Trained(_));
        Self {
            flows,
            frames: vec![0; walkers.len()],
            walkers,
            lengths,
            sweeps: 0,
            flow_sweeps: 0,
            training_steps: 0,
            ready: (0..flows.len()).filter(read).collect(),
            judged: BTreeSet::new(),
            has_flows: false,
            produced: false,
            loops: 0,
            problems: Vec::new(),
        }
    }

    /// After a whole program, which must end in production.
    #[must_use]
    pub fn after(mut self, program: &[ProgramStage]) -> Self {
        self.go_through(program, "program");
        if !self.produced {
            self.report("program", "no production", "`Produce()` as the last stage");
        }
        let before = self.sweeps.saturating_sub(self.lengths.production);
        if before > MOST_SWEEPS {
            self.report("program", format!("{before} sweeps before production, or more"), format!("at most {MOST_SWEEPS}"));
        }
        self
    }

    /// What is wrong.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Stages one after the other, the first of which has the key `key[0]`.
    pub(super) fn go_through(&mut self, stages: &[ProgramStage], key: &str) {
        for (k, stage) in stages.iter().enumerate() {
            let key = format!("{key}[{k}]");
            if self.produced {
                let found = format!("`{}` after production", stage.stage().name());
                self.report(&key, found, "`Produce()` as the last stage, once: nothing is tuned or trained after it");
            }
            stage.stage().foresee(&key, self);
        }
    }

    /// The same `times` times: what is lacking in a first round is said once, what it costs counts that often.
    pub(super) fn repeated(&mut self, times: u64, round: impl Fn(&mut Self)) {
        let before = self.clone();
        self.loops += 1;
        round(self);
        self.loops -= 1;
        let all = |before: u64, after: u64| before.saturating_add((after - before).saturating_mul(times.max(1)));
        self.sweeps = all(before.sweeps, self.sweeps);
        self.flow_sweeps = all(before.flow_sweeps, self.flow_sweeps);
        self.training_steps = all(before.training_steps, self.training_steps);
        self.frames.iter_mut().zip(before.frames).for_each(|(after, before)| *after = all(before, *after));
    }

    /// Notes a problem.
    pub(super) fn report(&mut self, key: impl Into<String>, found: impl ToString, expected: impl Into<String>) {
        self.problems.push(Problem::new(key, found, expected));
    }

    /// Counts sweeps, with the moves that need flows or without.
    pub(super) fn add_sweeps(&mut self, sweeps: u64, with_flows: bool) {
        self.sweeps = self.sweeps.saturating_add(sweeps);
        if with_flows {
            self.flow_sweeps = self.flow_sweeps.saturating_add(sweeps);
        }
    }

    /// The flows that a stage names, or all of them where it names none; reports names that no flow has.
    pub(super) fn flows_named(&mut self, key: &str, names: &[String]) -> Vec<usize> {
        for (k, name) in names.iter().enumerate() {
            if self.flows.iter().all(|flow| !flow.is_called(name)) {
                let mut known: Vec<String> = self.flows.iter().map(|flow| format!("{:?}", flow.called)).collect();
                known.dedup();
                let expected = match &known[..] {
                    [] => "the name of a flow, but there is none".to_string(),
                    [only] => only.clone(),
                    all => format!("one of {}", all.join(", ")),
                };
                self.report(format!("{key}.flows[{k}]"), format!("{name:?}"), expected);
            }
        }
        (0..self.flows.len()).filter(|&flow| self.flows[flow].is_among(names)).collect()
    }
}
