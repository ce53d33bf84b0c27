//! The range of each number of a row: a line, a half line, a circle or an interval.

use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// The range of one number of a row, which no layer of a flow leaves.
///
/// A flow works on a line or on a circle: half lines and intervals are taken to a line by a fixed layer at the data's end. Latent rows have a
/// number on a line for every axis but a circle, where they have an angle from -pi up to pi.
///
/// ```
/// use mcflow_flows::Axis;
///
/// // A bond by its length and its direction in the plane.
/// let axes = [Axis::Positive, Axis::Circle { period: std::f64::consts::TAU }];
/// assert!(axes[0].holds(1.2) && !axes[0].holds(-0.1));
/// // The two ends of the range of an angle are one point.
/// assert!(axes[1].distance(3.1, -3.1) < 0.1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Axis {
    /// All real numbers.
    #[default]
    Line,
    /// The numbers above 0.
    Positive,
    /// The numbers modulo `period`: x and x + period are the same. A flow gives those of [-period / 2, period / 2) and takes any.
    Circle {
        /// Length of the circle, in units of the axis.
        period: f64,
    },
    /// The numbers between two ends, without these.
    Interval {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
}

impl Axis {
    /// Whether a finite number lies within the range.
    pub fn holds(&self, value: f64) -> bool {
        match self {
            Self::Line | Self::Circle { .. } => value.is_finite(),
            Self::Positive => value > 0.0 && value < f64::INFINITY,
            Self::Interval { low, high } => value > *low && value < *high,
        }
    }

    /// The distance of two numbers along the axis: the shorter way round a circle, |a - b| elsewhere.
    pub fn distance(&self, a: f64, b: f64) -> f64 {
        match self {
            Self::Circle { period } => wrapped(a - b, *period).abs(),
            _ => (a - b).abs(),
        }
    }

    /// The axis of a latent number where this is that of the data.
    pub fn latent(&self) -> Self {
        if self.is_circle() { Self::Circle { period: std::f64::consts::TAU } } else { Self::Line }
    }

    /// Whether it closes on itself.
    pub fn is_circle(&self) -> bool {
        matches!(self, Self::Circle { .. })
    }

    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Circle { period } if !(period.is_finite() && *period > 0.0) => {
                vec![Problem::new("period", period, "a number above 0")]
            }
            Self::Interval { low, high } if !(low.is_finite() && high.is_finite() && low < high) => {
                vec![Problem::new("", format!("an interval from {low} to {high}"), "two finite ends, the lower one first")]
            }
            _ => Vec::new(),
        }
    }
}

/// `value` modulo `period`, in [-period / 2, period / 2); what is not finite stays without a place there (NaN).
pub(crate) fn wrapped(value: f64, period: f64) -> f64 {
    let within = value - period * (value / period + 0.5).floor();
    // Rounding may give the upper end, which is the lower one.
    if within >= 0.5 * period { -0.5 * period } else { within }
}

/// Problems of the axes of rows and of the places that no coupling changes; keys are `axes[k]` and `fixed[k]`.
pub(crate) fn problems(axes: &[Axis], fixed: &[usize]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (k, axis) in axes.iter().enumerate() {
        problems.extend(axis.problems().into_iter().map(|problem| problem.within(&format!("axes[{k}]"))));
    }
    for (k, &place) in fixed.iter().enumerate() {
        if place >= axes.len() || fixed[..k].contains(&place) {
            let expected = format!("a place from 0 to {}, once", axes.len().saturating_sub(1));
            problems.push(Problem::new(format!("fixed[{k}]"), place, expected));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_measured_the_shorter_way_round() {
        let circle = Axis::Circle { period: 10.0 };
        assert!((circle.distance(4.9, -4.9) - 0.2).abs() < 1e-12);
        assert!((circle.distance(1.0, 24.0) - 3.0).abs() < 1e-12);
        assert_eq!(Axis::Line.distance(4.9, -4.9), 9.8);
        assert!(circle.distance(f64::NAN, 0.0).is_nan() && circle.distance(f64::INFINITY, 0.0).is_nan());
    }

    #[test]
    fn wrapped_numbers_lie_in_one_period() {
        for value in [-1e9, -15.0, -5.0, -4.999_999_999_999_999, 0.0, 4.999_999_999_999_999, 5.0, 14.999_999_999_999_998, 1e9 + 0.1] {
            let within = wrapped(value, 10.0);
            assert!((-5.0..5.0).contains(&within), "{value} became {within}");
            assert!(((value - within) / 10.0 - ((value - within) / 10.0).round()).abs() < 1e-7);
        }
    }

    #[test]
    fn ends_do_not_belong_to_a_range() {
        let interval = Axis::Interval { low: -1.0, high: 1.0 };
        assert!(interval.holds(0.999) && !interval.holds(1.0) && !interval.holds(-1.0) && !interval.holds(f64::NAN));
        assert!(!Axis::Positive.holds(0.0) && !Axis::Positive.holds(f64::INFINITY) && !Axis::Line.holds(f64::NAN));
        let axes = [Axis::Circle { period: 0.0 }, Axis::Interval { low: 1.0, high: 1.0 }, Axis::Line];
        let keys: Vec<String> = problems(&axes, &[2, 2, 3]).into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["axes[0].period", "axes[1]", "fixed[1]", "fixed[2]"]);
    }
}
