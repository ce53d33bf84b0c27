//! Numbers as they are written.

/// A number of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Written {
    /// Without point and exponent.
    Whole(i128),
    /// Without point and exponent, beyond 128 bits.
    Vast,
    /// With point or exponent, or not finite.
    Real(f64),
    /// Not a number after all, such as `1e` or `2u3`.
    Malformed,
}

/// The number that `text` spells: `12`, `-3`, `1_000`, `0xff`, `0b1`, `2.5e-3`, `inf`, `NaN`, with or without a suffix such as `u8`
/// or `f64`.
pub(super) fn parse(text: &str) -> Written {
    let text: String = text.chars().filter(|&c| c != '_').collect();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let radix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    let digits = if radix == 10 { digits } else { &digits[2..] };
    let whole = strip(digits, &["i128", "i64", "i32", "i16", "i8", "u128", "u64", "u32", "u16", "u8"]);
    if !whole.is_empty() && whole.chars().all(|c| c.is_digit(radix)) {
        return i128::from_str_radix(whole, radix).map_or(Written::Vast, |value| Written::Whole(sign * value));
    }
    let real = strip(digits, &["f32", "f64"]);
    let named = matches!(real, "inf" | "NaN");
    if radix != 10 || !(named || real.starts_with(|c: char| c.is_ascii_digit())) {
        return Written::Malformed;
    }
    real.parse::<f64>().map_or(Written::Malformed, |value| Written::Real(f64::from(sign as i8) * value))
}

fn strip<'t>(text: &'t str, suffixes: &[&str]) -> &'t str {
    suffixes.iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(text)
}

/// What a whole number may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub least: i128,
    pub most: i128,
    /// Whether the limits are those of a type so wide that only their signs matter to a reader.
    pub wide: bool,
}

impl Range {
    /// The whole number that `written` is, or else what would do and a remedy.
    pub fn check(self, written: Written) -> Result<i128, (String, Option<String>)> {
        match written {
            Written::Whole(value) if (self.least..=self.most).contains(&value) => Ok(value),
            Written::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 && (self.least..=self.most).contains(&(value as i128)) => {
                Err((self.describe(false), Some(format!("write `{value}`, without point and exponent"))))
            }
            Written::Whole(value) => Err((self.describe(value > self.most), None)),
            Written::Vast => Err((self.describe(true), None)),
            Written::Real(_) | Written::Malformed => Err((self.describe(false), None)),
        }
    }

    /// What would do, in words.
    pub fn describe(self, with_most: bool) -> String {
        match (self.wide && !with_most, self.least) {
            (true, 0) => "a whole number of at least 0".to_string(),
            (true, _) => "a whole number".to_string(),
            (false, least) => format!("a whole number between {least} and {}", self.most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_written() {
        for (text, value) in [("12", 12), ("-3", -3), ("+4", 4), ("1_000", 1000), ("0xff", 255), ("0b101", 5), ("7u8", 7), ("-0o17", -15)] {
            assert_eq!(parse(text), Written::Whole(value), "{text}");
        }
        for (text, value) in [("2.5", 2.5), ("1e-3", 1e-3), ("-1_0.5f64", -10.5), ("inf", f64::INFINITY), ("-inf", f64::NEG_INFINITY)] {
            assert_eq!(parse(text), Written::Real(value), "{text}");
        }
        assert!(matches!(parse("NaN"), Written::Real(value) if value.is_nan()));
        assert_eq!(parse(&"9".repeat(60)), Written::Vast);
        for text in ["1e", "", "-", "0x", "infinity", "e5", "0xg"] {
            assert_eq!(parse(text), Written::Malformed, "{text}");
        }
    }
}
