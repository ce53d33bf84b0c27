//! Figures of the report: what the walkers recorded.

use super::Illustration;
use crate::build::Built;
use crate::output::figures::{Figure, Reference, Series, Style};
use crate::output::functions::FunctionSummary;
use crate::output::measured::with_error;
use crate::output::summary::Summary;
use crate::output::text::{escape, number};
use crate::units::Units;
use mcflow_engine::observers::{Caption, Column, Label, Picture, Unit};
use mcflow_engine::statistics::{Histogram, StateIndex, autocorrelation, estimate, free_energy_difference, free_energy_profile, slices};
use mcflow_engine::{FlowKind, Simulation};

/// Points of a figure, over all its lines.
const MOST_POINTS: usize = 1500;
/// Walkers of a figure.
const MOST_WALKERS: usize = 3;

/// Symbols of units for labels.
struct Symbols {
    energy: &'static str,
    length: &'static str,
    temperature: &'static str,
    dimension: usize,
}

impl Symbols {
    fn new(built: &Built, simulation: &Simulation) -> Self {
        let (energy, length, temperature) = match built.input.units {
            Units::Reduced => ("ε", "σ", "ε/k"),
            Units::Molar => ("kJ/mol", "nm", "K"),
            Units::Academic => ("kcal/mol", "Å", "K"),
        };
        Self { energy, length, temperature, dimension: simulation.plan().starts[0].cell.dimension() }
    }

    fn volume(&self) -> String {
        let power = ["", "", "²", "³"][self.dimension.min(3)];
        format!("{}{power}", self.length)
    }

    /// The symbol of a unit.
    fn unit(&self, unit: Unit) -> String {
        match unit {
            Unit::Energy => self.energy.to_string(),
            Unit::Thermal => "kT".to_string(),
            Unit::Length => self.length.to_string(),
            Unit::SquaredLength => format!("{}²", self.length),
            Unit::Volume => self.volume(),
            Unit::Density => format!("1/{}", self.volume()),
            Unit::Pressure => {
                let per = if self.energy.contains('/') { " per " } else { "/" };
                format!("{}{per}{}", self.energy, self.volume())
            }
            Unit::Temperature => self.temperature.to_string(),
            Unit::Picoseconds => "ps".to_string(),
            // The unit of time that length, energy and mass make.
            Unit::ReducedTime => "σ√(m/ε)".to_string(),
        }
    }

    /// A quantity and its unit.
    fn label(&self, label: &Label) -> String {
        label.unit.map_or_else(|| label.text.clone(), |unit| format!("{} ({})", label.text, self.unit(unit)))
    }
}

/// Every column over the sweeps, for a few walkers.
pub fn time_series(built: &Built, simulation: &Simulation, summary: &Summary) -> Vec<Illustration> {
    let plan = simulation.plan();
    let recorder = simulation.recorder();
    let symbols = Symbols::new(built, simulation);
    let figure = |k: usize| {
        let all = recorder.series(k, plan.walkers(0));
        let shown = all.len().min(MOST_WALKERS);
        let name = &recorder.columns()[k];
        let series = all.iter().take(shown).enumerate().map(|(walker, values)| {
            let points = thinned(values, MOST_POINTS / shown).into_iter();
            let points = points.map(|(frame, value)| (((frame + 1) as u64 * plan.lengths.record_every) as f64, value));
            Series::new(format!("walker {walker}"), Style::Line, points.collect())
        });
        let mean = summary.observables.first().and_then(|rung| rung.columns.get(name)).and_then(|o| o.mean);
        Illustration::from(Figure {
            title: name.clone(),
            x_label: "sweep".to_string(),
            y_label: symbols.label(&plan.columns[k].label()),
            series: series.collect(),
            references: mean.map(|m| Reference::horizontal(m, "mean")).into_iter().collect(),
            height: 280,
            ..Figure::default()
        })
    };
    // A column that never changes is a number in the table.
    let varies = |k: &usize| {
        let all = recorder.series(*k, 0..plan.starts.len());
        let first = all.iter().find_map(|s| s.first().copied());
        all.iter().any(|s| s.len() > 1) && all.iter().any(|s| s.iter().any(|v| Some(*v) != first))
    };
    (0..recorder.columns().len()).filter(varies).map(figure).collect()
}

/// About `most` values with their places: the lowest and the highest of each stretch, so that no excursion is lost.
pub fn thinned(values: &[f64], most: usize) -> Vec<(usize, f64)> {
    if values.len() <= most.max(4) {
        return values.iter().copied().enumerate().collect();
    }
    let length = values.len().div_ceil(most.max(4) / 2);
    let mut points = Vec::with_capacity(most);
    for (k, stretch) in values.chunks(length).enumerate() {
        let by = |choose: fn(f64, f64) -> bool| {
            (0..stretch.len()).filter(|&i| stretch[i].is_finite()).reduce(|a, b| if choose(stretch[b], stretch[a]) { b } else { a })
        };
        let (Some(low), Some(high)) = (by(|b, a| b < a), by(|b, a| b > a)) else { continue };
        points.push((k * length + low.min(high), stretch[low.min(high)]));
        if low != high {
            points.push((k * length + low.max(high), stretch[low.max(high)]));
        }
    }
    points
}

/// The density of the potential energy and of each variable, over all walkers.
pub fn histograms(built: &Built, simulation: &Simulation) -> Vec<Illustration> {
    let symbols = Symbols::new(built, simulation);
    let columns = simulation.plan().columns.iter().enumerate();
    let wanted = columns.filter(|(_, c)| matches!(c, Column::PotentialEnergy | Column::Variable(..)));
    let figure = |(k, column): (usize, &Column)| {
        let (points, errors) = density(&slices(&simulation.recorder().series(k, simulation.plan().walkers(0))))?;
        Some(Illustration::from(Figure {
            title: format!("Distribution of {}", column.name()),
            x_label: symbols.label(&column.label()),
            y_label: "probability density".to_string(),
            series: vec![Series::new("", Style::Steps, points).with_errors(errors)],
            ..Figure::default()
        }))
    };
    wanted.filter_map(figure).collect()
}

/// Points of a density with a standard error each.
type Density = (Vec<(f64, f64)>, Vec<f64>);

/// Nothing where there are too few values, or where they are all alike.
fn density(walkers: &[&[f64]]) -> Option<Density> {
    let mut sorted: Vec<f64> = walkers.iter().flat_map(|w| w.iter().copied()).filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.len() < 8 {
        return None;
    }
    let at = |fraction: f64| sorted[((sorted.len() - 1) as f64 * fraction).round() as usize];
    let (mut low, mut high) = (at(0.0), at(1.0));
    // A few values far away would leave one bin for all others.
    let most = at(0.999) - at(0.001);
    if most > 0.0 && high - low > 2.0 * most {
        (low, high) = (low.max(at(0.001) - 0.3 * most), high.min(at(0.999) + 0.3 * most));
    }
    if high - low <= 1e-12 * low.abs().max(high.abs()) {
        return None;
    }
    let bins = ((sorted.len() as f64).sqrt() as usize).clamp(8, 60);
    let beyond = high + 1e-9 * (high - low);
    let mut histograms = vec![Histogram::new(low, beyond, bins).ok()?; walkers.len()];
    for (histogram, walker) in histograms.iter_mut().zip(walkers) {
        walker.iter().for_each(|&v| histogram.add(v));
    }
    let profile = free_energy_profile(&histograms).ok()?;
    let error = |p: &mcflow_engine::statistics::ProfilePoint| p.standard_error.map_or(0.0, |e| e * p.density);
    Some((profile.points.iter().map(|p| (p.coordinate, p.density)).collect(), profile.points.iter().map(error).collect()))
}

/// The accumulated functions of the first rung.
pub fn functions(built: &Built, simulation: &Simulation, summary: &Summary) -> Vec<Illustration> {
    let symbols = Symbols::new(built, simulation);
    let first = |function: &&FunctionSummary| function.rung == 0;
    summary.functions.iter().filter(first).filter_map(|function| function.curve.picture.as_ref()).map(|p| curve(p, &symbols)).collect()
}

fn curve(picture: &Picture, symbols: &Symbols) -> Illustration {
    let points = picture.points.iter().map(|[x, y, _]| (*x, *y)).collect();
    let errors = picture.points.iter().map(|[_, _, error]| *error).collect();
    let piece = |piece: &Caption| match piece {
        Caption::Words(words) => escape(words),
        Caption::Share(share) => format!("{} %", number(100.0 * share, 2)),
    };
    let figure = Figure {
        title: picture.title.clone(),
        x_label: symbols.label(&picture.x),
        y_label: symbols.label(&picture.y),
        references: picture.reference.map(|level| Reference::horizontal(level, "")).into_iter().collect(),
        series: vec![Series::new("", Style::Line, points).with_errors(errors)],
        ..Figure::default()
    };
    Illustration { figure, caption: picture.caption.iter().map(piece).collect() }
}

/// The autocorrelation function of the potential energy.
pub fn autocorrelation_function(simulation: &Simulation, summary: &Summary) -> Vec<Illustration> {
    let plan = simulation.plan();
    let Some(k) = plan.columns.iter().position(|c| *c == Column::PotentialEnergy) else { return Vec::new() };
    let name = plan.columns[k].name();
    let series = simulation.recorder().series(k, plan.walkers(0));
    let Ok(rho) = autocorrelation(&slices(&series)) else { return Vec::new() };
    let time = summary.observables.first().and_then(|r| r.columns.get(&name)).and_then(|o| o.autocorrelation_time);
    let Some(time) = time.filter(|_| rho.iter().skip(1).any(|r| *r != 0.0)) else { return Vec::new() };
    let sweeps = plan.lengths.record_every as f64;
    let lags = ((6.0 * time).ceil() as usize).max(20).min((rho.len() / 2).max(2)).min(rho.len());
    let step = lags.div_ceil(600).max(1);
    let points: Vec<(f64, f64)> = (0..lags).step_by(step).map(|t| (t as f64 * sweeps, rho[t])).collect();
    let mut references = vec![Reference::horizontal(0.0, "")];
    if time < lags as f64 {
        references.push(Reference::vertical(time * sweeps, "τ, the integrated autocorrelation time"));
    }
    let figure = Figure {
        title: format!("Autocorrelation function of {name}"),
        x_label: "lag (sweeps)".to_string(),
        y_label: "ρ".to_string(),
        series: vec![Series::new("", Style::Line, points)],
        references,
        ..Figure::default()
    };
    let caption = "Over all walkers, with the variance between them: where they disagree, it does not fall to 0.".to_string();
    vec![Illustration { figure, caption }]
}

/// The first free-energy difference as the run went on.
pub fn running_difference(simulation: &Simulation, summary: &Summary) -> Vec<Illustration> {
    /// Estimates along the run.
    const POINTS: usize = 20;
    /// States that are looked at; of longer records each second, third, ... sample.
    const MOST_STATES: usize = 400_000;
    let plan = simulation.plan();
    let [first, second, ..] = plan.states.as_slice() else { return Vec::new() };
    let walkers = simulation.recorder().states(plan.walkers(0));
    let samples = walkers.iter().map(|w| w.len()).min().unwrap_or(0);
    let stride = (samples * walkers.len()).div_ceil(MOST_STATES).max(1);
    let every = |w: &Vec<StateIndex>| -> Vec<StateIndex> { w[..samples].iter().copied().step_by(stride).collect() };
    let walkers: Vec<Vec<StateIndex>> = walkers.iter().map(every).collect();
    let kept = walkers.first().map_or(0, Vec::len);
    let (mut points, mut errors) = (Vec::new(), Vec::new());
    for part in 1..=POINTS {
        let until = kept * part / POINTS;
        let series: Vec<&[StateIndex]> = walkers.iter().map(|w| &w[..until]).collect();
        if let Ok(found) = free_energy_difference(&series, 0, 1, estimate) {
            points.push(((until * stride) as f64 * plan.lengths.record_every as f64, found.value));
            errors.push(found.standard_error);
        }
    }
    if points.len() < 3 {
        return Vec::new();
    }
    let mut references = Vec::new();
    for flow in &summary.flows {
        let found = flow.free_energy_differences.iter().find(|d| d.from == first.name && d.to == second.name);
        references.extend(found.and_then(|d| {
            let (value, error) = (d.value?, d.standard_error?);
            let by = if flow.kind == FlowKind::ModeJump { "images" } else { "weights" };
            Some(Reference::horizontal(value, format!("{} by the {by} of {}", with_error(value, error), flow.name)))
        }));
    }
    let figure = Figure {
        title: format!("F({}) − F({}) as the run went on", second.name, first.name),
        x_label: "sweep".to_string(),
        y_label: "free-energy difference (kT)".to_string(),
        series: vec![Series::new("", Style::Line, points).with_errors(errors)],
        references,
        ..Figure::default()
    };
    let caption = "All walkers up to that sweep; the band is one standard error.".to_string();
    vec![Illustration { figure, caption }]
}
