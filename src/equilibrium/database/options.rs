//! Options of PHREEQC's blocks: their spellings, and those that concern a constant.

use super::lines::Problem;
use super::{Form, LogK};
use crate::chemistry::nearest;
use std::collections::HashMap;

/// Largest `|log10 K|` that a database may give: twice the 48112 that core10.dat gives for the oxidation of a kerogen of 515 carbon
/// atoms, the largest of the databases that come with PHREEQC (llnl.dat: 1505).
const LARGEST_LOG_K: f64 = 1e5;

pub(super) fn is_option(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or("");
    let dashed = word.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let plain = canonical(word);
    (dashed && !text.contains('=')) || plain.is_some()
}

/// The name of an option behind its spellings, if it is one; behind a dash the beginning of a spelling is enough, as in PHREEQC.
pub(super) fn canonical(word: &str) -> Option<&'static str> {
    let dashed = word.starts_with('-');
    let word = word.trim_start_matches('-').to_ascii_lowercase();
    let names: &[(&str, &[&str])] = &[
        ("log_k", &["log_k", "logk"]),
        ("delta_h", &["delta_h", "deltah"]),
        ("analytic", &["analytic", "analytical", "analytical_expression", "a_e", "ae"]),
        ("gamma", &["gamma"]),
        ("llnl_gamma", &["llnl_gamma"]),
        ("co2_llnl_gamma", &["co2_llnl_gamma"]),
        ("activity_water", &["activity_water"]),
        ("no_check", &["no_check"]),
        ("add_logk", &["add_logk", "add_log_k"]),
        ("vm", &["vm"]),
        ("dw", &["dw"]),
        ("mole_balance", &["mole_balance", "mass_balance", "mb"]),
        ("t_c", &["t_c"]),
        ("p_c", &["p_c"]),
        ("omega", &["omega"]),
        ("millero", &["millero"]),
        ("viscosity", &["viscosity"]),
        ("erm_ddl", &["erm_ddl"]),
        ("add_constant", &["add_constant"]),
        ("davies", &["davies"]),
    ];
    let whole = names.iter().find(|(_, spellings)| spellings.contains(&word.as_str()));
    let begun =
        |spellings: &[&str]| dashed && !word.is_empty() && spellings.iter().any(|own| own.starts_with(&word));
    whole.or_else(|| names.iter().find(|(_, spellings)| begun(spellings))).map(|(name, _)| *name)
}

pub(super) fn option_of(text: &str) -> (String, &str) {
    let text = text.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let word = &text[..end];
    let name =
        canonical(word).map_or_else(|| word.trim_start_matches('-').to_ascii_lowercase(), str::to_owned);
    (name, text[end..].trim())
}

/// The numbers at the start of a text, up to the first word that is none.
pub(super) fn numbers(text: &str) -> Vec<f64> {
    let finite = |word: &str| word.parse().ok().filter(|x: &f64| x.is_finite());
    text.split_whitespace().map_while(finite).collect()
}

/// Spellings of an option's name that are close to a word.
pub(super) fn near(word: &str) -> Option<String> {
    let names = [
        "log_k",
        "delta_h",
        "analytical_expression",
        "gamma",
        "llnl_gamma",
        "activity_water",
        "no_check",
        "add_logk",
        "mole_balance",
    ];
    nearest(word, names.into_iter()).into_iter().next()
}

/// Joules in a unit of an enthalpy: calories or joules, with `k` or `kilo` before them thousands, in any spelling (`kcal/mol`,
/// `kJoules`). PHREEQC takes every word that has no c for joules, and every one that begins with a k for thousands; words that are
/// none of the four would be misread silently.
fn joules(unit: &str) -> Result<f64, Problem> {
    let lower = unit.to_ascii_lowercase();
    let plain = lower.strip_prefix("kilo").or_else(|| lower.strip_prefix('k'));
    let base = match plain.unwrap_or(&lower).trim_start_matches('-') {
        own if own.starts_with("cal") => 4.184,
        own if own.starts_with('j') => 1.0,
        _ => {
            let told = format!("`{unit}` is no unit of delta_h: expected kJ, J, kcal or cal (per mole)");
            return Err(Problem::at(unit, told));
        }
    };
    Ok(base * if plain.is_some() { 1e3 } else { 1.0 })
}

/// Takes an option that concerns the constant; false if it does not.
pub(super) fn constant_option(
    option: &str,
    rest: &str,
    values: &[f64],
    constant: &mut LogK,
    named: &HashMap<String, LogK>,
) -> Result<bool, Problem> {
    match option {
        "log_k" => {
            let value = *values.first().ok_or("expected a number after log_k")?;
            if value.abs() > LARGEST_LOG_K {
                let word = rest.split_whitespace().next().unwrap_or_default();
                let told =
                    format!("a log_k of {word} is no constant: expected -{LARGEST_LOG_K} to {LARGEST_LOG_K}");
                return Err(Problem::at(word, told));
            }
            constant.log_k = value;
        }
        "delta_h" => {
            let value = *values.first().ok_or("expected a number after delta_h")?;
            constant.enthalpy = value * joules(rest.split_whitespace().nth(1).unwrap_or("kJ"))?;
        }
        "analytic" => {
            let mut a = [0.0; 6];
            for (slot, value) in a.iter_mut().zip(values) {
                *slot = *value;
            }
            if values.is_empty() {
                return Err("expected numbers after -analytic".into());
            }
            if a.iter().any(|x| *x != 0.0) {
                constant.form = Form::Analytic(a);
            }
        }
        "add_logk" => {
            let mut words = rest.split_whitespace();
            let name = words.next().unwrap_or("");
            let count: f64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(1.0);
            let other = named.get(name).ok_or_else(|| format!("`{name}` is not a named expression"))?;
            add(constant, other, count);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

pub(super) fn add(constant: &mut LogK, other: &LogK, count: f64) {
    constant.log_k += count * other.log_k;
    constant.enthalpy += count * other.enthalpy;
    if let (Form::Analytic(mine), Form::Analytic(theirs)) = (&mut constant.form, &other.form) {
        mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += count * b);
    } else if let Form::Analytic(theirs) = &other.form {
        constant.form = Form::Analytic(theirs.map(|b| count * b));
    }
}
