//! A term made of simpler ones.

use crate::{Block, Cell, Configuration, Evaluation, Holds, Neighbours, Potential, Vectors};
use mcflow_base::InstructionSet;

/// The sum of a few potentials under one name; none of them may remember anything in [`Neighbours`], which they share.
#[derive(Debug)]
pub(super) struct Several {
    pub name: &'static str,
    pub parts: Vec<Box<dyn Potential>>,
}

impl Potential for Several {
    fn name(&self) -> &'static str {
        self.name
    }

    fn note_holds(&self, n: usize, holds: &mut Holds) {
        self.parts.iter().for_each(|part| part.note_holds(n, holds));
    }

    fn evaluate(&self, configuration: &Configuration, neighbours: &mut Neighbours, mut forces: Option<&mut Vectors>) -> Evaluation {
        let mut sum = Evaluation::default();
        for part in &self.parts {
            sum += part.evaluate(configuration, neighbours, forces.as_deref_mut());
        }
        sum
    }

    fn particle_energy(&self, configuration: &Configuration, neighbours: &mut Neighbours, i: usize, at: [f64; 3]) -> f64 {
        self.parts.iter().map(|part| part.particle_energy(configuration, neighbours, i, at)).sum()
    }

    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        self.parts.iter().for_each(|part| part.evaluate_block(set, cell, block));
    }
}
