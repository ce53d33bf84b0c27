//! The ladder: the chains of all rungs, and exchanges between them.

mod exchange;

pub use exchange::{ExchangeMutant, Offer, PairExchange, PairTally};

use crate::RunError;
use crate::chain::microstate::Microstate;
use crate::chain::walker::Walker;
use crate::moves::Tally;
use crate::plan::Plan;
use crate::random::{Purpose, Random, purpose_streams};
use crate::sweep::Chains;
use crate::sweep::{Between, Entry, Ready, Trained};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// All rungs in step. A walker keeps its place in the ladder, with its random numbers and counts; what an exchange moves is its state,
/// called a replica.
pub struct Ladder {
    /// The chains of each rung, the first one the coldest or whatever the input has first.
    pub rungs: Vec<Chains>,
    /// Exchanges so far.
    pub exchanges: Exchanges,
}

/// What exchanges remember and count.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchanges {
    /// Random numbers of exchanges.
    pub(crate) random: Random,
    /// The replica in each walker, over all rungs.
    pub replicas: Vec<u32>,
    /// Counts by entry of the sweep and pair of rungs.
    pub tallies: Vec<Vec<PairTally>>,
    /// The end of the ladder that each replica was in last: 0 the first rung, 1 the last.
    pub(crate) last_end: Vec<Option<u8>>,
    /// From the first rung to the last and back, by replica.
    pub round_trips: Vec<u64>,
    /// The rung of each replica after the last sweep with exchanges.
    pub(crate) rung: Vec<u32>,
    /// How often a replica was in one rung (row) and, a sweep with exchanges later, in another (column).
    pub transitions: Vec<Vec<u64>>,
    /// How tests break exchanges; `None` in every run.
    #[serde(skip)]
    pub mutant: Option<ExchangeMutant>,
}

impl Exchanges {
    /// None yet, in rungs of so many walkers; `pairs` is the number of pairs of rungs of each entry.
    pub fn new(random: Random, sizes: &[usize], pairs: impl Iterator<Item = usize>) -> Self {
        let walkers: usize = sizes.iter().sum();
        let rung = sizes.iter().zip(0..).flat_map(|(&size, rung)| std::iter::repeat_n(rung, size));
        Self {
            random,
            replicas: (0..walkers as u32).collect(),
            rung: rung.collect(),
            transitions: vec![vec![0; sizes.len()]; sizes.len()],
            tallies: pairs.map(|pairs| vec![PairTally::default(); pairs]).collect(),
            last_end: vec![None; walkers],
            round_trips: vec![0; walkers],
            mutant: None,
        }
    }

    fn reset(&mut self) {
        self.tallies.iter_mut().for_each(|pairs| pairs.fill(PairTally::default()));
        self.last_end.fill(None);
        self.round_trips.fill(0);
        self.transitions.iter_mut().for_each(|row| row.fill(0));
    }

    /// Notes where replicas have gone since the last time; rungs have so many walkers.
    fn note_transitions(&mut self, sizes: &[usize]) {
        let mut replicas = self.replicas.iter();
        for (now, &size) in sizes.iter().enumerate() {
            for &replica in replicas.by_ref().take(size) {
                let before = std::mem::replace(&mut self.rung[replica as usize], now as u32);
                self.transitions[before as usize][now] += 1;
            }
        }
    }

    /// Notes which replicas are at the ends: `first` walkers are in the first rung, `last` in the last.
    fn note_ends(&mut self, first: usize, last: usize) {
        let n = self.replicas.len();
        for (walkers, end) in [(0..first, 0), (n - last..n, 1)] {
            for &replica in &self.replicas[walkers] {
                let replica = replica as usize;
                if self.last_end[replica] == Some(1) && end == 0 {
                    self.round_trips[replica] += 1;
                }
                // A replica that starts at the far end has not come from the first rung.
                if end == 0 || self.last_end[replica].is_some() {
                    self.last_end[replica] = Some(end);
                }
            }
        }
    }
}

impl Ladder {
    /// The chains of a plan as they start, for a try before the run: with random numbers of its own, and no counts by way.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut random = purpose_streams(plan.seed, Purpose::Trial, plan.starts.len() + 1).into_iter();
        let mut rungs = Vec::new();
        for rung in 0..plan.rungs.len() {
            let walkers = plan.starts[plan.walkers(rung)].iter().zip(random.by_ref()).map(|(start, mut random)| {
                let mut state = Microstate::new(start.clone());
                state.draw_momenta(&plan.particles, plan.beta(rung), &mut random);
                Walker::new(state, random, plan.entries.len(), &plan.rungs[rung].potential)
            });
            let parameters = plan.entries.iter().map(|entry| entry.parameter()).collect();
            rungs.push(Chains {
                walkers: walkers.collect(),
                parameters,
                entries: plan.entries.clone(),
                environment: plan.environment(rung),
            });
        }
        let pairs = plan.entries.iter().map(|entry| plan.pairs_of(entry).len());
        let exchanges = Exchanges::new(random.next().expect("one more than walkers"), &plan.rung_sizes(), pairs);
        Self { rungs, exchanges }
    }

    /// Does the sweeps `first..first + count` in all rungs, with exchanges where the sweep has them.
    ///
    /// # Errors
    /// A walker whose energy, positions or momenta are no longer finite.
    pub fn sweep(&mut self, first: u64, count: u64, trained: &Trained) -> Result<(), RunError> {
        let entries = self.rungs[0].entries.clone();
        let rung_of = |entry: &Entry| entry.flow().map_or(0, |name| trained.rung_of(name));
        let mut ready: Vec<Vec<Ready>> = self.rungs.iter().map(|chains| chains.prepare(trained)).collect();
        for (rung, ready) in ready.iter_mut().enumerate() {
            for (ready, entry) in ready.iter_mut().zip(entries.iter()) {
                // A flow moves the walkers of its own rung.
                if matches!(ready, Ready::Together(_)) && rung_of(entry) != rung {
                    *ready = Ready::Idle;
                }
            }
        }
        // Intervals that are tuned are those of the rung that the flow belongs to.
        let parameters: Vec<f64> = entries.iter().enumerate().map(|(index, entry)| self.rungs[rung_of(entry)].parameters[index]).collect();
        let mut pending: Vec<usize> = Vec::new();
        let sizes: Vec<usize> = self.rungs.iter().map(|chains| chains.walkers.len()).collect();
        for sweep in first..first + count {
            let mut exchanged = false;
            for (index, entry) in entries.iter().enumerate().filter(|(index, entry)| entry.is_due(sweep, parameters[*index])) {
                if let Ready::Between(between) = &ready[0][index] {
                    self.run(&ready, &mut pending);
                    self.exchange(index, entry.occurrence(sweep), *between, trained);
                    exchanged = true;
                } else {
                    pending.push(index);
                }
            }
            if exchanged {
                self.exchanges.note_transitions(&sizes);
            }
        }
        self.run(&ready, &mut pending);
        let mut before = 0;
        for chains in &mut self.rungs {
            chains.finish(before, first + count - 1)?;
            before += chains.walkers.len();
        }
        Ok(())
    }

    /// Does entries that stay in their rung.
    fn run(&mut self, ready: &[Vec<Ready>], pending: &mut Vec<usize>) {
        if pending.is_empty() {
            return;
        }
        if let ([chains], [ready]) = (&mut self.rungs[..], ready) {
            chains.run(ready, pending);
        } else {
            self.rungs.par_iter_mut().zip(ready).for_each(|(chains, ready)| chains.run(ready, pending));
        }
        pending.clear();
    }

    fn exchange(&mut self, index: usize, occurrence: u64, between: Between, trained: &Trained) {
        let map = if let Between::Mapped(map) = between { Some(map) } else { None };
        let pairs: Vec<(usize, usize, usize)> = match map {
            // Even pairs and odd ones in turn: within one round a walker takes part once.
            None => {
                let all = self.rungs.len() - 1;
                let parity = if all == 1 { 0 } else { (occurrence % 2) as usize };
                (parity..all).step_by(2).map(|lower| (lower, lower, lower + 1)).collect()
            }
            Some(map) => vec![(0, map.to.min(map.from), map.to.max(map.from))],
        };
        let offsets: Vec<usize> =
            self.rungs.iter().scan(0, |sum, chains| Some(std::mem::replace(sum, *sum + chains.walkers.len()))).collect();
        for (pair, lower, upper) in pairs {
            let (below, above) = self.rungs.split_at_mut(upper);
            let (lower_chains, upper_chains) = (&mut below[lower], &mut above[0]);
            let Exchanges { random, replicas, tallies, mutant, .. } = &mut self.exchanges;
            let exchange = PairExchange { states: trained.states, map: map.map(|map| (map.map, map.from == lower)), mutant: *mutant };
            let exchanged = exchange.attempt(
                (&mut lower_chains.walkers, &lower_chains.environment),
                (&mut upper_chains.walkers, &upper_chains.environment),
                random,
                &mut tallies[index][pair],
            );
            for (a, b) in exchanged {
                replicas.swap(offsets[lower] + a, offsets[upper] + b);
            }
        }
        let ends = (self.rungs[0].walkers.len(), self.rungs[self.rungs.len() - 1].walkers.len());
        if self.rungs.len() > 1 {
            self.exchanges.note_ends(ends.0, ends.1);
        }
    }

    /// All walkers, rung by rung.
    pub fn walkers(&self) -> impl Iterator<Item = &Walker> {
        self.rungs.iter().flat_map(|chains| &chains.walkers)
    }

    /// Counts of each entry over all walkers.
    pub fn totals(&self) -> Vec<Tally> {
        let mut totals = vec![Tally::default(); self.rungs[0].entries.len()];
        for chains in &self.rungs {
            totals.iter_mut().zip(chains.totals()).for_each(|(total, tally)| total.add(&tally));
        }
        totals
    }

    /// Tunes every tuned entry of every rung by the counts since `earlier`, and returns the present counts.
    ///
    /// `costs` are those of attempts of flows; see [`Chains::tune`].
    pub fn tune(&mut self, earlier: &[Vec<Tally>], costs: &[Option<f64>]) -> Vec<Vec<Tally>> {
        self.rungs.iter_mut().zip(earlier).map(|(chains, earlier)| chains.tune(earlier, costs)).collect()
    }

    /// Forgets all counts: production starts with zeros.
    pub fn reset_tallies(&mut self) {
        self.rungs.iter_mut().for_each(Chains::reset_tallies);
        self.exchanges.reset();
    }

    /// Recomputes all energies; returns the largest relative difference from the running ones.
    pub fn refresh_energies(&mut self) -> f64 {
        self.rungs.iter_mut().map(Chains::refresh_energies).fold(0.0, f64::max)
    }
}
