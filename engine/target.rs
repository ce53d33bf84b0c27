//! The target distribution as training sees it.

use crate::observers::State;
use crate::plan::Plan;
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
    /// The target of a rung, in its starting cell.
    pub fn new(plan: &'a Plan, rung: usize) -> Self {
        let (potential, cell) = (&plan.rungs[rung].potential, &plan.starts[0].cell);
        let beta = plan.beta(rung);
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
