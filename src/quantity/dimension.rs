//! What a number measures: exponents of the base dimensions, fractional ones included.

use std::fmt;

/// Exponents of metre, kilogram, second, ampere, kelvin, mole and US dollar, and whether a kelvin is a difference.
///
/// Money takes the place of luminous intensity, which this field does not use. Exponents are `f64` because the
/// rate constant of a fractional reaction order has fractional exponents. Two dimensions are equal when their
/// exponents agree to 1e-9 and both or neither are a temperature difference.
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    exponents: [f64; 7],
    difference: bool,
}

/// Symbols of the base units, in the order of the exponents.
const BASE: [&str; 7] = ["m", "kg", "s", "A", "K", "mol", "USD"];

impl Dimension {
    /// From the exponents of m, kg, s, A, K, mol and USD.
    pub const fn new(exponents: [f64; 7]) -> Dimension {
        Dimension { exponents, difference: false }
    }

    /// Exponents of m, kg, s, A, K, mol and USD.
    pub const fn exponents(&self) -> &[f64; 7] {
        &self.exponents
    }

    /// Dimension of a product.
    pub fn times(self, other: Dimension) -> Dimension {
        Dimension::new(std::array::from_fn(|i| self.exponents[i] + other.exponents[i]))
    }

    /// Dimension of a quotient.
    pub fn over(self, other: Dimension) -> Dimension {
        self.times(other.power(-1.0))
    }

    /// Dimension of a power.
    pub fn power(self, exponent: f64) -> Dimension {
        Dimension::new(self.exponents.map(|own| own * exponent))
    }

    /// Whether a number of this dimension is a pure number.
    pub fn is_dimensionless(&self) -> bool {
        self.same_exponents(Dimension::FRACTION)
    }

    /// Equality that does not tell a temperature from a temperature difference, as inside an expression.
    pub fn same_exponents(&self, other: Dimension) -> bool {
        self.exponents.iter().zip(other.exponents).all(|(own, its)| (own - its).abs() < 1e-9)
    }

    /// The field's name of this dimension, such as `"time"`; `None` for a composite that has none.
    pub fn name(&self) -> Option<&'static str> {
        self.entry().map(|(_, name, _)| *name)
    }

    /// Units a user may write for this dimension, the most usual first; empty for an unnamed composite.
    pub fn example_units(&self) -> &'static [&'static str] {
        self.entry().map_or(&[], |(_, _, units)| units)
    }

    /// The coherent SI unit, such as `"kg/m3"` or `"m2 kg/(s2 mol)"`; `"1"` for a pure number.
    pub fn si_unit(&self) -> String {
        let powers = |sign: f64| -> Vec<String> {
            let own = BASE.iter().zip(self.exponents).filter(|(_, exponent)| sign * exponent > 1e-9);
            own.map(|(symbol, exponent)| power(symbol, sign * exponent)).collect()
        };
        let (above, below) = (powers(1.0), powers(-1.0));
        let above = if above.is_empty() { "1".to_owned() } else { above.join(" ") };
        match below.as_slice() {
            [] => above,
            [only] => format!("{above}/{only}"),
            several => format!("{above}/({})", several.join(" ")),
        }
    }

    /// All named dimensions, for help texts and the JSON schema: dimension, name, example units.
    pub fn named() -> impl Iterator<Item = (Dimension, &'static str, &'static [&'static str])> {
        NAMED.iter().copied()
    }

    fn entry(&self) -> Option<&'static (Dimension, &'static str, &'static [&'static str])> {
        NAMED.iter().find(|(dimension, _, _)| dimension == self)
    }
}

/// `m`, `m3`, `m^0.5`.
fn power(symbol: &str, exponent: f64) -> String {
    let exponent = (exponent * 1e9).round() / 1e9;
    match exponent {
        1.0 => symbol.to_owned(),
        whole if whole.fract() == 0.0 => format!("{symbol}{whole}"),
        part => format!("{symbol}^{part}"),
    }
}

impl PartialEq for Dimension {
    fn eq(&self, other: &Dimension) -> bool {
        self.difference == other.difference && self.same_exponents(*other)
    }
}

/// "a time (s, min, h, d)", or "a quantity in 1/(m^1.5 s)" where the dimension has no name.
impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some((_, name, units)) => {
                let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                write!(f, "{article} {name} ({})", units.join(", "))
            }
            None => write!(f, "a quantity in {}", self.si_unit()),
        }
    }
}

macro_rules! dimensions {
    ($($constant:ident [$m:expr, $kg:expr, $s:expr, $a:expr, $k:expr, $mol:expr, $usd:expr] $difference:literal $name:literal $units:expr;)*) => {
        impl Dimension {
            $(
                #[doc = concat!("A ", $name, ".")]
                pub const $constant: Dimension = Dimension {
                    exponents: [$m as f64, $kg as f64, $s as f64, $a as f64, $k as f64, $mol as f64, $usd as f64],
                    difference: $difference,
                };
            )*
        }

        /// Name and usual units of the dimensions this field talks of; the first match names a dimension.
        const NAMED: &[(Dimension, &str, &[&str])] = &[$((Dimension::$constant, $name, &$units),)*];
    };
}

dimensions! {
    // constant            m  kg   s  A  K mol USD  difference
    FRACTION              [0,  0,  0, 0, 0,  0, 0] false "fraction" ["%", "wt%", "g/t", "ppm"];
    TEMPERATURE           [0,  0,  0, 0, 1,  0, 0] false "temperature" ["degC", "K"];
    TEMPERATURE_DIFFERENCE [0, 0,  0, 0, 1,  0, 0] true "temperature difference" ["K"];
    TIME                  [0,  0,  1, 0, 0,  0, 0] false "time" ["s", "min", "h", "d"];
    MASS                  [0,  1,  0, 0, 0,  0, 0] false "mass" ["kg", "g", "t", "mg"];
    AMOUNT                [0,  0,  0, 0, 0,  1, 0] false "amount of substance" ["mol", "mmol", "kmol"];
    LENGTH                [1,  0,  0, 0, 0,  0, 0] false "length" ["um", "mm", "m"];
    AREA                  [2,  0,  0, 0, 0,  0, 0] false "area" ["m2", "cm2"];
    VOLUME                [3,  0,  0, 0, 0,  0, 0] false "volume" ["L", "mL", "m3"];
    PRESSURE              [-1, 1, -2, 0, 0,  0, 0] false "pressure" ["bar", "kPa", "atm", "Pa"];
    ENERGY                [2,  1, -2, 0, 0,  0, 0] false "energy" ["kJ", "MJ", "kWh"];
    POWER                 [2,  1, -3, 0, 0,  0, 0] false "power" ["W", "kW", "MW"];
    MASS_FLOW             [0,  1, -1, 0, 0,  0, 0] false "mass flow" ["kg/h", "t/d", "g/s"];
    VOLUME_FLOW           [3,  0, -1, 0, 0,  0, 0] false "volume flow" ["m3/h", "L/min", "mL/min"];
    AMOUNT_FLOW           [0,  0, -1, 0, 0,  1, 0] false "amount flow" ["mol/s", "kmol/h"];
    CONCENTRATION         [-3, 0,  0, 0, 0,  1, 0] false "molar concentration" ["mol/L", "mmol/L", "mol/m3"];
    MASS_CONCENTRATION    [-3, 1,  0, 0, 0,  0, 0] false "mass concentration or density" ["g/L", "kg/m3", "mg/L", "t/m3"];
    MOLALITY              [0, -1,  0, 0, 0,  1, 0] false "molality" ["mol/kg", "mmol/kg"];
    MOLAR_MASS            [0,  1,  0, 0, 0, -1, 0] false "molar mass" ["g/mol", "kg/mol"];
    MOLAR_VOLUME          [3,  0,  0, 0, 0, -1, 0] false "molar volume" ["cm3/mol", "L/mol", "m3/mol"];
    MOLAR_ENERGY          [2,  1, -2, 0, 0, -1, 0] false "molar energy" ["kJ/mol", "J/mol"];
    MOLAR_HEAT_CAPACITY   [2,  1, -2, 0, -1, -1, 0] false "molar heat capacity or entropy" ["J/(mol K)"];
    HEAT_CAPACITY         [2,  0, -2, 0, -1, 0, 0] false "specific heat capacity" ["kJ/(kg K)", "J/(kg K)"];
    SPECIFIC_ENERGY       [2,  0, -2, 0, 0,  0, 0] false "specific energy" ["kWh/t", "kJ/kg"];
    SPECIFIC_VOLUME       [3, -1,  0, 0, 0,  0, 0] false "volume per mass" ["L/kg", "mL/g", "m3/t"];
    SPECIFIC_AREA         [2, -1,  0, 0, 0,  0, 0] false "area per mass" ["m2/g", "m2/kg"];
    VELOCITY              [1,  0, -1, 0, 0,  0, 0] false "velocity" ["m/s", "cm/s", "m/h"];
    DIFFUSIVITY           [2,  0, -1, 0, 0,  0, 0] false "diffusivity" ["m2/s", "cm2/s"];
    FREQUENCY             [0,  0, -1, 0, 0,  0, 0] false "frequency or first-order rate constant" ["1/s", "1/h", "rpm"];
    SURFACE_RATE          [-2, 0, -1, 0, 0,  1, 0] false "rate per area" ["mol/(m2 s)"];
    VOLUME_RATE           [-3, 0, -1, 0, 0,  1, 0] false "rate per volume" ["mol/(m3 s)", "mol/(L h)", "mmol/(L h)"];
    SECOND_ORDER_RATE     [3,  0, -1, 0, 0, -1, 0] false "second-order rate constant" ["L/(mol s)", "m3/(mol s)"];
    MASS_FLUX             [-2, 1, -1, 0, 0,  0, 0] false "mass flux" ["kg/(m2 h)", "t/(m2 d)"];
    HENRY_CONSTANT        [-2, -1, 2, 0, 0,  1, 0] false "Henry constant" ["mol/(m3 Pa)", "mol/(L bar)"];
    VISCOSITY             [-1, 1, -1, 0, 0,  0, 0] false "viscosity" ["mPa s", "Pa s"];
    SURFACE_TENSION       [0,  1, -2, 0, 0,  0, 0] false "surface tension" ["mN/m", "N/m"];
    POWER_PER_VOLUME      [-1, 1, -3, 0, 0,  0, 0] false "power per volume" ["kW/m3", "W/L"];
    HEAT_TRANSFER         [0,  1, -3, 0, -1, 0, 0] false "heat transfer coefficient" ["W/(m2 K)"];
    CURRENT               [0,  0,  0, 1, 0,  0, 0] false "electric current" ["A", "kA", "mA"];
    CURRENT_DENSITY       [-2, 0,  0, 1, 0,  0, 0] false "current density" ["A/m2", "mA/cm2"];
    CHARGE                [0,  0,  1, 1, 0,  0, 0] false "electric charge" ["C", "Ah"];
    POTENTIAL             [2,  1, -3, -1, 0, 0, 0] false "electric potential" ["V", "mV"];
    RESISTANCE_INVERSE    [-2, -1, 3, 2, 0, 0, 0] false "electric conductance" ["S", "mS"];
    RESISTANCE            [2,  1, -3, -2, 0, 0, 0] false "electric resistance" ["ohm"];
    CONDUCTIVITY          [-3, -1, 3, 2, 0,  0, 0] false "electric conductivity" ["S/m", "mS/cm"];
    MONEY                 [0,  0,  0, 0, 0,  0, 1] false "sum of money" ["USD"];
    PRICE                 [0, -1,  0, 0, 0,  0, 1] false "price per mass" ["USD/kg", "USD/t"];
    ENERGY_PRICE          [-2, -1, 2, 0, 0,  0, 1] false "price per energy" ["USD/kWh", "USD/GJ"];
    VOLUME_PRICE          [-3, 0,  0, 0, 0,  0, 1] false "price per volume" ["USD/m3"];
    COST_RATE             [0,  0, -1, 0, 0,  0, 1] false "cost per time" ["USD/h", "USD/y"];
    ACCELERATION          [1,  0, -2, 0, 0,  0, 0] false "acceleration" ["m/s2"];
    FORCE                 [1,  1, -2, 0, 0,  0, 0] false "force" ["N"];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Unit;

    #[test]
    fn every_example_unit_has_the_dimension_it_illustrates() {
        for (dimension, name, units) in Dimension::named() {
            assert!(!units.is_empty(), "{name}");
            for text in units {
                let unit = Unit::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(unit.dimension.same_exponents(dimension), "{text} is not a {name}");
            }
        }
    }

    #[test]
    fn names_are_unambiguous() {
        for (dimension, name, _) in Dimension::named() {
            assert_eq!(dimension.name(), Some(name));
        }
    }

    #[test]
    fn si_units_are_written_as_results_write_them_and_read_back() {
        assert_eq!(Dimension::CONCENTRATION.si_unit(), "mol/m3");
        assert_eq!(Dimension::MOLAR_ENERGY.si_unit(), "m2 kg/(s2 mol)");
        for (dimension, name, _) in Dimension::named().filter(|(dimension, ..)| !dimension.is_dimensionless())
        {
            let unit = Unit::parse(&dimension.si_unit()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(unit.dimension.same_exponents(dimension), "{name}: {}", dimension.si_unit());
        }
    }

    #[test]
    fn products_and_powers_follow() {
        let rate = Dimension::SURFACE_RATE.over(Dimension::CONCENTRATION.power(0.5));
        assert_eq!(rate.si_unit(), "mol^0.5/(m^0.5 s)");
        assert_eq!(Dimension::VELOCITY.times(Dimension::TIME), Dimension::LENGTH);
        assert!(Dimension::TEMPERATURE != Dimension::TEMPERATURE_DIFFERENCE);
    }
}
