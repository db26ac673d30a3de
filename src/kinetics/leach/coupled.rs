//! Leaching coupled with its liquor: exhaustion, solubility, gases, heat, restarts, invariants, faults of models.

use super::tests::{liquor, magnesia, parameter, table};
use super::*;
use crate::chemistry::{HeatCapacity, Population, Species, SpeciesTable, Thermo};
use crate::kinetics::Shape;
use crate::quantity::Dimension;
use proptest::prelude::*;

const SPHERE: LawDef = LawDef::ShrinkingCore(Shape::Sphere);

fn built(minerals: Vec<MineralDef>, parameters: Vec<ParameterDef>) -> LeachModel {
    LeachModelBuilder { minerals, parameters, ..Default::default() }.build(&table()).unwrap()
}

fn batch(model: &LeachModel, amounts: &[f64], minerals: &[Vec<Population>], times: &[f64]) -> BatchOutcome {
    let run = Batch {
        parameters: model.parameters(),
        amounts,
        minerals,
        volume: Volume::Fixed(1.0),
        thermal: Thermal::Isothermal(300.0),
        times,
        tolerance: Tolerance { relative: 1e-9, core: 1e-9, amount: 1e-9 },
    };
    model.batch(&run, &mut Workspace::default()).unwrap()
}

fn of(amounts: &[f64], name: &str) -> f64 {
    amounts[table().index(name).unwrap().0]
}

/// The acid suffices for half of the oxide; the rate as written does not even know of it.
#[test]
fn an_exhausted_reagent_stops_the_leach() {
    let model = built(vec![magnesia(SPHERE, Some("k"))], vec![parameter("k", 1e-4, Dimension::SURFACE_RATE)]);
    let amounts = liquor(&table(), &[("H+", 10.0), ("MgO(s)", 10.0)]);
    let outcome = batch(&model, &amounts, &[vec![Population::fresh(1e-5, 10.0)]], &[1e3, 1e4, 1e5]);
    for amounts in &outcome.amounts[1..] {
        assert!((of(amounts, "Mg+2") - 5.0).abs() < 1e-3 && of(amounts, "H+") >= 0.0, "{amounts:?}");
    }
}

#[test]
fn solubility_limits_the_leach() {
    let mut mineral = magnesia(SPHERE, Some("k"));
    mineral.solubility = Some("[Mg+2]/limit".to_owned());
    let limit = parameter("limit", 3.0, Dimension::CONCENTRATION);
    let model = built(vec![mineral], vec![parameter("k", 1e-4, Dimension::SURFACE_RATE), limit]);
    let amounts = liquor(&table(), &[("H+", 1000.0), ("MgO(s)", 10.0)]);
    let outcome = batch(&model, &amounts, &[vec![Population::fresh(1e-5, 10.0)]], &[1e5]);
    assert!((of(&outcome.amounts[0], "Mg+2") - 3.0).abs() < 1e-6, "{outcome:?}");
}

/// Peroxide decomposing over copper at constant catalyst: `P = P_0 exp(-k (1 + c Cu) t)`; its oxygen leaves through a film.
#[test]
fn catalysed_peroxide_and_gas_transfer() {
    let builder = LeachModelBuilder {
        parameters: vec![
            parameter("k", 1e-4, Dimension::FREQUENCY),
            parameter("c", 0.05, Dimension::MOLAR_VOLUME),
            parameter("kLa", 1e4, Dimension::FREQUENCY),
            parameter("sat", 1.0, Dimension::CONCENTRATION),
        ],
        reactions: vec![ReactionDef {
            name: "peroxide".to_owned(),
            equation: "2 H2O2 = 2 H2O + O2".to_owned(),
            rate: "k*(1 + c*[Cu+2])*[H2O2]/2".to_owned(),
        }],
        transfers: vec![TransferDef {
            name: "oxygen".to_owned(),
            equation: "O2(g) = O2".to_owned(),
            kla: "kLa".to_owned(),
            saturation: "sat".to_owned(),
        }],
        ..Default::default()
    };
    let model = builder.build(&table()).unwrap();
    let amounts = liquor(&table(), &[("H2O2", 100.0), ("Cu+2", 20.0)]);
    let times = [600.0, 7200.0];
    let outcome = batch(&model, &amounts, &[], &times);
    for (time, amounts) in times.iter().zip(&outcome.amounts) {
        let want = 100.0 * (-2e-4 * time).exp();
        assert!((of(amounts, "H2O2") / want - 1.0).abs() < 1e-7);
        assert!((of(amounts, "O2") - 1.0).abs() < 1e-3, "a fast film holds saturation");
        assert!((of(amounts, "O2") + of(amounts, "O2(g)") - 0.5 * (100.0 - want)).abs() < 1e-4);
    }
    // the same in a tank: first order, P = P_0/(1 + k' τ)
    let tank = Tank {
        parameters: model.parameters(),
        amounts: &amounts,
        minerals: &[],
        volume: Volume::Fixed(1.0),
        residence_time: 5e3,
        temperature: 300.0,
        guess: &[],
    };
    let outcome = model.tank(&tank, &mut Workspace::default()).unwrap();
    assert!((of(&outcome.amounts, "H2O2") - 50.0).abs() < 1e-8, "{outcome:?}");
}

/// First-order, Avrami and autocatalytic laws against their integral forms, under a ramp of temperature.
#[test]
fn laws_without_geometry_follow_the_integral_of_their_constant() {
    type Unreacted = fn(f64) -> f64;
    let laws: [(LawDef, Unreacted); 4] = [
        (LawDef::PowerLaw { m: 1.0 }, |theta| (-theta).exp()),
        (LawDef::PowerLaw { m: 2.0 }, |theta| 1.0 / (1.0 + theta)),
        (LawDef::Avrami { n: 2.0 }, |theta| (-theta * theta).exp()),
        (LawDef::Autocatalytic { seed: 0.05 }, |theta| {
            let e = (1.05 * theta).exp();
            1.05 / (1.0 + 0.05 * e)
        }),
    ];
    let (k, ea) = (1e-3, 50e3);
    for (law, unreacted) in laws {
        let constant = ParameterDef {
            arrhenius: Some(Arrhenius { t_ref: 320.0, ea }),
            ..parameter("k", k, Dimension::FREQUENCY)
        };
        let model = built(vec![magnesia(law, Some("k"))], vec![constant]);
        let amounts = liquor(&table(), &[("H+", 1e9), ("MgO(s)", 1.0)]);
        let run = Batch {
            parameters: model.parameters(),
            amounts: &amounts,
            minerals: &[vec![]],
            volume: Volume::Fixed(1.0),
            thermal: Thermal::Profile(&[(0.0, 300.0), (1000.0, 340.0)]),
            times: &[500.0, 2000.0],
            tolerance: Tolerance { relative: 1e-9, core: 1e-9, amount: 1e-9 },
        };
        let outcome = model.batch(&run, &mut Workspace::default()).unwrap();
        let rule = crate::numerics::quadrature::GaussLegendre::new(40);
        let rate = |t: f64| {
            crate::kinetics::arrhenius::arrhenius(k, ea, 320.0, 300.0 + 40.0 * t.min(1000.0) / 1000.0)
        };
        let thetas =
            [rule.integrate(0.0, 500.0, rate), rule.integrate(0.0, 1000.0, rate) + 1000.0 * rate(1000.0)];
        for (left, theta) in outcome.unreacted.iter().zip(thetas) {
            let want = unreacted(theta);
            assert!((left[0] - want).abs() < 2e-8, "{law:?}: {} {want}", left[0]);
        }
        assert!(
            (outcome.temperature[0] - 320.0).abs() < 1e-9 && (outcome.temperature[1] - 340.0).abs() < 1e-9
        );
    }
}

/// First order in a tank: `u = 1/(1 + k τ)`.
#[test]
fn first_order_tank() {
    let model = built(
        vec![magnesia(LawDef::PowerLaw { m: 1.0 }, Some("k"))],
        vec![parameter("k", 1e-3, Dimension::FREQUENCY)],
    );
    let amounts = liquor(&table(), &[("H+", 1e9), ("MgO(s)", 1.0)]);
    for residence_time in [10.0, 1e3, 5e3] {
        let tank = Tank {
            parameters: model.parameters(),
            amounts: &amounts,
            minerals: &[vec![]],
            volume: Volume::Fixed(1.0),
            residence_time,
            temperature: 300.0,
            guess: &[],
        };
        let got = model.tank(&tank, &mut Workspace::default()).unwrap().unreacted[0];
        assert!((got - 1.0 / (1.0 + 1e-3 * residence_time)).abs() < 1e-5, "{residence_time}: {got}");
    }
}

/// A tank whose acid runs low: the closed form for surface control, with the acid that the conversion leaves.
#[test]
fn the_outlet_liquor_drives_the_particles() {
    let mut mineral = magnesia(SPHERE, Some("k"));
    mineral.driving = Some("[H+]".to_owned());
    mineral.reagent_per_mineral = 2.0;
    let model = built(vec![mineral], vec![parameter("k", 1e-6, Dimension::VELOCITY)]);
    let conversion = |acid: f64, residence: f64| {
        let ratio = residence * 1.1e-5 * 0.5 * acid * 1e-6 / 1e-5;
        let decay = if ratio > 0.0 { 1.0 - (-1.0 / ratio).exp() } else { 1.0 };
        3.0 * ratio - 6.0 * ratio * ratio + 6.0 * ratio.powi(3) * decay
    };
    for (feed, residence) in [(300.0, 1e4), (150.0, 1e5), (220.0, 1e6)] {
        let amounts = liquor(&table(), &[("H+", feed), ("MgO(s)", 100.0)]);
        let tank = Tank {
            parameters: model.parameters(),
            amounts: &amounts,
            minerals: &[vec![Population::fresh(2e-5, 100.0)]],
            volume: Volume::Fixed(1.0),
            residence_time: residence,
            temperature: 300.0,
            guess: &[],
        };
        let outcome = model.tank(&tank, &mut Workspace::default()).unwrap();
        let (mut low, mut high) = (0.0, feed);
        for _ in 0..200 {
            let acid = 0.5 * (low + high);
            if feed - 200.0 * conversion(acid, residence) > acid { low = acid } else { high = acid }
        }
        let got = of(&outcome.amounts, "H+");
        assert!(
            (got - low).abs() < 2e-4 * (1.0 + low),
            "{feed} {residence}: {got} {low}, {}",
            outcome.iterations
        );
        assert!(outcome.iterations < 60, "{}", outcome.iterations);
    }
}

#[test]
fn heat_of_reaction_warms_an_adiabatic_batch() {
    let names = ["H+", "Mg+2", "H2O", "MgO(s)"];
    let species = names.iter().zip([0.0, -467e3, -286e3, -602e3]).map(|(name, enthalpy)| {
        let thermo = Thermo {
            enthalpy: Some(enthalpy),
            heat_capacity: Some(HeatCapacity::constant(0.0)),
            ..Default::default()
        };
        Species::new(name).unwrap().with_volume(1.1e-5).with_thermo(thermo)
    });
    let table = SpeciesTable::new(species.collect()).unwrap();
    let builder = LeachModelBuilder {
        minerals: vec![magnesia(SPHERE, Some("k"))],
        parameters: vec![ParameterDef {
            arrhenius: Some(Arrhenius { t_ref: 300.0, ea: 40e3 }),
            ..parameter("k", 1e-4, Dimension::SURFACE_RATE)
        }],
        ..Default::default()
    };
    let model = builder.build(&table).unwrap();
    let run = Batch {
        parameters: model.parameters(),
        amounts: &liquor(&table, &[("H+", 1000.0), ("MgO(s)", 10.0), ("H2O", 1.0)]),
        minerals: &[vec![Population::fresh(1e-5, 10.0)]],
        volume: Volume::Fixed(1.0),
        thermal: Thermal::Balance {
            start: 300.0,
            heat_capacity: 4e4,
            loss: 0.0,
            ambient: 300.0,
            heat_input: 0.0,
        },
        times: &[1e4],
        tolerance: Tolerance::default(),
    };
    let outcome = model.batch(&run, &mut Workspace::default()).unwrap();
    // -467 - 286 + 602 = -151 kJ/mol, 10 mol, 40 kJ/K
    assert!((outcome.temperature[0] - 300.0 - 37.75).abs() < 1e-2, "{outcome:?}");
}

#[test]
fn a_restart_changes_nothing() {
    let mut mineral = magnesia(SPHERE, Some("k"));
    mineral.driving = Some("[H+]".to_owned());
    mineral.regularisation = 1e-3;
    let model = built(vec![mineral], vec![parameter("k", 1e-6, Dimension::VELOCITY)]);
    let amounts = liquor(&table(), &[("H+", 300.0), ("MgO(s)", 100.0)]);
    let feed = vec![vec![Population::fresh(2e-5, 60.0), Population::fresh(5e-5, 40.0)]];
    let through = batch(&model, &amounts, &feed, &[2000.0]);
    let first = batch(&model, &amounts, &feed, &[800.0]);
    let second = batch(&model, &first.amounts[0], &first.populations, &[1200.0]);
    for (a, b) in through.amounts[0].iter().zip(&second.amounts[0]) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

/// A log-normal powder cut into ever more classes.
#[test]
fn converges_in_the_number_of_size_classes() {
    let mut mineral = magnesia(SPHERE, Some("k"));
    mineral.driving = Some("[H+]".to_owned());
    let model = built(vec![mineral], vec![parameter("k", 1e-6, Dimension::VELOCITY)]);
    let amounts = liquor(&table(), &[("H+", 300.0), ("MgO(s)", 100.0)]);
    let leached = |classes: usize| {
        let width = 6.0 / classes as f64; // ln d within three standard deviations of 0.7
        let cut: Vec<(f64, f64)> = (0..classes)
            .map(|k| {
                let z = -3.0 + (k as f64 + 0.5) * width;
                (2e-5 * (0.7 * z).exp(), (-0.5 * z * z).exp())
            })
            .collect();
        let total: f64 = cut.iter().map(|own| own.1).sum();
        let feed = cut.iter().map(|(d, w)| Population::fresh(*d, 100.0 * w / total)).collect();
        batch(&model, &amounts, &[feed], &[1500.0]).unreacted[0][0]
    };
    let best = leached(160);
    let errors: Vec<f64> = [10, 20, 40].iter().map(|n| (leached(*n) - best).abs()).collect();
    assert!(errors[0] < 2e-3 && errors[1] < 0.4 * errors[0] && errors[2] < 0.4 * errors[1], "{errors:?}");
}

#[test]
fn faults_name_field_and_place() {
    let sound = || LeachModelBuilder {
        minerals: vec![magnesia(SPHERE, Some("k"))],
        parameters: vec![parameter("k", 1e-4, Dimension::SURFACE_RATE)],
        ..Default::default()
    };
    type Change = fn(&mut LeachModelBuilder);
    let rows: [(Change, &str, &str); 9] = [
        (
            |b| b.minerals[0].paths[0].rate = Some("k*[Mg+3]".into()),
            "minerals.mgo.paths[0].rate",
            "did you mean `Mg+2`",
        ),
        (
            |b| b.minerals[0].paths[0].rate = Some("k*T".into()),
            "minerals.mgo.paths[0].rate",
            "expected a rate per area",
        ),
        (
            |b| b.minerals[0].paths[0].reaction = "MgO(s) + H+ = Mg+2".into(),
            "minerals.mgo.paths[0].reaction",
            "not balanced",
        ),
        (
            |b| b.minerals[0].paths[0].reaction = "2 H2O2 = 2 H2O + O2".into(),
            "minerals.mgo.paths[0].reaction",
            "does not consume",
        ),
        (|b| b.minerals[0].species = "MgO".into(), "minerals.mgo.species", "unknown species `MgO`"),
        (|b| b.minerals[0].film_coefficient = Some("k".into()), "minerals.mgo.driving", "needs the driving"),
        (|b| b.minerals[0].paths.clear(), "minerals.mgo", "one path at least"),
        (|b| b.definitions.push(("a".into(), "a + 1".into())), "definitions.a", "depends on itself"),
        (|b| b.definitions.push(("k".into(), "1".into())), "definitions.k", "named twice"),
    ];
    for (change, field, message) in rows {
        let mut builder = sound();
        change(&mut builder);
        let error = builder.build(&table()).unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

/// Random feeds and constants over two minerals that share acid, peroxide and oxygen.
fn random_model(k: [f64; 4], eps: f64) -> LeachModel {
    let mut oxide = magnesia(SPHERE, Some("k_1"));
    oxide.driving = Some("[H+]".to_owned());
    oxide.reagent_per_mineral = 2.0;
    oxide.product_layer_diffusivity = Some("D".to_owned());
    oxide.regularisation = eps;
    let paths = vec![
        PathDef {
            reaction: "Cu(s) + H2O2 + 2 H+ = Cu+2 + 2 H2O".to_owned(),
            rate: Some("k_2*[H2O2]".to_owned()),
        },
        PathDef {
            reaction: "2 Cu(s) + O2 + 4 H+ = 2 Cu+2 + 2 H2O".to_owned(),
            rate: Some("k_3*[O2]^0.5*root".to_owned()),
        },
    ];
    let copper = MineralDef::new("cu", "Cu(s)", LawDef::ShrinkingParticle(Shape::Cylinder), paths);
    let builder = LeachModelBuilder {
        parameters: vec![
            parameter("k_1", k[0], Dimension::VELOCITY),
            parameter("D", 1e-11, Dimension::DIFFUSIVITY),
            parameter("k_2", k[1], Dimension::VELOCITY),
            parameter("k_3", k[1], Dimension::VELOCITY),
            parameter("root", 1.0, Dimension::CONCENTRATION.power(0.5)),
            parameter("k_d", k[2], Dimension::FREQUENCY),
            parameter("kLa", k[3], Dimension::FREQUENCY),
            parameter("sat", 0.8, Dimension::CONCENTRATION),
        ],
        minerals: vec![oxide, copper],
        reactions: vec![ReactionDef {
            name: "peroxide".to_owned(),
            equation: "2 H2O2 = 2 H2O + O2".to_owned(),
            rate: "k_d*[H2O2]/2".to_owned(),
        }],
        transfers: vec![TransferDef {
            name: "oxygen".to_owned(),
            equation: "O2(g) = O2".to_owned(),
            kla: "kLa".to_owned(),
            saturation: "sat".to_owned(),
        }],
        ..Default::default()
    };
    builder.build(&table()).unwrap()
}

fn elements_close(table: &SpeciesTable, before: &[f64], after: &[f64]) -> bool {
    let (a, b) = (table.element_totals(before), table.element_totals(after));
    let charge = table.charge_total(before) - table.charge_total(after);
    a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0)) && charge.abs() < 1e-6
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn matter_is_conserved_and_nothing_is_negative(
        logs in prop::array::uniform4(-1.0..1.0_f64),
        acid in 0.0..400.0_f64,
        peroxide in 0.0..300.0_f64,
        oxide in 0.0..150.0_f64,
        copper in 0.0..100.0_f64,
        diameter in 1e-6..1e-4_f64,
        sharp in any::<bool>(),
    ) {
        let scale = [1e-6, 1e-6, 1e-4, 1e-1];
        let k: [f64; 4] = std::array::from_fn(|i| scale[i] * 10.0_f64.powf(2.0 * logs[i]));
        let model = random_model(k, if sharp { 0.0 } else { 1e-3 });
        let table = table();
        let mut amounts = liquor(&table, &[("H+", acid), ("H2O2", peroxide), ("MgO(s)", oxide), ("Cu(s)", copper)]);
        amounts[table.index("H2O").unwrap().0] = 55e3;
        let split = |n: f64| vec![Population::fresh(diameter, 0.6 * n), Population::fresh(3.0 * diameter, 0.4 * n)];
        let minerals = [split(oxide), split(copper)];
        let times = [0.0, 60.0, 600.0, 3600.0, 86400.0];
        let run = Batch {
            parameters: model.parameters(), amounts: &amounts, minerals: &minerals, volume: Volume::Fixed(1.0),
            thermal: Thermal::Isothermal(300.0), times: &times, tolerance: Tolerance::default(),
        };
        let outcome = model.batch(&run, &mut Workspace::default()).unwrap();
        let mut before = vec![1.0; 2];
        for (after, left) in outcome.amounts.iter().zip(&outcome.unreacted) {
            prop_assert!(elements_close(&table, &amounts, after));
            for (i, n) in after.iter().enumerate().filter(|(i, _)| *i != table.index("O2(g)").unwrap().0) {
                prop_assert!(*n >= 0.0, "species {i}: {n}");
            }
            for (now, before) in left.iter().zip(&mut before) {
                prop_assert!((0.0..=1.0).contains(now) && *now <= *before + 1e-12);
                *before = *now;
            }
        }
        for residence_time in [60.0, 3600.0, 86400.0] {
            let tank = Tank {
                parameters: model.parameters(), amounts: &amounts, minerals: &minerals, volume: Volume::Fixed(1.0),
                residence_time, temperature: 300.0, guess: &[],
            };
            let outcome = model.tank(&tank, &mut Workspace::default());
            prop_assert!(outcome.is_ok(), "{residence_time}: {:?}", outcome);
            let outcome = outcome.unwrap();
            prop_assert!(elements_close(&table, &amounts, &outcome.amounts));
            for (i, n) in outcome.amounts.iter().enumerate().filter(|(i, _)| *i != table.index("O2(g)").unwrap().0) {
                prop_assert!(*n >= 0.0, "species {i}: {n}");
            }
            prop_assert!(outcome.unreacted.iter().all(|left| (0.0..=1.0).contains(left)));
        }
    }
}
