//! Workload W3: microseconds per equilibrium from a cold start (200 liquors), milliseconds of a titration in 500 steps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use criterion::{Criterion, criterion_group, criterion_main};
use lixivia::equilibrium::{Candidate, Condition, Database, Options, Problem, System, Water, Workspace};
use std::hint::black_box;

const METALS: [(&str, f64); 6] =
    [("Fe", 0.05), ("Fd", 0.02), ("Cu", 0.04), ("Co", 0.03), ("Ga", 0.002), ("Ge", 0.001)];
const OTHERS: [(&str, f64); 3] = [("S", 0.30), ("Cl", 0.10), ("Na", 0.10)];
const SOLIDS: [&str; 6] = ["Ferrihydrite", "Cu(OH)2(s)", "Co(OH)2(s)", "Fd(OH)2(s)", "GaOOH(s)", "GeO2(s)"];

fn system() -> System {
    let db = Database::parse_phreeqc(include_str!("w3.dat")).unwrap();
    let names: Vec<&str> = METALS.iter().chain(&OTHERS).map(|(name, _)| *name).collect();
    System::new(&db, &names, &Options::default()).unwrap()
}

fn liquor(system: &System, temperature: f64, factor: f64) -> Problem {
    let mut problem = Problem::new(system);
    problem.temperature = temperature;
    for (name, total) in METALS {
        problem.conditions[system.find_component(name).unwrap()] = Condition::Total(total * factor);
    }
    for (name, total) in OTHERS {
        problem.conditions[system.find_component(name).unwrap()] = Condition::Total(total);
    }
    problem
}

fn speciation(c: &mut Criterion) {
    let system = system();
    for celsius in [25.0, 60.0] {
        let scale = |k: i32| 0.9 + 0.2 * f64::from(k) / 199.0;
        let problems: Vec<Problem> = (0..200).map(|k| liquor(&system, celsius + 273.15, scale(k))).collect();
        let mut ws = Workspace::new();
        c.bench_function(&format!("W3a 200 cold equilibria at {celsius} °C"), |b| {
            b.iter(|| {
                for problem in &problems {
                    ws.cool();
                    black_box(system.solve(problem, &mut ws).unwrap().ph());
                }
            });
        });
    }
}

fn titration(c: &mut Criterion) {
    let system = system();
    let mut ws = Workspace::new();
    let start = liquor(&system, 298.15, 1.0);
    let sodium = system.find_component("Na").unwrap();
    c.bench_function("W3b titration, 501 points", |b| {
        b.iter(|| {
            ws.cool();
            let state = system.solve(&start, &mut ws).unwrap();
            let (mut protons, mut water) = (state.total(0), state.total_water());
            let mut problem = start.clone();
            let candidate = |name: &&str| Candidate { phase: system.find_phase(name).unwrap(), index: 0.0 };
            problem.candidates = SOLIDS.iter().map(candidate).collect();
            for step in 0..=500 {
                problem.conditions[0] = Condition::Total(protons);
                problem.conditions[sodium] = Condition::Total(0.10 + 0.0015 * f64::from(step));
                problem.water = Water::Total(water);
                black_box(system.solve(&problem, &mut ws).unwrap().ph());
                protons -= 0.0015;
                water += 0.0015;
            }
        });
    });
}

criterion_group!(benches, speciation, titration);
criterion_main!(benches);
