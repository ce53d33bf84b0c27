//! Choosing the near pairs among the candidates.

use super::cluster_list::{ClusterList, Pairs, Part, Segment};
use mcflow_base::{Element, InstructionSet, Kernel, Lane, Quads, dispatch_with};
use rayon::prelude::*;

/// Chooses the pairs of clusters with two particles within `reach`, by the positions that the list has in f32. After a build also keeps
/// only those candidates that have two particles within `candidates_reach`.
pub(crate) fn prune(set: InstructionSet, reach: f64, candidates_reach: Option<f64>, list: &mut ClusterList) {
    // In f32, with what it may round away added to the reach: a few pairs more, never one less.
    let rounding = list.rounding;
    let limit = |reach: f64| (reach + 2.0 * rounding).powi(2) * (1.0 + 8.0 * f32::ROUNDING);
    let (limit, candidates_limit) = (limit(reach), candidates_reach.map(limit));
    let ClusterList { parts, positions_f32, images, .. } = list;
    let (positions, images) = (&positions_f32[..], &images[..]);
    let prune = |part: &mut Part| {
        let Part { candidates, near, .. } = part;
        match candidates_limit {
            None => dispatch_with(set, Prune::<false> { positions, images, limit, candidates_limit: 0.0, candidates, near }),
            Some(candidates_limit) => dispatch_with(set, Prune::<true> { positions, images, limit, candidates_limit, candidates, near }),
        }
    };
    if parts.len() > 1 {
        parts.par_iter_mut().for_each(prune);
    } else {
        parts.iter_mut().for_each(prune);
    }
}

struct Prune<'a, const TIGHTEN: bool> {
    positions: &'a [Quads<f32>],
    images: &'a [[f64; 3]],
    limit: f64,
    candidates_limit: f64,
    candidates: &'a mut Pairs,
    near: &'a mut Pairs,
}

impl<const TIGHTEN: bool> Kernel<f32> for Prune<'_, TIGHTEN> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane<f32>>(self) {
        let Self { positions, images, limit, candidates_limit, candidates, near } = self;
        near.clear();
        let longest = candidates.segments.iter().map(|s| (s.plain[1] - s.plain[0]) as usize).max().unwrap_or(0);
        let (mut whole, mut first, mut last) = (vec![0; longest + 16], vec![0; longest + 16], vec![0; longest + 16]);
        let (mut segment_from, mut kept) = (0, 0);
        for row in &candidates.rows {
            let mine = &positions[row.cluster as usize];
            for segment in &mut candidates.segments[segment_from..row.segments_end as usize] {
                let r = four::<L>(mine, images[segment.image as usize]);
                let masked_from = near.masked.len();
                for &(j, mask) in &candidates.masked[segment.masked.0 as usize..segment.masked.1 as usize] {
                    if near_bits::<L>(&r, &positions[j as usize], [limit; 2]).0 != 0 {
                        near.masked.push((j, mask));
                    }
                }
                // Sixteen candidates at a time make a bit each, and the bits choose among them: no branch to mispredict.
                let (start, end) = (segment.plain[0] as usize, segment.plain[1] as usize);
                let (mut n_whole, mut n_first, mut n_last) = (0, 0, 0);
                let kept_from = kept;
                let mut k = start;
                while k < end {
                    let count = (end - k).min(16);
                    // A chunk that is not full repeats its first candidate, whose bits are not looked at again.
                    let mut chunk = [candidates.plain[k]; 16];
                    if count == 16 {
                        chunk.copy_from_slice(&candidates.plain[k..k + 16]);
                    } else {
                        for (target, &j) in chunk.iter_mut().zip(&candidates.plain[k..end]) {
                            *target = j;
                        }
                    }
                    let (mut low, mut high, mut within) = (0, 0, 0);
                    for l in 0..count {
                        let (bits, tight) = near_bits::<L>(&r, &positions[chunk[l] as usize], [limit, candidates_limit]);
                        low |= u32::from(bits & 0xff != 0) << l;
                        high |= u32::from(bits >> 8 != 0) << l;
                        within |= u32::from(tight != 0) << l;
                    }
                    n_whole += L::store_selected(low & high, &chunk, &mut whole[n_whole..]);
                    n_first += L::store_selected(low & !high, &chunk, &mut first[n_first..]);
                    n_last += L::store_selected(high & !low, &chunk, &mut last[n_last..]);
                    if TIGHTEN {
                        let mut tight = [0; 16];
                        let chosen = L::store_selected(within, &chunk, &mut tight);
                        candidates.plain[kept..kept + chosen].copy_from_slice(&tight[..chosen]);
                        kept += chosen;
                    }
                    k += count;
                }
                if TIGHTEN {
                    segment.plain = [kept_from as u32, kept as u32, kept as u32, kept as u32];
                }
                let from = near.plain.len();
                near.plain.extend_from_slice(&whole[..n_whole]);
                near.plain.extend_from_slice(&first[..n_first]);
                near.plain.extend_from_slice(&last[..n_last]);
                let end = near.plain.len();
                if end > from || near.masked.len() > masked_from {
                    near.segments.push(Segment {
                        image: segment.image,
                        plain: [from, from + n_whole, from + n_whole + n_first, end].map(|at| at as u32),
                        masked: (masked_from as u32, near.masked.len() as u32),
                    });
                }
            }
            near.end_row(row.cluster as usize);
            segment_from = row.segments_end as usize;
        }
        if TIGHTEN {
            candidates.plain.truncate(kept);
        }
    }
}

/// Four particles moved by a lattice vector, each in as many elements as a lane has for it.
#[inline(always)]
fn four<L: Lane<f32>>(mine: &Quads<f32>, shift: [f64; 3]) -> [[L; 3]; 4] {
    let mut r = [[L::default(); 3]; 4];
    for g in 0..16 / L::WIDTH {
        for c in 0..3 {
            r[g][c] = L::spread_quads(&mine[c][g * (L::WIDTH / 4)..]) + L::splat(shift[c]);
        }
    }
    r
}

/// A bit for each pair, 4 i + j, whose squared distance is below each of two limits.
#[inline(always)]
fn near_bits<L: Lane<f32>>(r: &[[L; 3]; 4], theirs: &Quads<f32>, limits: [f64; 2]) -> (u32, u32) {
    let r_j = [L::repeat_quad(&theirs[0]), L::repeat_quad(&theirs[1]), L::repeat_quad(&theirs[2])];
    let (mut near, mut within) = (0, 0);
    for g in 0..16 / L::WIDTH {
        let d = [r[g][0] - r_j[0], r[g][1] - r_j[1], r[g][2] - r_j[2]];
        let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
        near |= r2.bits_lt(L::splat(limits[0])) << (g * L::WIDTH);
        within |= r2.bits_lt(L::splat(limits[1])) << (g * L::WIDTH);
    }
    (near, within)
}
