//! Where walkers start: at energies that can be borne, and in the states that they are to start in.

use super::Builder;
use super::configuration::nearest_pair;
use mcflow_engine::observers::{State, state_of};
use mcflow_potentials::{Configuration, PotentialSum, Term};

impl Builder<'_> {
    /// Starting coordinates must be finite and of a bearable energy in their rung, where `potentials` has it; where they are not, the nearest
    /// pair or the term that has most of it says why.
    pub(super) fn check_starts(&mut self, starts: &[Configuration], potentials: &[PotentialSum]) {
        /// Energy in kT a particle above which local moves would take ages to come down, or dynamics would explode.
        const BEARABLE: f64 = 1e6;
        /// Starts looked at: walkers beyond share theirs or were made by the program.
        const MOST: usize = 64;
        /// Pairs looked at, over all walkers: a second of time.
        const MOST_PAIRS: usize = 100_000_000;
        let pairs = self.input.system.potential.iter().any(|t| matches!(t, Term::LennardJones(_) | Term::Wca(_) | Term::SoftRepulsion(_)));
        let beta = self.input.ladder.first().map_or(1.0, |rung| 1.0 / (self.input.units.boltzmann() * rung.temperature));
        let beta = if beta.is_finite() && beta > 0.0 { beta } else { 1.0 };
        let n = starts.first().map_or(1, |start| start.positions.n());
        let most = (MOST_PAIRS / (n * n)).max(1);
        // Walkers of each rung start alike.
        let input = self.input;
        let places = input.ladder.iter().enumerate().flat_map(|(k, rung)| (0..rung.walkers).map(move |walker| (k, walker)));
        for ((rung, walker), start) in places.zip(starts).take(MOST) {
            let potential = potentials.get(rung);
            let key = self.start_key(walker);
            if let Some(i) = (0..start.positions.n()).find(|&i| start.positions.get(i).iter().any(|v| !v.is_finite())) {
                self.report(key, format!("particle {i} at {:?}", start.positions.get(i)), "finite coordinates");
                continue;
            }
            let energy = potential.map(|potential| potential.energy(start, &mut potential.workspace()).energy);
            let bad_energy = energy.filter(|e| !(e.is_finite() && e * beta < BEARABLE * start.positions.n() as f64));
            let worst = bad_energy.and(potential).map(|potential| self.worst_term(rung, potential, start));
            let overlaps = worst
                .as_ref()
                .map_or(walker < most, |name| ["LennardJones", "Wca", "SoftRepulsion"].iter().any(|form| name.starts_with(form)));
            let looked_at = bad_energy.is_some() || potential.is_none();
            let nearest = if pairs && looked_at && overlaps { nearest_pair(start) } else { None };
            match (bad_energy, nearest) {
                (_, Some((i, j, 0.0))) => self.report(key, format!("particles {i} and {j} at one place"), "every particle at its own"),
                (Some(energy), Some((i, j, distance))) => {
                    let found = format!("particles {i} and {j} at a distance of {distance:.4e}, and a potential energy of {energy:.4e}");
                    self.report(key, found, "a configuration without overlaps");
                }
                (Some(energy), None) => {
                    let worst = worst.map_or(String::new(), |name| format!(", most of it of {name}"));
                    self.report(key, format!("a configuration of energy {energy:e}{worst}"), "one whose energy is finite and not enormous");
                }
                _ => {}
            }
        }
    }

    /// The term that has most of the energy of a configuration in a rung.
    pub(super) fn worst_term(&self, rung: usize, potential: &PotentialSum, start: &Configuration) -> String {
        let factor = |name: &str| self.input.ladder[rung].scale.0.iter().find(|(term, _)| term == name).map_or(1.0, |&(_, factor)| factor);
        let energies = potential.energies_by_term(start, &mut potential.workspace()).into_iter().map(|(name, found)| {
            let factor = factor(&name);
            let energy = if factor == 0.0 { 0.0 } else { factor * found.energy };
            (name, if energy.is_finite() { energy } else { f64::INFINITY })
        });
        energies.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(String::new(), |(name, _)| name)
    }

    pub(super) fn check_state_starts(&mut self, starts: &[Configuration], states: &[State]) {
        let with_start: Vec<usize> = self.states_with_start();
        if with_start.is_empty() {
            return;
        }
        // Walkers of each rung start in turn in every state.
        let places = self.input.ladder.iter().flat_map(|rung| 0..rung.walkers);
        for (walker, start) in places.zip(starts) {
            let state = with_start[walker % with_start.len()];
            let key = self.start_key(walker);
            if !states[state].condition.holds(start) {
                let found = format!("a configuration outside the state {:?}", states[state].name);
                self.report(key, found, "a configuration that `where` holds for");
            } else if let Some(first) = state_of(states, start).filter(|first| *first != state) {
                let found = format!("a configuration of the state {:?}, which comes first, too", states[first].name);
                self.report(key, found, "states that do not overlap where walkers start");
            }
        }
    }
}
