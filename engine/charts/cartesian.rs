//! Positions as they are.

use super::choice::ChartRequest;
use super::{Chart, Entered, Left};
use mcflow_base::Problem;
use mcflow_flows::Axis;
use std::sync::Arc;

/// The row of a configuration is its positions: all x, then all y, then all z.
#[derive(Clone, Debug, PartialEq)]
pub struct Cartesian {
    axes: Vec<Axis>,
}

impl Cartesian {
    /// For configurations of so many coordinates.
    pub fn new(coordinates: usize) -> Self {
        Self { axes: vec![Axis::Line; coordinates] }
    }
}

/// The request for positions as they are.
#[derive(Debug)]
pub(super) struct AsTheyAre;

impl ChartRequest for AsTheyAre {
    fn problems(&self, _: usize, _: usize) -> Vec<Problem> {
        Vec::new()
    }

    fn chart(&self, n: usize, dimension: usize) -> Arc<dyn Chart> {
        Arc::new(Cartesian::new(n * dimension))
    }
}

impl Chart for Cartesian {
    fn axes(&self) -> &[Axis] {
        &self.axes
    }

    fn coordinates(&self) -> usize {
        self.axes.len()
    }

    fn enter(&self, positions: &[f64], rows: &mut [f64], entered: &mut [Entered]) {
        rows.copy_from_slice(positions);
        entered.fill(Entered { log_det: 0.0, feasible: true, element: None });
    }

    fn leave(&self, rows: &[f64], positions: &mut [f64], left: &mut [Left]) {
        positions.copy_from_slice(rows);
        left.fill(Left { log_det: 0.0, feasible: true });
    }

    fn pull_back(&self, _: &[f64], by_positions: &[f64], _: &[f64], by_rows: &mut [f64]) {
        by_rows.copy_from_slice(by_positions);
    }
}
