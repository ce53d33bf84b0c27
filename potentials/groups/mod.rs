//! Terms of two, three or four particles that the user names: bonds, angles, dihedrals, the bistable dimer.

mod bistable_dimer;
mod fene_bonds;
mod harmonic_angles;
mod harmonic_bonds;
mod lennard_jones_pairs;
mod listed;
mod numbers;
mod periodic_dihedrals;
pub(crate) mod sum_over_groups;
mod vectors;

pub use bistable_dimer::BistableDimer;
pub use fene_bonds::{FeneBond, FeneBonds};
pub use harmonic_angles::{HarmonicAngle, HarmonicAngles};
pub use harmonic_bonds::{HarmonicBond, HarmonicBonds};
pub use lennard_jones_pairs::{LennardJonesPair, LennardJonesPairs};
pub use periodic_dihedrals::{PeriodicDihedral, PeriodicDihedrals};

use mcflow_base::Problem;
use std::collections::BTreeSet;

/// What is wrong with the groups that stand at `key`, for `n` particles.
fn group_problems<const SIZE: usize>(key: &str, groups: &[[usize; SIZE]], n: usize) -> Vec<Problem> {
    group_problems_by_kind(key, groups.iter().map(|&group| (group, 0)), n)
}

/// The same where particles may be a group once for each kind.
fn group_problems_by_kind<const SIZE: usize>(key: &str, groups: impl Iterator<Item = ([usize; SIZE], u32)>, n: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (k, (group, kind)) in groups.enumerate() {
        let key = format!("{key}[{k}]");
        let found = format!("({})", group.map(|i| i.to_string()).join(", "));
        let mut backwards = group;
        backwards.reverse();
        if group.iter().any(|&i| i >= n) {
            problems.push(Problem::new(key, found, format!("particles below {n}, counted from 0")));
        } else if (1..SIZE).any(|k| group[..k].contains(&group[k])) {
            problems.push(Problem::new(key, found, format!("{SIZE} different particles")));
        } else if !seen.insert((kind, group.min(backwards))) {
            problems.push(Problem::new(key, format!("{found} a second time"), "each of them once, in one of its two directions"));
        }
    }
    problems
}
