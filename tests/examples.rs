//! Every shipped example, shortened, through the whole program: its figures within their error bars.

use mcflow::build::build_changed;
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow::output::summary::{Summary, jumps};
use mcflow::output::verdict::Severity;
use mcflow::schema::{Input, SamplesInput};
use mcflow_engine::moves::GeneratorDraw;
use mcflow_engine::{Entry, Monitor, Progress};
use mcflow_flows::{Activation, Architecture, RealNvp};
use std::path::{Path, PathBuf};

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .expect("the folder of examples")
        .flat_map(|folder| std::fs::read_dir(folder.expect("readable").path()).expect("a folder"))
        .map(|file| file.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        .collect();
    found.sort();
    found
}

/// Runs an example with `share` of its sweeps and, with flows, fewer training steps.
fn shortened(path: &Path, share: f64) -> Summary {
    let cut = |n: u64, least: u64| ((n as f64 * share) as u64).max(least);
    changed(path, |input| {
        let every = input.run.record_every.expect("examples say how often they record");
        // Lattices must melt whatever the share.
        input.run.equilibration = ((input.run.equilibration as f64 * share.max(0.6)) as u64).max(20);
        input.run.production = cut(input.run.production, 40 * every).div_ceil(every) * every;
        for (_, flow) in &mut input.flows.0 {
            flow.assessment_draws = 5000;
            for stage in flow.training.iter_mut().flat_map(|t| &mut t.stages) {
                stage.steps = stage.steps / 2 + 1;
            }
        }
    })
}

/// Runs an example with a changed input.
fn changed(path: &Path, change: impl FnOnce(&mut Input)) -> Summary {
    let built = build_changed(path, change);
    let mut built = built.unwrap_or_else(|report| panic!("{}:\n{report}", path.display()));
    let folder = tempfile::tempdir().expect("a folder");
    let _folder = prepare(folder.path(), Existing::Refuse, &built).expect("an empty folder");
    let summary = carry_out(&mut built, folder.path(), false, &mut Silent);
    summary.unwrap_or_else(|failure| panic!("{}: {}", path.display(), failure.message()))
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn z(value: Option<f64>, error: Option<f64>, expected: f64) -> f64 {
    (value.expect("an estimate") - expected) / error.expect("an error")
}

#[test]
fn every_example_is_a_good_input() {
    let all = examples();
    assert!(all.len() >= 4, "{all:?}");
    for path in all {
        let built = build_changed(&path, |_| {}).unwrap_or_else(|report| panic!("{}:\n{report}", path.display()));
        assert!(built.plan.inexact_because().is_empty(), "{}", path.display());
        assert!(built.text.lines().count() < 60, "{} is long for an example", path.display());
    }
}

#[test]
fn double_well_has_its_exact_free_energies() {
    let summary = shortened(&example("double_well/system.ron"), 0.2);
    let difference = summary.difference("left", "right").expect("both states");
    let off = z(difference.value, difference.standard_error, 3.3800);
    assert!(off.abs() < 4.0 && difference.standard_error.unwrap() < 0.08, "{difference:?}: {off:.1} standard errors off");
    let flow = &summary.flows[0];
    let log_z = flow.log_z.as_ref().expect("weights");
    assert!((log_z.value - 11.02047).abs() < 4.0 * log_z.standard_error.expect("no doubt"), "{log_z:?}");
    let doubtful = summary.verdict.worst().is_some_and(|worst| worst < Severity::Note);
    assert!(!doubtful, "{:?}", summary.verdict);
    assert!(flow.draw_acceptance.unwrap() > 0.6, "{flow:?}");
    assert!(flow.acceptance.iter().all(|state| state.acceptance > 0.6), "{:?}", flow.acceptance);
    assert!(summary.states[0].round_trips.values().sum::<u64>() > 100);
    assert!(summary.exact);
}

#[test]
fn mueller_brown_has_its_exact_population() {
    let summary = shortened(&example("mueller_brown/system.ron"), 0.2);
    let upper = &summary.states[0].population["upper"];
    let off = z(upper.mean, upper.standard_error, 0.97452);
    assert!(off.abs() < 4.0 && upper.standard_error.unwrap() < 0.005, "{upper:?}: {off:.1} standard errors off");
}

#[test]
fn triple_well_has_its_exact_populations_and_jumps_are_accepted() {
    let summary = shortened(&example("triple_well/system.ron"), 0.2);
    for (state, exact) in [("left", 0.41840), ("top", 0.29348), ("right", 0.28813)] {
        let found = &summary.states[0].population[state];
        let off = z(found.mean, found.standard_error, exact);
        assert!(off.abs() < 4.0 && found.standard_error.unwrap() < 0.004, "{state}: {found:?}: {off:.1} standard errors off");
    }
    for (from, to, attempted, accepted) in jumps(&summary.moves) {
        let least = if from == "left" { 0.55 } else { 0.8 };
        let share = accepted as f64 / attempted as f64;
        assert!(share > least, "{share:.3} of the jumps from {from} to {to} accepted");
    }
}

/// Two particles by their bond: F(open) - F(closed) by quadrature over length and direction.
#[test]
fn a_dimer_jumps_between_its_lengths() {
    let summary = shortened(&example("bistable_dimer/system.ron"), 0.2);
    let difference = summary.difference("closed", "open").expect("both states");
    let off = z(difference.value, difference.standard_error, -1.09600);
    assert!(off.abs() < 4.0 && difference.standard_error.unwrap() < 0.02, "{difference:?}: {off:.1} standard errors off");
    for (from, to, attempted, accepted) in jumps(&summary.moves) {
        let share = accepted as f64 / attempted as f64;
        assert!(share > if from == "closed" { 0.95 } else { 0.3 }, "{share:.3} of the jumps from {from} to {to} accepted");
    }
}

/// A tenth of the frames and steps of the example. Without the soft core, or without the declared symmetry, none of these jumps is accepted.
#[test]
fn a_dimer_in_discs_jumps_after_a_short_training() {
    let summary = changed(&example("dimer/system.ron"), |input| {
        input.flows.0.retain(|(name, _)| name == "jump");
        input.sweep.retain(|entry| !matches!(entry, Entry::GeneratorDraw(GeneratorDraw { .. })));
        (input.run.equilibration, input.run.production) = (3_000, 10_000);
        let flow = &mut input.flows.0[0].1;
        flow.samples = SamplesInput::Run { frames: 64_000, every: 10 };
        flow.layers = Some(Architecture::RealNvp(RealNvp {
            blocks: 6,
            hidden: vec![96, 96],
            activation: Activation::Tanh,
            scale_bound: 1.5,
            on: None,
        }));
        flow.training.as_mut().expect("a training").stages[0].steps = 800;
    });
    let difference = summary.difference("closed", "open").expect("both states");
    // The reference of long runs (examples/dimer/system.ron): -0.061(11).
    let off = z(difference.value, difference.standard_error.map(|e| e.hypot(0.011)), -0.061);
    assert!(off.abs() < 4.0 && difference.standard_error.unwrap() < 0.6, "{difference:?}: {off:.1} standard errors off");
    for (from, to, attempted, accepted) in jumps(&summary.moves) {
        let share = accepted as f64 / attempted as f64;
        assert!(share > 0.001, "{share:.4} of {attempted} jumps from {from} to {to} accepted");
    }
    let inside: Vec<_> = summary.flows[0].acceptance.iter().map(|state| state.inside.expect("images are tested")).collect();
    assert!(inside.iter().all(|&share| share > 0.8), "{inside:?}");
}

#[test]
fn wolfe_quapp_has_its_exact_free_energies_by_learned_and_by_ordinary_exchange() {
    let learned = shortened(&example("wolfe_quapp/system.ron"), 0.3);
    let ordinary = shortened(&example("wolfe_quapp/ladder.ron"), 0.3);
    for (summary, exact) in [(&learned, &[3.31503, 0.52451][..]), (&ordinary, &[3.31503, 2.35628, 1.65474, 1.13175, 0.76897, 0.52451])] {
        for (rung, exact) in summary.states.iter().zip(exact) {
            let difference = &rung.free_energy_differences[0];
            let off = z(difference.value, difference.standard_error, *exact);
            assert!(off.abs() < 4.5 && difference.standard_error.unwrap() < 0.3, "{difference:?}: {off:.1} standard errors off");
        }
    }
    let exchange = &learned.exchange[0];
    assert!(exchange.acceptance.unwrap() > 0.5 && exchange.between_states.unwrap() > 0.035, "{exchange:?}");
    assert!(ordinary.exchange.iter().all(|e| (0.15..0.25).contains(&e.acceptance.unwrap())), "{:?}", ordinary.exchange);
    assert!(ordinary.ladder_round_trips.iter().sum::<u64>() > 100);
}

/// Energies of long runs of another program (tests/reference): 3 combined errors.
#[test]
fn clusters_have_their_energies_by_ordinary_and_by_learned_exchange() {
    let (ordinary, learned) = (shortened(&example("lj13/system.ron"), 0.4), shortened(&example("lj13/learned.ron"), 0.2));
    for summary in [&ordinary, &learned] {
        for (temperature, energy, error) in [(0.18, -40.7774, 0.0032), (0.28, -36.4286, 0.051), (0.5, -24.2608, 0.033)] {
            let rung = summary.observables.iter().find(|rung| rung.rung.temperature == temperature).expect("a rung");
            let found = &rung.columns["potential_energy"];
            let combined = found.standard_error.unwrap().hypot(1.5 * error);
            let off = (found.mean.unwrap() - energy) / combined;
            assert!(off.abs() < 3.5, "T = {temperature}: {found:?}: {off:.1} standard errors off");
        }
    }
    // The map before its first step, which a loss that counts rows beyond the hard wall likes best, exchanges 0.13.
    let exchange = learned.exchange.iter().find(|exchange| exchange.flow.is_some()).expect("a learned exchange");
    assert!(exchange.acceptance.unwrap() > 0.2, "{exchange:?}");
    let summary = shortened(&example("dw4/system.ron"), 0.3);
    let found = &summary.observables[0].columns["potential_energy"];
    let off = z(found.mean, found.standard_error.map(|e| e.hypot(0.005)), -22.546);
    assert!(off.abs() < 4.0 && found.standard_error.unwrap() < 0.02, "{found:?}: {off:.1} standard errors off");
}

#[test]
fn fluids_run_and_agree_with_the_published_energy_roughly() {
    for (file, energy) in
        [("system.ron", -5.5386), ("langevin_0.78.ron", -5.5386), ("metropolis_0.86.ron", -6.0305), ("langevin_0.86.ron", -6.0305)]
    {
        let summary = shortened(&example(&format!("lj_fluid/{file}")), 0.02);
        let found = &summary.observables[0].columns["potential_energy_per_particle"];
        assert!((found.mean.unwrap() - energy).abs() < 0.1, "{file}: {found:?}");
    }
}

#[test]
fn constant_pressure_keeps_its_density() {
    let summary = shortened(&example("lj_npt/system.ron"), 0.05);
    let density = &summary.observables[0].columns["density"];
    assert!((density.mean.unwrap() - 0.75).abs() < 0.05, "{density:?}");
}
