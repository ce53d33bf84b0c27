//! Exchange of configurations between rungs, as an entry of a sweep.

use super::entry::{Between, Effect, Ready, Setting, StepWork, SweepEntry, System, Trained, Tuning, Work, checks, defaults};
use crate::learned::Ends;
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// Exchange of configurations between rungs, as they are or through a flow: see [`PairExchange`](crate::PairExchange) for the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The name of a flow from one rung to another; between all neighbouring rungs, as they are, unless given.
    #[serde(default)]
    pub flow: Option<String>,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for Exchange {
    fn name(&self) -> &'static str {
        "Exchange"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, _: &System) -> Vec<Problem> {
        checks::counts([("every", self.every)]).collect()
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: 1, of_a_step: StepWork::Exchange }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::Fixed(0.0)
    }

    fn effect(&self) -> Effect {
        Effect::Rungs
    }

    fn flow(&self) -> Option<&str> {
        self.flow.as_deref()
    }

    fn takes(&self, flow: &Ends) -> bool {
        flow.rungs().is_some()
    }

    fn pairs(&self, rungs: usize, trained: &Trained) -> Vec<(usize, usize)> {
        match &self.flow {
            None => (1..rungs).map(|upper| (upper - 1, upper)).collect(),
            Some(name) => trained.rungs_of(name).into_iter().map(|(from, to)| (from.min(to), from.max(to))).collect(),
        }
    }

    fn prepare<'a>(&self, _: f64, setting: &Setting<'a>) -> Ready<'a> {
        match &self.flow {
            None => Ready::Between(Between::Neighbours),
            Some(name) => setting.trained.exchange_map(name).map_or(Ready::Idle, |map| Ready::Between(Between::Mapped(map))),
        }
    }
}
