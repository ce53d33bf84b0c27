//! Measured numbers as people write them: with their error, or with the reason why there is none.

use super::summary::LARGEST_R_HAT;
use mcflow_engine::FlowAssessment;

/// Errors below this fraction of the number are those of rounding alone.
const ROUNDING: f64 = 1e-12;

/// A number with its standard error in units of its last digits, as people write it: `3.3812(41)` is 3.3812 with the error 0.0041.
///
/// A number whose error is 0, or that of rounding, stands alone with the digits that it has: `2`, `0.35`. One whose error is not finite is
/// written as [`without_error`] does.
pub fn with_error(value: f64, error: f64) -> String {
    if !(error.is_finite() && error >= 0.0 && value.is_finite()) {
        return without_error(value);
    }
    if error <= ROUNDING * value.abs() {
        return but_for_rounding(value);
    }
    let digits = (1.0 - error.log10().floor()).clamp(0.0, 15.0) as usize;
    let scaled = (error * 10f64.powi(digits as i32)).round();
    format!("{value:.digits$}({scaled:.0})")
}

/// The shortest decimal that is the number to twelve digits.
fn but_for_rounding(value: f64) -> String {
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    if rounded == 0.0 || (1e-4..1e15).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}

/// A number whose error is not known, to the digits that a reader may use.
pub fn without_error(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 { format!("{value}") } else { format!("{value:.6}") }
}

/// `0.417 of 20000`, or in words that none was.
pub fn share_of(accepted: u64, attempted: u64) -> String {
    match accepted {
        0 => format!("none of {attempted}"),
        accepted => format!("{:.3} of {attempted}", accepted as f64 / attempted as f64),
    }
}

/// What follows a figure on which the walkers disagree.
pub fn doubt(r_hat: Option<f64>) -> &'static str {
    if r_hat.is_some_and(|r| r > LARGEST_R_HAT) { " (walkers disagree)" } else { "" }
}

/// A figure of a flow: `value(error)`, or the value to a digit with the reason why it has no error, or the reason alone.
pub fn flow_figure(value: Option<f64>, error: Option<f64>, unit: &str, reason: Option<&str>) -> String {
    let reason = reason.unwrap_or("no estimate");
    match (value, error) {
        (Some(value), Some(error)) => format!("{}{unit}", with_error(value, error)),
        (Some(value), None) => format!("about {value:.1}{unit}, without an error bar ({reason})"),
        (None, _) => format!("none: {reason}"),
    }
}

/// ln Z of a generator as [`flow_figure`] has it, or a dash.
pub fn log_z(flow: &FlowAssessment) -> String {
    flow.log_z.as_ref().map_or("-".to_string(), |z| flow_figure(Some(z.value), z.standard_error, "", z.reason.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::{flow_figure, with_error};

    #[test]
    fn writes_numbers_with_errors() {
        assert_eq!(with_error(3.38123, 0.0041), "3.3812(41)");
        assert_eq!(with_error(-5.5, 0.12), "-5.50(12)");
        assert_eq!(with_error(1234.0, 56.0), "1234(56)");
    }

    #[test]
    fn numbers_without_any_error_have_no_digits_of_rounding() {
        assert_eq!(with_error(2.0, 0.0), "2");
        assert_eq!(with_error(0.1 + 0.2, 0.0), "0.3");
        assert_eq!(with_error(0.1 + 0.2, 3e-17), "0.3");
        assert_eq!(with_error(-1.25e-9, 0.0), "-1.25e-9");
        assert_eq!(with_error(0.0, 0.0), "0");
        assert_eq!(with_error(1.0 / 3.0, 1e-18), "0.333333333333");
        assert_eq!(with_error(0.5, f64::NAN), "0.500000");
    }

    #[test]
    fn a_figure_without_an_error_says_why() {
        assert_eq!(flow_figure(Some(1.2345), Some(0.012), " kT", None), "1.234(12) kT");
        assert_eq!(
            flow_figure(Some(78.9612), None, "", Some("few weights decide")),
            "about 79.0, without an error bar (few weights decide)"
        );
        assert_eq!(flow_figure(None, None, " kT", Some("no overlap")), "none: no overlap");
    }
}
