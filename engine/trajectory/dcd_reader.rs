//! DCD, read.

use super::DcdError;
use mcflow_potentials::{Cell, Vectors};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// One frame of a DCD file. Numbers as they stand in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct DcdFrame {
    /// Positions, in three components.
    pub positions: Vec<[f64; 3]>,
    /// Lengths a, b, c and angles alpha, beta, gamma in degrees, where the file has cells.
    pub cell: Option<([f64; 3], [f64; 3])>,
}

impl DcdFrame {
    /// The cell in `dimension` dimensions: open space where the file has no cell, or one whose lengths are all 0.
    ///
    /// # Errors
    /// What is wrong with the lengths and angles.
    pub fn cell(&self, dimension: usize) -> Result<Cell, String> {
        let Some((lengths, angles)) = self.cell.filter(|(lengths, _)| *lengths != [0.0; 3]) else { return Ok(Cell::open(dimension)) };
        match dimension {
            1 => Cell::orthorhombic(&lengths[..1]),
            2 if angles[2] == 90.0 => Cell::orthorhombic(&lengths[..2]),
            2 => {
                let (sine, cosine) = angles[2].to_radians().sin_cos();
                Cell::triclinic(2, [[lengths[0], 0.0, 0.0], [lengths[1] * cosine, lengths[1] * sine, 0.0], [0.0, 0.0, 1.0]])
            }
            _ => Cell::from_lengths_and_angles(lengths, angles),
        }
    }

    /// The positions in `dimension` dimensions.
    pub fn vectors(&self, dimension: usize) -> Vectors {
        Vectors::from_points(dimension, &self.positions)
    }
}

/// Reads a DCD file (little-endian, 32-bit record markers, no fixed particles) frame by frame; a frame with a coordinate that is not finite is
/// an error of its own ([`DcdError::is_of_one_frame`]), any other error ends the iteration, as the last frame does. Memory is made for what has
/// been read, whatever the file says of its size.
pub struct DcdReader<R> {
    source: R,
    file: String,
    byte: u64,
    frame: u64,
    n: usize,
    announced: u64,
    periodic: bool,
    fourth: bool,
    time_step: f64,
    finished: bool,
}

impl DcdReader<BufReader<File>> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// As [`DcdReader::new`].
    pub fn open(path: &Path) -> Result<Self, DcdError> {
        let file = path.display().to_string();
        match File::open(path) {
            Ok(opened) => Self::new(BufReader::new(opened), &file),
            Err(source) => Err(DcdError::Unreadable { file, source }),
        }
    }
}

impl<R: BufRead> DcdReader<R> {
    /// Reads the header from any source; `file` is the name that errors show.
    ///
    /// # Errors
    /// [`DcdError::BadHeader`] where this is no DCD file or one of a kind that is not read, [`DcdError::Truncated`].
    pub fn new(source: R, file: &str) -> Result<Self, DcdError> {
        let mut reader = Self {
            source,
            file: file.to_string(),
            byte: 0,
            frame: 0,
            n: 0,
            announced: 0,
            periodic: false,
            fourth: false,
            time_step: 0.0,
            finished: false,
        };
        reader.refuse_other_kinds()?;
        let first = reader.record(Some(84))?;
        if &first[..4] == b"VELD" {
            return Err(reader.bad(4, "\"VELD\", velocities".to_string(), "\"CORD\", coordinates"));
        }
        if &first[..4] != b"CORD" {
            return Err(reader.bad(4, format!("{:?}", String::from_utf8_lossy(&first[..4])), "\"CORD\""));
        }
        let control = |k: usize| i32::from_le_bytes([first[4 + 4 * k], first[5 + 4 * k], first[6 + 4 * k], first[7 + 4 * k]]);
        if control(8) != 0 {
            return Err(reader.bad(40, format!("{} fixed particles", control(8)), "none"));
        }
        // Only CHARMM and its followers (a version that is not 0) have a cell, a fourth dimension and a time step in f32.
        let charmm = control(19) != 0;
        reader.announced = control(0).max(0) as u64;
        reader.periodic = charmm && control(10) != 0;
        reader.fourth = charmm && control(11) == 1;
        let akma = if charmm {
            f64::from(f32::from_bits(control(9) as u32))
        } else {
            f64::from_bits(u64::from(control(9) as u32) | u64::from(control(10) as u32) << 32)
        };
        reader.time_step = akma / super::dcd_writer::AKMA_PER_PICOSECOND;
        reader.record(None)?;
        let place = reader.byte + 4;
        let n = reader.record(Some(4))?;
        let n = i32::from_le_bytes([n[0], n[1], n[2], n[3]]);
        if n < 1 {
            return Err(reader.bad(place, format!("{n} particles"), "at least 1"));
        }
        reader.n = n as usize;
        reader.frame = 1;
        Ok(reader)
    }

    /// Particles in each frame.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Frames that the header announces (some programs leave 0 there; the iterator reads what is there).
    pub fn announced_frames(&self) -> u64 {
        self.announced
    }

    /// Picoseconds a step.
    pub fn time_step(&self) -> f64 {
        self.time_step
    }

    fn bad(&self, byte: u64, found: String, expected: &str) -> DcdError {
        DcdError::BadHeader { file: self.file.clone(), byte, found, expected: expected.to_string() }
    }

    /// Looks at the first bytes for records of another form: markers of 64 bits, or of the other order of bytes.
    fn refuse_other_kinds(&mut self) -> Result<(), DcdError> {
        let file = self.file.clone();
        let bytes = self.source.fill_buf().map_err(|source| DcdError::Unreadable { file, source })?;
        let [narrow, wide] = [4, 8].map(|marker| bytes.get(marker..marker + 4).is_some_and(|word| word == b"CORD" || word == b"VELD"));
        let little = bytes.first() == Some(&84);
        let kind = match (narrow, wide, little) {
            (true, _, true) | (false, false, _) => return Ok(()),
            (true, _, false) => "a record marker of big-endian bytes (the file is big-endian)",
            (_, true, true) => "a record marker of 64 bits (the program that wrote the file was compiled for 8-byte record markers)",
            (_, true, false) => "a record marker of 64 big-endian bits (the file is big-endian, with 8-byte record markers)",
        };
        Err(self.bad(0, kind.to_string(), "one of 32 bits, little-endian, as CHARMM, NAMD and OpenMM write"))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), DcdError> {
        let mut done = 0;
        while done < buffer.len() {
            match self.source.read(&mut buffer[done..]) {
                Ok(0) => return Err(DcdError::Truncated { file: self.file.clone(), byte: self.byte, frame: self.frame }),
                Ok(read) => {
                    done += read;
                    self.byte += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(DcdError::Unreadable { file: self.file.clone(), source }),
            }
        }
        Ok(())
    }

    /// The content of one record, of the length expected where one is.
    fn record(&mut self, expected: Option<usize>) -> Result<Vec<u8>, DcdError> {
        let start = self.byte;
        let mut marker = [0; 4];
        self.fill(&mut marker)?;
        let length = u32::from_le_bytes(marker) as usize;
        match expected {
            Some(expected) if length != expected => {
                return Err(self.bad(start, format!("a record of {length} bytes"), &format!("one of {expected}")));
            }
            None if length > 1 << 20 => return Err(self.bad(start, format!("a record of {length} bytes"), "a title")),
            _ => {}
        }
        // No more room is made than the file has bytes for.
        let mut content = Vec::new();
        let read = self.source.by_ref().take(length as u64).read_to_end(&mut content);
        let read = read.map_err(|source| DcdError::Unreadable { file: self.file.clone(), source })?;
        self.byte += read as u64;
        if read < length {
            return Err(DcdError::Truncated { file: self.file.clone(), byte: self.byte, frame: self.frame });
        }
        let place = self.byte;
        let mut end = [0; 4];
        self.fill(&mut end)?;
        if end != marker {
            let found = u32::from_le_bytes(end);
            return Err(self.bad(place, format!("{found} after a record of {length} bytes"), "its length again"));
        }
        Ok(content)
    }

    fn read_frame(&mut self) -> Result<Option<DcdFrame>, DcdError> {
        match self.source.fill_buf() {
            Ok([]) => return Ok(None),
            Ok(_) => {}
            Err(source) => return Err(DcdError::Unreadable { file: self.file.clone(), source }),
        }
        let cell = if self.periodic {
            let content = self.record(Some(48))?;
            let number = |k: usize| f64::from_le_bytes(std::array::from_fn(|b| content[8 * k + b]));
            Some(([number(0), number(2), number(5)], degrees([number(4), number(3), number(1)])))
        } else {
            None
        };
        let mut positions = Vec::new();
        let mut wrong = None;
        for (c, component) in ['x', 'y', 'z'].into_iter().enumerate() {
            let content = self.record(Some(4 * self.n))?;
            positions.resize(self.n, [0.0; 3]);
            for (i, four) in content.chunks_exact(4).enumerate() {
                let found = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
                if !found.is_finite() && wrong.is_none() {
                    wrong = Some(DcdError::NotFinite { file: self.file.clone(), frame: self.frame, found, component, particle: i + 1 });
                }
                positions[i][c] = f64::from(found);
            }
        }
        if self.fourth {
            self.record(Some(4 * self.n))?;
        }
        self.frame += 1;
        wrong.map_or(Ok(Some(DcdFrame { positions, cell })), Err)
    }
}

/// NAMD writes the cosines of the angles: three numbers from -1 to 1 are taken for such.
fn degrees(angles: [f64; 3]) -> [f64; 3] {
    if angles.iter().all(|v| v.abs() <= 1.0) { angles.map(|v| 90.0 - v.asin().to_degrees()) } else { angles }
}

impl<R: BufRead> Iterator for DcdReader<R> {
    type Item = Result<DcdFrame, DcdError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let frame = self.read_frame();
        self.finished = match &frame {
            Ok(frame) => frame.is_none(),
            Err(error) => !error.is_of_one_frame(),
        };
        frame.transpose()
    }
}
