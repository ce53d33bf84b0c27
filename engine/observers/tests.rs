//! Conformance of observables: a row a collective variable, a row an accumulated function.

use super::{
    Angle, Axis, Combination, Coordinate, Dihedral, Distance, GradientRow, MeanSquareDisplacement, Observable, Profile, RadialDistribution,
    RadiusOfGyration, Sample, Subject, SweepTime, Unit, Variable,
};
use crate::random::{Random, normal, streams};
use mcflow_potentials::{Cell, Configuration, Particles, Vectors};
use rand::RngExt;
use serde_json::Value;

/// What is promised of a variable beside its gradient.
struct VariableRow {
    variable: Variable,
    /// Whether it stays the same as any one particle is moved by a vector of the cell.
    of_images: bool,
    /// Whether it stays the same as all particles are moved alike in open space.
    of_differences: bool,
}

fn variable_rows() -> Vec<VariableRow> {
    let row = |variable, of_images, of_differences| VariableRow { variable, of_images, of_differences };
    let distance = || Variable::Distance(Distance(0, 3));
    let dihedral = || Variable::Dihedral(Dihedral(0, 1, 2, 3));
    vec![
        row(Variable::Coordinate(Coordinate { particle: 2, axis: Axis::Y }), true, false),
        row(distance(), true, true),
        row(Variable::Angle(Angle(0, 1, 2)), true, true),
        row(dihedral(), true, true),
        row(Variable::RadiusOfGyration(RadiusOfGyration::of(None)), true, true),
        row(Variable::RadiusOfGyration(RadiusOfGyration::of(Some(vec![3, 0, 1]))), true, true),
        row(Variable::Combination(Combination(vec![(2.0, distance()), (-0.01, Variable::Angle(Angle(3, 2, 0)))])), true, true),
        row(Variable::Combination(Combination(vec![(1.0, dihedral()), (2.0, Variable::Dihedral(Dihedral(3, 1, 0, 2)))])), true, true),
    ]
}

/// Five particles of different masses.
fn particles() -> Particles {
    Particles { type_names: vec!["A".to_string()], types: vec![0; 5], masses: vec![1.0, 3.0, 0.5, 2.0, 1.5] }
}

/// Open space, right angles, and a skewed cell whose nearest images are not found by rounding.
fn cells() -> [Cell; 3] {
    let skewed = Cell::triclinic(3, [[3.6, 0.0, 0.0], [1.7, 3.5, 0.0], [-1.6, 1.5, 3.4]]).expect("a cell");
    [Cell::open(3), Cell::orthorhombic(&[3.3, 3.4, 3.5]).expect("a cell"), skewed]
}

fn subject<'a>(particles: &'a Particles, cell: &'a Cell) -> Subject<'a> {
    let bonds = vec![[0, 1], [1, 2], [2, 3], [3, 4]];
    let clock = Ok(SweepTime { sweeps: 1, time: 0.25, unit: Unit::ReducedTime });
    Subject { bonds, clock, ..Subject::new(particles, cell) }
}

/// A chain of five particles about a point; all of its bonds are short.
fn chain(cell: &Cell, random: &mut Random) -> Configuration {
    let points = [[1.1, 0.2, -0.3], [0.1, -0.1, 0.2], [-0.3, 0.4, 1.1], [0.4, 1.0, 1.4], [0.9, 1.4, 1.0]];
    let shift: [f64; 3] = std::array::from_fn(|_| normal(random));
    let points = points.map(|point| std::array::from_fn(|c| point[c] + shift[c] + 0.1 * normal(random)));
    Configuration { positions: Vectors::from_points(3, &points), cell: cell.clone() }
}

fn moved(configuration: &Configuration, particle: usize, by: [f64; 3]) -> Configuration {
    let mut moved = configuration.clone();
    let n = moved.positions.n();
    (0..3).for_each(|c| moved.positions.row_mut()[c * n + particle] += by[c]);
    moved
}

/// The difference of two values, the shorter way round a circle.
fn difference(variable: &Variable, cell: &Cell, a: f64, b: f64) -> f64 {
    let difference = a - b;
    variable.period(cell).map_or(difference, |period| difference - period * (difference / period).round())
}

#[test]
fn gradients_of_variables_are_differences() {
    let particles = particles();
    for (mut random, cell) in streams(5, 3).into_iter().zip(cells()) {
        for row in variable_rows() {
            let variable = row.variable.bound_to(&subject(&particles, &cell));
            let configuration = chain(&cell, &mut random);
            let mut gradient = vec![0.5; 15];
            variable.add_gradient(&configuration, 3.0, &mut GradientRow::new(&configuration, &mut gradient));
            for (k, found) in gradient.iter().enumerate() {
                let at = |step: f64| {
                    let by = std::array::from_fn(|c| if c == k / 5 { step } else { 0.0 });
                    variable.value(&moved(&configuration, k % 5, by))
                };
                let expected = 0.5 + 3.0 * difference(&variable, &cell, at(1e-6), at(-1e-6)) / 2e-6;
                assert!((found - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{variable:?} by {k}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn variables_are_the_same_for_images_and_translations_where_they_promise_it() {
    let particles = particles();
    for (mut random, cell) in streams(6, 3).into_iter().zip(cells()) {
        for row in variable_rows() {
            let variable = row.variable.bound_to(&subject(&particles, &cell));
            assert!(variable.problems(&subject(&particles, &cell)).is_empty(), "{variable:?}");
            let configuration = chain(&cell, &mut random);
            let value = variable.value(&configuration);
            for (particle, vector) in (0..5).flat_map(|i| cell.vectors().into_iter().flatten().map(move |vector| (i, vector))) {
                let image = variable.value(&moved(&configuration, particle, vector.map(|v| -2.0 * v)));
                let same = difference(&variable, &cell, image, value).abs() < 1e-9;
                assert!(same || !row.of_images, "{variable:?} in {cell:?}: {value} and {image}");
            }
            let by = [0.3, -0.2, 0.1];
            let shifted = (0..5).fold(configuration.clone(), |all, particle| moved(&all, particle, by));
            let same = difference(&variable, &cell, variable.value(&shifted), value).abs() < 1e-9;
            assert_eq!(same, row.of_differences, "{variable:?}");
            assert_eq!(variable.follows_translation(), !row.of_differences, "{variable:?}");
        }
    }
}

/// The name of the variant that stands for a value in the input, which readers and messages tell kinds by.
fn variant(value: &Value) -> String {
    value.as_object().and_then(|object| object.keys().next()).expect("a variant with fields").clone()
}

#[test]
fn variables_have_names_of_their_own_and_come_back_as_they_are_written() {
    let (mut names, mut labels, mut nouns) = (Vec::new(), Vec::new(), Vec::new());
    for VariableRow { variable, .. } in variable_rows() {
        let written = serde_json::to_value(&variable).expect("values with names");
        assert_eq!(serde_json::from_value::<Variable>(written.clone()).expect("the same variable"), variable);
        let name = variant(&written);
        if names.contains(&name) {
            continue;
        }
        labels.extend(variable.label());
        nouns.push(variable.noun());
        names.push(name);
    }
    // A row of each kind: the reader's message about a wrong name lists them all.
    let message = serde_json::from_str::<Variable>("{\"Nothing\": 1}").expect_err("no such variable").to_string();
    let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
    assert!(known.iter().all(|name| names.iter().any(|row| row == name)), "{known:?} but {names:?}");
    assert!((1..labels.len()).all(|k| !labels[..k].contains(&labels[k])), "{labels:?}");
    assert!((1..nouns.len()).all(|k| !nouns[..k].contains(&nouns[k])), "{nouns:?}");
}

fn function_rows() -> Vec<Observable> {
    let of = Variable::Distance(Distance(0, 1));
    vec![
        Observable::Profile(Profile { name: "profile".to_string(), of, from: 0.2, to: 2.0, bins: 7 }),
        Observable::RadialDistribution(RadialDistribution { name: "g".to_string(), to: None, bins: 9 }),
        Observable::MeanSquareDisplacement(MeanSquareDisplacement::up_to(12)),
    ]
}

/// Samples of two walkers of a gas in a periodic cell, `[sample][walker]`.
fn gas(cell: &Cell, samples: usize) -> Vec<[Configuration; 2]> {
    let mut random = streams(9, 1).remove(0);
    let mut sample = || {
        let point = |random: &mut Random| std::array::from_fn(|_| 5.0 * random.random::<f64>());
        let points: [[f64; 3]; 5] = std::array::from_fn(|_| point(&mut random));
        Configuration { positions: Vectors::from_points(3, &points), cell: cell.clone() }
    };
    (0..samples).map(|_| [sample(), sample()]).collect()
}

#[test]
fn functions_go_on_from_what_a_checkpoint_has() {
    let (particles, [_, cell, _]) = (particles(), cells());
    let subject = subject(&particles, &cell);
    let samples = gas(&cell, 150);
    let mut names = Vec::new();
    for observable in function_rows() {
        assert!(observable.problems(&subject).is_empty(), "{observable:?}");
        let function = observable.function().expect("a function").bound(&subject);
        let add = |all: &mut Box<dyn super::Accumulation>, from: usize, to: usize| {
            for (k, walkers) in samples.iter().enumerate().take(to).skip(from) {
                let of = |configuration| Sample { sweep: k as u64 + 1, configuration, particles: &particles };
                all.add(&[of(&walkers[0]), of(&walkers[1])]);
            }
        };
        let mut whole = function.begin(&subject, 2);
        assert!(whole.curve(0..2).is_none(), "{}: a curve of nothing", function.name());
        add(&mut whole, 0, 150);
        let mut half = function.begin(&subject, 2);
        add(&mut half, 0, 70);
        let mut halves = function.resume(&half.stored(), 2).expect("what was stored");
        assert_eq!(halves.curve(0..2), half.curve(0..2), "{}: not what was stored", function.name());
        add(&mut halves, 70, 150);
        assert_eq!(halves.stored(), whole.stored(), "{}: two halves are not the whole", function.name());
        assert!(halves.stored() != half.stored(), "{}: nothing was added", function.name());
        assert!(function.resume(&half.stored(), 3).is_err(), "{}: of another number of walkers", function.name());
        assert!(function.resume(&half.stored()[..10], 2).is_err(), "{}: cut", function.name());

        let curve = whole.curve(0..2).expect("a curve");
        assert!(!curve.points.is_empty() && curve.points.iter().all(|point| point.len() == curve.columns.len()), "{curve:?}");
        assert!(curve.points.iter().flatten().flatten().all(|value| value.is_finite()), "{curve:?}");
        assert!(curve.columns.iter().zip(1..).all(|(name, k)| !curve.columns[k..].contains(name)), "{curve:?}");
        assert!(curve.points.iter().any(|point| point.iter().all(Option::is_some)), "no point is whole: {curve:?}");
        // Walkers in their own order, and one alone.
        assert!(whole.curve(0..1) != whole.curve(1..2), "{}: walkers are not told apart", function.name());
        let summary = serde_json::to_value(&curve).expect("numbers and names");
        assert_eq!(summary["points"].as_array().map(Vec::len), Some(curve.points.len()));
        let written = serde_json::to_value(&observable).expect("values with names");
        assert_eq!(serde_json::from_value::<Observable>(written.clone()).expect("the same observable"), observable);
        assert_eq!(variant(&written), curve.kind);
        assert!(function.numbers(&subject) >= curve.points.len() as f64);
        names.push(variant(&written));
    }
    let message = serde_json::from_str::<Observable>("{\"Nothing\": 1}").expect_err("no such observable").to_string();
    let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
    assert!(known.iter().all(|name| *name == "Column" || names.iter().any(|row| row == name)), "{known:?} but {names:?}");
}
