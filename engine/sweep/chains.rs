//! All walkers of a run, swept in step.

use super::Entry;
use super::interval::{interval_that_pays, memory};
use crate::RunError;
use crate::chain::{Environment, Tally, Walker};
use crate::dynamics::Replicas;
use crate::learned::map::Map;
use crate::moves::entry::{Alone, Ready, Setting, Trained, Tuning, run_group, tuned_parameter};
use crate::moves::runaway;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Trained flows by name.
pub type Generators = BTreeMap<String, Map>;

/// The walkers and what they share while they move.
pub struct Chains {
    /// The walkers, in a fixed order.
    pub walkers: Vec<Walker>,
    /// Step size or time step of each entry of the sweep.
    pub parameters: Vec<f64>,
    /// The entries of the sweep.
    pub entries: Arc<[Entry]>,
    /// Potential, particles, target distribution.
    pub environment: Environment,
}

impl Chains {
    /// Does the sweeps `first..first + count` (numbered from 1 on) in all walkers; entries whose flow is not trained are left out.
    ///
    /// # Errors
    /// A walker whose energy, positions or momenta are no longer finite.
    pub fn sweep(&mut self, first: u64, count: u64, trained: &Trained) -> Result<(), RunError> {
        let ready = self.prepare(trained);
        let (entries, parameters) = (&self.entries, &self.parameters);
        let due = |sweep: u64| (0..entries.len()).filter(move |&index| entries[index].is_due(sweep, parameters[index]));
        let indices: Vec<usize> = (first..first + count).flat_map(due).collect();
        self.run(&ready, &indices);
        self.finish(0, first + count - 1)
    }

    /// Makes all entries ready, with their tuned parameters.
    pub(crate) fn prepare<'t>(&self, trained: &Trained<'t>) -> Vec<Ready<'t>> {
        let setting = |index| Setting { index, environment: self.environment.clone(), trained: *trained };
        self.entries.iter().enumerate().map(|(index, entry)| entry.prepare(self.parameters[index], &setting(index))).collect()
    }

    /// Does entries one after the other.
    ///
    /// Those that need one walker only run in each walker alone, or in groups of walkers side by side, all those between two entries that need
    /// all walkers in one go. Each walker sees the same order of entries and uses its own random
    /// numbers, and groups follow from the order of the walkers, so threads change nothing.
    pub(crate) fn run(&mut self, ready: &[Ready], indices: &[usize]) {
        let mut pending: Vec<&dyn Alone> = Vec::new();
        for &index in indices {
            match &ready[index] {
                Ready::Alone(alone) => pending.push(&**alone),
                Ready::Together(together) => {
                    self.run_alone(&mut pending);
                    together.attempt(&mut self.walkers, index, &self.environment);
                }
                // A rung alone has nobody to exchange with.
                Ready::Between(_) | Ready::Idle => {}
            }
        }
        self.run_alone(&mut pending);
    }

    /// Ends a stretch of sweeps, the last of which was `sweep`; `before` walkers are in the rungs before this one.
    pub(crate) fn finish(&mut self, before: usize, sweep: u64) -> Result<(), RunError> {
        // Lookup tables that were kept up to date move by move have an order of their own. They are made anew from the positions here,
        // where a checkpoint may be written, so that a resumed run sums in the same order.
        self.walkers.iter_mut().for_each(|walker| walker.workspace.positions_changed());
        self.check_finite(before, sweep)
    }

    fn run_alone(&mut self, pending: &mut Vec<&dyn Alone>) {
        let environment = &self.environment;
        let width = Replicas::width();
        let largest = self.walkers.len().min(width);
        if pending.iter().any(|entry| entry.in_lanes().is_some())
            && Replicas::pay(largest, &environment.potential, environment.particles.n())
        {
            self.walkers.par_chunks_mut(width).for_each(|group| {
                let mut replicas = None;
                pending.iter().for_each(|entry| run_group(*entry, group, &mut replicas, environment));
            });
        } else {
            self.walkers.par_iter_mut().for_each(|walker| pending.iter().for_each(|entry| entry.run(walker, environment)));
        }
        pending.clear();
    }

    fn check_finite(&self, before: usize, sweep: u64) -> Result<(), RunError> {
        for (number, walker) in self.walkers.iter().enumerate() {
            let state = &walker.state;
            if let (Some(pressure), Some(how)) = (self.environment.thermodynamic_state.pressure, runaway(&state.configuration.cell)) {
                return Err(RunError::Runaway { walker: before + number, sweep, volume: state.volume(), how, pressure });
            }
            let found = if !state.energy.is_finite() {
                format!("a potential energy of {}", state.energy)
            } else if !state.configuration.positions.all_finite() {
                "a position that is not a finite number".to_string()
            } else if !state.momenta.all_finite() {
                "a momentum that is not a finite number".to_string()
            } else {
                continue;
            };
            return Err(RunError::NonFinite { walker: before + number, sweep, found });
        }
        Ok(())
    }

    /// Counts of each entry over all walkers.
    pub fn totals(&self) -> Vec<Tally> {
        let mut totals = vec![Tally::default(); self.entries.len()];
        for walker in &self.walkers {
            for (total, tally) in totals.iter_mut().zip(&walker.tallies) {
                total.add(tally);
            }
        }
        totals
    }

    /// Tunes every tuned entry by the counts since `earlier`, and returns the present counts; `costs` are those of attempts of flows in units of a
    /// local sweep, where their interval is tuned.
    pub fn tune(&mut self, earlier: &[Tally], costs: &[Option<f64>]) -> Vec<Tally> {
        let totals = self.totals();
        let heights = self.walkers.iter().map(|walker| walker.state.configuration.cell.smallest_height());
        let height = heights.sum::<f64>() / self.walkers.len() as f64;
        for (index, entry) in self.entries.iter().enumerate() {
            if let Tuning::Step { target, mut largest, .. } = entry.tuning(height) {
                let counts = totals[index].since(&earlier[index]);
                if self.environment.thermodynamic_state.pressure.is_some() {
                    // Cells fluctuate: a small one of this moment keeps a step from growing, but takes nothing back.
                    largest = largest.max(self.parameters[index]);
                }
                self.parameters[index] = tuned_parameter(self.parameters[index], target, &counts, largest);
            }
            if let Some(cost) = costs.get(index).copied().flatten() {
                let every = self.parameters[index];
                if let Some(memory) = memory(every, &totals[index].since(&earlier[index])) {
                    // Half the way, in factors: what one stretch shows is uncertain.
                    let factor = (interval_that_pays(cost, memory) / every).sqrt().clamp(0.5, 2.0);
                    self.parameters[index] = (every * factor).round().max(1.0);
                }
            }
        }
        totals
    }

    /// Forgets all counts: production starts with zeros.
    pub fn reset_tallies(&mut self) {
        for walker in &mut self.walkers {
            walker.reset_tallies();
        }
    }

    /// Recomputes all energies; returns the largest relative difference from the running ones.
    pub fn refresh_energies(&mut self) -> f64 {
        let potential = &self.environment.potential;
        self.walkers.par_iter_mut().map(|walker| walker.refresh_energy(potential)).reduce(|| 0.0, f64::max)
    }
}
