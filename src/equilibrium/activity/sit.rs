//! Specific ion interaction theory.
//!
//! # Source
//! I. Grenthe et al., *Modelling in Aquatic Chemistry* (NEA, 1997), chapter IX.

use super::pitzer::{Coefficients, Interactions, MOLES_PER_KG};
use std::f64::consts::LN_10;

impl Interactions {
    pub(super) fn evaluate_sit(&self, m: &[f64], strength: f64, total: f64, out: &mut Coefficients) {
        let n = m.len();
        let a = 3.0 * self.a_phi; // A ln 10
        let root = strength.sqrt();
        let d = 1.0 + 1.5 * root;
        let (limit, slope) = (-a * root / d, -0.5 * a / (root * d * d));
        let mut osmotic = 0.0;
        for term in &self.mixing {
            let [i, k] = term.at;
            let e = term.now * LN_10;
            out.ln_gamma[i] += e * m[k];
            out.slopes[i * n + k] += e;
            if i != k {
                out.ln_gamma[k] += e * m[i];
                out.slopes[k * n + i] += e;
            }
            osmotic += e * m[i] * m[k] * if i == k { 0.5 } else { 1.0 };
        }
        for i in 0..n {
            let z2 = self.charges[i] * self.charges[i];
            out.ln_gamma[i] += z2 * limit;
            for k in 0..n {
                out.slopes[i * n + k] += z2 * slope * 0.5 * self.charges[k] * self.charges[k];
            }
        }
        let debye = -2.0 * a / 1.5_f64.powi(3) * (d - 2.0 * d.ln() - 1.0 / d);
        out.ln_water = -(total + debye + osmotic) / MOLES_PER_KG;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::equilibrium::activity::water::debye_hueckel;
    use crate::equilibrium::database::{Interaction, InteractionKind};

    #[test]
    fn sit_agrees_with_print() {
        // mean γ of 1 mol/kg NaCl by SIT with ε(Na+,Cl-) = 0.03 (NEA): log10 γ = -0.509/2.5 + 0.03 = -0.1737
        let species = vec!["Na+".to_owned(), "Cl-".to_owned()];
        let coefficients = [0.03, 0.0, 0.0, 0.0, 0.0, 0.0];
        let table = [Interaction { kind: InteractionKind::Epsilon, species, coefficients }];
        let mut model = Interactions::new(&table, &[("Na+", 1.0), ("Cl-", -1.0)], true, false, false);
        model.set_temperature(298.15, &debye_hueckel(298.15));
        let mut out = Coefficients::default();
        model.evaluate(&[1.0, 1.0], &mut out);
        assert!((out.ln_gamma[0] / LN_10 + 0.1737).abs() < 5e-4, "{}", out.ln_gamma[0] / LN_10);
        let (h, mut up) = (1e-6, Coefficients::default());
        model.evaluate(&[1.0 + h, 1.0], &mut up);
        assert!(((up.ln_water - out.ln_water) / h - out.water_slopes[0]).abs() < 1e-6);
    }
}
