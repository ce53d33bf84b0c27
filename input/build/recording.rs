//! How often samples are taken, and which trajectories are written.

use super::Builder;
use crate::schema::{CellInput, Output};
use mcflow_engine::{Entry, TrajectoryPlan};

impl Builder<'_> {
    /// Sweeps between samples, as given or as [`Run::record_every`](crate::schema::Run::record_every) says.
    pub(super) fn record_every(&self) -> u64 {
        let input = self.input;
        input.run.record_every.unwrap_or_else(|| {
            let moves = |entry: &Entry| entry.is_cheaper_than_a_sample();
            let costs = !matches!(input.system.cell, CellInput::Open { .. }) && input.sweep.iter().any(moves);
            let frames = input.output.iter().filter_map(|Output::Trajectory { every, .. }| *every);
            let largest = if costs { (input.run.production / 100).clamp(1, 20) } else { 1 };
            // The largest number up to that which divides all of them.
            let all: Vec<u64> = frames.collect();
            (1..=largest).rev().find(|&every| all.iter().all(|frame| frame.is_multiple_of(every))).unwrap_or(1)
        })
    }

    pub(super) fn trajectories(&mut self) -> Vec<TrajectoryPlan> {
        let input = self.input;
        let record_every = self.record_every();
        let walkers_in_all = input.ladder.iter().map(|rung| rung.walkers).sum::<usize>().max(1);
        let mut plans: Vec<TrajectoryPlan> = Vec::new();
        for (k, output) in input.output.iter().enumerate() {
            let Output::Trajectory { format, every, walkers } = output;
            let every = every.unwrap_or(record_every);
            let key = |name: &str| format!("output[{k}].{name}");
            if record_every > 0 && (every == 0 || !every.is_multiple_of(record_every)) {
                self.report(key("every"), every, format!("a multiple of `record_every`, {record_every}"));
            }
            if walkers.is_empty() || walkers.iter().any(|&w| w >= walkers_in_all) {
                self.report(key("walkers"), format!("{walkers:?}"), format!("walker numbers from 0 to {}", walkers_in_all - 1));
            }
            if (1..walkers.len()).any(|i| walkers[..i].contains(&walkers[i])) {
                self.report(key("walkers"), format!("{walkers:?}"), "each walker once");
            }
            if plans.iter().any(|p| p.format == *format) {
                self.report(format!("output[{k}]"), format!("a second {format:?} trajectory"), "one trajectory of each format");
            }
            plans.push(TrajectoryPlan { format: *format, every, walkers: walkers.clone() });
        }
        plans
    }
}
