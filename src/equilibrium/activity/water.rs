//! Density and dielectric constant of water, and the Debye–Hückel constants they give.

use std::f64::consts::{LN_10, PI};

/// Debye–Hückel constants of water at one temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DebyeHueckel {
    /// `A` of `log10 γ = -A z² √I`, (kg/mol)^½.
    pub a: f64,
    /// `B` of `1 + B å √I`, (kg/mol)^½ per ångström.
    pub b: f64,
    /// Pitzer's `A_φ`, (kg/mol)^½.
    pub a_phi: f64,
}

/// Density of saturated liquid water, kg/m³.
///
/// # Source
/// W. Wagner, A. Pruß, J. Phys. Chem. Ref. Data 31 (2002) 387, equation 2.6.
pub fn saturated_density(temperature: f64) -> f64 {
    let th = 1.0 - temperature.min(647.0) / 647.096;
    let c = th.cbrt();
    322.0
        * (1.0 + 1.99274064 * c + 1.09965342 * c * c
            - 0.510839303 * c.powi(5)
            - 1.75493479 * c.powi(16)
            - 45.5170352 * c.powi(43)
            - 6.7469445e5 * c.powi(110))
}

/// Relative permittivity of water at a temperature (K) and pressure (bar).
///
/// # Source
/// D. J. Bradley, K. S. Pitzer, J. Phys. Chem. 83 (1979) 1599.
pub fn permittivity(temperature: f64, pressure: f64) -> f64 {
    let t = temperature;
    let at_1000_bar = 3.4279e2 * (t * (-5.0866e-3 + t * 9.469e-7)).exp();
    let c = -2.0525 + 3.1159e3 / (t - 1.8289e2);
    let b = -8.0325e3 + 4.2142e6 / t + 2.1417 * t;
    at_1000_bar + c * ((b + pressure) / (b + 1e3)).ln()
}

/// Density of water under one atmosphere, kg/m³: the saturated value and PHREEQC's compressibility term.
fn density_at_one_atm(temperature: f64) -> f64 {
    let tc = temperature - 273.15;
    let p_sat = (11.6702 - 3816.44 / (temperature - 46.13)).exp(); // atm
    let compress =
        5.188e-2 + tc * (-4.1885519e-4 + tc * (6.6780748e-6 + tc * (-3.6648699e-8 + tc * 8.3501912e-11)));
    saturated_density(temperature) + (1.0 - p_sat).max(0.0) * compress
}

/// The Debye–Hückel constants at a temperature (K), at one atmosphere or the vapour pressure if higher.
///
/// # Source
/// Formulas with the constants (e, k, N_A) as PHREEQC 3 uses them, so that results agree with it.
pub fn debye_hueckel(temperature: f64) -> DebyeHueckel {
    let t = temperature.min(623.15);
    let p_sat = (11.6702 - 3816.44 / (t - 46.13)).exp();
    let e2_over_dkt = 1.671008e-3 / (permittivity(t, 1.01325 * p_sat.max(1.0)) * t); // cm
    let b = (8.0 * PI * 6.02252e23 * e2_over_dkt * density_at_one_atm(t) / 1e6).sqrt(); // 1/cm
    DebyeHueckel { a: b * e2_over_dkt / (2.0 * LN_10), b: b * 1e-8, a_phi: b * e2_over_dkt / 6.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_and_permittivity_agree_with_print() {
        // IAPWS-95 saturated liquid density (Wagner and Pruss 2002, table 13.1), kg/m3
        for (t, want) in [(300.0, 996.51), (350.0, 973.70), (400.0, 937.49), (450.0, 890.34)] {
            assert!((saturated_density(t) - want).abs() < 0.05, "{t} K: {}", saturated_density(t));
        }
        // Bradley and Pitzer 1979, table II: 78.38 at 25 °C and 1 bar
        assert!((permittivity(298.15, 1.0) - 78.38).abs() < 0.02);
    }

    #[test]
    fn constants_agree_with_tables() {
        // Helgeson and Kirkham 1974: A 0.5092 at 25 °C, 0.5450 at 60 °C; B 0.3283 and 0.3343 (as in the LLNL data files)
        for (celsius, a, b) in [(25.0, 0.5092, 0.3283), (60.0, 0.5450, 0.3343)] {
            let dh = debye_hueckel(celsius + 273.15);
            assert!((dh.a - a).abs() < 2e-3 && (dh.b - b).abs() < 1e-3, "{celsius}: {dh:?}");
        }
        // Pitzer's A_phi: 0.391 at 25 °C
        assert!((debye_hueckel(298.15).a_phi - 0.391).abs() < 1e-3);
    }
}
