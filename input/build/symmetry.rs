//! The declared symmetry of a system, and the proof that nothing depends on what it changes.

use super::Builder;
use crate::schema::SymmetryInput;
use mcflow_engine::observers::State;
use mcflow_engine::{Operation, Random, Symmetry, normal, streams};
use mcflow_potentials::{Cell, Configuration, Particles, PotentialSum, Term, Vectors};
use rand::RngExt;
use rand::seq::SliceRandom;

/// Configurations that are looked at, each and an image of it.
const TRIALS: usize = 64;
/// How far an image's figure may be off, relative to its size.
const TOLERANCE: f64 = 1e-9;

impl Builder<'_> {
    /// The group, checked; `None` where none is declared or it is wrong.
    pub(super) fn symmetry(&mut self, particles: &Particles, cell: &Cell) -> Option<Symmetry> {
        let SymmetryInput { identical, operations } = self.input.system.symmetry.as_ref()?;
        let (n, dimension) = (particles.n(), cell.dimension());
        let mut sound = true;
        if cell.is_periodic() {
            self.report("system.symmetry", "a symmetry in a periodic cell", "an open cell: flows have no periodic coordinates yet");
            sound = false;
        }
        let known: Vec<&str> = particles.type_names.iter().map(String::as_str).collect();
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for (k, name) in identical.iter().enumerate() {
            let key = format!("system.symmetry.identical[{k}]");
            if !self.require_name(&key, "type of particles", name, &known) {
                sound = false;
                continue;
            }
            let members: Vec<usize> = (0..n).filter(|&i| particles.type_names[particles.types[i]] == *name).collect();
            if identical[..k].contains(name) {
                self.report(key, format!("{name:?} twice"), "each type once");
                sound = false;
            } else if members.iter().any(|&i| particles.masses[i] != particles.masses[members[0]]) {
                self.report(key, format!("{name:?}, of more than one mass"), "particles of one mass");
                sound = false;
            } else {
                sets.push(members);
            }
        }
        let mut generators = Vec::new();
        for (k, operation) in operations.iter().enumerate() {
            let key = format!("system.symmetry.operations[{k}]");
            for (i, j) in &operation.exchange {
                let (first, second) = (*i.min(j), *i.max(j));
                let expected = "two particles of one type and mass, which is not among `identical`";
                let wrong = second >= n
                    || first == second
                    || particles.types[first] != particles.types[second]
                    || particles.masses[first] != particles.masses[second]
                    || sets.iter().any(|set| set.contains(&first));
                if wrong {
                    self.report(format!("{key}.exchange"), format!("({i}, {j})"), expected);
                    sound = false;
                }
            }
            if !sound {
                continue;
            }
            match Operation::parse(&operation.image, &operation.exchange, n, dimension) {
                Ok(operation) => generators.push(operation),
                Err(problem) => {
                    self.document.add([problem.within(&format!("{key}.image"))]);
                    sound = false;
                }
            }
        }
        if identical.is_empty() && operations.is_empty() {
            self.report("system.symmetry", "nothing", "types in `identical`, or `operations`");
            sound = false;
        }
        sound.then(|| Symmetry::new(sets, &generators, n, dimension))
    }

    /// Energies of all `terms` as they are, whatever rungs make of them, observables and states of configurations around the starts must be those of their images.
    pub(super) fn check_symmetry(
        &mut self,
        symmetry: &Symmetry,
        (terms, particles): (&[Term], &Particles),
        starts: &[Configuration],
        states: &[State],
    ) {
        let input = self.input;
        let mut random = streams(1, 1).remove(0);
        let cell = &starts[0].cell;
        let subject = self.subject(particles, cell);
        let terms: Vec<PotentialSum> = terms.iter().map(|term| PotentialSum::new(std::slice::from_ref(term), particles, cell)).collect();
        let mut wrong: Vec<(String, String)> = Vec::new();
        for trial in 0..TRIALS {
            // Closer together than they start, so that whatever acts at some distance is seen.
            let scale = [1.0, 0.7, 0.4][trial % 3];
            let mut row = random_image(symmetry, starts[trial % starts.len()].positions.row(), &mut random);
            let extent = row.iter().map(|v| v.abs()).fold(0.0, f64::max);
            row.iter_mut().for_each(|v| *v = scale * (*v + 0.03 * extent * normal(&mut random)));
            let image = random_image(symmetry, &row, &mut random);
            let [here, there] =
                [row, image].map(|row| Configuration { positions: Vectors::from_row(cell.dimension(), &row), cell: cell.clone() });
            let mut compare = |key: String, a: f64, b: f64| {
                let differ = (a - b).abs() > TOLERANCE * (1.0 + a.abs()) && a.is_finite() && b.is_finite();
                if differ && wrong.iter().all(|(known, _)| *known != key) {
                    wrong.push((key, format!("{a:.8e} for a configuration and {b:.8e} for an image of it")));
                }
            };
            for (k, term) in terms.iter().enumerate() {
                let energy = |c: &Configuration| term.energy(c, &mut term.workspace()).energy;
                compare(format!("system.potential[{k}]"), energy(&here), energy(&there));
            }
            for (k, observable) in input.observables.iter().enumerate() {
                if let Some(of) = observable.variable() {
                    let of = of.bound_to(&subject);
                    compare(format!("observables[{k}].of"), of.value(&here), of.value(&there));
                }
            }
            for state in states {
                compare(format!("states[{:?}].where", state.name), state.condition.depth(&here), state.condition.depth(&there));
            }
        }
        for (key, found) in wrong {
            self.report(
                key,
                found,
                "what `system.symmetry` leaves as it is: flows take particles for one another, and images for the same",
            );
        }
    }
}

/// A row under a random element of the group.
fn random_image(symmetry: &Symmetry, row: &[f64], random: &mut Random) -> Vec<f64> {
    let operation = random.random_range(0..symmetry.operations.len());
    let mut particle = symmetry.operations[operation].particle.clone();
    for set in &symmetry.identical {
        let mut shuffled: Vec<usize> = set.iter().map(|&i| particle[i]).collect();
        shuffled.shuffle(random);
        set.iter().zip(shuffled).for_each(|(&i, from)| particle[i] = from);
    }
    symmetry.element(operation, particle).image(row)
}
