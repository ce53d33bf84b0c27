//! The target distribution as training sees it.

use crate::plan::Plan;
use mcflow_flows::Target;
use mcflow_potentials::Cell;

/// u = beta U and du/dx of batches of rows: all that training learns of the physics.
pub struct ReducedTarget<'a> {
    plan: &'a Plan,
    cell: &'a Cell,
}

impl<'a> ReducedTarget<'a> {
    /// The target of a plan, in its starting cell.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, cell: &plan.starts[0].cell }
    }
}

impl Target for ReducedTarget<'_> {
    fn energies_and_gradients(&self, rows: &[f64], u: &mut [f64], gradient: &mut [f64]) {
        self.plan.potential.energies_and_gradients(self.cell, rows, u, gradient);
        let beta = self.plan.thermodynamic_state.beta;
        for value in u.iter_mut().chain(gradient) {
            *value *= beta;
        }
    }
}
