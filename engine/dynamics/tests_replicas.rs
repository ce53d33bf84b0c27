use super::*;
use crate::chain::microstate::Microstate;
use crate::chain::thermodynamics::ThermodynamicState;
use crate::dynamics::Splitting;
use crate::moves::{Hmc, Langevin};
use crate::random::streams;
use crate::sweep::Generators;
use crate::{Chains, Entry, Trained};
use mcflow_potentials::{Configuration, LennardJones, Particles, Term};

fn entries() -> Vec<Entry> {
    let langevin = |letters: &str, metropolized, time_step| {
        Entry::Langevin(Langevin {
            steps: 4,
            time_step,
            friction: 1.0,
            splitting: Splitting::new(letters).expect("letters"),
            metropolized,
            precision: Precision::Double,
            every: 1,
        })
    };
    let hmc = Entry::Hmc(Hmc { count: 2, steps: 3, time_step: 0.03, tune: false, precision: Precision::Double, every: 1 });
    let mut entries = vec![hmc];
    // Steps so long that some are rejected.
    for letters in ["OBABO", "BAOAB", "ABOBA", "OABAO"] {
        entries.extend([langevin(letters, true, 0.04), langevin(letters, false, 0.002)]);
    }
    entries
}

/// The same walkers with the same random numbers, side by side (fewer than a lane holds, too) and alone.
#[test]
fn walkers_fare_alike_alone_and_side_by_side() {
    let cell = Cell::orthorhombic(&[5.5, 5.0, 5.2]).expect("a cell");
    let particles =
        Particles { type_names: vec!["A".into()], types: vec![0; 12], masses: (0..12).map(|i| 1.0 + 0.1 * f64::from(i)).collect() };
    let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(2.5), ..LennardJones::default() };
    let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
    let thermodynamic_state = ThermodynamicState { beta: 1.0, pressure: None };
    let environment = Environment::new(&potential, &particles, thermodynamic_state);
    let width = Replicas::width();
    assert!(Replicas::pay(width - 1, &potential, 12) && !Replicas::pay(1, &potential, 12));
    let (mut accepted, mut attempted) = (0, 0);
    for (k, entry) in entries().into_iter().enumerate() {
        let entries = [entry];
        let walkers = |count: usize| -> Vec<Walker> {
            let walker = |mut random| {
                let positions = crate::Lattice::SimpleCubic.positions(12, &cell);
                let mut state = Microstate::new(Configuration { positions, cell: cell.clone() });
                state.draw_momenta(&particles, 1.0, &mut random);
                Walker::new(state, random, 1, &potential)
            };
            streams(k as u64, count).into_iter().map(walker).collect()
        };
        let parameters = vec![entries[0].parameter()];
        let chains = |walkers| Chains {
            walkers,
            parameters: parameters.clone(),
            entries: entries.to_vec().into(),
            environment: environment.clone(),
        };
        let mut together = chains(walkers(2 * width - 1));
        together.sweep(1, 3, &Trained::generators(&Generators::new())).expect("finite states");
        for (number, walker) in walkers(2 * width - 1).into_iter().enumerate() {
            let mut alone = chains(vec![walker]);
            alone.sweep(1, 3, &Trained::generators(&Generators::new())).expect("finite states");
            let (a, b) = (&alone.walkers[0], &together.walkers[number]);
            assert_eq!(a.random, b.random, "{:?}: other random numbers", entries[0]);
            let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-10 * (1.0 + a.abs()));
            assert!(near(a.state.configuration.positions.row(), b.state.configuration.positions.row()), "{:?}", entries[0]);
            assert!(near(a.state.momenta.row(), b.state.momenta.row()), "{:?}", entries[0]);
            assert!(near(&[a.state.energy, a.tallies[0].probability], &[b.state.energy, b.tallies[0].probability]), "{:?}", entries[0]);
            assert_eq!((a.tallies[0].attempted, a.tallies[0].accepted), (b.tallies[0].attempted, b.tallies[0].accepted));
            if b.state.current_forces.is_some() {
                let mut fresh = b.state.clone();
                fresh.evaluate(&potential, &mut potential.workspace(), Precision::Double);
                assert!(near(fresh.forces.row(), b.state.forces.row()) && near(&[fresh.energy], &[b.state.energy]), "{:?}", entries[0]);
            }
            attempted += b.tallies[0].attempted;
            accepted += b.tallies[0].accepted;
        }
    }
    assert!(accepted < attempted, "nothing was rejected");
}

/// A proposal without a finite energy is rejected and counted, in its lane only.
#[test]
fn proposals_that_are_not_finite_are_counted_in_their_lane() {
    let (particles, cell) = (Particles::alike("A", 2, 1.0), Cell::open(3));
    let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), ..LennardJones::default() };
    let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
    let thermodynamic_state = ThermodynamicState { beta: 1.0, pressure: None };
    let environment = Environment::new(&potential, &particles, thermodynamic_state);
    let mut walkers: Vec<Walker> = streams(1, Replicas::width())
        .into_iter()
        .map(|random| {
            let positions = Vectors::from_points(3, &[[0.0; 3], [1.2, 0.0, 0.0]]);
            Walker::new(Microstate::new(Configuration { positions, cell: cell.clone() }), random, 1, &potential)
        })
        .collect();
    walkers[1].state.momenta.set(0, [f64::INFINITY, 0.0, 0.0]);
    let integrator = Integrator::new(&Splitting::new("BAOAB").expect("letters"), 0.001, 1.0, Precision::Double, &environment);
    Replicas::new(&environment, &integrator).metropolized(&integrator, 3, &mut walkers, 0, &environment);
    for (number, walker) in walkers.iter().enumerate() {
        let tally = walker.tallies[0];
        assert_eq!((tally.attempted, tally.non_finite), (3, if number == 1 { 3 } else { 0 }), "walker {number}");
        assert!(walker.state.configuration.positions.all_finite() && walker.state.energy.is_finite());
    }
}
