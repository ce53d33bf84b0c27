//! Going on with a run: what its input may change meanwhile, and what not.

use super::Failure;
use crate::build::{Built, Change, MAY_CHANGE, build_written};
use mcflow_engine::checkpoint::{Begun, begun};
use serde_json::Value;
use std::path::Path;

/// The input at `path` as the run in `directory` goes on with it: with the interval of samples and the tuned temperatures that the run had,
/// where the input leaves them open.
///
/// # Errors
/// A checkpoint that cannot be read; an input that differs from that of the run in anything but a production that is no shorter than what is
/// done, `output`, `compare` and comments.
pub(super) fn resumed(built: Built, path: &Path, directory: &Path) -> Result<Built, Failure> {
    let Begun { origin, produced, .. } = begun(directory)?;
    let state = directory.join("checkpoint/state.bin");
    let refused = |found: &str| {
        let unchanged = "the input (and the files it names) that the run was started with, unchanged but for a longer `run.production`";
        let rest: String = MAY_CHANGE.iter().map(|key| format!(", `{key}`")).collect();
        let message = format!("a checkpoint of another input: {found}; expected {unchanged}{rest} and comments");
        Failure::Input(format!("{}: {message}", state.display()))
    };
    if origin.version != built.plan.origin.version {
        let message = format!("found a checkpoint of mcflow {}; expected one of this version", origin.version);
        return Err(Failure::Input(format!("{}: {message}", state.display())));
    }
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| refused(&error.to_string()));
    let (asked, ran, mut now) = (parse(&origin.asked)?, parse(&origin.ran)?, parse(&built.plan.origin.asked)?);
    if built.input.run.record_every.is_none() {
        now["run"]["record_every"] = ran["run"]["record_every"].clone();
    }
    // Either input is that of the run: the one it was asked for, or the one that lies beside it, with the temperatures it found.
    let tuned = built.input.run.tune_ladder;
    let before = if tuned == (asked["run"]["tune_ladder"] == Value::Bool(true)) { &asked } else { &ran };
    if let Some(found) = difference(before, &now, "") {
        return Err(refused(&found));
    }
    if built.input.run.production < produced {
        return Err(refused(&format!("`run.production` is {}, but {produced} sweeps are done", built.input.run.production)));
    }
    if origin.files != built.plan.origin.files {
        let keys: Vec<String> = built.files.iter().skip(1).map(|file| format!("`{}`", file.key)).collect();
        return Err(refused(&format!("the contents of a file that it names have changed ({})", keys.join(", "))));
    }
    let record_every = ran["run"]["record_every"].as_u64();
    if !tuned && record_every == Some(built.plan.lengths.record_every) {
        return Ok(built);
    }
    let seed = built.input.seed;
    let changed = build_written(path, Change { by: "`tune_ladder`", folder: Some(directory) }, |input| {
        input.seed = seed;
        input.run.record_every = input.run.record_every.or(record_every);
        if tuned {
            for (rung, temperature) in input.ladder.iter_mut().zip(temperatures(&ran)) {
                rung.temperature = temperature;
            }
            input.run.tune_ladder = false;
        }
    })?;
    Ok(changed.asked_for(now.to_string()))
}

fn temperatures(input: &Value) -> impl Iterator<Item = f64> + '_ {
    input["ladder"].as_array().into_iter().flatten().filter_map(|rung| rung["temperature"].as_f64())
}

/// What differs first between the input of a run and another, by its key; nothing where only what may change does.
fn difference(before: &Value, now: &Value, key: &str) -> Option<String> {
    if MAY_CHANGE.contains(&key) || key == "run.production" || before == now {
        return None;
    }
    match (before, now) {
        (Value::Object(a), Value::Object(b)) if is_variant(a) && is_variant(b) && !a.keys().eq(b.keys()) => told(key, before, now),
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            let inner = |name: &String| match () {
                // The name of a variant is in no key.
                () if is_variant(a) && is_variant(b) => key.to_string(),
                () if key.is_empty() => name.clone(),
                () if ["states", "flows"].contains(&key) || key.ends_with("scale") || key.ends_with("types") => format!("{key}[{name:?}]"),
                () => format!("{key}.{name}"),
            };
            let mut found = names.map(|name| {
                let missing = Value::Null;
                difference(a.get(name).unwrap_or(&missing), b.get(name).unwrap_or(&missing), &inner(name))
            });
            found.find_map(|found| found)
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(k, (a, b))| difference(a, b, &format!("{key}[{k}]")))
        }
        _ => told(key, before, now),
    }
}

fn told(key: &str, before: &Value, now: &Value) -> Option<String> {
    Some(format!("`{key}` was {}, found {}", shortened(before), shortened(now)))
}

/// Whether it is a name of a variant with what belongs to it.
fn is_variant(map: &serde_json::Map<String, Value>) -> bool {
    map.len() == 1 && map.keys().all(|name| name.starts_with(char::is_uppercase))
}

/// A value in a message.
fn shortened(value: &Value) -> String {
    /// Characters of a value that a message has room for.
    const MOST: usize = 60;
    let text = match value {
        Value::Null => return "not given".to_string(),
        Value::Array(list) if value.to_string().chars().count() > MOST => return format!("a list of {}", list.len()),
        value => value.to_string(),
    };
    if text.chars().count() > MOST { text.chars().take(MOST).chain("...".chars()).collect() } else { text }
}

/// What is said of a run that goes on where registers are of another size, whose bytes are those of no unbroken run.
pub(super) fn other_instruction_set(directory: &Path) -> Option<String> {
    let before = begun(directory).ok()?.instruction_sets;
    let now = format!("{:?}", mcflow_base::instruction_set());
    let last = before.last().filter(|last| **last != now)?;
    Some(format!(
        "the run was begun with the instruction set {last} and goes on with {now}: sums are rounded otherwise from here on, so that its bytes are not \
         those of an unbroken run; its figures are as good"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_told_by_their_keys() {
        let input = json!({"seed": 5, "run": {"production": 10, "equilibration": 3}, "output": [],
            "system": {"potential": [{"LennardJones": {"epsilon": 1.0}}]}, "states": {"left": {"start": null}}});
        let with = |pointer: &str, value: Value| {
            let mut changed = input.clone();
            *changed.pointer_mut(pointer).expect("a place") = value;
            difference(&input, &changed, "")
        };
        assert_eq!(with("/run/production", json!(20)), None);
        assert_eq!(with("/output", json!([{"Trajectory": {"format": "Xyz"}}])), None);
        assert_eq!(with("/seed", json!(6)).as_deref(), Some("`seed` was 5, found 6"));
        let potential = with("/system/potential/0/LennardJones/epsilon", json!(2.0));
        assert_eq!(potential.as_deref(), Some("`system.potential[0].epsilon` was 1.0, found 2.0"));
        let potential = with("/system/potential/0", json!({"Wca": {"epsilon": 1.0}}));
        let expected = "`system.potential[0]` was {\"LennardJones\":{\"epsilon\":1.0}}, found {\"Wca\":{\"epsilon\":1.0}}";
        assert_eq!(potential.as_deref(), Some(expected));
        let state = with("/states/left/start", json!({"File": "a.xyz"}));
        assert_eq!(state.as_deref(), Some("`states[\"left\"].start` was not given, found {\"File\":\"a.xyz\"}"));
    }
}
