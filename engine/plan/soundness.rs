//! Whether the chain of a plan samples what the plan asks for, as far as that is known before the first step.

use crate::observers::{Column, Topology};
use crate::plan::Plan;
use crate::sweep::{Effect, Entry, EquationsOfMotion};
use mcflow_potentials::{Confinement, Precision};

impl Plan {
    /// The entries that production has at all.
    fn due(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.every() as u64 <= self.lengths.production)
    }

    /// What the values of a column are points of.
    pub fn topology(&self, column: usize) -> Topology {
        let cell_changes = self.rungs.iter().any(|rung| rung.thermodynamic_state.pressure.is_some());
        match &self.columns[column] {
            Column::Variable(own) => own.of.topology(&self.starts[0].cell, cell_changes),
            _ => Topology::Line,
        }
    }

    /// What holds the particles in a rung: all is held where the cell is periodic.
    pub fn confinement(&self, rung: usize) -> Confinement {
        if self.starts[0].cell.is_periodic() { Confinement::Confined } else { self.rungs[rung].potential.confinement() }
    }

    /// Whether anything brings the energies of walkers to those of their temperature: noise, or an accept rule.
    ///
    /// Dynamics without noise keeps the energy of each walker. A translation of all particles changes no energy unless some are held in place,
    /// and exchanges only hand energies on.
    pub fn is_thermostatted(&self) -> bool {
        let in_place = self.rungs.iter().any(|rung| rung.potential.holds_in_place());
        self.due().any(|entry| match (entry.dynamics(), entry.effect()) {
            (Some(dynamics), _) => dynamics.has_noise || !dynamics.keeps_momenta,
            (None, Effect::Rigid) => in_place,
            (None, Effect::Rungs) => false,
            (None, _) => true,
        })
    }

    /// Targets without a finite integral: particles in open space that nothing holds.
    pub(crate) fn nothing_to_sample(&self) -> Vec<String> {
        let mut why: Vec<String> = Vec::new();
        for rung in 0..self.rungs.len() {
            let Confinement::Escapes(loose) = self.confinement(rung) else { continue };
            let what = particles(&loose, self.particles.n());
            let rung = if self.rungs.len() > 1 { format!(" in rung {rung}") } else { String::new() };
            why.push(format!(
                "nothing holds {what} in open space{rung}: they leave for ever, and there is no equilibrium to sample; hold them by a wall \
                 (SphericalWall, Walls), a restraint or a tether, or take a periodic cell"
            ));
        }
        why
    }

    /// Sweeps that leave something as it is, for ever.
    pub(crate) fn moves_too_little(&self) -> Vec<String> {
        let production = self.lengths.production;
        if self.due().next().is_none() {
            let least = self.entries.iter().map(|entry| entry.every()).min().unwrap_or(0);
            return vec![format!(
                "no move of the sweep is ever due: the most frequent comes every {least} sweeps, and production has {production}; make `every` \
                 smaller"
            )];
        }
        let mut why = Vec::new();
        let volume = |entry: &Entry| entry.effect() == Effect::Volume;
        if self.rungs.iter().any(|rung| rung.thermodynamic_state.pressure.is_some()) && !self.due().any(volume) {
            why.push(format!(
                "no volume move is ever due in the {production} sweeps of production: the volume stays as it is; make its `every` smaller"
            ));
        }
        let alone = self.particles.n() == 1;
        // Maps between states or rungs are fixed: what they lead to from one configuration is a handful of others.
        let moves = |entry: &Entry, rung: usize| match entry.effect() {
            Effect::Particles => true,
            Effect::Configuration => self.rung_of(entry) == Some(rung),
            Effect::Rigid | Effect::Volume => alone,
            Effect::Permutation | Effect::State | Effect::Rungs => false,
        };
        let stuck: Vec<usize> = (0..self.rungs.len()).filter(|&rung| !self.due().any(|entry| moves(entry, rung))).collect();
        let found = if alone {
            "moves the particle by steps of its own"
        } else if self.due().any(volume) {
            "changes a distance but in proportion to the cell"
        } else {
            "changes a distance between particles by a step of its own"
        };
        let remedy = "add a move such as Displacement, Hmc or Langevin";
        if stuck.len() == self.rungs.len() {
            why.push(format!("no move of the sweep {found}, so all is sampled from the starts alone; {remedy}"));
        } else if !stuck.is_empty() {
            let numbers = stuck.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            why.push(format!("no move {found} in the rungs {numbers}, for flows are those of others; {remedy}"));
        }
        why
    }

    /// What dynamics without an accept rule leaves in the chain.
    pub(crate) fn errors_of_dynamics(&self) -> Vec<String> {
        let plain = || self.due().filter_map(|entry| entry.dynamics().filter(|dynamics| !dynamics.accepted).map(|of| (entry.name(), of)));
        let thermostatted = self.is_thermostatted();
        let mut why: Vec<String> = Vec::new();
        for (name, EquationsOfMotion { splitting, time_step, friction, precision, has_noise, .. }) in plain() {
            let forces = if precision == Precision::Mixed { ", with pair forces in f32," } else { "" };
            why.push(if thermostatted || has_noise {
                format!(
                    "{name} dynamics by {splitting:?} is not Metropolized: its time step {time_step}{forces} leaves an error in the whole chain"
                )
            } else {
                let noise = if splitting.has_noise() {
                    format!("friction {friction}")
                } else {
                    format!("{splitting:?} without an O")
                };
                format!(
                    "nothing is thermostatted: dynamics of {noise} has no noise, so each walker keeps the energy of its start \
                     (microcanonical, not canonical); give it an O and a friction above 0, or add Hmc or another move with an accept rule"
                )
            });
        }
        let mut jumps: Vec<String> = self.rungs.iter().flat_map(|rung| rung.potential.jumps()).collect();
        jumps.sort_unstable();
        jumps.dedup();
        if !jumps.is_empty() && plain().next().is_some() {
            why.push(format!(
                "the energy jumps ({}), which dynamics that is not Metropolized does not feel: an error that no smaller time step removes; \
                 `metropolized: true`, or a truncation without a jump",
                jumps.join(", ")
            ));
        }
        why
    }
}

/// `particle 3`, `particles 0, 1 and 4`, `any particle`, `particles 0, 1, 2 and 17 others`.
fn particles(numbers: &[usize], n: usize) -> String {
    let listed = |numbers: &[usize]| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    match numbers {
        [only] => format!("particle {only}"),
        all if all.len() == n => "the particles".to_string(),
        [first @ .., last] if first.len() < 5 => format!("particles {} and {last}", listed(first)),
        all => format!("particles {} and {} others", listed(&all[..3]), all.len() - 3),
    }
}
