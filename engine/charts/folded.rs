//! A chart of the one image of a configuration that lies in the domain of a reference.

use super::{Chart, Domain, Entered, Left};
use mcflow_flows::Axis;
use std::sync::Arc;

/// Price in training of a squared distance outside the domain, in kT, where frames have a mean square of 1 for each coordinate.
const PRICE: f64 = 10.0;

/// Configurations are replaced by their images in a [`Domain`] before they are written as rows by another chart.
///
/// A flow move replaces (x, p) by the image (g x, g p) in the domain, which leaves the energy and the measure as they are, proposes y, and rejects
/// unless y is in the domain of its own end: on orbits of the group it is the move that a system without symmetry would have. Right for all that
/// does not depend on labels. Of a row whose configuration is not in the domain, entering again finds another row, by an element that is not the
/// identity.
#[derive(Clone, Debug)]
pub struct Folded {
    inner: Arc<dyn Chart>,
    domain: Domain,
}

impl Folded {
    /// The chart `inner` of images in `domain`.
    pub fn new(inner: Arc<dyn Chart>, domain: Domain) -> Self {
        Self { inner, domain }
    }
}

impl Chart for Folded {
    fn axes(&self) -> &[Axis] {
        self.inner.axes()
    }

    fn coordinates(&self) -> usize {
        self.inner.coordinates()
    }

    fn enter(&self, positions: &[f64], rows: &mut [f64], entered: &mut [Entered]) {
        let (numbers, coordinates) = (self.numbers(), self.coordinates());
        for ((row, at), entered) in rows.chunks_exact_mut(numbers).zip(positions.chunks_exact(coordinates)).zip(entered) {
            let of_row = std::slice::from_mut(entered);
            match self.domain.element(at) {
                None => {
                    self.inner.enter(at, row, of_row);
                    of_row[0].feasible = false;
                }
                Some(element) if element.is_identity() => self.inner.enter(at, row, of_row),
                Some(element) => {
                    self.inner.enter(&element.image(at), row, of_row);
                    of_row[0].element = Some(Box::new(element));
                }
            }
        }
    }

    fn leave(&self, rows: &[f64], positions: &mut [f64], left: &mut [Left]) {
        self.inner.leave(rows, positions, left);
    }

    fn pull_back(&self, rows: &[f64], by_positions: &[f64], by_log_det: &[f64], by_rows: &mut [f64]) {
        self.inner.pull_back(rows, by_positions, by_log_det, by_rows);
    }

    fn rescaled(&self) -> &[usize] {
        self.inner.rescaled()
    }

    fn log_images(&self) -> f64 {
        self.domain.symmetry().log_order() + self.inner.log_images()
    }

    fn reference(&self) -> Option<&[f64]> {
        Some(self.domain.reference())
    }

    fn add_excess(&self, positions: &[f64], price: f64, by_positions: &mut [f64]) -> f64 {
        self.domain.add_excess(positions, price, by_positions)
    }

    fn price(&self, frames: &[f64]) -> f64 {
        let spread = self.domain.spread(frames);
        if spread > 0.0 { PRICE / spread } else { 0.0 }
    }

    fn rows_of_a_task(&self) -> usize {
        // Each is a search over the group.
        1
    }
}
