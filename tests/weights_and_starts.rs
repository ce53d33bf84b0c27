//! Weights know what they are of, training that brought nothing is said, and walkers start independently or it is said.

use mcflow::build::{Built, build};
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow::output::summary::Summary;
use mcflow::output::verdict::{Finding, Severity};
use mcflow_engine::roles::Ends;
use mcflow_engine::{Monitor, Plan, Progress};
use std::path::Path;

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

fn built(folder: &Path, text: &str) -> Result<Built, String> {
    let path = folder.join("system.ron");
    std::fs::write(&path, text).unwrap();
    build(&path, None).map_err(|report| report.to_string())
}

fn run(folder: &Path, text: &str) -> Summary {
    let mut built = built(folder, text).unwrap_or_else(|message| panic!("{message}"));
    let output = folder.join("output");
    let _folder = prepare(&output, Existing::Force, &built).unwrap();
    carry_out(&mut built, &output, false, &mut Silent).unwrap_or_else(|failure| panic!("{}", failure.message()))
}

fn kinds(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.kind).collect()
}

/// Two wells and two rungs, `FLOWS` and the sweep `MOVES`.
const WELLS: &str = r#"(
    system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.0)]),
    states: {
        "left": (where: Below(Coordinate(particle: 0, axis: X), 0.0839), start: Positions([[-1.8, 0.0]])),
        "right": (where: Above(Coordinate(particle: 0, axis: X), 0.0839), start: Positions([[1.8, 0.0]])),
        "far": (where: Above(Coordinate(particle: 0, axis: Y), 50.0)),
    },
    ladder: [(temperature: 1.0, walkers: 8), (temperature: 2.0, walkers: 8)],
    flows: {FLOWS},
    sweep: [Displacement(count: 10, step: 0.5), Exchange(), MOVES],
    run: (equilibration: 100, production: 100, record_every: 2),
)"#;

const TRAINED: &str = r#"layers: RealNvp(blocks: 2, hidden: [16]), samples: Run(frames: 8000, every: 2), assessment_draws: 500,
    training: (stages: [(steps: 60, learning_rate: RATE, maximum_likelihood: 1.0)])"#;

fn wells(flows: &str, moves: &str) -> String {
    WELLS.replace("FLOWS", flows).replace("MOVES", moves)
}

const ALL_MOVES: &str = r#"GeneratorDraw(flow: "g"), ModeJump(flow: "j"), Exchange(flow: "down")"#;

#[test]
fn weights_are_compared_with_what_they_are_taken_for() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let layers = TRAINED.replace("RATE", "2e-3");
    let flows = format!(
        r#""g": ({layers}), "j": (map: ModeJump(between: ["left", "right"]), {layers}), "down": (map: Exchange(from: 1, to: 0), {layers})"#
    );
    let summary = run(folder, &wells(&flows, ALL_MOVES));
    assert!(summary.training["g"][0].better_than_the_start, "{:?}", summary.training);
    let vain = summary.verdict.findings.iter().filter(|finding| finding.kind.starts_with("training_brought"));
    assert!(vain.clone().all(|finding| !finding.found.contains("flow g")), "{:?}", vain.collect::<Vec<_>>());
    for (from, to) in [("g", "g"), ("j-left-right", "j"), ("down", "down")] {
        std::fs::copy(folder.join(format!("output/flows/{from}.safetensors")), folder.join(format!("{to}.safetensors"))).unwrap();
    }
    let read = r#""g": (file: "g.safetensors"), "j": (file: "j.safetensors", map: ModeJump(between: ["left", "right"])),
        "down": (file: "down.safetensors", map: Exchange(from: 1, to: 0))"#;
    let same = wells(read, ALL_MOVES);
    let findings = |text: &str| built(folder, text).unwrap_or_else(|message| panic!("{message}")).findings;
    // What it was trained for; what does not change the law of the positions.
    assert_eq!(findings(&same), []);
    let rest = same
        .replace("walkers: 8", "walkers: 3")
        .replace("production: 100", "production: 400")
        .replace("potential: [", "particles: [(type: \"A\", mass: 3.0)], potential: [");
    assert_eq!(findings(&rest.replace("system: (", "seed: 9, system: (").replace("\"left\"", "\"west\"")), []);
    // Another system: nothing becomes wrong, but it is said.
    let other = findings(&same.replace("linear: 1.0", "linear: 0.5"));
    assert_eq!(kinds(&other), ["weights_of_another_system"; 3]);
    assert!(other[0].found.contains("other parameters of the potential"), "{}", other[0].found);
    let hotter =
        findings(&wells(r#""g": (file: "g.safetensors")"#, r#"GeneratorDraw(flow: "g")"#).replace("temperature: 1.0", "temperature: 1.5"));
    assert!(hotter[0].found.contains("temperature 1, here 1.5") && hotter[0].severity == Severity::Note, "{hotter:?}");
    let moved = findings(&same.replace("0.0839", "0.2"));
    assert!(kinds(&moved) == ["weights_of_another_system"] && moved[0].found.contains("0.0839"), "{moved:?}");

    // The other way: the map is turned round, whatever the states are called.
    let turned = same.replace(r#"["left", "right"]"#, r#"["right", "left"]"#).replace("from: 1, to: 0", "from: 0, to: 1");
    let swapped = same.replace("\"left\"", "\"x\"").replace("\"right\"", "\"left\"").replace("\"x\"", "\"right\"");
    for (text, expected) in [(&turned, vec!["map_turned_round"; 2]), (&swapped, Vec::new())] {
        let built = built(folder, text).unwrap();
        assert_eq!(kinds(&built.findings), expected);
        let ends: Vec<Ends> = built.plan.flows.iter().map(|flow| flow.ends).collect();
        let regions = |number: usize| format!("{:?}", built.plan.states[number].condition);
        assert!(ends[1].states().is_some_and(|(from, to)| regions(from).contains("Below") && regions(to).contains("Above")));
        assert_eq!(ends[2].rungs(), Some((1, 0)), "{ends:?}");
    }
    let accepted = |text: &str| {
        let summary = run(folder, text);
        let jumps: Vec<u64> = summary.moves.iter().filter(|m| m.name == "ModeJump").map(|m| m.accepted).collect();
        jumps.iter().sum::<u64>()
    };
    assert!(accepted(&turned) * 2 > accepted(&same), "a map that was turned round must jump as before");

    // Elsewhere: refused, with the file and what it is.
    let refused = |text: &str, words: &[&str]| {
        let message = built(folder, text).err().expect("a refusal");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    let jump =
        |states: &str| wells(&format!(r#""j": (file: "j.safetensors", map: ModeJump(between: {states}))"#), r#"ModeJump(flow: "j")"#);
    refused(&jump(r#"["left", "far"]"#), &[r#"flows["j"].file"#, "from the state \"left\" to the state \"right\"", "to the state \"far\""]);
    let rungs = r#""down": (file: "j.safetensors", map: Exchange(from: 1, to: 0))"#;
    refused(&wells(rungs, r#"Exchange(flow: "down")"#), &[r#"flows["down"].file"#, "the state \"left\"", "the rung of temperature 2"]);
    let colder = wells(&rungs.replace("j.s", "down.s"), r#"Exchange(flow: "down")"#).replace("temperature: 2.0", "temperature: 3.0");
    refused(&colder, &["the rung of temperature 2", "the rung of temperature 3"]);
    let of_state = r#""g": (map: StateGenerators(of: ["left"]), file: "g.safetensors")"#;
    assert_eq!(findings(&wells(of_state, r#"GeneratorDraw(flow: "g")"#)), [], "a generator of all draws those of a state");
    // One coordinate of two particles is no plane of one.
    let line = r#"(system: (cell: Open(dimension: 1), particles: [(type: "A", count: 2)], potential: [WolfeQuapp()]), start: Positions([[0.0], [0.0]]),
        ladder: [(temperature: 1.0)], flows: {"g": (file: "g.safetensors")}, sweep: [GeneratorDraw(flow: "g")], run: (equilibration: 1, production: 1))"#;
    refused(line, &["1 A in 2 dimension(s)", "2 A in 1 dimension(s)"]);

    // Files of earlier versions have other layers.
    let mut old = std::fs::read(folder.join("g.safetensors")).unwrap();
    let at = old.windows(13).position(|word| word == b"mcflow-flow-3").unwrap();
    old[at + 12] = b'2';
    std::fs::write(folder.join("g.safetensors"), old).unwrap();
    let version = format!("`mcflow-flow-2`, written by mcflow {}", env!("CARGO_PKG_VERSION"));
    refused(&wells(r#""g": (file: "g.safetensors")"#, r#"GeneratorDraw(flow: "g")"#), &[&version, "must be trained again"]);
}

#[test]
fn training_without_a_better_step_is_said() {
    let place = tempfile::tempdir().unwrap();
    let stages = "(steps: 60, learning_rate: 100.0, maximum_likelihood: 1.0), (steps: 60, learning_rate: 2e-3, maximum_likelihood: 1.0)";
    let flow = |stages: &str| {
        format!(r#""g": (layers: RealNvp(blocks: 2, hidden: [16]), samples: Run(frames: 2000, every: 2), training: (stages: [{stages}]))"#)
    };
    let draws = r#"GeneratorDraw(flow: "g")"#;
    let summary = run(place.path(), &wells(&flow(stages), draws));
    let better: Vec<bool> = summary.training["g"].iter().map(|stage| stage.better_than_the_start).collect();
    assert_eq!(better, [false, true]);
    let of =
        |summary: &Summary| summary.verdict.findings.iter().find(|f| f.kind == "training_brought_nothing").cloned().expect("a finding");
    assert!(of(&summary).found.contains("in stage 1 of"), "{}", of(&summary).found);
    let summary = run(place.path(), &wells(&flow(&stages[..stages.find("), (").unwrap() + 1]), draws));
    assert!(of(&summary).found.contains("after 60 steps its weights are those of before the first"), "{}", of(&summary).found);
    assert!(mcflow::output::terminal::table(&summary).contains("no step of the training of flow g was better than the start"));
}

#[test]
fn random_starts_have_streams_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    let text = |seed: u64, rest: &str| {
        format!(
            r#"(seed: {seed}, system: (cell: Cube(density: 0.3), particles: [(type: "A", count: 20)], potential: [Wca(epsilon: 1.0, sigma: 1.0)]),
            {rest}, sweep: [Displacement(step: 0.1), Exchange()], run: (equilibration: 0, production: 1))"#
        )
    };
    let starts = |text: &str| -> Vec<Vec<f64>> {
        let plan = built(place.path(), text).unwrap_or_else(|message| panic!("{message}")).plan;
        let Plan { starts, .. } = &*plan;
        starts.iter().map(|start| start.positions.row().to_vec()).collect()
    };
    let ladder = "ladder: [(temperature: 1.0, walkers: 4), (temperature: 2.0, walkers: 4)]";
    let state = |name: &str, side: &str| {
        format!(r#""{name}": (where: {side}(Coordinate(particle: 0, axis: X), 2.03), start: Random(minimum_distance: 0.9))"#)
    };
    let two = format!("states: {{{}, {}}}, {ladder}", state("a", "Below"), state("b", "Above"));
    let one = format!("start: Random(minimum_distance: 0.9), {ladder}");
    // Walkers of all rungs, states and neighbouring seeds: no two alike, and those of a state in it.
    let mut all: Vec<Vec<f64>> = Vec::new();
    for seed in 6..10 {
        let of_states = starts(&text(seed, &two));
        assert!(of_states.iter().enumerate().all(|(walker, start)| (start[0] < 2.03) == (walker % 2 == 0)), "seed {seed}");
        all.extend(of_states);
    }
    all.extend(starts(&text(17, &one)));
    let count = all.len();
    all.sort_by(|a, b| a[3].total_cmp(&b[3]));
    all.dedup();
    assert_eq!((all.len(), count), (40, 40));
    // Frames of a file go to the walkers of all rungs in turn.
    let frame = |x: f64| format!("1\n\nA {x} 0 0\n");
    std::fs::write(place.path().join("frames.xyz"), (0..6).map(|k| frame(f64::from(k))).collect::<String>()).unwrap();
    let dealt = starts(&format!(
        r#"(system: (cell: Open(dimension: 1), potential: [WolfeQuapp()]), start: File("frames.xyz"), {ladder}, sweep: [Displacement(step: 0.1), Exchange()],
        run: (equilibration: 0, production: 1))"#
    ).replace("WolfeQuapp()", "HarmonicRestraint(stiffness: 1.0, to: [[0.0]])"));
    assert_eq!(dealt.iter().map(|start| start[0]).collect::<Vec<_>>(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 1.0]);
}

/// Discs in a box, in a crystal at the start; with two states of a disc that is one of them, or none.
fn discs(states: bool, temperature: f64, equilibration: u64, more: &str) -> String {
    let state = |name: &str, side: &str| format!(r#""{name}": (where: {side}(Distance(0, 1), 1.6), start: File("grid.xyz"))"#);
    let start = if states { format!("states: {{{}}}", state("near", "Below")) } else { r#"start: File("grid.xyz")"#.to_string() };
    format!(
        r#"(system: (cell: Orthorhombic(lengths: [6.3, 6.3]), particles: [(type: "A", count: 36)],
            potential: [SoftRepulsion(epsilon: 1.0, radius: 1.1, cutoff: 3.0){more}]),
        {start}, ladder: [(temperature: {temperature}, walkers: 4)], sweep: [Displacement(step: 0.2)],
        run: (equilibration: {equilibration}, production: 200, record_every: 20))"#
    )
}

#[test]
fn walkers_that_remember_a_common_start_are_said_to() {
    let place = tempfile::tempdir().unwrap();
    let mut grid = "36\n\n".to_string();
    (0..36).for_each(|i| grid.push_str(&format!("A {} {} 0\n", 0.525 + 1.05 * f64::from(i % 6), 0.525 + 1.05 * f64::from(i / 6))));
    std::fs::write(place.path().join("grid.xyz"), grid).unwrap();
    let of = |text: &str| {
        let summary = run(place.path(), text);
        let found = summary.verdict.findings.iter().find(|finding| finding.kind == "start_remembered").map(|finding| finding.severity);
        (found, summary.start_memory)
    };
    // A crystal that vibrates: a word where figures of states rest on its one arrangement, a note elsewhere.
    let (found, memory) = of(&discs(true, 0.2, 100, ""));
    assert!(found == Some(Severity::Doubtful) && memory[0].mean > 0.9, "{found:?} {memory:?}");
    let (found, memory) = of(&discs(false, 0.02, 100, ""));
    assert!(found == Some(Severity::Note) && memory[0].mean > 0.97, "{found:?} {memory:?}");
    // A liquid has forgotten its lattice, and what is held in place has nothing to forget.
    let (found, memory) = of(&discs(true, 20.0, 1000, ""));
    assert!(found.is_none() && memory[0].mean < 0.3, "{found:?} {memory:?}");
    let (found, memory) = of(&discs(true, 0.2, 100, ", HarmonicRestraint(stiffness: 10.0, to: GRID)").replace("GRID", &grid_points()));
    assert!(found.is_none() && memory.is_empty(), "{found:?} {memory:?}");
}

fn grid_points() -> String {
    let points = (0..36).map(|i| format!("[{}, {}]", 0.525 + 1.05 * f64::from(i % 6), 0.525 + 1.05 * f64::from(i / 6)));
    format!("[{}]", points.collect::<Vec<_>>().join(", "))
}
