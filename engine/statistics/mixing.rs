//! How replicas spread over a ladder.

use nalgebra::DMatrix;
use serde::Serialize;

/// The empirical transition matrix of replicas between rungs, and how slowly it relaxes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mixing {
    /// Probability that a replica in rung i (row) is in rung j (column) a sweep with exchanges later; a row of zeros where none was seen.
    pub transitions: Vec<Vec<f64>>,
    /// The second largest eigenvalue of the matrix made reversible by the mean of counts and their transpose; 1 where the ladder falls apart.
    pub second_eigenvalue: f64,
    /// -1 / ln of it, in sweeps with exchanges: the time in which a replica forgets its rung, if it remembered nothing else. It remembers its
    /// energy and its state, so this is a lower bound; round trips are what counts. `None` where the eigenvalue is 1, or not above 0.
    pub relaxation_sweeps: Option<f64>,
}

/// The matrix of `counts[i][j]`, how often a replica was in rung i before a sweep with exchanges and in rung j after it; `None` of fewer than
/// two rungs or where nothing was counted.
///
/// Source: Chodera and Shirts, J. Chem. Phys. 135 (2011) 194110 (second eigenvalue of the empirical transition matrix, symmetrised).
pub fn mixing(counts: &[Vec<u64>]) -> Option<Mixing> {
    let n = counts.len();
    let seen = |row: &[u64]| row.iter().sum::<u64>();
    if n < 2 || counts.iter().all(|row| seen(row) == 0) {
        return None;
    }
    let transitions = counts.iter().map(|row| row.iter().map(|&c| c as f64 / seen(row).max(1) as f64).collect()).collect();
    let both = DMatrix::from_fn(n, n, |i, j| 0.5 * (counts[i][j] + counts[j][i]) as f64);
    // D^-1/2 C D^-1/2 has the eigenvalues of D^-1 C, and is symmetric.
    let scale: Vec<f64> = both.row_iter().map(|row| if row.sum() > 0.0 { 1.0 / row.sum().sqrt() } else { 0.0 }).collect();
    let mut values: Vec<f64> =
        DMatrix::from_fn(n, n, |i, j| both[(i, j)] * scale[i] * scale[j]).symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let second_eigenvalue = values[1].clamp(-1.0, 1.0);
    // Where the ladder falls apart rounding leaves 1 - 1e-15.
    let relaxes = second_eigenvalue > 0.0 && second_eigenvalue < 1.0 - 1e-12;
    Some(Mixing { transitions, second_eigenvalue, relaxation_sweeps: relaxes.then(|| -1.0 / second_eigenvalue.ln()) })
}
