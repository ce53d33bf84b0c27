//! Functions of the positions, with their derivatives.

use mcflow_base::Problem;
use mcflow_potentials::{Cell, Configuration};
use serde::{Deserialize, Serialize};

/// A direction of space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// First.
    X,
    /// Second.
    Y,
    /// Third.
    Z,
}

/// r_j - r_i, of nearest images.
fn between(configuration: &Configuration, i: usize, j: usize) -> [f64; 3] {
    let (a, b) = (configuration.positions.get(i), configuration.positions.get(j));
    configuration.cell.minimum_image(std::array::from_fn(|c| b[c] - a[c]))
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

/// What the values of a variable are points of, which decides what their mean is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Topology {
    /// A line.
    Line,
    /// A circle of this circumference: the mean is a direction.
    Circle(f64),
    /// Neither: values jump where nothing does, for the reason given, and have no mean.
    Broken(&'static str),
}

/// A function of the positions: what states, profiles and columns are made of. Particles are numbered from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Variable {
    /// A coordinate of a particle; in a periodic cell that of its image in the cell, whose fractional coordinates are from 0 to 1.
    Coordinate {
        /// Which particle.
        particle: usize,
        /// Which coordinate.
        axis: Axis,
    },
    /// Distance of two particles (of nearest images).
    Distance(usize, usize),
    /// Angle at the second of three particles, in degrees from 0 to 180.
    Angle(usize, usize, usize),
    /// Dihedral angle of four particles about the line from the second to the third, in degrees from -180 to 180, 0 for cis (IUPAC).
    Dihedral(usize, usize, usize, usize),
    /// Sum of numbers times variables. One of dihedral angles alone is an angle too where their factors are multiples of one number: its values
    /// are from minus half to half of what that times 360 is.
    Combination(Vec<(f64, Variable)>),
}

impl Variable {
    /// Its value.
    pub fn value(&self, configuration: &Configuration) -> f64 {
        match self {
            Self::Coordinate { particle, axis } => {
                let (at, axis) = (configuration.cell.wrap(configuration.positions.get(*particle)), *axis as usize);
                // Rounding may put a point on the far side of the cell, which is the near side.
                match coordinate_period(&configuration.cell, axis) {
                    Some(period) if at[axis] >= period => 0.0,
                    _ => at[axis],
                }
            }
            Self::Distance(i, j) => norm(between(configuration, *i, *j)),
            Self::Angle(i, j, k) => {
                let (a, b) = (between(configuration, *j, *i), between(configuration, *j, *k));
                norm(cross(a, b)).atan2(dot(a, b)).to_degrees()
            }
            Self::Dihedral(..) => self.dihedral(configuration).0.to_degrees(),
            Self::Combination(terms) => {
                let sum: f64 = terms.iter().map(|(factor, variable)| factor * variable.value(configuration)).sum();
                self.period(&configuration.cell).map_or(sum, |period| sum - period * (sum / period).round())
            }
        }
    }

    /// Adds `factor` times the derivatives by all coordinates to `row`, which is in the order of the rows of a flow. Where there is none
    /// (particles at one place, or in a line) it adds nothing.
    pub fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut [f64]) {
        let n = configuration.positions.n();
        let dimension = configuration.positions.dimension();
        let mut add = |particle: usize, factor: f64, gradient: [f64; 3]| {
            if factor.is_finite() && gradient.iter().all(|g| g.is_finite()) {
                (0..dimension).for_each(|c| row[c * n + particle] += factor * gradient[c]);
            }
        };
        match self {
            Self::Coordinate { particle, axis } => {
                add(*particle, factor, std::array::from_fn(|c| f64::from(u8::from(c == *axis as usize))))
            }
            Self::Distance(i, j) => {
                let d = between(configuration, *i, *j);
                let r = norm(d);
                add(*j, factor / r, d);
                add(*i, -factor / r, d);
            }
            Self::Angle(i, j, k) => {
                let (a, b) = (between(configuration, *j, *i), between(configuration, *j, *k));
                let axis = cross(a, b);
                // d theta / d a = a x (a x b) / (a^2 |a x b|), and likewise for b.
                let (to_a, to_b) = (cross(a, axis), cross(axis, b));
                let (by_a, by_b) = (factor / (dot(a, a) * norm(axis)), factor / (dot(b, b) * norm(axis)));
                let (by_a, by_b) = (by_a.to_degrees(), by_b.to_degrees());
                add(*i, by_a, to_a);
                add(*k, by_b, to_b);
                add(*j, -by_a, to_a);
                add(*j, -by_b, to_b);
            }
            Self::Dihedral(i, j, k, l) => {
                // Blondel, Karplus, J. Comput. Chem. 17 (1996) 1132, eq. 27.
                let (_, [f, g, h]) = self.dihedral(configuration);
                let (a, b) = (cross(f, g), cross(h, g));
                let length = norm(g);
                let factor = factor.to_degrees();
                let (by_a, by_b) = (factor / dot(a, a), factor / dot(b, b));
                add(*i, -length * by_a, a);
                add(*l, length * by_b, b);
                let (along_a, along_b) = (by_a * dot(f, g) / length, by_b * dot(h, g) / length);
                add(*j, length * by_a + along_a, a);
                add(*j, -along_b, b);
                add(*k, along_b - length * by_b, b);
                add(*k, -along_a, a);
            }
            Self::Combination(terms) => {
                terms.iter().for_each(|(weight, variable)| variable.add_gradient(configuration, factor * weight, row));
            }
        }
    }

    /// The angle in radians, and the vectors f = r_i - r_j, g = r_j - r_k, h = r_l - r_k.
    fn dihedral(&self, configuration: &Configuration) -> (f64, [[f64; 3]; 3]) {
        let Self::Dihedral(i, j, k, l) = *self else { unreachable!("asked of dihedral angles alone") };
        let [f, g, h] = [between(configuration, j, i), between(configuration, k, j), between(configuration, k, l)];
        let (a, b) = (cross(f, g), cross(h, g));
        (dot(cross(b, a), g).atan2(norm(g) * dot(a, b)), [f, g, h])
    }

    /// Whether its value changes as all particles are moved alike: one of a coordinate does, one of a difference of coordinates does not.
    pub fn follows_translation(&self) -> bool {
        let mut sums = [(0.0, 0.0); 3];
        self.add_coordinates(1.0, &mut sums);
        // Factors of a centre less itself add up to 0 but for rounding.
        sums.iter().any(|(sum, sizes)| sum.abs() > 1e-9 * sizes)
    }

    /// Adds the factors of coordinates, and their sizes, by axis.
    fn add_coordinates(&self, factor: f64, sums: &mut [(f64, f64); 3]) {
        match self {
            Self::Coordinate { axis, .. } => {
                let (sum, sizes) = &mut sums[*axis as usize];
                (*sum, *sizes) = (*sum + factor, *sizes + factor.abs());
            }
            Self::Combination(terms) => terms.iter().for_each(|(weight, variable)| variable.add_coordinates(factor * weight, sums)),
            Self::Distance(..) | Self::Angle(..) | Self::Dihedral(..) => {}
        }
    }

    /// The period of its values in a cell, where they have one.
    pub fn period(&self, cell: &Cell) -> Option<f64> {
        match self {
            Self::Dihedral(..) => Some(360.0),
            Self::Coordinate { axis, .. } => coordinate_period(cell, *axis as usize),
            Self::Distance(..) | Self::Angle(..) => None,
            Self::Combination(terms) => {
                // Where each angle turns by 360, the sum turns by multiples of their common measure.
                let periods = terms.iter().map(|(factor, variable)| {
                    let angle = !matches!(variable, Self::Coordinate { .. });
                    variable.period(cell).filter(|_| angle).map(|period| (factor * period).abs())
                });
                let periods = periods.collect::<Option<Vec<f64>>>()?.into_iter().filter(|period| *period > 0.0);
                let common = periods.map(Some).reduce(|a, b| common_measure(a?, b?))?;
                common.filter(|period| period.is_finite())
            }
        }
    }

    /// What its values are points of, in a cell that stays as it is or changes.
    pub fn topology(&self, cell: &Cell, cell_changes: bool) -> Topology {
        match (self, self.period(cell)) {
            (Self::Coordinate { .. }, _) if cell_changes && cell.is_periodic() => {
                Topology::Broken("a coordinate in a periodic cell that changes has no mean")
            }
            (Self::Coordinate { .. }, None) if cell.is_periodic() => {
                Topology::Broken("a coordinate that jumps where another one leaves a skewed cell has no mean")
            }
            (_, Some(period)) => Topology::Circle(period),
            (Self::Combination(terms), None)
                if terms.iter().any(|(_, variable)| variable.topology(cell, cell_changes) != Topology::Line) =>
            {
                Topology::Broken("a sum jumps where an angle in it goes once round, and has no mean")
            }
            _ => Topology::Line,
        }
    }

    /// Its value, that of a variable with a period brought into a period from `from` on.
    pub fn value_from(&self, configuration: &Configuration, from: f64) -> f64 {
        let value = self.value(configuration);
        match self.period(&configuration.cell) {
            Some(period) if !(value >= from && value < from + period) => {
                let inside = from + (value - from).rem_euclid(period);
                // Rounding may lead to the far end, which is the near one.
                if inside < from + period { inside } else { from }
            }
            _ => value,
        }
    }

    /// What is wrong with it for `n` particles in a cell.
    pub fn problems(&self, n: usize, cell: &Cell) -> Vec<Problem> {
        let mut problems = Vec::new();
        let dimension = cell.dimension();
        let mut particle = |key: &str, index: usize| {
            if index >= n {
                problems.push(Problem::new(key, index, format!("a particle number from 0 to {}", n.saturating_sub(1))));
            }
        };
        match self {
            Self::Coordinate { particle: index, axis } => {
                particle("particle", *index);
                if *axis as usize >= dimension {
                    problems.push(Problem::new("axis", format!("{axis:?} in {dimension} dimension(s)"), "an axis that the system has"));
                }
            }
            Self::Distance(i, j) => {
                particle("[0]", *i);
                particle("[1]", *j);
                if i == j {
                    problems.push(Problem::new("", format!("the distance of particle {i} to itself"), "two different particles"));
                }
            }
            Self::Angle(..) | Self::Dihedral(..) => {
                let particles = match self {
                    Self::Angle(i, j, k) => vec![*i, *j, *k],
                    Self::Dihedral(i, j, k, l) => vec![*i, *j, *k, *l],
                    _ => Vec::new(),
                };
                particles.iter().enumerate().for_each(|(k, &index)| particle(&format!("[{k}]"), index));
                if (1..particles.len()).any(|k| particles[..k].contains(&particles[k])) {
                    problems.push(Problem::new("", format!("one particle twice in {particles:?}"), "different particles"));
                }
                let least = if particles.len() == 4 { 3 } else { 2 };
                if dimension < least {
                    problems.push(Problem::new(
                        "",
                        format!("an angle in {dimension} dimension(s)"),
                        format!("at least {least} dimensions"),
                    ));
                }
            }
            Self::Combination(terms) => {
                if terms.is_empty() {
                    problems.push(Problem::new("", "a combination of nothing", "at least one (factor, variable)"));
                }
                for (k, (factor, variable)) in terms.iter().enumerate() {
                    if !factor.is_finite() {
                        problems.push(Problem::new(format!("[{k}][0]"), factor, "a finite number"));
                    }
                    if cell.is_periodic() && matches!(variable, Self::Coordinate { .. }) {
                        let expected = "a coordinate alone, or Distance, which is of nearest images: a sum of coordinates jumps where a \
                                        particle leaves the cell";
                        problems.push(Problem::new(format!("[{k}][1]"), "a coordinate in a sum, in a periodic cell", expected));
                    }
                    problems.extend(variable.problems(n, cell).into_iter().map(|p| p.within(&format!("[{k}][1]"))));
                }
            }
        }
        problems
    }
}

/// What the coordinate of an image differs by from another's, where all differ by multiples of one length: where the other vectors of the cell
/// have no component along it. `None` in open space, too.
fn coordinate_period(cell: &Cell, axis: usize) -> Option<f64> {
    let vectors = cell.vectors().filter(|_| axis < cell.dimension())?;
    (0..cell.dimension()).all(|k| k == axis || vectors[k][axis] == 0.0).then_some(vectors[axis][axis])
}

/// The largest number that both are whole multiples of, to nine digits; `None` where they have none.
fn common_measure(a: f64, b: f64) -> Option<f64> {
    let (tolerance, least) = (1e-9 * a.max(b), 1e-3 * a.max(b));
    let (mut a, mut b) = (a.max(b), a.min(b));
    while b > tolerance {
        (a, b) = (b, (a - b * (a / b).round()).abs());
    }
    (a > least).then_some(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcflow_potentials::{Cell, Vectors};

    #[test]
    fn angles_have_their_values() {
        let points = [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]];
        let configuration = Configuration { positions: Vectors::from_points(3, &points), cell: Cell::open(3) };
        assert!((Variable::Angle(0, 1, 2).value(&configuration) - 90.0).abs() < 1e-12);
        // Looking along 1 -> 2 (+z), going from +x to +y is clockwise: positive.
        assert!((Variable::Dihedral(0, 1, 2, 3).value(&configuration) - 90.0).abs() < 1e-12);
    }

    #[test]
    fn gradients_are_differences() {
        let points = [[1.1, 0.2, -0.3], [0.1, -0.1, 0.2], [-0.3, 0.4, 1.3], [0.5, 1.2, 1.6]];
        for cell in [Cell::open(3), Cell::orthorhombic(&[2.3, 2.4, 2.5]).unwrap()] {
            let configuration = Configuration { positions: Vectors::from_points(3, &points), cell };
            let distance = Variable::Distance(0, 3);
            for variable in [
                Variable::Coordinate { particle: 2, axis: Axis::Y },
                Variable::Angle(0, 1, 2),
                Variable::Dihedral(0, 1, 2, 3),
                Variable::Combination(vec![(2.0, distance.clone()), (-0.01, Variable::Angle(3, 2, 0))]),
                distance,
            ] {
                let mut gradient = vec![0.5; 12];
                variable.add_gradient(&configuration, 3.0, &mut gradient);
                for (k, found) in gradient.iter().enumerate() {
                    let at = |step: f64| {
                        let mut moved = configuration.clone();
                        moved.positions.row_mut()[k] += step;
                        variable.value(&moved)
                    };
                    let expected = 0.5 + 3.0 * (at(1e-6) - at(-1e-6)) / 2e-6;
                    assert!((found - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{variable:?} by {k}: {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn coordinates_are_those_of_the_image_in_the_cell() {
        let skewed = Cell::triclinic(2, [[4.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.0; 3]]).unwrap();
        let x = Variable::Coordinate { particle: 0, axis: Axis::X };
        let y = Variable::Coordinate { particle: 0, axis: Axis::Y };
        for (cell, at, expected) in [
            (Cell::open(2), [-13.0, 25.0], [-13.0, 25.0]),
            (Cell::orthorhombic(&[10.0, 5.0]).unwrap(), [-13.0, 25.5], [7.0, 0.5]),
            (Cell::orthorhombic(&[10.0, 5.0]).unwrap(), [-1e-30, 5.0], [0.0, 0.0]),
            // (5.5, 7) is 2 b and 0.875 a and b / 3.
            (skewed.clone(), [5.5, 7.0], [3.5, 1.0]),
        ] {
            let c = Configuration { positions: Vectors::from_points(2, &[[at[0], at[1], 0.0]]), cell };
            let found = [x.value(&c), y.value(&c)];
            assert!((found[0] - expected[0]).abs() + (found[1] - expected[1]).abs() < 1e-12, "{at:?}: {found:?}");
        }
        assert_eq!((x.period(&skewed), y.period(&skewed)), (None, Some(3.0)));
        let box_of_ten = Cell::orthorhombic(&[10.0, 5.0]).unwrap();
        assert_eq!(x.topology(&box_of_ten, false), Topology::Circle(10.0));
        assert!(matches!(x.topology(&box_of_ten, true), Topology::Broken(_)) && x.topology(&Cell::open(2), false) == Topology::Line);
        let sum = Variable::Combination(vec![(1.0, x), (-1.0, y)]);
        assert_eq!((sum.problems(1, &box_of_ten).len(), sum.problems(1, &Cell::open(2)).len()), (2, 0));
    }

    #[test]
    fn sums_of_dihedral_angles_have_the_period_of_their_common_measure() {
        let angle = || Variable::Dihedral(0, 1, 2, 3);
        let sum = |factors: &[f64]| Variable::Combination(factors.iter().map(|&factor| (factor, angle())).collect());
        let open = Cell::open(3);
        for (factors, period) in
            [(vec![1.0, 1.0], Some(360.0)), (vec![0.5, -0.5], Some(180.0)), (vec![2.0, 3.0], Some(360.0)), (vec![1.0, 2f64.sqrt()], None)]
        {
            let found = sum(&factors).period(&open);
            assert!(found.zip(period).map_or(found.is_none() && period.is_none(), |(a, b)| (a - b).abs() < 1e-6), "{factors:?}: {found:?}");
        }
        let mixed = Variable::Combination(vec![(1.0, angle()), (1.0, Variable::Distance(0, 1))]);
        assert!(matches!(mixed.topology(&open, false), Topology::Broken(_)));
        // 170 + 170 degrees are -20.
        let at = |degrees: f64| [degrees.to_radians().cos(), degrees.to_radians().sin()];
        let [x, y] = at(170.0);
        let points = [[1.0, 0.0, 0.0], [0.0; 3], [0.0, 0.0, 1.0], [x, y, 1.0]];
        let c = Configuration { positions: Vectors::from_points(3, &points), cell: open };
        assert!((sum(&[1.0, 1.0]).value(&c) + 20.0).abs() < 1e-9);
        assert!((angle().value_from(&c, 0.0) - 170.0).abs() < 1e-9 && (angle().value_from(&c, 180.0) - 530.0).abs() < 1e-9);
    }
}
