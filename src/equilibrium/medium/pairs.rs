//! Whether the pairs of `names` are each one substance under two names.
//!
//! A database may have elements of its own making: `Fd` for iron that stays ferrous, `Cyanide` for CN. Each stands for a
//! composition in elements of chemistry, and all pairs have to agree on it. What is left of a species of streams when the elements
//! that both sides share are taken off is what its pseudo-element stands for.

use crate::chemistry::{Element, Formula};
use crate::equilibrium::database::Database;
use std::collections::BTreeMap;

const TINY: f64 = 1e-6; // of a count of atoms

type Counts = BTreeMap<String, f64>;

/// One pair: the species of streams, that of the database, and what each is made of.
pub(super) struct Pair<'a> {
    pub(super) own: &'a str,
    pub(super) formula: &'a Formula,
    pub(super) name: &'a str,
    pub(super) elements: &'a Counts,
    pub(super) charge: f64,
}

/// The pairs that are two substances: the stream's name, and what is wrong.
pub(super) fn faults(db: &Database, pairs: &[Pair<'_>]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut stands: BTreeMap<&str, (Counts, &str)> = BTreeMap::new();
    let mut waiting: Vec<&Pair<'_>> = Vec::new();
    for pair in pairs {
        match (pair.charge - pair.formula.charge()).abs() > TINY {
            true => found.push((pair.own.to_owned(), differ(pair, ""))),
            false => waiting.push(pair),
        }
    }
    // pairs of several unknown pseudo-elements wait until others have told what these stand for
    for unknowns in [0, 1].into_iter().cycle().take(2 * pairs.len()) {
        waiting.retain(|pair| {
            let pseudo = pair.elements.iter().filter(|(e, _)| !is_real(db, e));
            let unknown: Vec<_> = pseudo.filter(|(e, _)| !stands.contains_key(e.as_str())).collect();
            if unknown.len() != unknowns {
                return true;
            }
            let rest = rest(db, pair, &stands);
            let sound = match unknown.first() {
                None => rest.values().all(|n| n.abs() < TINY),
                Some(_) => rest.values().all(|n| *n > -TINY) && rest.values().any(|n| *n > TINY),
            };
            if !sound {
                let known = pair.elements.keys().filter_map(|e| stands.get_key_value(e.as_str()));
                let known: Vec<String> = known
                    .map(|(e, (counts, by))| format!("; `{e}` stands for {} by `{by}`", text(counts, 0.0)))
                    .collect();
                found.push((pair.own.to_owned(), differ(pair, &known.concat())));
            } else if let Some((element, count)) = unknown.first() {
                let counts = rest.into_iter().filter(|(_, n)| *n > TINY).map(|(e, n)| (e, n / **count));
                stands.insert(element.as_str(), (counts.collect(), pair.own));
            }
            false
        });
    }
    found
}

/// What the stream's species holds beyond the elements whose meaning is known.
fn rest(db: &Database, pair: &Pair<'_>, stands: &BTreeMap<&str, (Counts, &str)>) -> Counts {
    let own = pair.formula.elements().map(|(e, n)| (e.symbol().to_owned(), n));
    let mut rest: Counts = own.collect();
    for (element, n) in pair.elements {
        if is_real(db, element) {
            *rest.entry(element.clone()).or_insert(0.0) -= n;
        } else if let Some((counts, _)) = stands.get(element.as_str()) {
            for (part, count) in counts {
                *rest.entry(part.clone()).or_insert(0.0) -= n * count;
            }
        }
    }
    rest
}

/// Whether an element of the database is that of chemistry: its symbol is, and its mass where the file gives one (`Sg` of some files
/// is a sulfur, not seaborgium).
fn is_real(db: &Database, symbol: &str) -> bool {
    let master = db.masters.iter().find(|m| m.primary && m.element == symbol);
    let mass = master.map_or(0.0, |m| m.molar_mass);
    Element::from_symbol(symbol)
        .is_some_and(|element| mass == 0.0 || (mass / element.molar_mass() - 1.0).abs() < 0.02)
}

fn differ(pair: &Pair<'_>, known: &str) -> String {
    let own: Counts = pair.formula.elements().map(|(e, n)| (e.symbol().to_owned(), n)).collect();
    format!(
        "`{}` ({}) is not `{}` of the database ({}){known}",
        pair.own,
        text(&own, pair.formula.charge()),
        pair.name,
        text(pair.elements, pair.charge),
    )
}

/// `Fe, 3 O, charge -2`.
fn text(counts: &Counts, charge: f64) -> String {
    let count =
        |(element, n): (&String, &f64)| if *n == 1.0 { element.clone() } else { format!("{n} {element}") };
    let mut parts: Vec<String> = counts.iter().map(count).collect();
    if charge != 0.0 {
        parts.push(format!("charge {charge:+}"));
    }
    parts.join(", ")
}
