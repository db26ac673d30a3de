//! What fixes the Eh of a liquor whose couples are open.

use super::super::liquor::{Liquor, LiquorError};
use super::super::*;

fn iron(totals: &[(&str, f64)]) -> Liquor {
    let all = totals.iter().chain(&[("S(6)", 0.1)]);
    Liquor { totals: all.map(|(name, n)| ((*name).to_owned(), *n)).collect(), ..Liquor::default() }
}

/// pH, Eh (NaN if closed), Fe+2, Fe+3, charge.
fn solved(liquor: &Liquor) -> Result<[f64; 5], LiquorError> {
    let db = Database::curated().unwrap();
    let mut liquor = liquor.clone();
    liquor.open_for_gases(&db);
    let system = liquor.system(&db, &Options { model: Model::Davies, ..Options::default() })?;
    let (mut ws, mut problem) = (Workspace::new(), Problem::new(&system));
    let state = liquor.solve(&system, &mut problem, &mut ws)?;
    let activity = |name: &str| 10_f64.powf(state.log_activity(system.find_species(name).unwrap()));
    let iron = [activity("Fe+2"), activity("Fe+3")];
    Ok([state.ph(), state.eh().unwrap_or(f64::NAN), iron[0], iron[1], state.charge()])
}

fn opened(liquor: Liquor) -> Liquor {
    Liquor { open: vec!["Fe".into()], ..liquor }
}

/// Every valence state given and one couple open: the liquor is that of the couple closed, its Eh is Nernst's of the free
/// ions with E0 = 0.7720 V (log K 13.05).
#[test]
fn the_valence_states_given_tell_the_eh() {
    for totals in [[("Fe(2)", 0.01), ("Fe(3)", 0.02)], [("Fe(2)", 0.02), ("Fe(3)", 1e-9)]] {
        let closed = solved(&iron(&totals)).unwrap();
        let open = solved(&opened(iron(&totals))).unwrap();
        for (got, want) in [(open[0], closed[0]), (open[2], closed[2]), (open[3], closed[3])] {
            assert!((got / want - 1.0).abs() < 1e-6, "{open:?} {closed:?}");
        }
        let nernst = 0.7720 + 8.314462618 * 298.15 / 96_485.332_12 * (open[3] / open[2]).ln();
        assert!((open[1] - nernst).abs() < 1e-3, "{} V against {nernst} V", open[1]);
    }
}

/// Oxygen takes the iron to Fe(3), and four protons each: the liquor is the neutral one of Fe(3) with the same sulfate. Its Eh is
/// that of oxygen at the pressure given: E0 = 1.229 V.
#[test]
fn a_gas_tells_the_eh_and_reacts() {
    let gas = vec![("O2(g)".to_owned(), -0.7)];
    let ferric = solved(&iron(&[("Fe(2)", 0.0), ("Fe(3)", 0.01)])).unwrap();
    for totals in [&[("Fe(2)", 0.01)][..], &[("Fe", 0.01)]] {
        let open = solved(&Liquor { gases: gas.clone(), ..opened(iron(totals)) }).unwrap();
        // the reaction makes 0.005 mol of water, 9e-5 of what there is
        assert!((open[0] - ferric[0]).abs() < 1e-4 && open[4].abs() < 1e-12, "{open:?} {ferric:?}");
        assert!((open[3] / ferric[3] - 1.0).abs() < 2e-4, "{open:?} {ferric:?}");
        let nernst = 1.229 - 0.05916 * (open[0] + 0.7 / 4.0);
        assert!((open[1] - nernst).abs() < 2e-3, "{} V against {nernst} V", open[1]);
    }
}

#[test]
fn what_tells_no_eh_is_refused() {
    let refused = |totals: &[(&str, f64)], words: &str| match solved(&opened(iron(totals))) {
        Err(LiquorError::Input(text)) => assert!(text.contains(words), "{text}"),
        other => panic!("{totals:?}: {other:?}"),
    };
    refused(&[("Fe", 0.01)], "give Fe as Fe(2) and Fe(3)");
    refused(&[("Fe(2)", 0.01)], "Fe(2) alone");
    refused(&[("Fe(3)", 0.01), ("Fe(2)", 0.0)], "alone");
    let nothing = solved(&opened(iron(&[])));
    assert_eq!(nothing, Err(LiquorError::System(SystemError::OpenAbsent("Fe".to_owned()))));
}

/// Over both hydroxides, where a start with all iron in one state has a singular matrix.
#[test]
fn an_eh_is_found_over_two_hydroxides() {
    let mut liquor = iron(&[("Fe(2)", 0.01), ("Fe(3)", 0.01)]);
    liquor.solids =
        ["Fe(OH)2(s)", "2-line ferrihydrite", "Schwertmannite"].map(|s| (s.to_owned(), 0.0)).to_vec();
    for dose in [0.2, 0.2048, 0.21, 0.5] {
        liquor.reagents = vec![("NaOH".to_owned(), dose)];
        let (closed, open) = (solved(&liquor).unwrap(), solved(&opened(liquor.clone())).unwrap());
        assert!((open[0] - closed[0]).abs() < 1e-6, "{dose}: {open:?} {closed:?}");
    }
}

/// A couple open of which the liquor holds nothing: there is no Eh, and the rest is as with the couple closed.
#[test]
fn an_open_couple_without_its_element_leaves_the_liquor_alone() {
    let db = Database::curated().unwrap();
    let at = |open: &[&str]| {
        let open = open.iter().map(|element| (*element).to_owned()).collect();
        let options = Options { model: Model::Davies, open, ..Options::default() };
        let system = System::new(&db, &["Fe", "Zn", "S(6)"], &options).unwrap();
        let mut problem = Problem::new(&system);
        for (name, total) in [("Zn", 0.001), ("S(6)", 0.002), ("e-", 0.0)] {
            if let Some(at) = system.find_component(name) {
                problem.conditions[at] = Condition::Total(total);
            }
        }
        let mut ws = Workspace::new();
        let state = system.solve(&problem, &mut ws).unwrap();
        let metal = system.find_phase("Zn(cr)").and_then(|at| state.saturation_index(at));
        (state.ph(), state.eh(), metal)
    };
    let (closed, open) = (at(&[]), at(&["Fe"]));
    assert_eq!((open.1, open.2), (None, None));
    assert!((open.0 - closed.0).abs() < 1e-9, "{} {}", open.0, closed.0);
}
