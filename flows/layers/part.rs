//! What a user writes of a flow becomes layers: the rules of each part of an architecture.

use super::AnyLayer;
use crate::axes::Axis;
use crate::prior::Prior;
use mcflow_base::Problem;
use std::fmt::Debug;

/// The rows that a part works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    /// The range of each number of a row; the part works on lines and circles.
    pub axes: &'a [Axis],
    /// Places that no layer changes, and all conditioners know.
    pub fixed: &'a [usize],
    /// The law of latent rows.
    pub prior: Prior,
}

impl Setting<'_> {
    /// Numbers in a row.
    pub fn dim(&self) -> usize {
        self.axes.len()
    }

    /// The places `on`, or all, without the fixed ones.
    pub fn free(&self, on: Option<&[usize]>) -> Vec<usize> {
        let mut all: Vec<usize> = on.map_or_else(|| (0..self.dim()).collect(), <[usize]>::to_vec);
        all.retain(|place| !self.fixed.contains(place));
        all
    }
}

/// One part of an architecture: a struct that the user writes, with its rules and the layers that it stands for.
pub(crate) trait Part: Debug {
    /// What is wrong with it for such rows; keys are field names.
    fn problems(&self, setting: &Setting) -> Vec<Problem>;

    /// Its layers, from the latent end to that of the data.
    fn layers(&self, setting: &Setting) -> Vec<AnyLayer>;

    /// Parameters of all its layers, as a number that cannot overflow: no fewer than there are.
    fn parameters_at_most(&self, setting: &Setting) -> f64;

    /// Numbers that a pass over one row keeps, about.
    fn numbers_of_a_row(&self, setting: &Setting) -> f64;

    /// Half the width of the box [-b, b] that it maps to itself; `None` where it maps none to itself, so that it cannot be with a uniform prior.
    fn bound(&self) -> Option<f64> {
        None
    }

    /// Half the width of the interval outside of which it leaves the number at place `j` alone; `None` where it has no such limit.
    fn reach(&self, _j: usize) -> Option<f64> {
        None
    }
}

/// Problems of a list of places in rows of length `dim`, under the key `on`.
pub(super) fn place_problems(on: Option<&[usize]>, dim: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (k, &j) in on.iter().flat_map(|on| on.iter().enumerate()) {
        if j >= dim {
            problems.push(Problem::new(format!("on[{k}]"), j, format!("a place from 0 to {}", dim.saturating_sub(1))));
        } else if on.is_some_and(|on| on[..k].contains(&j)) {
            problems.push(Problem::new(format!("on[{k}]"), format!("{j} twice"), "each coordinate once"));
        }
    }
    if on.is_some_and(<[usize]>::is_empty) {
        problems.push(Problem::new("on", "no coordinate", "at least one, or no `on`"));
    }
    problems
}
