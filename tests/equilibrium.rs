//! The equilibrium solver from outside: it allocates nothing, and random systems are solved or refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "common/survey.rs"]
mod survey;

use lixivia::equilibrium::{
    Candidate, Condition, Database, Model, Options, Problem, Sensitivities, System, Water, Workspace,
};
use std::alloc::{GlobalAlloc, Layout, System as Heap};
use std::cell::Cell;
use survey::{Source, survey};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promises.
        unsafe { Heap.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { Heap.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const TOTALS: [(&str, f64); 9] = [
    ("Fe", 0.05),
    ("Fd", 0.02),
    ("Cu", 0.04),
    ("Co", 0.03),
    ("Ga", 0.002),
    ("Ge", 0.001),
    ("S", 0.30),
    ("Cl", 0.10),
    ("Na", 0.10),
];

/// Workload W3: 200 cold equilibria at two temperatures, then the titration in 500 steps with six solids, with
/// sensitivities at every tenth point. Gives the allocations.
fn workload(system: &System, ws: &mut Workspace, out: &mut Sensitivities, problem: &mut Problem) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    let sodium = system.find_component("Na").unwrap();
    let mut totals = (0.0, 0.0);
    for (celsius, k) in [60.0, 25.0].into_iter().flat_map(|t| (0..200).map(move |k| (t, k))) {
        problem.temperature = celsius + 273.15;
        problem.conditions[0] = Condition::Charge(0.0);
        problem.water = Water::Mass(1.0);
        problem.candidates.clear();
        for (at, (name, total)) in TOTALS.iter().enumerate() {
            let factor = if at < 6 { 0.9 + 0.2 * f64::from(k) / 199.0 } else { 1.0 };
            problem.conditions[system.find_component(name).unwrap()] = Condition::Total(total * factor);
        }
        ws.cool();
        let state = system.solve(problem, ws).unwrap();
        totals = (state.total(0), state.total_water());
    }
    for phase in 0..system.phases().len() {
        problem.candidates.push(Candidate { phase, index: 0.0 });
    }
    for step in 0..=500 {
        let added = 0.0015 * f64::from(step);
        problem.conditions[0] = Condition::Total(totals.0 - added);
        problem.conditions[sodium] = Condition::Total(0.10 + added);
        problem.water = Water::Total(totals.1 + added);
        if step % 10 == 0 {
            system.solve_with_sensitivities(problem, ws, out).unwrap();
        } else {
            system.solve(problem, ws).unwrap();
        }
    }
    ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn solving_allocates_nothing() {
    let db = Database::parse_phreeqc(include_str!("../benches/w3.dat")).unwrap();
    let names: Vec<&str> = TOTALS.iter().map(|(name, _)| *name).collect();
    let system = System::new(&db, &names, &Options::default()).unwrap();
    let (mut ws, mut out, mut problem) = (Workspace::new(), Sensitivities::new(), Problem::new(&system));
    assert!(workload(&system, &mut ws, &mut out, &mut problem) > 0, "memory grows on the first run");
    assert_eq!(workload(&system, &mut ws, &mut out, &mut problem), 0);
}

#[test]
fn random_systems_are_solved_or_refused() {
    let database = Database::curated().unwrap();
    let models = &[Model::Davies, Model::Ideal, Model::ExtendedDebyeHueckel];
    let source = Source { name: "curated", database: &database, models, celsius: (5.0, 90.0) };
    let tally = survey(&source, 1000, 7);
    // what fails is an error; docs/aqueous.md tells how many of 100 000
    assert!(tally.failures.len() <= 1, "{} failures: {:#?}", tally.failures.len(), tally.failures);
    assert_eq!(tally.solved + tally.dry + tally.failures.len(), 1000);
    assert!(tally.imbalance < 1e-9, "{:e}", tally.imbalance);
    assert!(tally.saturation < 1e-9, "{:e}", tally.saturation);
    assert!(tally.mass_action < 1e-9, "{:e}", tally.mass_action);
}
