//! The charts that a user can ask for.

use super::bonds::BondPairs;
use super::cartesian::AsTheyAre;
use super::polar::AboutOthers;
use super::{Chart, Domain, Folded, Symmetry};
use mcflow_base::Problem;
use mcflow_flows::Header;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::sync::Arc;

/// How the rows of a flow are made of positions, as the user writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ChartChoice {
    /// Positions as they are.
    #[default]
    Cartesian,
    /// Pairs of particles, counted from 0, by centre, length and direction, in two or three dimensions; no particle in two of them.
    Bonds(BondPairs),
    /// Particles by distance and direction about other particles, in three dimensions: `Polar([(about: 0, particle: 1)])`.
    Polar(AboutOthers),
}

/// What a chart needs to be asked for.
pub(super) trait ChartRequest: Debug {
    /// What is wrong with it for `n` particles in `dimension` dimensions.
    fn problems(&self, n: usize, dimension: usize) -> Vec<Problem>;

    /// The chart.
    fn chart(&self, n: usize, dimension: usize) -> Arc<dyn Chart>;
}

/// The note of a weights file that holds the choice.
const NOTE: &str = "chart";

impl ChartChoice {
    /// The request: the one place where charts are told apart.
    fn request(&self) -> &dyn ChartRequest {
        match self {
            Self::Cartesian => &AsTheyAre,
            Self::Bonds(pairs) => pairs,
            Self::Polar(list) => list,
        }
    }

    /// What is wrong with it for `n` particles in `dimension` dimensions.
    pub fn problems(&self, n: usize, dimension: usize) -> Vec<Problem> {
        self.request().problems(n, dimension)
    }

    /// The chart for `n` particles in `dimension` dimensions; of images in a domain, where one is given.
    pub fn chart(&self, n: usize, dimension: usize, domain: Option<Domain>) -> Arc<dyn Chart> {
        let chart = self.request().chart(n, dimension);
        match domain {
            Some(domain) => Arc::new(Folded::new(chart, domain)),
            None => chart,
        }
    }

    /// Writes it into the header of a weights file.
    pub fn note(&self, header: &mut Header) {
        if *self != Self::Cartesian {
            let text = serde_json::to_string(self).expect("names and numbers");
            header.notes.insert(NOTE.to_string(), text);
        }
    }

    /// Reads it from the header of a weights file.
    ///
    /// # Errors
    /// If it does not fit `n` particles in `dimension` dimensions, or is none that this version knows.
    pub fn noted(header: &Header, n: usize, dimension: usize) -> Result<Self, String> {
        let Some(text) = header.notes.get(NOTE) else { return Ok(Self::Cartesian) };
        let choice: Self = serde_json::from_str(text).map_err(|_| format!("rows in an unknown chart, {text}"))?;
        match choice.problems(n, dimension).first() {
            Some(problem) => Err(format!("rows in the chart {text}, {}", problem.found)),
            None => Ok(choice),
        }
    }
}

/// The domain that a weights file names a reference of, by the numbers of the reference.
///
/// # Errors
/// What is wrong: a reference without a symmetry, or of another length.
pub(crate) fn domain_by_text(text: &str, name: &str, coordinates: usize, symmetry: Option<&Symmetry>) -> Result<Domain, String> {
    let symmetry = symmetry.ok_or("weights of a system with a declared symmetry, for one without")?;
    let reference: Vec<f64> = text.split(' ').filter_map(|number| number.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
    if reference.len() != coordinates {
        return Err(format!("a reference of {} numbers in `{name}`, not {coordinates}", reference.len()));
    }
    Ok(Domain::new(symmetry, reference))
}
