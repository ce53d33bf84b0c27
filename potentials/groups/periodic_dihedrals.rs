//! Periodic dihedrals.

use super::group_problems_by_kind;
use super::listed::{self, Listed};
use super::numbers::{not_below_zero, shared_or_own};
use super::sum_over_groups::{GroupForm, SumOverGroups};
use super::vectors::{cross, dot, scaled, square};
use crate::interface::checks::finite_problems;
use crate::interface::{Hold, Local, Potential, Several, TermInput, optional};
use crate::space::{Cell, Particles};
use mcflow_base::{Lane, Problem};
use serde::{Deserialize, Serialize};

/// U = sum over dihedrals of k [1 + cos(n phi - delta)], in three dimensions.
///
/// phi is the angle between the planes of the first three and of the last three particles, 0 where the first and the fourth lie on the
/// same side (cis), positive where the far end is turned clockwise (IUPAC). Neighbours in a group are joined between nearest images.
/// Where three particles lie on a line phi has no value, and the energy is k.
///
/// Dihedrals have k, n and delta of the term, or numbers of their own: `dihedrals: [(0, 1, 2, 3), (particles: (0, 1, 2, 3), multiplicity:
/// 3)]`. The same four particles may be there once for each n.
/// Source of the derivatives: Blondel and Karplus, J. Comput. Chem. 17 (1996) 1132.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodicDihedrals {
    /// The dihedrals.
    #[serde(with = "listed")]
    pub dihedrals: Vec<PeriodicDihedral>,
    /// k of dihedrals that have none of their own, energy; not below 0.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// n of dihedrals that have none of their own: 1 to 6.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub multiplicity: Option<u32>,
    /// delta of dihedrals that have none of their own, in degrees.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub phase: Option<f64>,
}

/// A periodic dihedral, with numbers of its own where it has some.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodicDihedral {
    /// Four particles, counted from 0, in the order in which they are bonded.
    pub particles: [usize; 4],
    /// k, energy.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub stiffness: Option<f64>,
    /// n.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub multiplicity: Option<u32>,
    /// delta in degrees.
    #[serde(default, with = "optional", skip_serializing_if = "Option::is_none")]
    pub phase: Option<f64>,
}

/// Multiplicities of force fields.
const MOST: u32 = 6;

impl From<[usize; 4]> for PeriodicDihedral {
    fn from(particles: [usize; 4]) -> Self {
        Self { particles, stiffness: None, multiplicity: None, phase: None }
    }
}

impl Listed for PeriodicDihedral {
    type Particles = [usize; 4];
    fn plain(particles: [usize; 4]) -> Self {
        particles.into()
    }
    fn as_plain(&self) -> Option<[usize; 4]> {
        (*self == self.particles.into()).then_some(self.particles)
    }
}

impl PeriodicDihedrals {
    fn multiplicity_of(&self, dihedral: &PeriodicDihedral) -> u32 {
        dihedral.multiplicity.or(self.multiplicity).unwrap_or_default()
    }
}

impl TermInput for PeriodicDihedrals {
    fn name(&self) -> &'static str {
        "PeriodicDihedrals"
    }

    fn problems(&self, particles: &Particles, cell: &Cell) -> Vec<Problem> {
        let groups = self.dihedrals.iter().map(|dihedral| (dihedral.particles, self.multiplicity_of(dihedral)));
        let mut problems = group_problems_by_kind("dihedrals", groups, particles.n());
        if cell.dimension() != 3 {
            problems.push(Problem::new("", format!("{} dimension(s)", cell.dimension()), "three dimensions"));
        }
        let own = |number: fn(&PeriodicDihedral) -> Option<f64>| self.dihedrals.iter().map(number);
        problems.extend(shared_or_own("dihedrals", "stiffness", self.stiffness, own(|dihedral| dihedral.stiffness), not_below_zero));
        let rule = |key: &str, value: f64| {
            let is_one = (1..=MOST).any(|multiplicity| value == f64::from(multiplicity));
            (!is_one).then(|| Problem::new(key, value, format!("an integer from 1 to {MOST}")))
        };
        let multiplicity = own(|dihedral| dihedral.multiplicity.map(f64::from));
        problems.extend(shared_or_own("dihedrals", "multiplicity", self.multiplicity.map(f64::from), multiplicity, rule));
        problems.extend(shared_or_own("dihedrals", "phase", self.phase, own(|dihedral| dihedral.phase), finite_problems));
        problems
    }

    fn build(&self, particles: &Particles, _cell: &Cell) -> Box<dyn Potential> {
        // A part for each multiplicity, which is then the same in all elements of a lane.
        let part = |multiplicity: u32| {
            let groups = self.dihedrals.iter().filter(move |dihedral| self.multiplicity_of(dihedral) == multiplicity).map(|dihedral| {
                let (sine, cosine) = dihedral.phase.or(self.phase).unwrap_or_default().to_radians().sin_cos();
                (dihedral.particles, [dihedral.stiffness.or(self.stiffness).unwrap_or_default(), cosine, sine])
            });
            SumOverGroups::new(Dihedral { multiplicity }, groups, particles.n())
        };
        let mut multiplicities: Vec<u32> = self.dihedrals.iter().map(|dihedral| self.multiplicity_of(dihedral)).collect();
        multiplicities.sort_unstable();
        multiplicities.dedup();
        match multiplicities[..] {
            [] => Box::new(part(1)),
            [only] => Box::new(part(only)),
            _ => {
                let parts = multiplicities.into_iter().map(|multiplicity| Box::new(part(multiplicity)) as Box<dyn Local>);
                Box::new(Several { name: "PeriodicDihedrals", parts: parts.collect() })
            }
        }
    }
}

/// k [1 + cos(n phi - delta)]; the numbers are k, cos(delta) and sin(delta).
#[derive(Debug)]
struct Dihedral {
    multiplicity: u32,
}

impl GroupForm<4, 3> for Dihedral {
    const TRANSLATES: bool = true;
    fn name(&self) -> &'static str {
        "PeriodicDihedrals"
    }
    fn hold(&self, _numbers: &[f64; 3]) -> Hold {
        Hold::Nothing
    }
    #[inline(always)]
    fn evaluate<L: Lane>(&self, &[_, first, middle, last]: &[[L; 3]; 4], &[k, cosine_0, sine_0]: &[L; 3]) -> (L, [[L; 3]; 4]) {
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
        let energy = k * (one + c.mul_add(cosine_0, s * sine_0));
        let slope = L::splat(-f64::from(self.multiplicity)) * k * (s * cosine_0 - c * sine_0);
        let (a, b) = (scaled(slope / a_square, a), scaled(slope / b_square, b));
        let (by_a, by_b) = (dot(first, middle) / length, dot(last, middle) / length);
        let mut by_middle = [L::default(); 3];
        for i in 0..3 {
            by_middle[i] = -(by_a * a[i] + by_b * b[i]);
        }
        (energy, [[L::default(); 3], scaled(length, a), by_middle, scaled(length, b)])
    }
}
