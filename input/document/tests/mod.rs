//! Every kind of mistake, alone and with others.

mod fuzz;
mod places;
mod semantic;
mod structure;
mod syntax;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::Deserialize;

use mcflow_base::Problem;

use super::{Document, Report};

/// An input like the real one.
#[derive(Debug, Deserialize, PartialEq)]
#[allow(dead_code)]
struct Input {
    units: Units,
    seed: u64,
    system: System,
    #[serde(default)]
    states: BTreeMap<String, State>,
    ladder: Vec<Rung>,
    #[serde(default)]
    flows: HashMap<String, Flow>,
    #[serde(default)]
    sweep: Vec<Entry>,
    run: Run,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Units {
    Reduced,
    Kelvin,
}

#[derive(Debug, Deserialize, PartialEq)]
#[allow(dead_code)]
struct System {
    cell: Cell,
    potential: Vec<Potential>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    mass: Option<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Cell {
    Open { dimension: u8 },
    Cubic(f64),
    Orthorhombic(f64, f64, f64),
    Triclinic([[f64; 3]; 3]),
}

#[derive(Debug, Deserialize, PartialEq)]
enum Potential {
    LennardJones(LennardJones),
    Walls(Walls),
    Pairs(Vec<(usize, usize)>),
}

#[derive(Debug, Deserialize, PartialEq)]
struct LennardJones {
    epsilon: f64,
    sigma: f64,
    cutoff: f64,
    #[serde(default)]
    truncation: Truncation,
    #[serde(default)]
    tail: bool,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
enum Truncation {
    #[default]
    Plain,
    Shifted,
    Switched {
        from: f64,
    },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Walls {
    half_width: f64,
    stiffness: f64,
}

#[derive(Debug, Deserialize, PartialEq)]
struct State {
    r#where: Region,
    start: Start,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Region {
    Distance { between: (usize, usize), below: f64 },
    All,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Start {
    File(PathBuf),
    Lattice,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Rung {
    temperature: f64,
    #[serde(default)]
    walkers: u32,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Flow {
    hidden: [u16; 2],
    stages: Vec<Stage>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Stage {
    steps: usize,
    rate: f32,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Entry {
    Displacement { count: usize, step: f64 },
    ModeJump { flow: String, count: usize },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Run {
    production: u64,
    #[serde(default)]
    shift: i32,
}

const VALID: &str = r#"// A comment.
(
    units: Reduced,
    seed: 2019,
    system: (
        cell: Open(dimension: 2),
        potential: [
            LennardJones(epsilon: 1, sigma: 1.0, cutoff: 2.5, truncation: Switched(from: 2.0)),
            Walls(half_width: 3.0, stiffness: 2e2), /* both
            kept */
            Pairs([(0, 1), [2, 3]]),
        ],
        title: "discs",
        mass: Some(1.0),
    ),
    states: {
        "closed": (where: Distance(between: (0, 1), below: 1.5), start: File("closed.xyz")),
        "open \"wide\"": (where: All, start: Lattice),
    },
    ladder: [(temperature: 1.0, walkers: 16), (temperature: 1.5)],
    flows: { "jump": (hidden: [128, 0x80], stages: [(steps: 1_000, rate: 1e-3)]) },
    sweep: [Displacement(count: 38, step: 0.2), ModeJump(flow: "jump", count: 1)],
    run: (production: 20_000, shift: -3),
)
"#;

/// `text` read as a `T`, and what is wrong with it.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> (Option<T>, Report) {
    match Document::parse("system.ron", text) {
        Ok(mut document) => (document.read(), document.report()),
        Err(report) => (None, report),
    }
}

/// The first line of every problem of `text` read as a `T`, without the name of the file.
fn problems<T: serde::de::DeserializeOwned>(text: &str) -> Vec<String> {
    let (_, report) = read::<T>(text);
    report.iter().map(|d| d.to_string().lines().next().unwrap_or_default().trim_start_matches("system.ron:").to_string()).collect()
}

/// The helps of the problems of `text` read as a `T`.
fn helps<T: serde::de::DeserializeOwned>(text: &str) -> Vec<String> {
    read::<T>(text).1.into_iter().filter_map(|diagnostic| diagnostic.help).collect()
}
