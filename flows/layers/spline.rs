//! Blocks of half updates by splines, as the user writes them.

use super::AnyLayer;
use super::blocks::Blocks;
use super::part::{Part, Setting};
use crate::conditioners::Activation;
use crate::prior::Prior;
use crate::transforms::{AnyTransform, Edges, RationalSpline};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// Monotonic rational-quadratic spline half updates that map [-bound, bound] to itself; the identity outside. Of angles, circular splines.
///
/// With the Gaussian prior the derivative at the edges is 1. With the uniform prior nothing lies outside, so it is free.
///
/// Source: Durkan, Bekasov, Murray, Papamakarios 2019, NeurIPS 32, 7511, eqs. 4 to 8.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spline {
    /// Number of blocks.
    pub blocks: usize,
    /// Widths of the hidden layers of each network.
    pub hidden: Vec<usize>,
    /// Number of bins of each spline.
    #[serde(default = "default_bins")]
    pub bins: usize,
    /// Half the width of the interval that is transformed, in standard deviations of the data for the Gaussian prior.
    #[serde(default = "default_bound")]
    pub bound: f64,
    /// Function between the layers.
    #[serde(default)]
    pub activation: Activation,
    /// Coordinates that it transforms, by their place in a row; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<usize>>,
}

fn default_bins() -> usize {
    8
}
fn default_bound() -> f64 {
    4.0
}

impl Default for Spline {
    /// Four blocks with networks of two hidden layers of 64 units.
    fn default() -> Self {
        let (bins, bound, activation) = (default_bins(), default_bound(), Activation::default());
        Self { blocks: 4, hidden: vec![64, 64], bins, bound, activation, on: None }
    }
}

impl Spline {
    fn blocks(&self, prior: Prior) -> Blocks<'_> {
        let edges = if prior == Prior::Uniform { Edges::Free } else { Edges::Smooth };
        Blocks {
            blocks: self.blocks,
            hidden: &self.hidden,
            activation: self.activation,
            on: self.on.as_deref(),
            line: AnyTransform::RationalSpline(RationalSpline { bins: self.bins, bound: self.bound, edges }),
            bins: self.bins,
        }
    }
}

impl Part for Spline {
    fn problems(&self, setting: &Setting) -> Vec<Problem> {
        let mut problems = self.blocks(setting.prior).problems(setting);
        if !(2..=128).contains(&self.bins) {
            problems.push(Problem::new("bins", self.bins, "a whole number from 2 to 128"));
        }
        if !(self.bound.is_finite() && self.bound > 0.0) {
            problems.push(Problem::new("bound", self.bound, "a number above 0"));
        }
        problems
    }

    fn layers(&self, setting: &Setting) -> Vec<AnyLayer> {
        self.blocks(setting.prior).layers(setting)
    }

    fn parameters_at_most(&self, setting: &Setting) -> f64 {
        self.blocks(setting.prior).parameters_at_most(setting)
    }

    fn numbers_of_a_row(&self, setting: &Setting) -> f64 {
        self.blocks(setting.prior).numbers_of_a_row(setting)
    }

    fn bound(&self) -> Option<f64> {
        Some(self.bound)
    }

    fn reach(&self, j: usize) -> Option<f64> {
        self.on.as_ref().is_none_or(|on| on.contains(&j)).then_some(self.bound)
    }
}
