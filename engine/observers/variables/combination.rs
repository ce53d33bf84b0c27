//! A sum of numbers times variables.

use super::geometry::GradientRow;
use super::{CollectiveVariable, Shift, Topology, Variable};
use crate::observers::Subject;
use mcflow_base::Problem;
use mcflow_potentials::{Cell, Configuration};
use serde::{Deserialize, Serialize};

/// A sum of numbers times variables. One of dihedral angles alone is an angle too where their factors are multiples of one number: its values
/// are from minus half to half of what that times 360 is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Combination(pub Vec<(f64, Variable)>);

impl CollectiveVariable for Combination {
    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.0.is_empty() {
            problems.push(Problem::new("", "a combination of nothing", "at least one (factor, variable)"));
        }
        for (k, (factor, variable)) in self.0.iter().enumerate() {
            if !factor.is_finite() {
                problems.push(Problem::new(format!("[{k}][0]"), factor, "a finite number"));
            }
            if variable.jumps_at_boundary(subject.cell) {
                let expected = format!(
                    "{} alone, or Distance, which is of nearest images: a sum of coordinates jumps where a particle leaves the cell",
                    variable.noun()
                );
                problems.push(Problem::new(format!("[{k}][1]"), format!("{} in a sum, in a periodic cell", variable.noun()), expected));
            }
            problems.extend(variable.problems(subject).into_iter().map(|p| p.within(&format!("[{k}][1]"))));
        }
        problems
    }

    fn bound(&self, subject: &Subject) -> Option<Variable> {
        let terms = self.0.iter().map(|(factor, variable)| (*factor, variable.bound_to(subject)));
        Some(Variable::Combination(Self(terms.collect())))
    }

    fn value(&self, configuration: &Configuration) -> f64 {
        let sum: f64 = self.0.iter().map(|(factor, variable)| factor * variable.value(configuration)).sum();
        self.period(&configuration.cell).map_or(sum, |period| sum - period * (sum / period).round())
    }

    fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut GradientRow) {
        self.0.iter().for_each(|(weight, variable)| variable.add_gradient(configuration, factor * weight, row));
    }

    /// Where each angle turns by 360, the sum turns by multiples of their common measure.
    fn period(&self, cell: &Cell) -> Option<f64> {
        let periods = self.0.iter().map(|(factor, variable)| {
            variable.period(cell).filter(|_| !variable.jumps_at_boundary(cell)).map(|period| (factor * period).abs())
        });
        let periods = periods.collect::<Option<Vec<f64>>>()?.into_iter().filter(|period| *period > 0.0);
        let common = periods.map(Some).reduce(|a, b| common_measure(a?, b?))?;
        common.filter(|period| period.is_finite())
    }

    fn topology(&self, cell: &Cell, cell_changes: bool) -> Topology {
        match self.period(cell) {
            Some(period) => Topology::Circle(period),
            None if self.0.iter().any(|(_, variable)| variable.topology(cell, cell_changes) != Topology::Line) => {
                Topology::Broken("a sum jumps where an angle in it goes once round, and has no mean")
            }
            None => Topology::Line,
        }
    }

    fn add_shift(&self, factor: f64, shift: &mut [Shift; 3]) {
        self.0.iter().for_each(|(weight, variable)| variable.add_shift(factor * weight, shift));
    }

    fn noun(&self) -> &'static str {
        "a combination"
    }
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
    use crate::observers::{Dihedral, Distance};
    use mcflow_potentials::Vectors;

    #[test]
    fn sums_of_dihedral_angles_have_the_period_of_their_common_measure() {
        let angle = || Variable::Dihedral(Dihedral(0, 1, 2, 3));
        let sum = |factors: &[f64]| Combination(factors.iter().map(|&factor| (factor, angle())).collect());
        let open = Cell::open(3);
        for (factors, period) in
            [(vec![1.0, 1.0], Some(360.0)), (vec![0.5, -0.5], Some(180.0)), (vec![2.0, 3.0], Some(360.0)), (vec![1.0, 2f64.sqrt()], None)]
        {
            let found = sum(&factors).period(&open);
            assert!(found.zip(period).map_or(found.is_none() && period.is_none(), |(a, b)| (a - b).abs() < 1e-6), "{factors:?}: {found:?}");
        }
        let mixed = Combination(vec![(1.0, angle()), (1.0, Variable::Distance(Distance(0, 1)))]);
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
