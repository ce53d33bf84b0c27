//! Pressures and volumes through the whole program: means against what is exact, and ensembles that are cut.

use mcflow::build::build;
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow::output::summary::{ObservableSummary, Summary};
use mcflow_engine::{Monitor, Progress};

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

/// Runs an input.
fn run(text: &str) -> Summary {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("system.ron");
    std::fs::write(&path, text).expect("a file");
    let mut built = build(&path, None).unwrap_or_else(|report| panic!("{report}"));
    let output = folder.path().join("run");
    let _folder = prepare(&output, Existing::Refuse, &built).expect("an empty folder");
    carry_out(&mut built, &output, false, &mut Silent).unwrap_or_else(|failure| panic!("{}", failure.message()))
}

fn column<'a>(summary: &'a Summary, name: &str) -> &'a ObservableSummary {
    &summary.observables[0].columns[name]
}

/// The mean is `expected` within 4.5 standard errors, which are at most `largest`.
fn must_be(summary: &Summary, name: &str, expected: f64, largest: f64) {
    let found = column(summary, name);
    let (mean, error) = (found.mean.expect("a mean"), found.standard_error.unwrap_or_else(|| panic!("{name}: {found:?}")));
    assert!(error < largest, "{name}: an error of {error} sees nothing");
    let z = (mean - expected) / error;
    assert!(z.abs() < 4.5, "{name}: {mean} with an error of {error} where {expected} is right: {z:.1} standard errors off");
}

/// A jump of 0.89 at 1.2 sigma: the virial alone is off by a multiple of the pressure.
#[test]
fn a_truncated_potential_has_the_pressure_that_it_was_given() {
    let summary = run(r#"(
        system: (
            cell: Cube(density: 0.3),
            particles: [(type: "A", count: 30), (type: "B", count: 34)],
            potential: [LennardJones(
                types: {"A": (epsilon: 1.0, sigma: 1.0), "B": (epsilon: 0.7, sigma: 0.95)},
                cutoff: 1.2,
                exclude: [(0, 1), (40, 50)],
            )],
        ),
        start: Lattice(FaceCentredCubic),
        ladder: [(temperature: 1.5, walkers: 4, pressure: 0.4)],
        sweep: [Displacement(step: 0.3), Volume(step: 0.1)],
        run: (equilibration: 1000, production: 8000, record_every: 4),
    )"#);
    must_be(&summary, "pressure", 0.4, 0.01);
    assert!(summary.exact, "{:?}", summary.why);
    let virial = column(&summary, "virial_pressure");
    assert!((virial.mean.unwrap() - 0.4).abs() > 0.1, "{virial:?}");
}

/// A tail correction is part of the energy that is sampled; the virial pressure, that of tables of the full potential, is a column of its own.
#[test]
fn a_tail_correction_has_the_pressure_that_it_was_given() {
    let summary = run(r#"(
        system: (
            cell: Cube(density: 0.3),
            particles: [(type: "A", count: 64)],
            potential: [LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 1.8, tail: true)],
        ),
        start: Lattice(FaceCentredCubic),
        ladder: [(temperature: 2.0, walkers: 4, pressure: 0.6)],
        sweep: [Displacement(step: 0.3), Volume(step: 0.1)],
        run: (equilibration: 1000, production: 8000, record_every: 4),
    )"#);
    must_be(&summary, "pressure", 0.6, 0.01);
    let virial = column(&summary, "virial_pressure");
    assert!((virial.mean.unwrap() - column(&summary, "pressure").mean.unwrap()).abs() > 1e-3, "{virial:?}");
}

/// Stiff springs to points that stay where they are: their free energy does not depend on the volume, so p(V) ~ exp(-P V / kT).
#[test]
fn springs_to_fixed_points_have_a_virial() {
    let springs = r#"(
        system: (
            cell: Orthorhombic(lengths: [4.0, 4.0, 4.0]),
            particles: [(type: "A", count: 2)],
            potential: [HarmonicRestraint(stiffness: 100.0, to: [[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]])],
        ),
        start: Lattice(BodyCentredCubic),
        LADDER
    )"#;
    let constant_volume = r#"ladder: [(temperature: 1.0)], sweep: [Hmc(steps: 7, time_step: 0.02, tune: false)], run: (equilibration: 50, production: 20000),"#;
    must_be(&run(&springs.replace("LADDER", constant_volume)), "pressure", 0.0, 0.005);
    let constant_pressure = r#"ladder: [(temperature: 1.0, walkers: 8, pressure: 0.1)],
        sweep: [Displacement(step: 0.3, count: 8), Volume(step: 0.3, count: 4)],
        run: (equilibration: 2000, production: 40000, record_every: 5),"#;
    let summary = run(&springs.replace("LADDER", constant_pressure).replace("stiffness: 100.0", "stiffness: 10.0"));
    must_be(&summary, "pressure", 0.1, 0.04);
}

/// In equilibrium 32 particles would fill a cell that is lower than two cutoffs.
#[test]
fn a_cell_at_its_least_height_is_no_exact_ensemble() {
    let input = |count: usize, pressure: f64| {
        run(&r#"(
            system: (
                cell: Cube(density: 0.2),
                particles: [(type: "A", count: COUNT)],
                potential: [LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.5, truncation: LinearForceShift)],
            ),
            start: Lattice(FaceCentredCubic),
            states: {
                "near": (where: Below(Distance(0, 1), 2.5)),
                "far": (where: Above(Distance(0, 1), 2.5)),
            },
            ladder: [(temperature: 1.5, walkers: 2, pressure: PRESSURE)],
            sweep: [Displacement(step: 0.2), Volume(step: 0.03)],
            run: (equilibration: 1000, production: 3000, record_every: 10),
        )"#
        .replace("COUNT", &count.to_string())
        .replace("PRESSURE", &pressure.to_string()))
    };
    let cut = input(32, 1.5);
    assert!(!cut.exact && cut.why[0].contains("least height, 5 (twice the cutoff 2.5 of LennardJones)"), "{:?}", cut.why);
    assert!(cut.verdict.headline.starts_with("not the ensemble asked for"), "{}", cut.verdict.headline);
    let density = column(&cut, "density");
    assert!(density.mean.is_some() && density.standard_error.is_none() && density.effective_samples.is_none(), "{density:?}");
    let [near, difference] = [&cut.states[0].population["near"].standard_error, &cut.states[0].free_energy_differences[0].standard_error];
    assert!(near.is_none() && difference.is_none(), "{:?}", cut.states);
    // A gas with room.
    let whole = input(60, 0.1);
    assert!(whole.exact, "{:?}", whole.why);
    assert!(column(&whole, "density").standard_error.is_some());
}

/// No cell is lower than two bonds, which `check` would refuse to start from.
#[test]
fn cells_hold_two_bonds() {
    let input = |bonds: &str| {
        run(&r#"(
            system: (
                cell: Orthorhombic(lengths: [3.2, 3.2, 3.2]),
                particles: [(type: "A", count: 8)],
                potential: [Wca(epsilon: 1.0, sigma: 1.0), BONDS],
            ),
            start: Positions([[0.4, 0.4, 0.4], [1.37, 0.4, 0.4], [0.4, 0.4, 2.0], [1.37, 0.4, 2.0],
                              [0.4, 2.0, 0.4], [1.37, 2.0, 0.4], [0.4, 2.0, 2.0], [1.37, 2.0, 2.0]]),
            ladder: [(temperature: 1.0, pressure: 5.0)],
            sweep: [Displacement(step: 0.1), Volume(step: 0.03)],
            run: (equilibration: 500, production: 4000, record_every: 10),
        )"#
        .replace("BONDS", bonds))
    };
    for (bonds, least, what) in [
        ("FeneBonds(bonds: [(0, 1), (2, 3), (4, 5), (6, 7)], stiffness: 30.0, max_length: 1.5)", 3.0, "max_length 1.5 of FeneBonds"),
        ("HarmonicBonds(bonds: [(0, 1), (2, 3), (4, 5), (6, 7)], stiffness: 200.0, length: 1.4)", 2.8, "length 1.4 of HarmonicBonds"),
    ] {
        let summary = input(bonds);
        assert!(column(&summary, "volume").mean.unwrap() > least * least * least, "{:?}", column(&summary, "volume"));
        assert!(!summary.exact && summary.why[0].contains(what), "{:?}", summary.why);
    }
}

/// Edges of a fluid: with a largest ratio p(V) ~ V^N exp(-P V / kT), as if the shape did not change.
#[test]
fn single_edges_of_a_gas_have_a_domain() {
    let summary = run(r#"(
        system: (
            cell: Orthorhombic(lengths: [3.0, 3.0]),
            particles: [(type: "A", count: 3)],
            potential: [HarmonicRestraint(stiffness: 0.0, to: [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])],
        ),
        start: Positions([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        ladder: [(temperature: 1.0, walkers: 8, pressure: 0.5)],
        sweep: [Displacement(step: 1.0), Volume(step: 0.6, count: 4, shape: SingleEdge)],
        run: (equilibration: 1000, production: 20000, record_every: 5),
    )"#);
    must_be(&summary, "volume", 8.0, 0.1);
    must_be(&summary, "pressure", 0.5, 0.01);
}

/// One particle: its volume is small at any moment, the steps of the volume must not be.
#[test]
fn linear_steps_of_the_volume_are_tuned_to_their_target() {
    for walkers in [1, 8] {
        let summary = run(&r#"(
            seed: 8,
            system: (
                cell: Orthorhombic(lengths: [2.0]),
                particles: [(type: "A", count: 1)],
                potential: [HarmonicRestraint(stiffness: 0.0, to: [[0.0]])],
            ),
            start: Positions([[0.1]]),
            ladder: [(temperature: 2.0, pressure: 0.7, walkers: WALKERS)],
            sweep: [Displacement(step: 0.5), Volume(step: 2.0, measure: Linear)],
            run: (equilibration: 2000, production: 20000, record_every: 5),
        )"#
        .replace("WALKERS", &walkers.to_string()));
        let volume = summary.moves.iter().find(|m| m.name == "Volume").expect("volume moves");
        assert!((0.25..0.6).contains(&volume.acceptance.unwrap()), "{volume:?}");
        must_be(&summary, "volume", 2.0 * 2.0 / 0.7, 0.3);
    }
}

/// Dynamics without noise keeps the energy that it started with: its kinetic pressure is that of the momenta.
#[test]
fn the_kinetic_pressure_of_free_flight_is_that_of_the_momenta() {
    let summary = run(r#"(
        system: (
            cell: Orthorhombic(lengths: [3.0, 3.0]),
            particles: [(type: "A", count: 3)],
            potential: [HarmonicRestraint(stiffness: 0.0, to: [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])],
        ),
        start: Positions([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        ladder: [(temperature: 1.0)],
        sweep: [Langevin(steps: 3, time_step: 0.01, friction: 0.0, splitting: "BAB", metropolized: false)],
        run: (equilibration: 10, production: 100),
    )"#);
    let [pressure, temperature] = ["pressure", "kinetic_temperature"].map(|name| column(&summary, name).mean.expect("a mean"));
    assert!((pressure - 3.0 * temperature / 9.0).abs() < 1e-12 && (temperature - 1.0).abs() > 1e-3, "{pressure}, {temperature}");
}
