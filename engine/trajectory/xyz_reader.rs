//! XYZ, plain and extended, read.

use super::XyzError;
use super::xyz_comment::{Columns, Kind, read_comment};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// One frame of an XYZ file. Numbers as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct XyzFrame {
    /// The second line as it is.
    pub comment: String,
    /// First column, or the one named `species`.
    pub species: Vec<String>,
    /// Positions.
    pub positions: Vec<[f64; 3]>,
    /// Columns `velo`, `vel` or `velocities`.
    pub velocities: Option<Vec<[f64; 3]>>,
    /// Columns `forces` or `force`.
    pub forces: Option<Vec<[f64; 3]>>,
    /// Cell vectors as rows, of `Lattice="ax ay az bx by bz cx cy cz"`.
    pub lattice: Option<[[f64; 3]; 3]>,
    /// Directions that repeat, of `pbc="T T F"`; with a lattice alone all three do.
    pub periodic: Option<[bool; 3]>,
    /// `energy=...`.
    pub energy: Option<f64>,
    /// All keys of an extended comment with their values, in order.
    pub keys: Vec<(String, String)>,
}

/// Reads an XYZ file frame by frame: an iterator that ends after the last frame or the first error.
pub struct XyzReader<R> {
    source: R,
    file: String,
    line: usize,
    frames: usize,
    last_count: Option<usize>,
    finished: bool,
}

impl XyzReader<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// [`XyzError::Unreadable`].
    pub fn open(path: &Path) -> Result<Self, XyzError> {
        let file = path.display().to_string();
        match File::open(path) {
            Ok(opened) => Ok(Self::new(BufReader::new(opened), &file)),
            Err(source) => Err(XyzError::Unreadable { file, source }),
        }
    }
}

/// All frames of a file, at least one.
///
/// # Errors
/// The first error of the file; [`XyzError::NoFrames`] where there is none to read.
pub fn read_xyz(path: &Path) -> Result<Vec<XyzFrame>, XyzError> {
    XyzReader::open(path)?.collect()
}

impl<R: BufRead> XyzReader<R> {
    /// Reads from any source; `file` is the name that errors show.
    pub fn new(source: R, file: &str) -> Self {
        Self { source, file: file.to_string(), line: 0, frames: 0, last_count: None, finished: false }
    }

    fn next_line(&mut self) -> Result<Option<String>, XyzError> {
        let mut text = String::new();
        let read = self.source.read_line(&mut text).map_err(|source| XyzError::Unreadable { file: self.file.clone(), source })?;
        self.line += 1;
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
        Ok((read > 0).then_some(text))
    }

    fn frame(&mut self) -> Result<Option<XyzFrame>, XyzError> {
        let Some(text) = self.count_line()? else { return Ok(None) };
        let (file, start, frame) = (self.file.clone(), self.line, self.frames + 1);
        let count = match text.trim().parse::<usize>() {
            Ok(count) if count > 0 => count,
            _ => {
                let hint = self.last_count.map_or(String::new(), |n| format!(" (frame {} has the {n} particles it announces)", frame - 1));
                return Err(XyzError::CountNotANumber { file, line: start, found: shortened(&text), frame, hint });
            }
        };
        let truncated = |found: usize, line: usize| XyzError::Truncated { file: file.clone(), line, frame, found, expected: count, start };
        let Some(comment) = self.next_line()? else { return Err(truncated(0, self.line)) };
        let mut parsed = XyzFrame { comment, ..XyzFrame::default() };
        let columns = read_comment(&self.file, self.line, &mut parsed)?;
        for particle in 1..=count {
            let Some(text) = self.next_line()? else { return Err(truncated(particle - 1, self.line)) };
            self.particle(&text, &columns, &mut parsed, (particle, count, start))?;
        }
        self.frames += 1;
        self.last_count = Some(count);
        Ok(Some(parsed))
    }

    /// The next line that must hold a count; `None` at the end, before which blank lines may stand.
    fn count_line(&mut self) -> Result<Option<String>, XyzError> {
        let Some(text) = self.next_line()? else { return Ok(None) };
        if !text.trim().is_empty() {
            return Ok(Some(text));
        }
        let line = self.line;
        while let Some(later) = self.next_line()? {
            if !later.trim().is_empty() {
                return Err(XyzError::BlankLine { file: self.file.clone(), line, frame: self.frames + 1 });
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> XyzReader<R> {
    /// Reads the line of one particle; `place` is (particle, particles, line that announces them).
    fn particle(&self, text: &str, columns: &Columns, frame: &mut XyzFrame, place: (usize, usize, usize)) -> Result<(), XyzError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (particle, count, start) = place;
        if words.len() < columns.needed {
            return Err(XyzError::TooFewColumns {
                file: self.file.clone(),
                line: self.line,
                found: words.len(),
                expected: columns.needed,
                columns: columns.text.clone(),
                particle,
                count,
                start,
            });
        }
        frame.species.push(columns.species.map_or("X", |k| words[k]).to_string());
        for &(kind, name, first) in &columns.vectors {
            let mut vector = [0.0; 3];
            for c in 0..3 {
                let word = words[first + c];
                vector[c] = finite(word).map_err(|hint| XyzError::NotANumber {
                    file: self.file.clone(),
                    line: self.line,
                    found: shortened(word),
                    what: format!("the {} component of the {name} of particle {particle}", ["x", "y", "z"][c]),
                    hint,
                })?;
            }
            match kind {
                Kind::Position => frame.positions.push(vector),
                Kind::Velocity => frame.velocities.get_or_insert_default().push(vector),
                Kind::Force => frame.forces.get_or_insert_default().push(vector),
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for XyzReader<R> {
    type Item = Result<XyzFrame, XyzError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let frame = match self.frame() {
            Ok(None) if self.frames == 0 => Err(XyzError::NoFrames { file: self.file.clone() }),
            other => other,
        };
        self.finished = !matches!(frame, Ok(Some(_)));
        frame.transpose()
    }
}

/// A finite number, or a guess at why it is none.
pub(super) fn finite(word: &str) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ if word.contains("**") => Err(" (the program that wrote it had no room for the number)".to_string()),
        _ => Err(String::new()),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_string() } else { text.chars().take(57).chain("...".chars()).collect() }
}
