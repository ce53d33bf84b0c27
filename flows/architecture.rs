//! What the user writes about a flow: its kind and its sizes.

use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// Kind and size of a flow. One block is two half updates: each changes one part of the coordinates, conditioned on the other.
///
/// Blocks alternate two ways of parting: even against odd coordinates, and first against second half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Architecture {
    /// Affine couplings, y = x exp(s) + t with s = b tanh(r / b), and (r, t) given by a network of the other coordinates.
    ///
    /// Source: Dinh, Sohl-Dickstein, Bengio 2017, ICLR ("Density estimation using Real NVP"), eq. 4.
    RealNvp {
        /// Number of blocks.
        blocks: usize,
        /// Widths of the hidden layers of each network.
        hidden: Vec<usize>,
        /// Function between the layers.
        #[serde(default)]
        activation: Activation,
        /// b, the largest log scale of one update.
        #[serde(default = "default_scale_bound")]
        scale_bound: f64,
    },
    /// Monotonic rational-quadratic spline couplings that map [-bound, bound] to itself; the identity outside.
    ///
    /// With the Gaussian prior the derivative at the edges is 1. With the uniform prior nothing lies outside, so it is free.
    ///
    /// Source: Durkan, Bekasov, Murray, Papamakarios 2019, NeurIPS 32, 7511, eqs. 4 to 8.
    Spline {
        /// Number of blocks.
        blocks: usize,
        /// Widths of the hidden layers of each network.
        hidden: Vec<usize>,
        /// Number of bins of each spline.
        #[serde(default = "default_bins")]
        bins: usize,
        /// Half the width of the interval that is transformed, in standard deviations of the data for the Gaussian prior.
        #[serde(default = "default_bound")]
        bound: f64,
        /// Function between the layers.
        #[serde(default)]
        activation: Activation,
    },
}

fn default_scale_bound() -> f64 {
    2.0
}
fn default_bins() -> usize {
    8
}
fn default_bound() -> f64 {
    4.0
}

/// Function between the layers of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// tanh a.
    Tanh,
    /// max(a, 0).
    Relu,
    /// a / (1 + e^-a).
    #[default]
    Silu,
}

/// Law of the latent rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prior {
    /// Independent standard normals.
    #[default]
    Gaussian,
    /// Uniform on the box [-bound, bound]^d that the splines map to itself; zero density outside.
    Uniform,
}

impl Architecture {
    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        match self {
            Self::RealNvp { blocks, .. } | Self::Spline { blocks, .. } => *blocks,
        }
    }

    /// Widths of the hidden layers.
    pub fn hidden(&self) -> &[usize] {
        match self {
            Self::RealNvp { hidden, .. } | Self::Spline { hidden, .. } => hidden,
        }
    }

    /// Function between the layers.
    pub fn activation(&self) -> Activation {
        match self {
            Self::RealNvp { activation, .. } | Self::Spline { activation, .. } => *activation,
        }
    }

    /// Half the width of the box on which a uniform prior lives; 1 where there is no spline.
    pub(crate) fn bound(&self) -> f64 {
        match self {
            Self::RealNvp { .. } => 1.0,
            Self::Spline { bound, .. } => *bound,
        }
    }

    /// What is wrong with this flow for rows of length `dim` and this prior; keys are field names.
    pub fn problems(&self, dim: usize, prior: Prior) -> Vec<Problem> {
        let mut problems = Vec::new();
        if dim == 0 {
            problems.push(Problem::new("", "0 coordinates", "a flow of at least 1 coordinate"));
        }
        if !(1..=256).contains(&self.blocks()) {
            problems.push(Problem::new("blocks", self.blocks(), "a whole number from 1 to 256"));
        }
        for (i, &width) in self.hidden().iter().enumerate() {
            if !(1..=8192).contains(&width) {
                problems.push(Problem::new(format!("hidden[{i}]"), width, "a width from 1 to 8192"));
            }
        }
        if self.hidden().len() > 16 {
            problems.push(Problem::new("hidden", format!("{} layers", self.hidden().len()), "at most 16 hidden layers"));
        }
        match self {
            Self::RealNvp { scale_bound, .. } => {
                if !(scale_bound.is_finite() && *scale_bound > 0.0 && *scale_bound <= 50.0) {
                    problems.push(Problem::new("scale_bound", scale_bound, "a number above 0, at most 50"));
                }
                if prior == Prior::Uniform {
                    problems.push(Problem::new(
                        "",
                        "RealNvp with the Uniform prior",
                        "Spline with the Uniform prior, or RealNvp with the Gaussian prior: affine couplings do not map a box to itself",
                    ));
                }
            }
            Self::Spline { bins, bound, .. } => {
                if !(2..=128).contains(bins) {
                    problems.push(Problem::new("bins", bins, "a whole number from 2 to 128"));
                }
                if !(bound.is_finite() && *bound > 0.0) {
                    problems.push(Problem::new("bound", bound, "a number above 0"));
                }
            }
        }
        problems
    }
}
