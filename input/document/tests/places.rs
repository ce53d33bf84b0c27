//! Places, keys, duplicates and the form of a report.

use super::{Document, Input, Rung, VALID, problems, read};
use crate::document::nearest;

#[test]
fn a_report_as_printed() {
    let text = "[\n\t(temperature: x),\n\t(temperatur: 2.5),\n]";
    let (_, report) = read::<Vec<Rung>>(text);
    assert_eq!(
        report.to_string(),
        "\
system.ron:2:16: [0].temperature: found x, expected a number
    2 |  (temperature: x),
      |                ^
system.ron:3:3: [1].temperatur: found an unknown key `temperatur`, expected one of temperature, walkers
    3 |  (temperatur: 2.5),
      |   ^^^^^^^^^^
   did you mean `temperature`?
2 problems"
    );
    assert!(read::<Vec<Rung>>("[()]").1.to_string().ends_with("\n1 problem"));
}

#[test]
fn duplicate_keys_name_both_places() {
    assert_eq!(
        problems::<Rung>("(temperature: 1,\n temperature: 2,\n walkers: x)"),
        [
            "2:2: temperature: found the key `temperature` a second time, expected it once: the first is in line 1, column 2",
            "3:11: walkers: found x, expected a whole number between 0 and 4294967295",
        ]
    );
    let text = VALID.replace("\"open \\\"wide\\\"\"", "\"closed\"");
    assert_eq!(
        problems::<Input>(&text),
        ["18:9: states[\"closed\"]: found the key `\"closed\"` a second time, expected it once: the first is in line 17, column 9"]
    );
}

#[test]
fn a_value_over_several_lines_is_marked_in_its_first() {
    let (_, report) = read::<f64>("  Name(\n a: 1,\n)");
    let shown = report.iter().next().unwrap().to_string();
    assert_eq!(shown, "system.ron:1:3: found Name( a: 1, ), expected a number\n    1 |   Name(\n      |   ^^^^^");
}

#[test]
fn windows_line_ends_do_not_show() {
    let (_, report) = read::<Vec<u8>>("[1,\r\n x]\r\n");
    assert_eq!(report.iter().next().unwrap().source_line, " x]");
}

#[test]
fn nearest_names() {
    let names = ["temperature", "cutoff", "LennardJones", "walls"];
    assert_eq!(nearest("temprature", &names), Some("temperature"));
    assert_eq!(nearest("temp", &names), Some("temperature"));
    assert_eq!(nearest("cut-off", &names), Some("cutoff"));
    assert_eq!(nearest("lennard_jones", &names), Some("LennardJones"));
    assert_eq!(nearest("Wall", &names), Some("walls"));
    assert_eq!(nearest("pressure", &names), None);
    assert_eq!(nearest("", &names), None);
    assert_eq!(nearest("Ra", &["Na".to_string(), "Cl".to_string()]), Some("Na"));
    assert_eq!(nearest("x", &["y"]), None);
}

#[test]
fn other_reports_are_added_and_sorted() {
    let mut document = Document::parse("system.ron", "[(temperature: x)]").unwrap();
    let rungs: Option<Vec<Rung>> = document.read();
    document.push(crate::document::Diagnostic::of_file("closed.xyz", "NaN in line 7", "a finite coordinate"));
    document.push(crate::document::Diagnostic::of_file("closed.xyz", "NaN in line 7", "a finite coordinate"));
    let report = document.finish(rungs).unwrap_err();
    assert_eq!(report.len(), 2);
    assert!(report.to_string().starts_with("closed.xyz: found NaN in line 7, expected a finite coordinate\nsystem.ron:1:16: "));
}
