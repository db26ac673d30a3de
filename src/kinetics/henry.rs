//! Solubility of a gas in a liquor.

use crate::kinetics::arrhenius::GAS_CONSTANT;
use crate::numerics::Scalar;

/// Henry's solubility constant, with the van 't Hoff dependence on temperature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Henry {
    /// Concentration over partial pressure at the reference temperature, mol/(m³ Pa).
    pub solubility: f64,
    /// Reference temperature, K.
    pub reference: f64,
    /// `d ln H / d(1/T)`, K; 1500 or so for O2, positive where solubility falls with temperature.
    pub slope: f64,
    /// Standard partial molar heat capacity of dissolution, J/(mol K): bends `ln H` so that the solubility of a gas
    /// passes a minimum (for O2 near 100 degC). 0 leaves the straight van 't Hoff line.
    pub heat_capacity: f64,
}

impl Henry {
    /// Solubility constant, mol/(m³ Pa), at a temperature (K).
    ///
    /// `ln H/H_ref = slope (1/T - 1/T_ref) + ΔCp/R (T_ref/T - 1 + ln(T/T_ref))`, the van 't Hoff equation integrated with a
    /// constant heat capacity.
    ///
    /// # Source
    /// R. Sander, Atmos. Chem. Phys. 15 (2015) 4399-4981 (form and symbols); integration with constant ΔCp:
    /// any text of chemical thermodynamics.
    pub fn constant<S: Scalar>(&self, temperature: S) -> S {
        let inverse = temperature.recip();
        let ratio = inverse * self.reference;
        let line = (inverse - 1.0 / self.reference) * self.slope;
        let bend = (ratio - 1.0 - ratio.ln()) * (self.heat_capacity / GAS_CONSTANT);
        (line + bend).exp() * self.solubility
    }

    /// Saturation concentration, mol/m³.
    ///
    /// | name             | meaning                                              | unit  |
    /// |------------------|------------------------------------------------------|-------|
    /// | `temperature`    | temperature                                          | K     |
    /// | `pressure`       | total pressure                                       | Pa    |
    /// | `mole_fraction`  | share of the gas in the dry gas                      | –     |
    /// | `steam_pressure` | vapour pressure of the liquor, which takes its share | Pa    |
    /// | `salting_out`    | Σ k_i c_i of Sechenov, base-10                       | –     |
    pub fn saturation<S: Scalar>(
        &self,
        temperature: S,
        pressure: f64,
        mole_fraction: f64,
        steam_pressure: S,
        salting_out: S,
    ) -> S {
        let dry = (S::from(pressure) - steam_pressure).max(S::from(0.0)) * mole_fraction;
        let salt = (salting_out * -std::f64::consts::LN_10).exp();
        self.constant(temperature) * dry * salt
    }
}

/// Vapour pressure of water, Pa, between 273 and 473 K, within 0.1 % below 373 K and 0.5 % above.
///
/// # Source
/// A. L. Buck, J. Appl. Meteorol. 20 (1981) 1527-1532, as revised in the Buck Research CR-1A manual (1996):
/// `611.21 exp((18.678 - t/234.5) t/(257.14 + t))`, `t` in degC.
pub fn water_vapour_pressure<S: Scalar>(temperature: S) -> S {
    let t = temperature - 273.15;
    ((S::from(18.678) - t / 234.5) * t / (t + 257.14)).exp() * 611.21
}

#[cfg(test)]
mod tests {
    use super::*;

    const OXYGEN: Henry = Henry { solubility: 1.3e-5, reference: 298.15, slope: 1500.0, heat_capacity: 0.0 };

    /// R. Sander (2015): O2 1.2e-5..1.3e-5 mol/(m3 Pa), 1500..1800 K. Water under air at 25 degC holds 8.26 mg/L
    /// (USGS Techniques and Methods 9-A6.2, table of oxygen solubility at 760 mm Hg): 0.258 mol/m3.
    #[test]
    fn water_under_air_at_room_temperature() {
        let got: f64 = OXYGEN.saturation(298.15, 101_325.0, 0.2095, water_vapour_pressure(298.15), 0.0);
        assert!((got - 0.258).abs() < 0.015, "{got}");
    }

    #[test]
    fn salt_heat_and_steam_lower_the_solubility() {
        let saturation =
            |t: f64, salt: f64| OXYGEN.saturation(t, 101_325.0, 0.21, water_vapour_pressure(t), salt);
        assert!(saturation(298.15, 0.3) < saturation(298.15, 0.0));
        assert!(saturation(333.15, 0.0) < saturation(298.15, 0.0));
        assert_eq!(saturation(380.0, 0.0), 0.0);
    }

    /// Steam tables (IAPWS-95, as the package iapws 1.5.5 computes it too): 3.1699 kPa at 25, 12.352 at 50, 47.414 at 80, 101.42 at 100 degC.
    #[test]
    fn vapour_pressure_of_steam_tables() {
        for (celsius, want) in [(25.0, 3169.9), (50.0, 12352.0), (80.0, 47414.0), (100.0, 101_420.0)] {
            let got: f64 = water_vapour_pressure(celsius + 273.15);
            assert!((got / want - 1.0).abs() < 2e-3, "{celsius} degC: {got}");
        }
    }
}
