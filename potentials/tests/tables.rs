//! Tables of known interactions against those interactions themselves, and what is said about tables that do not fit.

mod cases;

use cases::{Numbers, close, table};
use mcflow_potentials::{
    Cell, Configuration, LennardJones, Particles, PotentialSum, Precision, SoftRepulsion, TabulatedPair, Term, Truncation, Vectors,
};

/// Rows from 0.8 to 2.5 in so many intervals.
fn tabulated(intervals: u32, u: impl Fn(f64) -> f64) -> Term {
    let row = |i: u32| {
        let r = 0.8 + 1.7 * f64::from(i) / f64::from(intervals);
        format!("{r:.17} {:.17e}\n", u(r))
    };
    let mut term = TabulatedPair { file: "table".to_string(), cutoff: None, exclude: vec![], rows: None };
    term.take_text("table", &(0..=intervals).map(row).collect::<String>());
    Term::TabulatedPair(term)
}

/// A crystal with noise, whose nearest pairs are inside the tables.
fn crystal() -> Configuration {
    let cell = Cell::orthorhombic(&[9.0, 9.9, 10.8]).unwrap();
    let mut numbers = Numbers(2891336453);
    let points: Vec<[f64; 3]> = (0..720)
        .map(|i| [i % 8, i / 8 % 9, i / 72].map(f64::from))
        .map(|[x, y, z]| [1.125 * x, 1.1 * y, 1.08 * z].map(|v: f64| v + 0.1 * numbers.next()))
        .collect();
    Configuration { positions: Vectors::from_points(3, &points), cell }
}

/// Largest differences of energy and virial a particle, and of a force component, to those of `exact`; in f64 and in f32.
fn errors(term: Term, exact: Term) -> [f64; 4] {
    let c = crystal();
    let n = c.positions.n();
    let [table, exact] = [term, exact].map(|term| {
        let particles = Particles::alike("A", n, 1.0);
        assert_eq!(term.problems(&particles, &c.cell), []);
        let potential = PotentialSum::new(&[term], &particles, &c.cell);
        let (mut workspace, mut forces, mut mixed) = (potential.workspace(), Vectors::zeros(3, n), Vectors::zeros(3, n));
        let evaluation = potential.energy_and_forces(&c, &mut workspace, &mut forces);
        potential.forces(&c, &mut workspace, Precision::Mixed, &mut mixed);
        (evaluation, forces, mixed)
    });
    let largest = |a: &Vectors, b: &Vectors| a.row().iter().zip(b.row()).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    let part = |a: f64, b: f64| (a - b).abs() / n as f64;
    [part(table.0.energy, exact.0.energy), part(table.0.virial, exact.0.virial), largest(&table.1, &exact.1), largest(&table.2, &exact.1)]
}

fn shifted() -> Term {
    let (epsilon, sigma, cutoff, truncation) = (Some(1.0), Some(1.0), Some(2.5), Truncation::Shifted);
    Term::LennardJones(LennardJones { epsilon, sigma, cutoff, truncation, ..Default::default() })
}

#[test]
fn fine_tables_are_what_they_tabulate() {
    let u = |r: f64| 4.0 * (r.powi(-12) - r.powi(-6));
    let found = errors(tabulated(1700, u), shifted());
    assert!(found.iter().zip([1e-9, 1e-7, 3e-6, 1e-3]).all(|(found, most)| *found < most), "{found:?}");
    let soft = SoftRepulsion { epsilon: 0.7, radius: 1.1, exponent: 12, cutoff: Some(2.5), exclude: vec![] };
    let found = errors(tabulated(1700, |r| 0.7 * (1.1 / r).powi(12)), Term::SoftRepulsion(soft));
    assert!(found.iter().zip([1e-9, 1e-7, 3e-6, 1e-3]).all(|(found, most)| *found < most), "{found:?}");
}

#[test]
fn errors_fall_with_the_distance_of_rows() {
    let u = |r: f64| 4.0 * (r.powi(-12) - r.powi(-6));
    let [coarse, fine] = [170, 340].map(|intervals| errors(tabulated(intervals, u), shifted()));
    // Energies by the fourth power, forces by the third.
    for (k, least) in [10.0, 5.0, 5.0].into_iter().enumerate() {
        assert!(coarse[k] > least * fine[k], "{k}: {} and {}", coarse[k], fine[k]);
    }
}

#[test]
fn a_cutoff_within_the_table_shifts_the_energy() {
    let potential = |cutoff: Option<f64>| {
        let term = TabulatedPair { cutoff, ..table("waves", 0.02, 0.003, |r| (4.0 * r).cos()) };
        PotentialSum::new(&[Term::TabulatedPair(term)], &Particles::alike("A", 2, 1.0), &Cell::open(1))
    };
    let (whole, cut) = (potential(None), potential(Some(1.9)));
    assert_eq!((whole.cutoff(), cut.cutoff(), whole.has_discontinuous_energy()), (Some(2.3), Some(1.9), false));
    let energy = |potential: &PotentialSum, r: f64| {
        let c = Configuration { positions: Vectors::from_points(1, &[[0.0; 3], [r, 0.0, 0.0]]), cell: Cell::open(1) };
        potential.energy(&c, &mut potential.workspace()).energy
    };
    close(energy(&whole, 2.3 - 1e-12), 0.0, 1e-11, "at the end");
    close(energy(&cut, 1.9 - 1e-12), 0.0, 1e-11, "at the cutoff");
    assert_eq!((energy(&whole, 2.31), energy(&cut, 1.91)), (0.0, 0.0));
    close(energy(&cut, 1.0), energy(&whole, 1.0) - energy(&whole, 1.9), 1e-13, "the shift");
    close(energy(&whole, 1.0), 4f64.cos() - 9.2f64.cos(), 1e-5, "the function");
    // Two particles at one place: the line ends there, without a force.
    let potential = potential(None);
    let c = Configuration { positions: Vectors::zeros(1, 2), cell: Cell::open(1) };
    let mut forces = Vectors::zeros(1, 2);
    assert!(potential.energy_and_forces(&c, &mut potential.workspace(), &mut forces).energy.is_finite());
    assert_eq!(forces.row(), [0.0, 0.0]);
}

#[test]
fn ranges_that_do_not_fit_are_found() {
    let (cube, open) = (Cell::orthorhombic(&[4.5; 3]).unwrap(), Cell::open(3));
    let found = |cutoff: Option<f64>, cell: &Cell| -> Vec<String> {
        let term = Term::TabulatedPair(TabulatedPair { cutoff, ..table("waves", 0.02, 0.003, |r| (4.0 * r).cos()) });
        let problems = term.problems(&Particles::alike("A", 2, 1.0), cell);
        problems.into_iter().map(|p| format!("{}: {}; {}", p.key, p.found, p.expected)).collect()
    };
    assert!(found(None, &open).is_empty() && found(Some(2.25), &cube).is_empty());
    assert_eq!(
        found(None, &cube),
        ["cutoff: nothing, and a table up to 2.3 in a cell whose smallest height is 4.5; at most half of it, 2.25"]
    );
    assert_eq!(found(Some(2.28), &cube), ["cutoff: 2.28 in a cell whose smallest height is 4.5; at most half of it, 2.25"]);
    for (cutoff, shown) in [(2.4, "2.4"), (0.7, "0.7"), (-1.0, "-1"), (f64::NAN, "NaN")] {
        assert_eq!(found(Some(cutoff), &open), [format!("cutoff: {shown}; a number above 0.7 and at most 2.3, where the table ends")]);
    }
}
