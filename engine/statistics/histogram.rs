//! Histograms along one coordinate and free-energy profiles.

use super::NoEstimate;
use serde::{Deserialize, Serialize};

/// The most blocks a histogram keeps; two neighbours become one when there are more.
const MOST_BLOCKS: usize = 64;

/// Counts of one coordinate of one walker in bins of equal width over [low, high), kept in blocks of successive frames.
///
/// Blocks give the error of the profile. There are never more than 64: when they are full, neighbours are joined and new blocks are twice
/// as long, so a run of any length ends with 32 to 64 of them. Counts are whole numbers: sums do not depend on their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    low: f64,
    high: f64,
    n_bins: usize,
    /// Frames in a block that is full.
    block_length: u64,
    /// Full blocks, then the one being filled; `frames` counts those outside the range too.
    blocks: Vec<Block>,
    /// Frames that were NaN, in no block.
    not_a_number: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    frames: u64,
    counts: Vec<u64>,
}

impl Block {
    fn add(&mut self, other: &Block) {
        self.frames += other.frames;
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
    }
}

impl Histogram {
    /// An empty histogram of `n_bins` bins over [low, high).
    ///
    /// # Errors
    /// Says what is wrong with the range or the number of bins.
    pub fn new(low: f64, high: f64, n_bins: usize) -> Result<Self, String> {
        if !low.is_finite() || !high.is_finite() || low >= high {
            return Err(format!("a histogram from {low} to {high}: two finite numbers, the first below the second, are needed"));
        }
        if n_bins == 0 {
            return Err("a histogram of 0 bins: at least 1 is needed".to_string());
        }
        Ok(Self { low, high, n_bins, block_length: 1, blocks: Vec::new(), not_a_number: 0 })
    }

    /// Counts one frame, whose coordinate is `value`.
    pub fn add(&mut self, value: f64) {
        if value.is_nan() {
            self.not_a_number += 1;
            return;
        }
        if self.blocks.last().is_none_or(|b| b.frames >= self.block_length) {
            if self.blocks.len() >= MOST_BLOCKS {
                self.blocks = self
                    .blocks
                    .chunks(2)
                    .map(|pair| {
                        let mut sum = pair[0].clone();
                        pair[1..].iter().for_each(|b| sum.add(b));
                        sum
                    })
                    .collect();
                self.block_length *= 2;
            }
            self.blocks.push(Block { frames: 0, counts: vec![0; self.n_bins] });
        }
        let bin = ((value - self.low) / (self.high - self.low) * self.n_bins as f64).floor();
        let last = self.blocks.last_mut().expect("a block was pushed");
        last.frames += 1;
        if value >= self.low && value < self.high {
            last.counts[(bin as usize).min(self.n_bins - 1)] += 1;
        }
    }

    /// Takes over the blocks of another histogram after its own ones. The order of merging is the order of the blocks: keep it fixed.
    ///
    /// # Errors
    /// Says that the ranges or the bins differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        self.same_bins(other)?;
        self.blocks.extend(other.blocks.iter().cloned());
        self.block_length = self.block_length.max(other.block_length);
        self.not_a_number += other.not_a_number;
        Ok(())
    }

    fn same_bins(&self, other: &Self) -> Result<(), String> {
        if (self.low, self.high, self.n_bins) == (other.low, other.high, other.n_bins) {
            return Ok(());
        }
        Err(format!(
            "histograms of {} bins from {} to {} and of {} from {} to {} do not fit together",
            self.n_bins, self.low, self.high, other.n_bins, other.low, other.high
        ))
    }

    fn total(&self) -> Block {
        let mut sum = Block { frames: 0, counts: vec![0; self.n_bins] };
        self.blocks.iter().for_each(|b| sum.add(b));
        sum
    }

    /// Frames counted, those outside the range included, NaN not.
    pub fn frames(&self) -> u64 {
        self.blocks.iter().map(|b| b.frames).sum()
    }

    /// Frames that were NaN.
    pub fn not_a_number(&self) -> u64 {
        self.not_a_number
    }

    /// Counts, one a bin.
    pub fn counts(&self) -> Vec<u64> {
        self.total().counts
    }

    /// Middles of the bins.
    pub fn centres(&self) -> Vec<f64> {
        let width = (self.high - self.low) / self.n_bins as f64;
        (0..self.n_bins).map(|k| self.low + (k as f64 + 0.5) * width).collect()
    }
}

/// One bin of a free-energy profile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProfilePoint {
    /// Middle of the bin.
    pub coordinate: f64,
    /// Probability density p(s) there, per unit of the coordinate.
    pub density: f64,
    /// F(s) = -ln p(s) in kT; `None` in a bin that was never visited.
    pub free_energy: Option<f64>,
    /// Standard error of F; `None` also where fewer than two blocks exist.
    pub standard_error: Option<f64>,
}

/// A free-energy profile over all walkers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FreeEnergyProfile {
    /// One a bin.
    pub points: Vec<ProfilePoint>,
    /// Fraction of frames outside the range.
    pub outside: f64,
}

/// F(s) = -ln p(s) from the histograms of several walkers, with errors from their blocks.
///
/// p of a bin is C / (N width), C the counts and N the frames of all walkers. Its variance is K/(K-1) sum_k (c_k - p n_k)^2 / N^2 over the
/// K blocks of all walkers (a ratio estimator: blocks may have unequal lengths); with two or more walkers the same sum over whole walkers
/// is taken where it is larger, so that walkers which disagree show. The error of F is that of p divided by p.
///
/// # Errors
/// [`NoEstimate::TooShort`] without frames; [`NoEstimate::LengthsDiffer`] where bins or ranges differ.
pub fn free_energy_profile(walkers: &[Histogram]) -> Result<FreeEnergyProfile, NoEstimate> {
    let Some(first) = walkers.first() else { return Err(NoEstimate::TooShort { found: 0, needed: 1 }) };
    if let Some(other) = walkers.iter().find(|w| first.same_bins(w).is_err()) {
        return Err(NoEstimate::LengthsDiffer { found: other.n_bins, expected: first.n_bins });
    }
    let totals: Vec<Block> = walkers.iter().map(Histogram::total).collect();
    let blocks: Vec<&Block> = walkers.iter().flat_map(|w| &w.blocks).collect();
    let mut all = Block { frames: 0, counts: vec![0; first.n_bins] };
    totals.iter().for_each(|t| all.add(t));
    if all.frames == 0 {
        return Err(NoEstimate::TooShort { found: 0, needed: 1 });
    }
    let frames = all.frames as f64;
    let width = (first.high - first.low) / first.n_bins as f64;
    let error = |parts: &[&Block], bin: usize, p: f64| {
        let k = parts.len() as f64;
        let square: f64 = parts.iter().map(|b| (b.counts[bin] as f64 - p * b.frames as f64).powi(2)).sum();
        (parts.len() > 1).then(|| (k / (k - 1.0) * square).sqrt() / frames)
    };
    let parts: Vec<&Block> = totals.iter().filter(|t| t.frames > 0).collect();
    let point = |(bin, coordinate): (usize, f64)| {
        let p = all.counts[bin] as f64 / frames;
        let of_p = match (error(&blocks, bin, p), error(&parts, bin, p)) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        let visited = all.counts[bin] > 0;
        ProfilePoint {
            coordinate,
            density: p / width,
            free_energy: visited.then(|| -(p / width).ln()),
            standard_error: of_p.filter(|_| visited).map(|e| e / p),
        }
    };
    let points = first.centres().into_iter().enumerate().map(point).collect();
    Ok(FreeEnergyProfile { points, outside: 1.0 - all.counts.iter().sum::<u64>() as f64 / frames })
}
