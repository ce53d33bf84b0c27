//! Terms of two, three or four particles that the user names: bonds, angles, dihedrals, the bistable dimer.

mod bistable_dimer;
mod fene_bonds;
mod harmonic_angles;
mod harmonic_bonds;
pub(crate) mod loops;
mod periodic_dihedrals;
mod vectors;

pub use bistable_dimer::BistableDimer;
pub use fene_bonds::FeneBonds;
pub use harmonic_angles::HarmonicAngles;
pub use harmonic_bonds::HarmonicBonds;
pub use periodic_dihedrals::PeriodicDihedrals;

use crate::Cell;
use mcflow_base::Problem;
use std::collections::BTreeSet;

/// What is wrong with the groups that stand at `key`, for `n` particles.
fn group_problems<const SIZE: usize>(key: &str, groups: &[[usize; SIZE]], n: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (k, group) in groups.iter().enumerate() {
        let key = format!("{key}[{k}]");
        let found = format!("({})", group.map(|i| i.to_string()).join(", "));
        let mut backwards = *group;
        backwards.reverse();
        if group.iter().any(|&i| i >= n) {
            problems.push(Problem::new(key, found, format!("particles below {n}, counted from 0")));
        } else if (1..SIZE).any(|k| group[..k].contains(&group[k])) {
            problems.push(Problem::new(key, found, format!("{SIZE} different particles")));
        } else if !seen.insert((*group).min(backwards)) {
            problems.push(Problem::new(key, format!("{found} a second time"), "each of them once, in one of its two directions"));
        }
    }
    problems
}

/// What is wrong with a stiffness.
fn stiffness_problem(value: f64) -> Option<Problem> {
    (!(value.is_finite() && value >= 0.0)).then(|| Problem::new("stiffness", value, "a finite number, 0 or above"))
}

/// What is wrong with the length of a bond, which is that between nearest images.
fn length_problem(key: &str, length: f64, cell: &Cell) -> Option<Problem> {
    let height = cell.smallest_height();
    (2.0 * length > height).then(|| {
        Problem::new(
            key,
            format!("{length} in a cell whose smallest height is {height}"),
            format!("at most half of it, {}: bonds go to nearest images", height / 2.0),
        )
    })
}
