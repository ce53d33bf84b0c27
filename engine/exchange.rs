//! Exchange of configurations between two rungs, as they are or through a flow.

use crate::accept::metropolis_hastings;
use crate::charts::Element;
use crate::configurations::Configurations;
use crate::map::{Map, Passage};
use crate::observers::{State, state_of};
use crate::random::{Random, fill_normal};
use crate::walker::{Environment, Walker};
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

/// A change of `delta_u` and `log_q_ratio`.
pub type ExchangeMutant = fn(f64, f64) -> (f64, f64);

/// One side of an exchange: its walkers and what they share.
type Side<'w, 'e> = (&'w mut [Walker], &'e Environment);

/// A walker, what it shares with its rung, and what its configuration has in the potential of the other rung; `None` where that is the same.
type Member<'w, 'e> = (&'w mut Walker, &'e Environment, Option<Evaluation>);

impl PairExchange<'_> {
    /// Tries one exchange for each pair of walkers; returns the numbers of those that exchanged.
    pub fn attempt(&self, lower: Side, upper: Side, random: &mut Random, tally: &mut PairTally) -> Vec<(usize, usize)> {
        let mut first: Vec<usize> = (0..lower.0.len()).collect();
        let mut second: Vec<usize> = (0..upper.0.len()).collect();
        first.shuffle(random);
        second.shuffle(random);
        let mut pairs: Vec<(usize, usize)> = first.into_iter().zip(second).collect();
        match self.map {
            None => {
                let (of_lower, of_upper): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
                let in_upper = in_other_rung(lower.0, &of_lower, lower.1, upper.1);
                let in_lower = in_other_rung(upper.0, &of_upper, upper.1, lower.1);
                pairs.retain(|&(a, b)| {
                    self.swap((&mut lower.0[a], lower.1, in_upper[a]), (&mut upper.0[b], upper.1, in_lower[b]), random, tally)
                });
            }
            Some((map, forwards)) => self.through(map, forwards, lower, upper, &mut pairs, random, tally),
        }
        pairs
    }

    fn swap(&self, (a, of_a, x_in_b): Member, (b, of_b, y_in_a): Member, random: &mut Random, tally: &mut PairTally) -> bool {
        let at = |walker: &Walker, other: Option<Evaluation>| {
            let volume = walker.state.volume();
            ((walker.state.energy, volume), (other.map_or(walker.state.energy, |other| other.energy), volume))
        };
        let ((x_at_a, x_at_b), (y_at_b, y_at_a)) = (at(a, x_in_b), at(b, y_in_a));
        let delta_u =
            of_a.thermodynamic_state.reduced_energy_change(x_at_a, y_at_a) + of_b.thermodynamic_state.reduced_energy_change(y_at_b, x_at_b);
        if !self.decide(delta_u, 0.0, random, tally) {
            return false;
        }
        let states = [&a, &b].map(|walker| state_of(self.states, &walker.state.configuration));
        tally.between_states += u64::from(states[0] != states[1]);
        std::mem::swap(&mut a.state, &mut b.state);
        std::mem::swap(&mut a.workspace, &mut b.workspace);
        for (walker, evaluation) in [(&mut *a, y_in_a), (&mut *b, x_in_b)] {
            if let Some(evaluation) = evaluation {
                walker.take_potential(evaluation);
            }
        }
        let scale = (of_a.thermodynamic_state.beta / of_b.thermodynamic_state.beta).sqrt();
        b.state.momenta.row_mut().iter_mut().for_each(|p| *p *= scale);
        a.state.momenta.row_mut().iter_mut().for_each(|p| *p /= scale);
        true
    }

    fn through(
        &self,
        map: &Map,
        forwards: bool,
        lower: Side,
        upper: Side,
        pairs: &mut Vec<(usize, usize)>,
        random: &mut Random,
        tally: &mut PairTally,
    ) {
        let of_lower: Vec<usize> = pairs.iter().map(|pair| pair.0).collect();
        let of_upper: Vec<usize> = pairs.iter().map(|pair| pair.1).collect();
        let (upwards, downwards) =
            if forwards { (Direction::Forward, Direction::Inverse) } else { (Direction::Inverse, Direction::Forward) };
        let mut carry = |walkers: &[Walker], members: &[usize], direction: Direction| {
            map.carry(&Configurations::of(walkers).select(members), direction, &mut |_, numbers| fill_normal(random, numbers))
        };
        let up: Passage = carry(lower.0, &of_lower, upwards);
        let down: Passage = carry(upper.0, &of_upper, downwards);
        let (lower_energies, upper_energies) = (down.to.energies(&lower.1.potential), up.to.energies(&upper.1.potential));
        let mut number = 0;
        pairs.retain(|&(a, b)| {
            let k = number;
            number += 1;
            if !(up.feasible[k] && down.feasible[k]) {
                (tally.attempted, tally.infeasible) = (tally.attempted + 1, tally.infeasible + 1);
                return false;
            }
            let (a, b) = (&mut lower.0[a], &mut upper.0[b]);
            let change = |walker: &Walker, environment: &Environment, energy: f64| {
                let volume = walker.state.volume();
                environment.thermodynamic_state.reduced_energy_change((walker.state.energy, volume), (energy, volume))
            };
            let delta_u = change(a, lower.1, lower_energies[k]) + change(b, upper.1, upper_energies[k]);
            if !self.decide(delta_u, up.log_ratio[k] + down.log_ratio[k], random, tally) {
                return false;
            }
            let before = state_of(self.states, &a.state.configuration);
            relabel_momenta(a, up.elements[k].as_ref());
            relabel_momenta(b, down.elements[k].as_ref());
            a.take_positions(down.to.row(k), lower_energies[k]);
            b.take_positions(up.to.row(k), upper_energies[k]);
            tally.between_states += u64::from(state_of(self.states, &a.state.configuration) != before);
            true
        });
    }

    fn decide(&self, delta_u: f64, log_q_ratio: f64, random: &mut Random, tally: &mut PairTally) -> bool {
        let (delta_u, log_q_ratio) = self.mutant.map_or((delta_u, log_q_ratio), |mutate| mutate(delta_u, log_q_ratio));
        let verdict = metropolis_hastings(delta_u, log_q_ratio, random);
        tally.attempted += 1;
        tally.probability += verdict.probability;
        tally.accepted += u64::from(verdict.accepted);
        verdict.accepted
    }
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
