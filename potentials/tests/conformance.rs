//! What must hold for every potential, in every dimension and cell: energies, forces and virials of one configuration.

mod cases;

use cases::formulas::{brute_force, brute_force_of_groups, brute_force_of_pairs};
use cases::{Numbers, cases, close, with_particle};
use mcflow_potentials::{Configuration, Moved, Term, Vectors};

#[test]
fn every_loop_agrees_with_a_plain_double_loop() {
    for case in cases() {
        let expected = match &case.terms[..] {
            [Term::LennardJones(term)] => Some(brute_force(term, &case.particles, &case.configuration)),
            [term] => brute_force_of_pairs(term, &case.configuration),
            _ => None,
        };
        let Some((energy, virial)) = expected else { continue };
        let potential = case.potential();
        let found = potential.energies_by_term(&case.configuration, &mut potential.workspace())[0].1;
        close(found.energy, energy, 1e-11, &case.name);
        close(found.virial, virial, 1e-11, &case.name);
    }
}

#[test]
fn groups_have_the_energies_of_their_formulas() {
    let mut seen = 0;
    for case in cases() {
        if let Some(energy) = brute_force_of_groups(&case.terms[0], &case.configuration) {
            let potential = case.potential();
            close(potential.energy(&case.configuration, &mut potential.workspace()).energy, energy, 1e-11, &case.name);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
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
                    potential.change(c, &mut potential.workspace(), &[Moved { particle: i, to: moved }])
                };
                // Fourth order, so that the error of the difference is below that of rounding.
                let slope = (8.0 * (energy(h) - energy(-h)) - (energy(2.0 * h) - energy(-2.0 * h))) / (12.0 * h);
                close(forces.get(i)[k], -slope, 1e-6, &format!("{}, force {k} on {i}", case.name));
            }
        }
    }
}

#[test]
fn changes_by_one_particle_are_differences_of_energies() {
    let mut numbers = Numbers(362436069);
    for case in cases() {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        for i in case.some() {
            let old = c.positions.get(i);
            for size in [2.0, 0.4, 0.05] {
                let mut new = old;
                for v in new.iter_mut().take(c.positions.dimension()) {
                    *v += size * (numbers.next() - 0.5);
                }
                let one = [Moved { particle: i, to: new }];
                let change = potential.change(&c, &mut workspace, &one);
                let moved = with_particle(&c, i, new);
                let (before, after) =
                    (potential.energy(&c, &mut potential.workspace()), potential.energy(&moved, &mut potential.workspace()));
                let scale = before.energy.abs().max(after.energy.abs()).max(1.0);
                assert!(is_rounded(change, after.energy - before.energy, scale), "{}: particle {i} by {size}", case.name);
                let back = potential.change(&moved, &mut potential.workspace(), &[Moved { particle: i, to: old }]);
                assert!(is_rounded(-back, change, scale), "{}: particle {i} by {size}: {back} against {change}", case.name);
                if size == 0.05 {
                    potential.moves(&c, &mut workspace, &one);
                    c = moved;
                }
            }
        }
    }
}

/// Whether two changes of an energy of size `scale` are the same but for rounding: of the sum, and of positions, which lists and trees bring
/// back into the cell each in their own way, and which a pair that repels strongly magnifies.
fn is_rounded(found: f64, expected: f64, scale: f64) -> bool {
    (found - expected).abs() < 1e-12 * scale + 1e-11 * expected.abs()
}

/// Neighbours and particles that are far from each other, places that others leave, and half of all particles.
#[test]
fn changes_by_several_particles_are_differences_of_energies() {
    let mut numbers = Numbers(2654435769);
    for case in cases() {
        let potential = case.potential();
        let (mut workspace, mut c) = (potential.workspace(), case.configuration.clone());
        let n = case.n();
        let sets = [vec![0, 1], vec![1, n - 1], case.some(), (0..n.min(60)).step_by(2).collect(), vec![2, 3], vec![]];
        for particles in sets {
            let mut shifted: Vec<Moved> = Vec::new();
            for &particle in &particles {
                let mut to = c.positions.get(particle);
                to[..c.positions.dimension()].iter_mut().for_each(|v| *v += 0.2 * (numbers.next() - 0.5));
                shifted.push(Moved { particle, to });
            }
            // Each goes where the one before it is: identities change, all places stay taken.
            let places = particles.iter().cycle().skip(particles.len().saturating_sub(1));
            let turned: Vec<Moved> =
                particles.iter().zip(places).map(|(&particle, &from)| Moved { particle, to: c.positions.get(from) }).collect();
            for moved in [turned, shifted] {
                let mut after = c.clone();
                moved.iter().for_each(|one| after.positions.set(one.particle, one.to));
                let energy = |c: &Configuration| potential.energy(c, &mut potential.workspace()).energy;
                let change = potential.change(&c, &mut workspace, &moved);
                let (old, new) = (energy(&c), energy(&after));
                let scale = old.abs().max(new.abs()).max(1.0);
                let is_right = if new == f64::INFINITY { change == new } else { is_rounded(change, new - old, scale) };
                assert!(is_right, "{}: {particles:?}: {change} against {}", case.name, new - old);
                if change.abs() < 1e3 {
                    potential.moves(&c, &mut workspace, &moved);
                    c = after;
                }
            }
            // What is kept is right for single particles, too.
            for &particle in particles.iter().take(3) {
                let one = [Moved { particle, to: c.positions.get(particle).map(|v| v + 0.003) }];
                let fresh = potential.change(&c, &mut potential.workspace(), &one);
                close(potential.change(&c, &mut workspace, &one), fresh, 1e-10, &case.name);
            }
        }
    }
}

#[test]
fn virials_are_differences_of_energies() {
    for case in cases().iter().filter(|case| case.smooth && case.configuration.cell.is_periodic()) {
        let potential = case.potential();
        let d = case.configuration.cell.dimension() as f64;
        // Of ln V; lengths go with exp(x / d). Energies of a term at another volume include its tail there.
        let energy = |x: f64| {
            let factor = (x / d).exp();
            let mut scaled =
                Configuration { cell: case.configuration.cell.scaled(factor), positions: case.configuration.positions.clone() };
            scaled.positions.row_mut().iter_mut().for_each(|v| *v *= factor);
            potential.energy(&scaled, &mut potential.workspace()).energy
        };
        // Small, because pairs that cross a cutoff cost an error in h: there the force has a kink.
        let h = 1e-6;
        let slope = (energy(h) - energy(-h)) / (2.0 * h);
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
        let (a, b) =
            (potential.energy(&case.configuration, &mut potential.workspace()), potential.energy(&moved, &mut potential.workspace()));
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
fn positions_that_are_no_numbers_give_none() {
    for case in cases() {
        let potential = case.potential();
        let (mut workspace, i) = (potential.workspace(), case.n() - 1);
        let mut forces = Vectors::zeros(case.configuration.positions.dimension(), case.n());
        potential.energy(&case.configuration, &mut workspace);
        for bad in [f64::NAN, f64::INFINITY] {
            let c = with_particle(&case.configuration, i, [bad, 0.0, 0.0]);
            assert!(potential.energy_and_forces(&c, &mut workspace, &mut forces).energy.is_nan(), "{}", case.name);
            let one = Moved { particle: i, to: [bad, 0.0, 0.0] };
            let both = [Moved { particle: 0, to: case.configuration.positions.get(0) }, one];
            assert!(potential.change(&case.configuration, &mut workspace, &[one]).is_nan(), "{}", case.name);
            assert!(potential.change(&case.configuration, &mut workspace, &both).is_nan(), "{}", case.name);
            let mut energies = [0.0];
            if case.n() < 1000 && !case.name.contains("some") {
                potential.energies(&c.cell, c.positions.row(), &mut energies);
                assert!(!energies[0].is_finite(), "{}: {}", case.name, energies[0]);
            }
        }
        assert!(potential.energy(&case.configuration, &mut workspace).energy.is_finite());
    }
}
