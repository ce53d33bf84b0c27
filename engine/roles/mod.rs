//! Roles: what flows are for.

mod between_rungs;
mod between_states;
mod of_states;
mod of_target;

pub use crate::learned::{Ends, Ensemble, Within};
pub use between_rungs::BetweenRungs;
pub use between_states::BetweenStates;
pub use of_states::OfStates;
pub use of_target::OfTarget;

use crate::assessment::FlowAssessment;
use crate::learned::map::Map;
use crate::learned::sample_pool::SamplePool;
use crate::observers::State;
use crate::plan::{FlowPlan, FlowSource, Plan, Samples};
use crate::random::Random;
use mcflow_base::Problem;
use mcflow_flows::TrainingReport;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// What a role is checked against.
#[derive(Clone, Copy, Debug)]
pub struct RoleSetting<'a> {
    /// The name of the flow in the input.
    pub name: &'a str,
    /// The states of the run.
    pub states: &'a [State],
    /// How many rungs there are.
    pub rungs: usize,
    /// The rung that the flow is said to be of.
    pub rung: Option<usize>,
    /// Whether it is trained on frames of the run, not of a file.
    pub from_run: bool,
}

impl RoleSetting<'_> {
    /// The number of the state with this name.
    fn state(&self, name: &str) -> Option<usize> {
        self.states.iter().position(|state| state.name == name)
    }

    /// The rung of a flow of one rung.
    fn own_rung(&self) -> usize {
        self.rung.unwrap_or(0)
    }

    /// What is wrong with the rung of a flow of one rung.
    fn rung_problems(&self) -> Vec<Problem> {
        let last = self.rungs.saturating_sub(1);
        let wrong = self.rung.filter(|rung| *rung > last);
        wrong.map(|rung| Problem::new("rung", rung, format!("the number of a rung, from 0 to {last}"))).into_iter().collect()
    }

    /// What is wrong where frames must be those of the run.
    fn sample_problems(&self, of: &str) -> Vec<Problem> {
        let problem = || Problem::new("samples", format!("samples from a file, for {of}"), "samples from the run: `Run(frames: ...)`");
        if self.from_run { Vec::new() } else { vec![problem()] }
    }

    /// What is wrong with a cost of leaving a state.
    fn penalty_problems(penalty: f64) -> Vec<Problem> {
        if penalty.is_finite() && penalty >= 0.0 {
            return Vec::new();
        }
        vec![Problem::new("map.penalty", penalty, "a finite number, at least 0")]
    }

    /// The flow of some states among those that the input's flow stands for.
    fn member(&self, states: &[usize], ends: Ends) -> Member {
        let plain = |text: &str| -> String { text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect() };
        let mut name = self.name.to_string();
        states.iter().for_each(|&state| name.extend(["-", &plain(&self.states[state].name)]));
        Member { name, ends }
    }
}

/// Cost in training of leaving a state, in kT for a squared distance.
fn penalty() -> f64 {
    100.0
}

/// One of the flows that a flow of the input stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its own name, which is that of its weights file.
    pub name: String,
    /// What it maps.
    pub ends: Ends,
}

/// What a flow is judged with.
pub struct Judging<'a> {
    /// The run.
    pub plan: &'a Plan,
    /// The flow.
    pub flow: &'a FlowPlan,
    /// Its weights.
    pub map: &'a Map,
    /// Frames of each rung.
    pub pools: &'a [SamplePool],
    /// How it was trained; `None` where its weights were read.
    pub report: Option<&'a TrainingReport>,
    /// Random numbers for draws.
    pub random: &'a mut Random,
}

impl Judging<'_> {
    /// Whether it was trained on frames of the pools.
    fn trained_on_pool(&self) -> bool {
        matches!(self.flow.source, FlowSource::Train { samples: Samples::FromRun { .. } | Samples::Collected, .. })
    }
}

/// What the flows of an input are for: which they are, what is wrong with them, and how they are judged.
pub trait Role: Debug + Send + Sync {
    /// What they are, in messages.
    fn title(&self) -> &'static str;

    /// The names of the moves that use them, for messages.
    fn moves(&self) -> &'static [&'static str];

    /// The key and the names of the states that the input lists for them.
    fn states(&self) -> Option<(&'static str, &[String])> {
        None
    }

    /// The ends of a flow of this role where nothing is known of states and rungs: which moves take it, and whether it starts from a prior.
    fn example(&self) -> Ends;

    /// What is wrong, by keys of the flow; names of states are checked before.
    fn problems(&self, setting: &RoleSetting) -> Vec<Problem>;

    /// The flows that it stands for, of the states and rungs that are known.
    fn members(&self, setting: &RoleSetting) -> Vec<Member>;

    /// How good one of them is.
    fn judge(&self, judging: Judging) -> FlowAssessment;
}

/// What a flow maps to what, as a user writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FlowRole {
    /// Latent variables to configurations: for `GeneratorDraw` and `LatentWalk`.
    Generator(OfTarget),
    /// Latent variables to configurations of one state, a generator for each of several states: for `GeneratorDraw`.
    StateGenerators(OfStates),
    /// One state to another, a map for each pair of states: for `ModeJump`.
    ModeJump(BetweenStates),
    /// One rung of the ladder to another, numbered from 0: for `Exchange`.
    Exchange(BetweenRungs),
}

impl Default for FlowRole {
    fn default() -> Self {
        Self::Generator(OfTarget {})
    }
}

impl FlowRole {
    /// The role itself.
    pub fn role(&self) -> &dyn Role {
        match self {
            Self::Generator(role) => role,
            Self::StateGenerators(role) => role,
            Self::ModeJump(role) => role,
            Self::Exchange(role) => role,
        }
    }
}
