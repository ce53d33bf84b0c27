//! A coordinate of a particle.

use super::geometry::GradientRow;
use super::{CollectiveVariable, Shift, Topology, no_such_particles};
use crate::observers::{Label, Subject, Unit};
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

/// A coordinate of a particle; in a periodic cell that of its image in the cell, whose fractional coordinates are from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinate {
    /// Which particle.
    pub particle: usize,
    /// Which coordinate.
    pub axis: Axis,
}

impl CollectiveVariable for Coordinate {
    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let (axis, dimension) = (self.axis, subject.cell.dimension());
        let mut problems = no_such_particles(&[self.particle], subject.n(), |_| "particle".to_string());
        if axis as usize >= dimension {
            problems.push(Problem::new("axis", format!("{axis:?} in {dimension} dimension(s)"), "an axis that the system has"));
        }
        problems
    }

    fn value(&self, configuration: &Configuration) -> f64 {
        let (at, axis) = (configuration.cell.wrap(configuration.positions.get(self.particle)), self.axis as usize);
        // Rounding may put a point on the far side of the cell, which is the near side.
        match self.period(&configuration.cell) {
            Some(period) if at[axis] >= period => 0.0,
            _ => at[axis],
        }
    }

    fn add_gradient(&self, _: &Configuration, factor: f64, row: &mut GradientRow) {
        row.add(self.particle, factor, std::array::from_fn(|c| f64::from(u8::from(c == self.axis as usize))));
    }

    /// What the coordinate of an image differs by from another's, where all differ by multiples of one length: where the other vectors of the
    /// cell have no component along it. `None` in open space, too.
    fn period(&self, cell: &Cell) -> Option<f64> {
        let axis = self.axis as usize;
        let vectors = cell.vectors().filter(|_| axis < cell.dimension())?;
        (0..cell.dimension()).all(|k| k == axis || vectors[k][axis] == 0.0).then_some(vectors[axis][axis])
    }

    fn topology(&self, cell: &Cell, cell_changes: bool) -> Topology {
        match self.period(cell) {
            _ if !cell.is_periodic() => Topology::Line,
            _ if cell_changes => Topology::Broken("a coordinate in a periodic cell that changes has no mean"),
            Some(period) => Topology::Circle(period),
            None => Topology::Broken("a coordinate that jumps where another one leaves a skewed cell has no mean"),
        }
    }

    fn jumps_at_boundary(&self, cell: &Cell) -> bool {
        cell.is_periodic()
    }

    fn add_shift(&self, factor: f64, shift: &mut [Shift; 3]) {
        let own = &mut shift[self.axis as usize];
        *own = Shift { sum: own.sum + factor, sizes: own.sizes + factor.abs() };
    }

    fn noun(&self) -> &'static str {
        "a coordinate"
    }

    fn label(&self) -> Option<Label> {
        let axis = match self.axis {
            Axis::X => 'x',
            Axis::Y => 'y',
            Axis::Z => 'z',
        };
        Some(Label::new(format!("{axis} of particle {}", self.particle), Unit::Length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observers::{Combination, Variable};
    use mcflow_potentials::{Particles, Vectors};

    #[test]
    fn coordinates_are_those_of_the_image_in_the_cell() {
        let skewed = Cell::triclinic(2, [[4.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.0; 3]]).unwrap();
        let x = Coordinate { particle: 0, axis: Axis::X };
        let y = Coordinate { particle: 0, axis: Axis::Y };
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
        let (box_of_ten, open) = (Cell::orthorhombic(&[10.0, 5.0]).unwrap(), Cell::open(2));
        assert_eq!(x.topology(&box_of_ten, false), Topology::Circle(10.0));
        assert!(matches!(x.topology(&box_of_ten, true), Topology::Broken(_)) && x.topology(&open, false) == Topology::Line);
        let sum = Combination(vec![(1.0, Variable::Coordinate(x)), (-1.0, Variable::Coordinate(y))]);
        let particles = Particles::alike("A", 1, 1.0);
        let problems = |cell: &Cell| sum.problems(&Subject::new(&particles, cell)).len();
        assert_eq!((problems(&box_of_ten), problems(&open)), (2, 0));
    }
}
