//! SI numbers back to text for people.

use super::{Dimension, QuantityError, Unit};

/// An SI value in a wished unit: `format(358.15, "degC")` is `"85 degC"`.
///
/// # Errors
/// [`QuantityError`] if the unit cannot be read.
pub fn format(si: f64, unit: &str) -> Result<String, QuantityError> {
    Ok(Unit::parse(unit)?.display(si))
}

/// An SI value in the unit a reader of this field would choose: 7200 s is `"2 h"`.
pub fn natural(si: f64, dimension: Dimension) -> String {
    natural_unit(si, dimension).display(si)
}

/// The unit a reader of this field would choose for a value of this size; the SI unit where no choice is known.
pub fn natural_unit(si: f64, dimension: Dimension) -> Unit {
    let ladder = LADDERS.iter().find(|(its, _)| *its == dimension).map(|(_, units)| *units);
    let chosen = ladder.and_then(|units| choose(si, units));
    let fallback = || {
        let text = if dimension.is_dimensionless() { String::new() } else { dimension.si_unit() };
        Unit::parse(&text).ok()
    };
    let unit = chosen.or_else(|| dimension.example_units().first().and_then(|text| Unit::parse(text).ok()));
    unit.or_else(fallback).unwrap_or_else(Unit::one)
}

/// The largest unit of an ascending ladder in which the value is at least one; the smallest one failing that.
fn choose(si: f64, units: &[&str]) -> Option<Unit> {
    let mut chosen = None;
    for text in units {
        let unit = Unit::parse(text).ok()?;
        if chosen.is_none() || si.abs() >= unit.factor * (1.0 - 1e-12) {
            chosen = Some(unit);
        }
    }
    chosen
}

const LADDERS: &[(Dimension, &[&str])] = &[
    (Dimension::FRACTION, &["%"]),
    (Dimension::TEMPERATURE, &["degC"]),
    (Dimension::TEMPERATURE_DIFFERENCE, &["K"]),
    (Dimension::TIME, &["ms", "s", "min", "h", "d"]),
    (Dimension::MASS, &["mg", "g", "kg", "t"]),
    (Dimension::AMOUNT, &["mmol", "mol", "kmol"]),
    (Dimension::LENGTH, &["nm", "um", "mm", "m"]),
    (Dimension::AREA, &["cm2", "m2"]),
    (Dimension::VOLUME, &["mL", "L", "m3"]),
    (Dimension::PRESSURE, &["Pa", "kPa", "bar"]),
    (Dimension::ENERGY, &["J", "kJ", "MJ", "GJ"]),
    (Dimension::POWER, &["W", "kW", "MW"]),
    (Dimension::MASS_FLOW, &["g/h", "kg/h", "t/h"]),
    (Dimension::VOLUME_FLOW, &["mL/h", "L/h", "m3/h"]),
    (Dimension::AMOUNT_FLOW, &["mmol/h", "mol/h", "kmol/h"]),
    (Dimension::CONCENTRATION, &["umol/L", "mmol/L", "mol/L"]),
    (Dimension::MASS_CONCENTRATION, &["ug/L", "mg/L", "g/L"]),
    (Dimension::SPECIFIC_ENERGY, &["kWh/t"]),
    (Dimension::MOLAR_ENERGY, &["J/mol", "kJ/mol"]),
    (Dimension::CURRENT, &["mA", "A", "kA"]),
    (Dimension::POTENTIAL, &["mV", "V"]),
];

/// A number to so many significant digits, without trailing zeros; scientific below 1e-4 and from 1e7.
pub fn number(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let digits = digits.clamp(1, 17);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..7).contains(&exponent) {
        let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
        return trimmed(&format!("{value:.decimals$}")).to_owned();
    }
    format!("{}e{exponent}", trimmed(mantissa))
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_significant_digits() {
        let rows = [
            (85.0, "85"),
            (0.1 + 0.2, "0.3"),
            (1234567.8, "1234568"),
            (12_345_678.0, "1.23457e7"),
            (-0.000_012_3, "-1.23e-5"),
            (0.000_123_456_7, "0.000123457"),
            (999_999.96, "1000000"),
            (0.0, "0"),
        ];
        for (value, want) in rows {
            assert_eq!(number(value, 6), want);
        }
    }

    #[test]
    fn units_are_chosen_as_a_reader_would() {
        let rows = [
            (7200.0, Dimension::TIME, "2 h"),
            (90.0, Dimension::TIME, "1.5 min"),
            (358.15, Dimension::TEMPERATURE, "85 degC"),
            (0.125, Dimension::FRACTION, "12.5 %"),
            (75e-6, Dimension::LENGTH, "75 um"),
            (150.0, Dimension::MASS_CONCENTRATION, "150 g/L"),
            (0.02, Dimension::MASS_CONCENTRATION, "20 mg/L"),
            (60_000.0, Dimension::MOLAR_ENERGY, "60 kJ/mol"),
            (2.0, Dimension::new([-1.5, 0.0, -1.0, 0.0, 0.0, 0.5, 0.0]), "2 mol^0.5/(m^1.5 s)"),
        ];
        for (value, dimension, want) in rows {
            assert_eq!(natural(value, dimension), want);
        }
        assert_eq!(format(358.15, "degC").unwrap(), "85 degC");
    }
}
