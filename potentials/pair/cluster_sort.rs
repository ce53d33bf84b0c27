//! Particles sorted in space and cut into clusters of four.
//!
//! The cell is cut into columns along its last direction; the particles of a column, sorted along it, are cut into clusters.

use super::cluster_list::ClusterList;
use crate::space::Configuration;
use mcflow_base::{Element, Quads};

/// No particle: padding of a column's last cluster.
const NOBODY: u32 = u32::MAX;

/// The box that fractional coordinates refer to: the cell, or what encloses the particles.
pub(super) struct Frame {
    origin: [f64; 3],
    /// Fractional s_k = (r - origin) . inverse[k].
    inverse: [[f64; 3]; 3],
    pub(super) heights: [f64; 3],
    volume: f64,
}

impl Frame {
    pub(super) fn new(configuration: &Configuration, reach: f64) -> Self {
        let (positions, cell) = (&configuration.positions, &configuration.cell);
        let dimension = cell.dimension();
        let mut heights = [1.0; 3];
        if let (Some(inverse), Some(found), Some(volume)) = (cell.inverse_vectors(), cell.heights(), cell.volume()) {
            heights[..dimension].copy_from_slice(&found);
            return Self { origin: [0.0; 3], inverse, heights, volume };
        }
        let (mut origin, mut inverse, mut volume) = ([0.0; 3], [[0.0; 3]; 3], 1.0);
        for c in 0..dimension {
            let low = positions.component(c).iter().copied().fold(f64::INFINITY, f64::min);
            let high = positions.component(c).iter().copied().fold(f64::NEG_INFINITY, f64::max);
            origin[c] = low;
            heights[c] = (high - low).max(0.1 * reach);
            inverse[c][c] = 1.0 / heights[c];
            volume *= heights[c];
        }
        Self { origin, inverse, heights, volume }
    }
}

/// Clusters of particles sorted in space, with their bounds.
pub(super) struct Sorted {
    /// The direction that columns run along.
    pub along: usize,
    /// Number of columns in each direction; 1 in the last one.
    pub columns: [usize; 3],
    /// First cluster of each column, and one past the last.
    pub starts: Vec<usize>,
    /// Lowest and highest fractional coordinates of each cluster.
    pub fractional: Vec<[[f64; 2]; 3]>,
    /// Lowest and highest Cartesian coordinates of each cluster, by direction, with room for one more lane.
    pub low: [Vec<f32>; 3],
    pub high: [Vec<f32>; 3],
    /// What a difference of two coordinates in f32 can be wrong by.
    pub rounding: f64,
}

impl Sorted {
    /// Sorts the particles; fills the slots of `list`.
    pub(super) fn new(configuration: &Configuration, types: &[u32], frame: &Frame, reach: f64, list: &mut ClusterList) -> Self {
        let n = configuration.positions.n();
        let (fractional, translations) = wrap(configuration, frame);
        let (mut sorted, order) = sort(frame, &fractional, configuration.cell.dimension(), n);
        sorted.fill(configuration, types, &fractional, &translations, order, frame, reach, list);
        sorted
    }

    /// Fills the slots of the list and the bounds of the clusters.
    fn fill(
        &mut self,
        configuration: &Configuration,
        types: &[u32],
        fractional: &[Vec<f64>; 3],
        translations: &[Vec<f64>; 3],
        order: Vec<u32>,
        frame: &Frame,
        reach: f64,
        list: &mut ClusterList,
    ) {
        let positions = &configuration.positions;
        let dimension = positions.dimension();
        let clusters = order.len() / 4;
        let nothing = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
        self.fractional = vec![nothing; clusters];
        self.low = std::array::from_fn(|_| vec![f32::INFINITY; clusters + 16]);
        self.high = std::array::from_fn(|_| vec![f32::NEG_INFINITY; clusters + 16]);
        let mut farthest = 0.0;
        list.n = positions.n();
        list.slots.resize(positions.n(), 0);
        list.translations.clear();
        list.translations.resize(clusters, Quads::default());
        list.built_at.clear();
        list.built_at.resize(clusters, Quads::default());
        for c in 0..dimension {
            let (r, translation, fractional) = (positions.component(c), &translations[c], &fractional[c]);
            for (cluster, quad) in order.chunks_exact(4).enumerate() {
                let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
                let bounds = &mut self.fractional[cluster][c];
                for (l, &particle) in quad.iter().enumerate().filter(|(_, particle)| **particle != NOBODY) {
                    let i = particle as usize;
                    let at = r[i] + translation[i];
                    list.translations[cluster][c][l] = translation[i];
                    list.built_at[cluster][c][l] = at;
                    (low, high) = (smaller(low, at), larger(high, at));
                    *bounds = [smaller(bounds[0], fractional[i]), larger(bounds[1], fractional[i])];
                }
                (self.low[c][cluster], self.high[c][cluster]) = (low as f32, high as f32);
                farthest = larger(farthest, larger(-low, high));
            }
        }
        for c in dimension..3 {
            self.low[c][..clusters].fill(0.0);
            self.high[c][..clusters].fill(0.0);
        }
        // Coordinates and translated coordinates are rounded, and so is their difference: four roundings of less than 2 `farthest`. The
        // stretching of the cell is less than another one.
        self.rounding = 10.0 * f32::ROUNDING * (farthest + 4.0 * reach + frame.heights.iter().copied().fold(0.0, larger));
        let lowest = f64::from(self.low[0][..clusters].iter().copied().fold(f32::INFINITY, f32::min));
        let highest = f64::from(self.high[0][..clusters].iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let unit = (highest - lowest) + 4.0 * reach;
        let mut nobodies = 0.0;
        for (slot, &particle) in order.iter().enumerate() {
            if particle == NOBODY {
                // Particle 0, far from everyone and from every other padding.
                nobodies += 1.0;
                for c in 0..dimension {
                    let at = if c == 0 { highest + unit * nobodies } else { positions.component(c)[0] };
                    list.translations[slot / 4][c][slot % 4] = at - positions.component(c)[0];
                    list.built_at[slot / 4][c][slot % 4] = positions.component(c)[0] + (at - positions.component(c)[0]);
                }
            } else {
                list.slots[particle as usize] = slot as u32;
            }
        }
        list.positions_f32.clear();
        list.positions_f32.extend(list.built_at.iter().map(|quads| Quads(quads.map(|quad| quad.map(|x| x as f32)))));
        list.order.clear();
        list.order.extend(order.iter().map(|&particle| if particle == NOBODY { 0 } else { particle }));
        list.types.clear();
        list.types.extend(list.order.chunks_exact(4).map(|quad| -> [u32; 4] { std::array::from_fn(|l| types[quad[l] as usize]) }));
    }
}

/// The smaller of two numbers: one instruction, where `f64::min` also looks for NaN.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Fractional coordinates inside the cell and the translations that bring particles there, by component.
fn wrap(configuration: &Configuration, frame: &Frame) -> ([Vec<f64>; 3], [Vec<f64>; 3]) {
    let positions = &configuration.positions;
    let (n, dimension) = (positions.n(), positions.dimension());
    let mut fractional: [Vec<f64>; 3] = std::array::from_fn(|_| vec![0.0; n]);
    let vectors = configuration.cell.vectors();
    let mut translations = fractional.clone();
    for i in 0..n {
        let r = positions.get(i);
        for k in 0..dimension {
            let s: f64 = (0..dimension).map(|c| (r[c] - frame.origin[c]) * frame.inverse[k][c]).sum();
            let Some(vectors) = &vectors else {
                fractional[k][i] = s;
                continue;
            };
            let turns = s.floor();
            fractional[k][i] = s - turns;
            for c in 0..=k {
                translations[c][i] -= turns * vectors[k][c];
            }
        }
    }
    (fractional, translations)
}

fn sort(frame: &Frame, fractional: &[Vec<f64>; 3], dimension: usize, n: usize) -> (Sorted, Vec<u32>) {
    let along = dimension - 1;
    let side = (4.0 * frame.volume / n as f64).powf(1.0 / dimension as f64);
    let mut columns = [1; 3];
    let mut left = n;
    for k in 0..along {
        columns[k] = ((frame.heights[k] / side).round() as usize).clamp(1, left);
        left = (left / columns[k]).max(1);
    }
    let column_of = |i: usize| (0..along).fold(0, |index, k| index * columns[k] + column(fractional[k][i], columns[k]));
    let count = columns[0] * columns[1] * columns[2];
    let mut ends = vec![0; count + 1];
    let of: Vec<u32> = (0..n).map(|i| column_of(i) as u32).collect();
    for &c in &of {
        ends[c as usize + 1] += 1;
    }
    for c in 0..count {
        ends[c + 1] += ends[c];
    }
    // Place along the column and particle in one number: sorting it has one outcome, whatever the order before.
    let mut keys = vec![0u64; n];
    let mut next = ends.clone();
    for i in 0..n {
        let place = (fractional[along][i] * 4294967295.0) as u32;
        let target = &mut next[of[i] as usize];
        keys[*target] = u64::from(place) << 32 | i as u64;
        *target += 1;
    }
    let (mut starts, mut order) = (Vec::with_capacity(count + 1), Vec::with_capacity(n + count * 4));
    for c in 0..count {
        starts.push(order.len() / 4);
        let members = &mut keys[ends[c]..ends[c + 1]];
        members.sort_unstable();
        order.extend(members.iter().map(|&key| key as u32));
        order.resize(order.len().next_multiple_of(4), NOBODY);
    }
    starts.push(order.len() / 4);
    (Sorted { along, columns, starts, fractional: Vec::new(), low: Default::default(), high: Default::default(), rounding: 0.0 }, order)
}

/// The column of a fractional coordinate.
#[inline(always)]
pub(super) fn column(s: f64, columns: usize) -> usize {
    ((s * columns as f64) as usize).min(columns - 1)
}
