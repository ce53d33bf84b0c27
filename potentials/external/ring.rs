//! A ring with two wells.

use super::loops::{External, ExternalForm, Sites};
use super::{open_cell_problems, plane_problems, positive_problems};
use crate::image::Nearest;
use crate::{Cell, Particles, Potential};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = (a / 8) [b (x^2 + y^2 - 4)^2 + y^2] for each particle, in two dimensions: minima of 0 at (-2, 0) and (2, 0), two ways between them.
///
/// Source: the published code of Falkner, Coretti, Romano, Geissler and Dellago, Mach. Learn.: Sci. Technol. 4 (2023) 035050 (a = 3, b
/// = 0.25).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// a, energy / length^2; above 0.
    pub a: f64,
    /// b, 1 / length^2: how narrow the ring is; above 0.
    pub b: f64,
}

impl Ring {
    pub(crate) fn problems(&self, _particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(plane_problems(cell));
        problems.extend(positive_problems("a", self.a));
        problems.extend(positive_problems("b", self.b));
        problems
    }

    pub(crate) fn build(&self) -> Box<dyn Potential> {
        Box::new(External(self.clone()))
    }
}

impl ExternalForm for Ring {
    fn name(&self) -> &'static str {
        "Ring"
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, y, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (a, b) = (L::splat(self.a / 8.0), L::splat(self.b));
        let across = x.mul_add(x, y.mul_add(y, L::splat(-4.0)));
        let by_square = L::splat(2.0) * b * across;
        let two_a = a + a;
        (a * (b * across).mul_add(across, y * y), [two_a * by_square * x, two_a * (by_square + L::splat(1.0)) * y, L::default()])
    }
}
