//! What `mcflow compare` says and leaves behind, and runs that are too large to begin.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

struct Place(tempfile::TempDir);

impl Place {
    fn with(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(name, text)| std::fs::write(place.path(name), text).expect("written"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).expect("JSON")
    }

    fn run(&self, line: &str) -> Output {
        let program = env!("CARGO_BIN_EXE_mcflow");
        Command::new(program).args(line.split(' ')).current_dir(self.0.path()).output().expect("it starts")
    }

    fn must(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn must_refuse(&self, line: &str, words: &[&str]) {
        let output = self.run(line);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {message}");
        words.iter().for_each(|word| assert!(message.contains(word), "{line}: no `{word}` in\n{message}"));
    }
}

const WELL: &str = r#"// A well.
(
    units: Academic, seed: 1,
    system: (
        cell: Open(dimension: 3), particles: [(type: "A", count: 1, mass: 40.0)],
        potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0, 0.0]])],
    ),
    start: File("start.xyz"), ladder: [(temperature: 300.0, walkers: 4)], sweep: [Displacement(step: 0.5)],
    run: (equilibration: 100, production: 1000),
    compare: (quantity: Mean("potential_energy"), seconds: 0.7, seeds: 1),
)
"#;
const START: &str = "1\n\nA 0.0 0.0 0.0\n";

#[test]
fn no_run_is_the_reference_of_the_others_and_dynamics_has_a_time_step_of_the_system() {
    let place = Place::with(&[("system.ron", WELL), ("start.xyz", START)]);
    let table = place.must("compare system.ron --seeds 2");
    for word in ["reference - (none: the input gives no `exact`)", "no reference: errors are not known", "plain MD: BAOAB, time step"] {
        assert!(table.contains(word), "no `{word}` in:\n{table}");
    }
    assert!(!table.contains("paid for itself"), "{table}");
    let comparison = place.json("compare/compare.json");
    assert!(comparison["reference"].is_null() && comparison["paid_after_seconds"].is_null());
    for method in comparison["methods"].as_array().unwrap() {
        assert!(method["error"].as_array().unwrap().iter().all(Value::is_null), "an error of {}", method["method"]);
        assert!(method["spread"].as_array().unwrap().last().unwrap().is_number(), "no spread of {}", method["method"]);
    }
    // Three halves of kT, by dynamics too, whatever the units: the period of the vibration is 1943 fs.
    let time_step = comparison["dynamics"]["time_step"].as_f64().unwrap();
    assert!((60.0..70.0).contains(&time_step), "{time_step} fs");
    let expected = 1.5 * 0.0019872043 * 300.0;
    let dynamics = comparison["methods"].as_array().unwrap().iter().find(|method| method["method"] == "plain_dynamics").unwrap();
    for run in dynamics["runs"].as_array().unwrap() {
        let value = run["values"].as_array().unwrap().last().unwrap().as_f64().unwrap();
        assert!((value / expected - 1.0).abs() < 0.1, "{value}, not {expected}");
    }
}

#[test]
fn what_ran_lies_beside_it_and_can_go_on() {
    let place = Place::with(&[("system.ron", WELL), ("start.xyz", START)]);
    place.must("compare system.ron");
    for run in ["hybrid-1", "plain_MC-1", "plain_MD-1"] {
        let text = place.text(&format!("compare/{run}/system.ron"));
        let method = run.replace("-1", "").replace('_', " ");
        assert!(
            text.starts_with(&format!("// A well.\n// Made from \"system.ron\" by `mcflow compare`, {method}, run 1: what ran")),
            "{text}"
        );
        assert!(text.contains("../../start.xyz"), "{text}");
        let summary = place.json(&format!("compare/{run}/summary.json"));
        let done = text.lines().find_map(|line| line.trim().strip_prefix("production: ")).expect("a production");
        assert!(done.trim_end_matches(',').parse::<u64>().unwrap() < 1_000_000_000, "{done}");
        place.must(&format!("run compare/{run}/system.ron --output compare/{run} --resume"));
        let again = place.json(&format!("compare/{run}/summary.json"));
        assert_eq!((&again["input_sha256"], &again["observables"]), (&summary["input_sha256"], &summary["observables"]));
    }
}

#[test]
fn methods_that_cannot_run_are_left_out_and_those_that_fail_lose_no_others() {
    let gas = r#"(
        system: (cell: Cube(density: 0.1), particles: [(type: "A", count: 20)],
            potential: [LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.5, truncation: LinearForceShift)]),
        start: Lattice(SimpleCubic), ladder: [(temperature: 2.0, walkers: 2, pressure: 0.2)],
        sweep: [Displacement(step: 0.2), Volume(step: 0.1)], run: (equilibration: 20, production: 100),
        compare: (quantity: Mean("density"), seconds: 0.5, seeds: 1),
    )"#;
    let wall = r#"(
        system: (cell: Open(dimension: 3), potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0, 0.0]]), SphericalWall(radius: 0.5)]),
        start: Positions([[0.0, 0.0, 0.0]]), ladder: [(temperature: 1.0, walkers: 2)], sweep: [Displacement(step: 0.2)],
        run: (equilibration: 20, production: 100), compare: (quantity: Mean("potential_energy"), seconds: 0.5, seeds: 1),
    )"#;
    let place = Place::with(&[("gas.ron", gas), ("wall.ron", wall)]);
    let table = place.must("compare gas.ron --output gas");
    assert!(table.contains("plain MD is left out: dynamics here moves no volume"), "{table}");
    let table = place.must("compare wall.ron --output wall");
    assert!(table.contains("plain MD failed, run 1: walker"), "{table}");
    for folder in ["gas", "wall"] {
        let comparison = place.json(&format!("{folder}/compare.json"));
        let runs = comparison["methods"].as_array().unwrap().iter().map(|method| method["runs"].as_array().unwrap().len());
        assert_eq!(runs.collect::<Vec<_>>(), [1, 1, 0], "{folder}");
    }
}

#[test]
fn runs_that_are_too_large_are_refused_before_they_begin() {
    let line = |run: &str, walkers: &str| {
        format!(
            "(system: (cell: Open(dimension: 1), potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0]])]), start: Positions([[0.0]]), \
             ladder: [(temperature: 1.0, walkers: {walkers})], sweep: [Displacement(step: 2.0)], run: ({run}))"
        )
    };
    let long = line("equilibration: 0, production: 10_000_000_000, record_every: 1", "64");
    let vast = line("equilibration: 0, production: 10", "4294967296");
    let draws = r#"(system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0)]),
        start: Positions([[-1.8, 0.0]]), ladder: [(temperature: 1.0)], flows: {"g": (layers: RealNvp(blocks: 2, hidden: [8]),
        training: (stages: [(steps: 10, maximum_likelihood: 1.0)]))}, sweep: [Displacement(step: 0.1),
        GeneratorDraw(flow: "g", count: 4294967296, tries: 4294967296)], run: (equilibration: 0, production: 30))"#;
    let wide = draws.replace("4294967296", "1").replace("blocks: 2, hidden: [8]", "blocks: 256, hidden: [8192, 8192, 8192, 8192, 8192]");
    let place = Place::with(&[("long.ron", &long), ("vast.ron", &vast), ("draws.ron", draws), ("wide.ron", &wide)]);
    let check = place.must("check long.ron");
    assert!(check.contains(" TB") && check.contains("WARNING"), "{check}");
    place.must_refuse("run long.ron", &["long.ron: found a run that needs about", "a column of samples", "record_every"]);
    assert!(!place.path("output").exists());
    place.must_refuse("check vast.ron", &["ladder[0].walkers: found 4294967296, expected a whole number from 1 to 1000000"]);
    place.must_refuse("check draws.ron", &["steps in one sweep, expected at most 50000000"]);
    let check = place.must("check wide.ron");
    assert!(check.contains("WARNING") && check.contains("smaller `layers`"), "{check}");
    place.must_refuse("run wide.ron", &["for training", "smaller `layers`"]);
}
