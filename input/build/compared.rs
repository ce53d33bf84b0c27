//! What `mcflow compare` is asked to compare.

use super::Builder;
use crate::schema::Quantity;
use mcflow_engine::observers::{Function, State};
use std::sync::Arc;

impl Builder<'_> {
    pub(super) fn check_compare(&mut self, states: &[State], functions: &[Arc<dyn Function>]) {
        let Some(compare) = &self.input.compare else { return };
        if let Quantity::FreeEnergyDifference { from, to } = &compare.quantity {
            let known: Vec<&str> = states.iter().map(|s| s.name.as_str()).collect();
            for (key, name) in [("from", from), ("to", to)] {
                self.require_name(&format!("compare.quantity.{key}"), "state", name, &known);
            }
            if from == to {
                self.report("compare.quantity.to", format!("{to:?} from {from:?}"), "two different states");
            }
        }
        if let Quantity::Population(name) = &compare.quantity {
            let known: Vec<&str> = states.iter().map(|s| s.name.as_str()).collect();
            self.require_name("compare.quantity", "state", name, &known);
        }
        if let Quantity::Mean(name) = &compare.quantity
            && functions.iter().any(|f| f.name() == name)
        {
            self.report("compare.quantity", format!("{name:?}, a function"), "the name of a column");
        }
        let positive = "a finite number above 0";
        let numbers = [
            ("seconds", Some(compare.seconds)),
            ("time_step", compare.time_step),
            ("friction", compare.friction),
            ("exact_error", compare.exact_error),
        ];
        for (key, value) in numbers.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            self.require(&format!("compare.{key}"), value, |v| v > 0.0, positive);
        }
        if compare.exact_error.is_some() && compare.exact.is_none() {
            self.report("compare.exact_error", "an error without a value", "`exact` too, or neither");
        }
        let first = self.input.ladder.first().map_or(f64::NAN, |rung| rung.temperature);
        if !compare.ladder.is_empty() && (compare.ladder.len() < 2 || compare.ladder[0] != first) {
            let expected = format!("two temperatures at least, the first of them that of the first rung, {first}");
            self.report("compare.ladder", format!("{:?}", compare.ladder), expected);
        }
        for (k, &temperature) in compare.ladder.iter().enumerate() {
            self.require(&format!("compare.ladder[{k}]"), temperature, |v| v > 0.0, positive);
        }
        if let Some(exact) = compare.exact {
            self.require("compare.exact", exact, |_| true, "a finite number");
        }
        if compare.seeds == 0 {
            self.report("compare.seeds", 0, "a whole number of at least 1");
        }
    }
}
