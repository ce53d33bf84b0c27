//! Extended XYZ, written.

use super::species::{STAND_IN, is_element, word};
use super::units::scaled;
use super::{FileUnits, Frame, WriterPosition, check_finite, reopen};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes extended XYZ: number of particles, one line of keys, one line a particle.
///
/// `Lattice` has the nine components of the cell vectors, with unit vectors in directions that a 1- or 2-dimensional cell lacks (`pbc` is
/// F there); open space has no `Lattice` and `pbc="F F F"`. Missing coordinates are 0. Each number has the fewest digits that read back
/// to the same `f64`. Columns are `species:S:1:pos:R:3`, then `velo:R:3` and `forces:R:3` where the frame has them, and `type:S:1` where some
/// type is no element: the species is X there, which ASE knows. Keys are `energy`, `step`, `walker`, `time` with its `time_unit` where the
/// frame has them. With [`Frame::units`] lengths are in ångström, energies in eV, velocities in ångström per unit of time of the run, and
/// `length_unit` and `energy_unit` say so; reduced numbers are as they are, and named so.
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

fn format_frame(text: &mut String, frame: &Frame) {
    let units = frame.units.unwrap_or(FileUnits::REDUCED);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", frame.positions.n());
    if let Some(rows) = frame.cell.vectors() {
        let numbers: Vec<String> = rows.iter().flatten().map(|v| format!("{:?}", units.length(*v))).collect();
        let _ = write!(text, "Lattice=\"{}\" ", numbers.join(" "));
    }
    let more = [("velo", frame.velocities), ("forces", frame.forces)];
    let mut columns: String = more.iter().filter(|(_, v)| v.is_some()).map(|(name, _)| format!(":{name}:R:3")).collect();
    let names: Vec<String> = frame.particles.type_names.iter().map(|n| word(n)).collect();
    let species = |name: &String| if is_element(name) { name.clone() } else { STAND_IN.to_string() };
    let species: Vec<String> = names.iter().map(species).collect();
    let has_types = names != species;
    if has_types {
        columns.push_str(":type:S:1");
    }
    let flags: [&str; 3] = std::array::from_fn(|k| if frame.cell.is_periodic() && k < frame.cell.dimension() { "T" } else { "F" });
    let _ = write!(text, "Properties=species:S:1:pos:R:3{columns} pbc=\"{}\"", flags.join(" "));
    if let Some(energy) = frame.energy.filter(|e| e.is_finite()) {
        let _ = write!(text, " energy={:?}", energy * units.electronvolts);
    }
    if let Some(step) = frame.step {
        let _ = write!(text, " step={step}");
    }
    if let Some(walker) = frame.walker {
        let _ = write!(text, " walker={walker}");
    }
    if let Some((time, clock)) = frame.time {
        let _ = write!(text, " time={time:?} time_unit={}", clock.name());
    }
    if let Some(units) = frame.units {
        let _ = write!(text, " length_unit={} energy_unit={}", units.length_name(), units.energy_name());
    }
    text.push('\n');
    let vectors = [
        (Some(frame.positions), units.angstroms),
        (frame.velocities, units.angstroms),
        (frame.forces, units.electronvolts / units.angstroms),
    ];
    for i in 0..frame.positions.n() {
        let kind = frame.particles.types[i];
        text.push_str(&species[kind]);
        for (vectors, factor) in vectors.iter().filter_map(|(vectors, factor)| Some(((*vectors)?, *factor))) {
            let [x, y, z] = vectors.get(i).map(|v| scaled(v, factor));
            let _ = write!(text, " {x:?} {y:?} {z:?}");
        }
        if has_types {
            let _ = write!(text, " {}", names[kind]);
        }
        text.push('\n');
    }
}
