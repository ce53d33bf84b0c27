//! Rungs that scale terms of the potential, as a run has them: what they sample, record, write and are called.

use mcflow::build::build;
use mcflow::commands::run::carry_out;
use mcflow_engine::{Monitor, Progress};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Says nothing and never stops.
struct Silent;

impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

/// The folder of a finished run of this input.
fn run(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("flows")).unwrap();
    fs::write(folder.path().join("input.ron"), text).unwrap();
    let mut built = build(&folder.path().join("input.ron"), None).unwrap_or_else(|report| panic!("{report}"));
    carry_out(&mut built, folder.path(), false, &mut Silent).unwrap_or_else(|failure| panic!("{}", failure.message()));
    folder
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

/// Names and rows of `observables.csv` without the energies of terms.
fn columns(folder: &TempDir) -> Vec<Vec<String>> {
    let csv = read(folder, "observables.csv");
    let names: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let kept = |line: &str| {
        let values = line.split(',').zip(&names).filter(|(_, name)| !name.starts_with("energy."));
        values.map(|(value, _)| value.to_string()).collect()
    };
    csv.lines().map(kept).collect()
}

/// Neighbour lists, trial moves, a cell that changes, a tail and a mixture; EPSILON is that of the first type, OTHER that of the second.
const FLUID: &str = r#"(
    seed: 6,
    system: (
        cell: Cube(density: 0.5),
        particles: [(type: "A", count: 200), (type: "B", count: 56)],
        potential: [LennardJones(
            types: {"A": (epsilon: EPSILON, sigma: 1.0), "B": (epsilon: OTHER, sigma: 0.9)},
            cutoff: 2.5,
            truncation: Switched(from: 2.0),
            tail: true,
        )],
    ),
    start: Lattice(FaceCentredCubic),
    ladder: [(temperature: 1.2, walkers: 2, pressure: 0.5, SCALE)],
    sweep: [
        Displacement(step: 0.15),
        Langevin(steps: 3, time_step: 0.003, friction: 1.0),
        Hmc(steps: 3, time_step: 0.004, precision: Mixed),
        Volume(step: 0.02),
        IdentitySwap(count: 20),
    ],
    run: (equilibration: 100, production: 60, record_every: 2),
    observables: [RadialDistribution(bins: 20)],
    output: [Trajectory(format: Xyz, every: 20)],
)"#;

/// Walkers side by side in lanes, and all that flows do in a run.
const WELLS: &str = r#"(
    seed: 5,
    system: (
        cell: Open(dimension: 2),
        potential: [DoubleWell(linear: LINEAR, quadratic: QUADRATIC, quartic: QUARTIC, transverse: QUARTIC)],
    ),
    states: {
        "left": (where: Below(Coordinate(particle: 0, axis: X), 0.0), start: Positions([[-1.8, 0.0]])),
        "right": (where: Above(Coordinate(particle: 0, axis: X), 0.0), start: Positions([[1.8, 0.0]])),
    },
    ladder: [(temperature: 1.0, walkers: 11, SCALE)],
    flows: {
        "g": (
            layers: RealNvp(blocks: 2, hidden: [16]),
            samples: Run(frames: 320, every: 4),
            training: (stages: [(steps: 20, batch: 64, maximum_likelihood: 0.5, reverse_kl: 1.0)]),
            assessment_draws: 1000,
        ),
        "jump": (
            map: ModeJump(between: ["left", "right"]),
            layers: RealNvp(blocks: 1, hidden: [8]),
            samples: Run(frames: 1100, every: 2),
            training: (stages: [(steps: 20, batch: 32)]),
        ),
    },
    sweep: [
        Displacement(count: 5, step: 0.5),
        Langevin(steps: 4, time_step: 0.05, friction: 1.0, splitting: "BAOAB", metropolized: false),
        Langevin(steps: 4, time_step: 0.05, friction: 1.0, precision: Mixed),
        Hmc(steps: 5, time_step: 0.1, every: 3),
        LatentWalk(flow: "g", step: 0.5, every: 5),
        GeneratorDraw(flow: "g", count: 2, every: 5),
        ModeJump(flow: "jump"),
    ],
    run: (equilibration: 50, production: 200, record_every: 5),
    output: [Trajectory(format: Xyz, every: 20)],
)"#;

/// A factor of 1/2 and parameters of half the size are the same run to the last digit, as halves are exact.
#[test]
fn half_a_term_is_a_term_of_half_the_size() {
    let fill = |text: &str, values: &[(&str, &str)]| values.iter().fold(text.to_string(), |text, (name, value)| text.replace(name, value));
    let pairs = [
        (
            fill(FLUID, &[("EPSILON", "1.0"), ("OTHER", "0.8"), (", SCALE", ", scale: {\"LennardJones\": 0.5}")]),
            fill(FLUID, &[("EPSILON", "0.5"), ("OTHER", "0.4"), (", SCALE", "")]),
        ),
        (
            fill(WELLS, &[("LINEAR", "1.0"), ("QUADRATIC", "-6.0"), ("QUARTIC", "1.0"), (", SCALE", ", scale: {\"DoubleWell\": 0.5}")]),
            fill(WELLS, &[("LINEAR", "0.5"), ("QUADRATIC", "-3.0"), ("QUARTIC", "0.5"), (", SCALE", "")]),
        ),
    ];
    for (scaled, halved) in pairs {
        let (scaled, halved) = (run(&scaled), run(&halved));
        assert_eq!(columns(&scaled), columns(&halved));
        assert!(read(&scaled, "trajectory.xyz") == read(&halved, "trajectory.xyz"), "trajectories differ");
        let [of_scaled, of_halved] = [&scaled, &halved].map(|folder| {
            let mut flows = serde_json::from_str::<Value>(&read(folder, "summary.json")).unwrap()["flows"].take();
            flows.as_array_mut().unwrap().iter_mut().for_each(|flow| flow["training_seconds"] = Value::Null);
            flows
        });
        assert_eq!(of_scaled, of_halved, "assessments");
    }
}

/// Factors of 1 are no factors: the same bytes.
#[test]
fn factors_of_one_change_nothing() {
    let fill = |scale: &str| FLUID.replace("EPSILON", "1.0").replace("OTHER", "0.8").replace(", SCALE", scale);
    let (with, without) = (run(&fill(", scale: {\"LennardJones\": 1.0}")), run(&fill("")));
    assert_eq!(columns(&with), columns(&without));
    assert!(read(&with, "trajectory.xyz") == read(&without, "trajectory.xyz"), "trajectories differ");
}

#[test]
fn a_ladder_names_and_records_its_rungs() {
    let folder = run(r#"(
        system: (
            cell: Open(dimension: 1),
            potential: [
                HarmonicRestraint(stiffness: 1.0, to: [[0.0]]),
                DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0),
                HarmonicRestraint(stiffness: 2.0, to: [[1.0]]),
            ],
        ),
        states: {
            "left": (where: Below(Coordinate(particle: 0, axis: X), 0.0)),
            "right": (where: Above(Coordinate(particle: 0, axis: X), 0.0)),
        },
        start: Positions([[0.1]]),
        ladder: [
            (temperature: 1.0, walkers: 2),
            (temperature: 1.0, scale: {"DoubleWell": 0.5}),
            (temperature: 1.5, walkers: 2, scale: {"HarmonicRestraint_2": 0.25, "DoubleWell": 0.0}),
        ],
        flows: {"up": (
            map: Exchange(from: 0, to: 2),
            layers: RealNvp(blocks: 1, hidden: [4]),
            samples: Run(frames: 200, every: 2),
            training: (stages: [(steps: 10, batch: 32)]),
        )},
        sweep: [Displacement(count: 4, step: 0.5), Hmc(steps: 3, time_step: 0.1), Exchange(), Exchange(flow: "up")],
        run: (equilibration: 20, production: 200),
    )"#);
    // The potential energy is that of the rung, those of terms have no factor.
    let csv = read(&folder, "observables.csv");
    let names = "sweep,walker,rung,temperature,replica,potential_energy,energy.HarmonicRestraint_0,energy.DoubleWell,energy.HarmonicRestraint_2,state";
    assert_eq!(csv.lines().next(), Some(names));
    let factors = [[1.0, 1.0, 1.0], [1.0, 0.5, 1.0], [1.0, 0.0, 0.25]];
    for line in csv.lines().skip(1) {
        let values: Vec<f64> = line.split(',').take(9).map(|value| value.parse().unwrap()).collect();
        let rung = [0, 0, 1, 2, 2][values[1] as usize];
        assert_eq!((values[2], values[3]), (rung as f64, [1.0, 1.0, 1.5][rung]), "{line}");
        let factors = factors[rung];
        let expected: f64 = factors.iter().zip(&values[6..]).map(|(factor, energy)| factor * energy).sum();
        assert!((values[5] - expected).abs() < 1e-9 * expected.abs().max(1.0), "{line}: {expected}");
    }
    let summary: Value = serde_json::from_str(&read(&folder, "summary.json")).unwrap();
    for figures in ["observables", "states"] {
        let rungs = summary[figures].as_array().unwrap();
        assert!(rungs[0].get("scale").is_none() && rungs[1]["scale"]["DoubleWell"] == 0.5, "{rungs:?}");
        assert_eq!((&rungs[2]["temperature"], &rungs[2]["scale"]["HarmonicRestraint_2"]), (&1.5.into(), &0.25.into()));
    }
    let exchange = summary["exchange"].as_array().unwrap();
    let pairs: Vec<&Value> = exchange.iter().map(|pair| &pair["rungs"]).collect();
    assert_eq!(pairs, [&serde_json::json!([0, 1]), &serde_json::json!([1, 2]), &serde_json::json!([0, 2])]);
    assert!(exchange.iter().all(|pair| pair["accepted"].as_u64().unwrap() > 0), "{exchange:?}");
    let report = read(&folder, "report.html");
    for title in ["T 1, 0.5 DoubleWell", "T 1.5, 0.25 HarmonicRestraint_2, 0 DoubleWell", "Rung at temperature 1, 0.5 DoubleWell"] {
        assert!(report.contains(title), "no `{title}` in the report");
    }
}
