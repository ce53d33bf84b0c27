//! Harmonic angles.

use super::loops::{Few, GroupForm};
use super::vectors::{arctangent, cross, dot, scaled, square};
use super::{group_problems, stiffness_problem};
use crate::{Cell, Hold, Particles, Potential};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = (k / 2) sum over angles of (theta - theta0)^2, theta (in radians) being the angle at the second of three particles, in two or three
/// dimensions.
///
/// Neighbours in a group are joined between nearest images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicAngles {
    /// Three particles each, counted from 0; the angle is at the second.
    pub angles: Vec<[usize; 3]>,
    /// k, energy / radian^2; not below 0.
    pub stiffness: f64,
    /// theta0 in degrees, 0 to 180.
    pub angle: f64,
}

impl HarmonicAngles {
    pub(crate) fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = group_problems("angles", &self.angles, particles.n());
        if cell.dimension() == 1 {
            problems.push(Problem::new("", "one dimension", "two or three dimensions: on a line there are no angles"));
        }
        problems.extend(stiffness_problem(self.stiffness));
        if !(0.0..=180.0).contains(&self.angle) {
            problems.push(Problem::new("angle", self.angle, "degrees from 0 to 180"));
        }
        problems
    }

    pub(crate) fn build(&self, particles: &Particles) -> Box<dyn Potential> {
        let form = Angle { stiffness: self.stiffness, angle: self.angle.to_radians() };
        Box::new(Few::new(form, self.angles.clone(), particles.n()))
    }
}

#[derive(Debug)]
struct Angle {
    stiffness: f64,
    /// In radians.
    angle: f64,
}

impl GroupForm<3> for Angle {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "HarmonicAngles"
    }
    fn hold(&self) -> Hold {
        Hold::Nothing
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d, v]: &[[L; 3]; 3]) -> (L, [[L; 3]; 3]) {
        // From the second particle u goes to the first, v to the third; n is perpendicular to both.
        let u = scaled(L::splat(-1.0), d);
        let normal = cross(u, v);
        let area = square(normal).sqrt();
        let k = L::splat(self.stiffness);
        let bend = arctangent(area, dot(u, v)) - L::splat(self.angle);
        let n = scaled(k * bend / area, normal);
        // d(theta)/du = u x n / u^2, d(theta)/dv = n x v / v^2 for a unit vector n: turning an arm about n opens or closes the angle.
        let by_d = scaled(L::splat(-1.0) / square(u), cross(u, n));
        let by_v = scaled(L::splat(1.0) / square(v), cross(n, v));
        (L::splat(0.5) * k * bend * bend, [[L::default(); 3], by_d, by_v])
    }
}
