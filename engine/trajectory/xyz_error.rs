//! What can be wrong with an XYZ file.

use std::io;

/// What is wrong with an XYZ file, and where.
#[derive(Debug, thiserror::Error)]
pub enum XyzError {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// Name of the file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no text of one byte a character, or none of lines.
    #[error("{file}:{line}: found {found}, expected lines of text, in UTF-8 or Latin-1")]
    NoText {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What it is.
        found: String,
    },
    /// There is no frame in the file.
    #[error("{file}: no frames: expected a number of particles in the first line")]
    NoFrames {
        /// Name of the file.
        file: String,
    },
    /// The file ends within a frame.
    #[error("{file}:{line}: the file ends within frame {frame}: found {found} of the {expected} particles that line {start} announces")]
    Truncated {
        /// Name of the file.
        file: String,
        /// The line after the last.
        line: usize,
        /// Frame, from 1.
        frame: usize,
        /// Particles found.
        found: usize,
        /// Particles announced.
        expected: usize,
        /// Line of the announcement.
        start: usize,
    },
    /// A line that must hold the number of particles does not.
    #[error("{file}:{line}: found \"{found}\", expected the number of particles of frame {frame}{hint}")]
    CountNotANumber {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The line.
        found: String,
        /// Frame, from 1.
        frame: usize,
        /// How many particles the frame before announced, if there is one.
        hint: String,
    },
    /// A blank line where a frame must begin.
    #[error(
        "{file}:{line}: found a blank line, expected the number of particles of frame {frame}: frames follow each other without blank lines"
    )]
    BlankLine {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Frame, from 1.
        frame: usize,
    },
    /// A line has fewer columns than it needs.
    #[error(
        "{file}:{line}: found {found} columns, expected {expected} ({columns}) of particle {particle} of the {count} that line {start} announces"
    )]
    TooFewColumns {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Columns found.
        found: usize,
        /// Columns needed.
        expected: usize,
        /// What they are.
        columns: String,
        /// Particle, from 1.
        particle: usize,
        /// Particles announced.
        count: usize,
        /// Line of the announcement.
        start: usize,
    },
    /// A line has more columns than `Properties` names.
    #[error(
        "{file}:{line}: found {found} columns, expected the {expected} of Properties, {columns}, of particle {particle} of the {count} that line {start} announces"
    )]
    TooManyColumns {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Columns found.
        found: usize,
        /// Columns named.
        expected: usize,
        /// What they are.
        columns: String,
        /// Particle, from 1.
        particle: usize,
        /// Particles announced.
        count: usize,
        /// Line of the announcement.
        start: usize,
    },
    /// A coordinate, or other number, that is none.
    #[error("{file}:{line}: found \"{found}\", expected a finite number: {what}{hint}")]
    NotANumber {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The word.
        found: String,
        /// Which number it should be.
        what: String,
        /// A guess at the reason.
        hint: String,
    },
    /// A key of an extended comment that cannot be understood.
    #[error("{file}:{line}: found {key}=\"{found}\", expected {expected}")]
    BadKey {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
}

impl XyzError {
    /// Whether the file ends within a frame that is not its first.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Truncated { frame, .. } if *frame > 1)
    }

    /// Whether one frame alone is wrong, so that those after it can be read.
    pub fn is_of_one_frame(&self) -> bool {
        matches!(self, Self::TooFewColumns { .. } | Self::TooManyColumns { .. } | Self::NotANumber { .. } | Self::BadKey { .. })
    }
}
