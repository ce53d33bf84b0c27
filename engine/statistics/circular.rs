//! The mean of values on a circle: angles, coordinates in a periodic cell.

use super::{Estimate, Estimator, NoEstimate, checked};
use std::f64::consts::TAU;

/// The mean direction of values on a circle, with what is known of its quality.
#[derive(Clone, Debug, PartialEq)]
pub struct CircularEstimate {
    /// Mean direction in the units of the values, and its quality.
    pub estimate: Estimate,
    /// R, the length of the mean of unit vectors: 1 where all values are alike, 0 where they are all round the circle.
    pub resultant: f64,
    /// By walker: what each value adds to the mean, in first order; an ordinary series, whose mean is the mean direction and whose error is
    /// its error.
    pub linear: Vec<Vec<f64>>,
}

/// Standard errors of the resultant that it is long at least for the mean to have a direction: where values are all round the circle, one
/// resultant of 3000 is longer.
const FEWEST_ERRORS: f64 = 4.0;

/// The mean direction of values of a period P over walkers that sample the same distribution.
///
/// With theta = 2 pi x / P, C and S the means of cos theta and sin theta, and R^2 = C^2 + S^2: the mean direction m = atan2(S, C) and, in first
/// order, its error is that of the mean of sin(theta - m) / R. That series is estimated like any other, whatever its correlation. R-hat is
/// that of sin(theta - m) or of cos(theta - m), the larger: walkers at opposite ends disagree in one of them.
///
/// # Errors
/// [`NoEstimate::NoDirection`] where R is not above four of its standard errors; else as the estimator.
///
/// Source: Mardia and Jupp, Directional Statistics (2000), sections 2.2 and 4.8.
pub fn estimate_on_circle(walkers: &[&[f64]], period: f64, estimate: Estimator) -> Result<CircularEstimate, NoEstimate> {
    let chains = checked(walkers, 1)?;
    let n: usize = chains.iter().map(|chain| chain.len()).sum();
    let angle = |value: &f64| TAU * value / period;
    let sum = |of: fn(f64) -> f64| chains.iter().flat_map(|chain| chain.iter()).map(|value| of(angle(value))).sum::<f64>();
    let (cosine, sine) = (sum(f64::cos) / n as f64, sum(f64::sin) / n as f64);
    let (resultant, direction) = (cosine.hypot(sine), sine.atan2(cosine));
    let series = |of: fn(f64) -> f64| -> Vec<Vec<f64>> {
        chains.iter().map(|chain| chain.iter().map(|value| of(angle(value) - direction)).collect()).collect()
    };
    let (across, along) = (series(f64::sin), series(f64::cos));
    let estimated = |series: &[Vec<f64>]| estimate(&series.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let (of_across, of_along) = (estimated(&across)?, estimated(&along)?);
    let error = (0.5 * (of_across.standard_error.powi(2) + of_along.standard_error.powi(2))).sqrt();
    if resultant.is_nan() || resultant <= FEWEST_ERRORS * error {
        return Err(NoEstimate::NoDirection { resultant, error });
    }
    // Values that are never below 0 have a mean that is not.
    let positive = chains.iter().all(|chain| chain.iter().all(|&value| value >= 0.0));
    let direction = if positive && direction < 0.0 { direction + TAU } else { direction };
    let (unit, centre) = (period / (TAU * resultant), period * direction / TAU);
    let linear = across.iter().map(|chain| chain.iter().map(|sine| centre + unit * sine).collect()).collect();
    let r_hat = of_across.r_hat.into_iter().chain(of_along.r_hat).reduce(f64::max);
    let estimate = Estimate { mean: centre, standard_error: unit * of_across.standard_error, r_hat, ..of_across };
    Ok(CircularEstimate { estimate, resultant, linear })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normal, streams};
    use crate::statistics::estimate;
    use rand::RngExt;

    /// Walkers of correlated normal angles of this spread about `centre`, in degrees from -180 to 180.
    fn walkers(seed: u64, centre: f64, spread: f64, n: usize) -> Vec<Vec<f64>> {
        let walk = |mut random: crate::random::Random| {
            let (mut x, keep) = (normal(&mut random), 0.8_f64);
            let mut next = || {
                x = keep * x + (1.0 - keep * keep).sqrt() * normal(&mut random);
                let degrees = centre + spread * x;
                degrees - 360.0 * (degrees / 360.0).round()
            };
            (0..n).map(|_| next()).collect()
        };
        streams(seed, 4).into_iter().map(walk).collect()
    }

    fn slices(walkers: &[Vec<f64>]) -> Vec<&[f64]> {
        walkers.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn the_mean_of_angles_about_180_degrees_is_180_degrees() {
        let mut z_scores = Vec::new();
        for seed in 0..60 {
            let walkers = walkers(seed, 178.0, 25.0, 500);
            let found = estimate_on_circle(&slices(&walkers), 360.0, estimate).expect("a direction");
            let off = found.estimate.mean - 178.0;
            let off = off - 360.0 * (off / 360.0).round();
            z_scores.push(off / found.estimate.standard_error);
            // exp(-spread^2 / 2) for normal angles.
            let expected = (-0.5 * 25f64.to_radians().powi(2)).exp();
            assert!((found.resultant - expected).abs() < 0.03, "{}", found.resultant);
            // The plain mean is somewhere between.
            let plain = estimate(&slices(&walkers)).expect("a mean");
            assert!(plain.mean.abs() < 100.0, "{}", plain.mean);
            let of_linear = estimate(&slices(&found.linear)).expect("a mean");
            assert!((of_linear.mean - found.estimate.mean).abs() < 1e-9);
            assert!((of_linear.standard_error - found.estimate.standard_error).abs() < 1e-9);
        }
        let spread = (z_scores.iter().map(|z| z * z).sum::<f64>() / z_scores.len() as f64).sqrt();
        assert!((0.75..1.3).contains(&spread), "standard deviation of z {spread}");
    }

    #[test]
    fn far_from_the_seam_it_is_the_plain_mean_for_small_spreads() {
        let walkers = walkers(7, 40.0, 2.0, 1000);
        let (plain, found) = (estimate(&slices(&walkers)).unwrap(), estimate_on_circle(&slices(&walkers), 360.0, estimate).unwrap());
        assert!((plain.mean - found.estimate.mean).abs() < 0.1 * plain.standard_error);
        assert!((plain.standard_error / found.estimate.standard_error - 1.0).abs() < 0.01);
    }

    #[test]
    fn values_all_round_the_circle_have_no_mean() {
        for mut random in streams(3, 50) {
            let walkers: Vec<Vec<f64>> = (0..3).map(|_| (0..400).map(|_| 10.0 * random.random::<f64>()).collect()).collect();
            let found = estimate_on_circle(&slices(&walkers), 10.0, estimate);
            assert!(matches!(found, Err(NoEstimate::NoDirection { .. })), "{found:?}");
        }
        // Two walkers at opposite ends.
        let apart = [vec![0.1, -0.1, 0.2, -0.2, 0.1, 0.0], vec![180.0, 179.9, -179.9, 179.8, -179.8, 180.0]];
        assert!(matches!(estimate_on_circle(&slices(&apart), 360.0, estimate), Err(NoEstimate::NoDirection { .. })));
    }

    #[test]
    fn coordinates_about_the_edge_of_a_cell_have_their_mean_in_it() {
        let walkers: Vec<Vec<f64>> =
            (0..2).map(|k| (0..100).map(|i| (9.8 + 0.1 * f64::from((i * 7 + k) % 11) - 0.5 + 0.1) % 10.0).collect()).collect();
        let found = estimate_on_circle(&slices(&walkers), 10.0, estimate).expect("a mean");
        assert!((found.estimate.mean - 9.9).abs() < 0.02, "{}", found.estimate.mean);
        let still = [vec![170.0; 10], vec![170.0; 10]];
        let found = estimate_on_circle(&slices(&still), 360.0, estimate).expect("a mean");
        assert!((found.estimate.mean - 170.0).abs() < 1e-9 && found.estimate.standard_error == 0.0 && found.resultant > 0.999_999);
    }
}
