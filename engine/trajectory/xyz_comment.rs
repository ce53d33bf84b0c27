//! The second line of an XYZ frame: keys of extended XYZ, or a comment.

use super::xyz_reader::finite;
use super::{XyzError, XyzFrame};

/// What one line of a particle holds: what, its name and first column of the columns that are read, and how many there must be.
pub(super) struct Columns {
    pub species: Option<usize>,
    pub vectors: Vec<(Kind, &'static str, usize)>,
    pub needed: usize,
    pub text: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Position,
    Velocity,
    Force,
}

impl Columns {
    fn plain() -> Self {
        let vectors = vec![(Kind::Position, "position", 1)];
        Self { species: Some(0), vectors, needed: 4, text: "species, x, y, z".to_string() }
    }
}

/// Reads the comment of `frame` and fills in what it says; any other comment is left alone, and columns are then species, x, y, z.
pub(super) fn read_comment(file: &str, line: usize, frame: &mut XyzFrame) -> Result<Columns, XyzError> {
    let bad = |key: &str, found: &str, expected: &str| XyzError::BadKey {
        file: file.to_string(),
        line,
        key: key.to_string(),
        found: found.to_string(),
        expected: expected.to_string(),
    };
    let mut columns = Columns::plain();
    let Some(keys) = split_keys(&frame.comment) else { return Ok(columns) };
    for (key, value) in &keys {
        match key.to_ascii_lowercase().as_str() {
            "lattice" => {
                let numbers: Result<Vec<f64>, String> = value.split_whitespace().map(finite).collect();
                let numbers = numbers.ok().filter(|n| n.len() == 9).ok_or_else(|| bad(key, value, "nine finite numbers"))?;
                frame.lattice = Some(std::array::from_fn(|r| std::array::from_fn(|c| numbers[3 * r + c])));
            }
            "pbc" => {
                let flags: Option<Vec<bool>> = value.split_whitespace().map(flag).collect();
                let flags = flags.filter(|f| f.len() == 3).ok_or_else(|| bad(key, value, "three of T and F"))?;
                frame.periodic = Some([flags[0], flags[1], flags[2]]);
            }
            "energy" => frame.energy = Some(finite(value).map_err(|_| bad(key, value, "a finite number"))?),
            "properties" => {
                columns = properties(value).map_err(|expected| bad(key, value, &expected))?;
            }
            _ => {}
        }
    }
    if frame.lattice.is_some() && frame.periodic.is_none() {
        frame.periodic = Some([true; 3]);
    }
    frame.keys = keys;
    Ok(columns)
}

fn flag(word: &str) -> Option<bool> {
    match word {
        "T" | "True" | "true" | "TRUE" | "1" => Some(true),
        "F" | "False" | "false" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

/// `key=value` and `key="value with blanks"`; `None` where the line has neither `Lattice` nor `Properties`, or is not of this form.
fn split_keys(comment: &str) -> Option<Vec<(String, String)>> {
    let lower = comment.to_ascii_lowercase();
    if !lower.contains("lattice=") && !lower.contains("properties=") {
        return None;
    }
    let mut keys = Vec::new();
    let mut rest = comment.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = &rest[end..];
        let Some(after) = rest.strip_prefix('=') else {
            // A word alone is a flag that is set.
            keys.push((key.to_string(), "T".to_string()));
            rest = rest.trim_start();
            continue;
        };
        let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'');
        let value = match quote {
            Some(quote) => after[1..].split(quote).next()?,
            None => after.split_whitespace().next().filter(|_| !after.starts_with(char::is_whitespace)).unwrap_or(""),
        };
        let length = value.len() + if quote.is_some() { 2 } else { 0 };
        keys.push((key.to_string(), value.to_string()));
        // A quote that is not closed takes the rest of the line.
        rest = after.get(length..).unwrap_or("").trim_start();
    }
    Some(keys)
}

/// `species:S:1:pos:R:3:...` as columns; else what was expected.
fn properties(value: &str) -> Result<Columns, String> {
    let words: Vec<&str> = value.split(':').collect();
    if !words.len().is_multiple_of(3) {
        return Err("triples of name, type (S, R, I or L) and number of columns".to_string());
    }
    let mut columns = Columns { species: None, vectors: Vec::new(), needed: 0, text: value.to_string() };
    for triple in words.chunks_exact(3) {
        let n: usize = triple[2].parse().map_err(|_| format!("a number of columns in \"{}\"", triple.join(":")))?;
        if !["S", "R", "I", "L"].contains(&triple[1]) {
            return Err(format!("a type S, R, I or L in \"{}\"", triple.join(":")));
        }
        let vector = match triple[0].to_ascii_lowercase().as_str() {
            "species" | "element" | "symbol" if n == 1 => {
                columns.species = Some(columns.needed);
                None
            }
            "pos" => Some((Kind::Position, "position")),
            "vel" | "velo" | "velocity" | "velocities" => Some((Kind::Velocity, "velocity")),
            "force" | "forces" => Some((Kind::Force, "force")),
            _ => None,
        };
        if let Some((kind, name)) = vector {
            if n != 3 || triple[1] != "R" {
                return Err(format!("{}:R:3", triple[0]));
            }
            // Of two columns of one meaning the first is read.
            if columns.vectors.iter().all(|(k, _, _)| *k != kind) {
                columns.vectors.push((kind, name, columns.needed));
            }
        }
        columns.needed += n;
    }
    if columns.vectors.iter().all(|(kind, _, _)| *kind != Kind::Position) {
        return Err("a property pos:R:3".to_string());
    }
    Ok(columns)
}
