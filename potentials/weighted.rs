//! A term of a sum, times a factor.

use crate::interface::{Block, Evaluation, Memory, Moved, Potential, Precision};
use crate::space::{Cell, Configuration, Vectors};
use mcflow_base::{Aligned, InstructionSet};
use std::sync::Arc;

/// lambda U_t(x), shared by all sums that have the term in them.
///
/// With a factor of 1 every call goes to the term as it is, to the byte. With a factor of 0 nothing is computed, so that energies of
/// +inf do not matter there. The workspace knows nothing of factors: lists, trees and kept energies are those of the term.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    pub term: Arc<dyn Potential>,
    /// lambda: a finite number, at least 0.
    pub factor: f64,
}

impl Weighted {
    /// Energy and virial of the tail correction, where there is one.
    pub fn tail(&self, cell: &Cell) -> Option<Evaluation> {
        self.term.tail(cell).map(|tail| self.times(tail))
    }

    /// As [`Potential::evaluate`].
    pub fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation {
        if self.factor == 1.0 {
            return self.term.evaluate(configuration, memory, forces);
        }
        if self.factor == 0.0 {
            return Evaluation::default();
        }
        let evaluation = match forces {
            None => self.term.evaluate(configuration, memory, None),
            Some(forces) => self.add_scaled(memory, forces, |memory, own| self.term.evaluate(configuration, memory, Some(own))),
        };
        self.times(evaluation)
    }

    /// As [`Potential::add_forces`].
    pub fn add_forces(&self, configuration: &Configuration, memory: &mut Memory, precision: Precision, forces: &mut Vectors) {
        if self.factor == 1.0 {
            self.term.add_forces(configuration, memory, precision, forces);
        } else if self.factor != 0.0 {
            self.add_scaled(memory, forces, |memory, own| self.term.add_forces(configuration, memory, precision, own));
        }
    }

    /// As [`Potential::change`].
    pub fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        self.times_if_any(|| self.term.change(configuration, memory, moved))
    }

    /// As [`Potential::evaluate_block`].
    pub fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        if self.factor == 1.0 {
            self.term.evaluate_block(set, cell, block);
        } else if self.factor != 0.0 {
            let zeros = |numbers: &Aligned| Aligned::zeros(numbers.len());
            let aside = block.aside.take().unwrap_or_else(|| (zeros(&block.energies), zeros(&block.gradients)));
            let (mut energies, mut gradients) = aside;
            for (sum, own) in [(&mut energies, &mut block.energies), (&mut gradients, &mut block.gradients)] {
                sum.fill(0.0);
                std::mem::swap(sum, own);
            }
            self.term.evaluate_block(set, cell, block);
            for (sum, own) in [(&mut energies, &mut block.energies), (&mut gradients, &mut block.gradients)] {
                sum.iter_mut().zip(own.iter()).for_each(|(sum, own)| *sum += self.factor * own);
                std::mem::swap(sum, own);
            }
            block.aside = Some((energies, gradients));
        }
    }

    /// Adds the forces that `evaluate` makes, times the factor.
    fn add_scaled<R>(&self, memory: &mut Memory, forces: &mut Vectors, evaluate: impl FnOnce(&mut Memory, &mut Vectors) -> R) -> R {
        let mut own = std::mem::take(&mut memory.scratch);
        own.clone_from(forces);
        own.fill(0.0);
        let result = evaluate(memory, &mut own);
        forces.row_mut().iter_mut().zip(own.row()).for_each(|(force, own)| *force += self.factor * own);
        memory.scratch = own;
        result
    }

    fn times(&self, found: Evaluation) -> Evaluation {
        let times = |number: f64| self.times_if_any(|| number);
        Evaluation { energy: times(found.energy), virial: times(found.virial) }
    }

    fn times_if_any(&self, number: impl FnOnce() -> f64) -> f64 {
        if self.factor == 0.0 { 0.0 } else { self.factor * number() }
    }
}
