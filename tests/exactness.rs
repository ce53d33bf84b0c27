//! Every move alone and all together on targets with known moments, judged by z-scores over independent walkers; and every move
//! broken in turn, which must fail.

mod common;

use common::flow::flow_near_identity;
use common::maps::map_between;
use common::{Case, Moment, WALKERS, draw_gaussian};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{
    Change, Displacement, GeneratorDraw, Hmc, IdentitySwap, Langevin, LatentWalk, ModeJump, Proposal, Rotation, Translation, Volume,
    VolumeMeasure, VolumeShape,
};
use mcflow_engine::observers::{Axis, Condition, Coordinate, State, Variable};
use mcflow_engine::{Entry, Microstate};
use mcflow_potentials::{Cell, DoubleWell, HarmonicRestraint, LennardJones, Particles, Precision, Term};

const STIFFNESS: f64 = 2.0;
const KT: f64 = 1.3;

fn displacement() -> Entry {
    Entry::Displacement(Displacement { count: None, step: 1.1, tune: false, every: 1 })
}
fn hmc() -> Entry {
    Entry::Hmc(Hmc { count: 1, steps: 3, time_step: 0.75, tune: false, precision: Precision::Double, every: 1 })
}
fn langevin(splitting: &str, time_step: f64, metropolized: bool) -> Entry {
    let splitting = Splitting::new(splitting).expect("letters");
    Entry::Langevin(Langevin { steps: 3, time_step, friction: 0.8, splitting, metropolized, precision: Precision::Double, every: 1 })
}
fn draw() -> Entry {
    Entry::GeneratorDraw(GeneratorDraw { flow: "flow".to_string(), count: 2, tries: 1, tune: false, every: 1 })
}
fn several_tries(flow: &str, tries: usize) -> Entry {
    Entry::GeneratorDraw(GeneratorDraw { flow: flow.to_string(), count: 2, tries, tune: false, every: 1 })
}
fn latent_walk(step: f64) -> Entry {
    Entry::LatentWalk(LatentWalk { flow: "flow".to_string(), count: 2, step, tune: false, every: 1 })
}

fn dropped(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = 0.0;
}
fn negated(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = -proposal.log_q_ratio;
}
/// Half the change of energy: twice the temperature.
fn halved(proposal: &mut Proposal, state: &Microstate) {
    proposal.energy = 0.5 * (state.energy + proposal.energy);
}
/// No change of energy: whatever is proposed is accepted.
fn blind(proposal: &mut Proposal, state: &Microstate) {
    proposal.energy = state.energy;
}
/// Displacements that go right more often than left.
fn asymmetric(proposal: &mut Proposal, state: &Microstate) {
    if let Change::Particle { index, to } = &mut proposal.change
        && to[0] < state.configuration.positions.get(*index)[0]
    {
        proposal.log_q_ratio -= 0.3;
    }
}

/// Two particles in three dimensions on springs: x is Gaussian, <x^2> = kT/k for each coordinate, <p^2> = m kT.
fn springs(entries: Vec<Entry>) -> Case {
    let restraint = HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 3]; 2] };
    Case {
        terms: vec![Term::HarmonicRestraint(restraint)],
        particles: Particles { type_names: vec!["A".into()], types: vec![0, 0], masses: vec![1.0, 2.5] },
        cell: Cell::open(3),
        kt: KT,
        pressure: None,
        entries,
        flow: Some(flow_near_identity(6, 3)),
        states: Vec::new(),
        maps: Vec::new(),
        draws: Vec::new(),
        domains: [None, None],
        start: |random, state| {
            draw_gaussian(random, state.configuration.positions.row_mut(), (KT / STIFFNESS).sqrt());
        },
        moments: vec![
            Moment { name: "x", of: |s| s.configuration.positions.row().iter().sum(), expected: 0.0 },
            Moment { name: "x^2", of: |s| s.configuration.positions.row().iter().map(|x| x * x).sum(), expected: 6.0 * KT / STIFFNESS },
            Moment { name: "U^2", of: |s| s.energy * s.energy, expected: KT * KT * (9.0 + 3.0) },
        ],
        together: WALKERS,
    }
}

/// One coordinate in the asymmetric double well U = 0.5 x - 6 x^2 + x^4 at kT = 2.5, whose moments are quadratures
/// (`tests/reference/exact.json`).
fn double_well(entries: Vec<Entry>) -> Case {
    let well = DoubleWell { linear: 0.5, quadratic: -6.0, quartic: 1.0, transverse: 1.0 };
    Case {
        terms: vec![Term::DoubleWell(well)],
        particles: Particles::alike("A", 1, 1.0),
        cell: Cell::open(2),
        kt: 2.5,
        pressure: None,
        entries,
        flow: Some(flow_near_identity(2, 5)),
        states: Vec::new(),
        maps: Vec::new(),
        draws: Vec::new(),
        domains: [None, None],
        start: |random, state| {
            draw_gaussian(random, state.configuration.positions.row_mut(), 1.0);
        },
        moments: vec![
            Moment { name: "x", of: |s| s.configuration.positions.get(0)[0], expected: -0.5273174707819623 },
            Moment { name: "x^2", of: |s| s.configuration.positions.get(0)[0].powi(2), expected: 2.7493113562982043 },
            Moment { name: "U", of: |s| s.energy, expected: -7.82067812043785 + 0.5 * 2.5 },
        ],
        together: WALKERS,
    }
}

/// N particles that do not interact at constant pressure: V ~ Gamma(N + 1, kT / P).
fn ideal_gas(measure: VolumeMeasure) -> Case {
    const N: usize = 20;
    let step = if measure == VolumeMeasure::Logarithmic { 0.6 } else { 25.0 };
    Case {
        terms: Vec::new(),
        particles: Particles::alike("A", N, 1.0),
        cell: Cell::orthorhombic(&[3.0, 3.5, 4.0]).expect("a cell"),
        kt: 1.0,
        pressure: Some(0.5),
        entries: vec![Entry::Volume(Volume {
            count: 3,
            step,
            measure,
            shape: VolumeShape::Isotropic,
            largest_aspect: None,
            tune: false,
            every: 1,
        })],
        flow: None,
        states: Vec::new(),
        maps: Vec::new(),
        draws: Vec::new(),
        domains: [None, None],
        start: |_, _| {},
        moments: vec![
            Moment { name: "V", of: |s| s.volume(), expected: 42.0 },
            Moment { name: "V^2", of: |s| s.volume().powi(2), expected: 84.0 + 42.0 * 42.0 },
        ],
        together: WALKERS,
    }
}

/// Three regions of the double well along x, joined in a row by two maps: from the middle one there are two ways, from the others one, so
/// that the ratio of their choices counts. The middle region ends beyond the barrier, and both wells reach across boundaries.
fn regions(entries: Vec<Entry>) -> Case {
    let x = || Variable::Coordinate(Coordinate { particle: 0, axis: Axis::X });
    let state = |name: &str, condition| State { name: name.to_string(), condition };
    Case {
        states: vec![
            state("left", Condition::Below(x(), -1.2)),
            state("middle", Condition::Between(x(), -1.2, 1.3)),
            state("right", Condition::Above(x(), 1.3)),
        ],
        maps: vec![(1, 0, map_between(&[0.0, 0.0], &[-1.9, 0.0], 0.5, 7)), (1, 2, map_between(&[0.0, 0.0], &[1.9, 0.0], 0.6, 8))],
        ..double_well(entries)
    }
}

/// The same three regions reaching into each other: where two overlap the first one counts.
fn overlapping_regions(entries: Vec<Entry>) -> Case {
    let mut case = regions(entries);
    let x = || Variable::Coordinate(Coordinate { particle: 0, axis: Axis::X });
    let conditions = [Condition::Below(x(), -1.0), Condition::Between(x(), -1.8, 1.5), Condition::Above(x(), 0.9)];
    case.states.iter_mut().zip(conditions).for_each(|(state, condition)| state.condition = condition);
    case
}

/// Two particles in a cube of side 5, truncated at 2.5: <U> by quadrature (`tests/reference/exact.json`).
fn two_particles(precision: Precision) -> Case {
    let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(2.5), ..LennardJones::default() };
    Case {
        terms: vec![Term::LennardJones(term)],
        particles: Particles::alike("A", 2, 1.0),
        cell: Cell::orthorhombic(&[5.0; 3]).expect("a cell"),
        kt: 1.0,
        pressure: None,
        entries: vec![
            Entry::Displacement(Displacement { count: None, step: 1.5, tune: false, every: 1 }),
            Entry::Langevin(Langevin {
                steps: 2,
                time_step: 0.01,
                friction: 1.0,
                splitting: Splitting::new("OBABO").expect("letters"),
                metropolized: true,
                precision,
                every: 1,
            }),
            Entry::Hmc(Hmc { count: 1, steps: 3, time_step: 0.02, tune: false, precision, every: 1 }),
        ],
        flow: None,
        states: Vec::new(),
        maps: Vec::new(),
        draws: Vec::new(),
        domains: [None, None],
        start: |_, state| state.configuration.positions.set(1, [2.0, 1.0, 0.5]),
        moments: vec![
            Moment { name: "U", of: |s| s.energy, expected: -0.12985013813560367 },
            Moment { name: "U^2", of: |s| s.energy * s.energy, expected: 0.06662746641510521 + 0.12985013813560367f64.powi(2) },
        ],
        together: WALKERS,
    }
}

/// Two particles at constant pressure, the volume kept above (2 rc)^3 by rejection: moments of V by quadrature.
fn two_particles_npt() -> Case {
    let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(2.0), ..LennardJones::default() };
    Case {
        terms: vec![Term::LennardJones(term)],
        particles: Particles::alike("A", 2, 1.0),
        cell: Cell::orthorhombic(&[6.0; 3]).expect("a cell"),
        kt: 1.0,
        pressure: Some(0.01),
        entries: vec![
            Entry::Displacement(Displacement { count: Some(4), step: 2.0, tune: false, every: 1 }),
            Entry::Volume(Volume {
                count: 2,
                step: 1.0,
                measure: VolumeMeasure::Logarithmic,
                shape: VolumeShape::Isotropic,
                largest_aspect: None,
                tune: false,
                every: 1,
            }),
        ],
        flow: None,
        states: Vec::new(),
        maps: Vec::new(),
        draws: Vec::new(),
        domains: [None, None],
        start: |_, state| state.configuration.positions.set(1, [2.0, 1.0, 0.5]),
        moments: vec![
            Moment { name: "V", of: |s| s.volume(), expected: 304.10598967136445 },
            Moment { name: "V^2", of: |s| s.volume().powi(2), expected: 28836.923554250992 + 304.10598967136445f64.powi(2) },
        ],
        together: WALKERS,
    }
}

#[test]
fn displacement_is_exact_and_its_mutants_are_not() {
    let case = springs(vec![displacement()]);
    case.must_be_exact("displacement");
    case.must_fail("displacement", "halved", halved);
    case.must_fail("displacement", "asymmetric", asymmetric);
}

/// Walkers alone, and walkers side by side in lanes: two ways through the program.
const WAYS: [(&str, usize); 2] = [("alone", 1), ("in lanes", WALKERS)];

#[test]
fn hybrid_monte_carlo_is_exact_and_its_mutants_are_not() {
    for (way, together) in WAYS {
        let case = Case { together, ..springs(vec![hmc()]) };
        let name = format!("HMC {way}");
        case.must_be_exact(&name);
        case.must_fail(&name, "dropped", dropped);
        case.must_fail(&name, "negated", negated);
        case.must_fail(&name, "halved", halved);
    }
}

/// Forces in f32 between pairs: the trajectory is another one, the distribution the same.
#[test]
fn mixed_precision_is_exact_and_its_mutants_are_not() {
    let case = Case { together: 1, ..two_particles(Precision::Mixed) };
    case.must_be_exact("two particles, forces in f32");
    let dynamics = two_particles(Precision::Mixed).entries.split_off(1);
    let case = Case { together: 1, entries: dynamics, ..two_particles(Precision::Mixed) };
    case.must_fail("two particles, forces in f32", "halved", halved);
}

#[test]
fn metropolized_langevin_is_exact_and_its_mutants_are_not() {
    for letters in ["OBABO", "BAOAB", "ABOBA", "OABAO"] {
        for (way, together) in WAYS {
            let case = Case { together, ..springs(vec![langevin(letters, 0.9, true)]) };
            let name = format!("{letters} {way}");
            case.must_be_exact(&name);
            case.must_fail(&name, "dropped", dropped);
            case.must_fail(&name, "negated", negated);
        }
    }
}

#[test]
fn momenta_stay_maxwellian() {
    let mut case = springs(vec![displacement(), hmc(), langevin("OBABO", 0.9, true), langevin("BAOAB", 0.7, true)]);
    case.moments.push(Moment { name: "p^2", of: |s| s.momenta.get(0).iter().map(|p| p * p).sum(), expected: 3.0 * KT });
    case.moments.push(Moment { name: "p^2 of 1", of: |s| s.momenta.get(1).iter().map(|p| p * p).sum(), expected: 3.0 * 2.5 * KT });
    let correlation = |s: &Microstate| s.momenta.row().iter().zip(s.configuration.positions.row()).map(|(p, x)| p * x).sum();
    case.moments.push(Moment { name: "x p", of: correlation, expected: 0.0 });
    case.must_be_exact("momenta in lanes");
    case.together = 1;
    case.must_be_exact("momenta alone");
}

#[test]
fn generator_draws_are_exact_and_their_mutants_are_not() {
    for case in [springs(vec![draw()]), double_well(vec![draw()])] {
        case.must_be_exact("draws");
        case.must_fail("draws", "dropped", dropped);
        case.must_fail("draws", "negated", negated);
    }
}

#[test]
fn several_tries_are_exact_and_their_mutants_are_not() {
    /// The choice by weights alone, which would be right for very many draws.
    fn always(proposal: &mut Proposal, state: &Microstate) {
        proposal.log_q_ratio = (proposal.energy - state.energy) / KT;
    }
    for case in [springs(vec![several_tries("flow", 3)]), double_well(vec![several_tries("flow", 5)])] {
        case.must_be_exact("tries");
        case.must_fail("tries", "dropped", dropped);
        case.must_fail("tries", "negated", negated);
    }
    springs(vec![several_tries("flow", 3)]).must_fail("tries", "always", always);
}

/// The regions of the double well, with a generator for the left and one for the right: the middle has none, and local moves lead there.
fn regions_with_generators(entries: Vec<Entry>) -> Case {
    let around = |x: f64, spread: f64, seed: u64| {
        let mut generator = flow_near_identity(2, seed);
        generator.standardise(&[x - spread, -1.4, x + spread, 1.4]);
        generator
    };
    Case { maps: Vec::new(), draws: vec![(0, around(-1.8, 0.6, 4)), (2, around(1.6, 0.5, 6))], ..regions(entries) }
}

#[test]
fn draws_of_states_are_exact_and_their_mutants_are_not() {
    for tries in [1, 4] {
        let local = Entry::Displacement(Displacement { count: Some(1), step: 0.7, tune: false, every: 1 });
        let case = regions_with_generators(vec![local, several_tries("draw", tries)]);
        case.must_be_exact("draws of states");
        case.must_fail("draws of states", "dropped", dropped);
        case.must_fail("draws of states", "negated", negated);
    }
}

#[test]
fn latent_walks_are_exact_and_their_mutants_are_not() {
    for case in [springs(vec![latent_walk(0.8)]), double_well(vec![latent_walk(2.5)])] {
        case.must_be_exact("latent walk");
        case.must_fail("latent walk", "dropped", dropped);
        case.must_fail("latent walk", "negated", negated);
    }
}

#[test]
fn mode_jumps_are_exact_and_their_mutants_are_not() {
    /// Without the ratio of the choices: ln 2 too much from the middle, ln 2 too little back.
    fn no_choice_ratio(proposal: &mut Proposal, state: &Microstate) {
        let x = state.configuration.positions.get(0)[0];
        if proposal.change == Change::Whole {
            proposal.log_q_ratio -= if (-1.2..1.3).contains(&x) { 2f64.ln() } else { -(2f64.ln()) };
        }
    }
    let jump = Entry::ModeJump(ModeJump { flow: "jump".to_string(), count: 2, tune: false, every: 1 });
    // Jumps lead from a point to finitely many others: it takes local moves to reach all. Displacements have no ratio to lose.
    let case = regions(vec![Entry::Displacement(Displacement { count: Some(1), step: 0.7, tune: false, every: 1 }), jump]);
    case.must_be_exact("mode jumps");
    case.must_fail("mode jumps", "dropped", dropped);
    case.must_fail("mode jumps", "negated", negated);
    case.must_fail("mode jumps", "no ratio of choices", no_choice_ratio);
}

#[test]
fn jumps_between_overlapping_states_are_exact_and_their_mutants_are_not() {
    /// As if the second of two states counted: the middle with its two ways, not the left with one; the right, not the middle.
    fn second_counts(proposal: &mut Proposal, state: &Microstate) {
        let x = state.configuration.positions.get(0)[0];
        if proposal.change == Change::Whole {
            proposal.log_q_ratio += match x {
                -1.8..-1.0 => 2f64.ln(),
                0.9..1.5 => -(2f64.ln()),
                _ => 0.0,
            };
        }
    }
    let jump = Entry::ModeJump(ModeJump { flow: "jump".to_string(), count: 2, tune: false, every: 1 });
    let case = overlapping_regions(vec![Entry::Displacement(Displacement { count: Some(1), step: 0.7, tune: false, every: 1 }), jump]);
    case.must_be_exact("jumps between overlapping states");
    case.must_fail("jumps between overlapping states", "dropped", dropped);
    case.must_fail("jumps between overlapping states", "the second counts", second_counts);
}

#[test]
fn volume_moves_are_exact_and_their_mutants_are_not() {
    /// N in place of N + 1.
    fn one_less(proposal: &mut Proposal, _: &Microstate) {
        proposal.log_q_ratio *= 20.0 / 21.0;
    }
    let logarithmic = ideal_gas(VolumeMeasure::Logarithmic);
    logarithmic.must_be_exact("ln V");
    logarithmic.must_fail("ln V", "one less", one_less);
    let linear = ideal_gas(VolumeMeasure::Linear);
    linear.must_be_exact("V");
    linear.must_fail("V", "dropped", dropped);
}

/// Particles that do not interact in a rectangle whose edges may not be shorter than h = 1, which a cutoff without an energy says: with the
/// measure dL_x dL_y = dV d(shape), whose shapes have an extent of ln(V / h^2), p(V) ~ V^N exp(-beta P V) ln V.
fn gas_in_a_rectangle(measure: VolumeMeasure, entries: &[(VolumeShape, f64)]) -> Case {
    const N: i32 = 3;
    const PRESSURE: f64 = 0.8;
    let moment = |power: i32| -> f64 {
        let sum = |power: i32| -> f64 {
            let step = 1e-3;
            let at = |k: u32| 1.0 + (f64::from(k) + 0.5) * step;
            (0..60_000).map(at).map(|v| v.powi(N + power) * (-PRESSURE * v).exp() * v.ln()).sum()
        };
        sum(power) / sum(0)
    };
    let nothing = LennardJones { epsilon: Some(0.0), sigma: Some(0.1), cutoff: Some(0.5), ..LennardJones::default() };
    let volume = |&(shape, step): &(VolumeShape, f64)| {
        Entry::Volume(Volume { count: 3, step, measure, shape, largest_aspect: None, tune: false, every: 1 })
    };
    Case {
        terms: vec![Term::LennardJones(nothing)],
        particles: Particles::alike("A", N as usize, 1.0),
        cell: Cell::orthorhombic(&[2.0, 2.5]).expect("a cell"),
        kt: 1.0,
        pressure: Some(PRESSURE),
        entries: entries.iter().map(volume).collect(),
        flow: None,
        states: Vec::new(),
        maps: Vec::new(),
        draws: Vec::new(),
        domains: [None, None],
        start: |random, state| draw_gaussian(random, state.configuration.positions.row_mut(), 1.0),
        moments: vec![
            Moment { name: "V", of: |s| s.volume(), expected: moment(1) },
            Moment { name: "V^2", of: |s| s.volume().powi(2), expected: moment(2) },
        ],
        together: WALKERS,
    }
}

#[test]
fn single_edges_are_exact_and_their_mutants_are_not() {
    /// N in place of N + 1.
    fn one_less(proposal: &mut Proposal, _: &Microstate) {
        proposal.log_q_ratio *= 3.0 / 4.0;
    }
    let logarithmic = gas_in_a_rectangle(VolumeMeasure::Logarithmic, &[(VolumeShape::SingleEdge, 0.8)]);
    logarithmic.must_be_exact("edges in ln L");
    logarithmic.must_fail("edges in ln L", "one less", one_less);
    let linear = gas_in_a_rectangle(VolumeMeasure::Linear, &[(VolumeShape::SingleEdge, 4.0)]);
    linear.must_be_exact("edges in L");
    linear.must_fail("edges in L", "dropped", dropped);
    let both = [(VolumeShape::SingleEdge, 0.8), (VolumeShape::Isotropic, 0.8)];
    gas_in_a_rectangle(VolumeMeasure::Logarithmic, &both).must_be_exact("edges and isotropic steps");
}

#[test]
fn rigid_moves_and_identity_swaps_are_exact_and_their_mutants_are_not() {
    let translation = || Entry::Translation(Translation { count: 1, step: 1.6, tune: false, every: 1 });
    let case = springs(vec![translation(), displacement()]);
    case.must_be_exact("translation");
    let case = Case { entries: vec![translation()], ..springs(Vec::new()) };
    case.must_fail("translation", "halved", halved);

    // Two particles on springs of their own: A about 0, B about 1.5; a swap brings each to the other's spring.
    let swap = || Entry::IdentitySwap(IdentitySwap { count: 2, every: 1 });
    let of = |entries: Vec<Entry>| {
        let to = |at: f64| vec![vec![at, 0.0, 0.0]];
        let spring = |particle: usize, at: f64| {
            Term::HarmonicRestraint(HarmonicRestraint { stiffness: STIFFNESS, particles: Some(vec![particle]), to: to(at) })
        };
        Case {
            terms: vec![spring(0, 0.0), spring(1, 1.5)],
            particles: Particles { type_names: vec!["A".into(), "B".into()], types: vec![0, 1], masses: vec![1.0, 2.5] },
            start: |random, state| {
                draw_gaussian(random, state.configuration.positions.row_mut(), (KT / STIFFNESS).sqrt());
                state.configuration.positions.component_mut(0)[1] += 1.5;
            },
            moments: vec![
                Moment { name: "x of A", of: |s| s.configuration.positions.get(0)[0], expected: 0.0 },
                Moment { name: "x of B", of: |s| s.configuration.positions.get(1)[0], expected: 1.5 },
                Moment { name: "U", of: |s| s.energy, expected: 3.0 * KT },
            ],
            ..springs(entries)
        }
    };
    // The two as a group turn about their centre, which brings them to each other's spring too.
    let rotation = || Entry::Rotation(Rotation { particles: vec![1, 0], count: 2, step: 2.5, tune: false, every: 1 });
    of(vec![displacement(), rotation()]).must_be_exact("rotation");
    of(vec![rotation()]).must_fail("rotation", "halved", halved);
    of(vec![displacement(), swap()]).must_be_exact("identity swap");
    // An odd number of swaps a sweep: two that are both accepted are none.
    let once = Entry::IdentitySwap(IdentitySwap { count: 1, every: 1 });
    of(vec![once]).must_fail("identity swap", "blind", blind);
}

#[test]
fn two_particles_have_their_exact_moments() {
    two_particles(Precision::Double).must_be_exact("two particles");
    two_particles_npt().must_be_exact("two particles at constant pressure");
}

#[test]
fn all_moves_together_are_exact() {
    let all = || vec![displacement(), draw(), langevin("OBABO", 0.6, true), latent_walk(0.8), hmc(), langevin("BAOAB", 0.6, true)];
    springs(all()).must_be_exact("all moves");
    let gentle = vec![
        Entry::Displacement(Displacement { count: Some(2), step: 0.7, tune: false, every: 1 }),
        draw(),
        langevin("OBABO", 0.1, true),
        latent_walk(0.8),
        Entry::Hmc(Hmc { count: 1, steps: 5, time_step: 0.15, tune: false, precision: Precision::Double, every: 2 }),
    ];
    double_well(gentle).must_be_exact("all moves in the double well");
}

/// Plain integrators have the errors that theory says (variance of x in units of kT/k, h = omega dt): BAOAB 1, OBABO 1/(1 - h^2/4).
#[test]
fn plain_integrators_have_their_known_bias() {
    let omega_1 = STIFFNESS.sqrt();
    let h = 0.9 * omega_1;
    for (letters, position, momentum) in [("BAOAB", 1.0, 1.0 - h * h / 4.0), ("OBABO", 1.0 / (1.0 - h * h / 4.0), 1.0)] {
        let mut case = springs(vec![langevin(letters, 0.9, false)]);
        case.particles.masses = vec![1.0, 1.0];
        case.moments = vec![
            Moment {
                name: "x^2",
                of: |s| s.configuration.positions.row().iter().map(|x| x * x).sum(),
                expected: position * 6.0 * KT / STIFFNESS,
            },
            Moment { name: "p^2", of: |s| s.momenta.row().iter().map(|p| p * p).sum(), expected: momentum * 6.0 * KT },
        ];
        for (way, together) in WAYS {
            case.together = together;
            case.must_be_exact(&format!("{letters} {way}"));
        }
    }
}
