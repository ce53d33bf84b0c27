//! Building the list of near pairs.
//!
//! The cell is cut into columns along its last direction; the particles of a column, sorted along it, are cut into blocks. Blocks
//! near a block are found by fractional coordinates and bounding boxes, then each particle of the block is compared with the
//! particles of each of them.

use super::cluster_list::{ClusterList, Row};
use super::exclusions::Exclusions;
use super::packed::FAR;
use crate::{Cell, Configuration};
use mcflow_base::{Kernel, Lane};

/// No particle: padding of a column's last block.
const NOBODY: u32 = u32::MAX;
/// Rounding of fractional coordinates, and of the sorted order.
const MARGIN: f64 = 1e-9;

/// Builds the list for a configuration.
pub(crate) struct Build<'a> {
    pub configuration: &'a Configuration,
    pub types: &'a [u32],
    pub exclusions: &'a Exclusions,
    /// Cutoff plus skin.
    pub reach: f64,
    pub skin: f64,
    pub list: &'a mut ClusterList,
}

/// The box that fractional coordinates refer to: the cell, or what encloses the particles.
struct Frame {
    origin: [f64; 3],
    /// Fractional s_k = (r - origin) . inverse[k].
    inverse: [[f64; 3]; 3],
    heights: [f64; 3],
    volume: f64,
}

impl Frame {
    fn new(configuration: &Configuration, reach: f64) -> Self {
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

/// Blocks of particles sorted in space.
struct Blocks {
    /// The direction that columns run along.
    along: usize,
    /// Number of columns in each direction; 1 in the last one.
    columns: [usize; 3],
    /// First block of each column, and one past the last.
    starts: Vec<usize>,
    /// The particle in each slot.
    order: Vec<u32>,
    /// Bounds of each block: fractional, and Cartesian.
    fractional: Vec<[[f64; 2]; 3]>,
    bounds: Vec<[[f64; 2]; 3]>,
}

impl Kernel for Build<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane>(self) {
        let frame = Frame::new(self.configuration, self.reach);
        let fractional = wrap(self.configuration, &frame, &mut self.list.translations);
        let mut blocks = sort(&frame, &fractional, self.configuration.cell.dimension(), self.configuration.positions.n(), L::WIDTH);
        pack(self.configuration, self.types, &fractional, L::WIDTH, &mut blocks, self.list);
        search::<L>(&frame, &blocks, &self.configuration.cell, self.exclusions, self.reach, self.list);
        self.list.allowed_squared = (0.5 * self.skin).powi(2) * (1.0 - 1e-9);
        match &mut self.list.reference {
            Some(reference) => reference.clone_from(self.configuration),
            none => *none = Some(self.configuration.clone()),
        }
    }
}

/// Sets the translations into the cell; returns fractional coordinates, by component.
fn wrap(configuration: &Configuration, frame: &Frame, translations: &mut [Vec<f64>; 3]) -> [Vec<f64>; 3] {
    let positions = &configuration.positions;
    let (n, dimension) = (positions.n(), positions.dimension());
    let mut fractional: [Vec<f64>; 3] = std::array::from_fn(|_| vec![0.0; n]);
    let vectors = configuration.cell.vectors();
    for translation in translations.iter_mut() {
        translation.clear();
        translation.resize(n, 0.0);
    }
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
    fractional
}

fn sort(frame: &Frame, fractional: &[Vec<f64>; 3], dimension: usize, n: usize, width: usize) -> Blocks {
    let along = dimension - 1;
    let side = (width as f64 * frame.volume / n as f64).powf(1.0 / dimension as f64);
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
    let (mut starts, mut order) = (Vec::with_capacity(count + 1), Vec::with_capacity(n + count * width));
    for c in 0..count {
        starts.push(order.len() / width);
        let members = &mut keys[ends[c]..ends[c + 1]];
        members.sort_unstable();
        order.extend(members.iter().map(|&key| key as u32));
        order.resize(order.len().next_multiple_of(width), NOBODY);
    }
    starts.push(order.len() / width);
    Blocks { along, columns, starts, order, fractional: Vec::new(), bounds: Vec::new() }
}

fn column(s: f64, columns: usize) -> usize {
    ((s * columns as f64) as usize).min(columns - 1)
}

/// Fills the packed arrays and the bounds of the blocks.
fn pack(
    configuration: &Configuration,
    types: &[u32],
    fractional: &[Vec<f64>; 3],
    width: usize,
    blocks: &mut Blocks,
    list: &mut ClusterList,
) {
    let positions = &configuration.positions;
    let slots = blocks.order.len();
    list.slots.resize(positions.n(), 0);
    list.packed.types.clear();
    list.packed.types.resize(slots, 0);
    list.packed.positions.clear();
    list.packed.positions.resize(3 * slots, FAR);
    list.packed.forces.resize(3 * slots, 0.0);
    list.packed.reserve(width);
    let nothing = [[f64::INFINITY, f64::NEG_INFINITY]; 3];
    blocks.fractional = vec![nothing; slots / width];
    blocks.bounds = vec![nothing; slots / width];
    for (slot, &particle) in blocks.order.iter().enumerate() {
        if particle == NOBODY {
            continue;
        }
        let i = particle as usize;
        let block = slot / width;
        let base = block * 3 * width + slot % width;
        list.slots[i] = base as u32;
        list.packed.types[slot] = types[i];
        let r = positions.get(i);
        for c in 0..3 {
            let at = r[c] + list.translations[c][i];
            list.packed.positions[base + c * width] = at;
            include(&mut blocks.bounds[block][c], at);
            include(&mut blocks.fractional[block][c], fractional[c][i]);
        }
    }
}

fn include([low, high]: &mut [f64; 2], value: f64) {
    *low = low.min(value);
    *high = high.max(value);
}

/// Lattice vectors of which exactly one of each n, -n is there: 0, and those whose first non-zero multiple is positive.
fn half_of_the_images(cell: &Cell) -> Vec<([f64; 3], [f64; 3])> {
    let mut images = vec![([0.0; 3], [0.0; 3])];
    let Some(vectors) = cell.vectors() else { return images };
    let range = |k: usize| if k < cell.dimension() { -1..=1 } else { 0..=0 };
    for a in range(0) {
        for b in range(1) {
            for c in range(2) {
                if (a, b, c) > (0, 0, 0) {
                    let n = [a, b, c].map(f64::from);
                    images.push((n, std::array::from_fn(|x| (0..3).map(|k| n[k] * vectors[k][x]).sum())));
                }
            }
        }
    }
    images
}

#[inline(always)]
fn search<L: Lane>(frame: &Frame, blocks: &Blocks, cell: &Cell, exclusions: &Exclusions, reach: f64, list: &mut ClusterList) {
    let images = half_of_the_images(cell);
    list.images = images.iter().map(|image| image.1).collect();
    list.rows.clear();
    list.blocks.clear();
    list.masked.clear();
    let mut candidates = Vec::new();
    for block in 0..blocks.bounds.len() {
        for (k, (multiples, translation)) in images.iter().enumerate() {
            let first = if k == 0 { block } else { 0 };
            find_candidates(frame, blocks, block, multiples, translation, reach, first, &mut candidates);
            if !candidates.is_empty() {
                for lane in 0..L::WIDTH {
                    prune::<L>(blocks, exclusions, block, lane, k, reach * reach, &candidates, list);
                }
            }
        }
    }
}

/// Blocks from `first` on whose bounds come within reach of those of `block`, moved by a lattice vector.
#[inline(always)]
fn find_candidates(
    frame: &Frame,
    blocks: &Blocks,
    block: usize,
    multiples: &[f64; 3],
    translation: &[f64; 3],
    reach: f64,
    first: usize,
    candidates: &mut Vec<u32>,
) {
    candidates.clear();
    let mut window = [[0.0; 2]; 3];
    for k in 0..=blocks.along {
        let [low, high] = blocks.fractional[block][k];
        let around = reach / frame.heights[k] + MARGIN;
        window[k] = [low + multiples[k] - around, high + multiples[k] + around];
        if window[k][0] > 1.0 || window[k][1] < 0.0 {
            return;
        }
    }
    let range = |k: usize| {
        let [low, high] = if k < blocks.along { window[k] } else { [0.0, 0.0] };
        column(low.max(0.0), blocks.columns[k])..=column(high, blocks.columns[k])
    };
    let along = blocks.along;
    let [low, high] = window[along];
    // A block is written as a candidate and kept by counting it: no branch to mispredict.
    let mut count = 0;
    let mine: [[f64; 2]; 3] = std::array::from_fn(|c| blocks.bounds[block][c].map(|v| v + translation[c]));
    for a in range(0) {
        for b in range(1) {
            let index = if along == 2 { a * blocks.columns[1] + b } else { a };
            let (start, end) = (blocks.starts[index].max(first), blocks.starts[index + 1]);
            if start >= end {
                continue;
            }
            let column = &blocks.fractional[start..end];
            let from = start + column.iter().position(|other| other[along][1] >= low).unwrap_or(end - start);
            let to = end - column.iter().rev().position(|other| other[along][0] <= high).unwrap_or(end - start);
            if from >= to {
                continue;
            }
            candidates.resize(count + to - from, 0);
            for (other, theirs) in (from..to).zip(&blocks.bounds[from..to]) {
                let mut squared = 0.0;
                for c in 0..3 {
                    let gap = larger(larger(theirs[c][0] - mine[c][1], mine[c][0] - theirs[c][1]), 0.0);
                    squared += gap * gap;
                }
                candidates[count] = other as u32;
                count += usize::from(squared <= reach * reach);
            }
        }
    }
    candidates.truncate(count);
}

/// The larger of two numbers: one instruction, where `f64::max` also looks for NaN.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smallest element.
#[inline(always)]
fn smallest<L: Lane>(values: L) -> f64 {
    let mut buffer = [0.0; 16];
    values.store(&mut buffer[..L::WIDTH]);
    let mut width = L::WIDTH;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            buffer[i] = if buffer[i] < buffer[i + width] { buffer[i] } else { buffer[i + width] };
        }
    }
    buffer[0]
}

/// The row of one particle: the candidates that have a particle within reach of it.
#[inline(always)]
fn prune<L: Lane>(
    blocks: &Blocks,
    exclusions: &Exclusions,
    block: usize,
    lane: usize,
    image: usize,
    reach_squared: f64,
    candidates: &[u32],
    list: &mut ClusterList,
) {
    let w = L::WIDTH;
    let slot = block * w + lane;
    let particle = blocks.order[slot];
    if particle == NOBODY {
        return;
    }
    let ClusterList { packed, images, blocks: kept, masked, rows, .. } = list;
    let packed = &packed.positions[..];
    let r: [L; 3] = std::array::from_fn(|c| L::splat(packed[(block * 3 + c) * w + lane] + images[image][c]));
    let excluded = exclusions.of(particle as usize);
    // A block is its own first candidate; its particles meet those after them.
    let own = usize::from(image == 0 && candidates[0] as usize == block);
    let special = if excluded.is_empty() { own } else { candidates.len() };
    let before = (kept.len(), masked.len());
    for (k, &other) in candidates[..special].iter().enumerate() {
        let mut mask = 0;
        for l in 0..w {
            let partner = blocks.order[other as usize * w + l];
            let interacts = partner != NOBODY && (k >= own || l > lane) && !excluded.contains(&partner);
            mask |= u32::from(interacts) << l;
        }
        if mask != 0 && is_near(packed, r, other, reach_squared) {
            masked.push((other, mask));
        }
    }
    let mut count = kept.len();
    kept.resize(count + candidates.len() - special, 0);
    let target = &mut kept[..];
    for &other in &candidates[special..] {
        target[count] = other;
        count += usize::from(is_near(packed, r, other, reach_squared));
    }
    kept.truncate(count);
    if (count, masked.len()) != before {
        rows.push(Row { slot: slot as u32, image: image as u32, blocks_end: count as u32, masked_end: masked.len() as u32 });
    }
}

/// Whether a block has a particle within reach of `r`.
#[inline(always)]
fn is_near<L: Lane>(packed: &[f64], r: [L; 3], block: u32, reach_squared: f64) -> bool {
    let w = L::WIDTH;
    let theirs = &packed[block as usize * 3 * w..][..3 * w];
    let d = [r[0] - L::load(theirs), r[1] - L::load(&theirs[w..]), r[2] - L::load(&theirs[2 * w..])];
    smallest(d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]))) < reach_squared
}
