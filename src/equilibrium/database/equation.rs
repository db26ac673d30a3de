//! Formulas and equations as PHREEQC databases write them.

use std::collections::BTreeMap;

/// `Fe(+3)` as `Fe(3)`.
pub fn plain_valence(name: &str) -> String {
    name.replace("(+", "(")
}

/// A species name with its charge written one way: `Cu+1` becomes `Cu+`, `Fe+++` becomes `Fe+3`.
pub fn plain_species(name: &str) -> String {
    let (body, charge) = split_charge(name);
    format!("{body}{}", charge_text(charge))
}

fn charge_text(charge: f64) -> String {
    let sign = if charge > 0.0 { "+" } else { "-" };
    match charge.abs() {
        0.0 => String::new(),
        1.0 => sign.to_owned(),
        size => format!("{sign}{size}"),
    }
}

/// The formula without its charge, and the charge.
pub fn split_charge(name: &str) -> (&str, f64) {
    let bytes = name.as_bytes();
    let mut at = bytes.len();
    while at > 0 && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'.') {
        at -= 1;
    }
    if at == 0 || !(bytes[at - 1] == b'+' || bytes[at - 1] == b'-') {
        return (name, 0.0);
    }
    let sign = bytes[at - 1];
    let number = &name[at..];
    let mut start = at - 1;
    while start > 0 && bytes[start - 1] == sign {
        start -= 1;
    }
    if start == 0 {
        return (name, 0.0);
    }
    let repeated = (at - start) as f64;
    let size = if number.is_empty() { repeated } else { number.parse().unwrap_or(0.0) };
    (&name[..start], if sign == b'+' { size } else { -size })
}

/// The elements of a formula (charge already cut off), or what is wrong with it.
pub fn elements(formula: &str) -> Result<BTreeMap<String, f64>, String> {
    let mut counts = BTreeMap::new();
    if formula == "e" {
        return Ok(counts);
    }
    for part in formula.split(':') {
        let digits = part.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(0);
        let factor = if digits > 0 { part[..digits].parse().map_err(|_| bad(formula))? } else { 1.0 };
        let rest = group(&part[digits..], (factor, 0), &mut counts, formula)?;
        if !rest.is_empty() {
            return Err(bad(formula));
        }
    }
    Ok(counts)
}

fn bad(formula: &str) -> String {
    let shown: String = formula.chars().take(60).collect();
    format!("`{shown}` is not a formula")
}

/// Parentheses within parentheses of a formula: more are no chemistry, and would exhaust the stack.
const DEEPEST: usize = 32;

/// Reads until a closing parenthesis or the end; gives what is left.
fn group<'t>(
    mut text: &'t str,
    (factor, depth): (f64, usize),
    counts: &mut BTreeMap<String, f64>,
    whole: &str,
) -> Result<&'t str, String> {
    while let Some(first) = text.chars().next() {
        match first {
            ')' => return Ok(text),
            '(' if depth < DEEPEST => {
                let mut inner = BTreeMap::new();
                let rest = group(&text[1..], (1.0, depth + 1), &mut inner, whole)?;
                let rest = rest.strip_prefix(')').ok_or_else(|| bad(whole))?;
                let (count, rest) = number(rest);
                for (element, n) in inner {
                    *counts.entry(element).or_insert(0.0) += n * count * factor;
                }
                text = rest;
            }
            '[' | 'A'..='Z' => {
                let end = if first == '[' {
                    text.find(']').map(|at| at + 1).ok_or_else(|| bad(whole))?
                } else {
                    1
                };
                let tail = text[end..].find(|c: char| !(c.is_ascii_lowercase() || c == '_'));
                let end = tail.map_or(text.len(), |n| end + n);
                let (count, rest) = number(&text[end..]);
                *counts.entry(text[..end].to_owned()).or_insert(0.0) += count * factor;
                text = rest;
            }
            _ => return Err(bad(whole)),
        }
    }
    Ok(text)
}

fn number(text: &str) -> (f64, &str) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    (text[..end].parse().unwrap_or(1.0), &text[end..])
}

/// Both sides of an equation: names with positive coefficients, the order as written.
pub type Sides = (Vec<(String, f64)>, Vec<(String, f64)>);

/// Reads `2 A + B = C - D`; a term behind a minus sign has a negative coefficient.
///
/// # Errors
/// A sentence about what is wrong.
pub fn parse(text: &str) -> Result<Sides, String> {
    let (left, right) = text.split_once('=').ok_or("an equation needs `=`")?;
    Ok((side(left)?, side(right)?))
}

fn side(text: &str) -> Result<Vec<(String, f64)>, String> {
    let mut terms = Vec::new();
    let (mut sign, mut factor) = (1.0, None::<f64>);
    for word in text.split_whitespace() {
        let mut word = word;
        if let Some(rest) = word.strip_prefix('+') {
            (sign, word) = (1.0, rest);
        } else if let Some(rest) = word.strip_prefix('-') {
            (sign, word) = (-1.0, rest);
        }
        if word.is_empty() {
            continue;
        }
        let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
        if end > 0 {
            let number: f64 =
                word[..end].parse().map_err(|_| format!("`{word}` has no readable coefficient"))?;
            factor = Some(factor.unwrap_or(1.0) * number);
        }
        if end < word.len() {
            terms.push((plain_species(&word[end..]), sign * factor.unwrap_or(1.0)));
            (sign, factor) = (1.0, None);
        }
    }
    if factor.is_some() {
        return Err("a coefficient without a species".into());
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_and_formulas() {
        assert_eq!(split_charge("Fe+3"), ("Fe", 3.0));
        assert_eq!(split_charge("Fe+++"), ("Fe", 3.0));
        assert_eq!(split_charge("SO4-2"), ("SO4", -2.0));
        assert_eq!(split_charge("(H2Sg)2"), ("(H2Sg)2", 0.0));
        assert_eq!(plain_species("Cu+1"), "Cu+");
        let jarosite = elements("(K0.77Na0.03H0.2)Fe3(SO4)2(OH)6").unwrap();
        assert_eq!(jarosite["K"], 0.77);
        assert_eq!(jarosite["O"], 14.0);
        assert_eq!(elements("CaSO4:2H2O").unwrap()["H"], 4.0);
        assert_eq!(elements("Two_picoline").unwrap()["Two_picoline"], 1.0);
        assert!(elements("ca").is_err());
    }

    #[test]
    fn equations() {
        let (left, right) = parse("2NO3- + 12 H+ + 10e- = N2 + 6H2O").unwrap();
        assert_eq!(left[2], ("e-".to_owned(), 10.0));
        assert_eq!(right[1], ("H2O".to_owned(), 6.0));
        let (_, right) = parse("Akermanite + 6 H+ = Mg+2 - H2O").unwrap();
        assert_eq!(right[1], ("H2O".to_owned(), -1.0));
    }
}
