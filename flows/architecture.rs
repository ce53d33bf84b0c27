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
        /// Coordinates that it transforms, by their place in a row; all unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Vec<usize>>,
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
        /// Coordinates that it transforms, by their place in a row; all unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Vec<usize>>,
    },
    /// Several of these, one after the other, the first one next to the latent rows.
    Stack(Vec<Architecture>),
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
    /// The parts of a stack, in their order; itself where it is none.
    pub fn parts(&self) -> Vec<&Architecture> {
        match self {
            Self::Stack(parts) => parts.iter().flat_map(Self::parts).collect(),
            part => vec![part],
        }
    }

    /// Blocks, widths of the hidden layers, function between them, and coordinates of a part.
    pub(crate) fn shape(&self) -> (usize, &[usize], Activation, Option<&[usize]>) {
        match self {
            Self::RealNvp { blocks, hidden, activation, on, .. } | Self::Spline { blocks, hidden, activation, on, .. } => {
                (*blocks, hidden, *activation, on.as_deref())
            }
            Self::Stack(_) => unreachable!("a part is no stack"),
        }
    }

    /// Weights of all networks for rows of length `dim`, as a number that cannot overflow: no fewer than there are.
    pub fn parameters_at_most(&self, dim: usize) -> f64 {
        let of = |part: &Self| {
            let (blocks, hidden, ..) = part.shape();
            let widths: Vec<f64> =
                std::iter::once(dim).chain(hidden.iter().copied()).map(|width| width as f64).chain([part.outputs(dim)]).collect();
            blocks as f64 * widths.windows(2).map(|pair| (pair[0] + 1.0) * pair[1]).sum::<f64>()
        };
        self.parts().into_iter().map(of).sum()
    }

    /// Numbers that a pass over one row of length `dim` keeps: of each block the row, and each layer before and after its function.
    pub fn numbers_of_a_row(&self, dim: usize) -> f64 {
        let of = |part: &Self| {
            let (blocks, hidden, ..) = part.shape();
            let layers = hidden.iter().map(|width| *width as f64).sum::<f64>();
            blocks as f64 * (2.0 * layers + part.outputs(dim) + 4.0 * dim as f64)
        };
        self.parts().into_iter().map(of).sum()
    }

    /// Numbers that a network of one part gives: half of the coordinates are changed by the others.
    fn outputs(&self, dim: usize) -> f64 {
        let changed = dim.div_ceil(2) as f64;
        match self {
            Self::Spline { bins, .. } => changed * (3.0 * *bins as f64 + 1.0),
            _ => 2.0 * changed,
        }
    }

    /// Half the width of the box on which a uniform prior lives; 1 where there is no spline.
    pub(crate) fn bound(&self) -> f64 {
        let bounds = self.parts().into_iter().filter_map(|part| if let Self::Spline { bound, .. } = part { Some(*bound) } else { None });
        bounds.reduce(f64::min).unwrap_or(1.0)
    }

    /// Half the width of the interval that splines transform, where they transform coordinate `j`.
    pub(crate) fn reach(&self, j: usize) -> Option<f64> {
        let bounds = self.parts().into_iter().filter_map(|part| match part {
            Self::Spline { bound, on, .. } if on.as_ref().is_none_or(|on| on.contains(&j)) => Some(*bound),
            _ => None,
        });
        bounds.reduce(f64::min)
    }

    /// What is wrong with this flow for rows of length `dim` and this prior; keys are field names.
    pub fn problems(&self, dim: usize, prior: Prior) -> Vec<Problem> {
        if let Self::Stack(parts) = self {
            let mut problems = Vec::new();
            if !(1..=64).contains(&parts.len()) {
                problems.push(Problem::new("", format!("a stack of {}", parts.len()), "from 1 to 64 parts"));
            }
            for (k, part) in parts.iter().enumerate() {
                if matches!(part, Self::Stack(_)) {
                    problems.push(Problem::new(format!("[{k}]"), "a stack in a stack", "`RealNvp` or `Spline`"));
                } else {
                    problems.extend(part.problems(dim, prior).into_iter().map(|p| p.within(&format!("[{k}]"))));
                }
            }
            if prior == Prior::Uniform {
                let whole = |part: &Self| matches!(part, Self::Spline { on: None, bound, .. } if *bound == self.bound());
                if !parts.iter().all(whole) {
                    let expected = "splines of all coordinates with one bound, or the Gaussian prior";
                    problems.push(Problem::new("", "a stack of different parts with the Uniform prior", expected));
                }
            }
            return problems;
        }
        let (blocks, hidden, _, on) = self.shape();
        let mut problems = Vec::new();
        if dim == 0 {
            problems.push(Problem::new("", "0 coordinates", "a flow of at least 1 coordinate"));
        }
        if !(1..=256).contains(&blocks) {
            problems.push(Problem::new("blocks", blocks, "a whole number from 1 to 256"));
        }
        for (i, &width) in hidden.iter().enumerate() {
            if !(1..=8192).contains(&width) {
                problems.push(Problem::new(format!("hidden[{i}]"), width, "a width from 1 to 8192"));
            }
        }
        if hidden.len() > 16 {
            problems.push(Problem::new("hidden", format!("{} layers", hidden.len()), "at most 16 hidden layers"));
        }
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
        if on.is_some() && prior == Prior::Uniform {
            problems.push(Problem::new("on", "some coordinates, with the Uniform prior", "all coordinates, or the Gaussian prior"));
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
            Self::Stack(_) => {}
        }
        problems
    }
}
