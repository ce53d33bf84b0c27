//! Terms whose energy is a sum over places of single particles or groups, and terms made of several of those.

use super::{Block, Evaluation, Holds, Memory, Moved, Potential};
use crate::space::{Cell, Configuration, Vectors};
use mcflow_base::InstructionSet;

/// A term of which the energy that has to do with some particles can be told by itself.
pub(crate) trait Local: Potential {
    /// What all that has to do with `moved` adds to the energy before and after they have gone to their places: two sums over the same
    /// places or groups, each of them once.
    fn before_and_after(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> [f64; 2];
}

/// The sum of a few potentials under one name; they remember nothing.
#[derive(Debug)]
pub(crate) struct Several {
    pub name: &'static str,
    pub parts: Vec<Box<dyn Local>>,
}

impl Potential for Several {
    fn name(&self) -> &'static str {
        self.name
    }

    fn note_holds(&self, n: usize, holds: &mut Holds) {
        self.parts.iter().for_each(|part| part.note_holds(n, holds));
    }

    fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, mut forces: Option<&mut Vectors>) -> Evaluation {
        let mut sum = Evaluation::default();
        for part in &self.parts {
            sum += part.evaluate(configuration, memory, forces.as_deref_mut());
        }
        sum
    }

    fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        let (mut before, mut after) = (0.0, 0.0);
        for part in &self.parts {
            let [old, new] = part.before_and_after(configuration, memory, moved);
            before += old;
            after += new;
        }
        after - before
    }

    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        self.parts.iter().for_each(|part| part.evaluate_block(set, cell, block));
    }
}
