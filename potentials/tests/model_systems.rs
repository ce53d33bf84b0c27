//! Model systems against their known partition functions and populations, by quadrature; few-body terms by hand.

use mcflow_potentials::{Cell, Configuration, Evaluation, Moved, Particles, PotentialSum, Term, Vectors};

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

/// Energies over a grid of midpoints: rows are made of the two coordinates by `row`. Smooth functions that vanish at the borders are
/// integrated to rounding by such a sum.
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

    /// The mean energy.
    fn mean(&self, temperature: f64) -> f64 {
        let sum: f64 = self.energies.iter().map(|u| u * (-u / temperature).exp()).sum();
        sum * self.area / self.integral(temperature, |_| true)
    }
}

fn plane_grid(text: &str, from: f64, to: f64, steps: usize) -> Grid {
    let cell = Cell::open(2);
    Grid::new(&potential(&[text], 1, &cell), &cell, [(from, to); 2], steps, |x, y| vec![x, y])
}

#[test]
fn wolfe_quapp_has_its_free_energies() {
    let cell = Cell::open(1);
    let potential = potential(&["WolfeQuapp()"], 2, &cell);
    let grid = Grid::new(&potential, &cell, [(-4.0, 4.0); 2], 800, |x, y| vec![x, y]);
    let expected = [
        (1.0, 3.31503, -1.71156, 1.16139),
        (1.38, 2.35628, -1.31840, 1.77151),
        (1.9, 1.65474, -0.88656, 2.69452),
        (2.63, 1.13175, -0.40371, 4.07010),
        (3.62, 0.76897, 0.10390, 5.84304),
        (5.0, 0.52451, 0.62069, 7.82837),
    ];
    for (temperature, difference, logarithm, mean) in expected {
        let (left, right) = (grid.integral(temperature, |p| p[0] < 0.0), grid.integral(temperature, |p| p[0] > 0.0));
        // A border through the middle of the integrand costs an error of the square of the step, 1e-5 here.
        close((left / right).ln(), difference, 2e-5);
        close((left + right).ln(), logarithm, 1e-5);
        close(grid.mean(temperature), mean, 1e-5);
    }
    // The bath, by hand.
    let at = [[0.3, 0.0, 0.0], [-1.2, 0.0, 0.0], [0.5, 0.0, 0.0], [-2.0, 0.0, 0.0]];
    let without = energy(&["WolfeQuapp(factor: 3.0)"], &cell, &at[..2]);
    close(energy(&["WolfeQuapp(bath_stiffness: 2.0, factor: 3.0)"], &cell, &at), without + 2.0 * 4.25, 1e-14);
    close(without, 1.5 * energy(&["WolfeQuapp()"], &cell, &at[..2]), 1e-14);
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
fn a_bare_dimer_has_its_free_energies() {
    // Closed less open. In the centre of mass and the difference (u, v) the tether is t (2 X)^2 + t (2 Y^2 + v^2 / 2): X and Y drop out
    // of the ratio, so that they are set to 0. Expected values are from radial quadrature by Simpson's rule in another program.
    let cell = Cell::open(2);
    for (slope, expected) in [(2.0, -4.441_205), (-0.5, 1.077_389), (0.0, -0.026_505)] {
        let potential = potential(&[&format!("BistableDimer(particles: (0, 1), slope: {slope:?})")], 2, &cell);
        let row = |u: f64, v: f64| vec![-u / 2.0, u / 2.0, -v / 2.0, v / 2.0];
        let grid = Grid::new(&potential, &cell, [(0.0, 3.6), (-3.0, 3.0)], 1200, row);
        let closed = |p: [f64; 2]| p[0].hypot(p[1]) < 1.5;
        let difference = -(grid.integral(1.0, closed) / grid.integral(1.0, |p| !closed(p))).ln();
        close(difference, expected, 2e-6);
    }
    // By hand: x1 + x2 = 0.3, y1 = 0.5, y2 = 0.1 and a distance of sqrt(2.5^2 + 0.4^2).
    let e = 2.0 * (6.41f64.sqrt() - 1.5);
    let expected = 20.0 * (0.09 + 0.25 + 0.01) - e - 25.0 * e * e + 10.0 * e.powi(4);
    close(energy(&["BistableDimer(particles: (0, 1), slope: -1.0)"], &cell, &[[-1.1, 0.5, 0.0], [1.4, 0.1, 0.0]]), expected, 1e-13);
}

#[test]
fn dimer_in_solvent_by_hand() {
    // Two solvent particles at distances of 1 from each other and from the second of the dimer; one is outside of the walls by 0.5.
    let cell = Cell::open(2);
    let texts = [
        "SoftRepulsion(epsilon: 1.0, radius: 1.1, exclude: [(0, 1)])",
        "Walls(half_width: 3.0, stiffness: 200.0)",
        "BistableDimer(particles: (0, 1), slope: 2.0)",
    ];
    let points = [[-0.75, 0.0, 0.0], [0.75, 0.0, 0.0], [1.75, 0.0, 0.0], [3.5, 0.0, 0.0]];
    let repulsion: f64 = [1.0, 2.5, 2.75, 4.25, 1.75].iter().map(|r: &f64| (1.1 / r).powi(12)).sum();
    close(energy(&texts, &cell, &points), repulsion + 200.0 * 0.25, 1e-13);
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
    // However far apart, the energy grows.
    for r in [1e6, 1e14, 1e16, 1e20, 1e60] {
        let (far, potential) = ([[0.0; 3], [r, 0.0, 0.0], [0.0, 1.0, 0.0]], potential(&[text], 3, &cell));
        let c = Configuration { positions: Vectors::from_points(2, &far), cell: cell.clone() };
        let mut block = [0.0];
        potential.energies(&cell, c.positions.row(), &mut block);
        let near = Configuration { positions: Vectors::from_points(2, &[far[0], [3.0, 0.0, 0.0], far[2]]), cell: cell.clone() };
        let change = potential.change(&near, &mut potential.workspace(), &[Moved { particle: 1, to: far[1] }]);
        let found = [block[0], energy(&[text], &cell, &far), change];
        let expected = 2.0 * 0.9 * r.powi(4);
        assert!(found.iter().all(|u| (u / expected - 1.0).abs() < 1e-4), "{r}: {found:?} against {expected}");
    }
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
    // About the centre (1, 1): distances of sqrt 2, sqrt 2 and 0.
    let (evaluation, forces) = evaluate(&["CentreTether(stiffness: 3.0)"], &plane, &[[0.0, 0.0, 0.0], [2.0, 2.0, 0.0], [1.0, 1.0, 0.0]]);
    close(evaluation.energy, 6.0, 1e-14);
    close(evaluation.virial, -12.0, 1e-14);
    assert_eq!(forces.row(), [3.0, -3.0, 0.0, 3.0, -3.0, 0.0]);
}

#[test]
fn phi_four_by_hand() {
    // a N = 0.6: steps 0.5, 1, -2.5 and 1 from and to 0 at the ends.
    let cell = Cell::open(1);
    let wells: f64 = [0.5f64, 1.5, -1.0].iter().map(|phi| (1.0 - phi * phi).powi(2) / 4.0 + 0.25 * phi).sum();
    let expected = 0.6 * 0.5 * (0.25 + 1.0 + 6.25 + 1.0) + wells / 0.6;
    let points = [[0.5, 0.0, 0.0], [1.5, 0.0, 0.0], [-1.0, 0.0, 0.0]];
    close(energy(&["PhiFourChain(a: 0.2, b: 0.25)"], &cell, &points), expected, 1e-14);
    // One site, bound to 0 on both sides.
    close(energy(&["PhiFourChain(a: 0.5)"], &cell, &[[2.0, 0.0, 0.0]]), 0.5 * 4.0 + 2.0 * 9.0 / 4.0, 1e-14);
    // A chain of 100 at +1 but for the ends, as in the published code.
    close(energy(&["PhiFourChain(a: 0.1, b: 0.01)"], &cell, &[[1.0, 0.0, 0.0]; 100]), 10.0 + 0.1, 1e-13);
}

#[test]
fn bonds_angles_and_dihedrals_by_hand() {
    let space = Cell::open(3);
    let two = |text: &str, r: f64| evaluate(&[text], &space, &[[0.0; 3], [0.0, r, 0.0]]);
    let (bond, forces) = two("HarmonicBonds(bonds: [(0, 1)], stiffness: 10.0, length: 1.0)", 1.5);
    assert_eq!((bond.energy, bond.virial), (1.25, -7.5));
    assert_eq!(forces.get(0), [0.0, 5.0, 0.0]);
    let (bond, forces) = two("FeneBonds(bonds: [(0, 1)], stiffness: 30.0, max_length: 1.5)", 0.97);
    let left = 1.0 - (0.97f64 / 1.5).powi(2);
    close(bond.energy, -33.75 * left.ln(), 1e-14);
    close(forces.get(0)[1], 30.0 * 0.97 / left, 1e-14);
    for r in [1.5, 1.6, 1e200] {
        let (bond, forces) = two("FeneBonds(bonds: [(0, 1)], stiffness: 30.0, max_length: 1.5)", r);
        assert_eq!((bond.energy, forces.row()), (f64::INFINITY, &[0.0; 6][..]));
    }
    // Across the border of a cell.
    let cell = Cell::orthorhombic(&[10.0; 3]).unwrap();
    let across = energy(&["HarmonicBonds(bonds: [(0, 1)], stiffness: 10.0, length: 1.0)"], &cell, &[[0.5, 0.0, 0.0], [19.0, 0.0, 0.0]]);
    close(across, 1.25, 1e-13);
    let angle = |text: &str, points: &[[f64; 3]]| energy(&[text], &space, points);
    let corner = [[1.0, 0.0, 0.0], [0.0; 3], [0.0, 2.0, 0.0]];
    let quarter = std::f64::consts::FRAC_PI_2;
    close(angle("HarmonicAngles(angles: [(0, 1, 2)], stiffness: 8.0, angle: 180.0)", &corner), 4.0 * quarter * quarter, 1e-14);
    let line = [[-1.0, 0.0, 0.0], [0.0; 3], [3.0, 0.0, 0.0]];
    for (degrees, expected) in [(180.0, 0.0), (90.0, 4.0 * quarter * quarter), (0.0, 16.0 * quarter * quarter)] {
        let text = format!("HarmonicAngles(angles: [(0, 1, 2)], stiffness: 8.0, angle: {degrees:?})");
        let (evaluation, forces) = evaluate(&[&text], &space, &line);
        close(evaluation.energy, expected, 1e-14);
        assert!(forces.all_finite());
    }
    // The far end turned about z, which is the axis, seen from the first end.
    for degrees in [0.0f64, 60.0, 90.0, 180.0, -120.0] {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let points = [[1.0, 0.0, -0.3], [0.0; 3], [0.0, 0.0, 1.5], [2.0 * cosine, 2.0 * sine, 1.9]];
        for (multiplicity, phase) in [(1, 0.0f64), (2, 30.0), (3, -70.0), (6, 180.0)] {
            let text =
                format!("PeriodicDihedrals(dihedrals: [(0, 1, 2, 3)], stiffness: 2.5, multiplicity: {multiplicity}, phase: {phase:?})");
            let expected = 2.5 * (1.0 + (f64::from(multiplicity) * degrees - phase).to_radians().cos());
            close(angle(&text, &points), expected, 1e-13);
            let backwards = text.replace("(0, 1, 2, 3)", "(3, 2, 1, 0)");
            close(angle(&backwards, &points), expected, 1e-13);
        }
    }
    let line = [[0.0; 3], [1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 1.0, 1.0]];
    let text = "PeriodicDihedrals(dihedrals: [(0, 1, 2, 3)], stiffness: 2.5, multiplicity: 2, phase: 10.0)";
    let (evaluation, forces) = evaluate(&[text], &space, &line);
    assert_eq!(evaluation.energy, 2.5);
    assert!(forces.all_finite());
}

#[test]
fn phi_four_has_its_partition_function() {
    // By transfer matrix: the integrals over one site after the other, from both ends to site 50. The pieces are those of the energy of
    // the chain.
    let (n, points) = (100, 401);
    let cell = Cell::open(1);
    let phi: Vec<f64> = (0..points).map(|k| (k as f64 - 200.0) / 80.0).collect();
    let mut numbers = (0..).map(|k| (f64::from(k) * 0.618_034).fract() * 3.0 - 1.5);
    for (beta, b, logarithm, above, square) in
        [(20.0, 0.0, -196.91222, 0.5, 0.95421), (20.0, 0.01, -195.99620, 0.042394, 0.96435), (10.0, 0.0, -152.89332, 0.5, 0.90622)]
    {
        let link = |from: f64, to: f64| 5.0 * (to - from) * (to - from);
        let site = |phi: f64| ((1.0 - phi * phi).powi(2) / 4.0 + b * phi) / 10.0;
        let chain = potential(&[&format!("PhiFourChain(a: 0.1, b: {b:?})")], n, &cell);
        for _ in 0..3 {
            let row: Vec<f64> = numbers.by_ref().take(n).collect();
            let mut energies = [0.0];
            chain.energies(&cell, &row, &mut energies);
            let ends = link(0.0, row[0]) + link(row[n - 1], 0.0);
            let pieces: f64 = row.windows(2).map(|w| link(w[0], w[1])).sum::<f64>() + row.iter().map(|&phi| site(phi)).sum::<f64>();
            close(energies[0], ends + pieces, 1e-13);
        }
        let links: Vec<f64> = phi.iter().flat_map(|&from| phi.iter().map(move |&to| (-beta * link(from, to)).exp() / 80.0)).collect();
        let sites: Vec<f64> = phi.iter().map(|&phi| (-beta * site(phi)).exp()).collect();
        // Weights of a site with all that is beyond it on one side, and the logarithm of what was divided out.
        let mut weights: Vec<f64> = phi.iter().zip(&sites).map(|(&phi, site)| (-beta * link(0.0, phi)).exp() * site).collect();
        let (mut at_50, mut scale_50, mut scale) = (Vec::new(), 0.0, 0.0f64);
        for i in 2..=51 {
            if i == 51 {
                (at_50, scale_50) = (weights.clone(), scale);
            }
            let next = |k: usize| links[k * points..][..points].iter().zip(&weights).map(|(l, w)| l * w).sum::<f64>() * sites[k];
            weights = (0..points).map(next).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
            scale += sum.ln();
        }
        // The chain is the same from both ends: site 51 from the right is site 50 from the left.
        let right: Vec<f64> = weights.iter().zip(&sites).map(|(w, site)| w / site).collect();
        let density: Vec<f64> = at_50.iter().zip(&right).map(|(l, r)| l * r).collect();
        let sum: f64 = density.iter().sum();
        close((sum / 80.0).ln() + scale_50 + scale, logarithm, 1e-7);
        let mean = |f: &dyn Fn(f64) -> f64| density.iter().zip(&phi).map(|(w, &phi)| w * f(phi)).sum::<f64>() / sum;
        close(mean(&|phi| if phi == 0.0 { 0.5 } else { f64::from(u8::from(phi > 0.0)) }), above, 1e-5);
        close(mean(&|phi| phi * phi), square, 1e-5);
    }
}
