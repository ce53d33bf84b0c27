//! Exact starts stay exact: thousands of short chains from exact samples, then the exact law again (Kolmogorov-Smirnov), for each move
//! and for the move broken. No burn-in can excuse a deviation here.

#[path = "common/flow.rs"]
mod flow;

use flow::flow_near_identity;
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{Proposal, VolumeMeasure, VolumeShape};
use mcflow_engine::statistics::{kolmogorov_smirnov, normal_cumulative};
use mcflow_engine::{Chains, Entry, Environment, Generators, Microstate, Random, ThermodynamicState, Trained, Walker, normal, streams};
use mcflow_potentials::{Cell, Configuration, HarmonicRestraint, Particles, PotentialSum, Precision, Term, Vectors};
use rand::RngExt;

const CHAINS: usize = 8000;
const SWEEPS: u64 = 4;
const KT: f64 = 1.3;
const STIFFNESS: f64 = 2.0;

/// Runs `entries` for a few sweeps from the states that `start` draws; returns a number of each end state.
fn ends(
    terms: &[Term],
    particles: &Particles,
    pressure: Option<f64>,
    entries: &[Entry],
    start: impl Fn(&mut Random) -> Microstate,
    mutant: Option<fn(&mut Proposal, &Microstate)>,
    number: fn(&Microstate) -> f64,
) -> Vec<f64> {
    let mut random = streams(5, CHAINS);
    let states: Vec<Microstate> = random.iter_mut().map(&start).collect();
    let potential = PotentialSum::new(terms, particles, &states[0].configuration.cell);
    let thermodynamic_state = ThermodynamicState { beta: 1.0 / KT, pressure };
    let environment = Environment { potential: &potential, particles, thermodynamic_state, mutant };
    let walkers = states.into_iter().zip(random).map(|(s, r)| Walker::new(s, r, entries.len(), &potential)).collect();
    let parameters = entries.iter().map(Entry::parameter).collect();
    let mut chains = Chains { walkers, parameters, entries, environment };
    let generators: Generators = [("flow".to_string(), flow_near_identity(2, 5).into())].into();
    chains.sweep(1, SWEEPS, &Trained::generators(&generators)).expect("finite states");
    chains.walkers.iter().map(|w| number(&w.state)).collect()
}

fn dropped(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = 0.0;
}

/// One particle on a spring in two dimensions, positions and momenta exact.
fn spring(random: &mut Random, particles: &Particles) -> Microstate {
    let spread = (KT / STIFFNESS).sqrt();
    let positions = Vectors::from_row(2, &[spread * normal(random), spread * normal(random)]);
    let mut state = Microstate::new(Configuration { positions, cell: Cell::open(2) });
    state.draw_momenta(particles, 1.0 / KT, random);
    state
}

#[test]
fn moves_on_a_spring_keep_exact_starts_exact() {
    let particles = Particles::alike("A", 1, 1.7);
    let terms = [Term::HarmonicRestraint(HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 2]] })];
    let langevin = |letters: &str| Entry::Langevin {
        steps: 4,
        time_step: 1.1,
        friction: 0.8,
        splitting: Splitting::new(letters).expect("letters"),
        metropolized: true,
        precision: Precision::Double,
        every: 1,
    };
    let flow = || "flow".to_string();
    let moves = [
        ("displacement", Entry::Displacement { count: Some(3), step: 1.5, tune: false, every: 1 }, false),
        ("HMC", Entry::Hmc { count: 2, steps: 2, time_step: 1.1, tune: false, precision: Precision::Double, every: 1 }, true),
        ("OBABO", langevin("OBABO"), true),
        ("BAOAB", langevin("BAOAB"), true),
        ("draws", Entry::GeneratorDraw { flow: flow(), count: 2, every: 1 }, true),
        ("latent walk", Entry::LatentWalk { flow: flow(), count: 3, step: 0.8, tune: false, every: 1 }, true),
    ];
    // The radius sees a wrong spread, x a wrong mean, the product of x and p a wrong coupling.
    let energy_law = |r2: f64| 1.0 - (-r2 * STIFFNESS / (2.0 * KT)).exp();
    let x_law = |x: f64| normal_cumulative(x / (KT / STIFFNESS).sqrt());
    let p_law = |p: f64| normal_cumulative(p / (1.7 * KT).sqrt());
    for (name, entry, has_ratio) in moves {
        let entries = [entry];
        let start = |random: &mut Random| spring(random, &particles);
        let run = |mutant, number| ends(&terms, &particles, None, &entries, start, mutant, number);
        let r2 = |s: &Microstate| s.configuration.positions.row().iter().map(|x| x * x).sum::<f64>();
        let radius = kolmogorov_smirnov(&run(None, r2), energy_law).expect("numbers").p_value;
        let x = kolmogorov_smirnov(&run(None, |s| s.configuration.positions.get(0)[0]), x_law).expect("numbers").p_value;
        let p = kolmogorov_smirnov(&run(None, |s| s.momenta.get(0)[1]), p_law).expect("numbers").p_value;
        assert!(radius > 1e-4 && x > 1e-4 && p > 1e-4, "{name}: p-values {radius:.1e} (r^2), {x:.1e} (x), {p:.1e} (momentum)");
        if has_ratio {
            let radius = kolmogorov_smirnov(&run(Some(dropped), r2), energy_law).expect("numbers").p_value;
            let x = kolmogorov_smirnov(&run(Some(dropped), |s| s.configuration.positions.get(0)[0]), x_law).expect("numbers").p_value;
            assert!(radius.min(x) < 1e-8, "{name} without its ratio passes: p-values {radius:.1e} (r^2), {x:.1e} (x)");
        }
    }
}

/// A sum of n exponential numbers: Gamma(n, scale).
fn gamma(n: usize, scale: f64, random: &mut Random) -> f64 {
    (0..n).map(|_| -scale * (1.0 - random.random::<f64>()).ln()).sum()
}

/// Cumulative distribution of Gamma(n, scale) for whole n: 1 - sum_{k<n} e^-y y^k / k!.
fn gamma_cumulative(n: usize, y: f64) -> f64 {
    let mut term = (-y).exp();
    let mut sum = 0.0;
    for k in 0..n {
        sum += term;
        term *= y / (k + 1) as f64;
    }
    1.0 - sum
}

#[test]
fn volume_moves_keep_the_ideal_gas_exact() {
    const N: usize = 20;
    const PRESSURE: f64 = 0.5;
    fn one_less(proposal: &mut Proposal, _: &Microstate) {
        proposal.log_q_ratio *= 20.0 / 21.0;
    }
    let particles = Particles::alike("A", N, 1.0);
    let start = |random: &mut Random| {
        let length = gamma(N + 1, KT / PRESSURE, random).cbrt();
        let cell = Cell::orthorhombic(&[length; 3]).expect("a cell");
        Microstate::new(Configuration { positions: Vectors::zeros(3, N), cell })
    };
    let law = |v: f64| gamma_cumulative(N + 1, v * PRESSURE / KT);
    for (measure, step) in [(VolumeMeasure::Logarithmic, 0.6), (VolumeMeasure::Linear, 30.0)] {
        let entries = [Entry::Volume { count: 8, step, measure, shape: VolumeShape::Isotropic, tune: false, every: 1 }];
        let run = |mutant| {
            let volumes = ends(&[], &particles, Some(PRESSURE), &entries, start, mutant, |s| s.volume());
            kolmogorov_smirnov(&volumes, law).expect("numbers").p_value
        };
        let p_value = run(None);
        assert!(p_value > 1e-4, "{measure:?}: p = {p_value:.1e}");
        let broken = run(Some(if measure == VolumeMeasure::Logarithmic { one_less } else { dropped }));
        assert!(broken < 1e-8, "{measure:?} broken passes: p = {broken:.1e}");
    }
}
