//! The program as it is typed: every command in a folder of its own, judged by exit codes, messages and bytes.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A double well with a flow: all phases of a run, in sizes that take the place of the capital letters.
const WELLS: &str = r#"(
    seed: 5,
    system: (
        cell: Open(dimension: 2),
        potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0)],
    ),
    states: {
        "left": (where: Below(Coordinate(particle: 0, axis: X), 0.0), start: Positions([[-1.8, 0.0]])),
        "right": (where: Above(Coordinate(particle: 0, axis: X), 0.0), start: Positions([[1.8, 0.0]])),
    },
    ladder: [(temperature: 1.0, walkers: 16)],
    flows: {
        "g": (
            layers: RealNvp(blocks: 2, hidden: [16]),
            samples: Run(frames: FRAMES, every: 20),
            training: (stages: [
                (steps: STEPS, batch: 64, maximum_likelihood: 1.0),
                (steps: STEPS, batch: 64, maximum_likelihood: 0.1, reverse_kl: 1.0),
            ]),
            assessment_draws: 1000,
        ),
    },
    sweep: [
        Displacement(count: 10, step: 0.5),
        LatentWalk(flow: "g", step: 0.5, every: 5),
        GeneratorDraw(flow: "g", count: 2, every: 5),
        Hmc(steps: 5, time_step: 0.1, every: 3),
    ],
    run: (equilibration: EQUILIBRATION, production: PRODUCTION, record_every: 10),
    observables: [
        Column(name: "x", of: Coordinate(particle: 0, axis: X)),
        Profile(name: "profile", of: Coordinate(particle: 0, axis: X), from: -3.0, to: 3.0, bins: 20),
    ],
    output: [Trajectory(format: Dcd), Trajectory(format: Xyz, every: 20)],
)"#;

fn wells(frames: usize, steps: usize, equilibration: usize, production: usize) -> String {
    let sizes = [("FRAMES", frames), ("STEPS", steps), ("EQUILIBRATION", equilibration), ("PRODUCTION", production)];
    sizes.iter().fold(WELLS.to_string(), |text, (name, size)| text.replace(name, &size.to_string()))
}

/// A small run of a second or less.
fn short_wells() -> String {
    wells(320, 20, 20, 200)
}

/// A fluid at constant pressure: neighbour lists, momenta and a cell that changes, all of which a checkpoint must hold.
fn fluid(production: usize) -> String {
    r#"(
    seed: 6,
    system: (
        cell: Cube(density: 0.5),
        particles: [(type: "A", count: 108), (type: "B", count: 20)],
        potential: [LennardJones(
            types: {"A": (epsilon: 1.0, sigma: 1.0), "B": (epsilon: 0.8, sigma: 0.9)},
            cutoff: 2.5,
            truncation: Switched(from: 2.0),
            tail: true,
        )],
    ),
    start: Lattice(FaceCentredCubic),
    ladder: [(temperature: 1.2, walkers: 2, pressure: 0.5)],
    sweep: [Displacement(step: 0.15), Langevin(steps: 3, time_step: 0.003, friction: 1.0), Hmc(steps: 3, time_step: 0.004), Volume(step: 0.02)],
    run: (equilibration: 200, production: PRODUCTION, record_every: 2),
    observables: [RadialDistribution(bins: 20)],
    output: [Trajectory(format: Dcd, every: 4), Trajectory(format: Xyz, every: 20)],
)"#
    .replace("PRODUCTION", &production.to_string())
}

/// Eleven walkers of a small system in one cell: a full group side by side and a part of one, plain, Metropolized and by trajectories.
fn replicas(production: usize) -> String {
    r#"(
    seed: 8,
    system: (
        cell: Cube(density: 0.4),
        particles: [(type: "A", count: 16)],
        potential: [Wca(epsilon: 1.0, sigma: 1.0)],
    ),
    start: Lattice(FaceCentredCubic),
    ladder: [(temperature: 1.2, walkers: 11)],
    sweep: [
        Langevin(steps: 3, time_step: 0.003, friction: 1.0),
        Displacement(step: 0.1, count: 3, every: 2),
        Langevin(steps: 4, time_step: 0.003, friction: 1.0, splitting: "BAOAB", metropolized: false, precision: Mixed),
        Hmc(steps: 3, time_step: 0.004),
    ],
    run: (equilibration: 200, production: PRODUCTION, record_every: 2),
    output: [Trajectory(format: Dcd, every: 4, walkers: [9]), Trajectory(format: Xyz, every: 20)],
)"#
    .replace("PRODUCTION", &production.to_string())
}

/// A folder with an input, `system.ron`.
struct Place(TempDir);

impl Place {
    fn with(text: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("system.ron", text.as_bytes());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcflow"));
        command.current_dir(self.0.path()).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Must succeed, silently but for its result.
    fn must(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
        assert!(errors.is_empty(), "{arguments:?} is not quiet: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Must end with this exit code and a message that has all of `words`; returns the message.
    fn must_fail(&self, arguments: &[&str], code: i32, words: &[&str]) -> String {
        let output = self.call(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        for word in words {
            assert!(errors.contains(word), "{arguments:?}: no `{word}` in: {errors}");
        }
        for word in ["panicked", "RUST_BACKTRACE", "Err("] {
            assert!(!errors.contains(word), "{arguments:?}: {errors}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?} fails and prints a result");
        errors
    }

    fn summary(&self, folder: &str) -> Value {
        serde_json::from_slice(&self.read(&format!("{folder}/summary.json"))).unwrap()
    }

    /// All files below the folder of the input.
    fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.0.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                files.insert(path.strip_prefix(self.0.path()).unwrap().display().to_string());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        files
    }
}

/// A summary without what depends on the clock.
fn timeless(mut summary: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| !key.contains("second"));
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut summary);
    summary
}

/// Two runs, in folders of one place, that must be the same to the byte.
fn must_be_the_same(place: &Place, folders: [&str; 2], files: &[&str]) {
    for file in files {
        let [a, b] = folders.map(|folder| place.read(&format!("{folder}/{file}")));
        let first = a.iter().zip(&b).position(|(a, b)| a != b);
        assert!(a == b, "{folders:?}: {file}: {} and {} bytes, different from byte {first:?} on", a.len(), b.len());
    }
    let [a, b] = folders.map(|folder| timeless(place.summary(folder)));
    assert_eq!(a, b, "{folders:?}: summary.json");
}

const RECORDS: [&str; 3] = ["observables.csv", "trajectory.dcd", "trajectory.xyz"];

#[test]
fn a_run_is_never_overwritten_unasked() {
    let place = Place::with(&short_wells());
    let table = place.must(&["run", "system.ron"]);
    assert!(table.contains("chain") && table.contains("exact") && table.contains("results in output"), "{table}");
    let before = place.read("output/observables.csv");

    let message = place.must_fail(&["run", "system.ron"], 2, &["output: found an earlier run", "--resume", "--force", "--output"]);
    assert_eq!(message.lines().count(), 1, "{message}");
    place.must_fail(&["train", "system.ron"], 2, &["found an earlier run", "--force"]);
    assert_eq!(place.read("output/observables.csv"), before);

    // What the program did not make stays; what it made goes.
    place.write("output/notes.txt", b"mine");
    place.write("output/trajectory-7.dcd", b"of another program");
    place.must(&["run", "system.ron", "--force", "--seed", "77"]);
    assert_eq!(place.read("output/notes.txt"), b"mine");
    assert_eq!(place.read("output/trajectory-7.dcd"), b"of another program");
    assert_ne!(place.read("output/observables.csv"), before);
    assert_eq!(place.summary("output")["seed"], 77);

    // A finished run is resumed to itself.
    let finished = place.read("output/observables.csv");
    place.must(&["run", "system.ron", "--resume", "--seed", "77"]);
    assert_eq!(place.read("output/observables.csv"), finished);

    // Without its checkpoint it is not thrown away either.
    fs::remove_dir_all(place.path("output/checkpoint")).unwrap();
    place.must_fail(&["run", "system.ron", "--resume", "--seed", "77"], 2, &["without its checkpoint", "--force"]);
    assert_eq!(place.read("output/observables.csv"), finished);
}

#[test]
fn seeds_and_threads() {
    let place = Place::with(&short_wells());
    for (folder, more) in [
        ("one", ["--threads", "1"]),
        ("two", ["--threads", "2"]),
        ("five", ["--threads", "5"]),
        ("same", ["--seed", "5"]),
        ("other", ["--seed", "6"]),
    ] {
        place.must(&[["run", "system.ron", "--output", folder].as_slice(), &more].concat());
    }
    let files = [RECORDS.as_slice(), &["flows/g.safetensors"]].concat();
    must_be_the_same(&place, ["one", "two"], &files);
    must_be_the_same(&place, ["one", "five"], &files);
    must_be_the_same(&place, ["one", "same"], &files);
    for file in files {
        assert_ne!(place.read(&format!("one/{file}")), place.read(&format!("other/{file}")), "{file} does not depend on the seed");
    }
    for input in [fluid(40), replicas(40)] {
        let place = Place::with(&input);
        place.must(&["run", "system.ron", "--output", "one", "--threads", "1"]);
        place.must(&["run", "system.ron", "--output", "two", "--threads", "2"]);
        must_be_the_same(&place, ["one", "two"], &RECORDS);
    }
}

/// How a run is stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Signal {
    Interrupt,
    Kill,
}

fn send(child: &mut Child, signal: Signal) {
    match signal {
        Signal::Kill => child.kill().unwrap(),
        Signal::Interrupt => {
            Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
        }
    }
}

/// The stage that the checkpoint in a folder was written in, by the name under which it is counted; `None` where there is none.
fn stage(place: &Place, folder: &str) -> Option<String> {
    Some(mcflow_engine::checkpoint::begun(&place.path(folder)).ok()?.stage)
}

/// Starts the run, stops it after each of the `pauses` and goes on, until it comes to its end; returns the stages it was stopped in.
fn run_with_stops(place: &Place, folder: &str, signal: Signal, pauses: impl Iterator<Item = Duration>) -> Vec<String> {
    let mut stages = Vec::new();
    for (k, pause) in pauses.enumerate() {
        let mut arguments = vec!["run", "system.ron", "--output", folder];
        if k > 0 && place.path(folder).is_dir() {
            arguments.push("--resume");
        }
        let begun = Instant::now();
        let mut child = place.command(&arguments).spawn().unwrap();
        while begun.elapsed() < pause && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(5));
        }
        let ended = child.try_wait().unwrap().is_some();
        if !ended {
            send(&mut child, signal);
        }
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => {
                assert!(k > 0, "the run was over before it could be stopped");
                return stages;
            }
            Some(1) if signal == Signal::Interrupt && !ended => {
                assert!(errors.contains("stopped; go on with `mcflow run ... --resume`"), "{errors}");
            }
            None if !ended => {}
            code => panic!("{folder}: exit code {code:?}: {errors}"),
        }
        stages.extend(stage(place, folder));
        assert!(!place.path(folder).join("summary.json").exists(), "a summary of a run that was stopped");
    }
    panic!("{folder}: stopped in the stages {stages:?}, and still not at the end");
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bytes() {
    let place = Place::with(&wells(15_000, 700, 10_000, 15_000));
    let files = [RECORDS.as_slice(), &["flows/g.safetensors"]].concat();
    let begun = Instant::now();
    place.must(&["run", "system.ron", "--output", "whole"]);
    let whole = begun.elapsed();
    let summary = place.summary("whole");
    let names = ["equilibration", "sampling", "training", "equilibration_with_flows", "production"];
    let shortest = names
        .map(|name| summary["phases"][name]["seconds"].as_f64().unwrap_or_else(|| panic!("no phase {name} in {summary}")))
        .into_iter()
        .fold(f64::INFINITY, f64::min);

    // So often that every stage is stopped at least once.
    let pause = Duration::from_secs_f64((0.4 * shortest).max(0.05));
    let stages = run_with_stops(&place, "interrupted", Signal::Interrupt, (0..200).map(|_| pause));
    must_be_the_same(&place, ["whole", "interrupted"], &files);
    let hit: BTreeSet<&str> = stages.iter().map(String::as_str).collect();
    assert!(names.iter().all(|name| hit.contains(name)), "{stages:?}, by stops each {pause:?} of a run of {whole:?}");

    // Killed, it falls back to the end of the last stage: longer and longer pauses see every stage.
    let pauses = (1..100).map(|k| whole.mul_f64(0.06 * f64::from(k)));
    let stages = run_with_stops(&place, "killed", Signal::Kill, pauses);
    must_be_the_same(&place, ["whole", "killed"], &files);
    assert!(stages.len() >= 2, "killed in {stages:?}");
}

#[test]
fn a_fluid_goes_on_to_the_same_bytes() {
    goes_on_to_the_same_bytes(&fluid(400));
}

#[test]
fn replicas_go_on_to_the_same_bytes() {
    let place = goes_on_to_the_same_bytes(&replicas(10_000));
    let moves = &place.summary("whole")["moves"];
    assert_eq!((&moves[0]["precision"], &moves[2]["precision"]), (&"Double".into(), &"Mixed".into()));
    assert!(moves[1].get("precision").is_none());
    assert!(place.summary("whole")["why"][0].as_str().is_some_and(|why| why.contains("f32")));
}

/// Rungs with unlike numbers of walkers, one of a scaled potential; ordinary and learned exchange between them, and jumps between the states
/// of the first.
#[test]
fn a_ladder_goes_on_to_the_same_bytes() {
    let input = WELLS
        .replace("[(temperature: 1.0, walkers: 16)]", "[(temperature: 1.0, walkers: 8), (temperature: 1.7, walkers: 3), (temperature: 3.0, walkers: 5, scale: {\"DoubleWell\": 0.9})]")
        .replace("        \"g\": (", "        \"down\": (map: Exchange(from: 2, to: 0), ONE),\n        \"jump\": (map: ModeJump(between: [\"left\", \"right\"]), ONE),\n        \"g\": (")
        .replace("ONE", "layers: RealNvp(blocks: 1, hidden: [8]), samples: Run(frames: 3200, every: 4), training: (stages: [(steps: 100, batch: 32)])")
        .replace("        LatentWalk(", "        Exchange(),\n        Exchange(flow: \"down\", every: 2),\n        ModeJump(flow: \"jump\", tune: true),\n        LatentWalk(");
    let sizes = [("FRAMES", "800"), ("STEPS", "50"), ("EQUILIBRATION", "4000"), ("PRODUCTION", "30000")];
    let input = sizes.iter().fold(input, |text, (name, size)| text.replace(name, size));
    let place = goes_on_to_the_same_bytes(&input);
    let summary = place.summary("whole");
    let exchange = summary["exchange"].as_array().unwrap();
    assert_eq!(exchange.len(), 3);
    assert!(exchange.iter().all(|pair| pair["accepted"].as_u64().unwrap() > 0 && pair["between_states"].as_f64().unwrap() > 0.0));
    let (other, trips) = (place.summary("interrupted"), &summary["ladder_round_trips"]);
    assert_eq!((&other["exchange"], &other["ladder_round_trips"]), (&summary["exchange"], trips));
    assert!(trips.as_array().unwrap().iter().any(|n| n.as_u64().unwrap() > 0));
    place.must(&["run", "system.ron", "--output", "two", "--threads", "2"]);
    must_be_the_same(&place, ["whole", "two"], &RECORDS);
}

/// What lists and trees remember goes with a configuration to a rung of another potential.
#[test]
fn a_ladder_of_scaled_fluids_goes_on_to_the_same_bytes() {
    let input = fluid(150)
        .replace("count: 108", "count: 236")
        .replace("walkers: 2, pressure: 0.5)", "pressure: 0.5), (temperature: 1.2, pressure: 0.5, scale: {\"LennardJones\": 0.97})")
        .replace("Volume(step: 0.02)]", "Exchange(), Volume(step: 0.02)]");
    let place = goes_on_to_the_same_bytes(&input);
    let exchange = &place.summary("whole")["exchange"][0];
    let (attempted, accepted) = (exchange["attempted"].as_u64().unwrap(), exchange["accepted"].as_u64().unwrap());
    assert!(0 < accepted && accepted < attempted, "{exchange}");
}

fn goes_on_to_the_same_bytes(input: &str) -> Place {
    let place = Place::with(input);
    let begun = Instant::now();
    place.must(&["run", "system.ron", "--output", "whole"]);
    let whole = begun.elapsed();
    let stages = run_with_stops(&place, "interrupted", Signal::Interrupt, (0..200).map(|_| whole.mul_f64(0.15)));
    must_be_the_same(&place, ["whole", "interrupted"], &RECORDS);
    assert!(stages.iter().any(|stage| stage == "production"), "never stopped in production: {stages:?}");
    run_with_stops(&place, "killed", Signal::Kill, (1..100).map(|k| whole.mul_f64(0.25 * f64::from(k))));
    must_be_the_same(&place, ["whole", "killed"], &RECORDS);
    place
}

#[test]
fn only_its_own_whole_checkpoint_is_resumed() {
    let place = Place::with(&short_wells());
    place.must(&["run", "system.ron"]);
    let resume = ["run", "system.ron", "--resume"];
    place.must(&resume);

    place.must_fail(&["run", "system.ron", "--resume", "--seed", "6"], 2, &["state.bin", "a checkpoint of another input", "unchanged"]);
    place.write("system.ron", short_wells().replace("temperature: 1.0", "temperature: 1.1").as_bytes());
    place.must_fail(&resume, 2, &["state.bin", "a checkpoint of another input"]);
    place.write("system.ron", short_wells().as_bytes());

    let state = "output/checkpoint/state.bin";
    let whole = place.read(state);
    let changed = |at: usize| whole.iter().enumerate().map(|(k, b)| if k == at { b ^ 1 } else { *b }).collect::<Vec<u8>>();
    for bytes in
        [&whole[..whole.len() - 1], &whole[..whole.len() / 2], &whole[..40], &whole[..5], b"", &changed(60), &changed(whole.len() - 9)]
    {
        place.write(state, bytes);
        let message = place.must_fail(&resume, 2, &["output/checkpoint/state.bin", "damaged or cut checkpoint", "start the run again"]);
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    place.write(state, &changed(15));
    place.must_fail(&resume, 2, &["checkpoint of another version"]);
    place.write(state, &whole);

    let csv = place.read("output/observables.csv");
    place.write("output/observables.csv", &csv[..csv.len() - 10]);
    place.must_fail(&resume, 2, &["observables.csv", "bytes where", "as this run wrote it"]);
    place.write("output/observables.csv", &csv);
    // The checkpoint is whole: weights that are gone, or others, come back from it.
    let weights = place.read("output/flows/g.safetensors");
    fs::remove_file(place.path("output/flows/g.safetensors")).unwrap();
    place.must(&resume);
    assert_eq!(place.read("output/flows/g.safetensors"), weights);
    place.write("output/flows/g.safetensors", &weights[..40]);
    place.must(&resume);
    assert_eq!(place.read("output/flows/g.safetensors"), weights);
    place.must_fail(&["run", "system.ron", "--resume", "--output", "nowhere"], 2, &["nowhere", "no such folder", "without --resume"]);
    assert!(!place.path("nowhere").exists());
}

#[test]
fn check_writes_nothing() {
    let place = Place::with(&short_wells());
    let before = place.files();
    let text = place.must(&["check", "system.ron"]);
    for word in ["no problem found", "DoubleWell", "16 walker(s)", "GeneratorDraw", "expected time", "memory", "exact"] {
        assert!(text.contains(word), "no `{word}` in:\n{text}");
    }
    let text = place.must(&["check", "system.ron", "--resolved", "--seed", "123"]);
    assert!(text.contains("seed: 123") && text.contains("scale_bound: 2.0"), "{text}");
    assert_eq!(place.files(), before);
}

/// Two particles at a distance of 1.2 with epsilon = 1.5, sigma = 1.1: (sigma/r)^6 = 0.5932922.
#[test]
fn energies_of_a_pair() {
    let place = Place::with(
        r#"(
        system: (
            cell: Open(dimension: 3),
            particles: [(type: "A", count: 2)],
            potential: [LennardJones(epsilon: 1.5, sigma: 1.1), HarmonicRestraint(stiffness: 4.0, particles: [1], to: [[0.0, 0.0, 0.5]])],
        ),
        start: Positions([[0.0, 0.0, 0.0], [0.0, 0.0, 1.2]]),
        ladder: [(temperature: 1.0)],
        sweep: [Displacement(step: 0.1)],
        run: (equilibration: 0, production: 1),
    )"#,
    );
    let s6 = (1.1f64 / 1.2).powi(6);
    let pair = 6.0 * (s6 * s6 - s6);
    let pair_force = 6.0 * (12.0 * s6 * s6 - 6.0 * s6) / 1.2;
    let spring = 2.0 * 0.7 * 0.7;
    let spring_force = -4.0 * 0.7;
    let near = |found: &Value, expected: f64| {
        let found = found.as_f64().unwrap_or_else(|| panic!("{found} is no number"));
        assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found}, expected {expected}");
    };
    let frames: Value = serde_json::from_str(&place.must(&["energy", "system.ron", "--forces"])).unwrap();
    assert_eq!(frames.as_array().unwrap().len(), 1);
    near(&frames[0]["energy"], pair + spring);
    near(&frames[0]["terms"]["LennardJones"], pair);
    near(&frames[0]["terms"]["HarmonicRestraint"], spring);
    near(&frames[0]["forces"][0][2], -pair_force);
    near(&frames[0]["forces"][1][2], pair_force + spring_force);
    near(&frames[0]["forces"][1][0], 0.0);

    // The same and another frame of a file, as CSV into a file.
    place.write("pair.xyz", b"2\n\nA 0 0 0\nA 0 0 1.2\n2\n\nA 0 0 0\nA 0 0 1.1\n");
    assert!(place.must(&["energy", "system.ron", "--frames", "pair.xyz", "--format", "csv", "--output", "pair.csv"]).is_empty());
    let csv = String::from_utf8(place.read("pair.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "frame,energy,virial,HarmonicRestraint,LennardJones"));
    let row = |line: &str| line.split(',').map(|v| v.parse::<f64>().unwrap()).collect::<Vec<f64>>();
    assert!((row(lines[1])[1] - pair - spring).abs() < 1e-12);
    assert!((row(lines[2])[4]).abs() < 1e-12, "U(sigma) = 0");
    let forces = place.must(&["energy", "system.ron", "--forces", "--format", "csv"]);
    assert_eq!(forces.lines().next(), Some("frame,particle,fx,fy,fz"));
    assert_eq!(forces.lines().count(), 3);

    // Of the first rung, and of terms without its factor.
    let text = String::from_utf8(place.read("system.ron")).unwrap();
    place.write("scaled.ron", text.replace("(temperature: 1.0)", "(temperature: 1.0, scale: {\"LennardJones\": 0.3})").as_bytes());
    let frames: Value = serde_json::from_str(&place.must(&["energy", "scaled.ron", "--forces"])).unwrap();
    near(&frames[0]["energy"], 0.3 * pair + spring);
    near(&frames[0]["terms"]["LennardJones"], pair);
    near(&frames[0]["forces"][1][2], 0.3 * pair_force + spring_force);
    assert!(place.must(&["check", "scaled.ron"]).contains("temperature 1, 0.3 LennardJones, 1 walker(s)"));

    // Frames that do not fit.
    place.must_fail(&["energy", "system.ron", "--frames", "none.xyz"], 2, &["none.xyz", "No such file"]);
    place.write("three.xyz", b"3\n\nA 0 0 0\nA 0 0 1.2\nA 0 0 2.4\n");
    place.must_fail(&["energy", "system.ron", "--frames", "three.xyz"], 2, &["three.xyz", "3 particles", "expected 2"]);
    place.write("cut.xyz", b"2\n\nA 0 0 0\n");
    place.must_fail(&["energy", "system.ron", "--frames", "cut.xyz"], 2, &["cut.xyz:4", "the file ends within frame 1"]);
    place.write("one_place.xyz", b"2\n\nA 0 0 0\nA 0 0 0\n");
    let output = place.call(&["energy", "system.ron", "--frames", "one_place.xyz"]);
    let (frames, errors): (Value, _) = (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), &frames[0]["energy"], &frames[0]["virial"]), (Some(0), &Value::Null, &Value::Null));
    for word in ["one_place.xyz: frame 1", "LennardJones", "particles 0 and 1 (from 0) are at one place"] {
        assert!(errors.contains(word), "{errors}");
    }
    place.write("types.xyz", b"2\n\nA 0 0 0\nB 0 0 1.2\n");
    place.must_fail(&["energy", "system.ron", "--frames", "types.xyz"], 2, &["types.xyz", "\"B\"", "expected \"A\""]);
    place.write("text.dcd", b"this is no trajectory, but it is long enough to be looked at: 0123456789012345678901234567890123456789");
    place.must_fail(&["energy", "system.ron", "--frames", "text.dcd"], 2, &["text.dcd", "byte 0", "expected"]);
    place.must_fail(&["energy", "system.ron", "--output", "pair.csv/energies.json"], 1, &["pair.csv/energies.json", "cannot be written"]);
}

/// Energies of the frames that a run wrote are those it recorded.
#[test]
fn energies_of_a_trajectory() {
    for text in
        [fluid(40), fluid(40).replace("(\n    seed", "(\n    units: Molar,\n    seed").replace("temperature: 1.2", "temperature: 140.0")]
    {
        let place = Place::with(&text);
        place.must(&["run", "system.ron"]);
        let csv = String::from_utf8(place.read("output/observables.csv")).unwrap();
        let column = csv.lines().next().unwrap().split(',').position(|name| name == "potential_energy").unwrap();
        let recorded = |sweep: usize| {
            let line = csv.lines().find(|line| line.starts_with(&format!("{sweep},0,"))).unwrap();
            line.split(',').nth(column).unwrap().parse::<f64>().unwrap()
        };
        for (file, every, tolerance) in [("output/trajectory.xyz", 20, 1e-12), ("output/trajectory.dcd", 4, 1e-5)] {
            let frames: Value = serde_json::from_str(&place.must(&["energy", "system.ron", "--frames", file])).unwrap();
            let frames = frames.as_array().unwrap();
            assert_eq!(frames.len(), 40 / every, "{file}");
            for (k, frame) in frames.iter().enumerate() {
                let (found, expected) = (frame["energy"].as_f64().unwrap(), recorded((k + 1) * every));
                assert!((found - expected).abs() < tolerance * expected.abs(), "{file}, frame {k}: {found}, recorded {expected}");
            }
        }
    }
}

/// Frames of a file are judged one by one: what is wrong with one of them is said, and the others have their figures.
#[test]
fn one_bad_frame_does_not_hide_the_energies_of_the_others() {
    let place = Place::with(
        r#"(
        system: (
            cell: Open(dimension: 3),
            particles: [(type: "A", count: 2)],
            potential: [Wca(epsilon: 1.0, sigma: 1.0), SphericalWall(radius: 2.5), Wca(epsilon: 2.0, sigma: 1.0)],
        ),
        start: Positions([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        ladder: [(temperature: 1.0)],
        sweep: [Displacement(step: 0.1)],
        run: (equilibration: 0, production: 1),
    )"#,
    );
    // At r = sigma the two terms, each with a column of its own, are 1 and 2.
    let (head, good) = ("frame,energy,virial,SphericalWall,Wca_0,Wca_2", "2\n\nA 0 0 0\nA 0 0 1\n");
    let outside = "2\n\nA 0 0 0\nA 0 0 2.6\n";
    let csv = |frames: &str, code: i32, words: &[&str]| {
        place.write("f.xyz", frames.as_bytes());
        let output = place.call(&["energy", "system.ron", "--frames", "f.xyz", "--format", "csv"]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        words.iter().for_each(|word| assert!(errors.contains(word), "no `{word}` in {errors}"));
        String::from_utf8(output.stdout).unwrap()
    };
    let line = |k: usize| format!("{k},3,72,0,1,2");
    let table = |lines: [String; 3]| format!("{head}\n{}\n", lines.join("\n"));
    let found =
        csv(&format!("{good}{outside}{good}"), 0, &["f.xyz: frame 2 (`frame` 1 of the result) has an energy of inf, of SphericalWall"]);
    assert_eq!(found, table([line(0), "1,inf,,inf,0,0".to_string(), line(2)]));
    let frames: Value = serde_json::from_slice(&place.call(&["energy", "system.ron", "--frames", "f.xyz"]).stdout).unwrap();
    assert_eq!(
        (&frames[1]["energy"], &frames[1]["terms"]["SphericalWall"], frames[1]["terms"]["Wca_0"].as_f64()),
        (&Value::Null, &Value::Null, Some(0.0))
    );
    assert_eq!(frames.as_array().unwrap().len(), 3);

    // A frame that cannot be read or is none of the system, in the middle and in front.
    for (bad, words) in [
        ("2\n\nA 0 0 0\nA 0 0 ******\n", "no room for the number"),
        ("2\n\nA 0 0 0\nB 0 0 1\n", "found \"B\" as particle 1 (from 0) of frame"),
        ("1\n\nA 0 0 0\n", "found 1 particles in frame"),
        ("2\nLattice=\"9 9 9\"\nA 0 0 0\nA 0 0 1\n", "`system.cell` is open"),
        ("2\npbc=\"F F T\"\nA 0 0 0\nA 0 0 1\n", "found pbc=\"F F T\" in frame"),
    ] {
        let found = csv(&format!("{good}{bad}{good}"), 2, &[words, "f.xyz: 1 of 3 frames have no energy: their fields are empty"]);
        assert_eq!(found, table([line(0), "1,,,,,".to_string(), line(2)]), "{bad}");
        let found = csv(&format!("{bad}{good}{good}"), 2, &[words]);
        assert_eq!(found, table(["0,,,,,".to_string(), line(1), line(2)]), "{bad}");
        assert_eq!(csv(bad, 2, &[words]), "", "{bad}");
    }
    let bad = "2\n\nA 0 0 0\nA 0 0 nan\n";
    place.write("f.xyz", format!("{bad}{good}").as_bytes());
    let call = |more: &[&str]| place.call(&[&["energy", "system.ron", "--frames", "f.xyz", "--forces"], more].concat());
    let frames: Value = serde_json::from_slice(&call(&[]).stdout).unwrap();
    assert_eq!((&frames[0]["forces"][1][2], frames[1]["forces"][1][2].as_f64()), (&Value::Null, Some(72.0)));
    assert!(call(&["--format", "csv", "--output", "f.csv"]).stdout.is_empty());
    assert_eq!(place.read("f.csv"), b"frame,particle,fx,fy,fz\n0,0,,,\n0,1,,,\n1,0,0,0,-72\n1,1,0,0,72\n");

    // A cut file; and lines behind which no frame can be found.
    let cut = [
        "f.xyz:12: the file ends within frame 3: found 1 of the 2 particles that line 9 announces; it is left out, the 2 before it are whole",
    ];
    assert_eq!(csv(&format!("{good}{good}2\n\nA 0 0 0\nA 0 0"), 0, &cut), format!("{head}\n{}\n{}\n", line(0), line(1)));
    assert_eq!(csv(&format!("{good}A 0 0 0\n{good}"), 2, &["f.xyz:5: found \"A 0 0 0\""]), format!("{head}\n{}\n", line(0)));
    assert!(!place.path("f.csv.tmp").exists());
    for file in ["f.xyz", "system.ron"] {
        place.must_fail(&["energy", "system.ron", "--frames", "f.xyz", "--output", file], 2, &[file, "which is read as"]);
    }
}

/// A run goes on from the last frame, or any other, of what another wrote.
#[test]
fn a_start_from_a_frame_of_a_trajectory() {
    let place = Place::with(&fluid(40));
    place.must(&["run", "system.ron"]);
    let text = fluid(40).replace("Cube(density: 0.5)", "FromStart");
    let energies = |text: &str, frames: &[&str]| -> Vec<f64> {
        place.write("next.ron", text.as_bytes());
        let found: Value = serde_json::from_str(&place.must(&[&["energy", "next.ron"], frames].concat())).unwrap();
        found.as_array().unwrap().iter().map(|frame| frame["energy"].as_f64().unwrap()).collect()
    };
    for (name, frames) in [("output/trajectory.dcd", 10), ("output/trajectory.xyz", 2)] {
        let with = |frame: &str| text.replace("Lattice(FaceCentredCubic)", &format!("File(path: {name:?}, frame: {frame})"));
        let all = energies(&with("First"), &["--frames", name]);
        assert_eq!(all.len(), frames);
        assert_eq!(energies(&with("First"), &[]), all[..1]);
        assert_eq!(energies(&with("Last"), &[]), all[frames - 1..]);
        assert_eq!(energies(&with("1"), &[]), all[1..2]);
        assert!(place.must(&["check", "next.ron", "--resolved"]).contains("frame: 1"));
        place.write("next.ron", with(&frames.to_string()).as_bytes());
        place.must_fail(
            &["check", "next.ron"],
            2,
            &[&format!("found frame {frames} of {name:?}, whose last whole frame is {}", frames - 1)],
        );
        // The last frame that is whole, of a file that was cut.
        let bytes = place.read(name);
        let cut = name.replace("trajectory", "cut");
        place.write(&cut, &bytes[..bytes.len() - 100]);
        place.write("next.ron", with("Last").replace("trajectory", "cut").as_bytes());
        let output = place.call(&["energy", "next.ron"]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found[0]["energy"].as_f64(), Some(all[frames - 2]));
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!((errors.lines().count(), errors.contains(&format!("the file ends within frame {frames}"))), (1, true), "{errors}");
    }
    place.write("next.ron", text.replace("Lattice(FaceCentredCubic)", "File(path: \"output/trajectory.dcd\", frame: Last)").as_bytes());
    place.must(&["run", "next.ron", "--output", "next"]);
}

/// Frames say their time and units: those of the dynamics in ångström, eV and ps where all moves are dynamics, else sweeps.
#[test]
fn trajectories_say_their_time_and_units() {
    let text = r#"(
        units: Academic,
        system: (
            cell: Angles(lengths: [17.0, 18.0, 19.0], angles: [80.0, 85.0, 75.0]),
            particles: [(type: "Ar", count: 32, mass: 39.948), (type: "bead", count: 32, mass: 39.948)],
            potential: [
                LennardJones(epsilon: 0.238, sigma: 3.405, cutoff: 7.5, truncation: Shifted),
                HarmonicBonds(bonds: [(0, 1), (1, 2)], stiffness: 1.0, length: 4.0),
            ],
        ),
        start: Lattice(SimpleCubic),
        ladder: [(temperature: 300.0)],
        sweep: [Langevin(steps: 10, time_step: 2.0, friction: 0.001)],
        run: (equilibration: 2, production: 6, record_every: 2),
        output: [Trajectory(format: Dcd), Trajectory(format: Xyz)],
    )"#;
    let place = Place::with(text);
    let delta = |folder: &str| f32::from_le_bytes(place.read(&format!("{folder}/trajectory.dcd"))[44..48].try_into().unwrap()) / 20.45483;
    let title = |folder: &str| String::from_utf8_lossy(&place.read(&format!("{folder}/trajectory.dcd"))[100..260]).into_owned();
    place.must(&["run", "system.ron"]);
    assert!((delta("output") - 0.02).abs() < 1e-8, "{} ps a sweep", delta("output"));
    assert!(title("output").contains("time is that of dynamics in ps"), "{}", title("output"));
    let xyz = String::from_utf8(place.read("output/trajectory.xyz")).unwrap();
    let comment = xyz.lines().nth(1).unwrap();
    let energy: f64 = comment.split("energy=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let csv = String::from_utf8(place.read("output/observables.csv")).unwrap();
    let recorded: f64 = csv.lines().nth(1).unwrap().split(',').nth(5).unwrap().parse().unwrap();
    assert!((energy * 23.060_547_83 / recorded - 1.0).abs() < 1e-9, "{energy} eV, {recorded} kcal/mol");
    for words in [":type:S:1", " time=0.04 time_unit=ps", " length_unit=angstrom energy_unit=eV"] {
        assert!(comment.contains(words), "no `{words}` in {comment}");
    }
    assert!(xyz.lines().nth(2).unwrap().starts_with("Ar ") && xyz.lines().nth(65).unwrap().starts_with("X "));
    let pdb = String::from_utf8(place.read("output/topology.pdb")).unwrap();
    assert!(pdb.contains("CRYST1   17.000   18.000   19.000  80.00  85.00  75.00") && pdb.contains("CONECT    2    1    3"), "{pdb}");

    // A file that names its unit is converted, and goes back and forth unharmed.
    place.write("molar.ron", text.replace("Academic", "Molar").replace("[17.0, 18.0, 19.0]", "[1.7, 1.8, 1.9]").as_bytes());
    let molar = String::from_utf8(place.read("molar.ron")).unwrap().replace("Lattice(SimpleCubic)", "File(\"output/trajectory.xyz\")");
    let molar = molar.replace("sigma: 3.405, cutoff: 7.5", "sigma: 0.3405, cutoff: 0.75").replace("length: 4.0", "length: 0.4");
    place.write("molar.ron", molar.replace("time_step: 2.0", "time_step: 0.002").as_bytes());
    place.must(&["run", "molar.ron", "--output", "molar"]);
    assert!((delta("molar") - 0.02).abs() < 1e-8, "{} ps a sweep", delta("molar"));
    let reduced = molar.replace("units: Molar,", "").replace("temperature: 300.0", "temperature: 2.5");
    place.write("reduced.ron", reduced.as_bytes());
    place.must_fail(&["run", "reduced.ron", "--output", "reduced"], 2, &["length_unit=\"angstrom\"", "reduced units"]);

    // Of a sweep with other moves there is no time but sweeps.
    place.write("mixed.ron", text.replace("sweep: [", "sweep: [Displacement(step: 0.1, every: 2), ").as_bytes());
    place.must(&["run", "mixed.ron", "--output", "mixed"]);
    assert!((delta("mixed") - 1.0).abs() < 1e-7 && title("mixed").contains("time is in sweeps"), "{}", title("mixed"));
    assert!(String::from_utf8(place.read("mixed/trajectory.xyz")).unwrap().contains(" time=2.0 time_unit=sweeps"));
}

#[test]
fn a_trained_flow_is_used_by_another_input() {
    let place = Place::with(&short_wells());
    let text = place.must(&["train", "system.ron", "--output", "trained"]);
    assert!(text.contains("trained/flows/g.safetensors") && text.contains("held-out loss"), "{text}");
    let weights = place.read("trained/flows/g.safetensors");
    assert!(weights.windows(12).any(|w| w == b"mcflow-flow-"));

    let text = short_wells();
    let (begin, end) = (text.find("            layers:").unwrap(), text.find("            assessment_draws").unwrap());
    let with_file = format!("{}            file: \"trained/flows/g.safetensors\",\n{}", &text[..begin], &text[end..]);
    place.write("second.ron", with_file.as_bytes());
    place.must(&["run", "second.ron", "--output", "second"]);
    let summary = place.summary("second");
    assert_eq!(summary["exact"], true);
    let draws = summary["moves"].as_array().unwrap().iter().filter(|m| m["move"] == "GeneratorDraw");
    assert!(draws.map(|m| m["accepted"].as_u64().unwrap()).sum::<u64>() > 0, "no draw of the stored flow was accepted");
    assert!(summary["phases"].get("training").is_none());

    // The flow that `run` trains is the one that `train` trains.
    place.must(&["run", "system.ron", "--output", "run"]);
    assert_eq!(place.read("run/flows/g.safetensors"), weights);

    // Another file under the same name is another input.
    place.must(&["run", "second.ron", "--output", "second", "--resume"]);
    let mut other = weights.clone();
    *other.last_mut().unwrap() ^= 1;
    place.write("trained/flows/g.safetensors", &other);
    place.must_fail(&["run", "second.ron", "--output", "second", "--resume"], 2, &["a checkpoint of another input"]);

    // Another dimension.
    let solid = with_file.replace("dimension: 2", "dimension: 3").replace("8, 0.0]", "8, 0.0, 0.0]");
    place.write("third.ron", solid.as_bytes());
    let words = ["third.ron:", "flows[\"g\"].file", "of 2 coordinates", "expected 3 coordinates"];
    place.must_fail(&["run", "third.ron", "--output", "third"], 2, &words);
    assert!(!place.path("third").exists());
}

#[test]
fn a_stopped_training_goes_on() {
    let place = Place::with(&wells(3_000, 3_000, 200, 10));
    place.must(&["train", "system.ron", "--output", "whole"]);
    let mut child = place.command(&["train", "system.ron", "--output", "stopped"]).spawn().unwrap();
    sleep(Duration::from_millis(700));
    send(&mut child, Signal::Interrupt);
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(1) {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("mcflow train ... --resume"), "{errors}");
        assert!(place.path("stopped/checkpoint/state.bin").exists(), "no checkpoint behind `{errors}`");
        place.must(&["train", "system.ron", "--output", "stopped", "--resume"]);
    }
    assert_eq!(place.read("stopped/flows/g.safetensors"), place.read("whole/flows/g.safetensors"));
}

#[test]
fn folders_that_cannot_be_written() {
    let place = Place::with(&short_wells());
    place.write("file", b"not a folder");
    for command in ["run", "train"] {
        let message = place.must_fail(&[command, "system.ron", "--output", "file/inner"], 2, &["file/inner", "cannot be made"]);
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    assert_eq!(place.read("file"), b"not a folder");
    // A user with all rights may write even here.
    let locked = place.path("locked");
    fs::create_dir(&locked).unwrap();
    set_read_only(&locked, true);
    if fs::create_dir(locked.join("probe")).is_err() {
        place.must_fail(&["run", "system.ron", "--output", "locked"], 2, &["locked", "cannot be made", "ermission denied"]);
    }
    set_read_only(&locked, false);
}

fn set_read_only(folder: &Path, read_only: bool) {
    let mut permissions = fs::metadata(folder).unwrap().permissions();
    permissions.set_readonly(read_only);
    fs::set_permissions(folder, permissions).unwrap();
}

#[test]
fn methods_are_compared() {
    let text = short_wells().replace(
        "output: [",
        "compare: Some((quantity: FreeEnergyDifference(from: \"left\", to: \"right\"), exact: Some(3.38))),\n    output: [",
    );
    let place = Place::with(&text);
    let arguments = ["compare", "system.ron", "--seconds", "1.5", "--seeds", "1"];
    let table = place.must(&arguments);
    for word in ["hybrid", "plain MC", "plain MD", "3.38", "F(right) - F(left)"] {
        assert!(table.contains(word), "no `{word}` in:\n{table}");
    }
    let comparison: Value = serde_json::from_slice(&place.read("compare/compare.json")).unwrap();
    assert_eq!(comparison["methods"].as_array().unwrap().len(), 3);
    assert_eq!(comparison["seconds"], 1.5);
    for method in comparison["methods"].as_array().unwrap() {
        assert_eq!(method["runs"].as_array().unwrap().len(), 1);
        let seconds = method["runs"][0]["seconds"].as_f64().unwrap();
        assert!((1.0..6.0).contains(&seconds), "{} took {seconds} s", method["method"]);
    }
    let hybrid = comparison["methods"][0]["runs"][0]["values"].as_array().unwrap().last().unwrap().as_f64();
    assert!(hybrid.is_some_and(|value| (value - 3.38).abs() < 1.0), "{hybrid:?}");
    for (file, word) in [("compare.html", "</html>"), ("compare.svg", "</svg>")] {
        let text = String::from_utf8(place.read(&format!("compare/{file}"))).unwrap();
        assert!(text.contains(word) && !text.contains("NaN"), "{file} is not whole");
    }
    place.must_fail(&arguments, 2, &["compare: found an earlier comparison", "--force", "--output"]);
    place.must_fail(&["compare", "system.ron", "--seconds", "-1", "--output", "other"], 2, &["--seconds"]);
    place.must_fail(&["compare", "system.ron", "--seeds", "0", "--output", "other"], 2, &["--seeds: found 0"]);
    assert!(!place.path("other").exists());
}

#[test]
fn wrong_command_lines() {
    let place = Place::with(&short_wells());
    let before = place.files();
    for arguments in [
        vec![],
        vec!["simulate", "system.ron"],
        vec!["run"],
        vec!["run", "system.ron", "--outptu", "here"],
        vec!["run", "system.ron", "--seed", "1.5"],
        vec!["run", "system.ron", "--seed", "-1"],
        vec!["run", "system.ron", "--resume", "--force"],
        vec!["run", "system.ron", "--threads", "0"],
        vec!["run", "system.ron", "--threads", "many"],
        vec!["run", "other.ron"],
        vec!["check", "."],
        vec!["energy", "system.ron", "--format", "xml"],
    ] {
        let message = place.must_fail(&arguments, 2, &[]);
        assert!(!message.is_empty(), "{arguments:?} fails without a word");
    }
    place.must_fail(&["run", "other.ron"], 2, &["other.ron", "No such file"]);
    place.must_fail(&["run", "system.ron", "--outptu", "here"], 2, &["--outptu", "--output"]);
    place.must_fail(&["run", "system.ron", "--seed", "-1"], 2, &["--seed", "'-1'"]);
    for arguments in [
        ["--help"].as_slice(),
        &["run", "--help"],
        &["check", "--help"],
        &["train", "--help"],
        &["energy", "--help"],
        &["compare", "--help"],
    ] {
        assert!(place.must(arguments).contains("Usage"), "{arguments:?}");
    }
    assert!(place.must(&["--version"]).contains(env!("CARGO_PKG_VERSION")));
    let text = short_wells();
    let (begin, end) = (text.find("    flows: {").unwrap(), text.find("    sweep: [").unwrap());
    let plain = format!("{}{}", &text[..begin], &text[end..])
        .replace("        LatentWalk(flow: \"g\", step: 0.5, every: 5),\n        GeneratorDraw(flow: \"g\", count: 2, every: 5),\n", "");
    place.write("plain.ron", plain.as_bytes());
    place.must_fail(&["train", "plain.ron"], 2, &["plain.ron", "no flow with `training`"]);
    place.must(&["check", "plain.ron"]);
    fs::remove_file(place.path("plain.ron")).unwrap();
    assert_eq!(place.files(), before);
}

/// Springs, whose heat capacity does not depend on the temperature: equal distances are a geometric row, whatever the input has between its ends.
#[test]
fn temperatures_are_moved_to_equal_distances() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs/good/tuned_ladder.ron")).unwrap();
    let place = Place::with(&text);
    place.must(&["run", "system.ron"]);
    let summary = place.summary("output");
    let rungs = summary["observables"].as_array().unwrap();
    let temperatures: Vec<f64> = rungs.iter().map(|rung| rung["temperature"].as_f64().unwrap()).collect();
    for (k, found) in temperatures.iter().enumerate() {
        let expected = 3f64.powf(k as f64 / 4.0);
        assert!((found / expected - 1.0).abs() < 0.06, "{temperatures:?}");
        // Each rung samples the temperature that it is said to have: U = 12 kT / 2.
        let energy = &rungs[k]["potential_energy"];
        let (mean, error) = (energy["mean"].as_f64().unwrap(), energy["standard_error"].as_f64().unwrap());
        assert!((mean - 6.0 * found).abs() < 4.5 * error && error < 0.15 * found, "{mean} +- {error} at {found}");
    }
    assert_eq!((temperatures[0], temperatures[4]), (1.0, 3.0));
    // The same on other threads, and said beforehand.
    place.must(&["run", "system.ron", "--output", "one", "--threads", "1"]);
    must_be_the_same(&place, ["output", "one"], &["observables.csv"]);
    assert!(place.must(&["check", "system.ron"]).contains("the 3 temperature(s) between the first and the last are moved"));
    place.must_fail(&["compare", "system.ron"], 2, &["tune_ladder"]);
}
