//! Where a run is in its program.

use super::{ProgramStage, Stage};
use serde::{Deserialize, Serialize};

/// The stage of a program that is at work, and how much of it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Its place in the program; the length of the program once all is done.
    pub stage: usize,
    /// The units of its length that are done.
    pub done: u64,
}

impl Cursor {
    /// The stage at work; `None` where the program is over.
    pub fn of(self, program: &[ProgramStage]) -> Option<&dyn Stage> {
        program.get(self.stage).map(ProgramStage::stage)
    }
}
