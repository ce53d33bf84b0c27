//! Frames of trajectory files, whatever their format.

use super::{DcdError, DcdFrame, DcdReader, FileUnits, XyzError, XyzFrame, XyzReader};
use mcflow_potentials::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What a file says of the cell of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum StoredCell {
    /// Rows **a**, **b**, **c** of extended XYZ.
    Rows([[f64; 3]; 3]),
    /// Lengths a, b, c (not all 0) and angles alpha, beta, gamma in degrees, of DCD.
    Lengths([f64; 3], [f64; 3]),
}

/// One frame of an XYZ or DCD file, in the units of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFrame {
    /// Positions, in three components.
    pub positions: Vec<[f64; 3]>,
    /// Names of the particles, where the file has such.
    pub species: Option<Vec<String>>,
    /// Its cell, where it has one.
    pub cell: Option<StoredCell>,
    /// Directions that repeat, where the file says so in words (`pbc` of extended XYZ).
    pub periodic: Option<[bool; 3]>,
}

impl StoredFrame {
    /// Directions that repeat: those of [`StoredFrame::periodic`], else all that a cell has a length in; `None` where nothing is said.
    pub fn repeats(&self) -> Option<[bool; 3]> {
        match (self.periodic, &self.cell) {
            (Some(periodic), _) => Some(periodic),
            (None, None) => None,
            (None, Some(StoredCell::Rows(_))) => Some([true; 3]),
            (None, Some(StoredCell::Lengths(lengths, _))) => Some(lengths.map(|length| length != 0.0)),
        }
    }

    /// The cell of the first `dimension` directions; `None` where the file has none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn cell(&self, dimension: usize) -> Result<Option<Cell>, String> {
        match &self.cell {
            None => Ok(None),
            Some(StoredCell::Rows(rows)) => {
                let beyond = |row: &[f64; 3]| row[dimension..].iter().any(|&v| v != 0.0);
                if rows[..dimension].iter().any(beyond) {
                    return Err(format!("cell vectors {rows:?} of which the first {dimension} leave their {dimension} dimension(s)"));
                }
                Cell::triclinic(dimension, without_rounding(*rows)).map(Some)
            }
            Some(StoredCell::Lengths(lengths, angles)) => {
                DcdFrame { positions: Vec::new(), cell: Some((*lengths, *angles)) }.cell(dimension).map(Some)
            }
        }
    }
}

/// Cell vectors with zeros above the diagonal where rounding left something: other programs turn their cells.
fn without_rounding(mut rows: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    for (r, row) in rows.iter_mut().enumerate() {
        let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        row[r + 1..].iter_mut().filter(|v| v.abs() < 1e-13 * length).for_each(|v| *v = 0.0);
    }
    rows
}

impl From<XyzFrame> for StoredFrame {
    fn from(frame: XyzFrame) -> Self {
        Self {
            positions: frame.positions,
            species: Some(frame.species),
            cell: frame.lattice.map(StoredCell::Rows),
            periodic: frame.periodic.filter(|_| frame.says_periodic),
        }
    }
}

/// Why a frame, or a file from some frame on, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Of an XYZ file.
    #[error(transparent)]
    Xyz(#[from] XyzError),
    /// Of a DCD file.
    #[error(transparent)]
    Dcd(#[from] DcdError),
}

impl FrameError {
    /// Whether the file ends within a frame that is not its first: all before it are whole.
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Xyz(error) => error.is_cut(),
            Self::Dcd(error) => error.is_cut(),
        }
    }

    /// Whether one frame alone is wrong, so that those after it can be read.
    pub fn is_of_one_frame(&self) -> bool {
        match self {
            Self::Xyz(error) => error.is_of_one_frame(),
            Self::Dcd(error) => error.is_of_one_frame(),
        }
    }
}

/// Reads the frames of an XYZ or DCD file one after the other: one frame is in memory at a time.
///
/// After an error of one frame ([`FrameError::is_of_one_frame`]) the iteration goes on; any other error ends it.
pub enum FrameReader {
    /// Text, which may name its unit of length.
    Xyz(XyzReader<BufReader<File>>),
    /// Binary, with what its lengths, which are in ångström, must be divided by.
    Dcd(DcdReader<BufReader<File>>, f64),
}

impl FrameReader {
    /// Opens a file: DCD where it is named `.dcd` or begins as such, else XYZ. Lengths become those of a run of the given units: of DCD, which has
    /// ångström, and of XYZ where it names another unit, as [`XyzReader::in_units`] says.
    ///
    /// # Errors
    /// A file that cannot be opened; the header of a DCD file that is wrong.
    pub fn open(path: &Path, units: FileUnits) -> Result<Self, FrameError> {
        let name = path.display().to_string();
        let unreadable = |source| XyzError::Unreadable { file: name.clone(), source };
        let mut source = BufReader::new(File::open(path).map_err(unreadable)?);
        let named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dcd"));
        let begins = source.fill_buf().map_err(unreadable)?;
        let marked =
            [4, 8].iter().any(|&marker| begins.get(marker..marker + 4) == Some(b"CORD".as_slice()) && begins[..marker].contains(&0));
        if named || marked {
            return Ok(Self::Dcd(DcdReader::new(source, &name)?, units.angstroms));
        }
        Ok(Self::Xyz(XyzReader::new(source, &name).in_units(units)))
    }

    /// The number of particles, where the file says it before its frames (DCD).
    pub fn n(&self) -> Option<usize> {
        match self {
            Self::Xyz(_) => None,
            Self::Dcd(reader, _) => Some(reader.n()),
        }
    }
}

impl Iterator for FrameReader {
    type Item = Result<StoredFrame, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Xyz(reader) => Some(reader.next()?.map(StoredFrame::from).map_err(FrameError::from)),
            Self::Dcd(reader, angstroms) => {
                let angstroms = *angstroms;
                let stored = |frame: DcdFrame| {
                    let cell = frame.cell.filter(|(lengths, _)| *lengths != [0.0; 3]);
                    StoredFrame {
                        positions: frame.positions.iter().map(|position| position.map(|v| v / angstroms)).collect(),
                        species: None,
                        cell: cell.map(|(lengths, angles)| StoredCell::Lengths(lengths.map(|v| v / angstroms), angles)),
                        periodic: None,
                    }
                };
                Some(reader.next()?.map(stored).map_err(FrameError::from))
            }
        }
    }
}
