//! `mcflow energy`: energies by term and forces of stored frames, for checking a system against another program.

mod rows;

use super::{Failure, say};
use crate::build::{Built, build, nearest_pair};
use crate::fit::configuration;
use crate::output::directory::{NamedFile, named_file};
use mcflow_engine::trajectory::{FrameError, FrameReader};
use mcflow_potentials::{Configuration, Vectors, Workspace};
use rows::{Row, Rows};
use std::path::Path;

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON array, an object a frame.
    Json,
    /// One line a frame, or (with forces) one line a particle of each frame.
    Csv,
}

/// What the command is told.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a> {
    /// The input whose potential is used.
    pub input: &'a Path,
    /// XYZ or DCD file; the starting configuration unless given.
    pub frames: Option<&'a Path>,
    /// Also forces.
    pub forces: bool,
    /// How to write.
    pub format: Format,
    /// The file to write, in place of the terminal.
    pub output: Option<&'a Path>,
}

/// Writes energies of every frame (XYZ or DCD), or of the starting configuration, by the potential of the first rung; those of single terms
/// are not scaled.
///
/// One frame is in memory at a time, and its figures are written as soon as they are known. Infinite energies are figures (`inf`; JSON has no
/// infinity and says `null`), and the terms that they are of are said on stderr. A frame that cannot be read or is none of the system leaves
/// empty fields (`null`); the others have theirs. A last frame that is cut is left out with a sentence.
///
/// # Errors
/// A wrong input; a file of which no frame can be read; after all others have been written, frames that were wrong.
pub fn energy(arguments: &Arguments) -> Result<(), Failure> {
    let built = build(arguments.input, None)?;
    say(&built.notes);
    if let Some(output) = arguments.output {
        let frames = arguments.frames.map(|path| NamedFile { key: "--frames".to_string(), path: path.to_path_buf() });
        let named: Vec<NamedFile> = built.files.iter().cloned().chain(frames).collect();
        if let Some(NamedFile { key, .. }) = named_file(output, &named) {
            let found = format!("--output: found {}, which is read as `{key}`", output.display());
            return Err(Failure::Input(format!("{found}; expected another file")));
        }
    }
    let start = &built.plan.starts[0];
    let mut workspace = built.plan.potential.workspace();
    let mut rows = Rows::new(arguments, built.plan.potential.unique_names(), start);
    let Some(path) = arguments.frames else {
        rows.write(&row(&built, start, &mut workspace, arguments.forces))?;
        return rows.finish();
    };
    let name = path.display().to_string();
    let reader = FrameReader::open(path, built.plan.file_units).map_err(|error| Failure::Input(error.to_string()))?;
    let n = start.positions.n();
    if let Some(found) = reader.n().filter(|found| *found != n) {
        return Err(Failure::Input(format!("{name}: found {found} particles; expected {n}, as in `system.particles`")));
    }
    let mut said = Sentences::default();
    for frame in reader {
        let number = rows.count() + 1;
        let frame = match frame {
            Err(error) if error.is_cut() => {
                said.say(&format!("{error}; it is left out, the {} before it are whole", rows.count()));
                break;
            }
            Err(error) if !error.is_of_one_frame() => return end(rows, said, &error),
            Err(error) => Err(error.to_string()),
            Ok(frame) => configuration(&frame, number, &built.plan.particles, &start.cell)
                .map_err(|misfit| format!("{name}: found {}; expected {}", misfit.found, misfit.expected))
                .and_then(|configuration| large_enough(&built, configuration, &name, number)),
        };
        match frame {
            Ok(configuration) => {
                let row = row(&built, &configuration, &mut workspace, arguments.forces);
                if let Some(problem) = not_finite(&row, rows.names(), &configuration) {
                    said.say(&format!("{name}: frame {number} (`frame` {} of the result) {problem}", number - 1));
                }
                rows.write(&row)?;
                said.release();
                if rows.is_closed() {
                    return Ok(());
                }
            }
            Err(message) => {
                rows.leave_empty()?;
                said.wrong(message, rows.has_begun());
            }
        }
    }
    if rows.count() == 0 {
        return Err(Failure::Input(format!("{name}: found no frame; expected at least one")));
    }
    let wrong = said.wrong;
    let (count, begun) = (rows.count(), rows.has_begun());
    if begun {
        rows.finish()?;
    }
    said.finish();
    match wrong {
        0 => Ok(()),
        _ if begun => Err(Failure::Input(format!("{name}: {wrong} of {count} frames have no energy: their fields are empty"))),
        1 => Err(Failure::Input(said.held.join("\n"))),
        _ => Err(Failure::Input(format!("{}\nnone of the {count} frames has an energy", said.held.join("\n")))),
    }
}

/// Ends the result at an error behind which no frame can be found; what came before it is written.
fn end(rows: Rows, said: Sentences, error: &FrameError) -> Result<(), Failure> {
    if rows.has_begun() {
        rows.finish()?;
    }
    said.finish();
    Err(Failure::Input(said.held.iter().cloned().chain([error.to_string()]).collect::<Vec<_>>().join("\n")))
}

/// What is said on stderr of single frames: of the first few, and then how many more there are.
#[derive(Default)]
struct Sentences {
    count: usize,
    wrong: usize,
    /// Those of frames that are wrong, as long as none was right.
    held: Vec<String>,
}

impl Sentences {
    const MOST: usize = 10;
    /// Frames that are wrong before any is right are most often wrong alike.
    const MOST_HELD: usize = 2;

    fn say(&mut self, sentence: &str) {
        self.count += 1;
        if self.count <= Self::MOST {
            eprintln!("{sentence}");
        }
    }

    /// A frame that is wrong: said when another is right, else the reason why the command fails.
    fn wrong(&mut self, message: String, begun: bool) {
        self.wrong += 1;
        if begun {
            self.release();
            self.say(&message);
        } else if self.held.len() < Self::MOST_HELD {
            self.held.push(message);
        }
    }

    fn release(&mut self) {
        for message in std::mem::take(&mut self.held) {
            self.say(&message);
        }
    }

    fn finish(&self) {
        if self.count > Self::MOST {
            eprintln!("and {} more", self.count - Self::MOST);
        }
    }
}

fn large_enough(built: &Built, configuration: Configuration, name: &str, number: usize) -> Result<Configuration, String> {
    let height = configuration.cell.smallest_height();
    if let Some(reach) = built.plan.rungs[0].potential.reach().filter(|reach| height < 2.0 * reach.length) {
        let least = 2.0 * reach.length;
        return Err(format!(
            "{name}: found a cell of smallest height {height} in frame {number}; expected at least {least}, twice {reach}"
        ));
    }
    Ok(configuration)
}

fn row(built: &Built, configuration: &Configuration, workspace: &mut Workspace, forces: bool) -> Row {
    let potential = &built.plan.rungs[0].potential;
    let dimension = configuration.cell.dimension();
    let mut computed = Vectors::zeros(dimension, configuration.positions.n());
    let evaluation = potential.energy_and_forces(configuration, workspace, &mut computed);
    let terms = potential.energies_by_term(configuration, workspace);
    Row {
        energy: evaluation.energy,
        terms: terms.into_iter().map(|(_, value)| value.energy).collect(),
        // Where the energy has no value, its derivative has none.
        virial: if evaluation.energy.is_finite() { evaluation.virial } else { f64::NAN },
        volume: configuration.cell.volume(),
        forces: forces.then(|| (0..computed.n()).map(|i| computed.get(i)[..dimension].to_vec()).collect()),
    }
}

/// What is not finite in a row, and of which terms; `None` where all is.
fn not_finite(row: &Row, names: &[String], configuration: &Configuration) -> Option<String> {
    let bad_forces = row.forces.iter().flatten().flatten().any(|force| !force.is_finite());
    if row.energy.is_finite() && !bad_forces {
        return None;
    }
    let terms: Vec<&str> = names.iter().zip(&row.terms).filter(|(_, energy)| !energy.is_finite()).map(|(name, _)| name.as_str()).collect();
    let of = if terms.is_empty() { String::new() } else { format!(", of {}", terms.join(" and ")) };
    let what = match row.energy {
        energy if energy.is_nan() => "no energy".to_string(),
        energy if energy.is_infinite() => format!("an energy of {energy}"),
        _ => "forces that are not finite".to_string(),
    };
    let place = match nearest_pair(configuration) {
        Some((i, j, 0.0)) => format!(": particles {i} and {j} (from 0) are at one place"),
        _ => String::new(),
    };
    Some(format!("has {what}{of}{place}"))
}
