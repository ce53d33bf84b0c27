//! Syntax errors come alone, with a place and a remedy.

use super::{Document, VALID, read};

fn fails(text: &str) -> String {
    let report = Document::parse("a.ron", text).unwrap_err();
    assert_eq!(report.len(), 1);
    report.iter().next().unwrap().to_string()
}

#[test]
fn a_missing_comma() {
    assert_eq!(
        fails("(\n  a: 1\n  b: 2,\n)"),
        "a.ron:3:3: found `b`, expected a comma or a closing bracket\n    3 |   b: 2,\n      |   ^\n   is a comma missing at the end of the line above?"
    );
}

#[test]
fn brackets_left_open() {
    assert_eq!(
        fails("(\n  a: [1, 2,\n  b: 3,\n)"),
        "a.ron:3:4: found `:`, expected a comma or a closing bracket\n    3 |   b: 3,\n      |    ^\n   values with keys and values without cannot stand in the same brackets"
    );
    assert_eq!(
        fails("(a: [1, 2)"),
        "a.ron:1:10: found `)`, expected a comma or a closing bracket\n    1 | (a: [1, 2)\n      |          ^\n   `[` in line 1, column 5 is still open"
    );
    assert_eq!(
        fails("(a: 1,\n b: (c: 2)"),
        "a.ron:2:11: found the end of the file, expected a comma or a closing `)`\n    2 |  b: (c: 2)\n      |           ^\n   `(` in line 1, column 1 is still open"
    );
}

#[test]
fn quotes_and_comments_left_open() {
    let text = fails("(\n  a: \"x,\n  b: \"y\",\n)");
    assert!(text.starts_with("a.ron:3:7: found "), "{text}");
    assert!(
        text.ends_with("the text that begins in line 2, column 6 goes on over the end of the line: is its closing quote missing?"),
        "{text}"
    );
    assert!(fails("(a: \"x)\n").starts_with("a.ron:1:5: found a text without an end, expected a closing `\"`"));
    assert!(fails("(a: 1) /* x").starts_with("a.ron:1:8: found "));
}

#[test]
fn other_mistakes() {
    for (text, line) in [
        ("", "a.ron:1:1: found nothing, expected the keys of a run, `(key: value, ...)`"),
        ("  // only a comment\n", "a.ron:1:1: found nothing, expected the keys of a run, `(key: value, ...)`"),
        ("(a: )", "a.ron:1:5: found `)`, expected a value"),
        ("(a: 1, b = 2)", "a.ron:1:10: found `=`, expected `:` and a value after the key"),
        ("(a: 1) x", "a.ron:1:8: found `x`, expected the end of the file"),
        ("(a: \"\\q\")", "a.ron:1:6: found `\\q`, expected an escape: \\n, \\t, \\\", \\\\, \\x41 or \\u{e9}"),
        ("(a: -x)", "a.ron:1:5: found `-`, expected a value"),
        ("(a: [2..38])", "a.ron:1:7: found `.`, expected a comma or a closing bracket"),
        ("(a: Distance(0, 1, below: 2))", "a.ron:1:25: found `:`, expected a comma or a closing bracket"),
        ("(a: .5)", "a.ron:1:5: found `.`, expected a value"),
        ("(a: Some)", "a.ron:1:5: found `Some`, expected `(` and a value after `Some`"),
        ("(a: {\"b\" 1})", "a.ron:1:10: found `1`, expected `:` and a value after the key"),
        ("(a: 1.0 kcal)", "a.ron:1:9: found `kcal`, expected a comma or a closing bracket"),
        ("(a: x\"y\")", "a.ron:1:6: found `\"` directly after a name, expected a comma, a colon or a closing bracket"),
    ] {
        let found = fails(text);
        assert_eq!(found.lines().next().unwrap(), line, "{found}");
    }
}

#[test]
fn columns_are_characters() {
    assert!(fails("(a: \"Ångström 🧪\", b: é é)").starts_with("a.ron:1:24: found `é`"), "{}", fails("(a: \"Ångström 🧪\", b: é é)"));
    let (_, report) = read::<(String, u8)>("(\"Ångström 🧪\", -1)");
    assert_eq!(report.iter().next().unwrap().column, 16);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("(", ")"), ("A(", ")"), ("Some(", ")"), ("{1:", "}"), ("(a:", ")"), ("A(B(a:", "))")] {
        for depth in [200, 100_000] {
            let text = open.repeat(depth) + "1" + &close.repeat(depth);
            assert!(fails(&text).contains("at most 100 levels"), "{open}");
            assert!(fails(&open.repeat(depth)).contains("at most 100 levels"), "{open}");
        }
        let most = 100 / open.matches(['(', '[', '{']).count();
        assert!(Document::parse("a.ron", open.repeat(most) + "1" + &close.repeat(most)).is_ok(), "{open}");
    }
    // Brackets in texts and comments do not count.
    let brackets = "(".repeat(1000);
    assert!(
        Document::parse("a.ron", format!("(/* {brackets} */ a: \"{brackets}\", b: r#\"\"{brackets}\"#, c: '(') // {brackets}")).is_ok()
    );
}

#[test]
fn a_byte_order_mark_is_skipped_and_long_lines_are_cut() {
    assert!(Document::parse("a.ron", format!("\u{feff}{VALID}")).is_ok());
    let text = format!("({})", (0..200).map(|i| format!("k{i}: {i}, ")).collect::<String>() + "k: ,");
    let shown = fails(&text);
    let lines: Vec<&str> = shown.lines().collect();
    let caret = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[1].chars().nth(caret), Some(','), "{shown}");
    assert!(lines[1].chars().count() < 170);
}

#[test]
fn files_that_cannot_be_read() {
    let report = Document::open("/no/such/system.ron").unwrap_err().to_string();
    assert!(report.starts_with("/no/such/system.ron: found no readable file ("), "{report}");
    let path = std::env::temp_dir().join(format!("document-{}.ron", std::process::id()));
    std::fs::write(&path, b"(a: 1,\n b: \"\xff\")").unwrap();
    let report = Document::open(&path).unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();
    assert!(report.contains(":2:6: found bytes that are not text, expected a file in UTF-8"), "{report}");
}
