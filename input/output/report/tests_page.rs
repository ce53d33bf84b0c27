use super::tests::assert_well_formed;
use super::{heading, page, status, tables, training};
use crate::output::summary::{
    DifferenceSummary, MoveSummary, ObservableSummary, PhaseSummary, RungName, RungObservables, RungStates, Summary,
};
use crate::output::verdict::{Verdict, chain_findings};
use crate::schema::Named;
use mcflow_engine::{FlowAssessment, FlowKind, Measured, StateAcceptance, StateDifference};
use mcflow_flows::{Evaluation, StageReport, TrainingReport};
use std::collections::BTreeMap;

const AWKWARD: &str = "<b>&\"o'pen\"";

fn measured(mean: f64, r_hat: Option<f64>) -> ObservableSummary {
    let mixed = r_hat.is_none_or(|r| r < 1.1);
    ObservableSummary {
        mean: Some(mean),
        standard_error: Some(0.012),
        standard_error_by_blocks: Some(0.011),
        autocorrelation_time: Some(12.3),
        effective_samples: mixed.then_some(1234.5),
        effective_samples_per_second: mixed.then_some(3.0),
        r_hat,
        never_changed: false,
        never_visited: false,
        circle: None,
        reason: (!mixed).then(|| "the walkers disagree".to_string()),
    }
}

fn missing() -> ObservableSummary {
    ObservableSummary {
        mean: None,
        standard_error: None,
        standard_error_by_blocks: None,
        autocorrelation_time: None,
        effective_samples: None,
        effective_samples_per_second: None,
        r_hat: None,
        never_changed: false,
        never_visited: false,
        circle: None,
        reason: Some("3 values where < 4 are".to_string()),
    }
}

fn flow(pareto_k: Option<f64>) -> FlowAssessment {
    let acceptance =
        StateAcceptance { state: Some(AWKWARD.to_string()), frames: 500, acceptance: 0.31, inside: None, outside: 0, beyond: 0 };
    FlowAssessment {
        kind: FlowKind::Generator,
        of_state: None,
        name: AWKWARD.to_string(),
        parameters: 123_456,
        training_seconds: Some(12.0),
        training_steps: Some(200),
        held_out_loss: Some(-3.25),
        draws: 10_000,
        effective_sample_fraction: Some(0.41),
        largest_weight: Some(0.002),
        pareto_k,
        log_z: Some(Measured { value: -11.02, standard_error: Some(0.03), reason: None }),
        free_energy_differences: vec![
            StateDifference { from: "a".into(), to: AWKWARD.into(), value: Some(1.5), standard_error: Some(0.1), reason: None },
            StateDifference { from: "a".into(), to: AWKWARD.into(), value: Some(1.5), standard_error: None, reason: Some("<few>".into()) },
            StateDifference { from: "a".into(), to: AWKWARD.into(), value: None, standard_error: None, reason: Some("no overlap".into()) },
        ],
        draw_acceptance: Some(0.5),
        acceptance: vec![acceptance.clone(), StateAcceptance { state: None, acceptance: 0.001, ..acceptance }],
        outside_in_production: None,
    }
}

fn summary() -> Summary {
    let columns = [("potential_energy", measured(-5.5, Some(1.01))), (AWKWARD, measured(2.0, Some(3.2))), ("none", missing())];
    let difference = |value: Option<f64>, reason: Option<&str>| DifferenceSummary {
        from: "a".to_string(),
        to: AWKWARD.to_string(),
        value,
        standard_error: value.map(|_| 0.1),
        r_hat: Some(1.4),
        reason: reason.map(str::to_string),
    };
    let phase = PhaseSummary { seconds: 75.0, steps: 1_000_000, steps_per_second: 13_333.3, particle_steps_per_second: 1e9 };
    let a_move = MoveSummary {
        replica: 0,
        entry: 0,
        name: "Displacement".to_string(),
        parameter: 0.123,
        attempted: 1000,
        accepted: 400,
        infeasible: 0,
        non_finite: 2,
        acceptance: Some(0.4),
        mean_acceptance_probability: Some(0.41),
        ways: Vec::new(),
        precision: None,
    };
    let rung = RungName { temperature: 1.0, pressure: None, scale: Named::default() };
    Summary {
        version: "0.1.0".to_string(),
        input_sha256: "ab".repeat(32),
        seed: 1,
        units: "Reduced".to_string(),
        verdict: Verdict::default(),
        exact: false,
        why: vec!["time step < 0.1 & more".to_string()],
        instruction_set: "Avx2".to_string(),
        precision: "Double".to_string(),
        phases: BTreeMap::from([("production".to_string(), phase.clone()), ("equilibration_with_flows".to_string(), phase)]),
        seconds: 150.0,
        moves: vec![a_move.clone(), MoveSummary { replica: 1, acceptance: Some(0.5), accepted: 500, ..a_move }],
        observables: vec![RungObservables {
            rung: rung.clone(),
            samples: 2000,
            columns: columns.into_iter().map(|(n, o)| (n.to_string(), o)).collect(),
        }],
        states: vec![RungStates {
            rung,
            population: BTreeMap::from([("a".to_string(), measured(0.4, None)), (AWKWARD.to_string(), missing())]),
            free_energy_differences: vec![difference(Some(1.2), None), difference(None, Some("the state \"<b>\" was never visited"))],
            round_trips: BTreeMap::from([(format!("a - {AWKWARD}"), 3)]),
        }],
        functions: Vec::new(),
        flows: vec![flow(Some(0.9)), flow(Some(0.6)), flow(Some(0.1)), flow(None)],
        training: BTreeMap::new(),
        start_memory: Vec::new(),
        exchange: Vec::new(),
        ladder_round_trips: Vec::new(),
        ladder_mixing: None,
        largest_energy_drift: 1e-15,
        neighbour_list_builds: 0,
    }
}

fn report() -> TrainingReport {
    let stage = StageReport { steps: 100, skipped: 0, bad_rows: 0, rows: 6400, best_step: 90, held_out_loss: -3.2, stopped_early: false };
    let evaluation = |stage: usize, step: usize| Evaluation {
        stage,
        step,
        train: (step > 0).then_some(1e6 / (1.0 + (100 * stage + step) as f64).powi(4)),
        held_out: 1e6 / (1.0 + (100 * stage + step) as f64).powi(4),
        objectives: [("maximum_likelihood", 3.0), ("reverse_kl", -1.0)]
            .into_iter()
            .take(stage + 1)
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
    };
    TrainingReport {
        stages: vec![stage.clone(), StageReport { stopped_early: true, skipped: 3, ..stage }],
        losses: (0..2).flat_map(|s| (0..=10).map(move |k| evaluation(s, 10 * k))).collect(),
        seconds: 12.0,
        steps: 200,
        best_step: 90,
        held_out_loss: -3.2,
        energy_evaluations: 51_200,
        interrupted: false,
    }
}

#[test]
fn tables_are_well_formed_and_say_what_is_wrong() {
    let mut summary = summary();
    summary.verdict = Verdict::of(chain_findings(&summary));
    let order: Vec<String> = ["potential_energy", AWKWARD, "none", "unknown"].map(str::to_string).to_vec();
    let reports = BTreeMap::from([(AWKWARD.to_string(), report())]);
    let parts = [
        status(&summary),
        tables::observables(&summary, &order, 10),
        tables::states(&summary, &["a", AWKWARD]),
        training::flows(&summary, &reports, &["a", AWKWARD]),
        tables::moves(&summary.moves),
        tables::phases(&summary),
    ];
    let page = page(AWKWARD, &parts.concat());
    assert_well_formed(&page);
    assert!(!page.contains("<b>") && !page.contains("NaN"));
    for expected in [
        "Not the ensemble asked for",
        "time step &lt; 0.1 &amp; more",
        "the walkers disagree",
        "withheld",
        "−5.500(12)",
        "do not trust the reweighted",
        "was never visited",
        "stage 2",
        "0.450",
        "cut off",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    // All on one page: nothing is fetched, nothing runs.
    for outside in ["src=", "href=", "<script", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn nothing_to_show_leaves_nothing() {
    let mut empty = summary();
    (empty.flows, empty.moves, empty.states, empty.observables) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    empty.phases = BTreeMap::new();
    (empty.exact, empty.why) = (true, Vec::new());
    empty.verdict = Verdict::of(chain_findings(&empty));
    assert!(status(&empty).contains("Nothing speaks against the figures"));
    for text in [
        tables::observables(&empty, &["a".to_string()], 1),
        tables::states(&empty, &[]),
        training::flows(&empty, &BTreeMap::new(), &[]),
        tables::moves(&empty.moves),
        tables::phases(&empty),
    ] {
        assert_eq!(text, "");
    }
}

#[test]
fn the_first_clause_of_the_input_is_the_heading() {
    assert_eq!(heading("// A dimer among discs: it opens. More of it.\n(units: Reduced)"), "A dimer among discs");
    assert_eq!(heading("\n//\n/// Argon.\n(units: Molar)"), "Argon");
    assert_eq!(heading("(units: Molar) // later"), "Report");
}

#[test]
fn thinning_keeps_excursions_and_order() {
    let mut values: Vec<f64> = (0..100_000).map(|k| f64::from(k % 7)).collect();
    (values[43_210], values[77_777], values[5]) = (99.0, -99.0, f64::NAN);
    let points = super::pictures::thinned(&values, 500);
    assert!(points.len() <= 500 && points.windows(2).all(|w| w[0].0 < w[1].0));
    assert!(points.contains(&(43_210, 99.0)) && points.contains(&(77_777, -99.0)));
    assert_eq!(super::pictures::thinned(&values[..4], 500).len(), 4);
}
