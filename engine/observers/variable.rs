//! Functions of the positions, with their derivatives.

use mcflow_base::Problem;
use mcflow_potentials::Configuration;
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

/// A function of the positions: what states, profiles and columns are made of. Particles are numbered from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Variable {
    /// A coordinate of a particle (not wrapped into the cell).
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
    /// Sum of numbers times variables.
    Combination(Vec<(f64, Variable)>),
}

impl Variable {
    /// Its value.
    pub fn value(&self, configuration: &Configuration) -> f64 {
        match self {
            Self::Coordinate { particle, axis } => configuration.positions.get(*particle)[*axis as usize],
            Self::Distance(i, j) => norm(between(configuration, *i, *j)),
            Self::Angle(i, j, k) => {
                let (a, b) = (between(configuration, *j, *i), between(configuration, *j, *k));
                norm(cross(a, b)).atan2(dot(a, b)).to_degrees()
            }
            Self::Dihedral(..) => self.dihedral(configuration).0.to_degrees(),
            Self::Combination(terms) => terms.iter().map(|(factor, variable)| factor * variable.value(configuration)).sum(),
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

    /// The period of its values, where they have one.
    pub fn period(&self) -> Option<f64> {
        matches!(self, Self::Dihedral(..)).then_some(360.0)
    }

    /// What is wrong with it for `n` particles in `dimension` dimensions.
    pub fn problems(&self, n: usize, dimension: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
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
                    problems.extend(variable.problems(n, dimension).into_iter().map(|p| p.within(&format!("[{k}][1]"))));
                }
            }
        }
        problems
    }
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
}
