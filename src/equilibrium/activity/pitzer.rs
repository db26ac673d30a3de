//! Pitzer's equations with unsymmetrical mixing, and specific ion interaction theory (SIT).
//!
//! Both give `ln γ` of every species, `ln a_w`, and their exact derivatives by molality.
//!
//! # Source
//! K. S. Pitzer, in *Activity Coefficients in Electrolyte Solutions*, 2nd ed. (CRC, 1991), chapter 3; mixing terms: J.
//! Phys. Chem. 83 (1979) 385 and the Chebyshev fit of L. N. Plummer et al., USGS WRI 88-4153 (1988); SIT: I. Grenthe et
//! al., *Modelling in Aquatic Chemistry* (NEA, 1997), chapter IX.

use super::mixing::chebyshev;
use super::water::DebyeHueckel;
use crate::equilibrium::database::{Interaction, InteractionKind};
use crate::numerics::{Dual, Scalar};
use std::collections::{BTreeMap, HashMap};

pub(super) type Line = Dual<f64, 1>; // a value and its derivative by ionic strength

pub(super) const MOLES_PER_KG: f64 = 55.50837; // of water
const B: f64 = 1.2; // (kg/mol)^½

#[derive(Clone, Debug)]
struct Pair {
    at: [usize; 2],
    rows: [Option<[f64; 6]>; 4], // B0 B1 B2 C0
    alpha: [f64; 2],
    now: [f64; 4],
}

#[derive(Clone, Debug)]
pub(super) struct Term<const N: usize> {
    pub(super) at: [usize; N],
    row: [f64; 6],
    pub(super) now: f64,
}

/// Pitzer or SIT for a fixed list of species.
#[derive(Clone, Debug)]
pub struct Interactions {
    pub(super) charges: Vec<f64>,
    sit: bool,
    pairs: Vec<Pair>,
    pub(super) mixing: Vec<Term<2>>, // θ, also ε of SIT
    neutral: Vec<Term<2>>,           // λ
    triplets: Vec<Term<3>>,          // ψ, ζ, η, μ
    electric: Vec<(usize, usize, usize)>,
    kinds: Vec<(f64, f64)>, // charges of the unsymmetrical mixing terms
    macinnes: Option<MacInnes>,
    chloride: Option<usize>,
    pub(super) a_phi: f64,
    /// A_φ over temperature, where the table has its own.
    own_a_phi: Option<[f64; 6]>,
}

#[derive(Clone, Debug, Default)]
struct MacInnes {
    rows: [[f64; 6]; 3], // B0 B1 C0 of KCl
    now: [f64; 3],
}

/// What the model gives: values and derivatives, reused between calls.
#[derive(Clone, Debug, Default)]
pub struct Coefficients {
    /// `ln γ`.
    pub ln_gamma: Vec<f64>,
    /// `∂ ln γ_i/∂ m_k`, row-major, kg/mol.
    pub slopes: Vec<f64>,
    /// `ln a_w`.
    pub ln_water: f64,
    /// `∂ ln a_w/∂ m_k`, kg/mol.
    pub water_slopes: Vec<f64>,
    sums: Vec<f64>,
    kinds: Vec<[f64; 3]>,
}

fn at_temperature(a: &[f64; 6], t: f64) -> f64 {
    let r = 298.15;
    if (t - r).abs() < 1e-3 {
        return a[0];
    }
    a[0] + a[1] * (1.0 / t - 1.0 / r)
        + a[2] * (t / r).ln()
        + a[3] * (t - r)
        + a[4] * (t * t - r * r)
        + a[5] * (1.0 / (t * t) - 1.0 / (r * r))
}

impl Interactions {
    /// Picks what concerns the species (name, charge) from a table.
    pub fn new(
        table: &[Interaction],
        species: &[(&str, f64)],
        sit: bool,
        macinnes: bool,
        etheta: bool,
    ) -> Interactions {
        // the MacInnes convention refers to chloride, even where there is none
        let absent = (!species.iter().any(|(name, _)| *name == "Cl-")).then_some(("Cl-", -1.0));
        let species: Vec<(&str, f64)> = species.iter().copied().chain(absent).collect();
        let index: HashMap<&str, usize> =
            species.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
        let charges: Vec<f64> = species.iter().map(|(_, z)| *z).collect();
        let mut model = Interactions {
            sit,
            charges,
            pairs: vec![],
            mixing: vec![],
            neutral: vec![],
            triplets: vec![],
            electric: vec![],
            kinds: vec![],
            macinnes: None,
            chloride: index.get("Cl-").copied(),
            a_phi: 0.0,
            own_a_phi: None,
        };
        let mut pairs: BTreeMap<(usize, usize), Pair> = BTreeMap::new();
        for row in table {
            let at: Option<Vec<usize>> =
                row.species.iter().map(|name| index.get(name.as_str()).copied()).collect();
            if let Some(at) = at {
                model.take(row, &at, &mut pairs);
            }
        }
        model.pairs = pairs.into_values().collect();
        if macinnes && !sit {
            model.macinnes = kcl(table);
        }
        if etheta && !sit {
            model.unsymmetrical();
        }
        model
    }

    fn take(&mut self, row: &Interaction, at: &[usize], pairs: &mut BTreeMap<(usize, usize), Pair>) {
        use InteractionKind as K;
        let charges = &self.charges;
        let two = || [at[0], at[1]];
        let slot = match row.kind {
            K::B0 => 0,
            K::B1 => 1,
            K::B2 => 2,
            K::C0 => 3,
            K::Theta | K::Epsilon => {
                return self.mixing.push(Term { at: two(), row: row.coefficients, now: 0.0 });
            }
            K::Lambda => return self.neutral.push(Term { at: two(), row: row.coefficients, now: 0.0 }),
            K::Psi | K::Zeta | K::Eta | K::Mu => {
                let mut row_now = row.coefficients;
                if row.kind == K::Mu {
                    let ways = match (at[0] == at[1], at[1] == at[2], at[0] == at[2]) {
                        (true, true, _) => 1.0,
                        (false, false, false) => 6.0,
                        _ => 3.0,
                    }; // in how many orders the three stand in the sum over all species
                    row_now.iter_mut().for_each(|a| *a *= ways);
                }
                return self.triplets.push(Term { at: [at[0], at[1], at[2]], row: row_now, now: 0.0 });
            }
            K::Alphas => 4,
        };
        let key = (at[0].min(at[1]), at[0].max(at[1]));
        let pair = pairs.entry(key).or_insert_with(|| {
            let (z0, z1) = (charges[key.0].abs(), charges[key.1].abs());
            let alpha = match (z0, z1) {
                (a, b) if a == 1.0 || b == 1.0 => [2.0, 12.0],
                (a, b) if a == 2.0 && b == 2.0 => [1.4, 12.0],
                _ => [2.0, 50.0],
            };
            Pair { at: [key.0, key.1], rows: [None; 4], alpha, now: [0.0; 4] }
        });
        match pair.rows.get_mut(slot) {
            Some(stored) => *stored = Some(row.coefficients),
            None => pair.alpha = [row.coefficients[0], row.coefficients[1]],
        }
    }

    fn unsymmetrical(&mut self) {
        let n = self.charges.len();
        for i in 0..n {
            for k in i + 1..n {
                let (zi, zk) = (self.charges[i], self.charges[k]);
                if zi * zk > 0.0 && zi != zk {
                    let key = (zi.abs().min(zk.abs()), zi.abs().max(zk.abs()));
                    let at = self.kinds.iter().position(|kind| *kind == key).unwrap_or_else(|| {
                        self.kinds.push(key);
                        self.kinds.len() - 1
                    });
                    self.electric.push((i, k, at));
                }
            }
        }
    }

    /// Number of species, with chloride (last) where the list had none: the length of rows in [`Coefficients`].
    pub fn count(&self) -> usize {
        self.charges.len()
    }

    /// The same with the table's own A_φ.
    pub fn with_a_phi(mut self, row: Option<[f64; 6]>) -> Interactions {
        self.own_a_phi = row;
        self
    }

    /// Takes the parameters to a temperature (K).
    pub fn set_temperature(&mut self, temperature: f64, water: &DebyeHueckel) {
        self.a_phi = self.own_a_phi.as_ref().map_or(water.a_phi, |row| at_temperature(row, temperature));
        for pair in &mut self.pairs {
            for (now, row) in pair.now.iter_mut().zip(&pair.rows) {
                *now = row.as_ref().map_or(0.0, |a| at_temperature(a, temperature));
            }
            let [i, k] = pair.at;
            pair.now[3] /= 2.0 * (self.charges[i] * self.charges[k]).abs().sqrt().max(1e-9);
        }
        self.mixing.iter_mut().for_each(|term| term.now = at_temperature(&term.row, temperature));
        self.neutral.iter_mut().for_each(|term| term.now = at_temperature(&term.row, temperature));
        self.triplets.iter_mut().for_each(|term| term.now = at_temperature(&term.row, temperature));
        if let Some(scale) = &mut self.macinnes {
            for (now, row) in scale.now.iter_mut().zip(&scale.rows) {
                *now = at_temperature(row, temperature);
            }
        }
    }

    /// Values and derivatives at molalities `m` (mol/kg, [`Interactions::count`] of them), into `out`.
    pub fn evaluate(&self, m: &[f64], out: &mut Coefficients) {
        let n = self.charges.len();
        out.ln_gamma.clear();
        out.ln_gamma.resize(n, 0.0);
        out.slopes.clear();
        out.slopes.resize(n * n, 0.0);
        out.water_slopes.clear();
        out.water_slopes.resize(n, 0.0);
        let strength = 0.5 * self.charges.iter().zip(m).map(|(z, m)| z * z * m).sum::<f64>();
        let strength = strength.max(1e-12);
        let total: f64 = m.iter().sum();
        if self.sit {
            self.evaluate_sit(m, strength, total, out);
        } else {
            self.evaluate_pitzer(m, strength, total, out);
        }
        // Gibbs and Duhem: d ln a_w = -M_w (dΣm + Σ m d ln γ)
        for k in 0..n {
            let sum: f64 = (0..n).map(|i| m[i] * out.slopes[i * n + k]).sum();
            out.water_slopes[k] = -(1.0 + sum) / MOLES_PER_KG;
        }
        self.scale(strength, out);
    }

    fn evaluate_pitzer(&self, m: &[f64], strength: f64, total: f64, out: &mut Coefficients) {
        let n = m.len();
        let i_line = Line::variable(strength, 0);
        let root = i_line.sqrt();
        let big_z: f64 = self.charges.iter().zip(m).map(|(z, m)| z.abs() * m).sum();
        let mut f = debye_term(self.a_phi, root);
        let mut c_sum = 0.0;
        let r = strength.sqrt();
        let mut osmotic = -self.a_phi * strength * r / (1.0 + B * r);
        // per species: [0] Σ m C, [1] Σ m B' and Eθ' (also ∂F/∂m_k), [2] ∂ ln γ/∂I apart from z² F
        let mut sums = std::mem::take(&mut out.sums);
        sums.clear();
        sums.resize(3 * n, 0.0);
        for pair in &self.pairs {
            let [i, k] = pair.at;
            let [b0, b1, b2, c] = pair.now;
            let (mut b, mut bp, mut b_phi) = (Line::from(b0), Line::from(0.0), b0);
            for (value, alpha) in [(b1, pair.alpha[0]), (b2, pair.alpha[1])] {
                if value != 0.0 && alpha != 0.0 {
                    let x = root * alpha;
                    b += g(x) * value;
                    bp += gp(x) * value / i_line;
                    b_phi += value * (-alpha * r).exp();
                }
            }
            let b_value = b.real();
            f += bp * (m[i] * m[k]);
            c_sum += m[i] * m[k] * c;
            osmotic += m[i] * m[k] * (b_phi + big_z * c);
            for (one, other) in [(i, k), (k, i)] {
                out.ln_gamma[one] += m[other] * (2.0 * b_value + big_z * c);
                out.slopes[one * n + other] += 2.0 * b_value + big_z * c;
                sums[3 * one] += m[other] * c;
                sums[3 * one + 1] += m[other] * bp.real();
                sums[3 * one + 2] += 2.0 * m[other] * b.gradient[0];
            }
        }
        self.kind_terms(strength, &mut out.kinds);
        for &(i, k, at) in &self.electric {
            let [e, ep, epp] = out.kinds[at];
            f += Line { value: ep, gradient: [epp] } * (m[i] * m[k]);
            osmotic += m[i] * m[k] * (e + strength * ep);
            for (one, other) in [(i, k), (k, i)] {
                out.ln_gamma[one] += 2.0 * m[other] * e;
                out.slopes[one * n + other] += 2.0 * e;
                sums[3 * one + 1] += m[other] * ep;
                sums[3 * one + 2] += 2.0 * m[other] * ep;
            }
        }
        for term in &self.mixing {
            let [i, k] = term.at;
            osmotic += m[i] * m[k] * term.now;
            for (one, other) in [(i, k), (k, i)] {
                out.ln_gamma[one] += 2.0 * m[other] * term.now;
                out.slopes[one * n + other] += 2.0 * term.now;
            }
        }
        for term in &self.neutral {
            let [i, k] = term.at;
            if i == k {
                out.ln_gamma[i] += 2.0 * m[i] * term.now;
                out.slopes[i * n + i] += 2.0 * term.now;
                osmotic += 0.5 * m[i] * m[i] * term.now;
            } else {
                osmotic += m[i] * m[k] * term.now;
                for (one, other) in [(i, k), (k, i)] {
                    out.ln_gamma[one] += 2.0 * m[other] * term.now;
                    out.slopes[one * n + other] += 2.0 * term.now;
                }
            }
        }
        for term in &self.triplets {
            let [i, k, l] = term.at;
            osmotic += m[i] * m[k] * m[l] * term.now;
            for (one, x, y) in [(i, k, l), (k, i, l), (l, i, k)] {
                out.ln_gamma[one] += m[x] * m[y] * term.now;
                out.slopes[one * n + x] += m[y] * term.now;
                out.slopes[one * n + y] += m[x] * term.now;
            }
        }
        let (f_value, f_slope) = (f.real(), f.gradient[0]);
        for i in 0..n {
            let (z, z2) = (self.charges[i].abs(), self.charges[i] * self.charges[i]);
            out.ln_gamma[i] += z2 * f_value + z * c_sum;
            for k in 0..n {
                let (zk, zk2) = (self.charges[k].abs(), self.charges[k] * self.charges[k]);
                out.slopes[i * n + k] += z2 * sums[3 * k + 1]
                    + z * sums[3 * k]
                    + zk * sums[3 * i]
                    + 0.5 * zk2 * (z2 * f_slope + sums[3 * i + 2]);
            }
        }
        out.sums = sums;
        out.ln_water = -(total + 2.0 * osmotic) / MOLES_PER_KG;
    }

    /// Single-ion coefficients so that γ of Cl- is that of KCl of the same ionic strength (MacInnes).
    fn scale(&self, strength: f64, out: &mut Coefficients) {
        let (Some(kcl), Some(cl)) = (&self.macinnes, self.chloride) else { return };
        let i_line = Line::variable(strength, 0);
        let root = i_line.sqrt();
        let x = root * 2.0;
        let half = (Line::from(1.0) - (Line::from(1.0) + x - x * x * 0.5) * (-x).exp()) / (x * x);
        let [b0, b1, c0] = kcl.now;
        let reference = debye_term(self.a_phi, root)
            + i_line * 2.0 * b0
            + i_line * half * (2.0 * b1)
            + i_line * i_line * (1.5 * c0);
        let n = self.charges.len();
        let shift = out.ln_gamma[cl] - reference.real();
        let mut row = std::mem::take(&mut out.sums);
        row.clear();
        let charges = self.charges.iter().enumerate();
        row.extend(charges.map(|(k, z)| out.slopes[cl * n + k] - 0.5 * z * z * reference.gradient[0]));
        for i in 0..n {
            let z = self.charges[i];
            out.ln_gamma[i] += z * shift;
            for (slope, change) in out.slopes[i * n..(i + 1) * n].iter_mut().zip(&row) {
                *slope += z * change;
            }
        }
        out.sums = row;
    }

    fn kind_terms(&self, strength: f64, kinds: &mut Vec<[f64; 3]>) {
        kinds.clear();
        for (zj, zk) in &self.kinds {
            let i_line = Line::variable(strength, 0);
            let x = i_line.sqrt() * (6.0 * self.a_phi);
            let (j_jk, p_jk) = chebyshev(x * (zj * zk));
            let (j_jj, p_jj) = chebyshev(x * (zj * zj));
            let (j_kk, p_kk) = chebyshev(x * (zk * zk));
            let e = (j_jk - j_jj * 0.5 - j_kk * 0.5) * (zj * zk) / (i_line * 4.0);
            let ep = (p_jk - p_jj * 0.5 - p_kk * 0.5) * (zj * zk) / (i_line * i_line * 8.0) - e / i_line;
            kinds.push([e.real(), ep.real(), ep.gradient[0]]);
        }
    }
}

fn kcl(table: &[Interaction]) -> Option<MacInnes> {
    let mut scale = MacInnes::default();
    let mut found = false;
    for row in table {
        let names = (row.species[0].as_str(), row.species[1].as_str());
        if names == ("K+", "Cl-") || names == ("Cl-", "K+") {
            let slot = match row.kind {
                InteractionKind::B0 => 0,
                InteractionKind::B1 => 1,
                InteractionKind::C0 => 2,
                _ => continue,
            };
            scale.rows[slot] = row.coefficients;
            found = true;
        }
    }
    found.then_some(scale)
}

fn debye_term(a_phi: f64, root: Line) -> Line {
    let d = root * B + Line::from(1.0);
    -(root / d + d.ln() * (2.0 / B)) * a_phi
}

/// `2 [1 - (1 + x) e^-x]/x²`.
fn g(x: Line) -> Line {
    (Line::from(1.0) - (Line::from(1.0) + x) * (-x).exp()) * 2.0 / (x * x)
}

/// `-2 [1 - (1 + x + x²/2) e^-x]/x²`.
fn gp(x: Line) -> Line {
    -(Line::from(1.0) - (Line::from(1.0) + x + x * x * 0.5) * (-x).exp()) * 2.0 / (x * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::equilibrium::activity::water::debye_hueckel;

    fn row(kind: InteractionKind, species: &[&str], value: f64) -> Interaction {
        let species = species.iter().map(|s| (*s).to_owned()).collect();
        Interaction { kind, species, coefficients: [value, 0.0, 0.0, 0.0, 0.0, 0.0] }
    }

    fn seawater_salts() -> Interactions {
        use InteractionKind as K;
        let table = [
            row(K::B0, &["Na+", "Cl-"], 0.0765),
            row(K::B1, &["Na+", "Cl-"], 0.2664),
            row(K::C0, &["Na+", "Cl-"], 0.00127),
            row(K::B0, &["Mg+2", "SO4-2"], 0.221),
            row(K::B1, &["Mg+2", "SO4-2"], 3.343),
            row(K::B2, &["Mg+2", "SO4-2"], -37.23),
            row(K::C0, &["Mg+2", "SO4-2"], 0.025),
            row(K::B0, &["K+", "Cl-"], 0.04835),
            row(K::B1, &["K+", "Cl-"], 0.2122),
            row(K::C0, &["K+", "Cl-"], -0.00084),
            row(K::Theta, &["Na+", "Mg+2"], 0.07),
            row(K::Psi, &["Na+", "Mg+2", "Cl-"], -0.012),
            row(K::Lambda, &["CO2", "Na+"], 0.085),
            row(K::Lambda, &["CO2", "CO2"], -0.0134),
            row(K::Mu, &["CO2", "CO2", "CO2"], 0.01),
            row(K::Mu, &["CO2", "CO2", "Na+"], 0.02),
        ];
        let species = [("Na+", 1.0), ("Mg+2", 2.0), ("Cl-", -1.0), ("SO4-2", -2.0), ("CO2", 0.0)];
        let mut model = Interactions::new(&table, &species, false, true, true);
        model.set_temperature(298.15, &debye_hueckel(298.15));
        model
    }

    #[test]
    fn mean_coefficients_agree_with_print() {
        // Robinson and Stokes, Electrolyte Solutions (1959), appendix 8.10: γ± NaCl at 1 mol/kg 0.657, at 4 mol/kg 0.783
        let model = seawater_salts();
        for (m, want) in [(1.0, 0.657), (4.0, 0.783)] {
            let mut out = Coefficients::default();
            model.evaluate(&[m, 0.0, m, 0.0, 0.0], &mut out);
            let mean = (0.5 * (out.ln_gamma[0] + out.ln_gamma[2])).exp();
            assert!((mean - want).abs() < 2e-3, "{m} mol/kg: {mean}, printed {want}");
        }
    }

    /// The orders of three neutral or charged species: ln γ of CO2 with itself twice is `3 μ m²`, with Na+ `6 μ m m`.
    #[test]
    fn triplets_count_their_orders() {
        let table = [
            row(InteractionKind::Mu, &["CO2", "CO2", "CO2"], 0.01),
            row(InteractionKind::Mu, &["CO2", "CO2", "Na+"], 0.02),
        ];
        let species = [("Na+", 1.0), ("CO2", 0.0), ("Cl-", -1.0)];
        let ln_gamma = |rows: &[Interaction]| {
            let mut model = Interactions::new(rows, &species, false, true, true);
            model.set_temperature(298.15, &debye_hueckel(298.15));
            let mut out = Coefficients::default();
            model.evaluate(&[0.5, 2.0, 0.5], &mut out);
            [out.ln_gamma[0], out.ln_gamma[1]]
        };
        let (none, both) = (ln_gamma(&[]), ln_gamma(&table));
        assert!((both[1] - none[1] - (3.0 * 0.01 * 4.0 + 6.0 * 0.02 * 2.0 * 0.5)).abs() < 1e-14);
        assert!((both[0] - none[0] - 3.0 * 0.02 * 4.0).abs() < 1e-14);
    }

    #[test]
    fn slopes_are_derivatives_and_gibbs_duhem_holds() {
        let model = seawater_salts();
        let m = [1.3, 0.7, 1.9, 0.4, 0.9];
        let mut out = Coefficients::default();
        model.evaluate(&m, &mut out);
        for k in 0..5 {
            let h = 1e-6;
            let (mut up, mut down) = (m, m);
            up[k] += h;
            down[k] -= h;
            let (mut a, mut b) = (Coefficients::default(), Coefficients::default());
            model.evaluate(&up, &mut a);
            model.evaluate(&down, &mut b);
            for i in 0..5 {
                let want = (a.ln_gamma[i] - b.ln_gamma[i]) / (2.0 * h);
                let got = out.slopes[i * 5 + k];
                assert!((got - want).abs() < 1e-7, "ln γ {i} by {k}: {got} against {want}");
            }
            let want = (a.ln_water - b.ln_water) / (2.0 * h);
            assert!(
                (out.water_slopes[k] - want).abs() < 1e-8,
                "ln a_w by {k}: {} {want}",
                out.water_slopes[k]
            );
        }
    }
}
