//! A pair term: its numbers, and the choice of loop for each kind of evaluation.

use super::cluster_build::build;
use super::cluster_list::{ClusterList, Part, Stored, shifts};
use super::cluster_prune::prune;
use super::cluster_sum::PartSum;
use super::configurations::Configurations;
use super::exclusions::Exclusions;
use super::form::{ByType, Coefficients, FormOwner, PairForm, PairTable, Uniform};
use super::list_state::{Cost, LEAST, ListState, Skins};
use super::neighbours::{Neighbours, StoredNeighbours};
use super::tail::Tail;
use crate::interface::{Block, Evaluation, Hold, Holds, Memory, Moved, Potential, Precision};
use crate::space::image::{Image, Imaging, Listed, WithImage, with_image};
use crate::space::{Cell, Configuration, Vectors};
use mcflow_base::{InstructionSet, dispatch_with};
use rayon::prelude::*;
use std::ops::Add;

/// What all pair terms have, whatever their arithmetic.
#[derive(Debug)]
pub(crate) struct Description {
    pub name: &'static str,
    pub cutoff: Option<f64>,
    pub discontinuous: bool,
    pub tail: Option<Tail>,
    /// The type of each particle.
    pub types: Vec<u32>,
    pub exclusions: Exclusions,
}

impl Description {
    /// The potential with this arithmetic and the same coefficients for all pairs: compiled for that case alone.
    pub(crate) fn build_alike<F: FormOwner>(self, form: F, coefficients: Coefficients<f64>) -> Box<dyn Potential> {
        self.build_with(form, Uniform(coefficients))
    }

    /// The potential with this arithmetic and a table of any kind.
    pub(crate) fn build_with<F: FormOwner, T: PairTable>(self, form: F, table: T) -> Box<dyn Potential> {
        Box::new(SumOverPairs { form, table, description: self })
    }

    /// The potential with this arithmetic and the coefficients of all pairs of types, row by row.
    pub(crate) fn build<F: FormOwner>(self, form: F, table: Vec<Coefficients<f64>>) -> Box<dyn Potential> {
        match table.first() {
            Some(first) if table.iter().all(|entry| entry == first) => self.build_with(form, Uniform(*first)),
            _ => self.build_with(form, ByType { types: table.len().isqrt(), coefficients: table }),
        }
    }
}

#[derive(Debug)]
pub(super) struct SumOverPairs<F, T> {
    pub(super) form: F,
    pub(super) table: T,
    pub(super) description: Description,
}

impl<F: FormOwner, T: PairTable> SumOverPairs<F, T> {
    /// Makes the list fit for `configuration`: prunes it anew, or builds it where it is used up. `moved` is the squared displacement since
    /// the last pruning, where there was one.
    fn renew_list(
        &self,
        set: InstructionSet,
        configuration: &Configuration,
        neighbours: &mut Neighbours,
        limits: Limits,
        moved: Option<f64>,
        cost: Cost,
    ) {
        let list = &mut neighbours.list;
        let mut displacement = FIRST_DISPLACEMENT * limits.spacing;
        if let (Some(moved), Some(mut state)) = (moved, list.state.take()) {
            displacement = moved.sqrt() / state.uses.max(1) as f64;
            if state.skins.outer - 2.0 * list.displacement_from_build(&configuration.positions) >= LEAST * state.skins.inner {
                state.pruned.copy_from(&configuration.positions);
                state.uses = 0;
                self.prune_list(set, state, neighbours, limits.cutoff);
                return;
            }
        }
        let skins = Skins::cheapest(limits.cutoff, limits.spacing, displacement, limits.largest_skin, cost);
        let state = ListState { built: configuration.clone(), pruned: configuration.positions.clone(), skins, uses: 0 };
        self.build_list(set, &state, neighbours, limits.cutoff);
        neighbours.list.begin_near_pairs(state, skins.inner);
        neighbours.builds += 1;
    }

    fn build_list(&self, set: InstructionSet, state: &ListState, neighbours: &mut Neighbours, cutoff: f64) {
        let Description { types, exclusions, .. } = &self.description;
        let (reach, list) = (cutoff + state.skins.outer, &mut neighbours.list);
        build(set, &state.built, types, exclusions, reach, list);
        list.displacement_from_build(&state.built.positions);
        prune(set, cutoff + state.skins.inner, Some(reach), list);
    }

    /// Chooses the near pairs at the positions that the state names.
    fn prune_list(&self, set: InstructionSet, state: ListState, neighbours: &mut Neighbours, cutoff: f64) {
        let list = &mut neighbours.list;
        let left = state.skins.outer - 2.0 * list.displacement_from_build(&state.pruned);
        let skin = left.min(state.skins.inner);
        prune(set, cutoff + skin, None, list);
        list.begin_near_pairs(state, skin);
    }

    /// The sum, with pair distances, energies and forces in the precision of `N` where a list is used and in f64 elsewhere.
    fn sum<N: Stored, const ENERGY: bool, const FORCES: bool>(
        &self,
        configuration: &Configuration,
        memory: &mut Memory,
        forces: Option<&mut Vectors>,
    ) -> Evaluation {
        let (set, neighbours) = (memory.set(), memory.of::<Neighbours>());
        if let Some(limits) = self.description.cutoff.and_then(|cutoff| Limits::new(configuration, cutoff)) {
            let moved = neighbours.list.take_positions::<N>(configuration);
            if !neighbours.list.may_be_used(moved) {
                self.renew_list(set, configuration, neighbours, limits, moved, N::COST);
                neighbours.list.take_positions::<N>(configuration);
            }
            return self.sum_over::<N, _, ENERGY, FORCES>(set, &mut neighbours.list, Listed, forces);
        }
        // f32 is for lists alone: their positions are those of particles brought back into the cell.
        if neighbours.all.take_positions::<f64>(configuration).is_none() {
            let Description { types, exclusions, .. } = &self.description;
            neighbours.all = ClusterList::all_pairs(configuration.positions.n(), types, exclusions);
            neighbours.all.take_positions::<f64>(configuration);
        }
        let work = AllPairs::<_, _, ENERGY, FORCES> { term: self, set, list: &mut neighbours.all, forces };
        with_image(Image::new(&configuration.cell), work)
    }

    fn sum_over<N: Stored, I: Imaging, const ENERGY: bool, const FORCES: bool>(
        &self,
        set: InstructionSet,
        list: &mut ClusterList,
        image: I,
        forces: Option<&mut Vectors>,
    ) -> Evaluation {
        let (form, table) = (self.form.form(), &self.table);
        let mut parts = std::mem::take(&mut list.parts);
        let (positions, types, shifts) = (N::get(list), &list.types[..], &shifts(&list.images, &list.rounded));
        let sum = |part: &mut Part| {
            dispatch_with(set, PartSum::<N, _, _, _, ENERGY, FORCES> { form, table, image, shifts, positions, types, part })
        };
        let total = if parts.len() > 1 {
            let sums: Vec<Evaluation> = parts.par_iter_mut().map(sum).collect();
            sums.into_iter().fold(Evaluation::default(), Evaluation::add)
        } else {
            parts.iter_mut().map(sum).fold(Evaluation::default(), Evaluation::add)
        };
        list.parts = parts;
        if let Some(forces) = forces {
            list.add_forces_to::<N>(forces);
        }
        total
    }
}

/// The sum over all pairs, for each kind of cell.
struct AllPairs<'a, F, T, const ENERGY: bool, const FORCES: bool> {
    term: &'a SumOverPairs<F, T>,
    set: InstructionSet,
    list: &'a mut ClusterList,
    forces: Option<&'a mut Vectors>,
}

impl<F: FormOwner, T: PairTable, const ENERGY: bool, const FORCES: bool> WithImage for AllPairs<'_, F, T, ENERGY, FORCES> {
    type Output = Evaluation;
    fn run<I: Imaging>(self, image: I) -> Evaluation {
        self.term.sum_over::<f64, I, ENERGY, FORCES>(self.set, self.list, image, self.forces)
    }
}

/// All pairs of configurations in lanes, for each kind of cell.
struct InLanes<'a, F, T> {
    term: &'a SumOverPairs<F, T>,
    set: InstructionSet,
    block: &'a mut Block,
}

impl<F: FormOwner, T: PairTable> WithImage for InLanes<'_, F, T> {
    type Output = ();
    fn run<I: Imaging>(self, image: I) {
        let Self { term, set, block } = self;
        let (form, table, Description { types, exclusions, .. }) = (term.form.form(), &term.table, &term.description);
        match (block.wants_energies, block.wants_gradients()) {
            (_, false) => {
                dispatch_with(set, Configurations::<_, _, _, true, false, false> { form, table, types, exclusions, image, block })
            }
            (true, true) if block.softening.core > 0.0 => {
                dispatch_with(set, Configurations::<_, _, _, true, true, true> { form, table, types, exclusions, image, block });
            }
            (true, true) => {
                dispatch_with(set, Configurations::<_, _, _, true, true, false> { form, table, types, exclusions, image, block });
            }
            (false, true) => {
                dispatch_with(set, Configurations::<_, _, _, false, true, false> { form, table, types, exclusions, image, block });
            }
        }
    }
}

impl<F: FormOwner, T: PairTable> Potential for SumOverPairs<F, T> {
    fn name(&self) -> &'static str {
        self.description.name
    }

    fn cutoff(&self) -> Option<f64> {
        self.description.cutoff
    }

    fn has_discontinuous_energy(&self) -> bool {
        self.description.discontinuous
    }

    fn note_holds(&self, n: usize, holds: &mut Holds) {
        if <F::Form<'_> as PairForm>::BINDS {
            holds.add(Hold::Together, &(0..n).collect::<Vec<_>>());
        }
    }

    fn tail(&self, cell: &Cell) -> Option<Evaluation> {
        self.description.tail.as_ref().map(|tail| tail.at(cell))
    }

    fn evaluate(&self, configuration: &Configuration, memory: &mut Memory, forces: Option<&mut Vectors>) -> Evaluation {
        match forces {
            None => self.sum::<f64, true, false>(configuration, memory, None),
            forces => self.sum::<f64, true, true>(configuration, memory, forces),
        }
    }

    fn add_forces(&self, configuration: &Configuration, memory: &mut Memory, precision: Precision, forces: &mut Vectors) {
        match precision {
            Precision::Double => self.sum::<f64, false, true>(configuration, memory, Some(forces)),
            Precision::Mixed => self.sum::<f32, false, true>(configuration, memory, Some(forces)),
        };
    }

    fn change(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) -> f64 {
        self.change_of_moved(memory.set(), configuration, memory.of(), moved)
    }

    fn moves(&self, configuration: &Configuration, memory: &mut Memory, moved: &[Moved]) {
        self.take_along(memory.set(), configuration, memory.of(), moved);
    }

    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        with_image(Image::new(cell), InLanes { term: self, set, block });
    }

    fn restore(&self, stored: &[u8], memory: &mut Memory) {
        let Ok(StoredNeighbours { list, builds }) = postcard::from_bytes(stored) else { return };
        let (set, neighbours) = (memory.set(), memory.of::<Neighbours>());
        neighbours.builds = builds;
        if let (Some(cutoff), Some(state)) = (self.description.cutoff, list) {
            self.build_list(set, &state, neighbours, cutoff);
            self.prune_list(set, state, neighbours, cutoff);
        }
    }
}

/// From this many particles on a list is used where a cutoff allows it.
const SMALLEST_N: usize = 160;
/// Displacement of an evaluation in units of the mean distance of neighbours, as long as nothing is known.
const FIRST_DISPLACEMENT: f64 = 0.017;

/// What a list may be.
#[derive(Clone, Copy)]
struct Limits {
    cutoff: f64,
    /// Mean distance of neighbours.
    spacing: f64,
    /// Skin up to which all images within reach are among the nearest 3^d.
    largest_skin: f64,
}

impl Limits {
    /// For a list of pairs, where one can and should be used.
    fn new(configuration: &Configuration, cutoff: f64) -> Option<Self> {
        let n = configuration.positions.n();
        if n < SMALLEST_N || cutoff == 0.0 {
            return None;
        }
        let cell = &configuration.cell;
        let spacing = cell.volume().map_or(cutoff / 2.5, |volume| (volume / n as f64).powf(1.0 / cell.dimension() as f64));
        let spacing = spacing.min(cutoff);
        let largest_skin = 0.999 * cell.smallest_height() - cutoff;
        (largest_skin > 0.2 * spacing).then_some(Self { cutoff, spacing, largest_skin })
    }
}
