//! The range of an axis and its ticks.

use crate::output::text::superscript;

/// Numbers beyond are no data: differences of two of them would overflow.
const LARGEST: f64 = 1e300;

/// A linear or logarithmic axis. The range is never empty and always finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Left end; its decadic logarithm on a logarithmic axis.
    low: f64,
    /// Right end, in the same way.
    high: f64,
    logarithmic: bool,
}

/// Where lines and labels are, in fractions of the axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    /// Grid lines.
    pub lines: Vec<f64>,
    /// Labels.
    pub labels: Vec<(f64, String)>,
    /// What all labels are to be multiplied with and added to; mostly nothing.
    pub note: String,
}

impl Axis {
    /// Whether an axis has a place for a value.
    pub fn can_show(value: f64, logarithmic: bool) -> bool {
        value.is_finite() && value.abs() < LARGEST && (!logarithmic || value > 0.0)
    }

    /// The axis that shows all values, with `margin` times their range to spare on both sides.
    pub fn new(values: &[f64], logarithmic: bool, margin: f64) -> Self {
        let sound = values.iter().copied().filter(|&v| Self::can_show(v, logarithmic));
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in sound.map(|v| if logarithmic { v.log10() } else { v }) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // All alike, to the last digits or next to 0: a range around it.
        let largest = low.abs().max(high.abs());
        if high - low <= 1e-11 * largest + 1e-280 {
            let half = if logarithmic {
                0.5
            } else if largest < 1e-270 {
                1.0
            } else {
                0.1 * largest
            };
            (low, high) = (low - half, high + half);
        }
        let spare = margin * (high - low);
        Self { low: low - spare, high: high + spare, logarithmic }
    }

    /// The same, from exactly 0 where it would reach below without need.
    pub fn starting_at_zero(self) -> Self {
        if self.low < 0.0 && self.low > -0.2 * self.high { Self { low: 0.0, ..self } } else { self }
    }

    /// Where a value is: 0 at the left end, 1 at the right end. None where the axis has no place for it.
    pub fn fraction(&self, value: f64) -> Option<f64> {
        let value = if self.logarithmic { value.log10() } else { value };
        Self::can_show(value, false).then(|| ((value - self.low) / (self.high - self.low)).clamp(-1e3, 1e3))
    }

    /// The value, or the nearest that is at most `most` times the range outside.
    pub fn within(&self, value: f64, most: f64) -> Option<f64> {
        let back = |v: f64| if self.logarithmic { 10f64.powf(v) } else { v };
        self.fraction(value).map(|f| back(self.low + f.clamp(-most, 1.0 + most) * (self.high - self.low)))
    }

    /// About `most` labels at round numbers.
    pub fn ticks(&self, most: usize) -> Ticks {
        let most = most.max(2);
        if self.logarithmic && self.high - self.low > 0.7 { self.decades(most) } else { self.linear(most) }
    }

    fn place(&self, transformed: f64) -> f64 {
        (transformed - self.low) / (self.high - self.low)
    }

    fn decades(&self, most: usize) -> Ticks {
        let mut ticks = Ticks::default();
        let every = (((self.high - self.low) / most as f64).ceil() as i32).max(1);
        let span = self.high - self.low;
        let inside = |f: f64| (-1e-9..=1.0 + 1e-9).contains(&f);
        for decade in self.low.floor() as i32..=self.high.ceil() as i32 {
            for digit in 1..10 {
                let at = self.place(f64::from(decade) + f64::from(digit).log10());
                let line = if digit == 1 { decade % every == 0 } else { every == 1 && span < 4.5 };
                if !inside(at) || !line {
                    continue;
                }
                ticks.lines.push(at);
                // Between decades only where these alone would be too few.
                let few = (span < 1.2 && (digit == 2 || digit == 5)) || ((1.2..1.6).contains(&span) && digit == 3);
                if digit == 1 || (few && ticks.labels.len() < most) {
                    ticks.labels.push((at, power(digit, decade)));
                }
            }
        }
        ticks
    }

    fn linear(&self, most: usize) -> Ticks {
        let back = |v: f64| if self.logarithmic { 10f64.powf(v) } else { v };
        let (low, high) = (back(self.low), back(self.high));
        let step = round_step((high - low) / most as f64);
        let largest = low.abs().max(high.abs());
        // Numbers that differ in late digits only are written as differences from a round one.
        let base = if largest / step > 2e5 { (low / (10.0 * step)).floor() * 10.0 * step } else { 0.0 };
        let largest = (low - base).abs().max((high - base).abs());
        let magnitude = largest.log10().floor() as i32;
        let exponent = if (-3..5).contains(&magnitude) { 0 } else { magnitude };
        let unit = 10f64.powi(exponent);
        let decimals = decimals_of(step / unit);
        let mut ticks = Ticks::default();
        let first = (low / step - 1e-9).ceil();
        for k in 0..=3 * most {
            let value = (first + k as f64) * step;
            if value > high + 1e-9 * step {
                break;
            }
            let Some(at) = self.fraction(value).filter(|f| (-1e-6..=1.0 + 1e-6).contains(f)) else { continue };
            let scaled = (value - base) / unit;
            let scaled = if scaled.abs() < 1e-9 * step / unit { 0.0 } else { scaled };
            ticks.lines.push(at);
            ticks.labels.push((at, minus(format!("{scaled:.decimals$}"))));
        }
        if exponent != 0 {
            ticks.note = format!("× 10{}", superscript(exponent));
        }
        if base != 0.0 {
            let decimals = decimals_of(step);
            let sign = if base < 0.0 { '−' } else { '+' };
            let number = if base.abs() < 1e12 { format!("{:.decimals$}", base.abs()) } else { format!("{:e}", base.abs()) };
            ticks.note = format!("{} {sign} {number}", ticks.note).trim_start().to_string();
        }
        ticks
    }
}

/// 1, 2 or 5 times a power of ten, not below `step`.
fn round_step(step: f64) -> f64 {
    let unit = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * unit >= step * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * unit
}

fn decimals_of(step: f64) -> usize {
    (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 12.0) as usize
}

/// With a true minus sign.
fn minus(number: String) -> String {
    number.replace('-', "−")
}

fn power(digit: i32, decade: i32) -> String {
    if (-2..4).contains(&decade) {
        let decimals = (-decade).max(0) as usize;
        return format!("{:.decimals$}", f64::from(digit) * 10f64.powi(decade));
    }
    let exponent = superscript(decade);
    if digit == 1 { format!("10{exponent}") } else { format!("{digit} × 10{exponent}") }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    fn labels(low: f64, high: f64, logarithmic: bool) -> Vec<String> {
        Axis::new(&[low, high], logarithmic, 0.0).ticks(6).labels.into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(0.0, 1.0, false), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-3.0, 2.0, false), ["−3", "−2", "−1", "0", "1", "2"]);
        assert_eq!(labels(0.01, 100.0, true), ["0.01", "0.10", "1", "10", "100"].map(|s| s.replace("0.10", "0.1")));
        assert_eq!(labels(1e-6, 1e6, true), ["10⁻⁶", "10⁻⁴", "0.01", "1", "100", "10⁴", "10⁶"]);
    }

    #[test]
    fn ticks_of_any_range_are_finite_and_few() {
        let ends = [0.0, 1.0, -1.0, 1e-300, 1e299, -1e299, 1e-9, 123_456.789, 123_456.79, f64::NAN, f64::INFINITY, 5e-324];
        for (low, high) in ends.iter().flat_map(|a| ends.iter().map(move |b| (*a, *b))) {
            for logarithmic in [false, true] {
                let axis = Axis::new(&[low, high], logarithmic, 0.06);
                let ticks = axis.ticks(6);
                assert!(ticks.labels.len() <= 14, "{low} {high} {ticks:?}");
                let text = format!("{ticks:?}");
                assert!(!text.contains("NaN") && !text.contains("inf"), "{low} {high} {text}");
            }
        }
    }
}
