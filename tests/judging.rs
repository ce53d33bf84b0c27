//! Figures that flows give by themselves: within their error bars of what is exact, or without one and with the reason.

use mcflow::build::build;
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow::output::summary::Summary;
use mcflow::output::terminal::table;
use mcflow_engine::{Monitor, Progress};
use std::fmt::Write;

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

/// Runs an input with files beside it.
fn run(text: &str, files: &[(&str, &str)]) -> Summary {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("system.ron");
    std::fs::write(&input, text).expect("a file");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("a file");
    }
    let mut built = build(&input, None).unwrap_or_else(|report| panic!("{report}"));
    let output = folder.path().join("run");
    std::fs::create_dir(&output).expect("a folder");
    let _folder = prepare(&output, Existing::Refuse, &built).expect("an empty folder");
    carry_out(&mut built, &output, false, &mut Silent).unwrap_or_else(|failure| panic!("{}", failure.message()))
}

fn finds(summary: &Summary, kind: &str) -> bool {
    summary.verdict.findings.iter().any(|finding| finding.kind == kind)
}

/// Two particles in the plane whose bond may point anywhere: ln Z = ln(pi 2 pi int r exp(-10 (r - 2)^2 - r^2 / 4) dr), and an angle beyond half a turn
/// has two latents, of which the chain takes one.
#[test]
fn ln_z_of_a_flow_with_bonds_counts_each_configuration_once() {
    let summary = run(
        r#"(seed: 1, system: (cell: Open(dimension: 2), particles: [(type: "A", count: 2)], potential: [
            HarmonicBonds(bonds: [(0, 1)], stiffness: 20.0, length: 2.0), HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0], [0.0, 0.0]])]),
         start: Positions([[-1.0, 0.0], [1.0, 0.0]]), ladder: [(temperature: 1.0, walkers: 16)],
         flows: {"g": (layers: RealNvp(blocks: 2, hidden: [16]), bonds: [(0, 1)], samples: Run(frames: 2000, every: 5),
            training: (stages: [(steps: 100, maximum_likelihood: 1.0)]), assessment_draws: 40000)},
         sweep: [Displacement(count: 4, step: 1.0), GeneratorDraw(flow: "g")], run: (equilibration: 200, production: 50, record_every: 1))"#,
        &[],
    );
    let found = summary.flows[0].log_z.as_ref().expect("weights");
    // The logarithm of a stiff bond's length has a lighter tail in the flow than in the law: then few weights decide, and there is no error bar.
    let error = found.standard_error.unwrap_or(0.005);
    assert!(((found.value - 2.08418) / error).abs() < 4.0 && error < 0.02, "{found:?}");
}

/// Half of the walkers are in a well that the flow does not know, and stay there: half of the frames must tell, however many walkers there are.
#[test]
fn a_well_that_a_flow_has_dropped_is_seen_with_any_number_of_walkers() {
    let mut left = String::new();
    for k in 0..400 {
        // Near enough to the law of the left well.
        let (x, y) = ((f64::from(k) * 0.618_034).fract() - 0.5, (f64::from(k) * 0.754_878).fract() - 0.5);
        let _ = write!(left, "1\n\nA {} {} 0\n", -1.8 + 0.5 * x, 1.9 * y);
    }
    for walkers in [4, 5, 20] {
        let text = r#"(seed: 1, system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0)]),
             start: File("two.xyz"), ladder: [(temperature: 0.3, walkers: WALKERS)],
             flows: {
                "left": (layers: RealNvp(blocks: 2, hidden: [16]), samples: File("left.xyz"),
                    training: (stages: [(steps: 100, maximum_likelihood: 0.1, reverse_kl: 1.0)]), assessment_draws: 5000),
                "g": (layers: RealNvp(blocks: 1, hidden: [4]), samples: Run(frames: 2000, every: 1), training: (stages: [(steps: 2, maximum_likelihood: 1.0)]), assessment_draws: 100)},
             sweep: [Displacement(count: 4, step: 0.5), GeneratorDraw(flow: "left", every: 1000), GeneratorDraw(flow: "g", every: 1000)],
             run: (equilibration: 50, production: 10, record_every: 2))"#;
        let text = text.replace("WALKERS", &walkers.to_string());
        let summary = run(&text, &[("left.xyz", &left), ("two.xyz", "1\n\nA -1.8 0 0\n1\n\nA 1.6 0 0\n")]);
        let flow = &summary.flows[0];
        let expected = flow.draw_acceptance.expect("weights") * f64::from((walkers + 1) / 2) / f64::from(walkers);
        let found = flow.acceptance[0].acceptance;
        assert!((found - expected).abs() < 0.08, "{walkers} walkers: {found}, expected about {expected}");
        let log_z = flow.log_z.as_ref().expect("weights");
        assert!(log_z.standard_error.is_none() && log_z.reason.is_some(), "{log_z:?}");
        assert!(finds(&summary, "dropped_state") && finds(&summary, "few_weights"), "{:?}", summary.verdict);
        assert!(table(&summary).contains("without an error bar"));
    }
}

/// Eight double wells by a flow of a step of training: a few of the draws have all the weight.
#[test]
fn ln_z_of_few_weights_has_no_error_bar() {
    let summary = run(
        r#"(seed: 1, system: (cell: Open(dimension: 2), particles: [(type: "A", count: 8)],
            potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.0)]),
         start: Positions([[-1.8, 0.0],[1.8, 0.0],[-1.8, 0.0],[1.8, 0.0],[-1.8, 0.0],[1.8, 0.0],[-1.8, 0.0],[1.8, 0.0]]),
         ladder: [(temperature: 1.0, walkers: 10)],
         flows: {"g": (layers: RealNvp(blocks: 1, hidden: [4]), samples: Run(frames: 1000, every: 5), training: (stages: [(steps: 1, maximum_likelihood: 1.0)]))},
         sweep: [Displacement(count: 10, step: 0.5), GeneratorDraw(flow: "g", count: 1)], run: (equilibration: 100, production: 20, record_every: 2))"#,
        &[],
    );
    let log_z = summary.flows[0].log_z.as_ref().expect("weights");
    assert!(log_z.standard_error.is_none() && log_z.reason.as_ref().is_some_and(|reason| !reason.is_empty()), "{log_z:?}");
    assert!(finds(&summary, "few_weights"), "{:?}", summary.verdict);
}

/// The box of a uniform prior is that of a hundred frames: what lies outside is mass that the weights do not know.
#[test]
fn a_box_that_leaves_something_out_has_an_error_that_says_so() {
    for seed in [1, 2] {
        let text = r#"(seed: SEED, system: (cell: Open(dimension: 2), potential: [DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.0)]),
             start: Positions([[-1.8, 0.0]]), ladder: [(temperature: 1.0, walkers: 10)],
             flows: {"g": (layers: Spline(blocks: 2, hidden: [16], bins: 8, bound: 1.0), prior: Uniform, samples: Run(frames: 100, every: 20),
                training: (stages: [(steps: 200, batch: 128, learning_rate: 0.005, maximum_likelihood: 0.2, reverse_kl: 1.0)]), assessment_draws: 20000)},
             sweep: [Displacement(count: 10, step: 0.5), GeneratorDraw(flow: "g", count: 2)], run: (equilibration: 200, production: 500, record_every: 2))"#;
        let summary = run(&text.replace("SEED", &seed.to_string()), &[]);
        let flow = &summary.flows[0];
        let log_z = flow.log_z.as_ref().expect("weights");
        let covered = log_z.standard_error.is_none_or(|error| (log_z.value - 11.02047).abs() < 3.0 * error);
        assert!(covered && (log_z.standard_error.is_some() || log_z.reason.is_some()), "{log_z:?}");
        assert!(flow.outside_in_production.expect("draws") > 0.001 && finds(&summary, "outside_the_flow"), "{flow:?}");
    }
}

/// The fraction of the attempts of a move that were accepted, over all walkers.
fn accepted(summary: &Summary, name: &str) -> f64 {
    let moves = || summary.moves.iter().filter(|row| row.name == name);
    let count = |of: fn(&mcflow::output::summary::MoveSummary) -> u64| moves().map(of).sum::<u64>() as f64;
    count(|row| row.accepted) / count(|row| row.attempted)
}

/// Trained on energies alone, which reward whatever the axes let a flow do: an angle that goes round once, and lengths above 0, give the ln Z of the
/// integral over all angles, ln(2 pi^2 int r exp(-k (r - l)^2 / 2 - r^2 / 4) dr), and the acceptance that the judgement says.
#[test]
fn a_flow_with_a_bond_that_learns_from_energies_alone_keeps_to_the_ranges() {
    for (stiffness, length, expected) in [("20.0", "1.0", 2.1227), ("3.0", "0.6", 2.6220)] {
        let text = r#"(seed: 1, system: (cell: Open(dimension: 2), particles: [(type: "A", count: 2)], potential: [
                HarmonicBonds(bonds: [(0, 1)], stiffness: STIFFNESS, length: LENGTH), HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0], [0.0, 0.0]])]),
             start: Positions([[-0.5, 0.0], [0.5, 0.0]]), ladder: [(temperature: 1.0, walkers: 16)],
             flows: {"g": (layers: RealNvp(blocks: 2, hidden: [16]), bonds: [(0, 1)], samples: Run(frames: 4000, every: 5),
                training: (stages: [(steps: 300, batch: 128, learning_rate: 3e-3, reverse_kl: 1.0)]), assessment_draws: 20000)},
             sweep: [Displacement(count: 4, step: 1.0), GeneratorDraw(flow: "g")], run: (equilibration: 200, production: 300, record_every: 1))"#;
        let summary = run(&text.replace("STIFFNESS", stiffness).replace("LENGTH", length), &[]);
        let flow = &summary.flows[0];
        let log_z = flow.log_z.as_ref().expect("weights");
        // A flow that learns from energies alone may have thin tails; then there is no error bar.
        let error = log_z.standard_error.unwrap_or(0.01);
        assert!((log_z.value - expected).abs() < 4.0 * error.max(0.003) && error < 0.05, "{log_z:?}, not {expected}");
        let (said, found) = (flow.acceptance[0].acceptance, accepted(&summary, "GeneratorDraw"));
        assert!((said - found).abs() < 0.05 && found > 0.5, "{found} of the draws were accepted, {said} was said");
    }
}

/// A direction that turns freely in space: trained from both sides, jumps between two lengths are accepted alike whatever the seed.
#[test]
fn jumps_of_a_bond_in_space_are_accepted_alike_by_seed() {
    let text = r#"(seed: SEED, system: (cell: Open(dimension: 3), particles: [(type: "A", count: 2)],
          potential: [DoubleWellPair(a: 0.0, b: -4.0, c: 4.0, offset: 1.5), HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])]),
         states: {"short": (where: Below(Distance(0, 1), 1.5), start: Positions([[-0.4, 0.1, 0.0], [0.4, 0.0, 0.0]])), "long": (where: Above(Distance(0, 1), 1.5), start: Positions([[-1.1, 0.0, 0.0], [1.1, 0.0, 0.0]]))},
         ladder: [(temperature: 1.0, walkers: 16)],
         flows: {"g": (map: ModeJump(between: ["short", "long"]), layers: RealNvp(blocks: 2, hidden: [16]), bonds: [(0, 1)], standardise: Covariance, samples: Run(frames: 3000, every: 3),
            training: (stages: [(steps: 150, learning_rate: 3e-3, maximum_likelihood: 1.0, reverse_kl: 1.0)]))},
         sweep: [Displacement(step: 0.4, count: 2), ModeJump(flow: "g")], run: (equilibration: 200, production: 300))"#;
    for seed in ["1", "2", "3"] {
        let found = accepted(&run(&text.replace("SEED", seed), &[]), "ModeJump");
        assert!((0.35..0.95).contains(&found), "seed {seed}: {found}");
    }
}

/// A dimer that turns freely in the plane, at two temperatures: an exchange through a flow that knows the bond is accepted at least as often as one
/// through a flow that does not.
#[test]
fn exchanges_with_a_bond_are_accepted_at_least_as_often_as_without() {
    let text = r#"(seed: 3, system: (cell: Open(dimension: 2), particles: [(type: "A", count: 2)],
          potential: [DoubleWellPair(a: 0.0, b: -4.0, c: 4.0, offset: 1.5), HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0], [0.0, 0.0]])]),
         states: {"short": (where: Below(Distance(0, 1), 1.5), start: Positions([[-0.4, 0.0], [0.4, 0.0]])), "long": (where: Above(Distance(0, 1), 1.5), start: Positions([[-1.1, 0.0], [1.1, 0.0]]))},
         ladder: [(temperature: 1.0, walkers: 8), (temperature: 2.5, walkers: 6)],
         flows: {"g": (map: Exchange(from: 1, to: 0), layers: RealNvp(blocks: 2, hidden: [16]), BONDS standardise: Covariance, samples: Run(frames: 3000, every: 3),
            training: (stages: [(steps: 300, learning_rate: 3e-3, maximum_likelihood: 1.0, reverse_kl: 1.0)]), assessment_draws: 1000)},
         sweep: [Displacement(step: 0.4, count: 2), Exchange(flow: "g")], run: (equilibration: 200, production: 600, record_every: 2))"#;
    let [with, without] =
        ["bonds: [(0, 1)],", ""].map(|bonds| run(&text.replace("BONDS", bonds), &[]).exchange[0].acceptance.expect("exchanges"));
    assert!(with > without - 0.05 && with > 0.6, "{with} with the bond, {without} without");
}

/// Frames whose image leaves the domain of its end have no weight, and count on both sides. F(open) - F(closed) by quadrature; with a declared symmetry,
/// which training knows, exchanges are accepted at least as often as without.
#[test]
fn free_energies_by_an_exchange_are_right_with_a_declared_symmetry() {
    let text = r#"(seed: 1, system: (cell: Open(dimension: 2), particles: [(type: "D", count: 2)], potential: [BistableDimer(particles: (0, 1), slope: -0.3, tether: 8.0, quadratic: 6.0, quartic: 3.0)], SYMMETRY),
         states: {"closed": (where: Below(Distance(0, 1), 1.5), start: Positions([[-0.5, 0.0], [0.5, 0.0]])), "open": (where: Above(Distance(0, 1), 1.5), start: Positions([[-1.0, 0.0], [1.0, 0.0]]))},
         ladder: [(temperature: 1.0, walkers: 16), (temperature: 1.6, walkers: 16, scale: {"BistableDimer": 0.5})],
         flows: {"ex": (map: Exchange(from: 1, to: 0), layers: RealNvp(blocks: 2, hidden: [16], activation: Tanh), BONDS standardise: Covariance, samples: Run(frames: 16000, every: 3), training: (stages: [(steps: 200, learning_rate: 3e-3)])) },
         sweep: [Displacement(step: 0.3), Exchange(flow: "ex")], run: (equilibration: 400, production: 500, record_every: 2))"#;
    let symmetry = r#"symmetry: (identical: ["D"], operations: [(image: "-x, y"), (image: "x, -y")])"#;
    let mut plain = 0.0;
    for (name, symmetry, bonds) in [("plain", "", ""), ("symmetry", symmetry, ""), ("symmetry and a bond", symmetry, "bonds: [(0, 1)],")] {
        let summary = run(&text.replace("SYMMETRY", symmetry).replace("BONDS", bonds), &[]);
        let difference = &summary.flows[0].free_energy_differences[0];
        let (value, error) = (difference.value.expect("overlap"), difference.standard_error.expect("no doubt"));
        assert!(((value + 0.4794) / error).abs() < 4.0 && error < 0.25, "{name}: {difference:?}");
        let found = summary.exchange[0].acceptance.expect("exchanges");
        plain = if symmetry.is_empty() { found } else { plain };
        assert!(found > plain - if bonds.is_empty() { 0.02 } else { 0.1 }, "{name}: {found} accepted, {plain} without a symmetry");
    }
}

/// A generator of the second rung: it learns there, is judged by the law of that rung, and draws in its walkers alone.
#[test]
fn a_flow_of_the_second_rung_is_of_its_law_and_moves_its_walkers() {
    let text = r#"(seed: 1, system: (cell: Open(dimension: 2), particles: [(type: "A", count: 2)], potential: [HarmonicRestraint(stiffness: 2.0, to: [[0.0, 0.0], [0.0, 0.0]])]),
         start: Positions([[-0.5, 0.0], [0.5, 0.0]]), ladder: [(temperature: 1.0, walkers: 5), (temperature: 3.0, walkers: 7, scale: {"HarmonicRestraint": 0.5})],
         flows: {"g": (rung: 1, layers: RealNvp(blocks: 1, hidden: [8]), samples: Run(frames: 2100, every: 3), training: (stages: [(steps: 50, maximum_likelihood: 1.0)]))},
         sweep: [Displacement(step: 1.0), Exchange(), GeneratorDraw(flow: "g")], run: (equilibration: 100, production: 400, record_every: 1))"#;
    let summary = run(text, &[]);
    let log_z = summary.flows[0].log_z.as_ref().expect("weights");
    // Four coordinates of variance kT / lambda k = 3 in the second rung.
    let off = log_z.value - 2.0 * (std::f64::consts::TAU * 3.0).ln();
    assert!((off / log_z.standard_error.expect("no doubt")).abs() < 4.0, "{log_z:?}");
    let draws: Vec<u64> = summary.moves.iter().filter(|row| row.name == "GeneratorDraw").map(|row| row.attempted).collect();
    assert!(draws[..5].iter().all(|count| *count == 0) && draws[5..].iter().all(|count| *count == 400), "{draws:?}");
    assert!(accepted(&summary, "GeneratorDraw") > 0.7);
    let energy = &summary.observables[1].columns["potential_energy"];
    let off = (energy.mean.expect("a mean") - 6.0) / energy.standard_error.expect("an error");
    assert!(off.abs() < 4.5, "{energy:?}: {off:.1} standard errors off");
}
