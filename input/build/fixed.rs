//! What of an input stays as it is when a run is resumed.

use super::written::for_each_file;
use crate::schema::Input;
use std::path::Path;

/// Keys of an input that a resumed run may change, beside `run.production`.
pub const MAY_CHANGE: [&str; 2] = ["output", "compare"];

/// The input as JSON, names in their order, with the interval of samples that follows from it.
pub(super) fn as_json(input: &Input, record_every: u64) -> String {
    let mut input = input.clone();
    input.run.record_every = Some(record_every);
    // Their contents count, not the folder that they are seen from.
    for_each_file(&mut input, |name| *name = Path::new(&*name).file_name().unwrap_or_default().to_string_lossy().into_owned());
    serde_json::to_string(&input).expect("inputs are values with names")
}

/// What of an input a resumed run may not change, as JSON.
pub(super) fn fixed(input: &Input, record_every: u64) -> String {
    let mut input = input.clone();
    input.output.clear();
    input.compare = None;
    input.run.production = 0;
    as_json(&input, record_every)
}
