//! Lines of the activity models in a PHREEQC file: PITZER, SIT, LLNL_AQUEOUS_MODEL_PARAMETERS.

use super::equation::plain_species;
use super::options::{is_option, numbers, option_of};
use super::phreeqc::Reader;
use super::*;

/// What the rows of a table are.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Interactions of species.
    Of(InteractionKind),
    /// A_φ over temperature, without species.
    APhi,
}

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
                "aphi" => {
                    self.table = Some(Rows::APhi);
                    return Ok(());
                }
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
            self.table = Some(Rows::Of(kind));
            return Ok(());
        }
        let rows = self.table.ok_or("expected which parameter follows, such as `-B0`")?;
        let count = match rows {
            Rows::APhi => 0,
            Rows::Of(K::Zeta | K::Psi | K::Mu | K::Eta) => 3,
            Rows::Of(_) => 2,
        };
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
        let Rows::Of(kind) = rows else {
            self.db.a_phi = Some(coefficients);
            return Ok(());
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A_φ of the table in place of that of water, at 25 and -10 °C by its polynomial in temperature.
    #[test]
    fn a_table_may_have_its_own_debye_hueckel_constant() {
        use crate::equilibrium::activity::pitzer::{Coefficients, Interactions};
        use crate::equilibrium::activity::water::debye_hueckel;
        // the row of ColdChem.dat (J. D. Toner, D. C. Catling, University of Washington)
        let row = "3.914750e-1 5.715406e2 1.409425 1.425910e-3 -1.431259e-6 -2.388202e4";
        let text = format!("PITZER\n-MacInnes true\n-APHI\n  {row}\n");
        let db = Database::parse_phreeqc(&text).unwrap();
        let a = db.a_phi.unwrap();
        assert_eq!((a[0], a[5]), (0.391475, -2.388202e4));
        // without interactions the coefficients are proportional to A_φ
        let at = |own, temperature: f64| {
            let ions = [("Na+", 1.0), ("Cl-", -1.0)];
            let mut model = Interactions::new(&[], &ions, false, false, false).with_a_phi(own);
            model.set_temperature(temperature, &debye_hueckel(temperature));
            let mut out = Coefficients::default();
            model.evaluate(&[1.0, 1.0], &mut out);
            out.ln_gamma[0]
        };
        let water = debye_hueckel(298.15).a_phi;
        assert!((at(Some(a), 298.15) / at(None, 298.15) - 0.391475 / water).abs() < 1e-12);
        let double = a.map(|x| 2.0 * x);
        assert!((at(Some(double), 263.15) / at(Some(a), 263.15) - 2.0).abs() < 1e-12);
        assert!(
            (at(Some(a), 263.15) / at(None, 263.15) - 1.0).abs() < 5e-3,
            "the same constant by two equations"
        );
    }
}
