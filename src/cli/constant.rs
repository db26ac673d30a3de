//! Equilibrium constants of Lixivia's own set, explained: value, source, further values and the reason of the choice.

use super::explain::wrap;
use crate::equilibrium::Database;
use crate::equilibrium::curated::{self, Constant, Of, Other};
use crate::quantity::number;
use crate::report::table::Style;
use crate::scenario::Library;

/// Names of all species, solids and gases of the set.
pub(super) fn names() -> Vec<String> {
    curated::constants().unwrap_or_default().into_iter().map(|c| c.name).collect()
}

/// Names of the solids and gases of the set that a formula may mean.
pub(super) fn made_of(formula: &str) -> Vec<String> {
    let Ok(db) = Database::curated() else { return Vec::new() }; // the shipped files are read by the test suite
    let solids = db.made_of(formula, false).into_iter().chain(db.made_of(formula, true));
    solids.map(str::to_owned).collect()
}

/// All constants of that name; none if there are none.
pub(super) fn explain(name: &str, library: &Library, style: Style) -> Option<String> {
    let all = curated::constants().unwrap_or_default(); // the shipped files are read by the test suite
    let found: Vec<&Constant> = all.iter().filter(|c| c.name == name).collect();
    let users = all.iter().filter(|c| c.of == Of::Species && uses(c, name)).count();
    let text: String = found.iter().map(|constant| one(constant, library, style)).collect();
    match (found.is_empty(), users) {
        (true, 0) => None,
        (true, n) => Some(format!(
            "{}: component of the aqueous set; {n} species are formed from it\n",
            style.bold(name)
        )),
        (false, _) => Some(text),
    }
}

fn uses(constant: &Constant, name: &str) -> bool {
    let left = constant.reaction.split('=').next().unwrap_or("");
    left.split_whitespace().any(|word| word == name)
}

fn one(constant: &Constant, library: &Library, style: Style) -> String {
    let kind = match constant.of {
        Of::Species => "dissolved species, formed by",
        Of::Solid if constant.fresh => "solid that forms fresh, dissolved by",
        Of::Solid => "solid, dissolved by",
        Of::Gas => "gas, dissolved by",
    };
    let mut out = format!("{}: {kind}\n  {}\n", style.bold(&constant.name), constant.reaction);
    if let Some(formula) = constant.formula.as_ref().filter(|f| **f != constant.name) {
        out += &format!("  formula {formula}\n");
    }
    let temperature = match (&constant.analytic, &constant.enthalpy) {
        (Some(a), _) => {
            let terms: Vec<String> = a.iter().map(|a| number(*a, 8)).collect();
            format!("; A1..A6 of its course with temperature {}", terms.join(", "))
        }
        (None, Some(enthalpy)) if let Some(capacity) = constant.heat_capacity => {
            let terms = capacity.maier_kelley.map(|term| number(term, 6));
            format!(
                "; enthalpy {enthalpy} and heat capacity a + b T + c/T2 of {} J/(mol K)",
                terms.join(", ")
            )
        }
        (None, Some(enthalpy)) => format!("; enthalpy {enthalpy}, from which other temperatures follow"),
        (None, None) => "; held constant at other temperatures, for want of an enthalpy".to_owned(),
    };
    out += &format!("  log10 K = {} at 25 °C and zero ionic strength{temperature}\n", constant.log_k);
    out += &entry(&format!("source: {}", work(&constant.source, library)));
    for (word, text) in [("made", &constant.reason), ("note", &constant.note)] {
        if let Some(text) = text {
            out += &entry(&format!("{word}: {text}"));
        }
    }
    if let Some(chosen) = &constant.chosen {
        out += &entry(&format!("chosen: {chosen}"));
    }
    if !constant.others.is_empty() {
        out += "  Further values:\n";
    }
    for other in &constant.others {
        out += &entry(&further(other, constant.log_k, library));
    }
    if let Some(density) = &constant.density {
        out += &format!("  density {density}\n");
    }
    out += &format!("  file: processes/aqueous/{}\n", constant.file);
    out
}

/// A line under a constant; what does not fit stands below, further in.
fn entry(text: &str) -> String {
    format!("    {}\n", wrap(text).replace('\n', "\n      "))
}

/// Another source's constant, how far it is from the one taken, and what it is of where that differs.
fn further(other: &Other, taken: f64, library: &Library) -> String {
    let apart = other.log_k - taken;
    let way = if apart > 0.0 { "above" } else { "below" };
    let mut of = vec![format!("{} {way}", number((100.0 * apart.abs()).round() / 100.0, 4))];
    if let Some(form) = &other.form {
        of.push(format!("another form: {form}"));
    }
    if other.ionic_strength != "0" {
        of.push(format!("at ionic strength {} mol/L", other.ionic_strength));
    }
    format!("{} ({}): {}", other.log_k, of.join("; "), work(&other.source, library))
}

fn work(key: &str, library: &Library) -> String {
    match library.references.get(key) {
        Some(reference) => format!("[{key}] {}", reference.text),
        None => key.to_owned(),
    }
}
