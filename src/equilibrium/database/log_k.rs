//! Equilibrium constants and their temperature dependence.

use std::f64::consts::LN_10;

/// Gas constant as PHREEQC rounds it, J/(mol K). Van 't Hoff constants of its databases were made with it.
pub const GAS_CONSTANT: f64 = 8.3147;
const REFERENCE: f64 = 298.15; // K

/// How `log10 K` of one reaction follows temperature.
#[derive(Clone, Debug, PartialEq)]
pub struct LogK {
    /// `log10 K` at 298.15 K.
    pub log_k: f64,
    /// Enthalpy of the reaction at 298.15 K, J/mol.
    pub enthalpy: f64,
    /// What replaces or extends van 't Hoff.
    pub form: Form,
}

/// The form of the temperature dependence.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Constant enthalpy.
    VantHoff,
    /// `A1 + A2 T + A3/T + A4 log10 T + A5/T² + A6 T²`; `log_k` and `enthalpy` are not used.
    Analytic([f64; 6]),
    /// Heat capacity of reaction `a + b T + c/T²`, J/(mol K), integrated from 298.15 K with the enthalpy.
    MaierKelley([f64; 3]),
}

impl LogK {
    /// A constant with a constant enthalpy (J/mol).
    pub fn new(log_k: f64, enthalpy: f64) -> LogK {
        LogK { log_k, enthalpy, form: Form::VantHoff }
    }

    /// `log10 K` at a temperature in kelvin.
    ///
    /// # Source
    /// Van 't Hoff's equation and its integral with Maier and Kelley's heat capacity (J. Am. Chem. Soc. 54, 1932, 3243);
    /// analytic form: D. L. Parkhurst, C. A. J. Appelo, *PHREEQC 3* (USGS TM 6-A43, 2013), SOLUTION_SPECIES.
    pub fn at(&self, temperature: f64) -> f64 {
        let t = temperature;
        match &self.form {
            Form::Analytic(a) => {
                a[0] + a[1] * t + a[2] / t + a[3] * t.log10() + a[4] / (t * t) + a[5] * t * t
            }
            Form::VantHoff => self.van_t_hoff(t, GAS_CONSTANT),
            Form::MaierKelley([a, b, c]) => {
                let r = REFERENCE;
                let log = (t / r).ln() + r / t - 1.0;
                let linear = 0.5 * b * (t + r * r / t - 2.0 * r);
                let inverse_square = 0.5 * c * (t - r).powi(2) / (t * t * r * r);
                self.van_t_hoff(t, 8.314462618) + (a * log + linear + inverse_square) / (8.314462618 * LN_10)
            }
        }
    }

    fn van_t_hoff(&self, t: f64, gas_constant: f64) -> f64 {
        self.log_k - self.enthalpy * (REFERENCE - t) / (LN_10 * gas_constant * REFERENCE * t)
    }

    /// Whether the value at another temperature than 25 °C rests on data.
    pub fn has_temperature_data(&self) -> bool {
        match self.form {
            Form::VantHoff => self.enthalpy != 0.0,
            Form::Analytic([_, rest @ ..]) => rest.iter().any(|a| *a != 0.0),
            Form::MaierKelley(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_capacity_integrates_to_the_enthalpy_integral() {
        // d(log10 K)/dT = dH(T)/(R T² ln 10), integrated here by Simpson's rule
        let (log_k, dh, cp) = (-3.0, 20e3, [35.0, 0.08, 4.0e5]);
        let k = LogK { log_k, enthalpy: dh, form: Form::MaierKelley(cp) };
        let enthalpy = |t: f64| {
            dh + cp[0] * (t - 298.15) + 0.5 * cp[1] * (t * t - 298.15 * 298.15)
                - cp[2] * (1.0 / t - 1.0 / 298.15)
        };
        let slope = |t: f64| enthalpy(t) / (8.314462618 * t * t * LN_10);
        for t in [273.15, 333.15, 423.15] {
            let (n, mut sum) = (2000, 0.0);
            let h = (t - 298.15) / f64::from(n);
            for i in 0..n {
                let a = 298.15 + f64::from(i) * h;
                sum += h / 6.0 * (slope(a) + 4.0 * slope(a + 0.5 * h) + slope(a + h));
            }
            assert!((k.at(t) - log_k - sum).abs() < 1e-9, "{t} K: {} against {}", k.at(t), log_k + sum);
        }
    }

    #[test]
    fn ionic_product_of_water_follows_its_enthalpy() {
        // 55.815 kJ/mol; pKw 13.02 at 60 °C is measured (13.017, Marshall and Franck 1981, J. Phys. Chem. Ref. Data 10, 295)
        let k = LogK::new(-13.995, 55.815e3);
        assert!((k.at(333.15) + 13.017).abs() < 0.06, "{}", k.at(333.15));
    }
}
