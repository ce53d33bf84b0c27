//! Few identical particles with known answers: flows that see one image of each configuration, with and without the test of the domain.

mod common;

use common::flow::flow_near_identity;
use common::maps::map_between;
use common::{Case, Moment, WALKERS, draw_gaussian};
use mcflow::build::build;
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow_engine::dynamics::Splitting;
use mcflow_engine::moves::{Displacement, GeneratorDraw, Langevin, LatentWalk, ModeJump, Proposal};
use mcflow_engine::observers::{Condition, Distance, State, Variable};
use mcflow_engine::{Domain, Entry, Microstate, Monitor, Operation, Progress, Symmetry};
use mcflow_potentials::{Cell, HarmonicRestraint, Particles, Precision, Term};

const STIFFNESS: f64 = 2.0;
const KT: f64 = 1.3;

/// Two pairs of identical particles, and the reflections of a rectangle: 16 images of each configuration.
fn group() -> Symmetry {
    let operations = ["-x, y", "x, -y"].map(|text| Operation::parse(text, &[], 4, 2).expect("an operation"));
    Symmetry::new(vec![vec![0, 1], vec![2, 3]], &operations, 4, 2)
}

const CLOSED: [f64; 8] = [-0.4, 0.5, 0.1, -0.2, -0.1, 0.2, 0.9, -0.8];
const OPEN: [f64; 8] = [-1.0, 0.9, 0.2, -0.1, -0.3, 0.2, 0.7, -0.9];

/// Four particles on springs to the middle of the plane, in states by the distance of the first two. With s^2 = kT/k: <x^2> = 8 s^2,
/// <r_01^2> = 4 s^2, <r_23^4> = 32 s^4, and P(r_01 < a) = 1 - exp(-a^2 / 4 s^2).
fn pairs(entries: Vec<Entry>, domains: [bool; 2]) -> Case {
    const APART: f64 = 1.3;
    let square = KT / STIFFNESS;
    let restraint = HarmonicRestraint { stiffness: STIFFNESS, particles: None, to: vec![vec![0.0; 2]; 4] };
    let state = |name: &str, condition| State { name: name.to_string(), condition };
    let distance = || Variable::Distance(Distance(0, 1));
    let domain = |wanted: bool, reference: [f64; 8]| wanted.then(|| Domain::new(&group(), reference.to_vec()));
    fn squared(s: &Microstate, i: usize, j: usize) -> f64 {
        let (a, b) = (s.configuration.positions.get(i), s.configuration.positions.get(j));
        (0..2).map(|k| (a[k] - b[k]).powi(2)).sum()
    }
    Case {
        terms: vec![Term::HarmonicRestraint(restraint)],
        particles: Particles { type_names: vec!["A".into(), "B".into()], types: vec![0, 0, 1, 1], masses: vec![1.0, 1.0, 2.5, 2.5] },
        cell: Cell::open(2),
        kt: KT,
        pressure: None,
        entries,
        flow: Some({
            let mut flow = flow_near_identity(8, 3);
            flow.standardise(&[OPEN.map(|v| v - 0.8), OPEN.map(|v| v + 0.8)].concat());
            flow
        }),
        states: vec![state("closed", Condition::Below(distance(), APART)), state("open", Condition::Above(distance(), APART))],
        maps: vec![(0, 1, map_between(&CLOSED, &OPEN, 1.2, 7))],
        draws: Vec::new(),
        domains: [domain(domains[0], CLOSED), domain(domains[1], OPEN)],
        start: |random, state| {
            draw_gaussian(random, state.configuration.positions.row_mut(), (KT / STIFFNESS).sqrt());
        },
        moments: vec![
            Moment { name: "x^2", of: |s| s.configuration.positions.row().iter().map(|x| x * x).sum(), expected: 8.0 * square },
            Moment { name: "r_01^2", of: |s| squared(s, 0, 1), expected: 4.0 * square },
            Moment { name: "r_23^4", of: |s| squared(s, 2, 3).powi(2), expected: 32.0 * square * square },
            Moment {
                name: "closed",
                of: |s| f64::from(u8::from(squared(s, 0, 1) < APART * APART)),
                expected: 1.0 - (-APART * APART / (4.0 * square)).exp(),
            },
            Moment {
                name: "p^2 / m",
                of: |s| s.momenta.row().iter().zip([1.0, 1.0, 2.5, 2.5].iter().cycle()).map(|(p, m)| p * p / m).sum(),
                expected: 8.0 * KT,
            },
        ],
        together: WALKERS,
    }
}

fn jump() -> Entry {
    Entry::ModeJump(ModeJump { flow: "jump".to_string(), count: 1, tune: false, every: 1 })
}
fn draw() -> Entry {
    Entry::GeneratorDraw(GeneratorDraw { flow: "flow".to_string(), count: 2, tries: 1, tune: false, every: 1 })
}
fn latent_walk() -> Entry {
    Entry::LatentWalk(LatentWalk { flow: "flow".to_string(), count: 2, step: 0.4, tune: false, every: 1 })
}
fn displacement() -> Entry {
    Entry::Displacement(Displacement { count: Some(2), step: 1.0, tune: false, every: 1 })
}
fn langevin() -> Entry {
    let splitting = Splitting::new("OBABO").expect("letters");
    Entry::Langevin(Langevin {
        steps: 2,
        time_step: 0.4,
        friction: 0.5,
        splitting,
        metropolized: true,
        precision: Precision::Double,
        every: 1,
    })
}
fn dropped(proposal: &mut Proposal, _: &Microstate) {
    proposal.log_q_ratio = 0.0;
}

#[test]
fn flows_of_identical_particles_are_exact() {
    for (name, entry) in [("jumps", jump()), ("draws", draw()), ("latent walk", latent_walk())] {
        let case = pairs(vec![displacement(), entry], [true, true]);
        case.must_be_exact(name);
        case.must_fail(name, "dropped", dropped);
    }
    pairs(vec![langevin(), jump()], [true, true]).must_be_exact("jumps, momenta kept");
    pairs(vec![displacement(), jump(), langevin(), draw(), latent_walk()], [true, true]).must_be_exact("all together");
}

/// A map from images to all configurations takes 16 for one: what the test of the domain at the other end is for.
#[test]
fn a_map_whose_other_end_is_not_tested_is_seen() {
    for domains in [[true, false], [false, true]] {
        let worst = pairs(vec![displacement(), jump()], domains).worst();
        assert!(worst > 8.0, "jumps with the domains {domains:?} pass (|z| = {worst:.1})");
    }
}

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

/// Three identical particles in the plane, each on a spring: ln Z = 3 ln(2 pi kT / k), over all 3! 4 images of the domain that the generator knows.
#[test]
fn ln_z_counts_all_images() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("system.ron");
    let text = r#"(
        system: (
            cell: Open(dimension: 2),
            particles: [(type: "A", count: 3)],
            potential: [HarmonicRestraint(stiffness: 2.0, to: [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])],
            symmetry: (identical: ["A"], operations: [(image: "-x, y"), (image: "x, -y")]),
        ),
        start: Positions([[-0.7, 0.1], [0.6, 0.0], [0.2, 0.5]]),
        ladder: [(temperature: 1.3, walkers: 8)],
        flows: {"flow": (
            layers: Spline(blocks: 2, hidden: [24], bins: 6),
            samples: Run(frames: 20000, every: 1),
            training: (stages: [(steps: 400, batch: 256, learning_rate: 5e-3, maximum_likelihood: 1.0)]),
            assessment_draws: 40000,
        )},
        sweep: [Displacement(step: 1.0), GeneratorDraw(flow: "flow")],
        run: (equilibration: 200, production: 2000, record_every: 1),
    )"#;
    std::fs::write(&input, text).expect("a file");
    let mut built = build(&input, None).unwrap_or_else(|report| panic!("{report}"));
    let output = folder.path().join("run");
    std::fs::create_dir(&output).expect("a folder");
    let _folder = prepare(&output, Existing::Refuse, &built).expect("an empty folder");
    let summary = carry_out(&mut built, &output, false, &mut Silent).unwrap_or_else(|failure| panic!("{}", failure.message()));
    let found = summary.flows[0].log_z.as_ref().expect("weights");
    let error = found.standard_error.expect("no doubt");
    let expected = 3.0 * (std::f64::consts::TAU * 1.3 / 2.0).ln();
    let off = (found.value - expected) / error;
    assert!(off.abs() < 4.5 && error < 0.03, "{found:?}, not {expected}: {off:.1} standard errors off");
    assert!(summary.flows[0].draw_acceptance.expect("weights") > 0.2, "{:?}", summary.flows[0]);
    let energy = &summary.observables[0].columns["potential_energy"];
    let off = (energy.mean.expect("a mean") - 3.0 * 1.3) / energy.standard_error.expect("an error");
    assert!(off.abs() < 4.5, "{energy:?}: {off:.1} standard errors off");
}
