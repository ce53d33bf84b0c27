//! A sum whose terms have factors, against the sum without: every kind of evaluation is scaled.

mod cases;

use cases::{Case, cases, close};
use mcflow_potentials::{Evaluation, Moved, PotentialSum, Precision, Softening, Vectors};

const SOFTENING: Softening = Softening { core: 1.2, edge: 0.0 };

/// A sum that has the terms of a case twice, and the factors of the two.
fn twice(case: &Case, factors: (f64, f64)) -> (PotentialSum, Vec<f64>) {
    let terms = [case.terms.clone(), case.terms.clone()].concat();
    let n = case.terms.len();
    let potential = PotentialSum::new(&terms, &case.particles, &case.configuration.cell);
    (potential, [vec![factors.0; n], vec![factors.1; n]].concat())
}

/// Energy, virial, forces in both precisions, the change by a move, the energy in a batch, its gradient.
fn everything(potential: &PotentialSum, case: &Case) -> (Evaluation, Vec<(&'static str, Vec<f64>)>) {
    let c = &case.configuration;
    let mut workspace = potential.workspace();
    let mut forces = Vectors::zeros(c.positions.dimension(), case.n());
    let mut all = Vec::new();
    let evaluation = potential.energy_and_forces(c, &mut workspace, &mut forces);
    assert_eq!(potential.energy(c, &mut potential.workspace()), evaluation, "{}", case.name);
    all.push(("forces with the energy", forces.row().to_vec()));
    for (name, precision) in [("forces", Precision::Double), ("forces in f32", Precision::Mixed)] {
        potential.forces(c, &mut workspace, precision, &mut forces);
        all.push((name, forces.row().to_vec()));
    }
    let moved: Vec<Moved> = case.some().iter().map(|&i| Moved { particle: i, to: c.positions.get(i).map(|v| v + 0.02) }).collect();
    all.push(("changes", moved.iter().map(|one| potential.change(c, &mut workspace, &[*one])).collect()));
    all.push(("change by several", vec![potential.change(c, &mut workspace, &moved)]));
    if case.n() < 1000 {
        let (mut energy, mut gradient) = ([0.0], vec![0.0; c.positions.row().len()]);
        potential.energies_and_gradients(&c.cell, c.positions.row(), &mut energy, &mut gradient);
        all.push(("energy of a batch", energy.to_vec()));
        all.push(("gradient of a batch", gradient));
        potential.energies(&c.cell, c.positions.row(), &mut energy);
        all.push(("energy of a batch alone", energy.to_vec()));
        let (mut energy, mut gradient) = ([0.0], vec![0.0; c.positions.row().len()]);
        potential.softened_energies_and_gradients(&c.cell, c.positions.row(), SOFTENING, &mut energy, &mut gradient);
        all.push(("energy when softened", energy.to_vec()));
        all.push(("gradient when softened", gradient));
        let mut block = potential.block(true);
        let width = block.width;
        block.positions.iter_mut().enumerate().for_each(|(k, x)| *x = c.positions.row()[k / width]);
        potential.evaluate_block(&c.cell, &mut block);
        all.push(("energies of a block", block.energies.to_vec()));
        all.push(("gradients of a block", block.gradients.to_vec()));
    }
    (evaluation, all)
}

#[test]
fn every_evaluation_is_scaled() {
    for case in cases() {
        let (potential, factors) = twice(&case, (0.37, 1.6));
        let (one, scaled) = (everything(&case.potential(), &case), everything(&potential.scaled(&factors), &case));
        close(scaled.0.energy, 1.97 * one.0.energy, 1e-12, &case.name);
        close(scaled.0.virial, 1.97 * one.0.virial, 1e-12, &case.name);
        for ((name, found), (_, expected)) in scaled.1.iter().zip(&one.1) {
            for (found, expected) in found.iter().zip(expected) {
                let tolerance = if name.contains("f32") { 1e-5 } else { 1e-11 };
                close(*found, 1.97 * expected, tolerance, &format!("{}, {name}", case.name));
            }
        }
    }
}

#[test]
fn factors_of_one_change_no_byte_and_factors_of_zero_leave_nothing() {
    for case in cases() {
        let (potential, factors) = twice(&case, (1.0, 1.0));
        assert_eq!(everything(&potential.scaled(&factors), &case), everything(&potential, &case), "{}", case.name);
        let (potential, factors) = twice(&case, (1.0, 0.0));
        assert_eq!(everything(&potential.scaled(&factors), &case), everything(&case.potential(), &case), "{}", case.name);
        let nothing = everything(&potential.scaled(&vec![0.0; factors.len()]), &case);
        assert_eq!(nothing.0, Evaluation::default(), "{}", case.name);
        assert!(nothing.1.iter().all(|(_, numbers)| numbers.iter().all(|v| *v == 0.0)), "{}", case.name);
    }
}

/// Walkers change rungs with their workspace: what one sum leaves there is good for another.
#[test]
fn a_workspace_serves_sums_of_other_factors() {
    for case in cases() {
        let sums = [(0.4, 0.0), (0.0, 1.3), (1.0, 0.7)].map(|factors| {
            let (potential, factors) = twice(&case, factors);
            potential.scaled(&factors)
        });
        let mut c = case.configuration.clone();
        let mut workspace = sums[0].workspace();
        for sum in sums.iter().cycle().take(6) {
            let mut energy = sum.energy(&c, &mut workspace).energy;
            workspace.positions_changed();
            for i in case.some() {
                let mut to = c.positions.get(i);
                to[..c.positions.dimension()].iter_mut().for_each(|v| *v += 0.01);
                let one = [Moved { particle: i, to }];
                energy += sum.change(&c, &mut workspace, &one);
                sum.moves(&c, &mut workspace, &one);
                c.positions.set(i, to);
            }
            let expected = sum.energy(&c, &mut sum.workspace()).energy;
            close(energy, expected, 1e-9, &case.name);
        }
    }
}

#[test]
fn names_tell_terms_apart_and_energies_of_terms_have_no_factor() {
    for case in cases() {
        let (potential, factors) = twice(&case, (0.5, 0.0));
        let scaled = potential.scaled(&factors);
        assert_eq!(scaled.term_names().len(), factors.len(), "{}", case.name);
        assert!(scaled.term_names().iter().all(|name| scaled.unique_names().contains(name) && !name.contains("tail")), "{}", case.name);
        let energies = |potential: &PotentialSum| potential.energies_by_term(&case.configuration, &mut potential.workspace());
        assert_eq!(energies(&scaled), energies(&potential), "{}", case.name);
        assert!(scaled.is_scaled_as(&potential.scaled(&factors)) && !scaled.is_scaled_as(&potential), "{}", case.name);
    }
}
