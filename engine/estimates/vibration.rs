//! How fast a system moves: the period of its fastest vibration, from which time steps follow.

use crate::chain::microstate::Microstate;
use crate::chain::walker::Walker;
use crate::plan::Plan;
use crate::random::{normal, streams};
use crate::sweep::Trained;
use crate::sweep::{Chains, Generators};
use mcflow_potentials::{Particles, PotentialSum, Vectors, Workspace};

/// Walkers that are looked at.
const WALKERS: usize = 4;
/// Sweeps and steps before they are, at most: fluids are stiffest where particles collide, which a lattice does not show.
const SWEEPS: u64 = 100;
const MOST_STEPS: u64 = 1_000_000;
/// Times that the mass-weighted matrix of second derivatives is applied to a direction.
const ITERATIONS: usize = 40;
/// The largest displacement by which it is: forces are exact to 16 digits, so their differences to some ten.
const DISPLACEMENT: f64 = 1e-5;

/// The period `2 pi / omega` of the fastest vibration of the first rung, in units of time, where some walkers are after a few sweeps of local
/// moves: omega^2 is the largest eigenvalue of `M^-1/2 (d2U/dx2) M^-1/2`, by power iteration with differences of forces. `None` where
/// nothing pulls back.
pub fn fastest_period(plan: &Plan) -> Option<f64> {
    let environment = plan.environment(0);
    let count = plan.rungs[0].walkers.min(WALKERS);
    let walkers = plan.starts.iter().take(count).zip(streams(plan.seed, count)).map(|(start, mut random)| {
        let mut state = Microstate::new(start.clone());
        state.draw_momenta(&plan.particles, plan.beta(0), &mut random);
        Walker::new(state, random, plan.entries.len(), &environment.potential)
    });
    let parameters = plan.entries.iter().map(|entry| entry.parameter()).collect();
    let mut chains = Chains { walkers: walkers.collect(), parameters, entries: plan.entries.clone(), environment };
    let starts = stiffness(&mut chains, &plan.particles);
    let steps: u64 = plan.entries.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.steps(plan.particles.n())));
    let sweeps = (MOST_STEPS / steps.saturating_mul(count as u64).max(1)).clamp(1, SWEEPS);
    let none = Generators::new();
    let trained = Trained { generators: &none, flows: &plan.flows, states: &plan.states };
    // Moves that explode tell nothing; the starts do.
    let later = if chains.sweep(1, sweeps, &trained).is_ok() { stiffness(&mut chains, &plan.particles) } else { 0.0 };
    let largest = starts.max(later);
    (largest > 0.0 && largest.is_finite()).then(|| std::f64::consts::TAU / largest.sqrt())
}

/// The largest eigenvalue over all walkers; 0 where none is a finite number above 0.
fn stiffness(chains: &mut Chains, particles: &Particles) -> f64 {
    let potential = chains.environment.potential.clone();
    let found = chains.walkers.iter_mut().map(|walker| {
        let mut random = walker.random.clone();
        let row: Vec<f64> = (0..walker.state.degrees_of_freedom()).map(|_| normal(&mut random)).collect();
        let found = largest_eigenvalue(&potential, particles, &walker.state, &mut walker.workspace, row);
        walker.workspace.positions_changed();
        found
    });
    found.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

fn largest_eigenvalue(
    potential: &PotentialSum,
    particles: &Particles,
    state: &Microstate,
    workspace: &mut Workspace,
    mut direction: Vec<f64>,
) -> f64 {
    let n = particles.n();
    let weights: Vec<f64> = (0..direction.len()).map(|k| particles.masses[k % n].sqrt()).collect();
    let mut configuration = state.configuration.clone();
    let mut forces = Vectors::zeros(configuration.positions.dimension(), n);
    let mut value = 0.0;
    for _ in 0..ITERATIONS {
        let norm = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
        let largest = direction.iter().zip(&weights).map(|(v, w)| (v / w).abs()).fold(0.0, f64::max);
        if !(norm.is_finite() && largest > 0.0) {
            return 0.0;
        }
        let step = DISPLACEMENT / largest;
        let mut image = vec![0.0; direction.len()];
        for sign in [1.0, -1.0] {
            let moved = state.configuration.positions.row().iter().zip(&direction).zip(&weights);
            let moved = moved.map(|((x, v), w)| x + sign * step * v / w);
            configuration.positions.row_mut().iter_mut().zip(moved).for_each(|(x, moved)| *x = moved);
            workspace.positions_changed();
            potential.energy_and_forces(&configuration, workspace, &mut forces);
            let change = image.iter_mut().zip(forces.row()).zip(&weights);
            change.for_each(|((image, force), w)| *image -= sign * force / (2.0 * step * w));
        }
        // The quotient of Rayleigh, which errs by the square of what is left of other directions.
        value = direction.iter().zip(&image).map(|(v, i)| v * i).sum::<f64>() / (norm * norm);
        // Only its direction counts; its length would leave the range of numbers.
        let length = image.iter().map(|v| v * v).sum::<f64>().sqrt();
        image.iter_mut().for_each(|v| *v /= length);
        direction = image;
    }
    value
}
