//! The error with which one pass over the tree ends.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::nearest::one_of;
use super::tree::Id;

/// Why a value could not be made.
#[derive(Debug)]
pub(super) struct Fault {
    /// The innermost node that was being read.
    pub node: Option<Id>,
    /// Whether a stand-in for a broken value was refused, so that nothing new is wrong.
    pub stand_in: bool,
    pub cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    /// A struct lacks this field.
    Missing(&'static str),
    /// The type refuses the value: what it found, where it knows better than the text, and what would do.
    Refused(Option<String>, String),
}

impl Fault {
    fn new(cause: Cause) -> Self {
        Self { node: None, stand_in: false, cause }
    }

    fn refused(expected: impl Into<String>) -> Self {
        Self::new(Cause::Refused(None, expected.into()))
    }

    /// The fault, placed at `node` unless it has a place.
    pub fn at(mut self, node: Id) -> Self {
        self.node.get_or_insert(node);
        self
    }

    /// The fault of a stand-in.
    pub fn of_stand_in(mut self) -> Self {
        self.stand_in = true;
        self
    }
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Missing(field) => write!(formatter, "the key `{field}` is missing"),
            Cause::Refused(_, expected) => write!(formatter, "expected {expected}"),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        let message = message.to_string();
        Self::refused(message.strip_prefix("expected ").unwrap_or(&message))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::refused(plain(&expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::refused(plain(&expected.to_string()))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(Cause::Refused(Some(values(length)), plain(&expected.to_string())))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Cause::Refused(Some(format!("`{variant}`")), one_of(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Cause::Refused(Some(format!("an unknown key `{field}`")), one_of(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Cause::Missing(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Cause::Refused(Some(format!("the key `{field}` more than once")), "it once".to_string()))
    }
}

/// `1 value`, `3 values`.
pub(super) fn values(count: usize) -> String {
    if count == 1 { "1 value".to_string() } else { format!("{count} values") }
}

/// An expectation in the words of serde, in the user's.
fn plain(expected: &str) -> String {
    match expected {
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number of at least 0",
        "a string" | "path string" => "a text in quotes",
        "a boolean" => "true or false",
        "a map" => "`{ key: value, ... }`",
        "a sequence" => "a list in `[ ]`",
        "unit" => "`()`",
        other if other.starts_with("a nonzero") => "a whole number other than 0",
        other => other,
    }
    .to_string()
}
