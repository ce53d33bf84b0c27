//! From the text to the tree, or to the one syntax error.

use ron2::ErrorKind;
use ron2::ast::parse_document;

use super::diagnostic::Diagnostic;
use super::scan::{DEEPEST, Scan, is_space, scan};
use super::source::{Source, Span};
use super::tree::Tree;

/// Parses the text of `source`.
pub(super) fn parse(source: &Source) -> Result<Tree, Box<Diagnostic>> {
    let scan = scan(&source.text);
    // Only what comes before an unsafe place is parsed; an error in that part is the first of the file.
    let danger = scan.too_deep.or(scan.stuck);
    let safe = danger.map_or(source.text.len(), |span| span.start);
    let parsed = parse_document(&source.text[..safe]);
    let before = |span: &ron2::Span| danger.is_none() || span.end_offset < safe || scan.stuck.is_some() && span.start_offset < safe;
    let first = parsed.as_ref().err().filter(|error| before(error.span()));
    let diagnostic = match (first, danger, parsed.as_ref().ok().and_then(|document| document.value.as_ref())) {
        (Some(error), ..) => explain(source, &scan, error),
        (None, Some(span), _) => {
            let (found, expected) = match scan.too_deep {
                Some(_) => ("brackets within brackets".to_string(), format!("at most {DEEPEST} levels of them")),
                None => ("`\"` directly after a name".to_string(), "a comma, a colon or a closing bracket".to_string()),
            };
            source.diagnostic(span, "", found, expected, long_text(source, &scan, span))
        }
        (None, None, Some(value)) => return Ok(Tree::new(source, value)),
        (None, None, None) => {
            let (found, expected) = ("nothing".to_string(), "the keys of a run, `(key: value, ...)`".to_string());
            source.diagnostic(Span { start: 0, end: 0 }, "", found, expected, None)
        }
    };
    Err(Box::new(diagnostic))
}

/// The remedy for an error at `span` that follows a text with the end of a line in it.
fn long_text(source: &Source, scan: &Scan, span: Span) -> Option<String> {
    let line = |at| source.position(at).0;
    let text = scan.long_texts.iter().rfind(|text| text.end <= span.start && line(text.end) == line(span.start))?;
    let (line, column) = source.position(text.start);
    Some(format!("the text that begins in line {line}, column {column} goes on over the end of the line: is its closing quote missing?"))
}

fn explain(source: &Source, scan: &Scan, error: &ron2::Error) -> Diagnostic {
    let mut span = Span { start: error.span().start_offset, end: error.span().end_offset };
    let mut found = None;
    let mut help = None;
    let expected = match error.kind() {
        ErrorKind::Eof => "a value".to_string(),
        ErrorKind::UnexpectedChar(_) => "a value".to_string(),
        ErrorKind::TrailingCharacters => "the end of the file".to_string(),
        ErrorKind::ExpectedStringEnd => {
            found = Some("a text without an end".to_string());
            "a closing `\"`".to_string()
        }
        ErrorKind::UnclosedBlockComment => {
            found = Some("a comment without an end".to_string());
            "a closing `*/`".to_string()
        }
        ErrorKind::InvalidEscape(_) => r#"an escape: \n, \t, \", \\, \x41 or \u{e9}"#.to_string(),
        ErrorKind::Expected { expected, context } => match expected.as_ref() {
            "value" => "a value".to_string(),
            "comma" => "a comma or a closing bracket".to_string(),
            "closing `)` or `}`" => "a comma or a closing `)`".to_string(),
            "closing `]`" if *context != Some("attribute") => "a comma or a closing `]`".to_string(),
            "closing `}`" => "a comma or a closing `}`".to_string(),
            "identifier" => "a key or a closing bracket".to_string(),
            "`:` after map key" => {
                if *context == Some("struct field") {
                    span = token_after(source, span.end); // the error names the key, not what follows it
                }
                "`:` and a value after the key".to_string()
            }
            "`Some` or `None`" => "`(` and a value after `Some`".to_string(),
            other => format!("{}{other}", if other.starts_with('`') || other.starts_with("closing") { "" } else { "a valid " }),
        },
        other => {
            let text = other.to_string();
            found = Some(text.trim_start_matches("Unexpected ").to_string());
            "valid syntax".to_string()
        }
    };
    span = visible(source, span);
    if expected.contains("comma") && source.slice(span) == ":" {
        help = Some("values with keys and values without cannot stand in the same brackets".to_string());
    }
    if let Some(text) = long_text(source, scan, span) {
        help = Some(text);
    } else if let Some((open, noticed)) = scan.unmatched
        && noticed <= span.end
    {
        let (line, column) = source.position(open);
        help = Some(format!("`{}` in line {line}, column {column} is still open", &source.text[open..=open]));
    } else if help.is_none() && expected.starts_with("a comma") && starts_line(source, span.start) {
        help = Some("is a comma missing at the end of the line above?".to_string());
    }
    let found = found.unwrap_or_else(|| match source.excerpt(span) {
        text if text.is_empty() => "the end of the file".to_string(),
        text => format!("`{text}`"),
    });
    source.diagnostic(span, "", found, expected, help)
}

/// The first character of the token at or after `at`, or all of it where it is a name or a number.
fn token_after(source: &Source, at: usize) -> Span {
    let text = &source.text;
    let mut start = text.floor_char_boundary(at);
    loop {
        let rest = text[start..].trim_start_matches(is_space);
        start = text.len() - rest.len();
        if rest.starts_with("//") {
            start = rest.find('\n').map_or(text.len(), |end| start + end);
        } else if rest.starts_with("/*") {
            start = rest.find("*/").map_or(text.len(), |end| start + end + 2);
        } else {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            let length = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
            return Span { start, end: start + length };
        }
    }
}

/// `span`, or the next token where there is nothing to see at it.
fn visible(source: &Source, span: Span) -> Span {
    if source.slice(span).trim().is_empty() { token_after(source, span.start) } else { span }
}

/// Whether only white space stands before byte `at` in its line.
fn starts_line(source: &Source, at: usize) -> bool {
    let (line, _) = source.position(at);
    line > 1 && source.text[..at].chars().rev().take_while(|&c| c != '\n').all(is_space)
}
