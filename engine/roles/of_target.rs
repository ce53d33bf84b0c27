//! Generators of all configurations.

use super::{Ends, Ensemble, Judging, Member, Role, RoleSetting};
use crate::assessment::{FlowAssessment, assess};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// A prior mapped to the target of a rung: for draws and latent walks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfTarget {}

impl Role for OfTarget {
    fn title(&self) -> &'static str {
        "a generator"
    }

    fn moves(&self) -> &'static [&'static str] {
        &["GeneratorDraw", "LatentWalk"]
    }

    fn example(&self) -> Ends {
        Ends::generator(Ensemble::of(0))
    }

    fn problems(&self, setting: &RoleSetting) -> Vec<Problem> {
        setting.rung_problems()
    }

    fn members(&self, setting: &RoleSetting) -> Vec<Member> {
        vec![setting.member(&[], Ends::generator(Ensemble::of(setting.own_rung())))]
    }

    fn judge(&self, judging: Judging) -> FlowAssessment {
        assess(judging.trained_on_pool(), judging)
    }
}
