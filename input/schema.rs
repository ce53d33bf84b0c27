//! What a user writes: the RON input, struct by struct. The structs of potentials, flows, moves and observables are those of their crates.

use mcflow_engine::charts::BondPairs;
use mcflow_engine::observers::{Condition, Observable};
use mcflow_engine::program::ProgramStage;
use mcflow_engine::roles::FlowRole;
use mcflow_engine::{ChartChoice, Entry, Lattice, TrajectoryFormat};
use mcflow_flows::{Architecture, Prior, Standardisation, Training};
use mcflow_potentials::Term;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

use crate::stored_frames::StoredFrames;
use crate::units::Units;

/// A whole input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The unit system of every number in the input and in the output.
    #[serde(default)]
    pub units: Units,
    /// Seed of all random numbers.
    #[serde(default = "defaults::seed")]
    pub seed: u64,
    /// What is simulated.
    pub system: System,
    /// Where all walkers start, unless the states say it.
    #[serde(default)]
    pub start: Option<Start>,
    /// Named regions of configuration space. Walkers start in turn in those that have a `start`.
    #[serde(default)]
    pub states: Named<StateInput>,
    /// The thermodynamic states that are sampled.
    pub ladder: Vec<Rung>,
    /// Flows by name.
    #[serde(default)]
    pub flows: Named<FlowInput>,
    /// The moves of one sweep, in their order.
    pub sweep: Vec<Entry>,
    /// How long.
    pub run: Run,
    /// The stages of the run, in another order than that of most runs, which is
    /// `[Equilibrate(), Collect(), Train(), Judge(), Equilibrate(), Produce()]`: a loop that collects and trains several times, for one. `Produce()` is
    /// the last one. What stages leave open is as `run` and the `samples` of flows say.
    #[serde(default)]
    pub program: Vec<ProgramStage>,
    /// What is measured beyond energy, pressure, density and temperature.
    #[serde(default)]
    pub observables: Vec<Observable>,
    /// Trajectory files.
    #[serde(default)]
    pub output: Vec<Output>,
    /// What `mcflow compare` compares.
    #[serde(default)]
    pub compare: Option<Compare>,
}

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Open space or a periodic cell.
    pub cell: CellInput,
    /// The particles, kind by kind, in the order of the coordinates.
    #[serde(default = "defaults::particles")]
    pub particles: Vec<Species>,
    /// The terms of the potential energy.
    pub potential: Vec<Term>,
    /// What leaves all energies, observables and states as they are, for flows to know.
    #[serde(default)]
    pub symmetry: Option<SymmetryInput>,
}

/// A group: the permutations of identical particles, and operations about the origin. Flows map one image of each configuration, and draw ln Z and
/// free energies of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SymmetryInput {
    /// Types whose particles may change places.
    #[serde(default)]
    pub identical: Vec<String>,
    /// Operations of the point group; their products need not be given.
    #[serde(default)]
    pub operations: Vec<OperationInput>,
}

/// An operation of a point group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationInput {
    /// Where (x, y, z) goes, such as "-x, y, z" or "y, x".
    pub image: String,
    /// Pairs of particles that change places with it, where they are not among identical ones.
    #[serde(default)]
    pub exchange: Vec<(usize, usize)>,
}

/// Open space or a periodic cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum CellInput {
    /// Open space.
    Open {
        /// 1 to 3.
        dimension: usize,
    },
    /// Right angles; as many lengths as dimensions.
    Orthorhombic {
        /// Edge lengths.
        lengths: Vec<f64>,
    },
    /// A cube (square, line) of the volume that gives the number density.
    Cube {
        /// Particles per volume.
        density: f64,
        /// 1 to 3.
        #[serde(default = "defaults::three")]
        dimension: usize,
    },
    /// Cell vectors a (along x), b (in the xy plane), c.
    Triclinic {
        /// As many vectors of as many components as dimensions.
        vectors: Vec<Vec<f64>>,
    },
    /// Three lengths and the angles alpha (b, c), beta (a, c), gamma (a, b) in degrees.
    Angles {
        /// Edge lengths.
        lengths: [f64; 3],
        /// In degrees.
        angles: [f64; 3],
    },
    /// The `Lattice` of the extended XYZ file that `start` names.
    FromStart,
}

/// Particles of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Species {
    /// The name of the type.
    #[serde(rename = "type")]
    pub name: String,
    /// How many.
    #[serde(default = "defaults::one")]
    pub count: usize,
    /// Mass of one, in the unit of mass.
    #[serde(default = "defaults::unit_mass")]
    pub mass: f64,
}

/// A starting configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Start {
    /// An XYZ or DCD file beside the input; walkers take its frames in turn, rung by rung, or all the one that `frame` names:
    /// `File(path: "output/trajectory.dcd", frame: Last)`. Lengths of a DCD, and of XYZ where it has the key `length_unit` (angstrom, nm or reduced) as
    /// files of this program have, are converted; without one they are in the units of the input.
    File(StoredFrames),
    /// One position a particle.
    Positions(Vec<Vec<f64>>),
    /// Sites of a lattice that fills the cell.
    Lattice(Lattice),
    /// Random points, no two nearer than the distance; each walker has its own.
    Random {
        /// Smallest distance of two particles.
        minimum_distance: f64,
    },
}

/// A named region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateInput {
    /// What belongs to it.
    #[serde(rename = "where")]
    pub condition: Condition,
    /// A configuration in it.
    #[serde(default)]
    pub start: Option<Start>,
}

/// A thermodynamic state with its walkers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Temperature: kT in reduced units, else in kelvin.
    pub temperature: f64,
    /// Number of walkers.
    #[serde(default = "defaults::one")]
    pub walkers: usize,
    /// Pressure, where the volume fluctuates.
    #[serde(default)]
    pub pressure: Option<f64>,
    /// Factors lambda of terms in this rung, U = sum of lambda U_TERM, numbers of at least 0 without unit, by the names of the terms in
    /// `observables.csv` without `energy.`; 1 unless given. All that the rung samples, records and exchanges is of this U, but `energy.TERM` is
    /// the term itself. A term of factor 0 is not there, whatever its energy.
    #[serde(default)]
    pub scale: Named<f64>,
}

/// A flow: trained in this run, or read from a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowInput {
    /// Weights that an earlier run or `mcflow train` wrote, instead of `layers` and `training`.
    #[serde(default)]
    pub file: Option<String>,
    /// What it maps.
    #[serde(default)]
    pub map: FlowRole,
    /// The rung of the ladder that it is of, numbered from 0: that of its samples, whose walkers its moves run in. The first one unless given; a map
    /// between rungs has `from` and `to` instead.
    #[serde(default)]
    pub rung: Option<usize>,
    /// The layers.
    #[serde(default)]
    pub layers: Option<Architecture>,
    /// The law of the latent variables.
    #[serde(default)]
    pub prior: Prior,
    /// Pairs of particles, counted from 0, that the layers see by centre, length and direction, in two or three dimensions; no particle in two
    /// of them. In a map between states the layers between know the lengths but leave them alone: they are mapped linearly, by mean and
    /// spread, so that a map between states of a length cannot stay where it is.
    #[serde(default)]
    pub bonds: BondPairs,
    /// How the rows that the layers see are made of positions: `Cartesian` (as they are) or `Bonds([(0, 1)])`, for which `bonds: [(0, 1)]` is short,
    /// or in three dimensions `Polar([(about: 0, particle: 1)])`: particle 1 by distance and direction about particle 0.
    #[serde(default)]
    pub chart: ChartChoice,
    /// `Diagonal` (centre and scale of each coordinate) or `Covariance` (these and the covariances): how training finds the layers at the ends.
    #[serde(default)]
    pub standardise: Standardisation,
    /// Distance below which, in training losses alone, pair interactions go on along their tangent; 0: as they are. What a map of many
    /// particles gets wrong at first is overlaps: an energy of r^-12 there hides all else. Where a pair has some 100 kT does.
    #[serde(default)]
    pub soft_core: f64,
    /// Samples to train on.
    #[serde(default)]
    pub samples: SamplesInput,
    /// How to train.
    #[serde(default)]
    pub training: Option<Training>,
    /// Draws made after training to judge the flow and to reweight.
    #[serde(default = "defaults::draws")]
    pub assessment_draws: usize,
}

/// Samples for training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SamplesInput {
    /// Frames of this run's walkers, moved by the local moves of the sweep.
    Run {
        /// How many in all.
        frames: usize,
        /// Sweeps between two frames of a walker.
        #[serde(default = "defaults::one_sweep")]
        every: u64,
    },
    /// Frames of an XYZ or DCD file beside the input.
    File(String),
}

impl Default for SamplesInput {
    fn default() -> Self {
        Self::Run { frames: 10_000, every: 10 }
    }
}

/// Numbers of sweeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Sweeps before anything counts, in which step sizes are tuned.
    pub equilibration: u64,
    /// Sweeps that count.
    pub production: u64,
    /// A sample each so many sweeps. Unless given: 20 where single particles or the volume are moved in a periodic cell, for the energy and
    /// the pressure of a sample cost as much as some hundred moves there, but as few as leave 100 samples and divide the `every` of
    /// trajectories; else 1.
    #[serde(default)]
    pub record_every: Option<u64>,
    /// Whether a run before the run, of as many sweeps as the equilibration, moves the temperatures between those of the first and the last
    /// rung until all neighbours are equally far apart and exchange equally often.
    #[serde(default)]
    pub tune_ladder: bool,
}

/// A file of frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Output {
    /// `trajectory.dcd`, with `topology.pdb` beside it, or `trajectory.xyz`; with several walkers `trajectory-0.dcd` and so on. Lengths are in ångström
    /// and energies in eV, as readers take them (in reduced units as they are). Times are those of the dynamics in ps where all moves are
    /// Langevin dynamics, else sweeps; the files say which. Positions in a DCD are brought into the cell, molecules whole; XYZ has the chain's own.
    Trajectory {
        /// `Dcd` or `Xyz`.
        format: TrajectoryFormat,
        /// Sweeps between frames, a multiple of `record_every`, which it is unless given.
        #[serde(default)]
        every: Option<u64>,
        /// Whose frames.
        #[serde(default = "defaults::first_walker")]
        walkers: Vec<usize>,
    },
}

/// What `mcflow compare` measures for the hybrid, plain Monte Carlo and plain dynamics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The figure whose error is followed.
    pub quantity: Quantity,
    /// Its value, where that is known from elsewhere: exactly, or from an independent long run. Without it no error is known, only what the runs
    /// say of each other: no run of a comparison is the reference of the others.
    #[serde(default)]
    pub exact: Option<f64>,
    /// The standard error of `exact`, where it has one.
    #[serde(default)]
    pub exact_error: Option<f64>,
    /// Wall time of each run, training counted.
    #[serde(default = "defaults::seconds")]
    pub seconds: f64,
    /// Runs of each kind, with different seeds.
    #[serde(default = "defaults::seeds")]
    pub seeds: usize,
    /// Time step of plain dynamics (BAOAB); a thirtieth of the period of the fastest vibration unless given.
    #[serde(default)]
    pub time_step: Option<f64>,
    /// Temperatures of a ladder with ordinary exchange, beside the others, in all else like the first rung; the input's own unless given.
    #[serde(default)]
    pub ladder: Vec<f64>,
    /// Friction of plain dynamics; a hundredth of the inverse time step unless given.
    #[serde(default)]
    pub friction: Option<f64>,
}

/// A figure of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Quantity {
    /// F(to) - F(from) in kT, of two states.
    FreeEnergyDifference {
        /// A state.
        from: String,
        /// Another.
        to: String,
    },
    /// The mean of a column of `observables.csv`.
    Mean(String),
    /// The fraction of samples in a state.
    Population(String),
}

pub(crate) mod defaults {
    use super::Species;
    pub fn seed() -> u64 {
        1
    }
    pub fn one() -> usize {
        1
    }
    pub fn three() -> usize {
        3
    }
    pub fn unit_mass() -> f64 {
        1.0
    }
    pub fn one_sweep() -> u64 {
        1
    }
    pub fn draws() -> usize {
        10_000
    }
    pub fn first_walker() -> Vec<usize> {
        vec![0]
    }
    pub fn particles() -> Vec<Species> {
        vec![Species { name: "A".to_string(), count: 1, mass: 1.0 }]
    }
    pub fn seconds() -> f64 {
        30.0
    }
    pub fn seeds() -> usize {
        3
    }
}

/// A map that keeps the order it was written in.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Named<T>;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a map of names, { \"name\": ... }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}
