//! Contacts against closed forms.

use super::*;
use crate::chemistry::Species;
use crate::kinetics::expression::ParameterView;
use crate::kinetics::leach::Volume;
use proptest::prelude::*;

const NAMES: [&str; 6] = ["H2O", "I2", "I2(org)", "C8H18(org)", "Br2", "Br2(org)"];

fn model(quotient: Option<&str>) -> (Extraction, Vec<f64>) {
    let species = NAMES.iter().map(|name| Species::new(name).unwrap()).collect();
    let table = SpeciesTable::new(species).unwrap();
    let def = |name: &str, halogen: &str| ExtractionDef {
        name: name.to_owned(),
        equation: format!("{halogen} = {halogen}(org)"),
        constant: format!("D_{halogen}"),
        quotient: quotient.map(str::to_owned),
    };
    let parameter = |name: &str, value: f64| ParameterDef {
        name: name.to_owned(),
        value,
        dimension: Dimension::FRACTION,
        arrhenius: None,
    };
    let parameters = [parameter("D_I2", 3.0), parameter("D_Br2", 0.5)];
    let defs = [def("iodine", "I2"), def("bromine", "Br2")];
    let model = Extraction::build(&defs, &parameters, &[], &table).unwrap();
    (model, parameters.iter().map(|p| p.value).collect())
}

fn contact(stages: usize, efficiency: f64, organic: f64) -> Contacted {
    let (model, values) = model(None);
    let case = Contact {
        parameters: ParameterView { values: &values, activation: &[0.0; 2] },
        temperature: 298.15,
        stages,
        efficiency,
        aqueous: &[55.0, 1.0, 0.0, 0.0, 2.0, 0.0],
        organic: &[0.0, 0.0, 0.0, 5.0, 0.0, 0.0],
        additions: &[],
        aqueous_volume: Volume::Fixed(1e-3),
        organic_volume: Volume::Fixed(organic * 1e-3),
        guess: &[],
    };
    model.contact(&case).unwrap()
}

/// Constant distribution D, extraction factor E = D V_org/V_aq: (E − 1)/(E^(N+1) − 1) stays in the aqueous phase
/// (A. Kremser, *Nat. Pet. News* 22 (1930) 43).
#[test]
fn a_constant_distribution_follows_the_kremser_series() {
    for (stages, ratio) in [(1, 1.0), (3, 0.8), (7, 2.5), (20, 1.3)] {
        let out = contact(stages, 1.0, ratio);
        for (species, fed, d) in [(1, 1.0, 3.0), (4, 2.0, 0.5)] {
            let e: f64 = d * ratio;
            let want = (e - 1.0) / (e.powi(stages as i32 + 1) - 1.0);
            let got = out.aqueous[(stages - 1) * NAMES.len() + species] / fed;
            // what is left of almost all is a difference of amounts near 1, each known to rounding
            assert!(
                (got - want).abs() < 1e-9 * want + 1e-15,
                "{stages} stages, E {e}: {got:e} against {want:e}"
            );
        }
    }
}

/// One stage with fresh organic: out = E* of what would be in equilibrium with the liquor that leaves,
/// n_org = η D r n_aq and n_aq + n_org = n, so that n_aq = n/(1 + η D r).
#[test]
fn an_efficiency_is_that_of_murphree() {
    for efficiency in [0.2, 0.92, 1.0] {
        let out = contact(1, efficiency, 1.5);
        let want = 1.0 / (1.0 + efficiency * 3.0 * 1.5);
        assert!((out.aqueous[1] - want).abs() < 1e-13, "{efficiency}: {}", out.aqueous[1]);
    }
}

/// The same solution from a guess, in fewer steps, and no solution from a constant that is not positive.
#[test]
fn a_guess_shortens_the_way() {
    let (model, values) = model(None);
    let cold = contact(7, 0.9, 2.0);
    let mut case = Contact {
        parameters: ParameterView { values: &values, activation: &[0.0; 2] },
        temperature: 298.15,
        stages: 7,
        efficiency: 0.9,
        aqueous: &[55.0, 1.0, 0.0, 0.0, 2.0, 0.0],
        organic: &[0.0, 0.0, 0.0, 5.0, 0.0, 0.0],
        additions: &[],
        aqueous_volume: Volume::Fixed(1e-3),
        organic_volume: Volume::Fixed(2e-3),
        guess: &cold.memory,
    };
    let warm = model.contact(&case).unwrap();
    assert!(warm.iterations <= 2 && cold.iterations > 2, "{} {}", warm.iterations, cold.iterations);
    for (a, b) in warm.extents.iter().zip(&cold.extents) {
        assert!((a - b).abs() < 1e-12);
    }
    let values = [-1.0, values[1]];
    case.parameters = ParameterView { values: &values, activation: &[0.0; 2] };
    assert!(matches!(model.contact(&case), Err(ContactError::Constant { .. })));
}

#[test]
fn a_constant_may_not_depend_on_concentrations() {
    let species = NAMES.iter().map(|name| Species::new(name).unwrap()).collect();
    let table = SpeciesTable::new(species).unwrap();
    let def = ExtractionDef {
        name: "iodine".to_owned(),
        equation: "I2 = I2(org)".to_owned(),
        constant: "[I2]/[I2(org)]".to_owned(),
        quotient: None,
    };
    let error = Extraction::build(&[def], &[], &[], &table).unwrap_err();
    assert!(error.to_string().contains("must not depend on concentrations"), "{error}");
}

proptest! {
    /// Two metals exchanged for protons, over twelve decades of the constants and six of the amounts: always settled, all
    /// balances kept, and ln Q = ln K in every stage by the amounts that leave it.
    #[test]
    fn cation_exchange_settles_wherever_it_lies(
        stages in 1_usize..7,
        efficiency in 0.5..1.0_f64,
        logs in prop::array::uniform2(-10.0..2.0_f64),
        feed in prop::array::uniform5(-6.0..0.0_f64),
    ) {
        let names = ["H+", "Co+2", "Na+", "HR(org)", "CoR2(org)", "NaR(org)"];
        let formulas = [("HR(org)", "HCl"), ("CoR2(org)", "CoCl2"), ("NaR(org)", "NaCl")];
        let species = names.iter().map(|name| {
            let formula = formulas.iter().find(|own| own.0 == *name).map_or(*name, |own| own.1);
            Species::with_formula(name, formula).unwrap()
        });
        let table = SpeciesTable::new(species.collect()).unwrap();
        let def = |name: &str, equation: &str| ExtractionDef {
            name: name.to_owned(),
            equation: equation.to_owned(),
            constant: format!("K_{name}"),
            quotient: None,
        };
        let defs = [def("Co", "Co+2 + 2 HR(org) = CoR2(org) + 2 H+"), def("Na", "Na+ + HR(org) = NaR(org) + H+")];
        let values = logs.map(|log: f64| 10_f64.powf(log));
        let parameters = [("K_Co", values[0]), ("K_Na", values[1])].map(|(name, value)| ParameterDef {
            name: name.to_owned(),
            value,
            dimension: Dimension::FRACTION,
            arrhenius: None,
        });
        let model = Extraction::build(&defs, &parameters, &[], &table).unwrap();
        let n = feed.map(|log: f64| 10_f64.powf(log));
        let case = Contact {
            parameters: ParameterView { values: &values, activation: &[0.0; 2] },
            temperature: 298.15,
            stages,
            efficiency,
            aqueous: &[n[0], n[1], n[2], 0.0, 0.0, 0.0],
            organic: &[0.0, 0.0, 0.0, n[3], n[4], 0.0],
            additions: &[],
            aqueous_volume: Volume::Fixed(1e-3),
            organic_volume: Volume::Fixed(2e-3),
            guess: &[],
        };
        let out = model.contact(&case).unwrap();
        let all: [Vec<&[f64]>; 2] = [&out.aqueous, &out.organic].map(|own| own.chunks(names.len()).collect());
        let [out_aqueous, out_organic] = all;
        let (left, loaded) = (out_aqueous[stages - 1], out_organic[0]);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12 * b;
        prop_assert!(close(left[1] + loaded[4], n[1] + n[4]));
        prop_assert!(close(left[2] + loaded[5], n[2]));
        prop_assert!(close(loaded[3] + 2.0 * loaded[4] + loaded[5], n[3] + 2.0 * n[4]));
        for stage in 0..stages {
            let enters = if stage + 1 < stages { out_organic[stage + 1] } else { case.organic };
            let aqueous = |at: usize| out_aqueous[stage][at] / 1e-3;
            let organic = |at: usize| (enters[at] + (out_organic[stage][at] - enters[at]) / efficiency) / 2e-3;
            // amounts that are small differences of large ones are known to rounding only
            let known = |amount: f64, of: f64| amount > 1e-6 * of;
            let all = n[1] + n[2] + n[3] + n[4];
            if (0..3).all(|at| known(out_aqueous[stage][at], all)) && (3..6).all(|at| known(2e-3 * organic(at), all)) {
                let quotient = organic(4) * aqueous(0).powi(2) / (aqueous(1) * organic(3).powi(2));
                prop_assert!((quotient / values[0] - 1.0).abs() < 1e-6, "stage {stage}: {quotient:e}");
                let quotient = organic(5) * aqueous(0) / (aqueous(2) * organic(3));
                prop_assert!((quotient / values[1] - 1.0).abs() < 1e-6, "stage {stage}: {quotient:e}");
            }
        }
    }
}
