//! Maps between rungs.

use super::{Ends, Ensemble, Judging, Member, Role, RoleSetting};
use crate::assessment::{FlowAssessment, assess_exchange};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// One rung of the ladder mapped to another, numbered from 0: for exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetweenRungs {
    /// The rung it starts from: a hot one, as a rule.
    pub from: usize,
    /// The rung it leads to.
    pub to: usize,
}

impl Role for BetweenRungs {
    fn title(&self) -> &'static str {
        "a map between rungs"
    }

    fn moves(&self) -> &'static [&'static str] {
        &["Exchange"]
    }

    fn example(&self) -> Ends {
        Ends::map(Ensemble::of(1), Ensemble::of(0))
    }

    fn problems(&self, setting: &RoleSetting) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(rung) = setting.rung {
            let expected = "no `rung`: `from` and `to` say where it belongs";
            problems.push(Problem::new("rung", format!("{rung}, of a map between rungs"), expected));
        }
        let last = setting.rungs.saturating_sub(1);
        for (end, rung) in [("from", self.from), ("to", self.to)] {
            if rung > last {
                problems.push(Problem::new(format!("map.{end}"), rung, format!("the number of a rung, from 0 to {last}")));
            }
        }
        if self.from == self.to {
            problems.push(Problem::new("map.to", format!("rung {}, where it starts", self.to), "another rung"));
        }
        problems.extend(setting.sample_problems("a map between rungs"));
        problems
    }

    fn members(&self, setting: &RoleSetting) -> Vec<Member> {
        vec![setting.member(&[], Ends::map(Ensemble::of(self.from), Ensemble::of(self.to)))]
    }

    fn judge(&self, judging: Judging) -> FlowAssessment {
        assess_exchange(judging)
    }
}
