//! Free-energy differences from the works of frames that a map carries.

use crate::statistics::{BennettEstimate, NoEstimate, Origin, bennett_acceptance_ratio, independent_frames, standard_error_by_influence};

/// Effective works from either state below which Bennett's ratio has no error bar worth its name.
const FEWEST_WORKS: usize = 50;
/// Independent frames of either state below which it has none: of fewer nobody knows how they are correlated.
const FEWEST_INDEPENDENT: f64 = 5.0;

/// Works of the frames of a state, in the order of the walkers and rounds they come from.
pub(super) struct Works<'a> {
    pub state: &'a str,
    pub works: Vec<f64>,
    pub origins: Vec<Origin>,
}

/// F(second) - F(first) by Bennett's ratio, with an error that knows of the correlation of frames; or why there is none.
pub(super) fn difference(first: &Works, second: &Works) -> Result<(f64, f64), String> {
    let found = bennett(first, second)?;
    let influence = found.influence.concat();
    let origins = [&first.origins[..], &second.origins].concat();
    let error = standard_error_by_influence(&influence, &origins).map_err(|reason| reason.to_string())?;
    Ok((found.value, error))
}

/// Bennett's ratio of works that are enough of it; or why there is none.
fn bennett(first: &Works, second: &Works) -> Result<BennettEstimate, String> {
    for Works { state, works, .. } in [first, second] {
        let n = works.len();
        if n < FEWEST_WORKS {
            return Err(format!("{n} frames of `{state}` to judge by, at least {FEWEST_WORKS} are needed"));
        }
    }
    let few = |state: &str, effective: f64, found: usize| {
        let needed = format!("at least {FEWEST_WORKS} are needed");
        format!("hardly any overlap: the works from `{state}` count for {effective:.1} of {found}, {needed}")
    };
    let found = bennett_acceptance_ratio(&first.works, &second.works).map_err(|reason| match reason {
        NoEstimate::NoOverlap => "no overlap: the images of all frames of one state lie outside the other".to_string(),
        NoEstimate::FewWorks { end, effective, found, .. } => {
            few(if end == "first" { first.state } else { second.state }, effective, found)
        }
        other => other.to_string(),
    })?;
    for ((side, effective), influence) in [first, second].into_iter().zip(found.effective).zip(&found.influence) {
        if effective < FEWEST_WORKS as f64 {
            return Err(few(side.state, effective, side.works.len()));
        }
        let independent = independent_frames(influence, &side.origins).map_err(|reason| reason.to_string())?;
        if independent < FEWEST_INDEPENDENT {
            let (state, n) = (side.state, side.works.len());
            return Err(format!("the {n} frames of `{state}` are worth {independent:.1} independent ones, too few for an error"));
        }
    }
    Ok(found)
}

/// (F_2 - F_1, error) of two free energies F_1, F_2 that are counted from one `base`, by Bennett's ratio of each: `to_first` and `to_second` are works of
/// the same frames of the base.
///
/// Infeasible passages and images elsewhere are works of +inf and stay in the numbers of frames: feasible pairs are a bijection, so
/// Z_base E_base[h(w) 1_feasible] = Z_k E_k[h(-w') e^(-w') 1_feasible] holds for every h, whatever is dropped, as long as both means are over all frames.
pub(super) fn difference_by_base(
    (to_first, to_second): (&[f64], &[f64]),
    base: (&str, &[Origin]),
    [first, second]: [&Works; 2],
) -> Result<(f64, f64), String> {
    let from_base = |works: &[f64]| Works { state: base.0, works: works.to_vec(), origins: base.1.to_vec() };
    let found = [bennett(&from_base(to_first), first)?, bennett(&from_base(to_second), second)?];
    let of_base = found[1].influence[0].iter().zip(&found[0].influence[0]).map(|(second, first)| second - first);
    let influence: Vec<f64> =
        of_base.chain(found[0].influence[1].iter().map(|v| -v)).chain(found[1].influence[1].iter().copied()).collect();
    let origins = [base.1, &first.origins, &second.origins].concat();
    let error = standard_error_by_influence(&influence, &origins).map_err(|reason| reason.to_string())?;
    Ok((found[1].value - found[0].value, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, normal, streams};

    /// Gaussian works from one end of exact difference `exact`, of walkers whose works are correlated over some `tau` rounds.
    fn works<'a>(random: &mut Random, state: &'a str, walkers: std::ops::Range<usize>, rounds: usize, tau: f64, exact: f64) -> Works<'a> {
        let keeps = (-1.0 / tau).exp();
        let (mut works, mut origins) = (Vec::new(), Vec::new());
        for walker in walkers {
            let mut x = normal(random);
            for time in 0..rounds {
                x = keeps * x + (1.0 - keeps * keeps).sqrt() * normal(random);
                works.push(exact + 0.5 + x);
                origins.push(Origin { walker, time });
            }
        }
        Works { state, works, origins }
    }

    fn mean_square_of_z(walkers: usize, rounds: usize, tau: f64) -> f64 {
        let z = |seed: u64| {
            let mut random = streams(seed, 1).remove(0);
            let first = works(&mut random, "a", 0..walkers, rounds, tau, 2.0);
            let second = works(&mut random, "b", walkers..2 * walkers, rounds, tau, -2.0);
            let (value, error) = difference(&first, &second).expect("overlap");
            (value - 2.0) / error
        };
        (0..200).map(|seed| z(seed).powi(2)).sum::<f64>() / 200.0
    }

    #[test]
    fn the_error_of_correlated_frames_covers_the_truth() {
        // Frames of 16 walkers hardly ever forgotten, of few walkers for long, and independent ones: 1 in each case, 30 and 12 for frames that
        // count as independent in the first two.
        for (walkers, rounds, tau) in [(8, 125, 30.0), (2, 2000, 6.0), (8, 125, 0.1)] {
            let found = mean_square_of_z(walkers, rounds, tau);
            println!("{walkers} {rounds} {tau}: {found:.2}");
            assert!((0.5..1.6).contains(&found), "{walkers} walkers, {rounds} rounds, tau {tau}: {found:.2}");
        }
    }

    #[test]
    fn hardly_any_overlap_is_no_difference() {
        let mut random = streams(1, 1).remove(0);
        let second = works(&mut random, "b", 8..16, 125, 0.1, 0.0);
        for overlapping in [0, 1, 6, 49] {
            let mut first = works(&mut random, "a", 0..8, 125, 0.1, 0.0);
            first.works.iter_mut().skip(overlapping).for_each(|w| *w = f64::INFINITY);
            let reason = difference(&first, &second).expect_err("no number");
            assert!(reason.contains("overlap"), "{reason}");
            assert!(difference(&second, &first).is_err());
        }
        let few = Works { state: "a", works: vec![0.0; 49], origins: vec![Origin { walker: 0, time: 0 }; 49] };
        assert!(difference(&few, &second).expect_err("no number").contains("49 frames of `a`"));
        // One walker that stands still.
        let still = Works { state: "a", works: vec![0.1; 500], origins: (0..500).map(|time| Origin { walker: 0, time }).collect() };
        let mut half = still;
        half.works[250..].fill(1.3);
        let second = works(&mut random, "b", 1..2, 500, 0.1, 0.0);
        assert!(difference(&half, &second).expect_err("no number").contains("independent"));
    }
}
