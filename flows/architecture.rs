//! What the user writes about a flow: the parts that its layers follow from.

use crate::axes::Axis;
use crate::layers::{AnyLayer, Householder, Part, RealNvp, Setting, Spline};
use crate::prior::Prior;
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// The layers of a flow as a user writes them: blocks of half updates of some kind, or several such parts one after the other.
///
/// A half update changes one part of the axes, conditioned on the other; a block is two half updates.
///
/// ```
/// use mcflow_flows::{Architecture, Prior, RealNvp, Spline};
///
/// let first = Architecture::RealNvp(RealNvp { blocks: 2, ..RealNvp::default() });
/// let second = Architecture::Spline(Spline { on: Some(vec![0, 1]), ..Spline::default() });
/// let stack = Architecture::Stack(vec![first, second]);
/// assert!(stack.problems(5, Prior::Gaussian).is_empty());
/// // A row of one number has no place 1.
/// assert_eq!(stack.problems(1, Prior::Gaussian)[0].key, "[1].on[1]");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Architecture {
    /// Blocks of affine half updates.
    RealNvp(RealNvp),
    /// Blocks of half updates by monotonic splines.
    Spline(Spline),
    /// A learned orthogonal mixing of axes.
    Householder(Householder),
    /// Several of these, one after the other, the first one next to the latent rows.
    Stack(Vec<Architecture>),
}

impl Architecture {
    /// The part at hand, whichever it is; `None` for a stack.
    fn part(&self) -> Option<&dyn Part> {
        match self {
            Self::RealNvp(part) => Some(part),
            Self::Spline(part) => Some(part),
            Self::Householder(part) => Some(part),
            Self::Stack(_) => None,
        }
    }

    /// The parts of a stack, in their order; itself where it is none.
    pub fn parts(&self) -> Vec<&Architecture> {
        match self {
            Self::Stack(parts) => parts.iter().flat_map(Self::parts).collect(),
            part => vec![part],
        }
    }

    fn each_part(&self) -> impl Iterator<Item = &dyn Part> {
        self.parts().into_iter().filter_map(Self::part)
    }

    /// Its layers for rows of this kind, from the latent end to that of the data.
    pub(crate) fn layers(&self, setting: &Setting) -> Vec<AnyLayer> {
        self.each_part().flat_map(|part| part.layers(setting)).collect()
    }

    /// Trained parameters for rows of these axes, as a number that cannot overflow: no fewer than there are.
    pub fn parameters_at_most(&self, axes: &[Axis]) -> f64 {
        let setting = Setting { axes, fixed: &[], prior: Prior::Uniform };
        self.each_part().map(|part| part.parameters_at_most(&setting)).sum()
    }

    /// Numbers that a pass over one row of these axes keeps, about: of each block the row, and each layer before and after its function.
    pub fn numbers_of_a_row(&self, axes: &[Axis]) -> f64 {
        let setting = Setting { axes, fixed: &[], prior: Prior::Uniform };
        self.each_part().map(|part| part.numbers_of_a_row(&setting)).sum()
    }

    /// Half the width of the box on which a uniform prior lives; 1 where no part maps a box to itself.
    pub(crate) fn bound(&self) -> f64 {
        self.each_part().filter_map(Part::bound).reduce(f64::min).unwrap_or(1.0)
    }

    /// Half the width of the interval that the parts transform the number at place `j` in, where that is limited.
    pub(crate) fn reach(&self, j: usize) -> Option<f64> {
        self.each_part().filter_map(|part| part.reach(j)).reduce(f64::min)
    }

    /// What is wrong with this flow for rows of `dim` numbers on lines and this prior; keys are field names.
    pub fn problems(&self, dim: usize, prior: Prior) -> Vec<Problem> {
        self.problems_on(&Setting { axes: &vec![Axis::Line; dim], fixed: &[], prior })
    }

    /// What is wrong with it for rows of this kind; keys are field names.
    pub(crate) fn problems_on(&self, setting: &Setting) -> Vec<Problem> {
        let Self::Stack(parts) = self else { return self.part().map_or_else(Vec::new, |part| part.problems(setting)) };
        let mut problems = Vec::new();
        if !(1..=64).contains(&parts.len()) {
            problems.push(Problem::new("", format!("a stack of {}", parts.len()), "from 1 to 64 parts"));
        }
        for (k, part) in parts.iter().enumerate() {
            if matches!(part, Self::Stack(_)) {
                problems.push(Problem::new(format!("[{k}]"), "a stack in a stack", "a part that is none, such as `RealNvp` or `Spline`"));
            } else {
                problems.extend(part.problems_on(setting).into_iter().map(|p| p.within(&format!("[{k}]"))));
            }
        }
        if setting.prior == Prior::Uniform {
            let bound = self.bound();
            let whole = |part: &dyn Part| part.bound() == Some(bound) && (0..setting.dim()).all(|j| part.reach(j).is_some());
            if !self.each_part().all(whole) {
                let expected = "splines of all coordinates with one bound, or the Gaussian prior";
                problems.push(Problem::new("", "a stack of different parts with the Uniform prior", expected));
            }
        }
        problems
    }
}
