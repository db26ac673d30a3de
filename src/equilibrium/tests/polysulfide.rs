//! Species whose file says what they count to a balance.

use super::super::*;

const SULFIDE: &str = "\
SOLUTION_MASTER_SPECIES
H H+ -1 H 1.008
O H2O 0 O 16
E e- 0 0 0
S SO4-2 0 S 32.06
S(6) SO4-2 0 S
S(-2) HS- 1 S
SOLUTION_SPECIES
H+ = H+
e- = e-
H2O = H2O
SO4-2 = SO4-2
H2O = OH- + H+
  log_k -14
SO4-2 + 9 H+ + 8 e- = HS- + 4 H2O
  log_k 33.65
HS- = S5-2 + H+
  log_k -9.595
  -no_check
  -mass_balance S(-2)5
";

#[test]
fn a_polysulfide_counts_all_its_sulfur_with_the_couple_open_or_closed() {
    let db = Database::parse_phreeqc(SULFIDE).unwrap();
    for (name, open) in [("S(-2)", vec![]), ("S", vec!["S".to_owned()])] {
        let system = System::new(&db, &[name], &Options { open, ..Options::default() }).unwrap();
        let mut problem = Problem::new(&system);
        problem.conditions[0] = Condition::LogActivity(-9.0);
        if let Some(electron) = system.find_component("e-") {
            problem.conditions[electron] = Condition::LogActivity(8.0);
        }
        let sulfur = system.find_component(name).unwrap();
        problem.conditions[sulfur] = Condition::Total(0.01);
        let mut ws = Workspace::new();
        let state = system.solve(&problem, &mut ws).unwrap();
        let counted = 5.0 * state.molality_of("S5-2") + state.molality_of("HS-") + state.molality_of("SO4-2");
        assert!((counted - 0.01).abs() < 1e-12, "{name}: {counted}");
        assert!(state.molality_of("S5-2") > 1e-4);
    }
}
