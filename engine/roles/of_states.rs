//! Generators of one state each.

use super::{Ends, Ensemble, Judging, Member, Role, RoleSetting, penalty};
use crate::assessment::{FlowAssessment, assess};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// A prior mapped to the target of a rung within a state, for each of several states: for draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfStates {
    /// The states.
    pub of: Vec<String>,
    /// Cost in training, in kT, of the squared distance of a draw outside its state. The move tests the region itself.
    #[serde(default = "penalty")]
    pub penalty: f64,
}

impl Role for OfStates {
    fn title(&self) -> &'static str {
        "generators of states"
    }

    fn moves(&self) -> &'static [&'static str] {
        &["GeneratorDraw"]
    }

    fn states(&self) -> Option<(&'static str, &[String])> {
        Some(("of", &self.of))
    }

    fn example(&self) -> Ends {
        Ends::generator(Ensemble::within(0, 0, self.penalty))
    }

    fn problems(&self, setting: &RoleSetting) -> Vec<Problem> {
        let mut problems = setting.rung_problems();
        if self.of.is_empty() {
            problems.push(Problem::new("map.of", "0 states", "at least one state"));
        }
        problems.extend(RoleSetting::penalty_problems(self.penalty));
        problems.extend(setting.sample_problems("generators of states"));
        problems
    }

    fn members(&self, setting: &RoleSetting) -> Vec<Member> {
        let rung = setting.own_rung();
        let states = self.of.iter().filter_map(|name| setting.state(name));
        states.map(|state| setting.member(&[state], Ends::generator(Ensemble::within(rung, state, self.penalty)))).collect()
    }

    fn judge(&self, judging: Judging) -> FlowAssessment {
        assess(judging.report.is_some(), judging)
    }
}
