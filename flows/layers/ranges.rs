//! Half lines and intervals from a line: the layer that lets no row of data leave the range of its axes.

use super::layer::Layer;
use crate::axes::Axis;
use crate::direction::Direction;
use crate::prior::Prior;
use crate::tensor::NamedTensor;
use mcflow_base::{Lane, normal_cumulative, normal_quantile};

/// Numbers of a line to numbers of the range of each axis; lines and circles stay as they are.
///
/// A half line: y = e^x. An interval from a to b: y = a + (b - a) Phi(x) with the standard normal distribution function Phi, so that uniform numbers
/// of the interval are standard normal on the line. With a uniform prior, y = a + (b - a) (x + 1) / 2: the box is the interval. A number outside
/// the range comes back as NaN.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ranges {
    maps: Vec<(usize, Map)>,
}

/// How a number of a line becomes one of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Map {
    Exponential,
    Normal { low: f64, high: f64 },
    Linear { low: f64, high: f64 },
}

/// ln of the standard normal density.
fn log_normal(x: f64) -> f64 {
    -0.5 * x * x - 0.5 * std::f64::consts::TAU.ln()
}

impl Map {
    /// y and ln|dy/dx|.
    fn leave(self, x: f64) -> (f64, f64) {
        match self {
            Self::Exponential => (x.exp().clamp(f64::MIN_POSITIVE, f64::MAX), x),
            Self::Normal { low, high } => {
                let width = high - low;
                // From the nearer end, so that nothing is lost there.
                let y = if x < 0.0 { low + width * normal_cumulative(x) } else { high - width * normal_cumulative(-x) };
                (y.clamp(low.next_up(), high.next_down()), width.ln() + log_normal(x))
            }
            Self::Linear { low, high } => {
                let half = 0.5 * (high - low);
                ((low + half * (x + 1.0)).clamp(low.next_up(), high.next_down()), half.ln())
            }
        }
    }

    /// x; NaN outside the range.
    fn enter(self, y: f64) -> f64 {
        match self {
            Self::Exponential if y > 0.0 => y.ln(),
            Self::Normal { low, high } if y > low && y < high => {
                let (below, above) = ((y - low) / (high - low), (high - y) / (high - low));
                if below < above { normal_quantile(below) } else { -normal_quantile(above) }
            }
            Self::Linear { low, high } if y > low && y < high => (y - low) / (high - low) * 2.0 - 1.0,
            _ => f64::NAN,
        }
    }

    /// dy/dx, and the derivative of ln|dy/dx|.
    fn slopes(self, x: f64) -> (f64, f64) {
        match self {
            Self::Exponential => (x.exp(), 1.0),
            Self::Normal { low, high } => ((high - low) * log_normal(x).exp(), -x),
            Self::Linear { low, high } => (0.5 * (high - low), 0.0),
        }
    }
}

impl Ranges {
    /// The layer for rows of these axes; `None` where all are lines or circles.
    pub fn new(axes: &[Axis], prior: Prior) -> Option<Self> {
        let map = |axis: &Axis| match *axis {
            Axis::Line | Axis::Circle { .. } => None,
            Axis::Positive => Some(Map::Exponential),
            Axis::Interval { low, high } if prior == Prior::Uniform => Some(Map::Linear { low, high }),
            Axis::Interval { low, high } => Some(Map::Normal { low, high }),
        };
        let maps: Vec<(usize, Map)> = axes.iter().enumerate().filter_map(|(k, axis)| map(axis).map(|map| (k, map))).collect();
        (!maps.is_empty()).then_some(Self { maps })
    }

    /// Rows of data on lines.
    pub fn enter(&self, rows: &mut [f64], dim: usize) {
        for &(k, map) in &self.maps {
            rows.iter_mut().skip(k).step_by(dim).for_each(|v| *v = map.enter(*v));
        }
    }
}

impl Layer for Ranges {
    type Packed = ();
    /// x of each map and each row.
    type Tape = Vec<f64>;

    fn name(&self) -> &'static str {
        "ranges"
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        Vec::new()
    }

    #[inline(always)]
    fn apply<L: Lane, const RECORD: bool>(
        &self,
        direction: Direction,
        (): &(),
        rows: &mut [f64],
        dim: usize,
        log_det: &mut [f64],
        tape: &mut Vec<f64>,
    ) {
        tape.clear();
        for &(k, map) in &self.maps {
            for (v, log_det) in rows.iter_mut().skip(k).step_by(dim).zip(log_det.iter_mut()) {
                let x = if direction == Direction::Forward { *v } else { map.enter(*v) };
                let (y, logarithm) = map.leave(x);
                (*v, *log_det) = if direction == Direction::Forward { (y, *log_det + logarithm) } else { (x, *log_det - logarithm) };
                if RECORD {
                    tape.push(x);
                }
            }
        }
    }

    #[inline(always)]
    fn vjp<L: Lane>(
        &self,
        direction: Direction,
        (): &(),
        rows: &mut [f64],
        dim: usize,
        log_det: &[f64],
        tape: &mut Vec<f64>,
        _: &mut [f64],
    ) {
        for (&(k, map), values) in self.maps.iter().zip(tape.chunks_exact(log_det.len())) {
            for ((g, x), l) in rows.iter_mut().skip(k).step_by(dim).zip(values).zip(log_det) {
                let (slope, tilt) = map.slopes(*x);
                *g = if direction == Direction::Forward { *g * slope + l * tilt } else { (*g - l * tilt) / slope };
            }
        }
    }
}
