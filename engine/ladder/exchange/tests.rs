//! Handing over: the partner gets what a checkpoint would hold, and nothing else.

use super::*;
use crate::chain::microstate::Microstate;
use crate::chain::thermodynamics::ThermodynamicState;
use crate::moves::DisplacementTrial;
use crate::plan::Lattice;
use crate::random::streams;
use mcflow_potentials::{Cell, Configuration, LennardJones, Particles, PotentialSum, Term};

/// Two walkers of a liquid whose trial moves keep energies and lists, exchanged in the middle of a piece: each goes on to the same bytes as one
/// that was read from a checkpoint right after the exchange.
#[test]
fn an_exchange_leaves_nothing_that_a_checkpoint_does_not_hold() {
    let n = 500;
    let cell = Cell::orthorhombic(&[(n as f64 / 0.7).cbrt(); 3]).expect("a cell");
    let particles = Particles::alike("A", n, 1.0);
    let term = LennardJones { epsilon: Some(1.0), sigma: Some(1.0), cutoff: Some(2.5), ..LennardJones::default() };
    let potential = PotentialSum::new(&[Term::LennardJones(term)], &particles, &cell);
    let environment = |kt: f64| Environment::new(&potential, &particles, ThermodynamicState { beta: 1.0 / kt, pressure: None });
    let (cold, hot) = (environment(0.9), environment(1.2));
    let mut random = streams(9, 3);
    let mut exchanging = random.pop().expect("a stream");
    let mut walkers: Vec<Walker> = random
        .into_iter()
        .map(|mut random| {
            let positions = Lattice::SimpleCubic.positions(n, &cell);
            let mut state = Microstate::new(Configuration { positions, cell: cell.clone() });
            state.draw_momenta(&particles, 1.0, &mut random);
            Walker::new(state, random, 1, &potential)
        })
        .collect();
    let trial = DisplacementTrial { step: 0.2 };
    let go_on = |walkers: &mut [Walker]| {
        for (walker, environment) in walkers.iter_mut().zip([&cold, &hot]) {
            (0..300).for_each(|_| walker.attempt(&trial, 0, environment));
        }
    };
    go_on(&mut walkers);
    let before: Vec<Vec<f64>> = walkers.iter().map(|walker| walker.state.configuration.positions.row().to_vec()).collect();
    // A mutant that accepts whatever is offered.
    let exchange = PairExchange { states: &[], map: None, mutant: Some(|_, _| (-1e3, 0.0)) };
    let (lower, upper) = walkers.split_at_mut(1);
    let exchanged = exchange.attempt((lower, &cold), (upper, &hot), &mut exchanging, &mut PairTally::default());
    assert_eq!(exchanged, [(0, 0)]);
    assert!(walkers[0].state.configuration.positions.row() == before[1] && walkers[1].state.configuration.positions.row() == before[0]);

    let mut elsewhere: Vec<Walker> = walkers.iter().map(|walker| Walker::restored(&walker.stored(), &potential)).collect();
    go_on(&mut walkers);
    go_on(&mut elsewhere);
    for (here, there) in walkers.iter().zip(&elsewhere) {
        assert_eq!(here.state.energy.to_bits(), there.state.energy.to_bits());
        assert_eq!(here.state.configuration.positions.row(), there.state.configuration.positions.row());
    }
}

/// Offers alone decide: by the accept rule where both are feasible, without a random number where one is not.
#[test]
fn offers_decide() {
    let (cold, hot) = (ThermodynamicState { beta: 2.0, pressure: None }, ThermodynamicState { beta: 1.0, pressure: None });
    let offer = |energy: f64, feasible: bool| Offer { feasible, ..Offer::as_it_is((energy, 1.0), energy) };
    let mut random = streams(3, 1).remove(0);
    let untouched = random.clone();
    assert!(decide((&cold, &offer(1.0, true)), (&hot, &offer(2.0, false)), None, &mut random).is_none());
    assert_eq!(random, untouched);
    let verdict = decide((&cold, &offer(1.0, true)), (&hot, &offer(1.5, true)), None, &mut random).expect("a decision");
    // delta_u = (beta_a - beta_b) (U_y - U_x).
    assert!((verdict.probability - (-0.5f64).exp()).abs() < 1e-15, "{verdict:?}");
}
