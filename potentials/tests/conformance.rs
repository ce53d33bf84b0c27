//! What must hold for every potential, in every dimension and cell: one row a case.

use mcflow_base::InstructionSet;
use mcflow_potentials::{
    Cell, Configuration, DoubleWell, HarmonicRestraint, LennardJones, MuellerBrown, PairParameters, Particles, PotentialSum, Term, Truncation,
    TypeParameters, Vectors, Wca, WorkspaceState,
};

struct Case {
    name: String,
    terms: Vec<Term>,
    particles: Particles,
    configuration: Configuration,
    /// Energy and force are continuous, so differences of energies find forces and virials.
    smooth: bool,
    /// Only distances matter.
    translates: bool,
}

/// Reproducible numbers in 0..1.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A lattice with noise, every third particle moved by lattice vectors.
fn fluid(cell: &Cell, per_side: usize, numbers: &mut Numbers) -> Configuration {
    let dimension = cell.dimension();
    let vectors = cell.vectors().unwrap_or([[1.17 * per_side as f64, 0.0, 0.0], [0.0, 1.17 * per_side as f64, 0.0], [0.0, 0.0, 1.17 * per_side as f64]]);
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

fn cases() -> Vec<Case> {
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
        for truncation in truncations.into_iter().skip(if n > 1000 { 2 } else { 0 }) {
            let smooth = matches!(truncation, Truncation::LinearForceShift | Truncation::Switched { .. });
            let tail = periodic && matches!(truncation, Truncation::Truncated | Truncation::Switched { .. });
            let one = LennardJones { tail, ..lennard_jones(Some(2.3), truncation) };
            let two = LennardJones { tail, ..mixture(Some(2.3), truncation) };
            add(&format!("{truncation:?}"), &alike, vec![Term::LennardJones(one.clone())], smooth);
            add(&format!("{truncation:?}, excluded pairs"), &alike, vec![Term::LennardJones(LennardJones { exclude: vec![(3, 2), (0, n - 1)], ..one })], smooth);
            add(&format!("{truncation:?}, mixture"), &mixed, vec![Term::LennardJones(two)], smooth);
        }
        if !periodic {
            add("no cutoff", &alike, vec![Term::LennardJones(lennard_jones(None, Truncation::Truncated))], true);
            add("no cutoff, mixture", &mixed, vec![Term::LennardJones(mixture(None, Truncation::Truncated))], true);
        }
        if n > 1000 {
            continue;
        }
        let wca = Wca { epsilon: Some(0.9), sigma: Some(1.0), ..Default::default() };
        let wca_mixture = Wca { types: mixture(None, Truncation::Truncated).types, exclude: vec![(2, 3)], ..Default::default() };
        add("WCA", &alike, vec![Term::Wca(wca)], true);
        add("WCA, mixture and two terms", &mixed, vec![Term::Wca(wca_mixture), Term::LennardJones(mixture(Some(2.0), Truncation::LinearForceShift))], true);
        let dimension = cell.dimension();
        let point = |i: usize| (0..dimension).map(|c| configuration.positions.get(i)[c] + 0.2 * (i % 3) as f64 - 0.1).collect::<Vec<f64>>();
        let mut external = vec![
            ("springs on all", Term::HarmonicRestraint(HarmonicRestraint { stiffness: 3.0, particles: None, to: (0..n).map(point).collect() })),
            ("springs on some", Term::HarmonicRestraint(HarmonicRestraint { stiffness: 3.0, particles: Some(vec![4, 1, 2]), to: [4, 1, 2].map(point).to_vec() })),
        ];
        if !periodic {
            external.push(("double well", Term::DoubleWell(DoubleWell { linear: 1.0, quadratic: -6.0, quartic: 1.0, transverse: 1.5 })));
        }
        for (name, term) in external {
            let name = format!("{name}, {cell_name}");
            let terms = vec![term];
            cases.push(Case { name, terms, particles: alike.clone(), configuration: configuration.clone(), smooth: true, translates: false });
        }
    }
    let plane = |_| std::array::from_fn(|c| if c == 2 { 0.0 } else { 2.0 * numbers.next() - 0.7 });
    let configuration = Configuration { positions: Vectors::from_points(2, &(0..7).map(plane).collect::<Vec<_>>()), cell: Cell::open(2) };
    let terms = vec![Term::MuellerBrown(MuellerBrown { scale: 0.1 })];
    cases.push(Case { name: "Müller-Brown".into(), terms, particles: Particles::alike("A", 7, 1.0), configuration, smooth: true, translates: false });
    for case in &cases {
        for term in &case.terms {
            assert_eq!(term.problems(&case.particles, &case.configuration.cell), [], "{}", case.name);
        }
    }
    cases
}

impl Case {
    fn potential(&self) -> PotentialSum {
        PotentialSum::new(&self.terms, &self.particles, &self.configuration.cell)
    }

    fn n(&self) -> usize {
        self.particles.n()
    }

    /// A few particles, the first and last among them.
    fn some(&self) -> Vec<usize> {
        let n = self.n();
        let mut some = vec![0, 1, 2, n / 2, n - 1];
        some.dedup();
        some
    }
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {found} against {expected}");
}

fn with_particle(c: &Configuration, i: usize, at: [f64; 3]) -> Configuration {
    let mut moved = c.clone();
    moved.positions.set(i, at);
    moved
}

/// Independent of all loops of the crate: a plain double loop over nearest images with the formula written out.
fn brute_force(term: &LennardJones, particles: &Particles, c: &Configuration) -> (f64, f64) {
    let parameters = |i: usize, j: usize| {
        let (a, b) = (&particles.type_names[particles.types[i]], &particles.type_names[particles.types[j]]);
        let named = |p: &&PairParameters| (&p.between.0, &p.between.1) == (a, b) || (&p.between.1, &p.between.0) == (a, b);
        if let Some(pair) = term.pairs.iter().find(named) {
            return (pair.epsilon, pair.sigma);
        }
        match &term.types {
            Some(types) => ((types[a].epsilon * types[b].epsilon).sqrt(), 0.5 * (types[a].sigma + types[b].sigma)),
            None => (term.epsilon.unwrap(), term.sigma.unwrap()),
        }
    };
    let (mut energy, mut virial) = (0.0, 0.0);
    for i in 0..particles.n() {
        for j in 0..i {
            if term.exclude.contains(&(i, j)) || term.exclude.contains(&(j, i)) {
                continue;
            }
            let (a, b) = (c.positions.get(i), c.positions.get(j));
            let d = c.cell.minimum_image(std::array::from_fn(|k| a[k] - b[k]));
            let r = d.iter().map(|v| v * v).sum::<f64>().sqrt();
            let rc = term.cutoff.unwrap_or(f64::INFINITY);
            if r > rc {
                continue;
            }
            let (epsilon, sigma) = parameters(i, j);
            let u = |r: f64| 4.0 * epsilon * ((sigma / r).powi(12) - (sigma / r).powi(6));
            let du = |r: f64| 4.0 * epsilon * (6.0 * (sigma / r).powi(6) - 12.0 * (sigma / r).powi(12)) / r;
            let (value, slope) = match term.truncation {
                Truncation::Truncated => (u(r), du(r)),
                Truncation::Shifted => (u(r) - u(rc), du(r)),
                Truncation::LinearForceShift => (u(r) - u(rc) - (r - rc) * du(rc), du(r) - du(rc)),
                Truncation::Switched { from } => {
                    let t = ((r - from) / (rc - from)).max(0.0);
                    let s = 1.0 - 10.0 * t.powi(3) + 15.0 * t.powi(4) - 6.0 * t.powi(5);
                    let ds = (-30.0 * t.powi(2) + 60.0 * t.powi(3) - 30.0 * t.powi(4)) / (rc - from);
                    (s * u(r), s * du(r) + ds * u(r))
                }
            };
            energy += value;
            virial -= r * slope;
        }
    }
    (energy, virial)
}

#[test]
fn every_loop_agrees_with_a_plain_double_loop() {
    for case in cases() {
        let [Term::LennardJones(term)] = &case.terms[..] else { continue };
        let potential = case.potential();
        let (energy, virial) = brute_force(term, &case.particles, &case.configuration);
        let found = potential.energies_by_term(&case.configuration, &mut potential.workspace())[0].1;
        close(found.energy, energy, 1e-11, &case.name);
        close(found.virial, virial, 1e-11, &case.name);
    }
}

#[test]
fn forces_are_differences_of_energies() {
    for case in cases().iter().filter(|case| case.smooth) {
        let (potential, c) = (case.potential(), &case.configuration);
        let mut forces = Vectors::zeros(c.positions.dimension(), case.n());
        let mut workspace = potential.workspace();
        let evaluation = potential.energy_and_forces(c, &mut workspace, &mut forces);
        close(evaluation.energy, potential.energy(c, &mut workspace).energy, 1e-13, &case.name);
        let h = 1e-5;
        for i in case.some() {
            for k in 0..c.positions.dimension() {
                let at = c.positions.get(i);
                let energy = |step: f64| {
                    let mut moved = at;
                    moved[k] += step;
                    potential.particle_energy(c, &mut potential.workspace(), i, moved)
                };
                // Fourth order, so that the error of the difference is below that of rounding.
                let slope = (8.0 * (energy(h) - energy(-h)) - (energy(2.0 * h) - energy(-2.0 * h))) / (12.0 * h);
                close(forces.get(i)[k], -slope, 1e-6, &format!("{}, force {k} on {i}", case.name));
            }
        }
    }
}

#[test]
fn particle_energies_are_differences_of_energies() {
    let mut numbers = Numbers(362436069);
    for case in cases() {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        for i in case.some() {
            let old = c.positions.get(i);
            for size in [0.05, 0.4, 2.0] {
                let mut new = old;
                for v in new.iter_mut().take(c.positions.dimension()) {
                    *v += size * (numbers.next() - 0.5);
                }
                let change = potential.particle_energy(&c, &mut workspace, i, new) - potential.particle_energy(&c, &mut workspace, i, old);
                let moved = with_particle(&c, i, new);
                let (before, after) = (potential.energy(&c, &mut potential.workspace()), potential.energy(&moved, &mut potential.workspace()));
                let scale = before.energy.abs().max(after.energy.abs()).max(1.0);
                assert!((change - (after.energy - before.energy)).abs() < 1e-12 * scale, "{}: particle {i} by {size}", case.name);
                if size == 0.05 {
                    c = moved;
                    workspace.particle_moved(i, new);
                    break;
                }
            }
        }
    }
}

#[test]
fn moves_leave_the_same_bytes_as_a_fresh_workspace() {
    let mut numbers = Numbers(521288629);
    for case in cases().iter().filter(|case| case.name.contains("grid")) {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        for k in 0..3000 {
            let i = (numbers.next() * case.n() as f64) as usize;
            let to = c.positions.get(i).map(|v| v + 3.0 * (numbers.next() - 0.5));
            potential.particle_energy(&c, &mut workspace, i, to);
            c.positions.set(i, to);
            workspace.particle_moved(i, to);
            if k % 500 == 0 {
                let fresh = potential.particle_energy(&c, &mut potential.workspace(), i, to);
                assert_eq!(potential.particle_energy(&c, &mut workspace, i, to).to_bits(), fresh.to_bits(), "{}", case.name);
            }
        }
    }
}

#[test]
fn virials_are_differences_of_energies() {
    for case in cases().iter().filter(|case| case.smooth && case.translates && case.configuration.cell.is_periodic()) {
        let potential = case.potential();
        let d = case.configuration.cell.dimension() as f64;
        // Of ln V; lengths go with exp(x / d). Energies of a term at another volume include its tail there.
        let energy = |x: f64| {
            let factor = (x / d).exp();
            let mut scaled = Configuration { cell: case.configuration.cell.scaled(factor), positions: case.configuration.positions.clone() };
            scaled.positions.row_mut().iter_mut().for_each(|v| *v *= factor);
            potential.energy(&scaled, &mut potential.workspace()).energy
        };
        let h = 1e-4;
        let slope = (8.0 * (energy(h) - energy(-h)) - (energy(2.0 * h) - energy(-2.0 * h))) / (12.0 * h);
        let found = potential.energy(&case.configuration, &mut potential.workspace()).virial;
        close(found / d, -slope, 1e-6, &case.name);
    }
}

#[test]
fn translation_changes_nothing() {
    for case in cases().iter().filter(|case| case.translates) {
        let potential = case.potential();
        let mut moved = case.configuration.clone();
        moved.positions.row_mut().iter_mut().for_each(|v| *v += 0.371);
        let (a, b) = (potential.energy(&case.configuration, &mut potential.workspace()), potential.energy(&moved, &mut potential.workspace()));
        close(a.energy, b.energy, 1e-11, &case.name);
    }
}

#[test]
fn terms_add_up() {
    for case in cases() {
        let potential = case.potential();
        let terms = potential.energies_by_term(&case.configuration, &mut potential.workspace());
        let total = potential.energy(&case.configuration, &mut potential.workspace());
        assert_eq!(terms.iter().map(|t| t.0.clone()).collect::<Vec<_>>(), potential.names());
        close(terms.iter().map(|t| t.1.energy).sum(), total.energy, 1e-13, &case.name);
    }
}

#[test]
fn a_batch_is_single_configurations() {
    let mut numbers = Numbers(16777619);
    for case in cases().iter().filter(|case| case.n() < 1000) {
        let (potential, cell) = (case.potential(), &case.configuration.cell);
        let row = case.configuration.positions.row();
        let batch = 11;
        let rows: Vec<f64> = (0..batch).flat_map(|_| row.iter().map(|v| v + 0.05 * (numbers.next() - 0.5)).collect::<Vec<_>>()).collect();
        let (mut energies, mut gradients) = (vec![0.0; batch], vec![0.0; rows.len()]);
        potential.energies_and_gradients(cell, &rows, &mut energies, &mut gradients);
        let mut only = vec![0.0; batch];
        potential.energies(cell, &rows, &mut only);
        let mut workspace = potential.workspace();
        let mut forces = Vectors::zeros(cell.dimension(), case.n());
        for k in 0..batch {
            let of = k * row.len()..(k + 1) * row.len();
            let (mut energy, mut gradient) = ([0.0], vec![0.0; row.len()]);
            potential.energies_and_gradients(cell, &rows[of.clone()], &mut energy, &mut gradient);
            assert_eq!((energy[0].to_bits(), &gradient[..]), (energies[k].to_bits(), &gradients[of.clone()]), "{}", case.name);
            potential.energies(cell, &rows[of.clone()], &mut energy);
            assert_eq!(energy[0].to_bits(), only[k].to_bits(), "{}", case.name);
            close(only[k], energies[k], 1e-13, &case.name);
            let c = Configuration { positions: Vectors::from_row(cell.dimension(), &rows[of.clone()]), cell: cell.clone() };
            let single = potential.energy_and_forces(&c, &mut workspace, &mut forces);
            close(energies[k], single.energy, 1e-12, &case.name);
            let largest = forces.row().iter().fold(1.0f64, |m, f| m.max(f.abs()));
            for (g, f) in gradients[of].iter().zip(forces.row()) {
                assert!((g + f).abs() < 1e-12 * largest, "{}: {g} against {f}", case.name);
            }
        }
    }
}

#[test]
fn instruction_sets_agree() {
    for case in cases() {
        let (potential, c) = (case.potential(), &case.configuration);
        let results = [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512].map(|set| {
            let mut workspace = potential.workspace_for(set);
            let mut forces = Vectors::zeros(c.positions.dimension(), case.n());
            let evaluation = potential.energy_and_forces(c, &mut workspace, &mut forces);
            let particle = potential.particle_energy(c, &mut workspace, 1, c.positions.get(1));
            (evaluation, particle, forces)
        });
        let largest = results[0].2.row().iter().fold(1.0f64, |m, f| m.max(f.abs()));
        for (evaluation, particle, forces) in &results[1..] {
            close(evaluation.energy, results[0].0.energy, 1e-11, &case.name);
            close(evaluation.virial, results[0].0.virial, 1e-11, &case.name);
            close(*particle, results[0].1, 1e-11, &case.name);
            for (a, b) in forces.row().iter().zip(results[0].2.row()) {
                assert!((a - b).abs() < 1e-12 * largest, "{}", case.name);
            }
        }
    }
}

#[test]
fn a_list_stays_right_while_particles_and_cell_change() {
    let mut numbers = Numbers(2463534242);
    for case in cases().iter().filter(|case| case.name.contains("list") && case.translates) {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        let mut forces = Vectors::zeros(c.positions.dimension(), case.n());
        let mut steps_with_a_kept_list = 0;
        for step in 0..60 {
            match step % 20 {
                // Every particle by less than half the skin in all, then one far, then the cell.
                13 => {
                    let at = c.positions.get(7).map(|v| v + 1.3);
                    c.positions.set(7, at);
                }
                17 => {
                    c.cell = c.cell.scaled(1.01);
                    c.positions.row_mut().iter_mut().for_each(|v| *v *= 1.01);
                }
                _ => c.positions.row_mut().iter_mut().for_each(|v| *v += 0.02 * (numbers.next() - 0.5)),
            }
            let before = workspace.list_builds();
            let found = potential.energy_and_forces(&c, &mut workspace, &mut forces);
            steps_with_a_kept_list += usize::from(workspace.list_builds() == before);
            let mut fresh_forces = Vectors::zeros(c.positions.dimension(), case.n());
            let fresh = potential.energy_and_forces(&c, &mut potential.workspace(), &mut fresh_forces);
            let scale = fresh.energy.abs().max(1.0);
            assert!((found.energy - fresh.energy).abs() < 1e-11 * scale, "{}: step {step}: {} against {}", case.name, found.energy, fresh.energy);
            if let [Term::LennardJones(term)] = &case.terms[..] {
                let energy = potential.energies_by_term(&c, &mut workspace)[0].1.energy;
                assert!((energy - brute_force(term, &case.particles, &c).0).abs() < 1e-11 * scale, "{}: step {step}", case.name);
            }
        }
        assert!(steps_with_a_kept_list > 20, "{}: the list was kept {steps_with_a_kept_list} times of 60", case.name);
    }
}

#[test]
fn a_restored_workspace_gives_the_same_bytes() {
    let mut numbers = Numbers(88675123);
    for case in cases().iter().filter(|case| case.name.contains("list")) {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        let step = |c: &mut Configuration, numbers: &mut Numbers| c.positions.row_mut().iter_mut().for_each(|v| *v += 0.01 * (numbers.next() - 0.5));
        for _ in 0..3 {
            potential.energy(&c, &mut workspace);
            step(&mut c, &mut numbers);
        }
        let text = ron::to_string(&workspace.state()).unwrap();
        let state: WorkspaceState = ron::from_str(&text).unwrap();
        let mut restored = potential.workspace();
        restored.restore(&state, &potential);
        for _ in 0..40 {
            let (a, b) = (potential.energy(&c, &mut workspace), potential.energy(&c, &mut restored));
            assert_eq!((a.energy.to_bits(), a.virial.to_bits()), (b.energy.to_bits(), b.virial.to_bits()), "{}", case.name);
            assert_eq!(workspace.list_builds(), restored.list_builds());
            step(&mut c, &mut numbers);
        }
    }
}

#[test]
fn positions_that_are_no_numbers_give_none() {
    for case in cases() {
        let potential = case.potential();
        let (mut workspace, i) = (potential.workspace(), case.n() - 1);
        let mut forces = Vectors::zeros(case.configuration.positions.dimension(), case.n());
        potential.energy(&case.configuration, &mut workspace);
        for bad in [f64::NAN, f64::INFINITY] {
            let c = with_particle(&case.configuration, i, [bad, 0.0, 0.0]);
            assert!(potential.energy_and_forces(&c, &mut workspace, &mut forces).energy.is_nan(), "{}", case.name);
            assert!(potential.particle_energy(&case.configuration, &mut workspace, i, [bad, 0.0, 0.0]).is_nan(), "{}", case.name);
            let mut energies = [0.0];
            if case.n() < 1000 && !case.name.contains("some") {
                potential.energies(&c.cell, c.positions.row(), &mut energies);
                assert!(!energies[0].is_finite(), "{}: {}", case.name, energies[0]);
            }
        }
        assert!(potential.energy(&case.configuration, &mut workspace).energy.is_finite());
    }
}
