//! Extended XYZ, written.

use super::{Frame, WriterPosition, check_finite, reopen};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes extended XYZ: number of particles, one line of keys, one line a particle.
///
/// `Lattice` has the nine components of the cell vectors, with unit vectors in directions that a 1- or 2-dimensional cell lacks (`pbc` is
/// F there); open space has no `Lattice` and `pbc="F F F"`. Missing coordinates are 0. Each number has the fewest digits that read back
/// to the same `f64`. Columns are `species:S:1:pos:R:3`, then `velo:R:3` and `forces:R:3` where the frame has them; keys `energy`, `step`
/// and `walker` likewise.
///
/// Source: the extended XYZ specification of libAtoms, <https://github.com/libAtoms/extxyz>.
#[derive(Debug)]
pub struct XyzWriter {
    file: File,
    position: WriterPosition,
    text: String,
}

impl XyzWriter {
    /// Creates the file, or empties one that is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, position: WriterPosition { frames: 0, bytes: 0 }, text: String::new() })
    }

    /// Goes on with a file at the position that a checkpoint holds; what follows it is cut off.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::UnexpectedEof`] where the file is shorter.
    pub fn resume(path: &Path, position: WriterPosition) -> io::Result<Self> {
        Ok(Self { file: reopen(path, position)?, position, text: String::new() })
    }

    /// Appends one frame.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::InvalidInput`] where a component is not finite or numbers of particles differ.
    pub fn write(&mut self, frame: &Frame) -> io::Result<()> {
        check_finite(frame)?;
        if frame.positions.n() == 0 {
            return Err(super::invalid("a frame without particles".to_string()));
        }
        self.text.clear();
        format_frame(&mut self.text, frame);
        self.file.write_all(self.text.as_bytes())?;
        self.position.frames += 1;
        self.position.bytes += self.text.len() as u64;
        Ok(())
    }

    /// Frames and bytes so far.
    pub fn position(&self) -> WriterPosition {
        self.position
    }

    /// Waits until the system has everything on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A name as one word: readers split lines at blanks.
fn word(name: &str) -> String {
    if name.is_empty() { "X".to_string() } else { name.split_whitespace().collect::<Vec<_>>().join("_") }
}

fn format_frame(text: &mut String, frame: &Frame) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", frame.positions.n());
    if let Some(rows) = frame.cell.vectors() {
        let numbers: Vec<String> = rows.iter().flatten().map(|v| format!("{v:?}")).collect();
        let _ = write!(text, "Lattice=\"{}\" ", numbers.join(" "));
    }
    let more = [("velo", frame.velocities), ("forces", frame.forces)];
    let columns: String = more.iter().filter(|(_, v)| v.is_some()).map(|(name, _)| format!(":{name}:R:3")).collect();
    let flags: [&str; 3] = std::array::from_fn(|k| if frame.cell.is_periodic() && k < frame.cell.dimension() { "T" } else { "F" });
    let _ = write!(text, "Properties=species:S:1:pos:R:3{columns} pbc=\"{}\"", flags.join(" "));
    if let Some(energy) = frame.energy.filter(|e| e.is_finite()) {
        let _ = write!(text, " energy={energy:?}");
    }
    if let Some(step) = frame.step {
        let _ = write!(text, " step={step}");
    }
    if let Some(walker) = frame.walker {
        let _ = write!(text, " walker={walker}");
    }
    text.push('\n');
    let names: Vec<String> = frame.particles.type_names.iter().map(|n| word(n)).collect();
    for i in 0..frame.positions.n() {
        let _ = write!(text, "{}", names[frame.particles.types[i]]);
        for vectors in [Some(frame.positions), frame.velocities, frame.forces].into_iter().flatten() {
            let [x, y, z] = vectors.get(i);
            let _ = write!(text, " {x:?} {y:?} {z:?}");
        }
        text.push('\n');
    }
}
