//! `mcflow energy`: energies by term and forces of stored frames, for checking a system against another program.

use super::Failure;
use crate::build::{Built, build};
use crate::output::directory::{NamedFile, named_file};
use mcflow_engine::trajectory::{DcdReader, XyzReader};
use mcflow_potentials::{Cell, Configuration, Vectors};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON array, an object a frame.
    Json,
    /// One line a frame, or (with forces) one line a particle of each frame.
    Csv,
}

#[derive(Serialize)]
struct FrameEnergies {
    frame: usize,
    energy: f64,
    terms: BTreeMap<String, f64>,
    virial: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forces: Option<Vec<Vec<f64>>>,
}

/// Energies of every frame of `frames` (XYZ or DCD), or of the starting configuration, by the potential of the first rung; those of single
/// terms are not scaled.
///
/// # Errors
/// A wrong input; frames that cannot be read or do not fit; a frame of no finite energy.
pub fn energy(input: &Path, frames: Option<&Path>, forces: bool, format: Format) -> Result<String, Failure> {
    let built = build(input, None)?;
    let configurations = match frames {
        None => vec![built.plan.starts[0].clone()],
        Some(path) => read_frames(&built, path)?,
    };
    let potential = &built.plan.rungs[0].potential;
    let mut workspace = potential.workspace();
    let dimension = built.plan.starts[0].cell.dimension();
    let mut results = Vec::new();
    for (frame, configuration) in configurations.iter().enumerate() {
        let name = frames.map_or("start".to_string(), |path| path.display().to_string());
        if configuration.cell.smallest_height() < potential.smallest_valid_height() {
            return Err(Failure::Input(format!(
                "{name}: frame {frame}: found a cell of smallest height {}; expected at least {}, twice the cutoff",
                configuration.cell.smallest_height(),
                potential.smallest_valid_height()
            )));
        }
        let mut computed = Vectors::zeros(dimension, configuration.positions.n());
        let evaluation = potential.energy_and_forces(configuration, &mut workspace, &mut computed);
        if !(evaluation.energy.is_finite() && computed.all_finite()) {
            let problem = "expected particles at different places";
            return Err(Failure::Run(format!("{name}: frame {frame}: found an energy of {}; {problem}", evaluation.energy)));
        }
        let terms = potential.energies_by_term(configuration, &mut workspace);
        let mut by_name: BTreeMap<String, f64> = BTreeMap::new();
        for (term, value) in terms {
            *by_name.entry(term).or_default() += value.energy;
        }
        results.push(FrameEnergies {
            frame,
            energy: evaluation.energy,
            terms: by_name,
            virial: evaluation.virial,
            volume: configuration.cell.volume(),
            forces: forces.then(|| (0..computed.n()).map(|i| computed.get(i)[..dimension].to_vec()).collect()),
        });
    }
    match format {
        Format::Json => serde_json::to_string_pretty(&results).map(|text| text + "\n").map_err(|e| Failure::Run(e.to_string())),
        Format::Csv => Ok(csv(&results, dimension)),
    }
}

/// Refuses an `output` that is the input, a file that the input names, or the file of frames.
///
/// # Errors
/// Such an output; a wrong input.
pub fn check_output(input: &Path, frames: Option<&Path>, output: &Path) -> Result<(), Failure> {
    let mut named = build(input, None)?.files;
    named.extend(frames.map(|path| NamedFile { key: "--frames".to_string(), path: path.to_path_buf() }));
    match named_file(output, &named) {
        Some(NamedFile { key, .. }) => {
            Err(Failure::Input(format!("--output: found {}, which is read as `{key}`; expected another file", output.display())))
        }
        None => Ok(()),
    }
}

fn csv(results: &[FrameEnergies], dimension: usize) -> String {
    let mut text = String::new();
    if results.first().is_some_and(|r| r.forces.is_some()) {
        text.push_str("frame,particle");
        ["fx", "fy", "fz"][..dimension].iter().for_each(|c| text.push_str(&format!(",{c}")));
        text.push('\n');
        for result in results {
            for (i, force) in result.forces.iter().flatten().enumerate() {
                text.push_str(&format!("{},{i}", result.frame));
                force.iter().for_each(|f| text.push_str(&format!(",{f}")));
                text.push('\n');
            }
        }
        return text;
    }
    text.push_str("frame,energy,virial");
    if let Some(first) = results.first() {
        first.terms.keys().for_each(|name| text.push_str(&format!(",{}", name.replace(' ', "_"))));
    }
    text.push('\n');
    for result in results {
        text.push_str(&format!("{},{},{}", result.frame, result.energy, result.virial));
        result.terms.values().for_each(|v| text.push_str(&format!(",{v}")));
        text.push('\n');
    }
    text
}

fn read_frames(built: &Built, path: &Path) -> Result<Vec<Configuration>, Failure> {
    let start = &built.plan.starts[0];
    let (n, dimension) = (start.positions.n(), start.cell.dimension());
    let wrong = |frame: usize, found: String, expected: String| {
        Failure::Input(format!("{}: frame {frame}: found {found}; expected {expected}", path.display()))
    };
    let to_configuration = |frame: usize, points: &[[f64; 3]], cell: Option<Cell>| {
        if points.len() != n {
            return Err(wrong(frame, format!("{} particles", points.len()), format!("{n}, as in the input")));
        }
        Ok(Configuration { positions: Vectors::from_points(dimension, points), cell: cell.unwrap_or_else(|| start.cell.clone()) })
    };
    let mut configurations = Vec::new();
    let is_dcd = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("dcd"));
    if is_dcd {
        let reader = DcdReader::open(path).map_err(|e| Failure::Input(e.to_string()))?;
        for (k, frame) in reader.enumerate() {
            let mut frame = frame.map_err(|e| Failure::Input(e.to_string()))?;
            let scale = 1.0 / built.plan.angstroms;
            let points: Vec<[f64; 3]> = frame.positions.iter().map(|p| p.map(|v| v * scale)).collect();
            frame.cell = frame.cell.map(|(lengths, angles)| (lengths.map(|v| v * scale), angles));
            let cell = frame.cell(dimension).map_err(|e| wrong(k, e, "a cell".to_string()))?;
            let cell = Some(cell).filter(|cell| cell.is_periodic() && start.cell.is_periodic());
            configurations.push(to_configuration(k, &points, cell)?);
        }
    } else {
        let reader = XyzReader::open(path).map_err(|e| Failure::Input(e.to_string()))?;
        for (k, frame) in reader.enumerate() {
            let frame = frame.map_err(|e| Failure::Input(e.to_string()))?;
            let cell = match frame.lattice {
                Some(rows) if start.cell.is_periodic() => {
                    Some(Cell::triclinic(dimension, rows).map_err(|e| wrong(k, e, "a cell".to_string()))?)
                }
                _ => None,
            };
            let particles = &built.plan.particles;
            let wanted = |i: usize| &particles.type_names[particles.types[i]];
            if let Some(i) = (0..n.min(frame.species.len())).find(|&i| frame.species[i] != *wanted(i)) {
                let found = format!("{:?} as particle {i} (from 0)", frame.species[i]);
                return Err(wrong(k, found, format!("{:?}, as in the input", wanted(i))));
            }
            configurations.push(to_configuration(k, &frame.positions, cell)?);
        }
    }
    if configurations.is_empty() {
        return Err(Failure::Input(format!("{}: found no frame; expected at least one", path.display())));
    }
    Ok(configurations)
}
