//! Exchange of configurations between two rungs, as they are or through a flow: each rung makes offers, a pure function decides, states are
//! handed over.

mod offer;
#[cfg(test)]
mod tests;

pub use offer::{ExchangeMutant, Offer, decide};

use crate::chain::walker::{Environment, Walker};
use crate::charts::Element;
use crate::learned::configurations::Configurations;
use crate::learned::map::{Map, Passage};
use crate::observers::{State, state_of};
use crate::random::{Random, fill_normal};
use mcflow_flows::Direction;
use mcflow_potentials::Evaluation;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What became of the exchanges between two rungs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PairTally {
    /// Exchanges tried.
    pub attempted: u64,
    /// Exchanges accepted.
    pub accepted: u64,
    /// Accepted ones that brought another state to the lower rung.
    pub between_states: u64,
    /// Exchanges with a row that does not come back through the map.
    pub infeasible: u64,
    /// Sum of the acceptance probabilities.
    pub probability: f64,
}

/// Replica exchange of x in rung a with y in rung b.
///
/// Ordinary: x and y change places, `delta_u` = u_a(y) + u_b(x) - u_a(x) - u_b(y) and `log_q_ratio` = 0. With u = beta (U + P V) this is
/// exchange of temperatures, pressures, scaled potentials, or all of them; where the potentials of the rungs differ, U_a(y) and U_b(x) are
/// evaluated. Momenta go with the configuration, times sqrt(beta_old / beta_new): then p^2 beta / m is what it was, and no kinetic term is
/// left.
///
/// Learned: f maps from b to a (or from a to b), so x' = f(y) and y' = f^-1(x): `delta_u` over both rungs likewise, `log_q_ratio` =
/// ln|det df/dy| + ln|det df^-1/dx|. Doing it twice restores both, so the proposal is its own reverse. Momenta stay in their rungs. Rows
/// that do not come back through the map within 1e-6 make the exchange infeasible.
///
/// Which walkers meet is drawn at random, whatever their states; where one rung has fewer walkers, some of the other are left out.
///
/// Source: Swendsen and Wang, Phys. Rev. Lett. 57 (1986) 2607; Sugita and Okamoto, Chem. Phys. Lett. 314 (1999) 141 (momenta); Okabe et al.,
/// Chem. Phys. Lett. 335 (2001) 435 (pressure); Fukunishi, Watanabe and Takada, J. Chem. Phys. 116 (2002) 9058 (potentials); Invernizzi,
/// Krämer, Clementi and Noé, J. Phys. Chem. Lett. 13 (2022) 11643 (learned).
pub struct PairExchange<'a> {
    /// All states of the run: exchanges between them are counted apart.
    pub states: &'a [State],
    /// f, and whether it starts in the lower rung.
    pub map: Option<(&'a Map, bool)>,
    /// Changes `delta_u` and `log_q_ratio` before the decision: how tests make mutants. `None` in every run.
    pub mutant: Option<ExchangeMutant>,
}

/// One side of an exchange: its walkers and what they share.
type Side<'w, 'e> = (&'w mut [Walker], &'e Environment);

impl PairExchange<'_> {
    /// Tries one exchange for each pair of walkers; returns the numbers of those that exchanged.
    pub fn attempt(&self, lower: Side, upper: Side, random: &mut Random, tally: &mut PairTally) -> Vec<(usize, usize)> {
        let mut first: Vec<usize> = (0..lower.0.len()).collect();
        let mut second: Vec<usize> = (0..upper.0.len()).collect();
        first.shuffle(random);
        second.shuffle(random);
        let pairs: Vec<(usize, usize)> = first.into_iter().zip(second).collect();
        match self.map {
            None => self.as_they_are(lower, upper, pairs, random, tally),
            Some((map, forwards)) => self.through(map, forwards, lower, upper, pairs, random, tally),
        }
    }

    /// Pairs of walkers whose configurations change places.
    fn as_they_are(
        &self,
        (lower, of_lower): Side,
        (upper, of_upper): Side,
        mut pairs: Vec<(usize, usize)>,
        random: &mut Random,
        tally: &mut PairTally,
    ) -> Vec<(usize, usize)> {
        let (members_of_lower, members_of_upper): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let in_upper = in_other_rung(lower, &members_of_lower, of_lower, of_upper);
        let in_lower = in_other_rung(upper, &members_of_upper, of_upper, of_lower);
        let offer = |walker: &Walker, there: &Option<Evaluation>| {
            let energy = walker.state.energy;
            Offer::as_it_is((energy, walker.state.volume()), there.as_ref().map_or(energy, |there| there.energy))
        };
        pairs.retain(|&(a, b)| {
            let (walker_a, walker_b) = (&mut lower[a], &mut upper[b]);
            let offers = (offer(walker_a, &in_upper[a]), offer(walker_b, &in_lower[b]));
            if !self.decide(offers, (of_lower, of_upper), random, tally) {
                return false;
            }
            let states = [&*walker_a, &*walker_b].map(|walker| state_of(self.states, &walker.state.configuration));
            tally.between_states += u64::from(states[0] != states[1]);
            hand_over(walker_a, walker_b);
            for (walker, evaluation) in [(&mut *walker_a, in_lower[b]), (&mut *walker_b, in_upper[a])] {
                if let Some(evaluation) = evaluation {
                    walker.take_potential(evaluation);
                }
            }
            let scale = (of_lower.thermodynamic_state.beta / of_upper.thermodynamic_state.beta).sqrt();
            walker_b.state.momenta.row_mut().iter_mut().for_each(|p| *p *= scale);
            walker_a.state.momenta.row_mut().iter_mut().for_each(|p| *p /= scale);
            true
        });
        pairs
    }

    /// Pairs of walkers each of which becomes the image of the other.
    fn through(
        &self,
        map: &Map,
        forwards: bool,
        (lower, of_lower): Side,
        (upper, of_upper): Side,
        mut pairs: Vec<(usize, usize)>,
        random: &mut Random,
        tally: &mut PairTally,
    ) -> Vec<(usize, usize)> {
        let (members_of_lower, members_of_upper): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let (upwards, downwards) =
            if forwards { (Direction::Forward, Direction::Inverse) } else { (Direction::Inverse, Direction::Forward) };
        let mut carry = |walkers: &[Walker], members: &[usize], direction: Direction| {
            map.carry(&Configurations::of(walkers).select(members), direction, &mut |_, numbers| fill_normal(random, numbers))
        };
        let up: Passage = carry(lower, &members_of_lower, upwards);
        let down: Passage = carry(upper, &members_of_upper, downwards);
        let (lower_energies, upper_energies) = (down.to.energies(&of_lower.potential), up.to.energies(&of_upper.potential));
        let offer = |walker: &Walker, passage: &Passage, k: usize, there: f64| Offer {
            here: (walker.state.energy, walker.state.volume()),
            there: (there, walker.state.volume()),
            log_ratio: passage.log_ratio[k],
            feasible: passage.feasible[k],
        };
        let mut number = 0;
        pairs.retain(|&(a, b)| {
            let k = number;
            number += 1;
            let (a, b) = (&mut lower[a], &mut upper[b]);
            let offers = (offer(a, &up, k, upper_energies[k]), offer(b, &down, k, lower_energies[k]));
            if !self.decide(offers, (of_lower, of_upper), random, tally) {
                return false;
            }
            let before = state_of(self.states, &a.state.configuration);
            relabel_momenta(a, up.elements[k].as_deref());
            relabel_momenta(b, down.elements[k].as_deref());
            a.take_positions(down.to.row(k), lower_energies[k]);
            b.take_positions(up.to.row(k), upper_energies[k]);
            tally.between_states += u64::from(state_of(self.states, &a.state.configuration) != before);
            true
        });
        pairs
    }

    /// Decides between two offers and counts.
    fn decide(
        &self,
        (from_lower, from_upper): (Offer, Offer),
        (lower, upper): (&Environment, &Environment),
        random: &mut Random,
        tally: &mut PairTally,
    ) -> bool {
        tally.attempted += 1;
        let sides = ((&lower.thermodynamic_state, &from_lower), (&upper.thermodynamic_state, &from_upper));
        let Some(verdict) = decide(sides.0, sides.1, self.mutant, random) else {
            tally.infeasible += 1;
            return false;
        };
        tally.probability += verdict.probability;
        tally.accepted += u64::from(verdict.accepted);
        verdict.accepted
    }
}

/// Hands the state of each walker to the other, with as much of what its potential remembers as a checkpoint holds. What is kept beyond that is
/// forgotten by both, so that a partner elsewhere, who would get the state and that memory alone, would go on to the same bytes.
fn hand_over(a: &mut Walker, b: &mut Walker) {
    std::mem::swap(&mut a.state, &mut b.state);
    std::mem::swap(&mut a.workspace, &mut b.workspace);
    a.workspace.positions_changed();
    b.workspace.positions_changed();
}

/// Momenta go with their configuration to the image that is carried.
fn relabel_momenta(walker: &mut Walker, element: Option<&Element>) {
    if let Some(element) = element {
        let image = element.image(walker.state.momenta.row());
        walker.state.momenta.row_mut().copy_from_slice(&image);
    }
}

/// What `members` of the walkers of one rung have in the potential of another, by walker; `None` where both rungs have the same one.
fn in_other_rung(walkers: &mut [Walker], members: &[usize], here: &Environment, there: &Environment) -> Vec<Option<Evaluation>> {
    let mut found = vec![None; walkers.len()];
    if !here.potential.is_scaled_as(&there.potential) {
        let mut takes_part = vec![false; walkers.len()];
        members.iter().for_each(|&k| takes_part[k] = true);
        found.par_iter_mut().zip(walkers).zip(takes_part).filter(|(_, takes_part)| *takes_part).for_each(|((found, walker), _)| {
            *found = Some(there.potential.energy(&walker.state.configuration, &mut walker.workspace));
        });
    }
    found
}
