//! Shares that cannot be what was observed: a slip of the unit, or a number of another column.

use crate::quantity::{Quantity, number};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::unit::parameters::Place;

/// Key figures of a unit that are shares of what was fed.
const SHARES: [&str; 3] = [".extraction.", ".precipitated.", ".recovery"];

/// Shares that measurements reach, errors of analysis and of balances included.
const LIKELY: std::ops::RangeInclusive<f64> = -0.05..=1.1;

/// Plain numbers above this are meant in per cent.
const MOST_PLAIN: f64 = 1.5;

/// Whether an observed value, written as `text`, can be the share that `of` names.
///
/// # Errors
/// The fault, at `place`.
pub(super) fn check(of: &str, text: &str, value: f64, place: Place) -> Result<(), Box<Diagnostic>> {
    if !SHARES.iter().any(|share| of.contains(share)) || LIKELY.contains(&value) {
        return Ok(());
    }
    let read = Quantity::parse(text).ok();
    if read.is_some_and(|read| !read.dimension.is_dimensionless()) {
        return Ok(()); // told as a fault of the dimension
    }
    let plain = text.trim().parse::<f64>().is_ok();
    let (message, help) = if plain && value.abs() > MOST_PLAIN {
        let message =
            format!("`{}` without a unit is a share of {} %", text.trim(), number(100.0 * value, 6));
        (message, format!("write `{} %`", text.trim()))
    } else {
        let message = format!("a share of {} % cannot be observed", number(100.0 * value, 6));
        (message, "expected -5 % to 110 %".to_owned())
    };
    Err(Box::new(Diagnostic::new(Code::Range, place, message).help(help)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_without_unit_or_out_of_range_is_a_fault() {
        let told = |of: &str, text: &str| {
            let value = Quantity::parse(text).unwrap().value;
            check(of, text, value, Place::default()).err().map(|fault| fault.help.unwrap_or_default())
        };
        let of = "units.leach.extraction.Co";
        for fine in ["81.5 %", "0.815", "1", "110 %", "-5 %", "1.05"] {
            assert_eq!(told(of, fine), None, "{fine}");
        }
        assert_eq!(told(of, "81.5").as_deref(), Some("write `81.5 %`"));
        assert_eq!(told(of, "-70").as_deref(), Some("write `-70 %`"));
        for wrong in ["181.5 %", "-5.1 %", "1.2"] {
            assert_eq!(told(of, wrong).as_deref(), Some("expected -5 % to 110 %"), "{wrong}");
        }
        assert!(told("units.tank.precipitated.Mg", "44").is_some());
        assert_eq!(told("units.leach.pH", "4.5"), None, "no share");
    }
}
