//! What can be wrong with a DCD file.

use std::io;

/// What is wrong with a DCD file, and where.
#[derive(Debug, thiserror::Error)]
pub enum DcdError {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// Name of the file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// The header is not that of a DCD file, or of a kind that is not read.
    #[error("{file}: byte {byte}: found {found}, expected {expected}")]
    BadHeader {
        /// Name of the file.
        file: String,
        /// Where, from 0.
        byte: u64,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// The file ends within a frame (or its header).
    #[error("{file}: byte {byte}: the file ends within frame {frame} (0 is the header)")]
    Truncated {
        /// Name of the file.
        file: String,
        /// Its length.
        byte: u64,
        /// Frame, from 1.
        frame: u64,
    },
    /// A number that is NaN or infinite.
    #[error("{file}: frame {frame}: found {found}, expected a finite number: the {component} component of particle {particle}")]
    NotFinite {
        /// Name of the file.
        file: String,
        /// Frame, from 1.
        frame: u64,
        /// The number.
        found: f32,
        /// x, y or z.
        component: char,
        /// Particle, from 1.
        particle: usize,
    },
}

impl DcdError {
    /// Whether the file ends within a frame that is not its first.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Truncated { frame, .. } if *frame > 1)
    }

    /// Whether one frame alone is wrong, so that those after it can be read.
    pub fn is_of_one_frame(&self) -> bool {
        matches!(self, Self::NotFinite { .. })
    }
}
