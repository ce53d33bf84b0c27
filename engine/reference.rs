//! Reference configurations of domains, made of frames.

use crate::symmetry::{Domain, Symmetry};
use rayon::prelude::*;

/// Frames that a reference is the mean of, at most.
const FRAMES: usize = 1500;
/// Times that frames are folded and averaged.
const ROUNDS: usize = 14;

/// The domain of the mean of `rows` `[n, dim]`, all of them folded into it: from the first row on, the mean of folded rows is taken again and again.
/// None of the rows need be alike otherwise; where they are fluid, the mean is that of cages.
pub(crate) fn domain_of(symmetry: &Symmetry, rows: &[f64], dim: usize) -> Domain {
    let stride = (rows.len() / dim).div_ceil(FRAMES).max(1);
    let frames: Vec<&[f64]> = rows.chunks_exact(dim).step_by(stride).collect();
    let mut domain = Domain::new(symmetry, frames[0].to_vec());
    for _ in 0..ROUNDS {
        let folded: Vec<Vec<f64>> = frames.par_iter().filter_map(|row| domain.fold(row)).map(|(row, _)| row).collect();
        let mean = (0..dim).map(|k| folded.iter().map(|row| row[k]).sum::<f64>() / folded.len() as f64).collect();
        domain = Domain::new(symmetry, mean);
    }
    domain
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

/// The domain whose reference is the image of that of `domain` nearest to that of `other`: maps between them then move as little as can be.
pub(crate) fn matched(domain: &Domain, other: &Domain) -> Domain {
    let image = other.fold(domain.reference()).map_or_else(|| domain.reference().to_vec(), |(image, _)| image);
    Domain::new(domain.symmetry(), image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normal, streams};
    use crate::symmetry::Operation;

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
        let domain = domain_of(&symmetry, &rows, 32);
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
        // Another numbering of the same sites, matched.
        let turned = Domain::new(&symmetry, domain.symmetry().image(&other_element(&domain, &rows), domain.reference()));
        let matched = matched(&turned, &numbered);
        let off = matched.reference().iter().zip(numbered.reference()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-12, "{off}");
    }

    /// Some element that is not the identity.
    fn other_element(domain: &Domain, rows: &[f64]) -> crate::symmetry::Element {
        domain.fold(&rows[..32]).expect("finite numbers").1
    }

    #[test]
    fn operations_count_too() {
        let (rows, _) = frames(50);
        let turn = Operation::parse("-x, y", &[], 16, 2).expect("an operation");
        let symmetry = Symmetry::new(vec![(0..16).collect()], &[turn], 16, 2);
        assert!(domain_of(&symmetry, &rows, 32).holds(domain_of(&symmetry, &rows, 32).reference()));
    }
}
