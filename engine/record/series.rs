//! The series of a record: columns and states of each walker, in a file beside the checkpoint, read a column at a time.

use crate::RunError;
use crate::files::manifest::note;
use crate::statistics::StateIndex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// One sample of a walker: the number of each column, and the state that it is in.
pub type Row = (Vec<f64>, StateIndex);

/// Bytes of a block, unless one sample of all walkers has more.
const BLOCK_BYTES: usize = 1 << 22;
/// Samples of a block at most: a small system's blocks are small, too.
const MOST_IN_BLOCK: usize = 4096;
/// What a state is on disk where there is none.
const NO_STATE: u32 = u32::MAX;

/// How numbers lie in the file: block after block of as many samples, in a block column by column, in a column walker by walker, little-endian
/// f64; where there are states, then those (u32) walker by walker. So a column of some walkers is one stretch of each block.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Layout {
    walkers: usize,
    columns: usize,
    states: bool,
    /// Samples of a block.
    block: usize,
}

impl Layout {
    fn new(walkers: usize, columns: usize, states: bool) -> Self {
        let sample = walkers * (columns * 8 + usize::from(states) * 4);
        Self { walkers, columns, states, block: (BLOCK_BYTES / sample.max(1)).clamp(1, MOST_IN_BLOCK) }
    }

    fn value(&self, column: usize, walker: usize, sample: usize) -> usize {
        ((column * self.walkers + walker) * self.block + sample) * 8
    }

    fn state(&self, walker: usize, sample: usize) -> usize {
        self.columns * self.walkers * self.block * 8 + (walker * self.block + sample) * 4
    }

    fn bytes(&self) -> usize {
        self.walkers * self.block * (self.columns * 8 + usize::from(self.states) * 4)
    }
}

/// The hash of a record's series, by which a checkpoint tells whether the file beside it is the one it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredSeries {
    digest: [u8; 32],
}

/// The series of a record, of which memory holds the last block alone.
pub(crate) struct SeriesFile {
    path: PathBuf,
    file: File,
    layout: Layout,
    samples: u64,
    /// The last block; zeros where no sample is yet.
    tail: Vec<u8>,
    /// Samples of the last block.
    in_tail: usize,
    /// Whether the last block has samples that the file has not.
    unsaved: bool,
    /// Of the blocks before the last.
    digest: Sha256,
    failure: OnceLock<String>,
}

fn path_in(directory: &Path) -> PathBuf {
    directory.join("checkpoint").join("series.bin")
}

impl SeriesFile {
    /// Makes the file of the series of as many walkers, without a sample.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn create(directory: &Path, walkers: usize, columns: usize, states: bool) -> Result<Self, RunError> {
        let path = path_in(directory);
        note(directory, &path_in(Path::new("")))?;
        let failed = |source| RunError::File { path: path.display().to_string(), source };
        fs::create_dir_all(path.parent().expect("a file in a folder")).map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        Ok(Self::empty(path, file, Layout::new(walkers, columns, states)))
    }

    fn empty(path: PathBuf, file: File, layout: Layout) -> Self {
        let tail = vec![0; layout.bytes()];
        Self { path, file, layout, samples: 0, tail, in_tail: 0, unsaved: false, digest: Sha256::new(), failure: OnceLock::new() }
    }

    /// Opens the file of the series as it was after `samples` samples of each walker; what came later is cut off.
    ///
    /// # Errors
    /// A file that is missing, or does not hold what the checkpoint says.
    pub fn resume(
        directory: &Path,
        (walkers, columns, states): (usize, usize, bool),
        samples: u64,
        stored: &StoredSeries,
    ) -> Result<Self, RunError> {
        let path = path_in(directory);
        let layout = Layout::new(walkers, columns, states);
        let read = || -> std::io::Result<Self> {
            let file = OpenOptions::new().read(true).write(true).open(&path)?;
            let mut series = Self::empty(path.clone(), file, layout);
            let blocks = samples.div_ceil(layout.block as u64);
            for number in 0..blocks {
                series.file.read_exact(&mut series.tail)?;
                if number + 1 < blocks {
                    series.digest.update(&series.tail);
                }
            }
            series.samples = samples;
            series.in_tail = (samples - blocks.saturating_sub(1) * layout.block as u64) as usize;
            series.forget_after(series.in_tail);
            series.file.set_len(blocks * layout.bytes() as u64)?;
            // What was forgotten is to be forgotten on disk, too, before the block is read again.
            series.unsaved = blocks > 0;
            Ok(series)
        };
        read().ok().filter(|series| series.stored() == *stored).ok_or_else(|| RunError::Checkpoint {
            path: path.display().to_string(),
            found: "missing, cut or damaged series".to_string(),
            expected: "those that its checkpoint names (start the run again, into another folder)".to_string(),
        })
    }

    /// Puts zeros where samples from `first` of the last block on were.
    fn forget_after(&mut self, first: usize) {
        let layout = self.layout;
        let strides = layout.columns * layout.walkers;
        let (values, states) = self.tail.split_at_mut(strides * layout.block * 8);
        values.chunks_exact_mut(layout.block * 8).for_each(|stretch| stretch[first * 8..].fill(0));
        states.chunks_exact_mut(layout.block * 4).for_each(|stretch| stretch[first * 4..].fill(0));
    }

    /// Adds a sample of each walker.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add(&mut self, rows: &[Row]) -> Result<(), RunError> {
        let layout = self.layout;
        if self.in_tail == layout.block {
            self.save_block()?;
            self.digest.update(&self.tail);
            self.tail.fill(0);
            self.in_tail = 0;
        }
        for (walker, (values, state)) in rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let at = layout.value(column, walker, self.in_tail);
                self.tail[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
            if layout.states {
                let at = layout.state(walker, self.in_tail);
                self.tail[at..at + 4].copy_from_slice(&state.unwrap_or(NO_STATE).to_le_bytes());
            }
        }
        self.in_tail += 1;
        self.samples += 1;
        self.unsaved = true;
        Ok(())
    }

    /// Writes the last block where the file lacks some of it. A block is written again as it fills; samples that a checkpoint counts stay the
    /// same bytes at the same places.
    fn save_block(&mut self) -> Result<(), RunError> {
        if self.unsaved {
            let start = self.whole_blocks() * self.layout.bytes() as u64;
            let written = self.file.seek(SeekFrom::Start(start)).and_then(|_| self.file.write_all(&self.tail));
            written.map_err(|source| RunError::File { path: self.path.display().to_string(), source })?;
            self.unsaved = false;
        }
        Ok(())
    }

    /// Writes what is not in the file yet, and waits until it is on the disk.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&mut self) -> Result<(), RunError> {
        if !self.unsaved {
            return Ok(());
        }
        self.save_block()?;
        self.file.sync_data().map_err(|source| RunError::File { path: self.path.display().to_string(), source })
    }

    /// The hash that a checkpoint keeps of the series.
    pub fn stored(&self) -> StoredSeries {
        let mut digest = self.digest.clone();
        digest.update(&self.tail);
        StoredSeries { digest: digest.finalize().into() }
    }

    /// The number of samples of each walker.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Blocks before the last.
    fn whole_blocks(&self) -> u64 {
        (self.samples - self.in_tail as u64) / self.layout.block as u64
    }

    /// The series of a column, of these walkers.
    pub fn column(&self, column: usize, walkers: Range<usize>) -> Vec<Vec<f64>> {
        let place = |walker: usize| self.layout.value(column, walker, 0);
        self.stretches(walkers, place, |bytes: [u8; 8]| f64::from_le_bytes(bytes))
    }

    /// The states of these walkers; none where no states are recorded.
    pub fn states(&self, walkers: Range<usize>) -> Vec<Vec<StateIndex>> {
        if !self.layout.states {
            return vec![vec![None; self.samples as usize]; walkers.len()];
        }
        let place = |walker: usize| self.layout.state(walker, 0);
        self.stretches(walkers, place, |bytes: [u8; 4]| Some(u32::from_le_bytes(bytes)).filter(|state| *state != NO_STATE))
    }

    /// One series a walker, of items of `SIZE` bytes that begin at `place` of each block; empty ones where the file cannot be read.
    fn stretches<T, const SIZE: usize>(
        &self,
        walkers: Range<usize>,
        place: impl Fn(usize) -> usize,
        item: impl Fn([u8; SIZE]) -> T,
    ) -> Vec<Vec<T>> {
        let read = || -> std::io::Result<Vec<Vec<T>>> {
            let stretch = self.layout.block * SIZE;
            let (first, length) = (place(walkers.start), walkers.len() * stretch);
            let mut series: Vec<Vec<T>> = walkers.clone().map(|_| Vec::with_capacity(self.samples as usize)).collect();
            let mut add = |bytes: &[u8], samples: usize| {
                for (series, own) in series.iter_mut().zip(bytes.chunks_exact(stretch)) {
                    series.extend(own.chunks_exact(SIZE).take(samples).map(|b| item(b.try_into().expect("as many bytes"))));
                }
            };
            let mut bytes = vec![0; length];
            if self.whole_blocks() > 0 {
                let mut file = File::open(&self.path)?;
                for block in 0..self.whole_blocks() {
                    file.seek(SeekFrom::Start(block * self.layout.bytes() as u64 + first as u64))?;
                    file.read_exact(&mut bytes)?;
                    add(&bytes, self.layout.block);
                }
            }
            add(&self.tail[first..first + length], self.in_tail);
            Ok(series)
        };
        read().unwrap_or_else(|error| {
            self.failure.get_or_init(|| error.to_string());
            walkers.map(|_| Vec::new()).collect()
        })
    }

    /// Why series came back empty, where the file could not be read.
    pub fn failure(&self) -> Option<RunError> {
        let message = self.failure.get()?;
        Some(RunError::File { path: self.path.display().to_string(), source: std::io::Error::other(message.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two walkers of as many columns as make a block hold few samples, and a state.
    const SHAPE: (usize, usize, bool) = (2, 40_000, true);

    fn rows(sample: usize) -> Vec<Row> {
        let walker = |walker: usize| {
            let values = (0..SHAPE.1).map(|column| (sample * 10 + walker) as f64 + column as f64 * 1e-6).collect();
            (values, (!sample.is_multiple_of(3)).then_some((sample + walker) as u32))
        };
        (0..SHAPE.0).map(walker).collect()
    }

    fn expected(column: usize, walker: usize, samples: usize) -> Vec<f64> {
        (0..samples).map(|sample| rows(sample)[walker].0[column]).collect()
    }

    #[test]
    fn series_are_read_by_column_and_go_on_from_a_checkpoint() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut series = SeriesFile::create(folder.path(), SHAPE.0, SHAPE.1, SHAPE.2).expect("a file");
        assert_eq!(series.layout.block, 6);
        let mut at = None;
        for sample in 0..20 {
            series.add(&rows(sample)).expect("written");
            if sample + 1 == 14 {
                series.save().expect("saved");
                at = Some(series.stored());
            }
        }
        series.save().expect("saved");
        for (column, walkers) in [(0, 0..2), (39_999, 1..2), (7, 0..1)] {
            let found = series.column(column, walkers.clone());
            assert_eq!(found, walkers.map(|walker| expected(column, walker, 20)).collect::<Vec<_>>());
        }
        let states = series.states(1..2);
        assert_eq!(states[0], (0..20).map(|sample| rows(sample)[1].1).collect::<Vec<_>>());
        assert!(series.failure().is_none());

        // From the checkpoint of fourteen samples, whatever was written after it: to the same bytes.
        let whole = fs::read(path_in(folder.path())).expect("a file");
        let mut again = SeriesFile::resume(folder.path(), SHAPE, 14, &at.clone().expect("a checkpoint")).expect("the same series");
        assert_eq!(again.column(3, 0..1)[0], expected(3, 0, 14));
        for sample in 14..20 {
            again.add(&rows(sample)).expect("written");
        }
        again.save().expect("saved");
        assert_eq!(again.stored(), series.stored());
        assert!(fs::read(path_in(folder.path())).expect("a file") == whole);

        // Neither of another length nor with another byte.
        let resumed = |samples: u64| SeriesFile::resume(folder.path(), SHAPE, samples, at.as_ref().expect("a checkpoint"));
        assert!(resumed(13).is_err());
        let mut damaged = whole.clone();
        damaged[100] ^= 1;
        fs::write(path_in(folder.path()), &damaged).expect("written");
        assert!(resumed(14).is_err());
        // A file that is gone is said, and nothing is made up.
        fs::remove_file(path_in(folder.path())).expect("removed");
        assert!(resumed(14).is_err());
        assert!(series.column(0, 0..1)[0].is_empty());
        assert!(series.failure().is_some());
    }
}
