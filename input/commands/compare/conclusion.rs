//! What a comparison says: errors where a reference is known, spreads and agreement in any case.

use super::course::Course;
use super::method::{Dynamics, Method};
use crate::output::figures::{Figure, Reference, Series, Style};
use crate::output::measured::with_error;
use crate::output::report;
use crate::output::text::escape;
use crate::schema::{Compare, Quantity};
use serde::Serialize;

/// One method's figures.
#[derive(Clone, Debug, Serialize)]
pub struct MethodResult {
    /// Which.
    pub method: Method,
    /// Why it was left out, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// The course of each run.
    pub runs: Vec<Course>,
    /// Which runs failed, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// Root mean square error, at the times of `times`, where all runs have an estimate and there is a reference.
    pub error: Vec<Option<f64>>,
    /// Standard deviation of the estimates over the seeds, at the times of `times`, where there are several and all have one: it knows nothing of
    /// what all of them miss.
    pub spread: Vec<Option<f64>>,
    /// Root mean square of the standard errors at the end, where all runs know theirs.
    pub standard_error: Option<f64>,
    /// Runs that have an estimate at the end.
    pub with_estimate: usize,
}

impl MethodResult {
    /// A method without a run.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            left_out: None,
            runs: Vec::new(),
            failures: Vec::new(),
            error: Vec::new(),
            spread: Vec::new(),
            standard_error: None,
            with_estimate: 0,
        }
    }

    /// What went wrong: `plain MD is left out: ...`.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        let name = self.method.name();
        let left_out = self.left_out.iter().map(move |reason| format!("{name} is left out: {reason}"));
        left_out.chain(self.failures.iter().map(move |failure| format!("{name} failed, {failure}")))
    }

    /// The mean over runs and its standard error: the larger of what the runs say and what they show; `None` where a run knows none.
    fn mean(&self, period: Option<f64>) -> Option<(f64, f64)> {
        let n = self.runs.len() as f64;
        let values: Vec<f64> = self.runs.iter().filter_map(Course::value).collect();
        if values.is_empty() || values.len() < self.runs.len() || !self.failures.is_empty() {
            return None;
        }
        let said = self.standard_error? / n.sqrt();
        // Of two runs the spread itself is a guess.
        let shown = self.spread.last().copied().flatten().filter(|_| values.len() > 2).map_or(0.0, |spread| spread / n.sqrt());
        let ways: f64 = values.iter().map(|v| shorter_way(v - values[0], period)).sum();
        Some((values[0] + ways / n, said.max(shown)))
    }

    fn completed(mut self, times: usize, reference: Option<f64>, period: Option<f64>) -> Self {
        let runs = &self.runs;
        let whole = self.failures.is_empty() && !runs.is_empty();
        // An error of some runs alone would hide those that know nothing.
        let at = |k: usize| runs.iter().map(|run| run.values[k]).collect::<Option<Vec<f64>>>().filter(|_| whole);
        let way = |difference: f64| shorter_way(difference, period);
        let root_mean_square = |values: &mut dyn Iterator<Item = f64>, n: f64| (values.map(|v| v * v).sum::<f64>() / n).sqrt();
        self.error = (0..times)
            .map(|k| at(k).zip(reference).map(|(values, r)| root_mean_square(&mut values.iter().map(|v| way(v - r)), values.len() as f64)))
            .collect();
        let spread = |values: Vec<f64>| {
            let ways: Vec<f64> = values.iter().map(|v| way(v - values[0])).collect();
            let mean = ways.iter().sum::<f64>() / ways.len() as f64;
            root_mean_square(&mut ways.iter().map(|v| v - mean), ways.len() as f64 - 1.0)
        };
        self.spread = (0..times).map(|k| at(k).filter(|values| values.len() > 1).map(spread)).collect();
        let errors: Option<Vec<f64>> = runs.iter().map(|run| run.standard_error).collect();
        self.standard_error = errors.filter(|_| whole).map(|errors| root_mean_square(&mut errors.iter().copied(), errors.len() as f64));
        self.with_estimate = runs.iter().filter(|run| run.value().is_some()).count();
        self
    }
}

/// From one value to another: on a circle the shorter way round.
fn shorter_way(difference: f64, period: Option<f64>) -> f64 {
    period.map_or(difference, |period| difference - period * (difference / period).round())
}

/// A whole comparison: `compare.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What is followed.
    pub quantity: String,
    /// The value errors are counted from, where one is known from elsewhere.
    pub reference: Option<f64>,
    /// Its standard error, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_error: Option<f64>,
    /// Where it comes from, or why there is none.
    pub reference_source: String,
    /// Wall time of each run.
    pub seconds: f64,
    /// How plain dynamics integrates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamics: Option<Dynamics>,
    /// Times at which errors are given.
    pub times: Vec<f64>,
    /// By method.
    pub methods: Vec<MethodResult>,
    /// From when on the hybrid has a smaller error than every other method that has an estimate at all; without a reference nobody knows.
    pub paid_after_seconds: Option<f64>,
    /// What there is to say, a sentence each.
    pub remarks: Vec<String>,
}

/// Standard errors by which two means may differ by chance.
const LARGEST_Z: f64 = 5.0;

/// Figures and sentences of the runs of all methods, the hybrid first.
/// `period` is that of the quantity, where it has one.
pub(super) fn conclude(
    settings: &Compare,
    period: Option<f64>,
    dynamics: Option<Dynamics>,
    times: Vec<f64>,
    results: Vec<MethodResult>,
) -> Comparison {
    let methods: Vec<MethodResult> = results.into_iter().map(|result| result.completed(times.len(), settings.exact, period)).collect();
    let paid = settings.exact.and_then(|_| paid_after(&methods, &times));
    let mut remarks: Vec<String> = methods.iter().flat_map(MethodResult::sentences).collect();
    if settings.exact.is_none() {
        remarks.push(
            "no reference: errors are not known, for all runs may miss the same; give `exact` in `compare`, or the value of an independent \
             long run with its `exact_error`"
                .to_string(),
        );
    }
    remarks.extend(agreement(&methods, period));
    if settings.exact.is_some() && methods[0].with_estimate > 0 {
        let trained = methods[0].runs.iter().any(|run| run.training_seconds > 0.0);
        remarks.push(match (paid, trained) {
            (Some(time), true) => format!("training has paid for itself after {time:.2} s of {:.2} s", settings.seconds),
            (None, true) => format!("training has not paid for itself within {:.2} s", settings.seconds),
            (Some(time), false) => format!("the hybrid has the smallest error from {time:.2} s on, of {:.2} s", settings.seconds),
            (None, false) => format!("the hybrid has not the smallest error after {:.2} s", settings.seconds),
        });
    }
    let quantity = match &settings.quantity {
        Quantity::FreeEnergyDifference { from, to } => format!("F({to}) - F({from}) in kT"),
        Quantity::Mean(name) => format!("mean of {name}"),
        Quantity::Population(name) => format!("population of {name}"),
    };
    let dynamics = dynamics.filter(|_| methods.iter().any(|m| m.method == Method::PlainDynamics && m.left_out.is_none()));
    Comparison {
        quantity,
        reference: settings.exact,
        reference_error: settings.exact_error,
        reference_source: if settings.exact.is_some() { "`exact` of the input" } else { "none: the input gives no `exact`" }.to_string(),
        seconds: settings.seconds,
        dynamics,
        times,
        methods,
        paid_after_seconds: paid,
        remarks,
    }
}

/// From when on the hybrid has a smaller error than every other method that has one.
fn paid_after(methods: &[MethodResult], times: &[f64]) -> Option<f64> {
    let better = |k: usize| {
        let Some(hybrid) = methods[0].error[k] else { return false };
        methods[1..].iter().all(|m| m.error[k].is_none_or(|e| hybrid < e))
    };
    let alone = methods[1..].iter().all(|m| m.runs.is_empty());
    (0..times.len()).rev().take_while(|&k| better(k) && !alone).last().map(|k| times[k])
}

/// Whether methods agree with each other, and the runs of each with themselves, within what they say of their errors.
fn agreement(methods: &[MethodResult], period: Option<f64>) -> Vec<String> {
    let mut all = Vec::new();
    for result in methods {
        let name = result.method.name();
        let (spread, said) = (result.spread.last().copied().flatten(), result.standard_error);
        if let Some((spread, said)) = spread.zip(said)
            && spread > LARGEST_Z * said
        {
            all.push(format!(
                "the runs of {name} differ by far more ({spread:.2e}) than their standard errors ({said:.2e}): none of them has seen all"
            ));
        }
    }
    let means: Vec<(&str, (f64, f64))> = methods.iter().filter_map(|m| Some((m.method.name(), m.mean(period)?))).collect();
    let mut agree = means.len() > 1;
    for (k, (first, (a, error_a))) in means.iter().enumerate() {
        for (second, (b, error_b)) in &means[k + 1..] {
            if shorter_way(a - b, period).abs() > LARGEST_Z * error_a.hypot(*error_b) {
                agree = false;
                all.push(format!(
                    "{first} and {second} disagree, {} and {}: at least one of them has not seen the whole distribution, or samples another \
                     one, and its standard error means nothing",
                    with_error(*a, *error_a),
                    with_error(*b, *error_b)
                ));
            }
        }
    }
    if agree {
        let names: Vec<&str> = means.iter().map(|(name, _)| *name).collect();
        all.push(format!("{} agree within their standard errors", names.join(", ")));
    }
    all
}

/// The table and what follows it, as the terminal shows them.
pub(super) fn table(comparison: &Comparison) -> String {
    let reference = match (comparison.reference, comparison.reference_error) {
        (Some(value), Some(error)) => with_error(value, error),
        (Some(value), None) => format!("{value}"),
        (None, _) => "-".to_string(),
    };
    let mut text = format!("{}; reference {reference} ({})\n", comparison.quantity, comparison.reference_source);
    let mut row = |cells: [String; 9]| {
        let [name, runs, training, error, standard_error, spread, trips, steps, values] = cells;
        text.push_str(&format!(
            "{name:<10} {runs:>5} {training:>11} {error:>10} {standard_error:>15} {spread:>10} {trips:>12} {steps:>11}  {values}\n"
        ));
    };
    let head = ["method", "runs", "training/s", "error", "standard error", "spread", "round trips", "steps/s", "values"];
    row(head.map(str::to_string));
    for result in &comparison.methods {
        let runs = result.runs.len() as f64;
        let mean = |f: &dyn Fn(&Course) -> f64| result.runs.iter().map(f).sum::<f64>() / runs;
        let number = |value: Option<f64>| value.map_or("-".to_string(), |v| format!("{v:.4}"));
        let dash = || "-".to_string();
        if result.runs.is_empty() {
            let what = if result.left_out.is_some() { "left out" } else { "failed" };
            row([result.method.name().to_string(), "0".into(), dash(), dash(), dash(), dash(), dash(), dash(), what.into()]);
            continue;
        }
        let error = match result.error.last().copied().flatten() {
            None if comparison.reference.is_some() && result.failures.is_empty() => {
                format!("none in {}", result.runs.len() - result.with_estimate)
            }
            error => number(error),
        };
        let values = result.runs.iter().map(|run| match (run.value(), run.standard_error, &run.doubt) {
            (Some(value), Some(error), _) => with_error(value, error),
            (Some(value), None, doubt) => format!("{value:.4} ({})", doubt.as_deref().unwrap_or("no error known")),
            (None, ..) => "none".to_string(),
        });
        row([
            result.method.name().to_string(),
            result.runs.len().to_string(),
            format!("{:.2}", mean(&|r| r.training_seconds)),
            error,
            number(result.standard_error),
            number(result.spread.last().copied().flatten()),
            format!("{:.0}", mean(&|r| r.round_trips as f64)),
            format!("{:.3e}", mean(&|r| r.steps_per_second)),
            values.collect::<Vec<_>>().join(" "),
        ]);
    }
    if let Some(dynamics) = &comparison.dynamics {
        text.push_str(&format!("plain MD: BAOAB, {}\n", dynamics.source));
    }
    comparison.remarks.iter().for_each(|remark| text.push_str(&format!("{remark}\n")));
    text
}

/// Error against time, both logarithmic; without a reference the estimates themselves.
pub(super) fn figure(comparison: &Comparison) -> String {
    let Comparison { quantity, times, methods, .. } = comparison;
    if comparison.reference.is_none() {
        let lines = methods.iter().enumerate().flat_map(|(colour, result)| {
            result.runs.iter().enumerate().map(move |(number, run)| {
                let points = times.iter().zip(&run.values).filter_map(|(&t, value)| Some((t, (*value)?))).collect();
                let name = if number == 0 { result.method.name() } else { "" };
                Series::new(name, Style::Line, points).with_colour(colour)
            })
        });
        let figure = Figure {
            title: format!("{quantity} at equal wall time, each run a line"),
            x_label: "wall time in s".to_string(),
            y_label: "estimate; no reference is known".to_string(),
            series: lines.collect(),
            log_x: true,
            ..Figure::default()
        };
        return figure.svg();
    }
    let series = methods.iter().map(|result| {
        let points = times.iter().zip(&result.error).filter_map(|(&t, e)| Some((t, (*e)?.max(1e-6)))).collect();
        Series::new(result.method.name(), Style::Line, points)
    });
    let paid = comparison.paid_after_seconds.map(|time| Reference::vertical(time, "training has paid for itself"));
    let figure = Figure {
        title: format!("Error of {quantity} at equal wall time, training counted"),
        x_label: "wall time in s".to_string(),
        y_label: "root mean square error over seeds".to_string(),
        series: series.collect(),
        references: paid.into_iter().collect(),
        log_x: true,
        log_y: true,
        ..Figure::default()
    };
    figure.svg()
}

/// A page with the figure and the table.
pub(super) fn page(comparison: &Comparison, table: &str) -> String {
    let title = "Comparison at equal wall time";
    let body = format!("<h1>{title}</h1>\n{}\n<pre>{}</pre>\n", figure(comparison), escape(table));
    report::page(title, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(method: Method, values: &[(f64, f64)]) -> MethodResult {
        let run = |&(value, error): &(f64, f64)| Course { values: vec![Some(value)], standard_error: Some(error), ..Course::default() };
        MethodResult { runs: values.iter().map(run).collect(), ..MethodResult::new(method) }
    }

    fn settings(exact: Option<f64>) -> Compare {
        let text = format!("(quantity: Mean(\"x\"), exact: {exact:?})");
        ron::from_str(&text).expect("a section")
    }

    #[test]
    fn methods_that_disagree_are_said_to_and_none_of_them_is_the_reference() {
        let found = || {
            let stuck = result(Method::PlainMonteCarlo, &[(1.67844, 1e-4), (1.67846, 1e-4)]);
            vec![result(Method::Hybrid, &[(-1.76466, 6e-4), (-1.76319, 7e-4)]), stuck]
        };
        let comparison = conclude(&settings(None), None, None, vec![1.0], found());
        assert!(comparison.reference.is_none() && comparison.paid_after_seconds.is_none());
        assert!(comparison.methods.iter().all(|m| m.error == [None] && m.standard_error.is_some()));
        let remarks = comparison.remarks.join("\n");
        assert!(remarks.contains("hybrid and plain MC disagree, -1.7639"), "{remarks}");
        assert!(!table(&comparison).contains("paid"));
        // With a value from elsewhere errors are what they are.
        let comparison = conclude(&settings(Some(-1.76407)), None, None, vec![1.0], found());
        let errors: Vec<f64> = comparison.methods.iter().map(|m| m.error[0].expect("an error")).collect();
        assert!(errors[0] < 1e-3 && errors[1] > 3.4, "{errors:?}");
        assert_eq!(comparison.paid_after_seconds, Some(1.0));
        // Runs of one method that differ by far more than they say.
        let apart = vec![result(Method::Hybrid, &[(-1.8, 1e-3), (1.7, 1e-3)])];
        let remarks = conclude(&settings(None), None, None, vec![1.0], apart).remarks.join("\n");
        assert!(remarks.contains("the runs of hybrid differ by far more"), "{remarks}");
    }
}
