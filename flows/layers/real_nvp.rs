//! Blocks of affine half updates, as the user writes them.

use super::AnyLayer;
use super::blocks::Blocks;
use super::part::{Part, Setting};
use crate::conditioners::Activation;
use crate::prior::Prior;
use crate::transforms::{Affine, AnyTransform};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// Bins of the splines of angles, where the numbers on lines have no splines.
const BINS_OF_A_CIRCLE: usize = 8;

/// Affine half updates, y = x exp(s) + t with s = b tanh(r / b), and (r, t) given by a network of the other half; of angles, circular splines
/// of 8 bins.
///
/// Source: Dinh, Sohl-Dickstein, Bengio 2017, ICLR ("Density estimation using Real NVP"), eq. 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealNvp {
    /// Number of blocks.
    pub blocks: usize,
    /// Widths of the hidden layers of each network.
    pub hidden: Vec<usize>,
    /// Function between the layers.
    #[serde(default)]
    pub activation: Activation,
    /// b, the largest log scale of one update.
    #[serde(default = "default_scale_bound")]
    pub scale_bound: f64,
    /// Coordinates that it transforms, by their place in a row; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<usize>>,
}

fn default_scale_bound() -> f64 {
    2.0
}

impl Default for RealNvp {
    /// Four blocks with networks of two hidden layers of 64 units.
    fn default() -> Self {
        Self { blocks: 4, hidden: vec![64, 64], activation: Activation::default(), scale_bound: default_scale_bound(), on: None }
    }
}

impl RealNvp {
    fn blocks(&self) -> Blocks<'_> {
        Blocks {
            blocks: self.blocks,
            hidden: &self.hidden,
            activation: self.activation,
            on: self.on.as_deref(),
            line: AnyTransform::Affine(Affine { bound: self.scale_bound }),
            bins: BINS_OF_A_CIRCLE,
        }
    }
}

impl Part for RealNvp {
    fn problems(&self, setting: &Setting) -> Vec<Problem> {
        let mut problems = self.blocks().problems(setting);
        if !(self.scale_bound.is_finite() && self.scale_bound > 0.0 && self.scale_bound <= 50.0) {
            problems.push(Problem::new("scale_bound", self.scale_bound, "a number above 0, at most 50"));
        }
        if setting.prior == Prior::Uniform {
            problems.push(Problem::new(
                "",
                "RealNvp with the Uniform prior",
                "Spline with the Uniform prior, or RealNvp with the Gaussian prior: affine couplings do not map a box to itself",
            ));
        }
        problems
    }

    fn layers(&self, setting: &Setting) -> Vec<AnyLayer> {
        self.blocks().layers(setting)
    }

    fn parameters_at_most(&self, setting: &Setting) -> f64 {
        self.blocks().parameters_at_most(setting)
    }

    fn numbers_of_a_row(&self, setting: &Setting) -> f64 {
        self.blocks().numbers_of_a_row(setting)
    }
}
