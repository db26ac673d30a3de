//! A sweep killed at random moments, and one of a million cases, each in a process of its own.
//!
//! The process is this test program itself, called with `LIXIVIA_SWEEP` set: then `child` sweeps, else it does nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lixivia::report::hdf5::{self, Group};
use lixivia::sweep::design::{Design, Marginal, Method, Scale};
use lixivia::sweep::driver::{self, Ended, Settings};
use lixivia::sweep::engine::{BLOCK, CaseError, Factor, Manifest, Model, Output, Shard, Source, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ishigami's function, some microseconds of it; every 97th case fails.
struct Ishigami {
    factors: Vec<Factor>,
    outputs: Vec<Output>,
    turns: u32,
}

impl Ishigami {
    fn new(turns: u32) -> Ishigami {
        let factors = ["x", "y", "z"].map(|name| Factor::number(name, name, "1")).to_vec();
        Ishigami { factors, outputs: vec![Output::number("f", "Ishigami's function", "1")], turns }
    }
}

impl Model for Ishigami {
    fn factors(&self) -> &[Factor] {
        &self.factors
    }
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }
    fn run(&self, index: u64, x: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
        row[0] = 0.0;
        for _ in 0..self.turns {
            row[0] +=
                std::hint::black_box(x[0].sin() + 7.0 * x[1].sin().powi(2) + 0.1 * x[2].powi(4) * x[0].sin());
        }
        row[0] /= f64::from(self.turns);
        if index % 97 == 96 { Err(CaseError::new(format!("case {index} is one that fails"))) } else { Ok(()) }
    }
}

fn job(cases: u64, turns: u32) -> (Ishigami, Design, Manifest) {
    let model = Ishigami::new(turns);
    let range = Marginal::Range { from: -3.0, to: 3.0, scale: Scale::Linear, points: 1 };
    let factors = model.factors.iter().map(|factor| (factor.name.clone(), range.clone())).collect();
    let design = Design::new(Method::Sobol(cases), factors, 1).unwrap();
    let manifest = Manifest::new(&model, &design, Source::default(), BLOCK);
    (model, design, manifest)
}

fn settings(output: &Path) -> Settings {
    let output = output.to_path_buf();
    Settings { output, shard: Shard::WHOLE, threads: 2, compress: false, keep_parts: false, overwrite: false }
}

/// What the process called by the others does.
#[test]
fn child() {
    let Ok(order) = std::env::var("LIXIVIA_SWEEP") else { return };
    let words: Vec<&str> = order.split(' ').collect();
    let (model, design, manifest) = job(words[1].parse().unwrap(), words[2].parse().unwrap());
    driver::sweep(&model, &design, &manifest, &settings(Path::new(words[0])), &|_| ()).unwrap();
    if let Some(peak) = driver::peak_memory() {
        println!("peak memory {peak:.0} MiB");
    }
}

fn start(output: &Path, cases: u64, turns: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env("LIXIVIA_SWEEP", format!("{} {cases} {turns}", output.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn without_timing(path: &Path) -> String {
    let mut group: Group = hdf5::read(path).unwrap();
    group.members.retain(|(name, _)| name != "timing");
    format!("{group:?}")
}

/// Numbers of the chunks that are there and whole.
fn whole_chunks(folder: &std::path::Path) -> BTreeSet<u64> {
    let Ok(store) = Store::existing(folder) else { return BTreeSet::new() };
    (0..store.manifest().chunks())
        .filter(|number| store.read(*number).expect("a chunk that is there is whole").is_some())
        .collect()
}

#[test]
fn fifty_kills_lose_no_chunk_and_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (cases, turns) = (20_000, 2_000);
    let calm = folder.path().join("calm.h5");
    let started = Instant::now();
    assert!(start(&calm, cases, turns).wait().unwrap().success());
    let whole = started.elapsed();

    let torn = folder.path().join("torn.h5");
    let parts = Store::folder_of(&torn);
    let (mut kills, mut random) = (0, 12_345_u64);
    let mut before = BTreeSet::new();
    while kills < 50 {
        let mut child = start(&torn, cases, turns);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // up to a twelfth of the whole, so that fifty kills meet the start, the middle and the end
        let wait = whole.mul_f64((random >> 40) as f64 / f64::from(1 << 24) / 12.0);
        std::thread::sleep(wait + Duration::from_millis(2));
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        if torn.exists() {
            // it was quicker than the kill: the file must be right, and the rest of the kills meet a new sweep
            assert_eq!(without_timing(&torn), without_timing(&calm));
            std::fs::remove_file(&torn).unwrap();
            let _ = std::fs::remove_dir_all(&parts);
            before.clear();
            continue;
        }
        let after = whole_chunks(&parts);
        assert!(before.is_subset(&after), "chunks {:?} are lost", before.difference(&after));
        before = after;
    }
    assert!(start(&torn, cases, turns).wait().unwrap().success());
    assert_eq!(without_timing(&torn), without_timing(&calm));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_finished_sweep_is_left_alone_and_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("a.h5");
    let (model, design, manifest) = job(500, 1);
    let ended = driver::sweep(&model, &design, &manifest, &settings(&output), &|_| ()).unwrap();
    assert!(matches!(&ended, Ended::Whole(_, merged) if merged.failed == 5), "{ended:?}");
    let bytes = std::fs::read(&output).unwrap();
    let ended = driver::sweep(&model, &design, &manifest, &settings(&output), &|_| ()).unwrap();
    assert!(matches!(&ended, Ended::Already(merged) if merged.failed == 5), "{ended:?}");
    let (model, design, manifest) = job(600, 1);
    let error =
        driver::sweep(&model, &design, &manifest, &settings(&output), &|_| ()).unwrap_err().to_string();
    assert!(error.contains("number of cases 600 against 500"), "{error}");
    assert_eq!(std::fs::read(&output).unwrap(), bytes);
}

#[test]
fn a_million_cases_fit_into_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("million.h5");
    let child = start(&output, 1_000_000, 1);
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let reader = hdf5::Reader::open(&output).unwrap();
    assert_eq!(reader.shape("f").unwrap(), [1_000_000]);
    let words: Vec<&str> = said.split_whitespace().collect();
    if let Some(place) = words.windows(2).position(|pair| pair == ["peak", "memory"]) {
        let peak: f64 = words[place + 2].parse().unwrap();
        println!("a million cases: {peak} MiB");
        assert!(peak < 100.0, "{peak} MiB");
    }
}
