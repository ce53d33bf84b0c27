//! Mean energy and virial of what lies beyond the cutoff.

use super::form::{Coefficients, Switched};
use super::lennard_jones::Truncation;
use crate::interface::Evaluation;
use crate::space::Cell;
use mcflow_base::{Array, Lane};

/// Tail corrections of a fluid that is uniform beyond the cutoff, in d = 1 to 3 dimensions.
///
/// U = 1 / (2 V) sum over types a, b of N_a N_b I_ab with I = integral from 0 of A_d r^(d-1) [u(r) - u_used(r)] dr and
/// A_d = 2, 2 pi, 4 pi. Plain truncation: W = 1 / (2 V) sum N_a N_b [d I + A_d rc^d u(rc)], which is the integral of -r u'(r) beyond
/// the cutoff (no impulse for the jump); switched: W = d U, which is -dU/dlnV times d.
/// Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd edition (2017), section 2.8. Excluded pairs are not taken out.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    /// U V and W V for dimension 1, 2, 3.
    by_dimension: [Evaluation; 3],
}

impl Tail {
    /// From `pairs`: coefficients, and half of how many ordered pairs of particles have them. Integrals are linear in coefficients, so those of
    /// several pairs may be added up beforehand.
    pub(crate) fn new(cutoff: f64, truncation: Truncation, pairs: impl IntoIterator<Item = (f64, Coefficients<f64>)>) -> Self {
        let mut by_dimension = [Evaluation::default(); 3];
        for (weight, coefficients) in pairs {
            for (k, sum) in by_dimension.iter_mut().enumerate() {
                let one = integrals(k + 1, cutoff, truncation, &coefficients);
                *sum += Evaluation { energy: weight * one.energy, virial: weight * one.virial };
            }
        }
        Self { by_dimension }
    }

    /// Energy and virial in a cell; none in open space.
    pub(crate) fn at(&self, cell: &Cell) -> Evaluation {
        let sum = self.by_dimension[cell.dimension() - 1];
        cell.volume().map_or(Evaluation::default(), |v| Evaluation { energy: sum.energy / v, virial: sum.virial / v })
    }
}

fn integrals(dimension: usize, cutoff: f64, truncation: Truncation, c: &Coefficients<f64>) -> Evaluation {
    let d = dimension as f64;
    let area = [2.0, 2.0 * std::f64::consts::PI, 4.0 * std::f64::consts::PI][dimension - 1];
    let beyond = c.c12 * cutoff.powf(d - 12.0) / (12.0 - d) - c.c6 * cutoff.powf(d - 6.0) / (6.0 - d);
    if let Truncation::Switched { from } = truncation {
        let form = Switched::new(from, cutoff);
        let lost = quadrature(from, cutoff, |r| {
            r.powi(dimension as i32 - 1) * (1.0 - form.switch(Array::<f64, 4>::splat(r)).0.get(0)) * c.full(r).0
        });
        let energy = area * (lost + beyond);
        return Evaluation { energy, virial: d * energy };
    }
    let energy = area * beyond;
    Evaluation { energy, virial: d * energy + area * cutoff.powf(d) * c.full(cutoff).0 }
}

/// Gauss-Legendre quadrature with 5 points in each of 64 parts.
fn quadrature(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    const PARTS: usize = 64;
    let root = (10.0f64 / 7.0).sqrt();
    let (inner, outer) = ((5.0 - 2.0 * root).sqrt() / 3.0, (5.0 + 2.0 * root).sqrt() / 3.0);
    let wide = 13.0 * 70f64.sqrt();
    let (inner_weight, outer_weight) = ((322.0 + wide) / 900.0, (322.0 - wide) / 900.0);
    let half = 0.5 * (to - from) / PARTS as f64;
    let mut sum = 0.0;
    for part in 0..PARTS {
        let middle = from + half * (2 * part + 1) as f64;
        sum += half
            * (128.0 / 225.0 * f(middle)
                + inner_weight * (f(middle - half * inner) + f(middle + half * inner))
                + outer_weight * (f(middle - half * outer) + f(middle + half * outer)));
    }
    sum
}
