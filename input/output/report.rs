//! `report.html`: a run on one page, for people. Nothing outside it is needed to read it, and no script.

mod pictures;
mod tables;
mod training;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_page;

use crate::build::Built;
use crate::output::figures::Figure;
use crate::output::summary::Summary;
use crate::output::text::{count, duration, escape, number};
use crate::output::verdict::Severity;
use crate::units::Units;
use mcflow_engine::Simulation;

/// A figure with what is to be said about it; the caption is HTML.
struct Illustration {
    figure: Figure,
    caption: String,
}

impl From<Figure> for Illustration {
    fn from(figure: Figure) -> Self {
        Self { figure, caption: String::new() }
    }
}

/// The report of a run.
pub fn html(built: &Built, simulation: &Simulation, summary: &Summary) -> String {
    let plan = simulation.plan();
    let order = simulation.recorder().columns();
    let heading = heading(&built.text);
    let mut body = format!("<header>\n<p class=\"what\">mcflow run</p>\n<h1>{}</h1>\n</header>\n", escape(&heading));
    body.push_str(&status(summary));
    body.push_str(&facts(built, simulation, summary));
    let states: Vec<&str> = plan.states.iter().map(|s| s.name.as_str()).collect();
    let sections = [
        ("Observables", tables::observables(summary, order, plan.lengths.record_every)),
        ("States", tables::states(summary, &states) + &illustrations(&pictures::running_difference(simulation, summary))),
        ("Flows", training::flows(summary, simulation.reports(), &states)),
        ("Moves", tables::moves(&summary.moves) + &tables::exchanges(summary)),
        ("Functions", illustrations(&pictures::functions(built, simulation, summary))),
        ("Distributions", illustrations(&pictures::histograms(built, simulation))),
        ("Time series", illustrations(&pictures::time_series(built, simulation, summary))),
        ("Correlation in time", illustrations(&pictures::autocorrelation_function(simulation, summary))),
        ("Time", tables::phases(summary)),
        ("Input", format!("<pre>{}</pre>\n", escape(built.text.trim_end()))),
    ];
    for (title, contents) in sections.iter().filter(|(_, contents)| !contents.is_empty()) {
        body.push_str(&format!("<section>\n<h2>{title}</h2>\n{contents}</section>\n"));
    }
    page(&heading, &body)
}

/// A whole page around `body`.
pub fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\">\n<title>{title} - mcflow</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// What the input calls itself in its first comment.
fn heading(text: &str) -> String {
    let comments = text.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("//"));
    let first = comments.map(|line| line.trim_start_matches('/').trim()).find(|line| !line.is_empty());
    let Some(first) = first else { return "Report".to_string() };
    // Its first clause: comments often go on.
    let end = [". ", ": ", "; "].iter().filter_map(|stop| first.find(stop)).min().unwrap_or(first.len());
    first[..end].trim_end_matches([':', ';', ',', '.']).to_string()
}

/// The verdict, the same as in the terminal and in `summary.json`.
fn status(summary: &Summary) -> String {
    let verdict = &summary.verdict;
    let class = match verdict.worst() {
        None | Some(Severity::Note) => "good",
        Some(Severity::Doubtful | Severity::Unsound) => "bad",
    };
    let mut headline = verdict.headline.clone();
    if let Some(first) = headline.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut text = format!("<p class=\"status {class}\"><strong>{}.</strong></p>\n", escape(&headline));
    for finding in &verdict.findings {
        let class = if finding.severity == Severity::Note { "note" } else { "bad" };
        text.push_str(&format!("<p class=\"status {class}\">{}.</p>\n", escape(&finding.sentence())));
    }
    let broken: u64 = summary.moves.iter().map(|m| m.non_finite).sum();
    if broken > 0 {
        text.push_str(&format!(
            "<p class=\"status note\">{} proposals had an energy or a ratio that was not a finite number; they were rejected.</p>\n",
            count(broken)
        ));
    }
    text
}

fn facts(built: &Built, simulation: &Simulation, summary: &Summary) -> String {
    let plan = simulation.plan();
    let lengths = plan.lengths;
    let mut temperatures: Vec<String> = summary.observables.iter().map(|r| r.rung.temperature.to_string()).collect();
    temperatures.dedup();
    let temperature = match built.input.units {
        Units::Reduced => format!("kT = {} ε", temperatures.join(", ")),
        _ => format!("{} K", temperatures.join(", ")),
    };
    let units = match built.input.units {
        Units::Reduced => "Reduced (σ, ε, m)",
        Units::Molar => "Molar (nm, ps, kJ/mol, amu, K)",
        Units::Academic => "Academic (Å, fs, kcal/mol, amu, K)",
    };
    let cell = &plan.starts[0].cell;
    let space = if cell.is_periodic() { "a periodic cell" } else { "open space" };
    let mut rows = vec![
        ("Particles", format!("{} in {space} of {} dimensions", count(plan.particles.n() as u64), cell.dimension())),
        ("Temperature", temperature),
        ("Walkers", count(plan.starts.len() as u64)),
        ("Production", format!("{} sweeps after {} of equilibration", count(lengths.production), count(lengths.equilibration))),
        ("Samples", format!("{} of each walker", count(simulation.recorder().samples()))),
        ("Wall time", duration(summary.seconds)),
        ("Units", units.to_string()),
        ("Seed", summary.seed.to_string()),
        ("Version", format!("mcflow {}", escape(&summary.version))),
        ("Arithmetic", format!("{}, {}", escape(&summary.precision.to_lowercase()), escape(&summary.instruction_set))),
        ("Energy drift", format!("{} (largest, relative)", number(summary.largest_energy_drift, 2))),
    ];
    if summary.observables.iter().any(|r| !r.rung.scale.is_empty()) {
        let titles: Vec<String> = summary.observables.iter().map(|r| escape(&r.rung.title())).collect();
        rows.insert(2, ("Rungs", titles.join("; ")));
    }
    if summary.neighbour_list_builds > 0 {
        rows.push(("Neighbour lists", format!("built {} times", count(summary.neighbour_list_builds))));
    }
    rows.push(("Input SHA-256", format!("<code>{}</code>", escape(&summary.input_sha256))));
    let rows: Vec<String> = rows.into_iter().map(|(key, value)| format!("<div><dt>{key}</dt><dd>{value}</dd></div>\n")).collect();
    format!("<dl>\n{}</dl>\n", rows.concat())
}

/// Figures side by side.
fn illustrations(all: &[Illustration]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let figure = |i: &Illustration| {
        let caption = if i.caption.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>\n", i.caption) };
        format!("<figure>\n{}\n{caption}</figure>\n", i.figure.svg())
    };
    format!("<div class=\"figures\">\n{}</div>\n", all.iter().map(figure).collect::<String>())
}

/// The colours that figures use for paper, grid, frame and ink are replaced in the dark.
const STYLE: &str = "\
:root { --paper: #ffffff; --ink: #22262b; --faint: #5d666f; --line: #dde1e6; --shade: #f5f7f9; --good: #00664b; --good-paper: #e6f4ef;
  --bad: #9c2f00; --bad-paper: #fdeee5; --note-paper: #fff7e0; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem 1rem 3rem; max-width: 76rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .7rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
p { margin: .6rem 0; max-width: 52rem; }
.what, .small, figcaption { color: var(--faint); font-size: .9rem; }
.what { margin: 0; }
.status { padding: .55rem .8rem; border-left: 4px solid var(--line); background: var(--note-paper); max-width: none; }
.status.good { border-color: var(--good); background: var(--good-paper); }
.status.bad { border-color: var(--bad); background: var(--bad-paper); }
.warn { color: var(--bad); font-weight: 600; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: .1rem 2rem; margin: 1rem 0; }
dl div { display: flex; gap: .8rem; padding: .15rem 0; min-width: 0; }
dt { color: var(--faint); flex: 0 0 8.2rem; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
th + th, th + td, td + td { padding-left: .8rem; }
thead th { color: var(--faint); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; }
th:first-child { text-align: left; }
.words { display: inline-block; text-align: left; white-space: normal; min-width: 14rem; max-width: 30rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); gap: 1rem 1.4rem; margin: .8rem 0; }
figure { margin: 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 22rem; height: auto; }
figcaption { padding: .2rem .2rem 0; }
pre { overflow-x: auto; padding: .8rem; background: var(--shade); border: 1px solid var(--line); font-size: .85rem; line-height: 1.4; }
code { font-size: .92em; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  table { font-size: .85rem; }
  th, td { padding-right: .4rem; }
  th + th, th + td, td + td { padding-left: .4rem; }
  tbody th { white-space: normal; min-width: 7rem; }
  figure svg { min-width: 26rem; }
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #16191d; --ink: #e4e7ea; --faint: #9aa4ae; --line: #353b42; --shade: #1e2227; --good: #4cc9a0; --good-paper: #12302a;
    --bad: #ff9a66; --bad-paper: #3a2118; --note-paper: #33301c; }
  svg [fill='#FFFFFF'] { fill: #16191d; }
  svg [fill='#22262B'] { fill: #e4e7ea; }
  svg [stroke='#22262B'] { stroke: #e4e7ea; }
  svg [stroke='#E4E7EB'] { stroke: #2b3037; }
  svg [stroke='#9AA1A9'] { stroke: #5d666f; }
  svg [stroke='#0072B2'] { stroke: #4aa8e0; }
  svg [fill='#0072B2'] { fill: #4aa8e0; }
}
@media print { section { break-inside: avoid-page; } body { max-width: none; } }
";
