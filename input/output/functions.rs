//! Profiles and radial distribution functions as numbers: in `summary.json`, in a CSV file each, and behind the figures of the report.

use crate::output::summary::RungName;
use mcflow_engine::statistics::{FreeEnergyProfile, Histogram, RadialDistribution, RadialPoint, free_energy_profile, radial_distribution};
use mcflow_engine::{Accumulator, Simulation};
use serde::Serialize;
use std::fmt::Write as _;

/// The CSV file of the function `name` in the folder of a run: one of their own, so that no name is that of another file.
pub fn file_name(name: &str) -> String {
    format!("functions/{name}.csv")
}

/// An accumulated function of one rung, over its walkers in their order.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionSummary {
    /// Its name in the input.
    pub name: String,
    /// Number of the rung.
    pub rung: usize,
    /// What the rung samples.
    #[serde(flatten)]
    pub of: RungName,
    /// What was found.
    #[serde(flatten)]
    pub values: FunctionValues,
}

/// The points of a function, one a bin; coordinates are the middles of the bins. Standard errors are absent where blocks and walkers do not
/// differ or there is but one.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind")]
pub enum FunctionValues {
    /// Density and free energy -ln p(s) in kT of a variable.
    Profile(FreeEnergyProfile),
    /// g(r).
    RadialDistribution {
        /// One a bin.
        points: Vec<RadialPoint>,
    },
}

/// All functions of a run, function by function, rung by rung; one without a single frame is left out.
pub fn functions(simulation: &Simulation, name: impl Fn(usize) -> RungName) -> Vec<FunctionSummary> {
    let plan = simulation.plan();
    let mut all = Vec::new();
    for (observable, walkers) in plan.functions.iter().zip(simulation.recorder().functions()) {
        for rung in 0..plan.rungs.len() {
            if let Some(values) = values(&walkers[plan.walkers(rung)]) {
                all.push(FunctionSummary { name: observable.name().to_string(), rung, of: name(rung), values });
            }
        }
    }
    all
}

fn values(walkers: &[Accumulator]) -> Option<FunctionValues> {
    let histograms: Vec<Histogram> =
        walkers.iter().filter_map(|a| if let Accumulator::Profile(own) = a { Some(own.clone()) } else { None }).collect();
    if !histograms.is_empty() {
        let mut profile = free_energy_profile(&histograms).ok()?;
        // What never changed has no error.
        profile.points.iter_mut().for_each(|p| p.standard_error = p.standard_error.filter(|&e| e > 0.0));
        return Some(FunctionValues::Profile(profile));
    }
    let radial: Vec<RadialDistribution> =
        walkers.iter().filter_map(|a| if let Accumulator::RadialDistribution(own) = a { Some(own.clone()) } else { None }).collect();
    let points = radial_distribution(&radial).ok()?;
    points.iter().any(|p| p.value.is_some()).then_some(FunctionValues::RadialDistribution { points })
}

/// The CSV files of functions: name and text, with a row a bin and rung. What is not known is left empty.
pub fn csv_files(functions: &[FunctionSummary]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    for function in functions {
        let (columns, rows): (&str, Vec<String>) = match &function.values {
            FunctionValues::Profile(profile) => {
                let row = |p: &mcflow_engine::statistics::ProfilePoint| {
                    format!("{},{},{},{}", p.coordinate, p.density, number(p.free_energy), number(p.standard_error))
                };
                ("coordinate,density,free_energy,standard_error", profile.points.iter().map(row).collect())
            }
            FunctionValues::RadialDistribution { points } => {
                let row = |p: &RadialPoint| format!("{},{},{}", p.coordinate, number(p.value), number(p.standard_error));
                ("coordinate,value,standard_error", points.iter().map(row).collect())
            }
        };
        let file = file_name(&function.name);
        if files.last().is_none_or(|(last, _)| *last != file) {
            files.push((file, format!("rung,temperature,{columns}\n")));
        }
        let text = &mut files.last_mut().expect("a file was begun").1;
        for row in rows {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{},{},{row}", function.rung, function.of.temperature);
        }
    }
    files
}
