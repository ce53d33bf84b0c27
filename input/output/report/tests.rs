use crate::output::figures::{Figure, Reference, Series, Style};

/// Every tag closed in order, attributes quoted, no bare `<` or `&`.
pub fn assert_well_formed(text: &str) {
    const VOID: [&str; 4] = ["meta", "br", "hr", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        assert_entities(&rest[..start]);
        let end = rest[start..].find('>').expect("a tag that ends") + start;
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<') && tag.matches('"').count().is_multiple_of(2), "tag {tag}");
        assert_entities(tag);
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closing tag");
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && !rest.contains('>'), "{open:?} left open");
}

fn assert_entities(text: &str) {
    for (k, _) in text.match_indices('&') {
        let entity = text[k + 1..].split(';').next().unwrap();
        assert!(["lt", "gt", "amp", "quot", "apos", "#39"].contains(&entity), "entity {entity}");
    }
}

fn checked(figure: &Figure) -> String {
    let svg = figure.svg();
    assert_well_formed(&svg);
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>"));
    for bad in ["NaN", "inf\"", "inf,", ">inf", "\ninf", "-inf"] {
        assert!(!svg.contains(bad), "{bad} in {svg}");
    }
    // Nothing is drawn outside: all coordinates of polylines are within the view box.
    for list in svg.split("points=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        for pair in list.split_whitespace() {
            let (x, y) = pair.split_once(',').unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((0..=4 * 560).contains(&x) && (0..=4 * figure.height as i32).contains(&y), "{pair}");
        }
    }
    svg
}

#[test]
fn figures_survive_what_runs_leave_behind() {
    let none = f64::NAN;
    type Case = (Vec<(f64, f64)>, Vec<f64>);
    let cases: Vec<Case> = vec![
        (vec![], vec![]),
        (vec![(none, none), (f64::INFINITY, 1.0)], vec![none]),
        (vec![(3.0, 2.0)], vec![0.1]),
        (vec![(0.0, 0.0)], vec![0.0]),
        (vec![(1.0, 5.0), (2.0, 5.0), (3.0, 5.0)], vec![]),
        (vec![(1.0, 5.0), (2.0, none), (3.0, 5.0), (4.0, 6.0), (4.0, -1.0)], vec![1.0, 1.0, f64::INFINITY, -1.0, 1e308]),
        (vec![(1e-300, 1e-300), (1.0, 1.0), (1e299, 1e299), (1e308, -1e308)], vec![1e-300, 1e200, 1e305]),
        (vec![(0.0, 1e12 + 0.001), (1.0, 1e12 + 0.002)], vec![1e-4; 2]),
        ((0..50).map(|k| (f64::from(k), f64::from(k).sin() * 1e7)).collect(), vec![1e6; 50]),
    ];
    for style in [Style::Line, Style::Points, Style::Steps, Style::Band] {
        for (log_x, log_y) in [(false, false), (true, false), (false, true), (true, true)] {
            for y_range in [None, Some((0.5, 2.0)), Some((1.0, none))] {
                for (points, errors) in &cases {
                    let series = Series::new("a & b", style, points.clone()).with_errors(errors.clone());
                    let references = vec![Reference::vertical(2.0, "<here>"), Reference::horizontal(none, "nowhere")];
                    let labels = ("title \"x\" < y".to_string(), "x (σ)".to_string(), "a very long label ".repeat(30));
                    let figure = Figure {
                        title: labels.0,
                        x_label: labels.1,
                        y_label: labels.2,
                        series: vec![series, Series::new("other", style, vec![(1.0, 1.0)])],
                        references,
                        log_x,
                        log_y,
                        y_range,
                        height: 300,
                    };
                    checked(&figure);
                }
            }
        }
    }
    checked(&Figure::default());
}

#[test]
fn a_line_has_gaps_and_is_cut_off_at_the_range() {
    let points = vec![(0.0, 0.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 9.0), (5.0, 1.0), (6.0, 1.5)];
    let figure = |y_range| Figure { series: vec![Series::new("", Style::Line, points.clone())], y_range, ..Figure::default() };
    let lines = |figure: Figure| checked(&figure).matches("stroke=\"#0072B2\"").count();
    assert_eq!(lines(figure(None)), 2);
    assert_eq!(lines(figure(Some((0.0, 2.0)))), 3);
}
