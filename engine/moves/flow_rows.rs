//! What the moves by flows share: batches of rows through a map, in parallel, with the same bytes for any number of threads.

use crate::walker::{Environment, Walker};
use mcflow_flows::Generator;
use mcflow_potentials::Cell;
use rayon::prelude::*;

/// How far a map may miss on its way back, relative to 1 + |value|, before the proposal is infeasible.
pub const ROUND_TRIP_TOLERANCE: f64 = 1e-6;

/// Rows that one task maps: enough to fill the lanes, few enough to share among cores.
const ROWS_OF_A_TASK: usize = 64;

/// x = f(z) and ln|det dx/dz| of every row.
pub(crate) fn forward_rows(generator: &Generator, latents: &[f64]) -> (Vec<f64>, Vec<f64>) {
    in_tasks(latents, generator.dim(), |z, x, log_det| generator.forward(z, x, log_det))
}

/// z = f^-1(x) and ln q(x) = ln p(z) + ln|det dz/dx| of every row.
pub(super) fn densities_of(generator: &Generator, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
    in_tasks(rows, generator.dim(), |x, z, log_density| {
        generator.inverse(x, z, log_density);
        let mut log_prior = vec![0.0; log_density.len()];
        generator.log_prior(z, &mut log_prior);
        for (log_q, log_p) in log_density.iter_mut().zip(log_prior) {
            *log_q += log_p;
        }
    })
}

/// z = f^-1(x) and ln|det dz/dx| of every row.
pub(crate) fn inverse_rows(generator: &Generator, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
    in_tasks(rows, generator.dim(), |x, z, log_det| generator.inverse(x, z, log_det))
}

fn in_tasks(rows: &[f64], dim: usize, map: impl Fn(&[f64], &mut [f64], &mut [f64]) + Sync) -> (Vec<f64>, Vec<f64>) {
    let mut mapped = vec![0.0; rows.len()];
    let mut numbers = vec![0.0; rows.len() / dim];
    let task = ROWS_OF_A_TASK * dim;
    mapped.par_chunks_mut(task).zip(rows.par_chunks(task)).zip(numbers.par_chunks_mut(ROWS_OF_A_TASK)).for_each(
        |((mapped, rows), numbers)| {
            map(rows, mapped, numbers);
        },
    );
    (mapped, numbers)
}

/// Potential energy of every row.
pub(crate) fn energies_of(environment: &Environment, cell: &Cell, rows: &[f64], dim: usize) -> Vec<f64> {
    let mut energies = vec![0.0; rows.len() / dim];
    energies
        .par_chunks_mut(ROWS_OF_A_TASK)
        .zip(rows.par_chunks(ROWS_OF_A_TASK * dim))
        .for_each(|(energies, rows)| environment.potential.energies(cell, rows, energies));
    energies
}

/// The positions of all walkers, a row each.
pub(super) fn current_rows(walkers: &[Walker], dim: usize) -> Vec<f64> {
    let mut rows = Vec::with_capacity(walkers.len() * dim);
    for walker in walkers {
        rows.extend_from_slice(walker.state.configuration.positions.row());
    }
    rows
}

/// Whether a row came back from a round trip.
pub(crate) fn returns(row: &[f64], back: &[f64]) -> bool {
    row.iter().zip(back).all(|(a, b)| (a - b).abs() <= ROUND_TRIP_TOLERANCE * (1.0 + a.abs()))
}
