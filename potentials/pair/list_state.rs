//! How a list came about, and how thick its skins should be.

use crate::space::{Configuration, Vectors};
use serde::{Deserialize, Serialize};

/// What makes a list what it is: from this it is built again, pair by pair in the same order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ListState {
    /// The configuration the candidates were found in.
    pub built: Configuration,
    /// The positions the near pairs were chosen at.
    pub pruned: Vectors,
    /// The skins.
    pub skins: Skins,
    /// Evaluations since the near pairs were chosen.
    pub uses: u64,
}

/// What is added to the cutoff: of the near pairs, and of the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Skins {
    /// Of the near pairs.
    pub inner: f64,
    /// Of the candidates.
    pub outer: f64,
}

/// The smallest part of the inner skin that must be left of the outer one for a pruning to be worth it.
pub(super) const LEAST: f64 = 0.7;

/// Time of an evaluation for a pair of clusters in the near list, of a pruning for a candidate, of a build for a candidate and for a
/// particle; in arbitrary units, from measurements of each by itself (AVX-512).
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    near: f64,
    candidate: f64,
    found: f64,
    sorted: f64,
}

impl Cost {
    /// With forces in f64, or in f32.
    pub(super) const DOUBLE: Self = Self { near: 11.0, candidate: 3.2, found: 6.0, sorted: 80.0 };
    pub(super) const SINGLE: Self = Self { near: 7.5, ..Self::DOUBLE };
}

impl Skins {
    /// The skins of least cost for evaluations that move the fastest particle by `displacement` each; `spacing` is the mean distance of
    /// neighbours, `largest` what the cell allows.
    ///
    /// A pair of clusters is near where two particles are: within cutoff + skin, and about a cluster more. Every near list lasts for
    /// inner / (2 `displacement`) evaluations, every list of candidates for as many prunings as leave it complete.
    pub(super) fn cheapest(cutoff: f64, spacing: f64, displacement: f64, largest: f64, time: Cost) -> Self {
        let around = |reach: f64| 0.5 * 4.19 / 16.0 * ((reach + 0.75 * spacing * 4f64.cbrt()) / spacing).powi(3);
        let lasts = |skin: f64| (0.5 * skin / displacement).floor().max(1.0);
        let steps = |k: usize| 0.04 * spacing * k as f64;
        let mut best = (f64::INFINITY, Self { inner: steps(3).min(largest), outer: steps(3).min(largest) });
        for inner in (1..20).map(steps) {
            for outer in (0..40).map(|k| inner + steps(k)).filter(|&outer| outer <= largest) {
                let prunings = (outer / inner - LEAST).floor() + 1.0;
                let (near, candidates) = (around(cutoff + inner), around(cutoff + outer));
                let build = time.sorted + candidates * time.found;
                let cost = near * time.near + (candidates * time.candidate + build / prunings) / lasts(inner);
                if cost < best.0 {
                    best = (cost, Self { inner, outer });
                }
            }
        }
        best.1
    }
}
