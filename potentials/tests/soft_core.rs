//! Pair interactions that below a distance go on along their tangent, as training sees them.

use mcflow_potentials::{
    Cell, DoubleWellPair, HarmonicRestraint, LennardJones, Particles, PotentialSum, SoftRepulsion, Term, Truncation, Wca,
};

const CORE: f64 = 0.75;

/// One of each kind, a mixture and an exclusion among them.
fn pair_terms() -> Vec<Term> {
    let (epsilon, sigma) = (Some(1.3), Some(0.9));
    vec![
        Term::LennardJones(LennardJones { epsilon, sigma, cutoff: Some(2.5), truncation: Truncation::Shifted, ..Default::default() }),
        Term::Wca(Wca { epsilon, sigma, ..Default::default() }),
        Term::SoftRepulsion(SoftRepulsion { epsilon: 1.0, radius: 1.1, exponent: 12, cutoff: None, exclude: vec![] }),
        Term::DoubleWellPair(DoubleWellPair { a: 0.3, b: -4.0, c: 0.9, offset: 4.0 }),
    ]
}

/// U and dU/dx of one row in the plane.
fn softened(term: &Term, row: &[f64], soft_core: f64) -> (f64, Vec<f64>) {
    let (particles, cell) = (Particles::alike("A", row.len() / 2, 1.0), Cell::open(2));
    let potential = PotentialSum::new(std::slice::from_ref(term), &particles, &cell);
    let (mut u, mut gradient) = ([0.0], vec![0.0; row.len()]);
    potential.softened_energies_and_gradients(&cell, row, soft_core, &mut u, &mut gradient);
    (u[0], gradient)
}

/// Two particles at distance r.
fn pair(r: f64) -> [f64; 4] {
    [0.3, 0.3 + 0.6 * r, -0.4, -0.4 + 0.8 * r]
}

#[test]
fn below_the_core_pairs_follow_their_tangent() {
    for term in pair_terms() {
        let (at_core, gradient) = softened(&term, &pair(CORE), 0.0);
        let slope = gradient[1] * 0.6 + gradient[3] * 0.8;
        for r in [0.7, 0.3, 1e-3] {
            let (u, gradient) = softened(&term, &pair(r), CORE);
            let expected = at_core + (r - CORE) * slope;
            assert!((u - expected).abs() < 1e-10 * expected.abs().max(1.0), "{}: {u} at {r}, not {expected}", term.name());
            let found = [gradient[1] / 0.6, gradient[3] / 0.8, -gradient[0] / 0.6];
            assert!(found.iter().all(|g| (g - slope).abs() < 1e-9 * slope.abs()), "{}: {found:?} at {r}, not {slope}", term.name());
        }
        // On top of each other: an energy, and no direction.
        let (u, gradient) = softened(&term, &pair(0.0), CORE);
        assert!((u - (at_core - CORE * slope)).abs() < 1e-5 * u.abs() && gradient.iter().all(|g| g.is_finite()), "{}", term.name());
        // Beyond it nothing changes, to the last bit.
        for r in [0.76, 1.4, 3.0] {
            assert_eq!(softened(&term, &pair(r), CORE), softened(&term, &pair(r), 0.0), "{}", term.name());
        }
    }
}

#[test]
fn gradients_are_those_of_the_softened_energy() {
    let row = [0.0, 0.4, 0.9, 0.35, 1.6, 0.0, 0.1, -0.2, 0.6, 0.7];
    for term in pair_terms() {
        let (_, gradient) = softened(&term, &row, CORE);
        for k in 0..row.len() {
            let at = |h: f64| {
                let mut moved = row;
                moved[k] += h;
                softened(&term, &moved, CORE).0
            };
            let h = 1e-5;
            let numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            let tolerance = 1e-7 * (1.0 + gradient.iter().fold(0.0f64, |m, g| m.max(g.abs())));
            assert!((numeric - gradient[k]).abs() < tolerance, "{} {k}: {numeric} {}", term.name(), gradient[k]);
        }
    }
}

#[test]
fn other_terms_have_no_core() {
    let term = Term::HarmonicRestraint(HarmonicRestraint { stiffness: 2.0, particles: None, to: vec![vec![0.0, 0.0]; 2] });
    assert_eq!(softened(&term, &pair(0.1), CORE), softened(&term, &pair(0.1), 0.0));
}
