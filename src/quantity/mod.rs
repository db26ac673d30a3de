//! Text with a unit to SI numbers, the dimension checked: `"85 degC"` becomes 358.15.
//!
//! A unit is named where a number enters or leaves, nowhere else: [`parse_as`] at the door of a file,
//! [`Unit::display`] and [`natural`] on the way out. Inside the program every number is plain SI.
//!
//! ```
//! use lixivia::quantity::{parse_as, Dimension};
//! assert!((parse_as("85 degC", Dimension::TEMPERATURE)? - 358.15).abs() < 1e-9);
//! assert!((parse_as("150 g/L", Dimension::MASS_CONCENTRATION)? - 150.0).abs() < 1e-9);
//! let error = parse_as("150 g/L", Dimension::TIME).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "expected a time (s, min, h, d), found a mass concentration or density (g/L, kg/m3, mg/L, t/m3)"
//! );
//! # Ok::<(), lixivia::quantity::QuantityError>(())
//! ```

mod dimension;
mod display;
mod error;
mod table;
mod unit;

pub use dimension::Dimension;
pub use display::{format, natural, natural_unit, number};
pub use error::QuantityError;
pub use unit::Unit;

/// A number in SI with what it measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// Value in the coherent SI unit of `dimension` (K for a temperature).
    pub value: f64,
    /// What the number measures.
    pub dimension: Dimension,
}

impl Quantity {
    /// Reads a number followed by a unit, such as `"1.2e-5 mol^0.5 m^-1.5 s^-1"`.
    ///
    /// A bare number is dimensionless. `K` and `degC` alone are temperatures, never differences.
    ///
    /// # Errors
    /// [`QuantityError`] for text that is no number, is not finite, has an unknown or malformed unit, or
    /// is a temperature below absolute zero.
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        let (value, unit) = split(text)?;
        let unit = Unit::parse(unit)?;
        Ok(Quantity { value: to_si(text, value, &unit)?, dimension: unit.dimension })
    }
}

/// SI value of text that must have the given dimension.
///
/// # Errors
/// [`QuantityError`] as of [`Quantity::parse`], plus a missing unit and another dimension than expected.
pub fn parse_as(text: &str, expected: Dimension) -> Result<f64, QuantityError> {
    let (value, unit_text) = split(text)?;
    if unit_text.is_empty() && expected != Dimension::FRACTION {
        return Err(QuantityError::MissingUnit { text: text.trim().to_owned(), expected });
    }
    let unit = Unit::parse(unit_text)?.read_as(expected)?;
    to_si(text, value, &unit)
}

/// Number and unit text of `"85 degC"`; the unit may be empty and need not be known.
///
/// # Errors
/// [`QuantityError`] if the text does not begin with a finite number.
pub fn split(text: &str) -> Result<(f64, &str), QuantityError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(QuantityError::Empty);
    }
    let end = number_length(text);
    if end == 0 {
        return Err(if spells_non_finite(text) {
            QuantityError::NotFinite { text: text.to_owned() }
        } else {
            QuantityError::NotANumber { text: text.to_owned() }
        });
    }
    let (digits, unit) = text.split_at(end);
    let value: f64 = digits.parse().map_err(|_| QuantityError::NotANumber { text: text.to_owned() })?;
    if !value.is_finite() {
        return Err(QuantityError::NotFinite { text: text.to_owned() });
    }
    Ok((value, unit.trim()))
}

/// Bytes of the decimal number `[+-]digits[.digits][e[+-]digits]` that `text` begins with; 0 if none.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits_from = |start: usize| {
        let count = bytes.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
        start + count
    };
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut end = digits_from(sign);
    let mut digits = end - sign;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits_from(end + 1);
        digits += fraction - end - 1;
        end = fraction;
    }
    if digits == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits_from(signed);
        if exponent > signed {
            end = exponent;
        }
    }
    end
}

fn spells_non_finite(text: &str) -> bool {
    let word = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    word.starts_with("nan") || word.starts_with("inf") || word.starts_with('∞')
}

fn to_si(text: &str, value: f64, unit: &Unit) -> Result<f64, QuantityError> {
    let si = unit.to_si(value);
    if !si.is_finite() {
        return Err(QuantityError::NotFinite { text: text.trim().to_owned() });
    }
    if unit.dimension == Dimension::TEMPERATURE && si < 0.0 {
        return Err(QuantityError::BelowAbsoluteZero { text: text.trim().to_owned() });
    }
    Ok(si)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_agree_with_the_definitions_of_the_units() {
        // SI brochure (9th ed., 2019), tables 4, 5, 7 and 8: min, h, d, L, t, bar, mmHg, prefixes; CODATA atm.
        let rows = [
            ("85 degC", Dimension::TEMPERATURE, 358.15),
            ("-10.5 degC", Dimension::TEMPERATURE, 262.65),
            ("85 K", Dimension::TEMPERATURE, 85.0),
            ("15 K", Dimension::TEMPERATURE_DIFFERENCE, 15.0),
            ("2 h", Dimension::TIME, 7200.0),
            ("1.5 d", Dimension::TIME, 129_600.0),
            ("150 g/L", Dimension::MASS_CONCENTRATION, 150.0),
            ("2 mol/L", Dimension::CONCENTRATION, 2000.0),
            ("2 M", Dimension::CONCENTRATION, 2000.0),
            ("5 mmol/L", Dimension::CONCENTRATION, 5.0),
            ("3 g/t", Dimension::FRACTION, 3e-6),
            ("3 ppm", Dimension::FRACTION, 3e-6),
            ("12.5 wt%", Dimension::FRACTION, 0.125),
            ("12.5%", Dimension::FRACTION, 0.125),
            ("0.25", Dimension::FRACTION, 0.25),
            ("1 atm", Dimension::PRESSURE, 101_325.0),
            ("760 mmHg", Dimension::PRESSURE, 101_325.0),
            ("75 um", Dimension::LENGTH, 75e-6),
            ("75 µm", Dimension::LENGTH, 75e-6),
            ("3 m3/h", Dimension::VOLUME_FLOW, 3.0 / 3600.0),
            ("24 t/d", Dimension::MASS_FLOW, 24_000.0 / 86_400.0),
            ("250 A/m2", Dimension::CURRENT_DENSITY, 250.0),
            ("3 kWh/t", Dimension::SPECIFIC_ENERGY, 3.0 * 3600.0),
            ("60 kJ/mol", Dimension::MOLAR_ENERGY, 60_000.0),
            ("1 mol/(m2 s)", Dimension::SURFACE_RATE, 1.0),
            ("6 L/(mol min)", Dimension::new([3.0, 0.0, -1.0, 0.0, 0.0, -1.0, 0.0]), 1e-4),
            ("2 mol^0.5 m^-1.5 s^-1", Dimension::new([-1.5, 0.0, -1.0, 0.0, 0.0, 0.5, 0.0]), 2.0),
            ("600 rpm", Dimension::FREQUENCY, 10.0),
            ("128 USD/t", Dimension::PRICE, 0.128),
            ("1e-9 m²/s", Dimension::DIFFUSIVITY, 1e-9),
            ("1e-9 m2 s-1", Dimension::DIFFUSIVITY, 1e-9),
        ];
        for (text, dimension, want) in rows {
            let got = parse_as(text, dimension).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!((got - want).abs() <= 1e-12 * want.abs(), "{text}: got {got}, want {want}");
        }
    }

    #[test]
    fn faults_are_named() {
        let rows = [
            ("", Dimension::TIME, "expected a number with a unit, found nothing"),
            ("fast", Dimension::TIME, "`fast` does not begin with a number"),
            ("nan h", Dimension::TIME, "`nan h` is not a finite number"),
            ("-inf h", Dimension::TIME, "`-inf h` is not a finite number"),
            ("1e999 h", Dimension::TIME, "`1e999 h` is not a finite number"),
            ("1e308 d", Dimension::TIME, "`1e308 d` is not a finite number"),
            ("65", Dimension::TEMPERATURE, "`65` needs a unit: expected a temperature (degC, K)"),
            ("65 hr", Dimension::TIME, "unknown unit `hr`, did you mean `h`?"),
            ("65 kWg", Dimension::ENERGY, "unknown unit `kWg`, did you mean `kW` or `kWh`?"),
            (
                "65 kg/m3",
                Dimension::TIME,
                "expected a time (s, min, h, d), found a mass concentration or density (g/L, kg/m3, mg/L, t/m3)",
            ),
            (
                "5 degC",
                Dimension::TEMPERATURE_DIFFERENCE,
                "a temperature difference is written in K, not in `degC`",
            ),
            (
                "5 J/(mol degC)",
                Dimension::MOLAR_HEAT_CAPACITY,
                "`degC` in `J/(mol degC)` has an offset: write K in a compound unit",
            ),
            ("-300 degC", Dimension::TEMPERATURE, "`-300 degC` lies below absolute zero"),
            (
                "5 mol/m2 s",
                Dimension::SURFACE_RATE,
                "unit `mol/m2 s`: a factor after `/` is ambiguous, write `mol/(m2 s)` or a negative exponent",
            ),
            ("5 (m", Dimension::LENGTH, "unit `(m`: a parenthesis is not closed"),
            ("5 m)", Dimension::LENGTH, "unit `m)`: a parenthesis is not opened"),
            ("5 m/", Dimension::LENGTH, "unit `m/`: something is missing at the end"),
            ("5 m^x", Dimension::LENGTH, "unit `m^x`: `^` is not followed by a number"),
        ];
        for (text, dimension, want) in rows {
            let error = parse_as(text, dimension).expect_err(text);
            assert_eq!(error.to_string(), want, "{text}");
        }
    }

    #[test]
    fn an_unnamed_dimension_is_shown_in_base_units() {
        let error = parse_as("3 mol^0.5 m^-1.5 s^-1", Dimension::TIME).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a time (s, min, h, d), found a quantity in mol^0.5/(m^1.5 s)"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = Quantity::parse(&text);
            let _ = parse_as(&text, Dimension::TEMPERATURE);
        }

        #[test]
        fn any_unit_like_text_is_read_or_refused(text in "[0-9.e+-]{0,4}[ molskgLdegC/()^*%0-9.-]{0,20}") {
            let _ = Quantity::parse(&text);
        }

        #[test]
        fn display_and_parse_are_inverse(
            value in -1e6..1e6f64,
            unit in prop::sample::select(vec!["g/L", "mol/(m2 s)", "kWh/t", "um", "min", "wt%", "mol^0.5 m^-1.5 s^-1", "L/(mol min)"]),
        ) {
            let unit = Unit::parse(unit).unwrap();
            let text = format!("{} {}", unit.from_si(unit.to_si(value)), unit.name());
            let again = Quantity::parse(&text).unwrap();
            prop_assert_eq!(again.dimension, unit.dimension);
            prop_assert!((again.value - unit.to_si(value)).abs() <= 1e-12 * unit.to_si(value).abs());
        }
    }
}
