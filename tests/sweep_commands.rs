//! Sweeps at the command line: pieces that belong together and pieces that do not, courses over times of their own, true counts,
//! options that contradict each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Folder, json_object, lixivia, text};
use lixivia::report::hdf5::{Attribute, Data, Reader};
use std::path::Path;

/// Leaching of LiCoO2 as a sweep; `%DESIGN%`, `%FACTORS%`, `%OUTPUTS%` are filled in.
const LEACH: &str = r#"format = 1
title = "sweeps"
processes = ["cobalt/lco-sulfuric-peroxide"]
flowsheet = ["solids -> leach.feed", "liquor -> leach.feed", "leach.slurry -> filter.feed", "filter.filtrate -> pls", "filter.cake -> residue"]
[units.solids]
type = "feed"
feedstock = "lco-powder"
mass = "50 g"
[units.liquor]
type = "feed"
volume = "1 L"
solution = { H2SO4 = "2 mol/L", H2O2 = "0.4895 mol/L" }
[units.leach]
type = "batch-leach"
temperature = "80 degC"
time = "60 min"
points = 7
[units.filter]
type = "filter"
moisture = "30 wt%"
[units.pls]
type = "product"
[units.residue]
type = "discharge"
[sweep]
%DESIGN%
[sweep.factors]
%FACTORS%
[sweep.outputs]
%OUTPUTS%
"#;

const WARM: &str = r#"T = { set = "units.leach.temperature", from = "50 degC", to = "90 degC", points = 4 }"#;
const COBALT: &str = r#"Co = "units.leach.extraction.Co""#;
const GRID: &str = r#"design = "grid""#;
const TABLE: &str = "design = \"csv\"\nfile = \"c.csv\"\nblock = 1";
/// Moistures that follow from another factor: one of three is out of reach.
const WET: &str = r#"load = { set = "units.solids.mass", values = ["30 g", "120 g", "40 g"] }
wet = { set = "units.filter.moisture", expression = "10*load" }"#;
/// All are.
const SOAKED: &str = r#"load = { set = "units.solids.mass", values = ["120 g", "130 g"] }
wet = { set = "units.filter.moisture", expression = "10*load" }"#;

fn leach(design: &str, factors: &str, outputs: &str) -> String {
    LEACH.replace("%DESIGN%", design).replace("%FACTORS%", factors).replace("%OUTPUTS%", outputs)
}

fn put(folder: &Folder, name: &str, content: &str) {
    std::fs::write(folder.path().join(name), content).unwrap();
}

/// Standard output and standard error of a command that must end with this exit code.
fn ends(folder: &Folder, code: i32, line: &str) -> String {
    let output = lixivia(folder).args(line.split(' ')).output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}: {said}");
    said
}

fn numbers(file: &Path, name: &str) -> Vec<f64> {
    match Reader::open(file).unwrap().dataset(name).unwrap().data {
        Data::F64(values) => values,
        other => panic!("{name} holds {other:?}"),
    }
}

#[test]
fn another_table_of_cases_makes_another_sweep() {
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(TABLE, r#"T = { set = "units.leach.temperature" }"#, COBALT));
    put(&folder, "c.csv", "T [degC]\n50\n51\n52\n53\n");
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 0/2");
    ends(&folder, 0, "sweep a.toml -o whole.h5");
    put(&folder, "c.csv", "T [degC]\n90\n91\n92\n93\n");
    let said = ends(&folder, 2, "sweep a.toml -o o.h5");
    assert!(said.contains("another sweep") && said.contains("table of cases"), "{said}");
    let said = ends(&folder, 2, "sweep a.toml -o whole.h5");
    assert!(said.contains("not the result of this sweep") && said.contains("table of cases"), "{said}");
    ends(&folder, 0, "sweep a.toml -o p.h5 --shard 1/2");
    let said = ends(&folder, 2, "merge o.h5.parts p.h5.parts -o m.h5");
    assert!(said.contains("different sweeps") && said.contains("table of cases"), "{said}");
    assert!(!folder.path().join("m.h5").exists());
    // the same numbers written otherwise are the same cases
    put(&folder, "c.csv", "# kelvin would do too\nT [degC]\n50.0\n51\n52\n53\n");
    ends(&folder, 0, "sweep a.toml -o p2.h5 --shard 1/2");
    ends(&folder, 0, "merge o.h5.parts p2.h5.parts -o m.h5");
    assert_eq!(numbers(&folder.path().join("m.h5"), "Co"), numbers(&folder.path().join("whole.h5"), "Co"));
}

#[test]
fn another_database_makes_another_sweep() {
    let folder = Folder::new();
    let scenario = r#"format = 1
title = "alum"
volume = "water"
flowsheet = ["ammonia -> told", "told -> drain"]
[equilibrium]
database = "own.dat"
activity = "ideal"
[units.ammonia]
type = "feed"
volume = "1 L"
solution = { NaOH = "0.1 mol/L" }
[units.told]
type = "speciate"
[units.drain]
type = "discharge"
[sweep]
design = "grid"
block = 1
[sweep.factors]
base = { set = "units.ammonia.solution.NaOH", from = "0.1 mol/L", to = "0.4 mol/L", points = 4 }
[sweep.outputs]
pH = "units.told.ph"
"#;
    let database = include_str!("liquors/ideal.dat");
    put(&folder, "a.toml", scenario);
    put(&folder, "own.dat", database);
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 0/2");
    ends(&folder, 0, "sweep a.toml -o whole.h5");
    put(&folder, "own.dat", &database.replace("log_k -14", "log_k -13.5"));
    ends(&folder, 0, "sweep a.toml -o p.h5 --shard 1/2");
    for line in ["merge o.h5.parts p.h5.parts -o m.h5", "sweep a.toml -o o.h5", "sweep a.toml -o whole.h5"] {
        let said = ends(&folder, 2, line);
        assert!(said.contains("content of `own.dat`"), "{line}: {said}");
    }
}

#[test]
fn comments_and_words_to_the_cluster_make_no_other_sweep() {
    let folder = Folder::new();
    let plain = leach(&format!("{GRID}\nblock = 1"), WARM, COBALT);
    put(&folder, "a.toml", &plain);
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 0/2");
    put(&folder, "a.toml", &format!("# to be run again\n{plain}\n[sweep.slurm]\nmemory = \"8G\"\n"));
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 1/2");
    ends(&folder, 0, "merge o.h5.parts");
    let said = ends(&folder, 0, "sweep a.toml -o o.h5");
    assert!(said.contains("complete already"), "{said}");
    put(&folder, "a.toml", &plain.replace("points = 7", "points = 8"));
    let said = ends(&folder, 2, "sweep a.toml -o o.h5");
    assert!(said.contains("scenario"), "{said}");
}

/// With half the time, each case's course lies at half the times; a course over fixed times keeps them as its axis.
#[test]
fn a_course_lies_over_the_times_of_its_own_case() {
    let folder = Folder::new();
    let course = r#"course = "units.leach.profile.conversion.LiCoO2(s)""#;
    let time = r#"t = { set = "units.leach.time", values = ["5 min", "10 min"] }"#;
    put(&folder, "t.toml", &leach(GRID, time, course));
    put(&folder, "fixed.toml", &leach(GRID, WARM, course));
    ends(&folder, 0, "sweep t.toml -o t.h5");
    let file = folder.path().join("t.h5");
    let (times, courses) = (numbers(&file, "leach_time"), numbers(&file, "course"));
    let expected: Vec<f64> = (0..14).map(|k| f64::from(k % 7) * if k < 7 { 50.0 } else { 100.0 }).collect();
    assert!(times.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9 * 600.0), "{times:?}");
    assert_eq!(Reader::open(&file).unwrap().dataset("course").unwrap().dims, ["case", "leach_point"]);
    // 5 min is the last point of the short case and the fourth of the long one
    assert!((courses[6] - courses[7 + 3]).abs() < 1e-6, "{courses:?}");
    assert!((courses[6] - courses[13]).abs() > 1e-3, "{courses:?}");
    let analysis = ["analyse", "t.h5", "--pictures", "none", "--format", "json"];
    let told = json_object(&lixivia(&folder).args(analysis).output().unwrap().stdout);
    assert!(!told["distributions"].to_string().contains("leach_time"), "{told}");
    ends(&folder, 0, "sweep fixed.toml -o f.h5");
    let fixed = folder.path().join("f.h5");
    assert_eq!(Reader::open(&fixed).unwrap().dataset("course").unwrap().dims, ["case", "time"]);
    let shared = numbers(&fixed, "time");
    assert!(shared.iter().zip(0..).all(|(time, k)| (time - 600.0 * f64::from(k)).abs() < 1e-6), "{shared:?}");
    // another number of points has no place in the file, and says so
    let points = r#"p = { set = "units.leach.points", values = [7, 9] }"#;
    put(&folder, "p.toml", &leach(GRID, points, course));
    let said = ends(&folder, 0, "sweep p.toml -o p.h5");
    assert!(said.contains("9 points in this case and 7 in the scenario"), "{said}");
}

#[test]
fn nothing_to_run_or_to_record_is_refused() {
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(&format!("{GRID}\nconstraints = [\"T > 95 degC\"]"), WARM, COBALT));
    let said = ends(&folder, 2, "sweep a.toml -o o.h5");
    assert!(said.contains("leave out every case") && said.contains("a.toml:"), "{said}");
    let monte = "design = \"monte-carlo\"\ncases = 20\nconstraints = [\"T > 95 degC\"]";
    put(&folder, "a.toml", &leach(monte, WARM, COBALT));
    ends(&folder, 2, "sweep a.toml -o o.h5");
    put(&folder, "a.toml", &leach(GRID, WARM, ""));
    let said = ends(&folder, 2, "sweep a.toml -o o.h5");
    assert!(said.contains("nothing to record"), "{said}");
    assert_eq!(folder.names(), ["a.toml"]);
}

#[test]
fn cases_are_counted_as_they_are() {
    let folder = Folder::new();
    let design = format!("{GRID}\nconstraints = [\"T < 85 degC\"]");
    put(&folder, "a.toml", &leach(&design, &format!("{WARM}\n{WET}"), COBALT));
    let said = ends(&folder, 0, "sweep a.toml --dry-run");
    assert!(said.contains("25 % of the tried cases left out"), "{said}");
    let said = ends(&folder, 0, "sweep a.toml -o o.h5");
    for wanted in ["12 cases, 3 failed, 3 left out by constraints", "9 run in", "the first failure, case 1:"]
    {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let line = json_object(ends(&folder, 0, "sweep a.toml -o o.h5 --format json").as_bytes());
    assert_eq!(
        (&line["cases"], &line["failed"], &line["excluded"], &line["run"]),
        (&12.into(), &3.into(), &3.into(), &0.into())
    );
    put(&folder, "wet.toml", &leach(GRID, SOAKED, COBALT));
    for line in ["sweep wet.toml -o w.h5", "sweep wet.toml -o w.h5"] {
        let said = ends(&folder, 3, line);
        assert!(said.contains("2 cases, 2 failed") && said.contains("the first failure, case 0:"), "{said}");
    }
}

#[test]
fn merge_leaves_other_files_alone_and_takes_a_folder_once() {
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(&format!("{GRID}\nblock = 1"), WARM, COBALT));
    ends(&folder, 0, "run a.toml -o mine.h5");
    let mine = std::fs::read(folder.path().join("mine.h5")).unwrap();
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 0/2");
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 1/2");
    let said = ends(&folder, 2, "merge o.h5.parts -o mine.h5");
    assert!(said.contains("--overwrite"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("mine.h5")).unwrap(), mine);
    let chunk = folder.path().join("o.h5.parts/chunk-0000003.bin");
    let whole = std::fs::read(&chunk).unwrap();
    std::fs::write(&chunk, &whole[1..]).unwrap();
    let said = ends(&folder, 2, "merge o.h5.parts -o mine.h5 --overwrite --shards 2");
    assert!(said.contains("chunk 3") && said.contains("shard 1/2"), "{said}");
    std::fs::write(&chunk, &whole).unwrap();
    ends(&folder, 0, "merge o.h5.parts ./o.h5.parts -o mine.h5 --overwrite --keep");
    let said = ends(&folder, 0, "merge o.h5.parts -o mine.h5");
    assert!(said.contains("complete already"), "{said}");
    assert_eq!(folder.names(), ["a.toml", "mine.h5"]);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(GRID, WARM, COBALT));
    for line in [
        "sweep a.toml --partition x",
        "sweep a.toml --memory 8G",
        "sweep a.toml --time 1:00:00",
        "sweep a.toml --shards 4",
        "sweep a.toml --sbatch=-x",
        "sweep a.toml --slurm --shard 0/2",
        "sweep a.toml --slurm --shards 0",
        "sweep a.toml --slurm --cpus 0",
        "sweep a.toml --threads 0",
        "merge a.parts --shards 0",
        "merge a.parts --shards 1000000000000",
        "sweep a.toml --slurm --shards 100001",
        "sweep a.toml --shard 0/1000000000000",
        "sweep a.toml --threads 4097",
        "sweep a.toml --slurm --partition a;b",
        "sweep a.toml --slurm --account ore\ntouch",
        "sweep a.toml --slurm --time 2h",
        "sweep a.toml --slurm --memory 4Q",
        "sweep a.toml --slurm --sbatch=--x\nid",
        "optimise a.toml --evaluations 0",
    ] {
        ends(&folder, 2, line);
    }
    assert_eq!(folder.names(), ["a.toml"]);
    let without = lixivia(&folder).args(["sweep", "a.toml", "--slurm"]).env("PATH", "").output().unwrap();
    assert_eq!(without.status.code(), Some(1));
    assert!(text(&without.stderr).contains("cannot run `sbatch`"), "{}", text(&without.stderr));
    assert_eq!(folder.names(), ["a.toml"], "nothing is left behind");
    // a folder that cannot be written is no fault of the input, as for the other commands
    ends(&folder, 1, "sweep a.toml -o nowhere/o.h5");
    let two = format!(
        "{WARM}\nacid = {{ set = \"units.liquor.solution.H2SO4\", values = [\"1 mol/L\", \"2 mol/L\"] }}"
    );
    put(&folder, "b.toml", &leach(GRID, &two, COBALT));
    ends(&folder, 0, "sweep b.toml");
    for line in ["analyse b.h5 --surface T T", "analyse b.h5 --pareto max:Co min:Co"] {
        let said = ends(&folder, 2, line);
        assert!(said.contains("two different names"), "{said}");
    }
    assert_eq!(folder.names(), ["a.toml", "b.h5", "b.toml"]);
}

/// What `analyse` prints as JSON.
fn analysed(folder: &Folder, line: &str) -> serde_json::Value {
    let words = line.split_whitespace().chain(["--format", "json"]);
    let output = lixivia(folder).arg("analyse").args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{line}: {}", text(&output.stderr));
    json_object(&output.stdout)
}

/// A surface over a cloud of cases is smooth, within what the cases gave, SI in HDF5 and as people read it in CSV; a logarithmic
/// factor is spread by its logarithm.
#[test]
fn a_surface_stays_within_its_cases() {
    let folder = Folder::new();
    let factors = format!(
        "{WARM}\nperoxide = {{ set = \"units.liquor.solution.H2O2\", from = \"0.01 mol/L\", to = \"1 mol/L\", scale = \"log\" }}"
    )
    .replace(", points = 4", "");
    put(&folder, "a.toml", &leach("design = \"latin-hypercube\"\ncases = 40", &factors, COBALT));
    ends(&folder, 0, "sweep a.toml");
    let told = analysed(&folder, "a.h5 --surface T peroxide --pictures svg");
    let table = &told["surface-Co-T-peroxide"];
    assert_eq!(table["rows"].as_array().unwrap().len(), 31 * 31);
    assert!(
        table["notes"][0].as_str().unwrap().starts_with("local regression (LOESS); explains "),
        "{table}"
    );
    let csv = std::fs::read_to_string(folder.path().join("a.analysis/surface-Co-T-peroxide.csv")).unwrap();
    assert!(csv.starts_with("T [degC],peroxide [mol/L],Co"), "{}", &csv[..60]);
    let file = folder.path().join("a.analysis/analysis.h5");
    let (low, high) = numbers(&folder.path().join("a.h5"), "Co")
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let values = numbers(&file, "surface/Co/value");
    assert!(
        values.iter().all(|value| value.is_nan() || (low..=high).contains(value)),
        "{low}..{high}: {values:?}"
    );
    assert!(values.iter().filter(|value| value.is_finite()).count() > 900, "{values:?}");
    let reader = Reader::open(&file).unwrap();
    let units = |name: &str| reader.dataset(name).unwrap().units.unwrap();
    assert_eq!([units("surface/Co/T"), units("surface/Co/peroxide")], ["K", "mol/m3"]);
    assert!(numbers(&file, "surface/Co/T").iter().all(|kelvin| (323.0..364.0).contains(kelvin)));
    let peroxide = numbers(&file, "surface/Co/peroxide");
    assert!(peroxide.windows(3).all(|three| (three[0] * three[2] / three[1].powi(2) - 1.0).abs() < 1e-9));
}

#[test]
fn cases_along_lines_have_no_surface_and_constants_no_ranks() {
    let folder = Folder::new();
    let acid = r#"acid = { set = "units.liquor.solution.H2SO4", from = "1 mol/L", to = "2 mol/L" }"#;
    let outputs = format!("{COBALT}\nfed = \"streams.solids.out.mass\"");
    let warm = WARM.replace(", points = 4", "");
    put(&folder, "a.toml", &leach("design = \"one-at-a-time\"", &format!("{warm}\n{acid}"), &outputs));
    ends(&folder, 0, "sweep a.toml");
    let told = analysed(&folder, "a.h5 --surface T acid");
    let notes = told["notes"].to_string();
    assert!(notes.contains("`fed` is 0.05") && notes.contains("lie on two lines"), "{notes}");
    assert!(told["tornado-Co"].is_object() && told["tornado-fed"].is_null(), "{told}");
    assert!(!folder.path().join("a.analysis/tornado-fed.svg").exists());
    put(
        &folder,
        "b.toml",
        &leach("design = \"monte-carlo\"\ncases = 12", &format!("{warm}\n{acid}"), &outputs),
    );
    ends(&folder, 0, "sweep b.toml");
    let told = analysed(&folder, "b.h5");
    assert!(told["ranks-Co"].is_object() && told["ranks-fed"].is_null(), "{told}");
    assert!(told["notes"].to_string().contains("`fed` is 0.05"), "{told}");
}

#[test]
fn a_sweep_without_a_solved_case_is_one_error() {
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(GRID, SOAKED, COBALT));
    ends(&folder, 3, "sweep a.toml");
    let said = ends(&folder, 2, "analyse a.h5");
    assert!(said.contains("of 2 cases 2 failed and 0 were left out; first case 0: "), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(!folder.path().join("a.analysis").exists());
}

/// `--overwrite` replaces results: neither the scenario, nor its table of cases, nor a process file; and nothing is run for it.
#[test]
fn files_that_are_no_results_are_not_replaced() {
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(TABLE, r#"T = { set = "units.leach.temperature" }"#, COBALT));
    put(&folder, "c.csv", "T [degC]\n50\n51\n");
    let before = ["a.toml", "c.csv"].map(|name| std::fs::read(folder.path().join(name)).unwrap());
    for line in [
        "sweep a.toml --overwrite -o a.toml",
        "sweep a.toml --overwrite -o ./c.csv",
        "sweep a.toml --overwrite -o c.csv --shard 0/2",
    ] {
        let said = ends(&folder, 1, line);
        assert!(said.contains("no HDF5 file"), "{line}: {said}");
    }
    let said = ends(&folder, 2, "sweep a.toml -o a.toml");
    assert!(!said.contains("--overwrite"), "advice that would be refused: {said}");
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 0/1 --keep-parts");
    assert_eq!(["a.toml", "c.csv"].map(|name| std::fs::read(folder.path().join(name)).unwrap()), before);
    ends(&folder, 0, "run a.toml -o run.h5");
    ends(&folder, 0, "sweep a.toml --overwrite -o run.h5");
    assert_eq!(numbers(&folder.path().join("run.h5"), "Co").len(), 2);
}

/// `run` and `optimise` replace what they wrote themselves, and nothing else unasked: no result of a sweep, no foreign picture.
#[test]
fn results_of_other_commands_are_kept() {
    let folder = Folder::new();
    let scenario = leach(GRID, WARM, COBALT);
    let optimise = r#"[optimise]
method = "nsga2"
maximise = ["Co"]
minimise = ["bought"]
population = 8
generations = 1
[optimise.factors]
peroxide = { set = "units.liquor.solution.H2O2", from = "0.05 mol/L", to = "1 mol/L" }
[optimise.outputs]
Co = "units.leach.extraction.Co"
bought = "streams.liquor.out.amount.H2O2"
"#;
    put(&folder, "a.toml", &(scenario + optimise));
    ends(&folder, 0, "sweep a.toml -o precious.h5");
    let whole = std::fs::read(folder.path().join("precious.h5")).unwrap();
    for command in ["run", "optimise"] {
        let said = ends(&folder, 2, &format!("{command} a.toml -o precious.h5"));
        assert!(said.contains("--overwrite") && said.contains(&format!("`lixivia {command}`")), "{said}");
    }
    assert_eq!(std::fs::read(folder.path().join("precious.h5")).unwrap(), whole);
    // twice the same command
    for _ in 0..2 {
        ends(&folder, 0, "run a.toml -o run.h5");
    }
    ends(&folder, 2, "optimise a.toml -o run.h5");
    put(&folder, "front.svg", "mine");
    let said = ends(&folder, 2, "optimise a.toml -o front.h5");
    assert!(said.contains("front.svg") && said.contains("--overwrite"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("front.svg")).unwrap(), b"mine");
    assert!(!folder.path().join("front.h5").exists());
    let said = ends(&folder, 0, "optimise a.toml -o front.h5 --overwrite");
    assert!(said.contains("Wrote front.h5") && said.contains("Wrote front.svg"), "{said}");
    ends(&folder, 0, "optimise a.toml -o front.h5");
    ends(&folder, 1, "optimise a.toml -o front.svg"); // no HDF5 file
    let reader = Reader::open(&folder.path().join("front.h5")).unwrap();
    for (name, value) in
        [("program", "lixivia"), ("command", "optimise"), ("method", "nsga2"), ("title", "sweeps")]
    {
        assert_eq!(reader.attribute("", name).unwrap(), Attribute::Text(value.to_owned()));
    }
    ends(&folder, 0, "run a.toml -o precious.h5 --overwrite");
}

/// Sizes beyond all counting are told or refused, not wrapped.
#[test]
fn huge_designs_are_refused_or_told() {
    let folder = Folder::new();
    let range = |name: &str, set: &str, from: &str, to: &str| {
        format!("{name} = {{ set = \"{set}\", from = \"{from}\", to = \"{to}\", points = 1000000 }}\n")
    };
    let two = range("T", "units.leach.temperature", "50 degC", "90 degC")
        + &range("m", "units.solids.mass", "40 g", "50 g");
    put(&folder, "two.toml", &leach(GRID, &two, COBALT));
    ends(&folder, 0, "sweep two.toml --dry-run");
    let three = two + &range("w", "units.filter.moisture", "20 %", "30 %");
    put(&folder, "three.toml", &leach(GRID, &three, COBALT));
    let said = ends(&folder, 2, "sweep three.toml --dry-run");
    assert!(said.contains("more than") && said.contains("three.toml:"), "{said}");
    let many = "design = \"monte-carlo\"\ncases = 9223372036854775807";
    let warm = WARM.replace(", points = 4", "");
    put(&folder, "many.toml", &leach(many, &warm, COBALT));
    let said = ends(&folder, 2, "sweep many.toml --dry-run");
    assert!(said.contains("more than") && said.contains("cases = "), "{said}");
}

/// A scheduler that refuses leaves nothing behind; one that takes the tasks and not the joining job leaves them running, and the
/// user is told how to join them.
#[cfg(unix)]
#[test]
fn a_submission_that_is_refused_leaves_nothing_or_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    put(&folder, "a.toml", &leach(&format!("{GRID}\nblock = 1"), WARM, COBALT));
    let bin = tempfile::tempdir().unwrap();
    let sbatch = |script: &str| {
        let path = bin.path().join("sbatch");
        std::fs::write(&path, format!("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
        let slurm = ["sweep", "a.toml", "-o", "o.h5", "--slurm", "--shards", "2"];
        let output = lixivia(&folder).args(slurm).env("PATH", path).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let refusing = "echo 'sbatch: error: invalid account' >&2; exit 1";
    let said = sbatch(refusing);
    assert!(said.contains("invalid account") && said.contains("Nothing is left behind"), "{said}");
    assert_eq!(folder.names(), ["a.toml"]);
    // pieces from before are no litter
    ends(&folder, 0, "sweep a.toml -o o.h5 --shard 0/2");
    let said = sbatch(refusing);
    assert!(!said.contains("Nothing is left"), "{said}");
    assert!(folder.path().join("o.h5.parts/chunk-0000000.bin").exists());
    std::fs::remove_dir_all(folder.path().join("o.h5.parts")).unwrap();
    let said = sbatch("case \"$*\" in *array.sh) echo 42;; *) echo 'no more jobs' >&2; exit 1;; esac");
    for words in ["as job 42", "no more jobs", "`lixivia merge o.h5.parts`", "`scancel 42`"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(folder.path().join("o.h5.parts/array.sh").exists());
}

/// A limit that no point keeps is named, with what it is missed by in its own unit.
#[test]
fn a_limit_that_cannot_be_kept_is_named() {
    let folder = Folder::new();
    let scenario = leach(GRID, WARM, COBALT);
    let (plant, _) = scenario.split_once("[sweep]").unwrap();
    let optimise = r#"[optimise]
maximise = ["Co"]
limits = ["Co >= 10 %", "acid_left <= 20 g/L"]
[optimise.factors]
peroxide = { set = "units.liquor.solution.H2O2", from = "0.05 mol/L", to = "1 mol/L" }
[optimise.outputs]
Co = "units.leach.extraction.Co"
acid_left = "streams.leach.slurry.free_acid"
"#;
    put(&folder, "a.toml", &format!("{plant}{optimise}"));
    for method in ["slsqp", "cobyla"] {
        let line = ["optimise", "a.toml", "--method", method, "--format", "json"];
        let output = lixivia(&folder).args(line).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        let told = json_object(&output.stdout);
        let broken = &told["broken"];
        assert_eq!(broken.as_array().unwrap().len(), 1, "{told}");
        assert_eq!(broken[0]["limit"], "acid_left <= 20 g/L");
        let missed = broken[0]["missed"].as_f64().unwrap();
        let left = told["outputs"]["acid_left"].as_f64().unwrap(); // kg/m3, which is g/L
        assert!((missed - (left - 20.0)).abs() < 1e-9 && broken[0]["unit"] == "g/L", "{told}");
        assert!(
            told["ended"].as_str().unwrap().contains("no point that was tried keeps all limits"),
            "{told}"
        );
    }
    let said = ends(&folder, 3, "optimise a.toml");
    assert!(
        said.contains("the limit `acid_left <= 20 g/L` is missed by") && !said.contains("Roundoff"),
        "{said}"
    );
    let front = optimise
        .replace("[optimise]", "[optimise]\nmethod = \"nsga2\"\npopulation = 8\ngenerations = 1")
        .replace("limits", "minimise = [\"bought\"]\nlimits")
        .replace("[optimise.outputs]", "[optimise.outputs]\nbought = \"streams.liquor.out.amount.H2O2\"");
    put(&folder, "front.toml", &format!("{plant}{front}"));
    let said = ends(&folder, 3, "optimise front.toml");
    assert!(
        said.contains("no point that was tried") && said.contains("`acid_left <= 20 g/L` is missed by"),
        "{said}"
    );
}

/// Uncertainties and classes of particles are named once, with what they are.
#[test]
fn uncertainties_and_cores_are_named_for_readers() {
    let folder = Folder::new();
    let cores = "core = \"units.leach.profile.core.LiCoO2(s).1\"";
    let drawn = leach("design = \"monte-carlo\"\ncases = 2\nuncertainties = true", "", cores);
    let two = r#"["cobalt/lco-sulfuric-peroxide", "copper/pcb-sulfuric-peroxide"]"#;
    let drawn = drawn.replace(r#"["cobalt/lco-sulfuric-peroxide"]"#, two).replace(
        "type = \"batch-leach\"",
        "type = \"batch-leach\"\nprocess = \"cobalt/lco-sulfuric-peroxide\"\ncores = true",
    );
    put(&folder, "a.toml", &drawn);
    ends(&folder, 0, "sweep a.toml -o o.h5");
    let reader = Reader::open(&folder.path().join("o.h5")).unwrap();
    let long_name = |name: &str| match reader.attribute(name, "long_name").unwrap() {
        Attribute::Text(words) => words,
        other => panic!("{other:?}"),
    };
    let name = long_name("cobalt.lco-sulfuric-peroxide.k_d");
    assert!(name.starts_with("k_d of cobalt/lco-sulfuric-peroxide (standard uncertainty "), "{name}");
    assert_eq!(name.matches("lco-sulfuric-peroxide").count(), 1, "{name}");
    let name = long_name("core");
    assert!(name.contains("particles of ") && name.contains(" um in the scenario"), "{name}");
    let fitted = lixivia::scenario::shipped_scenario("lco-formic").unwrap();
    let fitted = format!(
        "{fitted}\n[sweep]\ndesign = \"sobol\"\ncases = 2\nuncertainties = true\n[sweep.outputs]\n{COBALT}\n"
    );
    put(&folder, "b.toml", &fitted);
    ends(&folder, 0, "sweep b.toml -o b.h5");
    let reader = Reader::open(&folder.path().join("b.h5")).unwrap();
    match reader.attribute("k_1_ea", "long_name").unwrap() {
        Attribute::Text(words) => {
            assert!(words.starts_with("activation energy of k_1 of cobalt/cathode (standard"), "{words}");
        }
        other => panic!("{other:?}"),
    }
    ends(&folder, 0, "run a.toml -o run.h5");
    let run = Reader::open(&folder.path().join("run.h5")).unwrap();
    match run.attribute("profiles/leach/core.LiCoO2(s).1", "long_name").unwrap() {
        Attribute::Text(words) => {
            assert!(words.contains("particles of") && words.contains(" um "), "{words}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn correlations_that_a_design_cannot_keep_are_told_of() {
    let folder = Folder::new();
    let cathode = lixivia::scenario::shipped_scenario("lco-formic").unwrap();
    let sweep = format!(
        "{cathode}\n[sweep]\ndesign = \"morris\"\npaths = 1\nuncertainties = true\n[sweep.outputs]\n{COBALT}\n"
    );
    put(&folder, "a.toml", &sweep);
    let said = ends(&folder, 0, "sweep a.toml --dry-run");
    assert!(said.contains("note: the design morris takes all factors as independent"), "{said}");
}
