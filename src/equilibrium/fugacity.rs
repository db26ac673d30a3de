//! Gases that are not ideal: fugacity coefficients of pure gases by the equation of Peng and Robinson.
//!
//! Source: D.-Y. Peng, D. B. Robinson, Ind. Eng. Chem. Fundam. 15 (1976) 59-64, equations 4 to 19. As in PHREEQC, a gas held at a
//! pressure is taken by itself, without what other gases do to it.

/// Where a gas and its liquid become one, from a database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CriticalPoint {
    /// K.
    pub temperature: f64,
    /// atm.
    pub pressure: f64,
    /// Pitzer's acentric factor.
    pub acentric: f64,
}

impl CriticalPoint {
    /// Natural logarithm of fugacity over pressure of the gas at a temperature (K) and its pressure (atm); where gas and liquid
    /// are both possible that of the gas.
    pub fn ln_coefficient(&self, temperature: f64, pressure: f64) -> f64 {
        let reduced = temperature / self.temperature;
        let kappa = 0.37464 + (1.54226 - 0.26992 * self.acentric) * self.acentric;
        let alpha = (1.0 + kappa * (1.0 - reduced.sqrt())).powi(2);
        let share = pressure / self.pressure;
        let a = 0.457_235 * alpha * share / (reduced * reduced);
        let b = 0.077_796 * share / reduced;
        if b < 1e-12 {
            return 0.0; // an ideal gas to the last digit
        }
        let z = compressibility(a, b);
        let root = 2.0_f64.sqrt();
        z - 1.0 - (z - b).ln() - a / (2.0 * root * b) * ((z + (1.0 + root) * b) / (z + (1.0 - root) * b)).ln()
    }
}

/// The largest root of `Z³ - (1 - B) Z² + (A - 3B² - 2B) Z - (AB - B² - B³)` (equation 5), by Newton's method from above all roots,
/// from where it falls steadily.
fn compressibility(a: f64, b: f64) -> f64 {
    let [two, one, zero] = [b - 1.0, a - 3.0 * b * b - 2.0 * b, b * b + b * b * b - a * b];
    let mut z = 1.0 + two.abs().max(one.abs()).max(zero.abs()); // Cauchy's bound
    for _ in 0..200 {
        let value = ((z + two) * z + one) * z + zero;
        let slope = (3.0 * z + 2.0 * two) * z + one;
        let next = z - value / slope;
        if next < z {
            z = next;
        } else {
            break;
        }
    }
    z.max(b * (1.0 + 1e-12))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CO2: CriticalPoint = CriticalPoint { temperature: 304.2, pressure: 72.86, acentric: 0.225 };

    /// R. Span, W. Wagner, J. Phys. Chem. Ref. Data 25 (1996) 1509: second virial coefficient of CO2 at 298.15 K about
    /// -123 cm³/mol, so ln φ = B p/(R T) where the pressure is low.
    #[test]
    fn low_pressures_follow_the_second_virial_coefficient() {
        let got = CO2.ln_coefficient(298.15, 1.0);
        let want = -0.123 / (0.082_057 * 298.15);
        assert!((got / want - 1.0).abs() < 0.12, "{got} {want}");
        let small = CO2.ln_coefficient(298.15, 1e-3);
        assert!((small / got * 1e3 - 1.0).abs() < 5e-3, "{small} {got}");
        assert_eq!(CO2.ln_coefficient(298.15, 1e-20), 0.0);
    }

    /// The compressibility is a root, and the coefficient is the integral of (Z - 1)/p.
    #[test]
    fn the_coefficient_is_the_integral_of_the_compressibility() {
        let z = |p: f64| {
            let reduced = 298.15 / CO2.temperature;
            let kappa = 0.37464 + (1.54226 - 0.26992 * CO2.acentric) * CO2.acentric;
            let alpha = (1.0 + kappa * (1.0 - reduced.sqrt())).powi(2);
            let share = p / CO2.pressure;
            compressibility(0.457_235 * alpha * share / (reduced * reduced), 0.077_796 * share / reduced)
        };
        let rule = crate::numerics::quadrature::GaussLegendre::new(24);
        let want = rule.integrate(0.0, 50.0, |p: f64| (z(p) - 1.0) / p);
        let got = CO2.ln_coefficient(298.15, 50.0);
        assert!((got - want).abs() < 1e-9, "{got} {want}");
    }

    #[test]
    fn far_past_the_critical_point_it_is_finite() {
        for (t, p) in [(243.15, 1e4), (298.15, 64.0), (304.2, 72.86), (623.15, 1e6), (298.15, 1e12)] {
            assert!(CO2.ln_coefficient(t, p).is_finite(), "{t} K {p} atm");
        }
    }

    /// Values of IPhreeqc 3.7.3 with phreeqc.dat: CO2 over 0.1 mol/kg NaCl at 25 degC is 0.0333285 mol/kg at 1 atm and 1.236461 at
    /// 50 atm, so the fugacities stand as these do (CO2 is an ideal solute there, and pH and salt are as good as the same).
    #[test]
    fn a_database_gives_the_critical_point_and_a_gas_is_held_by_it() {
        let text = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
C CO2 0 C 12.011
SOLUTION_SPECIES
CO2 = CO2
PHASES
CO2(g)
    CO2 = CO2
    log_k -1.468
    -T_c 304.2; -P_c 72.86; -Omega 0.225
Dry
    CO2 = CO2
    log_k -1
    -T_c 304.2; -P_c 72.86
";
        let db = crate::equilibrium::Database::parse_phreeqc(text).unwrap();
        assert_eq!(db.find_phase("CO2(g)").unwrap().critical, Some(CO2));
        assert_eq!(db.find_phase("Dry").unwrap().critical, None, "a solid has none");
        let ratio = (CO2.ln_coefficient(298.15, 50.0) - CO2.ln_coefficient(298.15, 1.0)).exp() * 50.0;
        assert!((ratio / (1.236_461 / 0.033_328_5) - 1.0).abs() < 5e-3, "{ratio}");
        let wrong = text.replace("-P_c 72.86; -Omega", "-P_c -72.86; -Omega");
        let error = crate::equilibrium::Database::parse_phreeqc(&wrong).unwrap_err();
        assert!(error.problem.contains("are positive"), "{error}");
    }
}
