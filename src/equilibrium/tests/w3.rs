//! Workload W3: one speciation of an iron-copper-cobalt-gallium-germanium liquor, and its titration with NaOH.

use super::super::*;
use super::w3_reference::{SPECIATION, TITRATION};

const DATABASE: &str = include_str!("../../../benches/w3.dat");
const COMPONENTS: [&str; 9] = ["Fe", "Fd", "Cu", "Co", "Ga", "Ge", "S", "Cl", "Na"];
const TOTALS: [f64; 9] = [0.05, 0.02, 0.04, 0.03, 0.002, 0.001, 0.30, 0.10, 0.10];
const SOLIDS: [&str; 6] = ["Ferrihydrite", "Cu(OH)2(s)", "Co(OH)2(s)", "Fd(OH)2(s)", "GaOOH(s)", "GeO2(s)"];

fn system() -> System {
    let db = Database::parse_phreeqc(DATABASE).unwrap();
    System::new(&db, &COMPONENTS, &Options::default()).unwrap()
}

fn liquor(system: &System, temperature: f64) -> Problem {
    let mut problem = Problem::new(system);
    problem.temperature = temperature;
    for (name, total) in COMPONENTS.iter().zip(TOTALS) {
        problem.conditions[system.find_component(name).unwrap()] = Condition::Total(total);
    }
    problem
}

pub(super) fn liquor_at(temperature: f64) -> (System, Problem) {
    let system = system();
    let problem = liquor(&system, temperature);
    (system, problem)
}

pub(super) fn candidates(system: &System) -> Vec<Candidate> {
    let candidate = |name: &&str| Candidate { phase: system.find_phase(name).unwrap(), index: 0.0 };
    SOLIDS.iter().map(candidate).collect()
}

#[test]
fn speciation_agrees_with_reference() {
    let system = system();
    assert_eq!(system.species().len(), 43);
    let mut ws = Workspace::new();
    let mut worst = 0.0_f64;
    for (temperature, at_60) in [(298.15, false), (333.15, true)] {
        let problem = liquor(&system, temperature);
        let state = system.solve(&problem, &mut ws).unwrap();
        for (name, cold, hot) in SPECIATION {
            let want = if at_60 { *hot } else { *cold };
            let got = state.molality(system.find_species(name).unwrap());
            if want > 1e-12 {
                worst = worst.max((got / want - 1.0).abs());
                assert!(
                    (got / want - 1.0).abs() < 1e-8,
                    "{temperature} K, {name}: {got:e}, reference {want:e}"
                );
            }
        }
        println!("{temperature}: {:?}", state.statistics());
    }
    println!("largest relative error {worst:.2e}");
}

#[test]
fn titration_agrees_with_reference() {
    let system = system();
    let mut ws = Workspace::new();
    let problem = liquor(&system, 298.15);
    let state = system.solve(&problem, &mut ws).unwrap();
    let (mut protons, mut water) = (state.total(0), state.total_water());
    let mut titrated = problem.clone();
    let sodium = system.find_component("Na").unwrap();
    titrated.candidates = candidates(&system);
    let mut rows = TITRATION.iter();
    let (mut worst, mut iterations) = (0.0_f64, 0);
    let mut next = rows.next();
    for step in 0..=500 {
        titrated.conditions[0] = Condition::Total(protons);
        titrated.conditions[sodium] = Condition::Total(0.10 + 0.0015 * step as f64);
        titrated.water = Water::Total(water);
        let state = system.solve(&titrated, &mut ws).unwrap_or_else(|error| panic!("step {step}: {error}"));
        iterations += state.statistics().iterations;
        if let Some((_, want)) = next.filter(|row| row.0 == step) {
            let head = [state.ph(), state.ionic_strength(), state.water_activity(), state.water_mass()];
            for (got, want) in head.iter().zip(want) {
                worst = worst.max((got - want).abs() / (want.abs() + 1.0));
                assert!(
                    (got - want).abs() < 1e-7 * (want.abs() + 1.0),
                    "step {step}: {got}, reference {want}"
                );
            }
            for k in 0..6 {
                let (got, want) = (state.amount(k), want[4 + k]);
                worst = worst.max((got - want).abs() / (want.abs() + 1e-4));
                assert!(
                    (got - want).abs() < 1e-7 * (want.abs() + 1e-4),
                    "step {step}, {}: {got} {want}",
                    SOLIDS[k]
                );
            }
            next = rows.next();
        }
        protons -= 0.0015; // NaOH = H2O - H+ + Na+
        water += 0.0015;
    }
    println!("largest error {worst:.2e}, {iterations} iterations");
}

#[test]
fn a_workspace_serves_systems_in_turn() {
    // constants and layout follow the system, also at one temperature and for systems of the same shape
    let db = Database::parse_phreeqc(DATABASE).unwrap();
    let other =
        Database::parse_phreeqc(&DATABASE.replace("-analytic 5.913169999999998", "-analytic 7")).unwrap();
    let systems = [&db, &other].map(|db| System::new(db, &COMPONENTS, &Options::default()).unwrap());
    let alone = systems.each_ref().map(|s| s.solve(&liquor(s, 298.15), &mut Workspace::new()).unwrap().ph());
    assert!((alone[0] - alone[1]).abs() > 0.1);
    let mut ws = Workspace::new();
    for k in [0, 1, 0, 1] {
        let ph = systems[k].solve(&liquor(&systems[k], 298.15), &mut ws).unwrap().ph();
        assert!((ph - alone[k]).abs() < 1e-10, "{ph}, by itself {}", alone[k]);
    }
}
