//! The second line of an XYZ frame: keys of extended XYZ, or a comment.

use super::xyz_keys::{members, split_keys};
use super::xyz_reader::finite;
use super::{XyzError, XyzFrame};

/// What one line of a particle holds: what, its name and first column of the columns that are read, and how many there must be.
pub(super) struct Columns {
    pub species: Option<usize>,
    /// The column `type`, which names particles whose species is a stand-in.
    pub types: Option<usize>,
    pub vectors: Vec<(Kind, &'static str, usize)>,
    pub needed: usize,
    /// Whether `Properties` names all columns; else more may follow.
    pub all: bool,
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
        Self { species: Some(0), types: None, vectors, needed: 4, all: false, text: "species, x, y, z".to_string() }
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
    let keys = split_keys(&frame.comment).map_err(|unsplit| bad(&unsplit.key, &unsplit.found, unsplit.expected))?;
    let Some(keys) = keys else { return Ok(columns) };
    let mut known: Vec<String> = Vec::new();
    for (key, value) in &keys {
        let name = key.to_ascii_lowercase();
        match name.as_str() {
            "lattice" => {
                frame.lattice =
                    Some(lattice(value).ok_or_else(|| bad(key, value, "nine finite numbers, or three of a cell with right angles"))?);
            }
            "pbc" => frame.periodic = Some(flags(value).ok_or_else(|| bad(key, value, "three of T and F"))?),
            "energy" => frame.energy = Some(finite(value).map_err(|_| bad(key, value, "a finite number"))?),
            "properties" => {
                columns = properties(value).map_err(|expected| bad(key, value, &expected))?;
            }
            _ => continue,
        }
        if known.contains(&name) {
            return Err(bad(key, value, "this key once in a line"));
        }
        known.push(name);
    }
    frame.says_periodic = frame.periodic.is_some();
    if frame.lattice.is_some() && frame.periodic.is_none() {
        frame.periodic = Some([true; 3]);
    }
    frame.keys = keys;
    Ok(columns)
}

/// Cell vectors as rows, of nine numbers (one vector after the other) or the three lengths of a cell with right angles.
fn lattice(value: &str) -> Option<[[f64; 3]; 3]> {
    let numbers = members(value).into_iter().map(finite).collect::<Result<Vec<f64>, String>>().ok()?;
    match numbers.len() {
        9 => Some(std::array::from_fn(|r| std::array::from_fn(|c| numbers[3 * r + c]))),
        3 => Some(std::array::from_fn(|r| std::array::from_fn(|c| if r == c { numbers[r] } else { 0.0 }))),
        _ => None,
    }
}

/// Three flags.
fn flags(value: &str) -> Option<[bool; 3]> {
    let flags = members(value).into_iter().map(flag).collect::<Option<Vec<bool>>>()?;
    flags.try_into().ok()
}

fn flag(word: &str) -> Option<bool> {
    match word.trim_matches(['"', '\'']) {
        "T" | "t" | "True" | "true" | "TRUE" | "1" => Some(true),
        "F" | "f" | "False" | "false" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

/// `species:S:1:pos:R:3:...` as columns; else what was expected.
fn properties(value: &str) -> Result<Columns, String> {
    let words: Vec<&str> = value.trim().split(':').collect();
    if !words.len().is_multiple_of(3) {
        return Err("triples of name, type (S, R, I or L) and number of columns".to_string());
    }
    let mut columns = Columns { species: None, types: None, vectors: Vec::new(), needed: 0, all: true, text: value.to_string() };
    for triple in words.chunks_exact(3) {
        let n = triple[2].parse().ok().filter(|n| (1..=10_000).contains(n));
        let n: usize = n.ok_or_else(|| format!("a number of columns, from 1 to 10000, in \"{}\"", triple.join(":")))?;
        if !["S", "R", "I", "L"].contains(&triple[1]) {
            return Err(format!("a type S, R, I or L in \"{}\"", triple.join(":")));
        }
        let vector = match triple[0].to_ascii_lowercase().as_str() {
            "species" | "element" | "symbol" if n == 1 && columns.species.is_none() => {
                columns.species = Some(columns.needed);
                None
            }
            "type" if n == 1 && triple[1] == "S" => {
                columns.types = Some(columns.needed);
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
