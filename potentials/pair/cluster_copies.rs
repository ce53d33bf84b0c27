//! Positions to the slots of a list, forces back to their particles.

use super::cluster_list::{Forces, Stored};
use super::rounded_lattice::RoundedLattice;
use crate::space::Vectors;
use mcflow_base::{Element, Kernel, Lane, Quads};

/// Copies positions to their slots; returns the largest squared distance from `then`, where that is given.
pub(super) struct Pack<'a, T> {
    pub positions: &'a Vectors,
    /// The particle in each slot.
    pub order: &'a [u32],
    pub translations: &'a [Quads<f64>],
    pub then: &'a [Quads<f64>],
    pub rounded: &'a RoundedLattice,
    pub target: &'a mut [Quads<T>],
}

impl<T: Stored> Kernel for Pack<'_, T> {
    type Output = f64;
    #[inline(always)]
    fn run<L: Lane>(self) -> f64 {
        match self.positions.dimension() {
            1 => self.pack::<1>(),
            2 => self.pack::<2>(),
            _ => self.pack::<3>(),
        }
    }
}

impl<T: Stored> Pack<'_, T> {
    #[inline(always)]
    fn pack<const DIMENSION: usize>(self) -> f64 {
        let Self { positions, order, translations, then, rounded, target } = self;
        let n = positions.n();
        let mut components: [&[f64]; DIMENSION] = [&[]; DIMENSION];
        for (c, component) in components.iter_mut().enumerate() {
            *component = &positions.component(c)[..n];
        }
        let mut largest = [0.0f64; 4];
        let (order, _) = order.as_chunks::<4>();
        for (k, ((target, translation), order)) in target.iter_mut().zip(translations).zip(order).enumerate() {
            let (mut now, mut squared) = ([[0.0; 4]; 3], [0.0; 4]);
            for l in 0..4 {
                let i = order[l] as usize;
                for c in 0..DIMENSION {
                    now[c][l] = components[c][i] + translation[c][l];
                }
            }
            if let Some(then) = then.get(k) {
                for c in 0..DIMENSION {
                    for l in 0..4 {
                        let d = now[c][l] - then[c][l];
                        squared[l] += d * d;
                    }
                }
            }
            *target = Quads(T::four(&now, rounded));
            for l in 0..4 {
                largest[l] = larger(squared[l], largest[l]);
            }
        }
        largest.into_iter().fold(0.0, larger)
    }
}

/// Adds the forces of some slots to those of their particles, component by component of `target`; all components of a particle together,
/// since they lie beside each other in one array and far from those of the next particle.
pub(super) fn scatter<T: Element>(forces: &[Forces<T>], slots: &[u32], mut target: Vec<&mut [f64]>) {
    for (k, &slot) in slots.iter().enumerate() {
        let quad = &forces[slot as usize / 4].0;
        for (component, quad) in target.iter_mut().zip(quad) {
            component[k] += quad[slot as usize % 4].to_f64();
        }
    }
}

#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
