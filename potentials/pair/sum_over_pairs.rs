//! A pair term: its numbers, and the choice of loop for each kind of evaluation.

use super::all_pairs::AllPairs;
use super::cluster_build::Build;
use super::cluster_list::{NearPairs, StillValid, list_reach};
use super::configurations::Configurations;
use super::exclusions::Exclusions;
use super::form::{ByType, Coefficients, PairForm, PairTable, Uniform};
use super::grid::{Fill, GridLayout, InGrid};
use super::one_particle::OneParticle;
use super::tail::Tail;
use crate::image::Image;
use crate::{Block, Cell, Configuration, Evaluation, Neighbours, Potential, Vectors};
use mcflow_base::{InstructionSet, dispatch_with};

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
    /// The potential with this arithmetic and the coefficients of all pairs of types, row by row.
    pub(crate) fn build<F: PairForm>(self, form: F, table: Vec<Coefficients<f64>>) -> Box<dyn Potential> {
        match table.first() {
            Some(first) if table.iter().all(|entry| entry == first) => {
                Box::new(SumOverPairs { form, table: Uniform(*first), description: self })
            }
            _ => Box::new(SumOverPairs { form, table: ByType { types: table.len().isqrt(), coefficients: table }, description: self }),
        }
    }
}

#[derive(Debug)]
struct SumOverPairs<F, T> {
    form: F,
    table: T,
    description: Description,
}

impl<F: PairForm, T: PairTable> SumOverPairs<F, T> {
    fn build_list(&self, configuration: &Configuration, reach: f64, neighbours: &mut Neighbours) {
        let Description { types, exclusions, .. } = &self.description;
        let skin = reach - self.description.cutoff.unwrap_or(reach);
        dispatch_with(neighbours.set(), Build { configuration, types, exclusions, reach, skin, list: &mut neighbours.list });
    }
}

impl<F: PairForm, T: PairTable> Potential for SumOverPairs<F, T> {
    fn name(&self) -> &'static str {
        self.description.name
    }

    fn cutoff(&self) -> Option<f64> {
        self.description.cutoff
    }

    fn has_discontinuous_energy(&self) -> bool {
        self.description.discontinuous
    }

    fn tail(&self, cell: &Cell) -> Option<Evaluation> {
        self.description.tail.as_ref().map(|tail| tail.at(cell))
    }

    fn evaluate(&self, configuration: &Configuration, neighbours: &mut Neighbours, forces: Option<&mut Vectors>) -> Evaluation {
        let set = neighbours.set();
        let (form, table) = (self.form, &self.table);
        if let Some(reach) = self.description.cutoff.and_then(|cutoff| list_reach(configuration, cutoff)) {
            if !dispatch_with(set, StillValid { configuration, list: &neighbours.list }) {
                self.build_list(configuration, reach, neighbours);
                neighbours.count_build();
            }
            let list = &mut neighbours.list;
            return match forces {
                None => dispatch_with(set, NearPairs::<_, _, false> { form, table, configuration, list, forces: None }),
                forces => dispatch_with(set, NearPairs::<_, _, true> { form, table, configuration, list, forces }),
            };
        }
        let Description { types, exclusions, .. } = &self.description;
        let packed = &mut neighbours.all;
        match forces {
            None => dispatch_with(set, AllPairs::<_, _, false> { form, table, types, exclusions, configuration, packed, forces: None }),
            forces => dispatch_with(set, AllPairs::<_, _, true> { form, table, types, exclusions, configuration, packed, forces }),
        }
    }

    fn particle_energy(&self, configuration: &Configuration, neighbours: &mut Neighbours, i: usize, at: [f64; 3]) -> f64 {
        let set = neighbours.set();
        let (form, table) = (self.form, &self.table);
        let Description { types, exclusions, .. } = &self.description;
        if let Some(layout) = self.description.cutoff.and_then(|cutoff| GridLayout::new(configuration, cutoff)) {
            if !neighbours.grid.is_current(&layout) {
                dispatch_with(set, Fill { configuration, types, layout, grid: &mut neighbours.grid });
            }
            return dispatch_with(set, InGrid { form, table, types, exclusions, grid: &neighbours.grid, i, at });
        }
        dispatch_with(set, OneParticle { form, table, types, exclusions, configuration, i, at })
    }

    fn evaluate_block(&self, set: InstructionSet, cell: &Cell, block: &mut Block) {
        let (form, table) = (self.form, &self.table);
        let Description { types, exclusions, .. } = &self.description;
        let image = Image::new(cell);
        if block.wants_gradients() {
            dispatch_with(set, Configurations::<_, _, true> { form, table, types, exclusions, image, block });
        } else {
            dispatch_with(set, Configurations::<_, _, false> { form, table, types, exclusions, image, block });
        }
    }

    fn restore(&self, reference: &Configuration, neighbours: &mut Neighbours) {
        if let Some(reach) = self.description.cutoff.and_then(|cutoff| list_reach(reference, cutoff)) {
            self.build_list(reference, reach, neighbours);
        }
    }
}
