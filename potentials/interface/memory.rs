//! What a term remembers between the evaluations of one walker.

use crate::space::Vectors;
use mcflow_base::InstructionSet;
use std::any::Any;
use std::fmt::Debug;

/// What one term knows from earlier evaluations for one walker: neighbour lists, kept energies, whatever the term wants.
///
/// A [`Workspace`](crate::Workspace) holds one a term. It is empty at first; [`Memory::of`] makes what a term asks for.
#[derive(Debug)]
pub struct Memory {
    set: InstructionSet,
    /// Forces of the term alone, where they are scaled before they are added.
    pub(crate) scratch: Vectors,
    remembered: Box<dyn Remembered>,
}

/// What a term remembers: a type of the term's own, behind one interface.
pub trait Remembered: Any + Debug + Send + Sync {
    /// Forgets what is kept with positions: these or the cell changed in ways that the term was not told of ([`Potential::moves`](crate::Potential::moves)).
    fn forget(&mut self) {}

    /// Writes what must be kept in a checkpoint, as bytes that [`Potential::restore`](crate::Potential::restore) of the same term understands:
    /// that without which later energies would be other bytes.
    fn stored(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Tells counts for benchmarks.
    fn counts(&self) -> Counts {
        Counts::default()
    }
}

/// What a term has done, for benchmarks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// How many times a neighbour list was built.
    pub list_builds: u64,
    /// Pairs of clusters of four particles that the last sum over pairs went through; half ones count as half.
    pub cluster_pairs: f64,
}

/// A term that remembers nothing.
impl Remembered for () {}

impl Memory {
    pub(crate) fn new(set: InstructionSet) -> Self {
        Self { set, scratch: Vectors::default(), remembered: Box::new(()) }
    }

    /// Returns the instructions that evaluations use.
    pub fn set(&self) -> InstructionSet {
        self.set
    }

    /// Returns what the term remembers as an `M`, made anew where it has not remembered any yet.
    pub fn of<M: Remembered + Default>(&mut self) -> &mut M {
        if !(&*self.remembered as &dyn Any).is::<M>() {
            self.remembered = Box::<M>::default();
        }
        let remembered: &mut dyn Any = &mut *self.remembered;
        remembered.downcast_mut().expect("made just now, if it was not there")
    }

    pub(crate) fn forget(&mut self) {
        self.remembered.forget();
    }

    pub(crate) fn stored(&self) -> Vec<u8> {
        self.remembered.stored()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.remembered.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Calls(u64);
    impl Remembered for Calls {
        fn forget(&mut self) {
            self.0 = 0;
        }
        fn stored(&self) -> Vec<u8> {
            self.0.to_le_bytes().to_vec()
        }
    }

    #[test]
    fn a_memory_is_what_its_term_makes_it() {
        let mut memory = Memory::new(InstructionSet::Portable);
        assert!(memory.stored().is_empty());
        memory.of::<Calls>().0 += 2;
        memory.of::<Calls>().0 += 1;
        assert_eq!((memory.of::<Calls>().0, memory.stored()), (3, 3u64.to_le_bytes().to_vec()));
        memory.forget();
        assert_eq!(memory.of::<Calls>().0, 0);
        // Of another kind there is nothing.
        memory.of::<Calls>().0 = 5;
        let (): &mut () = memory.of();
        assert_eq!(memory.of::<Calls>().0, 0);
    }
}
