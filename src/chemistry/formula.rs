//! Chemical formulas: `"LiNi0.6Mn0.2Co0.2O2"`, `"CuSO4:5H2O"`, `"Fe2(SO4)3"`, `"SO4-2"`, `"{gangue}"`.

use super::elements::Element;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Elements with their counts, and a charge.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    text: String,
    counts: BTreeMap<Element, f64>,
    charge: f64,
}

/// Why a text is no formula.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum FormulaError {
    /// Nothing was written.
    #[error("expected a formula, found nothing")]
    Empty,
    /// A symbol that is no element.
    #[error("`{symbol}` in formula `{formula}` is not an element")]
    UnknownElement {
        /// The symbol as written.
        symbol: String,
        /// The whole formula as written.
        formula: String,
    },
    /// Anything else.
    #[error("formula `{formula}`: {problem}")]
    Malformed {
        /// The formula as written.
        formula: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Formula {
    /// Reads a formula.
    ///
    /// Counts may be fractional; groups nest in `()` or `[]`; hydrates are joined by `:` or `·`, the multiplier before
    /// the group; a charge stands last as `+`, `-2`, `+3`; `{name}` is a pseudo-element; `e-` is the electron.
    ///
    /// # Errors
    /// [`FormulaError`] with the offending symbol.
    pub fn parse(text: &str) -> Result<Formula, FormulaError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FormulaError::Empty);
        }
        if text == "e-" {
            return Ok(Formula { text: text.to_owned(), counts: BTreeMap::new(), charge: -1.0 });
        }
        let mut parser = Parser { text, rest: text, depth: 0 };
        let (counts, charge) = parser.whole()?;
        Ok(Formula { text: text.to_owned(), counts, charge })
    }

    /// The formula of a pseudo-component: one pseudo-element of that name, 1 kg/mol.
    pub fn pseudo(name: &str) -> Formula {
        let counts = BTreeMap::from([(Element::Pseudo(Arc::from(name)), 1.0)]);
        Formula { text: format!("{{{name}}}"), counts, charge: 0.0 }
    }

    /// The formula as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Elements with their counts per formula unit, by atomic number, pseudo-elements last.
    pub fn elements(&self) -> impl Iterator<Item = (&Element, f64)> {
        self.counts.iter().map(|(element, count)| (element, *count))
    }

    /// How many atoms of the element a formula unit holds.
    pub fn count(&self, element: &Element) -> f64 {
        self.counts.get(element).copied().unwrap_or(0.0)
    }

    /// Charge number.
    pub fn charge(&self) -> f64 {
        self.charge
    }

    /// Molar mass, kg/mol: the atoms' standard weights; the mass of electrons gained or lost is neglected.
    pub fn molar_mass(&self) -> f64 {
        self.counts.iter().map(|(element, count)| count * element.molar_mass()).sum()
    }

    /// Mass fraction of an element, 0..1.
    pub fn mass_fraction(&self, element: &Element) -> f64 {
        let mass = self.molar_mass();
        if mass > 0.0 { self.count(element) * element.molar_mass() / mass } else { 0.0 }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

type Counts = BTreeMap<Element, f64>;

/// Deepest nesting of groups.
const DEEPEST: usize = 16;

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<(Counts, f64), FormulaError> {
        let mut counts = Counts::new();
        loop {
            let multiplier = self.number()?.unwrap_or(1.0);
            let part = self.groups()?;
            add(&mut counts, &part, multiplier);
            match self.rest.chars().next() {
                Some(joint @ (':' | '·' | '•' | '*')) => self.rest = &self.rest[joint.len_utf8()..],
                Some('+' | '-') => break,
                None => return Ok((counts, 0.0)),
                Some(other) => return Err(self.malformed(&format!("`{other}` is out of place"))),
            }
        }
        let charge = self.charge()?;
        Ok((counts, charge))
    }

    fn charge(&mut self) -> Result<f64, FormulaError> {
        let sign = if self.rest.starts_with('-') { -1.0 } else { 1.0 };
        self.rest = &self.rest[1..];
        let size = self.number()?.unwrap_or(1.0);
        if self.rest.is_empty() { Ok(sign * size) } else { Err(self.malformed("the charge must stand last")) }
    }

    fn groups(&mut self) -> Result<Counts, FormulaError> {
        let mut counts = Counts::new();
        while let Some(group) = self.group()? {
            let before = self.rest;
            let multiplier = self.number()?.unwrap_or(1.0);
            if multiplier.fract() != 0.0 && multiplier > 1.0 && self.rest == "H2O" {
                let written = &before[..before.len() - self.rest.len()];
                return Err(self.malformed(&format!("`{written}H2O` is ambiguous, write a hydrate with `:`")));
            }
            add(&mut counts, &group, multiplier);
        }
        if counts.is_empty() {
            let problem = match self.rest.chars().next() {
                Some(found) => format!("expected an element, found `{found}`"),
                None => "expected an element at the end".to_owned(),
            };
            return Err(self.malformed(&problem));
        }
        Ok(counts)
    }

    fn group(&mut self) -> Result<Option<Counts>, FormulaError> {
        match self.rest.chars().next() {
            Some('(') => self.nested(')').map(Some),
            Some('[') => self.nested(']').map(Some),
            Some('{') => self.pseudo().map(Some),
            Some(first) if first.is_ascii_uppercase() => self.element().map(Some),
            Some(first) if first.is_ascii_lowercase() => Err(FormulaError::UnknownElement {
                symbol: self.rest.chars().take_while(char::is_ascii_lowercase).collect(),
                formula: self.text.to_owned(),
            }),
            _ => Ok(None),
        }
    }

    fn nested(&mut self, close: char) -> Result<Counts, FormulaError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.malformed("groups are nested too deeply"));
        }
        self.rest = &self.rest[1..];
        let counts = self.groups()?;
        match self.rest.strip_prefix(close) {
            Some(rest) => self.rest = rest,
            None => return Err(self.malformed(&format!("a group is not closed by `{close}`"))),
        }
        self.depth -= 1;
        Ok(counts)
    }

    fn pseudo(&mut self) -> Result<Counts, FormulaError> {
        let Some((name, rest)) = self.rest[1..].split_once('}') else {
            return Err(self.malformed("a pseudo-element is not closed by `}`"));
        };
        if name.is_empty() || name.contains(['{', ' ']) {
            return Err(self.malformed("a pseudo-element needs a name without spaces"));
        }
        self.rest = rest;
        Ok(Counts::from([(Element::Pseudo(Arc::from(name)), 1.0)]))
    }

    fn element(&mut self) -> Result<Counts, FormulaError> {
        let end = 1 + usize::from(self.rest[1..].starts_with(|next: char| next.is_ascii_lowercase()));
        let (symbol, rest) = self.rest.split_at(end);
        let element = Element::from_symbol(symbol).ok_or_else(|| FormulaError::UnknownElement {
            symbol: symbol.to_owned(),
            formula: self.text.to_owned(),
        })?;
        self.rest = rest;
        Ok(Counts::from([(element, 1.0)]))
    }

    fn number(&mut self) -> Result<Option<f64>, FormulaError> {
        let end =
            self.rest.find(|next: char| !(next.is_ascii_digit() || next == '.')).unwrap_or(self.rest.len());
        if end == 0 {
            return Ok(None);
        }
        let (digits, rest) = self.rest.split_at(end);
        let value: f64 =
            digits.parse().map_err(|_| self.malformed(&format!("`{digits}` is not a number")))?;
        if !(value.is_finite() && value > 0.0 && value < 1e6) {
            return Err(self.malformed(&format!("the count `{digits}` is not between 0 and a million")));
        }
        self.rest = rest;
        Ok(Some(value))
    }

    fn malformed(&self, problem: &str) -> FormulaError {
        FormulaError::Malformed { formula: self.text.to_owned(), problem: problem.to_owned() }
    }
}

fn add(into: &mut Counts, part: &Counts, multiplier: f64) {
    for (element, count) in part {
        *into.entry(element.clone()).or_insert(0.0) += multiplier * count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(text: &str) -> Vec<(String, f64)> {
        let formula = Formula::parse(text).unwrap_or_else(|error| panic!("{error}"));
        formula.elements().map(|(element, count)| (element.symbol().to_owned(), count)).collect()
    }

    #[test]
    fn molar_masses_agree_with_print() {
        // g/mol, CRC Handbook of Chemistry and Physics, physical constants of inorganic compounds; the tolerance covers
        // the revisions of atomic weights between editions (S 32.065 to 32.06, Zn 65.39 to 65.38).
        let rows = [
            ("H2O", 18.015),
            ("LiCoO2", 97.872),
            ("CuSO4:5H2O", 249.685),
            ("CuSO4·5H2O", 249.685),
            ("Fe2(SO4)3", 399.878),
            ("Al(OH)3", 78.004),
            ("CoSO4:7H2O", 281.103),
            ("H2O2", 34.015),
            ("GaAs", 144.645),
            ("GeO2", 104.64),
            ("Mg3Si2O5(OH)4", 277.112),
            ("(NH4)2SO4", 132.140),
        ];
        for (text, want) in rows {
            let got = Formula::parse(text).unwrap().molar_mass() * 1e3;
            assert!((got - want).abs() <= 0.025, "{text}: got {got:.4}, printed {want}");
        }
    }

    #[test]
    fn fractional_and_nested_counts_add_up() {
        let nmc = counts("LiNi0.6Mn0.2Co0.2O2");
        let want = [("Li", 1.0), ("O", 2.0), ("Mn", 0.2), ("Co", 0.2), ("Ni", 0.6)];
        assert_eq!(nmc, want.map(|(symbol, count)| (symbol.to_owned(), count)));
        assert_eq!(counts("[Co(NH3)6]Cl3"), counts("CoN6H18Cl3"));
        assert_eq!(
            counts("Ca0.5(OH)"),
            [("H".to_owned(), 1.0), ("O".to_owned(), 1.0), ("Ca".to_owned(), 0.5)]
        );
        assert_eq!(counts("NaFe3(SO4)2(OH)6"), counts("Fe3S2O14H6Na"));
        assert_eq!(counts("CoC2O4:2H2O"), counts("CoC2O6H4"));
    }

    #[test]
    fn charges_are_read() {
        for (text, want) in
            [("H+", 1.0), ("SO4-2", -2.0), ("Co+2", 2.0), ("Co(NH3)6+3", 3.0), ("e-", -1.0), ("O2", 0.0)]
        {
            assert_eq!(Formula::parse(text).unwrap().charge(), want, "{text}");
        }
    }

    #[test]
    fn pseudo_components_weigh_a_kilogram_a_mole() {
        let gangue = Formula::pseudo("gangue");
        assert_eq!(gangue.molar_mass(), 1.0);
        assert_eq!(Formula::parse("{gangue}").unwrap(), gangue);
        assert_eq!(gangue.mass_fraction(&Element::Pseudo(Arc::from("gangue"))), 1.0);
    }

    #[test]
    fn faults_are_named() {
        let rows = [
            ("", "expected a formula, found nothing"),
            ("Xy2", "`Xy` in formula `Xy2` is not an element"),
            ("co", "`co` in formula `co` is not an element"),
            ("Fe2(SO4", "formula `Fe2(SO4`: a group is not closed by `)`"),
            ("Fe)", "formula `Fe)`: `)` is out of place"),
            ("Fe2()3", "formula `Fe2()3`: expected an element, found `)`"),
            ("CuSO4:", "formula `CuSO4:`: expected an element at the end"),
            ("CuSO4.5H2O", "formula `CuSO4.5H2O`: `4.5H2O` is ambiguous, write a hydrate with `:`"),
            ("Fe1.2.3", "formula `Fe1.2.3`: `1.2.3` is not a number"),
            ("Fe0", "formula `Fe0`: the count `0` is not between 0 and a million"),
            ("SO4-2x", "formula `SO4-2x`: the charge must stand last"),
            ("{a", "formula `{a`: a pseudo-element is not closed by `}`"),
        ];
        for (text, want) in rows {
            assert_eq!(Formula::parse(text).unwrap_err().to_string(), want);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = Formula::parse(&text);
        }

        #[test]
        fn formula_like_text_is_read_or_refused(text in "[A-Za-z0-9.():·{}+\\[\\]-]{0,24}") {
            let _ = Formula::parse(&text);
        }

        #[test]
        fn a_group_multiplies_its_mass(n in 1u32..200) {
            let one = Formula::parse("SO4").unwrap().molar_mass();
            let many = Formula::parse(&format!("(SO4){n}")).unwrap().molar_mass();
            prop_assert!((many - f64::from(n) * one).abs() <= 1e-12 * many);
        }
    }
}
