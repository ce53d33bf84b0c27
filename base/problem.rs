//! What can be wrong with a value of an input, in the words the user reads.

/// One thing that is wrong with an input, found by the part of the program that knows the rule.
///
/// The part that owns the text turns `key` into file, line and column.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where, as a path from the struct that was checked: `cutoff`, `pairs[1].epsilon`; empty for the whole of it.
    pub key: String,
    /// What was found there: `-1`, `"Argon"`, `3.5 in a cell whose smallest height is 6.2`.
    pub found: String,
    /// What would do: `a number above 0`, `one of "A", "B"`.
    pub expected: String,
}

impl Problem {
    /// A problem at `key`.
    pub fn new(key: impl Into<String>, found: impl ToString, expected: impl Into<String>) -> Self {
        Self { key: key.into(), found: found.to_string(), expected: expected.into() }
    }

    /// The same problem seen from one level up: `prefix.key`, or `prefix[0]...` where the key starts with an index.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.key = match self.key.as_str() {
            "" => prefix.to_string(),
            key if key.starts_with('[') || prefix.is_empty() => format!("{prefix}{key}"),
            key => format!("{prefix}.{key}"),
        };
        self
    }
}
