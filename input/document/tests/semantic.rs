//! Problems that other code finds, placed, or dropped where the value was made up.

use mcflow_base::Problem;

use super::{Document, Input, VALID};

fn document(text: &str) -> Document {
    let mut document = Document::parse("system.ron", text).unwrap();
    let _: Option<Input> = document.read();
    document
}

fn place(document: &Document, key: &str) -> (usize, usize, usize) {
    let diagnostic = document.diagnose(&Problem::new(key, "-1", "a number above 0"));
    assert_eq!(diagnostic.key, key);
    (diagnostic.line, diagnostic.column, diagnostic.width)
}

#[test]
fn keys_have_places() {
    let document = document(VALID);
    for (key, expected) in [
        ("", (2, 1, 1)),
        ("seed", (4, 11, 4)),
        ("system.potential[0].cutoff", (8, 58, 3)),
        ("system.potential[0].truncation", (8, 75, 19)),
        ("system.potential[0].truncation.from", (8, 90, 3)),
        ("system.potential[0].tail", (8, 13, 12)),
        ("system.potential[2][1]", (11, 28, 6)),
        ("system.potential[2][1][0]", (11, 29, 1)),
        ("system.potential[7].cutoff", (7, 20, 1)),
        ("system.mass", (14, 20, 3)),
        ("states[\"closed\"].start", (17, 78, 12)),
        ("states[\"open \\\"wide\\\"\"].where", (18, 34, 3)),
        ("states[\"shut.tight\"].where", (16, 13, 1)),
        ("flows[\"jump\"].stages[0].rate", (21, 74, 4)),
        ("ladder[1].temperature", (20, 61, 3)),
        ("nowhere.at[0].all", (2, 1, 1)),
        ("]broken[\"key", (2, 1, 1)),
    ] {
        assert_eq!(place(&document, key), expected, "{key}");
        assert!(document.is_sound(key), "{key}");
    }
}

#[test]
fn what_was_made_up_is_not_judged() {
    let text = VALID
        .replace("cutoff: 2.5, ", "")
        .replace("sigma: 1.0", "sigma: x")
        .replace("temperature: 1.5", "temperatur: 1.5")
        .replace("Walls(half", "Fences(half")
        .replace("mass: Some(1.0)", "mass: Some(y)");
    let mut document = document(&text);
    for key in [
        "",
        "system",
        "system.mass",
        "system.potential",
        "system.potential[0]",
        "system.potential[0].cutoff",
        "system.potential[0].sigma",
        "system.potential[1]",
        "system.potential[1].half_width",
        "ladder[1]",
        "ladder[1].temperature",
        "ladder",
    ] {
        assert!(!document.is_sound(key), "{key}");
    }
    for key in [
        "seed",
        "system.cell",
        "system.potential[0].epsilon",
        "system.potential[0].tail",
        "ladder[0].temperature",
        "ladder[1].walkers",
        "run",
    ] {
        assert!(document.is_sound(key), "{key}");
    }
    let before = document.report().len();
    document.add([
        Problem::new("system.potential[0].cutoff", 1, "a number below 0.5"),
        Problem::new("system.potential[0].epsilon", 1, "a number above 1"),
        Problem::new("ladder[1].temperature", 1, "a number above 2"),
    ]);
    let report = document.report();
    assert_eq!(report.len(), before + 1);
    assert!(report.to_string().contains("system.ron:8:35: system.potential[0].epsilon: found 1, expected a number above 1"), "{report}");
}

#[test]
fn the_whole_way() {
    let mut document = Document::parse("system.ron", VALID).unwrap();
    let input: Option<Input> = document.read();
    assert!(document.finish(input).is_ok());
    document.add([Problem::new("temperature", 0, "a number above 0").within("ladder[0]")]);
    let report = document.finish(Some(())).unwrap_err();
    assert_eq!(
        report.to_string(),
        "\
system.ron:20:28: ladder[0].temperature: found 0, expected a number above 0
   20 |     ladder: [(temperature: 1.0, walkers: 16), (temperature: 1.5)],
      |                            ^^^
1 problem"
    );
}
