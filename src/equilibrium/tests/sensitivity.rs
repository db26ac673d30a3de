//! Sensitivities against central differences (fourth order) of whole solves.

use super::super::*;
use super::w3;

const BRINE: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
Na Na+ 0 Na 22.99
Mg Mg+2 0 Mg 24.3
Cl Cl- 0 Cl 35.45
S SO4-2 0 S 32.06
SOLUTION_SPECIES
H+ = H+
H2O = H2O
Na+ = Na+
Mg+2 = Mg+2
Cl- = Cl-
SO4-2 = SO4-2
H2O = OH- + H+
  log_k -14; delta_h 55.8
Mg+2 + H2O = MgOH+ + H+
  log_k -11.8; delta_h 65
H+ + SO4-2 = HSO4-
  log_k 1.98; delta_h 20
PHASES
Salt
  NaCl = Na+ + Cl-
  log_k 1.57; delta_h 4
HCl(g)
  HCl = H+ + Cl-
  log_k 6.3; delta_h -74
EXCHANGE_MASTER_SPECIES
X X-
EXCHANGE_SPECIES
X- = X-
Na+ + X- = NaX
  log_k 0
Mg+2 + 2 X- = MgX2
  log_k 0.6; delta_h 5
";
const PITZER: &str = "PITZER
-B0
Na+ Cl- 0.0765 -777 -4.4 0.0089
Mg+2 SO4-2 0.221 0 0 -0.0007
-B1
Na+ Cl- 0.2664 0 0 0.0006
Mg+2 SO4-2 3.343 0 0 0.0153
-B2
Mg+2 SO4-2 -37.23 0 0 -0.25
-C0
Na+ Cl- 0.00127
-THETA
Na+ Mg+2 0.07
";

/// Each entry of the sensitivities against solves at both sides; in all of them the same solids are present.
fn agrees(system: &System, problem: &Problem, tolerance: f64) -> usize {
    let (mut ws, mut out) = (Workspace::new(), Sensitivities::new());
    let state = system.solve_with_sensitivities(problem, &mut ws, &mut out).unwrap();
    let present: Vec<usize> = (0..problem.candidates.len()).filter(|k| state.amount(*k) > 0.0).collect();
    let parameters = (0..system.components().len()).map(Parameter::Condition);
    let mut compared = 0;
    for parameter in parameters.chain([Parameter::Water, Parameter::Temperature]) {
        let (mut values, mut width) = (Vec::new(), 0.0);
        let slopes = (0..system.species().len()).filter_map(|at| out.ln_molality(at, parameter));
        let steepest = slopes.fold(0.0_f64, |max, slope| max.max(slope.abs()));
        for side in [1.0, -1.0, 2.0, -2.0] {
            let mut moved = problem.clone();
            let slot = match parameter {
                Parameter::Condition(at) => match &mut moved.conditions[at] {
                    Condition::Total(0.0) => continue,
                    Condition::Total(x)
                    | Condition::LogActivity(x)
                    | Condition::Charge(x)
                    | Condition::Alkalinity(x) => x,
                    Condition::Saturation { index, .. } => index,
                },
                Parameter::Water => match &mut moved.water {
                    Water::Mass(x) | Water::Total(x) => x,
                },
                Parameter::Temperature => &mut moved.temperature,
            };
            let step = (3e-4 * slot.abs()).max(3e-6).min(0.02 / steepest);
            *slot += side * step;
            width = 2.0 * step;
            let state = system.solve(&moved, &mut ws).unwrap();
            let mut list: Vec<f64> = (0..system.species().len()).map(|at| state.molality(at).ln()).collect();
            list.extend((0..problem.candidates.len()).map(|k| state.amount(k)));
            list.push(state.water_activity().ln());
            list.push(state.water_mass().ln());
            list.extend(
                (0..system.components().len()).map(|at| state.component_log_activity(at) * 10_f64.ln()),
            );
            values.push(list);
        }
        if values.is_empty() {
            assert_eq!(out.ln_molality(0, parameter), None);
            continue;
        }
        let (species, candidates) = (system.species().len(), problem.candidates.len());
        for (k, first) in values[0].iter().enumerate() {
            let difference = |side: usize| values[2 * side][k] - values[2 * side + 1][k];
            let got = match k {
                k if k < species => out.ln_molality(k, parameter),
                k if k < species + candidates => out.amount(k - species, parameter),
                k if k == species + candidates => out.ln_water_activity(parameter),
                k if k == species + candidates + 1 => out.ln_water_mass(parameter),
                k => out.ln_activity(k - species - candidates - 2, parameter),
            };
            let Some(got) = got.filter(|_| first.is_finite()) else { continue };
            let want = (8.0 * difference(0) - difference(1)) / (6.0 * width);
            let scale = want.abs().max(1e-3 / width.max(1e-3));
            assert!(
                (got - want).abs() < tolerance * scale,
                "{parameter:?}, value {k}: {got:e}, difference {want:e}"
            );
            compared += 1;
        }
    }
    assert!(problem.candidates.is_empty() || !present.is_empty());
    compared
}

#[test]
fn titration_with_solids() {
    let (system, mut problem) = w3::liquor_at(313.15);
    let mut ws = Workspace::new();
    let state = system.solve(&problem, &mut ws).unwrap();
    let (protons, water) = (state.total(0), state.total_water());
    let sodium = system.find_component("Na").unwrap();
    for added in [0.0, 0.27, 0.35, 0.6] {
        problem.candidates = w3::candidates(&system);
        problem.conditions[0] = Condition::Total(protons - added);
        problem.conditions[sodium] = Condition::Total(0.10 + added);
        problem.water = Water::Total(water + added);
        if added == 0.0 {
            problem.candidates.clear();
        }
        assert!(agrees(&system, &problem, 2e-5) > 500);
    }
    // the charge held by pH, water by mass
    problem.water = Water::Mass(2.0);
    problem.conditions[0] = Condition::LogActivity(-4.0);
    problem.conditions[sodium] = Condition::Charge(0.0);
    assert!(agrees(&system, &problem, 2e-5) > 500);
}

fn brine(text: &str) -> (System, Problem) {
    let db = Database::parse_phreeqc(text).unwrap();
    let system = System::new(&db, &["Na", "Mg", "Cl", "S", "X"], &Options::default()).unwrap();
    let mut problem = Problem::new(&system);
    problem.temperature = 313.0;
    for (name, total) in [("Na", 6.5), ("Mg", 0.9), ("Cl", 6.8), ("S", 0.7), ("X", 0.05)] {
        problem.conditions[system.find_component(name).unwrap()] = Condition::Total(total);
    }
    (system, problem)
}

#[test]
fn brines_with_exchanger_gas_and_salt() {
    for text in [BRINE.to_owned(), format!("{BRINE}{PITZER}")] {
        let (system, mut problem) = brine(&text);
        assert!(agrees(&system, &problem, 2e-5) > 50);
        problem.candidates = vec![Candidate { phase: system.find_phase("Salt").unwrap(), index: 0.0 }];
        assert!(agrees(&system, &problem, 2e-5) > 50);
        let gas = system.find_phase("HCl(g)").unwrap();
        problem.gas = Some(GasSpace { volume: 0.3, gases: vec![gas] });
        problem.conditions[0] = Condition::LogActivity(-2.0);
        assert!(agrees(&system, &problem, 2e-5) > 50);
        problem.gas = None;
        problem.conditions[0] = Condition::Saturation { phase: gas, index: -9.0 };
        assert!(agrees(&system, &problem, 2e-5) > 50);
    }
}

#[test]
fn acid_added_to_pure_water() {
    // pH of a strong acid: [H+] = c, so d ln [H+]/dc = 1/c (ideal)
    let db = Database::parse_phreeqc(BRINE).unwrap();
    let system = System::new(&db, &["Cl"], &Options { model: Model::Ideal, ..Options::default() }).unwrap();
    let mut problem = Problem::new(&system);
    problem.conditions[1] = Condition::Total(0.01);
    let (mut ws, mut out) = (Workspace::new(), Sensitivities::new());
    system.solve_with_sensitivities(&problem, &mut ws, &mut out).unwrap();
    let slope = out.ln_activity(0, Parameter::Condition(1)).unwrap();
    assert!((slope - 100.0).abs() < 1e-6, "{slope}");
}
