//! Lines of the activity models in a PHREEQC file: PITZER, SIT, LLNL_AQUEOUS_MODEL_PARAMETERS.

use super::equation::plain_species;
use super::options::{is_option, numbers, option_of};
use super::phreeqc::Reader;
use super::*;

impl Reader {
    pub(super) fn interaction(&mut self, text: &str) -> Result<(), String> {
        use InteractionKind as K;
        if let Some(option) = text.strip_prefix('-').filter(|rest| rest.starts_with(char::is_alphabetic)) {
            let mut words = option.split_whitespace();
            let name = words.next().unwrap_or("").to_ascii_lowercase();
            let yes = !matches!(words.next(), Some(word) if word.to_ascii_lowercase().starts_with('f'));
            let kind = match name.as_str() {
                "b0" => K::B0,
                "b1" => K::B1,
                "b2" => K::B2,
                "c0" => K::C0,
                "theta" => K::Theta,
                "lamda" | "lambda" => K::Lambda,
                "zeta" => K::Zeta,
                "psi" => K::Psi,
                "alphas" => K::Alphas,
                "mu" => K::Mu,
                "eta" => K::Eta,
                "epsilon" => K::Epsilon,
                _ => {
                    if let DatabaseModel::Pitzer { macinnes, etheta } = &mut self.db.model {
                        match name.as_str() {
                            "macinnes" | "macinnis" | "mac" => *macinnes = yes,
                            "etheta" | "use_etheta" => *etheta = yes,
                            "redox" | "pe" => {}
                            _ => return Err(format!("`-{name}` is not a parameter of this block")),
                        }
                    }
                    return Ok(());
                }
            };
            self.table = Some(kind);
            return Ok(());
        }
        let kind = self.table.ok_or("expected which parameter follows, such as `-B0`")?;
        let count = if matches!(kind, K::Zeta | K::Psi | K::Mu | K::Eta) { 3 } else { 2 };
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() < count {
            return Err(format!("expected {count} species"));
        }
        let mut coefficients = [0.0; 6];
        for (at, word) in words[count..].iter().take(6).enumerate() {
            match word.parse() {
                Ok(value) => coefficients[at] = value,
                Err(_) => return Err(format!("`{word}` is not a number")),
            }
        }
        let species: Vec<String> = words[..count].iter().map(|word| plain_species(word)).collect();
        let mut key = species.clone();
        key.sort();
        let same = |old: &Interaction| {
            let mut names = old.species.clone();
            names.sort();
            old.kind == kind && names == key
        };
        self.db.interactions.retain(|old| !same(old)); // a later row replaces an earlier one
        self.db.interactions.push(Interaction { kind, species, coefficients });
        Ok(())
    }

    pub(super) fn b_dot(&mut self, text: &str) -> Result<(), String> {
        let Some(table) = self.db.b_dot.as_mut() else { return Ok(()) };
        let rest = if is_option(text) || text.starts_with('-') && text[1..].starts_with(char::is_alphabetic) {
            let (option, rest) = option_of(text);
            self.numbers = Some(option);
            rest
        } else {
            text
        };
        let values = numbers(rest);
        match self.numbers.as_deref() {
            Some("temperatures" | "temperature" | "temp") => table.temperatures.extend(values),
            Some("dh_a" | "adh") => table.a.extend(values),
            Some("dh_b" | "bdh") => table.b.extend(values),
            Some("bdot" | "b_dot") => table.slope.extend(values),
            Some("co2_coefs") => {
                for (slot, value) in table.co2.iter_mut().zip(values) {
                    *slot = value;
                }
            }
            _ => return Err("not a parameter of the B-dot model".into()),
        }
        Ok(())
    }
}
