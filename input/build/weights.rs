//! What weights are of: written into each weights file, and compared where a file is read.
//!
//! A flow of another system leaves the chain exact and only wastes its proposals, so that is said and no more. A map that leads elsewhere is
//! refused, and one that leads the other way is turned round: it is a bijection.

use super::{Builder, hexadecimal};
use crate::finding::{Finding, Severity};
use mcflow_engine::observers::State;
use mcflow_engine::roles::{Ends, Ensemble};
use mcflow_flows::{End, EndKind, Header, Prior};
use mcflow_potentials::{Particles, Term};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How rows are made from a configuration; there is no other way yet.
const CHART: &str = "Cartesian, all x, then all y, then all z";
/// The keys of a law that tell one rung of a ladder from another.
const OF_A_RUNG: [&str; 3] = ["temperature", "pressure", "factors"];

/// The system of an input, as far as flows depend on it: masses, lengths of the run and numbers of walkers are not in it.
pub(super) struct System<'a> {
    pub terms: &'a [Term],
    pub particles: &'a Particles,
    pub dimension: usize,
    pub states: &'a [State],
}

impl Builder<'_> {
    /// What the weights file of a flow says of it.
    pub(super) fn header(&self, of: &Ends, prior: Prior, system: &System) -> Header {
        let prior = End { law: BTreeMap::from([("prior".to_string(), format!("{prior:?}"))]), ..End::default() };
        let whole = if of.is_generator() { EndKind::Target } else { EndKind::Rung };
        let end = |ensemble: Ensemble| {
            let kind = if ensemble.within.is_some() { EndKind::State } else { whole };
            let mut end = End { kind, law: self.law(ensemble.rung, system), ..End::default() };
            if let Some(State { name, condition }) = ensemble.state().and_then(|state| system.states.get(state)) {
                end.name.clone_from(name);
                end.law.insert("where".to_string(), format!("{condition:?}"));
            }
            end
        };
        let ends = [of.start.map_or(prior, end), end(of.end)];
        let system: Vec<String> = ends.iter().map(|end| format!("{:?}", end.law)).collect();
        Header {
            units: self.input.units.name().to_string(),
            system_hash: hexadecimal(&Sha256::digest(system.join("\n"))),
            coordinates: CHART.to_string(),
            ends: Some(ends),
            ..Header::default()
        }
    }

    /// What defines the law of the positions in a rung.
    fn law(&self, rung: usize, system: &System) -> BTreeMap<String, String> {
        let mut law = BTreeMap::new();
        let mut say = |key: &str, text: String| law.insert(key.to_string(), text);
        let kinds = system.particles.type_names.iter().enumerate();
        let kinds: Vec<String> =
            kinds.map(|(k, name)| format!("{} {name}", system.particles.types.iter().filter(|kind| **kind == k).count())).collect();
        say("particles", kinds.join(", "));
        say("dimension", system.dimension.to_string());
        let mut terms: Vec<String> = system.terms.iter().map(|term| term.name().to_string()).collect();
        terms.sort_unstable();
        say("potential", terms.join(", "));
        // Neither the order of terms nor the name of a table changes their sum.
        let mut details: Vec<String> = system.terms.iter().map(details).collect();
        details.push(format!("{:?}", system.particles.types));
        details.sort_unstable();
        say("parameters of the potential", hexadecimal(&Sha256::digest(details.join("\n"))[..8]));
        if let Some(rung) = self.input.ladder.get(rung) {
            say("temperature", rung.temperature.to_string());
            if let Some(pressure) = rung.pressure {
                say("pressure", pressure.to_string());
            }
            let factors = rung.scale.iter().filter(|(_, factor)| **factor != 1.0);
            let mut factors: Vec<String> = factors.map(|(name, factor)| format!("{factor} {name}")).collect();
            factors.sort_unstable();
            if !factors.is_empty() {
                say("factors", factors.join(", "));
            }
        }
        if let Some(symmetry) = &self.input.system.symmetry {
            let mut identical = symmetry.identical.clone();
            identical.sort_unstable();
            let mut operations: Vec<String> = symmetry.operations.iter().map(|o| format!("{} {:?}", o.image, o.exchange)).collect();
            operations.sort_unstable();
            say("symmetry", format!("identical {}, operations {}", identical.join(" "), operations.join(" and ")));
        }
        law
    }

    /// Compares what a weights file says of itself with what the input takes it for; the ends, turned round where the file leads the other way.
    pub(super) fn compared(&mut self, flow: &str, file: &str, found: &Header, expected: &Header, ends: Ends) -> Ends {
        let key = format!("{flow}.file");
        if found.coordinates != CHART {
            self.report(key, format!("{file:?} with rows in the coordinates {:?}", found.coordinates), format!("{CHART:?}"));
            return ends;
        }
        let Some(expected) = &expected.ends else { return ends };
        let Some(found) = &found.ends else {
            self.findings.push(Finding {
                severity: Severity::Note,
                kind: "weights_of_unknown_origin",
                found: format!("the weights of {flow}, {file:?}, do not say what they were trained for: an earlier version wrote them"),
                remedy: "make sure that they are of this system and lead this way, or train them again".to_string(),
            });
            return ends;
        };
        let turned = match fit(found, expected) {
            Ok(turned) => turned,
            Err(()) => {
                self.report(key, format!("{file:?}, the weights of {}", title(found)), format!("the weights of {}", title(expected)));
                return ends;
            }
        };
        let [from, to] = expected;
        let pairs = if turned { [(&found[0], to), (&found[1], from)] } else { [(&found[0], from), (&found[1], to)] };
        if pairs.iter().any(|(found, expected)| differs("dimension", found, expected)) {
            let space = |end: &End| format!("{} in {} dimension(s)", text(end, "particles"), text(end, "dimension"));
            let [_, (found, expected)] = pairs;
            self.report(key, format!("{file:?}, the weights of {}", space(found)), space(expected));
            return ends;
        }
        let others = differences(&pairs);
        if !others.is_empty() {
            self.findings.push(Finding {
                severity: Severity::Note,
                kind: "weights_of_another_system",
                found: format!("the weights of {flow}, {file:?}, were trained for another system: {}", others.join("; ")),
                remedy: "the chain stays exact, but may hardly ever accept what they propose: train them for this system".to_string(),
            });
        }
        if turned {
            self.findings.push(Finding {
                severity: Severity::Note,
                kind: "map_turned_round",
                found: format!("the weights of {flow}, {file:?}, are of {}: the map is used the other way round", title(found)),
                remedy: String::new(),
            });
        }
        if turned { ends.turned() } else { ends }
    }
}

/// A term with all its numbers.
fn details(term: &Term) -> String {
    let mut term = term.clone();
    if let Term::TabulatedPair(table) = &mut term {
        table.file.clear();
    }
    format!("{term:?}")
}

fn text<'a>(end: &'a End, key: &str) -> &'a str {
    end.law.get(key).map_or("none", String::as_str)
}

fn differs(key: &str, found: &End, expected: &End) -> bool {
    found.kind != EndKind::Prior && text(found, key) != text(expected, key)
}

/// Whether `found` are the ends `expected` the other way round.
///
/// # Errors
/// If they are other ends: another kind, other states or other rungs.
fn fit(found: &[End; 2], expected: &[End; 2]) -> Result<bool, ()> {
    let both = |alike: &dyn Fn(&End, &End) -> bool, turned: bool| {
        let (first, second) = if turned { (1, 0) } else { (0, 1) };
        alike(&found[0], &expected[first]) && alike(&found[1], &expected[second])
    };
    let kinds = |a: &End, b: &End| a.kind == b.kind;
    // A generator of all configurations draws those of a state, too.
    let of_all = found[0].kind == EndKind::Prior && found[1].kind == EndKind::Target && expected[1].kind == EndKind::State;
    if of_all && expected[0].kind == EndKind::Prior {
        return Ok(false);
    }
    if !both(&kinds, false) {
        return Err(());
    }
    let region = |a: &End, b: &End| a.kind != EndKind::State || a.law.get("where") == b.law.get("where");
    let name = |a: &End, b: &End| region(a, b) || a.name == b.name;
    let rung = |a: &End, b: &End| a.kind != EndKind::Rung || OF_A_RUNG.iter().all(|key| a.law.get(*key) == b.law.get(*key));
    let maps = found[0].kind != EndKind::Prior;
    // A state is known by its region, whatever it is called now; by its name where that region has been moved.
    type Alike<'a> = &'a dyn Fn(&End, &End) -> bool;
    let ways: [(Alike, bool); 4] = [(&region, false), (&region, true), (&name, false), (&name, true)];
    let found =
        ways.into_iter().filter(|(_, turned)| maps || !turned).find(|(alike, turned)| both(*alike, *turned) && both(&rung, *turned));
    found.map(|(_, turned)| turned).ok_or(())
}

/// What is not as in this run, in words.
fn differences(pairs: &[(&End, &End); 2]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (found, expected) in pairs.iter().filter(|(found, _)| found.kind != EndKind::Prior) {
        let mut keys: Vec<&String> = found.law.keys().chain(expected.law.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys.into_iter().filter(|key| differs(key, found, expected)) {
            // A generator of all configurations has no region.
            let said = match key.as_str() {
                "where" if found.kind == EndKind::Target => continue,
                "parameters of the potential" if differs("potential", found, expected) => continue,
                "parameters of the potential" => "other parameters of the potential".to_string(),
                "where" => format!("the state {:?} was {}, here it is {}", found.name, text(found, key), text(expected, key)),
                key => format!("{key} {}, here {}", text(found, key), text(expected, key)),
            };
            if !all.contains(&said) {
                all.push(said);
            }
        }
    }
    all
}

/// What a flow with these ends is.
fn title(ends: &[End; 2]) -> String {
    let title = |end: &End| match end.kind {
        EndKind::Prior => "a prior".to_string(),
        EndKind::Target => "all configurations".to_string(),
        EndKind::State => format!("the state {:?}", end.name),
        EndKind::Rung => {
            let pressure = end.law.get("pressure").map_or(String::new(), |pressure| format!(", pressure {pressure}"));
            let factors = end.law.get("factors").map_or(String::new(), |factors| format!(", factors {factors}"));
            format!("the rung of temperature {}{pressure}{factors}", text(end, "temperature"))
        }
    };
    match ends[0].kind {
        EndKind::Prior => format!("a generator of {}", title(&ends[1])),
        _ => format!("a map from {} to {}", title(&ends[0]), title(&ends[1])),
    }
}
