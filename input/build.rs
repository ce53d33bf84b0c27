//! From an input to a [`Plan`]: every rule is checked, every problem reported, then everything is built.

mod configuration;
mod flows;
mod stored;
mod symmetry;
mod wanderers;
mod weights;
mod written;

use crate::document::{Document, Report, nearest};
use crate::output::directory::NamedFile;
use crate::output::summary::RungObservables;
use crate::output::verdict::Finding;
use crate::schema::{CellInput, Compare, Input, Output, Quantity, Rung};
use configuration::Space;
pub(crate) use configuration::nearest_pair;
use mcflow_base::Problem;
use mcflow_engine::observers::{Column, Condition, Function, Kinetic, Observable, State, Subject, Variable, state_of};
use mcflow_engine::program::default_program;
use mcflow_engine::sweep::System;
use mcflow_engine::{Effect, Entry, LEADING_COLUMNS, Lengths, Origin, Plan, RungPlan, ThermodynamicState, TrajectoryPlan, sweep_time};
use mcflow_potentials::{Cell, Configuration, Particles, PotentialSum, Term};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use written::{Change, text_of};

/// An input that has no problem, and what it means.
pub struct Built {
    /// The input as read, and changed where it was.
    pub input: Input,
    /// The run.
    pub plan: Arc<Plan>,
    /// The text of the input that runs: the user's own, or one with what was changed.
    pub text: String,
    /// The input itself and all files that it names, which a run must leave alone.
    pub files: Vec<NamedFile>,
    /// SHA-256 of the text, in hexadecimal.
    pub input_sha256: String,
    /// What the user should know of the files that the input names, a sentence each.
    pub notes: Vec<String>,
    /// What is no error, but worth knowing.
    pub findings: Vec<Finding>,
    /// Who changed it, where it was changed.
    pub by: String,
}

impl Built {
    /// The same run of an input that was `asked` for in other words, as a checkpoint is to keep it.
    #[must_use]
    pub(crate) fn asked_for(mut self, asked: String) -> Self {
        Arc::get_mut(&mut self.plan).expect("a plan that has just been made is nobody else's").origin.asked = asked;
        self
    }
}

/// Reads, checks and builds the input at `path`; `seed` replaces its seed.
///
/// # Errors
/// A syntax error alone, or all problems at once.
pub fn build(path: &Path, seed: Option<u64>) -> Result<Built, Report> {
    build_for(path, seed, None)
}

/// The same, for a run in `folder`.
///
/// # Errors
/// As [`build`].
pub fn build_for(path: &Path, seed: Option<u64>, folder: Option<&Path>) -> Result<Built, Report> {
    build_written(path, Change { by: "`--seed`", folder }, |input| input.seed = seed.unwrap_or(input.seed))
}

/// Reads the input at `path`, changes it, checks and builds what came out.
///
/// # Errors
/// As [`build`].
pub fn build_changed(path: &Path, change: impl FnOnce(&mut Input)) -> Result<Built, Report> {
    build_written(path, Change { by: "a change", folder: None }, change)
}

/// The same, where the text of the changed input is written. It is that of the file where nothing was changed, else that of
/// the changed input: the text beside a run, and its hash, are those of what ran.
///
/// # Errors
/// As [`build`].
pub fn build_written(path: &Path, by: Change, change: impl FnOnce(&mut Input)) -> Result<Built, Report> {
    let mut document = Document::open(path)?;
    let input: Option<Input> = document.read();
    let Some(mut input) = input else { return Err(document.report()) };
    let as_read = input.clone();
    change(&mut input);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut files = vec![NamedFile { key: "input".to_string(), path: path.to_path_buf() }];
    let (mut notes, mut findings) = (Vec::new(), Vec::new());
    let builder = Builder {
        document: &mut document,
        input: &input,
        folder,
        files: Sha256::new(),
        named: &mut files,
        notes: &mut notes,
        findings: &mut findings,
    };
    let plan = builder.plan();
    let text = if input == as_read { document.text().to_string() } else { text_of(&input, path, document.text(), by) };
    document.finish(Some(()))?;
    let plan = plan.expect("a plan exists where nothing is wrong");
    Ok(Built { input, plan: Arc::new(plan), input_sha256: sha256(&text), text, files, notes, findings, by: by.by.to_string() })
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

/// Keys of an input that a resumed run may change, beside `run.production`.
pub const MAY_CHANGE: [&str; 2] = ["output", "compare"];

/// The input as JSON, names in their order, with the interval of samples that follows from it.
fn as_json(input: &Input, record_every: u64) -> String {
    let mut input = input.clone();
    input.run.record_every = Some(record_every);
    // Their contents count, not the folder that they are seen from.
    written::for_each_file(&mut input, |name| *name = Path::new(&*name).file_name().unwrap_or_default().to_string_lossy().into_owned());
    serde_json::to_string(&input).expect("inputs are values with names")
}

/// What of it a resumed run may not change.
fn fixed(input: &Input, record_every: u64) -> String {
    let mut input = input.clone();
    input.output.clear();
    input.compare = None;
    input.run.production = 0;
    as_json(&input, record_every)
}

/// Sweeps of a phase, so that those of all phases can be added up.
const MOST_SWEEPS: u64 = u64::MAX / 4;

/// Steps of an entry of the sweep: a run looks at the clock and at Ctrl-C between sweeps only.
const MOST_STEPS: u64 = 50_000_000;

/// Coordinates of flows that are held at once: less than a GB.
const MOST_NUMBERS: f64 = 1e8;

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The state of a check: problems go into the document, the contents of the files it names into a hash.
struct Builder<'a> {
    document: &'a mut Document,
    input: &'a Input,
    folder: &'a Path,
    files: Sha256,
    named: &'a mut Vec<NamedFile>,
    notes: &'a mut Vec<String>,
    findings: &'a mut Vec<Finding>,
}

impl Builder<'_> {
    /// Notes a file that the input names under `key`, with its contents.
    fn note_file(&mut self, key: &str, path: PathBuf, bytes: &[u8]) {
        self.files.update(bytes);
        self.named.push(NamedFile { key: key.to_string(), path });
    }

    fn report(&mut self, key: impl Into<String>, found: impl ToString, expected: impl Into<String>) {
        self.document.add([Problem::new(key, found, expected)]);
    }

    fn add(&mut self, prefix: &str, problems: Vec<Problem>) {
        self.document.add(problems.into_iter().map(|p| p.within(prefix)));
    }

    fn require(&mut self, key: &str, value: f64, holds: impl Fn(f64) -> bool, expected: &str) {
        if !(value.is_finite() && holds(value)) {
            self.report(key, value, expected);
        }
    }

    /// `name` must be one of `known`; the message has the nearest.
    fn require_name(&mut self, key: &str, what: &str, name: &str, known: &[&str]) -> bool {
        if known.contains(&name) {
            return true;
        }
        let expected = match (nearest(name, known), known) {
            (_, []) => format!("the name of a {what}, but there is none"),
            (_, [only]) => format!("{only:?}"),
            (Some(near), _) => format!("one of {}; did you mean {near:?}?", quoted(known)),
            (None, _) => format!("one of {}", quoted(known)),
        };
        self.report(key, format!("{name:?}"), expected);
        false
    }

    fn plan(mut self) -> Option<Plan> {
        let input = self.input;
        self.check_numbers();
        let space = self.space();
        // Where the number of particles is in doubt, coordinates cannot be counted.
        let counted = !input.system.particles.is_empty() && input.system.particles.iter().all(|species| species.count > 0);
        let starts = space.as_ref().filter(|_| counted).and_then(|space| self.starts(space));
        let space = space?;
        let Space { particles, cell } = &space;
        let n = particles.n();

        let mut potential_sound = self.document.is_sound("system.cell") && self.document.is_sound("system.particles");
        if input.system.potential.is_empty() {
            self.report("system.potential", "no term", "at least one term, such as LennardJones(...)");
        }
        let terms = self.terms();
        for (k, term) in terms.iter().enumerate() {
            let key = format!("system.potential[{k}]");
            potential_sound &= self.document.is_sound(&key);
            if self.document.is_sound("system.cell") && self.document.is_sound("system.particles") {
                let problems = term.problems(particles, cell);
                potential_sound &= problems.is_empty();
                self.add(&key, problems);
            }
        }
        let subject = self.subject(particles, cell);
        let states = self.states(&subject);
        let functions = self.observables(&subject);
        let constant_pressure = input.ladder.first().is_some_and(|rung| rung.pressure.is_some());
        for (k, entry) in input.sweep.iter().enumerate() {
            self.add(&format!("sweep[{k}]"), entry.problems(&System { particles, cell, constant_pressure }));
            if let Some(flow) = entry.flow() {
                let known: Vec<&str> = input.flows.names().collect();
                let key = format!("sweep[{k}].flow");
                self.require_name(&key, "flow", flow, &known);
                if let Some((_, input)) = input.flows.iter().find(|(name, _)| *name == flow)
                    && !entry.takes(input.map.purpose())
                {
                    let found = format!("{flow:?}, {}", input.map.purpose().title());
                    self.report(key, found, format!("a flow for {}", entry.name()));
                }
            }
        }
        self.check_moves(n, cell.dimension(), constant_pressure);
        let symmetry = self.symmetry(particles, cell);
        let flows = self.flows(&terms, particles, cell, &states, symmetry.as_ref());
        self.check_compare(&states, &functions);
        let trajectories = self.trajectories();
        let potential = potential_sound.then(|| PotentialSum::new(&terms, particles, cell));
        let columns = potential.as_ref().map(|potential| self.columns(potential, &subject)).unwrap_or_default();
        let potentials = potential.as_ref().map(|potential| self.scaled_potentials(potential)).unwrap_or_default();
        if let (Some(_), Some(Compare { quantity: Quantity::Mean(name), .. })) = (&potential, &input.compare)
            && !functions.iter().any(|f| f.name() == name)
        {
            let names: Vec<String> = columns.iter().map(Column::name).collect();
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            self.require_name("compare.quantity", "column", name, &known);
        }
        let sound = self.document.report().is_empty();
        if let Some(starts) = &starts {
            // Overlaps are looked for even where other things are wrong, as long as the coordinates are right.
            self.check_starts(starts, &potentials);
            if sound {
                self.check_state_starts(starts, &states);
                if let Some(symmetry) = &symmetry {
                    self.check_symmetry(symmetry, (&terms, particles), starts, &states);
                }
            }
        }
        if !sound {
            return None;
        }
        let (starts, potential) = (starts?, potential?);
        let rungs: Vec<RungPlan> = input
            .ladder
            .iter()
            .zip(potentials)
            .map(|(rung, potential)| RungPlan {
                temperature: rung.temperature,
                potential,
                thermodynamic_state: self.thermodynamic_state(rung),
                walkers: rung.walkers,
            })
            .collect();
        let files = hexadecimal(&self.files.clone().finalize());
        let json = as_json(input, self.record_every());
        let origin = Origin { version: env!("CARGO_PKG_VERSION").to_string(), asked: json.clone(), ran: json, files };
        let mut run = Sha256::new();
        run.update(&origin.version);
        run.update(fixed(input, self.record_every()));
        run.update(&origin.files);
        let flows = flows?;
        Some(Plan {
            symmetry,
            rungs,
            boltzmann: input.units.boltzmann(),
            wanderers: wanderers::wanderers(&terms, starts[0].positions.n(), starts[0].cell.dimension()),
            entries: input
                .sweep
                .iter()
                .map(|entry| entry.completed(&mut starts.iter().map(|start| &start.cell)).unwrap_or_else(|| entry.clone()))
                .collect(),
            starts,
            states,
            columns,
            functions,
            program: default_program(&flows),
            flows,
            lengths: Lengths {
                equilibration: input.run.equilibration,
                production: input.run.production,
                record_every: self.record_every(),
            },
            trajectories,
            seed: input.seed,
            input_hash: hexadecimal(&run.finalize()),
            origin,
            units: input.units.name().to_string(),
            file_units: input.units.file_units(),
            bonds: terms.iter().flat_map(Term::bonds).collect(),
            potential,
            particles: space.particles.into(),
        })
    }

    fn thermodynamic_state(&self, rung: &Rung) -> ThermodynamicState {
        ThermodynamicState { beta: 1.0 / (self.input.units.boltzmann() * rung.temperature), pressure: rung.pressure }
    }

    fn check_numbers(&mut self) {
        let input = self.input;
        let exchanges = input.sweep.iter().any(|entry| entry.effect() == Effect::Rungs);
        if !(1..=1000).contains(&input.ladder.len()) {
            self.report("ladder", format!("{} rungs", input.ladder.len()), "from 1 to 1000 rungs");
        } else if input.ladder.len() > 1 && !exchanges && !input.sweep.is_empty() {
            self.report(
                "ladder",
                format!("{} rungs, but no exchange in the sweep", input.ladder.len()),
                "`Exchange()` in the sweep, or one rung",
            );
        } else if input.ladder.len() == 1 && exchanges {
            self.report("ladder", "one rung, but `Exchange` in the sweep", "a second rung, or no `Exchange`");
        }
        let walkers = input.ladder.iter().fold(0usize, |sum, rung| sum.saturating_add(rung.walkers));
        if walkers > 1_000_000 && input.ladder.iter().all(|rung| rung.walkers <= 1_000_000) {
            self.report("ladder", format!("{walkers} walkers in all"), "at most 1000000");
        }
        if let Some(first) = input.ladder.first()
            && let Some(k) = input.ladder.iter().position(|rung| rung.pressure.is_some() != first.pressure.is_some())
        {
            self.report(format!("ladder[{k}].pressure"), "a pressure in some rungs only", "a pressure in all rungs, or in none");
        }
        for (k, rung) in input.ladder.iter().enumerate() {
            let key = |name: &str| format!("ladder[{k}].{name}");
            self.require(&key("temperature"), rung.temperature, |t| t > 0.0, "a finite number above 0");
            if rung.walkers == 0 || rung.walkers > 1_000_000 {
                self.report(key("walkers"), rung.walkers, "a whole number from 1 to 1000000");
            }
            if let Some(pressure) = rung.pressure {
                let expected = "a finite number above 0: at a pressure of 0 or below, the volume of a system without attraction over all distances \
                                grows without end";
                self.require(&key("pressure"), pressure, |pressure| pressure > 0.0, expected);
            }
            for (name, &factor) in rung.scale.iter() {
                self.require(&key(&format!("scale[{name:?}]")), factor, |factor| factor >= 0.0, "a finite number, at least 0");
            }
        }
        if input.run.tune_ladder {
            let temperatures: Vec<f64> = input.ladder.iter().map(|rung| rung.temperature).collect();
            let rises = |pair: &[f64]| pair[0] < pair[1];
            let one_way =
                temperatures.windows(2).all(rises) || temperatures.iter().rev().copied().collect::<Vec<_>>().windows(2).all(rises);
            let ordinary = input.sweep.iter().any(|entry| entry.effect() == Effect::Rungs && entry.flow().is_none());
            let alike = input.ladder.windows(2).all(|pair| pair[0].pressure == pair[1].pressure && pair[0].scale == pair[1].scale);
            let found = match () {
                () if temperatures.len() < 3 => Some(format!("{} rung(s), none between two others", temperatures.len())),
                () if !one_way => Some("temperatures that neither rise nor fall from rung to rung".to_string()),
                () if !alike => Some("rungs of several pressures or scaled potentials".to_string()),
                () if !ordinary => Some("no ordinary `Exchange()` in the sweep".to_string()),
                () => None,
            };
            if let Some(found) = found {
                let expected = "at least three rungs in the order of their temperatures, that differ in nothing else, with `Exchange()`; or no `tune_ladder`";
                self.report("run.tune_ladder", found, expected);
            }
        }
        let run = &input.run;
        for (key, value) in [("run.production", run.production), ("run.record_every", self.record_every())] {
            if value == 0 {
                self.report(key, 0, "a whole number of at least 1");
            }
        }
        for (key, value) in [("run.equilibration", run.equilibration), ("run.production", run.production)] {
            if value > MOST_SWEEPS {
                self.report(key, value, format!("a whole number of at most {MOST_SWEEPS}"));
            }
        }
        if self.record_every() > run.production && run.production > 0 {
            let found = format!("{}, with a production of {} sweeps", self.record_every(), run.production);
            self.report("run.record_every", found, "at most the sweeps of production");
        }
        if input.sweep.is_empty() {
            self.report("sweep", "no move", "at least one move, such as Displacement(step: 0.1)");
        }
    }

    fn check_moves(&mut self, n: usize, dimension: usize, constant_pressure: bool) {
        let input = self.input;
        let walkers = input.ladder.iter().map(|rung| rung.walkers).max().unwrap_or(1);
        for (k, entry) in input.sweep.iter().enumerate() {
            let steps = entry.steps(n);
            if steps > MOST_STEPS {
                self.report(format!("sweep[{k}]"), format!("{steps} steps in one sweep"), format!("at most {MOST_STEPS}, and more sweeps"));
            } else if entry.flow().is_some() {
                // Rows of all walkers are made together.
                let numbers = steps as f64 * walkers as f64 * (n * dimension) as f64;
                if numbers > MOST_NUMBERS {
                    let found = format!("{steps} rows of {} numbers at once for each of {walkers} walkers", n * dimension);
                    self.report(format!("sweep[{k}].count"), found, format!("at most {MOST_NUMBERS:e} numbers in all, and more sweeps"));
                }
            }
        }
        if constant_pressure && !input.sweep.iter().any(|entry| entry.effect() == Effect::Volume) && !input.sweep.is_empty() {
            self.report(
                "ladder[0].pressure",
                "a pressure, but no volume move in the sweep",
                "`Volume(step: ...)` in the sweep, or no pressure",
            );
        }
        let trains = input.flows.iter().any(|(_, flow)| flow.training.is_some());
        if trains && input.sweep.iter().all(|entry| entry.flow().is_some() || entry.effect() == Effect::Rungs) && !input.sweep.is_empty() {
            self.report("sweep", "moves by flows alone", "a local move too, such as Displacement: samples for training come from it");
        }
    }

    /// The terms of the potential energy, with the tables that they name; the contents of those go into the hash of the run.
    fn terms(&mut self) -> Vec<Term> {
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

    /// What observables and states are of.
    fn subject<'s>(&self, particles: &'s Particles, cell: &'s Cell) -> Subject<'s> {
        let input = self.input;
        Subject {
            particles,
            cell,
            bonds: input.system.potential.iter().flat_map(Term::bonds).collect(),
            record_every: self.record_every(),
            clock: sweep_time(&input.sweep, input.units.file_units()),
        }
    }

    fn states(&mut self, subject: &Subject) -> Vec<State> {
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
    fn complete_voronoi_cells(&mut self, states: &mut [State]) {
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
    fn observables(&mut self, subject: &Subject) -> Vec<Arc<dyn Function>> {
        let input = self.input;
        // What columns of every run and figures beside them are called.
        let mut names: Vec<&str> =
            vec!["state", "pressure", "virial_pressure", "density", "volume", "smallest_height", "kinetic_temperature"];
        names.extend(["potential_energy", "potential_energy_per_particle"]);
        names.extend(LEADING_COLUMNS);
        names.extend(RungObservables::KEYS);
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

    /// The potential of each rung; factors that are wrong count as 1.
    fn scaled_potentials(&mut self, potential: &PotentialSum) -> Vec<PotentialSum> {
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

    fn columns(&self, potential: &PotentialSum, subject: &Subject) -> Vec<Column> {
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

    /// Sweeps between samples, as given or as [`Run::record_every`](crate::schema::Run::record_every) says.
    fn record_every(&self) -> u64 {
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

    fn trajectories(&mut self) -> Vec<TrajectoryPlan> {
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

    fn check_compare(&mut self, states: &[State], functions: &[Arc<dyn Function>]) {
        let Some(compare) = &self.input.compare else { return };
        if let Quantity::FreeEnergyDifference { from, to } = &compare.quantity {
            let known: Vec<&str> = states.iter().map(|s| s.name.as_str()).collect();
            for (key, name) in [("from", from), ("to", to)] {
                self.require_name(&format!("compare.quantity.{key}"), "state", name, &known);
            }
            if from == to {
                self.report("compare.quantity.to", format!("{to:?} from {from:?}"), "two different states");
            }
        }
        if let Quantity::Population(name) = &compare.quantity {
            let known: Vec<&str> = states.iter().map(|s| s.name.as_str()).collect();
            self.require_name("compare.quantity", "state", name, &known);
        }
        if let Quantity::Mean(name) = &compare.quantity
            && functions.iter().any(|f| f.name() == name)
        {
            self.report("compare.quantity", format!("{name:?}, a function"), "the name of a column");
        }
        let positive = "a finite number above 0";
        let numbers = [
            ("seconds", Some(compare.seconds)),
            ("time_step", compare.time_step),
            ("friction", compare.friction),
            ("exact_error", compare.exact_error),
        ];
        for (key, value) in numbers.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            self.require(&format!("compare.{key}"), value, |v| v > 0.0, positive);
        }
        if compare.exact_error.is_some() && compare.exact.is_none() {
            self.report("compare.exact_error", "an error without a value", "`exact` too, or neither");
        }
        let first = self.input.ladder.first().map_or(f64::NAN, |rung| rung.temperature);
        if !compare.ladder.is_empty() && (compare.ladder.len() < 2 || compare.ladder[0] != first) {
            let expected = format!("two temperatures at least, the first of them that of the first rung, {first}");
            self.report("compare.ladder", format!("{:?}", compare.ladder), expected);
        }
        for (k, &temperature) in compare.ladder.iter().enumerate() {
            self.require(&format!("compare.ladder[{k}]"), temperature, |v| v > 0.0, positive);
        }
        if let Some(exact) = compare.exact {
            self.require("compare.exact", exact, |_| true, "a finite number");
        }
        if compare.seeds == 0 {
            self.report("compare.seeds", 0, "a whole number of at least 1");
        }
    }

    /// Starting coordinates must be finite and of a bearable energy in their rung, where `potentials` has it; where they are not, the nearest
    /// pair or the term that has most of it says why.
    fn check_starts(&mut self, starts: &[Configuration], potentials: &[PotentialSum]) {
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
    fn worst_term(&self, rung: usize, potential: &PotentialSum, start: &Configuration) -> String {
        let factor = |name: &str| self.input.ladder[rung].scale.0.iter().find(|(term, _)| term == name).map_or(1.0, |&(_, factor)| factor);
        let energies = potential.energies_by_term(start, &mut potential.workspace()).into_iter().map(|(name, found)| {
            let factor = factor(&name);
            let energy = if factor == 0.0 { 0.0 } else { factor * found.energy };
            (name, if energy.is_finite() { energy } else { f64::INFINITY })
        });
        energies.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(String::new(), |(name, _)| name)
    }

    fn check_state_starts(&mut self, starts: &[Configuration], states: &[State]) {
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

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ")
}
