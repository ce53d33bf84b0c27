//! Building the list of pairs of clusters that come near each other.
//!
//! Clusters near a cluster are found by columns and bounding boxes; which particles come near is left to the pruning.

use super::cluster_list::{ClusterList, Entry, Pairs, Part, mask};
use super::cluster_sort::{Frame, Sorted, column};
use super::exclusions::Exclusions;
use super::rounded_lattice::RoundedLattice;
use crate::space::{Cell, Configuration};
use mcflow_base::{Element, InstructionSet, Kernel, Lane, dispatch_with};
use rayon::prelude::*;

/// Rounding of fractional coordinates, and of the sorted order.
const MARGIN: f64 = 1e-9;
/// Clusters of a part at least: less is not worth a second thread.
const PART: usize = 1024;
/// Clusters of a column from which on the ends of a search in it are worth looking for.
const LONG: usize = 20;
/// Parts at most.
const PARTS: usize = 16;

/// Finds the candidates: all pairs of clusters that may have two particles within `reach`.
pub(crate) fn build(
    set: InstructionSet,
    configuration: &Configuration,
    types: &[u32],
    exclusions: &Exclusions,
    reach: f64,
    list: &mut ClusterList,
) {
    let frame = Frame::new(configuration, reach);
    let sorted = Sorted::new(configuration, types, &frame, reach, list);
    let images = half_of_the_images(&configuration.cell);
    let clusters = list.types.len();
    let parts = (clusters / PART).clamp(1, PARTS);
    list.parts.resize_with(parts, Part::default);
    // The row's cluster is moved in the search, its partners the other way in the sums.
    list.images = images.iter().map(|image| image.1.map(|x| -x)).collect();
    list.rounded = RoundedLattice::new(&configuration.cell);
    list.rounding = sorted.rounding;
    let ClusterList { parts: all, order, .. } = list;
    // In f32, with what it may round away added to the reach: the list has a few pairs more, never one less.
    let limit = (reach + 2.0 * sorted.rounding).powi(2) * (1.0 + 8.0 * f32::ROUNDING);
    let around = frame.heights.map(|height| reach / height + MARGIN);
    let search = |(number, part): (usize, &mut Part)| {
        let rows = number * clusters / parts..(number + 1) * clusters / parts;
        let (sorted, images) = (&sorted, &images[..]);
        dispatch_with(set, Search { around, sorted, images, order, exclusions, limit, rows, part });
    };
    if parts > 1 {
        all.par_iter_mut().enumerate().for_each(search);
    } else {
        all.iter_mut().enumerate().for_each(search);
    }
    list.finish_parts();
}

/// Finds the partners of some rows.
struct Search<'a> {
    /// Reach in fractional coordinates.
    around: [f64; 3],
    sorted: &'a Sorted,
    /// Lattice vectors with their multiples; the first is 0.
    images: &'a [([f64; 3], [f64; 3])],
    order: &'a [u32],
    exclusions: &'a Exclusions,
    /// Square of the reach.
    limit: f64,
    rows: std::ops::Range<usize>,
    part: &'a mut Part,
}

impl Kernel<f32> for Search<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane<f32>>(self) {
        let mut pairs = std::mem::take(&mut self.part.candidates);
        pairs.clear();
        let mut found = vec![0; self.order.len() / 4 + 16];
        for cluster in self.rows.clone() {
            let from = pairs.plain.len();
            pairs.masked.push((Entry::new(cluster as u32, 0), self.own_mask(cluster)));
            for (k, (multiples, translation)) in self.images.iter().enumerate() {
                let first = if k == 0 { cluster + 1 } else { 0 };
                let count = self.find::<L>(cluster, multiples, translation, first, &mut found);
                pairs.plain.extend(found[..count].iter().map(|&other| Entry::new(other, k)));
            }
            self.take_out_excluded(cluster, from, &mut pairs);
            let end = pairs.plain.len();
            pairs.end_row(cluster, end, end);
        }
        self.part.candidates = pairs;
    }
}

impl Search<'_> {
    /// A cluster with itself: each pair once, excluded ones not at all. Paddings are far from everyone and need no mask.
    fn own_mask(&self, cluster: usize) -> u16 {
        let particles = &self.order[4 * cluster..];
        mask(|a, b| a < b && !self.exclusions.of(particles[a] as usize).contains(&particles[b]))
    }

    /// Moves candidates with excluded pairs from `plain[from..]` to `masked`.
    fn take_out_excluded(&self, cluster: usize, from: usize, pairs: &mut Pairs) {
        let particles = &self.order[4 * cluster..4 * cluster + 4];
        if particles.iter().all(|&i| self.exclusions.of(i as usize).is_empty()) {
            return;
        }
        let Pairs { plain, masked, .. } = pairs;
        let mut kept = from;
        for k in from..plain.len() {
            let other = plain[k];
            let others = &self.order[4 * other.cluster()..];
            let mask = mask(|a, b| !self.exclusions.of(particles[a] as usize).contains(&others[b]));
            if mask == u16::MAX {
                plain[kept] = other;
                kept += 1;
            } else if mask != 0 {
                masked.push((other, mask));
            }
        }
        plain.truncate(kept);
    }

    /// Writes the clusters from `first` on whose bounds come within reach of those of `cluster`, moved by a lattice vector; returns how
    /// many there are.
    #[inline(always)]
    fn find<L: Lane<f32>>(&self, cluster: usize, multiples: &[f64; 3], translation: &[f64; 3], first: usize, found: &mut [u32]) -> usize {
        let Sorted { along, columns, starts, fractional, low, high, .. } = self.sorted;
        let along = *along;
        let mut window = [[0.0; 2]; 3];
        for k in 0..=along {
            let [low, high] = fractional[cluster][k];
            window[k] = [low + multiples[k] - self.around[k], high + multiples[k] + self.around[k]];
            if window[k][0] > 1.0 || window[k][1] < 0.0 {
                return 0;
            }
        }
        let range = |k: usize| {
            let [low, high] = if k < along { window[k] } else { [0.0, 0.0] };
            (column(low.max(0.0), columns[k]), column(high, columns[k]))
        };
        let (mut my_low, mut my_high) = ([L::default(); 3], [L::default(); 3]);
        for c in 0..3 {
            my_low[c] = L::splat(f64::from(low[c][cluster]) + translation[c]);
            my_high[c] = L::splat(f64::from(high[c][cluster]) + translation[c]);
        }
        let limit = L::splat(self.limit);
        let mut count = 0;
        let (slabs, across) = if along == 2 { (range(0), range(1)) } else { ((0, 0), range(0)) };
        for a in slabs.0..=slabs.1 {
            let slab = a * if along == 2 { columns[1] } else { 1 };
            // Short columns are searched whole, neighbouring ones in one go; long ones between the ends that matter.
            let (start, end) = (starts[slab + across.0], starts[slab + across.1 + 1]);
            let is_long = end - start > LONG * (across.1 - across.0 + 1);
            let mut b = across.0;
            while b <= across.1 {
                let last = if is_long { b } else { across.1 };
                let (mut from, mut to) = (starts[slab + b].max(first), starts[slab + last + 1]);
                b = last + 1;
                if is_long && from < to {
                    let column = &fractional[from..to];
                    to = from + column.partition_point(|other| other[along][0] <= window[along][1]);
                    from += column.partition_point(|other| other[along][1] < window[along][0]);
                }
                while from < to {
                    let mut squared = L::default();
                    for c in 0..3 {
                        let (low, high) = (L::load(&low[c][from..]), L::load(&high[c][from..]));
                        let gap = (low - my_high[c]).max(my_low[c] - high).max(L::default());
                        squared = gap.mul_add(gap, squared);
                    }
                    let bits = squared.bits_lt(limit) & (((1u64 << (to - from).min(L::WIDTH)) - 1) as u32);
                    count += L::store_indices(bits, from as u32, &mut found[count..]);
                    from += L::WIDTH;
                }
            }
        }
        count
    }
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
