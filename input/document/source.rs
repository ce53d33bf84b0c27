//! The text of an input and the places in it.

use super::diagnostic::Diagnostic;

/// A stretch of the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

/// A text with its name.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub file: String,
    pub text: String,
    line_starts: Vec<usize>,
}

impl Source {
    pub fn new(file: String, text: String) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, text, line_starts }
    }

    /// The text of `span`; shorter where `span` leaves the text or cuts a character.
    pub fn slice(&self, span: Span) -> &str {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end).max(start);
        &self.text[start..end]
    }

    /// Line and column, from 1, of byte `at`; a column is a character.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at);
        let line = self.line_starts.partition_point(|&start| start <= at).max(1);
        let start = self.line_starts[line - 1];
        (line, self.text[start..at].chars().count() + 1)
    }

    /// The text of `line`, from 1, without its end.
    fn line(&self, line: usize) -> &str {
        let start = self.line_starts[line - 1];
        self.text[start..].lines().next().unwrap_or("")
    }

    /// What stands at `span`, on one line and at most about 40 characters long.
    pub fn excerpt(&self, span: Span) -> String {
        const LONGEST: usize = 40;
        let mut short = String::new();
        let mut count = 0;
        for word in self.slice(span).split_whitespace() {
            let space = usize::from(count > 0);
            for character in " "[..space].chars().chain(word.chars()) {
                if count == LONGEST {
                    return short + "...";
                }
                short.push(character);
                count += 1;
            }
        }
        short
    }

    /// A diagnostic whose caret marks `span`, as far as its first line.
    pub fn diagnostic(&self, span: Span, key: &str, found: String, expected: String, help: Option<String>) -> Diagnostic {
        let (line, column) = self.position(span.start);
        let source_line = self.line(line).to_string();
        let rest = source_line.chars().count().saturating_sub(column - 1);
        let width = self.slice(span).chars().count().min(rest).max(1);
        Diagnostic { file: self.file.clone(), line, column, width, key: key.to_string(), found, expected, help, source_line }
    }
}
