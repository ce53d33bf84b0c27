//! What watches a run from outside.

use crate::StopReason;
use crate::record::Recorder;

/// What watches a run from outside: progress, and the wish to stop.
pub trait Monitor {
    /// Called a few times a second at most points between sweeps.
    fn progress(&mut self, progress: &Progress);
    /// Whether the run should write its checkpoint and end.
    fn stop(&self) -> Option<StopReason> {
        None
    }
    /// Called after each sample of production.
    fn recorded(&mut self, _recorder: &Recorder) {}
    /// Called when production has ended.
    fn finished(&mut self, _recorder: &Recorder) {}
}

/// How far a phase is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The name of the phase.
    pub phase: String,
    /// Done of `total`, in sweeps or training steps.
    pub done: u64,
    /// All of the phase.
    pub total: u64,
    /// One or two figures of the moment: acceptances, losses.
    pub figures: String,
}
