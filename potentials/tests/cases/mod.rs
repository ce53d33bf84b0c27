//! One row for every potential, truncation, dimension and cell; and a double loop to compare with.

#![allow(dead_code)] // each test program uses its part

pub mod formulas;

use formulas::cubic_pair;
use mcflow_potentials::{
    BistableDimer, Cell, CentreTether, Configuration, CoupledWells, DoubleWell, DoubleWellPair, FeneBond, FeneBonds, HarmonicAngle,
    HarmonicAngles, HarmonicBond, HarmonicBonds, HarmonicRestraint, LennardJones, LennardJonesPair, LennardJonesPairs, Mixing,
    MuellerBrown, PairParameters, Particles, PeriodicDihedral, PeriodicDihedrals, PhiFourChain, PotentialSum, Ring, SoftRepulsion,
    SphericalWall, TabulatedPair, Term, TripleWell, Truncation, TypeParameters, Vectors, Walls, Wca, WolfeQuapp,
};

pub struct Case {
    pub name: String,
    pub terms: Vec<Term>,
    pub particles: Particles,
    pub configuration: Configuration,
    /// Energy and force are continuous, so differences of energies find forces and virials.
    pub smooth: bool,
    /// Only distances matter.
    pub translates: bool,
}

/// Reproducible numbers in 0..1.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A lattice with noise, every third particle moved by lattice vectors.
fn fluid(cell: &Cell, per_side: usize, numbers: &mut Numbers) -> Configuration {
    let dimension = cell.dimension();
    let vectors = cell.vectors().unwrap_or([
        [1.17 * per_side as f64, 0.0, 0.0],
        [0.0, 1.17 * per_side as f64, 0.0],
        [0.0, 0.0, 1.17 * per_side as f64],
    ]);
    let n = per_side.pow(dimension as u32);
    let mut points = Vec::new();
    for i in 0..n {
        let mut s = [0.0; 3];
        for (k, s) in s.iter_mut().enumerate().take(dimension) {
            let turns = if cell.is_periodic() && i % 3 == 0 { (i % 5) as f64 - 2.0 } else { 0.0 };
            *s = ((i / per_side.pow(k as u32) % per_side) as f64 + 0.13 * numbers.next()) / per_side as f64 + turns;
        }
        points.push(std::array::from_fn(|c| (0..dimension).map(|k| s[k] * vectors[k][c]).sum()));
    }
    Configuration { positions: Vectors::from_points(dimension, &points), cell: cell.clone() }
}

fn two_types(n: usize) -> Particles {
    let mut particles = Particles::alike("A", n, 1.0);
    particles.type_names.push("B".to_string());
    for t in particles.types.iter_mut().skip(1).step_by(3) {
        *t = 1;
    }
    particles
}

fn lennard_jones(cutoff: Option<f64>, truncation: Truncation) -> LennardJones {
    LennardJones { epsilon: Some(1.1), sigma: Some(0.95), cutoff, truncation, ..Default::default() }
}

fn mixture(cutoff: Option<f64>, truncation: Truncation) -> LennardJones {
    let types = [("A", 1.0, 1.0), ("B", 0.6, 0.85)].map(|(name, epsilon, sigma)| (name.to_string(), TypeParameters { epsilon, sigma }));
    let pairs = vec![PairParameters { between: ("A".into(), "A".into()), epsilon: 1.2, sigma: 0.9 }];
    LennardJones { types: Some(types.into()), pairs, exclude: vec![(0, 1), (5, 2), (1, 0)], cutoff, truncation, ..Default::default() }
}

/// Numbers of each particle's own.
fn by_particle(n: usize, cutoff: Option<f64>, truncation: Truncation) -> LennardJones {
    let own = |i: usize| TypeParameters { epsilon: 0.5 + 0.07 * (i % 11) as f64, sigma: 0.8 + 0.02 * (i % 13) as f64 };
    LennardJones { by_particle: Some((0..n).map(own).collect()), exclude: vec![(0, 1), (2, 1)], cutoff, truncation, ..Default::default() }
}

fn cells() -> Vec<(&'static str, Cell, usize)> {
    let open = |d| Cell::open(d);
    let right = |lengths: &[f64]| Cell::orthorhombic(lengths).unwrap();
    let tilted = |d, scale: f64| {
        Cell::triclinic(d, [[6.0, 0.0, 0.0], [1.9, 6.2, 0.0], [-1.3, 1.6, 6.1]].map(|row| row.map(|v: f64| v * scale))).unwrap()
    };
    vec![
        ("open 1", open(1), 23),
        ("open 2", open(2), 5),
        ("open 3, few", open(3), 3),
        ("open 3, list", open(3), 5),
        ("periodic 1", right(&[26.0]), 23),
        ("periodic 1, list", right(&[110.0]), 100),
        ("periodic 2", right(&[7.0, 7.5]), 6),
        ("periodic 2, list", right(&[12.0, 13.0]), 11),
        ("oblique 2, list", tilted(2, 2.0), 11),
        ("periodic 3, tight", right(&[4.61, 4.7, 4.8]), 4),
        ("periodic 3, list", right(&[6.0, 6.5, 7.0]), 6),
        ("triclinic 3, few", tilted(3, 0.9), 3),
        ("triclinic 3, list", tilted(3, 1.05), 6),
        ("periodic 3, grid", right(&[13.0, 13.5, 14.0]), 12),
        ("triclinic 3, grid", tilted(3, 2.1), 12),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut numbers = Numbers(88172645463325252);
    let mut cases = Vec::new();
    for (cell_name, cell, per_side) in cells() {
        let configuration = fluid(&cell, per_side, &mut numbers);
        let n = configuration.positions.n();
        let periodic = cell.is_periodic();
        let truncations = [Truncation::Truncated, Truncation::Shifted, Truncation::LinearForceShift, Truncation::Switched { from: 1.8 }];
        let mut add = |name: &str, particles: &Particles, terms: Vec<Term>, smooth: bool| {
            let name = format!("{name}, {cell_name}");
            cases.push(Case { name, terms, particles: particles.clone(), configuration: configuration.clone(), smooth, translates: true });
        };
        let (alike, mixed) = (Particles::alike("A", n, 1.0), two_types(n));
        for truncation in truncations.into_iter().skip(if n > 1000 { 3 } else { 0 }) {
            let smooth = matches!(truncation, Truncation::LinearForceShift | Truncation::Switched { .. });
            let tail = periodic && matches!(truncation, Truncation::Truncated | Truncation::Switched { .. });
            let one = LennardJones { tail, ..lennard_jones(Some(2.3), truncation) };
            let two = LennardJones { tail, ..mixture(Some(2.3), truncation) };
            add(&format!("{truncation:?}"), &alike, vec![Term::LennardJones(one.clone())], smooth);
            add(
                &format!("{truncation:?}, excluded pairs"),
                &alike,
                vec![Term::LennardJones(LennardJones { exclude: vec![(3, 2), (0, n - 1)], ..one })],
                smooth,
            );
            add(&format!("{truncation:?}, mixture"), &mixed, vec![Term::LennardJones(two)], smooth);
            let mixing = if truncation == Truncation::Shifted { Mixing::Geometric } else { Mixing::LorentzBerthelot };
            let three = LennardJones { tail, mixing, ..by_particle(n, Some(2.3), truncation) };
            add(&format!("{truncation:?}, by particle"), &alike, vec![Term::LennardJones(three)], smooth);
        }
        if !periodic {
            add("no cutoff", &alike, vec![Term::LennardJones(lennard_jones(None, Truncation::Truncated))], true);
            add("no cutoff, by particle", &alike, vec![Term::LennardJones(by_particle(n, None, Truncation::Truncated))], true);
            add("no cutoff, mixture", &mixed, vec![Term::LennardJones(mixture(None, Truncation::Truncated))], true);
        }
        if n > 1000 {
            continue;
        }
        let wca = Wca { epsilon: Some(0.9), sigma: Some(1.0), ..Default::default() };
        let wca_mixture = Wca { types: mixture(None, Truncation::Truncated).types, exclude: vec![(2, 3)], ..Default::default() };
        add("WCA", &alike, vec![Term::Wca(wca)], true);
        add(
            "WCA, mixture and two terms",
            &mixed,
            vec![Term::Wca(wca_mixture), Term::LennardJones(mixture(Some(2.0), Truncation::LinearForceShift))],
            true,
        );
        let dimension = cell.dimension();
        let point = |i: usize| (0..dimension).map(|c| configuration.positions.get(i)[c] + 0.2 * (i % 3) as f64 - 0.1).collect::<Vec<f64>>();
        let mut external = vec![
            (
                "springs on all",
                Term::HarmonicRestraint(HarmonicRestraint { stiffness: 3.0, particles: None, to: (0..n).map(point).collect() }),
            ),
            (
                "springs on some",
                Term::HarmonicRestraint(HarmonicRestraint {
                    stiffness: 3.0,
                    particles: Some(vec![4, 1, 2]),
                    to: [4, 1, 2].map(point).to_vec(),
                }),
            ),
        ];
        if !periodic {
            external.push(("double well", Term::DoubleWell(DoubleWell { linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.5 })));
        }
        for (name, term) in external {
            let name = format!("{name}, {cell_name}");
            let terms = vec![term];
            cases.push(Case {
                name,
                terms,
                particles: alike.clone(),
                configuration: configuration.clone(),
                smooth: true,
                translates: false,
            });
        }
    }
    let plane = |_| std::array::from_fn(|c| if c == 2 { 0.0 } else { 2.0 * numbers.next() - 0.7 });
    let configuration = Configuration { positions: Vectors::from_points(2, &(0..7).map(plane).collect::<Vec<_>>()), cell: Cell::open(2) };
    let dimer = BistableDimer { particles: [4, 1], slope: -1.0, tether: 20.0, quadratic: 25.0, quartic: 10.0, centre: 1.5 };
    let planes = [
        ("Müller-Brown", Term::MuellerBrown(MuellerBrown { scale: 0.1 })),
        ("triple well", Term::TripleWell(TripleWell { scale: 1.0 })),
        ("coupled wells", Term::CoupledWells(CoupledWells { barrier: 10.0 })),
        ("ring", Term::Ring(Ring { a: 3.0, b: 0.25 })),
        ("dimer of some", Term::BistableDimer(dimer)),
    ];
    for (name, term) in planes {
        cases.push(Case::new(name, &configuration, term, false));
    }
    for (name, cell, per_side) in cells().into_iter().filter(|(_, cell, per_side)| per_side.pow(cell.dimension() as u32) <= 1000) {
        let configuration = fluid(&cell, per_side, &mut numbers);
        for (what, term, translates) in alike_terms(&cell, per_side, configuration.positions.n()) {
            cases.push(Case::new(&format!("{what}, {name}"), &configuration, term, translates));
        }
    }
    for case in &cases {
        for term in &case.terms {
            assert_eq!(term.problems(&case.particles, &case.configuration.cell), [], "{}", case.name);
        }
    }
    cases
}

/// Terms for particles alike on a lattice, and whether distances alone matter.
fn alike_terms(cell: &Cell, per_side: usize, n: usize) -> Vec<(&'static str, Term, bool)> {
    let soft = SoftRepulsion { epsilon: 0.8, radius: 1.05, exponent: 12, cutoff: Some(2.3), exclude: vec![(3, 2), (0, n - 1)] };
    let sixth = SoftRepulsion { exponent: 6, exclude: vec![], ..soft.clone() };
    let mut terms =
        vec![("soft repulsion", Term::SoftRepulsion(soft.clone()), true), ("soft repulsion, 6", Term::SoftRepulsion(sixth), true)];
    let cubic = table("cubic", 0.05, 0.0, cubic_pair);
    let waves = table("waves", 0.02, 0.003, |r| 3.0 * (1.0 - r / 2.3).powi(2) * (4.0 * r).cos());
    terms.extend([
        ("table of a cubic", Term::TabulatedPair(TabulatedPair { cutoff: Some(2.2), ..cubic }), true),
        ("table of waves", Term::TabulatedPair(TabulatedPair { exclude: vec![(3, 2), (0, n - 1)], ..waves }), true),
    ]);
    terms.extend(few_bodies(cell, per_side, n));
    if !cell.is_periodic() {
        let quartic = DoubleWellPair { a: 0.3, b: -4.0, c: 0.9, offset: 2.0 };
        terms.extend([
            ("soft repulsion, no cutoff", Term::SoftRepulsion(SoftRepulsion { exponent: 10, cutoff: None, ..soft }), true),
            ("quartic pairs", Term::DoubleWellPair(quartic), true),
            ("springs to the centre", Term::CentreTether(CentreTether { stiffness: 1.7 }), true),
            ("walls", Term::Walls(Walls { half_width: 2.0, stiffness: 20.0 }), false),
            ("spherical wall", Term::SphericalWall(SphericalWall { radius: 2.0, stiffness: Some(20.0) }), false),
            ("hard wall", Term::SphericalWall(SphericalWall { radius: 100.0, stiffness: None }), false),
        ]);
        if cell.dimension() == 1 {
            terms.push(("Wolfe-Quapp", Term::WolfeQuapp(WolfeQuapp { bath_stiffness: 7.5, factor: 2.0 }), false));
            terms.push(("phi^4", Term::PhiFourChain(PhiFourChain { a: 0.1, b: 0.3 }), false));
        }
    }
    terms
}

/// A table of u(r) from 0.7 to 2.3, at distances that grow by `growth` from row to row, with forces by differences.
pub fn table(name: &str, spacing: f64, growth: f64, u: impl Fn(f64) -> f64) -> TabulatedPair {
    let (mut r, mut step, mut text) = (0.7, spacing, String::new());
    while r < 2.3 - 1e-9 {
        text += &format!("{r:.17} {:.17e} {:.6e}\n", u(r), (u(r - 1e-5) - u(r + 1e-5)) / 2e-5);
        (r, step) = (r + step, step + growth);
    }
    text += &format!("2.3 {:.17e} # the end", u(2.3));
    let mut term = TabulatedPair { file: name.to_string(), cutoff: None, exclude: vec![], rows: None };
    term.take_text(name, &text);
    term
}

/// Bonds along the first direction of the lattice, corners and stairs; with the numbers of the term, and with numbers of their own.
fn few_bodies(cell: &Cell, per_side: usize, n: usize) -> Vec<(&'static str, Term, bool)> {
    let mut terms = Vec::new();
    let on_lines = || (0..n).filter(|i| i % per_side + 1 < per_side);
    // Of each third group the term's, of the others their own.
    let own = |k: usize, number: f64| (!k.is_multiple_of(3)).then_some(number * (1.0 + 0.01 * (k % 7) as f64));
    let bonds: Vec<[usize; 2]> = on_lines().map(|i| [i + 1, i]).collect();
    for (name, own) in [("bonds of some", None), ("bonds of some, each its own", Some(own))] {
        let bond = |(k, &particles): (usize, &[usize; 2])| HarmonicBond {
            particles,
            stiffness: own.and_then(|own| own(k, 12.0)),
            length: own.and_then(|own| own(k + 1, 1.2)),
        };
        let bonds = bonds.iter().enumerate().map(bond).collect();
        terms.push((name, Term::HarmonicBonds(HarmonicBonds { bonds, stiffness: Some(11.0), length: Some(1.3) }), true));
    }
    let pair = |(k, &particles): (usize, &[usize; 2])| LennardJonesPair { particles, epsilon: own(k, 0.7), sigma: own(k + 1, 0.9) };
    let pairs = bonds.iter().enumerate().map(pair).collect();
    terms.push(("exceptions of some", Term::LennardJonesPairs(LennardJonesPairs { pairs, epsilon: Some(0.5), sigma: Some(1.0) }), true));
    // Wide enough that no step of a test breaks a bond.
    if cell.smallest_height() >= 18.0 {
        let plain = bonds.iter().map(|&bond| bond.into()).collect();
        terms.push(("finite bonds of some", finite(plain), true));
        let bond = |(k, &particles): (usize, &[usize; 2])| FeneBond { particles, stiffness: own(k, 12.0), max_length: own(k + 1, 8.4) };
        terms.push(("finite bonds of some, each its own", finite(bonds.iter().enumerate().map(bond).collect()), true));
    }
    if cell.dimension() > 1 {
        let all: Vec<[usize; 3]> = on_lines().filter(|i| i + per_side + 1 < n).map(|i| [i, i + 1, i + 1 + per_side]).collect();
        for (name, own) in [("angles of some", None), ("angles of some, each its own", Some(own))] {
            let angle = |(k, &particles): (usize, &[usize; 3])| HarmonicAngle {
                particles,
                stiffness: own.and_then(|own| own(k, 8.0)),
                angle: own.and_then(|own| own(k + 1, 100.0)),
            };
            let angles = all.iter().enumerate().map(angle).collect();
            terms.push((name, Term::HarmonicAngles(HarmonicAngles { angles, stiffness: Some(7.0), angle: Some(109.5) }), true));
        }
    }
    if cell.dimension() == 3 {
        let (row, plane) = (per_side, per_side * per_side);
        let stairs = on_lines().filter(|i| i + 1 + row + plane < n).map(|i| [i, i + 1, i + 1 + row, i + 1 + row + plane]);
        let all: Vec<[usize; 4]> = stairs.collect();
        let term = |dihedrals, multiplicity, phase| {
            Term::PeriodicDihedrals(PeriodicDihedrals {
                dihedrals,
                stiffness: Some(4.0),
                multiplicity: Some(multiplicity),
                phase: Some(phase),
            })
        };
        for (name, multiplicity, phase) in [("dihedrals of some", 1, 40.0), ("threefold dihedrals of some", 3, 180.0)] {
            terms.push((name, term(all.iter().map(|&group| group.into()).collect(), multiplicity, phase), true));
        }
        let dihedral = |(k, &particles): (usize, &[usize; 4])| PeriodicDihedral {
            particles,
            stiffness: own(k, 3.0),
            multiplicity: (!k.is_multiple_of(2)).then_some(1 + k as u32 % 6),
            phase: own(k + 1, 60.0),
        };
        terms.push(("dihedrals of some, each its own", term(all.iter().enumerate().map(dihedral).collect(), 2, 10.0), true));
    }
    terms
}

fn finite(bonds: Vec<FeneBond>) -> Term {
    Term::FeneBonds(FeneBonds { bonds, stiffness: Some(11.0), max_length: Some(9.0) })
}

impl Case {
    /// A smooth term of particles alike.
    fn new(name: &str, configuration: &Configuration, term: Term, translates: bool) -> Self {
        let particles = Particles::alike("A", configuration.positions.n(), 1.0);
        Self { name: name.to_string(), terms: vec![term], particles, configuration: configuration.clone(), smooth: true, translates }
    }

    pub fn potential(&self) -> PotentialSum {
        PotentialSum::new(&self.terms, &self.particles, &self.configuration.cell)
    }

    pub fn n(&self) -> usize {
        self.particles.n()
    }

    /// A few particles, the first and last among them.
    pub fn some(&self) -> Vec<usize> {
        let n = self.n();
        let mut some = vec![0, 1, 2, n / 2, n - 1];
        some.dedup();
        some
    }
}

pub fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {found} against {expected}");
}

pub fn with_particle(c: &Configuration, i: usize, at: [f64; 3]) -> Configuration {
    let mut moved = c.clone();
    moved.positions.set(i, at);
    moved
}
