//! The free-energy profile of a variable.

use super::{AccumulatedFunction, Caption, Curve, Picture, Sample, problems_of_bins};
use crate::observers::{Label, Subject, Unit, Variable};
use crate::statistics::{FreeEnergyProfile, Histogram, free_energy_profile};
use mcflow_base::Problem;
use serde::{Deserialize, Serialize};

/// The free-energy profile F(s) = -ln p(s) in kT of a variable s, from a histogram of its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The variable s.
    pub of: Variable,
    /// Left end of the first bin.
    pub from: f64,
    /// Right end of the last bin.
    pub to: f64,
    /// Number of bins.
    #[serde(default = "super::hundred")]
    pub bins: usize,
}

impl AccumulatedFunction for Profile {
    type Accumulator = Histogram;

    fn name(&self) -> &str {
        &self.name
    }

    fn problems(&self, subject: &Subject) -> Vec<Problem> {
        let Self { from, to, .. } = self;
        let mut problems: Vec<Problem> = self.of.problems(subject).into_iter().map(|p| p.within("of")).collect();
        if !(from.is_finite() && to.is_finite() && from < to) {
            problems.push(Problem::new("to", format!("from {from} to {to}"), "two finite numbers, the first below the second"));
        }
        problems.extend(problems_of_bins(self.bins));
        problems
    }

    fn variable(&self) -> Option<&Variable> {
        Some(&self.of)
    }

    fn bound(&self, subject: &Subject) -> Self {
        Self { of: self.of.bound_to(subject), ..self.clone() }
    }

    fn numbers(&self, _: &Subject) -> f64 {
        self.bins as f64
    }

    fn accumulator(&self, _: &Subject) -> Histogram {
        Histogram::new(self.from, self.to, self.bins).expect("bounds were checked")
    }

    fn add(&self, histogram: &mut Histogram, sample: &Sample) {
        histogram.add(self.of.value_from(sample.configuration, self.from));
    }

    fn curve(&self, walkers: &[Histogram]) -> Option<Curve> {
        let mut profile = free_energy_profile(walkers).ok()?;
        // What never changed has no error.
        profile.points.iter_mut().for_each(|p| p.standard_error = p.standard_error.filter(|&e| e > 0.0));
        let points = profile.points.iter().map(|p| vec![Some(p.coordinate), Some(p.density), p.free_energy, p.standard_error]).collect();
        Some(Curve {
            kind: "Profile",
            columns: &["coordinate", "density", "free_energy", "standard_error"],
            points,
            figures: vec![("outside", profile.outside)],
            picture: self.picture(&profile),
        })
    }
}

impl Profile {
    /// F from its lowest value on.
    fn picture(&self, profile: &FreeEnergyProfile) -> Option<Picture> {
        let lowest = profile.points.iter().filter_map(|p| p.free_energy).reduce(f64::min)?;
        let point = |p: &crate::statistics::ProfilePoint| {
            [p.coordinate, p.free_energy.map_or(f64::NAN, |f| f - lowest), p.standard_error.unwrap_or(0.0)]
        };
        let mut caption = vec![Caption::Words("F(s) = −ln p(s), from its lowest value on; the band is one standard error.")];
        if profile.outside > 0.0 {
            caption.extend([
                Caption::Words(" "),
                Caption::Share(profile.outside),
                Caption::Words(" of the samples lie outside the range."),
            ]);
        }
        Some(Picture {
            title: format!("Free-energy profile {}", self.name),
            x: self.of.label().unwrap_or_else(|| Label::plain(&self.name)),
            y: Label::new("F", Unit::Thermal),
            points: profile.points.iter().map(point).collect(),
            reference: None,
            caption,
        })
    }
}
