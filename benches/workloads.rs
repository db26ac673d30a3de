//! Workloads W1, W2, W4, W5 and 80 cases of W6, as scenario files through the engine that users use; W3 has a bench of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use lixivia::flowsheet::{Flowsheet, State};
use lixivia::scenario::{Library, Model};
use lixivia::sweep::engine::Model as _;
use lixivia::sweep::ready::Ready;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workloads")
}

fn library() -> Library {
    Library::load(Some(&folder().join("processes"))).unwrap()
}

fn model(library: &Library, name: &str, overrides: &[String]) -> Model {
    Model::load(&folder().join(name), library, overrides)
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn plants(c: &mut Criterion) {
    let library = library();
    for name in ["w1", "w2", "w4", "w5"] {
        let mut plant: Flowsheet = model(&library, &format!("{name}.toml"), &[]).flowsheet;
        let passes = plant.solve().unwrap().passes;
        c.bench_function(&format!("{name} cold, {passes} passes"), |b| b.iter(|| plant.solve().unwrap()));
    }
    let more = ["units.scrap.amounts.CuO(s)=40.8 mol/h".to_owned()];
    let mut plants = [&[] as &[String], &more].map(|own| model(&library, "w5.toml", own).flowsheet);
    let mut state = State::cold(&plants[0]);
    plants[0].solve_from(&mut state).unwrap();
    let passes = plants[1].solve_from(&mut state.clone()).unwrap().passes;
    c.bench_function(&format!("w5 again after +2 % CuO, {passes} passes"), |b| {
        b.iter(|| plants[1].solve_from(&mut state.clone()).unwrap())
    });
}

fn sweep(c: &mut Criterion) {
    let library = library();
    let ready = Ready::new(model(&library, "w6.toml", &[]), &library).unwrap_or_else(|e| panic!("{e:?}"));
    let mut point = vec![0.0; ready.plant.factors().len()];
    let mut row = vec![0.0; ready.manifest.width()];
    c.bench_function("w6, 80 of its cases", |b| {
        b.iter(|| {
            for turn in 0..80 {
                let index = turn * (ready.design.cases() - 1) / 79;
                ready.design.point(index, &mut point);
                ready.plant.run(index, &point, &mut row).unwrap();
                black_box(&row);
            }
        })
    });
}

criterion_group!(benches, plants, sweep);
criterion_main!(benches);
