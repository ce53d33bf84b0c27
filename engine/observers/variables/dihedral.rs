//! The dihedral angle of four particles.

use super::geometry::{GradientRow, between, cross, dot, norm};
use super::{CollectiveVariable, problems_of_angle};
use crate::observers::Subject;
use mcflow_base::Problem;
use mcflow_potentials::{Cell, Configuration};
use serde::{Deserialize, Serialize};

/// The dihedral angle of four particles about the line from the second to the third, in degrees from -180 to 180, 0 for cis (IUPAC).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dihedral(pub usize, pub usize, pub usize, pub usize);

impl Dihedral {
    /// The angle in radians, and the vectors f = r_i - r_j, g = r_j - r_k, h = r_l - r_k.
    fn geometry(&self, configuration: &Configuration) -> (f64, [[f64; 3]; 3]) {
        let Self(i, j, k, l) = *self;
        let [f, g, h] = [between(configuration, j, i), between(configuration, k, j), between(configuration, k, l)];
        let (a, b) = (cross(f, g), cross(h, g));
        (dot(cross(b, a), g).atan2(norm(g) * dot(a, b)), [f, g, h])
    }
}

impl CollectiveVariable for Dihedral {
    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        problems_of_angle(&[self.0, self.1, self.2, self.3], 3, subject)
    }

    fn value(&self, configuration: &Configuration) -> f64 {
        self.geometry(configuration).0.to_degrees()
    }

    /// Source: Blondel and Karplus, Journal of Computational Chemistry 17 (1996) 1132, equation 27.
    fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut GradientRow) {
        let Self(i, j, k, l) = *self;
        let (_, [f, g, h]) = self.geometry(configuration);
        let (a, b) = (cross(f, g), cross(h, g));
        let length = norm(g);
        let factor = factor.to_degrees();
        let (by_a, by_b) = (factor / dot(a, a), factor / dot(b, b));
        row.add(i, -length * by_a, a);
        row.add(l, length * by_b, b);
        let (along_a, along_b) = (by_a * dot(f, g) / length, by_b * dot(h, g) / length);
        row.add(j, length * by_a + along_a, a);
        row.add(j, -along_b, b);
        row.add(k, along_b - length * by_b, b);
        row.add(k, -along_a, a);
    }

    fn period(&self, _: &Cell) -> Option<f64> {
        Some(360.0)
    }

    fn noun(&self) -> &'static str {
        "a dihedral angle"
    }
}
