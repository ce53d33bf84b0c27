//! What the user reads when an input is wrong.

use std::collections::HashSet;
use std::fmt;

/// One thing that is wrong with an input, at its place in the file.
///
/// The first line that it displays is `file:line:column: key: found X, expected Y`, the form in which editors find the place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The file as the user named it.
    pub file: String,
    /// The line, from 1; 0 where the problem has no place in the text, such as a file that cannot be read.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// How many characters the caret marks.
    pub width: usize,
    /// The full key, `system.potential[0].cutoff`; empty for the whole of the file and for syntax errors.
    pub key: String,
    /// What stands there.
    pub found: String,
    /// What would do.
    pub expected: String,
    /// A remedy, where one is likely: "did you mean `cutoff`?"
    pub help: Option<String>,
    /// The line of the file.
    pub source_line: String,
}

impl Diagnostic {
    /// A problem of `file` as a whole.
    #[must_use]
    pub fn of_file(file: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            width: 0,
            key: String::new(),
            found: found.into(),
            expected: expected.into(),
            help: None,
            source_line: String::new(),
        }
    }

    /// The source line as it is shown, and how many characters stand before the caret: of a long line the part around the caret.
    fn window(&self) -> (String, usize) {
        const LONGEST: usize = 140;
        let plain = |character: char| if character.is_control() { ' ' } else { character };
        let characters: Vec<char> = self.source_line.chars().map(plain).collect();
        let before = self.column - 1;
        if characters.len() <= LONGEST {
            return (characters.into_iter().collect(), before);
        }
        let start = before.saturating_sub(LONGEST / 2).min(characters.len() - LONGEST);
        let end = (start + LONGEST).min(characters.len());
        let (open, close) = (if start > 0 { "... " } else { "" }, if end < characters.len() { " ..." } else { "" });
        let shown: String = characters[start..end].iter().collect();
        (format!("{open}{shown}{close}"), before - start + open.len())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file)?;
        if self.line > 0 {
            write!(formatter, "{}:{}:", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(formatter, " {}:", self.key)?;
        }
        write!(formatter, " found {}, expected {}", self.found, self.expected)?;
        if self.line > 0 {
            let (shown, before) = self.window();
            let width = self.width.clamp(1, shown.chars().count().saturating_sub(before).max(1));
            write!(formatter, "\n{:>5} | {}", self.line, shown.trim_end())?;
            write!(formatter, "\n      | {}{}", " ".repeat(before), "^".repeat(width))?;
        }
        match &self.help {
            Some(help) => write!(formatter, "\n   {help}"),
            None => Ok(()),
        }
    }
}

/// All that is wrong with an input, in the order of the file, each problem once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// How many problems there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// The problems in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.diagnostics.iter()
    }
}

impl FromIterator<Diagnostic> for Report {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        let mut seen = HashSet::new();
        let mut sorted: Vec<Diagnostic> = diagnostics.into_iter().filter(|diagnostic| seen.insert(diagnostic.clone())).collect();
        sorted.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Self { diagnostics: sorted }
    }
}

impl IntoIterator for Report {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.diagnostics.into_iter()
    }
}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic] }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(formatter, "{diagnostic}")?;
        }
        match self.diagnostics.len() {
            1 => write!(formatter, "1 problem"),
            count => write!(formatter, "{count} problems"),
        }
    }
}

impl std::error::Error for Report {}
