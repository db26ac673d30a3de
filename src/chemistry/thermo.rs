//! Enthalpy, entropy and heat capacity of a pure substance or a solute, at a fixed pressure of 1 bar.

use crate::numerics::Scalar;

/// Reference temperature of the tables, K.
pub const REFERENCE_TEMPERATURE: f64 = 298.15;

/// Molar gas constant, J/(mol K), exact by definition (SI brochure, 9th ed., 2019).
pub const GAS_CONSTANT: f64 = 8.314_462_618_153_24;

/// What is known of a species' thermochemistry; an absent value is unknown, never zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thermo {
    /// Enthalpy of formation from the elements at 298.15 K, J/mol; ions on the scale where H+ has zero.
    pub enthalpy: Option<f64>,
    /// Standard entropy at 298.15 K, J/(mol K); ions on the scale where H+ has zero.
    pub entropy: Option<f64>,
    /// Heat capacity as a function of temperature.
    pub heat_capacity: Option<HeatCapacity>,
}

impl Thermo {
    /// Enthalpy of formation at 298.15 K plus the heat from there to `temperature` (K), J/mol.
    ///
    /// Where no heat capacity is known, the enthalpy at 298.15 K. `None` where that is unknown too.
    pub fn enthalpy_at<S: Scalar>(&self, temperature: S) -> Option<S> {
        let reference = S::from(REFERENCE_TEMPERATURE);
        let heat = self.heat_capacity.as_ref().map_or(S::from(0.0), |cp| cp.heat(reference, temperature));
        self.enthalpy.map(|formation| heat + formation)
    }

    /// Heat capacity at `temperature` (K), J/(mol K).
    pub fn heat_capacity_at<S: Scalar>(&self, temperature: S) -> Option<S> {
        self.heat_capacity.as_ref().map(|cp| cp.at(temperature))
    }
}

/// Molar heat capacity at constant pressure: in each range of temperature a sum of powers, `Σ cᵢ·T^pᵢ` (J/(mol K)).
///
/// Beyond the outermost ranges the value at the nearest end is kept constant.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCapacity {
    segments: Vec<Segment>,
}

/// One range of a [`HeatCapacity`].
#[derive(Clone, Debug, PartialEq)]
struct Segment {
    from: f64, // K
    to: f64,   // K
    terms: Vec<(f64, f64)>,
}

impl HeatCapacity {
    /// The same value (J/(mol K)) at every temperature.
    pub fn constant(value: f64) -> HeatCapacity {
        HeatCapacity { segments: vec![Segment { from: 0.0, to: f64::INFINITY, terms: vec![(value, 0.0)] }] }
    }

    /// `A + B·t + C·t² + D·t³ + E/t²` with `t = T/1000 K`, between the temperatures of `range` (K).
    ///
    /// # Source
    /// The Shomate equation as printed by the NIST Chemistry WebBook (SRD 69).
    pub fn shomate(coefficients: [f64; 5], range: (f64, f64)) -> HeatCapacity {
        let [a, b, c, d, e] = coefficients;
        HeatCapacity::of(
            vec![(a, 0.0), (b * 1e-3, 1.0), (c * 1e-6, 2.0), (d * 1e-9, 3.0), (e * 1e6, -2.0)],
            range,
        )
    }

    /// `a + b·T + c·T⁻² + d·T^-½ + e·T²`, T in K, between the temperatures of `range` (K).
    ///
    /// # Source
    /// C. G. Maier and K. K. Kelley, J. Am. Chem. Soc. 54 (1932) 3243, with the two terms added by later compilations.
    pub fn maier_kelley(coefficients: [f64; 5], range: (f64, f64)) -> HeatCapacity {
        let [a, b, c, d, e] = coefficients;
        HeatCapacity::of(vec![(a, 0.0), (b, 1.0), (c, -2.0), (d, -0.5), (e, 2.0)], range)
    }

    /// `R·(a₁·T⁻² + a₂·T⁻¹ + a₃ + a₄·T + a₅·T² + a₆·T³ + a₇·T⁴)`, T in K, between the temperatures of `range` (K).
    ///
    /// # Source
    /// B. J. McBride, M. J. Zehe, S. Gordon, NASA/TP-2002-211556.
    pub fn nasa9(coefficients: [f64; 7], range: (f64, f64)) -> HeatCapacity {
        let powers = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0];
        HeatCapacity::of(coefficients.iter().zip(powers).map(|(a, p)| (a * GAS_CONSTANT, p)).collect(), range)
    }

    /// The same with another form for another range; ranges are kept in ascending order.
    #[must_use]
    pub fn and(mut self, other: HeatCapacity) -> HeatCapacity {
        self.segments.extend(other.segments);
        self.segments.sort_by(|a, b| a.from.total_cmp(&b.from));
        self
    }

    fn of(mut terms: Vec<(f64, f64)>, (from, to): (f64, f64)) -> HeatCapacity {
        terms.retain(|(coefficient, _)| *coefficient != 0.0);
        HeatCapacity { segments: vec![Segment { from, to, terms }] }
    }

    /// Lowest and highest temperature (K) for which a form is given.
    pub fn range(&self) -> (f64, f64) {
        let from = self.segments.first().map_or(0.0, |segment| segment.from);
        (from, self.segments.iter().fold(from, |highest, segment| highest.max(segment.to)))
    }

    /// Value at `temperature` (K), J/(mol K).
    pub fn at<S: Scalar>(&self, temperature: S) -> S {
        let segment = self.segments.iter().rev().find(|segment| segment.from <= temperature.real());
        segment.or(self.segments.first()).map_or(S::from(0.0), |segment| segment.at(temperature))
    }

    /// Heat taken up from one temperature (K) to another, J/mol.
    pub fn heat<S: Scalar>(&self, from: S, to: S) -> S {
        if (to - from).is_zero() {
            return S::from(0.0);
        }
        self.heat_from_zero_mark(to) - self.heat_from_zero_mark(from)
    }

    /// Heat from the lower end of the first range to `temperature`, J/mol.
    fn heat_from_zero_mark<S: Scalar>(&self, temperature: S) -> S {
        let Some(first) = self.segments.first() else { return S::from(0.0) };
        if temperature.real() <= first.from {
            return (temperature - first.from) * first.at(first.from);
        }
        let mut heat = S::from(0.0);
        for (index, segment) in self.segments.iter().enumerate() {
            let next = self.segments.get(index + 1).map_or(f64::INFINITY, |next| next.from);
            let end = if next < temperature.real() { S::from(next) } else { temperature };
            if end.real() > segment.from {
                heat += segment.heat(S::from(segment.from), end);
            }
        }
        heat
    }
}

impl Segment {
    fn at<S: Scalar>(&self, temperature: S) -> S {
        let t = temperature.max(S::from(self.from)).min(S::from(self.to));
        self.terms.iter().fold(S::from(0.0), |sum, (coefficient, power)| sum + t.powf(*power) * *coefficient)
    }

    /// Integral, with the value held constant beyond the upper end.
    fn heat<S: Scalar>(&self, from: S, to: S) -> S {
        let end = S::from(self.to);
        let (low, high) = (from.min(end), to.min(end));
        let within = self.terms.iter().fold(S::from(0.0), |sum, term| sum + integral(*term, low, high));
        let beyond = (to - high) - (from - low);
        if beyond.is_zero() { within } else { within + beyond * self.at(self.to) }
    }
}

/// ∫ c·T^p dT.
fn integral<S: Scalar>((coefficient, power): (f64, f64), from: S, to: S) -> S {
    if power == -1.0 {
        (to / from).ln() * coefficient
    } else {
        (to.powf(power + 1.0) - from.powf(power + 1.0)) * coefficient / (power + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Water vapour, NIST Chemistry WebBook (Chase 1998), 500 to 1700 K.
    fn steam() -> HeatCapacity {
        HeatCapacity::shomate([30.092_00, 6.832_514, 6.793_435, -2.534_480, 0.082_139], (500.0, 1700.0))
    }

    #[test]
    fn shomate_agrees_with_the_printed_table_of_steam() {
        // JANAF table of water vapour (M. W. Chase 1998), K and J/(mol K); the polynomial is a fit of it.
        for (temperature, want) in [(500.0, 35.226), (1000.0, 41.268), (1500.0, 47.090)] {
            let got = steam().at(temperature);
            assert!((got - want).abs() <= 0.02, "{temperature} K: got {got:.3}, printed {want}");
        }
    }

    #[test]
    fn steam_of_two_collections_agrees() {
        // H2O, 200 to 1000 K, NASA Glenn library (nasacea): newer than JANAF, which it leaves by 0.06 % at 1000 K.
        let nasa = HeatCapacity::nasa9(
            [
                -39_479.608_3,
                575.573_102,
                0.931_782_653,
                0.007_222_712_86,
                -7.342_557_37e-6,
                4.955_043_49e-9,
                -1.336_933_246e-12,
            ],
            (200.0, 1000.0),
        );
        for temperature in [500.0, 750.0, 1000.0] {
            let (a, b) = (steam().at(temperature), nasa.at(temperature));
            assert!((a / b - 1.0).abs() <= 1e-3, "{temperature} K: {a:.3} and {b:.3}");
        }
    }

    #[test]
    fn maier_kelley_agrees_with_the_printed_quartz() {
        // H. C. Helgeson et al., Am. J. Sci. 278A (1978): alpha quartz, a = 11.22, b = 8.2e-3, c = -2.7e5 cal; Cp at
        // 298.15 K 10.63 cal/(mol K).
        let quartz = HeatCapacity::maier_kelley([46.944, 34.309e-3, -1.129_68e6, 0.0, 0.0], (298.15, 848.0));
        assert!((quartz.at(298.15) / 4.184 - 10.63).abs() <= 0.006);
    }

    #[test]
    fn nasa9_agrees_with_the_tabulated_nitrogen() {
        // NASA/TP-2002-211556, N2 200 to 1000 K; Cp(298.15 K) 29.124 J/(mol K) in its header line.
        let nitrogen = HeatCapacity::nasa9(
            [
                22_103.714_97,
                -381.846_182,
                6.082_738_36,
                -0.008_530_914_41,
                1.384_646_189e-5,
                -9.625_793_62e-9,
                2.519_705_809e-12,
            ],
            (200.0, 1000.0),
        );
        assert!((nitrogen.at(298.15) - 29.124).abs() <= 0.001, "{}", nitrogen.at(298.15));
    }

    #[test]
    fn an_unknown_enthalpy_stays_unknown() {
        let thermo = Thermo { heat_capacity: Some(HeatCapacity::constant(75.0)), ..Thermo::default() };
        assert_eq!(thermo.enthalpy_at(350.0), None);
        let known = Thermo { enthalpy: Some(-285_830.0), ..thermo };
        assert!((known.enthalpy_at(308.15).unwrap() + 285_080.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn heat_is_the_integral_of_the_heat_capacity(from in 200.0..2500.0f64, to in 200.0..2500.0f64) {
            let low = HeatCapacity::maier_kelley([46.9, 34.3e-3, -1.1e6, 20.0, 1e-6], (298.15, 500.0));
            let cp = low.and(steam());
            let n = 20_000;
            let step = (to - from) / f64::from(n);
            let sum: f64 = (0..n).map(|i| cp.at(from + (f64::from(i) + 0.5) * step) * step).sum();
            // the sum's own error: half a step across the jump at 500 K
            let jump = cp.at(500.0 - 1e-9) - cp.at(500.0 + 1e-9);
            prop_assert!((cp.heat(from, to) - sum).abs() <= 1e-5 * sum.abs() + 0.5 * (step * jump).abs());
        }

        #[test]
        fn heat_adds_up(a in 200.0..2500.0f64, b in 200.0..2500.0f64, c in 200.0..2500.0f64) {
            let cp = steam();
            prop_assert!((cp.heat(a, b) + cp.heat(b, c) - cp.heat(a, c)).abs() <= 1e-7);
        }
    }
}
