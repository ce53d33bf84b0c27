//! What a run says its figures are worth: nothing that never happened has an error bar, and the worst that was found comes first.

use serde_json::Value;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// The terminal's text and `summary.json` of a run of this input.
fn run(input: &str) -> (String, Value) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("system.ron");
    fs::write(&path, input).expect("an input");
    let output = Command::new(env!("CARGO_BIN_EXE_mcflow")).arg("run").arg(&path).output().expect("the program");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    let summary = fs::read_to_string(folder.path().join("output/summary.json")).expect("a summary");
    (String::from_utf8(output.stdout).expect("text"), serde_json::from_str(&summary).expect("JSON"))
}

/// The kinds of what was found, with how bad each is.
fn found(summary: &Value) -> Vec<(String, String)> {
    let findings = summary["verdict"]["findings"].as_array().expect("findings");
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    findings.iter().map(|finding| (text(&finding["kind"]), text(&finding["severity"]))).collect()
}

fn has(summary: &Value, kind: &str, severity: &str) -> bool {
    found(summary).iter().any(|(k, s)| k == kind && s == severity)
}

/// A double well at a temperature at which nothing crosses; `starts` follow the conditions of left and right.
fn cold_wells(left: &str, right: &str) -> String {
    format!(
        r#"(
    seed: 1,
    system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.0)]),
    states: {{
        "left": (where: Below(Coordinate(particle: 0, axis: X), 0.0839){left}),
        "right": (where: Above(Coordinate(particle: 0, axis: X), 0.0839){right}),
    }},
    ladder: [(temperature: 0.1, walkers: 4)],
    sweep: [Displacement(count: 5, step: 0.5)],
    run: (equilibration: 500, production: 2000, record_every: 2),
)"#
    )
}

const AT_LEFT: &str = ", start: Positions([[-1.8, 0.0]])";
const AT_RIGHT: &str = ", start: Positions([[1.8, 0.0]])";

#[test]
fn what_never_moved_has_no_error_bar() {
    let (text, summary) = run(r#"(
    seed: 1,
    system: (
        cell: Cube(density: 1.0),
        particles: [(type: "Ar", count: 108)],
        potential: [LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.3, truncation: LinearForceShift)],
    ),
    start: Lattice(FaceCentredCubic),
    ladder: [(temperature: 0.001)],
    sweep: [Displacement(step: 2.0, tune: false)],
    run: (equilibration: 0, production: 50, record_every: 1),
)"#);
    let energy = &summary["observables"][0]["potential_energy"];
    assert!((energy["mean"].as_f64().unwrap() + 656.329164).abs() < 1e-5, "{energy}");
    for key in ["standard_error", "effective_samples", "standard_error_by_blocks"] {
        assert!(energy[key].is_null(), "{key} of {energy}");
    }
    assert!(energy["reason"].as_str().unwrap().contains("never changed"));
    assert_eq!(found(&summary)[0], ("never_moved".to_string(), "unsound".to_string()));
    assert!(has(&summary, "never_accepted", "doubtful"));
    assert!(text.contains("none of 5400") && text.contains("verdict: not the ensemble asked for: nothing ever moved"), "{text}");
}

#[test]
fn the_population_of_a_state_that_was_never_left_is_not_known() {
    let (text, summary) = run(&cold_wells(AT_LEFT, ""));
    let population = &summary["states"][0]["population"]["left"];
    assert!(population["mean"].is_null() && population["standard_error"].is_null(), "{population}");
    assert!(has(&summary, "never_visited", "doubtful"), "{:?}", found(&summary));
    assert!(!text.contains("1.000000") && text.contains("some figures are doubtful"), "{text}");
    // What did move is measured as ever.
    assert!(summary["observables"][0]["potential_energy"]["standard_error"].as_f64().unwrap() > 0.0);
}

#[test]
fn walkers_that_never_cross_give_no_free_energy() {
    let (_, summary) = run(&cold_wells(AT_LEFT, AT_RIGHT));
    let difference = &summary["states"][0]["free_energy_differences"][0];
    assert!(difference["value"].is_null() && difference["standard_error"].is_null(), "{difference}");
    assert!(difference["reason"].as_str().unwrap().contains("no walker ever went"), "{difference}");
    assert!(summary["states"][0]["population"]["left"]["mean"].is_null());
    assert!(has(&summary, "never_crossed", "doubtful"), "{:?}", found(&summary));
}

#[test]
fn a_good_run_is_told_so() {
    let (text, summary) = run(r#"(
    seed: 2,
    system: (cell: Open(dimension: 1), potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0]])]),
    start: Positions([[0.0]]),
    ladder: [(temperature: 1.0, walkers: 4)],
    sweep: [Displacement(count: 5, step: 2.0)],
    run: (equilibration: 200, production: 4000),
)"#);
    assert_eq!(found(&summary), Vec::new());
    assert!(text.contains("verdict: nothing speaks against the figures"), "{text}");
}
