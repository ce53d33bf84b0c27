//! Inputs: each in `inputs/bad` gives the messages in its first lines, each in `inputs/good` builds, runs and writes what it should.

use mcflow::build::build;
use mcflow::commands::run::carry_out;
use mcflow_engine::{Monitor, Progress};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Inputs below `tests/inputs`, sorted; none is an error of the test.
fn inputs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests/inputs").join(folder);
    let files = std::fs::read_dir(&folder).expect("tests run in the root of the package").map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "ron")).collect();
    files.sort();
    assert!(!files.is_empty(), "no inputs in {}", folder.display());
    files
}

/// The comments at the top that begin with `expect:`.
fn expected(text: &str) -> Vec<String> {
    text.lines().map_while(|line| line.strip_prefix("// expect: ")).map(str::to_string).collect()
}

/// First lines of all messages, after the name of the file; other files as seen from the folder of the input.
fn messages(path: &Path) -> Vec<String> {
    let Err(report) = build(path, None) else { return Vec::new() };
    let folder = format!("{}/", path.parent().unwrap().display());
    let first_line = |text: String| text.lines().next().unwrap_or("").to_string();
    let name = format!("{}:", path.display());
    let lines = report.iter().map(|diagnostic| first_line(diagnostic.to_string()));
    lines.map(|line| line.strip_prefix(&name).expect("a message begins with its file").replace(&folder, "")).collect()
}

#[test]
fn bad_inputs_give_their_messages() {
    let mut wrong = Vec::new();
    let files = inputs("bad");
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        let (expected, found) = (expected(&text), messages(path));
        if expected.is_empty() || expected != found {
            wrong.push(format!("{}:\n  expected\n    {}\n  found\n    {}", path.display(), expected.join("\n    "), found.join("\n    ")));
        }
    }
    assert!(files.len() >= 60, "only {} bad inputs", files.len());
    assert!(wrong.is_empty(), "{} of {} inputs:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// Messages are short sentences about one thing, in the user's words.
#[test]
fn messages_read_well() {
    for path in inputs("bad") {
        for message in messages(&path) {
            assert_eq!(message.matches("expected ").count(), 1, "{}: {message}", path.display());
            assert!(message.len() < 400, "{}: {} characters: {message}", path.display(), message.len());
            for word in ["panic", "unwrap", "Some(", "serde", "f64", "usize", "e0,"] {
                assert!(!message.contains(word), "{}: `{word}` in: {message}", path.display());
            }
        }
    }
}

#[test]
fn bad_inputs_end_in_exit_code_2_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["temperature_zero", "file_stars", "flow_file_nan", "many_mistakes", "syntax_comma", "start_overlap"] {
        for command in ["check", "run", "train", "energy"] {
            let input = Path::new("tests/inputs/bad").join(format!("{name}.ron"));
            let mut line = Command::new(env!("CARGO_BIN_EXE_mcflow"));
            line.arg(command).arg(&input);
            if command == "run" || command == "train" {
                line.arg("--output").arg(folder.path().join("output"));
            }
            let output = line.output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{command} {name}");
            assert!(output.stdout.is_empty(), "{command} {name} prints a result");
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(errors.trim_end().ends_with("problem") || errors.trim_end().ends_with("problems"), "{command} {name}: {errors}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{name} left something");
    }
}

/// Says nothing and never stops.
struct Silent;

impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

/// The keys of a JSON value whose number is not finite cannot exist (JSON has none); texts that look like one must not either.
fn check_numbers(value: &serde_json::Value, key: &str) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(name, value)| check_numbers(value, &format!("{key}.{name}"))),
        serde_json::Value::Array(list) => list.iter().for_each(|value| check_numbers(value, key)),
        serde_json::Value::String(text) => {
            let lower = text.to_lowercase();
            assert!(!["nan", "inf", "infinity", "-inf"].contains(&lower.as_str()), "{key} is {text}");
        }
        serde_json::Value::Number(number) => assert!(number.as_f64().is_some_and(f64::is_finite), "{key} is {number}"),
        _ => {}
    }
}

/// Any JSON in which no object has a key twice: readers keep one of the two, or refuse.
struct EachKeyOnce;

impl<'de> serde::Deserialize<'de> for EachKeyOnce {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;
        impl<'de> serde::de::Visitor<'de> for Anything {
            type Value = EachKeyOnce;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("anything")
            }
            fn visit_bool<E>(self, _: bool) -> Result<EachKeyOnce, E> {
                Ok(EachKeyOnce)
            }
            fn visit_u64<E>(self, _: u64) -> Result<EachKeyOnce, E> {
                Ok(EachKeyOnce)
            }
            fn visit_i64<E>(self, _: i64) -> Result<EachKeyOnce, E> {
                Ok(EachKeyOnce)
            }
            fn visit_f64<E>(self, _: f64) -> Result<EachKeyOnce, E> {
                Ok(EachKeyOnce)
            }
            fn visit_str<E>(self, _: &str) -> Result<EachKeyOnce, E> {
                Ok(EachKeyOnce)
            }
            fn visit_unit<E>(self) -> Result<EachKeyOnce, E> {
                Ok(EachKeyOnce)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<EachKeyOnce, A::Error> {
                while list.next_element::<EachKeyOnce>()?.is_some() {}
                Ok(EachKeyOnce)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<EachKeyOnce, A::Error> {
                let mut keys = BTreeSet::new();
                while let Some((key, _)) = map.next_entry::<String, EachKeyOnce>()? {
                    if !keys.insert(key.clone()) {
                        return Err(serde::de::Error::custom(format!("{key} twice")));
                    }
                }
                Ok(EachKeyOnce)
            }
        }
        deserializer.deserialize_any(Anything)
    }
}

#[test]
fn good_inputs_run() {
    let files = inputs("good");
    assert!(files.len() >= 12, "only {} good inputs", files.len());
    for path in &files {
        let name = path.display();
        let mut built = build(path, None).unwrap_or_else(|report| panic!("{report}"));
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("flows")).unwrap();
        carry_out(&mut built, folder.path(), false, &mut Silent).unwrap_or_else(|failure| panic!("{name}: {}", failure.message()));
        let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap_or_else(|e| panic!("{name}: {file}: {e}"));

        let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
        serde_json::from_str::<EachKeyOnce>(&read("summary.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
        check_numbers(&summary, &name.to_string());
        assert!(summary["seconds"].as_f64().unwrap() > 0.0);
        assert_eq!(summary["exact"].as_bool(), Some(built.plan.inexact_because().is_empty()), "{name}");
        assert!(summary["largest_energy_drift"].as_f64().unwrap() < 1e-9, "{name}: the running energy drifts");

        let (lengths, walkers) = (built.plan.lengths, built.plan.starts.len());
        let csv = read("observables.csv");
        let mut lines = csv.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(&names[..6], ["sweep", "walker", "rung", "temperature", "replica", "potential_energy"], "{name}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{name}: a column twice in {names:?}");
        let has_states = !built.plan.states.is_empty();
        assert_eq!(names.last() == Some(&"state"), has_states, "{name}");
        let mut rows = 0;
        let mut replicas: BTreeSet<String> = BTreeSet::new();
        for line in lines {
            let values: Vec<&str> = line.split(',').collect();
            let walker: usize = values[1].parse().unwrap();
            let rung: usize = values[2].parse().unwrap();
            assert!(built.plan.walkers(rung).contains(&walker), "{name}: {line}");
            assert_eq!(values[3], built.input.ladder[rung].temperature.to_string(), "{name}: {line}");
            // Of each sweep every walker has a row, and a replica of its own.
            assert_eq!(walker == 0, replicas.is_empty(), "{name}: {line}");
            assert!(replicas.insert(values[4].to_string()), "{name}: {line}");
            if replicas.len() == walkers {
                replicas.clear();
            }
            assert_eq!(values.len(), names.len(), "{name}: {line}");
            for value in &values[..values.len() - usize::from(has_states)] {
                assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{name}: {line}");
            }
            rows += 1;
        }
        assert_eq!(rows, lengths.production / lengths.record_every * walkers as u64, "{name}: rows");

        let html = read("report.html");
        // Where nothing moves there is nothing to draw.
        let drawn = html.contains("<svg") || path.ends_with("frozen.ron");
        assert!(html.contains("</html>") && drawn, "{name}: the report is not whole");
        assert!(!html.contains(">NaN<") && !html.contains(">inf<"), "{name}: a number of the report is none");
        assert_eq!(read("system.ron"), built.text, "{name}");
        let mut written: BTreeSet<String> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        for file in ["summary.json", "report.html", "observables.csv", "system.ron", "checkpoint", "flows", "run.log", "mcflow-files.txt"] {
            assert!(written.remove(file), "{name}: no {file}");
        }
        let has_dcd = built.plan.trajectories.iter().any(|t| t.format == mcflow_engine::TrajectoryFormat::Dcd);
        assert_eq!(written.remove("topology.pdb"), has_dcd, "{name}: topology.pdb");
        assert_eq!(written.remove("functions"), !built.plan.functions.is_empty(), "{name}: functions");
        for function in &built.plan.functions {
            let rows = read(&format!("functions/{}.csv", function.name())).lines().count() - 1;
            let found = summary["functions"].as_array().unwrap().iter().filter(|f| f["name"] == function.name());
            let points: usize = found.map(|f| f["points"].as_array().unwrap().len()).sum();
            assert!(rows > 0 && rows == points, "{name}: {rows} rows of {}, {points} points", function.name());
        }
        let trajectories: usize = built.plan.trajectories.iter().map(|t| t.walkers.len()).sum();
        assert!(written.iter().all(|file| file.starts_with("trajectory")) && written.len() == trajectories, "{name}: {written:?}");
    }
}

/// The input with all defaults, as `check --resolved` prints it, means the same as the input.
#[test]
fn resolved_inputs_are_the_same_inputs() {
    for path in inputs("good") {
        let output = Command::new(env!("CARGO_BIN_EXE_mcflow")).args(["check", "--resolved"]).arg(&path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
        let resolved = &text[text.find("\n(\n").unwrap_or_else(|| panic!("{}: no input in {text}", path.display()))..];
        // Beside the original, so that the files it names are found.
        let copy = tempfile::Builder::new().prefix("resolved").suffix(".txt").tempfile_in(path.parent().unwrap()).unwrap();
        std::fs::write(copy.path(), resolved).unwrap();
        let again = build(copy.path(), None).unwrap_or_else(|report| panic!("{}: {report}", path.display()));
        assert_eq!(again.input, build(&path, None).unwrap().input, "{}", path.display());
    }
}

/// The goods together have every kind of everything.
#[test]
fn good_inputs_cover_the_language() {
    let all: String = inputs("good").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let kinds = "Open( | Orthorhombic( | Cube( | Triclinic( | Angles( | FromStart | dimension: 1 | dimension: 2 | dimension: 3 | \
        LennardJones( | Wca( | HarmonicRestraint( | DoubleWell( | MuellerBrown( | Truncated | Shifted | LinearForceShift | \
        Switched( | tail: true | types: | pairs: | mixing: Geometric | exclude: | File( | Positions( | SimpleCubic | \
        BodyCentredCubic | FaceCentredCubic | Hexagonal | Random( | Displacement( | Volume( | measure: Linear | Hmc( | \
        Langevin( | metropolized: false | \"BAOAB\" | GeneratorDraw( | LatentWalk( | every: | tune: false | Column( | Profile( | MeanSquareDisplacement( | \
        RadialDistribution( | Combination( | Distance( | Coordinate( | Above( | Below( | All( | format: Dcd | format: Xyz | \
        walkers: [ | units: Molar | units: Academic | pressure: | RealNvp( | Spline( | Uniform | Run( | file: | \
        maximum_likelihood: | reverse_kl: | symmetric_divergence: | Cosine( | compare: | WolfeQuapp( | TripleWell( | SoftRepulsion( | BistableDimer( | Walls( | \
        SphericalWall( | DoubleWellPair( | CentreTether( | CoupledWells( | Ring( | PhiFourChain( | HarmonicBonds( | FeneBonds( | \
        HarmonicAngles( | PeriodicDihedrals( | LennardJonesPairs( | (particles: ( | by_particle: | TabulatedPair( | ModeJump( | Exchange( | Translation( | IdentitySwap( | shape: SingleEdge | Stack( | Householder( | on: | Between( | Nearest( | Angle( | Dihedral( | RadiusOfGyration( | scale: {";
    let missing: Vec<&str> = kinds.split(" | ").filter(|kind| !all.contains(kind)).collect();
    assert!(missing.is_empty(), "no good input has {missing:?}");
}
