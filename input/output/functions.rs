//! Accumulated functions as numbers: in `summary.json`, in a CSV file each, and behind the figures of the report.

use crate::output::summary::RungName;
use mcflow_engine::Simulation;
use mcflow_engine::observers::Curve;
use serde::Serialize;
use std::fmt::Write as _;

/// The name of the CSV file of a function in the folder of a run: functions have a folder of their own, so that no name is that of another file.
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
    /// Its points, one a bin or lag, and what else is known of it. Standard errors are absent where blocks and walkers do not differ or
    /// there is but one.
    #[serde(flatten)]
    pub curve: Curve,
}

/// All functions of a run, function by function, rung by rung; one without a single frame is left out.
pub fn functions(simulation: &Simulation, name: impl Fn(usize) -> RungName) -> Vec<FunctionSummary> {
    let plan = simulation.plan();
    let mut all = Vec::new();
    for (function, accumulation) in plan.functions.iter().zip(simulation.recorder().functions()) {
        for rung in 0..plan.rungs.len() {
            if let Some(curve) = accumulation.curve(plan.walkers(rung)) {
                all.push(FunctionSummary { name: function.name().to_string(), rung, of: name(rung), curve });
            }
        }
    }
    all
}

/// The CSV files of functions: name and text, with a row a point and rung. What is not known is left empty.
pub fn csv_files(functions: &[FunctionSummary]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for function in functions {
        let file = file_name(&function.name);
        if files.last().is_none_or(|(last, _)| *last != file) {
            files.push((file, format!("rung,temperature,{}\n", function.curve.columns.join(","))));
        }
        let text = &mut files.last_mut().expect("a file was begun").1;
        for point in &function.curve.points {
            let numbers: Vec<String> = point.iter().map(|value| value.map_or(String::new(), |v| v.to_string())).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{},{},{}", function.rung, function.of.temperature, numbers.join(","));
        }
    }
    files
}
