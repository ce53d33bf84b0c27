//! Reference configurations of domains, made of frames.

use super::{Domain, Symmetry};
use rayon::prelude::*;

/// Frames that a reference is the mean of, at most.
const FRAMES: usize = 1500;
/// Times that frames are folded and averaged.
const ROUNDS: usize = 14;
/// Frames from which means begin; the best of them is refined.
const STARTS: usize = 8;
/// Frames and rounds of a start.
const FRAMES_OF_A_START: usize = 200;
const ROUNDS_OF_A_START: usize = 8;

/// The domain of a mean of frames that are all folded into it: of the means, taken again and again from several frames on, the one that frames are nearest
/// to. `ends` are rows `[n, dim]` of one ensemble, or of both that a map leads between: each counts the same.
///
/// Both ends of a map share a reference. Where they have one each, particles that need not move get places that lie apart for no reason, and the map has
/// more to do. None of the frames need be alike otherwise; where they are fluid, the mean is that of cages.
pub(crate) fn domain_of(symmetry: &Symmetry, ends: &[&[f64]], dim: usize) -> Domain {
    let some = |count: usize| -> Vec<&[f64]> {
        let of = |rows: &&'_ [f64]| (rows.len() / dim).div_ceil(count / ends.len()).max(1);
        ends.iter().flat_map(|rows| rows.chunks_exact(dim).step_by(of(rows))).collect()
    };
    let (few, frames) = (some(FRAMES_OF_A_START), some(FRAMES));
    let starts = (0..STARTS.min(few.len())).map(|k| few[k * few.len() / STARTS.min(few.len())]);
    let means = starts.map(|row| mean_of(Domain::new(symmetry, row.to_vec()), &few, ROUNDS_OF_A_START));
    let best = means.min_by(|(_, a), (_, b)| a.total_cmp(b)).expect("a frame");
    mean_of(best.0, &frames, ROUNDS).0
}

/// The domain after so many rounds, and the mean squared distance of frames in it before the last.
fn mean_of(mut domain: Domain, frames: &[&[f64]], rounds: usize) -> (Domain, f64) {
    let mut apart = f64::INFINITY;
    for _ in 0..rounds {
        let folded: Vec<Vec<f64>> = frames.par_iter().filter_map(|row| domain.fold(row)).map(|(row, _)| row).collect();
        let square = |row: &Vec<f64>| row.iter().zip(domain.reference()).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        apart = folded.iter().map(square).sum::<f64>() / folded.len() as f64;
        let mean = (0..domain.reference().len()).map(|k| folded.iter().map(|row| row[k]).sum::<f64>() / folded.len() as f64).collect();
        domain = Domain::new(domain.symmetry(), mean);
    }
    (domain, apart)
}

/// The same domain with identical particles numbered so that, as far as can be, neighbours have an even and an odd number: flows change every other
/// coordinate by the rest, and learn best from neighbours.
///
/// Particles of unlike number within a set change places as long as that raises the sum over unlike pairs of r^-6: a local search for the largest
/// cut, as in a chessboard.
pub(crate) fn numbered(domain: &Domain, dimension: usize) -> Domain {
    let mut reference = domain.reference().to_vec();
    let n = reference.len() / dimension;
    let near = |row: &[f64], i: usize, j: usize| {
        let square: f64 = (0..dimension).map(|k| (row[k * n + i] - row[k * n + j]).powi(2)).sum();
        square.max(1e-6).powi(-3)
    };
    let mut improved = true;
    while improved {
        improved = false;
        for set in &domain.symmetry().identical {
            for (place, &i) in set.iter().enumerate() {
                for &j in set[place + 1..].iter().filter(|&&j| (i + j) % 2 == 1) {
                    // What the two have with all others: unlike pairs become alike and the other way round.
                    let gain: f64 = (0..n)
                        .filter(|&k| k != i && k != j)
                        .map(|k| {
                            let difference = near(&reference, i, k) - near(&reference, j, k);
                            if (i + k) % 2 == 1 { -difference } else { difference }
                        })
                        .sum();
                    if gain > 1e-9 {
                        (0..dimension).for_each(|k| reference.swap(k * n + i, k * n + j));
                        improved = true;
                    }
                }
            }
        }
    }
    Domain::new(domain.symmetry(), reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::Operation;
    use crate::random::{normal, streams};

    /// A square lattice of 4 by 4 whose particles are numbered at random in each frame, and moved a little.
    fn frames(count: usize) -> (Vec<f64>, Symmetry) {
        use rand::seq::SliceRandom;
        let mut random = streams(3, 1).remove(0);
        let mut rows = Vec::new();
        for _ in 0..count {
            let mut sites: Vec<usize> = (0..16).collect();
            sites.shuffle(&mut random);
            rows.extend(sites.iter().map(|s| (s % 4) as f64 - 1.5 + 0.05 * normal(&mut random)));
            rows.extend(sites.iter().map(|s| (s / 4) as f64 - 1.5 + 0.05 * normal(&mut random)));
        }
        (rows, Symmetry::new(vec![(0..16).collect()], &[], 16, 2))
    }

    #[test]
    fn a_reference_is_the_mean_of_folded_frames_and_a_chessboard() {
        let (rows, symmetry) = frames(400);
        let domain = domain_of(&symmetry, &[&rows], 32);
        let mut sites: Vec<(i64, i64)> = Vec::new();
        for i in 0..16 {
            let (x, y) = (domain.reference()[i] + 1.5, domain.reference()[16 + i] + 1.5);
            assert!((x - x.round()).abs() < 0.02 && (y - y.round()).abs() < 0.02, "{x} {y}");
            sites.push((x.round() as i64, y.round() as i64));
        }
        sites.sort_unstable();
        sites.dedup();
        assert_eq!(sites.len(), 16, "each site has a particle");
        let numbered = numbered(&domain, 2);
        let colours: Vec<i64> = (0..16)
            .map(|i| (numbered.reference()[i].floor() + numbered.reference()[16 + i].floor() + i as f64) as i64)
            .map(|sum| sum.rem_euclid(2))
            .collect();
        assert!(colours.iter().all(|c| *c == colours[0]), "no chessboard: {colours:?}");
    }

    #[test]
    fn operations_count_too() {
        let (rows, _) = frames(50);
        let turn = Operation::parse("-x, y", &[], 16, 2).expect("an operation");
        let symmetry = Symmetry::new(vec![(0..16).collect()], &[turn], 16, 2);
        assert!(domain_of(&symmetry, &[&rows], 32).holds(domain_of(&symmetry, &[&rows], 32).reference()));
    }
}
