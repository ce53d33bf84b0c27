//! Collective variables: numbers that are functions of one configuration. States, profiles and columns are made of them.
//!
//! Each is a struct in a file of its own, which is what the user writes; [`Variable`] lists them for the reader of inputs.

mod angle;
mod combination;
mod coordinate;
mod dihedral;
mod distance;
mod geometry;
mod radius_of_gyration;

pub use angle::Angle;
pub use combination::Combination;
pub use coordinate::{Axis, Coordinate};
pub use dihedral::Dihedral;
pub use distance::Distance;
pub use geometry::GradientRow;
pub use radius_of_gyration::RadiusOfGyration;

use super::{Label, Subject};
use mcflow_base::Problem;
use mcflow_potentials::{Cell, Configuration};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::ops::Deref;

/// A collective variable: a number s(x) that is a function of one configuration x, with its derivatives.
///
/// ```
/// use mcflow_engine::observers::{CollectiveVariable, Distance, GradientRow};
/// use mcflow_potentials::{Cell, Configuration, Vectors};
/// let positions = Vectors::from_points(2, &[[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]]);
/// let configuration = Configuration { positions, cell: Cell::open(2) };
/// let distance = Distance(0, 1);
/// assert_eq!(distance.value(&configuration), 5.0);
/// // A row holds all x, then all y.
/// let mut row = [0.0; 4];
/// distance.add_gradient(&configuration, 1.0, &mut GradientRow::new(&configuration, &mut row));
/// assert!(row.iter().zip([-0.6, 0.6, -0.8, 0.8]).all(|(a, b)| (a - b).abs() < 1e-15));
/// ```
pub trait CollectiveVariable: Debug + Send + Sync {
    /// What the user may have got wrong: each problem with the key of the input that it is about.
    fn problems(&self, subject: &Subject) -> Vec<Problem>;

    /// The same variable with what it needs of the particles (their masses, their bonds) filled in; `None` where it needs nothing.
    fn bound(&self, _subject: &Subject) -> Option<Variable> {
        None
    }

    /// s(x). Lengths are in units of the run, angles in degrees.
    fn value(&self, configuration: &Configuration) -> f64;

    /// Adds `factor` times the derivatives of s by all coordinates to a row. Where there is none (particles at one place, or in a line) it adds
    /// nothing.
    fn add_gradient(&self, configuration: &Configuration, factor: f64, row: &mut GradientRow);

    /// The period of s in a cell, where s has one: two values that differ by it are the same.
    fn period(&self, _cell: &Cell) -> Option<f64> {
        None
    }

    /// Whether s is a line, a circle or neither, in a cell that stays as it is or changes.
    fn topology(&self, cell: &Cell, _cell_changes: bool) -> Topology {
        self.period(cell).map_or(Topology::Line, Topology::Circle)
    }

    /// Whether s is that of an image of a particle, so that it jumps where the particle leaves the cell.
    fn jumps_at_boundary(&self, _cell: &Cell) -> bool {
        false
    }

    /// Adds `factor` times how much s grows as all particles are moved by one unit of length along each axis, and the sum of the sizes of
    /// what cancels in it. Most variables do not change.
    fn add_shift(&self, _factor: f64, _shift: &mut [Shift; 3]) {}

    /// What it is called in messages, with an article: "a distance".
    fn noun(&self) -> &'static str;

    /// The text of an axis that shows it; `None` where only the user's name says what it is.
    fn label(&self) -> Option<Label> {
        None
    }

    /// Whether s changes as all particles are moved alike: one of a coordinate does, one of a difference of coordinates does not.
    fn follows_translation(&self) -> bool {
        let mut shift = [Shift::default(); 3];
        self.add_shift(1.0, &mut shift);
        // Factors of a centre less itself add up to 0 but for rounding.
        shift.iter().any(|shift| shift.sum.abs() > 1e-9 * shift.sizes)
    }

    /// s(x), that of a variable with a period brought into the period that begins at `from`.
    fn value_from(&self, configuration: &Configuration, from: f64) -> f64 {
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
}

/// How much a variable grows as all particles are moved by one unit of length along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// The growth.
    pub sum: f64,
    /// The sum of the sizes of the terms of that sum, which rounding is judged by.
    pub sizes: f64,
}

/// Whether the values of a variable are points of a line or of a circle, which decides what their mean is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Topology {
    /// A line.
    Line,
    /// A circle of this circumference: the mean is a direction.
    Circle(f64),
    /// Neither: values jump where nothing does, for the reason given, and have no mean.
    Broken(&'static str),
}

/// A collective variable as the user writes it. Particles are numbered from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Variable {
    /// A coordinate of a particle: `Coordinate(particle: 0, axis: X)`.
    Coordinate(Coordinate),
    /// The distance of two particles: `Distance(0, 1)`.
    Distance(Distance),
    /// The angle at the second of three particles: `Angle(0, 1, 2)`.
    Angle(Angle),
    /// The dihedral angle of four particles: `Dihedral(0, 1, 2, 3)`.
    Dihedral(Dihedral),
    /// The radius of gyration of a group: `RadiusOfGyration(particles: [0, 1, 2])`.
    RadiusOfGyration(RadiusOfGyration),
    /// A sum of numbers times variables: `Combination([(1.0, Distance(0, 1)), (-1.0, Distance(1, 2))])`.
    Combination(Combination),
}

impl Variable {
    /// The one match over all kinds of variables; all else goes through the trait.
    pub fn as_variable(&self) -> &(dyn CollectiveVariable + 'static) {
        match self {
            Self::Coordinate(own) => own,
            Self::Distance(own) => own,
            Self::Angle(own) => own,
            Self::Dihedral(own) => own,
            Self::RadiusOfGyration(own) => own,
            Self::Combination(own) => own,
        }
    }

    /// The variable with what it needs of the particles filled in.
    #[must_use]
    pub fn bound_to(&self, subject: &Subject) -> Self {
        self.bound(subject).unwrap_or_else(|| self.clone())
    }
}

impl Deref for Variable {
    type Target = dyn CollectiveVariable;

    fn deref(&self) -> &Self::Target {
        self.as_variable()
    }
}

/// Problems of a list of particles, one of each entry that is no particle; the key of entry k is `key(k)`.
fn no_such_particles(particles: &[usize], n: usize, key: impl Fn(usize) -> String) -> Vec<Problem> {
    let expected = || format!("a particle number from 0 to {}", n.saturating_sub(1));
    let wrong = particles.iter().enumerate().filter(|(_, index)| **index >= n);
    wrong.map(|(k, index)| Problem::new(key(k), index, expected())).collect()
}

/// Problems of an angle of `particles`, which must be different ones in at least `least` dimensions.
fn problems_of_angle(particles: &[usize], least: usize, subject: &Subject) -> Vec<Problem> {
    let mut problems = no_such_particles(particles, subject.n(), |k| format!("[{k}]"));
    let dimension = subject.cell.dimension();
    if (1..particles.len()).any(|k| particles[..k].contains(&particles[k])) {
        problems.push(Problem::new("", format!("one particle twice in {particles:?}"), "different particles"));
    }
    if dimension < least {
        problems.push(Problem::new("", format!("an angle in {dimension} dimension(s)"), format!("at least {least} dimensions")));
    }
    problems
}
