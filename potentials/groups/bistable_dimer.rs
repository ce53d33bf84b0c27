//! A dimer with two lengths, tethered to the middle of the plane.

use super::group_problems;
use super::sum_over_groups::{GroupForm, SumOverGroups};
use super::vectors::{scaled, square};
use crate::interface::checks::{finite_problems, open_cell_problems, plane_problems};
use crate::interface::{Hold, Potential, TermInput};
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = t (x1 + x2)^2 + t y1^2 + t y2^2 + s e - b e^2 + c e^4 with e = 2 (r - r0), r being the distance of the two particles, in two
/// dimensions.
///
/// Two lengths, about r0 -+ sqrt(b / (8 c)), with a barrier of about b^2 / (4 c) between them; s tilts: above 0 the short dimer is
/// preferred. The tether t holds the centre in the middle of x and the dimer on the axis of x.
/// Source: Noé et al., Science 365 (2019) eaaw1147, as in their published code (t = 20, b = 25, c = 10, r0 = 1.5, s = -0.5 or 2); in
/// solvent together with [`SoftRepulsion`](crate::SoftRepulsion), which leaves out the pair of the dimer, and [`Walls`](crate::Walls).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BistableDimer {
    /// The two particles, counted from 0.
    pub particles: [usize; 2],
    /// s, energy (e is measured in halves of the unit of length).
    pub slope: f64,
    /// t, energy / length^2; above 0.
    #[serde(default = "tether")]
    pub tether: f64,
    /// b, energy.
    #[serde(default = "quadratic")]
    pub quadratic: f64,
    /// c, energy; above 0.
    #[serde(default = "quartic")]
    pub quartic: f64,
    /// r0, length; not below 0.
    #[serde(default = "centre")]
    pub centre: f64,
}

fn tether() -> f64 {
    20.0
}

fn quadratic() -> f64 {
    25.0
}

fn quartic() -> f64 {
    10.0
}

fn centre() -> f64 {
    1.5
}

impl TermInput for BistableDimer {
    fn name(&self) -> &'static str {
        "BistableDimer"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = open_cell_problems(cell);
        problems.extend(plane_problems(cell));
        let groups = group_problems("particles", &[self.particles], particles.n());
        problems.extend(groups.into_iter().map(|problem| Problem { key: "particles".to_string(), ..problem }));
        problems.extend(finite_problems("slope", self.slope));
        problems.extend(finite_problems("quadratic", self.quadratic));
        for (key, value) in [("tether", self.tether), ("quartic", self.quartic)] {
            if !(value.is_finite() && value > 0.0) {
                problems.push(Problem::new(key, value, "a number above 0 (else particles are not bound)"));
            }
        }
        if !(self.centre.is_finite() && self.centre >= 0.0) {
            problems.push(Problem::new("centre", self.centre, "a finite number, 0 or above"));
        }
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        Box::new(SumOverGroups::new(self.clone(), [(self.particles, [])], particles.n()))
    }

    fn bonds(&self) -> Vec<[usize; 2]> {
        vec![self.particles]
    }
}

impl GroupForm<2, 0> for BistableDimer {
    const TRANSLATES: bool = false;
    fn name(&self) -> &'static str {
        "BistableDimer"
    }
    fn hold(&self, _: &[f64; 0]) -> Hold {
        Hold::InPlace
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[r, d]: &[[L; 3]; 2], _: &[L; 0]) -> (L, [[L; 3]; 2]) {
        let [t, s, b, c] = [self.tether, self.slope, self.quadratic, self.quartic].map(L::splat);
        let two = L::splat(2.0);
        let length = square(d).sqrt();
        let e = two * (length - L::splat(self.centre));
        let e_square = e * e;
        // Sum of x, y of the first and y of the second.
        let (sum, y) = (two.mul_add(r[0], d[0]), r[1] + d[1]);
        let energy = t * sum.mul_add(sum, r[1].mul_add(r[1], y * y)) + e.mul_add(s, e_square * c.mul_add(e_square, -b));
        let slope = two * (e.mul_add(L::splat(4.0) * c * e_square - two * b, s));
        let [along_x, along_y, _] = scaled(slope / length, d);
        let (by_sum, by_y) = (two * t * sum, two * t * y);
        let none = L::default();
        (energy, [[two * by_sum, (two * t).mul_add(r[1], by_y), none], [along_x + by_sum, along_y + by_y, none]])
    }
}
