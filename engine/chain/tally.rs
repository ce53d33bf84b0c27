//! Counts of what became of proposals.

use serde::{Deserialize, Serialize};

/// What became of a move's proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Proposals asked for.
    pub attempted: u64,
    /// Proposals accepted.
    pub accepted: u64,
    /// Proposals outside the space.
    pub infeasible: u64,
    /// Proposals whose energy or ratio was NaN or +inf.
    pub non_finite: u64,
    /// Draws from a generator that cannot draw the present configuration: none of them is accepted.
    pub outside: u64,
    /// Sum of the acceptance probabilities.
    pub probability: f64,
    /// Sum of their squares.
    pub square: f64,
    /// Sum of the products of successive ones.
    pub product: f64,
    /// The last one.
    pub last: f64,
}

impl Tally {
    /// Adds the counts of another.
    pub fn add(&mut self, other: &Tally) {
        self.attempted += other.attempted;
        self.accepted += other.accepted;
        self.infeasible += other.infeasible;
        self.non_finite += other.non_finite;
        self.outside += other.outside;
        self.probability += other.probability;
        self.square += other.square;
        self.product += other.product;
        self.last = other.last;
    }

    /// A proposal with this acceptance probability, 0 for one outside the space.
    pub(crate) fn count(&mut self, probability: f64) {
        self.attempted += 1;
        self.probability += probability;
        self.square += probability * probability;
        self.product += self.last * probability;
        self.last = probability;
    }

    /// The counts since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Tally) -> Tally {
        Tally {
            attempted: self.attempted - earlier.attempted,
            accepted: self.accepted - earlier.accepted,
            infeasible: self.infeasible - earlier.infeasible,
            non_finite: self.non_finite - earlier.non_finite,
            outside: self.outside - earlier.outside,
            probability: self.probability - earlier.probability,
            square: self.square - earlier.square,
            product: self.product - earlier.product,
            last: self.last,
        }
    }

    /// Accepted over attempted; `None` before the first attempt.
    pub fn acceptance(&self) -> Option<f64> {
        (self.attempted > 0).then(|| self.accepted as f64 / self.attempted as f64)
    }

    /// Mean acceptance probability; `None` before the first attempt.
    pub fn mean_probability(&self) -> Option<f64> {
        (self.attempted > 0).then(|| self.probability / self.attempted as f64)
    }
}
