//! The pressure of a configuration.

use crate::chain::microstate::Microstate;
use mcflow_potentials::{Particles, PotentialSum, Shell};

/// Half width of the shell at a jump over the distance of the jump.
const WIDTH: f64 = 0.04;

/// The distribution that a sample is of.
#[derive(Clone, Copy)]
pub struct Ensemble<'a> {
    /// The potential energy that is sampled.
    pub potential: &'a PotentialSum,
    /// Masses of the particles.
    pub particles: &'a Particles,
    /// 1 / kT.
    pub beta: f64,
    /// k_B in the units of the run.
    pub boltzmann: f64,
}

/// Where the kinetic part of the pressure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinetic {
    /// N kT: the temperature is that of the rung.
    Temperature,
    /// The momenta, 2 K / d: nothing in the sweep gives them the temperature of the rung.
    Momenta,
}

/// -dF/dV of the energy that is sampled, in the mean over configurations: (K + W / d) / V with K = N kT (or 2 K / d by the momenta), the
/// virial W, and the impulse of each jump of a pair energy at a cutoff.
///
/// A tail correction counts as the energy c / V that it adds: W = d U. The state's virial must be known.
pub(super) fn pressure(kinetic: Kinetic, state: &Microstate, ensemble: &Ensemble) -> f64 {
    let cell = &state.configuration.cell;
    let d = cell.dimension() as f64;
    let mut virial = state.virial.expect("refreshed before sampling");
    if ensemble.potential.has_jumps() {
        // Tail corrections leave out the impulse of a fluid that is uniform from the cutoff on.
        let tail = ensemble.potential.tail(cell);
        virial += d * tail.energy - tail.virial;
        let beta = ensemble.beta;
        virial += ensemble.potential.pairs_at_jumps(&state.configuration, WIDTH).iter().map(|shell| impulse(shell, beta)).sum::<f64>();
    }
    (kinetic_part(kinetic, state, ensemble) + virial / d) / state.volume()
}

/// (K + W / d) / V with tail corrections, but without the impulse of jumps at cutoffs: what programs of molecular dynamics and tables of
/// fluids "with long-range corrections" call the pressure. With a tail correction it estimates the pressure of the potential before it was
/// truncated, else it is that of no energy at all.
///
/// Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd edition (2017), section 2.8.
pub(super) fn virial_pressure(kinetic: Kinetic, state: &Microstate, ensemble: &Ensemble) -> f64 {
    let virial = state.virial.expect("refreshed before sampling");
    let d = state.configuration.cell.dimension() as f64;
    (kinetic_part(kinetic, state, ensemble) + virial / d) / state.volume()
}

fn kinetic_part(kinetic: Kinetic, state: &Microstate, ensemble: &Ensemble) -> f64 {
    match kinetic {
        Kinetic::Temperature => state.configuration.positions.n() as f64 / ensemble.beta,
        Kinetic::Momenta => 2.0 * state.kinetic_energy(ensemble.particles) / state.configuration.cell.dimension() as f64,
    }
}

/// What the jump of a pair energy adds to the virial in the mean: kT a sum over pairs of (1 - exp(-beta u(a))) n(a), a being the distance
/// of the jump and n the density of pairs over distances beyond it.
///
/// The density of pairs times exp(beta u) is smooth across the jump: n(a) is its mean over the shell, with weights (9/8) (1 - (5/3) t^2) in
/// t = (r - a) / h from -1 to 1, whose error is of order h^4; in a cell without room beyond the jump with 9 - 36 t + 30 t^2 in t =
/// (a - r) / h from 0 to 1, of order h^3. In three dimensions this is the pressure (2 pi / 3) rho^2 a^3 g(a) u(a) for a small jump.
/// Source: Frenkel and Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 3.2.2 (the impulse of a truncated potential).
fn impulse(shell: &Shell, beta: f64) -> f64 {
    let is_whole = shell.outer > shell.at;
    let h = if is_whole { shell.outer - shell.at } else { shell.at - shell.inner };
    let of_pair = |distance: f64, energy: f64, lost: f64| {
        let t = (distance - shell.at) / h;
        let weight = if is_whole { 1.125 * (1.0 - 5.0 / 3.0 * t * t) } else { 9.0 + 36.0 * t + 30.0 * t * t };
        let seen = if distance > shell.at { 1.0 } else { (beta * energy).exp() };
        weight * seen * -(-beta * lost).exp_m1()
    };
    let sum: f64 = shell.pairs.iter().map(|pair| of_pair(pair.distance, pair.energy, pair.lost)).sum();
    shell.at / (beta * h) * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcflow_potentials::PairAtJump;

    /// A density of pairs r^2 (1 + r / 10) beyond a jump of energy e^0.3 before it: found to rounding, by either shell.
    #[test]
    fn the_density_at_a_jump_is_found_from_both_sides() {
        let (at, beta, energy): (f64, f64, f64) = (2.0, 1.7, -0.3 / 1.7);
        let density = |r: f64| r * r * (1.0 + 0.1 * r);
        let expected = at / beta * density(at) * -(-beta * energy).exp_m1();
        for (inner, outer) in [(1.9, 2.1), (1.8, 2.0)] {
            let steps = 20_000;
            let step = (outer - inner) / f64::from(steps);
            let mut found = 0.0;
            for k in 0..steps {
                let distance = inner + (f64::from(k) + 0.5) * step;
                let pairs = vec![PairAtJump { distance, energy, lost: energy }];
                let seen = if distance > at { 1.0 } else { (-beta * energy).exp() };
                found += step * density(distance) * seen * impulse(&Shell { at, inner, outer, pairs }, beta);
            }
            assert!((found - expected).abs() < 2e-5 * expected.abs(), "{found} where {expected} is right, from {inner} to {outer}");
        }
    }
}
