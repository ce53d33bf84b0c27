//! The landscape of Wolfe and Quapp, modified, with a bath.

use super::sum_over_sites::{SiteForm, Sites, SumOverSites};
use crate::groups::sum_over_groups::{GroupForm, SumOverGroups};
use crate::interface::checks::{line_problems, open_cell_problems, positive_problems};
use crate::interface::{Hold, Places, Potential, Several, TermInput};
use crate::space::image::Nearest;
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = f (X^4 + Y^4 - 2 X^2 - 4 Y^2 + 2 X Y + 0.8 X + 0.1 Y + 9.28) + k sum over i > 1 of x_i^2, X = x cos a - y sin a, Y = x sin a + y
/// cos a, a = -0.3 pi / 2, in as many dimensions as there are particles, each of which has one coordinate: x is particle 0, y particle
/// 1, the others are a bath.
///
/// Two wells along x, of which that at x < 0 is deeper.
/// Source: Wolfe and Quapp, as modified by Invernizzi and Parrinello, J. Chem. Theory Comput. 15 (2019) 2187, and with a bath in the
/// published code of Invernizzi, Krämer, Clementi and Noé, J. Phys. Chem. Lett. 13 (2022) 11643 (f = 2, k = 7.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WolfeQuapp {
    /// k, energy / length^2 (not halved); above 0.
    #[serde(default = "bath_stiffness")]
    pub bath_stiffness: f64,
    /// f, energy; above 0.
    #[serde(default = "factor")]
    pub factor: f64,
}

fn bath_stiffness() -> f64 {
    7.5
}

fn factor() -> f64 {
    2.0
}

impl TermInput for WolfeQuapp {
    fn name(&self) -> &'static str {
        "WolfeQuapp"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(line_problems(cell));
        if particles.n() < 2 {
            problems.push(Problem::new("", format!("{} particle(s)", particles.n()), "2 particles at least: x and y, then the bath"));
        }
        problems.extend(positive_problems("bath_stiffness", self.bath_stiffness));
        problems.extend(positive_problems("factor", self.factor));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let (sine, cosine) = (-0.15 * std::f64::consts::PI).sin_cos();
        let landscape = SumOverGroups::new(Landscape { factor: self.factor, sine, cosine }, [([0, 1], [])], particles.n());
        let bath = SumOverSites(Bath { stiffness: self.bath_stiffness });
        Box::new(Several { name: "WolfeQuapp", parts: vec![Box::new(landscape), Box::new(bath)] })
    }

    fn places(&self) -> Places {
        Places::OfAll
    }
}

#[derive(Debug)]
struct Landscape {
    factor: f64,
    sine: f64,
    cosine: f64,
}

impl GroupForm<2, 0> for Landscape {
    const TRANSLATES: bool = false;
    fn name(&self) -> &'static str {
        "WolfeQuapp"
    }
    fn hold(&self, _: &[f64; 0]) -> Hold {
        Hold::InPlace
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[r, d]: &[[L; 3]; 2], _: &[L; 0]) -> (L, [[L; 3]; 2]) {
        let (x, y) = (r[0], r[0] + d[0]);
        let (s, c, f) = (L::splat(self.sine), L::splat(self.cosine), L::splat(self.factor));
        let (a, b) = (x * c - y * s, x * s + y * c);
        let (a_square, b_square, two) = (a * a, b * b, L::splat(2.0));
        let quartic = a_square * (a_square - two) + b_square * (b_square - L::splat(4.0));
        let energy = f * (quartic + two * a * b + L::splat(0.8) * a + L::splat(0.1) * b + L::splat(9.28));
        let four = L::splat(4.0);
        let by_a = f * (four * a * (a_square - L::splat(1.0)) + two * b + L::splat(0.8));
        let by_b = f * (four * b * (b_square - two) + two * a + L::splat(0.1));
        let (by_x, by_y, none) = (by_a * c + by_b * s, by_b * c - by_a * s, L::default());
        (energy, [[by_x + by_y, none, none], [by_y, none, none]])
    }
}

/// k x^2 on all particles but the first two.
#[derive(Debug)]
struct Bath {
    stiffness: f64,
}

impl SiteForm for Bath {
    fn name(&self) -> &'static str {
        "WolfeQuapp"
    }
    fn sites(&self, n: usize) -> usize {
        n - 2
    }
    #[inline(always)]
    fn particle(&self, k: usize) -> usize {
        k + 2
    }
    #[inline(always)]
    fn site(&self, i: usize) -> Option<usize> {
        i.checked_sub(2)
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, _sites: Sites, [x, _, _]: [L; 3], _image: Nearest) -> (L, [L; 3]) {
        let (k, none) = (L::splat(self.stiffness), L::default());
        (k * x * x, [(k + k) * x, none, none])
    }
}
