//! Sweeps, their analysis and optimisations, end to end through the program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::{Folder, json_object, lixivia, text};
use lixivia::report::hdf5::{Data, Reader};
use lixivia::scenario::{Library, Model};
use lixivia::sweep::engine::{Block, Model as _};
use lixivia::sweep::ready::Ready;
use serde_json::Value;

fn root(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

fn done(folder: &Folder, args: &[&str]) -> String {
    let output = lixivia(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn numbers(file: &Path, name: &str) -> Vec<f64> {
    match Reader::open(file).unwrap().dataset(name).unwrap().data {
        Data::F64(values) => values,
        other => panic!("{name} holds {other:?}"),
    }
}

fn last_line(stdout: &str) -> Value {
    json_object(stdout.trim_end().lines().last().unwrap().as_bytes())
}

/// 40 cases of the study, one thread and two: one JSON line, the same numbers; a row is what `run` gives alone.
#[test]
fn a_study_is_swept_analysed_and_agrees_with_single_runs() {
    let folder = Folder::new();
    let study = root("scenarios/lco-peroxide-study.toml");
    let outlook = done(&folder, &["sweep", &study, "--set", "sweep.base=8", "--dry-run", "--format", "json"]);
    assert_eq!(last_line(&outlook)["cases"], 40);
    assert!(folder.names().is_empty(), "a dry run writes nothing");
    for threads in ["1", "2"] {
        let out = format!("{threads}.h5");
        let args =
            ["sweep", &study, "--set", "sweep.base=8", "--threads", threads, "-o", &out, "--format", "json"];
        let line = last_line(&done(&folder, &args));
        assert_eq!((line["cases"].as_u64(), line["failed"].as_u64()), (Some(40), Some(0)), "{line}");
        for key in ["seconds", "cases_per_second", "peak_memory_mib"] {
            assert!(line[key].as_f64().is_some_and(|x| x > 0.0), "{key} in {line}");
        }
        assert_eq!(line["output"], out);
    }
    let read = |file: &str, name: &str| numbers(&folder.path().join(file), name);
    for name in ["T", "acid", "peroxide", "Co", "course"] {
        let (one, two) = (read("1.h5", name), read("2.h5", name));
        assert!(one.iter().zip(&two).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}");
    }
    for case in [0, 17, 39] {
        let set =
            |path: &str, name: &str, unit: &str| format!("{path}={:e} {unit}", read("1.h5", name)[case]);
        let sets = [
            set("units.leach.temperature", "T", "K"),
            set("units.liquor.solution.H2SO4", "acid", "mol/m3"),
            set("units.liquor.solution.H2O2", "peroxide", "mol/m3"),
        ];
        let mut args = vec!["run", study.as_str(), "--format", "json", "-o", "alone.h5"];
        sets.iter().for_each(|set| args.extend(["--set", set]));
        let alone = last_line(&done(&folder, &args));
        let alone = alone["kpis"]["units.leach.extraction.Co"]["value"].as_f64().unwrap();
        let row = read("1.h5", "Co")[case];
        assert!((alone - row).abs() < 1e-6 * row, "case {case}: {alone} alone, {row} in the sweep"); // rtol 1e-7
    }
    done(&folder, &["analyse", "1.h5", "--surface", "T", "peroxide", "-o", "answers"]);
    let files: Vec<String> = std::fs::read_dir(folder.path().join("answers"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    for kind in [".csv", ".svg", "analysis.h5"] {
        assert!(files.iter().any(|file| file.ends_with(kind)), "{kind} in {files:?}");
    }
    let told = done(&folder, &["analyse", "1.h5", "--of", "course[time=600]", "--format", "json"]);
    let row = &last_line(&told)["distributions"]["rows"][0];
    let at_600: Vec<f64> = read("1.h5", "course").chunks(7).map(|course| course[1]).collect();
    let mean = at_600.iter().sum::<f64>() / at_600.len() as f64;
    assert_eq!(row[0], "course[time=600]");
    assert!((row[3].as_f64().unwrap() - mean).abs() < 1e-12, "{row} beside {mean}");
    for (args, hint) in [
        (["--of", "Ko"], "did you mean `Co`?"),
        (["--of", "Co[time=600]"], "it has one number and no coordinates"),
        (["--of", "course[time=6000]"], "it has [time=0], [time=600], "),
    ] {
        let output = lixivia(&folder).args(["analyse", "1.h5"]).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(hint), "{args:?}: {}", text(&output.stderr));
    }
    for pair in [["--surface", "T", "peroxid"], ["--pareto", "max:Co", "min:Ki"]] {
        let output = lixivia(&folder).args(["analyse", "1.h5"]).args(pair).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{pair:?}");
        assert!(text(&output.stderr).contains("the sweep has no "), "{}", text(&output.stderr));
    }
}

/// The front between cobalt and peroxide: more cobalt costs more peroxide, all along.
#[test]
fn an_optimisation_with_two_aims_gives_a_front() {
    let folder = Folder::new();
    let study = root("scenarios/lco-peroxide-study.toml");
    let small = ["--set", "optimise.population=12", "--set", "optimise.generations=5"];
    let mut args = vec!["optimise", study.as_str(), "-o", "front.h5"];
    args.extend(small);
    done(&folder, &args);
    let front = folder.path().join("front.h5");
    let (cobalt, peroxide) = (numbers(&front, "Co"), numbers(&front, "peroxide_bought"));
    let mut points: Vec<(f64, f64)> = peroxide.into_iter().zip(cobalt).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(points.len() >= 3, "{points:?}");
    assert!(points.windows(2).all(|w| w[1].1 >= w[0].1), "no point is better in both aims: {points:?}");
}

/// A plant with four recycles from a cold start, over a threefold range of its feed: each start takes other turns, and none may
/// get lost.
#[test]
fn recycles_settle_from_every_cold_start() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workloads");
    let library = Library::load(Some(&folder.join("processes"))).unwrap();
    for turn in 0..200 {
        let fed = format!("units.scrap.amounts.CuO(s)={} mol/h", 20.0 + 0.2 * f64::from(turn));
        let model = Model::load(&folder.join("w5.toml"), &library, std::slice::from_ref(&fed));
        let mut plant = model.unwrap_or_else(|faults| panic!("{}", faults.render(false))).flowsheet;
        plant.solve().unwrap_or_else(|error| panic!("{fed}: {error}"));
    }
}

/// Cases of a plant with recycles start from their neighbours: the same plant as from a cold start, in fewer passes.
#[test]
fn warm_cases_agree_with_cold_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/workloads");
    let library = Library::load(Some(&folder.join("processes"))).unwrap();
    let scenario = std::fs::read_to_string(folder.join("w5.toml")).unwrap()
        + r#"
[sweep]
design = "grid"
[sweep.factors]
CuO = { set = "units.scrap.amounts.CuO(s)", from = "38 mol/h", to = "42 mol/h", points = 8 }
[sweep.outputs]
cathode = "streams.stripping.cake.mass"
iron = "streams.raffinate.recycle.amount.Fe+2"
acid = "units.electrolyte.added.H2SO4"
"#;
    let model = Model::parse("w5.toml", &scenario, &library, &[]);
    let model = model.unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let ready = Ready::new(model, &library).unwrap_or_else(|error| panic!("{error:?}"));
    let (cases, width) = (8, 3);
    let mut points = vec![0.0; cases];
    for (index, point) in points.chunks_mut(1).enumerate() {
        ready.design.point(index as u64, point);
    }
    let rows = || {
        let (mut rows, mut errors) = (vec![f64::NAN; cases * width], vec![None; cases]);
        let mut block = Block {
            first: 0,
            factors: 1,
            width,
            points: &points,
            wanted: &[true; 8],
            rows: &mut rows,
            errors: &mut errors,
            seconds: &mut vec![0.0; cases],
        };
        ready.plant.run_block(&mut block);
        assert!(errors.iter().all(Option::is_none), "{errors:?}");
        rows
    };
    let (warm, again) = (rows(), rows());
    assert!(warm.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()), "a block is a block");
    for case in 0..cases {
        let mut cold = vec![0.0; width];
        ready.plant.run(case as u64, &points[case..=case], &mut cold).unwrap();
        for (cold, warm) in cold.iter().zip(&warm[case * width..]) {
            assert!((cold - warm).abs() < 1e-8 * cold.abs(), "case {case}: {cold} cold, {warm} warm");
        }
    }
}
