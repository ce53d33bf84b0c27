//! The angle of three particles.

use super::geometry::{GradientRow, between, cross, dot, norm};
use super::{CollectiveVariable, problems_of_angle};
use crate::observers::Subject;
use mcflow_base::Problem;
use mcflow_potentials::Configuration;
use serde::{Deserialize, Serialize};

/// The angle at the second of three particles, in degrees from 0 to 180.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Angle(pub usize, pub usize, pub usize);

impl CollectiveVariable for Angle {
    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        problems_of_angle(&[self.0, self.1, self.2], 2, subject)
    }

    fn value(&self, configuration: &Configuration) -> f64 {
        let Self(i, j, k) = *self;
        let (a, b) = (between(configuration, j, i), between(configuration, j, k));
        norm(cross(a, b)).atan2(dot(a, b)).to_degrees()
    }

    fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut GradientRow) {
        let Self(i, j, k) = *self;
        let (a, b) = (between(configuration, j, i), between(configuration, j, k));
        let axis = cross(a, b);
        // d theta / d a = a x (a x b) / (a^2 |a x b|), and likewise for b.
        let (to_a, to_b) = (cross(a, axis), cross(axis, b));
        let (by_a, by_b) = (factor / (dot(a, a) * norm(axis)), factor / (dot(b, b) * norm(axis)));
        let (by_a, by_b) = (by_a.to_degrees(), by_b.to_degrees());
        row.add(i, by_a, to_a);
        row.add(k, by_b, to_b);
        row.add(j, -by_a, to_a);
        row.add(j, -by_b, to_b);
    }

    fn noun(&self) -> &'static str {
        "an angle"
    }
}
