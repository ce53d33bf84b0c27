//! Exact starts stay exact: thousands of short chains from exact samples, then the exact law again (Kolmogorov-Smirnov), for each move
//! and for the move broken. No burn-in can excuse a deviation here.

#[path = "common/flow.rs"]
mod flow;
#[path = "common/maps.rs"]
mod maps;

use flow::flow_near_identity;
use maps::{exchange_flow, jump_flows, map_between};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{
    Displacement, Exchange, GeneratorDraw, Hmc, Langevin, LatentWalk, ModeJump, Proposal, Volume, VolumeMeasure, VolumeShape,
};
use mcflow_engine::observers::{Axis, Condition, Coordinate, State, Variable};
use mcflow_engine::statistics::{kolmogorov_smirnov, normal_cumulative};
use mcflow_engine::{
    Chains, Entry, Environment, ExchangeMutant, Exchanges, Generators, Ladder, Microstate, Random, ThermodynamicState, Trained, Walker,
    normal, streams,
};
use mcflow_potentials::{Cell, Configuration, HarmonicRestraint, Particles, PotentialSum, Precision, Term, Vectors};
use rand::RngExt;

const CHAINS: usize = 8000;
const SWEEPS: u64 = 4;
const KT: f64 = 1.3;
const STIFFNESS: f64 = 2.0;

/// The state of all configurations whose first particle has its x between two numbers.
fn state(name: &str, low: f64, high: f64) -> State {
    let x = Variable::Coordinate(Coordinate { particle: 0, axis: Axis::X });
    State { name: name.to_string(), condition: Condition::Between(x, low, high) }
}

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
    let environment = Environment::new(&potential, particles, thermodynamic_state).with_mutant(mutant);
    let walkers = states.into_iter().zip(random).map(|(s, r)| Walker::new(s, r, entries.len(), &potential)).collect();
    let parameters = entries.iter().map(|entry| entry.parameter()).collect();
    let mut chains = Chains { walkers, parameters, entries: entries.to_vec().into(), environment: environment.clone() };
    // Three states in a row, the middle one with two ways.
    let (mut generators, flows) = jump_flows(
        &[(1, 0, map_between(&[0.0, 0.0], &[-0.9, 0.0], 0.6, 7)), (1, 2, map_between(&[0.0, 0.0], &[0.8, 0.0], 0.7, 8))],
        2,
        &[None, None],
    );
    generators.insert("flow".to_string(), flow_near_identity(2, 5).into());
    let states = [state("left", -50.0, -0.5), state("middle", -0.5, 0.4), state("right", 0.4, 50.0)];
    chains.sweep(1, SWEEPS, &Trained { generators: &generators, flows: &flows, states: &states }).expect("finite states");
    chains.walkers.iter().map(|w| number(&w.state)).collect()
}

fn dropped(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = 0.0;
}

/// One particle on a spring in two dimensions, positions and momenta exact.
fn spring(random: &mut Random, particles: &Particles, kt: f64) -> Microstate {
    let spread = (kt / STIFFNESS).sqrt();
    let positions = Vectors::from_row(2, &[spread * normal(random), spread * normal(random)]);
    let mut state = Microstate::new(Configuration { positions, cell: Cell::open(2) });
    state.draw_momenta(particles, 1.0 / kt, random);
    state
}

#[test]
fn moves_on_a_spring_keep_exact_starts_exact() {
    let particles = Particles::alike("A", 1, 1.7);
    let terms = [Term::HarmonicRestraint(HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 2]] })];
    let langevin = |letters: &str| {
        Entry::Langevin(Langevin {
            steps: 4,
            time_step: 1.1,
            friction: 0.8,
            splitting: Splitting::new(letters).expect("letters"),
            metropolized: true,
            precision: Precision::Double,
            every: 1,
        })
    };
    let flow = || "flow".to_string();
    let moves = [
        ("displacement", Entry::Displacement(Displacement { count: Some(3), step: 1.5, tune: false, every: 1 }), false),
        ("HMC", Entry::Hmc(Hmc { count: 2, steps: 2, time_step: 1.1, tune: false, precision: Precision::Double, every: 1 }), true),
        ("OBABO", langevin("OBABO"), true),
        ("BAOAB", langevin("BAOAB"), true),
        ("draws", Entry::GeneratorDraw(GeneratorDraw { flow: flow(), count: 2, tries: 1, tune: false, every: 1 }), true),
        ("latent walk", Entry::LatentWalk(LatentWalk { flow: flow(), count: 3, step: 0.8, tune: false, every: 1 }), true),
        ("mode jumps", Entry::ModeJump(ModeJump { flow: "jump".to_string(), count: 2, tune: false, every: 1 }), true),
    ];
    // The radius sees a wrong spread, x a wrong mean, the product of x and p a wrong coupling.
    let energy_law = |r2: f64| 1.0 - (-r2 * STIFFNESS / (2.0 * KT)).exp();
    let x_law = |x: f64| normal_cumulative(x / (KT / STIFFNESS).sqrt());
    let p_law = |p: f64| normal_cumulative(p / (1.7 * KT).sqrt());
    for (name, entry, has_ratio) in moves {
        let entries = [entry];
        let start = |random: &mut Random| spring(random, &particles, KT);
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

#[test]
fn exchanges_on_a_spring_keep_exact_starts_exact() {
    /// kT of the two rungs.
    const RUNGS: [f64; 2] = [0.6, 1.8];
    let particles = Particles::alike("A", 1, 1.7);
    let terms = [Term::HarmonicRestraint(HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 2]] })];
    let potential = PotentialSum::new(&terms, &particles, &Cell::open(2));
    // From the upper rung to the lower one: about the right scale.
    let map = map_between(&[0.0, 0.0], &[0.1, 0.0], 0.7, 9);
    let flows = [exchange_flow(1, 0, map.clone().into())];
    let generators: Generators = [("map".to_string(), map.into())].into();
    let trained = Trained { generators: &generators, flows: &flows, states: &[] };

    // The least p-value of r^2, x and p over both rungs; where not `scaled`, momenta have gone with their configuration as they were.
    let least = |flow: Option<&str>, mutant: Option<ExchangeMutant>, scaled: bool| -> f64 {
        let entries = [Entry::Exchange(Exchange { flow: flow.map(str::to_string), every: 1 })];
        let mut random = streams(6, 2 * CHAINS + 1).into_iter();
        let mut exchanges = Exchanges::new(random.next().expect("a stream"), &[CHAINS; 2], [1].into_iter());
        exchanges.mutant = mutant;
        let rungs = RUNGS.map(|kt| {
            let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: None };
            let environment = Environment::new(&potential, &particles, thermodynamic_state);
            let walkers = random.by_ref().take(CHAINS).map(|mut random| {
                let state = spring(&mut random, &particles, kt);
                Walker::new(state, random, 1, &potential)
            });
            Chains { walkers: walkers.collect(), parameters: vec![0.0], entries: entries.to_vec().into(), environment: environment.clone() }
        });
        let mut ladder = Ladder { rungs: rungs.into(), exchanges };
        ladder.sweep(1, SWEEPS, &trained).expect("finite states");
        let home = |walker: usize| ladder.exchanges.replicas[walker] as usize / CHAINS;
        let mut least = 1.0f64;
        for (rung, kt) in RUNGS.into_iter().enumerate() {
            // Nothing else changes momenta: without a scale they are those of the rung where they were drawn.
            let scale = |w: usize| if scaled { 1.0 } else { (RUNGS[home(rung * CHAINS + w)] / kt).sqrt() };
            let states = || ladder.rungs[rung].walkers.iter().map(|walker| &walker.state);
            let r2: Vec<f64> = states().map(|s| s.configuration.positions.row().iter().map(|x| x * x).sum()).collect();
            let x: Vec<f64> = states().map(|s| s.configuration.positions.get(0)[0]).collect();
            let p: Vec<f64> = states().enumerate().map(|(w, s)| s.momenta.get(0)[1] * scale(w)).collect();
            let laws = [
                kolmogorov_smirnov(&r2, |r2| 1.0 - (-r2 * STIFFNESS / (2.0 * kt)).exp()),
                kolmogorov_smirnov(&x, |x| normal_cumulative(x / (kt / STIFFNESS).sqrt())),
                kolmogorov_smirnov(&p, |p| normal_cumulative(p / (1.7 * kt).sqrt())),
            ];
            least = laws.into_iter().fold(least, |least, law| least.min(law.expect("numbers").p_value));
        }
        let tally = ladder.exchanges.tallies[0][0];
        assert!(tally.accepted > tally.attempted / 10, "{tally:?}: nothing is tried");
        least
    };
    let half: ExchangeMutant = |delta_u, ratio| (0.5 * delta_u, ratio);
    let no_jacobian: ExchangeMutant = |delta_u, _| (delta_u, 0.0);
    for (name, flow, mutant) in [("half of delta_u", None, half), ("no Jacobian", Some("map"), no_jacobian)] {
        let p_value = least(flow, None, true);
        assert!(p_value > 1e-4, "exchange through {flow:?}: p = {p_value:.1e}");
        let p_value = least(flow, Some(mutant), true);
        assert!(p_value < 1e-8, "exchange through {flow:?} with `{name}` passes: p = {p_value:.1e}");
    }
    let p_value = least(None, None, false);
    assert!(p_value < 1e-8, "exchange without the scale of momenta passes: p = {p_value:.1e}");
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
        let entries =
            [Entry::Volume(Volume { count: 8, step, measure, shape: VolumeShape::Isotropic, largest_aspect: None, tune: false, every: 1 })];
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
