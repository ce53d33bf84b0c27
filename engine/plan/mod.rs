//! A run as data: all that is decided before the first step.

mod files;
mod soundness;
mod start;
mod wanderers;

pub use start::{Lattice, random_positions};
pub use wanderers::Wanderers;

use crate::chain::thermodynamics::ThermodynamicState;
use crate::chain::walker::Environment;
use crate::charts::{Chart, ChartChoice, Symmetry};
use crate::learned::{Ends, Map, ReducedTarget};
use crate::observers::{Column, Function, State, Subject, SweepTime, Unit};
use crate::program::{Outlook, ProgramStage};
use crate::roles::FlowRole;
use crate::sweep::{Entry, Trained};
use crate::trajectory::{Clock, FileUnits};
use mcflow_flows::{Architecture, Generator, Header, Prior, Standardisation, Training};
use mcflow_potentials::{Configuration, Particles, PotentialSum};
use std::ops::Range;
use std::sync::Arc;

/// Everything a run is made of. Made and checked by the reader of inputs; never changed afterwards.
pub struct Plan {
    /// What the particles are.
    pub particles: Arc<Particles>,
    /// The potential energy with all its terms as they are; each rung has its own, of the same terms.
    pub potential: PotentialSum,
    /// What leaves the energy as it is, where it was declared.
    pub symmetry: Option<Symmetry>,
    /// The target distribution of each rung.
    pub rungs: Vec<RungPlan>,
    /// k_B in the units of the run.
    pub boltzmann: f64,
    /// The starting configuration of each walker, rung by rung.
    pub starts: Vec<Configuration>,
    /// Particles that wander among each other, whose arrangement walkers must forget; `None` where there are none.
    pub wanderers: Option<Wanderers>,
    /// One sweep.
    pub entries: Arc<[Entry]>,
    /// Named regions whose populations are measured.
    pub states: Vec<State>,
    /// Numbers of each sample.
    pub columns: Vec<Column>,
    /// Functions that are accumulated, such as profiles.
    pub functions: Vec<Arc<dyn Function>>,
    /// Flows to be trained or used.
    pub flows: Vec<FlowPlan>,
    /// The stages of the run.
    pub program: Vec<ProgramStage>,
    /// Lengths that stages have unless they say otherwise.
    pub lengths: Lengths,
    /// Trajectory files.
    pub trajectories: Vec<TrajectoryPlan>,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Hash of all of the input, and of the files it names, that a resumed run may not change: ties a checkpoint to them.
    pub input_hash: String,
    /// What a checkpoint says of the input, so that a resumed run can be told what has changed.
    pub origin: Origin,
    /// The name of the units.
    pub units: String,
    /// What the units are in those of trajectory files.
    pub file_units: FileUnits,
    /// Pairs of particles that the potential binds.
    pub bonds: Vec<[usize; 2]>,
}

impl Plan {
    /// What all walkers of a rung share.
    pub fn environment(&self, rung: usize) -> Environment {
        let RungPlan { thermodynamic_state, potential, .. } = &self.rungs[rung];
        Environment {
            potential: Arc::new(potential.clone()),
            particles: self.particles.clone(),
            thermodynamic_state: *thermodynamic_state,
            start_aspect: self.start_aspect(),
            mutant: None,
        }
    }

    /// The longest edge of a cell over its shortest, the largest of those in which walkers start.
    pub fn start_aspect(&self) -> f64 {
        self.starts.iter().map(|start| start.cell.aspect()).fold(1.0, f64::max)
    }

    /// The target of a rung as training sees it, in its starting cell.
    pub fn reduced_target(&self, rung: usize) -> ReducedTarget<'_> {
        ReducedTarget::new(&self.rungs[rung].potential, &self.starts[0].cell, self.beta(rung))
    }

    /// 1 / kT of a rung.
    pub fn beta(&self, rung: usize) -> f64 {
        self.rungs[rung].thermodynamic_state.beta
    }

    /// The time up to production sweep number `sweep` as trajectory files have it: that of the dynamics where all moves are, else sweeps.
    pub fn file_time(&self, sweep: u64) -> (f64, Clock) {
        let clock = if self.file_units.reduced { Clock::Reduced } else { Clock::Picoseconds };
        let time: Option<f64> = self.entries.iter().map(|entry| entry.time(sweep)).sum();
        time.map_or((sweep as f64, Clock::Sweeps), |time| (time * self.file_units.picoseconds, clock))
    }

    /// What observables are of.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            particles: &self.particles,
            cell: &self.starts[0].cell,
            bonds: self.bonds.clone(),
            record_every: self.lengths.record_every,
            clock: sweep_time(&self.entries, self.file_units),
        }
    }

    /// The pairs of rungs that an entry exchanges between.
    pub fn pairs_of(&self, entry: &Entry) -> Vec<(usize, usize)> {
        entry.pairs(self.rungs.len(), &self.untrained())
    }

    /// The flows of the run before any is trained.
    pub fn untrained(&self) -> Trained<'_> {
        Trained { flows: &self.flows, states: &self.states, ..Trained::none() }
    }

    /// The rung that an entry with a flow moves the walkers of, the lower one where it exchanges; `None` where it moves those of all rungs.
    pub fn rung_of(&self, entry: &Entry) -> Option<usize> {
        let name = entry.flow()?;
        self.flows.iter().find(|flow| flow.is_called(name)).map(|flow| flow.ends.rung())
    }

    /// What its program comes to.
    pub fn outlook(&self) -> Outlook<'_> {
        Outlook::new(&self.flows, self.rung_sizes(), self.lengths).after(&self.program)
    }

    /// The walkers of a rung, among all.
    pub fn walkers(&self, rung: usize) -> Range<usize> {
        let before: usize = self.rungs[..rung].iter().map(|rung| rung.walkers).sum();
        before..before + self.rungs[rung].walkers
    }

    /// Walkers of each rung.
    pub fn rung_sizes(&self) -> Vec<usize> {
        self.rungs.iter().map(|rung| rung.walkers).collect()
    }

    /// Why the chain does not sample its target exactly; empty where it does.
    pub fn inexact_because(&self) -> Vec<String> {
        let mut why = self.nothing_to_sample();
        why.extend(self.moves_too_little());
        why.extend(self.errors_of_dynamics());
        why
    }
}

/// Sweeps after which all entries have come round at most, so that their time is a number.
const MOST_SWEEPS_IN_TURN: u64 = 1 << 40;

/// The time of dynamics that passes in the sweeps after which all entries have come round.
///
/// # Errors
/// Names an entry that moves walkers without taking time.
pub fn sweep_time(entries: &[Entry], units: FileUnits) -> Result<SweepTime, String> {
    let common = |a: u64, b: u64| {
        let (mut x, mut y) = (a, b);
        while y > 0 {
            (x, y) = (y, x % y);
        }
        (a / x.max(1)).saturating_mul(b)
    };
    let sweeps = entries.iter().fold(1, |all, entry| common(all, (entry.every() as u64).max(1)));
    if sweeps > MOST_SWEEPS_IN_TURN {
        return Err("the entries of the sweep come round together too seldom".to_string());
    }
    let time_of = |entry: &Entry| entry.time(sweeps).ok_or_else(|| format!("{} takes no time of dynamics", entry.name()));
    let time: f64 = entries.iter().map(time_of).sum::<Result<f64, String>>()?;
    let unit = if units.reduced { Unit::ReducedTime } else { Unit::Picoseconds };
    Ok(SweepTime { sweeps, time: time * units.picoseconds, unit })
}

/// The input of a run as a checkpoint keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// Version of mcflow.
    pub version: String,
    /// The input as it was read, as JSON.
    pub asked: String,
    /// The input that ran, as JSON: with the temperatures of a tuned ladder.
    pub ran: String,
    /// Hash of the contents of the files that it names.
    pub files: String,
}

/// A rung of the ladder.
#[derive(Clone, Debug)]
pub struct RungPlan {
    /// Temperature in the units of the input, as it was given.
    pub temperature: f64,
    /// 1 / kT, and the pressure where there is one.
    pub thermodynamic_state: ThermodynamicState,
    /// The potential energy that it samples: that of the run, its terms scaled.
    pub potential: PotentialSum,
    /// Number of walkers.
    pub walkers: usize,
}

/// Numbers of sweeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lengths {
    /// Sweeps before anything counts; once more, with all moves, after training.
    pub equilibration: u64,
    /// Sweeps that count.
    pub production: u64,
    /// A sample each so many sweeps.
    pub record_every: u64,
}

/// A flow of a run.
pub struct FlowPlan {
    /// Its name.
    pub name: String,
    /// The name of the flow in the input that it is one of; its own where it stands alone.
    pub called: String,
    /// What the flow in the input is for.
    pub role: FlowRole,
    /// What it maps.
    pub ends: Ends,
    /// Where it comes from.
    pub source: FlowSource,
    /// Draws made after training to judge it and to reweight.
    pub assessment_draws: usize,
    /// What its weights file says of it.
    pub header: Header,
}

impl FlowPlan {
    /// The flow `name` with the weights of `map`, one of those that an input calls `called`.
    pub fn read(name: &str, called: &str, (role, ends): (FlowRole, Ends), map: Map) -> Self {
        Self {
            name: name.to_string(),
            called: called.to_string(),
            role,
            ends,
            source: FlowSource::Trained(Box::new(map)),
            assessment_draws: 0,
            header: Header::default(),
        }
    }

    /// Whether an input means this flow by `name`: its own, or that of the family that it belongs to.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.called == name
    }

    /// Whether it is one of these, by the names that an input has for flows; all are, where there are none.
    pub fn is_among(&self, names: &[String]) -> bool {
        names.is_empty() || names.iter().any(|name| self.is_called(name))
    }
}

/// Where a flow comes from.
#[derive(Clone)]
pub enum FlowSource {
    /// Weights that were trained before.
    Trained(Box<Map>),
    /// Training in this run.
    Train {
        /// Layers, prior and chart.
        shape: Box<FlowShape>,
        /// How to train.
        training: Training,
        /// On which samples.
        samples: Samples,
        /// Distance below which pair interactions go on along their tangent in the losses; 0: none.
        soft_core: f64,
    },
}

/// What is decided of a flow before it sees data.
#[derive(Clone)]
pub struct FlowShape {
    /// Its layers.
    pub architecture: Architecture,
    /// Its prior.
    pub prior: Prior,
    /// How its rows are made of positions.
    pub chart: ChartChoice,
    /// How its ends are set from data.
    pub standardise: Standardisation,
}

impl FlowShape {
    /// The flow with these ends as training finds it, for rows `samples` of a chart, which a map leads to from rows `source`.
    pub fn begin(&self, ends: &Ends, chart: &dyn Chart, source: Option<&[f64]>, samples: &[f64], seed: u64) -> Generator {
        let fixed = if ends.states().is_some() { chart.rescaled() } else { &[] };
        let mut generator = Generator::with_axes(&self.architecture, self.prior, chart.axes(), fixed, seed);
        generator.standardise(samples);
        if let Some(source) = source {
            generator.standardise_source(source);
        }
        if self.standardise == Standardisation::Covariance {
            generator.transport(source, samples);
        }
        generator
    }
}

/// Where samples for training come from.
#[derive(Clone)]
pub enum Samples {
    /// From the walkers of this run, by their local moves.
    FromRun {
        /// How many in all.
        frames: usize,
        /// Sweeps between two frames of a walker.
        every: u64,
    },
    /// Those that were collected for a flow before it.
    Collected,
    /// Rows read from a file.
    Rows(Vec<f64>),
}

/// One kind of trajectory file.
#[derive(Clone, Debug, PartialEq)]
pub struct TrajectoryPlan {
    /// DCD or extended XYZ.
    pub format: TrajectoryFormat,
    /// Sweeps between frames; a multiple of `record_every`.
    pub every: u64,
    /// Which walkers are written, a file each.
    pub walkers: Vec<usize>,
}

impl TrajectoryPlan {
    /// The name of the file of one of its walkers: `trajectory.dcd`; with several walkers `trajectory-3.dcd`.
    pub(crate) fn file_name(&self, walker: usize) -> String {
        let extension = match self.format {
            TrajectoryFormat::Dcd => "dcd",
            TrajectoryFormat::Xyz => "xyz",
        };
        let name = if self.walkers.len() == 1 { "trajectory".to_string() } else { format!("trajectory-{walker}") };
        format!("{name}.{extension}")
    }
}

/// Formats that trajectories are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TrajectoryFormat {
    /// Binary, single precision: CHARMM/NAMD DCD.
    Dcd,
    /// Text, full precision: extended XYZ.
    Xyz,
}
