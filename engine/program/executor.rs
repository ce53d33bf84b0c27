//! What carries a program out: pieces of work, and between them the clock, the disk and the user.

use super::weights::Weights;
use super::{Advance, Pieces, Run, Stage};
use crate::learned::sample_pool::SamplePool;
use crate::program::Monitor;
use crate::program::checkpoint;
use crate::program::piece::piece;
use crate::{RunError, StopReason};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Wall time between reports of progress: a few sweeps of a small system take less time than the report.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// Wall time between checkpoints. Checkpoints read the state and change nothing, so the clock decides nothing about the chain.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(20);

/// Wall time of a piece after which a checkpoint is written more often.
const LONG_PIECE: Duration = Duration::from_millis(300);

/// Wall time of a piece that may end anywhere.
const PIECE: Duration = Duration::from_millis(200);

/// Carries the program of a run out: the only place that knows the clock, when to write to the disk, and the user.
pub struct Executor {
    pub(super) directory: PathBuf,
    pub(super) checkpoint_interval: Duration,
    pub(super) weights: Weights,
    /// The instruction sets that the run has had, one after the other.
    pub(super) instruction_sets: Vec<String>,
    last_checkpoint: Instant,
    /// How long the last checkpoint took.
    writing: Duration,
    /// When the clock was last looked at.
    looked: Instant,
    /// Up to when wall time is counted.
    counted: Instant,
    /// When the progress of the stage at work was last told.
    told: Option<Instant>,
    /// Units of the last piece that ended by the clock.
    last_piece: u64,
}

impl Executor {
    pub(super) fn new(directory: PathBuf, weights: Weights, instruction_sets: Vec<String>) -> Self {
        let now = Instant::now();
        Self {
            directory,
            checkpoint_interval: CHECKPOINT_INTERVAL,
            weights,
            instruction_sets,
            last_checkpoint: now,
            writing: Duration::ZERO,
            looked: now,
            counted: now,
            told: None,
            last_piece: 1,
        }
    }

    /// Carries out the stages before number `end` of the program.
    ///
    /// # Errors
    /// Those of stages, files, or [`RunError::Stopped`] with the checkpoint written.
    pub(super) fn carry_out(&mut self, run: &mut Run, end: usize, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        (self.counted, self.looked) = (Instant::now(), Instant::now());
        let plan = run.plan.clone();
        while run.at.outermost() < end {
            let (begun, Some(stage)) = (run.at.outermost(), run.at.of(&plan.program)) else { break };
            let name = stage.counted_as(run);
            let result = self.finish(stage, run, monitor);
            self.count_seconds(run, name);
            if result.is_ok() {
                run.next_stage()?;
                if !plan.program[run.at.outermost()..].iter().any(|stage| stage.stage().prepares_flows()) {
                    // No flow learns from frames any more, and none is judged by them.
                    run.pools = plan.rungs.iter().map(|rung| SamplePool::of(rung.walkers)).collect();
                }
            }
            // The stages of a loop may be short: within it, the clock decides.
            let due = run.at.outermost() != begun || self.last_checkpoint.elapsed() > self.checkpoint_interval;
            if matches!(result, Err(RunError::Stopped(_))) || (result.is_ok() && due) {
                self.write_checkpoint(run)?;
            }
            result?;
        }
        Ok(())
    }

    /// Carries a stage out to its end.
    fn finish(&mut self, stage: &dyn Stage, run: &mut Run, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        (self.last_piece, self.told) = (1, None);
        loop {
            let most = match stage.pieces() {
                Pieces::ByWork => piece(&run.plan, &run.flows),
                Pieces::ByTime => self.last_piece,
            };
            let (begun, samples) = (Instant::now(), run.recorder.samples());
            let advance = stage.advance(run, run.at.done(), most)?;
            let pace = PIECE.as_secs_f64() / begun.elapsed().as_secs_f64().max(1e-9);
            self.last_piece = ((most as f64 * pace.min(2.0)) as u64).max(1);
            if run.recorder.samples() > samples {
                monitor.recorded(&run.recorder);
            }
            let Advance::Done(count) = advance else { break };
            run.at.add(count);
            match self.between_pieces(stage, run, monitor) {
                Err(RunError::Stopped(StopReason::OutOfTime)) if stage.may_end_early() => break,
                other => other?,
            }
        }
        if stage.may_end_early() {
            run.recorder.flush()?;
            monitor.finished(&run.recorder);
        }
        Ok(())
    }

    /// Looks at the clock, the user and the progress bar between two pieces.
    fn between_pieces(&mut self, stage: &dyn Stage, run: &mut Run, monitor: &mut dyn Monitor) -> Result<(), RunError> {
        if self.told.is_none_or(|told| told.elapsed() >= PROGRESS_INTERVAL) {
            let mut progress = stage.progress(run, run.at.done());
            for (outer, done) in run.at.loops(&run.plan.program) {
                progress.phase.push_str(&format!(", round {} of {}", done + 1, outer.length(&run.plan)));
            }
            monitor.progress(&progress);
            self.told = Some(Instant::now());
        }
        if let Some(reason) = monitor.stop() {
            return Err(RunError::Stopped(reason));
        }
        // A piece that takes long may be left halfway: then what was done before it must not be lost. A twentieth of the time may go into that.
        let long = self.looked.elapsed() > LONG_PIECE;
        let interval = if long { self.checkpoint_interval.min(20 * self.writing) } else { self.checkpoint_interval };
        if self.last_checkpoint.elapsed() > interval {
            self.count_seconds(run, stage.counted_as(run));
            self.write_checkpoint(run)?;
        }
        self.looked = Instant::now();
        Ok(())
    }

    /// Counts the wall time since it was last counted: seconds are in a checkpoint as the steps are.
    fn count_seconds(&mut self, run: &mut Run, name: &str) {
        let now = Instant::now();
        let seconds = now.duration_since(std::mem::replace(&mut self.counted, now)).as_secs_f64();
        run.costs.entry(name.to_string()).or_default().seconds += seconds;
    }

    /// Writes all that the run needs to go on to the same bytes.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub(super) fn write_checkpoint(&mut self, run: &mut Run) -> Result<(), RunError> {
        let begun = Instant::now();
        run.recorder.flush()?;
        self.weights.write(run, &self.directory)?;
        for (rung, pool) in run.pools.iter_mut().enumerate() {
            pool.save(&self.directory, rung)?;
        }
        let stored = run.stored(self.weights.stored(), &self.instruction_sets);
        checkpoint::write(&self.directory, &stored, &run.plan)?;
        for rung in (0..run.pools.len()).filter(|&rung| run.pools[rung].states.is_empty()) {
            SamplePool::remove(&self.directory, rung);
        }
        self.last_checkpoint = Instant::now();
        self.writing = begun.elapsed();
        Ok(())
    }
}
