//! What every chart must hold: a row of the table each.

use super::*;
use crate::random::{Random, normal, streams};
use std::sync::Arc;

/// A chart to be tested.
struct Conformance {
    name: &'static str,
    chart: Arc<dyn Chart>,
    /// Configurations around this one are entered.
    around: Vec<f64>,
    /// Configurations without a row.
    without_row: Vec<Vec<f64>>,
    /// Rows that are not those of any configuration.
    without_configuration: Vec<Vec<f64>>,
}

fn table() -> Vec<Conformance> {
    // x, then y (, then z) of three particles.
    let plane = vec![0.3, -0.8, 1.1, 0.2, 0.9, -0.4];
    let space = vec![0.3, -0.8, 1.1, 0.2, 0.9, -0.4, 0.1, 0.5, -0.7];
    let of_plane = |changes: &[(usize, f64)]| changed(&plane, changes);
    let of_space = |changes: &[(usize, f64)]| changed(&space, changes);
    let operations = ["-x, y", "x, -y"].map(|text| Operation::parse(text, &[], 3, 2).expect("an operation"));
    let domain = Domain::new(&Symmetry::new(vec![vec![0, 1]], &operations, 3, 2), plane.clone());
    let folded = |inner: Arc<dyn Chart>| -> Arc<dyn Chart> { Arc::new(Folded::new(inner, domain.clone())) };
    let turned: Vec<f64> = plane.iter().map(|v| -v).collect();
    let bonds_of_turned = {
        let (rows, _) = enter(&Bonds::new(&[(2, 0)], 3, 2), &turned);
        rows
    };
    vec![
        Conformance {
            name: "Cartesian",
            chart: Arc::new(Cartesian::new(6)),
            around: plane.clone(),
            without_row: vec![],
            without_configuration: vec![],
        },
        Conformance {
            name: "a bond in the plane",
            chart: Arc::new(Bonds::new(&[(2, 0)], 3, 2)),
            around: plane.clone(),
            without_row: vec![of_plane(&[(0, 1.1), (3, -0.4)]), of_plane(&[(0, f64::NAN)])],
            without_configuration: vec![of_plane(&[(0, -0.1)]), of_plane(&[(0, 0.0)]), of_plane(&[(0, 1.0), (3, f64::INFINITY)])],
        },
        Conformance {
            name: "a bond in space",
            chart: Arc::new(Bonds::new(&[(0, 1)], 3, 3)),
            around: space.clone(),
            without_row: vec![of_space(&[(1, 0.3), (4, 0.2), (7, 0.1)]), of_space(&[(1, 0.3), (4, 0.2)])],
            without_configuration: vec![
                of_space(&[(1, -1.0)]),
                of_space(&[(1, 1.0), (4, 1.0)]),
                of_space(&[(1, 1.0), (4, -1.2)]),
                of_space(&[(1, 1.0), (4, f64::NAN)]),
            ],
        },
        Conformance {
            name: "polar, one about the other in a row",
            chart: Arc::new(PolarAbout::new(&[About { about: 2, particle: 0 }, About { about: 0, particle: 1 }], 3)),
            around: space.clone(),
            without_row: vec![of_space(&[(0, 1.1), (3, -0.4), (6, -0.7)]), of_space(&[(1, 0.3), (4, 0.2)])],
            without_configuration: vec![
                of_space(&[(0, 0.8), (3, 0.1), (1, -0.3), (4, 0.2)]),
                of_space(&[(0, 0.8), (3, 1.1), (1, 0.3), (4, 0.2)]),
                of_space(&[(0, 0.8), (3, 0.1), (1, 0.3), (4, f64::NAN)]),
            ],
        },
        Conformance {
            name: "images by positions",
            chart: folded(Arc::new(Cartesian::new(6))),
            around: plane.clone(),
            without_row: vec![of_plane(&[(0, f64::NAN)]), of_plane(&[(0, 1e300)])],
            without_configuration: vec![turned],
        },
        Conformance {
            name: "images by a bond",
            chart: folded(Arc::new(Bonds::new(&[(2, 0)], 3, 2))),
            around: plane.clone(),
            without_row: vec![of_plane(&[(0, f64::INFINITY)])],
            without_configuration: vec![of_plane(&[(0, -0.1)]), bonds_of_turned],
        },
    ]
}

fn changed(row: &[f64], changes: &[(usize, f64)]) -> Vec<f64> {
    let mut row = row.to_vec();
    changes.iter().for_each(|&(place, value)| row[place] = value);
    row
}

impl Conformance {
    fn configurations(&self, random: &mut Random, count: usize, spread: f64) -> Vec<f64> {
        (0..count).flat_map(|_| self.around.clone()).map(|v| v + spread * normal(random)).collect()
    }

    fn enter_one(&self, positions: &[f64]) -> (Vec<f64>, Entered) {
        let (mut row, mut entered) = (vec![0.0; self.chart.numbers()], Entered::default());
        self.chart.enter(positions, &mut row, std::slice::from_mut(&mut entered));
        (row, entered)
    }

    fn leave_one(&self, row: &[f64]) -> (Vec<f64>, Left) {
        let (mut positions, mut left) = (self.around.clone(), Left::default());
        self.chart.leave(row, &mut positions, std::slice::from_mut(&mut left));
        (positions, left)
    }

    /// Distances of two rows along the axes.
    fn apart(&self, a: &[f64], b: &[f64]) -> f64 {
        self.chart.axes().iter().zip(a).zip(b).map(|((axis, a), b)| axis.distance(*a, *b)).fold(0.0, f64::max)
    }
}

#[test]
fn rows_lead_there_and_back() {
    let mut random = streams(3, 1).remove(0);
    for case in table() {
        let name = case.name;
        let mut itself = 0;
        for positions in case.configurations(&mut random, 60, 0.5).chunks_exact(case.around.len()) {
            let (row, entered) = case.enter_one(positions);
            assert!(entered.feasible, "{name}: {positions:?}");
            assert!(case.chart.axes().iter().zip(&row).all(|(axis, value)| axis.holds(*value)), "{name}: {row:?}");
            let image = entered.element.as_ref().map_or(positions.to_vec(), |element| element.image(positions));
            let (back, left) = case.leave_one(&row);
            let off = image.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(left.feasible && off < 1e-12, "{name}: {positions:?} came back as {back:?}");
            assert!((entered.log_det + left.log_det).abs() < 1e-12, "{name}");
            let (again, entered) = case.enter_one(&back);
            assert!(entered.feasible && entered.element.is_none() && case.apart(&row, &again) < 1e-12, "{name}: {row:?} is also {again:?}");
            itself += usize::from(entered.element.is_none());
        }
        assert!(itself > 10, "{name}: {itself} rows of their own");
    }
}

#[test]
fn determinants_are_those_of_differences() {
    let mut random = streams(4, 1).remove(0);
    const STEP: f64 = 1e-5;
    for case in table() {
        for positions in case.configurations(&mut random, 10, 0.1).chunks_exact(case.around.len()) {
            let (_, entered) = case.enter_one(positions);
            let mut jacobian = Vec::new();
            for k in 0..positions.len() {
                let at = |step: f64| case.enter_one(&changed(positions, &[(k, positions[k] + step)])).0;
                let (above, below) = (at(STEP), at(-STEP));
                let axes = case.chart.axes().iter().zip(above.iter().zip(&below));
                jacobian.push(axes.map(|(axis, (a, b))| axis.distance(*a, *b) * (a - b).signum() / (2.0 * STEP)).collect());
            }
            let found = log_determinant(jacobian);
            assert!((found - entered.log_det).abs() < 1e-6, "{}: {found}, not {}", case.name, entered.log_det);
        }
    }
}

/// ln|det| by elimination with pivots.
fn log_determinant(mut matrix: Vec<Vec<f64>>) -> f64 {
    let mut sum = 0.0;
    while let Some(pivot) = (0..matrix.len()).max_by(|&a, &b| matrix[a][0].abs().total_cmp(&matrix[b][0].abs())) {
        let row = matrix.swap_remove(pivot);
        sum += row[0].abs().ln();
        for other in &mut matrix {
            let factor = other[0] / row[0];
            *other = other.iter().zip(&row).skip(1).map(|(a, b)| a - factor * b).collect();
        }
    }
    sum
}

#[test]
fn derivatives_by_rows_are_those_of_differences() {
    let mut random = streams(5, 1).remove(0);
    const STEP: f64 = 1e-6;
    for case in table() {
        for positions in case.configurations(&mut random, 10, 0.3).chunks_exact(case.around.len()) {
            let (row, _) = case.enter_one(positions);
            let by_positions: Vec<f64> = positions.iter().map(|_| normal(&mut random)).collect();
            let by_log_det = normal(&mut random);
            let mut found = vec![0.0; row.len()];
            case.chart.pull_back(&row, &by_positions, &[by_log_det], &mut found);
            for (k, found) in found.iter().enumerate() {
                let value = |step: f64| {
                    let (positions, left) = case.leave_one(&changed(&row, &[(k, row[k] + step)]));
                    positions.iter().zip(&by_positions).map(|(x, by)| x * by).sum::<f64>() + by_log_det * left.log_det
                };
                let expected = (value(STEP) - value(-STEP)) / (2.0 * STEP);
                assert!((found - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{}, number {k}: {found}, not {expected}", case.name);
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_those_beside_it() {
    let mut random = streams(6, 1).remove(0);
    for case in table() {
        let positions = case.configurations(&mut random, 200, 0.6);
        let (rows, entered) = enter(&*case.chart, &positions);
        let mut back = positions.clone();
        let left = leave(&*case.chart, &rows, &mut back);
        for (k, positions) in positions.chunks_exact(case.around.len()).enumerate() {
            let (row, alone) = case.enter_one(positions);
            let (numbers, coordinates) = (row.len(), positions.len());
            assert_eq!((&rows[k * numbers..(k + 1) * numbers], &entered[k]), (&row[..], &alone), "{}", case.name);
            let (at, alone) = case.leave_one(&row);
            assert_eq!((&back[k * coordinates..(k + 1) * coordinates], left[k]), (&at[..], alone), "{}", case.name);
        }
    }
}

/// What has no row has none, and a row without a configuration is found out by leaving or by entering again.
#[test]
fn what_is_infeasible_is_so_from_both_sides() {
    for case in table() {
        for positions in &case.without_row {
            assert!(!case.enter_one(positions).1.feasible, "{}: {positions:?} has a row", case.name);
        }
        for row in &case.without_configuration {
            let (positions, left) = case.leave_one(row);
            assert!(positions.iter().all(|v| v.is_finite()), "{}: {row:?} leads to {positions:?}", case.name);
            let (_, entered) = case.enter_one(&positions);
            let goes_on = left.feasible && entered.feasible && entered.element.is_none();
            assert!(!goes_on, "{}: {row:?} has a configuration", case.name);
        }
    }
}

#[test]
fn frames_without_a_row_are_not_learnt_from() {
    let chart = Bonds::new(&[(0, 1)], 2, 2);
    let rows = into_rows(&chart, vec![0.0, 1.0, 0.0, 0.0, 0.5, 0.5, 0.2, 0.2, 0.0, 0.0, -1.0, 1.0]);
    assert_eq!(rows.len(), 8);
    assert!((rows[1] - 1.0).abs() < 1e-15 && (rows[5] - 2.0).abs() < 1e-15, "{rows:?}");
}
