//! Periodic dihedrals.

use super::loops::{Few, GroupForm};
use super::vectors::{cross, dot, scaled, square};
use super::{group_problems, stiffness_problem};
use crate::external::finite_problems;
use crate::{Cell, Hold, Particles, Potential};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = k sum over dihedrals of 1 + cos(n phi - delta), in three dimensions.
///
/// phi is the angle between the planes of the first three and of the last three particles, 0 where the first and the fourth lie on the
/// same side (cis), positive where the far end is turned clockwise (IUPAC). Neighbours in a group are joined between nearest images.
/// Where three particles lie on a line phi has no value, and the energy is k.
/// Source of the derivatives: Blondel and Karplus, J. Comput. Chem. 17 (1996) 1132.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodicDihedrals {
    /// Four particles each, counted from 0, in the order in which they are bonded.
    pub dihedrals: Vec<[usize; 4]>,
    /// k, energy; not below 0.
    pub stiffness: f64,
    /// n: 1 to 6.
    pub multiplicity: u32,
    /// delta in degrees.
    pub phase: f64,
}

/// Multiplicities of force fields.
const MOST: u32 = 6;

impl PeriodicDihedrals {
    pub(crate) fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let mut problems = group_problems("dihedrals", &self.dihedrals, particles.n());
        if cell.dimension() != 3 {
            problems.push(Problem::new("", format!("{} dimension(s)", cell.dimension()), "three dimensions"));
        }
        problems.extend(stiffness_problem(self.stiffness));
        if !(1..=MOST).contains(&self.multiplicity) {
            problems.push(Problem::new("multiplicity", self.multiplicity, format!("an integer from 1 to {MOST}")));
        }
        problems.extend(finite_problems("phase", self.phase));
        problems
    }

    pub(crate) fn build(&self, particles: &Particles) -> Box<dyn Potential> {
        let (sine, cosine) = self.phase.to_radians().sin_cos();
        let form = Dihedral { stiffness: self.stiffness, multiplicity: self.multiplicity, sine, cosine };
        Box::new(Few::new(form, self.dihedrals.clone(), particles.n()))
    }
}

#[derive(Debug)]
struct Dihedral {
    stiffness: f64,
    multiplicity: u32,
    /// Of delta.
    sine: f64,
    cosine: f64,
}

impl GroupForm<4> for Dihedral {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "PeriodicDihedrals"
    }
    fn hold(&self) -> Hold {
        Hold::Nothing
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, first, middle, last]: &[[L; 3]; 4]) -> (L, [[L; 3]; 4]) {
        let one = L::splat(1.0);
        let (a, b) = (cross(first, middle), cross(middle, last));
        let (a_square, b_square, length) = (square(a), square(b), square(middle).sqrt());
        let scale = one / (a_square.sqrt() * b_square.sqrt());
        let (cosine, sine) = (dot(a, b) * scale, dot(cross(a, b), middle) / length * scale);
        // cos(m phi) and sin(m phi), m = 1 to n.
        let (mut c, mut s) = (cosine, sine);
        for _ in 1..self.multiplicity {
            (c, s) = (c * cosine - s * sine, s * cosine + c * sine);
        }
        let (cosine, sine) = (L::splat(self.cosine), L::splat(self.sine));
        let k = L::splat(self.stiffness);
        let energy = k * (one + c.mul_add(cosine, s * sine));
        let slope = L::splat(-self.stiffness * f64::from(self.multiplicity)) * (s * cosine - c * sine);
        let (a, b) = (scaled(slope / a_square, a), scaled(slope / b_square, b));
        let (by_a, by_b) = (dot(first, middle) / length, dot(last, middle) / length);
        let mut by_middle = [L::default(); 3];
        for i in 0..3 {
            by_middle[i] = -(by_a * a[i] + by_b * b[i]);
        }
        (energy, [[L::default(); 3], scaled(length, a), by_middle, scaled(length, b)])
    }
}
