//! Programs of stages: each stage interrupted wherever it can be, and gone on with to the same bytes; what loops do to flows; production after all of it.

use mcflow::build::{Built, build};
use mcflow_engine::statistics::z_score;
use mcflow_engine::{Monitor, Progress, RunError, Simulation, StopReason, streams};
use rand::RngExt;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

/// A tilted double well in a line with a generator, and maps between its states and between two rungs where `maps` asks for them.
fn wells(program: &str, maps: bool) -> String {
    let training =
        "training: (evaluate_every: 5, stages: [(steps: 12, batch: 32, maximum_likelihood: 1.0), (steps: 8, batch: 32, reverse_kl: 1.0)])";
    let layers = "layers: RealNvp(blocks: 1, hidden: [4])";
    let (flows, moves, rungs) = if maps {
        (
            "\"jump\": (map: ModeJump(between: [\"left\", \"right\"]), layers: RealNvp(blocks: 1, hidden: [4]), samples: Run(frames: 480, every: 2), training: (stages: [(steps: 9, batch: 16)])), \
                 \"down\": (map: Exchange(from: 1, to: 0), layers: RealNvp(blocks: 1, hidden: [4]), samples: Run(frames: 480, every: 2), training: (stages: [(steps: 9, batch: 16)])),"
                .to_string(),
            "ModeJump(flow: \"jump\", every: 2), Exchange(), Exchange(flow: \"down\", every: 2),",
            ", (temperature: 2.0, walkers: 4)",
        )
    } else {
        (String::new(), "", "")
    };
    format!(
        "(seed: 5, system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 0.3, quadratic: -3.0, quartic: 1.0)]),
        states: {{\"left\": (where: Below(Coordinate(particle: 0, axis: X), 0.0), start: Positions([[-1.2, 0.0]])),
                 \"right\": (where: Above(Coordinate(particle: 0, axis: X), 0.0), start: Positions([[1.2, 0.0]]))}},
        ladder: [(temperature: 1.0, walkers: 8){rungs}],
        flows: {{{flows} \"g\": ({layers}, samples: Run(frames: 240, every: 2), {training}, assessment_draws: 200)}},
        sweep: [Displacement(count: 2, step: 0.5), {moves} GeneratorDraw(flow: \"g\", tune: true)],
        run: (equilibration: 60, production: 100, record_every: 4), program: [{program}],
        observables: [Column(name: \"x\", of: Coordinate(particle: 0, axis: X))])"
    )
}

/// Stops a run at the look at the user of this number, if there is one.
struct Stops(Option<Cell<u64>>);

impl Monitor for Stops {
    fn progress(&mut self, _: &Progress) {}

    fn stop(&self) -> Option<StopReason> {
        let left = self.0.as_ref()?;
        left.set(left.get().saturating_sub(1));
        (left.get() == 0).then_some(StopReason::Interrupted)
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("program").join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn built(name: &str, text: &str) -> (Built, PathBuf) {
    let folder = folder(name);
    let path = folder.join("system.ron");
    fs::write(&path, text).expect("a file");
    (build(&path, None).unwrap_or_else(|report| panic!("{name}: {report}")), folder)
}

/// Everything that a run has found, but for wall times.
#[derive(PartialEq)]
struct Found {
    table: String,
    weights: Vec<(String, Vec<u8>)>,
    judged: String,
    steps: Vec<(String, u64)>,
}

fn found(simulation: &Simulation, folder: &Path) -> Found {
    let weights = simulation.reports().keys().map(|flow| {
        let bytes = fs::read(folder.join("flows").join(format!("{flow}.safetensors"))).expect("weights");
        (flow.clone(), bytes)
    });
    let mut judged = simulation.assessments().to_vec();
    judged.iter_mut().for_each(|flow| flow.training_seconds = None);
    Found {
        table: fs::read_to_string(folder.join("observables.csv")).expect("a table"),
        weights: weights.collect(),
        judged: format!("{judged:?}"),
        steps: simulation.costs().iter().map(|(name, cost)| (name.clone(), cost.steps)).collect(),
    }
}

/// Carries a run out with a stop at each of these numbers of looks; returns what it found, and the stages it was stopped in.
fn with_stops(built: &Built, folder: &Path, mut stops: impl Iterator<Item = u64>) -> (Found, Vec<String>) {
    fs::create_dir_all(folder).expect("a folder");
    let mut simulation = Simulation::new(&built.plan, folder).expect("a start");
    let mut stages = Vec::new();
    loop {
        match simulation.run(&mut Stops(stops.next().map(Cell::new))) {
            Ok(()) => return (found(&simulation, folder), stages),
            Err(RunError::Stopped(_)) => {
                drop(simulation);
                stages.push(mcflow_engine::checkpoint::begun(folder).expect("a checkpoint").stage);
                simulation = Simulation::resume(&built.plan, folder).expect("it goes on");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A row for each stage: a program in which it does all that it can, and whether its input has maps.
const STAGES: [(&str, &str, bool); 8] = [
    ("default", "", false),
    ("default_of_maps", "", true),
    (
        "Equilibrate",
        "Equilibrate(sweeps: 50), Equilibrate(sweeps: 0), Collect(), Train(), Judge(), Equilibrate(sweeps: 30, moves: Local), \
      Equilibrate(sweeps: 45, moves: All), Produce()",
        false,
    ),
    (
        "Collect",
        "Collect(frames: 480, every: 3), Train(), Collect(flows: [\"g\"], frames: 200, every: 2, moves: All), Train(), Judge(), Produce()",
        true,
    ),
    ("Train", "Collect(), Train(flows: [\"g\"]), Train(flows: [\"jump\", \"down\"]), Train(), Judge(), Produce()", true),
    ("Judge", "Collect(), Train(), Judge(), Collect(), Train(flows: [\"jump\"]), Judge(flows: [\"jump\"]), Equilibrate(), Produce()", true),
    ("Produce", "Collect(frames: 160, every: 1), Train(), Judge(), Produce()", false),
    (
        "Repeat",
        "Repeat(times: 2, stages: [Equilibrate(sweeps: 10), Repeat(times: 2, stages: [Collect(frames: 104, every: 1, moves: All), Train()]), \
      Judge()]), Repeat(times: 2, stages: [Equilibrate(sweeps: 21)]), Produce()",
        false,
    ),
];

#[test]
fn every_stage_goes_on_to_the_same_bytes_from_wherever_it_was_stopped() {
    let mut random = streams(7, 1).remove(0);
    let mut hit: Vec<String> = Vec::new();
    for (name, program, maps) in STAGES {
        let (built, folder) = built(name, &wells(program, maps));
        let (whole, none) = with_stops(&built, &folder.join("whole"), std::iter::empty());
        assert!(none.is_empty() && whole.table.lines().count() > 100, "{name}");
        // At every look at the user, which is at least once a piece of work, and here and there.
        let (every, stages) = with_stops(&built, &folder.join("every"), std::iter::repeat(1));
        assert!(every == whole, "{name}, stopped {} times", stages.len());
        hit.extend(stages);
        for round in 0..2 {
            let here_and_there = std::iter::repeat_with(|| random.random_range(1..12));
            let (other, stages) = with_stops(&built, &folder.join(format!("random{round}")), here_and_there);
            assert!(other == whole, "{name}, stopped {} times", stages.len());
        }
    }
    for stage in ["equilibration", "sampling", "training", "equilibration_with_flows", "production"] {
        assert!(hit.iter().any(|hit| hit == stage), "never stopped in {stage}");
    }
}

/// The program that is written out does what the program of an input without one does.
#[test]
fn the_program_of_most_runs_can_be_written_out() {
    let written = "Equilibrate(), Collect(), Train(), Judge(), Equilibrate(), Produce()";
    for (name, program) in
        [("unless_given", ""), ("written", written), ("without_brackets", "Equilibrate, Collect, Train, Judge, Equilibrate, Produce")]
    {
        let (built, folder) = built(name, &wells(program, false));
        let (found, _) = with_stops(&built, &folder.join("output"), std::iter::empty());
        let (other, folder) = self::built(&format!("{name}_other"), &wells("", false));
        assert!(found == with_stops(&other, &folder.join("output"), std::iter::empty()).0, "{name}");
    }
}

#[test]
fn a_run_goes_on_in_another_thread() {
    let (built, folder) = built("thread", &wells("", false));
    let (whole, _) = with_stops(&built, &folder.join("whole"), std::iter::empty());
    let output = folder.join("output");
    fs::create_dir_all(&output).expect("a folder");
    let mut simulation = Simulation::new(&built.plan, &output).expect("a start");
    drop(built);
    simulation.run(&mut Stops(Some(Cell::new(3)))).expect_err("it is stopped");
    let simulation = std::thread::spawn(move || {
        simulation.run(&mut Stops(None)).expect("a run");
        simulation
    });
    let simulation = simulation.join().expect("a thread");
    assert!(found(&simulation, &output) == whole);
}

/// Another training begins where the one before ended, with frames of both collections, and other random numbers.
#[test]
fn training_in_a_loop_goes_on_from_the_weights_it_has() {
    let program = "Repeat(times: 3, stages: [Collect(), Train()]), Judge(), Produce()";
    let text = wells(program, false)
        .replace("steps: 12, batch: 32", "steps: 200, batch: 128, learning_rate: 0.01")
        .replace("steps: 8", "steps: 1")
        .replace("blocks: 1, hidden: [4]", "blocks: 4, hidden: [16]")
        .replace("frames: 240", "frames: 400");
    let (built, folder) = built("loop", &text);
    let output = folder.join("output");
    fs::create_dir_all(&output).expect("a folder");
    let mut simulation = Simulation::new(&built.plan, &output).expect("a start");
    simulation.run(&mut Stops(None)).expect("a run");
    let report = &simulation.reports()["g"];
    assert_eq!((report.stages.len(), report.steps), (6, 603));
    let losses = |stage: usize| -> Vec<f64> { report.losses.iter().filter(|l| l.stage == stage).map(|l| l.held_out).collect() };
    let (first, kept) = (losses(0)[0], report.stages[0].held_out_loss);
    assert!(first > kept + 0.2, "{first} {kept}");
    for stage in [2, 4] {
        let begins = losses(stage)[0];
        assert!(begins < first - 0.2, "round {}: {begins} after {kept}, from {first}", stage / 2);
    }
    assert_eq!(simulation.costs()["training"].steps, 603);
    assert_eq!(simulation.assessments().len(), 1);
    assert_eq!(simulation.assessments()[0].training_steps, Some(603));
}

/// Flows that were trained by what they moved change nothing of what production samples.
#[test]
fn production_after_an_adaptive_program_is_exact() {
    let program = "Equilibrate(sweeps: 100), Repeat(times: 3, stages: [Collect(frames: 400, every: 2, moves: All), Train()]), Judge(), \
                   Equilibrate(sweeps: 200), Produce()";
    let text = wells(program, true)
        .replace("production: 100", "production: 6000")
        .replace("walkers: 8", "walkers: 64")
        .replace("walkers: 4", "walkers: 32")
        .replace("steps: 12,", "steps: 100,");
    let (built, folder) = built("adaptive", &text);
    let output = folder.join("output");
    fs::create_dir_all(&output).expect("a folder");
    let mut simulation = Simulation::new(&built.plan, &output).expect("a start");
    simulation.run(&mut Stops(None)).expect("a run");
    let column = built.plan.columns.iter().position(|column| column.name() == "x").expect("the column");
    for (rung, kt, walkers) in [(0, 1.0, 0..64), (1, 2.0, 64..96)] {
        let means: Vec<f64> =
            simulation.recorder().series(column, walkers).iter().map(|series| series.iter().sum::<f64>() / series.len() as f64).collect();
        let mean = |kt: f64| {
            let weight = |x: f64| f64::exp(-(0.3 * x - 3.0 * x * x + x.powi(4)) / kt);
            let grid = (-4000..4000).map(|k| f64::from(k) * 1e-3);
            grid.clone().map(|x| x * weight(x)).sum::<f64>() / grid.map(weight).sum::<f64>()
        };
        let n = means.len() as f64;
        let found = means.iter().sum::<f64>() / n;
        let error = (means.iter().map(|mean| (mean - found).powi(2)).sum::<f64>() / (n * (n - 1.0))).sqrt();
        let z = z_score(found, error, mean(kt));
        assert!(z.abs() < 4.5, "rung {rung}: z = {z}, {found} of {}", mean(kt));
        // It would see the mean of another temperature.
        let other = z_score(found, error, mean(1.5 * kt));
        assert!(other.abs() > 8.0, "rung {rung}: z = {other}");
    }
}
