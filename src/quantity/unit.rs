//! A unit expression: `"mol/(m2 s)"`, `"mol^0.5 m^-1.5 s^-1"`, `"degC"`.

use super::table::{Base, MISTAKEN, PREFIXES, SPELLINGS, UNITS};
use super::{Dimension, QuantityError};

/// Kelvin of 0 degC.
const ZERO_CELSIUS: f64 = 273.15;

/// A unit as somebody wrote it, with its size in SI: `si = value * factor + offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    name: String,
    /// SI value of one of this unit.
    pub factor: f64,
    /// SI value of zero of this unit: 273.15 for degC, else 0.
    pub offset: f64,
    /// What the unit measures.
    pub dimension: Dimension,
}

impl Unit {
    /// Reads a unit; empty text and `"1"` are the unit of a pure number.
    ///
    /// Factors are joined by a space, `*` or `·`; `/` divides by the one factor or parenthesis that follows;
    /// exponents are written `m3`, `m^3`, `s-1`, `mol^0.5` or `m³`.
    ///
    /// # Errors
    /// [`QuantityError`] for an unknown name, a malformed expression, or degC inside a compound unit.
    pub fn parse(text: &str) -> Result<Unit, QuantityError> {
        let text = text.trim();
        if matches!(text, "degC" | "°C" | "℃") {
            return Ok(Unit {
                name: text.to_owned(),
                factor: 1.0,
                offset: ZERO_CELSIUS,
                dimension: Dimension::TEMPERATURE,
            });
        }
        let (factor, dimension) =
            if text.is_empty() { (1.0, Dimension::FRACTION) } else { Parser::new(text).whole()? };
        if !(factor.is_finite() && factor > 0.0) {
            return Err(malformed(text, "its size is beyond the range of numbers"));
        }
        Ok(Unit { name: text.to_owned(), factor, offset: 0.0, dimension })
    }

    /// The unit of a pure number.
    pub fn one() -> Unit {
        Unit { name: String::new(), factor: 1.0, offset: 0.0, dimension: Dimension::FRACTION }
    }

    /// This unit read as one of `expected`: a plain `K` may also be a temperature difference.
    ///
    /// # Errors
    /// [`QuantityError::WrongDimension`], or [`QuantityError::NotADifference`] for degC as a difference.
    pub fn read_as(self, expected: Dimension) -> Result<Unit, QuantityError> {
        if expected == Dimension::TEMPERATURE_DIFFERENCE && self.dimension == Dimension::TEMPERATURE {
            if self.offset != 0.0 {
                return Err(QuantityError::NotADifference { unit: self.name });
            }
            return Ok(Unit { dimension: expected, ..self });
        }
        if self.dimension != expected {
            return Err(QuantityError::WrongDimension { expected, found: self.dimension, unit: self.name });
        }
        Ok(self)
    }

    /// The unit as it was written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SI value of a number in this unit.
    pub fn to_si(&self, value: f64) -> f64 {
        value * self.factor + self.offset
    }

    /// Number in this unit of an SI value.
    pub fn from_si(&self, si: f64) -> f64 {
        (si - self.offset) / self.factor
    }

    /// `"150 g/L"`: the SI value in this unit, to six significant digits.
    pub fn display(&self, si: f64) -> String {
        let number = super::number(self.from_si(si), 6);
        if self.name.is_empty() { number } else { format!("{number} {}", self.name) }
    }
}

fn malformed(unit: &str, problem: &str) -> QuantityError {
    QuantityError::Malformed { unit: unit.to_owned(), problem: problem.to_owned() }
}

/// Deepest nesting of parentheses in a unit.
const DEEPEST: usize = 8;

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

type Size = (f64, Dimension);

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        Parser { text, rest: text, depth: 0 }
    }

    fn whole(&mut self) -> Result<Size, QuantityError> {
        let size = self.product()?;
        if self.rest.is_empty() { Ok(size) } else { Err(malformed(self.text, "a parenthesis is not opened")) }
    }

    fn product(&mut self) -> Result<Size, QuantityError> {
        let (mut factor, mut dimension) = self.power()?;
        let mut divided = false;
        loop {
            self.rest = self.rest.trim_start();
            let Some(next) = self.rest.chars().next() else { break };
            let divides = match next {
                ')' => break,
                '/' => true,
                _ => false,
            };
            if matches!(next, '/' | '*' | '·' | '⋅') {
                self.rest = self.rest[next.len_utf8()..].trim_start();
            }
            if divided && !divides {
                let problem = "a factor after `/` is ambiguous, write `mol/(m2 s)` or a negative exponent";
                return Err(malformed(self.text, problem));
            }
            let (its_factor, its_dimension) = self.power()?;
            let sign = if divides { -1.0 } else { 1.0 };
            factor *= its_factor.powf(sign);
            dimension = dimension.times(its_dimension.power(sign));
            divided |= divides;
        }
        Ok((factor, dimension))
    }

    fn power(&mut self) -> Result<Size, QuantityError> {
        let (factor, dimension) = self.atom()?;
        let exponent = self.exponent()?;
        Ok(if exponent == 1.0 {
            (factor, dimension)
        } else {
            (factor.powf(exponent), dimension.power(exponent))
        })
    }

    fn atom(&mut self) -> Result<Size, QuantityError> {
        let Some(first) = self.rest.chars().next() else {
            return Err(malformed(self.text, "something is missing at the end"));
        };
        if first == '(' {
            return self.parenthesis();
        }
        if let Some(rest) = self.rest.strip_prefix('1')
            && !rest.starts_with(|next: char| next.is_ascii_digit() || next == '.')
        {
            self.rest = rest;
            return Ok((1.0, Dimension::FRACTION));
        }
        let end = self.rest.find(|next: char| !is_name(next)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(malformed(self.text, &format!("`{first}` is not part of a unit")));
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let base = look_up(name).ok_or_else(|| unknown(name))?;
        if matches!(base.0.name, "degC") {
            return Err(QuantityError::Offset { name: name.to_owned(), unit: self.text.to_owned() });
        }
        Ok((base.0.factor * base.1, base.0.dimension))
    }

    fn parenthesis(&mut self) -> Result<Size, QuantityError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(malformed(self.text, "parentheses are nested too deeply"));
        }
        self.rest = self.rest[1..].trim_start();
        let size = self.product()?;
        let Some(rest) = self.rest.strip_prefix(')') else {
            return Err(malformed(self.text, "a parenthesis is not closed"));
        };
        self.rest = rest;
        self.depth -= 1;
        Ok(size)
    }

    fn exponent(&mut self) -> Result<f64, QuantityError> {
        let caret = self.rest.strip_prefix('^');
        let text = caret.unwrap_or(self.rest);
        let sign = usize::from(text.starts_with(['-', '+']));
        let end = text
            .char_indices()
            .skip(sign)
            .find(|(_, next)| !(next.is_ascii_digit() || (*next == '.' && caret.is_some())))
            .map_or(text.len(), |(at, _)| at);
        if end > sign {
            let value: f64 =
                text[..end].parse().map_err(|_| malformed(self.text, "an exponent is not a number"))?;
            if value.abs() > 100.0 {
                return Err(malformed(self.text, "an exponent is larger than 100"));
            }
            self.rest = &text[end..];
            return Ok(value);
        }
        if caret.is_some() {
            return Err(malformed(self.text, "`^` is not followed by a number"));
        }
        Ok(self.superscript())
    }

    fn superscript(&mut self) -> f64 {
        const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
        let (negative, mut rest) = match self.rest.strip_prefix('⁻') {
            Some(rest) => (true, rest),
            None => (false, self.rest),
        };
        let Some(digit) = rest.chars().next().and_then(|c| DIGITS.iter().position(|own| *own == c)) else {
            return 1.0;
        };
        rest = &rest[DIGITS[digit].len_utf8()..];
        self.rest = rest;
        if negative { -(digit as f64) } else { digit as f64 }
    }
}

fn is_name(next: char) -> bool {
    next.is_alphabetic() && !matches!(next, '⁻') || matches!(next, '%' | '°' | '℃' | 'µ' | 'Ω' | '$' | '_')
}

/// The unit of that name with the factor of its prefix.
fn look_up(name: &str) -> Option<(&'static Base, f64)> {
    let name = SPELLINGS.iter().find(|(spelling, _)| *spelling == name).map_or(name, |(_, usual)| usual);
    if let Some(base) = UNITS.iter().find(|base| base.name == name) {
        return Some((base, 1.0));
    }
    let letter = name.chars().next()?;
    let rest = &name[letter.len_utf8()..];
    let letter = if matches!(letter, 'µ' | 'μ') { 'u' } else { letter };
    let (_, factor) = PREFIXES.iter().find(|(prefix, _)| *prefix == letter)?;
    let base = UNITS.iter().find(|base| base.name == rest && base.prefixes.contains(letter))?;
    Some((base, *factor))
}

fn unknown(name: &str) -> QuantityError {
    let nearest = match MISTAKEN.iter().find(|(word, _)| *word == name) {
        Some((_, meant)) => vec![(*meant).to_owned()],
        None => nearest(name),
    };
    QuantityError::UnknownUnit { unit: name.to_owned(), nearest }
}

/// At most two known units that differ from `name` by one edit or by case.
fn nearest(name: &str) -> Vec<String> {
    if name.chars().count() > 8 {
        return Vec::new();
    }
    let mut known: Vec<String> = UNITS.iter().map(|base| base.name.to_owned()).collect();
    for base in UNITS {
        known.extend(base.prefixes.chars().map(|prefix| format!("{prefix}{}", base.name)));
    }
    let same_but_case = known.iter().filter(|own| own.eq_ignore_ascii_case(name));
    let close = known.iter().filter(|own| own.len() > 1 && strsim::damerau_levenshtein(own, name) == 1);
    let mut found: Vec<String> = Vec::new();
    for unit in same_but_case.chain(close) {
        if !found.contains(unit) {
            found.push(unit.clone());
        }
    }
    found.sort_by(|a, b| {
        let score = |unit: &str| strsim::jaro_winkler(unit, name);
        score(b).total_cmp(&score(a))
    });
    found.truncate(2);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_read_in_two_ways() {
        for base in UNITS {
            for prefix in base.prefixes.chars() {
                let name = format!("{prefix}{}", base.name);
                let clash = UNITS.iter().any(|other| other.name == name);
                assert!(!clash || matches!(name.as_str(), "cP" | "mmol"), "{name} is also a unit of its own");
            }
        }
    }

    #[test]
    fn division_binds_one_factor() {
        for text in ["mol/(m2 s)", "mol/m2/s", "mol m-2 s-1", "mol m⁻² s^-1", "mol·m^-2·s^-1", "mol*m-2*s-1"]
        {
            let unit = Unit::parse(text).unwrap();
            assert_eq!(unit.dimension, Dimension::SURFACE_RATE, "{text}");
            assert!((unit.factor - 1.0).abs() < 1e-15, "{text}");
        }
    }

    #[test]
    fn celsius_has_an_offset_and_nothing_else_has() {
        let celsius = Unit::parse("degC").unwrap();
        assert!((celsius.from_si(celsius.to_si(36.6)) - 36.6).abs() < 1e-12);
        assert_eq!(celsius.display(358.15), "85 degC");
        assert_eq!(Unit::parse("K").unwrap().offset, 0.0);
    }
}
