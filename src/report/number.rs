//! Numbers as people read them: a fixed count of significant digits, thousands apart, no noise.

/// `value` to `digits` significant digits: `12,345`, `0.0123`, `1.50e-9`. Zero is `0`, NaN is `–`.
///
/// Values from 1e-4 up to 1e9 are written plainly, the rest with an exponent. Digits before the decimal
/// point are never rounded away below 1e7, so that columns of a balance still add up to the eye.
///
/// # Example
/// ```
/// # use lixivia::report::number::significant;
/// assert_eq!(significant(1234.56, 4), "1,235");
/// assert_eq!(significant(0.012345, 3), "0.0123");
/// assert_eq!(significant(2.5e-9, 3), "2.50e-9");
/// ```
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent = scientific.rsplit('e').next().and_then(|text| text.parse::<i32>().ok()).unwrap_or(0);
    if !(-4..9).contains(&exponent) {
        return scientific;
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    grouped(&format!("{value:.decimals$}"))
}

/// A whole number with its thousands apart: `1,234,567`.
pub fn integer(value: i64) -> String {
    grouped(&value.to_string())
}

/// `value` with a fixed count of decimals, thousands apart.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return significant(value, 1);
    }
    let text = format!("{value:.decimals$}");
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    grouped(if is_zero { text.trim_start_matches('-') } else { &text })
}

/// Commas between the thousands of the whole part.
fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, digits, want) in [
            (0.0, 4, "0"),
            (1.0, 4, "1.000"),
            (-1234567.0, 3, "-1,234,567"),
            (999.96, 4, "1,000"),
            (0.000123, 2, "0.00012"),
            (0.0000123, 2, "1.2e-5"),
            (1e9, 3, "1.00e9"),
            (f64::NAN, 3, "–"),
            (f64::NEG_INFINITY, 3, "−∞"),
        ] {
            assert_eq!(significant(value, digits), want, "{value}");
        }
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(12345.678, 1), "12,345.7");
        assert_eq!(integer(-1000), "-1,000");
    }
}
