//! Maps between states.

use super::{Ends, Ensemble, Judging, Member, Role, RoleSetting, penalty};
use crate::assessment::{FlowAssessment, assess_jump};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// One state of a rung mapped to another, a bijection for each pair of several states: for jumps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetweenStates {
    /// The states.
    pub between: Vec<String>,
    /// Cost in training, in kT, of the squared distance of an image outside its state. The move tests the region itself.
    #[serde(default = "penalty")]
    pub penalty: f64,
}

impl Role for BetweenStates {
    fn title(&self) -> &'static str {
        "a map between states"
    }

    fn moves(&self) -> &'static [&'static str] {
        &["ModeJump"]
    }

    fn states(&self) -> Option<(&'static str, &[String])> {
        Some(("between", &self.between))
    }

    fn example(&self) -> Ends {
        Ends::map(Ensemble::within(0, 0, self.penalty), Ensemble::within(0, 1, self.penalty))
    }

    fn problems(&self, setting: &RoleSetting) -> Vec<Problem> {
        let mut problems = setting.rung_problems();
        if self.between.len() < 2 {
            problems.push(Problem::new("map.between", format!("{} states", self.between.len()), "at least two states"));
        }
        problems.extend(RoleSetting::penalty_problems(self.penalty));
        problems.extend(setting.sample_problems("maps between states"));
        problems
    }

    fn members(&self, setting: &RoleSetting) -> Vec<Member> {
        let states: Vec<usize> = self.between.iter().filter_map(|name| setting.state(name)).collect();
        let end = |state: usize| Ensemble::within(setting.own_rung(), state, self.penalty);
        let pairs = states.iter().enumerate().flat_map(|(k, &from)| states[k + 1..].iter().map(move |&to| (from, to)));
        pairs.map(|(from, to)| setting.member(&[from, to], Ends::map(end(from), end(to)))).collect()
    }

    fn judge(&self, judging: Judging) -> FlowAssessment {
        assess_jump(judging)
    }
}
