//! The target distribution as training sees it.

use crate::charts::{Chart, Left};
use crate::observers::State;
use mcflow_flows::Target;
use mcflow_potentials::{Cell, Configuration, PotentialSum, Softening, Vectors};

/// Stiffness of hard edges in training, in kT: a wall that is 3 % of its radius away costs 9 kT.
const EDGE: f64 = 1e4;

/// u = beta U and du/dx of batches of rows: all that training learns of the physics. Beyond hard edges, where the energy is infinite and
/// has no gradient, it is softened: a loss that cannot see the way back learns nothing there, and its best step is the first one.
pub struct ReducedTarget<'a> {
    potential: &'a PotentialSum,
    cell: &'a Cell,
    beta: f64,
    inside: Option<(&'a State, f64)>,
    softening: Softening,
}

impl<'a> ReducedTarget<'a> {
    /// The target exp(-`beta` U) of configurations in a cell.
    pub fn new(potential: &'a PotentialSum, cell: &'a Cell, beta: f64) -> Self {
        Self { potential, cell, beta, inside: None, softening: Softening { core: 0.0, edge: EDGE / beta } }
    }

    /// The same restricted to a state: rows outside pay `penalty` times the squared distance to it, as [`Condition::depth`] measures it.
    ///
    /// In the loss only: acceptance tests the region itself.
    ///
    /// [`Condition::depth`]: crate::observers::Condition::depth
    #[must_use]
    pub fn within(mut self, state: &'a State, penalty: f64) -> Self {
        self.inside = Some((state, penalty));
        self
    }

    /// The same with pair interactions that below this distance go on along their tangent.
    ///
    /// In the loss only: what a map gets wrong at first would else be a few overlaps, of energies beyond all others.
    #[must_use]
    pub fn with_soft_core(mut self, core: f64) -> Self {
        self.softening.core = core;
        self
    }
}

impl Target for ReducedTarget<'_> {
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        self.potential.softened_energies_and_gradients(self.cell, rows, self.softening, u, gradient);
        for value in u.iter_mut().chain(gradient.iter_mut()) {
            *value *= self.beta;
        }
        let Some((state, penalty)) = self.inside else { return };
        let dim = rows.len() / u.len().max(1);
        let mut configuration =
            Configuration { positions: Vectors::zeros(self.cell.dimension(), dim / self.cell.dimension()), cell: self.cell.clone() };
        for ((row, u), gradient) in rows.chunks_exact(dim).zip(u).zip(gradient.chunks_exact_mut(dim)) {
            configuration.positions.row_mut().copy_from_slice(row);
            let outside = |depth: f64| depth.min(0.0);
            let depth = state.condition.add_depth_gradient(&configuration, |depth| 2.0 * penalty * outside(depth), gradient);
            *u += penalty * outside(depth).powi(2);
        }
    }
}

/// The law of the rows of a chart, whose energies are u(x) - ln|det dx/drow| with those of configurations `law`.
///
/// A row without a configuration has an energy of +inf and no derivative: a loss counts it as bad. Configurations outside the domain of a reference
/// pay `outside` times what their squared distance to it is more than that of their image inside: 0 at the border and inside. In the loss only: the
/// energy tells no images apart, so nothing else would keep a flow in the domain.
pub(crate) struct RowTarget<'a, L> {
    pub law: L,
    pub chart: &'a dyn Chart,
    /// The configuration that rows belong to, where a chart says nothing of some particles.
    pub frame: &'a [f64],
    /// Price of a squared distance outside the domain, in kT over length squared.
    pub outside: f64,
}

impl<L: Target> Target for RowTarget<'_, L> {
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        let n = u.len();
        let mut positions = self.frame.repeat(n);
        let mut left = vec![Left::default(); n];
        self.chart.leave(rows, &mut positions, &mut left);
        let mut by_positions = vec![0.0; positions.len()];
        self.law.energies_and_gradients(&positions, u, &mut by_positions);
        if self.outside > 0.0 {
            let coordinates = self.frame.len();
            for ((u, at), by) in u.iter_mut().zip(positions.chunks_exact(coordinates)).zip(by_positions.chunks_exact_mut(coordinates)) {
                *u += self.chart.add_excess(at, self.outside, by);
            }
        }
        self.chart.pull_back(rows, &by_positions, &vec![-1.0; n], gradient);
        let numbers = self.chart.numbers();
        for ((u, gradient), left) in u.iter_mut().zip(gradient.chunks_exact_mut(numbers)).zip(&left) {
            *u -= left.log_det;
            if !left.feasible {
                *u = f64::INFINITY;
                gradient.fill(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::{Bonds, Cartesian, Folded, Operation, Symmetry};
    use crate::random::{normal, streams};
    use std::sync::Arc;

    /// Anharmonic springs.
    fn springs(x: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        let dim = x.len() / u.len();
        for ((x, u), g) in x.chunks_exact(dim).zip(u).zip(gradient.chunks_exact_mut(dim)) {
            *u = x.iter().enumerate().map(|(k, x)| (1.0 + k as f64) * x * x + x.powi(4)).sum();
            g.iter_mut().zip(x).enumerate().for_each(|(k, (g, x))| *g = 2.0 * (1.0 + k as f64) * x + 4.0 * x.powi(3));
        }
    }

    #[test]
    fn gradients_of_rows_are_those_of_differences() {
        const STEP: f64 = 1e-6;
        let reference = vec![0.4, -0.9, 0.3, 0.8];
        let turn = Operation::parse("-x, y", &[], 2, 2).expect("an operation");
        let domain = crate::charts::Domain::new(&Symmetry::new(vec![vec![0, 1]], &[turn], 2, 2), reference.clone());
        let mut random = streams(8, 1).remove(0);
        let bonds = || Arc::new(Bonds::new(&[(1, 0)], 2, 2));
        let charts: [Arc<dyn Chart>; 4] = [
            Arc::new(Cartesian::new(4)),
            bonds(),
            Arc::new(Folded::new(Arc::new(Cartesian::new(4)), domain.clone())),
            Arc::new(Folded::new(bonds(), domain)),
        ];
        for chart in charts {
            let target = RowTarget { law: springs, chart: &*chart, frame: &reference, outside: 3.0 };
            let mut outside = 0;
            for _ in 0..40 {
                // Any row in its ranges, in the domain or not.
                let positions: Vec<f64> = (0..4).map(|_| normal(&mut random)).collect();
                let (row, _) = crate::charts::enter(&Bonds::new(&[(1, 0)], 2, 2), &positions);
                let row = if chart.axes() == Bonds::new(&[(1, 0)], 2, 2).axes() { row } else { positions };
                let (mut u, mut gradient) = ([0.0], vec![0.0; 4]);
                target.energies_and_gradients(&row, &mut u, &mut gradient);
                let plain = RowTarget { outside: 0.0, law: springs, ..target };
                let (mut without, mut unused) = ([0.0], vec![0.0; 4]);
                plain.energies_and_gradients(&row, &mut without, &mut unused);
                assert!(u[0] >= without[0] - 1e-12, "a price below 0");
                outside += usize::from(u[0] > without[0]);
                for k in 0..4 {
                    let value = |step: f64| {
                        let mut row = row.clone();
                        row[k] += step;
                        let (mut u, mut unused) = ([0.0], vec![0.0; 4]);
                        target.energies_and_gradients(&row, &mut u, &mut unused);
                        u[0]
                    };
                    let expected = (value(STEP) - value(-STEP)) / (2.0 * STEP);
                    assert!(
                        (gradient[k] - expected).abs() < 1e-4 * (1.0 + expected.abs()),
                        "{chart:?}, {k}: {}, not {expected}",
                        gradient[k]
                    );
                }
            }
            assert_eq!(chart.reference().is_some(), outside > 5, "{outside} of 40 rows were outside");
        }
    }

    #[test]
    fn rows_without_a_configuration_cost_and_are_no_number_to_follow() {
        let chart = Bonds::new(&[(0, 1)], 2, 2);
        let target = RowTarget { law: springs, chart: &chart, frame: &[0.0; 4], outside: 0.0 };
        let (mut u, mut gradient) = ([0.0; 2], [1.0; 8]);
        target.energies_and_gradients(&[0.1, -1.0, 0.1, 0.2, 0.1, 1.0, 0.1, 0.2], &mut u, &mut gradient);
        assert!(u[0] == f64::INFINITY && u[1].is_finite());
        assert!(gradient[..4].iter().all(|g| *g == 0.0) && gradient[4..].iter().all(|g| g.is_finite() && *g != 0.0));
    }
}
