//! The folder of a run: one process at a time, nothing of others removed, and runs that go on.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A fluid of 32 particles; `MORE` takes further sections.
const FLUID: &str = r#"(
    seed: 5,
    system: (cell: Cube(density: 0.5), particles: [(type: "A", count: 32)], potential: [LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.0)]),
    start: Lattice(FaceCentredCubic),
    ladder: [(temperature: 1.0)],
    sweep: [Displacement(step: 0.3), Langevin(steps: 2, time_step: 0.004, friction: 1.0)],
    run: (equilibration: 50, production: PRODUCTION),
    output: [Trajectory(format: Xyz, every: 100)],
)"#;

fn fluid(production: u64) -> String {
    FLUID.replace("PRODUCTION", &production.to_string())
}

struct Place(TempDir);

impl Place {
    fn with(text: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("system.ron", text);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcflow"));
        command.current_dir(self.0.path()).args(arguments.split(' ')).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Must succeed; returns what was said beside the result.
    fn must(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments}: {errors}");
        errors
    }

    /// Must be refused by one line that has all of `words`.
    fn must_refuse(&self, arguments: &str, words: &[&str]) {
        let Output { status, stderr, .. } = self.command(arguments).output().unwrap();
        let errors = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{arguments}: {errors}");
        assert_eq!(errors.trim_end().lines().count(), 1, "{arguments}: {errors}");
        words.iter().for_each(|word| assert!(errors.contains(word), "{arguments}: no `{word}` in: {errors}"));
    }

    fn summary(&self, folder: &str) -> Value {
        serde_json::from_str(&self.read(&format!("{folder}/summary.json"))).unwrap()
    }

    /// A run that goes on for ever, in production.
    fn endless(&self, arguments: &str, folder: &str) -> Child {
        let child = self.command(arguments).spawn().unwrap();
        let begun = Instant::now();
        while fs::metadata(self.path(&format!("{folder}/observables.csv"))).map_or(0, |found| found.len()) < 1000 {
            assert!(begun.elapsed() < Duration::from_secs(60), "{arguments}: nothing is recorded");
            sleep(Duration::from_millis(20));
        }
        child
    }
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_second_process_is_refused() {
    let trained = "flows: {\"g\": (layers: RealNvp(blocks: 1, hidden: [4]), training: (stages: [(steps: 10, maximum_likelihood: 1.0)]))},";
    let well = "(system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0)]), start: Positions([[1.8, 0.0]]), \
         ladder: [(temperature: 1.0)], FLOWS sweep: [Displacement(step: 0.5), GeneratorDraw(flow: \"g\")], run: (equilibration: 10, production: 10), \
         compare: (quantity: Mean(\"potential_energy\"), seconds: 1.0, seeds: 1))";
    let place = Place::with(&fluid(100_000_000));
    place.write("well.ron", &well.replace("FLOWS", trained));
    let mut first = place.endless("run system.ron", "output");
    let id = format!("process {}", first.id());
    for second in [
        "run system.ron",
        "run system.ron --resume",
        "run system.ron --force --seed 9",
        "run well.ron --output output --force",
        "train well.ron --output output --force",
        "train well.ron --output output --resume",
        "compare well.ron --output output --force",
    ] {
        place.must_refuse(second, &["output: ", &id, "running here", "--output"]);
    }
    // A process that has stopped for a while is still there.
    signal(&first, "STOP");
    place.must_refuse("run system.ron --force", &[&id]);
    signal(&first, "CONT");
    // One that was killed leaves nothing in the way.
    first.kill().unwrap();
    first.wait().unwrap();
    place.must_refuse("run system.ron", &["found an earlier run"]);
    place.write("system.ron", &fluid(100));
    place.must("run system.ron --force");
    assert_eq!(place.summary("output")["observables"][0]["samples"], 100);
}

#[test]
fn what_the_input_names_is_left_alone() {
    let place = Place::with(&fluid(100));
    let text = place.read("system.ron");
    for more in ["", " --force"] {
        place.must_refuse(&format!("run system.ron --output .{more}"), &["folder of the input", "--output"]);
    }
    assert_eq!(place.read("system.ron"), text);
    assert!(!place.path("observables.csv").exists() && !place.path(".lock").exists());

    // A start from the trajectory of the run that would be replaced, by its own name and by links.
    place.must("run system.ron");
    let trajectory = place.read("output/trajectory.xyz");
    fs::hard_link(place.path("output/trajectory.xyz"), place.path("linked.xyz")).unwrap();
    for name in ["output/trajectory.xyz", "output/../output/trajectory.xyz", "linked.xyz"] {
        place.write("again.ron", &text.replace("Lattice(FaceCentredCubic)", &format!("File({name:?})")));
        place.must_refuse("run again.ron --force", &["start: found output/trajectory.xyz", "--force would remove", "--output"]);
        assert_eq!(place.read("output/trajectory.xyz"), trajectory);
    }
    place.must("run again.ron --output again");
    place.must("run again.ron --output again --force");

    // Files of others in the place of those of a run.
    place.write("other/observables.csv", "mine");
    for more in ["", " --force", " --resume"] {
        place.must_refuse(&format!("run system.ron --output other{more}"), &["other/observables.csv", "is there already"]);
    }
    assert_eq!(place.read("other/observables.csv"), "mine");
    assert_eq!(fs::read_dir(place.path("other")).unwrap().count(), 1);

    // Energies are written over nothing that they were made of.
    for output in ["system.ron", "./system.ron", "again/trajectory.xyz"] {
        let arguments = format!("energy system.ron --frames again/trajectory.xyz --output {output}");
        place.must_refuse(&arguments, &["--output", "expected another file"]);
    }
    assert_eq!(place.read("system.ron"), text);
}

#[test]
fn force_removes_what_the_run_made() {
    let place = Place::with(&fluid(100));
    let others = ["d/trajectory_of_lammps.dcd", "d/trajectory-1.xyz", "d/flows/my_notes.txt", "d/checkpoint/model.pt", "d/summary.txt"];
    others.iter().for_each(|name| place.write(name, "mine"));
    place.must("run system.ron --output d");
    place.write("d/later.csv", "mine");
    place.write("system.ron", &fluid(100).replace("Xyz", "Dcd"));
    place.must("run system.ron --output d --force");
    assert!(!place.path("d/trajectory.xyz").exists() && place.path("d/trajectory.dcd").exists());
    others.iter().chain([&"d/later.csv"]).for_each(|name| assert_eq!(place.read(name), "mine", "{name}"));

    // A summary of another program makes no run.
    place.write("e/summary.json", "{\"seed\": 1}");
    place.write("e/trajectory-3.xyz", "mine");
    place.must_refuse("run system.ron --output e --force", &["e/summary.json", "is there already"]);
    assert_eq!(place.read("e/trajectory-3.xyz"), "mine");
}

/// What is between two looks at the clock is counted in work; what cannot be left halfway is left all the same.
#[cfg(unix)]
#[test]
fn signals_are_heard_whatever_the_size() {
    let large = "(system: (cell: Cube(density: 0.8), particles: [(type: \"A\", count: 4000)], potential: [LennardJones(epsilon: 1.0, sigma: 1.0, \
         cutoff: 2.5)]), start: Lattice(FaceCentredCubic), ladder: [(temperature: 1.0)], sweep: [Langevin(steps: STEPS, time_step: 0.004, friction: \
         1.0)], run: (equilibration: 1000000, production: 10))";
    for (steps, name) in [("20", "INT"), ("20", "TERM"), ("1000000", "INT")] {
        let place = Place::with(&large.replace("STEPS", steps));
        let mut child = place.command("run system.ron --threads 1").spawn().unwrap();
        let begun = Instant::now();
        while !place.path("output/run.log").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
            sleep(Duration::from_millis(20));
        }
        sleep(Duration::from_millis(1000));
        let sent = Instant::now();
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        // Two seconds, and as many again for a busy machine.
        assert!(sent.elapsed() < Duration::from_secs(4), "{name} in sweeps of {steps} steps: {:?}", sent.elapsed());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains("--resume"), "{errors}");
        if steps == "20" {
            assert!(place.path("output/checkpoint/state.bin").exists(), "{errors}");
        }
    }
}

#[test]
fn a_finished_run_goes_on() {
    let place = Place::with(&fluid(3000));
    place.must("run system.ron --output whole");
    // Less than what a longer production makes of it unless given: samples stay 10 sweeps apart.
    place.write("system.ron", &fluid(1000));
    place.must("run system.ron");
    assert_eq!(place.summary("output")["observables"][0]["samples"], 100);
    let refused = [
        ("equilibration: 50", "equilibration: 51", "`run.equilibration` was 50, found 51"),
        ("production: 1000", "production: 999", "`run.production` is 999, but 1000 sweeps are done"),
        ("temperature: 1.0", "temperature: 1.5", "`ladder[0].temperature` was 1.0, found 1.5"),
        ("epsilon: 1.0", "epsilon: 2.0", "`system.potential[0].epsilon` was 1.0, found 2.0"),
        ("step: 0.3", "step: 0.4", "`sweep[0].step` was 0.3, found 0.4"),
        ("production: 1000", "production: 1000, record_every: 20", "`run.record_every` was 10, found 20"),
    ];
    for (before, after, words) in refused {
        place.write("system.ron", &fluid(1000).replace(before, after));
        place.must_refuse(
            "run system.ron --resume",
            &["a checkpoint of another input", words, "unchanged but for a longer `run.production`"],
        );
    }
    place.write("system.ron", &fluid(1000));
    place.must_refuse("run system.ron --resume --seed 6", &["`seed` was 5, found 6"]);

    // Longer, with another comment: the same bytes as in one go, but for the interval of samples, which stays.
    place.write("whole.ron", &fluid(3000).replace("production: 3000", "production: 3000, record_every: 10"));
    place.must("run whole.ron --output whole --force");
    place.write("system.ron", &fluid(3000).replace("seed: 5", "// the same seed\n    seed: 5"));
    place.must("run system.ron --resume");
    for file in ["observables.csv", "trajectory.xyz"] {
        assert!(place.read(&format!("output/{file}")) == place.read(&format!("whole/{file}")), "{file}");
    }
    assert_eq!(place.summary("output")["moves"][0]["attempted"], place.summary("whole")["moves"][0]["attempted"]);
    // What ran lies beside it, and goes on too.
    assert!(place.read("output/system.ron").contains("record_every: Some(10)"));
    place.must("run output/system.ron --output output --resume");
    let log = place.read("output/run.log");
    for word in ["begins, seed 5", "goes on, 1000 sweeps of production are done", "production: ", "finished: "] {
        assert!(log.contains(word), "no `{word}` in:\n{log}");
    }
}

#[test]
fn outputs_may_change() {
    let place = Place::with(&fluid(400));
    place.must("run system.ron");
    let xyz = place.read("output/trajectory.xyz");
    // One ends, another begins.
    place.write("system.ron", &fluid(800).replace("format: Xyz, every: 100", "format: Dcd, every: 40"));
    place.must("run system.ron --resume");
    assert_eq!(place.read("output/trajectory.xyz"), xyz);
    let dcd = fs::read(place.path("output/trajectory.dcd")).unwrap();
    let word = |k: usize| i32::from_le_bytes(dcd[k..k + 4].try_into().unwrap());
    assert_eq!((word(8), word(12) / word(16)), (10, 11), "frames, and the time of the first in those between two");
    // A run that is over may be told of another output for its next part.
    place
        .write("system.ron", &fluid(800).replace("format: Xyz, every: 100", "format: Dcd, every: 40), Trajectory(format: Xyz, every: 200"));
    fs::rename(place.path("output/trajectory.xyz"), place.path("earlier.xyz")).unwrap();
    place.must("run system.ron --resume");
    place.write("system.ron", &place.read("system.ron").replace("production: 800", "production: 1000"));
    place.must("run system.ron --resume");
    assert_eq!(place.read("output/trajectory.xyz").matches("Lattice").count(), 1);
    let xyz = place.read("output/trajectory.xyz");
    // One that goes on is as it was; one of an earlier part is not written over.
    place.write("system.ron", &fluid(1100).replace("format: Xyz, every: 100", "format: Dcd, every: 20"));
    place.must_refuse("run system.ron --resume", &["trajectory.dcd", "each 40 sweeps", "`every`"]);
    place.write("system.ron", &fluid(1100).replace("format: Xyz, every: 100", "format: Dcd, every: 40"));
    place.must("run system.ron --resume");
    place.write("system.ron", &fluid(1200));
    place.must_refuse("run system.ron --resume", &["trajectory.xyz", "frames of an earlier part of the run", "move it away"]);
    assert_eq!(place.read("output/trajectory.xyz"), xyz);
}

#[test]
fn another_instruction_set_is_said() {
    let place = Place::with(&fluid(100));
    place.must("run system.ron");
    let best = place.summary("output")["instruction_set"].as_str().unwrap().to_string();
    if best == "Portable" {
        return;
    }
    place.write("system.ron", &fluid(200));
    let output = place.command("run system.ron --resume").env("MCFLOW_INSTRUCTION_SET", "portable").output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && errors.contains(&best) && errors.contains("Portable"), "{errors}");
    assert_eq!(place.summary("output")["instruction_set"], format!("{best}, then Portable"));
    assert!(place.summary("output")["verdict"].to_string().contains("instruction set"));
    assert!(place.read("output/run.log").contains(errors.trim()));
}

/// What lies beside a run is what ran in it: of a comparison the methods, of a tuned ladder the temperatures.
#[test]
fn what_ran_is_written_beside_it() {
    let well = "(seed: 1, system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.0)]), \
         start: Positions([[1.8, 0.0]]), ladder: [(temperature: 0.7, walkers: 4)], sweep: [Displacement(count: 4, step: 0.5), Hmc(steps: 3, time_step: \
         0.1)], run: (equilibration: 30, production: 30), observables: [Column(name: \"x\", of: Coordinate(particle: 0, axis: X))], \
         compare: (quantity: Mean(\"x\"), seconds: 0.3, seeds: 1, time_step: 0.02))";
    let place = Place::with(well);
    place.must("compare system.ron");
    for (method, entry) in [("hybrid", "Hmc"), ("plain_MC", "Displacement"), ("plain_MD", "Langevin")] {
        let folder = format!("compare/{method}-1");
        let table = place.read(&format!("{folder}/observables.csv"));
        assert!(place.read(&format!("{folder}/system.ron")).contains(entry), "{method}");
        let text = place.read(&format!("{folder}/system.ron"));
        assert_eq!(place.summary(&folder)["input_sha256"].as_str(), Some(mcflow::build::sha256(&text).as_str()), "{method}");
        let others = if method == "hybrid" { "`run.production`" } else { "`sweep" };
        place.must_refuse(&format!("run system.ron --output {folder} --resume"), &["a checkpoint of another input", others]);
        place.must(&format!("run {folder}/system.ron --output {folder} --resume"));
        assert!(place.read(&format!("{folder}/observables.csv")) == table, "{method}");
    }

    let ladder = "(system: (cell: Open(dimension: 1), potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0]])]), start: Positions([[0.0]]), \
         ladder: [(temperature: 1.0), (temperature: 1.1), (temperature: 3.0)], sweep: [Displacement(step: 1.0), Exchange()], \
         run: (equilibration: 200, production: 100, tune_ladder: true))";
    place.write("ladder.ron", ladder);
    place.must("run ladder.ron --output ladder");
    let written = place.read("ladder/system.ron");
    assert!(!written.contains("temperature: 1.1") && written.contains("tune_ladder: false"), "{written}");
    let temperatures = |folder: &str| {
        let summary = place.summary(folder);
        summary["observables"].as_array().unwrap().iter().map(|rung| rung["temperature"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    let found = temperatures("ladder");
    // Either of the two goes on.
    for (name, text) in [("ladder.ron", ladder), ("ladder/system.ron", &written)] {
        place.write(name, &text.replace("production: 100", "production: 200"));
        place.must(&format!("run {name} --output ladder --resume"));
        assert_eq!((temperatures("ladder"), &place.summary("ladder")["observables"][0]["samples"]), (found.clone(), &Value::from(200)));
    }
}

#[cfg(unix)]
#[test]
fn seconds_are_in_checkpoints_as_steps_are() {
    use mcflow::build::build;
    use mcflow_engine::{Monitor, Progress, Simulation, StopReason};

    /// Keeps the checkpoint as it is after a second, as a kill would, and stops soon after.
    struct Kill<'a> {
        begun: Instant,
        place: &'a Place,
        kept: bool,
    }

    impl Monitor for Kill<'_> {
        fn progress(&mut self, _: &Progress) {
            let state = self.place.path("output/checkpoint/state.bin");
            if !self.kept && self.begun.elapsed() > Duration::from_secs(1) && state.exists() {
                fs::copy(state, self.place.path("kept.bin")).unwrap();
                self.kept = true;
            }
        }

        fn stop(&self) -> Option<StopReason> {
            self.kept.then_some(StopReason::Interrupted)
        }
    }

    let place = Place::with(&fluid(100_000_000).replace("equilibration: 50", "equilibration: 0"));
    let built = build(&place.path("system.ron"), None).unwrap_or_else(|report| panic!("{report}"));
    let output = place.path("output");
    fs::create_dir(&output).unwrap();
    let mut simulation = Simulation::new(&built.plan, &output).unwrap();
    simulation.checkpoint_each(Duration::from_millis(50));
    simulation.run(&mut Kill { begun: Instant::now(), place: &place, kept: false }).expect_err("it is stopped");
    let rate = |simulation: &Simulation| {
        let cost = simulation.costs()["production"];
        assert!(cost.seconds > 0.4, "{cost:?}");
        cost.steps as f64 / cost.seconds
    };
    let whole = rate(&simulation);
    drop(simulation);
    fs::copy(place.path("kept.bin"), output.join("checkpoint/state.bin")).unwrap();
    let killed = rate(&Simulation::resume(&built.plan, &output).unwrap());
    assert!((killed / whole - 1.0).abs() < 0.2, "{killed} steps a second, of {whole}");
}
