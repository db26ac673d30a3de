//! A gas at fixed pressure gives or takes all that it is made of.

use super::super::liquor::{Liquor, conserved};
use super::super::*;

const CARBONATE: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
Na Na+ 0 Na 22.99
Cl Cl- 0 Cl 35.45
C CO3-2 2 C 12.01
SOLUTION_SPECIES
H+ = H+
H2O = H2O
Na+ = Na+
Cl- = Cl-
CO3-2 = CO3-2
H2O = OH- + H+
  log_k -14
CO3-2 + H+ = HCO3-
  log_k 10.329
CO3-2 + 2 H+ = CO2 + H2O
  log_k 16.681
PHASES
CO2(g)
  CO2 = CO2
  log_k -1.468
";

#[test]
fn carbon_dioxide_leaves_a_solution_neutral() {
    let db = Database::parse_phreeqc(CARBONATE).unwrap();
    let totals = [("Na", 0.1), ("Cl", 0.1), ("C", 0.0)].map(|(name, total)| (name.to_owned(), total));
    let gas = ("CO2(g)".to_owned(), -0.5);
    let liquor = Liquor { totals: totals.to_vec(), gases: vec![gas], ..Liquor::default() };
    let system = liquor.system(&db, &Options::default()).unwrap();
    let (mut ws, mut problem) = (Workspace::new(), Problem::new(&system));
    let state = liquor.solve(&system, &mut problem, &mut ws).unwrap();
    let phase = system.find_phase("CO2(g)").unwrap();
    assert!((state.saturation_index(phase).unwrap() + 0.5).abs() < 1e-9);
    assert!(state.charge().abs() < 1e-12, "{}", state.charge());
    // H2O + CO2 = H+ + HCO3- is all that makes protons here
    let (acid, bicarbonate) = (state.molality_of("H+"), state.molality_of("HCO3-"));
    assert!((acid / bicarbonate - 1.0).abs() < 1e-5, "{acid:e} {bicarbonate:e}");
    let carbon = system.find_component("C").unwrap();
    assert!(
        (state.dissolved(carbon) + state.amount(0)).abs() < 1e-12,
        "what was dissolved was taken from the gas"
    );
    // the same state without the gas, from what the liquor holds now
    let (ph, held) = (state.ph(), conserved(&state));
    let closed = system.solve(&held, &mut ws).unwrap();
    assert!(
        (closed.ph() - ph).abs() < 1e-8 && (closed.total(carbon) - closed.dissolved(carbon)).abs() < 1e-12
    );
}
