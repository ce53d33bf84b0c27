//! Which particles wander among each other, so that walkers must forget the arrangement that they start from.

use mcflow_engine::Wanderers;
use mcflow_potentials::{Places, Term};

/// Those of `n` particles with these terms; `None` where particles have no one to wander among (no interaction of all pairs, a line) or belong
/// to fixed places (restraints, landscapes of single particles).
pub(super) fn wanderers(terms: &[Term], n: usize, dimension: usize) -> Option<Wanderers> {
    let mut molecules: Vec<usize> = (0..n).collect();
    let mut restrained = vec![false; n];
    let mut pairs = false;
    for term in terms {
        pairs |= term.is_between_all_pairs();
        term.bonds().into_iter().for_each(|bond| bind(&mut molecules, bond));
        match term.places() {
            Places::OfNone => {}
            Places::Of(particles) => particles.iter().for_each(|&i| restrained[i] = true),
            Places::OfAll => return None,
        }
    }
    for particle in 0..n {
        molecules[particle] = root(&mut molecules, particle);
    }
    // On a line nobody passes anybody, whatever the sampling.
    let particles = (0..n).filter(|&i| !restrained[i]).collect();
    (pairs && dimension > 1).then_some(Wanderers { particles, molecules })
}

/// Makes two molecules one: each is a tree of particles that know one nearer to its root.
fn bind(molecules: &mut [usize], [first, second]: [usize; 2]) {
    let roots = [first, second].map(|particle| root(molecules, particle));
    molecules[roots[0].max(roots[1])] = roots[0].min(roots[1]);
}

fn root(molecules: &mut [usize], mut particle: usize) -> usize {
    while molecules[particle] != particle {
        molecules[particle] = molecules[molecules[particle]];
        particle = molecules[particle];
    }
    particle
}
