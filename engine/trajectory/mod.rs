//! Trajectory files: extended XYZ and DCD, written and read.
//!
//! Files are whole at any moment: a frame is written at once, then the header (DCD) is brought up to date. After a kill, `resume` cuts
//! what was written since the last checkpoint. Numbers are in the units that their readers assume, see [`FileUnits`]; those of reduced units
//! are written as they are. Positions of a DCD are brought into the cell, molecules whole; those of XYZ are the chain's own.

mod dcd_error;
mod dcd_reader;
mod dcd_writer;
mod frames;
mod lines;
mod molecules;
mod species;
mod topology;
mod units;
mod xyz_comment;
mod xyz_error;
mod xyz_keys;
mod xyz_reader;
mod xyz_writer;

pub use dcd_error::DcdError;
pub use dcd_reader::{DcdFrame, DcdReader};
pub use dcd_writer::{DcdSettings, DcdWriter};
pub use frames::{FrameError, FrameReader, StoredCell, StoredFrame};
pub use molecules::Molecules;
pub use topology::topology_pdb;
pub use units::{Clock, FileUnits};
pub use xyz_error::XyzError;
pub use xyz_reader::{XyzFrame, XyzReader, read_xyz};
pub use xyz_writer::XyzWriter;

use mcflow_potentials::{Cell, Particles, Vectors};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// What a writer can write of one moment. Only positions, cell and particles are needed.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// One position a particle.
    pub positions: &'a Vectors,
    /// Open space or a periodic cell of the same dimension.
    pub cell: &'a Cell,
    /// Names of the particles' types.
    pub particles: &'a Particles,
    /// Velocities (extended XYZ only).
    pub velocities: Option<&'a Vectors>,
    /// Forces (extended XYZ only).
    pub forces: Option<&'a Vectors>,
    /// Potential energy (extended XYZ only).
    pub energy: Option<f64>,
    /// Sweep or step number (extended XYZ only).
    pub step: Option<u64>,
    /// Walker (extended XYZ only).
    pub walker: Option<usize>,
    /// Time up to this frame, and what it counts (extended XYZ only; a DCD has its own in [`DcdSettings`]).
    pub time: Option<(f64, Clock)>,
    /// Units that numbers are written in and named by; as they are and without a name where `None` (extended XYZ only).
    pub units: Option<FileUnits>,
}

impl<'a> Frame<'a> {
    /// A frame of positions, cell and particles alone.
    pub fn new(positions: &'a Vectors, cell: &'a Cell, particles: &'a Particles) -> Self {
        Self { positions, cell, particles, velocities: None, forces: None, energy: None, step: None, walker: None, time: None, units: None }
    }
}

/// How far a file has been written: what a checkpoint stores, and where `resume` goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriterPosition {
    /// Whole frames in the file.
    pub frames: u64,
    /// Length of the file up to the end of the last of them.
    pub bytes: u64,
}

/// A trajectory file that is being written.
#[derive(Debug)]
pub enum TrajectoryWriter {
    /// Single precision, binary, small.
    Dcd(DcdWriter),
    /// Full precision, text, with names, energies, velocities and forces.
    Xyz(XyzWriter),
}

impl TrajectoryWriter {
    /// Appends one frame.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::InvalidInput`] where the frame does not fit the file or has a coordinate that is not finite
    /// (then nothing is written).
    pub fn write(&mut self, frame: &Frame) -> io::Result<()> {
        match self {
            Self::Dcd(writer) => writer.write(frame),
            Self::Xyz(writer) => writer.write(frame),
        }
    }

    /// Frames and bytes so far.
    pub fn position(&self) -> WriterPosition {
        match self {
            Self::Dcd(writer) => writer.position(),
            Self::Xyz(writer) => writer.position(),
        }
    }

    /// Makes sure that all frames are on the disk: before a checkpoint that counts on them.
    ///
    /// # Errors
    /// What the system says.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Dcd(writer) => writer.flush(),
            Self::Xyz(writer) => writer.flush(),
        }
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn check_finite(frame: &Frame) -> io::Result<()> {
    let named = [("position", Some(frame.positions)), ("velocity", frame.velocities), ("force", frame.forces)];
    for (what, vectors) in named.into_iter().filter_map(|(what, vectors)| vectors.map(|v| (what, v))) {
        if vectors.n() != frame.positions.n() {
            return Err(invalid(format!("{} vectors of {what} for {} particles", vectors.n(), frame.positions.n())));
        }
        if let Some(i) = (0..vectors.n()).find(|&i| vectors.get(i).iter().any(|v| !v.is_finite())) {
            return Err(invalid(format!("the {what} of particle {i} is not finite: {:?}", vectors.get(i))));
        }
    }
    if frame.particles.n() != frame.positions.n() {
        return Err(invalid(format!("{} particles with {} positions", frame.particles.n(), frame.positions.n())));
    }
    Ok(())
}

/// Opens a file that was written before, and cuts it to `position`.
fn reopen(path: &Path, position: WriterPosition) -> io::Result<std::fs::File> {
    use std::io::{Seek, SeekFrom};
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    if length < position.bytes {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("{}: {length} bytes where {} frames of {} bytes were written", path.display(), position.frames, position.bytes),
        ));
    }
    file.set_len(position.bytes)?;
    file.seek(SeekFrom::Start(position.bytes))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_kinds;
#[cfg(test)]
mod tests_xyz;
