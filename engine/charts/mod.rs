//! Charts: the only way between a configuration and a row of a flow.
//!
//! A flow maps rows of numbers and knows nothing of particles. A [`Chart`] says which numbers a row has, and turns configurations into rows and
//! rows into configurations, with the determinants of both. Adding a chart is one file here, one line in
//! [`ChartChoice`] and one in its match, one row in `tests.rs`.

mod bonds;
mod cartesian;
mod choice;
mod direction;
mod domain;
mod folded;
mod polar;
mod reference;
mod symmetry;
#[cfg(test)]
mod tests;

pub use bonds::BondPairs;
pub use bonds::Bonds;
pub use cartesian::Cartesian;
pub use choice::ChartChoice;
pub(crate) use choice::domain_by_text;
pub use domain::Domain;
pub use folded::Folded;
pub use polar::{About, AboutOthers, PolarAbout};
pub(crate) use reference::{domain_of, numbered};
pub use symmetry::{Element, Operation, Symmetry};

use mcflow_flows::Axis;
use rayon::prelude::*;
use std::fmt::Debug;

/// A way to write configurations as rows of numbers.
///
/// Positions are rows themselves, `[n, coordinates]`: of each configuration all x, then all y, then all z. Rows are `[n, numbers]`. Wherever a
/// row is that of a configuration, `leave` after `enter` gives the configuration back (or an image of it that the energy does not tell apart), and
/// `enter` after `leave` the row. A row without a configuration is infeasible; one whose configuration has another row is found out by entering
/// again, as [`Map`](crate::Map) does.
pub trait Chart: Debug + Send + Sync {
    /// The range of each number of a row.
    fn axes(&self) -> &[Axis];

    /// Numbers of a row.
    fn numbers(&self) -> usize {
        self.axes().len()
    }

    /// Coordinates of a configuration: particles times dimensions.
    fn coordinates(&self) -> usize;

    /// Writes the row of each configuration, and what entering says of it beside.
    fn enter(&self, positions: &[f64], rows: &mut [f64], entered: &mut [Entered]);

    /// Writes the configuration of each row over `positions`, which hold the configurations that the rows belong to: a chart of some of the particles
    /// leaves the others where they are.
    fn leave(&self, rows: &[f64], positions: &mut [f64], left: &mut [Left]);

    /// Turns derivatives by what [`Chart::leave`] gives into those by the rows: `by_rows` = (d positions / d row)^T `by_positions` + `by_log_det`
    /// d ln|det d positions / d row| / d row, for training.
    fn pull_back(&self, rows: &[f64], by_positions: &[f64], by_log_det: &[f64], by_rows: &mut [f64]);

    /// Places of a row that the layers of a map between states know and leave alone: they are mapped linearly, by mean and spread, so that a map
    /// between states that differ in one of them cannot stay where it is.
    fn rescaled(&self) -> &[usize] {
        &[]
    }

    /// ln of the number of configurations that have the same row: images of each other, which the energy does not tell apart.
    fn log_images(&self) -> f64 {
        0.0
    }

    /// The configuration that images are compared with, where they are: what a weights file needs to make the chart again.
    fn reference(&self) -> Option<&[f64]> {
        None
    }

    /// Adds to `by_positions` the derivatives of, and returns, what a configuration `[coordinates]` pays in training for not being its own image: `price`
    /// times |x - x_0|^2 - |g x - x_0|^2, x_0 the reference and g x the image; 0 where each configuration has a row of its own.
    fn add_excess(&self, _positions: &[f64], _price: f64, _by_positions: &mut [f64]) -> f64 {
        0.0
    }

    /// The price for training on these frames; 0 where each configuration has a row of its own.
    fn price(&self, _frames: &[f64]) -> f64 {
        0.0
    }

    /// Configurations that one task enters: enough to be worth it, few enough to share among cores.
    fn rows_of_a_task(&self) -> usize {
        64
    }
}

/// What entering a chart says of a configuration beside its row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entered {
    /// ln|det d row / d positions|.
    pub log_det: f64,
    /// Whether the configuration has a row.
    pub feasible: bool,
    /// What led to the image of the configuration whose row it is; `None` where that is the configuration itself. Momenta go with it.
    pub element: Option<Box<Element>>,
}

/// What leaving a chart says of a row beside its configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Left {
    /// ln|det d positions / d row|.
    pub log_det: f64,
    /// Whether the row has a configuration.
    pub feasible: bool,
}

/// Rows of configurations, in tasks over threads; the bytes of a row depend on its configuration alone.
pub(crate) fn enter(chart: &dyn Chart, positions: &[f64]) -> (Vec<f64>, Vec<Entered>) {
    let (numbers, coordinates, task) = (chart.numbers(), chart.coordinates(), chart.rows_of_a_task());
    let n = positions.len() / coordinates;
    let (mut rows, mut entered) = (vec![0.0; n * numbers], vec![Entered::default(); n]);
    let tasks = rows.par_chunks_mut(task * numbers).zip(positions.par_chunks(task * coordinates)).zip(entered.par_chunks_mut(task));
    tasks.for_each(|((rows, positions), entered)| chart.enter(positions, rows, entered));
    (rows, entered)
}

/// Configurations of rows, likewise; `positions` hold the configurations that the rows belong to.
pub(crate) fn leave(chart: &dyn Chart, rows: &[f64], positions: &mut [f64]) -> Vec<Left> {
    /// Rows of a task: leaving is arithmetic alone.
    const TASK: usize = 64;
    let (numbers, coordinates) = (chart.numbers(), chart.coordinates());
    let mut left = vec![Left::default(); positions.len() / coordinates];
    let tasks = positions.par_chunks_mut(TASK * coordinates).zip(rows.par_chunks(TASK * numbers)).zip(left.par_chunks_mut(TASK));
    tasks.for_each(|((positions, rows), left)| chart.leave(rows, positions, left));
    left
}

/// The rows of frames that have one, in place of them where they have as many numbers: frames for training may fill the memory.
pub(crate) fn into_rows(chart: &dyn Chart, mut positions: Vec<f64>) -> Vec<f64> {
    let (numbers, coordinates, task) = (chart.numbers(), chart.coordinates(), chart.rows_of_a_task());
    let (mut rows, entered) = if numbers == coordinates {
        let mut entered = vec![Entered::default(); positions.len() / coordinates];
        positions.par_chunks_mut(task * coordinates).zip(entered.par_chunks_mut(task)).for_each(|(rows, entered)| {
            let positions = rows.to_vec();
            chart.enter(&positions, rows, entered);
        });
        (positions, entered)
    } else {
        enter(chart, &positions)
    };
    if !entered.iter().all(|entered| entered.feasible) {
        let mut kept = entered.iter().map(|entered| entered.feasible);
        rows = rows.chunks_exact(numbers).filter(|_| kept.next() == Some(true)).flatten().copied().collect();
    }
    rows
}
