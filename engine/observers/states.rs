//! States: named regions of configuration space, with the depth inside them.

use super::{GradientRow, Subject, Topology, Variable};
use mcflow_base::Problem;
use mcflow_potentials::Configuration;
use serde::{Deserialize, Serialize};

/// Which configurations belong to a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Condition {
    /// The variable is above the number.
    Above(Variable, f64),
    /// The variable is below the number.
    Below(Variable, f64),
    /// The variable is between two numbers; for a dihedral angle, or a coordinate in a periodic cell, on the arc from the first to the second.
    Between(Variable, f64, f64),
    /// The point of these variables is nearer to `point` than to the points of all other states with this condition: a Voronoi cell.
    /// All of them have the same variables.
    Nearest {
        /// The variables.
        of: Vec<Variable>,
        /// Their values at the centre of the cell.
        point: Vec<f64>,
        /// The centres of the other cells: taken from the other states.
        #[serde(skip)]
        others: Vec<Vec<f64>>,
    },
    /// All conditions hold.
    All(Vec<Condition>),
}

/// A step towards the inside that is depth's derivative: variables and factors.
type Slope<'a> = Vec<(f64, &'a Variable)>;

impl Condition {
    /// Whether a configuration belongs to the state.
    pub fn holds(&self, configuration: &Configuration) -> bool {
        self.depth(configuration) > 0.0
    }

    /// The depth: how far inside the state a configuration is, in units of the variables (negative outside): the distance to the nearest boundary, where
    /// variables are Cartesian coordinates.
    pub fn depth(&self, configuration: &Configuration) -> f64 {
        self.depth_and_slope(configuration).0
    }

    /// Returns the depth, and adds `factor(depth)` times its derivatives by all coordinates to `row`.
    pub fn add_depth_gradient(&self, configuration: &Configuration, factor: impl Fn(f64) -> f64, row: &mut [f64]) -> f64 {
        let (depth, slope) = self.depth_and_slope(configuration);
        let factor = factor(depth);
        if factor != 0.0 {
            let mut row = GradientRow::new(configuration, row);
            slope.iter().for_each(|(weight, variable)| variable.add_gradient(configuration, factor * weight, &mut row));
        }
        depth
    }

    fn depth_and_slope(&self, configuration: &Configuration) -> (f64, Slope<'_>) {
        match self {
            Self::Above(variable, bound) => (variable.value(configuration) - bound, vec![(1.0, variable)]),
            Self::Below(variable, bound) => (bound - variable.value(configuration), vec![(-1.0, variable)]),
            Self::Between(variable, low, high) => {
                let period = variable.period(&configuration.cell);
                let width = match period {
                    // A cell may have become smaller than the arc, which then is all of it.
                    Some(period) if high > low => (high - low).min(period),
                    Some(period) => (high - low).rem_euclid(period),
                    None => high - low,
                };
                let from_middle = variable.value(configuration) - (low + 0.5 * width);
                let from_middle = period.map_or(from_middle, |period| from_middle - period * (from_middle / period).round());
                (0.5 * width - from_middle.abs(), vec![(-from_middle.signum(), variable)])
            }
            Self::Nearest { of, point, others } => {
                let values: Vec<f64> = of.iter().map(|variable| variable.value(configuration)).collect();
                // Without others to compare with there is no cell.
                let mut best = (if others.is_empty() { f64::NEG_INFINITY } else { f64::INFINITY }, Vec::new());
                for other in others {
                    // Half the difference of squared distances is linear: (x - (p + o) / 2) . (p - o).
                    let apart: Vec<f64> = point.iter().zip(other).map(|(p, o)| p - o).collect();
                    let length = apart.iter().map(|a| a * a).sum::<f64>().sqrt();
                    let along = (0..apart.len()).map(|k| (values[k] - 0.5 * (point[k] + other[k])) * apart[k]).sum::<f64>() / length;
                    if along < best.0 {
                        best = (along, of.iter().zip(&apart).map(|(variable, a)| (a / length, variable)).collect());
                    }
                }
                best
            }
            Self::All(conditions) => {
                let mut all = conditions.iter().map(|condition| condition.depth_and_slope(configuration));
                let first = all.next().expect("a condition at least");
                all.fold(first, |least, next| if next.0 < least.0 { next } else { least })
            }
        }
    }

    /// Whether the condition changes as all particles are moved alike.
    pub fn follows_translation(&self) -> bool {
        match self {
            Self::Above(variable, _) | Self::Below(variable, _) | Self::Between(variable, ..) => variable.follows_translation(),
            Self::Nearest { of, .. } => of.iter().any(|variable| variable.follows_translation()),
            Self::All(conditions) => conditions.iter().any(Self::follows_translation),
        }
    }

    /// Whether a Voronoi cell is part of the condition: those know only the cells of other states.
    pub fn has_cell(&self) -> bool {
        match self {
            Self::Nearest { .. } => true,
            Self::All(conditions) => conditions.iter().any(Self::has_cell),
            _ => false,
        }
    }

    /// The condition with what its variables need of the particles filled in.
    #[must_use]
    pub fn bound_to(&self, subject: &Subject) -> Self {
        match self {
            Self::Above(variable, bound) => Self::Above(variable.bound_to(subject), *bound),
            Self::Below(variable, bound) => Self::Below(variable.bound_to(subject), *bound),
            Self::Between(variable, low, high) => Self::Between(variable.bound_to(subject), *low, *high),
            Self::Nearest { of, point, others } => Self::Nearest {
                of: of.iter().map(|variable| variable.bound_to(subject)).collect(),
                point: point.clone(),
                others: others.clone(),
            },
            Self::All(conditions) => Self::All(conditions.iter().map(|condition| condition.bound_to(subject)).collect()),
        }
    }

    /// What the user may have got wrong: each problem with the key of the input that it is about.
    pub fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let cell = subject.cell;
        let number = |key: &str, value: f64| (!value.is_finite()).then(|| Problem::new(key, value, "a finite number"));
        let inside = |problems: Vec<Problem>, key: String| problems.into_iter().map(move |p| p.within(&key));
        match self {
            Self::Above(variable, bound) | Self::Below(variable, bound) => {
                inside(variable.problems(subject), "[0]".to_string()).chain(number("[1]", *bound)).collect()
            }
            Self::Between(variable, low, high) => {
                let mut problems: Vec<Problem> = inside(variable.problems(subject), "[0]".to_string()).collect();
                problems.extend(number("[1]", *low).into_iter().chain(number("[2]", *high)));
                let whole = |period: f64| high - low >= period || (high - low).rem_euclid(period) == 0.0;
                if problems.is_empty() && variable.period(cell).is_some_and(whole) {
                    let expected = "an arc shorter than the whole circle, from the first number to the second";
                    problems.push(Problem::new("[2]", format!("from {low} to {high}"), expected));
                }
                if problems.is_empty() && variable.period(cell).is_none() && low >= high {
                    problems.push(Problem::new("[2]", format!("from {low} to {high}"), "two numbers, the first below the second"));
                }
                problems
            }
            Self::Nearest { of, point, .. } => {
                let mut problems = Vec::new();
                for (k, variable) in of.iter().enumerate() {
                    problems.extend(inside(variable.problems(subject), format!("of[{k}]")));
                    if variable.topology(cell, false) != Topology::Line {
                        let place = if cell.is_periodic() { " in a periodic cell" } else { "" };
                        let found = format!("{}{place}", variable.noun());
                        problems.push(Problem::new(format!("of[{k}]"), found, "a variable without a period, or `Between`"));
                    }
                }
                problems.extend(point.iter().enumerate().filter_map(|(k, &value)| number(&format!("point[{k}]"), value)));
                if of.is_empty() || of.len() != point.len() {
                    let found = format!("{} numbers for {} variables", point.len(), of.len());
                    problems.push(Problem::new("point", found, "a number for each of at least one variable"));
                }
                problems
            }
            Self::All(_) if self.has_cell() => {
                vec![Problem::new("", "`Nearest` inside `All`", "`Above`, `Below` and `Between` in `All`, or `Nearest` alone")]
            }
            Self::All(conditions) if conditions.is_empty() => vec![Problem::new("", "no condition", "at least one condition")],
            Self::All(conditions) => {
                conditions.iter().enumerate().flat_map(|(k, c)| inside(c.problems(subject), format!("[{k}]")).collect::<Vec<_>>()).collect()
            }
        }
    }
}

/// A named region of configuration space.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What belongs to it.
    pub condition: Condition,
}

/// The first of `states` that `configuration` is in.
pub fn state_of(states: &[State], configuration: &Configuration) -> Option<usize> {
    states.iter().position(|state| state.condition.holds(configuration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observers::{Axis, Coordinate, Dihedral};
    use mcflow_potentials::{Cell, Vectors};

    fn at(x: f64, y: f64) -> Configuration {
        Configuration { positions: Vectors::from_points(2, &[[x, y, 0.0]]), cell: Cell::open(2) }
    }

    fn coordinate(axis: Axis) -> Variable {
        Variable::Coordinate(Coordinate { particle: 0, axis })
    }

    #[test]
    fn depth_is_the_distance_to_the_boundary() {
        let of = vec![coordinate(Axis::X), coordinate(Axis::Y)];
        let cell = Condition::Nearest { of, point: vec![0.0, 0.0], others: vec![vec![2.0, 0.0], vec![0.0, -4.0]] };
        assert_eq!(cell.depth(&at(0.25, 0.0)), 0.75);
        assert_eq!(cell.depth(&at(-5.0, -3.0)), -1.0);
        let band = Condition::Between(coordinate(Axis::X), 1.0, 3.0);
        assert_eq!(band.depth(&at(1.25, 0.0)), 0.25);
        assert!(!band.holds(&at(3.5, 0.0)));
        let both = Condition::All(vec![band, Condition::Above(coordinate(Axis::Y), 0.0)]);
        assert_eq!(both.depth(&at(2.0, 0.125)), 0.125);
        let mut gradient = [0.0; 2];
        assert_eq!(cell.add_depth_gradient(&at(0.25, 0.0), |depth| 2.0 * depth, &mut gradient), 0.75);
        assert_eq!(gradient, [-1.5, 0.0]);
    }

    #[test]
    fn arcs_go_round() {
        let points = [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -0.05, 1.0]];
        let configuration = Configuration { positions: Vectors::from_points(3, &points), cell: Cell::open(3) };
        let dihedral = Variable::Dihedral(Dihedral(0, 1, 2, 3));
        assert!(dihedral.value(&configuration) < -170.0);
        assert!(Condition::Between(dihedral.clone(), 150.0, -150.0).holds(&configuration));
        assert!(!Condition::Between(dihedral, -150.0, 150.0).holds(&configuration));
    }
}
