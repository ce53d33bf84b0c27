//! Jumps between named states by trained bijections.

use super::entry::{Effect, Ready, Setting, StepWork, SweepEntry, System, Together, Trained, Tuning, Work, checks, defaults};
use super::{Change, OnReject, Proposal};
use crate::chain::walker::{Environment, Walker};
use crate::charts::Element;
use crate::learned::Ends;
use crate::learned::configurations::Configurations;
use crate::learned::map::{Map, Passage};
use crate::observers::{State, state_of};
use crate::random::fill_normal;
use mcflow_base::Problem;
use mcflow_flows::Direction;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A bijection f that leads from one state, or one rung, to another, and f^-1 back.
#[derive(Clone, Copy, Debug)]
pub struct StateMap<'a> {
    /// Where f starts.
    pub from: usize,
    /// Where it leads.
    pub to: usize,
    /// f.
    pub map: &'a Map,
}

/// Jumps between states by trained bijections: see [`JumpTrial`] for the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeJump {
    /// The name of the flow.
    pub flow: String,
    /// Attempts a sweep.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Whether equilibration chooses how often, beginning with `every`: by the work of an attempt, counted in energies, and by how soon local
    /// moves make its chance another one.
    #[serde(default)]
    pub tune: bool,
    /// Done in each sweep whose number is a multiple of this.
    #[serde(default = "defaults::one")]
    pub every: usize,
}

impl SweepEntry for ModeJump {
    fn name(&self) -> &'static str {
        "ModeJump"
    }

    fn every(&self) -> usize {
        self.every
    }

    fn problems(&self, _: &System) -> Vec<Problem> {
        let counts = checks::counts([("every", self.every), ("count", self.count)]);
        checks::tuned_interval(self.tune, self.count).into_iter().chain(counts).collect()
    }

    fn work(&self, _: usize) -> Work {
        Work { steps: self.count as u64, of_a_step: StepWork::Flow }
    }

    fn tuning(&self, _: f64) -> Tuning {
        Tuning::interval(self.tune, self.every)
    }

    fn effect(&self) -> Effect {
        Effect::State
    }

    fn flow(&self) -> Option<&str> {
        Some(&self.flow)
    }

    fn takes(&self, flow: &Ends) -> bool {
        flow.states().is_some()
    }

    fn ways(&self, trained: &Trained) -> Vec<(usize, usize)> {
        trained.states_of(&self.flow)
    }

    fn prepare<'a>(&self, _: f64, setting: &Setting<'a>) -> Ready<'a> {
        let maps = setting.trained.maps(&self.flow);
        if maps.is_empty() {
            return Ready::Idle;
        }
        Ready::Together(Box::new(JumpTrial { states: setting.trained.states, maps, count: self.count }))
    }
}

impl Together for JumpTrial<'_> {
    fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        self.attempt(walkers, entry, environment);
    }
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
/// see [`Folded`](crate::charts::Folded).
///
/// Source: Sbailò, Dibak and Noé, J. Chem. Phys. 154 (2021) 074101.
pub struct JumpTrial<'a> {
    /// All states of the run.
    pub states: &'a [State],
    /// A map for each connected pair.
    pub maps: Vec<StateMap<'a>>,
    /// Attempts of each walker.
    pub count: usize,
}

/// Which way a walker is to go.
#[derive(Clone, Copy)]
struct Way {
    map: usize,
    direction: Direction,
    /// The state it leads to.
    to: usize,
    /// ln m_a - ln m_b.
    log_choice_ratio: f64,
}

/// Where a walker arrives, by its number among those that arrive; ln of the ratio of the ways back and here, and what led to the image that was carried.
type Arrival = (usize, f64, Option<Box<Element>>);

impl JumpTrial<'_> {
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
        let (to, direction) = if backwards { (self.maps[map].from, Direction::Inverse) } else { (self.maps[map].to, Direction::Forward) };
        Some(Way { map, direction, to, log_choice_ratio: (ways as f64).ln() - (self.ways_from(to) as f64).ln() })
    }

    /// Attempts in all walkers, counted under `entry`. Rows that go the same way are mapped in one batch.
    pub fn attempt(&self, walkers: &mut [Walker], entry: usize, environment: &Environment) {
        for _ in 0..self.count {
            let ways: Vec<Option<Way>> = walkers.iter_mut().map(|walker| self.choose(walker)).collect();
            let frames = Configurations::of(&*walkers);
            let mut arrivals: Vec<Option<Arrival>> = vec![None; walkers.len()];
            let mut arrived = frames.with(Vec::new());
            for (number, map) in self.maps.iter().enumerate() {
                for direction in [Direction::Forward, Direction::Inverse] {
                    let going = |w: &usize| ways[*w].is_some_and(|way| way.map == number && way.direction == direction);
                    let members: Vec<usize> = (0..walkers.len()).filter(going).collect();
                    if members.is_empty() {
                        continue;
                    }
                    let noise = &mut |m: usize, numbers: &mut [f64]| fill_normal(&mut walkers[members[m]].random, numbers);
                    let Passage { to, log_ratio, feasible, elements } = map.map.carry(&frames.select(&members), direction, noise);
                    for ((m, &w), element) in members.iter().enumerate().zip(elements) {
                        if feasible[m] {
                            arrivals[w] = Some((arrived.len(), log_ratio[m], element));
                            arrived.push(to.row(m));
                        }
                    }
                }
            }
            // One batch of energies; configurations that arrive nowhere are not in it.
            let energies = arrived.energies(&environment.potential);
            walkers.par_iter_mut().zip(arrivals).zip(ways).for_each(|((walker, arrival), way)| {
                let proposal = arrival.zip(way).and_then(|((number, log_ratio, element), way)| {
                    walker.propose_positions(arrived.row(number));
                    walker.relabel_proposed_momenta(element.as_deref());
                    let inside = state_of(self.states, &walker.other.configuration) == Some(way.to);
                    let log_q_ratio = way.log_choice_ratio + log_ratio;
                    inside.then_some(Proposal { change: Change::Whole, energy: energies[number], log_q_ratio, on_reject: OnReject::Keep })
                });
                let before = walker.tallies[entry];
                walker.decide(proposal, entry, environment);
                let counts = walker.tallies[entry].since(&before);
                if let Some(way) = way {
                    walker.count_way(entry, 2 * way.map + usize::from(way.direction == Direction::Inverse), &counts);
                }
            });
        }
    }
}
