//! The terms of the potential energy, with the files that they name, and what rungs make of them.

use super::Builder;
use mcflow_base::Problem;
use mcflow_potentials::{PotentialSum, Term};

impl Builder<'_> {
    /// The terms of the potential energy, with the tables that they name; the contents of those go into the hash of the run.
    pub(super) fn terms(&mut self) -> Vec<Term> {
        let mut terms = self.input.system.potential.clone();
        for (k, term) in terms.iter_mut().enumerate() {
            let Term::TabulatedPair(term) = term else { continue };
            let path = self.folder.join(&term.file);
            match std::fs::read(&path) {
                Ok(bytes) => {
                    self.note_file(&format!("system.potential[{k}].file"), path.clone(), &bytes);
                    term.take_text(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
                }
                Err(error) => {
                    let expected = "a readable table, named as seen from the folder of the input";
                    term.rows = Some(Err(Problem::new("file", format!("{}: cannot be read: {error}", path.display()), expected)));
                }
            }
        }
        terms
    }

    /// The potential of each rung; factors that are wrong count as 1.
    pub(super) fn scaled_potentials(&mut self, potential: &PotentialSum) -> Vec<PotentialSum> {
        let names = potential.term_names();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut potentials = Vec::new();
        for (k, rung) in self.input.ladder.iter().enumerate() {
            let mut factors = vec![1.0; known.len()];
            for (name, &factor) in rung.scale.iter() {
                let key = format!("ladder[{k}].scale[{name:?}]");
                if self.require_name(&key, "term", name, &known) && factor >= 0.0 && factor.is_finite() {
                    let term = known.iter().position(|known| *known == name).expect("a known name");
                    factors[term] = factor;
                }
            }
            potentials.push(potential.scaled(&factors));
        }
        potentials
    }
}
