//! Escaping and numbers as people write them.

/// A text in HTML or XML, in an element or in an attribute; control characters, which XML has no place for, are shown as a box.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            '\r' => {}
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A number with `digits` significant digits: plain where that is short, else with a power of ten.
pub fn number(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_string();
    }
    if value == 0.0 {
        return "0".to_string();
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "−" } else { "" };
    let mantissa = mantissa.trim_start_matches('-');
    match exponent {
        -4..5 => {
            let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
            format!("{sign}{:.decimals$}", value.abs())
        }
        5..12 => {
            // Digits that mean nothing become zeros.
            let rounded: f64 = scientific.parse().unwrap_or(value);
            format!("{sign}{}", count(rounded.abs().round() as u64))
        }
        _ => format!("{sign}{mantissa} × 10{}", superscript(exponent)),
    }
}

/// An exponent.
pub fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |c: char| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]);
    number.to_string().chars().map(digit).collect()
}

/// A number, or a dash.
pub fn number_or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".to_string(), |v| number(v, digits))
}

/// A whole number with thin spaces between groups of three digits.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (k, c) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(c);
    }
    text
}

/// A wall time.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_string();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{} s", number(seconds, 3)),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(escape("a < b && \"c\" > 'd'\u{7}"), "a &lt; b &amp;&amp; &quot;c&quot; &gt; &#39;d&#39;\u{fffd}");
    }

    #[test]
    fn numbers_have_sensible_digits() {
        assert_eq!(number(0.123_456, 3), "0.123");
        assert_eq!(number(-1234.56, 3), "−1235");
        assert_eq!(number(1.0e-9, 2), "1.0 × 10⁻⁹");
        assert_eq!(number(-5_226_682.0, 3), "−5\u{202f}230\u{202f}000");
        assert_eq!(number(99_999.9, 3), "100\u{202f}000");
        assert_eq!(number(f64::NAN, 3), "–");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(duration(7384.0), "2 h 03 min");
    }
}
