//! The figures of frames, written as they come.

use super::{Arguments, Failure, Format};
use crate::output::aside::Aside;
use mcflow_potentials::Configuration;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// The figures of one frame; NaN where there is none.
pub(super) struct Row {
    pub energy: f64,
    /// One a name.
    pub terms: Vec<f64>,
    pub virial: f64,
    pub volume: Option<f64>,
    /// Components of the force on each particle.
    pub forces: Option<Vec<Vec<f64>>>,
}

/// The figures of one frame in JSON; `null` where a number is not finite.
#[derive(Serialize)]
struct Object<'a> {
    frame: usize,
    energy: f64,
    terms: BTreeMap<&'a str, f64>,
    virial: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forces: Option<&'a [Vec<f64>]>,
}

/// A table of frames, or a JSON array of them, on its way to the terminal or a file, which is opened for the first frame that has figures.
pub(super) struct Rows {
    format: Format,
    path: Option<PathBuf>,
    names: Vec<String>,
    /// Places of the names in the order in which they are written.
    order: Vec<usize>,
    /// Figures of a frame that has none.
    empty: Row,
    sink: Option<Sink>,
    frames: usize,
}

enum Sink {
    Terminal,
    File(Aside),
    /// The reader of the terminal has had enough: no failure.
    Closed,
}

impl Rows {
    /// `start` tells dimension, number of particles and whether there are volumes; `names` are those of the terms.
    pub fn new(arguments: &Arguments, names: Vec<String>, start: &Configuration) -> Self {
        let nothing = vec![vec![f64::NAN; start.cell.dimension()]; start.positions.n()];
        let empty = Row {
            energy: f64::NAN,
            terms: vec![f64::NAN; names.len()],
            virial: f64::NAN,
            volume: start.cell.is_periodic().then_some(f64::NAN),
            forces: arguments.forces.then_some(nothing),
        };
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&k| &names[k]);
        Self { format: arguments.format, path: arguments.output.map(PathBuf::from), names, order, empty, sink: None, frames: 0 }
    }

    /// Frames so far, empty ones among them.
    pub fn count(&self) -> usize {
        self.frames
    }

    /// Names of the terms.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a frame has had figures, so that something is written.
    pub fn has_begun(&self) -> bool {
        self.sink.is_some()
    }

    /// Whether nobody reads what is written, so that the rest need not be computed.
    pub fn is_closed(&self) -> bool {
        matches!(self.sink, Some(Sink::Closed))
    }

    /// Writes the figures of the next frame.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&mut self, row: &Row) -> Result<(), Failure> {
        let mut text = String::new();
        if self.sink.is_none() {
            self.sink = Some(match &self.path {
                Some(path) => Sink::File(Aside::create(path).map_err(Failure::Run)?),
                None => Sink::Terminal,
            });
            text.push_str(&self.head());
            (0..self.frames).for_each(|frame| text.push_str(&self.text(frame, &self.empty)));
        }
        text.push_str(&self.text(self.frames, row));
        self.frames += 1;
        self.put(&text)
    }

    /// Leaves the figures of the next frame empty.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn leave_empty(&mut self) -> Result<(), Failure> {
        let text = if self.has_begun() { self.text(self.frames, &self.empty) } else { String::new() };
        self.frames += 1;
        self.put(&text)
    }

    /// Ends the result.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(mut self) -> Result<(), Failure> {
        if self.format == Format::Json {
            self.put("\n]\n")?;
        }
        match self.sink {
            Some(Sink::File(aside)) => aside.finish().map_err(Failure::Run),
            _ => Ok(()),
        }
    }

    fn put(&mut self, text: &str) -> Result<(), Failure> {
        let written = match &mut self.sink {
            Some(Sink::Terminal) => {
                let mut terminal = io::stdout().lock();
                terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush())
            }
            Some(Sink::File(aside)) => aside.write_all(text.as_bytes()),
            Some(Sink::Closed) | None => Ok(()),
        };
        match (written, &self.path) {
            (Ok(()), _) => {}
            (Err(_), None) => self.sink = Some(Sink::Closed),
            (Err(error), Some(path)) => return Err(Failure::Run(format!("{}: cannot be written ({error})", path.display()))),
        }
        Ok(())
    }

    fn head(&self) -> String {
        let names = self.order.iter().map(|&k| self.names[k].replace(' ', "_"));
        let columns: Vec<String> = match (self.format, &self.empty.forces) {
            (Format::Json, _) => return "[".to_string(),
            (Format::Csv, Some(forces)) => {
                let dimension = forces.first().map_or(0, Vec::len);
                ["frame", "particle", "fx", "fy", "fz"][..2 + dimension].iter().map(ToString::to_string).collect()
            }
            (Format::Csv, None) => ["frame", "energy", "virial"].map(String::from).into_iter().chain(names).collect(),
        };
        columns.join(",") + "\n"
    }

    fn text(&self, frame: usize, row: &Row) -> String {
        let terms = || self.order.iter().map(|&k| (&self.names[k], row.terms[k]));
        if self.format == Format::Csv {
            let line = |first: String, numbers: &mut dyn Iterator<Item = f64>| first + &numbers.map(field).collect::<String>() + "\n";
            return match &row.forces {
                Some(forces) => {
                    forces.iter().enumerate().map(|(i, force)| line(format!("{frame},{i}"), &mut force.iter().copied())).collect()
                }
                None => line(frame.to_string(), &mut [row.energy, row.virial].into_iter().chain(terms().map(|(_, energy)| energy))),
            };
        }
        let terms = terms().map(|(name, energy)| (name.as_str(), energy)).collect();
        let object = Object { frame, energy: row.energy, terms, virial: row.virial, volume: row.volume, forces: row.forces.as_deref() };
        let object = serde_json::to_string_pretty(&object).expect("numbers and texts are JSON");
        let comma = if frame == 0 { "\n" } else { ",\n" };
        comma.to_string() + &object.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }
}

/// A field of a table; empty where there is no number.
fn field(value: f64) -> String {
    if value.is_nan() { ",".to_string() } else { format!(",{value}") }
}
