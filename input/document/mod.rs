//! The input file, read so that everything that is wrong with it is found at once, each thing with its place.
//!
//! A syntax error comes alone. After that nothing stops the reading: a value of the wrong type, an unknown or a missing key is
//! noted, and something harmless stands in for it. The code that knows the rules then checks the result as if it were whole, and
//! [`Document::add`] drops what it says about values that were made up.
//!
//! ```text
//! let mut document = Document::open(path)?;              // a Report with the one syntax error
//! let input: Option<Input> = document.read();
//! if let Some(input) = &input {
//!     document.add(input.check());                       // Problems with full keys: `system.potential[0].cutoff`
//!     if document.is_sound("system.cell") && document.is_sound("system.potential") {
//!         document.add(input.check_cutoffs());
//!     }
//! }
//! let input = document.finish(input)?;                   // or a Report with all that is wrong
//! ```
//!
//! The key of a value: `.name` for a field, `[0]` for an element of a list, tuple or variant with several values, `["name"]` for
//! an entry of a map (as `{:?}` writes the text). The name of a variant adds no level, nor do the brackets of a variant with one
//! value.

mod access;
mod deserializer;
mod diagnostic;
mod fault;
mod nearest;
mod number;
mod reader;
mod scan;
mod session;
mod source;
mod stand_in;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;

use std::path::Path;

use mcflow_base::Problem;
use serde::de::DeserializeOwned;

pub use diagnostic::{Diagnostic, Report};
pub use nearest::nearest;

use session::{Finding, Session, State};
use source::{Source, Span};
use tree::Tree;

/// An input file and what is known to be wrong with it.
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    tree: Tree,
    state: State,
    /// What was added to the structural problems.
    added: Vec<Diagnostic>,
}

impl Document {
    /// Reads and parses the file at `path`.
    ///
    /// # Errors
    ///
    /// One diagnostic, if the file cannot be read, is not text or breaks the syntax.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Report> {
        let file = path.as_ref().display().to_string();
        let bytes = std::fs::read(path.as_ref())
            .map_err(|error| Diagnostic::of_file(&file, format!("no readable file ({error})"), "an input such as system.ron"))?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(file, text),
            Err(error) => {
                let place = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let span = Span { start: place, end: place + 3 };
                let (found, expected) = ("bytes that are not text".to_string(), "a file in UTF-8".to_string());
                Err(Source::new(file, text).diagnostic(span, "", found, expected, None).into())
            }
        }
    }

    /// Parses `text`, which is named `file` in all messages.
    ///
    /// # Errors
    ///
    /// One diagnostic, if the text breaks the syntax.
    pub fn parse(file: impl Into<String>, text: impl Into<String>) -> Result<Self, Report> {
        let text = text.into();
        let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
        let source = Source::new(file.into(), text);
        let tree = syntax::parse(&source).map_err(|diagnostic| *diagnostic)?;
        let mut state = State::default();
        for duplicate in &tree.duplicates {
            let (line, column) = source.position(duplicate.first.start);
            state.record(Finding {
                node: duplicate.node,
                span: duplicate.second,
                key: duplicate.path.clone(),
                found: format!("the key `{}` a second time", duplicate.key),
                expected: format!("it once: the first is in line {line}, column {column}"),
                help: None,
            });
        }
        Ok(Self { source, tree, state, added: Vec::new() })
    }

    /// The value of the document as a `T`, with harmless stand-ins (1, an empty text, an empty list, the first variant) where the
    /// document is broken.
    ///
    /// `None` where a type refuses even those, or where a thousand keys are missing or values refused by their types; at least one
    /// problem is known then. A type that refuses a value itself, with `#[serde(try_from = "...")]` say, should phrase its message
    /// as what would do: "a number above 0".
    pub fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        Session::read(&self.source, &self.tree, &mut self.state)
    }

    /// The file as the user named it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Whether the value with the full key `path` is the one written: neither it nor anything that it lies in was replaced, and
    /// nothing is wrong with the structure of what it holds. A key that is absent because it has a default is sound.
    #[must_use]
    pub fn is_sound(&self, path: &str) -> bool {
        let (innermost, length) = self.tree.locate(path);
        let mut above = Some(innermost);
        while let Some(id) = above {
            if self.state.broken.contains(&id) {
                return false;
            }
            above = self.tree.node(id).parent;
        }
        // Wrappers such as `Some(...)` have the same key.
        let mut id = innermost;
        while let Some(parent) = self.tree.node(id).parent.filter(|&parent| self.tree.node(parent).path == path[..length]) {
            id = parent;
        }
        let held = id..self.tree.node(id).end;
        if length == path.len() {
            return !self.state.is_noted(held);
        }
        let rest = path[length..].trim_start_matches('.');
        let field = &rest[..rest.find(['.', '[']).unwrap_or(rest.len())];
        !self.state.missing.iter().chain(&self.state.misspelled).any(|(node, name)| (id..=innermost).contains(node) && *name == field)
    }

    /// Where and what `problem` is, whose key is a full one; the nearest place above it where its key is absent.
    #[must_use]
    pub fn diagnose(&self, problem: &Problem) -> Diagnostic {
        let (id, length) = self.tree.locate(&problem.key);
        let node = self.tree.node(id);
        let span = if length == problem.key.len() && length > 0 { node.span } else { node.head };
        self.source.diagnostic(span, &problem.key, problem.found.clone(), problem.expected.clone(), None)
    }

    /// Adds problems with full keys to the report, except those of values that were not read as they are written.
    pub fn add(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            if self.is_sound(&problem.key) {
                self.added.push(self.diagnose(&problem));
            }
        }
    }

    /// Adds a diagnostic, of another file say, to the report.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.added.push(diagnostic);
    }

    /// All that is known to be wrong.
    #[must_use]
    pub fn report(&self) -> Report {
        let structural = self.state.findings.iter().cloned();
        let structural = structural.map(|f| self.source.diagnostic(f.span, &f.key, f.found, f.expected, f.help));
        structural.chain(self.added.iter().cloned()).collect()
    }

    /// The value that was read, if nothing is known to be wrong.
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub fn finish<T>(&self, value: Option<T>) -> Result<T, Report> {
        let report = self.report();
        match value {
            Some(value) if report.is_empty() => Ok(value),
            _ => Err(report),
        }
    }
}
