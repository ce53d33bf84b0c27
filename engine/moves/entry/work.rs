//! The work of an entry, counted and never timed.

/// The work of one occurrence of an entry in one walker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Steps: trial moves, time steps, draws.
    pub steps: u64,
    /// What one of them evaluates.
    pub of_a_step: StepWork,
}

/// What one step of an entry evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepWork {
    /// The energy of some particles among all others, before and after.
    Particles(usize),
    /// The energy of the whole configuration.
    Configuration,
    /// The energy of the whole configuration, and a flow.
    Flow,
    /// Two rungs: nothing, or energies of one in the potential of the other, or a flow.
    Exchange,
}

impl Work {
    /// Energies of all `n` particles that it computes; `None` where it needs a flow or another rung. A trial move of one particle meets the
    /// others once before and once after, of n (n - 1) / 2 pairs.
    pub fn energies(&self, n: usize) -> Option<f64> {
        let steps = self.steps as f64;
        match self.of_a_step {
            StepWork::Particles(moved) => Some((2 * moved) as f64 * steps / n as f64),
            StepWork::Configuration => Some(steps),
            StepWork::Flow | StepWork::Exchange => None,
        }
    }

    /// Steps times the particles that each evaluates.
    pub fn particle_steps(&self, n: usize) -> u64 {
        let particles = if let StepWork::Particles(moved) = self.of_a_step { moved } else { n };
        self.steps.saturating_mul(particles as u64)
    }
}
