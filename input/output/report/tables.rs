//! Tables of the report. Cells are HTML; names from the input are escaped here.

use crate::output::measured::{doubt, with_error};
use crate::output::summary::{LARGEST_R_HAT, MoveSummary, ObservableSummary, RungName, RungStates, Summary, jumps};
use crate::output::text::{count, duration, escape, number, number_or_dash};
use mcflow_engine::statistics::Mixing;

/// A table that scrolls sideways where the page is narrow.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = head.iter().map(|h| format!("<th scope=\"col\">{h}</th>")).collect();
    let cell = |(k, text): (usize, &String)| if k == 0 { format!("<th scope=\"row\">{text}</th>") } else { format!("<td>{text}</td>") };
    let row = |row: &Vec<String>| format!("<tr>{}</tr>\n", row.iter().enumerate().map(cell).collect::<String>());
    let body: String = rows.iter().map(row).collect();
    format!("<div class=\"table\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n")
}

/// A cell of words rather than a number; escapes them.
fn words(text: &str) -> String {
    format!("<span class=\"words\">{}</span>", escape(text))
}

/// `value(error)`, with a true minus sign.
pub fn measured(value: Option<f64>, error: Option<f64>) -> String {
    match (value, error) {
        (Some(value), Some(error)) => with_error(value, error).replace('-', "−"),
        (Some(value), None) => number(value, 4),
        _ => "–".to_string(),
    }
}

/// A cell that stands out where something is bad.
pub fn warn(text: &str, bad: bool) -> String {
    if bad { format!("<span class=\"warn\">{text}</span>") } else { text.to_string() }
}

/// Cells that all measured numbers have, from the mean on; the last is why something is missing.
fn quality(o: &ObservableSummary) -> Vec<String> {
    let r_hat = o
        .r_hat
        .map_or("–".to_string(), |r| warn(&if r < 100.0 { format!("{r:.3}") } else { "above 100".to_string() }, r > LARGEST_R_HAT));
    let effective = match (o.effective_samples, o.mean) {
        (Some(n), _) => number(n, if n < 1000.0 { 3 } else { 4 }),
        (None, Some(_)) => warn("withheld", true),
        _ => "–".to_string(),
    };
    let mut cells = vec![
        measured(o.mean, o.standard_error),
        number_or_dash(o.autocorrelation_time, 3),
        effective,
        number_or_dash(o.effective_samples_per_second, 3),
        r_hat,
        number_or_dash(o.standard_error_by_blocks, 2),
    ];
    // What the heading of the page says once needs no sentence in each row.
    let why = o.reason.as_deref().filter(|_| o.mean.is_none());
    // Of a population its row says which state it is.
    cells.push(why.map_or(String::new(), |why| words(if why.contains("never visited") { "never visited" } else { why })));
    cells
}

fn with_head(first: &str, rows: &[Vec<String>]) -> String {
    let mut head = vec![first, "mean", "τ", "effective samples", "per second", "R-hat", "error by blocks", ""];
    let mut rows = rows.to_vec();
    if rows.iter().all(|row| row.last().is_some_and(String::is_empty)) {
        head.pop();
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    table(&head, &rows)
}

/// Means of the columns, in `order`.
pub fn observables(summary: &Summary, order: &[String], record_every: u64) -> String {
    let mut text = String::new();
    for rung in &summary.observables {
        let rows: Vec<Vec<String>> = order
            .iter()
            .filter_map(|name| rung.columns.get(name).map(|o| (name, o)))
            .map(|(name, o)| [vec![format!("<code>{}</code>", escape(name))], quality(o)].concat())
            .collect();
        if rows.is_empty() {
            continue;
        }
        text.push_str(&heading(summary, &rung.rung));
        text.push_str(&with_head("column", &rows));
        let every = if record_every == 1 { "sweep".to_string() } else { format!("{} sweeps", count(record_every)) };
        text.push_str(&format!(
            "<p class=\"small\">{} samples of each walker, one each {every}. The figure in brackets is the standard error in the last digits. τ is \
             the integrated autocorrelation time in samples over all walkers; effective samples are all samples over τ, and are withheld where \
             the walkers disagree (R-hat above {LARGEST_R_HAT}). The error by blocks is a second opinion.</p>\n",
            count(rung.samples)
        ));
    }
    text
}

/// Populations, free-energy differences and round trips; states in the order of the input.
pub fn states(summary: &Summary, order: &[&str]) -> String {
    summary.states.iter().map(|rung| heading(summary, &rung.rung) + &states_of(rung, order)).collect()
}

/// What a rung samples, where there are several.
fn heading(summary: &Summary, rung: &RungName) -> String {
    let several = summary.observables.len() > 1;
    if several { format!("<h3>Rung at temperature {}{}</h3>\n", rung.temperature, escape(&rung.rest())) } else { String::new() }
}

/// Exchanges between rungs, and jumps between states.
pub fn exchanges(summary: &Summary) -> String {
    let rows: Vec<Vec<String>> = summary
        .exchange
        .iter()
        .map(|e| {
            let what = e.flow.as_deref().map_or("ordinary".to_string(), |flow| format!("by {}", escape(flow)));
            vec![
                [e.rungs.0, e.rungs.1].map(|rung| escape(&summary.observables[rung].rung.title())).join(" – "),
                what,
                count(e.attempted),
                e.acceptance.map_or("–".to_string(), |a| warn(&number(a, 3), a < 0.01)),
                number_or_dash(e.between_states, 3),
            ]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&table(&["rungs", "exchange", "attempted", "accepted", "between states"], &rows));
        let trips: u64 = summary.ladder_round_trips.iter().sum();
        text.push_str(&format!(
            "<p class=\"small\">Replicas went {} times from the first rung to the last and back. Errors of rungs take into account that their \
             walkers exchange.</p>\n",
            count(trips)
        ));
    }
    text.push_str(&summary.ladder_mixing.as_ref().map_or(String::new(), |mixing| mixing_of(summary, mixing)));
    let ways: Vec<Vec<String>> = jumps(&summary.moves)
        .into_iter()
        .map(|(from, to, attempted, accepted)| {
            let share = (attempted > 0).then(|| accepted as f64 / attempted as f64);
            vec![escape(&from), escape(&to), count(attempted), number_or_dash(share, 3)]
        })
        .collect();
    if !ways.is_empty() {
        text.push_str(&table(&["jumps from", "to", "attempted", "accepted"], &ways));
    }
    text
}

/// Rungs of which the transition matrix is still read.
const READABLE_RUNGS: usize = 16;

fn mixing_of(summary: &Summary, mixing: &Mixing) -> String {
    let name = |rung: usize| escape(&summary.observables[rung].rung.title());
    let n = mixing.transitions.len();
    let mut text = String::new();
    if n <= READABLE_RUNGS {
        let heads: Vec<String> = std::iter::once("replicas from, to".to_string()).chain((0..n).map(name)).collect();
        let row = |(rung, row): (usize, &Vec<f64>)| -> Vec<String> {
            let share = |&p: &f64| if p == 0.0 { String::new() } else { number(p, 3) };
            std::iter::once(name(rung)).chain(row.iter().map(share)).collect()
        };
        let rows: Vec<Vec<String>> = mixing.transitions.iter().enumerate().map(row).collect();
        text.push_str(&table(&heads.iter().map(String::as_str).collect::<Vec<_>>(), &rows));
    }
    let relaxes = mixing.relaxation_sweeps.map_or("it does not relax".to_string(), |sweeps| {
        format!(
            "replicas forget their rung in {} sweeps with exchanges, or more: what they remember besides it is left out",
            number(sweeps, 3)
        )
    });
    text.push_str(&format!(
        "<p class=\"small\">Probabilities of going from rung to rung in a sweep with exchanges. Second eigenvalue {:.4}; {relaxes}.</p>\n",
        mixing.second_eigenvalue
    ));
    text
}

fn states_of(rung: &RungStates, order: &[&str]) -> String {
    let populations: Vec<Vec<String>> = order
        .iter()
        .filter_map(|name| rung.population.get(*name).map(|o| (name, o)))
        .map(|(name, o)| [vec![escape(name)], quality(o)].concat())
        .collect();
    let mut text = with_head("population of", &populations);
    let differences: Vec<Vec<String>> = rung
        .free_energy_differences
        .iter()
        .map(|d| {
            let value = match &d.reason {
                Some(reason) => words(&format!("none: {reason}")),
                None => warn(&format!("{} kT{}", measured(d.value, d.standard_error), doubt(d.r_hat)), !doubt(d.r_hat).is_empty()),
            };
            let pair = format!("{} - {}", d.from, d.to);
            let trips = rung.round_trips.get(&pair).map_or("–".to_string(), |&n| warn(&count(n), n < 10));
            vec![format!("F({}) − F({})", escape(&d.to), escape(&d.from)), value, trips]
        })
        .collect();
    if !differences.is_empty() {
        text.push_str(&table(&["free-energy difference", "", "round trips"], &differences));
        text.push_str(
            "<p class=\"small\">A round trip goes from the first state to the other and back, in samples of one walker, and is counted over all \
             walkers. With a few only, populations and their errors rest on where the walkers started.</p>\n",
        );
    }
    text
}

/// Without zeros at the end of a decimal fraction.
fn trimmed(number: &str) -> String {
    if number.contains('.') && !number.contains('×') { number.trim_end_matches('0').trim_end_matches('.') } else { number }.to_string()
}

/// Entries of the sweep, summed over walkers.
pub fn moves(moves: &[MoveSummary]) -> String {
    let entries = moves.iter().map(|m| m.entry + 1).max().unwrap_or(0);
    let mut rows = Vec::new();
    for entry in 0..entries {
        let own: Vec<&MoveSummary> = moves.iter().filter(|m| m.entry == entry).collect();
        let Some(first) = own.first() else { continue };
        let sum = |of: fn(&MoveSummary) -> u64| own.iter().map(|m| of(m)).sum::<u64>();
        let (attempted, accepted) = (sum(|m| m.attempted), sum(|m| m.accepted));
        let probability: f64 = own.iter().filter_map(|m| m.mean_acceptance_probability.map(|p| p * m.attempted as f64)).sum();
        let ratio = |x: f64| (attempted > 0).then(|| x / attempted as f64);
        let rates = own.iter().filter_map(|m| m.acceptance);
        let range = match (rates.clone().reduce(f64::min), rates.reduce(f64::max)) {
            (Some(low), Some(high)) if own.len() > 1 => format!("{} to {}", number(low, 3), number(high, 3)),
            _ => "–".to_string(),
        };
        let non_finite = sum(|m| m.non_finite);
        rows.push(vec![
            format!("{}. {}", entry + 1, escape(&first.title())),
            if first.parameter > 0.0 { trimmed(&number(first.parameter, 4)) } else { "–".to_string() },
            count(attempted),
            ratio(accepted as f64).map_or("–".to_string(), |a| warn(&number(a, 3), a < 1e-3)),
            number_or_dash(ratio(probability), 3),
            range,
            count(sum(|m| m.infeasible)),
            warn(&count(non_finite), non_finite > 0),
        ]);
    }
    let head = ["entry of the sweep", "step", "attempted", "accepted", "mean probability", "walkers from", "infeasible", "not finite"];
    let mut text = table(&head, &rows);
    if !text.is_empty() {
        text.push_str(
            "<p class=\"small\">In production, over all walkers. The step is the step size, or the time step of dynamics, that production used; \
             the mean probability is that of the acceptance rule. Infeasible proposals lie outside the space.</p>\n",
        );
    }
    text
}

/// Wall time and work by phase.
pub fn phases(summary: &Summary) -> String {
    const ORDER: [&str; 5] = ["equilibration", "sampling", "training", "equilibration_with_flows", "production"];
    let place = |name: &str| ORDER.iter().position(|o| *o == name).unwrap_or(ORDER.len());
    let mut phases: Vec<_> = summary.phases.iter().filter(|(_, p)| p.seconds > 0.0 || p.steps > 0).collect();
    phases.sort_by_key(|(name, _)| place(name));
    let rate = |r: f64| if r > 0.0 { number(r, 3) } else { "–".to_string() };
    let mut rows: Vec<Vec<String>> = phases
        .into_iter()
        .map(|(name, p)| {
            let name = escape(&name.replace('_', " "));
            vec![name, duration(p.seconds), count(p.steps), rate(p.steps_per_second), rate(p.particle_steps_per_second)]
        })
        .collect();
    if rows.len() > 1 {
        rows.push(vec!["all".to_string(), duration(summary.seconds), String::new(), String::new(), String::new()]);
    }
    let mut text = table(&["phase", "wall time", "steps", "steps per second", "particle steps per second"], &rows);
    if !text.is_empty() {
        text.push_str(
            "<p class=\"small\">Steps are trial moves, time steps and draws over all walkers, and training steps; particle steps count the \
             particles that a step moves.</p>\n",
        );
    }
    text
}
