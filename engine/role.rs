//! Roles: what flows are for.

/// What a flow is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// A prior mapped to the target of a rung: draws and latent walks.
    Generator {
        /// The rung, whose walkers it moves.
        rung: usize,
    },
    /// A prior mapped to the target of a rung within a state: draws.
    StateGenerator {
        /// The name in the input, common to the generators of all states.
        family: String,
        /// The rung, whose walkers it moves.
        rung: usize,
        /// The state.
        state: usize,
        /// What a squared distance outside costs in training.
        penalty: f64,
    },
    /// One state of a rung mapped to another.
    ModeJump {
        /// The name in the input, common to the maps of all pairs.
        family: String,
        /// The rung, whose walkers it moves.
        rung: usize,
        /// The state it starts from.
        from: usize,
        /// The state it leads to.
        to: usize,
        /// What a squared distance outside costs in training.
        penalty: f64,
    },
    /// One rung mapped to another.
    Exchange {
        /// The rung it starts from.
        from: usize,
        /// The rung it leads to.
        to: usize,
    },
}

impl Role {
    /// The rung whose walkers it moves; the lower one of the two that it exchanges between.
    pub fn rung(&self) -> usize {
        match *self {
            Self::Generator { rung } | Self::StateGenerator { rung, .. } | Self::ModeJump { rung, .. } => rung,
            Self::Exchange { from, to } => from.min(to),
        }
    }

    /// The rungs whose frames it learns from and is judged by.
    pub fn rungs(&self) -> Vec<usize> {
        match *self {
            Self::Exchange { from, to } => vec![from, to],
            _ => vec![self.rung()],
        }
    }

    /// Whether it starts from a prior, not from an ensemble.
    pub fn is_generator(&self) -> bool {
        matches!(self, Self::Generator { .. } | Self::StateGenerator { .. })
    }

    /// The name in the input of the flows that it is one of; `None` where it stands alone.
    pub fn family(&self) -> Option<&str> {
        match self {
            Self::StateGenerator { family, .. } | Self::ModeJump { family, .. } => Some(family),
            Self::Generator { .. } | Self::Exchange { .. } => None,
        }
    }
}
