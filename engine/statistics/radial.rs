//! Radial distribution functions.

use mcflow_potentials::{Configuration, Particles};
use serde::{Deserialize, Serialize};

/// Accumulates the radial distribution function g(r) of a periodic system in 1 to 3 dimensions.
///
/// g(r) = mean of V n(r) / (pairs v(r)): n(r) pairs in a shell, v(r) = 2 dr, pi (r2^2 - r1^2) or 4/3 pi (r2^3 - r1^3) its volume, V the volume
/// of the cell, and N (N-1) / 2 pairs of all particles, or of the two types chosen: N_a (N_a - 1) / 2 or N_a N_b. An ideal gas has g = 1.
///
/// Source: Frenkel and Smit, Understanding Molecular Simulation (2002), algorithm 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadialDistribution {
    dimension: usize,
    largest: f64,
    /// Type indices of the pairs counted; all pairs where `None`.
    types: Option<(usize, usize)>,
    /// Sum over frames of V n(r) / pairs.
    sums: Vec<f64>,
    /// Frames in which the bin lay within half the smallest height.
    frames: Vec<u64>,
}

impl RadialDistribution {
    /// `n_bins` bins from 0 to `largest` in `dimension` dimensions, of all pairs or of those of two types.
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
        Ok(Self { dimension, largest, types, sums: vec![0.0; n_bins], frames: vec![0; n_bins] })
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
        let mut counts = vec![0_u64; usable];
        let mut count = |i: usize, j: usize| {
            let (a, b) = (positions.get(i), positions.get(j));
            let d = cell.minimum_image([a[0] - b[0], a[1] - b[1], a[2] - b[2]]);
            let bin = ((d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt() / width) as usize;
            if bin < usable {
                counts[bin] += 1;
            }
        };
        for (k, &i) in first.iter().enumerate() {
            match &second {
                None => first[k + 1..].iter().for_each(|&j| count(i, j)),
                Some(second) => second.iter().for_each(|&j| count(i, j)),
            }
        }
        for (bin, &n) in counts.iter().enumerate() {
            self.sums[bin] += volume * n as f64 / pairs;
            self.frames[bin] += 1;
        }
        Ok(())
    }

    /// Adds the sums of another walker. Floating-point sums depend on the order: keep it fixed.
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
        Ok(())
    }

    /// Middle of each bin and g(r) there; `None` in bins that were beyond half the smallest height in every frame.
    pub fn values(&self) -> Vec<(f64, Option<f64>)> {
        let width = self.largest / self.sums.len() as f64;
        let ball = |r: f64| match self.dimension {
            1 => 2.0 * r,
            2 => std::f64::consts::PI * r * r,
            _ => 4.0 / 3.0 * std::f64::consts::PI * r * r * r,
        };
        let value = |bin: usize| {
            let shell = ball((bin + 1) as f64 * width) - ball(bin as f64 * width);
            let frames = self.frames[bin];
            ((bin as f64 + 0.5) * width, (frames > 0).then(|| self.sums[bin] / (frames as f64 * shell)))
        };
        (0..self.sums.len()).map(value).collect()
    }
}
