//! Transition matrices in closed form against the moves themselves: on finite sets of points that jumps and exchanges never leave, and
//! between cells for draws. The closed forms know nothing of the engine; each is shown to keep its law, and a broken move must leave it.

#[path = "common/flow.rs"]
mod flow;
#[path = "common/maps.rs"]
mod maps;

use maps::{exchange_flow, jump_flows, map_between};
use mcflow_engine::moves::{Exchange, GeneratorDraw, ModeJump, Proposal};
use mcflow_engine::observers::{Axis, Condition, Coordinate, State, Variable};
use mcflow_engine::statistics::z_score;
use mcflow_engine::{
    Chains, Entry, Environment, ExchangeMutant, Exchanges, FlowPlan, Generators, Ladder, Microstate, Random, ThermodynamicState, Trained,
    Walker, normal, streams,
};
use mcflow_flows::{Activation, Architecture, Generator, Prior, RealNvp};
use mcflow_potentials::{Cell, Configuration, DoubleWell, HarmonicRestraint, Particles, PotentialSum, Term, Vectors};
use rayon::prelude::*;

type Matrix = Vec<Vec<f64>>;
type Counts = Vec<Vec<u64>>;

/// Largest |z| of an exact chain: the largest of a thousand lies beyond it once in 150 runs (and seeds are fixed).
const EXACT: f64 = 4.5;
/// Smallest largest |z| of a broken one.
const BROKEN: f64 = 8.0;

/// The matrix with 1 on the diagonal.
fn identity(n: usize) -> Matrix {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |row: &[f64], j: usize| row.iter().zip(b).map(|(p, row)| p * row[j]).sum();
    a.iter().map(|row| (0..b.len()).map(|j| entry(row, j)).collect()).collect()
}

/// Rows of `matrix` sum to 1 and pi P = pi.
fn must_be_stationary(pi: &[f64], matrix: &Matrix) {
    for (j, &p) in pi.iter().enumerate() {
        let row: f64 = matrix[j].iter().sum();
        let flow: f64 = pi.iter().zip(matrix).map(|(p, row)| p * row[j]).sum();
        assert!((row - 1.0).abs() < 1e-12 && (flow - p).abs() < 1e-12, "point {j}: a row of {row}, pi P = {flow} for {p}");
    }
}

/// pi_i P_ij = pi_j P_ji.
fn must_be_reversible(pi: &[f64], matrix: &Matrix) {
    for i in 0..pi.len() {
        for j in 0..i {
            let (there, back) = (pi[i] * matrix[i][j], pi[j] * matrix[j][i]);
            assert!((there - back).abs() < 1e-12, "{there} from {i} to {j}, {back} back");
        }
    }
}

/// The largest |z| of counts against n_i P_ij, which are multinomial in each row; infinite where the impossible happened, such as the last
/// count of a row where it has one more than the matrix: of those that left the set.
fn worst_z(counts: &Counts, matrix: &Matrix) -> f64 {
    let mut worst = 0.0f64;
    for (counts, row) in counts.iter().zip(matrix) {
        let n = counts.iter().sum::<u64>() as f64;
        for (&count, &p) in counts.iter().zip(row.iter().chain(&[0.0])) {
            // What is 0 or 1 but for rounding is certain.
            let p = if (p - p.round()).abs() < 1e-12 { p.round() } else { p };
            let error = (n * p * (1.0 - p)).sqrt();
            assert!(error == 0.0 || (error > 4.0 && error < 0.01 * n), "{n} are too few to judge a probability of {p}");
            worst = worst.max(z_score(count as f64, error, n * p).abs());
        }
    }
    worst
}

const WELL: DoubleWell = DoubleWell { linear: 0.3, quadratic: -1.0, quartic: 0.07, transverse: 0.8 };

fn energy([x, y]: [f64; 2]) -> f64 {
    WELL.linear * x + WELL.quadratic * x * x + WELL.quartic * x.powi(4) + 0.5 * WELL.transverse * y * y
}

/// kT of the chain with jumps, which is the lower rung of the ladder, and of the upper rung.
const KT: [f64; 2] = [4.0, 6.0];

/// Four states, each an interval of x that reaches into its neighbours, where the first one counts; below the first there is none.
const INTERVALS: [(f64, f64); 4] = [(-2.9, -0.5), (-1.0, 0.8), (0.5, 3.2), (3.0, 50.0)];
/// The states that maps join: 2, 2, 3 and 1 of them end in each.
const PAIRS: [(usize, usize); 4] = [(0, 1), (1, 2), (2, 0), (2, 3)];

fn counts_as(x: f64) -> Option<usize> {
    INTERVALS.iter().position(|&(low, high)| low < x && x < high)
}

fn ways_from(state: usize) -> f64 {
    PAIRS.iter().filter(|&&(a, b)| a == state || b == state).count() as f64
}

/// Centre and spreads of the first three states: maps between these are affine, c + s z to c' + s' z, so that the circle of all three
/// leads back to where it began.
const FRAMES: [([f64; 2], [f64; 2]); 3] = [([-2.2, 0.1], [0.6, 1.0]), ([-0.1, 0.0], [0.5, 0.7]), ([1.8, -0.2], [0.7, 1.3])];

/// x' = c' + s' (x - c) / s.
fn affine((c, s): ([f64; 2], [f64; 2]), (c_to, s_to): ([f64; 2], [f64; 2])) -> Generator {
    let architecture =
        Architecture::RealNvp(RealNvp { blocks: 1, hidden: vec![4], activation: Activation::Silu, scale_bound: 2.0, on: None });
    let mut map = Generator::new(&architecture, Prior::Gaussian, 2, 1);
    let around = |c: [f64; 2], s: [f64; 2]| [c[0] - s[0], c[1] - s[1], c[0] + s[0], c[1] + s[1]];
    map.standardise_source(&around(c, s));
    map.standardise(&around(c_to, s_to));
    map
}

/// The map from the third state to the fourth, whose Jacobian varies.
fn bent_map() -> Generator {
    map_between(&[1.8, 0.0], &[3.6, 0.0], 0.5, 7)
}

fn forward(map: &Generator, x: [f64; 2]) -> [f64; 2] {
    let mut to = [0.0; 2];
    map.forward(&x, &mut to, &mut [0.0]);
    to
}

/// |det df/dx| by differences.
fn determinant(map: &Generator, [x, y]: [f64; 2]) -> f64 {
    const STEP: f64 = 1e-4;
    let slope = |plus: [f64; 2], minus: [f64; 2]| [0, 1].map(|k| (plus[k] - minus[k]) / (2.0 * STEP));
    let by_x = slope(forward(map, [x + STEP, y]), forward(map, [x - STEP, y]));
    let by_y = slope(forward(map, [x, y + STEP]), forward(map, [x, y - STEP]));
    (by_x[0] * by_y[1] - by_x[1] * by_y[0]).abs()
}

/// A point of the finite set.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// Its place in its frame: maps lead to points with the same label alone.
    label: usize,
    /// The state that counts.
    state: Option<usize>,
    at: [f64; 2],
    /// The volume that maps make of a unit of volume of the label: exp(-u) times it is the weight of the point.
    volume: f64,
}

/// Labels of points. The second is in all four states; the others miss some, because another state counts there or because none does.
const LABELS: [[f64; 2]; 5] = [[-0.9, 0.5], [0.3, -0.8], [1.4, 0.2], [-1.4, -0.3], [1.9, 0.4]];

/// The points that jumps from these labels lead to. Where a map leads to another state than its own, or to none, there is no jump; a point
/// in no state is in the set all the same, and stays.
fn points(labels: &[[f64; 2]]) -> Vec<Point> {
    let mut points = Vec::new();
    for (label, z) in labels.iter().enumerate() {
        let mut places: Vec<([f64; 2], f64)> =
            FRAMES.iter().map(|(c, s)| ([c[0] + s[0] * z[0], c[1] + s[1] * z[1]], s[0] * s[1])).collect();
        let (from, volume) = places[2];
        places.push((forward(&bent_map(), from), volume * determinant(&bent_map(), from)));
        for (number, (at, volume)) in places.into_iter().enumerate() {
            let state = counts_as(at[0]);
            if state.is_none_or(|state| state == number) {
                points.push(Point { label, state, at, volume });
            }
        }
    }
    points
}

/// Of x in state a one of m_a maps is chosen; x' is accepted with min(1, m_a / m_b |det dx'/dx| exp(-delta_u)).
fn jump_matrix(points: &[Point]) -> Matrix {
    let mut matrix = identity(points.len());
    for (i, from) in points.iter().enumerate() {
        let Some(a) = from.state else { continue };
        for &(one, other) in PAIRS.iter().filter(|&&(one, other)| one == a || other == a) {
            let b = one + other - a;
            let Some(j) = points.iter().position(|to| to.label == from.label && to.state == Some(b)) else { continue };
            let delta_u = (energy(points[j].at) - energy(from.at)) / KT[0];
            let ratio = ways_from(a) / ways_from(b) * points[j].volume / from.volume * (-delta_u).exp();
            let p = ratio.min(1.0) / ways_from(a);
            matrix[i][j] += p;
            matrix[i][i] -= p;
        }
    }
    matrix
}

/// Weights, in all 1.
fn law(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let weights: Vec<f64> = weights.collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// What a run has: states and flows. `reversed` names the states in the other order, so that of two which overlap the last one counts.
struct Flows {
    states: Vec<State>,
    generators: Generators,
    flows: Vec<FlowPlan>,
}

impl Flows {
    fn new(exchange: Option<&Generator>, reversed: bool) -> Self {
        let mut states: Vec<State> = INTERVALS
            .iter()
            .enumerate()
            .map(|(k, &(low, high))| {
                let x = Variable::Coordinate(Coordinate { particle: 0, axis: Axis::X });
                State { name: format!("state {k}"), condition: Condition::Between(x, low, high) }
            })
            .collect();
        let number = |state: usize| if reversed { INTERVALS.len() - 1 - state } else { state };
        if reversed {
            states.reverse();
        }
        let map = |(a, b): (usize, usize)| if b < 3 { affine(FRAMES[a], FRAMES[b]) } else { bent_map() };
        let maps: Vec<(usize, usize, Generator)> = PAIRS.iter().map(|&(a, b)| (number(a), number(b), map((a, b)))).collect();
        let (mut generators, mut flows) = jump_flows(&maps, 2, &[None, None]);
        if let Some(map) = exchange {
            generators.insert("map".to_string(), map.clone().into());
            flows.push(exchange_flow(1, 0, map.clone().into()));
        }
        Self { states, generators, flows }
    }

    fn trained(&self) -> Trained<'_> {
        Trained { generators: &self.generators, flows: &self.flows, states: &self.states }
    }
}

fn walker(at: [f64; 2], random: Random, entries: usize, potential: &PotentialSum) -> Walker {
    let positions = Vectors::from_row(2, &at);
    Walker::new(Microstate::new(Configuration { positions, cell: Cell::open(2) }), random, entries, potential)
}

/// Which of `places` a walker is at, whose energy it must know; as many as there are places where it is at none.
fn place_of(walker: &Walker, places: &[[f64; 2]]) -> usize {
    let at = walker.state.configuration.positions.row();
    assert!((walker.state.energy - energy([at[0], at[1]])).abs() < 1e-8, "a walker with the energy of another point");
    let near = |to: &[f64; 2]| (to[0] - at[0]).abs() < 1e-9 && (to[1] - at[1]).abs() < 1e-9;
    places.iter().position(near).unwrap_or(places.len())
}

fn jump(count: usize) -> Entry {
    Entry::ModeJump(ModeJump { flow: "jump".to_string(), count, tune: false, every: 1 })
}

type Mutate = fn(&mut Proposal, &Microstate);

fn dropped(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = 0.0;
}
fn negated(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = -proposal.log_q_ratio;
}
/// As if each state had one way.
fn no_ways(proposal: &mut Proposal, state: &Microstate) {
    let here = counts_as(state.configuration.positions.get(0)[0]).expect("a state");
    proposal.log_q_ratio -= ways_from(here).ln();
}

/// Counts of `count` jumps from each point.
fn jumps(points: &[Point], count: usize, reversed: bool, mutant: Option<Mutate>) -> Counts {
    const RUNS: u64 = 60;
    const WALKERS: usize = 400;
    let places: Vec<[f64; 2]> = points.iter().map(|point| point.at).collect();
    let (particles, cell) = (Particles::alike("A", 1, 1.0), Cell::open(2));
    let potential = PotentialSum::new(&[Term::DoubleWell(WELL)], &particles, &cell);
    let thermodynamic_state = ThermodynamicState { beta: 1.0 / KT[0], pressure: None };
    let environment = Environment::new(&potential, &particles, thermodynamic_state).with_mutant(mutant);
    let (flows, entries) = (Flows::new(None, reversed), [jump(count)]);
    let none = || vec![vec![0; places.len() + 1]; places.len()];
    let run = |number: u64| {
        let random = streams(100 + number, WALKERS * places.len());
        let walkers = random.into_iter().enumerate().map(|(w, random)| walker(places[w % places.len()], random, 1, &potential)).collect();
        let mut chains = Chains { walkers, parameters: vec![0.0], entries: entries.to_vec().into(), environment: environment.clone() };
        chains.sweep(1, 1, &flows.trained()).expect("finite states");
        let mut counts = none();
        for (w, walker) in chains.walkers.iter().enumerate() {
            counts[w % places.len()][place_of(walker, &places)] += 1;
        }
        counts
    };
    (0..RUNS).into_par_iter().map(run).reduce(none, |mut sum, counts| {
        sum.iter_mut().flatten().zip(counts.iter().flatten()).for_each(|(sum, count)| *sum += count);
        sum
    })
}

#[test]
fn mode_jumps_have_their_transition_matrix_and_mutants_have_not() {
    let points = points(&LABELS);
    let once = jump_matrix(&points);
    let pi = law(points.iter().map(|point| point.volume * (-energy(point.at) / KT[0]).exp()));
    let thrice = product(&once, &product(&once, &once));
    for (count, matrix) in [(1, &once), (3, &thrice)] {
        must_be_stationary(&pi, matrix);
        must_be_reversible(&pi, matrix);
        let z = worst_z(&jumps(&points, count, false, None), matrix);
        assert!(z < EXACT, "{count} jumps are off by {z:.1} standard errors");
    }
    // The same states in the other order are exact too, but have another matrix: it matters which one counts.
    let z = worst_z(&jumps(&points, 1, true, None), &once);
    assert!(z > BROKEN, "the last state counts, and nothing is seen (|z| = {z:.1})");
    for (name, mutant) in [("dropped", dropped as Mutate), ("negated", negated), ("no ways", no_ways)] {
        let z = worst_z(&jumps(&points, 1, false, Some(mutant)), &once);
        assert!(z > BROKEN, "jumps with `{name}` pass (|z| = {z:.1})");
    }
}

/// Points of the upper rung: those of the lower one, or what the map from the upper to the lower rung makes of them backwards, with the
/// volume there of a unit of volume in the lower rung.
fn upper_points(points: &[Point], map: Option<&Generator>) -> Vec<([f64; 2], f64)> {
    let backward = |point: &Point| {
        let Some(map) = map else { return (point.at, 1.0) };
        let mut at = [0.0; 2];
        map.inverse(&point.at, &mut at, &mut [0.0]);
        (at, 1.0 / determinant(map, at))
    };
    points.iter().map(backward).collect()
}

/// Point i in the lower rung and j in the upper one become j and i, with min(1, |det df^-1/dx_i| |det df/dy_j| exp(-delta_u)); the pair
/// (i, j) has the number n i + j.
fn exchange_matrix(points: &[Point], upper: &[([f64; 2], f64)]) -> Matrix {
    let n = points.len();
    let mut matrix = identity(n * n);
    for i in 0..n {
        for j in 0..n {
            let delta_lower = (energy(points[j].at) - energy(points[i].at)) / KT[0];
            let delta_upper = (energy(upper[i].0) - energy(upper[j].0)) / KT[1];
            let p = (upper[i].1 / upper[j].1 * (-delta_lower - delta_upper).exp()).min(1.0);
            matrix[n * i + j][n * j + i] += p;
            matrix[n * i + j][n * i + j] -= p;
        }
    }
    matrix
}

/// Counts from each pair of points: a jump in the lower rung, then an exchange.
fn ladder(points: &[Point], map: Option<&Generator>, mutant: Option<ExchangeMutant>) -> Counts {
    const WALKERS: usize = 6_500;
    let lower: Vec<[f64; 2]> = points.iter().map(|point| point.at).collect();
    let upper: Vec<[f64; 2]> = upper_points(points, map).into_iter().map(|(at, _)| at).collect();
    let n = points.len();
    let (particles, cell) = (Particles::alike("A", 1, 1.0), Cell::open(2));
    let potential = PotentialSum::new(&[Term::DoubleWell(WELL)], &particles, &cell);
    let (flows, entries) =
        (Flows::new(map, false), [jump(1), Entry::Exchange(Exchange { flow: map.map(|_| "map".to_string()), every: 1 })]);
    let run = |pair: usize| {
        let starts = [lower[pair / n], upper[pair % n]];
        let mut random = streams(500 + pair as u64, 2 * WALKERS + 1).into_iter();
        let mut exchanges = Exchanges::new(random.next().expect("a stream"), &[WALKERS; 2], [0, 1].into_iter());
        exchanges.mutant = mutant;
        let rungs = starts.iter().zip(KT).map(|(&start, kt)| {
            let thermodynamic_state = ThermodynamicState { beta: 1.0 / kt, pressure: None };
            let environment = Environment::new(&potential, &particles, thermodynamic_state);
            let walkers = random.by_ref().take(WALKERS).map(|random| walker(start, random, entries.len(), &potential)).collect();
            Chains { walkers, parameters: vec![0.0; entries.len()], entries: entries.to_vec().into(), environment: environment.clone() }
        });
        let mut ladder = Ladder { rungs: rungs.collect(), exchanges };
        ladder.sweep(1, 1, &flows.trained()).expect("finite states");
        // Who met whom is known of those that exchanged. The others' partners are where they began: nothing else moves in the upper rung.
        let mut counts = vec![0; n * n + 1];
        for (w, walker) in ladder.rungs[0].walkers.iter().enumerate() {
            let here = place_of(walker, &lower);
            let partner = (ladder.exchanges.replicas[w] as usize).checked_sub(WALKERS);
            let other = partner.map_or(pair % n, |partner| place_of(&ladder.rungs[1].walkers[partner], &upper));
            counts[if here < n && other < n { n * here + other } else { n * n }] += 1;
        }
        counts
    };
    (0..n * n).into_par_iter().map(run).collect()
}

#[test]
fn exchanges_have_their_transition_matrix_and_mutants_have_not() {
    let points = points(&LABELS[1..3]);
    let map = map_between(&[0.5, 0.2], &[0.3, 0.0], 0.8, 9);
    for (name, map, broken, mutant) in [
        ("exchange", None, "half of delta_u", (|delta_u, ratio| (0.5 * delta_u, ratio)) as ExchangeMutant),
        ("learned exchange", Some(&map), "no Jacobian", |delta_u, _| (delta_u, 0.0)),
    ] {
        let upper = upper_points(&points, map);
        let jump = jump_matrix(&points);
        let exchange = exchange_matrix(&points, &upper);
        let n = points.len();
        let pairs = || (0..n * n).map(|pair| (pair / n, pair % n));
        let jump_of_pairs: Matrix =
            pairs().map(|(i, j)| pairs().map(|(to, other)| if other == j { jump[i][to] } else { 0.0 }).collect()).collect();
        let weight = |(i, j): (usize, usize)| {
            let volume = points[i].volume * points[j].volume * upper[j].1;
            volume * (-energy(points[i].at) / KT[0] - energy(upper[j].0) / KT[1]).exp()
        };
        let pi = law(pairs().map(weight));
        must_be_reversible(&pi, &jump_of_pairs);
        must_be_reversible(&pi, &exchange);
        // One after the other keeps the law, but is no longer reversible.
        let both = product(&jump_of_pairs, &exchange);
        must_be_stationary(&pi, &both);
        let z = worst_z(&ladder(&points, map, None), &both);
        assert!(z < EXACT, "{name}: off by {z:.1} standard errors");
        let z = worst_z(&ladder(&points, map, Some(mutant)), &both);
        assert!(z > BROKEN, "{name} with `{broken}` passes (|z| = {z:.1})");
    }
}

/// Draws from N(0.4, (1.3 s)^2) in the place of N(0, s^2) along x; along y both are the same, so that x alone decides.
#[test]
fn draws_have_their_transition_matrix_and_mutants_have_not() {
    const WALKERS: usize = 100_000;
    const SPREAD: f64 = 0.8;
    const KT: f64 = 1.6 * SPREAD * SPREAD;
    const PROPOSED: (f64, f64) = (0.4, 1.3 * SPREAD);
    /// Boundaries of the cells of x, which are also boundaries of the grid.
    const BOUNDARIES: [f64; 3] = [-0.8, 0.0, 0.9];
    const STEP: f64 = 0.01;
    let cell_of = |x: f64| BOUNDARIES.iter().filter(|&&boundary| x > boundary).count();
    let n = BOUNDARIES.len() + 1;

    // Midpoints of a grid: P_ij of stationary chains, pi_i P_ij = sum over x in i, x' in j of pi(x) q(x') min(1, w(x') / w(x)), w = pi / q.
    let grid: Vec<f64> = (0..1400).map(|k| (f64::from(k) + 0.5 - 700.0) * STEP).collect();
    let gaussian = |mean: f64, spread: f64| law(grid.iter().map(|x| (-0.5 * ((x - mean) / spread).powi(2)).exp()));
    let (target, proposed) = (gaussian(0.0, SPREAD), gaussian(PROPOSED.0, PROPOSED.1));
    let cells: Vec<usize> = grid.iter().map(|&x| cell_of(x)).collect();
    let mut pi = vec![0.0; n];
    cells.iter().zip(&target).for_each(|(&i, p)| pi[i] += p);
    let mut matrix = identity(n);
    for (k, &i) in cells.iter().enumerate() {
        for (l, &j) in cells.iter().enumerate() {
            let p = target[k] / pi[i] * proposed[l] * (target[l] / proposed[l] * proposed[k] / target[k]).min(1.0);
            matrix[i][j] += p;
            matrix[i][i] -= p;
        }
    }
    must_be_stationary(&pi, &matrix);
    must_be_reversible(&pi, &matrix);

    let (particles, cell) = (Particles::alike("A", 1, 1.0), Cell::open(2));
    let spring = HarmonicRestraint { stiffness: KT / (SPREAD * SPREAD), particles: None, to: vec![vec![0.0; 2]] };
    let potential = PotentialSum::new(&[Term::HarmonicRestraint(spring)], &particles, &cell);
    let entries = [Entry::GeneratorDraw(GeneratorDraw { flow: "flow".to_string(), count: 1, tries: 1, tune: false, every: 1 })];
    let generators: Generators =
        [("flow".to_string(), affine(([0.0; 2], [1.0; 2]), ([PROPOSED.0, 0.0], [PROPOSED.1, SPREAD])).into())].into();
    let draws = |mutant: Option<Mutate>| -> Counts {
        let thermodynamic_state = ThermodynamicState { beta: 1.0 / KT, pressure: None };
        let environment = Environment::new(&potential, &particles, thermodynamic_state).with_mutant(mutant);
        let walkers = streams(3, WALKERS).into_iter().map(|mut random| {
            let at = [SPREAD * normal(&mut random), SPREAD * normal(&mut random)];
            walker(at, random, 1, &potential)
        });
        let mut chains = Chains {
            walkers: walkers.collect(),
            parameters: vec![0.0],
            entries: entries.to_vec().into(),
            environment: environment.clone(),
        };
        let cells = |chains: &Chains| -> Vec<usize> {
            chains.walkers.iter().map(|walker| cell_of(walker.state.configuration.positions.row()[0])).collect()
        };
        let before = cells(&chains);
        chains.sweep(1, 1, &Trained::generators(&generators)).expect("finite states");
        let mut counts = vec![vec![0; n]; n];
        before.into_iter().zip(cells(&chains)).for_each(|(from, to)| counts[from][to] += 1);
        counts
    };
    let z = worst_z(&draws(None), &matrix);
    assert!(z < EXACT, "draws are off by {z:.1} standard errors");
    for (name, mutant) in [("dropped", dropped as Mutate), ("negated", negated)] {
        let z = worst_z(&draws(Some(mutant)), &matrix);
        assert!(z > BROKEN, "draws with `{name}` pass (|z| = {z:.1})");
    }
}
