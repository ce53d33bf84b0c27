//! No text makes the reader panic.

use super::{Document, Input, Problem, VALID};

/// Reads `text` and prints all that is wrong; a text that is not the valid one must have a value or a problem.
fn try_all(text: &str) {
    match Document::parse("system.ron", text) {
        Ok(mut document) => {
            let input: Option<Input> = document.read();
            for key in ["", "system.potential[0].cutoff", "states[\"closed\"].start", "ladder[1].temperature"] {
                document.add([Problem::new(key, 0, "1")]);
            }
            let report = document.report();
            assert!(input.is_some() || !report.is_empty(), "{text}");
            assert!(!report.to_string().is_empty());
        }
        Err(report) => {
            assert_eq!(report.len(), 1);
            let diagnostic = report.iter().next().unwrap();
            assert!(diagnostic.line > 0 && diagnostic.column > 0 && !diagnostic.found.is_empty(), "{report}");
        }
    }
}

#[test]
fn single_edits() {
    const INSERTED: [&str; 22] =
        ["(", ")", "[", "]", "{", "}", ",", ":", "\"", "'", "\\", "/", "-", ".", "#", "é", "\n", "r#", "/*", "Some(", "None", "1e"];
    for (at, character) in VALID.char_indices() {
        let (before, after) = VALID.split_at(at);
        let rest = &after[character.len_utf8()..];
        try_all(&format!("{before}{rest}"));
        try_all(before);
        try_all(after);
        for inserted in INSERTED {
            try_all(&format!("{before}{inserted}{after}"));
        }
    }
}

#[test]
fn random_edits() {
    let pieces: Vec<char> = "()[]{},:\"'\\/*-+.#r bxu1_eé🧪\n\tNaSomeinf!=".chars().collect();
    let mut seed = 1_u64;
    let mut next = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    for _ in 0..4000 {
        let mut text: Vec<char> = VALID.chars().collect();
        for _ in 0..=next(6) {
            let at = next(text.len());
            match next(4) {
                0 => drop(text.remove(at)),
                1 => text[at] = pieces[next(pieces.len())],
                2 => text.insert(at, pieces[next(pieces.len())]),
                _ => {
                    let end = (at + next(30)).min(text.len());
                    let moved: Vec<char> = text.drain(at..end).collect();
                    let to = next(text.len() + 1);
                    text.splice(to..to, moved);
                }
            }
        }
        try_all(&text.into_iter().collect::<String>());
    }
    for _ in 0..20_000 {
        try_all(&(0..next(24)).map(|_| pieces[next(pieces.len())]).collect::<String>());
    }
}

#[test]
fn many_mistakes() {
    // Every missing key costs a pass, and passes are limited.
    let text = format!("[{}]", "(), ".repeat(3000));
    let (rungs, report) = super::read::<Vec<super::Rung>>(&text);
    assert!(rungs.is_none());
    assert_eq!(report.len(), 1000);
    let text = format!("[\n{}]", "x,\n".repeat(30_000));
    let (numbers, report) = super::read::<Vec<f64>>(&text);
    assert_eq!((numbers.unwrap().len(), report.len()), (30_000, 30_000));
}
