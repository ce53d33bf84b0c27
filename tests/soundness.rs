//! What a plan is said to sample, before it runs: ensembles that dynamics keeps, targets that nothing holds, sweeps that move nothing.

use mcflow::build::{Built, build};
use mcflow::output::summary::Summary;
use mcflow::output::terminal::table;
use mcflow_engine::observers::{CollectiveVariable, Distance};
use mcflow_engine::{Monitor, Progress, Simulation};
use mcflow_potentials::Moved;
use std::path::PathBuf;

/// The input with this text, built in a folder of its own.
fn built(name: &str, text: &str) -> Built {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soundness").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("system.ron");
    std::fs::write(&path, text).expect("a file");
    build(&path, None).unwrap_or_else(|report| panic!("{name}: {report}"))
}

fn why(name: &str, text: &str) -> String {
    built(name, text).plan.inexact_because().join("; ")
}

fn oscillator(sweep: &str) -> String {
    format!(
        "(system: (cell: Open(dimension: 1), potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0]])]), start: Positions([[0.0]]),
          ladder: [(temperature: 1.0)], sweep: [{sweep}], run: (equilibration: 100, production: 1000))"
    )
}

#[test]
fn dynamics_without_noise_is_said_to_be_microcanonical() {
    let langevin = |friction: &str, splitting: &str| {
        format!("Langevin(steps: 10, time_step: 0.01, friction: {friction}, splitting: {splitting:?}, metropolized: false)")
    };
    for (name, noise) in [("no_o", langevin("1.0", "BAB")), ("no_friction", langevin("0.0", "BAOAB")), ("neither", langevin("0.0", "BAB"))]
    {
        let found = why(name, &oscillator(&noise));
        assert!(found.starts_with("nothing is thermostatted") && found.contains("microcanonical"), "{name}: {found}");
        assert!(!found.contains("time step"), "{name}: {found}");
        // Energies that a move with an accept rule changes are those of the temperature: the time step alone is left.
        for other in ["Hmc(steps: 3, time_step: 0.1)", "Displacement(step: 0.1)", "Translation(step: 0.1)"] {
            let found = why(name, &oscillator(&format!("{noise}, {other}")));
            assert!(found.contains("time step 0.01 leaves an error") && !found.contains("thermostatted"), "{name}, {other}: {found}");
        }
        // But not where that move is never due.
        let found = why(name, &oscillator(&format!("{noise}, Displacement(step: 0.1, every: 5000)")));
        assert!(found.starts_with("nothing is thermostatted"), "{name}: {found}");
    }
    let found = why("noise", &oscillator(&langevin("1.0", "BAOAB")));
    assert!(found.contains("time step 0.01 leaves an error") && !found.contains("thermostatted"), "{found}");
    assert_eq!(why("exact", &oscillator("Langevin(steps: 10, time_step: 0.1, friction: 1.0)")), "");
}

#[test]
fn a_jump_of_the_energy_is_an_error_of_plain_dynamics() {
    let fluid = |truncation: &str, metropolized: bool| {
        format!(
            "(system: (cell: Cube(density: 0.8), particles: [(type: \"A\", count: 108)], potential: [LennardJones(epsilon: 1.0, sigma: 1.0,
              cutoff: 2.5, truncation: {truncation})]), start: Lattice(FaceCentredCubic), ladder: [(temperature: 1.0)],
              sweep: [Langevin(steps: 10, time_step: 0.002, friction: 1.0, splitting: \"BAOAB\", metropolized: {metropolized})],
              run: (equilibration: 10, production: 1000))"
        )
    };
    let found = why("jump", &fluid("Truncated", false));
    assert!(found.contains("jumps (LennardJones at its cutoff)") && found.contains("no smaller time step"), "{found}");
    let found = why("no_jump", &fluid("Shifted", false));
    assert!(found.contains("time step") && !found.contains("jumps"), "{found}");
    assert_eq!(why("metropolized", &fluid("Truncated", true)), "");
}

/// Three particles in open space.
fn cluster(potential: &str, sweep: &str, more: &str) -> String {
    format!(
        "(system: (cell: Open(dimension: 3), particles: [(type: \"A\", count: 3)], potential: [{potential}]),
          start: Positions([[0.0, 0.0, 0.0], [1.1, 0.0, 0.0], [0.0, 1.1, 0.0]]), ladder: [(temperature: 1.0{more})], sweep: [{sweep}],
          run: (equilibration: 100, production: 1000))"
    )
}

#[test]
fn targets_that_nothing_holds_are_found() {
    let fluid = "LennardJones(epsilon: 1.0, sigma: 1.0)";
    let moves = "Displacement(step: 0.1)";
    let bonds = |list: &str| format!("HarmonicBonds(bonds: [{list}], stiffness: 10.0, length: 1.0)");
    let held = |particle: usize| format!("HarmonicRestraint(stiffness: 1.0, particles: [{particle}], to: [[0.0, 0.0, 0.0]])");
    for (name, potential, loose) in [
        ("fluid", fluid.to_string(), "the particles"),
        ("one_bond", format!("{fluid}, {}", bonds("(0, 1)")), "the particles"),
        ("bond_and_place", format!("{}, {}", bonds("(0, 1)"), held(0)), "particle 2"),
        ("place_of_one", format!("{fluid}, {}", held(1)), "particles 0 and 2"),
        ("no_stiffness", "HarmonicBonds(bonds: [(0, 1), (1, 2)], stiffness: 0.0, length: 1.0)".to_string(), "the particles"),
        ("angle", "HarmonicAngles(angles: [(0, 1, 2)], stiffness: 1.0, angle: 90.0)".to_string(), "the particles"),
    ] {
        let found = why(name, &cluster(&potential, moves, ""));
        assert!(found.starts_with(&format!("nothing holds {loose} in open space")), "{name}: {found}");
    }
    for (name, potential) in [
        ("sphere", format!("{fluid}, SphericalWall(radius: 3.0)")),
        ("walls", format!("{fluid}, Walls(half_width: 3.0, stiffness: 10.0)")),
        ("chain_in_place", format!("{}, {}", bonds("(0, 1), (1, 2)"), held(2))),
        ("tether", format!("{fluid}, CentreTether(stiffness: 1.0)")),
        ("chain", bonds("(0, 1), (1, 2)")),
        ("double_wells", "DoubleWellPair(a: 0.0, b: -4.0, c: 0.9, offset: 2.0)".to_string()),
    ] {
        assert_eq!(why(name, &cluster(&potential, moves, "")), "", "{name}");
    }
    // A wall that a rung takes away.
    let found = why("scaled", &cluster(&format!("{fluid}, SphericalWall(radius: 3.0)"), moves, ", scale: {\"SphericalWall\": 0.0}"));
    assert!(found.starts_with("nothing holds the particles"), "{found}");
}

#[test]
fn a_whole_that_drifts_spoils_what_depends_on_its_place() {
    let notes = |name: &str, potential: &str, column: &str| {
        let text = cluster(potential, "Displacement(step: 0.1)", "");
        let text =
            format!("{}, observables: [Column(name: \"c\", of: {column})])", text.trim_end().trim_end_matches(')').to_string() + ")");
        mcflow::output::verdict::notes(&built(name, &text).plan)
    };
    let chain = "HarmonicBonds(bonds: [(0, 1), (1, 2)], stiffness: 10.0, length: 1.0)";
    let x = |particle: usize| format!("Coordinate(particle: {particle}, axis: X)");
    let found = notes("coordinate", chain, &x(0));
    assert!(found.len() == 1 && found[0].found.contains("the column c") && found[0].severity < mcflow::output::verdict::Severity::Note);
    for (name, of) in
        [("distance", "Distance(0, 1)".to_string()), ("difference", format!("Combination([(1.0, {}), (-1.0, {})])", x(0), x(1)))]
    {
        let found = notes(name, chain, &of);
        assert!(found.len() == 1 && found[0].severity == mcflow::output::verdict::Severity::Note, "{name}: {found:?}");
    }
    assert!(notes("held", &format!("{chain}, SphericalWall(radius: 5.0)"), &x(0)).is_empty());
}

#[test]
fn sweeps_that_move_too_little_are_said() {
    let held = "LennardJones(epsilon: 1.0, sigma: 1.0), SphericalWall(radius: 5.0)";
    for (name, sweep, expected) in [
        ("translation", "Translation(step: 0.1)", "no move of the sweep changes a distance"),
        ("late", "Displacement(step: 0.1, every: 1001)", "no move of the sweep is ever due"),
        ("late_and_translation", "Displacement(step: 0.1, every: 1001), Translation(step: 0.1)", "no move of the sweep changes a distance"),
    ] {
        let found = why(name, &cluster(held, sweep, ""));
        assert!(found.starts_with(expected), "{name}: {found}");
    }
    // One particle alone goes wherever a translation takes it.
    assert_eq!(why("alone", &oscillator("Translation(step: 0.5)")), "");
    let fluid = |sweep: &str| {
        format!(
            "(system: (cell: Cube(density: 0.1), particles: [(type: \"A\", count: 32)], potential: [LennardJones(epsilon: 1.0, sigma: 1.0,
              cutoff: 2.5)]), start: Lattice(FaceCentredCubic), ladder: [(temperature: 1.0, pressure: 1.0)], sweep: [{sweep}],
              run: (equilibration: 10, production: 1000))"
        )
    };
    assert!(why("volume", &fluid("Volume(step: 0.1)")).contains("changes a distance but in proportion to the cell"));
    assert!(why("late_volume", &fluid("Displacement(step: 0.1), Volume(step: 0.1, every: 2000)")).contains("the volume stays as it is"));
    assert_eq!(why("constant_pressure", &fluid("Displacement(step: 0.1), Volume(step: 0.1)")), "");
}

/// Mean and standard error of one column of a run.
fn mean_of(name: &str, text: &str, column: &str) -> (f64, f64) {
    let (_, summary, ()) = carried_out(name, text, |_| ());
    let found = &summary.observables[0].columns[column];
    (found.mean.expect("a mean"), found.standard_error.expect("an error"))
}

struct Quiet;
impl Monitor for Quiet {
    fn progress(&mut self, _: &Progress) {}
}

/// Trajectories whose length is half a period, or a whole one, of a harmonic well would keep its energy for ever.
#[test]
fn trajectories_at_resonance_sample_all_energies() {
    for steps in [10, 20] {
        let text = format!(
            "(system: (cell: Open(dimension: 3), potential: [HarmonicRestraint(stiffness: 1.0, to: [[0.0, 0.0, 0.0]])]),
              start: Positions([[1.0, 0.0, 0.0]]), ladder: [(temperature: 1.0, walkers: 4)],
              sweep: [Hmc(steps: {steps}, time_step: 0.31286893008046174, tune: false)], run: (equilibration: 0, production: 2000))"
        );
        let (mean, error) = mean_of(&format!("resonance_{steps}"), &text, "potential_energy");
        assert!((mean - 1.5).abs() < 4.0 * error && error < 0.05, "{steps} steps: U {mean} +- {error}");
    }
}

/// The nearest of all images, not the one whose fractions are rounded one by one, which is 7.816 away.
#[test]
fn restraints_and_distances_are_of_nearest_images_in_skewed_cells() {
    let text =
        "(system: (cell: Triclinic(vectors: [[6.0, 0.0, 0.0], [2.9, 6.0, 0.0], [2.9, 2.9, 6.0]]), particles: [(type: \"A\", count: 2)],
        potential: [HarmonicRestraint(stiffness: 2.0, particles: [0], to: [[0.0, 0.0, 0.0]]), Wca(epsilon: 1.0, sigma: 1.0),
        HarmonicBonds(bonds: [(0, 1)], stiffness: 2.0, length: 0.0)]),
        start: Positions([[5.782, 4.361, 2.94], [0.0, 0.0, 0.0]]), ladder: [(temperature: 1.0)], sweep: [Displacement(step: 0.1)],
        run: (equilibration: 0, production: 1), observables: [Column(name: \"d\", of: Distance(0, 1))])";
    let plan = built("skewed", text).plan;
    let start = &plan.starts[0];
    let distance = Distance(0, 1).value(start);
    assert!((distance - 4.431).abs() < 5e-4, "{distance}");
    let energies = plan.potential.energies_by_term(start, &mut plan.potential.workspace());
    for (name, found) in energies.iter().filter(|(name, _)| name.starts_with("Harmonic")) {
        assert!((found.energy - distance * distance).abs() < 1e-12, "{name}: {}", found.energy);
        let mut alone = plan.potential.workspace();
        // From there to 1.5 from the other particle, which is an end of the spring.
        let change = plan.potential.change(start, &mut alone, &[Moved { particle: 0, to: [1.5, 0.0, 0.0] }]);
        assert!((change - 2.0 * (1.5f64.powi(2) - distance * distance)).abs() < 1e-12, "{name}: {change}");
    }
    let mut rows = [0.0];
    plan.potential.energies(&start.cell, start.positions.row(), &mut rows);
    assert!((rows[0] - 2.0 * distance * distance).abs() < 1e-12, "{rows:?}");
}

/// An ideal gas on a periodic line: particles walk away, their images do not.
#[test]
fn coordinates_in_a_periodic_cell_are_those_of_images_in_it() {
    let gas = |of: &str, more: &str| {
        format!(
            "(system: (cell: Orthorhombic(lengths: [10.0]), particles: [(type: \"A\", count: 4)], potential: [LennardJones(epsilon: 0.0,
              sigma: 1.0, cutoff: 1.0)]), start: Positions([[1.0], [3.0], [5.0], [7.0]]),
              states: {{\"low\": (where: Between({of}, 0.0, 3.0)), \"high\": (where: Between({of}, 3.0, 10.0)){more}}},
              ladder: [(temperature: 1.0, walkers: 4)], sweep: [Displacement(step: 2.0, tune: false)],
              run: (equilibration: 200, production: 20000, record_every: 5),
              observables: [Profile(name: \"x\", of: {of}, from: -5.0, to: 5.0, bins: 10), Column(name: \"x0\", of: {of})])"
        )
    };
    let coordinate = "Coordinate(particle: 0, axis: X)";
    let (built, summary, functions) = ran("wrapped", &gas(coordinate, ""));
    for (state, expected) in [("low", 0.3), ("high", 0.7)] {
        let found = &summary.states[0].population[state];
        let (mean, error) = (found.mean.expect("a mean"), found.standard_error.expect("an error"));
        assert!((mean - expected).abs() < 4.0 * error && error < 0.03, "{state}: {mean} +- {error}");
    }
    let column = &summary.observables[0].columns["x0"];
    assert!(column.mean.is_none() && column.reason.as_deref().is_some_and(|why| why.contains("all round the circle")), "{column:?}");
    let name = built.plan.columns.iter().position(|column| column.name() == "x0").expect("the column");
    assert!(functions.0[name].iter().all(|x| (0.0..10.0).contains(x)));
    // All samples are in the profile, which is flat.
    let counts = &functions.1;
    let all: f64 = counts.iter().sum();
    assert_eq!(all, 4.0 * 4000.0);
    assert!(counts.iter().all(|count| (count / all - 0.1).abs() < 0.02), "{counts:?}");
    // An arc across the edge; more than a cell is none.
    let refused = |text: &str| build_error("wrapped_wrong", text);
    assert!(
        refused(&gas("Combination([(1.0, Coordinate(particle: 0, axis: X)), (-1.0, Coordinate(particle: 1, axis: X))])", ""))
            .contains("in a sum")
    );
    let wide = format!(", \"all\": (where: Between({coordinate}, -1.0, 10.0))");
    assert!(refused(&gas(coordinate, &wide)).contains("an arc shorter than the whole circle"));
}

/// A chain whose dihedral angle is about 180 degrees, where its values jump to -180.
#[test]
fn the_mean_of_a_dihedral_angle_is_circular() {
    let text = "(system: (cell: Open(dimension: 3), particles: [(type: \"C\", count: 4)], potential: [HarmonicBonds(bonds: [(0, 1), (1, 2),
        (2, 3)], stiffness: 100.0, length: 1.0), HarmonicAngles(angles: [(0, 1, 2), (1, 2, 3)], stiffness: 20.0, angle: 109.5),
        PeriodicDihedrals(dihedrals: [(0, 1, 2, 3)], stiffness: 5.0, multiplicity: 1, phase: 0.0), CentreTether(stiffness: 0.1)]),
        start: Positions([[0.94, 0.0, -0.33], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [-0.94, 0.0, 1.33]]),
        ladder: [(temperature: 1.0, walkers: 4)], sweep: [Displacement(step: 0.1)], run: (equilibration: 200, production: 10000, record_every: 5),
        observables: [Profile(name: \"f\", of: Dihedral(0, 1, 2, 3), from: 0.0, to: 360.0, bins: 36),
        Column(name: \"phi\", of: Dihedral(0, 1, 2, 3))])";
    let (_, summary, functions) = ran("trans", text);
    let found = &summary.observables[0].columns["phi"];
    let (mean, error) = (found.mean.expect("a mean"), found.standard_error.expect("an error"));
    let off = mean.abs() - 180.0;
    assert!(off.abs() < 4.0 * error && error < 5.0, "{mean} +- {error}");
    // I1(5) / I0(5): the angle has the law exp(5 cos(phi - 180)).
    let resultant = found.circle.expect("a circle").resultant;
    assert!((resultant - 0.8934).abs() < 0.02, "{resultant}");
    assert_eq!(functions.1.iter().sum::<f64>(), 4.0 * 2000.0);
    assert!(table(&summary).contains("circular, resultant 0.8"));
}

/// Series and counts.
type Recorded = (Vec<Vec<f64>>, Vec<f64>);

/// A run with one profile: the series of each column of all walkers, and the counts of the profile.
fn ran(name: &str, text: &str) -> (Built, Summary, Recorded) {
    carried_out(name, text, |simulation| {
        let recorder = simulation.recorder();
        let walkers = 0..simulation.plan().starts.len();
        let series = (0..recorder.columns().len()).map(|k| recorder.series(k, walkers.clone()).concat()).collect();
        let curve = recorder.functions()[0].curve(walkers).expect("a profile");
        let (width, samples) = (curve.points[1][0].unwrap() - curve.points[0][0].unwrap(), recorder.samples() as f64);
        let counts = curve.points.iter().map(|point| (point[1].unwrap() * width * samples * simulation.plan().starts.len() as f64).round());
        let counts: Vec<f64> = counts.collect();
        (series, counts)
    })
}

fn carried_out<T>(name: &str, text: &str, read: impl FnOnce(&Simulation) -> T) -> (Built, Summary, T) {
    let built = built(name, text);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soundness").join(name).join("output");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (summary, found) = {
        let mut simulation = Simulation::new(&built.plan, &folder).expect("a start");
        simulation.run(&mut Quiet).expect("a run");
        (Summary::new(&built, &simulation), read(&simulation))
    };
    (built, summary, found)
}

fn build_error(name: &str, text: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soundness").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("system.ron");
    std::fs::write(&path, text).expect("a file");
    build(&path, None).err().map_or(String::new(), |report| report.to_string())
}
