use super::*;
use crate::report::hdf5::{self, Data};
use crate::sweep::design::{Design, Marginal, Method, Scale};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two factors, one number and one row of three; the case whose first factor is nearest to 13 fails, one panics.
struct Toy {
    factors: Vec<Factor>,
    axes: Vec<Axis>,
    outputs: Vec<Output>,
    runs: AtomicU64,
}

impl Toy {
    fn new() -> Toy {
        Toy {
            factors: vec![Factor::number("a", "first", "m"), Factor::number("b", "second", "s")],
            axes: vec![Axis { name: "time".into(), unit: "s".into(), coordinates: vec![0.0, 1.0, 2.0] }],
            outputs: vec![
                Output::number("sum", "a + b", "1"),
                Output {
                    name: "row".into(),
                    long_name: "a t + b".into(),
                    unit: "1".into(),
                    axes: vec!["time".into()],
                    coordinate: false,
                },
            ],
            runs: AtomicU64::new(0),
        }
    }
}

impl Model for Toy {
    fn factors(&self) -> &[Factor] {
        &self.factors
    }
    fn axes(&self) -> &[Axis] {
        &self.axes
    }
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }
    fn run(&self, index: u64, point: &[f64], row: &mut [f64]) -> Result<(), CaseError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        row[0] = point[0] + point[1];
        for time in 0..3 {
            row[1 + time] = point[0] * time as f64 + point[1];
        }
        match index {
            13 => Err(CaseError::new("thirteen")),
            17 => panic!("seventeen"),
            _ => Ok(()),
        }
    }
}

fn design(seed: u64) -> Design {
    let range = |from, to| Marginal::Range { from, to, scale: Scale::Linear, points: 1 };
    let factors = vec![("a".to_owned(), range(0.0, 1.0)), ("b".to_owned(), range(2.0, 9.0))];
    Design::new(Method::MonteCarlo(1000), factors, seed).unwrap()
}

fn sweep(folder: &Path, name: &str, seed: u64) -> (Store, Toy, Design) {
    let (toy, design) = (Toy::new(), design(seed));
    let manifest = Manifest::new(&toy, &design, Source::default(), BLOCK);
    (Store::open(&folder.join(name), manifest).unwrap(), toy, design)
}

fn without_timing(path: &Path) -> hdf5::Group {
    let mut group = hdf5::read(path).unwrap();
    group.members.retain(|(name, _)| name != "timing");
    group
}

fn same(one: &hdf5::Group, other: &hdf5::Group) -> bool {
    // NaN rows of failed cases are equal bit for bit, which `==` on floats does not see
    format!("{one:?}") == format!("{other:?}")
}

#[test]
fn threads_and_shards_leave_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, shards, threads) in [("one", 1, 1), ("two", 1, 2), ("eight", 8, 2)] {
        let (store, toy, design) = sweep(folder.path(), name, 4);
        for index in 0..shards {
            run(&toy, &design, &store, Shard { index, count: shards }, threads, &|_| ()).unwrap();
        }
        let output = folder.path().join(format!("{name}.h5"));
        let merged = merge(&[store], &output, shards, false).unwrap();
        let first_failure = Some((13, "thirteen".to_owned()));
        assert_eq!(merged, Merged { cases: 1000, failed: 2, excluded: 0, first_failure });
        assert_eq!(Merged::of(&output).unwrap(), merged);
        files.push(without_timing(&output));
    }
    assert!(same(&files[0], &files[1]));
    assert!(same(&files[0], &files[2]));
}

#[test]
fn one_bad_case_and_one_fault_leave_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let (store, toy, design) = sweep(folder.path(), "s", 4);
    run(&toy, &design, &store, Shard::WHOLE, 2, &|_| ()).unwrap();
    let output = folder.path().join("s.h5");
    merge(&[store], &output, 1, true).unwrap();
    let file = hdf5::read(&output).unwrap();
    let Data::F64(sums) = &file.find_dataset("sum").unwrap().data else { panic!() };
    assert_eq!(sums.iter().filter(|value| value.is_nan()).count(), 2);
    let Data::Text(errors) = &file.find_dataset("failures/error").unwrap().data else { panic!() };
    assert_eq!(errors[0], "thirteen");
    assert!(errors[1].ends_with("seventeen"), "{}", errors[1]);
    assert_eq!(file.find_dataset("row").unwrap().dims, ["case", "time"]);
}

#[test]
fn damaged_and_missing_chunks_are_computed_again_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, toy, design) = sweep(folder.path(), "s", 4);
    run(&toy, &design, &store, Shard::WHOLE, 2, &|_| ()).unwrap();
    let whole = folder.path().join("whole.h5");
    merge(std::slice::from_ref(&store), &whole, 1, false).unwrap();

    let mut bytes = std::fs::read(store.path(5)).unwrap();
    bytes[200] ^= 1;
    std::fs::write(store.path(5), bytes).unwrap();
    let error = merge(std::slice::from_ref(&store), &whole, 1, false).unwrap_err().to_string();
    assert!(error.contains("chunk 5") && error.contains("checksum"), "{error}");
    std::fs::remove_file(store.path(9)).unwrap();
    let error = merge(std::slice::from_ref(&store), &whole, 8, false).unwrap_err().to_string();
    assert!(error.contains("1 of") && error.contains("/8"), "{error}");

    toy.runs.store(0, Ordering::Relaxed);
    let progress = run(&toy, &design, &store, Shard::WHOLE, 1, &|_| ()).unwrap();
    assert_eq!(progress.damaged, 1);
    assert_eq!(toy.runs.load(Ordering::Relaxed), 2 * store.manifest().chunk);
    let again = folder.path().join("again.h5");
    merge(&[store], &again, 1, false).unwrap();
    assert!(same(&without_timing(&whole), &without_timing(&again)));
}

#[test]
fn pieces_of_other_sweeps_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, toy, plan) = sweep(folder.path(), "one", 4);
    let (other, ..) = sweep(folder.path(), "other", 5);
    run(&toy, &plan, &one, Shard::WHOLE, 1, &|_| ()).unwrap();
    let error = merge(&[one, other], &folder.path().join("x.h5"), 1, false).unwrap_err().to_string();
    assert!(error.contains("seed 4 against 5"), "{error}");
    let manifest = Manifest::new(&toy, &design(6), Source::default(), BLOCK);
    let error = Store::open(&folder.path().join("one"), manifest).unwrap_err().to_string();
    assert!(error.contains("another sweep") && error.contains("seed 6 against 4"), "{error}");
}

#[test]
fn damaged_descriptions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ..) = sweep(folder.path(), "s", 4);
    let path = store.folder().join("manifest.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let chunk = format!("\"chunk\": {}", store.manifest().chunk);
    for (from, to, told) in [
        (chunk.as_str(), "\"chunk\": 0", "`chunk` is 0"),
        (chunk.as_str(), "\"chunk\": 17", "a multiple of the block 8"),
        (chunk.as_str(), "\"chunk\": 80000000000", "`chunk` is 80000000000"),
        ("\"block\": 8", "\"block\": 0", "`block` is 0"),
        ("\"cases\": 1000", "\"cases\": 0", "`cases` is 0"),
        ("\"cases\": 1000", "\"cases\": 18446744073709551615", "`cases` is 18446744073709551615"),
        ("\"cases\": 1000", "\"cases\": -1", "-1"),
        ("\"format\": 1", "\"format\": 2", "`format` is 2"),
        ("\"name\": \"time\"", "\"name\": \"tame\"", "`time`"),
    ] {
        assert!(whole.contains(from), "{from} in {whole}");
        std::fs::write(&path, whole.replace(from, to)).unwrap();
        let error = Store::existing(store.folder()).unwrap_err().to_string();
        assert!(error.contains("no description of a sweep") && error.contains(told), "{to}: {error}");
    }
}

/// More chunks than anybody could open or list: what is there is found all the same, and what is not is named.
#[test]
fn pieces_of_a_huge_sweep_are_found_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Toy::new();
    let range = |from, to| Marginal::Range { from, to, scale: Scale::Linear, points: 1 };
    let factors = vec![("a".to_owned(), range(0.0, 1.0)), ("b".to_owned(), range(2.0, 9.0))];
    let design = Design::new(Method::MonteCarlo(Design::MOST), factors.clone(), 1).unwrap();
    assert!(Design::new(Method::MonteCarlo(Design::MOST + 1), factors, 1).is_err());
    let manifest = Manifest::new(&toy, &design, Source::default(), BLOCK);
    let store = Store::open(&folder.path().join("s"), manifest).unwrap();
    let chunks = store.manifest().chunks();
    for name in ["chunk-0000001.bin", "chunk-1.bin", "chunk-99999999999999999999.bin", "chunk-x.bin"] {
        std::fs::write(store.folder().join(name), "").unwrap();
    }
    assert_eq!(store.present().unwrap().into_iter().collect::<Vec<_>>(), [1]);
    let output = folder.path().join("s.h5");
    let error = merge(&[store], &output, Shard::MOST, false).unwrap_err().to_string();
    assert!(error.contains(&format!("{} of {chunks}", chunks - 1)) && error.contains("more"), "{error}");
}

#[test]
fn a_second_process_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let (store, toy, design) = sweep(folder.path(), "s", 4);
    let _held = store.lock("shard 0 of 1").unwrap();
    let error = run(&toy, &design, &store, Shard::WHOLE, 1, &|_| ()).unwrap_err().to_string();
    assert!(error.contains("another process"), "{error}");
}

#[test]
fn shards_cover_every_chunk_once() {
    for (chunks, count) in [(1, 1), (7, 3), (3, 8), (64, 8)] {
        let mut next = 0;
        for index in 0..count {
            let range = Shard { index, count }.chunks(chunks);
            assert_eq!(range.start, next);
            next = range.end;
            range.for_each(|chunk| assert_eq!(Shard::holding(chunk, chunks, count), index));
        }
        assert_eq!(next, chunks);
    }
    // by arithmetic: a search through the shards would not end
    assert_eq!(Shard::holding(6, 8, 1_000_000_000_000), 874_999_999_999);
    assert!("0/100001".parse::<Shard>().is_err());
    assert!("8/8".parse::<Shard>().is_err());
    assert_eq!("7/8".parse(), Ok(Shard { index: 7, count: 8 }));
}
