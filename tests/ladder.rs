//! Exchange between rungs, ordinary and learned, on Gaussians of known width: every rung is judged, and every exchange broken in turn.

#[path = "common/flow.rs"]
mod flow;

use flow::flow_near_identity;
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{VolumeMeasure, VolumeShape};
use mcflow_engine::observers::{Axis, Condition, State, Variable};
use mcflow_engine::statistics::z_score;
use mcflow_engine::{
    Chains, Entry, Environment, ExchangeMutant, Exchanges, FlowPlan, FlowSource, Generators, Ladder, Microstate, Role, ThermodynamicState,
    Trained, Walker, normal, streams,
};
use mcflow_flows::{Architecture, Generator, Prior};
use mcflow_potentials::{Cell, Configuration, HarmonicRestraint, Particles, PotentialSum, Precision, Term, Vectors};
use rayon::prelude::*;

const STIFFNESS: f64 = 2.0;
/// Temperatures, and walkers of each rung: not as many everywhere, so that some are left out of an exchange.
const RUNGS: [(f64, usize); 3] = [(0.7, 2), (1.3, 3), (2.4, 1)];
const LADDERS: usize = 300;
const SWEEPS: u64 = 1000;

fn spread(kt: f64) -> f64 {
    (kt / STIFFNESS).sqrt()
}

/// A map from the hottest rung to the coldest, or the other way: the right scale, and a distortion where `distorted`.
fn map(distorted: bool, upwards: bool) -> Generator {
    let mut map = if distorted {
        flow_near_identity(2, 9)
    } else {
        let architecture = Architecture::RealNvp { blocks: 1, hidden: vec![4], activation: Default::default(), scale_bound: 2.0, on: None };
        Generator::new(&architecture, Prior::Gaussian, 2, 1)
    };
    let (hot, cold) = (spread(RUNGS[2].0), spread(RUNGS[0].0));
    let (from, to) = if upwards { (cold, hot) } else { (hot, cold) };
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
}

/// Takes the scale of momenta out of all walkers whose replica was in another rung `before` the last exchanges.
fn unscale_momenta(ladder: &mut Ladder, before: &[u32]) {
    let rungs: Vec<usize> = RUNGS.iter().enumerate().flat_map(|(rung, &(_, walkers))| vec![rung; walkers]).collect();
    let walkers = ladder.rungs.iter_mut().flat_map(|chains| &mut chains.walkers);
    for ((walker, replica), &rung) in walkers.zip(&ladder.exchanges.replicas).zip(&rungs) {
        let place = before.iter().position(|other| other == replica).expect("a replica is somewhere");
        let scale = (RUNGS[rungs[place]].0 / RUNGS[rung].0).sqrt();
        walker.state.momenta.row_mut().iter_mut().for_each(|p| *p *= scale);
    }
}

/// z-scores of <x^2>, <U^2>, and <p^2> at each rung; accepted, attempted and summed probability of all exchanges.
fn run(entries: &[Entry], map: Option<(Generator, bool)>, mutant: Option<Mutant>) -> (Vec<f64>, (u64, u64, f64)) {
    let restraint = HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 2]] };
    let (particles, cell) = (Particles::alike("A", 1, 1.5), Cell::open(2));
    let potential = PotentialSum::new(&[Term::HarmonicRestraint(restraint)], &particles, &cell);
    let generators: Generators = map.iter().map(|(map, _)| ("map".to_string(), map.clone().into())).collect();
    let flows: Vec<FlowPlan> = map
        .into_iter()
        .map(|(map, upwards)| FlowPlan {
            name: "map".to_string(),
            role: if upwards { Role::Exchange { from: 0, to: 2 } } else { Role::Exchange { from: 2, to: 0 } },
            source: FlowSource::Trained(Box::new(map.into())),
            assessment_draws: 0,
        })
        .collect();
    let x = Variable::Coordinate { particle: 0, axis: Axis::X };
    let states = [State { name: "right".to_string(), condition: Condition::Above(x, 0.0) }];
    let trained = Trained { generators: &generators, flows: &flows, states: &states };
    let walkers_in_all: usize = RUNGS.iter().map(|rung| rung.1).sum();
    let results: Vec<(Vec<f64>, (u64, u64, f64))> = (0..LADDERS)
        .into_par_iter()
        .map(|number| {
            let mut random = streams(1000 + number as u64, walkers_in_all + 1);
            let exchange_random = random.pop().expect("a stream");
            let mut random = random.into_iter();
            let rungs = RUNGS.iter().map(|&(kt, walkers)| {
                let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: None };
                let environment = Environment { potential: &potential, particles: &particles, thermodynamic_state, mutant: None };
                let walkers = random.by_ref().take(walkers).map(|mut random| {
                    let mut state = Microstate::new(Configuration { positions: Vectors::zeros(2, 1), cell: cell.clone() });
                    state.configuration.positions.row_mut().iter_mut().for_each(|x| *x = spread(kt) * normal(&mut random));
                    state.draw_momenta(&particles, 1.0 / kt, &mut random);
                    Walker::new(state, random, entries.len(), &potential)
                });
                Chains { walkers: walkers.collect(), parameters: entries.iter().map(Entry::parameter).collect(), entries, environment }
            });
            let rungs = rungs.collect();
            let pairs = entries.iter().map(|entry| match entry {
                Entry::Exchange { flow: None, .. } => RUNGS.len() - 1,
                Entry::Exchange { flow: Some(_), .. } => 1,
                _ => 0,
            });
            let mut exchanges = Exchanges::new(exchange_random, walkers_in_all, pairs);
            if let Some(Mutant::Decision(mutant)) = mutant {
                exchanges.mutant = Some(mutant);
            }
            let mut ladder = Ladder { rungs, exchanges };
            let mut sums = vec![0.0; 3 * RUNGS.len()];
            for sweep in 1..=SWEEPS {
                let before = ladder.exchanges.replicas.clone();
                ladder.sweep(sweep, 1, &trained).expect("finite states");
                if let Some(Mutant::UnscaledMomenta) = mutant {
                    unscale_momenta(&mut ladder, &before);
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
    for (rung, (kt, _)) in RUNGS.iter().enumerate() {
        // Two coordinates: <x^2> = 2 kT/k, <U^2> = 2 (kT)^2, <p^2> = 2 m kT.
        for (k, expected) in [2.0 * kt / STIFFNESS, 2.0 * kt * kt, 2.0 * 1.5 * kt].into_iter().enumerate() {
            let values: Vec<f64> = results.iter().map(|r| r.0[3 * rung + k]).collect();
            let mean = values.iter().sum::<f64>() / LADDERS as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (LADDERS - 1) as f64;
            let error = (variance / LADDERS as f64).sqrt();
            assert!(error < 0.03 * expected, "an error of {error} sees nothing");
            z.push(z_score(mean, error, expected));
        }
    }
    (z, results.iter().fold((0, 0, 0.0), |sum, (_, t)| (sum.0 + t.0, sum.1 + t.1, sum.2 + t.2)))
}

fn local() -> Entry {
    let splitting = Splitting::new("OBABO").expect("letters");
    Entry::Langevin { steps: 1, time_step: 0.6, friction: 1.0, splitting, metropolized: true, precision: Precision::Double, every: 1 }
}

fn exchange(flow: Option<&str>) -> Entry {
    Entry::Exchange { flow: flow.map(str::to_string), every: 1 }
}

fn worst(z: &[f64]) -> f64 {
    z.iter().fold(0.0, |most: f64, z| most.max(z.abs()))
}

#[test]
fn ordinary_exchange_keeps_every_rung_and_its_mutants_do_not() {
    let entries = [local(), exchange(None)];
    let (z, (accepted, attempted, _)) = run(&entries, None, None);
    assert!(worst(&z) < 4.5, "z-scores {z:?}");
    assert!(accepted > attempted / 4 && accepted < attempted, "{accepted} of {attempted}: nothing is tried");
    for (name, mutant) in [
        ("always", (|_, _| (0.0, 0.0)) as ExchangeMutant),
        ("half of delta_u", |delta_u, ratio| (0.5 * delta_u, ratio)),
        ("negated delta_u", |delta_u, ratio| (-delta_u, ratio)),
    ] {
        let (z, _) = run(&entries, None, Some(Mutant::Decision(mutant)));
        assert!(worst(&z) > 8.0, "exchange with `{name}` passes: {z:?}");
    }
    let (z, _) = run(&entries, None, Some(Mutant::UnscaledMomenta));
    let of_momenta: Vec<f64> = z.into_iter().skip(2).step_by(3).collect();
    assert!(worst(&of_momenta) > 8.0, "exchange without the scale of momenta passes: {of_momenta:?}");
}

#[test]
fn learned_exchange_keeps_every_rung_and_its_mutants_do_not() {
    let entries = [local(), exchange(Some("map"))];
    for upwards in [false, true] {
        let (z, (accepted, attempted, _)) = run(&entries, Some((map(true, upwards), upwards)), None);
        assert!(worst(&z) < 4.5, "upwards {upwards}: z-scores {z:?}");
        assert!(accepted > attempted / 10 && accepted < attempted, "{accepted} of {attempted}");
    }
    for (name, mutant) in [
        ("no Jacobian", (|delta_u, _| (delta_u, 0.0)) as ExchangeMutant),
        ("negated Jacobian", |delta_u, ratio| (delta_u, -ratio)),
        ("half of delta_u", |delta_u, ratio| (0.5 * delta_u, ratio)),
    ] {
        let (z, _) = run(&entries, Some((map(true, false), false)), Some(Mutant::Decision(mutant)));
        assert!(worst(&z) > 8.0, "learned exchange with `{name}` passes: {z:?}");
    }
}

#[test]
fn both_exchanges_together_are_exact() {
    let (z, _) = run(&[local(), exchange(None), exchange(Some("map"))], Some((map(true, false), false)), None);
    assert!(worst(&z) < 4.5, "z-scores {z:?}");
}

/// Between two Gaussians the affine map is perfect: the log ratio is 0 to rounding, and every exchange is accepted.
#[test]
fn affine_exchange_between_gaussians_has_a_log_ratio_of_zero() {
    fn shown(delta_u: f64, ratio: f64) -> (f64, f64) {
        assert!((ratio - delta_u).abs() < 1e-12, "a log ratio of {}", ratio - delta_u);
        (delta_u, ratio)
    }
    let (z, (accepted, attempted, probability)) =
        run(&[local(), exchange(Some("map"))], Some((map(false, false), false)), Some(Mutant::Decision(shown)));
    assert!(worst(&z) < 4.5, "z-scores {z:?}");
    assert_eq!(accepted, attempted);
    assert!((probability / attempted as f64 - 1.0).abs() < 1e-12);
}

/// Five particles that do not interact at three temperatures and pressures: V ~ Gamma(6, kT / P) in each rung.
fn gas(mutant: Option<ExchangeMutant>) -> Vec<f64> {
    const N: usize = 5;
    const GAS: [(f64, f64); 3] = [(1.0, 0.5), (1.0, 0.9), (1.6, 0.9)];
    let (particles, cell) = (Particles::alike("A", N, 1.0), Cell::orthorhombic(&[2.0; 3]).expect("a cell"));
    let potential = PotentialSum::new(&[], &particles, &cell);
    let (measure, shape) = (VolumeMeasure::Logarithmic, VolumeShape::Isotropic);
    let entries = [Entry::Volume { count: 1, step: 1.0, measure, shape, tune: false, every: 1 }, exchange(None)];
    let generators = Generators::new();
    let trained = Trained::generators(&generators);
    let means: Vec<Vec<f64>> = (0..LADDERS)
        .into_par_iter()
        .map(|number| {
            let mut random = streams(5000 + number as u64, GAS.len() + 1);
            let exchange_random = random.pop().expect("a stream");
            let rungs = GAS.iter().zip(random).map(|(&(kt, pressure), random)| {
                let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: Some(pressure) };
                let environment = Environment { potential: &potential, particles: &particles, thermodynamic_state, mutant: None };
                let state = Microstate::new(Configuration { positions: Vectors::zeros(3, N), cell: cell.clone() });
                let walkers = vec![Walker::new(state, random, entries.len(), &potential)];
                Chains { walkers, parameters: entries.iter().map(Entry::parameter).collect(), entries: &entries, environment }
            });
            let mut exchanges = Exchanges::new(exchange_random, GAS.len(), [0, GAS.len() - 1].into_iter());
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
