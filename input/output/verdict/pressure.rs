//! Findings about constant pressure: cells that stand at their least size.

use super::{Finding, Severity};
use crate::build::Built;
use crate::output::summary::Summary;
use mcflow_engine::Simulation;
use mcflow_engine::observers::SMALLEST_HEIGHT;

/// Share of the samples near the least height above which the ensemble counts as cut. A normal distribution of the logarithm of the height
/// with that share has a thousandth of its mass beyond the edge.
const TINY_SHARE: f64 = 1e-3;
/// How near, in standard deviations of the logarithm of the height.
const NEAR: f64 = 0.25;

/// What to do about cells at their least size; that they are there is said by [`Summary::why`].
pub(super) fn findings(_: &Built, simulation: &Simulation, _: &Summary) -> Vec<Finding> {
    let rungs = simulation.plan().rungs.len();
    if (0..rungs).all(|rung| cut_at_least_size(simulation, rung).is_none()) {
        return Vec::new();
    }
    vec![Finding {
        severity: Severity::Doubtful,
        kind: "least_size",
        found: "no mean of the rungs whose cell is at its least size has an error bar".to_string(),
        remedy: "take more particles or a shorter cutoff, so that the cell has room to shrink; with single edges also a smaller `largest_aspect`"
            .to_string(),
    }]
}

/// That the cells of a rung at constant pressure stand at the least height that the potential allows, if they do.
pub(crate) fn cut_at_least_size(simulation: &Simulation, rung: usize) -> Option<String> {
    let (plan, recorder) = (simulation.plan(), simulation.recorder());
    let reach = plan.potential.reach()?;
    let column = recorder.columns().iter().position(|name| name == SMALLEST_HEIGHT)?;
    let least = 2.0 * reach.length;
    let series = recorder.series(column, plan.walkers(rung));
    let share = share_at_edge(series.iter().flatten().map(|height| (height / least).ln()))?;
    (share > TINY_SHARE)
        .then(|| format!("the cell stands at its least height, {least} (twice {reach}), in {:.1} % of the samples", 100.0 * share))
}

/// The share of numbers that are within a quarter of their standard deviation of 0, which none of them is below.
fn share_at_edge(numbers: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let n = numbers.clone().count() as f64;
    if n == 0.0 {
        return None;
    }
    let mean = numbers.clone().sum::<f64>() / n;
    let variance = numbers.clone().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let near = NEAR * variance.sqrt() + 1e-9;
    Some(numbers.filter(|x| *x < near).count() as f64 / n)
}

#[cfg(test)]
mod tests {
    use super::share_at_edge;

    #[test]
    fn distributions_at_an_edge_are_told_from_those_away_from_it() {
        let uniform = |k: i32| (f64::from(k) + 0.5) / 1000.0;
        let exponential = (0..1000).map(uniform).map(|u| -u.ln());
        assert!(share_at_edge(exponential).unwrap() > 0.2);
        let far = (0..1000).map(uniform).map(|u| 5.0 + u);
        assert_eq!(share_at_edge(far), Some(0.0));
        assert_eq!(share_at_edge([0.0, 0.0].into_iter()), Some(1.0));
        assert_eq!(share_at_edge([0.3, 0.3].into_iter()), Some(0.0));
        assert_eq!(share_at_edge(std::iter::empty()), None);
    }
}
