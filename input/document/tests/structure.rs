//! Types, keys and variants, and several mistakes at once.

use serde::Deserialize;

use super::{Input, LennardJones, Potential, Rung, Stage, Truncation, VALID, helps, problems, read};

#[test]
fn a_valid_input_has_no_problems() {
    let (input, report) = read::<Input>(VALID);
    assert!(report.is_empty(), "{report}");
    let input = input.unwrap();
    assert_eq!(input.system.mass, Some(1.0));
    assert_eq!(input.system.title.as_deref(), Some("discs"));
    assert_eq!(input.flows["jump"].hidden, [128, 128]);
    assert_eq!(input.run.shift, -3);
    assert!(matches!(&input.system.potential[2], Potential::Pairs(pairs) if *pairs == [(0, 1), (2, 3)]));
    assert_eq!(input.states.keys().collect::<Vec<_>>(), ["closed", "open \"wide\""]);
}

#[test]
fn every_mistake_is_found_at_once() {
    let text = VALID
        .replace("cutoff: 2.5", "cutof: 2.5")
        .replace("units: Reduced", "units: Redced")
        .replace("seed: 2019", "seed: -1")
        .replace("production: 20_000, ", "")
        .replace("temperature: 1.5", "temprature: NaN")
        .replace("rate: 1e-3", "")
        .replace("count: 38", "count: 1e3")
        .replace("\"discs\"", "discs")
        .replace("[128, 0x80]", "[70000]")
        .replace("Walls(half_width: 3.0, stiffness: 2e2)", "Wall(half_width: true)")
        .replace("start: Lattice", "start: 3");
    assert_eq!(
        problems::<Input>(&text),
        [
            "3:12: units: found Redced, expected one of Reduced, Kelvin",
            "4:11: seed: found -1, expected a whole number of at least 0",
            "8:50: system.potential[0].cutof: found an unknown key `cutof`, expected one of epsilon, sigma, cutoff, truncation, tail",
            "9:13: system.potential[1]: found Wall, expected one of LennardJones, Walls, Pairs",
            "9:13: system.potential[1].stiffness: found nothing, expected a number: the key `stiffness` is missing",
            "9:30: system.potential[1].half_width: found true, expected a number",
            "13:16: system.title: found discs, expected a text in quotes",
            "18:46: states[\"open \\\"wide\\\"\"].start: found 3, expected one of File, Lattice",
            "20:48: ladder[1].temprature: found an unknown key `temprature`, expected one of temperature, walkers",
            "20:60: ladder[1].temprature: found NaN, expected a finite number",
            "21:31: flows[\"jump\"].hidden: found 1 value, expected 2 values",
            "21:32: flows[\"jump\"].hidden[0]: found 70000, expected a whole number between 0 and 65535",
            "21:49: flows[\"jump\"].stages[0].rate: found nothing, expected a number: the key `rate` is missing",
            "22:33: sweep[0].count: found 1e3, expected a whole number of at least 0",
            "23:10: run.production: found nothing, expected a whole number of at least 0: the key `production` is missing",
        ]
    );
    let (input, _) = read::<Input>(&text);
    let input = input.unwrap();
    assert!(matches!(&input.system.potential[0], Potential::LennardJones(LennardJones { cutoff: 2.5, .. })));
    assert_eq!(input.run.production, 1);
    assert_eq!(input.flows["jump"].stages, [Stage { steps: 1000, rate: 1.0 }]);
}

#[test]
fn whole_numbers() {
    for (text, expected) in [
        ("-1", "a whole number of at least 0"),
        ("2.5", "a whole number of at least 0"),
        ("1e400", "a whole number of at least 0"),
        ("inf", "a whole number of at least 0"),
        ("true", "a whole number of at least 0"),
        ("18446744073709551616", "a whole number between 0 and 18446744073709551615"),
        (&"9".repeat(50), "a whole number between 0 and 18446744073709551615"),
    ] {
        let found = if text.len() > 40 { format!("{}...", &text[..40]) } else { text.to_string() };
        assert_eq!(problems::<u64>(text), [format!("1:1: found {found}, expected {expected}")]);
    }
    assert_eq!(problems::<i32>("3_000_000_000"), ["1:1: found 3_000_000_000, expected a whole number between -2147483648 and 2147483647"]);
    assert_eq!(problems::<i64>("x"), ["1:1: found x, expected a whole number"]);
    assert_eq!(helps::<u32>("1e3"), ["write `1000`, without point and exponent"]);
    assert_eq!(read::<u64>("18446744073709551615").0, Some(u64::MAX));
    assert_eq!(read::<i64>("-9223372036854775808").0, Some(i64::MIN));
    assert_eq!(read::<std::num::NonZeroU32>("7").0.unwrap().get(), 7);
    assert_eq!(problems::<std::num::NonZeroU32>("0"), ["1:1: found 0, expected a whole number other than 0"]);
}

#[test]
fn real_numbers() {
    for (text, value) in [("1", 1.0), ("-2.5e3", -2500.0), ("0x10", 16.0), ("1_000", 1000.0)] {
        assert_eq!(read::<f64>(text), (Some(value), super::Report::default()));
    }
    for text in ["NaN", "-inf", "inf", "1e999"] {
        assert_eq!(problems::<f64>(text), [format!("1:1: found {text}, expected a finite number")]);
    }
    assert_eq!(problems::<f32>("1e60"), ["1:1: found 1e60, expected a finite number"]);
    assert_eq!(problems::<f64>("\"2\""), ["1:1: found \"2\", expected a number"]);
    assert_eq!(helps::<f64>("\"2\""), ["write 2 without quotes"]);
    assert_eq!(problems::<f64>("Some(2)"), ["1:1: found Some(2), expected a number"]);
    assert_eq!(problems::<f64>("1e"), ["1:1: found 1e, expected a number"]);
}

#[test]
fn simple_values() {
    assert_eq!(problems::<bool>("True"), ["1:1: found True, expected true or false"]);
    assert_eq!(helps::<bool>("True"), ["did you mean `true`?"]);
    assert_eq!(read::<char>("'é'").0, Some('é'));
    assert_eq!(read::<char>("\"x\"").0, Some('x'));
    assert_eq!(problems::<char>("\"xy\""), ["1:1: found \"xy\", expected one character in quotes"]);
    assert_eq!(read::<String>("r#\"a\"b\"#").0.as_deref(), Some("a\"b"));
    assert_eq!(helps::<String>("7"), ["write \"7\", in quotes"]);
    assert_eq!(problems::<()>("1"), ["1:1: found 1, expected `()`"]);
    assert_eq!(read::<Option<u8>>("None").0, Some(None));
    assert_eq!(read::<Option<Option<u8>>>("3").0, Some(Some(Some(3))));
    assert_eq!(problems::<Option<u8>>("Some(300)"), ["1:6: found 300, expected a whole number between 0 and 255"]);
}

#[test]
fn lists_and_tuples() {
    assert_eq!(read::<[f64; 2]>("(1, 2)").0, Some([1.0, 2.0]));
    assert_eq!(read::<(u8, String)>("[1, \"a\"]").0, Some((1, "a".to_string())));
    assert_eq!(read::<Vec<(String, u8)>>("{\"b\": 1, \"a\": 2}").0, Some(vec![("b".to_string(), 1), ("a".to_string(), 2)]));
    assert_eq!(
        problems::<Vec<(String, u8)>>("{b: 1, \"a\": x}"),
        ["1:2: [b]: found b, expected a text in quotes", "1:13: [\"a\"]: found x, expected a whole number between 0 and 255"]
    );
    assert_eq!(problems::<(u8, u8, u8)>("(1, 2)"), ["1:1: found 2 values, expected 3 values"]);
    assert_eq!(problems::<(u8, u8)>("(1, 2, x)"), ["1:1: found 3 values, expected 2 values"]);
    assert_eq!(problems::<[u8; 2]>("7"), ["1:1: found 7, expected 2 values in brackets"]);
    assert_eq!(problems::<Vec<u8>>("7"), ["1:1: found 7, expected a list in `[ ]`"]);
    assert_eq!(helps::<Vec<u8>>("7"), ["a list of one is written [7]"]);
    assert_eq!(helps::<Vec<u8>>("()"), ["an empty list is written []"]);
    assert_eq!(
        problems::<Vec<u8>>("[1, x, 300, 4]"),
        ["1:5: [1]: found x, expected a whole number between 0 and 255", "1:8: [2]: found 300, expected a whole number between 0 and 255"]
    );
}

#[test]
fn missing_fields_at_every_level() {
    assert_eq!(
        problems::<Input>("()"),
        [
            "1:1: units: found nothing, expected one of Reduced, Kelvin: the key `units` is missing",
            "1:1: seed: found nothing, expected a whole number of at least 0: the key `seed` is missing",
            "1:1: system: found nothing, expected `(key: value, ...)` with keys among cell, potential, title, mass: the key `system` is missing",
            "1:1: ladder: found nothing, expected a list in `[ ]`: the key `ladder` is missing",
            "1:1: run: found nothing, expected `(key: value, ...)` with keys among production, shift: the key `run` is missing",
        ]
    );
    assert!(read::<Input>("()").0.is_some());
    assert_eq!(
        problems::<Vec<Rung>>("[(), (walkers: 1)]"),
        [
            "1:2: [0].temperature: found nothing, expected a number: the key `temperature` is missing",
            "1:6: [1].temperature: found nothing, expected a number: the key `temperature` is missing"
        ]
    );
}

#[test]
fn unknown_keys() {
    assert_eq!(
        problems::<Vec<Rung>>("[(temperature: 1, temperatur: 2)]"),
        ["1:19: [0].temperatur: found an unknown key `temperatur`, expected one of temperature, walkers"]
    );
    assert_eq!(helps::<Vec<Rung>>("[(temperature: 1, temperatur: 2)]"), ["did you mean `temperature`?"]);
    assert!(helps::<Vec<Rung>>("[(temperature: 1, color: 2)]").is_empty());
    #[derive(Debug, Deserialize)]
    struct Empty {}
    assert_eq!(problems::<Empty>("(a: 1)"), ["1:2: a: found an unknown key `a`, expected no keys here"]);
    assert_eq!(problems::<Rung>("Ladder(temperature: 1)"), ["1:1: found the name `Ladder`, expected `(` without a name"]);
    assert!(problems::<Rung>("Rung(temperature: 1)").is_empty());
    assert_eq!(
        problems::<Rung>("{\"temperature\": 1}"),
        ["1:1: found {\"temperature\": 1}, expected `(key: value, ...)` with keys among temperature, walkers"]
    );
}

#[test]
fn variants() {
    assert_eq!(read::<Truncation>("Switched((from: 2))").0, Some(Truncation::Switched { from: 2.0 }));
    assert_eq!(read::<Truncation>("Plain()").0, Some(Truncation::Plain));
    let written = ["LennardJones((epsilon: 1, sigma: 1, cutoff: 2))", "LennardJones(LennardJones(epsilon: 1, sigma: 1, cutoff: 2))"];
    for text in written {
        assert!(problems::<Potential>(text).is_empty(), "{text}");
    }
    assert_eq!(problems::<Truncation>("Plain(2)"), ["1:1: found Plain(2), expected `Plain` alone, without brackets"]);
    assert_eq!(problems::<Truncation>("Switched"), ["1:1: from: found nothing, expected a number: the key `from` is missing"]);
    assert_eq!(problems::<Truncation>("Switched(2)"), ["1:1: found Switched(2), expected `(from: ...)`"]);
    assert_eq!(problems::<Truncation>("\"Plain\""), ["1:1: found \"Plain\", expected one of Plain, Shifted, Switched"]);
    assert_eq!(helps::<Truncation>("\"Plain\""), ["write Plain without quotes"]);
    assert_eq!(problems::<Truncation>("Sharp"), ["1:1: found Sharp, expected one of Plain, Shifted, Switched"]);
    assert_eq!(problems::<super::Cell>("Cubic(x)"), ["1:7: found x, expected a number"]);
    assert_eq!(
        problems::<super::Cell>("Orthorhombic(1, x)"),
        ["1:1: found 2 values, expected 3 values", "1:17: [1]: found x, expected a number"]
    );
}

#[test]
fn types_that_check_themselves() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(try_from = "f64")]
    struct Positive(f64);
    impl TryFrom<f64> for Positive {
        type Error = String;
        fn try_from(value: f64) -> Result<Self, String> {
            if value > 1.0 { Ok(Self(value)) } else { Err("a number above 1".to_string()) }
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Pair {
        a: Positive,
        #[serde(default)]
        b: Option<Positive>,
        c: u8,
    }
    assert_eq!(problems::<Vec<Positive>>("[2, -1, 3, x]"), ["1:5: [1]: found -1, expected a number above 1",]);
    assert_eq!(
        problems::<Pair>("(a: 2, b: 0.5, c: x)"),
        ["1:11: b: found 0.5, expected a number above 1", "1:19: c: found x, expected a whole number between 0 and 255",]
    );
    // Even 1 is refused, so that no `Pair` can be made; what is known is reported.
    let (pair, report) = read::<Pair>("(b: 2)");
    assert!(pair.is_none());
    assert!(report.to_string().contains("the key `a` is missing"), "{report}");
}

#[test]
fn recursive_untagged_and_flat_types() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    enum Tree {
        Both(Box<Tree>, Box<Tree>),
        Leaf,
    }
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Width {
        One(f64),
        Many(Vec<f64>),
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        #[serde(flatten)]
        rung: Rung,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Alias {
        #[serde(alias = "kT")]
        temperature: f64,
    }
    assert_eq!(problems::<Tree>("Both(Leaf, 3)"), ["1:12: [1]: found 3, expected one of Both, Leaf"]);
    assert_eq!(problems::<Vec<Width>>("[1, [2.0, 3]]").len(), 0);
    assert_eq!(problems::<Vec<Width>>("[1, \"a\"]").len(), 1);
    assert!(problems::<Outer>("(name: \"a\", temperature: 2)").is_empty());
    assert_eq!(problems::<Outer>("(name: \"a\")").len(), 1);
    assert!(problems::<Alias>("(kT: 2)").is_empty());
}
