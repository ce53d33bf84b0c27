//! Frames that flows learn from and are judged by, in memory and in a file of their own beside the checkpoint.

use crate::RunError;
use crate::statistics::Origin;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Frames of the walkers of a rung, with the state each was in.
///
/// On disk a frame is the number of its state (64 bits, -1 for none) and its row (f64), little-endian. The file only grows: a checkpoint
/// names how many frames of it count, so that each of them is written once however many checkpoints there are.
#[derive(Clone, Debug, Default)]
pub struct SamplePool {
    /// Rows, one after the other.
    pub rows: Vec<f64>,
    /// The state of each row.
    pub states: Vec<Option<usize>>,
    /// Walkers of the rung: frames come round by round, in each walker by walker.
    walkers: usize,
    /// How many frames there were at each training, where more than at the one before.
    trainings: Vec<usize>,
    /// Whether a training has seen the frame.
    seen: Vec<bool>,
    /// Frames that are in the file.
    saved: usize,
    /// Of what is in the file.
    digest: Sha256,
}

/// What a checkpoint says of a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPool {
    frames: usize,
    digest: [u8; 32],
    trainings: Vec<usize>,
}

/// One frame in so many, the latest ones, is kept for judging flows.
const KEPT_FOR_JUDGING: usize = 10;

/// `count` of `n` places, evenly spaced.
fn evenly(n: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |k| (2 * k + 1) * n / (2 * count))
}

fn path_in(directory: &Path, rung: usize) -> PathBuf {
    directory.join("checkpoint").join(format!("frames-{rung}.bin"))
}

impl SamplePool {
    /// A pool without frames, of a rung of so many walkers.
    pub(crate) fn of(walkers: usize) -> Self {
        Self { walkers, ..Self::default() }
    }

    /// Frames of a state, or all, that flows are trained on: of each state all but a tenth.
    pub(crate) fn training_frames(&self, state: Option<usize>) -> Vec<usize> {
        let kept = self.kept_for_judging(self.states.len());
        self.frames(state).into_iter().filter(|&k| !kept[k]).collect()
    }

    /// Notes that flows are trained on the frames that there are now: those that this training sees judge no flow any more, however many come to them.
    pub(crate) fn note_training(&mut self) {
        self.note_training_on(self.states.len());
    }

    fn note_training_on(&mut self, frames: usize) {
        if self.trainings.last() == Some(&frames) {
            return;
        }
        self.trainings.push(frames);
        let kept = self.kept_for_judging(frames);
        self.seen.resize(frames, false);
        self.seen.iter_mut().zip(&kept).for_each(|(seen, kept)| *seen |= !kept);
    }

    /// The rows of these frames.
    pub(crate) fn training_rows(&self, state: Option<usize>) -> Vec<f64> {
        self.rows_of(&self.training_frames(state))
    }

    /// Frames of a state, or all, that flows have not seen: the tenth of each state that is kept for judging, where they were trained on the others.
    /// A frame that an earlier training has seen, before more came, is none of them.
    pub(crate) fn unseen_frames(&self, state: Option<usize>, trained_here: bool) -> Vec<usize> {
        let frames = self.frames(state);
        if !trained_here {
            return frames;
        }
        let kept = self.kept_for_judging(self.states.len());
        let seen = |k: usize| self.seen.get(k).copied().unwrap_or(false);
        frames.into_iter().filter(|&k| kept[k] && !seen(k)).collect()
    }

    /// The rows of frames by their numbers, one after the other.
    pub(crate) fn rows_of(&self, frames: &[usize]) -> Vec<f64> {
        let dim = self.rows.len() / self.states.len().max(1);
        frames.iter().flat_map(|&k| &self.rows[k * dim..(k + 1) * dim]).copied().collect()
    }

    /// Which walker made a frame, and in which round.
    pub(crate) fn origin(&self, frame: usize) -> Origin {
        let walkers = self.walkers.max(1);
        Origin { walker: frame % walkers, time: frame / walkers }
    }

    /// At most `count` of these frames, evenly over all walkers and over the rounds of each: every so-many-th of the frames of the first walker,
    /// then of the next. A stride over frames round by round would meet the same walkers again and again; and since walkers start in turn in each
    /// of several places, so would one over many walkers: they come in the order of the fractional parts of their multiples of the golden ratio.
    pub(crate) fn spread(&self, mut frames: Vec<usize>, count: usize) -> Vec<usize> {
        if frames.len() <= count {
            return frames;
        }
        let order = |k: usize| (self.origin(k).walker as f64 * 0.618_033_988_749_895).fract();
        frames.sort_by(|&a, &b| order(a).total_cmp(&order(b)).then(a.cmp(&b)));
        let mut chosen: Vec<usize> = evenly(frames.len(), count).map(|place| frames[place]).collect();
        chosen.sort_unstable();
        chosen
    }

    fn frames(&self, state: Option<usize>) -> Vec<usize> {
        (0..self.states.len()).filter(|&k| state.is_none() || self.states[k] == state).collect()
    }

    /// Of each state (and of the frames in none) among the first frames the latest rounds, a tenth of its frames and at least one of two; of the round that the border goes
    /// through some walkers, evenly.
    fn kept_for_judging(&self, among: usize) -> Vec<bool> {
        let mut members: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (k, state) in self.states[..among].iter().enumerate() {
            members.entry(*state).or_default().push(k);
        }
        let mut kept = vec![false; among];
        for frames in members.values() {
            let mut left = (frames.len() / KEPT_FOR_JUDGING).max(usize::from(frames.len() > 1));
            let mut end = frames.len();
            while left > 0 {
                let round = self.origin(frames[end - 1]).time;
                let start = frames[..end].partition_point(|&k| self.origin(k).time < round);
                let take = left.min(end - start);
                evenly(end - start, take).for_each(|place| kept[frames[start + place]] = true);
                (left, end) = (left - take, start);
            }
        }
        kept
    }

    /// Writes the frames that are not in the file yet, and waits until they are on the disk.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn save(&mut self, directory: &Path, rung: usize) -> Result<(), RunError> {
        if self.saved == self.states.len() {
            return Ok(());
        }
        let path = path_in(directory, rung);
        if self.saved == 0 {
            crate::files::manifest::note(directory, &path_in(Path::new(""), rung))?;
        }
        self.append(&path).map_err(|source| RunError::File { path: path.display().to_string(), source })
    }

    fn append(&mut self, path: &Path) -> std::io::Result<()> {
        fs::create_dir_all(path.parent().expect("a file in a folder"))?;
        let dim = self.rows.len() / self.states.len();
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        // Frames after those that count are of a run that was killed before its checkpoint.
        let length = (self.saved * (dim + 1) * 8) as u64;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        let mut writer = BufWriter::with_capacity(1 << 20, &file);
        let mut bytes = Vec::new();
        for k in self.saved..self.states.len() {
            bytes.clear();
            bytes.extend_from_slice(&self.states[k].map_or(-1, |state| state as i64).to_le_bytes());
            self.rows[k * dim..(k + 1) * dim].iter().for_each(|v| bytes.extend_from_slice(&v.to_le_bytes()));
            self.digest.update(&bytes);
            writer.write_all(&bytes)?;
        }
        writer.flush()?;
        drop(writer);
        file.sync_all()?;
        self.saved = self.states.len();
        Ok(())
    }

    /// What a checkpoint says of what was saved.
    pub(crate) fn stored(&self) -> StoredPool {
        debug_assert_eq!(self.saved, self.states.len(), "frames are saved before the checkpoint that counts them");
        StoredPool { frames: self.saved, digest: self.digest.clone().finalize().into(), trainings: self.trainings.clone() }
    }

    /// The pool of rung `rung` that a checkpoint names, of `walkers` walkers, of rows of length `dim`.
    ///
    /// # Errors
    /// A file that is missing, or does not hold what the checkpoint says.
    pub(crate) fn restored(stored: &StoredPool, directory: &Path, rung: usize, walkers: usize, dim: usize) -> Result<Self, RunError> {
        let mut pool = Self::of(walkers);
        if stored.frames == 0 {
            return Ok(pool);
        }
        let path = path_in(directory, rung);
        let whole = pool.read(&path, stored.frames, dim).is_ok() && pool.states.len() == stored.frames;
        stored.trainings.iter().filter(|_| whole).for_each(|&frames| pool.note_training_on(frames));
        (whole && pool.stored() == *stored).then_some(()).ok_or_else(|| RunError::Checkpoint {
            path: path.display().to_string(),
            found: "missing, cut or damaged frames".to_string(),
            expected: "those that its checkpoint names (start the run again, into another folder)".to_string(),
        })?;
        Ok(pool)
    }

    fn read(&mut self, path: &Path, frames: usize, dim: usize) -> std::io::Result<()> {
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut bytes = vec![0; (dim + 1) * 8];
        for _ in 0..frames {
            reader.read_exact(&mut bytes)?;
            self.digest.update(&bytes);
            let mut numbers = bytes.chunks_exact(8).map(|b| <[u8; 8]>::try_from(b).expect("eight bytes"));
            let state = numbers.next().map_or(-1, i64::from_le_bytes);
            self.states.push(usize::try_from(state).ok());
            self.rows.extend(numbers.map(f64::from_le_bytes));
        }
        self.saved = frames;
        Ok(())
    }

    /// Takes away the file of a pool that no checkpoint names any more.
    pub(crate) fn remove(directory: &Path, rung: usize) {
        // What is left behind costs space, nothing else.
        let _ = fs::remove_file(path_in(directory, rung));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` frames of three numbers from number `first` on.
    fn add(pool: &mut SamplePool, first: usize, count: usize) {
        for k in first..first + count {
            pool.rows.extend([k as f64, 0.5, -1.0 / (k + 1) as f64]);
            pool.states.push((k % 3 > 0).then_some(k % 3));
        }
    }

    #[test]
    fn frames_are_written_once_and_read_as_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut pool, path) = (SamplePool::default(), path_in(folder.path(), 1));
        add(&mut pool, 0, 5);
        pool.save(folder.path(), 1).expect("saved");
        let first = pool.stored();
        add(&mut pool, 5, 4);
        pool.save(folder.path(), 1).expect("saved");
        assert_eq!(fs::metadata(&path).expect("a file").len(), 9 * 4 * 8);
        let again = SamplePool::restored(&pool.stored(), folder.path(), 1, 4, 3).expect("restored");
        assert_eq!((&again.rows, &again.states), (&pool.rows, &pool.states));
        // A checkpoint from before the last frames: they are forgotten, and written over.
        let mut earlier = SamplePool::restored(&first, folder.path(), 1, 4, 3).expect("restored");
        assert_eq!(earlier.states.len(), 5);
        add(&mut earlier, 5, 2);
        earlier.save(folder.path(), 1).expect("saved");
        assert_eq!(fs::metadata(&path).expect("a file").len(), 7 * 4 * 8);
        assert_eq!(SamplePool::restored(&earlier.stored(), folder.path(), 1, 4, 3).expect("restored").rows, pool.rows[..21]);
        // Now it holds no longer what the other checkpoint names; nor does a damaged one.
        assert!(SamplePool::restored(&pool.stored(), folder.path(), 1, 4, 3).is_err());
        let mut bytes = fs::read(&path).expect("a file");
        bytes[40] ^= 1;
        fs::write(&path, bytes).expect("written");
        assert!(SamplePool::restored(&earlier.stored(), folder.path(), 1, 4, 3).is_err());
    }
    /// A pool of so many walkers, each in the state that `state` gives it in each round.
    fn pool(walkers: usize, rounds: usize, state: impl Fn(usize, usize) -> Option<usize>) -> SamplePool {
        let mut pool = SamplePool::of(walkers);
        for k in 0..walkers * rounds {
            pool.rows.push(k as f64);
            pool.states.push(state(k % walkers, k / walkers));
        }
        pool
    }

    #[test]
    fn frames_for_judging_are_spread_over_all_walkers() {
        for walkers in [1, 2, 4, 5, 6, 8, 10, 16, 20, 25, 50, 500, 1000] {
            let pool = pool(walkers, 10_000 / walkers, |walker, _| Some(walker % 2));
            for count in [20, 100, 500, 2000] {
                let chosen = pool.spread(pool.unseen_frames(None, true), count);
                let mut of = vec![0usize; walkers];
                chosen.iter().for_each(|&k| of[pool.origin(k).walker] += 1);
                let (least, most) = (of.iter().min().expect("a walker"), of.iter().max().expect("a walker"));
                assert!(chosen.len() <= count && most - least <= 2, "{walkers} walkers, {count}: {of:?}");
                let odd = chosen.iter().filter(|&&k| pool.states[k] == Some(1)).count();
                let share = odd as f64 / chosen.len() as f64;
                let expected = (walkers / 2) as f64 / walkers as f64;
                // A few of many walkers can be no better spread than a few draws.
                assert!(
                    (share - expected).abs() < if count < walkers { 0.2 } else { 0.12 },
                    "{walkers} walkers, {count}: {odd} of {}",
                    chosen.len()
                );
            }
        }
    }

    #[test]
    fn frames_that_an_earlier_training_has_seen_judge_no_flow() {
        for walkers in [1, 3, 7, 16, 30] {
            // States come and go, so that some get a frame or two from one training to the next.
            let whole = pool(walkers, 40, |walker, round| Some(if (walker + 5 * round) % 17 == 0 { 2 } else { walker % 2 }));
            let mut growing = SamplePool::of(walkers);
            let mut seen = vec![false; whole.states.len()];
            for rounds in [3, 4, 5, 9, 10, 11, 25, 40] {
                let now = walkers * rounds;
                growing.rows = whole.rows[..now].to_vec();
                growing.states = whole.states[..now].to_vec();
                growing.note_training();
                growing.training_frames(None).into_iter().for_each(|k| seen[k] = true);
                let unseen = growing.unseen_frames(None, true);
                assert!(!unseen.is_empty() && unseen.iter().all(|&k| !seen[k]), "{walkers} walkers, {rounds} rounds");
            }
        }
    }

    #[test]
    fn frames_for_judging_are_never_those_of_training() {
        // A rare state, visited early alone; few frames of many walkers.
        for (walkers, rounds) in [(16, 50), (7, 31), (100, 1), (30, 2), (1, 400)] {
            let pool =
                pool(walkers, rounds, |walker, round| if round < 3 && walker % 5 == 0 { Some(1) } else { (walker % 3 > 0).then_some(0) });
            for state in [None, Some(0), Some(1)] {
                let (training, unseen) = (pool.training_frames(state), pool.unseen_frames(state, true));
                let mut all = [training.clone(), unseen.clone()].concat();
                all.sort_unstable();
                assert_eq!(all, pool.unseen_frames(state, false), "{walkers} walkers");
                if all.is_empty() {
                    continue;
                }
                assert!(!unseen.is_empty() && unseen.len() <= all.len() / 10 + 3, "{walkers} walkers: {} of {}", unseen.len(), all.len());
                if let Some(state) = state {
                    assert!(unseen.iter().all(|&k| pool.states[k] == Some(state)));
                }
            }
        }
    }
}
