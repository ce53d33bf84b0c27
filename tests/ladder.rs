//! Exchange between rungs, ordinary and learned, on Gaussians of known width and on wells whose moments are integrals: ladders of temperatures,
//! of pressures and of scaled potentials. Every rung is judged, and every exchange broken in turn.

#[path = "common/flow.rs"]
mod flow;

use flow::flow_near_identity;
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{Displacement, Exchange, Hmc, Langevin, Volume, VolumeMeasure, VolumeShape};
use mcflow_engine::observers::{Axis, Condition, Coordinate, State, Variable};
use mcflow_engine::roles::{BetweenRungs, Ends, Ensemble, FlowRole};
use mcflow_engine::statistics::z_score;
use mcflow_engine::{
    Chains, Entry, Environment, ExchangeMutant, Exchanges, FlowPlan, Generators, Ladder, Microstate, Random, ThermodynamicState, Trained,
    Walker, normal, streams,
};
use mcflow_flows::{Architecture, Generator, Prior, RealNvp};
use mcflow_potentials::{Cell, Configuration, DoubleWell, HarmonicRestraint, Particles, PotentialSum, Precision, Term, Vectors};
use rand::RngExt;
use rayon::prelude::*;

const STIFFNESS: f64 = 2.0;
const MASS: f64 = 1.5;
const WELL: DoubleWell = DoubleWell { linear: 0.5, quadratic: -4.0, quartic: 0.5, transverse: 1.0 };
const LADDERS: usize = 300;
const SWEEPS: u64 = 1000;

/// What a rung samples: kT, and factors of a spring and of a double well.
#[derive(Clone, Copy)]
struct Rung {
    kt: f64,
    spring: f64,
    /// `None` where the potential has no such term.
    well: Option<f64>,
    walkers: usize,
}

type Rungs = [Rung; 3];

const fn rung(kt: f64, spring: f64, well: Option<f64>, walkers: usize) -> Rung {
    Rung { kt, spring, well, walkers }
}

/// Not as many walkers everywhere, so that some are left out of an exchange.
const TEMPERATURES: Rungs = [rung(0.7, 1.0, None, 2), rung(1.3, 1.0, None, 3), rung(2.4, 1.0, None, 1)];
/// The same temperature throughout, or not; the well is off in the last rung.
const WELLS: Rungs = [rung(1.0, 1.0, Some(1.0), 2), rung(1.0, 1.0, Some(0.4), 3), rung(1.0, 0.5, Some(0.0), 1)];
const WARMER_WELLS: Rungs = [rung(1.0, 1.0, Some(1.0), 1), rung(1.4, 0.7, Some(0.5), 2), rung(1.8, 0.6, Some(0.1), 3)];
/// Gaussians again, of other springs.
const SPRINGS: Rungs = [rung(0.7, 1.0, None, 2), rung(1.3, 0.8, None, 3), rung(0.9, 0.3, None, 1)];

impl Rung {
    /// Of a Gaussian.
    fn spread(&self) -> f64 {
        (self.kt / (self.spring * STIFFNESS)).sqrt()
    }

    /// U of one particle on the first axis; on the second it is on a spring.
    fn along_x(&self, x: f64) -> f64 {
        let well = WELL.linear * x + WELL.quadratic * x.powi(2) + WELL.quartic * x.powi(4);
        0.5 * self.spring * STIFFNESS * x * x + self.well.unwrap_or(0.0) * well
    }

    fn spring_along_y(&self) -> f64 {
        self.spring * STIFFNESS + self.well.unwrap_or(0.0) * WELL.transverse
    }

    fn weights_along_x(&self) -> impl Iterator<Item = (f64, f64)> {
        (-GRID..=GRID).map(|k| 8.0 * f64::from(k) / f64::from(GRID)).map(|x| (x, (-self.along_x(x) / self.kt).exp()))
    }

    fn mean_along_x(&self, of: impl Fn(f64) -> f64) -> f64 {
        let sum = self.weights_along_x().fold((0.0, 0.0), |sum, (x, w)| (sum.0 + w * of(x), sum.1 + w));
        sum.0 / sum.1
    }

    /// <r^2>, <U^2> and <p^2>, the coordinates being independent: <(k y^2 / 2)^n> = kT / 2 and 3 (kT)^2 / 4.
    fn moments(&self) -> [f64; 3] {
        let [r2, u, u2] = [
            self.mean_along_x(|x| x * x) + self.kt / self.spring_along_y(),
            self.mean_along_x(|x| self.along_x(x)),
            self.mean_along_x(|x| self.along_x(x).powi(2)),
        ];
        [r2, u2 + u * self.kt + 0.75 * self.kt.powi(2), 2.0 * MASS * self.kt]
    }

    /// A configuration from the law of the rung.
    fn draw(&self, random: &mut Random) -> [f64; 2] {
        let total: f64 = self.weights_along_x().map(|(_, w)| w).sum();
        let mut left = total * random.random::<f64>();
        let x = self.weights_along_x().find(|(_, w)| {
            left -= w;
            left < 0.0
        });
        [x.map_or(0.0, |(x, _)| x), (self.kt / self.spring_along_y()).sqrt() * normal(random)]
    }
}

/// Half the points of an integral from -8 to 8: sums over smooth functions that vanish there are integrals to rounding.
const GRID: i32 = 2000;

/// A map from the last rung to the first, or the other way: the right scale, and a distortion where `distorted`.
fn map(rungs: &Rungs, distorted: bool, upwards: bool) -> Generator {
    let mut map = if distorted {
        flow_near_identity(2, 9)
    } else {
        let architecture =
            Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![4], activation: Default::default(), scale_bound: 2.0, on: None });
        Generator::new(&architecture, Prior::Gaussian, 2, 1)
    };
    let (last, first) = (rungs[2].spread(), rungs[0].spread());
    let (from, to) = if upwards { (first, last) } else { (last, first) };
    map.standardise_source(&[-from, -from, from, from]);
    map.standardise(&[-to, -to, to, to]);
    map
}

/// How an exchange is broken.
#[derive(Clone, Copy)]
enum Mutant {
    /// It decides by other numbers.
    Decision(ExchangeMutant),
    /// Momenta go with their configuration as they are: whatever the scale was, it is taken out again.
    UnscaledMomenta,
    /// The energy goes with its configuration as it is, in the potential of the rung where it was.
    EnergyOfTheOtherRung,
}

/// Takes out of all walkers whose replica was in another rung `before` the last exchanges what these have done beside the exchange itself.
fn undo(mutant: Mutant, rungs: &Rungs, potentials: &[PotentialSum], ladder: &mut Ladder, before: &[u32]) {
    let places: Vec<usize> = rungs.iter().enumerate().flat_map(|(number, rung)| vec![number; rung.walkers]).collect();
    let walkers = ladder.rungs.iter_mut().flat_map(|chains| &mut chains.walkers);
    for ((walker, replica), &here) in walkers.zip(&ladder.exchanges.replicas).zip(&places) {
        let there = places[before.iter().position(|other| other == replica).expect("a replica is somewhere")];
        match mutant {
            Mutant::UnscaledMomenta => {
                let scale = (rungs[there].kt / rungs[here].kt).sqrt();
                walker.state.momenta.row_mut().iter_mut().for_each(|p| *p *= scale);
            }
            Mutant::EnergyOfTheOtherRung if there != here => {
                walker.state.energy = potentials[there].energy(&walker.state.configuration, &mut walker.workspace).energy;
            }
            _ => {}
        }
    }
}

/// The potential of each rung.
fn potentials(rungs: &Rungs, particles: &Particles, cell: &Cell) -> Vec<PotentialSum> {
    let restraint = HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 2]] };
    let mut terms = vec![Term::HarmonicRestraint(restraint)];
    terms.extend(rungs[0].well.map(|_| Term::DoubleWell(WELL)));
    let potential = PotentialSum::new(&terms, particles, cell);
    let factors = |rung: &Rung| [Some(rung.spring), rung.well].into_iter().flatten().collect::<Vec<f64>>();
    rungs.iter().map(|rung| potential.scaled(&factors(rung))).collect()
}

/// z-scores of <r^2>, <U^2>, and <p^2> at each rung; accepted, attempted and summed probability of all exchanges.
fn run(rungs: &Rungs, entries: &[Entry], map: Option<(Generator, bool)>, mutant: Option<Mutant>) -> (Vec<f64>, (u64, u64, f64)) {
    let (particles, cell) = (Particles::alike("A", 1, MASS), Cell::open(2));
    let potentials = potentials(rungs, &particles, &cell);
    let generators: Generators = map.iter().map(|(map, _)| ("map".to_string(), map.clone().into())).collect();
    let flow = |(map, upwards): (Generator, bool)| {
        let (from, to) = if upwards { (0, 2) } else { (2, 0) };
        let ends = Ends::map(Ensemble::of(from), Ensemble::of(to));
        FlowPlan::read("map", "map", (FlowRole::Exchange(BetweenRungs { from, to }), ends), map.into())
    };
    let flows: Vec<FlowPlan> = map.into_iter().map(flow).collect();
    let x = Variable::Coordinate(Coordinate { particle: 0, axis: Axis::X });
    let states = [State { name: "right".to_string(), condition: Condition::Above(x, 0.0) }];
    let trained = Trained { generators: &generators, flows: &flows, states: &states };
    let walkers_in_all: usize = rungs.iter().map(|rung| rung.walkers).sum();
    let results: Vec<(Vec<f64>, (u64, u64, f64))> = (0..LADDERS)
        .into_par_iter()
        .map(|number| {
            let mut random = streams(1000 + number as u64, walkers_in_all + 1);
            let exchange_random = random.pop().expect("a stream");
            let mut random = random.into_iter();
            let chains = rungs.iter().zip(&potentials).map(|(rung, potential)| {
                let thermodynamic_state = ThermodynamicState { beta: 1.0 / rung.kt, pressure: None };
                let environment = Environment::new(potential, &particles, thermodynamic_state);
                let walkers = random.by_ref().take(rung.walkers).map(|mut random| {
                    let positions = Vectors::from_row(2, &rung.draw(&mut random));
                    let mut state = Microstate::new(Configuration { positions, cell: cell.clone() });
                    state.draw_momenta(&particles, 1.0 / rung.kt, &mut random);
                    Walker::new(state, random, entries.len(), potential)
                });
                Chains {
                    walkers: walkers.collect(),
                    parameters: entries.iter().map(|entry| entry.parameter()).collect(),
                    entries: entries.to_vec().into(),
                    environment: environment.clone(),
                }
            });
            let chains = chains.collect();
            let pairs = entries.iter().map(|entry| match entry {
                Entry::Exchange(Exchange { flow: None, .. }) => rungs.len() - 1,
                Entry::Exchange(Exchange { flow: Some(_), .. }) => 1,
                _ => 0,
            });
            let sizes: Vec<usize> = rungs.iter().map(|rung| rung.walkers).collect();
            let mut exchanges = Exchanges::new(exchange_random, &sizes, pairs);
            if let Some(Mutant::Decision(mutant)) = mutant {
                exchanges.mutant = Some(mutant);
            }
            let mut ladder = Ladder { rungs: chains, exchanges };
            let mut sums = vec![0.0; 3 * rungs.len()];
            for sweep in 1..=SWEEPS {
                let before = ladder.exchanges.replicas.clone();
                ladder.sweep(sweep, 1, &trained).expect("finite states");
                if let Some(mutant) = mutant {
                    undo(mutant, rungs, &potentials, &mut ladder, &before);
                }
                for (rung, chains) in ladder.rungs.iter().enumerate() {
                    for walker in &chains.walkers {
                        let squares = |row: &[f64]| row.iter().map(|v| v * v).sum::<f64>();
                        let state = &walker.state;
                        let numbers = [squares(state.configuration.positions.row()), state.energy.powi(2), squares(state.momenta.row())];
                        for (k, value) in numbers.into_iter().enumerate() {
                            sums[3 * rung + k] += value / (SWEEPS as usize * chains.walkers.len()) as f64;
                        }
                    }
                }
            }
            let mut replicas = ladder.exchanges.replicas.clone();
            replicas.sort_unstable();
            assert!(replicas.into_iter().eq(0..walkers_in_all as u32), "a replica is in two places");
            let tallies = ladder.exchanges.tallies.iter().flatten();
            (sums, tallies.fold((0, 0, 0.0), |sum, t| (sum.0 + t.accepted, sum.1 + t.attempted, sum.2 + t.probability)))
        })
        .collect();
    let mut z = Vec::new();
    for (number, rung) in rungs.iter().enumerate() {
        for (k, expected) in rung.moments().into_iter().enumerate() {
            let values: Vec<f64> = results.iter().map(|r| r.0[3 * number + k]).collect();
            let mean = values.iter().sum::<f64>() / LADDERS as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (LADDERS - 1) as f64;
            let error = (variance / LADDERS as f64).sqrt();
            assert!(
                mutant.is_some() || error < 0.03 * expected,
                "an error of {error} sees nothing of {expected}, number {k} of rung {number}"
            );
            z.push(z_score(mean, error, expected));
        }
    }
    (z, results.iter().fold((0, 0, 0.0), |sum, (_, t)| (sum.0 + t.0, sum.1 + t.1, sum.2 + t.2)))
}

fn local() -> Entry {
    let splitting = Splitting::new("OBABO").expect("letters");
    Entry::Langevin(Langevin {
        steps: 1,
        time_step: 0.6,
        friction: 1.0,
        splitting,
        metropolized: true,
        precision: Precision::Double,
        every: 1,
    })
}

fn exchange(flow: Option<&str>) -> Entry {
    Entry::Exchange(Exchange { flow: flow.map(str::to_string), every: 1 })
}

fn worst(z: &[f64]) -> f64 {
    z.iter().fold(0.0, |most: f64, z| most.max(z.abs()))
}

#[test]
fn ordinary_exchange_keeps_every_rung_and_its_mutants_do_not() {
    let entries = [local(), exchange(None)];
    let (z, (accepted, attempted, _)) = run(&TEMPERATURES, &entries, None, None);
    assert!(worst(&z) < 4.5, "z-scores {z:?}");
    assert!(accepted > attempted / 4 && accepted < attempted, "{accepted} of {attempted}: nothing is tried");
    for (name, mutant) in [
        ("always", (|_, _| (0.0, 0.0)) as ExchangeMutant),
        ("half of delta_u", |delta_u, ratio| (0.5 * delta_u, ratio)),
        ("negated delta_u", |delta_u, ratio| (-delta_u, ratio)),
    ] {
        let (z, _) = run(&TEMPERATURES, &entries, None, Some(Mutant::Decision(mutant)));
        assert!(worst(&z) > 8.0, "exchange with `{name}` passes: {z:?}");
    }
    let (z, _) = run(&TEMPERATURES, &entries, None, Some(Mutant::UnscaledMomenta));
    let of_momenta: Vec<f64> = z.into_iter().skip(2).step_by(3).collect();
    assert!(worst(&of_momenta) > 8.0, "exchange without the scale of momenta passes: {of_momenta:?}");
}

#[test]
fn learned_exchange_keeps_every_rung_and_its_mutants_do_not() {
    let entries = [local(), exchange(Some("map"))];
    for upwards in [false, true] {
        let (z, (accepted, attempted, _)) = run(&TEMPERATURES, &entries, Some((map(&TEMPERATURES, true, upwards), upwards)), None);
        assert!(worst(&z) < 4.5, "upwards {upwards}: z-scores {z:?}");
        assert!(accepted > attempted / 10 && accepted < attempted, "{accepted} of {attempted}");
    }
    for (name, mutant) in [
        ("no Jacobian", (|delta_u, _| (delta_u, 0.0)) as ExchangeMutant),
        ("negated Jacobian", |delta_u, ratio| (delta_u, -ratio)),
        ("half of delta_u", |delta_u, ratio| (0.5 * delta_u, ratio)),
    ] {
        let (z, _) = run(&TEMPERATURES, &entries, Some((map(&TEMPERATURES, true, false), false)), Some(Mutant::Decision(mutant)));
        assert!(worst(&z) > 8.0, "learned exchange with `{name}` passes: {z:?}");
    }
}

#[test]
fn both_exchanges_together_are_exact() {
    let (z, _) =
        run(&TEMPERATURES, &[local(), exchange(None), exchange(Some("map"))], Some((map(&TEMPERATURES, true, false), false)), None);
    assert!(worst(&z) < 4.5, "z-scores {z:?}");
}

/// Between two Gaussians the affine map is perfect: the log ratio is 0 to rounding, and every exchange is accepted, if each energy is that of
/// its own rung.
#[test]
fn affine_exchange_between_gaussians_has_a_log_ratio_of_zero() {
    fn shown(delta_u: f64, ratio: f64) -> (f64, f64) {
        assert!((ratio - delta_u).abs() < 1e-12, "a log ratio of {}", ratio - delta_u);
        (delta_u, ratio)
    }
    for rungs in [TEMPERATURES, SPRINGS] {
        let entries = [local(), exchange(Some("map"))];
        let affine = map(&rungs, false, false);
        let (z, (accepted, attempted, probability)) = run(&rungs, &entries, Some((affine, false)), Some(Mutant::Decision(shown)));
        assert!(worst(&z) < 4.5, "z-scores {z:?}");
        assert_eq!(accepted, attempted);
        assert!((probability / attempted as f64 - 1.0).abs() < 1e-12);
    }
}

/// Moves of single particles, and trajectories, beside what changes momenta.
fn local_moves() -> [Entry; 2] {
    let displacement = Entry::Displacement(Displacement { count: Some(2), step: 1.2, tune: false, every: 1 });
    [displacement, Entry::Hmc(Hmc { count: 1, steps: 4, time_step: 0.25, tune: false, precision: Precision::Double, every: 1 })]
}

#[test]
fn exchange_of_scaled_potentials_keeps_every_rung_and_its_mutants_do_not() {
    for rungs in [WELLS, WARMER_WELLS] {
        for other in local_moves() {
            let (z, (accepted, attempted, _)) = run(&rungs, &[other, local(), exchange(None)], None, None);
            assert!(worst(&z) < 4.5, "z-scores {z:?}");
            assert!(accepted > attempted / 4 && accepted < attempted, "{accepted} of {attempted}: nothing is tried");
        }
    }
    let [displacement, _] = local_moves();
    let entries = [displacement, local(), exchange(None)];
    for (name, mutant) in [
        // At one temperature that is delta_u where both configurations keep the energies of their own rungs.
        ("energies that are not those of the other rung", (|_, _| (0.0, 0.0)) as ExchangeMutant),
        ("half of delta_u", |delta_u, ratio| (0.5 * delta_u, ratio)),
        ("negated delta_u", |delta_u, ratio| (-delta_u, ratio)),
    ] {
        let (z, _) = run(&WELLS, &entries, None, Some(Mutant::Decision(mutant)));
        let of_positions: Vec<f64> = z.into_iter().step_by(3).collect();
        assert!(worst(&of_positions) > 8.0, "exchange with `{name}` passes: {of_positions:?}");
    }
    for (moment, mutant) in [(1, Mutant::EnergyOfTheOtherRung), (2, Mutant::UnscaledMomenta)] {
        let (z, _) = run(&WARMER_WELLS, &entries, None, Some(mutant));
        let of_moment: Vec<f64> = z.into_iter().skip(moment).step_by(3).collect();
        assert!(worst(&of_moment) > 8.0, "exchange that leaves energies or momenta as they are passes: {of_moment:?}");
    }
}

#[test]
fn learned_exchange_of_scaled_potentials_keeps_every_rung_and_its_mutants_do_not() {
    let entries = [local(), exchange(None), exchange(Some("map"))];
    for (rungs, upwards) in [(SPRINGS, false), (SPRINGS, true), (WELLS, false)] {
        let (z, (accepted, attempted, _)) = run(&rungs, &entries, Some((map(&rungs, true, upwards), upwards)), None);
        assert!(worst(&z) < 4.5, "upwards {upwards}: z-scores {z:?}");
        assert!(accepted > attempted / 10 && accepted < attempted, "{accepted} of {attempted}");
    }
    let entries = [local(), exchange(Some("map"))];
    for (name, mutant) in
        [("no Jacobian", (|delta_u, _| (delta_u, 0.0)) as ExchangeMutant), ("half of delta_u", |delta_u, ratio| (0.5 * delta_u, ratio))]
    {
        let (z, _) = run(&SPRINGS, &entries, Some((map(&SPRINGS, true, false), false)), Some(Mutant::Decision(mutant)));
        assert!(worst(&z) > 8.0, "learned exchange with `{name}` passes: {z:?}");
    }
}

/// With forces of another rung, or of unscaled terms, short steps would be rejected by their energy.
#[test]
fn dynamics_of_a_rung_follows_its_own_forces() {
    let (particles, cell) = (Particles::alike("A", 1, MASS), Cell::open(2));
    let generators = Generators::new();
    for precision in [Precision::Double, Precision::Mixed] {
        let splitting = Splitting::new("OBABO").expect("letters");
        let entries = [
            Entry::Langevin(Langevin { steps: 20, time_step: 0.02, friction: 1.0, splitting, metropolized: true, precision, every: 1 }),
            Entry::Hmc(Hmc { count: 2, steps: 20, time_step: 0.02, tune: false, precision, every: 1 }),
        ];
        for (rung, potential) in WARMER_WELLS.iter().zip(potentials(&WARMER_WELLS, &particles, &cell)) {
            // A walker alone, and so many that they are side by side in lanes.
            for walkers in [1, 16] {
                let walker = |mut random: Random| {
                    let positions = Vectors::from_row(2, &rung.draw(&mut random));
                    let mut state = Microstate::new(Configuration { positions, cell: cell.clone() });
                    state.draw_momenta(&particles, 1.0 / rung.kt, &mut random);
                    Walker::new(state, random, entries.len(), &potential)
                };
                let thermodynamic_state = ThermodynamicState { beta: 1.0 / rung.kt, pressure: None };
                let mut chains = Chains {
                    walkers: streams(3, walkers).into_iter().map(walker).collect(),
                    parameters: entries.iter().map(|entry| entry.parameter()).collect(),
                    entries: entries.to_vec().into(),
                    environment: Environment::new(&potential, &particles, thermodynamic_state),
                };
                chains.sweep(1, 200, &Trained::generators(&generators)).expect("finite states");
                for (entry, tally) in entries.iter().zip(chains.totals()) {
                    let probability = tally.mean_probability().expect("attempts");
                    assert!(probability > 0.995, "{}, {walkers} walkers: accepted with {probability}", entry.name());
                }
            }
        }
    }
}

/// Five particles that do not interact at three temperatures and pressures: V ~ Gamma(6, kT / P) in each rung.
fn gas(mutant: Option<ExchangeMutant>) -> Vec<f64> {
    const N: usize = 5;
    const GAS: [(f64, f64); 3] = [(1.0, 0.5), (1.0, 0.9), (1.6, 0.9)];
    let (particles, cell) = (Particles::alike("A", N, 1.0), Cell::orthorhombic(&[2.0; 3]).expect("a cell"));
    let potential = PotentialSum::new(&[], &particles, &cell);
    let (measure, shape) = (VolumeMeasure::Logarithmic, VolumeShape::Isotropic);
    let entries =
        [Entry::Volume(Volume { count: 1, step: 1.0, measure, shape, largest_aspect: None, tune: false, every: 1 }), exchange(None)];
    let generators = Generators::new();
    let trained = Trained::generators(&generators);
    let means: Vec<Vec<f64>> = (0..LADDERS)
        .into_par_iter()
        .map(|number| {
            let mut random = streams(5000 + number as u64, GAS.len() + 1);
            let exchange_random = random.pop().expect("a stream");
            let rungs = GAS.iter().zip(random).map(|(&(kt, pressure), random)| {
                let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: Some(pressure) };
                let environment = Environment::new(&potential, &particles, thermodynamic_state);
                let state = Microstate::new(Configuration { positions: Vectors::zeros(3, N), cell: cell.clone() });
                let walkers = vec![Walker::new(state, random, entries.len(), &potential)];
                Chains {
                    walkers,
                    parameters: entries.iter().map(|entry| entry.parameter()).collect(),
                    entries: entries.to_vec().into(),
                    environment: environment.clone(),
                }
            });
            let mut exchanges = Exchanges::new(exchange_random, &[1; GAS.len()], [0, GAS.len() - 1].into_iter());
            exchanges.mutant = mutant;
            let mut ladder = Ladder { rungs: rungs.collect(), exchanges };
            // Several sweeps in one go, as runs do.
            ladder.sweep(1, 100, &trained).expect("finite states");
            let mut sums = vec![0.0; GAS.len()];
            for sweep in 0..SWEEPS {
                ladder.sweep(101 + 2 * sweep, 2, &trained).expect("finite states");
                sums.iter_mut().zip(ladder.walkers()).for_each(|(sum, walker)| *sum += walker.state.volume() / SWEEPS as f64);
            }
            sums
        })
        .collect();
    let z = |rung: usize| {
        let values: Vec<f64> = means.iter().map(|m| m[rung]).collect();
        let mean = values.iter().sum::<f64>() / LADDERS as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (LADDERS - 1) as f64;
        z_score(mean, (variance / LADDERS as f64).sqrt(), (N + 1) as f64 * GAS[rung].0 / GAS[rung].1)
    };
    (0..GAS.len()).map(z).collect()
}

#[test]
fn exchange_of_pressures_keeps_every_rung_and_its_mutant_does_not() {
    let z = gas(None);
    assert!(worst(&z) < 4.5, "z-scores {z:?}");
    let z = gas(Some(|delta_u, ratio| (0.5 * delta_u, ratio)));
    assert!(worst(&z) > 8.0, "half of delta_u passes: {z:?}");
}
