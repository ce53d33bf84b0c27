//! DCD, written.

use super::{Clock, Frame, Molecules, WriterPosition, check_finite, invalid, reopen};
use mcflow_potentials::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Length of the first three records: header, title, number of particles.
const HEADER_BYTES: u64 = 92 + 172 + 12;
/// One picosecond in the time unit of the format (AKMA: 1 / sqrt(kcal/mol / (amu ångström^2))).
pub(super) const AKMA_PER_PICOSECOND: f64 = 20.45483;

/// What a DCD header says of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct DcdSettings {
    /// Number of particles, the same in all frames.
    pub n: usize,
    /// Whether frames have a cell, all or none.
    pub periodic: bool,
    /// Step (or sweep) of the first frame.
    pub first_step: u64,
    /// Steps (or sweeps) between frames.
    pub steps_per_frame: u64,
    /// Picoseconds (or reduced units of time) a step; 1 where time counts sweeps.
    pub time_step: f64,
    /// What time counts: a word about it goes into the title.
    pub clock: Clock,
    /// Length unit of the run in ångström (10 for nm; 1 in reduced units): coordinates and cell lengths are multiplied by it.
    pub length_scale: f64,
    /// What is bound to each other, and kept whole.
    pub molecules: Molecules,
}

impl DcdSettings {
    /// `n` particles, sweeps counted from 0, one a frame, lengths as they are.
    pub fn new(n: usize, periodic: bool) -> Self {
        Self {
            n,
            periodic,
            first_step: 0,
            steps_per_frame: 1,
            time_step: 1.0,
            clock: Clock::Sweeps,
            length_scale: 1.0,
            molecules: Molecules::new(n, &[]),
        }
    }

    fn header(&self) -> Vec<u8> {
        let mut control = [0_i32; 20];
        let narrow = |v: u64| i32::try_from(v).unwrap_or(i32::MAX);
        control[1] = narrow(self.first_step);
        control[2] = narrow(self.steps_per_frame.max(1));
        control[9] = f32::to_bits((self.time_step * AKMA_PER_PICOSECOND) as f32) as i32;
        control[10] = i32::from(self.periodic);
        control[19] = 24;
        let mut first = b"CORD".to_vec();
        control.iter().for_each(|v| first.extend(v.to_le_bytes()));
        let mut title = 2_i32.to_le_bytes().to_vec();
        for line in ["Created by mcflow", self.clock.remark()] {
            title.extend(format!("{line:<80}").bytes());
        }
        let mut bytes = Vec::new();
        record(&mut bytes, &first);
        record(&mut bytes, &title);
        record(&mut bytes, &narrow(self.n as u64).to_le_bytes());
        debug_assert_eq!(bytes.len() as u64, HEADER_BYTES);
        bytes
    }

    fn frame_bytes(&self) -> u64 {
        3 * (4 * self.n as u64 + 8) + if self.periodic { 56 } else { 0 }
    }
}

/// A Fortran record: its length before and after it.
fn record(bytes: &mut Vec<u8>, content: &[u8]) {
    let marker = (content.len() as u32).to_le_bytes();
    bytes.extend(marker);
    bytes.extend(content);
    bytes.extend(marker);
}

/// Writes DCD as CHARMM (version 24) and NAMD do: little-endian, 32-bit record markers, `f32` coordinates.
///
/// The cell record is a, gamma, b, beta, alpha, c, with angles in degrees, 90 exactly where they are right; lengths are units (as those of
/// extended XYZ) and angles 90 in directions that a 1- or 2-dimensional cell lacks, missing coordinates 0: readers divide by lengths. Readers
/// build the cell with a along x and b in the xy plane, as this program's cells lie. In periodic cells positions are those of
/// [`Molecules::in_cell`], so that `f32` has all its digits for them. NSET and NSTEP in the header are brought up to date after every frame.
///
/// Source: CHARMM documentation, dynamc; the readers of VMD (dcdplugin), MDAnalysis and MDTraj.
#[derive(Debug)]
pub struct DcdWriter {
    file: File,
    settings: DcdSettings,
    position: WriterPosition,
    bytes: Vec<u8>,
}

impl DcdWriter {
    /// Creates the file, or empties one that is there, and writes the header.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: &Path, settings: DcdSettings) -> io::Result<Self> {
        let mut file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        file.write_all(&settings.header())?;
        Ok(Self { file, settings, position: WriterPosition { frames: 0, bytes: HEADER_BYTES }, bytes: Vec::new() })
    }

    /// Goes on with a file that has at least `frames` whole frames; what follows them is cut off.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::UnexpectedEof`] where the file is shorter, [`io::ErrorKind::InvalidInput`] where its header
    /// was written with other settings.
    pub fn resume(path: &Path, settings: DcdSettings, frames: u64) -> io::Result<Self> {
        let position = WriterPosition { frames, bytes: HEADER_BYTES + frames * settings.frame_bytes() };
        // The header is looked at before anything is cut.
        let mut found = vec![0; HEADER_BYTES as usize];
        File::open(path)?.read_exact(&mut found)?;
        let mut expected = settings.header();
        for changing in [8..12, 20..24] {
            expected[changing.clone()].copy_from_slice(&found[changing]);
        }
        if found != expected {
            return Err(invalid(format!("{}: the header was written with other settings", path.display())));
        }
        let file = reopen(path, position)?;
        let mut writer = Self { file, settings, position, bytes: Vec::new() };
        writer.patch_header()?;
        Ok(writer)
    }

    /// Appends one frame.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::InvalidInput`] where the number of particles or the presence of a cell differs from the
    /// header, or a coordinate is not finite or too large for `f32`.
    pub fn write(&mut self, frame: &Frame) -> io::Result<()> {
        check_finite(frame)?;
        let (n, periodic, scale) = (self.settings.n, self.settings.periodic, self.settings.length_scale);
        if frame.positions.n() != n {
            return Err(invalid(format!("a frame of {} particles in a DCD file of {n}", frame.positions.n())));
        }
        if frame.cell.is_periodic() != periodic {
            let [file, this] = [periodic, !periodic].map(|p| if p { "periodic" } else { "open" });
            return Err(invalid(format!("a frame in {this} space in a DCD file of {file} space")));
        }
        self.bytes.clear();
        if periodic {
            record(&mut self.bytes, &cell_record(frame.cell, scale));
        }
        let positions = self.settings.molecules.in_cell(frame.positions, frame.cell);
        for c in 0..3 {
            let mut content = Vec::with_capacity(4 * n);
            for (i, position) in positions.iter().enumerate() {
                let value = position[c] * scale;
                let narrow = value as f32;
                if !narrow.is_finite() {
                    return Err(invalid(format!("coordinate {value:e} of particle {i} is too large for single precision")));
                }
                content.extend(narrow.to_le_bytes());
            }
            record(&mut self.bytes, &content);
        }
        debug_assert_eq!(self.bytes.len() as u64, self.settings.frame_bytes());
        self.file.write_all(&self.bytes)?;
        self.position.frames += 1;
        self.position.bytes += self.bytes.len() as u64;
        self.patch_header()
    }

    /// NSET (bytes 8 to 11) and NSTEP (20 to 23).
    fn patch_header(&mut self) -> io::Result<()> {
        let narrow = |v: u64| i32::try_from(v).unwrap_or(i32::MAX).to_le_bytes();
        self.file.seek(SeekFrom::Start(8))?;
        self.file.write_all(&narrow(self.position.frames))?;
        self.file.seek(SeekFrom::Start(20))?;
        self.file.write_all(&narrow(self.position.frames.saturating_mul(self.settings.steps_per_frame.max(1))))?;
        self.file.seek(SeekFrom::Start(self.position.bytes))?;
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

fn cell_record(cell: &Cell, scale: f64) -> Vec<u8> {
    let ([a, b, c], [alpha, beta, gamma]) = cell.periodic_lengths_and_angles();
    [a * scale, gamma, b * scale, beta, alpha, c * scale].iter().flat_map(|v| v.to_le_bytes()).collect()
}
