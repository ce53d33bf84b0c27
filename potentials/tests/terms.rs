//! Values by hand, the text that users write, and what is said about bad values.

use mcflow_potentials::{Cell, Configuration, Particles, PotentialSum, Term, Vectors};

/// Minima of the unscaled Müller-Brown landscape: x, y, U.
const MINIMA: [(f64, f64, f64); 3] = [
    (-0.5582236772713788, 1.4417257992366028, -146.69951720995329),
    (0.623499401419477, 0.028037751005330715, -108.16672411685225),
    (-0.050010827513712545, 0.4666941024458657, -80.76781812965902),
];

fn term(text: &str) -> Term {
    let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES);
    options.from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn energy(text: &str, particles: &Particles, cell: &Cell, points: &[[f64; 3]]) -> f64 {
    let term = term(text);
    assert_eq!(term.problems(particles, cell), [], "{text}");
    let potential = PotentialSum::new(&[term], particles, cell);
    let c = Configuration { positions: Vectors::from_points(cell.dimension(), points), cell: cell.clone() };
    potential.energy(&c, &mut potential.workspace()).energy
}

/// Energy of two particles at a distance in open space.
fn pair(text: &str, r: f64) -> f64 {
    energy(text, &Particles::alike("A", 2, 1.0), &Cell::open(3), &[[0.0; 3], [0.0, 0.0, r]])
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} against {expected}");
}

#[test]
fn pairs_by_hand() {
    let minimum = 2f64.powf(1.0 / 6.0);
    close(pair("LennardJones(epsilon: 1.5, sigma: 1.0)", minimum), -1.5);
    close(pair("LennardJones(epsilon: 1.0, sigma: 1.0)", 2.0), 4.0 * (2f64.powi(-12) - 2f64.powi(-6)));
    close(pair("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 1.9)", 2.0), 0.0);
    close(pair("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.0, truncation: Shifted)", 1.0), 4.0 * (2f64.powi(-6) - 2f64.powi(-12)));
    // U'(2) = 4 (6 / 2^7 - 12 / 2^13).
    let force_shifted = 4.0 * (2f64.powi(-6) - 2f64.powi(-12)) + 4.0 * (6.0 / 128.0 - 12.0 / 8192.0);
    close(pair("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.0, truncation: LinearForceShift)", 1.0), force_shifted);
    // Half way through the switch S is 1/2.
    let switched = 2.0 * (2f64.powi(-12) - 2f64.powi(-6));
    close(pair("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.5, truncation: Switched(from: 1.5))", 2.0), switched);
    close(pair("Wca(epsilon: 0.7, sigma: 1.0)", 1.0), 0.7);
    close(pair("Wca(epsilon: 0.7, sigma: 1.0)", minimum + 1e-9), 0.0);
    close(pair("LennardJones(epsilon: 1.0, sigma: 1.0, exclude: [(1, 0)])", 1.3), 0.0);
}

#[test]
fn mixtures_by_hand() {
    let mut particles = Particles::alike("A", 2, 1.0);
    particles.type_names.push("B".into());
    particles.types[1] = 1;
    let at = [[0.0; 3], [1.25, 0.0, 0.0]];
    let unlike = |text: &str| energy(text, &particles, &Cell::open(3), &at);
    let u = |epsilon: f64, sigma: f64| 4.0 * epsilon * ((sigma / 1.25f64).powi(12) - (sigma / 1.25).powi(6));
    let types = r#"types: {"A": (epsilon: 1.0, sigma: 1.0), "B": (epsilon: 0.25, sigma: 1.44)}"#;
    close(unlike(&format!("LennardJones({types})")), u(0.5, 1.22));
    close(unlike(&format!("LennardJones({types}, mixing: Geometric)")), u(0.5, 1.2));
    close(unlike(&format!(r#"LennardJones({types}, pairs: [(between: ("B", "A"), epsilon: 0.3, sigma: 1.1)])"#)), u(0.3, 1.1));
}

#[test]
fn landscapes_by_hand() {
    let one = Particles::alike("A", 1, 1.0);
    close(
        energy("DoubleWell(linear: 1.0, quadratic: -6.0, quartic: 1.0)", &one, &Cell::open(2), &[[2.0, 3.0, 0.0]]),
        2.0 - 24.0 + 16.0 + 4.5,
    );
    close(energy("HarmonicRestraint(stiffness: 3.0, to: [[1.0, 2.0]])", &one, &Cell::open(2), &[[2.0, 4.0, 0.0]]), 7.5);
    let cell = Cell::orthorhombic(&[10.0, 10.0]).unwrap();
    close(energy("HarmonicRestraint(stiffness: 2.0, particles: [0], to: [[1.0, 2.0]])", &one, &cell, &[[20.5, 2.0, 0.0]]), 0.25);
    // The three minima of the landscape, by Newton iteration elsewhere; Müller and Brown 1979 quote them to 2 digits.
    for (x, y, u) in MINIMA {
        let found = energy("MuellerBrown(scale: 1.0)", &one, &Cell::open(2), &[[x, y, 0.0]]);
        assert!((found - u).abs() < 1e-10, "{found} against {u}");
    }
}

#[test]
fn tails_by_hand() {
    let cell = Cell::orthorhombic(&[10.0; 3]).unwrap();
    let n = 10;
    let text = "LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0, tail: true)";
    let points: Vec<[f64; 3]> =
        (0..n).map(|i| [if i % 2 == 0 { 0.0 } else { 5.0 }, if i % 4 < 2 { 0.0 } else { 5.0 }, 2.0 * (i / 4) as f64]).collect();
    let without = energy(&text.replace("true", "false"), &Particles::alike("A", n, 1.0), &cell, &points);
    let with = energy(text, &Particles::alike("A", n, 1.0), &cell, &points);
    let expected = 8.0 / 3.0 * std::f64::consts::PI * n as f64 * 0.01 * (3f64.powi(-9) / 3.0 - 3f64.powi(-3));
    close(with - without, expected);
    // A mixture of two types with the same parameters has the tail of one.
    let mut mixed = Particles::alike("A", n, 1.0);
    mixed.type_names.push("B".into());
    mixed.types[3..7].fill(1);
    let types = r#"types: {"A": (epsilon: 1.0, sigma: 1.0), "B": (epsilon: 1.0, sigma: 1.0)}"#;
    close(energy(&text.replace("epsilon: 1.0, sigma: 1.0", types), &mixed, &cell, &points), with);
}

/// Keys and what was found, in order.
fn problems(text: &str, particles: &Particles, cell: &Cell) -> Vec<String> {
    term(text).problems(particles, cell).into_iter().map(|p| format!("{}: {}; {}", p.key, p.found, p.expected)).collect()
}

#[test]
fn every_bad_value_is_found() {
    let cube = Cell::orthorhombic(&[6.0; 3]).unwrap();
    let slanted = Cell::triclinic(3, [[6.0, 0.0, 0.0], [4.0, 6.0, 0.0], [0.0, 0.0, 6.0]]).unwrap();
    let (open, plane, line) = (Cell::open(3), Cell::open(2), Cell::open(1));
    let mut particles = Particles::alike("A", 3, 1.0);
    particles.type_names.push("B".into());
    particles.types[2] = 1;
    let cases: &[(&str, &Cell, &[&str])] = &[
        ("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0)", &cube, &[]),
        ("LennardJones(epsilon: -1.0, sigma: 0.0, cutoff: 3.0)", &cube, &["epsilon: -1", "sigma: 0"]),
        ("LennardJones(epsilon: NaN, sigma: inf, cutoff: 3.0)", &cube, &["epsilon: NaN", "sigma: inf"]),
        ("LennardJones(cutoff: 3.0)", &cube, &["epsilon: nothing", "sigma: nothing"]),
        ("LennardJones(epsilon: 1.0, sigma: 1.0)", &cube, &["cutoff: nothing, in a periodic cell"]),
        ("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: -2.0)", &cube, &["cutoff: -2"]),
        (
            "LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.1)",
            &cube,
            &["cutoff: 3.1 in a cell whose smallest height is 6; at most half of it, 3"],
        ),
        ("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.9)", &slanted, &["cutoff: 2.9 in a cell whose smallest height is 4.99"]),
        (
            "LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0, truncation: Switched(from: 3.0))",
            &cube,
            &["truncation.from: 3; a number above 0 and below the cutoff 3"],
        ),
        ("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0, truncation: Switched(from: 0.0))", &cube, &["truncation.from: 0"]),
        ("LennardJones(epsilon: 1.0, sigma: 1.0, truncation: Shifted)", &open, &["truncation: a truncation without `cutoff`"]),
        ("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0, tail: true)", &open, &["tail: true, in open space"]),
        ("LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0, tail: true, truncation: Shifted)", &cube, &["tail: true, with Shifted"]),
        (r#"LennardJones(types: {"A": (epsilon: 1.0, sigma: 1.0)}, cutoff: 3.0)"#, &cube, &[r#": nothing for "A" with "B", "B" with "B""#]),
        (
            r#"LennardJones(types: {"A": (epsilon: 1.0, sigma: -1.0), "C": (epsilon: 1.0, sigma: 1.0), "B": (epsilon: 1.0, sigma: 1.0)}, cutoff: 3.0)"#,
            &cube,
            &[r#"types["A"].sigma: -1"#, r#"types["C"]: "C"; one of "A", "B""#],
        ),
        (
            r#"LennardJones(epsilon: 1.0, types: {"A": (epsilon: 1.0, sigma: 1.0), "B": (epsilon: 1.0, sigma: 1.0)}, cutoff: 3.0)"#,
            &cube,
            &["epsilon: 1 beside `types`"],
        ),
        (
            r#"LennardJones(epsilon: 1.0, sigma: 1.0, pairs: [(between: ("A", "B"), epsilon: 1.0, sigma: 1.0), (between: ("B", "A"), epsilon: -1.0, sigma: 1.0)], cutoff: 3.0)"#,
            &cube,
            &["pairs[1].between", "pairs[1].epsilon: -1"],
        ),
        (
            "LennardJones(epsilon: 1.0, sigma: 1.0, exclude: [(0, 1), (1, 3), (2, 2)], cutoff: 3.0)",
            &cube,
            &["exclude[1]: (1, 3); two particles below 3", "exclude[2]: (2, 2)"],
        ),
        ("Wca(epsilon: 1.0, sigma: 2.9)", &cube, &["sigma: a range 2^(1/6) sigma of 3.25"]),
        (
            "HarmonicRestraint(stiffness: -1.0, particles: [0, 3, 0], to: [[0.0, 0.0, 0.0]])",
            &cube,
            &["stiffness: -1", "particles[1]: 3", "particles[2]: 0 a second time", "to: 1 points; 3 points"],
        ),
        ("HarmonicRestraint(stiffness: 1.0, particles: [0], to: [[0.0, 0.0]])", &cube, &["to[0]: 2 numbers; 3 numbers"]),
        ("HarmonicRestraint(stiffness: 1.0, particles: [0], to: [[0.0, NaN, 0.0]])", &cube, &["to[0][1]: NaN"]),
        ("DoubleWell(linear: NaN, quadratic: -1.0, quartic: 0.0, transverse: 1.0)", &open, &["linear: NaN", "quartic: 0"]),
        ("DoubleWell(linear: 0.0, quadratic: -1.0, quartic: 1.0)", &cube, &[": a periodic cell"]),
        ("MuellerBrown(scale: 0.1)", &open, &[": 3 dimensions; two dimensions"]),
        ("MuellerBrown(scale: 0.0)", &plane, &["scale: 0"]),
        ("WolfeQuapp()", &line, &[]),
        ("WolfeQuapp(bath_stiffness: -1.0, factor: NaN)", &plane, &[": 2 dimensions; one", "bath_stiffness: -1", "factor: NaN"]),
        ("WolfeQuapp()", &cube, &[": a periodic cell", ": 3 dimensions; one"]),
        ("TripleWell()", &plane, &[]),
        ("TripleWell(scale: 0.0)", &open, &[": 3 dimension(s); two", "scale: 0"]),
        ("SoftRepulsion(epsilon: 1.0, radius: 1.1)", &plane, &[]),
        (
            "SoftRepulsion(epsilon: -1.0, radius: 0.0, exponent: 7, exclude: [(0, 1), (1, 3)])",
            &cube,
            &["epsilon: -1", "radius: 0", "exponent: 7; an even number from 2 to 48", "cutoff: nothing", "exclude[1]: (1, 3)"],
        ),
        ("SoftRepulsion(epsilon: 1.0, radius: 1.0, exponent: 0, cutoff: 3.1)", &cube, &["exponent: 0", "cutoff: 3.1 in a cell"]),
        (
            r#"TabulatedPair(file: "table.txt", cutoff: 3.1, exclude: [(1, 1)])"#,
            &cube,
            &["file: a file that has not been read", "cutoff: 3.1 in a cell", "exclude[0]: (1, 1)"],
        ),
        ("BistableDimer(particles: (2, 0), slope: -0.5)", &plane, &[]),
        (
            "BistableDimer(particles: (0, 3), slope: NaN, tether: 0.0, quartic: -1.0, quadratic: inf, centre: -1.0)",
            &open,
            &[
                ": 3 dimension(s); two",
                "particles: (0, 3); particles below 3",
                "slope: NaN",
                "quadratic: inf",
                "tether: 0",
                "quartic: -1",
                "centre: -1",
            ],
        ),
        ("BistableDimer(particles: (1, 1), slope: 0.0)", &plane, &["particles: (1, 1); 2 different particles"]),
        ("Walls(half_width: 0.0, stiffness: -1.0)", &cube, &[": a periodic cell", "half_width: 0", "stiffness: -1"]),
        ("SphericalWall(radius: 2.0)", &open, &[]),
        ("SphericalWall(radius: -2.0, stiffness: 0.0)", &plane, &["radius: -2", "stiffness: 0"]),
        ("DoubleWellPair(a: 0.0, b: -4.0, c: 0.9, offset: 4.0)", &plane, &[]),
        ("DoubleWellPair(a: inf, b: NaN, c: 0.0, offset: -1.0)", &cube, &[": a periodic cell", "a: inf", "b: NaN", "c: 0", "offset: -1"]),
        ("CentreTether(stiffness: 0.0)", &cube, &[": a periodic cell", "stiffness: 0"]),
        ("CoupledWells(barrier: 0.0)", &line, &[": 1 dimension(s); two", "barrier: 0"]),
        ("Ring(a: 0.0, b: inf)", &plane, &["a: 0", "b: inf"]),
        ("PhiFourChain(a: 0.1)", &line, &[]),
        ("PhiFourChain(a: 0.0, b: NaN)", &plane, &[": 2 dimensions; one", "a: 0", "b: NaN"]),
        ("HarmonicBonds(bonds: [(0, 1), (2, 1)], stiffness: 1.0, length: 3.0)", &cube, &[]),
        (
            "HarmonicBonds(bonds: [(0, 1), (1, 0), (2, 2), (2, 3)], stiffness: -1.0, length: 3.5)",
            &cube,
            &["bonds[1]: (1, 0) a second time", "bonds[2]: (2, 2)", "bonds[3]: (2, 3)", "stiffness: -1", "length: 3.5 in a cell"],
        ),
        ("HarmonicBonds(bonds: [], stiffness: 1.0, length: -1.0)", &open, &["length: -1"]),
        ("HarmonicBonds(bonds: [(0, 1), (particles: (2, 1), length: 1.0)], stiffness: 1.0, length: 3.0)", &cube, &[]),
        ("HarmonicBonds(bonds: [(particles: (2, 1), length: 1.0, stiffness: 2.0)])", &cube, &[]),
        (
            "HarmonicBonds(bonds: [(particles: (0, 1), length: -1.0), (1, 2)], stiffness: 2.0)",
            &open,
            &["bonds[0].length: -1", "length: nothing, and bonds[1] has none of its own"],
        ),
        (
            "HarmonicBonds(bonds: [(particles: (0, 1), stiffness: inf, length: 3.5)])",
            &cube,
            &["bonds[0].stiffness: inf", "bonds[0].length: 3.5 in a"],
        ),
        ("PeriodicDihedrals(dihedrals: [], stiffness: 1.0, multiplicity: 7, phase: 0.0)", &open, &["multiplicity: 7; an integer"]),
        (
            "LennardJonesPairs(pairs: [(0, 1), (particles: (1, 0), sigma: 0.0)], epsilon: -1.0, sigma: 1.0)",
            &cube,
            &["pairs[1]: (1, 0) a second time", "epsilon: -1", "pairs[1].sigma: 0"],
        ),
        ("LennardJones(by_particle: [(epsilon: 1.0, sigma: 1.0)], cutoff: 2.0)", &cube, &["by_particle: 1 entries; 3 entries"]),
        (
            "LennardJones(epsilon: 1.0, by_particle: [(epsilon: 1.0, sigma: 1.0), (epsilon: -1.0, sigma: 0.0), (epsilon: 1.0, sigma: 1.0)])",
            &open,
            &["epsilon: numbers beside `by_particle`", "by_particle[1].epsilon: -1", "by_particle[1].sigma: 0"],
        ),
        ("FeneBonds(bonds: [(0, 1)], stiffness: NaN, max_length: 0.0)", &open, &["stiffness: NaN", "max_length: 0"]),
        ("FeneBonds(bonds: [(0, 1)], stiffness: 30.0, max_length: 3.5)", &cube, &["max_length: 3.5 in a cell"]),
        ("HarmonicAngles(angles: [(0, 1, 2)], stiffness: 1.0, angle: 109.5)", &plane, &[]),
        (
            "HarmonicAngles(angles: [(0, 1, 2), (2, 1, 0), (0, 1, 0)], stiffness: 1.0, angle: 181.0)",
            &line,
            &["angles[1]: (2, 1, 0) a second time", "angles[2]: (0, 1, 0); 3 different", ": one dimension", "angle: 181"],
        ),
        (
            "PeriodicDihedrals(dihedrals: [(0, 1, 2, 3)], stiffness: 1.0, multiplicity: 0, phase: inf)",
            &plane,
            &["dihedrals[0]: (0, 1, 2, 3); particles below 3", ": 2 dimension(s); three", "multiplicity: 0", "phase: inf"],
        ),
    ];
    for &(text, cell, expected) in cases {
        let found = problems(text, &particles, cell);
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{text}: {found} does not begin with {expected}");
        }
    }
}

#[test]
fn unknown_keys_are_refused_and_terms_come_back() {
    let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES);
    for wrong in [
        "Wca(epsilon: 1.0, sigma: 1.0, cutoff: 2.0)",
        "HarmonicBonds(bonds: [(0, 1, 2)], stiffness: 1.0, length: 1.0)",
        "HarmonicBonds(bonds: [(0)], stiffness: 1.0, length: 1.0)",
        "HarmonicBonds(bonds: [(particles: (0, 1), size: 1.0)], stiffness: 1.0, length: 1.0)",
    ] {
        assert!(options.from_str::<Term>(wrong).is_err(), "{wrong}");
    }
    for text in [
        "LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 2.5, truncation: Switched(from: 2.0), tail: true)",
        r#"Wca(types: {"A": (epsilon: 1.0, sigma: 1.0)}, exclude: [(0, 1)])"#,
        "HarmonicRestraint(stiffness: 1.0, particles: [1], to: [[0.0, 0.0]])",
        r#"TabulatedPair(file: "table.txt", cutoff: 2.5)"#,
        "HarmonicBonds(bonds: [(0, 1), (particles: (2, 1), length: 1.0)], stiffness: 1.0, length: 3.0)",
        "PeriodicDihedrals(dihedrals: [(particles: (0, 1, 2, 3), multiplicity: 2), (0, 1, 2, 3)], stiffness: 1.0, multiplicity: 1, phase: 0.0)",
        "LennardJones(by_particle: [(epsilon: 1.0, sigma: 1.0)], cutoff: 2.0)",
    ] {
        let term = term(text);
        let again: Term = options.from_str(&options.to_string(&term).unwrap()).unwrap();
        assert_eq!(term, again);
    }
}

#[test]
fn names_and_cutoffs() {
    let cell = Cell::orthorhombic(&[8.0; 3]).unwrap();
    let particles = Particles::alike("A", 2, 1.0);
    let terms = ["LennardJones(epsilon: 1.0, sigma: 1.0, cutoff: 3.0, tail: true)", "Wca(epsilon: 1.0, sigma: 1.0)"].map(term);
    let sum = PotentialSum::new(&terms, &particles, &cell);
    assert_eq!(sum.names(), ["LennardJones", "LennardJones tail", "Wca"]);
    assert_eq!((sum.cutoff(), sum.smallest_valid_height(), sum.has_discontinuous_energy()), (Some(3.0), 6.0, true));
    let wca = PotentialSum::new(&terms[1..], &particles, &cell);
    assert!(!wca.has_discontinuous_energy());
    let none = PotentialSum::new(&[], &particles, &cell);
    assert_eq!((none.cutoff(), none.smallest_valid_height()), (None, 0.0));
    // Bonds go to nearest images: a cell holds two of them, whatever the cutoff.
    for (text, height) in [
        ("FeneBonds(bonds: [(0, 1)], stiffness: 30.0, max_length: 1.5)", 3.0),
        ("HarmonicBonds(bonds: [(0, 1)], stiffness: 30.0, length: 1.75)", 3.5),
    ] {
        let bonded = PotentialSum::new(&[term("Wca(epsilon: 1.0, sigma: 1.0)"), term(text)], &particles, &cell);
        assert_eq!(bonded.smallest_valid_height(), height, "{text}");
        assert!(bonded.cutoff().unwrap() < 1.2);
    }
}

#[test]
fn numbers_by_particle_are_those_of_types() {
    let n = 216;
    let cell = Cell::orthorhombic(&[7.0; 3]).unwrap();
    let mut particles = Particles::alike("A", n, 1.0);
    particles.type_names.push("B".into());
    (0..n).filter(|i| i % 3 == 1).for_each(|i| particles.types[i] = 1);
    let point = |i: usize| [i % 6, i / 6 % 6, i / 36].map(|k| 1.15 * k as f64 + 0.03 * ((7 * i + 3 * k) % 11) as f64);
    let c = Configuration { positions: Vectors::from_points(3, &(0..n).map(point).collect::<Vec<_>>()), cell: cell.clone() };
    let numbers = ["(epsilon: 1.0, sigma: 1.0)", "(epsilon: 0.4, sigma: 0.85)"];
    let each = (0..n).map(|i| numbers[particles.types[i]]).collect::<Vec<_>>().join(", ");
    let by_type = format!(r#"types: {{"A": {}, "B": {}}}"#, numbers[0], numbers[1]);
    for mixing in ["LorentzBerthelot", "Geometric"] {
        for more in ["tail: true", "truncation: Switched(from: 2.0), tail: true", "truncation: Shifted", "truncation: LinearForceShift"] {
            let [types, own] = [by_type.clone(), format!("by_particle: [{each}]")].map(|numbers| {
                let text = format!("LennardJones({numbers}, mixing: {mixing}, cutoff: 3.0, exclude: [(0, 1), (7, 6)], {more})");
                let term = term(&text);
                assert_eq!(term.problems(&particles, &cell), [], "{text}");
                PotentialSum::new(&[term], &particles, &cell)
            });
            let energies = |potential: &PotentialSum| potential.energies_by_term(&c, &mut potential.workspace());
            for ((name, found), (_, expected)) in energies(&own).into_iter().zip(energies(&types)) {
                assert!((found.energy - expected.energy).abs() < 1e-12 * expected.energy.abs(), "{name}, {mixing}, {more}");
                assert!((found.virial - expected.virial).abs() < 1e-11 * expected.virial.abs().max(1.0), "{name}, {mixing}, {more}");
            }
            let (found, expected) = (own.pairs_at_jumps(&c, 0.05), types.pairs_at_jumps(&c, 0.05));
            assert_eq!(found.len(), usize::from(more == "tail: true"));
            for (found, expected) in found.iter().zip(&expected) {
                assert!(!found.pairs.is_empty() && found.pairs.len() == expected.pairs.len());
                for (found, expected) in found.pairs.iter().zip(&expected.pairs) {
                    assert!((found.lost - expected.lost).abs() < 1e-14 && (found.energy - expected.energy).abs() < 1e-14);
                }
            }
        }
    }
}
