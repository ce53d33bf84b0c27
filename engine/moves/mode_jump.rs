//! Jumps between named states by trained bijections.

use super::flow_rows::energies_of;
use super::{Change, OnReject, Proposal};
use crate::observers::{State, state_of};
use crate::symmetry::Element;
use crate::trained_flow::{Images, TrainedFlow};
use crate::walker::{Environment, Walker};
use rand::RngExt;
use rayon::prelude::*;

/// A bijection f that leads from one state, or one rung, to another, and f^-1 back.
#[derive(Clone, Copy, Debug)]
pub struct StateMap<'a> {
    /// Where f starts.
    pub from: usize,
    /// Where it leads.
    pub to: usize,
    /// f.
    pub map: &'a TrainedFlow,
}

/// Neural mode jump: from x in state a, one of the m_a maps that begin or end there is chosen with equal probability; x' = f(x), or f^-1(x)
/// where the map ends in a.
///
/// From x' in state b the way back is chosen with probability 1 / m_b, and leads to x alone, since each pair of states has one bijection.
/// So `log_q_ratio` = ln m_a - ln m_b + ln|det dx'/dx|. Where x is in no state, x' not in b, or the map does not come back to x within 1e-6,
/// the proposal is infeasible: without the region test a map that leaves a could not be taken back. Of overlapping states the first one
/// counts. Momenta stay as they are: they are independent of the positions.
///
/// Of a system with a declared symmetry x is first replaced by its image in the domain of a, with momenta, and x' must be in that of b:
/// see [`Domain`](crate::Domain).
///
/// Source: Sbailò, Dibak and Noé, J. Chem. Phys. 154 (2021) 074101.
pub struct ModeJump<'a> {
    /// All states of the run.
    pub states: &'a [State],
    /// A map for each connected pair.
    pub maps: Vec<StateMap<'a>>,
    /// Attempts of each walker.
    pub count: usize,
    /// The first of two counts a map in [`Walker::tallies`], forwards and backwards; where there are none nothing is counted by way.
    pub ways_at: usize,
}

/// Which way a walker is to go.
#[derive(Clone, Copy)]
struct Way {
    map: usize,
    backwards: bool,
    /// The state it leads to.
    to: usize,
    /// ln m_a - ln m_b.
    log_choice_ratio: f64,
}

/// An image of a walker, its log-determinant, and what led the walker into the domain of the map.
type Image = (Vec<f64>, f64, Option<Element>);

impl ModeJump<'_> {
    /// Maps that begin or end in a state.
    fn ways_from(&self, state: usize) -> usize {
        self.maps.iter().filter(|map| map.from == state || map.to == state).count()
    }

    fn choose(&self, walker: &mut Walker) -> Option<Way> {
        let from = state_of(self.states, &walker.state.configuration)?;
        let ways = self.ways_from(from);
        if ways == 0 {
            return None;
        }
        let chosen = walker.random.random_range(0..ways);
        let map = self.maps.iter().enumerate().filter(|(_, map)| map.from == from || map.to == from).nth(chosen).map(|(k, _)| k)?;
        let backwards = self.maps[map].to == from;
        let to = if backwards { self.maps[map].from } else { self.maps[map].to };
        Some(Way { map, backwards, to, log_choice_ratio: (ways as f64).ln() - (self.ways_from(to) as f64).ln() })
    }

    /// Attempts in all walkers, counted under `entry`. Rows that go the same way are mapped in one batch.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        for _ in 0..self.count {
            let ways: Vec<Option<Way>> = walkers.iter_mut().map(|walker| self.choose(walker)).collect();
            let dim = self.maps.first().map_or(0, |map| map.map.generator.dim());
            let mut proposals: Vec<Option<Image>> = vec![None; walkers.len()];
            for (number, map) in self.maps.iter().enumerate() {
                for backwards in [false, true] {
                    let going = |w: &usize| ways[*w].is_some_and(|way| way.map == number && way.backwards == backwards);
                    let members: Vec<usize> = (0..walkers.len()).filter(going).collect();
                    if members.is_empty() {
                        continue;
                    }
                    let rows: Vec<f64> = members.iter().flat_map(|&w| walkers[w].state.configuration.positions.row()).copied().collect();
                    let Images { rows, log_det, elements, feasible, .. } = map.map.images(&rows, backwards);
                    for ((k, &w), element) in members.iter().enumerate().zip(elements) {
                        if feasible[k] {
                            proposals[w] = Some((rows[k * dim..(k + 1) * dim].to_vec(), log_det[k], element));
                        }
                    }
                }
            }
            // One batch of energies; rows without a proposal are not in it.
            let cell = &walkers[0].state.configuration.cell;
            let rows: Vec<f64> = proposals.iter().flatten().flat_map(|(row, ..)| row).copied().collect();
            let mut energies = energies_of(environment, cell, &rows, dim.max(1)).into_iter();
            let energies: Vec<f64> = proposals
                .iter()
                .map(|proposal| proposal.as_ref().map_or(0.0, |_| energies.next().expect("an energy for each row")))
                .collect();
            walkers.par_iter_mut().zip(proposals).zip(energies).zip(ways).for_each(|(((walker, proposal), energy), way)| {
                let proposal = proposal.zip(way).and_then(|((row, log_det, element), way)| {
                    walker.propose_positions(&row);
                    walker.relabel_proposed_momenta(self.maps[way.map].map.start(way.backwards), element.as_ref());
                    let arrived = state_of(self.states, &walker.other.configuration) == Some(way.to);
                    let log_q_ratio = way.log_choice_ratio + log_det;
                    arrived.then_some(Proposal { change: Change::Whole, energy, log_q_ratio, on_reject: OnReject::Keep })
                });
                let before = walker.tallies[entry];
                walker.decide(proposal, entry, environment);
                let counts = walker.tallies[entry].since(&before);
                if let Some(tally) = way.and_then(|way| walker.tallies.get_mut(self.ways_at + 2 * way.map + usize::from(way.backwards))) {
                    tally.add(&counts);
                }
            });
        }
    }
}
