//! What is estimated.

use crate::quantity::{Dimension, Quantity, parse_as, split};
use crate::scenario::{Code, Diagnostic, EstimateEntry, difference_of};
use crate::unit::parameters::{Located, Place};

/// One number to estimate; on the log scale the search moves its logarithm.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// Short name, with its group in brackets where it has one.
    pub name: String,
    /// Value of the scenario that it sets; `None` for a formula's own.
    pub of: Option<String>,
    /// Whether every group has a value of its own, of which this is one.
    pub grouped: bool,
    /// Whether the search is on the logarithm.
    pub log: bool,
    /// Start, on the scale of the search.
    pub start: f64,
    /// Lowest value, on that scale.
    pub lower: f64,
    /// Highest.
    pub upper: f64,
    /// Standard deviation of prior knowledge around the start, on that scale.
    pub prior: Option<f64>,
    /// Whether it stays at its start.
    pub fixed: bool,
    /// What it measures.
    pub dimension: Dimension,
    /// Unit in which it is shown, as the file wrote it.
    pub unit: String,
}

impl Unknown {
    /// The value, SI, at `x` on the scale of the search.
    pub fn value(&self, x: f64) -> f64 {
        if self.log { x.exp() } else { x }
    }

    /// The same in the unit in which it is shown.
    pub fn shown(&self, x: f64) -> f64 {
        let unit = crate::quantity::Unit::parse(&self.unit).and_then(|unit| unit.read_as(self.dimension));
        unit.map_or(self.value(x), |unit| unit.from_si(self.value(x)))
    }

    /// A typical size of its value at `value` (SI), positive, for the steps of differences.
    pub fn size(&self, value: f64) -> f64 {
        let width = self.upper - self.lower;
        let other =
            if !self.log && width.is_finite() { 0.05 * width } else { 0.05 * self.value(self.start).abs() };
        value.abs().max(other).max(1e-12)
    }

    /// From its entry; `held` is what the scenario has.
    ///
    /// # Errors
    /// The fault of a value that is none, of another dimension, or outside its bounds.
    pub fn read(
        name: &Located<String>,
        entry: &EstimateEntry,
        held: Option<(f64, Dimension)>,
    ) -> Result<Unknown, Box<Diagnostic>> {
        let fault = |code, place, message: String| Box::new(Diagnostic::new(code, place, message));
        let (dimension, now) = match (held, &entry.start) {
            (Some((value, dimension)), _) => (dimension, value),
            (None, Some(start)) => {
                let read = Quantity::parse(&start.value)
                    .map_err(|error| fault(Code::Quantity, start.place, format!("`start`: {error}")))?;
                (read.dimension, read.value)
            }
            (None, None) => {
                let message = format!("`{}` needs a `start`", name.value);
                return Err(fault(Code::MissingKey, name.place, message));
            }
        };
        let read = |text: &Option<Located<String>>, key: &str| -> Result<Option<f64>, Box<Diagnostic>> {
            let Some(text) = text else { return Ok(None) };
            let value = parse_as(&text.value, dimension).map_err(|error| {
                fault(Code::Quantity, text.place, format!("`{key}` of `{}`: {error}", name.value))
            })?;
            Ok(Some(value))
        };
        let log = entry.scale == "log";
        let positive = |value: f64, place: Place| {
            let wrong = log && value <= 0.0;
            let message =
                format!("`{}` is searched on the log scale: its values must be positive", name.value);
            if wrong {
                Err(fault(Code::Range, place, message))
            } else {
                Ok(if log { value.ln() } else { value })
            }
        };
        let place = |text: &Option<Located<String>>| text.as_ref().map_or(name.place, |text| text.place);
        let start = positive(read(&entry.start, "start")?.unwrap_or(now), place(&entry.start))?;
        let end = |text: &Option<Located<String>>, key: &str| {
            read(text, key)?.map(|value| positive(value, place(text))).transpose()
        };
        let lower = end(&entry.min, "min")?;
        let upper = end(&entry.max, "max")?;
        let (lower, upper) = (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY));
        if !(lower..=upper).contains(&start) || lower == upper {
            let message =
                format!("`{}`: its start must lie between `min` and `max`, which differ", name.value);
            return Err(fault(Code::Range, name.place, message));
        }
        let prior = match &entry.prior {
            None => None,
            Some(text) => {
                let wanted = if log { Dimension::FRACTION } else { difference_of(dimension) };
                match parse_as(&text.value, wanted) {
                    Ok(deviation) if deviation > 0.0 => Some(deviation),
                    Ok(_) => {
                        return Err(fault(Code::Range, text.place, "`prior` must be positive".to_owned()));
                    }
                    Err(error) => return Err(fault(Code::Quantity, text.place, format!("`prior`: {error}"))),
                }
            }
        };
        let written = [&entry.start, &entry.min, &entry.max].into_iter().flatten().next();
        let unit = written.and_then(|text| split(&text.value).ok()).map(|(_, unit)| unit.to_owned());
        let unit = unit.unwrap_or_else(|| {
            if dimension.is_dimensionless() { String::new() } else { dimension.si_unit() }
        });
        Ok(Unknown {
            name: name.value.clone(),
            of: entry.of.as_ref().map(|of| of.value.clone()),
            grouped: false,
            log,
            start,
            lower,
            upper,
            prior,
            fixed: entry.fixed,
            dimension,
            unit,
        })
    }
}
