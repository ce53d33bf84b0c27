//! What a rung samples, and the means of its columns.

use super::ObservableSummary;
use crate::schema::Named;
use serde::Serialize;
use std::collections::BTreeMap;

/// The distribution that a rung of the ladder samples: temperature, pressure, factors of terms.
#[derive(Clone, Debug, Serialize)]
pub struct RungName {
    /// Temperature in the units of the input.
    pub temperature: f64,
    /// The pressure that it imposes, where there is one; measured pressures are a column of the same samples.
    #[serde(rename = "imposed_pressure", skip_serializing_if = "Option::is_none")]
    pub pressure: Option<f64>,
    /// The factors that it gives terms of the potential.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub scale: Named<f64>,
}

impl RungName {
    /// The rung in words: `T 1, P 0.5, 0.3 LennardJones`.
    pub fn title(&self) -> String {
        format!("T {}{}", self.temperature, self.rest())
    }

    /// What follows the temperature: `, P 0.5, 0.3 LennardJones`.
    pub fn rest(&self) -> String {
        let pressure = self.pressure.map_or(String::new(), |p| format!(", P {p}"));
        let factors = self.scale.iter().map(|(term, factor)| format!(", {factor} {term}"));
        pressure + &factors.collect::<String>()
    }
}

/// The means of all columns of a rung.
#[derive(Clone, Debug, Serialize)]
pub struct RungObservables {
    /// The rung.
    #[serde(flatten)]
    pub rung: RungName,
    /// Samples of each walker.
    pub samples: u64,
    /// By name.
    #[serde(flatten)]
    pub columns: BTreeMap<String, ObservableSummary>,
}

#[cfg(test)]
mod tests {
    use super::{RungName, RungObservables};
    use crate::build::KEYS_BESIDE_COLUMNS;
    use crate::schema::Named;
    use std::collections::BTreeMap;

    /// What a rung is and what was measured in it stand side by side, so the names of the former are kept from the latter.
    #[test]
    fn keys_of_a_rung_are_known() {
        let rung = RungName { temperature: 1.0, pressure: Some(0.5), scale: Named(vec![("Wca".to_string(), 0.5)]) };
        let text = serde_json::to_value(RungObservables { rung, samples: 3, columns: BTreeMap::new() }).unwrap();
        let mut keys: Vec<&str> = text.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = KEYS_BESIDE_COLUMNS;
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
    }
}
