//! Radial distribution functions.

use mcflow_base::{Kernel, Lane, dispatch};
use mcflow_potentials::{Cell, Configuration, Particles};
use serde::{Deserialize, Serialize};

/// Sums of pair distances of one walker, from which the radial distribution function g(r) of a periodic system in 1 to 3 dimensions follows.
///
/// g(r) = mean of V n(r) / (pairs v(r)): n(r) pairs in a shell, v(r) = 2 dr, pi (r2^2 - r1^2) or 4/3 pi (r2^3 - r1^3) its volume, V the volume
/// of the cell, and N (N-1) / 2 pairs of all particles, or of the two types chosen: N_a (N_a - 1) / 2 or N_a N_b. An ideal gas has g = 1.
///
/// Source: Frenkel and Smit, Understanding Molecular Simulation (2002), algorithm 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadialSums {
    dimension: usize,
    largest: f64,
    /// Type indices of the pairs counted; all pairs where `None`.
    types: Option<(usize, usize)>,
    /// Sum over frames of V n(r) / pairs.
    sums: Vec<f64>,
    /// Frames in which the bin lay within half the smallest height.
    frames: Vec<u64>,
    /// The same by blocks of successive frames, for errors: their number stays bounded, as that of a [`Histogram`](super::Histogram) does.
    blocks: Vec<Block>,
    /// Frames of a whole block.
    block_length: u64,
}

/// The most blocks that are kept; two neighbours become one when there are more.
const MOST_BLOCKS: usize = 32;

/// Sums over successive frames, by bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    length: u64,
    sums: Vec<f64>,
    frames: Vec<u64>,
}

impl Block {
    fn add(&mut self, other: &Self) {
        self.length += other.length;
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
        self.frames.iter_mut().zip(&other.frames).for_each(|(a, b)| *a += b);
    }
}

/// One bin of a radial distribution function.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RadialPoint {
    /// Middle of the bin.
    pub coordinate: f64,
    /// g(r); `None` in a bin that was beyond half the smallest height in every frame.
    pub value: Option<f64>,
    /// Its standard error; `None` with fewer than two blocks, and where they do not differ.
    pub standard_error: Option<f64>,
}

/// g(r) over several walkers, with errors from their blocks.
///
/// g of a bin is S / F, S the sum and F the number of frames of all walkers. Its variance is K/(K-1) sum_k (s_k - g f_k)^2 / F^2 over the K
/// blocks of all walkers (a ratio estimator: blocks may have unequal lengths); with two or more walkers the same sum over whole walkers is
/// taken where it is larger, so that walkers which disagree show.
///
/// # Errors
/// Says that there is no walker, or that they were not made alike.
pub fn radial_distribution(walkers: &[RadialSums]) -> Result<Vec<RadialPoint>, String> {
    let Some((first, others)) = walkers.split_first() else { return Err("no radial distribution".to_string()) };
    let mut all = first.clone();
    others.iter().try_for_each(|other| all.merge(other))?;
    let error = |parts: &mut dyn Iterator<Item = (f64, u64)>, total: f64, frames: u64, shell: f64| {
        let (mut count, mut square) = (0.0, 0.0);
        for (sum, in_part) in parts.filter(|(_, in_part)| *in_part > 0) {
            count += 1.0;
            square += (sum - total / frames as f64 * in_part as f64).powi(2);
        }
        let variance = if count > 1.0 { count / (count - 1.0) * square } else { 0.0 };
        // Sums of one value many times over differ by rounding.
        let found = variance.sqrt() / frames as f64 / shell;
        (found > 1e-12 * total / frames as f64 / shell).then_some(found)
    };
    let point = |(bin, (coordinate, value)): (usize, (f64, Option<f64>))| {
        let (total, frames, shell) = (all.sums[bin], all.frames[bin], all.shell(bin));
        let standard_error = value.and_then(|_| {
            let mut blocks = walkers.iter().flat_map(|w| w.blocks.iter().map(|b| (b.sums[bin], b.frames[bin])));
            let by_blocks = error(&mut blocks, total, frames, shell);
            let by_walkers = error(&mut walkers.iter().map(|w| (w.sums[bin], w.frames[bin])), total, frames, shell);
            by_blocks.into_iter().chain(by_walkers).reduce(f64::max)
        });
        RadialPoint { coordinate, value, standard_error }
    };
    Ok(all.values().into_iter().enumerate().map(point).collect())
}

impl RadialSums {
    /// Empty sums of `n_bins` bins from 0 to `largest` in `dimension` dimensions, of all pairs or of those of two types.
    ///
    /// # Errors
    /// Says what is wrong with the range or the number of bins.
    pub fn new(dimension: usize, largest: f64, n_bins: usize, types: Option<(usize, usize)>) -> Result<Self, String> {
        if !(1..=3).contains(&dimension) {
            return Err(format!("a radial distribution in {dimension} dimensions: 1 to 3 are possible"));
        }
        if !largest.is_finite() || largest <= 0.0 {
            return Err(format!("a radial distribution up to {largest}: a finite distance above 0 is needed"));
        }
        if n_bins == 0 {
            return Err("a radial distribution of 0 bins: at least 1 is needed".to_string());
        }
        Ok(Self { dimension, largest, types, sums: vec![0.0; n_bins], frames: vec![0; n_bins], blocks: Vec::new(), block_length: 1 })
    }

    /// Adds the pairs of one frame. Only bins that lie within half the smallest height of the cell are counted in it.
    ///
    /// # Errors
    /// Says that space is open (no volume, so no g(r)), that the dimension differs, or that there is no such pair.
    pub fn add(&mut self, configuration: &Configuration, particles: &Particles) -> Result<(), String> {
        let positions = &configuration.positions;
        let cell = &configuration.cell;
        if cell.dimension() != self.dimension {
            return Err(format!("a frame of {} dimensions in a radial distribution of {}", cell.dimension(), self.dimension));
        }
        let Some(volume) = cell.volume() else {
            return Err("a radial distribution needs a periodic cell: open space has no density".to_string());
        };
        let chosen = |kind: usize| -> Vec<usize> { (0..positions.n()).filter(|&i| particles.types[i] == kind).collect() };
        let (first, second) = match self.types {
            None => ((0..positions.n()).collect(), None),
            Some((a, b)) if a == b => (chosen(a), None),
            Some((a, b)) => (chosen(a), Some(chosen(b))),
        };
        let pairs = match &second {
            None => first.len() as f64 * (first.len() as f64 - 1.0) / 2.0,
            Some(second) => first.len() as f64 * second.len() as f64,
        };
        if pairs < 1.0 {
            return Err("a radial distribution needs at least one pair of the types chosen".to_string());
        }
        let n_bins = self.sums.len();
        let width = self.largest / n_bins as f64;
        // A bin counts where its outer edge is within half the smallest height, but for rounding.
        let usable = ((cell.smallest_height() / 2.0 / width * (1.0 + 1e-12)) as usize).min(n_bins);
        let coordinates =
            |chosen: &[usize]| -> [Vec<f64>; 3] { std::array::from_fn(|c| chosen.iter().map(|&i| positions.get(i)[c]).collect()) };
        // What lies beyond the last bin goes into one more.
        let mut counts = vec![0_u64; usable + 1];
        let (first, second) = (coordinates(&first), second.as_deref().map(coordinates));
        dispatch(CountPairs { first: &first, second: second.as_ref(), cell, width, counts: &mut counts });
        let last = Self::open_block(&mut self.blocks, &mut self.block_length, n_bins);
        let block = &mut self.blocks[last];
        block.length += 1;
        for (bin, &n) in counts[..usable].iter().enumerate() {
            block.sums[bin] += volume * n as f64 / pairs;
            block.frames[bin] += 1;
            self.sums[bin] += volume * n as f64 / pairs;
            self.frames[bin] += 1;
        }
        Ok(())
    }

    /// The block that the next frame belongs to.
    fn open_block(blocks: &mut Vec<Block>, block_length: &mut u64, n_bins: usize) -> usize {
        if blocks.last().is_none_or(|b| b.length >= *block_length) {
            if blocks.len() >= MOST_BLOCKS {
                for k in 0..MOST_BLOCKS / 2 {
                    let second = blocks.remove(k + 1);
                    blocks[k].add(&second);
                }
                *block_length *= 2;
            }
            blocks.push(Block { length: 0, sums: vec![0.0; n_bins], frames: vec![0; n_bins] });
        }
        blocks.len() - 1
    }

    /// Adds the sums of another walker, whose blocks follow after its own. Floating-point sums depend on the order: keep it fixed.
    ///
    /// # Errors
    /// Says that the two were not made alike.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        let shape = |r: &Self| (r.dimension, r.largest, r.types, r.sums.len());
        if shape(self) != shape(other) {
            return Err("radial distributions of different dimension, range, bins or types do not fit together".to_string());
        }
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
        self.frames.iter_mut().zip(&other.frames).for_each(|(a, b)| *a += b);
        self.blocks.extend(other.blocks.iter().cloned());
        self.block_length = self.block_length.max(other.block_length);
        Ok(())
    }

    /// The middle of each bin with g(r) there; `None` in bins that were beyond half the smallest height in every frame.
    pub fn values(&self) -> Vec<(f64, Option<f64>)> {
        let width = self.largest / self.sums.len() as f64;
        let value = |bin: usize| {
            let frames = self.frames[bin];
            ((bin as f64 + 0.5) * width, (frames > 0).then(|| self.sums[bin] / (frames as f64 * self.shell(bin))))
        };
        (0..self.sums.len()).map(value).collect()
    }

    /// The volume of the shell of a bin.
    fn shell(&self, bin: usize) -> f64 {
        let width = self.largest / self.sums.len() as f64;
        let ball = |r: f64| match self.dimension {
            1 => 2.0 * r,
            2 => std::f64::consts::PI * r * r,
            _ => 4.0 / 3.0 * std::f64::consts::PI * r * r * r,
        };
        ball((bin + 1) as f64 * width) - ball(bin as f64 * width)
    }
}

/// Counts distances of nearest images in bins of `width`; the last bin takes what is beyond the others.
struct CountPairs<'a> {
    /// Components of the positions.
    first: &'a [Vec<f64>; 3],
    /// Partners of all of `first`; pairs within `first` where `None`.
    second: Option<&'a [Vec<f64>; 3]>,
    cell: &'a Cell,
    width: f64,
    counts: &'a mut [u64],
}

impl Kernel for CountPairs<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let partners = self.second.unwrap_or(self.first);
        let n = partners[0].len();
        let vectors = self.cell.vectors().unwrap_or_default();
        let inverse = self.cell.inverse_vectors().unwrap_or_default();
        let (scale, beyond) = (L::splat(1.0 / self.width), L::splat((self.counts.len() - 1) as f64));
        let mut bins = [0.0; 16];
        for i in 0..self.first[0].len() {
            let (x, y, z) = (L::splat(self.first[0][i]), L::splat(self.first[1][i]), L::splat(self.first[2][i]));
            let mut j = if self.second.is_some() { 0 } else { i + 1 };
            while j < n {
                let count = (n - j).min(L::WIDTH);
                let at = |c: usize| {
                    if count == L::WIDTH { L::load(&partners[c][j..]) } else { L::load_partial(&partners[c][j..], count, 0.0) }
                };
                let (x, y, z) = (x - at(0), y - at(1), z - at(2));
                // Fractional coordinates, rounded, times the cell vectors, which are lower-triangular.
                let shift = |row: [f64; 3]| -x.mul_add(L::splat(row[0]), y.mul_add(L::splat(row[1]), z * L::splat(row[2]))).round();
                let (a, b, c) = (shift(inverse[0]), shift(inverse[1]), shift(inverse[2]));
                let x = a.mul_add(L::splat(vectors[0][0]), b.mul_add(L::splat(vectors[1][0]), c.mul_add(L::splat(vectors[2][0]), x)));
                let y = b.mul_add(L::splat(vectors[1][1]), c.mul_add(L::splat(vectors[2][1]), y));
                let z = c.mul_add(L::splat(vectors[2][2]), z);
                let bin = x.mul_add(x, y.mul_add(y, z * z)).sqrt() * scale;
                bin.min(beyond).store(&mut bins);
                for bin in &bins[..count] {
                    self.counts[*bin as usize] += 1;
                }
                j += count;
            }
        }
    }
}
