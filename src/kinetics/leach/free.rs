//! Rates on free species of the equilibrium: workload W1, whose free acid has a closed form, through the engine instead.

use super::border::Border;
use super::tests::{liquor, parameter};
use super::*;
use crate::chemistry::{Population, Species, SpeciesTable};
use crate::equilibrium::medium::{Medium, Settings, Survey};
use crate::equilibrium::{Database, Model, WATER_MOLAR_MASS};
use crate::numerics::Dual;
use crate::quantity::Dimension;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bisulfate alone, with the constant of workload W1.
const BISULFATE: &str = "
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16.0
S SO4-2 0 S 32.06
SOLUTION_SPECIES
H+ = H+
H2O = H2O
SO4-2 = SO4-2
H2O = OH- + H+
    log_k -14
H+ + SO4-2 = HSO4-
    -analytic -2.4778 0.012
";

/// Cyanide with its acid and two complexes, at the constants of a textbook: the shape matters here, not the numbers.
const CYANIDE: &str = "
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16.0
C CN- 0 C 12.0
Cu Cu+ 0 Cu 63.5
Na Na+ 0 Na 23.0
SOLUTION_SPECIES
H+ = H+
H2O = H2O
CN- = CN-
Cu+ = Cu+
Na+ = Na+
H2O = OH- + H+
    log_k -14
    delta_h 55.8 kJ
H+ + CN- = HCN
    log_k 9.2
    delta_h -43 kJ
Cu+ + 2 CN- = Cu(CN)2-
    log_k 24.0
Cu+ + 3 CN- = Cu(CN)3-2
    log_k 29.2
";

fn medium(text: &str, model: Model, table: &SpeciesTable) -> (Arc<Medium>, SpeciesTable) {
    let db = Database::parse_phreeqc(text).unwrap();
    let settings = Settings { model, pressure_unit: 1e5, ..Settings::default() };
    let mut species: Vec<Species> = table.iter().map(|(_, own)| own.clone()).collect();
    let survey = Survey::new(&db, &settings, &species, &BTreeMap::new()).unwrap();
    species.extend(survey.added.iter().cloned());
    let table = Arc::new(SpeciesTable::new(species).unwrap());
    (Arc::new(Medium::new(&db, "a test's", &settings, &survey, &table).unwrap()), (*table).clone())
}

/// W1 with its quadratic, or with the engine in its place.
fn w1_models() -> ([LeachModel; 2], SpeciesTable) {
    let (medium, table) = medium(BISULFATE, Model::Ideal, &w1::table());
    let closed = w1::builder();
    let mut free = w1::builder();
    free.definitions.retain(|(name, _)| !matches!(name.as_str(), "h" | "b" | "K_2"));
    free.definitions.push(("h".to_owned(), "free[H+]".to_owned()));
    free.exhaustion = 1e-9; // free acid does not vanish with the total, so its rates are guarded; the closed form's are not
    ([closed.build(&table).unwrap(), free.build_in(&table, Some(&medium)).unwrap()], table)
}

/// One kilogram of water to the litre, whatever dissolves: molal and molar constants are the same number.
fn per_amount(table: &SpeciesTable) -> Vec<f64> {
    liquor(table, &[("H2O", WATER_MOLAR_MASS * 1e-3)])
}

/// W1 with its K2 and S0: concentrations, cores and all derivatives of the closed form come out of the engine.
#[test]
fn free_acid_agrees_with_the_closed_form() {
    let ([closed, free], table) = w1_models();
    let case = w1::Case(343.15, 2000.0, 600.0, 50.0);
    let minerals = case.populations();
    let amounts = case.amounts(&table, &minerals);
    let volumes = per_amount(&table);
    let still = Dual::<f64, 5>::constant;
    let lift = |values: &[f64]| values.iter().map(|value| still(*value)).collect::<Vec<_>>();
    let lane = |value: f64, lane: usize| Dual::variable(value, lane);
    let mut moved = lift(&amounts);
    for (name, direction) in [("H+", 2), ("SO4-2", 3)] {
        let place = table.index(name).unwrap().0;
        moved[place] = lane(amounts[place], direction);
    }
    let minerals: Vec<Vec<_>> =
        minerals.iter().map(|own| own.iter().map(|class| class.map(still)).collect()).collect();
    let volumes = lift(&volumes);
    let ramp = [(0.0, still(330.0)), (3000.0, still(345.0)), (7200.0, still(343.0))];
    for thermal in [Thermal::Isothermal(lane(343.15, 4)), Thermal::Profile(&ramp)] {
        let run = |model: &LeachModel| {
            let mut parameters = model.parameters().map(still);
            parameters.move_value("k_b", &[1.0, 0.0, 0.0, 0.0, 0.0]);
            parameters.move_activation("k_b", &[0.0, 1.0, 0.0, 0.0, 0.0]);
            let batch = Batch {
                parameters: &parameters,
                amounts: &moved,
                minerals: &minerals,
                volume: Volume::Linear { base: still(0.0), per_amount: &volumes },
                thermal,
                times: &w1::TIMES,
                tolerance: Tolerance { relative: 1e-9, core: 1e-9, amount: 1e-9 },
            };
            model.batch_along(&batch, &mut Workspace::default(), &mut Workspace::default()).unwrap()
        };
        let (want, got) = (run(&closed), run(&free));
        let close = |of: &dyn Fn(&Dual<f64, 5>) -> f64, pair: [&[Vec<Dual<f64, 5>>]; 2], tolerance: f64| {
            let [want, got] = pair.map(|list| list.iter().flatten().map(of).collect::<Vec<f64>>());
            let scale = want.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
            for (want, got) in want.iter().zip(&got) {
                let off = (got - want).abs();
                assert!(off <= tolerance * (want.abs() + 1e-3 * scale), "{got} {want} {scale}");
            }
        };
        close(&|x| x.value, [&want.amounts, &got.amounts], 1e-8);
        close(&|x| x.value, [&want.unreacted, &got.unreacted], 1e-6);
        for direction in 0..5 {
            close(&|x| x.gradient[direction], [&want.amounts, &got.amounts], 1e-5);
        }
        let cobalt = want.amounts.last().unwrap()[table.index("Co+2").unwrap().0];
        assert!(cobalt.gradient[3].abs() > 1e-4, "sulfate moves the leach: {cobalt:?}");
        assert!(run(&free) == got, "a run repeats to the last bit");
    }
}

/// The same in a tank, whose Newton's method needs the slopes.
#[test]
fn a_tank_reads_the_free_acid_of_its_outlet() {
    let ([closed, free], table) = w1_models();
    let case = w1::Case(343.15, 2000.0, 600.0, 50.0);
    let minerals = case.populations();
    let amounts = case.amounts(&table, &minerals);
    let volumes = per_amount(&table);
    let run = |model: &LeachModel| {
        let tank = Tank {
            parameters: model.parameters(),
            amounts: &amounts,
            minerals: &minerals,
            volume: Volume::Linear { base: 0.0, per_amount: &volumes },
            residence_time: 3600.0,
            temperature: 343.15,
            guess: &[],
        };
        model.tank(&tank, &mut Workspace::default()).unwrap()
    };
    let (want, got) = (run(&closed), run(&free));
    assert!(got.iterations <= want.iterations + 3, "{} {}", got.iterations, want.iterations);
    for (want, got) in want.amounts.iter().zip(&got.amounts) {
        assert!((want - got).abs() <= 1e-8 * (want.abs() + 1.0), "{got} {want}");
    }
}

fn cyanide() -> (LeachModel, SpeciesTable) {
    let names = ["H2O", "H+", "OH-", "CN-", "Cu(CN)3-2", "Na+", "O2", "O2(g)"];
    let mut species: Vec<Species> = names.iter().map(|name| Species::new(name).unwrap()).collect();
    species.push(Species::new("Cu(s)").unwrap().with_volume(7.1e-6));
    let (medium, table) = medium(CYANIDE, Model::Davies, &SpeciesTable::new(species).unwrap());
    let rate = "k*free[CN-]*activity[CN-]^0.5*(1 + [CN-]/c) + k_H*free[HCN]*activity[H+]^0.1";
    let path = PathDef {
        reaction: "4 Cu(s) + 12 CN- + O2 + 2 H2O = 4 Cu(CN)3-2 + 4 OH-".to_owned(),
        rate: Some(rate.to_owned()),
    };
    let law = LawDef::ShrinkingCore(crate::kinetics::Shape::Sphere);
    let builder = LeachModelBuilder {
        parameters: vec![
            parameter("k", 5e-6, Dimension::VELOCITY),
            parameter("k_H", 1e-9, Dimension::VELOCITY),
            parameter("c", 100.0, Dimension::CONCENTRATION),
            parameter("kLa", 0.01, Dimension::FREQUENCY),
            parameter("sat", 1.2, Dimension::CONCENTRATION),
        ],
        minerals: vec![MineralDef::new("cu", "Cu(s)", law, vec![path])],
        transfers: vec![TransferDef {
            name: "oxygen".to_owned(),
            equation: "O2(g) = O2".to_owned(),
            kla: "kLa".to_owned(),
            saturation: "sat".to_owned(),
        }],
        ..Default::default()
    };
    (builder.build_in(&table, Some(&medium)).unwrap(), table)
}

/// Slopes of free concentrations and activities by extents and temperature, where the liquor swells, against differences.
#[test]
fn slopes_agree_with_differences() {
    let (model, table) = cyanide();
    let mut amounts = liquor(
        &table,
        &[("H2O", 55_000.0), ("CN-", 40.0), ("Na+", 50.0), ("OH-", 10.0), ("O2", 0.3), ("Cu(s)", 5.0)],
    );
    let volumes = liquor(&table, &[("H2O", 1.8e-5), ("CN-", 2e-5), ("OH-", -4e-6), ("Cu(CN)3-2", 9e-5)]);
    for copper in [0.0, 3.0] {
        amounts[table.index("Cu(CN)3-2").unwrap().0] = copper;
        let volume = Volume::Linear { base: 0.0, per_amount: &volumes };
        let mut border = Border::default();
        border.prepare(&model, model.parameters().view(), &amounts, volume, 300.0, true);
        let z = [2.0, 0.4, 305.0];
        border.evaluate(&model, &z);
        border.linearise(&model, &z);
        let slopes = border.slopes.clone();
        let outputs = model.outputs.len();
        for state in 0..3 {
            let step = [1e-4, 1e-4, 1e-2][state];
            let mut at = |by: f64| {
                let mut z = z;
                z[state] += by * step;
                border.evaluate(&model, &z);
                border.outputs.clone()
            };
            let (low, high) = (at(-1.0), at(1.0));
            for o in 0..outputs {
                let want = (high[o] - low[o]) / (2.0 * step);
                let got = slopes[o * 3 + state];
                let close = (got - want).abs() <= 1e-6 * want.abs() + 1e-12;
                assert!(close, "output {o} by state {state}: {got:e} {want:e}");
            }
        }
    }
}

/// Acid turns cyanide into its acid and copper binds it: each slows the leach, and matter is conserved.
#[test]
fn acid_and_copper_cost_free_cyanide() {
    let (model, table) = cyanide();
    let run = |acid: f64, copper: f64| {
        let mut amounts = liquor(
            &table,
            &[
                ("H2O", 55_000.0),
                ("CN-", 40.0),
                ("Na+", 50.0 + 2.0 * copper),
                ("OH-", 10.0),
                ("O2", 0.3),
                ("Cu(s)", 5.0),
            ],
        );
        amounts[table.index("O2(g)").unwrap().0] = 100.0;
        amounts[table.index("H+").unwrap().0] = acid;
        amounts[table.index("Na+").unwrap().0] -= acid;
        amounts[table.index("Cu(CN)3-2").unwrap().0] = copper;
        amounts[table.index("CN-").unwrap().0] -= 2.0 * copper; // Cu(CN)2- and free cyanide would be the same totals
        let minerals = [vec![Population::fresh(2e-5, 5.0)]];
        let batch = Batch {
            parameters: model.parameters(),
            amounts: &amounts,
            minerals: &minerals,
            volume: Volume::Fixed(1.0),
            thermal: Thermal::Isothermal(298.15),
            times: &[60.0, 600.0, 3600.0],
            tolerance: Tolerance::default(),
        };
        let outcome = model.batch(&batch, &mut Workspace::default()).unwrap();
        let (before, after) = (table.element_totals(&amounts), table.element_totals(&outcome.amounts[2]));
        for (before, after) in before.iter().zip(&after) {
            assert!((before - after).abs() <= 1e-9 * before.abs().max(1.0), "{before} {after}");
        }
        assert!(outcome.amounts[2].iter().all(|n| *n >= 0.0));
        1.0 - outcome.unreacted[1][0]
    };
    let (plain, acid, copper) = (run(0.0, 0.0), run(45.0, 0.0), run(0.0, 5.0));
    assert!(plain > 0.02 && acid < 0.2 * plain && copper < 0.8 * plain, "{plain} {acid} {copper}");
}

/// Without copper at the start, its complexes read nothing, and their slope is that of the first trace.
#[test]
fn what_is_absent_reads_zero_and_has_a_slope() {
    let (medium, table) = medium(CYANIDE, Model::Davies, &cyanide().1);
    let builder = LeachModelBuilder {
        parameters: vec![parameter("k", 1.0, Dimension::FREQUENCY)],
        reactions: vec![ReactionDef {
            name: "growth".to_owned(),
            equation: "4 Cu(s) + 12 CN- + O2 + 2 H2O = 4 Cu(CN)3-2 + 4 OH-".to_owned(),
            rate: "k*free[Cu(CN)3-2]".to_owned(),
        }],
        exhaustion: 1e-9,
        ..Default::default()
    };
    let model = builder.build_in(&table, Some(&medium)).unwrap();
    let amounts = liquor(
        &table,
        &[("H2O", 55_000.0), ("CN-", 40.0), ("Na+", 50.0), ("OH-", 10.0), ("O2", 1.0), ("Cu(s)", 5.0)],
    );
    let mut border = Border::default();
    border.prepare(&model, model.parameters().view(), &amounts, Volume::Fixed(1.0), 298.15, false);
    border.evaluate(&model, &[0.0]);
    assert_eq!(border.outputs[0], 0.0);
    let trace = 1e-10; // mol of extent: copper far below what is solved for
    border.evaluate(&model, &[trace]);
    border.linearise(&model, &[trace]);
    // 4 mol of copper per extent, nearly all as the tricyanide
    assert!((border.outputs[0] / (4.0 * trace) - 1.0).abs() < 0.001, "{}", border.outputs[0]);
    assert!((border.slopes[0] / 4.0 - 1.0).abs() < 0.001, "{}", border.slopes[0]);
}

#[test]
fn faults_of_what_is_read() {
    let table = w1::table();
    let (medium, table) = medium(BISULFATE, Model::Ideal, &table);
    let build = |text: &str, equilibrium: Option<&Arc<Medium>>| {
        let mut builder = w1::builder();
        builder.definitions.push(("read".to_owned(), text.to_owned()));
        builder.build_in(&table, equilibrium).map(|_| ()).unwrap_err()
    };
    let rows = [
        (
            "free[HSO4-2]",
            Some(&medium),
            "the equilibrium has no dissolved species `HSO4-2`; did you mean `HSO4-`",
        ),
        ("activity[H+]", None, "there is none here: write an `[equilibrium]` table"),
        ("activity[H+] + [H+]", Some(&medium), "concentration"),
        ("fre[H+]", Some(&medium), "expected an operator or the end"),
        ("free[H+", Some(&medium), "expected `]`"),
    ];
    for (text, equilibrium, message) in rows {
        let error = build(text, equilibrium);
        assert_eq!(error.field, "definitions.read");
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
}

/// No water, and an equilibrium without an answer, are errors that say so.
#[test]
fn an_equilibrium_without_an_answer_is_an_error() {
    let ([_, free], table) = w1_models();
    let case = w1::Case(343.15, 2000.0, 600.0, 50.0);
    let minerals = case.populations();
    let mut amounts = case.amounts(&table, &minerals);
    amounts[table.index("H2O").unwrap().0] = 0.0;
    let batch = Batch {
        parameters: free.parameters(),
        amounts: &amounts,
        minerals: &minerals,
        volume: Volume::Fixed(1.0),
        thermal: Thermal::Isothermal(343.15),
        times: &w1::TIMES,
        tolerance: Tolerance::default(),
    };
    let error = free.batch(&batch, &mut Workspace::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no liquid water"), "{error}");
    let tank = Tank {
        parameters: free.parameters(),
        amounts: &amounts,
        minerals: &minerals,
        volume: Volume::Fixed(1.0),
        residence_time: 3600.0,
        temperature: 343.15,
        guess: &[],
    };
    let error = free.tank(&tank, &mut Workspace::default()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no liquid water"), "{error}");
}
