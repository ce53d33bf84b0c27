//! The potential energy of a system: a sum of terms.

use crate::interface::{Block, Confinement, Evaluation, Holds, Jump, Moved, Potential, Precision, Reach, Shell, Softening};
use crate::space::{Cell, Configuration, Particles, Vectors};
use crate::term::Term;
use crate::weighted::Weighted;
use crate::workspace::{Workspace, WorkspaceState};
use mcflow_base::{InstructionSet, Kernel, Lane, dispatch_with, instruction_set};
use std::sync::Arc;

/// U(x) as a sum of terms, each times a factor that is 1 unless [`PotentialSum::scaled`] says otherwise; immutable, shared by all walkers.
#[derive(Clone, Debug)]
pub struct PotentialSum {
    terms: Vec<Weighted>,
    n: usize,
    dimension: usize,
    has_tail: Vec<bool>,
    /// Of each term, where it has one.
    jumps: Arc<[Option<Arc<dyn Jump>>]>,
}

impl PotentialSum {
    /// The sum of `terms`; none of them may have [`Term::problems`].
    pub fn new(terms: &[Term], particles: &Particles, cell: &Cell) -> Self {
        let jumps = terms.iter().map(|term| term.jump(particles)).collect();
        let weighted = |term: &Term| Weighted { term: Arc::from(term.build(particles, cell)), factor: 1.0 };
        let terms: Vec<_> = terms.iter().map(weighted).collect();
        let has_tail = terms.iter().map(|weighted| weighted.term.tail(cell).is_some()).collect();
        Self { terms, n: particles.n(), dimension: cell.dimension(), has_tail, jumps }
    }

    /// The sum of `potentials` of `n` particles: of any that implement [`Potential`], in place of those that an input can ask for.
    pub fn of(potentials: Vec<Arc<dyn Potential>>, n: usize, cell: &Cell) -> Self {
        let has_tail = potentials.iter().map(|term| term.tail(cell).is_some()).collect();
        let jumps = potentials.iter().map(|_| None).collect();
        let terms = potentials.into_iter().map(|term| Weighted { term, factor: 1.0 }).collect();
        Self { terms, n, dimension: cell.dimension(), has_tail, jumps }
    }

    /// Scales each term: the sum over t of `factors[t]` U_t(x), energies, virials, forces and tail corrections alike.
    ///
    /// Factors are finite and at least 0; a term whose factor is 0 is not evaluated. Cutoffs are those of all terms, whatever their factors,
    /// so that both sums allow the same cells, and a workspace of the one is good for the other.
    pub fn scaled(&self, factors: &[f64]) -> Self {
        assert_eq!(factors.len(), self.terms.len(), "a factor a term");
        let terms = self.terms.iter().zip(factors).map(|(weighted, &factor)| Weighted { factor, ..weighted.clone() });
        Self { terms: terms.collect(), ..self.clone() }
    }

    /// Tells whether the terms have the same factors as those of `other`, a sum of the same terms.
    pub fn is_scaled_as(&self, other: &Self) -> bool {
        self.terms.iter().map(|weighted| weighted.factor).eq(other.terms.iter().map(|weighted| weighted.factor))
    }

    /// Returns the number of components of a position: 1 to 3.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Lists the names of the terms, one each; a tail correction is an entry of its own after its term (`LennardJones tail`).
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (weighted, &has_tail) in self.terms.iter().zip(&self.has_tail) {
            let name = weighted.term.name();
            names.push(name.to_string());
            if has_tail {
                names.push(format!("{name} tail"));
            }
        }
        names
    }

    /// Lists [`PotentialSum::names`] with those of terms of one kind told apart by their place: `LennardJones_0`, `LennardJones_2`.
    pub fn unique_names(&self) -> Vec<String> {
        let names = self.names();
        let twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
        names.iter().enumerate().map(|(k, name)| if twice(name) { format!("{name}_{k}") } else { name.clone() }).collect()
    }

    /// Lists the unique name of each term, tail corrections left out.
    pub fn term_names(&self) -> Vec<String> {
        let mut names = self.unique_names().into_iter();
        let mut of_term = |&has_tail: &bool| {
            let name = names.next();
            if has_tail {
                names.next();
            }
            name
        };
        self.has_tail.iter().filter_map(&mut of_term).collect()
    }

    /// Returns the largest cutoff of any pair term, `None` where there is none.
    pub fn cutoff(&self) -> Option<f64> {
        self.terms.iter().filter_map(|weighted| weighted.term.cutoff()).reduce(f64::max)
    }

    /// Tells whether the energy jumps at a cutoff (plain truncation): time-step errors of dynamics then do not vanish with the step.
    pub fn has_discontinuous_energy(&self) -> bool {
        self.terms.iter().any(|weighted| weighted.term.has_discontinuous_energy())
    }

    /// Lists the terms whose energy jumps somewhere, and where: `LennardJones at its cutoff`; those of factor 0 left out.
    pub fn jumps(&self) -> Vec<String> {
        let there = self.terms.iter().zip(self.term_names()).filter(|(weighted, _)| weighted.factor != 0.0);
        let jumps = there.filter(|(weighted, _)| weighted.term.has_discontinuous_energy());
        jumps
            .map(|(weighted, name)| format!("{name} at its {}", if weighted.term.cutoff().is_some() { "cutoff" } else { "edge" }))
            .collect()
    }

    /// Tells which particles the terms hold in open space; in a periodic cell they cannot leave, whatever this says.
    pub fn confinement(&self) -> Confinement {
        self.holds().confinement()
    }

    /// Tells whether the energy depends on where particles are in space, and not only on where they are from each other.
    pub fn holds_in_place(&self) -> bool {
        self.holds().any_in_place()
    }

    fn holds(&self) -> Holds {
        let mut holds = Holds::none(self.n);
        let there = self.terms.iter().filter(|weighted| weighted.factor != 0.0);
        there.for_each(|weighted| weighted.term.note_holds(self.n, &mut holds));
        holds
    }

    /// Tells whether the energy of pairs jumps at a cutoff: then the virial alone does not give the mean pressure.
    pub fn has_jumps(&self) -> bool {
        self.jumps.iter().any(Option::is_some)
    }

    /// Finds, for each cutoff at which energies jump, the pairs within `width` times the cutoff of it.
    pub fn pairs_at_jumps(&self, configuration: &Configuration, width: f64) -> Vec<Shell> {
        let jumps = self.jumps.iter().zip(&self.terms).filter(|(_, weighted)| weighted.factor != 0.0);
        jumps.filter_map(|(jump, weighted)| Some(jump.as_ref()?.shell(configuration, width, weighted.factor))).collect()
    }

    /// Computes energy and virial of all tail corrections.
    pub fn tail(&self, cell: &Cell) -> Evaluation {
        self.terms.iter().filter_map(|term| term.tail(cell)).fold(Evaluation::default(), |sum, tail| sum + tail)
    }

    /// Returns the longest of all cutoffs and bonds, half the height that a cell must have at least.
    pub fn reach(&self) -> Option<Reach> {
        self.terms.iter().filter_map(|weighted| weighted.term.reach()).max_by(|a, b| a.length.total_cmp(&b.length))
    }

    /// Returns the smallest height of a cell for which nearest images are enough: twice the longest cutoff or bond, 0 without one.
    pub fn smallest_valid_height(&self) -> f64 {
        2.0 * self.reach().map_or(0.0, |reach| reach.length)
    }

    /// Makes an empty workspace for one walker.
    pub fn workspace(&self) -> Workspace {
        self.workspace_for(instruction_set())
    }

    /// Makes an empty workspace whose evaluations use the instructions of `set`; for comparing instruction sets.
    pub fn workspace_for(&self, set: InstructionSet) -> Workspace {
        Workspace::new(set, self.terms.len())
    }

    /// Computes energy and virial, tail corrections included; both are NaN where a position is not finite.
    pub fn energy(&self, c: &Configuration, w: &mut Workspace) -> Evaluation {
        self.evaluate(c, w, None)
    }

    /// Computes energy and virial, and the forces -dU/dx into `forces`. All are NaN where a position is not finite.
    pub fn energy_and_forces(&self, c: &Configuration, w: &mut Workspace, forces: &mut Vectors) -> Evaluation {
        self.evaluate(c, w, Some(forces))
    }

    /// Computes the forces -dU/dx into `forces`, in the precision asked for; neither energy nor virial is computed. NaN where a position is not finite.
    pub fn forces(&self, c: &Configuration, w: &mut Workspace, precision: Precision, forces: &mut Vectors) {
        debug_assert_eq!(c.positions.n(), self.n);
        let finite = c.positions.all_finite();
        forces.fill(if finite { 0.0 } else { f64::NAN });
        if finite {
            for (term, memory) in self.terms.iter().zip(&mut w.memories) {
                term.add_forces(c, memory, precision, forces);
            }
        }
    }

    fn evaluate(&self, c: &Configuration, w: &mut Workspace, mut forces: Option<&mut Vectors>) -> Evaluation {
        debug_assert_eq!(c.positions.n(), self.n);
        let finite = c.positions.all_finite();
        if let Some(forces) = &mut forces {
            forces.fill(if finite { 0.0 } else { f64::NAN });
        }
        if !finite {
            return NOT_A_NUMBER;
        }
        let mut total = Evaluation::default();
        for (term, memory) in self.terms.iter().zip(&mut w.memories) {
            total += term.evaluate(c, memory, forces.as_deref_mut());
            if let Some(tail) = term.tail(&c.cell) {
                total += tail;
            }
        }
        total
    }

    /// Computes energy and virial of each entry of [`PotentialSum::names`] without its factor: where all factors are 1 they add up to
    /// [`PotentialSum::energy`].
    pub fn energies_by_term(&self, c: &Configuration, w: &mut Workspace) -> Vec<(String, Evaluation)> {
        let finite = c.positions.all_finite();
        let mut values = Vec::new();
        for ((Weighted { term, .. }, memory), &has_tail) in self.terms.iter().zip(&mut w.memories).zip(&self.has_tail) {
            values.push(if finite { term.evaluate(c, memory, None) } else { NOT_A_NUMBER });
            if has_tail {
                values.push(term.tail(&c.cell).unwrap_or_default());
            }
        }
        self.names().into_iter().zip(values).collect()
    }

    /// Computes what a trial move needs: U after `moved`, each particle once and in increasing order, have gone to their places, less U of `c`. NaN
    /// where a place is not finite. Tail corrections do not change with a move.
    ///
    /// It costs what the moved particles have with others: of a sum over pairs the energies of particles are kept from move to move, so that
    /// a trial costs those at the new places alone. The workspace must have been told of every change of positions since its last use
    /// ([`PotentialSum::moves`], [`Workspace::positions_changed`]).
    pub fn change(&self, c: &Configuration, w: &mut Workspace, moved: &[Moved]) -> f64 {
        debug_assert!(Moved::are_in_order(moved));
        if !moved.iter().all(|one| one.to.iter().all(|v| v.is_finite())) {
            return f64::NAN;
        }
        self.terms.iter().zip(&mut w.memories).map(|(term, memory)| term.change(c, memory, moved)).sum()
    }

    /// Tells the terms that `moved` alone are about to go to their places, `c` being the configuration as it still is.
    pub fn moves(&self, c: &Configuration, w: &mut Workspace, moved: &[Moved]) {
        debug_assert!(Moved::are_in_order(moved));
        self.terms.iter().zip(&mut w.memories).for_each(|(weighted, memory)| weighted.term.moves(c, memory, moved));
    }

    /// Makes a block, all zeros, of as many configurations as this processor's lanes have elements.
    pub fn block(&self, gradients: bool) -> Block {
        Block::zeros(dispatch_with(instruction_set(), Width), self.dimension, self.n, gradients)
    }

    /// Computes energies, tail corrections included, and gradients +dU/dx of the configurations of `block`, one a lane, all in one cell.
    ///
    /// The block must have come from [`PotentialSum::block`]. What a lane gets depends on its configuration alone; positions that are not
    /// finite give whatever the arithmetic gives, in their lane only.
    pub fn evaluate_block(&self, cell: &Cell, block: &mut Block) {
        let tail: f64 = self.terms.iter().filter_map(|term| term.tail(cell)).map(|tail| tail.energy).sum();
        block.energies.fill(tail);
        block.gradients.fill(0.0);
        for term in &self.terms {
            term.evaluate_block(instruction_set(), cell, block);
        }
    }

    /// Computes the energies of many configurations in one cell: `rows` is `[batch, dimension * n]`, each row in the order of [`Vectors::row`].
    ///
    /// A configuration's energy is the same bytes in whatever batch it stands, and NaN where a position is not finite.
    pub fn energies(&self, cell: &Cell, rows: &[f64], energies: &mut [f64]) {
        self.batch(instruction_set(), cell, rows, energies, None, Softening::default());
    }

    /// Computes energies as [`PotentialSum::energies`] does, and gradients +dU/dx in the layout of `rows`.
    pub fn energies_and_gradients(&self, cell: &Cell, rows: &[f64], energies: &mut [f64], gradients: &mut [f64]) {
        self.batch(instruction_set(), cell, rows, energies, Some(gradients), Softening::default());
    }

    /// Computes both, softened: finite however particles overlap and beyond hard edges. For training losses, never for sampling.
    pub fn softened_energies_and_gradients(
        &self,
        cell: &Cell,
        rows: &[f64],
        softening: Softening,
        energies: &mut [f64],
        gradients: &mut [f64],
    ) {
        self.batch(instruction_set(), cell, rows, energies, Some(gradients), softening);
    }

    pub(crate) fn batch(
        &self,
        set: InstructionSet,
        cell: &Cell,
        rows: &[f64],
        energies: &mut [f64],
        mut gradients: Option<&mut [f64]>,
        softening: Softening,
    ) {
        let row = self.dimension * self.n;
        assert_eq!(rows.len(), row * energies.len(), "rows are [batch, {row}]");
        assert!(gradients.as_ref().is_none_or(|g| g.len() == rows.len()), "gradients have the shape of the rows");
        let tail: f64 = self.terms.iter().filter_map(|term| term.tail(cell)).map(|tail| tail.energy).sum();
        let width = dispatch_with(set, Width);
        let mut block = Block { softening, ..Block::zeros(width, self.dimension, self.n, gradients.is_some()) };
        for (b, energies) in energies.chunks_mut(width).enumerate() {
            let first = b * width;
            for lane in 0..width {
                // A short last block repeats its last configuration.
                let source = &rows[(first + lane.min(energies.len() - 1)) * row..][..row];
                for (target, &value) in block.positions[lane..].iter_mut().step_by(width).zip(source) {
                    *target = value;
                }
            }
            block.energies.fill(0.0);
            block.gradients.fill(0.0);
            for term in &self.terms {
                term.evaluate_block(set, cell, &mut block);
            }
            for (lane, energy) in energies.iter_mut().enumerate() {
                let finite = rows[(first + lane) * row..][..row].iter().all(|v| v.is_finite());
                *energy = if finite { block.energies[lane] + tail } else { f64::NAN };
                if let Some(gradients) = &mut gradients {
                    let target = &mut gradients[(first + lane) * row..][..row];
                    for (target, &value) in target.iter_mut().zip(block.gradients[lane..].iter().step_by(width)) {
                        *target = value;
                    }
                }
            }
        }
    }
}

impl Workspace {
    /// Puts back what `state` describes: evaluations go on with the same bytes as they would have in the workspace it came from.
    ///
    /// A state of another number of terms leaves an empty workspace, which is right for any configuration, if not to the byte.
    pub fn restore(&mut self, state: &WorkspaceState, potential: &PotentialSum) {
        *self = Self::new(self.set, potential.terms.len());
        if state.terms.len() == self.memories.len() {
            for (k, (stored, memory)) in state.terms.iter().zip(&mut self.memories).enumerate() {
                potential.terms[k].term.restore(stored, memory);
            }
        }
    }
}

const NOT_A_NUMBER: Evaluation = Evaluation { energy: f64::NAN, virial: f64::NAN };

/// Elements of a lane.
struct Width;

impl Kernel for Width {
    type Output = usize;
    #[inline(always)]
    fn run<L: Lane>(self) -> usize {
        L::WIDTH
    }
}
