//! From an input to a [`Plan`]: every rule is checked, every problem reported, then everything is built.

mod compared;
mod configuration;
mod fixed;
mod flows;
mod named_file;
mod observables;
mod potential;
mod recording;
mod starts;
mod stored;
mod symmetry;
mod wanderers;
mod weights;
mod written;

use crate::document::{Document, Report, nearest};
use crate::finding::Finding;
use crate::schema::{Compare, Input, Quantity, Run, Rung};
use configuration::Space;
pub(crate) use configuration::nearest_pair;
pub use fixed::MAY_CHANGE;
use fixed::{as_json, fixed};
use mcflow_base::Problem;
use mcflow_engine::observers::Column;
use mcflow_engine::program::{Outlook, default_program};
use mcflow_engine::sweep::System;
use mcflow_engine::{Effect, FlowPlan, Lengths, Origin, Plan, RungPlan, ThermodynamicState};
use mcflow_potentials::{PotentialSum, Term};
pub use named_file::NamedFile;
#[cfg(test)]
pub(crate) use observables::KEYS_BESIDE_COLUMNS;
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
                    && !entry.takes(&input.map.role().example())
                {
                    let found = format!("{flow:?}, {}", input.map.role().title());
                    self.report(key, found, format!("a flow for {}", entry.name()));
                }
            }
        }
        self.check_moves(n, cell.dimension(), constant_pressure);
        let symmetry = self.symmetry(particles, cell);
        let flows = self.flows(&terms, particles, cell, &states, symmetry.as_ref());
        self.check_program(flows.as_deref());
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
        let program = if input.program.is_empty() { default_program(&flows) } else { input.program.clone() };
        Some(Plan {
            symmetry,
            rungs,
            boltzmann: input.units.boltzmann(),
            wanderers: wanderers::wanderers(&terms, starts[0].positions.n(), starts[0].cell.dimension()),
            entries: input.sweep.clone().into(),
            starts,
            states,
            columns,
            functions,
            program,
            flows,
            lengths: self.lengths(),
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

    fn lengths(&self) -> Lengths {
        let Run { equilibration, production, .. } = self.input.run;
        Lengths { equilibration, production, record_every: self.record_every() }
    }

    /// The program of the input, where it has one and all its flows can be had.
    fn check_program(&mut self, flows: Option<&[FlowPlan]>) {
        let (Some(flows), program) = (flows, &self.input.program) else { return };
        let walkers: Vec<usize> = self.input.ladder.iter().map(|rung| rung.walkers).collect();
        if !program.is_empty() && !walkers.is_empty() {
            self.document.add(Outlook::new(flows, walkers, self.lengths()).after(program).into_problems());
        }
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
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ")
}
