//! Leaching at constant liquor against printed and integral forms.

use super::*;
use crate::chemistry::{Population, Species, SpeciesTable};
use crate::kinetics::Shape;
use crate::kinetics::shrinking_core::{Regime, full_conversion_time, reduced_time_of};
use crate::numerics::quadrature::GaussLegendre;
use crate::quantity::Dimension;

pub(super) const SHAPES: [Shape; 3] = [Shape::Plate, Shape::Cylinder, Shape::Sphere];
const VOLUME: f64 = 1.1e-5; // m³/mol

pub(super) fn table() -> SpeciesTable {
    let mut species: Vec<Species> = ["H+", "Mg+2", "H2O", "H2O2", "O2", "O2(g)", "Cu+2"]
        .iter()
        .map(|name| Species::new(name).unwrap())
        .collect();
    species.push(Species::new("MgO(s)").unwrap().with_volume(VOLUME));
    species.push(Species::new("Cu(s)").unwrap().with_volume(7.1e-6));
    SpeciesTable::new(species).unwrap()
}

pub(super) fn parameter(name: &str, value: f64, dimension: Dimension) -> ParameterDef {
    ParameterDef { name: name.to_owned(), value, dimension, arrhenius: None }
}

pub(super) fn magnesia(law: LawDef, rate: Option<&str>) -> MineralDef {
    let path = PathDef { reaction: "MgO(s) + 2 H+ = Mg+2 + H2O".to_owned(), rate: rate.map(str::to_owned) };
    MineralDef::new("mgo", "MgO(s)", law, vec![path])
}

const C: f64 = 100.0;
pub(super) const COEFFICIENT: [(Regime, f64); 3] =
    [(Regime::Film, 3e-6), (Regime::ProductLayer, 4e-12), (Regime::Surface, 1e-6)];

/// One resistance at a constant driving concentration of 100 mol/m³.
pub(super) fn single(shape: Shape, regime: Regime) -> LeachModel {
    let mut mineral = magnesia(LawDef::ShrinkingCore(shape), (regime == Regime::Surface).then_some("k"));
    mineral.driving = Some("c".to_owned());
    mineral.reagent_per_mineral = 2.0;
    match regime {
        Regime::Film => mineral.film_coefficient = Some("k_f".to_owned()),
        Regime::ProductLayer => mineral.product_layer_diffusivity = Some("D".to_owned()),
        Regime::Surface => {}
    }
    let parameters = vec![
        parameter("c", C, Dimension::CONCENTRATION),
        parameter("k_f", COEFFICIENT[0].1, Dimension::VELOCITY),
        parameter("D", COEFFICIENT[1].1, Dimension::DIFFUSIVITY),
        parameter("k", COEFFICIENT[2].1, Dimension::VELOCITY),
    ];
    let builder =
        LeachModelBuilder { parameters, minerals: vec![mineral], exhaustion: 0.0, ..Default::default() };
    builder.build(&table()).unwrap()
}

pub(super) fn tau(shape: Shape, regime: Regime, diameter: f64) -> f64 {
    let coefficient = COEFFICIENT.iter().find(|own| own.0 == regime).unwrap().1;
    full_conversion_time(shape, regime, 0.5 * diameter, VOLUME, C / 2.0, coefficient)
}

pub(super) fn liquor(table: &SpeciesTable, amounts: &[(&str, f64)]) -> Vec<f64> {
    let mut all = vec![0.0; table.len()];
    for (name, amount) in amounts {
        all[table.index(name).unwrap().0] = *amount;
    }
    all
}

/// Unreacted share after each of a row of equal tanks.
fn cascade(model: &LeachModel, feed: &[Population], residence: f64, tanks: usize) -> Vec<f64> {
    let table = table();
    let total: f64 = feed.iter().map(Population::amount).sum();
    let mut amounts = liquor(&table, &[("H+", 1e6), ("MgO(s)", total)]);
    let mut minerals = vec![feed.to_vec()];
    let mut workspace = Workspace::default();
    let mut left = Vec::new();
    for _ in 0..tanks {
        let tank = Tank {
            parameters: model.parameters(),
            amounts: &amounts,
            minerals: &minerals,
            volume: Volume::Fixed(1.0),
            residence_time: residence,
            temperature: 300.0,
            guess: &[],
        };
        let outcome = model.tank(&tank, &mut workspace).unwrap();
        left.push(outcome.amounts[table.index("MgO(s)").unwrap().0] / total);
        (amounts, minerals) = (outcome.amounts, outcome.populations);
    }
    left
}

/// Mean unreacted fraction over the age distribution of `n` equal tanks, by quadrature over cores.
fn segregated(shape: Shape, regime: Regime, tau: f64, residence: f64, n: i32) -> f64 {
    let rule = GaussLegendre::new(40);
    let age = |y: f64| tau * reduced_time_of(shape, regime, 1.0 - shape.unreacted(y)).unwrap();
    // integral of U(t) E(t) dt by parts: 1 - integral of F(t(y)) dU, with F the cumulative age distribution
    let cumulative = |t: f64| {
        let x = t / residence;
        let terms: f64 = (0..n).map(|k| x.powi(k) / (1..=k).map(f64::from).product::<f64>()).sum();
        1.0 - (-x).exp() * terms
    };
    let exponent = f64::from(shape.exponent());
    let mut sum = 0.0;
    for piece in 0..20 {
        let (a, b) = (f64::from(piece) / 20.0, f64::from(piece + 1) / 20.0);
        sum += rule.integrate(a, b, |y| exponent * y.powf(exponent - 1.0) * cumulative(age(y)));
    }
    sum
}

/// Levenspiel, 3rd ed. (1999), equations 26.6 to 26.9: mixed flow, spheres, film and surface control.
#[test]
fn mixed_flow_agrees_with_levenspiel() {
    for (regime, diameter) in [(Regime::Film, 2e-5), (Regime::Surface, 2e-5)] {
        let model = single(Shape::Sphere, regime);
        let tau = tau(Shape::Sphere, regime, diameter);
        for ratio in [0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0] {
            let residence = ratio * tau;
            let got = 1.0 - cascade(&model, &[Population::fresh(diameter, 1.0)], residence, 1)[0];
            let decay = 1.0 - (-1.0 / ratio).exp();
            let want = match regime {
                Regime::Film => ratio * decay,
                _ => 3.0 * ratio - 6.0 * ratio * ratio + 6.0 * ratio.powi(3) * decay,
            };
            assert!((got - want).abs() < 1e-6, "{regime:?} t/τ = {ratio}: {got} {want}");
        }
    }
}

/// The same for a mixture of three sizes: the mean of the closed forms, weighted by what each size holds.
#[test]
fn mixed_sizes_add_up() {
    let model = single(Shape::Sphere, Regime::Surface);
    let feed: Vec<Population> =
        [(1e-5, 0.3), (2e-5, 0.5), (6e-5, 0.2)].iter().map(|(d, n)| Population::fresh(*d, *n)).collect();
    let residence = 400.0;
    let got = 1.0 - cascade(&model, &feed, residence, 1)[0];
    let want: f64 = feed
        .iter()
        .map(|own| {
            let ratio = residence / tau(Shape::Sphere, Regime::Surface, own.diameter);
            own.fresh
                * (3.0 * ratio - 6.0 * ratio * ratio + 6.0 * ratio.powi(3) * (1.0 - (-1.0 / ratio).exp()))
        })
        .sum();
    assert!((got - want).abs() < 1e-6, "{got} {want}");
}

/// All shapes and regimes, one to four equal tanks, against the gamma distribution of ages.
#[test]
fn equal_tanks_agree_with_the_gamma_distribution() {
    for shape in SHAPES {
        for (regime, _) in COEFFICIENT {
            let model = single(shape, regime);
            let tau = tau(shape, regime, 2e-5);
            for ratio in [0.1, 0.4, 1.5] {
                let got = cascade(&model, &[Population::fresh(2e-5, 1.0)], ratio * tau, 4);
                for (n, got) in got.iter().enumerate() {
                    let want = segregated(shape, regime, tau, ratio * tau, n as i32 + 1);
                    // y ln y of a cylinder's layer is no polynomial
                    let hard = shape == Shape::Cylinder && regime == Regime::ProductLayer;
                    let tolerance = if hard { 5e-6 } else { 1e-6 };
                    let error = (got - want).abs();
                    assert!(error < tolerance, "{shape:?} {regime:?} {ratio} x{n}: {got} {want}");
                }
            }
        }
    }
}

/// Batch curves at constant liquor against the integral forms.
#[test]
fn batch_agrees_with_the_integral_forms() {
    let table = table();
    for shape in SHAPES {
        for (regime, _) in COEFFICIENT {
            let model = single(shape, regime);
            let tau = tau(shape, regime, 2e-5);
            let wanted = [0.0, 0.1, 0.5, 0.9, 0.99, 0.9999];
            let times: Vec<f64> = wanted
                .iter()
                .map(|x| tau * reduced_time_of(shape, regime, *x).unwrap())
                .chain([1.5 * tau])
                .collect();
            let tight = 1e-11;
            let batch = Batch {
                parameters: model.parameters(),
                amounts: &liquor(&table, &[("H+", 1e9), ("MgO(s)", 1.0)]),
                minerals: &[vec![Population::fresh(2e-5, 1.0)]],
                volume: Volume::Fixed(1.0),
                thermal: Thermal::Isothermal(300.0),
                times: &times,
                tolerance: Tolerance { relative: tight, core: tight, amount: tight },
            };
            let outcome = model.batch(&batch, &mut Workspace::default()).unwrap();
            for (left, want) in outcome.unreacted.iter().zip(wanted.iter().chain(&[1.0])) {
                assert!(
                    (1.0 - left[0] - want).abs() < 1e-8,
                    "{shape:?} {regime:?} {want}: {}",
                    1.0 - left[0]
                );
            }
        }
    }
}
