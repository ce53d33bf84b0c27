//! The radial distribution function of all pairs.

use super::{AccumulatedFunction, Curve, Picture, Sample, problems_of_bins};
use crate::observers::{Label, Subject, Unit};
use crate::statistics::{RadialPoint, RadialSums, radial_distribution};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// The radial distribution function g(r) of all pairs in a periodic cell: the density of pairs at the distance r over that of an ideal gas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadialDistribution {
    /// Its name.
    #[serde(default = "radial_distribution_name")]
    pub name: String,
    /// Largest r; half the smallest height of the starting cell unless given.
    pub to: Option<f64>,
    /// Number of bins.
    #[serde(default = "super::hundred")]
    pub bins: usize,
}

fn radial_distribution_name() -> String {
    "radial_distribution".to_string()
}

impl AccumulatedFunction for RadialDistribution {
    type Accumulator = RadialSums;

    fn name(&self) -> &str {
        &self.name
    }

    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let mut problems = Vec::new();
        let half = 0.5 * subject.cell.smallest_height();
        if !subject.cell.is_periodic() {
            problems.push(Problem::new("", "a radial distribution function in an open cell", "a periodic cell"));
        } else if self.to.is_some_and(|to| !(to > 0.0 && to <= half)) {
            let expected = format!("above 0 and at most half the smallest height, {half}");
            problems.push(Problem::new("to", self.to.unwrap_or(0.0), expected));
        }
        if subject.n() < 2 {
            let found = format!("a radial distribution function of {} particle", subject.n());
            problems.push(Problem::new("", found, "at least two particles"));
        }
        problems.extend(problems_of_bins(self.bins));
        problems
    }

    fn numbers(&self, _: &Subject) -> f64 {
        self.bins as f64
    }

    fn accumulator(&self, subject: &Subject) -> RadialSums {
        let largest = self.to.unwrap_or(0.5 * subject.cell.smallest_height());
        RadialSums::new(subject.cell.dimension(), largest, self.bins, None).expect("bounds were checked")
    }

    fn add(&self, sums: &mut RadialSums, sample: &Sample) {
        sums.add(sample.configuration, sample.particles).expect("a periodic cell was checked");
    }

    fn curve(&self, walkers: &[RadialSums]) -> Option<Curve> {
        let points = radial_distribution(walkers).ok()?;
        points.iter().any(|p| p.value.is_some()).then(|| Curve {
            kind: "RadialDistribution",
            columns: &["coordinate", "value", "standard_error"],
            points: points.iter().map(|p| vec![Some(p.coordinate), p.value, p.standard_error]).collect(),
            figures: Vec::new(),
            picture: Some(self.picture(&points)),
        })
    }
}

impl RadialDistribution {
    fn picture(&self, points: &[RadialPoint]) -> Picture {
        let point = |p: &RadialPoint| [p.coordinate, p.value.unwrap_or(f64::NAN), p.standard_error.unwrap_or(0.0)];
        Picture {
            title: format!("Radial distribution function {}", self.name),
            x: Label::new("r", Unit::Length),
            y: Label::plain("g(r)"),
            points: points.iter().map(point).collect(),
            reference: Some(1.0),
            caption: Vec::new(),
        }
    }
}
