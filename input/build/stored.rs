//! Frames that an input takes from files.

use super::{Builder, NamedFile, Space};
use crate::fit::{Misfit, cell_of, configuration};
use crate::stored_frames::{FrameChoice, StoredFrames};
use mcflow_engine::trajectory::{DcdError, FrameError, FrameReader, StoredFrame, XyzError};
use mcflow_potentials::{Cell, Vectors};
use sha2::Digest;
use std::io::Read;

impl Builder<'_> {
    /// The cell of the frame that `source` names, the first where it names all.
    pub(super) fn cell_of_start(&mut self, source: &StoredFrames, n: usize) -> Option<Cell> {
        if !self.document.is_sound("start") {
            return None;
        }
        let frame = if source.frame == FrameChoice::All { FrameChoice::First } else { source.frame };
        let first = StoredFrames { path: source.path.clone(), frame };
        let frames = self.stored("start", &first, Uses { n, most: 1, cut: true }, |frame, number| Ok((frame.clone(), number)))?;
        let (frame, number) = frames.into_iter().next()?;
        let name = &source.path;
        if frame.cell.is_none() {
            let (found, expected) = match frame.species {
                Some(_) => ("a Lattice", "an extended XYZ file with Lattice=\"...\""),
                None => ("a cell", "a file whose frames have cells, or the cell itself"),
            };
            self.report("start", format!("{name:?} without {found}"), expected);
            return None;
        }
        match cell_of(&frame, number) {
            Ok(cell) => Some(cell),
            Err(Misfit { found, expected }) if found.starts_with("a cell that is none") => {
                let found = found.replacen(&format!(" in frame {number}"), "", 1);
                self.report("system.cell", found, expected);
                None
            }
            Err(misfit) => {
                self.report("start", format!("{name:?} with {}", misfit.found), misfit.expected);
                None
            }
        }
    }

    /// Positions of the frames that `source` names, of the first `most`, in turn; each must be one of the system.
    pub(super) fn stored_positions(
        &mut self,
        key: &str,
        source: &StoredFrames,
        space: &Space,
        most: usize,
        cut: bool,
    ) -> Option<Vec<Vectors>> {
        let (particles, cell) = (&space.particles, &space.cell);
        self.stored(key, source, Uses { n: particles.n(), most, cut }, |frame, number| {
            let read = configuration(frame, number, particles, cell)?;
            let (Some(rows), Some(vectors)) = (read.cell.vectors(), cell.vectors()) else { return Ok(read.positions) };
            let dimension = cell.dimension();
            let differs = |r: usize, c: usize| (rows[r][c] - vectors[r][c]).abs() > 1e-6 * vectors[r][r];
            if (0..dimension).any(|r| (0..dimension).any(|c| differs(r, c))) {
                let shown =
                    |rows: [[f64; 3]; 3]| format!("{:?}", rows[..dimension].iter().map(|row| &row[..dimension]).collect::<Vec<_>>());
                let what = if frame.species.is_some() { "Lattice" } else { "cell" };
                return Err(Misfit {
                    found: format!("the {what} {} in frame {number}", shown(rows)),
                    expected: format!("that of the cell, {}, or `cell: FromStart` and frames of one cell", shown(vectors)),
                });
            }
            Ok(read.positions)
        })
    }

    /// What `make` makes of the frames that `source` names, frame by frame; it is told their numbers, from 1.
    ///
    /// What it depends on goes into the hash of the run: the file, or the one frame.
    fn stored<T>(
        &mut self,
        key: &str,
        source: &StoredFrames,
        uses: Uses,
        mut make: impl FnMut(&StoredFrame, usize) -> Result<T, Misfit>,
    ) -> Option<Vec<T>> {
        let name = &source.path;
        let path = self.folder.join(name);
        let mut reader = match FrameReader::open(&path, self.input.units.file_units()) {
            Ok(reader) => reader,
            Err(error) => return self.report_file(key, name, &error),
        };
        if let Some(n) = reader.n().filter(|n| *n != uses.n) {
            self.report(key, format!("{name:?} with {n} particles"), format!("{} particles, as in `system.particles`", uses.n));
            return None;
        }
        let (mut made, mut last, mut read) = (Vec::new(), None, 0);
        while let Some(frame) = reader.next() {
            let wanted = match source.frame {
                FrameChoice::All | FrameChoice::Last => true,
                FrameChoice::First => read == 0,
                FrameChoice::Number(number) => read as u64 == number,
            };
            let frame = match frame {
                Err(error) if error.is_cut() && (uses.cut || source.frame != FrameChoice::All) => {
                    let note = format!("{error}; it is left out, the {read} before it are whole");
                    if !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                    break;
                }
                // A frame that nobody asks for may be wrong.
                Err(error) if error.is_of_one_frame() && (!wanted || source.frame == FrameChoice::Last) => Err(error),
                Err(error) => return self.report_file(key, name, &error),
                Ok(frame) => Ok(frame),
            };
            read += 1;
            match (source.frame, frame) {
                (FrameChoice::All, Ok(frame)) => match make(&frame, read) {
                    Ok(one) if made.len() < uses.most => made.push(one),
                    Ok(_) => {}
                    Err(misfit) => {
                        // A wrong count of particles shows in what follows them, and is better said there.
                        return match reader.next() {
                            Some(Err(error)) if !error.is_of_one_frame() && !error.is_cut() => self.report_file(key, name, &error),
                            _ => self.report_misfit(key, name, misfit),
                        };
                    }
                },
                (FrameChoice::Last, frame) => last = Some((frame, read)),
                (_, frame) if wanted => {
                    last = Some((frame, read));
                    break;
                }
                _ => {}
            }
        }
        if source.frame == FrameChoice::All {
            if made.is_empty() {
                self.report(key, format!("{name:?} without frames"), "at least one frame");
                return None;
            }
            self.hash_file(&path);
            self.named.push(NamedFile { key: key.to_string(), path });
            return Some(made);
        }
        match (last, source.frame) {
            (Some((Ok(frame), number)), _) => {
                self.named.push(NamedFile { key: key.to_string(), path });
                frame.positions.iter().flatten().for_each(|v| self.files.update(v.to_le_bytes()));
                self.files.update(format!("{:?}", frame.cell));
                make(&frame, number).map(|one| vec![one]).map_err(|misfit| self.report_misfit::<()>(key, name, misfit)).ok()
            }
            (Some((Err(error), _)), _) => self.report_file(key, name, &error),
            (None, FrameChoice::Number(number)) if read > 0 => {
                self.report(
                    key,
                    format!("frame {number} of {name:?}, whose last whole frame is {}", read - 1),
                    format!("a frame from 0 to {}", read - 1),
                );
                None
            }
            (None, _) => {
                self.report(key, format!("{name:?} without frames"), "at least one frame");
                None
            }
        }
    }

    fn hash_file(&mut self, path: &std::path::Path) {
        let Ok(mut file) = std::fs::File::open(path) else { return };
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read) = file.read(&mut bytes)
            && read > 0
        {
            self.files.update(&bytes[..read]);
        }
    }

    fn report_misfit<T>(&mut self, key: &str, name: &str, misfit: Misfit) -> Option<T> {
        self.report(key, format!("{name:?} with {}", misfit.found), misfit.expected);
        None
    }

    fn report_file<T>(&mut self, key: &str, name: &str, error: &FrameError) -> Option<T> {
        let format = if name.to_ascii_lowercase().ends_with(".dcd") { "DCD" } else { "XYZ" };
        match error {
            FrameError::Xyz(XyzError::Unreadable { .. }) | FrameError::Dcd(DcdError::Unreadable { .. }) => {
                self.report(key, error, format!("a readable {format} file, named as seen from the folder of the input"));
            }
            FrameError::Xyz(XyzError::NoFrames { file }) => {
                self.report(key, format!("{file} without frames"), "a number of particles in its first line");
            }
            error => {
                // Most say what was expected in the file themselves.
                let message = error.to_string();
                match message.split_once(", expected ") {
                    Some((found, expected)) => self.report(key, found.replacen(": found ", ": ", 1), expected),
                    None => self.report(key, message, format!("a whole {format} file")),
                }
            }
        }
        None
    }
}

/// How frames of a file are used.
#[derive(Clone, Copy)]
struct Uses {
    /// Particles that each must have.
    n: usize,
    /// How many are kept.
    most: usize,
    /// Whether a last frame that is cut is left out, and noted, where all are read.
    cut: bool,
}
