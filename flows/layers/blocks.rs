//! Blocks of half updates: how axes are parted into those that change and those that are known.

use super::AnyLayer;
use super::coupling::{Coupling, Features};
use super::part::{Setting, place_problems};
use crate::conditioners::{Activation, AnyConditioner, Dense};
use crate::prior::Prior;
use crate::transforms::{AnyTransform, CircularSpline, Transform};
use mcflow_base::Problem;

/// What all parts that are made of half updates have: how many, their networks and their axes.
pub(super) struct Blocks<'a> {
    /// Number of blocks: two half updates each, which part the axes in turn by even and odd places, and by first and second half.
    pub blocks: usize,
    /// Widths of the hidden layers of each network.
    pub hidden: &'a [usize],
    /// Function between the layers.
    pub activation: Activation,
    /// Places of the axes; all where there is none.
    pub on: Option<&'a [usize]>,
    /// The transform of a number on a line.
    pub line: AnyTransform,
    /// Bins of the splines of angles.
    pub bins: usize,
}

impl Blocks<'_> {
    /// The half updates. Lines and circles of one half change one after the other, both by the same other half.
    pub fn layers(&self, setting: &Setting) -> Vec<AnyLayer> {
        let all = setting.free(self.on);
        let half = all.len().div_ceil(2);
        let mut layers = Vec::new();
        for block in 0..self.blocks {
            let is_first = |place: usize| if block % 2 == 0 { place.is_multiple_of(2) } else { place < half };
            let pick = |first: bool| -> Vec<usize> {
                all.iter().enumerate().filter(|(place, _)| is_first(*place) == first).map(|(_, &axis)| axis).collect()
            };
            let (first, second) = (pick(true), pick(false));
            for (given, changed) in [(&first, &second), (&second, &first)] {
                let given: Vec<usize> = given.iter().chain(setting.fixed).copied().collect();
                let features = Features::new(&given, setting.axes);
                let (circles, lines): (Vec<usize>, Vec<usize>) = changed.iter().partition(|&&place| setting.axes[place].is_circle());
                for (changed, transform) in [(lines, self.line), (circles, self.circle())] {
                    if !changed.is_empty() {
                        let network = Dense::new(features.len(), self.hidden, changed.len() * transform.n_raw(), self.activation);
                        let (given, conditioner) = (features.clone(), AnyConditioner::Dense(network));
                        layers.push(Coupling { given, changed, conditioner, transform }.into());
                    }
                }
            }
        }
        layers
    }

    fn circle(&self) -> AnyTransform {
        AnyTransform::CircularSpline(CircularSpline { bins: self.bins })
    }

    /// Problems of sizes and places; keys are field names.
    pub fn problems(&self, setting: &Setting) -> Vec<Problem> {
        let mut problems = Vec::new();
        if setting.dim() == 0 {
            problems.push(Problem::new("", "0 coordinates", "a flow of at least 1 coordinate"));
        }
        if !(1..=256).contains(&self.blocks) {
            problems.push(Problem::new("blocks", self.blocks, "a whole number from 1 to 256"));
        }
        for (i, &width) in self.hidden.iter().enumerate() {
            if !(1..=8192).contains(&width) {
                problems.push(Problem::new(format!("hidden[{i}]"), width, "a width from 1 to 8192"));
            }
        }
        if self.hidden.len() > 16 {
            problems.push(Problem::new("hidden", format!("{} layers", self.hidden.len()), "at most 16 hidden layers"));
        }
        problems.extend(place_problems(self.on, setting.dim()));
        if self.on.is_some() && setting.prior == Prior::Uniform {
            problems.push(Problem::new("on", "some coordinates, with the Uniform prior", "all coordinates, or the Gaussian prior"));
        }
        problems
    }

    /// Numbers that the networks of one half update give, at most, and whether there are two of them.
    fn outputs(&self, setting: &Setting) -> (f64, f64) {
        let changed = setting.dim().div_ceil(2) as f64;
        let has_circles = setting.axes.iter().any(|axis| axis.is_circle());
        let circle = if has_circles { self.circle().n_raw() } else { 0 };
        // As an estimate of old: a spline of three numbers a bin and one more.
        let line = match self.line {
            AnyTransform::Affine(affine) => affine.n_raw(),
            _ => 3 * self.bins + 1,
        };
        (changed * line.max(circle) as f64, if has_circles { 2.0 } else { 1.0 })
    }

    /// Features of a row, at most.
    fn features(setting: &Setting) -> f64 {
        setting.axes.iter().map(|axis| if axis.is_circle() { 2.0 } else { 1.0 }).sum()
    }

    /// See [`Part::parameters_at_most`](super::Part::parameters_at_most).
    pub fn parameters_at_most(&self, setting: &Setting) -> f64 {
        let (outputs, networks) = self.outputs(setting);
        let hidden = self.hidden.iter().map(|width| *width as f64);
        let widths: Vec<f64> = std::iter::once(Self::features(setting)).chain(hidden).chain([outputs]).collect();
        networks * self.blocks as f64 * widths.windows(2).map(|pair| (pair[0] + 1.0) * pair[1]).sum::<f64>()
    }

    /// See [`Part::numbers_of_a_row`](super::Part::numbers_of_a_row).
    pub fn numbers_of_a_row(&self, setting: &Setting) -> f64 {
        let (outputs, networks) = self.outputs(setting);
        let hidden = self.hidden.iter().map(|width| *width as f64).sum::<f64>();
        networks * self.blocks as f64 * (2.0 * hidden + outputs + 4.0 * Self::features(setting))
    }
}
