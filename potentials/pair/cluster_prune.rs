//! Choosing the near pairs among the candidates.

use super::cluster_list::{ClusterList, Entry, Pairs, Part, shifts};
use mcflow_base::{Element, InstructionSet, Kernel, Lane, Quads, dispatch_with};
use rayon::prelude::*;

/// Chooses the pairs of clusters with two particles within `reach`, by the positions that the list has in f32. After a build also keeps
/// only those candidates that have two particles within `candidates_reach`.
pub(crate) fn prune(set: InstructionSet, reach: f64, candidates_reach: Option<f64>, list: &mut ClusterList) {
    // In f32, with what it may round away added to the reach: a few pairs more, never one less.
    let rounding = list.rounding;
    let limit = |reach: f64| (reach + 2.0 * rounding).powi(2) * (1.0 + 8.0 * f32::ROUNDING);
    let (limit, candidates_limit) = (limit(reach), candidates_reach.map(limit));
    let ClusterList { parts, positions_f32, images, rounded, .. } = list;
    let (positions, shifts) = (&positions_f32[..], &shifts(images, rounded));
    let prune = |part: &mut Part| {
        let Part { candidates, near, .. } = part;
        match candidates_limit {
            None => dispatch_with(set, Prune::<false> { positions, shifts, limit, candidates_limit: 0.0, candidates, near }),
            Some(candidates_limit) => dispatch_with(set, Prune::<true> { positions, shifts, limit, candidates_limit, candidates, near }),
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
    shifts: &'a [[f32; 4]; 16],
    limit: f64,
    candidates_limit: f64,
    candidates: &'a mut Pairs,
    near: &'a mut Pairs,
}

impl<const TIGHTEN: bool> Kernel<f32> for Prune<'_, TIGHTEN> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lane<f32>>(self) {
        let Self { positions, shifts, limit, candidates_limit, candidates, near } = self;
        near.clear();
        let mut chosen = [const { Vec::new() }; 3];
        let (mut start, mut masked_start, mut kept) = (0, 0, 0);
        for row in &mut candidates.rows {
            let r = four::<L>(&positions[row.cluster as usize]);
            for &(entry, mask) in &candidates.masked[masked_start..row.masked as usize] {
                if near_bits::<L>(&r, positions, shifts, entry.0, [limit; 2]).0 != 0 {
                    near.masked.push((entry, mask));
                }
            }
            masked_start = row.masked as usize;
            // Sixteen candidates at a time make a bit each, and the bits choose among them: no branch to mispredict.
            let end = row.plain[2] as usize;
            for entries in &mut chosen {
                entries.resize((end - start + 16).max(entries.len()), 0);
            }
            let [whole, first, last] = &mut chosen;
            let (mut n_whole, mut n_first, mut n_last) = (0, 0, 0);
            let mut k = start;
            while k < end {
                let count = (end - k).min(16);
                let mut chunk = [0; 16];
                for (target, entry) in chunk.iter_mut().zip(&candidates.plain[k..k + count]) {
                    *target = entry.0;
                }
                let (mut low, mut high, mut within) = (0, 0, 0);
                for l in 0..count {
                    let (bits, tight) = near_bits::<L>(&r, positions, shifts, chunk[l], [limit, candidates_limit]);
                    low |= u32::from(bits & 0xff != 0) << l;
                    high |= u32::from(bits >> 8 != 0) << l;
                    within |= u32::from(tight != 0) << l;
                }
                n_whole += L::store_selected(low & high, &chunk, &mut whole[n_whole..]);
                n_first += L::store_selected(low & !high, &chunk, &mut first[n_first..]);
                n_last += L::store_selected(high & !low, &chunk, &mut last[n_last..]);
                if TIGHTEN {
                    let mut tight = [0; 16];
                    let n = L::store_selected(within, &chunk, &mut tight);
                    for (target, &entry) in candidates.plain[kept..kept + n].iter_mut().zip(&tight) {
                        *target = Entry(entry);
                    }
                    kept += n;
                }
                k += count;
            }
            start = end;
            if TIGHTEN {
                row.plain = [kept as u32; 3];
            }
            let from = near.plain.len();
            for entries in [&whole[..n_whole], &first[..n_first], &last[..n_last]] {
                near.plain.extend(entries.iter().map(|&entry| Entry(entry)));
            }
            near.end_row(row.cluster as usize, from + n_whole, from + n_whole + n_first);
        }
        if TIGHTEN {
            candidates.plain.truncate(kept);
        }
    }
}

/// Four particles, each in as many elements as a lane has for it.
#[inline(always)]
fn four<L: Lane<f32>>(mine: &Quads<f32>) -> [[L; 3]; 4] {
    let mut r = [[L::default(); 3]; 4];
    for g in 0..16 / L::WIDTH {
        for c in 0..3 {
            r[g][c] = L::spread_quads(&mine[c][g * (L::WIDTH / 4)..]);
        }
    }
    r
}

/// A bit for each pair with the particles of an entry, 4 i + j, whose squared distance is below each of two limits.
#[inline(always)]
fn near_bits<L: Lane<f32>>(r: &[[L; 3]; 4], positions: &[Quads<f32>], shifts: &[[f32; 4]; 16], entry: u32, limits: [f64; 2]) -> (u32, u32) {
    let entry = Entry(entry);
    let (theirs, shift) = (&positions[entry.cluster()], &shifts[entry.image()]);
    let mut r_j = [L::default(); 3];
    for c in 0..3 {
        r_j[c] = L::repeat_quad(&theirs[c]) + L::splat(f64::from(shift[c]));
    }
    let (mut near, mut within) = (0, 0);
    for g in 0..16 / L::WIDTH {
        let d = [r[g][0] - r_j[0], r[g][1] - r_j[1], r[g][2] - r_j[2]];
        let r2 = d[0].mul_add(d[0], d[1].mul_add(d[1], d[2] * d[2]));
        near |= r2.bits_lt(L::splat(limits[0])) << (g * L::WIDTH);
        within |= r2.bits_lt(L::splat(limits[1])) << (g * L::WIDTH);
    }
    (near, within)
}
