//! Reactions as chemists write them, checked for balance.

use super::species::{SpeciesError, SpeciesId, SpeciesTable};
use crate::numerics::Scalar;
use std::fmt;
use thiserror::Error;

/// A species with its stoichiometric coefficient, negative for what is consumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Which species.
    pub species: SpeciesId,
    /// mol per mol of the reaction as written.
    pub nu: f64,
}

/// A balanced reaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    text: String,
    terms: Vec<Term>,
}

/// An element, or the charge, that is not the same on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Imbalance {
    /// Symbol, name of a pseudo-element, or `charge`.
    pub what: String,
    /// mol (or charge number) on the left.
    pub left: f64,
    /// mol (or charge number) on the right.
    pub right: f64,
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let round = |value: f64| (value * 1e9).round() / 1e9 + 0.0;
        let (left, right) = (round(self.left), round(self.right));
        let excess = if self.left > self.right { "left" } else { "right" };
        write!(
            f,
            "{} {left} on the left, {right} on the right ({} too many on the {excess})",
            self.what,
            round((self.left - self.right).abs())
        )
    }
}

/// Why a text is no balanced reaction.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ReactionError {
    /// No `=`, or more than one.
    #[error("reaction `{text}` needs exactly one `=`")]
    Sides {
        /// The reaction as written.
        text: String,
    },
    /// A term that cannot be read.
    #[error("reaction `{text}`: {problem}")]
    Malformed {
        /// The reaction as written.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A species that is not in the table.
    #[error("reaction `{text}`: {error}")]
    Species {
        /// The reaction as written.
        text: String,
        /// Which species, and what was likely meant.
        error: SpeciesError,
    },
    /// Elements or charge do not balance.
    #[error("reaction `{text}` is not balanced: {}", list(imbalances))]
    Unbalanced {
        /// The reaction as written.
        text: String,
        /// What is off and by how much.
        imbalances: Vec<Imbalance>,
    },
}

fn list(imbalances: &[Imbalance]) -> String {
    imbalances.iter().map(Imbalance::to_string).collect::<Vec<_>>().join("; ")
}

/// Data that a property of a reaction needs and no species file gives.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{what} of {} is not known", species.join(", "))]
pub struct MissingData {
    /// What is missing, such as "the enthalpy of formation".
    pub what: &'static str,
    /// The species that lack it.
    pub species: Vec<String>,
}

/// Imbalance that is put down to rounding, relative to the mol of the element on one side and at least 1 mol.
const BALANCE_TOLERANCE: f64 = 1e-9;

impl Reaction {
    /// Reads `"2 LiCoO2(s) + 6 H+ + H2O2 = 2 Co+2 + 2 Li+ + 4 H2O + O2(g)"`.
    ///
    /// Terms are joined by a `+` between spaces; coefficients are written `2`, `0.5` or `1/2`.
    ///
    /// # Errors
    /// [`ReactionError`] for a text that cannot be read, a species not in the table (with the nearest names), and an
    /// element or a charge that is off (with both sides).
    pub fn parse(text: &str, table: &SpeciesTable) -> Result<Reaction, ReactionError> {
        let text = text.trim();
        let (left, right) = sides(text)?;
        let mut terms = Vec::new();
        for (side, sign) in [(left, -1.0), (right, 1.0)] {
            for (nu, name) in side_terms(text, side)? {
                let species = table
                    .find(name)
                    .map_err(|error| ReactionError::Species { text: text.to_owned(), error })?;
                terms.push(Term { species, nu: sign * nu });
            }
        }
        let imbalances = imbalances(&terms, table);
        if !imbalances.is_empty() {
            return Err(ReactionError::Unbalanced { text: text.to_owned(), imbalances });
        }
        let terms = net(terms);
        if terms.is_empty() {
            return Err(malformed(text, "nothing changes"));
        }
        Ok(Reaction { text: text.to_owned(), terms })
    }

    /// Names of the species in a reaction's text, each once, in order, without a table.
    ///
    /// # Errors
    /// [`ReactionError`] for a text that cannot be read.
    pub fn names(text: &str) -> Result<Vec<String>, ReactionError> {
        let text = text.trim();
        let (left, right) = sides(text)?;
        let mut names: Vec<String> = Vec::new();
        for (_, name) in side_terms(text, left)?.into_iter().chain(side_terms(text, right)?) {
            if !names.iter().any(|own| own == name) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// One side of a reaction, such as what a reagent dissolves into: `"2 H+ + SO4-2"`; coefficients positive.
    ///
    /// # Errors
    /// [`ReactionError`] for a text that cannot be read and a species not in the table.
    pub fn side(text: &str, table: &SpeciesTable) -> Result<Vec<Term>, ReactionError> {
        let text = text.trim();
        let named = side_terms(text, text)?;
        let mut terms = Vec::with_capacity(named.len());
        for (nu, name) in named {
            let species =
                table.find(name).map_err(|error| ReactionError::Species { text: text.to_owned(), error })?;
            terms.push(Term { species, nu });
        }
        Ok(net(terms))
    }

    /// The reaction as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Net coefficients, each species once, in order of appearance.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Net coefficient of a species; 0 if it takes no part.
    pub fn nu(&self, species: SpeciesId) -> f64 {
        self.terms.iter().find(|term| term.species == species).map_or(0.0, |term| term.nu)
    }

    /// What is consumed, with positive coefficients.
    pub fn reactants(&self) -> impl Iterator<Item = Term> {
        self.terms.iter().filter(|term| term.nu < 0.0).map(|term| Term { nu: -term.nu, ..*term })
    }

    /// What is formed.
    pub fn products(&self) -> impl Iterator<Item = Term> {
        self.terms.iter().filter(|term| term.nu > 0.0).copied()
    }

    /// Lets the reaction run by `extent` (mol or mol/s) in amounts ordered as the species table.
    pub fn apply<S: Scalar>(&self, extent: S, amounts: &mut [S]) {
        for term in &self.terms {
            if let Some(amount) = amounts.get_mut(term.species.0) {
                *amount += extent * term.nu;
            }
        }
    }

    /// Largest extent (mol or mol/s) the amounts allow, and the reactant that sets it.
    pub fn largest_extent<S: Scalar>(&self, amounts: &[S]) -> Option<(S, SpeciesId)> {
        let zero = S::from(0.0);
        self.reactants()
            .map(|term| {
                (amounts.get(term.species.0).copied().unwrap_or(zero).max(zero) / term.nu, term.species)
            })
            .min_by(|a, b| a.0.real().total_cmp(&b.0.real()))
    }

    /// Reaction enthalpy at `temperature` (K), J per mol of the reaction as written; negative gives heat.
    ///
    /// # Errors
    /// [`MissingData`] naming the species whose enthalpy of formation is not known.
    pub fn enthalpy(&self, table: &SpeciesTable, temperature: f64) -> Result<f64, MissingData> {
        let mut total = 0.0;
        let mut missing = Vec::new();
        for term in &self.terms {
            let species = table.get(term.species);
            match species.thermo.enthalpy_at(temperature) {
                Some(enthalpy) => total += term.nu * enthalpy,
                None => missing.push(species.name.clone()),
            }
        }
        if missing.is_empty() {
            Ok(total)
        } else {
            Err(MissingData { what: "the enthalpy of formation", species: missing })
        }
    }
}

fn malformed(text: &str, problem: &str) -> ReactionError {
    ReactionError::Malformed { text: text.to_owned(), problem: problem.to_owned() }
}

fn sides(text: &str) -> Result<(&str, &str), ReactionError> {
    let mut sides = text.split('=');
    match (sides.next(), sides.next(), sides.next()) {
        (Some(left), Some(right), None) => Ok((left, right)),
        _ => Err(ReactionError::Sides { text: text.to_owned() }),
    }
}

/// Coefficients and names on one side; terms are joined by a `+` that stands alone.
fn side_terms<'a>(text: &str, side: &'a str) -> Result<Vec<(f64, &'a str)>, ReactionError> {
    let mut terms = Vec::new();
    let mut words: Vec<&'a str> = Vec::new();
    for word in side.split_whitespace().chain(["+"]) {
        if word != "+" {
            words.push(word);
            continue;
        }
        terms.push(term(text, &words)?);
        words.clear();
    }
    Ok(terms)
}

fn term<'a>(text: &str, words: &[&'a str]) -> Result<(f64, &'a str), ReactionError> {
    match words {
        [] => Err(malformed(text, "a species is missing before or after a `+` or `=`")),
        [one] => {
            let end = one
                .find(|next: char| !(next.is_ascii_digit() || matches!(next, '.' | '/')))
                .unwrap_or(one.len());
            let (digits, name) = one.split_at(end);
            if name.is_empty() {
                return Err(malformed(text, &format!("`{one}` is followed by no species")));
            }
            Ok((if digits.is_empty() { 1.0 } else { coefficient(text, digits)? }, name))
        }
        [number, name] => Ok((coefficient(text, number)?, name)),
        _ => Err(malformed(text, &format!("`{}` is not one species with its coefficient", words.join(" ")))),
    }
}

fn coefficient(text: &str, digits: &str) -> Result<f64, ReactionError> {
    let plain = |part: &str| -> Option<f64> {
        let allowed = part.chars().all(|next| next.is_ascii_digit() || next == '.');
        if allowed { part.parse().ok() } else { None }
    };
    let value = match digits.split_once('/') {
        Some((numerator, denominator)) => plain(numerator).zip(plain(denominator)).map(|(n, d)| n / d),
        None => plain(digits),
    };
    value
        .filter(|value| value.is_finite() && *value > 0.0)
        .ok_or_else(|| malformed(text, &format!("`{digits}` is not a positive coefficient")))
}

fn imbalances(terms: &[Term], table: &SpeciesTable) -> Vec<Imbalance> {
    let check = |what: &str, count: &dyn Fn(SpeciesId) -> f64| {
        let side = |sign: f64| -> f64 {
            let own = terms.iter().filter(|term| term.nu * sign > 0.0);
            own.map(|term| term.nu.abs() * count(term.species)).sum()
        };
        let size: f64 = terms.iter().map(|term| (term.nu * count(term.species)).abs()).sum();
        let (left, right) = (side(-1.0), side(1.0));
        let off = (left - right).abs() > BALANCE_TOLERANCE * size.max(1.0);
        off.then(|| Imbalance { what: what.to_owned(), left, right })
    };
    let elements = table.elements().iter().enumerate();
    let mut found: Vec<Imbalance> = elements
        .filter_map(|(index, element)| check(element.symbol(), &|id| table.composition(id)[index]))
        .collect();
    found.extend(check("charge", &|id| table.get(id).charge));
    found
}

/// Each species once; those that cancel are left out.
fn net(terms: Vec<Term>) -> Vec<Term> {
    let mut net: Vec<Term> = Vec::new();
    for term in terms {
        match net.iter_mut().find(|own| own.species == term.species) {
            Some(own) => own.nu += term.nu,
            None => net.push(term),
        }
    }
    net.retain(|term| term.nu.abs() > 1e-12);
    net
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chemistry::species::Species;
    use crate::chemistry::thermo::Thermo;
    use proptest::prelude::*;

    fn table(names: &[&str]) -> SpeciesTable {
        SpeciesTable::new(names.iter().map(|name| Species::new(name).unwrap()).collect()).unwrap()
    }

    fn leach() -> SpeciesTable {
        table(&["LiCoO2(s)", "H+", "H2O2", "Co+2", "Li+", "H2O", "O2(g)", "O2", "OH-", "e-", "Co+3"])
    }

    #[test]
    fn the_leach_of_lithium_cobalt_oxide_balances() {
        let table = leach();
        let text = "2 LiCoO2(s) + 6 H+ + H2O2 = 2 Co+2 + 2 Li+ + 4 H2O + O2(g)";
        let reaction = Reaction::parse(text, &table).unwrap();
        assert_eq!(reaction.nu(table.index("H+").unwrap()), -6.0);
        assert_eq!(reaction.nu(table.index("H2O").unwrap()), 4.0);
        assert_eq!(reaction.nu(table.index("OH-").unwrap()), 0.0);
        assert_eq!(reaction.products().count(), 4);
        assert_eq!(Reaction::names(text).unwrap().len(), 7);
    }

    #[test]
    fn coefficients_have_three_forms_and_may_touch_the_name() {
        let table = leach();
        for text in ["H2O2 = H2O + 0.5 O2", "H2O2 = H2O + 1/2 O2", "2H2O2 = 2H2O + O2", "H2O2 = H2O + 1/2O2"]
        {
            let reaction = Reaction::parse(text, &table).unwrap_or_else(|error| panic!("{error}"));
            let ratio = reaction.nu(table.index("O2").unwrap()) / reaction.nu(table.index("H2O2").unwrap());
            assert_eq!(ratio, -0.5, "{text}");
        }
        assert!(Reaction::parse("Co+3 + e- = Co+2", &table).is_ok());
    }

    #[test]
    fn faults_are_named() {
        let table = leach();
        let rows = [
            ("H2O2", "reaction `H2O2` needs exactly one `=`"),
            ("H2O2 = H2O = O2", "reaction `H2O2 = H2O = O2` needs exactly one `=`"),
            ("= H2O", "reaction `= H2O`: a species is missing before or after a `+` or `=`"),
            ("2 = H2O", "reaction `2 = H2O`: `2` is followed by no species"),
            ("-2 H2O2 = H2O", "reaction `-2 H2O2 = H2O`: `-2` is not a positive coefficient"),
            ("1/0 H2O2 = H2O", "reaction `1/0 H2O2 = H2O`: `1/0` is not a positive coefficient"),
            (
                "H2O H+ O2 = H2O",
                "reaction `H2O H+ O2 = H2O`: `H2O H+ O2` is not one species with its coefficient",
            ),
            ("H2O = H2O", "reaction `H2O = H2O`: nothing changes"),
            (
                "LiCo02(s) = Li+",
                "reaction `LiCo02(s) = Li+`: unknown species `LiCo02(s)`, did you mean `LiCoO2(s)`?",
            ),
            (
                "H2O2 = H2O + O2",
                "reaction `H2O2 = H2O + O2` is not balanced: O 2 on the left, 3 on the right (1 too many on the right)",
            ),
            (
                "Co+3 = Co+2",
                "reaction `Co+3 = Co+2` is not balanced: charge 3 on the left, 2 on the right (1 too many on the left)",
            ),
        ];
        for (text, want) in rows {
            assert_eq!(Reaction::parse(text, &table).unwrap_err().to_string(), want);
        }
    }

    #[test]
    fn the_heat_of_neutralisation_agrees_with_print() {
        // kJ/mol at 298.15 K: CODATA key values (Cox, Wagman, Medvedev 1989), H2O -285.830, OH- -230.015, H+ 0.
        let with = |name: &str, enthalpy: f64| {
            Species::new(name).unwrap().with_thermo(Thermo { enthalpy: Some(enthalpy), ..Thermo::default() })
        };
        let species = vec![with("H2O", -285_830.0), with("OH-", -230_015.0), with("H+", 0.0)];
        let table = SpeciesTable::new(species).unwrap();
        let reaction = Reaction::parse("H+ + OH- = H2O", &table).unwrap();
        assert!((reaction.enthalpy(&table, 298.15).unwrap() + 55_815.0).abs() < 1e-6);
        let error = Reaction::parse("2 H2O2 = 2 H2O + O2", &leach()).unwrap().enthalpy(&leach(), 298.15);
        assert_eq!(error.unwrap_err().to_string(), "the enthalpy of formation of H2O2, H2O, O2 is not known");
    }

    #[test]
    fn the_scarce_reactant_sets_the_largest_extent() {
        let table = leach();
        let reaction = Reaction::parse("4 LiCoO2(s) + 12 H+ = 4 Co+2 + 4 Li+ + 6 H2O + O2", &table).unwrap();
        let mut amounts = vec![0.0; table.len()];
        amounts[0] = 4.0;
        amounts[1] = 6.0;
        let (extent, scarce) = reaction.largest_extent(&amounts).unwrap();
        assert_eq!((extent, scarce), (0.5, SpeciesId(1)));
        reaction.apply(extent, &mut amounts);
        assert_eq!((amounts[0], amounts[1]), (2.0, 0.0));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[A-Za-z0-9+=()/. -]{0,40}") {
            let _ = Reaction::parse(&text, &leach());
        }

        /// Random combinations of balanced reactions conserve elements, charge and mass.
        #[test]
        fn balanced_reactions_conserve(
            extents in prop::collection::vec(-5.0..5.0f64, 4),
            start in prop::collection::vec(0.0..100.0f64, 11),
            scale in 0.1..50.0f64,
        ) {
            let table = leach();
            let texts = [
                format!("{} LiCoO2(s) + {} H+ + {scale} H2O2 = {} Co+2 + {} Li+ + {} H2O + {scale} O2(g)",
                    2.0 * scale, 6.0 * scale, 2.0 * scale, 2.0 * scale, 4.0 * scale),
                "H+ + OH- = H2O".to_owned(),
                "2 H2O2 = 2 H2O + O2".to_owned(),
                "Co+3 + e- = Co+2".to_owned(),
            ];
            let mut amounts = start.clone();
            for (text, extent) in texts.iter().zip(&extents) {
                Reaction::parse(text, &table).unwrap().apply(*extent, &mut amounts);
            }
            let (before, after) = (table.element_totals(&start), table.element_totals(&amounts));
            for (a, b) in before.iter().zip(&after) {
                prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{a} {b}");
            }
            prop_assert!((table.charge_total(&start) - table.charge_total(&amounts)).abs() <= 1e-8);
            prop_assert!((table.mass_total(&start) - table.mass_total(&amounts)).abs() <= 1e-9);
        }
    }
}
