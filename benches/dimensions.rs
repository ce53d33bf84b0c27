//! How does learned exchange fare as dimensions are added? Wolfe and Quapp's landscape with a bath of springs, T = 5 to 1, in 2 to 1024
//! dimensions, beside the published figures of the method (Invernizzi, Krämer, Clementi and Noé, J. Phys. Chem. Lett. 13 (2022) 11643, figures
//! of its public code). Prints a table and writes `docs/dimensions.svg`; some minutes. One run each: this is no timing of code. With `--test`, as
//! other benchmarks have it, two short runs to see that it works, and no figure.

use mcflow::build::build_changed;
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow::output::figures::{Figure, Series, Style};
use mcflow::schema::SamplesInput;
use mcflow_engine::roles::FlowRole;
use mcflow_engine::{Monitor, Progress};
use std::path::Path;

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

/// Dimensions, effective samples of the flow, exchanges accepted where that is given.
type Published = (f64, f64, Option<f64>);
const PUBLISHED: [Published; 5] =
    [(2.0, 0.22, None), (16.0, 0.21, Some(0.20)), (64.0, 0.2156, Some(0.19)), (256.0, 0.20, None), (1024.0, 0.177, None)];

fn main() {
    let short = std::env::args().any(|argument| argument == "--test");
    let all: &[i32] = if short { &[2, 4] } else { &[2, 16, 64, 256, 1024] };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/wolfe_quapp/system.ron");
    let text = std::fs::read_to_string(&example).expect("the example");
    let (mut accepted, mut effective) = (Vec::new(), Vec::new());
    println!("dimensions  accepted  between states  effective samples  F(T = 1), exact 3.315  training in s");
    for &dimensions in all {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, x, y) in [("left", -1.2, 1.4), ("right", 1.2, -1.4)] {
            let mut frame = format!("{dimensions}\n\nA {x} 0 0\nA {y} 0 0\n");
            (2..dimensions).for_each(|_| frame.push_str("A 0 0 0\n"));
            std::fs::write(folder.path().join(format!("{name}.xyz")), frame).expect("a file");
        }
        let input = folder.path().join("system.ron");
        let text = text.replace("count: 64", &format!("count: {dimensions}"));
        std::fs::write(&input, text).expect("a file");
        let built = build_changed(&input, |input| {
            for (_, flow) in &mut input.flows.0 {
                assert!(matches!(flow.map, FlowRole::Exchange(_)));
                // What a step costs grows with the dimension: as many seconds, not as many steps.
                flow.training.iter_mut().flat_map(|t| &mut t.stages).for_each(|s| s.steps = if dimensions > 64 { 500 } else { s.steps });
            }
            input.run.production = 1500;
            if short {
                (input.run.equilibration, input.run.production) = (50, 50);
                for (_, flow) in &mut input.flows.0 {
                    flow.assessment_draws = 100;
                    flow.samples = SamplesInput::Run { frames: 400, every: 1 };
                    flow.training.iter_mut().flat_map(|t| &mut t.stages).for_each(|s| (s.steps, s.warm_up) = (5, 0));
                }
            }
        });
        let mut built = built.unwrap_or_else(|report| panic!("{report}"));
        let output = folder.path().join("output");
        let _folder = prepare(&output, Existing::Refuse, &built).expect("an empty folder");
        let summary = carry_out(&mut built, &output, false, &mut Silent).unwrap_or_else(|failure| panic!("{}", failure.message()));
        let (exchange, flow) = (&summary.exchange[0], &summary.flows[0]);
        let difference = &summary.states[0].free_energy_differences[0];
        println!(
            "{dimensions:>10}  {:>8.3}  {:>14.4}  {:>17.3}  {:>12.3} +- {:.3}  {:>13.1}",
            exchange.acceptance.unwrap_or(0.0),
            exchange.between_states.unwrap_or(0.0),
            flow.effective_sample_fraction.unwrap_or(0.0),
            difference.value.unwrap_or(f64::NAN),
            difference.standard_error.unwrap_or(f64::NAN),
            flow.training_seconds.unwrap_or(0.0),
        );
        accepted.push((f64::from(dimensions), exchange.acceptance.unwrap_or(0.0)));
        effective.push((f64::from(dimensions), flow.effective_sample_fraction.unwrap_or(0.0)));
    }
    if short {
        return;
    }
    let published = |of: fn(&Published) -> Option<f64>| PUBLISHED.iter().filter_map(|p| Some((p.0, of(p)?))).collect();
    let figure = Figure {
        title: "Learned exchange, T 5 to 1, against the number of dimensions".to_string(),
        x_label: "dimensions".to_string(),
        y_label: "fraction".to_string(),
        series: vec![
            Series::new("exchanges accepted", Style::Line, accepted),
            Series::new("effective samples", Style::Line, effective),
            Series::new("accepted, published", Style::Points, published(|p| p.2)),
            Series::new("effective samples, published", Style::Points, published(|p| Some(p.1))),
        ],
        log_x: true,
        ..Figure::default()
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dimensions.svg");
    std::fs::write(&path, figure.svg()).expect("a figure");
    println!("figure in {}", path.display());
}
