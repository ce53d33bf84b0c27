//! The distance of two particles.

use super::geometry::{GradientRow, between, norm};
use super::{CollectiveVariable, no_such_particles};
use crate::observers::{Label, Subject, Unit};
use mcflow_base::Problem;
use mcflow_potentials::Configuration;
use serde::{Deserialize, Serialize};

/// The distance of two particles, of nearest images in a periodic cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance(pub usize, pub usize);

impl CollectiveVariable for Distance {
    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let Self(i, j) = self;
        let mut problems = no_such_particles(&[*i, *j], subject.n(), |k| format!("[{k}]"));
        if i == j {
            problems.push(Problem::new("", format!("the distance of particle {i} to itself"), "two different particles"));
        }
        problems
    }

    fn value(&self, configuration: &Configuration) -> f64 {
        norm(between(configuration, self.0, self.1))
    }

    fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut GradientRow) {
        let d = between(configuration, self.0, self.1);
        let r = norm(d);
        row.add(self.1, factor / r, d);
        row.add(self.0, -factor / r, d);
    }

    fn noun(&self) -> &'static str {
        "a distance"
    }

    fn label(&self) -> Option<Label> {
        Some(Label::new(format!("distance {}–{}", self.0, self.1), Unit::Length))
    }
}
