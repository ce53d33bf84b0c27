//! The rules of the numbers that groups have.

use crate::space::Cell;
use mcflow_base::Problem;

/// What is wrong with a number that groups share (at `key`) or have of their own (at `list[k].key`), by `rule` of a key and a value.
pub(super) fn shared_or_own(
    list: &str,
    key: &str,
    shared: Option<f64>,
    own: impl Iterator<Item = Option<f64>>,
    rule: impl Fn(&str, f64) -> Option<Problem>,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> = shared.and_then(|value| rule(key, value)).into_iter().collect();
    let mut without = None;
    for (k, value) in own.enumerate() {
        match value {
            Some(value) => problems.extend(rule(&format!("{list}[{k}].{key}"), value)),
            None => without = without.or(Some(k)),
        }
    }
    if let (None, Some(k)) = (shared, without) {
        let expected = format!("a number here, or `{key}` of each of `{list}`, as in (particles: (...), {key}: 1.0)");
        problems.push(Problem::new(key, format!("nothing, and {list}[{k}] has none of its own"), expected));
    }
    problems
}

/// The rule of numbers that may be 0.
pub(super) fn not_below_zero(key: &str, value: f64) -> Option<Problem> {
    (!(value.is_finite() && value >= 0.0)).then(|| Problem::new(key, value, "a finite number, 0 or above"))
}

/// The rule of the length of a bond, which is that between nearest images.
pub(super) fn length_problem(key: &str, length: f64, cell: &Cell) -> Option<Problem> {
    let height = cell.smallest_height();
    (2.0 * length > height).then(|| {
        Problem::new(
            key,
            format!("{length} in a cell whose smallest height is {height}"),
            format!("at most half of it, {}: bonds go to nearest images", height / 2.0),
        )
    })
}
