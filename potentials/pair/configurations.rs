//! Every pair of a few configurations, one configuration a lane.

use super::exclusions::Exclusions;
use super::form::{PairForm, PairTable, TableRow};
use crate::Block;
use crate::image::Imaging;
use mcflow_base::{Kernel, Lane};

/// The sum over all pairs i < j, configurations in lanes.
pub(crate) struct Configurations<'a, F, T, I, const FORCES: bool> {
    pub form: F,
    pub table: &'a T,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    pub image: I,
    pub block: &'a mut Block,
}

impl<F: PairForm, T: PairTable, I: Imaging, const FORCES: bool> Kernel for Configurations<'_, F, T, I, FORCES> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let Block { dimension, n, positions, energies, gradients, .. } = self.block;
        let (n, dimension, w) = (*n, *dimension, L::WIDTH);
        let mut energy = L::load(energies);
        for i in 0..n {
            let row = self.table.row(self.types[i]);
            let excluded = self.exclusions.of(i);
            let mut r = [L::default(); 3];
            for (c, r) in r.iter_mut().enumerate().take(dimension) {
                *r = L::load(&positions[(c * n + i) * w..]);
            }
            let mut gradient = [L::default(); 3];
            for j in i + 1..n {
                if !excluded.is_empty() && excluded.contains(&(j as u32)) {
                    continue;
                }
                let mut d = [L::default(); 3];
                for (c, d) in d.iter_mut().enumerate() {
                    if c < dimension {
                        *d = r[c] - L::load(&positions[(c * n + j) * w..]);
                    }
                }
                let d = self.image.apply(d);
                let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
                let (u, f) = self.form.evaluate(r2, &row.one(self.types[j]));
                energy += u;
                if FORCES {
                    for c in 0..3 {
                        if c < dimension {
                            let force = f * d[c];
                            gradient[c] -= force;
                            let target = &mut gradients[(c * n + j) * w..];
                            (L::load(target) + force).store(target);
                        }
                    }
                }
            }
            if FORCES {
                for (c, gradient) in gradient.iter().enumerate().take(dimension) {
                    let target = &mut gradients[(c * n + i) * w..];
                    (L::load(target) + *gradient).store(target);
                }
            }
        }
        energy.store(energies);
    }
}
