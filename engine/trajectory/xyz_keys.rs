//! Keys and values in the second line of a frame of extended XYZ.

/// Keys that make a comment one of extended XYZ: they say how the frame is to be read.
const MARKS: [&str; 3] = ["lattice", "properties", "pbc"];

/// Why a comment cannot be split: the key and what its value should be.
#[derive(Debug, PartialEq)]
pub(super) struct Unsplit {
    pub key: String,
    pub found: String,
    pub expected: &'static str,
}

/// Splits the pairs of a comment; `None` where none of its keys is `Lattice`, `Properties` or `pbc`, in letters of any size.
///
/// Keys and values are bare, or in quotes in which `\` escapes the next character (`\n` is the end of a line). Values may be arrays: `[..]`
/// of the present form, nested for matrices, `{..}` of the old one; their brackets remain. Blanks may stand around `=`. A word alone is a
/// flag that is set.
///
/// Source: the extended XYZ specification of libAtoms, <https://github.com/libAtoms/extxyz>.
///
/// # Errors
/// A quote or bracket that is not closed, where the comment is one of extended XYZ.
pub(super) fn split_keys(comment: &str) -> Result<Option<Vec<(String, String)>>, Unsplit> {
    if !is_marked(comment) {
        return Ok(None);
    }
    let mut keys = Vec::new();
    let mut rest = comment.trim_start();
    while !rest.is_empty() {
        let (key, after) = match quoted(rest) {
            Some(Some((key, after))) => (key, after),
            Some(None) => return Err(Unsplit { key: rest.to_string(), found: String::new(), expected: "a closing quote" }),
            None => {
                let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
                (rest[..end].to_string(), &rest[end..])
            }
        };
        let Some(value) = after.trim_start().strip_prefix('=') else {
            keys.push((key, "T".to_string()));
            rest = after.trim_start();
            continue;
        };
        let value = value.trim_start();
        let unsplit = |expected| Unsplit { key: key.clone(), found: value.to_string(), expected };
        let (value, after) = match (quoted(value), value.chars().next()) {
            (Some(Some(pair)), _) => pair,
            (Some(None), _) => return Err(unsplit("a value with a closing quote")),
            (None, Some('[' | '{')) => {
                let length = bracketed(value).ok_or_else(|| unsplit("an array with a closing bracket"))?;
                (value[..length].to_string(), &value[length..])
            }
            (None, _) => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (value[..end].to_string(), &value[end..])
            }
        };
        keys.push((key, value));
        rest = after.trim_start();
    }
    let marked = keys.iter().any(|(key, _)| MARKS.iter().any(|mark| key.eq_ignore_ascii_case(mark)));
    Ok(marked.then_some(keys))
}

/// Whether one of [`MARKS`], perhaps in quotes, stands before a `=`.
fn is_marked(comment: &str) -> bool {
    let lower = comment.to_ascii_lowercase();
    MARKS.iter().any(|mark| {
        lower.match_indices(mark).any(|(place, _)| {
            let before = lower[..place].chars().next_back();
            let after = lower[place + mark.len()..].trim_start_matches(['"', '\'']).trim_start();
            before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'')) && after.starts_with('=')
        })
    })
}

/// The content of a text in quotes and what follows it; `Some(None)` where the quote is not closed, `None` where there is none.
fn quoted(text: &str) -> Option<Option<(String, &str)>> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((place, c)) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some((_, 'n')) => content.push('\n'),
                Some((_, escaped)) => content.push(escaped),
                None => return Some(None),
            },
            _ if c == quote => return Some(Some((content, &text[place + 1..]))),
            _ => content.push(c),
        }
    }
    Some(None)
}

/// The length of an array with its brackets; `None` where they are not closed in the order in which they were opened.
fn bracketed(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut in_quotes = false;
    let mut escaped = false;
    for (place, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => {}
            '[' => open.push(']'),
            '{' => open.push('}'),
            ']' | '}' => {
                if open.pop() != Some(c) {
                    return None;
                }
                if open.is_empty() {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The members of a value: of an array, or words with blanks or commas between them.
pub(super) fn members(value: &str) -> Vec<&str> {
    value.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}')).filter(|word| !word.is_empty()).collect()
}
