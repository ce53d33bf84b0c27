//! How long a run goes on without looking up.

use crate::plan::Plan;
use crate::sweep::Generators;
use crate::sweep::{Entry, StepWork};

/// The work of a piece, in steps of a particle among its neighbours: some 0.1 s.
const WORK: u64 = 1_000_000;
/// That of a trial move of one particle, and of the least that any step costs.
const OF_A_MOVE: u64 = 10;
/// Particles in open space, where each meets all others, that cost as much as the neighbours in a periodic cell.
const NEIGHBOURS: u64 = 100;
/// Parameters of a flow whose arithmetic costs as much as a particle among its neighbours.
const PARAMETERS: u64 = 10;

/// Sweeps between two looks at the clock, whatever the size of the system. They are counted in work and never timed, for what is kept with positions
/// goes between two pieces: the bytes of a run depend on its pieces.
pub(crate) fn piece(plan: &Plan, generators: &Generators) -> u64 {
    let n = plan.particles.n() as u64;
    let partners = if plan.starts[0].cell.is_periodic() { 1 } else { 1 + n / NEIGHBOURS };
    let parameters = generators.values().map(|flow| flow.generator.n_parameters() as u64).max().unwrap_or(0);
    let of_a_step = |entry: &Entry| match entry.work(n as usize).of_a_step {
        StepWork::Particles(_) => OF_A_MOVE * partners,
        _ if entry.flow().is_some() => (n * partners + parameters / PARAMETERS).max(OF_A_MOVE),
        _ => (n * partners).max(OF_A_MOVE),
    };
    let work = plan.entries.iter().map(|entry| entry.steps(n as usize).saturating_mul(of_a_step(entry)));
    let work = work.fold(0, u64::saturating_add).saturating_mul(plan.starts.len() as u64);
    (WORK / work.max(1)).max(1)
}
