//! Where a run is in its program.

use super::{ProgramStage, Stage};
use serde::{Deserialize, Serialize};

/// A place in a list of stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The number of the stage; the length of the list once all are over.
    stage: usize,
    /// The units of its length that are done.
    done: u64,
}

/// The stage of a program that is at work, and how much of it is done; of a stage within loops, the rounds of each that are over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Places from the program inwards.
    places: Vec<Place>,
}

/// What comes after a stage.
pub(super) enum Next<'p> {
    /// A stage that does something itself, or the end of the program.
    Here,
    /// A round of this loop is over, the first of so many.
    Round(&'p dyn Stage, u64),
}

impl Default for Cursor {
    fn default() -> Self {
        Self::at(0, 0)
    }
}

impl Cursor {
    /// Stage number `stage` of a program, of which `done` units are done.
    pub(super) fn at(stage: usize, done: u64) -> Self {
        Self { places: vec![Place { stage, done }] }
    }

    fn innermost(&mut self) -> &mut Place {
        self.places.last_mut().expect("a cursor is somewhere")
    }

    /// The list that the innermost place is in.
    fn list<'p>(&self, program: &'p [ProgramStage]) -> &'p [ProgramStage] {
        let outer = &self.places[..self.places.len() - 1];
        outer.iter().fold(program, |list, place| list.get(place.stage).map_or(&[], |stage| stage.stage().inner()))
    }

    /// The stage at work; `None` where the program is over.
    pub fn of<'p>(&self, program: &'p [ProgramStage]) -> Option<&'p dyn Stage> {
        self.list(program).get(self.places.last()?.stage).map(ProgramStage::stage)
    }

    /// The number of the stage of the program, of which the stage at work may be a part.
    pub fn outermost(&self) -> usize {
        self.places[0].stage
    }

    /// Units of the stage at work that are done.
    pub fn done(&self) -> u64 {
        self.places.last().map_or(0, |place| place.done)
    }

    /// Counts units of the stage at work.
    pub(super) fn add(&mut self, units: u64) {
        self.innermost().done += units;
    }

    /// Leaves the stage at work, which is over.
    pub(super) fn leave(&mut self) {
        let place = self.innermost();
        *place = Place { stage: place.stage + 1, done: 0 };
    }

    /// Goes on to a stage that does something itself, into loops with a round left, or to where a round of a loop is over; `rounds` is the length of a loop.
    pub(super) fn settle<'p>(&mut self, program: &'p [ProgramStage], rounds: impl Fn(&dyn Stage) -> u64) -> Next<'p> {
        loop {
            match self.of(program) {
                Some(stage) if stage.inner().is_empty() => return Next::Here,
                Some(stage) if self.done() < rounds(stage) => self.places.push(Place::default()),
                Some(_) => self.leave(),
                None if self.places.len() == 1 => return Next::Here,
                None => {
                    self.places.pop();
                    if let Some(stage) = self.of(program) {
                        return Next::Round(stage, self.done());
                    }
                }
            }
        }
    }

    /// The loops around the stage at work, with the rounds of each that are over.
    pub(super) fn loops<'p>(&self, program: &'p [ProgramStage]) -> Vec<(&'p dyn Stage, u64)> {
        let mut list = program;
        let mut loops = Vec::new();
        for place in &self.places[..self.places.len() - 1] {
            let Some(stage) = list.get(place.stage).map(ProgramStage::stage) else { break };
            loops.push((stage, place.done));
            list = stage.inner();
        }
        loops
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Equilibrate, Judge, Produce, Repeat};
    use super::*;

    #[test]
    fn loops_are_gone_through_round_by_round() {
        let sweeps = |sweeps| ProgramStage::Equilibrate(Equilibrate { sweeps: Some(sweeps), moves: None });
        let twice = |stages| ProgramStage::Repeat(Repeat { times: 2, stages });
        let program = vec![
            twice(vec![sweeps(1), twice(vec![sweeps(2)]), ProgramStage::Judge(Judge::default())]),
            twice(vec![twice(vec![sweeps(3)])]),
            ProgramStage::Produce(Produce {}),
        ];
        let mut cursor = Cursor::default();
        let mut seen = Vec::new();
        loop {
            while let Next::Round(_, done) = cursor.settle(&program, |_| 2) {
                if done + 1 < 2 { cursor.add(1) } else { cursor.leave() }
            }
            let Some(stage) = cursor.of(&program) else { break };
            let rounds: String = cursor.loops(&program).iter().map(|(_, round)| format!(" {round}")).collect();
            seen.push(format!("{}{rounds}", stage.name()));
            // A cursor that was stored is at the same stage.
            let bytes = postcard::to_stdvec(&cursor).expect("bytes");
            assert_eq!(postcard::from_bytes::<Cursor>(&bytes).expect("a cursor"), cursor);
            cursor.leave();
        }
        let first = |round| {
            [format!("Equilibrate {round}"), format!("Equilibrate {round} 0"), format!("Equilibrate {round} 1"), format!("Judge {round}")]
        };
        let second = ["0 0", "0 1", "1 0", "1 1"].map(|rounds| format!("Equilibrate {rounds}"));
        assert_eq!(seen, [&first(0)[..], &first(1), &second, &["Produce".to_string()]].concat());
        assert_eq!(cursor.outermost(), program.len());
    }

    #[test]
    fn a_loop_that_has_no_round_is_left_out() {
        let repeat = |stages| ProgramStage::Repeat(Repeat { times: 0, stages });
        let program = vec![repeat(vec![ProgramStage::Judge(Judge::default())]), ProgramStage::Produce(Produce {})];
        let mut cursor = Cursor::default();
        assert!(matches!(cursor.settle(&program, |_| 0), Next::Here));
        assert_eq!(cursor, Cursor::at(1, 0));
    }
}
