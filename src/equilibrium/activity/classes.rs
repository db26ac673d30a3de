//! Activity coefficients that depend on ionic strength alone, one class for all species of the same constants.

use super::water::DebyeHueckel;
use crate::equilibrium::database::{BDotTable, Gamma};
use std::f64::consts::LN_10;

/// `ln γ = -a √I/(1 + c √I) + b I - g I/(1 + I)`: Davies, extended Debye–Hückel, WATEQ, B-dot and the CO2 polynomial.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Class {
    /// Limiting slope with z² and ln 10 in it, (kg/mol)^½.
    pub a: f64,
    /// Ion size term, (kg/mol)^½.
    pub c: f64,
    /// Linear term, kg/mol.
    pub b: f64,
    /// Saturating term.
    pub g: f64,
}

impl Class {
    /// `ln γ` and its derivative by ionic strength (mol/kg).
    #[inline]
    pub fn at(&self, strength: f64, root: f64) -> (f64, f64) {
        let denominator = 1.0 / (1.0 + self.c * root);
        let saturation = 1.0 / (1.0 + strength);
        let value = -self.a * root * denominator + self.b * strength - self.g * strength * saturation;
        let slope =
            -0.5 * self.a * denominator * denominator / root + self.b - self.g * saturation * saturation;
        (value, slope)
    }
}

/// The rule of a species at one temperature.
///
/// # Source
/// C. W. Davies, *Ion Association* (1962) with 0.3 I; A. H. Truesdell, B. F. Jones, J. Res. USGS 2 (1974) 233 (WATEQ);
/// H. C. Helgeson, Am. J. Sci. 267 (1969) 729 (B-dot); neutral species `10^(0.1 I)` as PHREEQC takes them.
pub fn class(gamma: Gamma, charge: f64, water: &DebyeHueckel, b_dot: Option<&BDotConstants>) -> Class {
    let z2 = charge * charge;
    match (gamma, b_dot) {
        (Gamma::One, _) => Class::default(),
        (Gamma::Default, _) if charge == 0.0 => Class { b: 0.1 * LN_10, ..Class::default() },
        (Gamma::Default, _) => davies(z2, water),
        (Gamma::Extended { size, slope }, _) => {
            Class { a: water.a * z2 * LN_10, c: size * water.b, b: slope * LN_10, g: 0.0 }
        }
        (Gamma::BDot(_), _) if charge == 0.0 => Class::default(),
        (Gamma::BDot(size), Some(k)) => {
            Class { a: k.a * z2 * LN_10, c: size * k.b, b: k.slope * LN_10, g: 0.0 }
        }
        (Gamma::BDot(size), None) => Class { a: water.a * z2 * LN_10, c: size * water.b, ..Class::default() },
        (Gamma::BDotGas, Some(k)) => Class { b: k.gas_linear, g: k.gas_saturating, ..Class::default() },
        (Gamma::BDotGas, None) => Class { b: 0.1 * LN_10, ..Class::default() },
    }
}

/// Davies' equation for a squared charge.
pub fn davies(z2: f64, water: &DebyeHueckel) -> Class {
    let a = water.a * z2 * LN_10;
    Class { a, c: 1.0, b: 0.3 * a, g: 0.0 }
}

/// B-dot constants at one temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BDotConstants {
    a: f64,
    b: f64,
    slope: f64,
    gas_linear: f64,
    gas_saturating: f64,
}

impl BDotTable {
    /// Constants by linear interpolation; `None` outside the table.
    pub fn at(&self, temperature: f64) -> Option<BDotConstants> {
        let celsius = temperature - 273.15;
        let t = &self.temperatures;
        let (first, last) = (*t.first()?, *t.last()?);
        if celsius < first - 1e-9 || celsius > last + 1e-9 {
            return None;
        }
        let upper = t.iter().position(|x| *x >= celsius - 1e-9).unwrap_or(t.len() - 1);
        let lower = upper.saturating_sub(1);
        let width = t[upper] - t[lower];
        let part = if width > 0.0 { (celsius - t[lower]) / width } else { 0.0 };
        let pick = |v: &[f64]| -> Option<f64> { Some(v.get(lower)? * (1.0 - part) + v.get(upper)? * part) };
        let k = &self.co2;
        Some(BDotConstants {
            a: pick(&self.a)?,
            b: pick(&self.b)?,
            slope: pick(&self.slope)?,
            gas_linear: k[0] + k[1] * temperature + k[2] / temperature,
            gas_saturating: k[3] + k[4] * temperature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::equilibrium::activity::water::debye_hueckel;

    #[test]
    fn slopes_are_derivatives() {
        let water = debye_hueckel(298.15);
        let rules = [Gamma::Default, Gamma::Extended { size: 4.0, slope: 0.075 }, Gamma::One];
        for (rule, charge) in rules.iter().flat_map(|rule| [(*rule, 2.0), (*rule, 0.0)]) {
            let class = class(rule, charge, &water, None);
            let (i, h) = (0.3_f64, 1e-6_f64);
            let want = (class.at(i + h, (i + h).sqrt()).0 - class.at(i - h, (i - h).sqrt()).0) / (2.0 * h);
            assert!((class.at(i, i.sqrt()).1 - want).abs() < 1e-8);
        }
    }

    #[test]
    fn davies_agrees_with_print() {
        // Stumm and Morgan, Aquatic Chemistry, 3rd ed., table 3.3: Davies, A = 0.5, I = 0.1: z = 1 0.78(1), z = 2 0.37
        let water = DebyeHueckel { a: 0.5, b: 0.33, a_phi: 0.39 };
        let gamma = |z2: f64| davies(z2, &water).at(0.1, 0.1_f64.sqrt()).0.exp();
        assert!((gamma(1.0) - 0.785).abs() < 0.006, "{}", gamma(1.0));
        assert!((gamma(4.0) - 0.375).abs() < 0.012, "{}", gamma(4.0));
    }
}
