//! Energies without bound as training sees them: pair interactions below a distance, hard walls, bonds that cannot be longer.

use mcflow_potentials::{
    Cell, DoubleWellPair, FeneBonds, HarmonicRestraint, LennardJones, Particles, PotentialSum, SoftRepulsion, Softening, SphericalWall,
    Term, Truncation, Wca,
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
fn softened_by(term: &Term, row: &[f64], softening: Softening) -> (f64, Vec<f64>) {
    let (particles, cell) = (Particles::alike("A", row.len() / 2, 1.0), Cell::open(2));
    let potential = PotentialSum::new(std::slice::from_ref(term), &particles, &cell);
    let (mut u, mut gradient) = ([0.0], vec![0.0; row.len()]);
    potential.softened_energies_and_gradients(&cell, row, softening, &mut u, &mut gradient);
    (u[0], gradient)
}

fn softened(term: &Term, row: &[f64], core: f64) -> (f64, Vec<f64>) {
    softened_by(term, row, Softening { core, edge: 0.0 })
}

/// The gradient is that of the energy, by differences of fourth order.
fn assert_consistent(term: &Term, row: &[f64], softening: Softening) {
    let (_, gradient) = softened_by(term, row, softening);
    for k in 0..row.len() {
        let at = |h: f64| {
            let mut moved = row.to_vec();
            moved[k] += h;
            softened_by(term, &moved, softening).0
        };
        let h = 1e-5;
        let numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        let tolerance = 1e-7 * (1.0 + gradient.iter().fold(0.0f64, |m, g| m.max(g.abs())));
        assert!((numeric - gradient[k]).abs() < tolerance, "{} {k}: {numeric} {}", term.name(), gradient[k]);
    }
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
        assert_consistent(&term, &row, Softening { core: CORE, edge: 0.0 });
    }
}

/// U of a bond of length r R from 1 - r^2 = 0.02 on: the tangent in r^2.
#[test]
fn beyond_hard_edges_there_is_a_way_back() {
    let softening = Softening { core: 0.0, edge: 50.0 };
    let wall = Term::SphericalWall(SphericalWall { radius: 2.0, stiffness: None });
    let bond = Term::FeneBonds(FeneBonds { bonds: vec![[0, 1].into()], stiffness: Some(3.0), max_length: Some(2.0) });
    // One particle at 1.5 R, the other one inside.
    let outside = [1.8, 0.3, 2.4, -0.4];
    assert!((softened_by(&wall, &outside, softening).0 - 50.0 * 0.25).abs() < 1e-12);
    assert_eq!(softened_by(&wall, &outside, Softening::default()).0, f64::INFINITY);
    let scale = 0.5 * 3.0 * 4.0;
    for r in [0.995, 1.0, 1.3f64] {
        let expected = scale * (-(0.02f64).ln() + (r * r - 0.98) / 0.02);
        let (found, gradient) = softened_by(&bond, &pair(2.0 * r), softening);
        assert!((found - expected).abs() < 1e-11 * expected, "{r}: {found}, not {expected}");
        assert!(gradient.iter().all(|g| g.abs() > 1.0), "{r}: {gradient:?}");
    }
    assert_eq!(softened_by(&bond, &pair(2.6), Softening::default()).0, f64::INFINITY);
    for term in [&wall, &bond] {
        assert_consistent(term, &outside, softening);
        assert_consistent(term, &pair(2.6), softening);
        // Inside nothing changes, to the last bit.
        assert_eq!(softened_by(term, &pair(1.9), softening), softened_by(term, &pair(1.9), Softening::default()), "{}", term.name());
    }
}

#[test]
fn other_terms_are_as_they_are() {
    let term = Term::HarmonicRestraint(HarmonicRestraint { stiffness: 2.0, particles: None, to: vec![vec![0.0, 0.0]; 2] });
    let softening = Softening { core: CORE, edge: 50.0 };
    assert_eq!(softened_by(&term, &pair(0.1), softening), softened(&term, &pair(0.1), 0.0));
}
