//! A quick walk over the text ahead of the parser: brackets, quotes and comments only.
//!
//! It refuses nesting that would exhaust the stack of the parser, and knows the bracket or quote that was left open.

use super::source::Span;

/// The deepest nesting of brackets; far beyond any input that is meant.
pub(super) const DEEPEST: usize = 100;

/// What the walk has seen.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The bracket with which the nesting becomes too deep.
    pub too_deep: Option<Span>,
    /// A quote that stands directly after a name: no input that is meant has one.
    pub stuck: Option<Span>,
    /// An opening bracket that the wrong bracket closes, or none, and where that was noticed.
    pub unmatched: Option<(usize, usize)>,
    /// The texts in quotes that hold the end of a line, the sign of a quote left out.
    pub long_texts: Vec<Span>,
}

/// Walks over `text`, as far as the first thing that makes the parser unsafe.
pub(super) fn scan(text: &str) -> Scan {
    let mut walk = Walk { text, at: 0, scan: Scan::default(), open: Vec::new() };
    while walk.scan.too_deep.is_none() && walk.scan.stuck.is_none() && walk.step() {}
    if walk.scan.unmatched.is_none() {
        walk.scan.unmatched = walk.open.last().map(|&(_, start)| (start, text.len()));
    }
    walk.scan
}

struct Walk<'t> {
    text: &'t str,
    at: usize,
    scan: Scan,
    open: Vec<(char, usize)>,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.take();
        }
    }

    /// Moves behind the next `end`, or to the end of the text.
    fn find(&mut self, end: &str) {
        self.at = self.rest().find(end).map_or(self.text.len(), |found| self.at + found + end.len());
    }

    fn step(&mut self) -> bool {
        let start = self.at;
        let Some(character) = self.take() else { return false };
        match character {
            '(' | '[' | '{' => {
                self.open.push((character, start));
                if self.open.len() > DEEPEST {
                    self.scan.too_deep = Some(Span { start, end: start + 1 });
                }
            }
            ')' | ']' | '}' => {
                let opening = match character {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if let Some((open, place)) = self.open.pop()
                    && open != opening
                    && self.scan.unmatched.is_none()
                {
                    self.scan.unmatched = Some((place, start));
                }
            }
            '/' if self.peek() == Some('/') => self.take_while(|c| c != '\n'),
            '/' if self.peek() == Some('*') => self.block_comment(),
            '"' => self.text_from(start),
            '\'' => self.character(),
            _ if is_name(character) => self.name(start),
            _ => {}
        }
        true
    }

    fn block_comment(&mut self) {
        self.at += 1;
        let mut depth = 1;
        while depth > 0 && !self.rest().is_empty() {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else {
                self.take();
            }
        }
    }

    /// The rest of a text whose opening quote is taken.
    fn text_from(&mut self, start: usize) {
        while let Some(character) = self.take() {
            match character {
                '"' => break,
                '\\' => {
                    self.take();
                }
                _ => {}
            }
        }
        let span = Span { start, end: self.at };
        if self.text[start..self.at].contains('\n') {
            self.scan.long_texts.push(span);
        }
    }

    /// The rest of a character, `x'` or `\n'`.
    fn character(&mut self) {
        if self.take() == Some('\\') {
            match self.take() {
                Some('x') => {
                    self.take();
                    self.take();
                }
                Some('u') if self.peek() == Some('{') => self.find("}"),
                _ => {}
            }
        } else if self.text[..self.at].ends_with("''") {
            return;
        }
        if self.peek() == Some('\'') {
            self.take();
        }
    }

    /// A name or number, or the prefix of a text: `r"..."`, `r#"..."#`, `b"..."`, `br"..."`.
    fn name(&mut self, start: usize) {
        self.take_while(is_name);
        let name = self.text[start..self.at].to_string();
        let hashes = self.rest().len() - self.rest().trim_start_matches('#').len();
        let quoted = self.rest()[hashes..].starts_with('"');
        match name.as_str() {
            "r" | "br" if quoted => {
                self.at += hashes + 1;
                self.find(&format!("\"{}", "#".repeat(hashes)));
            }
            "b" if quoted && hashes == 0 => {
                self.at += 1;
                self.text_from(start);
            }
            "r" if hashes > 0 => {
                self.at += 1; // a raw identifier
                self.take_while(|c| is_name(c) || matches!(c, '.' | '+' | '-'));
                self.refuse_quote();
            }
            _ => self.refuse_quote(),
        }
    }

    fn refuse_quote(&mut self) {
        if self.rest().starts_with('"') {
            self.scan.stuck = Some(Span { start: self.at, end: self.at + 1 });
        }
    }
}

/// Whether `character` may be part of a name or number; beyond ASCII all but white space, to be on the safe side.
fn is_name(character: char) -> bool {
    character == '_' || character.is_ascii_alphanumeric() || (!character.is_ascii() && !is_space(character))
}

/// White space between tokens.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C' | '\u{85}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}')
}
