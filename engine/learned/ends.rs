//! The ends of a flow: what all that a run does with it follows from.

/// A region that an ensemble is restricted to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// The state, by its number.
    pub state: usize,
    /// What a squared distance outside costs in training, in kT; moves test the region itself.
    pub penalty: f64,
}

/// An ensemble of configurations that a flow starts from or leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ensemble {
    /// The rung of the ladder whose law it has.
    pub rung: usize,
    /// The state that it is restricted to.
    pub within: Option<Within>,
}

impl Ensemble {
    /// All configurations of a rung.
    pub fn of(rung: usize) -> Self {
        Self { rung, within: None }
    }

    /// Those of a rung in a state.
    pub fn within(rung: usize, state: usize, penalty: f64) -> Self {
        Self { rung, within: Some(Within { state, penalty }) }
    }

    /// The state that it is restricted to.
    pub fn state(&self) -> Option<usize> {
        self.within.map(|within| within.state)
    }
}

/// What a flow maps to what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// The ensemble that it starts from; `None` where that is a prior.
    pub start: Option<Ensemble>,
    /// The ensemble that it leads to.
    pub end: Ensemble,
}

impl Ends {
    /// A generator of an ensemble, which starts from a prior.
    pub fn generator(end: Ensemble) -> Self {
        Self { start: None, end }
    }

    /// A map between two ensembles.
    pub fn map(start: Ensemble, end: Ensemble) -> Self {
        Self { start: Some(start), end }
    }

    /// The ends of the map the other way; a generator has no other way.
    #[must_use]
    pub fn turned(self) -> Self {
        self.start.map_or(self, |start| Self::map(self.end, start))
    }

    /// Whether it starts from a prior, not from an ensemble.
    pub fn is_generator(&self) -> bool {
        self.start.is_none()
    }

    /// The rung whose walkers it moves; the lower one of the two that it exchanges between.
    pub fn rung(&self) -> usize {
        self.start.map_or(self.end.rung, |start| start.rung.min(self.end.rung))
    }

    /// The ensembles whose frames it learns from and is judged by: that of its start, where it has one, and that of its end.
    pub fn ensembles(&self) -> impl Iterator<Item = Ensemble> {
        self.start.into_iter().chain([self.end])
    }

    /// The two states of one rung that it maps, where it does.
    pub fn states(&self) -> Option<(usize, usize)> {
        let start = self.start.filter(|start| start.rung == self.end.rung)?;
        start.state().zip(self.end.state())
    }

    /// The two rungs that it maps, where it does.
    pub fn rungs(&self) -> Option<(usize, usize)> {
        let start = self.start.filter(|start| start.rung != self.end.rung)?;
        Some((start.rung, self.end.rung))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_say_what_a_flow_maps() {
        let generator = Ends::generator(Ensemble::within(2, 1, 5.0));
        assert!(generator.is_generator() && generator.turned() == generator);
        assert_eq!((generator.rung(), generator.states(), generator.rungs()), (2, None, None));
        let jump = Ends::map(Ensemble::within(1, 0, 5.0), Ensemble::within(1, 3, 5.0));
        assert_eq!((jump.rung(), jump.states(), jump.turned().states(), jump.rungs()), (1, Some((0, 3)), Some((3, 0)), None));
        let exchange = Ends::map(Ensemble::of(2), Ensemble::of(0));
        assert_eq!(
            (exchange.rung(), exchange.rungs(), exchange.turned().rungs(), exchange.states()),
            (0, Some((2, 0)), Some((0, 2)), None)
        );
        assert_eq!(exchange.ensembles().map(|end| end.rung).collect::<Vec<_>>(), [2, 0]);
    }
}
