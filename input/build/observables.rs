//! States, columns and accumulated functions of an input.

use super::Builder;
use mcflow_engine::observers::{Column, Condition, Function, Kinetic, Observable, State, Subject, Variable};
use mcflow_engine::{LEADING_COLUMNS, sweep_time};
use mcflow_potentials::{Cell, Particles, PotentialSum, Term};
use std::sync::Arc;

/// The keys of a rung in `summary.json` beside which its columns stand under their names: no column may be called so.
pub(crate) const KEYS_BESIDE_COLUMNS: [&str; 4] = ["temperature", "imposed_pressure", "scale", "samples"];

impl Builder<'_> {
    /// What observables and states are of.
    pub(super) fn subject<'s>(&self, particles: &'s Particles, cell: &'s Cell) -> Subject<'s> {
        let input = self.input;
        Subject {
            particles,
            cell,
            bonds: input.system.potential.iter().flat_map(Term::bonds).collect(),
            record_every: self.record_every(),
            clock: sweep_time(&input.sweep, input.units.file_units()),
        }
    }

    pub(super) fn states(&mut self, subject: &Subject) -> Vec<State> {
        let input = self.input;
        let mut states = Vec::new();
        for (name, state) in input.states.iter() {
            self.add(&format!("states[{name:?}].where"), state.condition.problems(subject));
            if name.is_empty() || name.contains([',', '"', '\n']) {
                self.report(format!("states[{name:?}]"), format!("{name:?}"), "a name without commas and quotation marks");
            }
            states.push(State { name: name.to_string(), condition: state.condition.bound_to(subject) });
        }
        self.complete_voronoi_cells(&mut states);
        states
    }

    /// Gives each Voronoi cell the centres of the others.
    pub(super) fn complete_voronoi_cells(&mut self, states: &mut [State]) {
        let centres: Vec<Option<(Vec<Variable>, Vec<f64>)>> = states
            .iter()
            .map(|state| match &state.condition {
                Condition::Nearest { of, point, .. } => Some((of.clone(), point.clone())),
                _ => None,
            })
            .collect();
        for (k, state) in states.iter_mut().enumerate() {
            let Condition::Nearest { of, point, others } = &mut state.condition else { continue };
            let key = format!("states[{:?}].where", state.name);
            let mut fine = true;
            for (_, (variables, centre)) in
                centres.iter().enumerate().filter(|(other, _)| *other != k).filter_map(|(o, c)| Some((o, c.as_ref()?)))
            {
                if variables != of {
                    self.report(&key, "other variables than another state with `Nearest`", "the same variables for all of them");
                    fine = false;
                } else if centre == point {
                    self.report(&key, format!("the point {point:?} twice"), "another point for each state");
                    fine = false;
                } else {
                    others.push(centre.clone());
                }
            }
            if fine && others.is_empty() {
                self.report(&key, "`Nearest` with no other state to compare with", "two states at least with `Nearest`");
            }
        }
    }

    /// The functions, after all observables were checked.
    pub(super) fn observables(&mut self, subject: &Subject) -> Vec<Arc<dyn Function>> {
        let input = self.input;
        // What columns of every run and figures beside them are called.
        let mut names: Vec<&str> =
            vec!["state", "pressure", "virial_pressure", "density", "volume", "smallest_height", "kinetic_temperature"];
        names.extend(["potential_energy", "potential_energy_per_particle"]);
        names.extend(LEADING_COLUMNS);
        names.extend(KEYS_BESIDE_COLUMNS);
        for (k, observable) in input.observables.iter().enumerate() {
            let key = format!("observables[{k}]");
            self.add(&key, observable.problems(subject));
            if names.contains(&observable.name()) || observable.name().starts_with("energy.") {
                self.report(format!("{key}.name"), format!("{:?}", observable.name()), "a name that is not taken");
            }
            names.push(observable.name());
        }
        input.observables.iter().filter_map(Observable::function).map(|function| function.bound(subject)).collect()
    }

    pub(super) fn columns(&self, potential: &PotentialSum, subject: &Subject) -> Vec<Column> {
        let (input, cell) = (self.input, subject.cell);
        let mut columns = vec![Column::PotentialEnergy];
        if cell.is_periodic() {
            columns.push(Column::PotentialEnergyPerParticle);
        }
        let names = potential.unique_names();
        // One term alone is the potential energy, unless a rung scales it.
        if names.len() > 1 || input.ladder.iter().any(|rung| !rung.scale.is_empty()) {
            columns.extend(names.into_iter().enumerate().map(|(k, name)| Column::Term(name, k)));
        }
        if cell.is_periodic() {
            let is_dynamics = input.sweep.iter().any(|entry| entry.is_dynamics());
            let alone = is_dynamics && !input.sweep.iter().any(|entry| entry.gives_temperature());
            let kinetic = if alone { Kinetic::Momenta } else { Kinetic::Temperature };
            columns.push(Column::Pressure(kinetic));
            if potential.has_jumps() {
                columns.push(Column::VirialPressure(kinetic));
            }
            if input.ladder.first().is_some_and(|rung| rung.pressure.is_some()) {
                columns.extend([Column::Density, Column::Volume]);
                if potential.reach().is_some() {
                    columns.push(Column::SmallestHeight);
                }
            }
        }
        if input.sweep.iter().any(|entry| entry.dynamics().is_some_and(|dynamics| dynamics.keeps_momenta)) {
            columns.push(Column::KineticTemperature);
        }
        columns.extend(input.observables.iter().filter_map(Observable::column).map(|column| Column::Variable(column.bound_to(subject))));
        columns
    }
}
