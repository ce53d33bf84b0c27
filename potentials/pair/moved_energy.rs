//! What a sum over pairs changes by if some particles move: kept energies, and the tree of boxes.

use super::among::{Among, Apart};
use super::form::{FormOwner, PairTable};
use super::neighbours::Neighbours;
use super::sum_over_pairs::{Description, SumOverPairs};
use super::tree::{Query, Tree, Trial};
use super::tree_energy::OfParticle;
use crate::interface::Moved;
use crate::space::Configuration;
use crate::space::image::{Image, Imaging, WithImage, with_image};
use mcflow_base::{InstructionSet, dispatch_with};

/// A sum from which a term this much larger was taken has lost too many digits.
const CANCELLED: f64 = 1e6;

impl<F: FormOwner, T: PairTable> SumOverPairs<F, T> {
    /// Plants the tree where there is none for this configuration, or one that has grown too much.
    fn need_tree(&self, configuration: &Configuration, neighbours: &mut Neighbours) {
        if !neighbours.tree.is_current(configuration) {
            neighbours.tree.plant(configuration, &self.description.types);
        }
    }

    /// The energy that particle `i` at `at` has with all others but those of `apart`.
    fn energy_in_tree(
        &self,
        set: InstructionSet,
        configuration: &Configuration,
        neighbours: &mut Neighbours,
        i: usize,
        at: [f64; 3],
        apart: &[Moved],
    ) -> f64 {
        self.need_tree(configuration, neighbours);
        let tree = &mut neighbours.tree;
        let Description { exclusions, cutoff, .. } = &self.description;
        dispatch_with(set, Query { tree, exclusions, i, at, apart, cutoff: *cutoff });
        with_image(Image::new(&configuration.cell), InTree { term: self, set, tree, i, at })
    }

    /// The energy that particle `i` has with all others where it is, which is kept.
    fn energy_where_it_is(&self, set: InstructionSet, configuration: &Configuration, neighbours: &mut Neighbours, i: usize) -> f64 {
        let mut energy = *neighbours.tree.known_energy(i);
        if energy.is_nan() {
            energy = self.energy_in_tree(set, configuration, neighbours, i, configuration.positions.get(i), &[]);
            *neighbours.tree.known_energy(i) = energy;
        }
        energy
    }

    /// What each of some particles has with the others of them, these being at `places`.
    fn energies_among(&self, set: InstructionSet, configuration: &Configuration, places: Apart) -> Vec<f64> {
        with_image(Image::new(&configuration.cell), AmongMoved { term: self, set, places })
    }

    /// What the energy changes by if `moved` go to their places; the trial of a single particle is remembered.
    pub(super) fn change_of_moved(
        &self,
        set: InstructionSet,
        configuration: &Configuration,
        neighbours: &mut Neighbours,
        moved: &[Moved],
    ) -> f64 {
        self.need_tree(configuration, neighbours);
        if let &[Moved { particle: i, to }] = moved {
            let from = self.energy_where_it_is(set, configuration, neighbours, i);
            let energy = self.energy_in_tree(set, configuration, neighbours, i, to, &[]);
            neighbours.tree.trial = Some(Trial { i, to, energy });
            return energy - from;
        }
        neighbours.tree.trial = None;
        let [among_before, among_after] = [Apart::before(configuration, moved), Apart::after(moved)]
            .map(|places| 0.5 * self.energies_among(set, configuration, places).iter().sum::<f64>());
        // In the energies of single particles each pair of moved ones is there twice.
        let twice: f64 = moved.iter().map(|one| self.energy_where_it_is(set, configuration, neighbours, one.particle)).sum();
        let mut before = twice - among_before;
        if !before.is_finite() || among_before.abs() > CANCELLED * before.abs() {
            let from = |one: &Moved| configuration.positions.get(one.particle);
            let rest: f64 =
                moved.iter().map(|one| self.energy_in_tree(set, configuration, neighbours, one.particle, from(one), moved)).sum();
            before = rest + among_before;
        }
        let rest: f64 = moved.iter().map(|one| self.energy_in_tree(set, configuration, neighbours, one.particle, one.to, moved)).sum();
        rest + among_after - before
    }

    /// Takes the energies that are kept along as `moved` go to their places.
    pub(super) fn take_along(&self, set: InstructionSet, configuration: &Configuration, neighbours: &mut Neighbours, moved: &[Moved]) {
        if !neighbours.tree.is_planted() {
            return;
        }
        let tried = neighbours.tree.trial.take();
        let apart = if moved.len() > 1 { moved } else { &[] };
        let mut energies = Vec::with_capacity(moved.len());
        for &Moved { particle: i, to } in moved {
            // Partners gain the pair energies of the new place and lose those of the old one.
            let energy = match tried {
                Some(trial) if trial.i == i && trial.to == to => trial.energy,
                _ => self.energy_in_tree(set, configuration, neighbours, i, to, apart),
            };
            neighbours.tree.spread(1.0);
            self.energy_in_tree(set, configuration, neighbours, i, configuration.positions.get(i), apart);
            neighbours.tree.spread(-1.0);
            energies.push(energy);
        }
        moved.iter().for_each(|one| neighbours.tree.move_to(one.particle, one.to));
        if moved.len() > 1 {
            let among = self.energies_among(set, configuration, Apart::after(moved));
            energies.iter_mut().zip(among).for_each(|(energy, among)| *energy += among);
        }
        for (one, energy) in moved.iter().zip(energies) {
            *neighbours.tree.known_energy(one.particle) = energy;
        }
    }
}

/// The energy of one particle with the clusters that a query found, for each kind of cell.
struct InTree<'a, F, T> {
    term: &'a SumOverPairs<F, T>,
    set: InstructionSet,
    tree: &'a mut Tree,
    i: usize,
    at: [f64; 3],
}

impl<F: FormOwner, T: PairTable> WithImage for InTree<'_, F, T> {
    type Output = f64;
    fn run<I: Imaging>(self, image: I) -> f64 {
        let Self { term, set, tree, i, at } = self;
        dispatch_with(set, OfParticle { form: term.form.form(), table: &term.table, image, type_i: term.description.types[i], at, tree })
    }
}

/// The energies of moved particles with each other, for each kind of cell.
struct AmongMoved<'a, F, T> {
    term: &'a SumOverPairs<F, T>,
    set: InstructionSet,
    places: Apart,
}

impl<F: FormOwner, T: PairTable> WithImage for AmongMoved<'_, F, T> {
    type Output = Vec<f64>;
    fn run<I: Imaging>(self, image: I) -> Vec<f64> {
        let Self { term, set, places } = self;
        let Description { types, exclusions, .. } = &term.description;
        dispatch_with(set, Among { form: term.form.form(), table: &term.table, image, types, exclusions, places: &places })
    }
}
