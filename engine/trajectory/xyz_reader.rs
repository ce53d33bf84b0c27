//! XYZ, plain and extended, read.

use super::XyzError;
use super::lines::Lines;
use super::species::STAND_IN;
use super::units::{FileUnits, scaled};
use super::xyz_comment::{Columns, Kind, read_comment};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// One frame of an XYZ file. Numbers as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct XyzFrame {
    /// The second line as it is.
    pub comment: String,
    /// First column, or the one named `species`; where it has X, which stands for what is no element, the one named `type`.
    pub species: Vec<String>,
    /// Positions.
    pub positions: Vec<[f64; 3]>,
    /// Columns `velo`, `vel` or `velocities`.
    pub velocities: Option<Vec<[f64; 3]>>,
    /// Columns `forces` or `force`.
    pub forces: Option<Vec<[f64; 3]>>,
    /// Cell vectors as rows, of `Lattice="ax ay az bx by bz cx cy cz"` or of the three lengths of a cell with right angles.
    pub lattice: Option<[[f64; 3]; 3]>,
    /// Directions that repeat, of `pbc="T T F"`; with a lattice alone all three do.
    pub periodic: Option<[bool; 3]>,
    /// Whether the frame has a `pbc` of its own.
    pub says_periodic: bool,
    /// `energy=...`.
    pub energy: Option<f64>,
    /// All keys of an extended comment with their values, in order.
    pub keys: Vec<(String, String)>,
}

/// Reads an XYZ file frame by frame. Where one frame alone is wrong ([`XyzError::is_of_one_frame`]) those after it are read on; any other
/// error ends the iteration, as the last frame does.
pub struct XyzReader<R> {
    lines: Lines<R>,
    /// Whose lengths frames are given in; as they stand in the file where `None`.
    units: Option<FileUnits>,
    /// Frames so far, bad ones among them.
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
        Self { lines: Lines::new(source, file), units: None, frames: 0, last_count: None, finished: false }
    }

    /// Gives positions and lattices in the units of a run, where the frame has a key `length_unit` (angstrom, nm or reduced); without one they are taken
    /// to be in those already. Velocities, forces and energy stay as they stand in the file.
    #[must_use]
    pub fn in_units(self, units: FileUnits) -> Self {
        Self { units: Some(units), ..self }
    }

    /// What lengths of a frame are multiplied by.
    fn length_factor(&self, frame: &XyzFrame) -> Result<f64, XyzError> {
        let named = frame.keys.iter().find(|(key, _)| key.eq_ignore_ascii_case("length_unit"));
        let (Some((key, unit)), Some(units)) = (named, self.units) else { return Ok(1.0) };
        units.length_factor(unit).map_err(|expected| XyzError::BadKey {
            file: self.file(),
            line: self.lines.number,
            key: key.clone(),
            found: unit.clone(),
            expected: expected.to_string(),
        })
    }

    fn file(&self) -> String {
        self.lines.file().to_string()
    }

    fn frame(&mut self) -> Result<Option<XyzFrame>, XyzError> {
        let Some(text) = self.count_line()? else { return Ok(None) };
        let (start, frame) = (self.lines.number, self.frames + 1);
        let Some(count) = announced(&text) else {
            let hint = self.last_count.map_or(String::new(), |n| format!(" (frame {} has the {n} particles it announces)", frame - 1));
            return Err(XyzError::CountNotANumber { file: self.file(), line: start, found: shortened(&text), frame, hint });
        };
        self.frames += 1;
        self.last_count = Some(count);
        let truncated = |reader: &Self, found: usize| XyzError::Truncated {
            file: reader.file(),
            line: reader.lines.number,
            frame,
            found,
            expected: count,
            start,
        };
        let Some(comment) = self.lines.next_line()? else { return Err(truncated(self, 0)) };
        let mut parsed = XyzFrame { comment, ..XyzFrame::default() };
        let mut wrong = None;
        let mut factor = 1.0;
        let read = read_comment(self.lines.file(), self.lines.number, &mut parsed);
        let columns = match read.and_then(|columns| Ok((columns, self.length_factor(&parsed)?))) {
            Ok((columns, found)) => {
                factor = found;
                Some(columns)
            }
            Err(error) => {
                wrong = Some(error);
                None
            }
        };
        for particle in 1..=count {
            let Some(text) = self.lines.next_line()? else {
                return Err(truncated(self, if wrong.is_some() { parsed.positions.len() } else { particle - 1 }));
            };
            // Lines of a frame that is wrong are passed over.
            let Some(columns) = columns.as_ref().filter(|_| wrong.is_none()) else { continue };
            if let Err(error) = self.particle(&text, columns, &mut parsed, (particle, count, start)) {
                // A number alone, where a particle should be, announces the next frame.
                if announced(&text).is_some() && columns.needed > 1 {
                    self.lines.put_back(text);
                    return Err(error);
                }
                // The file may end within the last line.
                if particle == count && self.lines.unended && frame > 1 {
                    return Err(truncated(self, particle - 1));
                }
                wrong = Some(error);
            }
        }
        if factor != 1.0 {
            let rows = parsed.lattice.iter_mut().flatten();
            parsed.positions.iter_mut().chain(rows).flatten().for_each(|v| *v = scaled(*v, factor));
        }
        wrong.map_or(Ok(Some(parsed)), Err)
    }

    /// The next line that must hold a count; `None` at the end, before which blank lines may stand.
    fn count_line(&mut self) -> Result<Option<String>, XyzError> {
        let Some(text) = self.lines.next_line()? else { return Ok(None) };
        if !text.trim().is_empty() {
            return Ok(Some(text));
        }
        let line = self.lines.number;
        while let Some(later) = self.lines.next_line()? {
            if !later.trim().is_empty() {
                return Err(XyzError::BlankLine { file: self.file(), line, frame: self.frames + 1 });
            }
        }
        Ok(None)
    }

    /// Reads the line of one particle; `place` is (particle, particles, line that announces them).
    fn particle(&self, text: &str, columns: &Columns, frame: &mut XyzFrame, place: (usize, usize, usize)) -> Result<(), XyzError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (particle, count, start) = place;
        let (file, line, found, expected) = (|| self.file(), self.lines.number, words.len(), columns.needed);
        if found < expected {
            let columns = columns.text.clone();
            return Err(XyzError::TooFewColumns { file: file(), line, found, expected, columns, particle, count, start });
        }
        if found > expected && columns.all {
            let columns = columns.text.clone();
            return Err(XyzError::TooManyColumns { file: file(), line, found, expected, columns, particle, count, start });
        }
        let species = columns.species.map_or(STAND_IN, |k| words[k]);
        let name = columns.types.filter(|_| species == STAND_IN).map_or(species, |k| words[k]);
        frame.species.push(name.to_string());
        for &(kind, name, first) in &columns.vectors {
            let mut vector = [0.0; 3];
            for c in 0..3 {
                let word = words[first + c];
                vector[c] = finite(word).map_err(|hint| XyzError::NotANumber {
                    file: file(),
                    line,
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
            Ok(None) if self.frames == 0 => Err(XyzError::NoFrames { file: self.file() }),
            other => other,
        };
        self.finished = match &frame {
            Ok(frame) => frame.is_none(),
            Err(error) => !error.is_of_one_frame(),
        };
        frame.transpose()
    }
}

/// The number of particles that a line announces: a whole number above 0, alone.
fn announced(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|&count| count > 0)
}

/// A finite number, with the exponents of Fortran (1.5D+01) too, or a guess at why it is none.
pub(super) fn finite(word: &str) -> Result<f64, String> {
    let value = word.parse::<f64>().or_else(|error| match word.find(['d', 'D']) {
        Some(place) => format!("{}e{}", &word[..place], &word[place + 1..]).parse(),
        None => Err(error),
    });
    match value {
        Ok(value) if value.is_finite() => Ok(value),
        _ if word.contains("**") => Err(" (the program that wrote it had no room for the number)".to_string()),
        _ => Err(String::new()),
    }
}

fn shortened(text: &str) -> String {
    let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    if text.chars().count() <= 60 {
        text.chars().map(shown).collect()
    } else {
        text.chars().map(shown).take(57).chain("...".chars()).collect()
    }
}
