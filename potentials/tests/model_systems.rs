//! Model systems against their known partition functions and populations, by quadrature; walls and pairs by hand.

use mcflow_potentials::{Cell, Configuration, Evaluation, Particles, PotentialSum, Term, Vectors};

fn potential(texts: &[&str], n: usize, cell: &Cell) -> PotentialSum {
    let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES);
    let particles = Particles::alike("A", n, 1.0);
    let terms: Vec<Term> = texts.iter().map(|text| options.from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))).collect();
    for term in &terms {
        assert_eq!(term.problems(&particles, cell), [], "{term:?}");
        // What is written is read again.
        assert_eq!(&options.from_str::<Term>(&options.to_string(term).unwrap()).unwrap(), term);
    }
    PotentialSum::new(&terms, &particles, cell)
}

fn evaluate(texts: &[&str], cell: &Cell, points: &[[f64; 3]]) -> (Evaluation, Vectors) {
    let potential = potential(texts, points.len(), cell);
    let c = Configuration { positions: Vectors::from_points(cell.dimension(), points), cell: cell.clone() };
    let mut forces = Vectors::zeros(cell.dimension(), points.len());
    (potential.energy_and_forces(&c, &mut potential.workspace(), &mut forces), forces)
}

fn energy(texts: &[&str], cell: &Cell, points: &[[f64; 3]]) -> f64 {
    evaluate(texts, cell, points).0.energy
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found} against {expected}");
}

/// Energies over a grid of midpoints: rows are made of the two coordinates by `row`. Smooth functions that vanish at the borders are integrated to
/// rounding by such a sum.
struct Grid {
    points: Vec<[f64; 2]>,
    energies: Vec<f64>,
    area: f64,
}

impl Grid {
    fn new(potential: &PotentialSum, cell: &Cell, [x, y]: [(f64, f64); 2], steps: usize, row: impl Fn(f64, f64) -> Vec<f64>) -> Self {
        let at = |(from, to): (f64, f64), k: usize| from + (to - from) * (k as f64 + 0.5) / steps as f64;
        let points: Vec<[f64; 2]> = (0..steps * steps).map(|k| [at(x, k % steps), at(y, k / steps)]).collect();
        let rows: Vec<f64> = points.iter().flat_map(|p| row(p[0], p[1])).collect();
        let mut energies = vec![0.0; points.len()];
        potential.energies(cell, &rows, &mut energies);
        Self { points, energies, area: (x.1 - x.0) * (y.1 - y.0) / (steps * steps) as f64 }
    }

    /// The integral of e^(-U / T) over the points that `inside` takes.
    fn integral(&self, temperature: f64, inside: impl Fn([f64; 2]) -> bool) -> f64 {
        let weights = self.points.iter().zip(&self.energies).filter(|(p, _)| inside(**p)).map(|(_, u)| (-u / temperature).exp());
        weights.sum::<f64>() * self.area
    }
}

fn plane_grid(text: &str, from: f64, to: f64, steps: usize) -> Grid {
    let cell = Cell::open(2);
    Grid::new(&potential(&[text], 1, &cell), &cell, [(from, to); 2], steps, |x, y| vec![x, y])
}

#[test]
fn triple_well_has_its_populations() {
    let grid = plane_grid("TripleWell()", -14.0, 14.0, 1400);
    let all = grid.integral(1.0, |_| true);
    close(all.ln(), 4.43918, 1e-5);
    let centres = [[-2.2, -1.0], [0.0, 2.0], [2.0, -0.8]];
    let distance = |p: [f64; 2], k: usize| (p[0] - centres[k][0]).powi(2) + (p[1] - centres[k][1]).powi(2);
    for (k, population) in [0.41840, 0.29348, 0.28813].into_iter().enumerate() {
        let inside = grid.integral(1.0, |p| (0..3).all(|other| distance(p, k) <= distance(p, other)));
        close(inside / all, population, 1e-4);
    }
}

#[test]
fn coupled_wells_and_ring_have_their_partition_functions() {
    let wells = plane_grid("CoupledWells(barrier: 10.0)", -6.0, 6.0, 1200);
    for (temperature, logarithm) in [(0.5, -1.84110), (1.0, -1.13661), (5.0, 0.57003)] {
        close(wells.integral(temperature, |_| true).ln(), logarithm, 1e-5);
    }
    let ring = plane_grid("Ring(a: 3.0, b: 0.25)", -6.0, 6.0, 1200);
    close(ring.integral(1.0, |_| true).ln(), 2.28015, 1e-5);
}

#[test]
fn pairs_by_hand() {
    let cell = Cell::open(2);
    // A square of side 3 with diagonals of sqrt(18).
    let square = [[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 3.0, 0.0], [0.0, 3.0, 0.0]];
    let of = |d: f64| 0.9 * (d - 4.0).powi(4) - 4.0 * (d - 4.0).powi(2);
    let text = "DoubleWellPair(a: 0.0, b: -4.0, c: 0.9, offset: 4.0)";
    close(energy(&[text], &cell, &square), 4.0 * of(3.0) + 2.0 * of(18f64.sqrt()), 1e-13);
    close(energy(&[text], &cell, &square), -4.0 * 3.1 + 2.0 * of(18f64.sqrt()), 1e-13);
    // Particles at one place.
    let (evaluation, forces) = evaluate(&[text], &cell, &[[1.0, 1.0, 0.0]; 2]);
    close(evaluation.energy, 0.9 * 256.0 - 64.0, 1e-13);
    assert_eq!(forces.row(), [0.0; 4]);
    let soft = |text: &str, r: f64| energy(&[text], &cell, &[[0.0; 3], [r, 0.0, 0.0]]);
    close(soft("SoftRepulsion(epsilon: 2.0, radius: 3.0, exponent: 2)", 6.0), 0.5, 1e-14);
    close(soft("SoftRepulsion(epsilon: 2.0, radius: 1.0, exponent: 6, cutoff: 2.0)", 1.0), 2.0 - 2.0 / 64.0, 1e-14);
    close(soft("SoftRepulsion(epsilon: 2.0, radius: 1.0, exponent: 6, cutoff: 2.0)", 2.0 + 1e-12), 0.0, 1e-14);
}

#[test]
fn walls_and_tethers_by_hand() {
    let (plane, space) = (Cell::open(2), Cell::open(3));
    close(energy(&["Walls(half_width: 3.0, stiffness: 200.0)"], &plane, &[[3.5, -3.1, 0.0], [1.0, -3.0, 0.0]]), 200.0 * 0.26, 1e-12);
    close(energy(&["SphericalWall(radius: 2.5, stiffness: 4.0)"], &space, &[[2.0, 2.0, 1.0], [0.0; 3]]), 4.0 * 0.25, 1e-14);
    let hard = ["SphericalWall(radius: 3.0)"];
    assert_eq!(energy(&hard, &space, &[[2.0, 2.0, 1.0], [0.0; 3]]), 0.0);
    let (evaluation, forces) = evaluate(&hard, &space, &[[2.0, 2.0, 1.01], [0.0; 3]]);
    assert_eq!((evaluation.energy, forces.row()), (f64::INFINITY, &[0.0; 6][..]));
    let wall = potential(&hard, 2, &space);
    assert!(wall.has_discontinuous_energy());
    let mut energies = [0.0; 2];
    wall.energies(&space, &[2.0, 0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 3.0, 0.0], &mut energies);
    assert_eq!(energies, [0.0, f64::INFINITY]);
}
