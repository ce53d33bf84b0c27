//! What must hold whatever the order of evaluations, the batch and the instruction set.

mod cases;

use cases::formulas::brute_force;
use cases::{Numbers, cases, close};
use mcflow_base::InstructionSet;
use mcflow_potentials::{Cell, Configuration, LennardJones, Moved, Particles, PotentialSum, Precision, Term, Vectors, WorkspaceState};

#[test]
fn kept_energies_stay_right_over_many_moves() {
    let mut numbers = Numbers(521288629);
    for case in cases() {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        let step = 0.1 * (case.configuration.cell.volume().unwrap_or(1.0) / case.n() as f64).powf(1.0 / c.positions.dimension() as f64);
        let mut energy = potential.energy(&c, &mut potential.workspace()).energy;
        for k in 0..3000 {
            let i = (numbers.next() * case.n() as f64) as usize;
            let mut to = c.positions.get(i);
            for v in to.iter_mut().take(c.positions.dimension()) {
                *v += step * (numbers.next() - 0.5);
            }
            // Moves that a chain would accept, and some far ones.
            let mut moved = vec![Moved { particle: i, to }];
            if k % 7 == 3 && k % 500 != 17 {
                // Together with another, which goes to where this one was.
                let j = (i + 1 + k % 5) % case.n();
                if j != i {
                    moved.push(Moved { particle: j, to: c.positions.get(i) });
                    moved.sort_by_key(|one| one.particle);
                }
            }
            let change = potential.change(&c, &mut workspace, &moved);
            if change < 2.0 || k % 500 == 17 {
                potential.moves(&c, &mut workspace, &moved);
                moved.iter().for_each(|one| c.positions.set(one.particle, one.to));
                energy += change;
            }
            if k % 500 == 0 {
                let fresh = potential.energy(&c, &mut potential.workspace()).energy;
                assert!((energy - fresh).abs() < 1e-10 * fresh.abs().max(1.0), "{}: {energy} against {fresh}", case.name);
                energy = fresh;
            }
        }
        // Told that positions changed, a workspace is like a fresh one, to the byte.
        workspace.positions_changed();
        for i in case.some() {
            let one = [Moved { particle: i, to: c.positions.get(i).map(|v| v + 0.01) }];
            let fresh = potential.change(&c, &mut potential.workspace(), &one);
            assert_eq!(potential.change(&c, &mut workspace, &one).to_bits(), fresh.to_bits(), "{}", case.name);
        }
    }
}

#[test]
fn forces_alone_are_those_with_energy() {
    for case in cases() {
        let (potential, c) = (case.potential(), &case.configuration);
        for set in [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512] {
            let mut workspace = potential.workspace_for(set);
            let mut forces = Vectors::zeros(c.positions.dimension(), case.n());
            let mut alone = forces.clone();
            potential.energy_and_forces(c, &mut workspace, &mut forces);
            let largest = forces.row().iter().fold(1.0f64, |m, f| m.max(f.abs()));
            for (precision, tolerance) in [(Precision::Double, 1e-14), (Precision::Mixed, 1e-3)] {
                potential.forces(c, &mut workspace, precision, &mut alone);
                for (a, b) in alone.row().iter().zip(forces.row()) {
                    assert!((a - b).abs() < tolerance * largest, "{}, {set:?}, {precision:?}: {a} against {b}", case.name);
                }
            }
        }
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
            let moved = [1, 2].map(|i| Moved { particle: i, to: c.positions.get(i).map(|v| v + 0.02 * i as f64) });
            let changes = [&moved[..1], &moved].map(|moved| potential.change(c, &mut workspace, moved));
            (evaluation, changes, forces)
        });
        let largest = results[0].2.row().iter().fold(1.0f64, |m, f| m.max(f.abs()));
        for (evaluation, changes, forces) in &results[1..] {
            close(evaluation.energy, results[0].0.energy, 1e-11, &case.name);
            close(evaluation.virial, results[0].0.virial, 1e-11, &case.name);
            (0..2).for_each(|k| close(changes[k], results[0].1[k], 1e-11, &case.name));
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
            assert!(
                (found.energy - fresh.energy).abs() < 1e-11 * scale,
                "{}: step {step}: {} against {}",
                case.name,
                found.energy,
                fresh.energy
            );
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
        let step = |c: &mut Configuration, numbers: &mut Numbers| {
            c.positions.row_mut().iter_mut().for_each(|v| *v += 0.01 * (numbers.next() - 0.5))
        };
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

/// A liquid-like configuration of so many particles that the rows of its list are dealt to several parts.
fn many() -> (PotentialSum, Configuration) {
    let (m, density) = (14, 0.8442);
    let n = 4 * m * m * m;
    let length = (f64::from(n) / density).cbrt();
    let mut numbers = Numbers(747796405);
    let mut points = Vec::new();
    for (i, j, k) in (0..m * m * m).map(|cell| (cell / (m * m), cell / m % m, cell % m)) {
        for [x, y, z] in [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]] {
            let at = |cell: i32, part: f64| (f64::from(cell) + part) / f64::from(m) * length;
            points.push([at(i, x), at(j, y), at(k, z)].map(|at| at + 0.2 * (numbers.next() - 0.5)));
        }
    }
    let cell = Cell::orthorhombic(&[length; 3]).unwrap();
    let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(2.5), ..LennardJones::default() };
    let potential = PotentialSum::new(&[Term::LennardJones(term)], &Particles::alike("A", points.len(), 1.0), &cell);
    (potential, Configuration { positions: Vectors::from_points(3, &points), cell })
}

#[test]
fn threads_change_no_byte() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (potential, mut c) = many();
            let mut workspace = potential.workspace();
            let mut forces = Vectors::zeros(3, c.positions.n());
            let mut bits = Vec::new();
            for step in 0..30 {
                let evaluation = potential.energy_and_forces(&c, &mut workspace, &mut forces);
                bits.extend([evaluation.energy.to_bits(), evaluation.virial.to_bits()]);
                let precision = if step % 2 == 0 { Precision::Double } else { Precision::Mixed };
                potential.forces(&c, &mut workspace, precision, &mut forces);
                bits.extend(forces.row().iter().step_by(97).map(|f| f.to_bits()));
                // A few particles wander off, so that both lists are renewed.
                let drift = |k: usize| if k.is_multiple_of(101) { 0.03 } else { 0.0 };
                let steps: Vec<f64> = forces.row().iter().enumerate().map(|(k, f)| (0.002 * f).clamp(-0.03, 0.03) + drift(k)).collect();
                c.positions.row_mut().iter_mut().zip(&steps).for_each(|(x, d)| *x += d);
            }
            (bits, workspace.list_builds())
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
    assert!(one.1 > 1, "the list was never renewed");
}

#[test]
fn several_parts_miss_no_pair() {
    let (potential, mut c) = many();
    let mut workspace = potential.workspace();
    let mut numbers = Numbers(1181783497);
    let n = c.positions.n();
    let length = c.cell.heights().unwrap()[0];
    for _ in 0..3 {
        c.positions.row_mut().iter_mut().for_each(|x| *x += 0.12 * (numbers.next() - 0.5));
        let mut forces = Vectors::zeros(3, n);
        potential.energy_and_forces(&c, &mut workspace, &mut forces);
        for i in (0..n).step_by(211) {
            let r = c.positions.get(i);
            let mut expected = [0.0; 3];
            for j in (0..n).filter(|&j| j != i) {
                let other = c.positions.get(j);
                let d = [0, 1, 2].map(|k| r[k] - other[k]).map(|d| d - length * (d / length).round());
                let r2 = d.iter().map(|d| d * d).sum::<f64>();
                if r2 < 6.25 {
                    let s6 = r2.powi(-3);
                    (0..3).for_each(|k| expected[k] += (48.0 * s6 - 24.0) * s6 / r2 * d[k]);
                }
            }
            let found = forces.get(i);
            let scale = expected.iter().fold(1.0f64, |m, f| m.max(f.abs()));
            assert!((0..3).all(|k| (found[k] - expected[k]).abs() < 1e-11 * scale), "particle {i}: {found:?} against {expected:?}");
        }
    }
}

#[test]
fn lists_are_renewed_in_time() {
    // Every particle on a straight way of its own: the fastest are through both skins in some ten steps.
    let (potential, mut c) = many();
    let mut workspace = potential.workspace();
    let mut numbers = Numbers(362437);
    let velocities: Vec<f64> = c.positions.row().iter().map(|_| 0.06 * (numbers.next() - 0.5)).collect();
    for step in 0..24 {
        let found = potential.energy(&c, &mut workspace).energy;
        let fresh = potential.energy(&c, &mut potential.workspace()).energy;
        assert!((found - fresh).abs() < 1e-11 * fresh.abs(), "step {step}: {found} against {fresh}");
        c.positions.row_mut().iter_mut().zip(&velocities).for_each(|(x, v)| *x += v);
    }
    assert!((2..12).contains(&workspace.list_builds()), "{} builds in 24 steps", workspace.list_builds());
}
