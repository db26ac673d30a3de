//! Volume of water and of aqueous solutions.
//!
//! A stream counts ions, published densities are of salts. Each cation shares each anion in proportion to equivalents
//! (T. F. Young and M. B. Smith, J. Phys. Chem. 58 (1954) 716), and each pair has the apparent volume of its salt
//! (M. Laliberté and W. E. Cooper, J. Chem. Eng. Data 49 (2004) 1141; coefficients of 2009). A pair without a
//! published salt has the sum of its partial molar volumes at infinite dilution.
//!
//! How much that matters, at 20 °C against the CRC Handbook's table of aqueous solutions: 20 wt% H2SO4 has 1139.8
//! kg/m³; the salts give 1140.4, infinite dilution alone 1205, because much of the acid is HSO4-. For 10 wt% NaCl,
//! 1070.7, they give 1070.8 and 1075; for 10 wt% CuSO4, 1107, they give 1107.5 and 1117.

use super::reaction::Term;
use super::species::{Phase, SpeciesId, SpeciesTable};
use crate::numerics::Scalar;

/// Density of liquid water on its saturation line, kg/m³, from its temperature (K).
///
/// Between 273.16 and 647.096 K; beyond, the value at the nearer end. Pressure raises it by 0.05 % per 10 bar.
///
/// # Source
/// IAPWS SR1-86(1992), equation 2; W. Wagner and A. Pruß, J. Phys. Chem. Ref. Data 22 (1993) 783.
pub fn water_density<S: Scalar>(temperature: S) -> S {
    let inside = temperature.max(S::from(273.16)).min(S::from(CRITICAL_TEMPERATURE));
    let theta = S::from(1.0) - inside / CRITICAL_TEMPERATURE;
    let root = theta.cbrt();
    let terms = [
        (1.992_740_64, 1),
        (1.099_653_42, 2),
        (-0.510_839_303, 5),
        (-1.754_934_79, 16),
        (-45.517_035_2, 43),
        (-6.746_944_50e5, 110),
    ];
    let sum = terms.iter().fold(S::from(0.0), |sum, (b, thirds)| sum + root.powi(*thirds) * *b);
    (sum + 1.0) * CRITICAL_DENSITY
}

/// Critical temperature of water, K (IAPWS).
const CRITICAL_TEMPERATURE: f64 = 647.096;
/// Critical density of water, kg/m³ (IAPWS).
const CRITICAL_DENSITY: f64 = 322.0;

/// Apparent specific volume (m³/kg) of a dissolved salt, acid or molecule:
/// `(w + c2 + c3·t) / ((c0·w + c1)·exp(10⁻⁶·(t + c4)²))`, w mass fraction of all solutes, t in °C.
#[derive(Clone, Debug, PartialEq)]
pub struct ApparentVolume {
    /// c0 to c4.
    pub coefficients: [f64; 5],
    /// Temperatures between which it was fitted, K; beyond, the value at the nearer end is kept.
    pub temperature: (f64, f64),
    /// Mass fraction up to which it was fitted; beyond, the value there is kept.
    pub mass_fraction: f64,
}

impl ApparentVolume {
    /// Value (m³/kg) and its derivative by `w`, at mass fraction `w` and temperature (K).
    fn at<S: Scalar>(&self, w: S, temperature: S) -> (S, S) {
        let [c0, c1, c2, c3, c4] = self.coefficients;
        let within = |value: S, low: f64, high: f64| value.max(S::from(low)).min(S::from(high));
        let t = within(temperature, self.temperature.0, self.temperature.1) - 273.15;
        let inside = within(w, 0.0, self.mass_fraction);
        let decay = ((t + c4) * (t + c4) * 1e-6).exp();
        let (above, below) = (inside + c2 + t * c3, inside * c0 + c1);
        let slope = (below - above * c0) / (below * below * decay);
        let slope = if w.real() > self.mass_fraction { S::from(0.0) } else { slope };
        (above / (below * decay), slope)
    }
}

/// How the volume of a liquor follows from its composition and temperature.
#[derive(Clone, Debug, PartialEq)]
pub struct LiquorVolume {
    species: usize,
    water: Option<(SpeciesId, f64)>,
    water_density: Option<f64>, // kg/m³, in place of that of water at the temperature
    cations: Vec<Ion>,
    anions: Vec<Ion>,
    pairs: Vec<Option<ApparentVolume>>, // [cation, anion]
    neutrals: Vec<Neutral>,
    unknown: Vec<SpeciesId>,
}

/// An ion, per equivalent.
#[derive(Clone, Debug, PartialEq)]
struct Ion {
    id: SpeciesId,
    charge: f64,
    mass: f64,   // kg per equivalent
    volume: f64, // m³ per equivalent at infinite dilution
}

#[derive(Clone, Debug, PartialEq)]
struct Neutral {
    id: SpeciesId,
    mass: f64,   // kg/mol
    volume: f64, // m³/mol at infinite dilution
    apparent: Option<ApparentVolume>,
}

/// Sums over a composition on which everything else builds.
struct Sums<S> {
    fraction: S,    // mass fraction of solutes
    mass: S,        // kg of liquor
    equivalents: S, // mean of cations and anions, mol
    pairing: S,     // Σ over pairs of equivalents × equivalents × volume
    pairing_slope: S,
    neutral: S,
    neutral_slope: S,
}

impl LiquorVolume {
    /// From the apparent volumes of salts, each with the ions (or the one molecule) it dissolves into.
    ///
    /// Water is the aqueous species `H2O`. Entries that are neither one molecule nor one cation with one anion are
    /// passed over.
    pub fn new(table: &SpeciesTable, salts: &[(Vec<Term>, ApparentVolume)]) -> LiquorVolume {
        let mut model = LiquorVolume::additive(table);
        for (parts, apparent) in salts {
            match parts.as_slice() {
                [one] => {
                    if let Some(neutral) = model.neutrals.iter_mut().find(|own| own.id == one.species) {
                        neutral.apparent = Some(apparent.clone());
                        model.unknown.retain(|id| *id != one.species);
                    }
                }
                [a, b] => {
                    let place =
                        |ions: &[Ion]| ions.iter().position(|ion| ion.id == a.species || ion.id == b.species);
                    if let (Some(cation), Some(anion)) = (place(&model.cations), place(&model.anions)) {
                        let index = cation * model.anions.len() + anion;
                        model.pairs[index] = Some(apparent.clone());
                    }
                }
                _ => {}
            }
        }
        model
    }

    /// Water and partial molar volumes at infinite dilution, nothing else: for dilute solutions.
    pub fn additive(table: &SpeciesTable) -> LiquorVolume {
        let mut model = LiquorVolume::water(table);
        for (id, species) in table.iter().filter(|(_, species)| species.phase == Phase::Aqueous) {
            if Some(id) == model.water.map(|(water, _)| water) || species.molar_mass <= 0.0 {
                continue;
            }
            let volume = species.volume.unwrap_or(0.0);
            if species.volume.is_none() {
                model.unknown.push(id);
            }
            let size = species.charge.abs();
            let ion = || Ion { id, charge: size, mass: species.molar_mass / size, volume: volume / size };
            match species.charge {
                charge if charge > 0.0 => model.cations.push(ion()),
                charge if charge < 0.0 => model.anions.push(ion()),
                _ => model.neutrals.push(Neutral { id, mass: species.molar_mass, volume, apparent: None }),
            }
        }
        model.pairs = vec![None; model.cations.len() * model.anions.len()];
        model
    }

    /// The volume of the water alone; what is dissolved takes no room.
    pub fn water(table: &SpeciesTable) -> LiquorVolume {
        let water = table.index("H2O").map(|id| (id, table.get(id).molar_mass));
        LiquorVolume {
            species: table.len(),
            water,
            water_density: None,
            cations: Vec::new(),
            anions: Vec::new(),
            pairs: Vec::new(),
            neutrals: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// With one density of water (kg/m³) at all temperatures.
    pub fn with_water_density(self, density: f64) -> LiquorVolume {
        LiquorVolume { water_density: Some(density), ..self }
    }

    fn water_density<S: Scalar>(&self, temperature: S) -> S {
        self.water_density.map_or_else(|| water_density(temperature), S::from)
    }

    /// Solutes without any volume data, which count as having none; pairs with a published salt excepted.
    pub fn unknown(&self) -> &[SpeciesId] {
        &self.unknown
    }

    /// Volume (m³ or m³/s) of the aqueous species among amounts (mol or mol/s) at a temperature (K).
    pub fn of<S: Scalar>(&self, amounts: &[S], temperature: S) -> S {
        let sums = self.sums(amounts, temperature);
        let ionic = sums.equivalents.real() > 0.0;
        let ions = if ionic { sums.pairing / sums.equivalents } else { S::from(0.0) };
        self.water_volume(amounts, temperature) + sums.neutral + ions
    }

    /// Partial volumes ∂V/∂n (m³/mol) of all species at a composition; zero for other phases.
    ///
    /// `Σ n·∂V/∂n` is the volume, so that they make a volume that is linear in the amounts about this composition.
    pub fn partials<S: Scalar>(&self, amounts: &[S], temperature: S) -> Vec<S> {
        let zero = S::from(0.0);
        let mut partials = vec![zero; self.species];
        let sums = self.sums(amounts, temperature);
        let (ionic, heavy) = (sums.equivalents.real() > 0.0, sums.mass.real() > 0.0);
        let slope = sums.neutral_slope + if ionic { sums.pairing_slope / sums.equivalents } else { zero };
        // ∂w/∂n of a solute and of water, times the slope of the volume in w
        let solute = |mass: f64| {
            if heavy { slope * mass * (S::from(1.0) - sums.fraction) / sums.mass } else { zero }
        };
        if let Some((id, mass)) = self.water {
            let dilution = if heavy { slope * mass * sums.fraction / sums.mass } else { zero };
            partials[id.0] = S::from(mass) / self.water_density(temperature) - dilution;
        }
        for neutral in &self.neutrals {
            partials[neutral.id.0] = neutral.own(sums.fraction, temperature).0 + solute(neutral.mass);
        }
        let half = if ionic { sums.pairing * 0.5 / (sums.equivalents * sums.equivalents) } else { zero };
        for (side, ions) in [&self.cations, &self.anions].into_iter().enumerate() {
            for (index, ion) in ions.iter().enumerate() {
                let own = if ionic {
                    self.shared(side == 0, index, amounts, sums.fraction, temperature) / sums.equivalents
                        - half
                } else {
                    S::from(ion.volume)
                };
                partials[ion.id.0] = (own + solute(ion.mass)) * ion.charge;
            }
        }
        partials
    }

    /// Density (kg/m³) of the aqueous species among amounts at a temperature (K); of water where there are none.
    pub fn density(&self, amounts: &[f64], temperature: f64) -> f64 {
        let volume = self.of(amounts, temperature);
        if volume > 0.0 {
            self.sums(amounts, temperature).mass / volume
        } else {
            self.water_density(temperature)
        }
    }

    fn water_volume<S: Scalar>(&self, amounts: &[S], temperature: S) -> S {
        let volume =
            |(id, mass): (SpeciesId, f64)| amount(amounts, id) * mass / self.water_density(temperature);
        self.water.map_or(S::from(0.0), volume)
    }

    fn sums<S: Scalar>(&self, amounts: &[S], temperature: S) -> Sums<S> {
        let zero = S::from(0.0);
        let water = self.water.map_or(zero, |(id, mass)| amount(amounts, id) * mass);
        let (mut dissolved, mut equivalents) = (zero, zero);
        for ion in self.cations.iter().chain(&self.anions) {
            let own = amount(amounts, ion.id) * ion.charge;
            dissolved += own * ion.mass;
            equivalents += own * 0.5;
        }
        let neutrals = self.neutrals.iter();
        dissolved += neutrals.fold(zero, |sum, one| sum + amount(amounts, one.id) * one.mass);
        let mass = water + dissolved;
        let fraction = if mass.real() > 0.0 { dissolved / mass } else { zero };
        let mut sums = Sums {
            fraction,
            mass,
            equivalents,
            pairing: zero,
            pairing_slope: zero,
            neutral: zero,
            neutral_slope: zero,
        };
        for neutral in &self.neutrals {
            let n = amount(amounts, neutral.id);
            if !n.is_zero() {
                let (volume, slope) = neutral.own(fraction, temperature);
                sums.neutral += n * volume;
                sums.neutral_slope += n * slope;
            }
        }
        self.add_pairs(amounts, temperature, &mut sums);
        sums
    }

    fn add_pairs<S: Scalar>(&self, amounts: &[S], temperature: S, sums: &mut Sums<S>) {
        for (c, cation) in self.cations.iter().enumerate() {
            let positive = amount(amounts, cation.id) * cation.charge;
            if positive.is_zero() {
                continue;
            }
            for (a, anion) in self.anions.iter().enumerate() {
                let negative = amount(amounts, anion.id) * anion.charge;
                if !negative.is_zero() {
                    let (volume, slope) = self.pair(c, a, sums.fraction, temperature);
                    sums.pairing += positive * negative * volume;
                    sums.pairing_slope += positive * negative * slope;
                }
            }
        }
    }

    /// Volume per equivalent of a pair, m³/mol, and its derivative by the mass fraction.
    fn pair<S: Scalar>(&self, cation: usize, anion: usize, w: S, temperature: S) -> (S, S) {
        let (positive, negative) = (&self.cations[cation], &self.anions[anion]);
        match &self.pairs[cation * self.anions.len() + anion] {
            Some(apparent) => {
                let mass = positive.mass + negative.mass;
                let (volume, slope) = apparent.at(w, temperature);
                (volume * mass, slope * mass)
            }
            None => (S::from(positive.volume + negative.volume), S::from(0.0)),
        }
    }

    /// Σ over the ions of the other side of equivalents × pair volume.
    fn shared<S: Scalar>(&self, is_cation: bool, index: usize, amounts: &[S], w: S, temperature: S) -> S {
        let others = if is_cation { &self.anions } else { &self.cations };
        let share = |(other, ion): (usize, &Ion)| {
            let equivalents = amount(amounts, ion.id) * ion.charge;
            if equivalents.is_zero() {
                return S::from(0.0);
            }
            let (cation, anion) = if is_cation { (index, other) } else { (other, index) };
            equivalents * self.pair(cation, anion, w, temperature).0
        };
        others.iter().enumerate().map(share).fold(S::from(0.0), |sum, own| sum + own)
    }
}

impl Neutral {
    /// Volume per mol and its derivative by the mass fraction.
    fn own<S: Scalar>(&self, w: S, temperature: S) -> (S, S) {
        match &self.apparent {
            Some(apparent) => {
                let (volume, slope) = apparent.at(w, temperature);
                (volume * self.mass, slope * self.mass)
            }
            None => (S::from(self.volume), S::from(0.0)),
        }
    }
}

fn amount<S: Scalar>(amounts: &[S], id: SpeciesId) -> S {
    amounts.get(id.0).copied().unwrap_or(S::from(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chemistry::species::Species;
    use proptest::prelude::*;

    const NAMES: [&str; 8] = ["H2O", "H+", "Na+", "Cu+2", "Cl-", "SO4-2", "H2O2", "NO3-"];

    fn table() -> SpeciesTable {
        // cm³/mol at infinite dilution: Shock and Helgeson (1988), Shock et al. (1997).
        let volumes = [18.07, 0.0, -1.11, -24.6, 17.79, 13.88, 32.8, 29.0];
        let species =
            NAMES.iter().zip(volumes).map(|(name, v)| Species::new(name).unwrap().with_volume(v * 1e-6));
        SpeciesTable::new(species.collect()).unwrap()
    }

    fn salt(c: [f64; 5], from: f64, to: f64, mass_fraction: f64) -> ApparentVolume {
        ApparentVolume { coefficients: c, temperature: (from + 273.15, to + 273.15), mass_fraction }
    }

    /// Coefficients of Laliberté (2009).
    fn model(table: &SpeciesTable) -> LiquorVolume {
        let of = |names: &[&str]| -> Vec<Term> {
            names.iter().map(|name| Term { species: table.index(name).unwrap(), nu: 1.0 }).collect()
        };
        let sulfuric =
            [70.8395152347122, 142.352693909248, 0.68779459618793, 0.00649299683206703, 1667.23864629522];
        let salts = [
            (of(&["H+", "SO4-2"]), salt(sulfuric, -11.15, 75.0, 0.782)),
            (
                of(&["Na+", "Cl-"]),
                salt(
                    [
                        -0.00324112223655149,
                        0.0636354335906616,
                        1.01371399467365,
                        0.0145951015210159,
                        3317.34854426537,
                    ],
                    0.0,
                    140.0,
                    0.2659,
                ),
            ),
            (
                of(&["Cu+2", "SO4-2"]),
                salt(
                    [
                        -1.12078294150285e-6,
                        6.06850590612117e-7,
                        -0.118863232463814,
                        0.00378050075860551,
                        4763.96073964247,
                    ],
                    10.0,
                    60.0,
                    0.2844,
                ),
            ),
            (
                of(&["H2O2"]),
                salt(
                    [
                        1245.67858462509,
                        1565.31293687729,
                        0.986168814056093,
                        0.00271435211005942,
                        200.77493156052,
                    ],
                    0.0,
                    96.0,
                    0.996,
                ),
            ),
        ];
        LiquorVolume::new(table, &salts)
    }

    /// Amounts in 1 kg of solution of the given mass fraction of one solute.
    fn solution(table: &SpeciesTable, parts: &[(&str, f64)], fraction: f64) -> Vec<f64> {
        let mut amounts = vec![0.0; table.len()];
        let id = |name: &str| table.index(name).unwrap();
        let mass: f64 = parts.iter().map(|(name, nu)| nu * table.get(id(name)).molar_mass).sum();
        for (name, nu) in parts {
            amounts[id(name).0] += nu * fraction / mass;
        }
        amounts[id("H2O").0] = (1.0 - fraction) / table.get(id("H2O")).molar_mass;
        amounts
    }

    #[test]
    fn water_agrees_with_the_release() {
        // IAPWS SR1-86(1992), table 1: K, kg/m³.
        for (temperature, want) in [(273.16, 999.789), (373.1243, 958.365), (647.096, 322.0)] {
            let got = water_density(temperature);
            assert!((got - want).abs() <= 0.0006, "{temperature} K: got {got:.4}, printed {want}");
        }
        // Another formulation: IAPWS-95, saturated liquid, as the package iapws 1.5.5 (J. J. Gómez Romera) computes it. The release
        // itself lies 0.0035 kg/m³ below it at the triple point.
        let other = [
            (273.16, 999.7925),
            (298.15, 997.0034),
            (323.15, 987.9962),
            (353.15, 971.7662),
            (423.15, 917.0077),
        ];
        for (temperature, want) in other {
            let got = water_density(temperature);
            assert!((got - want).abs() <= 0.02, "{temperature} K: got {got:.4}, IAPWS-95 {want}");
        }
    }

    /// Ions of a solute, mass fraction, printed density.
    type Row<'a> = (&'a [(&'a str, f64)], f64, f64);

    #[test]
    fn solutions_agree_with_the_handbook() {
        // kg/m³ at 20 °C: CRC Handbook, concentrative properties of aqueous solutions.
        let acid = [("H+", 2.0), ("SO4-2", 1.0)];
        let salt = [("Na+", 1.0), ("Cl-", 1.0)];
        let vitriol = [("Cu+2", 1.0), ("SO4-2", 1.0)];
        let rows: [Row<'_>; 7] = [
            (&acid, 0.05, 1031.8),
            (&acid, 0.10, 1066.1),
            (&acid, 0.20, 1139.8),
            (&salt, 0.10, 1070.7),
            (&salt, 0.20, 1147.8),
            (&vitriol, 0.05, 1051.1),
            (&vitriol, 0.10, 1107.0),
        ];
        let table = table();
        let model = model(&table);
        for (parts, fraction, want) in rows {
            let got = model.density(&solution(&table, parts, fraction), 293.15);
            assert!((got - want).abs() <= 1.0, "{parts:?} {fraction}: got {got:.2}, printed {want}");
        }
    }

    #[test]
    fn infinite_dilution_is_poor_for_acid_and_fair_for_salt() {
        let table = table();
        let additive = LiquorVolume::additive(&table);
        let off = |parts: &[(&str, f64)], fraction: f64, printed: f64| {
            additive.density(&solution(&table, parts, fraction), 293.15) / printed - 1.0
        };
        let acid = off(&[("H+", 2.0), ("SO4-2", 1.0)], 0.20, 1139.8);
        let salt = off(&[("Na+", 1.0), ("Cl-", 1.0)], 0.10, 1070.7);
        assert!(acid > 0.03 && acid < 0.07, "{acid}");
        assert!(salt.abs() < 0.006, "{salt}");
    }

    #[test]
    fn water_alone_and_unknown_volumes_are_told() {
        let table = SpeciesTable::new(vec![
            Species::new("H2O").unwrap(),
            Species::new("Ag+").unwrap(),
            Species::new("NO3-").unwrap().with_volume(29e-6),
        ])
        .unwrap();
        assert_eq!(LiquorVolume::additive(&table).unknown(), [SpeciesId(1)]);
        let litre = 1000.0 / 18.015;
        let volume = LiquorVolume::water(&table).of(&[litre, 1.0, 1.0], 298.15);
        assert!((volume / 1.002_96e-3 - 1.0).abs() < 1e-4, "{volume}");
        assert_eq!(LiquorVolume::additive(&table).of(&[0.0; 3], 298.15), 0.0);
    }

    proptest! {
        #[test]
        fn partial_volumes_add_up_and_are_derivatives(
            water in 20.0..60.0f64, acid in 0.01..3.0f64, salt in 0.01..2.0f64, copper in 0.0..1.0f64,
            peroxide in 0.0..2.0f64, nitrate in 0.0..1.0f64, temperature in 280.0..350.0f64,
        ) {
            let table = table();
            let model = model(&table);
            // H2O, H+, Na+, Cu+2, Cl-, SO4-2, H2O2, NO3-
            let amounts = vec![water, 2.0 * acid + nitrate, salt, copper, salt, acid + copper, peroxide, nitrate];
            let volume = model.of(&amounts, temperature);
            let partials = model.partials(&amounts, temperature);
            let sum: f64 = amounts.iter().zip(&partials).map(|(n, v)| n * v).sum();
            prop_assert!((sum / volume - 1.0).abs() < 1e-10, "{sum} {volume}");
            for (index, partial) in partials.iter().enumerate() {
                let step = 1e-4;
                let shifted = |sign: f64| {
                    let mut moved = amounts.clone();
                    moved[index] += sign * step;
                    model.of(&moved, temperature)
                };
                if amounts[index] > step {
                    // Where the data of a salt end its volume has a kink: the derivative is then that of one side.
                    let sides = [shifted(-1.0), volume, shifted(1.0)];
                    let differences = [(0, 2), (0, 1), (1, 2)]
                        .map(|(from, to)| (sides[to] - sides[from]) / (step * (to - from) as f64));
                    let off = differences.map(|difference| (difference - partial).abs());
                    prop_assert!(off.iter().any(|off| *off < 1e-9), "{}: {differences:?} {partial}", NAMES[index]);
                }
            }
        }
    }
}
