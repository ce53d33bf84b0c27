//! What a flow learns from: rows of ensembles, in part kept out of training.

use super::state::TrainingError;
use crate::target::Target;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Held-out samples by which a stage is judged, at most.
const HELD_OUT_ROWS: usize = 2048;

/// Rows `[n, dim]` of an ensemble, and its law.
#[derive(Clone, Copy)]
pub struct Ensemble<'a> {
    /// Rows; empty where no stage needs them.
    pub rows: &'a [f64],
    /// The law they follow.
    pub law: &'a dyn Target,
}

/// What a flow learns from: the ensemble it leads to, and the one it starts from where that is not its prior.
///
/// Both losses have the same form either way: J_KL = E[u(f(z)) - ln|det df/dz|] with z from the prior or from the frames of the source,
/// J_ML = E[u_0(f^-1(x)) - ln|det df^-1/dx|] over samples x, with u_0 = -ln p of the prior or the reduced energy of the source. With
/// both weights above 0 a map between two ensembles is trained from both sides.
#[derive(Clone, Copy)]
pub struct Data<'a> {
    /// Where the flow leads.
    pub target: Ensemble<'a>,
    /// Where it starts; `None` for its prior.
    pub source: Option<Ensemble<'a>>,
}

impl<'a> Data<'a> {
    /// For a generator: samples of the target (empty where no stage uses J_ML), and its law.
    pub fn generator(samples: &'a [f64], law: &'a dyn Target) -> Self {
        Self { target: Ensemble { rows: samples, law }, source: None }
    }
}

/// Rows of an ensemble, in part kept out of training.
#[derive(Default)]
pub(super) struct Split {
    pub training: Vec<usize>,
    pub held_out: Vec<f64>,
}

impl Split {
    pub fn new(rows: &[f64], dim: usize, held_out: f64, rng: &mut Xoshiro256PlusPlus) -> Result<Self, TrainingError> {
        if !rows.len().is_multiple_of(dim) {
            let found = format!("{} numbers", rows.len() % dim);
            return Err(TrainingError::Sample { row: rows.len() / dim, found, expected: format!("{dim} numbers") });
        }
        if let Some(i) = rows.iter().position(|v| !v.is_finite()) {
            return Err(TrainingError::Sample { row: i / dim, found: rows[i].to_string(), expected: "finite numbers".into() });
        }
        let n = rows.len() / dim;
        if n == 1 {
            return Err(TrainingError::TooFewSamples { found: n });
        }
        let mut training: Vec<usize> = (0..n).collect();
        training.shuffle(rng);
        let kept_out = if n == 0 { 0 } else { ((n as f64 * held_out).round() as usize).clamp(1, n - 1) };
        let held_rows = training.split_off(n - kept_out);
        let held_out = held_rows.iter().take(HELD_OUT_ROWS).flat_map(|&r| &rows[r * dim..(r + 1) * dim]).copied().collect();
        Ok(Self { training, held_out })
    }

    /// Some training rows, drawn with replacement.
    pub fn draw(&self, rows: &[f64], dim: usize, count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut drawn = Vec::with_capacity(count * dim);
        for _ in 0..count {
            let row = self.training[rng.random_range(0..self.training.len())];
            drawn.extend_from_slice(&rows[row * dim..(row + 1) * dim]);
        }
        drawn
    }
}
