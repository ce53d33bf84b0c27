//! Harmonic angles.

use super::group_problems;
use super::listed::{self, Listed};
use super::numbers::{not_below_zero, shared_or_own};
use super::sum_over_groups::{GroupForm, SumOverGroups};
use super::vectors::{arctangent, cross, dot, scaled, square};
use crate::interface::{Hold, Potential, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = sum over angles of (k / 2) (theta - theta0)^2, theta (in radians) being the angle at the second of three particles, in two or three
/// dimensions.
///
/// Neighbours in a group are joined between nearest images. Angles have k and theta0 of the term, or numbers of their own:
/// `angles: [(0, 1, 2), (particles: (1, 2, 3), angle: 109.5)]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicAngles {
    /// The angles.
    #[serde(with = "listed")]
    pub angles: Vec<HarmonicAngle>,
    /// k of angles that have none of their own, energy / radian^2; not below 0.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// theta0 of angles that have none of their own, in degrees, 0 to 180.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub angle: Option<f64>,
}

/// A harmonic angle, with numbers of its own where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmonicAngle {
    /// Three particles, counted from 0; the angle is at the second.
    pub particles: [usize; 3],
    /// k, energy / radian^2.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// theta0 in degrees.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub angle: Option<f64>,
}

impl From<[usize; 3]> for HarmonicAngle {
    fn from(particles: [usize; 3]) -> Self {
        Self { particles, stiffness: None, angle: None }
    }
}

impl Listed for HarmonicAngle {
    type Particles = [usize; 3];
    fn plain(particles: [usize; 3]) -> Self {
        particles.into()
    }
    fn as_plain(&self) -> Option<[usize; 3]> {
        (self.stiffness.is_none() && self.angle.is_none()).then_some(self.particles)
    }
}

impl TermInput for HarmonicAngles {
    fn name(&self) -> &'static str {
        "HarmonicAngles"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let groups: Vec<_> = self.angles.iter().map(|angle| angle.particles).collect();
        let mut problems = group_problems("angles", &groups, particles.n());
        if cell.dimension() == 1 {
            problems.push(Problem::new("", "one dimension", "two or three dimensions: on a line there are no angles"));
        }
        let stiffness = self.angles.iter().map(|angle| angle.stiffness);
        problems.extend(shared_or_own("angles", "stiffness", self.stiffness, stiffness, not_below_zero));
        let rule = |key: &str, value: f64| (!(0.0..=180.0).contains(&value)).then(|| Problem::new(key, value, "degrees from 0 to 180"));
        problems.extend(shared_or_own("angles", "angle", self.angle, self.angles.iter().map(|angle| angle.angle), rule));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        let groups = self.angles.iter().map(|angle| {
            let degrees = angle.angle.or(self.angle).unwrap_or_default();
            (angle.particles, [angle.stiffness.or(self.stiffness).unwrap_or_default(), degrees.to_radians()])
        });
        Box::new(SumOverGroups::new(Angle, groups, particles.n()))
    }
}

/// (k / 2) (theta - theta0)^2; the numbers are k and theta0 in radians.
#[derive(Debug)]
struct Angle;

impl GroupForm<3, 2> for Angle {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "HarmonicAngles"
    }
    fn hold(&self, _numbers: &[f64; 2]) -> Hold {
        Hold::Nothing
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, d, v]: &[[L; 3]; 3], &[k, angle]: &[L; 2]) -> (L, [[L; 3]; 3]) {
        // From the second particle u goes to the first, v to the third; n is perpendicular to both.
        let u = scaled(L::splat(-1.0), d);
        let normal = cross(u, v);
        let area = square(normal).sqrt();
        let bend = arctangent(area, dot(u, v)) - angle;
        let n = scaled(k * bend / area, normal);
        // d(theta)/du = u x n / u^2, d(theta)/dv = n x v / v^2 for a unit vector n: turning an arm about n opens or closes the angle.
        let by_d = scaled(L::splat(-1.0) / square(u), cross(u, n));
        let by_v = scaled(L::splat(1.0) / square(v), cross(n, v));
        (L::splat(0.5) * k * bend * bend, [[L::default(); 3], by_d, by_v])
    }
}
