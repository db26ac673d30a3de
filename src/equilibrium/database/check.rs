//! What the equations of a PHREEQC database must keep to: sides that balance, and species that something defines.

use super::Database;
use super::equation::{self, elements, plain_species, plain_valence, split_charge};
use super::lines::{Problem, keyword, read_lines};
use super::phreeqc::ReadError;
use crate::chemistry::nearest;
use std::collections::BTreeMap;

/// Difference of the sides of an equation that is more than the rounding of printed coefficients.
const UNBALANCED: f64 = 2e-3;

/// An equation of the file, kept until all names are known.
pub(super) struct Equation {
    line: usize,
    raw: String,
    names: Vec<String>,
    /// What its sides differ by, unless the file says that this is meant.
    imbalance: Vec<String>,
}

/// A formula without the mark of its phase.
pub(in crate::equilibrium) fn bare(name: &str) -> &str {
    name.trim_end_matches("(g)").trim_end_matches("(s)")
}

impl Equation {
    pub(super) fn new(
        (line, raw): (usize, &str),
        (left, right): &equation::Sides,
        reaction: &[(String, f64)],
    ) -> Equation {
        let names = reaction.iter().map(|(name, _)| name.clone()).collect();
        let terms = left.iter().map(|(name, n)| (bare(name), *n));
        let terms = terms.chain(right.iter().map(|(name, n)| (bare(name), -n)));
        Equation { line, raw: raw.to_owned(), names, imbalance: imbalance(terms) }
    }

    /// The file says that it is meant as it stands.
    pub(super) fn meant(&mut self) {
        self.imbalance.clear();
    }

    /// Where a species stands in the line, from 1; the start of the equation if it is written over several.
    fn column(&self, name: &str) -> usize {
        let own = |word: &str| {
            let bare = word.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
            plain_species(bare) == name
        };
        let mut start = 0;
        for word in self.raw.split_whitespace() {
            start += self.raw[start..].find(word).unwrap_or(0);
            if own(word) {
                return start + 1;
            }
            start += word.len();
        }
        self.raw.len() - self.raw.trim_start().len() + 1
    }
}

/// Refuses a file with a master species that no equation defines, as PHREEQC does: mostly one that is cut short.
pub(super) fn check_masters(db: &Database, text: &str) -> Result<(), ReadError> {
    let defined = |name: &str| matches!(name, "e-" | "H2O" | "H+") || db.find_species(name).is_some();
    let Some(master) = db.masters.iter().find(|master| !defined(&master.species)) else { return Ok(()) };
    let lines = read_lines(text);
    let block =
        lines.iter().skip_while(|line| keyword(&line.text).as_deref() != Some("SOLUTION_MASTER_SPECIES"));
    let row = block.into_iter().find(|line| {
        let mut words = line.text.split_whitespace();
        words.next().is_some_and(|word| plain_valence(word) == master.name)
            && words.next().is_some_and(|word| plain_species(word) == master.species)
    });
    let (name, species) = (&master.name, &master.species);
    let told = format!(
        "the master species `{species}` of `{name}` has no equation in SOLUTION_SPECIES; is the file whole?"
    );
    let problem = Problem::from(told);
    Err(ReadError {
        line: row.map_or(1, |row| row.number),
        column: row.map_or(1, |row| row.column(&problem)),
        problem: problem.text,
        text: row.map_or_else(String::new, |row| row.raw.trim().chars().take(200).collect()),
    })
}

/// Refuses reactions that do not balance, and those with a species that nothing in the file defines: it could never be formed.
pub(super) fn check_equations(db: &Database, equations: &[Equation]) -> Result<(), ReadError> {
    let defined = |name: &str| {
        matches!(name, "e-" | "H2O" | "H+")
            || db.find_species(name).is_some()
            || db.phase_index.contains_key(name) // a reaction may name another phase
            || db.exchangers.iter().any(|(_, species)| species == name)
    };
    for equation in equations {
        if !equation.imbalance.is_empty() {
            return Err(ReadError {
                line: equation.line,
                column: equation.raw.len() - equation.raw.trim_start().len() + 1,
                problem: format!(
                    "the sides of the equation differ by {} (`-no_check` behind it if this is meant)",
                    equation.imbalance.join(", ")
                ),
                text: equation.raw.trim().to_owned(),
            });
        }
        if let Some(name) = equation.names.iter().find(|name| !defined(name)) {
            let near = nearest(name, db.species.iter().map(|species| species.name.as_str()));
            let hint = match near.first() {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            return Err(ReadError {
                line: equation.line,
                column: equation.column(name),
                problem: format!("no equation of SOLUTION_SPECIES defines `{name}`{hint}"),
                text: equation.raw.trim().to_owned(),
            });
        }
    }
    Ok(())
}

/// What an equation makes of nothing: elements and charge by which its sides differ. Nothing is said of names that are no formulas.
fn imbalance<'n>(terms: impl Iterator<Item = (&'n str, f64)>) -> Vec<String> {
    let (mut sums, mut charge) = (BTreeMap::new(), 0.0);
    for (name, count) in terms {
        let (body, own) = split_charge(name);
        let Ok(parts) = elements(body) else { return Vec::new() };
        charge += count * own;
        parts.into_iter().for_each(|(element, n)| *sums.entry(element).or_insert(0.0) += count * n);
    }
    let off = |n: f64| n.abs() > UNBALANCED;
    let mut found: Vec<String> = sums
        .into_iter()
        .filter(|(_, n)| off(*n))
        .map(|(element, n): (String, f64)| format!("{:.4} {element}", n.abs()))
        .collect();
    found.extend(off(charge).then(|| format!("charge {:.4}", charge.abs())));
    found
}
