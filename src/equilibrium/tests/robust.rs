//! Systems that Newton's method alone does not solve.

use super::super::*;

/// A liquor of known totals, the proton from electroneutrality, on a mass of water that follows.
fn neutral(system: &System, totals: &[(&str, f64)], solids: &[&str], temperature: f64) -> Problem {
    let mut problem = Problem::new(system);
    problem.temperature = temperature;
    problem.water = Water::Total(55.5);
    for (name, total) in totals {
        problem.conditions[system.find_component(name).unwrap()] = Condition::Total(*total);
    }
    let candidate = |name: &&str| Candidate { phase: system.find_phase(name).unwrap(), index: 0.0 };
    problem.candidates = solids.iter().map(candidate).collect();
    problem
}

fn compiled(db: &Database, totals: &[(&str, f64)], open: &[&str], model: Model) -> System {
    let names: Vec<&str> = totals.iter().map(|(name, _)| *name).collect();
    let open = open.iter().map(|element| (*element).to_owned()).collect();
    System::new(db, &names, &Options { model, open, ..Options::default() }).unwrap()
}

const CINNABAR: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
Hg Hg+2 0 Hg 200.59
S S-2 0 S 32.06
SOLUTION_SPECIES
H+ = H+
H2O = H2O
Hg+2 = Hg+2
S-2 = S-2
H2O = OH- + H+
  log_k -14
S-2 + H+ = HS-
  log_k 14
HS- + H+ = H2S
  log_k 7
PHASES
Cinnabar
  HgS = Hg+2 + S-2
  log_k -52
";

#[test]
fn equal_totals_of_an_insoluble_sulfide_leave_its_solubility() {
    let db = Database::parse_phreeqc(CINNABAR).unwrap();
    let totals = [("Hg", 0.05), ("S", 0.05)];
    let system = compiled(&db, &totals, &[], Model::Ideal);
    let mut problem = neutral(&system, &totals, &["Cinnabar"], 298.15);
    problem.conditions[0] = Condition::LogActivity(-7.0);
    let mut ws = Workspace::new();
    let state = system.solve(&problem, &mut ws).unwrap();
    // at pH 7 of each S-2 there are 1e7 HS- and as many H2S; what dissolves is as much mercury as sulfide
    let sulfide = (1e-52_f64 / (1.0 + 2e7)).sqrt();
    for (name, want) in [("S-2", sulfide), ("HS-", 1e7 * sulfide), ("Hg+2", 1e-52 / sulfide)] {
        let got = state.molality_of(name);
        assert!((got / want - 1.0).abs() < 1e-4, "{name}: {got:e}, not {want:e}");
    }
    assert!((state.amount(0) - 0.05).abs() < 1e-12);
    let sensitivities = &mut Sensitivities::new();
    system.solve_with_sensitivities(&problem, &mut ws, sensitivities).unwrap();
    let mercury = Parameter::Condition(system.find_component("Hg").unwrap());
    let slope = sensitivities.amount(0, mercury).unwrap(); // each partner rules half of it where both are equal
    assert!((slope - 0.5).abs() < 1e-6, "{slope}");
}

#[test]
fn equal_totals_of_platinum_and_sulfide_are_solved() {
    let db = Database::curated().unwrap();
    let totals = [("S(-2)", 0.047_760_220_316_817_585), ("Pt(2)", 0.047_760_220_316_817_585)];
    let system = compiled(&db, &totals, &[], Model::FromDatabase);
    let problem = neutral(&system, &totals, &["PtS (cooperite)"], 287.7);
    let mut ws = Workspace::new();
    let state = system.solve(&problem, &mut ws).unwrap();
    assert!((state.amount(0) / 0.047_760_220_316_817_585 - 1.0).abs() < 1e-9);
    assert!((state.ph() - 7.0).abs() < 0.5, "nothing else is dissolved: pH {}", state.ph());
}

#[test]
fn solids_at_a_given_potential_settle_where_they_took_turns() {
    let db = Database::curated().unwrap();
    let totals = [("Cu", 1.203), ("K", 0.003_508_7), ("Au", 1e-6), ("Pt(4)", 0.051_257)];
    let system = compiled(&db, &totals, &["Cu", "O"], Model::ExtendedDebyeHueckel);
    let mut problem = neutral(&system, &totals, &["Ice", "CuO(s)", "Cu(cr)", "K2O(s)"], 330.4);
    let electron = system.find_component("e-").unwrap();
    problem.conditions[electron] = Condition::LogActivity(-3.091_773_2);
    let mut ws = Workspace::new();
    let state = system.solve(&problem, &mut ws).unwrap();
    assert!(state.charge().abs() < 1e-9);
}

const LIME: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
Ca Ca+2 0 Ca 40.08
Sr Sr+2 0 Sr 87.62
SOLUTION_SPECIES
H+ = H+
H2O = H2O
Ca+2 = Ca+2
Sr+2 = Sr+2
H2O = OH- + H+
  log_k -14
PHASES
Portlandite
  Ca(OH)2 = Ca+2 + 2 OH-
  log_k -5.19
PITZER
-B0
  Ca+2 OH- -0.1747
-B1
  Ca+2 OH- -0.2303
-B2
  Ca+2 OH- -5.72
";

#[test]
fn lime_in_a_strong_lye_settles_with_pitzer_activities() {
    let db = Database::parse_phreeqc(LIME).unwrap();
    let totals = [("Ca", 0.872), ("Sr", 0.462)];
    let system = compiled(&db, &totals, &[], Model::FromDatabase);
    let problem = neutral(&system, &totals, &["Portlandite"], 328.8);
    let mut ws = Workspace::new();
    let state = system.solve(&problem, &mut ws).unwrap();
    let held = state.amount(0);
    assert!(held > 0.5 && held < 0.872, "{held} mol of lime");
}
