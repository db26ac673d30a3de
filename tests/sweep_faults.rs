//! Faults of `[sweep]` and `[optimise]`: found before any case is run, at their line and column, with what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "sweep_faults/keys.rs"]
mod keys;

use std::path::Path;

use common::{Folder, lixivia, text};
use lixivia::report::hdf5::{Attribute, Data, Reader};
use lixivia::scenario::{Diagnostics, Library, Model};
use lixivia::sweep::ready::{NotReady, Ready, Sought};

const BASE: &str = r#"format = 1
title = "A leach and its filter"
processes = ["cobalt/lco-sulfuric-peroxide"]
basis = "batch"
flowsheet = ["solids -> leach.feed", "liquor -> leach.feed", "leach.slurry -> filter.feed", "filter.filtrate -> pls", "filter.cake -> residue"]
units.solids = { type = "feed", feedstock = "lco-powder", mass = "50 g" }
units.liquor = { type = "feed", volume = "1 L", solution = { H2SO4 = "2 mol/L", H2O2 = "0.4895 mol/L" } }
units.leach = { type = "batch-leach", temperature = "80 degC", time = "10 min", points = 7 }
units.filter = { type = "filter", moisture = "30 wt%" }
units.pls = { type = "product" }
units.residue = { type = "discharge" }
solver = { max_passes = 500 }
"#;

const T: &str = r#"T = { set = "units.leach.temperature", from = "50 degC", to = "90 degC", points = 3 }"#;
const CO: &str = r#"Co = "units.leach.extraction.Co""#;

fn sweep(design: &str, factors: &str, outputs: &str) -> String {
    format!("{BASE}[sweep]\n{design}\n[sweep.factors]\n{factors}\n[sweep.outputs]\n{outputs}\n")
}

/// An optimisation; what a grid alone reads of a range is left out.
fn optimise(keys: &str, factors: &str, outputs: &str) -> String {
    let factors = factors.replace(", points = 3", "");
    format!("{BASE}[optimise]\n{keys}\n[optimise.factors]\n{factors}\n[optimise.outputs]\n{outputs}\n")
}

fn model(folder: &Path, scenario: &str, library: &Library) -> Model {
    let name = folder.join("a.toml").display().to_string();
    Model::parse(&name, scenario, library, &[]).unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn faults(error: NotReady) -> Box<Diagnostics> {
    match error {
        NotReady::Faults(faults) => faults,
        NotReady::Plant(words) => panic!("{words}"),
    }
}

/// Each fault as `code line:column message | label | help`, lines counted from the table's first.
fn told(faults: &Diagnostics) -> Vec<String> {
    let before = BASE.lines().count();
    let one = |fault: &lixivia::scenario::Diagnostic| {
        let (line, column) = faults.sources.line_column(fault.place);
        let line = if faults.sources.get(fault.place.file).unwrap().name.ends_with(".csv") {
            line
        } else {
            line - before
        };
        let help = fault.help.clone().unwrap_or_default();
        format!("{} {line}:{column} {} | {} | {help}", fault.code.text(), fault.message, fault.label)
    };
    faults.list.iter().map(one).collect()
}

fn of_sweep(scenario: &str) -> Vec<String> {
    let library = Library::load(None).unwrap();
    let model = model(Path::new(""), scenario, &library);
    match Ready::new(model, &library) {
        Ok(_) => Vec::new(),
        Err(error) => told(&faults(error)),
    }
}

fn of_optimise(scenario: &str) -> Vec<String> {
    let library = Library::load(None).unwrap();
    let model = model(Path::new(""), scenario, &library);
    match Sought::new(model, &library, None) {
        Ok(_) => Vec::new(),
        Err(error) => told(&faults(error)),
    }
}

/// One fault that begins so and holds the words.
fn assert_told(told: &[String], begins: &str, words: &[&str]) {
    assert!(told.len() == 1 && told[0].starts_with(begins), "want {begins}: {told:#?}");
    for word in words {
        assert!(told[0].contains(word), "want {word}: {told:#?}");
    }
}

const GRID: &str = r#"design = "grid""#;

/// What a unit refuses in the scenario, a factor refuses at the value.
#[test]
fn values_out_of_range_are_refused_where_they_stand() {
    let moisture = |spread: &str| format!(r#"m = {{ set = "units.filter.moisture", {spread} }}"#);
    let cases = [
        (r#"n = { set = "solver.max_passes", values = [50, 2] }"#.to_owned(), "Q02 4:48", "at least 3"),
        (moisture(r#"from = "-20 %", to = "20 %""#), "Q02 4:45", "`from` = \"-20 %\" of factor `m`"),
        (moisture(r#"from = "20 %", to = "150 %""#), "Q02 4:58", "`to` = \"150 %\""),
        (moisture("values = [0.2, -0.1]"), "Q02 4:53", "`values` = -0.1"),
        (
            moisture(r#"distribution = "triangular", min = "-1 %", mode = "2 %", max = "5 %""#),
            "Q02 4:73",
            "`min`",
        ),
        (moisture(r#"distribution = "normal", mean = "-10 %", sd = "1 %""#), "Q02 4:70", "`mean`"),
        (r#"p = { set = "units.leach.points", values = [0, 5] }"#.to_owned(), "Q02 4:45", "`values` = 0"),
        (
            r#"a = { set = "units.liquor.solution.H2O2", from = "-1 mol/L", to = "1 mol/L" }"#.to_owned(),
            "Q02 4:50",
            "-1 mol/L",
        ),
        (
            r#"s = { set = "units.leach.adiabatic", values = ["yes"] }"#.to_owned(),
            "N01 4:48",
            "cannot be `yes`",
        ),
    ];
    for (factor, begins, words) in cases {
        assert_told(&of_sweep(&sweep(GRID, &factor, CO)), begins, &[words]);
    }
    let factor = moisture(r#"from = "-20 %", to = "20 %""#);
    assert_told(&of_optimise(&optimise("maximise = [\"Co\"]", &factor, CO)), "Q02 4:45", &["at least"]);
}

/// A draw out of range fails its case and names factor and range; so does an expression's value.
#[test]
fn draws_out_of_range_fail_their_case() {
    let folder = Folder::new();
    let drawn = r#"m = { set = "units.filter.moisture", distribution = "normal", mean = "5 %", sd = "8 %" }"#;
    let scenario = sweep("design = \"monte-carlo\"\ncases = 60", drawn, CO);
    folder.write("a.toml", &scenario);
    let output = lixivia(&folder).args(["sweep", "a.toml", "-o", "a.h5"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let reader = Reader::open(&folder.path().join("a.h5")).unwrap();
    let (Data::F64(drawn), Data::I64(failed), Data::Text(errors)) = (
        reader.dataset("m").unwrap().data,
        reader.dataset("failures/case").unwrap().data,
        reader.dataset("failures/error").unwrap().data,
    ) else {
        panic!("other forms");
    };
    let negative: Vec<i64> = (0..60).filter(|case| drawn[*case as usize] < 0.0).collect();
    assert!(negative.len() > 5 && failed == negative, "{failed:?} {negative:?}");
    let named = |error: &String| error.contains("factor `m` = -") && error.contains("expected at least 0");
    assert!(errors.iter().all(named), "{errors:?}");
    let library = Library::load(None).unwrap();
    let follows = format!("{T}\nm = {{ set = \"units.filter.moisture\", expression = \"(T - 350)/100\" }}");
    let model = model(Path::new(""), &sweep(GRID, &follows, CO), &library);
    let Ok(ready) = Ready::new(model, &library) else { panic!() };
    use lixivia::sweep::engine::Model as _;
    let mut row = [0.0];
    ready.plant.run(0, &[360.0], &mut row).unwrap();
    assert!((0.9..=1.0).contains(&row[0]), "{row:?}");
    let error = ready.plant.run(0, &[340.0], &mut row).unwrap_err();
    assert!(error.message.contains("factor `m` = -10 %"), "{}", error.message);
}

/// `parameters.k_d` of two processes that both have one is refused; with the process it is one value; uncertainties draw each
/// around its own.
#[test]
fn parameters_of_several_processes_are_told_apart() {
    let two = BASE.replace(
        r#"["cobalt/lco-sulfuric-peroxide"]"#,
        r#"["cobalt/lco-sulfuric-peroxide", "copper/pcb-sulfuric-peroxide"]"#,
    );
    let two = two.replace(
        r#"type = "batch-leach""#,
        r#"type = "batch-leach", process = "cobalt/lco-sulfuric-peroxide""#,
    );
    let library = Library::load(None).unwrap();
    let with = |table: &str, overrides: &[&str]| {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
        Model::parse("a.toml", &format!("{two}{table}"), &library, &overrides)
    };
    let (cobalt, copper) = ("\"cobalt/lco-sulfuric-peroxide\"", "\"copper/pcb-sulfuric-peroxide\"");
    let value = |model: &Model, process: &str| {
        let own = |record: &&lixivia::scenario::ParameterRecord| {
            record.name == "k_d" && format!("\"{}\"", record.process) == process
        };
        model.parameters().find(own).unwrap().value
    };
    let plain = with("", &[]).unwrap();
    let dimension = plain.parameters().find(|record| record.name == "k_d").unwrap().dimension.si_unit();
    let nominal = [value(&plain, cobalt), value(&plain, copper)];
    assert!((nominal[0] / nominal[1] - 1.0).abs() > 0.5, "{nominal:?}");
    // --set and [parameters]
    for faults in [
        with("", &[&format!("parameters.k_d=\"1e-7 {dimension}\"")]).unwrap_err(),
        with(&format!("parameters.k_d = \"1e-7 {dimension}\"\n"), &[]).unwrap_err(),
    ] {
        let shown = faults.render(false);
        for words in [
            "`k_d` is a parameter of 2 processes",
            &format!("`parameters.{cobalt}.k_d`"),
            &format!("`parameters.{copper}.k_d`"),
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
    for model in [
        with("", &[&format!("parameters.{copper}.k_d=\"1e-7 {dimension}\"")]),
        with(&format!("parameters.{copper}.k_d = \"1e-7 {dimension}\"\n"), &[]),
    ] {
        let model = model.unwrap_or_else(|faults| panic!("{}", faults.render(false)));
        assert_eq!([value(&model, cobalt), value(&model, copper)], [nominal[0], 1e-7]);
    }
    let faults = with("", &["parameters.copper/pcb-sulfuric-peroxid.k_d=\"1e-7 m/s\""]).unwrap_err();
    assert!(
        faults.render(false).contains("did you mean `copper/pcb-sulfuric-peroxide`?"),
        "{}",
        faults.render(false)
    );
    // factors
    let factor = |path: &str| {
        let path = path.replace('"', "\\\"");
        format!(
            "[sweep]\n{GRID}\n[sweep.factors]\nk = {{ set = \"{path}\", values = [\"1e-7 {dimension}\"] }}\n[sweep.outputs]\n{CO}\n"
        )
    };
    let ready = |table: &str| Ready::new(with(table, &[]).unwrap(), &library);
    let told = told(&faults_of(ready(&factor("parameters.k_d"))));
    assert_told(
        &told,
        "N01 4:13",
        &["2 processes", "copper/pcb-sulfuric-peroxide", "cobalt/lco-sulfuric-peroxide"],
    );
    for process in [cobalt, copper] {
        let Ok(ready) = ready(&factor(&format!("parameters.{process}.k_d"))) else { panic!("{process}") };
        use lixivia::sweep::engine::Model as _;
        let mut rows = [[0.0], [0.0]];
        ready.plant.run(0, &[nominal[0]], &mut rows[0]).unwrap();
        ready.plant.run(0, &[nominal[0] * 1e-3], &mut rows[1]).unwrap();
        // the leach runs the cobalt process alone
        assert_eq!(rows[0] != rows[1], process == cobalt, "{process}: {rows:?}");
    }
    // uncertainties
    let drawn = format!(
        "[sweep]\ndesign = \"monte-carlo\"\ncases = 400\nuncertainties = true\n[sweep.outputs]\n{CO}\n"
    );
    let Ok(ready) = ready(&drawn) else { panic!() };
    let mut point = vec![0.0; ready.design.names().len()];
    for (process, nominal) in
        [("cobalt.lco-sulfuric-peroxide", nominal[0]), ("copper.pcb-sulfuric-peroxide", nominal[1])]
    {
        let name = format!("{process}.k_d");
        let column = ready.design.names().iter().position(|own| *own == name).expect(&name);
        let draws = (0..400).map(|case| {
            ready.design.point(case, &mut point);
            point[column]
        });
        let mean = draws.sum::<f64>() / 400.0;
        assert!((mean / nominal - 1.0).abs() < 0.15, "{name}: mean {mean}, value {nominal}");
    }
}

fn faults_of(ready: Result<Ready<'_>, NotReady>) -> Box<Diagnostics> {
    faults(ready.expect_err("a fault"))
}

/// Names that the result file cannot hold are told before any case is run.
#[test]
fn names_are_checked_before_any_case() {
    let named = |name: &str| T.replace("T =", &format!("{name} ="));
    let same = r#"T = "units.leach.extraction.Co""#;
    assert_told(&of_sweep(&sweep(GRID, T, same)), "F02 6:1", &["the name `T` is taken", "another name"]);
    for name in ["case", "status", "timing", "failures"] {
        assert_told(&of_sweep(&sweep(GRID, &named(name), CO)), "F02 4:1", &["every result file"]);
    }
    for name in ["\"\"", "\"a/b\"", "\".\""] {
        assert_told(&of_sweep(&sweep(GRID, &named(name), CO)), "N01 4:1", &["cannot name"]);
        let scenario = optimise("maximise = [\"Co\"]", &named(name), CO);
        assert_told(&of_optimise(&scenario), "N01 4:1", &["cannot name"]);
    }
    let course = "time = \"units.leach.extraction.Co\"\nc = \"units.leach.profile.conversion.LiCoO2(s)\"";
    assert_told(&of_sweep(&sweep(GRID, T, course)), "F02 6:1", &["an axis of a course"]);
    let drawn = "design = \"monte-carlo\"\ncases = 4\nuncertainties = true";
    let drawn = of_sweep(&sweep(drawn, &named("k_a").replace(", points = 3", ""), CO));
    assert_told(&drawn, "F02 6:1", &["the uncertainty of k_a of cobalt/lco-sulfuric-peroxide"]);
    let scenario = optimise("maximise = [\"Co\"]", &named("Co"), CO);
    assert_told(&of_optimise(&scenario), "F02 6:1", &["the name `Co` is taken"]);
}

/// Paths of factors and outputs, aims and limits: place and the nearest name.
#[test]
fn mistyped_names_are_told_with_the_nearest() {
    let path = |path: &str| format!(r#"m = {{ set = "{path}", from = "10 %", to = "20 %" }}"#);
    for (wrong, near) in [
        ("units.filter.moisure", "did you mean `units.filter.moisture`?"),
        ("units.liquor.solution.H2SO5", "did you mean `units.liquor.solution.H2SO4`?"),
        ("units.filtr.moisture", "did you mean `filter`?"),
        ("parameters.k_aa", "did you mean `k_a`?"),
        ("unit.filter.moisture", "did you mean `units`?"),
    ] {
        assert_told(&of_sweep(&sweep(GRID, &path(wrong), CO)), "N01 4:13", &[near]);
    }
    for (wrong, near) in [
        ("units.leach.extracton.Co", "did you mean `units.leach.extraction.Co`?"),
        ("units.lech.profile.conversion.LiCoO2(s)", "did you mean `leach`?"),
        ("streams.leach.slury.mass", "did you mean `streams.leach.slurry`?"),
        ("streams.leach.slurry", "expected a property behind the stream"),
        ("streams.leach.slurry.mas", "did you mean `mass`?"),
        ("units.leach.profile.conversion.LiCoO3(s)", "did you mean `conversion.LiCoO2(s)`?"),
    ] {
        let output = format!("Co = \"{wrong}\"");
        assert_told(&of_sweep(&sweep(GRID, T, &output)), "N01 6:6", &["output `Co`", near]);
        assert_told(&of_optimise(&optimise("maximise = [\"Co\"]", T, &output)), "N01 6:6", &[near]);
    }
    let sought = |keys: &str| {
        of_optimise(&optimise(keys, T, &format!("{CO}\nacid_left = \"streams.leach.slurry.free_acid\"")))
    };
    assert_told(&sought("maximise = [\"Cox\"]"), "N01 2:13", &["did you mean `Co`?"]);
    assert_told(&sought("maximise = [\"Co\"]\nminimise = [\"Co\"]"), "F02 2:13", &["an aim twice"]);
    assert_told(&sought("limits = []"), "S04 1:", &["needs an aim"]);
    let limit = |limit: &str| sought(&format!("maximise = [\"Co\"]\nlimits = [\"{limit}\"]"));
    assert_told(&limit("acid_lft <= 20 g/L"), "N01 3:11", &["did you mean `acid_left`?"]);
    assert_told(&limit("acid_left <= 20 kg"), "Q01 3:11", &["limit `acid_left <= 20 kg`"]);
    assert_told(&limit("acid_left = 20 g/L"), "C02 3:11", &["output <= value"]);
}

/// Keys that a factor's form does not read, and two factors of one value.
#[test]
fn keys_without_meaning_are_refused() {
    let set = r#"set = "units.leach.temperature""#;
    for (keys, begins, words) in [
        (
            r#"values = ["60 degC"], from = "50 degC""#,
            "F02 4:69",
            "`from` has no meaning beside a list of values",
        ),
        (r#"expression = "300 + 1", from = "50 degC""#, "F02 4:71", "beside an expression"),
        (r#"from = "50 degC", to = "60 degC", min = "1 degC""#, "F02 4:80", "beside a range"),
        (
            r#"distribution = "triangular", min = "50 degC", mode = "52 degC", max = "60 degC", mean = "3 degC""#,
            "F02 4:128",
            "beside a triangular distribution",
        ),
    ] {
        assert_told(&of_sweep(&sweep(GRID, &format!("T = {{ {set}, {keys} }}"), CO)), begins, &[words]);
    }
    let csv = "design = \"csv\"\nfile = \"none.csv\"";
    let told = of_sweep(&sweep(csv, &format!("T = {{ {set}, from = \"50 degC\", to = \"60 degC\" }}"), CO));
    assert!(told.len() == 2 && told.iter().all(|one| one.contains("beside a table of cases")), "{told:?}");
    let twice = format!("{T}\n{}", T.replace("T =", "T2 ="));
    assert_told(&of_sweep(&sweep(GRID, &twice, CO)), "F02 5:14", &["`T` and `T2` set the same value"]);
}

/// Whole numbers: lists and ranges must be, distributions and searches have none.
#[test]
fn whole_numbers_take_no_fractions() {
    let points = |spread: &str| format!(r#"p = {{ set = "units.leach.points", {spread} }}"#);
    let swept = |spread: &str| of_sweep(&sweep(GRID, &points(spread), CO));
    assert_told(&swept("values = [5, 6.5]"), "Q02 4:48", &["a whole number"]);
    assert_told(&swept("from = 5, to = 8, points = 3"), "Q02 4:", &["write `points = 4`"]);
    assert_told(&swept("from = 5, to = 8"), "Q02 4:1", &["write `points = 4`"]);
    assert_told(&swept(r#"distribution = "normal", mean = 5, sd = 1"#), "F02 4:", &["list them"]);
    assert_eq!(swept("from = 5, to = 8, points = 4"), Vec::<String>::new());
    let told = of_optimise(&optimise("maximise = [\"Co\"]", &points("from = 5, to = 8, points = 4"), CO));
    assert_told(&told, "F02 4:1", &["sets a whole number"]);
}

/// An optimisation needs something to vary, and ranges.
#[test]
fn an_optimisation_without_a_range_is_refused() {
    let sought = |factors: &str| of_optimise(&optimise("maximise = [\"Co\"]", factors, CO));
    assert_told(&sought(""), "S04 3:1", &["at least one factor"]);
    assert_told(
        &sought(r#"m = { set = "units.filter.moisture", expression = "0.2" }"#),
        "S04 3:1",
        &["at least one factor"],
    );
    let list = r#"T = { set = "units.leach.temperature", values = ["50 degC", "60 degC"] }"#;
    assert_told(&sought(list), "F02 4:1", &["write `from` and `to`"]);
    let course = optimise(
        "maximise = [\"Co\"]",
        T,
        &format!("{CO}\nc = \"units.leach.profile.conversion.LiCoO2(s)\""),
    );
    assert_told(&of_optimise(&course), "S05 7:5", &["a course"]);
}

/// A concentration may be given by mass where an amount is set, and the other way round.
#[test]
fn a_list_mixes_amounts_and_masses() {
    let library = Library::load(None).unwrap();
    let acid =
        r#"acid = { set = "units.liquor.solution.H2SO4", values = ["1 mol/L", "100 g/L", "2 mol/L"] }"#;
    let model = model(Path::new(""), &sweep(GRID, acid, CO), &library);
    let ready = Ready::new(model, &library).unwrap_or_else(|error| panic!("{}", faults(error).render(false)));
    let mut point = [0.0];
    let points = [0, 1, 2].map(|case| {
        ready.design.point(case, &mut point);
        point[0]
    });
    // 98.072 g/mol, from abridged standard atomic weights
    assert_eq!([points[0], points[2]], [1000.0, 2000.0]);
    assert!((points[1] - 100e3 / 98.072).abs() < 0.05, "{points:?}");
}

/// Faults of the table of cases stand at their cell.
#[test]
fn a_table_of_cases_is_told_by_line_and_column() {
    let folder = Folder::new();
    let library = Library::load(None).unwrap();
    let factors =
        "T = { set = \"units.leach.temperature\" }\nacid = { set = \"units.liquor.solution.H2SO4\" }";
    let scenario = sweep("design = \"csv\"\nfile = \"c.csv\"", factors, CO);
    let read = |table: &str| {
        folder.write("c.csv", table);
        let model = model(folder.path(), &scenario, &library);
        match Ready::new(model, &library) {
            Ok(ready) => Ok(ready.design.cases()),
            Err(error) => Err(told(&faults(error))),
        }
    };
    assert_eq!(read("T [degC],acid [mol/L]\n50,1\n60,2\n"), Ok(2));
    assert_eq!(read("# remark\nacid [g/L],T [degC]\n\n98,50\n"), Ok(1));
    for (table, begins, words) in [
        ("Temp [degC],acid [mol/L]\n50,1\n", "S04 1:", "no column for the factor `T`"),
        ("T [degC],acd [mol/L]\n50,1\n", "S04 1:10", "did you mean `acid`?"),
        ("T,acid [mol/L]\n50,1\n", "Q01 1:1", "`T [degC]`"),
        ("T [kg],acid [mol/L]\n50,1\n", "Q01 1:1", "column `T [kg]`"),
        ("T [degC],acid [mol/L]\n50\n", "S02 2:1", "1 cells for 2 columns"),
        ("T [degC],acid [mol/L]\n50,1\n60,abc\n", "S05 3:4", "`abc` is no value of `acid`"),
        ("T [degC],T [K],acid [mol/L]\n50,300,1\n", "F02 1:10", "two columns for `T`"),
        ("T [degC];acid [mol/L]\n50;1\n", "S02 1:1", "parted by `;`"),
        ("T [degC],acid [mol/L]\n-400,1\n", "Q01 2:1", "absolute zero"),
        ("T [degC],acid [mol/L]\n50,-1\n", "Q02 2:4", "at least 0"),
        ("", "S04 1:1", "T [degC],acid [mol/L]"),
        ("T [degC],acid [mol/L]\n", "S04 1:1", "no row"),
    ] {
        assert_told(&read(table).unwrap_err(), begins, &[words]);
    }
}

/// `check` finds what `sweep` and `optimise` would refuse; nothing is written.
#[test]
fn check_reads_sweep_and_optimise() {
    let folder = Folder::new();
    let wrong = [
        sweep("design = \"girds\"", T, CO),
        sweep(GRID, &T.replace("temperature", "temprature"), CO),
        sweep(GRID, T, "T = \"units.leach.extraction.Co\""),
        optimise("maximise = [\"Cox\"]", T, CO),
        optimise("maximise = [\"Co\"]", "", CO),
    ];
    for scenario in &wrong {
        folder.write("a.toml", scenario);
        let command = if scenario.contains("[sweep]") { "sweep" } else { "optimise" };
        for command in ["check", command] {
            let output = lixivia(&folder).args([command, "a.toml"]).output().unwrap();
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command}: {said}");
            assert!(said.contains("a.toml:1"), "{command}: {said}");
        }
        assert_eq!(folder.names(), ["a.toml"]);
    }
    folder.write("a.toml", &sweep(GRID, T, CO));
    let output = lixivia(&folder).args(["check", "a.toml"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Factors of an optimisation's file have their units.
#[test]
fn an_optimum_is_written_with_units() {
    let folder = Folder::new();
    folder.write("a.toml", &optimise("method = \"cobyla\"\nevaluations = 6\nmaximise = [\"Co\"]", T, CO));
    let output = lixivia(&folder).args(["optimise", "a.toml", "-o", "best.h5"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let reader = Reader::open(&folder.path().join("best.h5")).unwrap();
    assert_eq!(reader.attribute("T", "units").unwrap(), Attribute::Text("K".into()));
}

/// What a cluster is asked for ends up in a job script: nothing there may end its line.
#[test]
fn a_cluster_is_asked_in_its_own_words() {
    let asked = |slurm: &str| of_sweep(&sweep(&format!("{GRID}\nslurm = {{ {slurm} }}"), T, CO));
    assert_told(&asked(r#"partition = "a\ntouch PWNED""#), "Q02 3:23", &["`partition`", "letters, digits"]);
    assert_told(&asked(r#"partition = "long", account = "a;id""#), "Q02 3:41", &["`account`"]);
    assert_told(&asked(r#"time = "2 h""#), "Q02 3:18", &["`time`", "2:00:00"]);
    assert_told(&asked(r#"memory = "G""#), "Q02 3:20", &["`memory`"]);
    let fine = asked(r#"partition = "long", account = "a.b", time = "1-12:00:00", memory = "4G""#);
    assert_eq!(fine, Vec::<String>::new());
}

#[test]
fn a_pair_is_correlated_once() {
    let normal = |name: &str, set: &str| {
        format!("{name} = {{ set = \"{set}\", distribution = \"normal\", mean = \"50 g\", sd = \"1 g\" }}\n")
    };
    let factors = normal("m", "units.solids.mass")
        + r#"w = { set = "units.filter.moisture", distribution = "normal", mean = 0.3, sd = 0.01 }"#;
    let design =
        "design = \"monte-carlo\"\ncases = 8\ncorrelations = [\n{ between = [\"m\", \"w\"], r = 0.5 },\n%]";
    let told = |second: &str| of_sweep(&sweep(&design.replace('%', second), &factors, CO));
    assert_eq!(told(""), Vec::<String>::new());
    assert_told(&told("{ between = [\"w\", \"m\"], r = -0.5 },\n"), "F02 6:13", &["correlated twice"]);
}

/// The value of an expression has the unit of what it sets, with the zero of degC.
#[test]
fn an_expression_has_a_unit() {
    let library = Library::load(None).unwrap();
    let of = |unit: &str| {
        let derived =
            format!("t = {{ set = \"units.leach.temperature\", expression = \"2*m/0.001\"{unit} }}");
        let mass = r#"m = { set = "units.solids.mass", values = ["30 g"] }"#;
        sweep(GRID, &format!("{mass}\n{derived}"), "warm = \"streams.leach.slurry.temperature\"")
    };
    assert_told(&of_sweep(&of("")), "S04 5:", &["needs `unit`", "`unit = \"K\"`"]);
    let model = model(Path::new(""), &of(", unit = \"degC\""), &library);
    let ready = Ready::new(model, &library).unwrap_or_else(|error| panic!("{}", faults(error).render(false)));
    let mut row = [0.0];
    lixivia::sweep::engine::Model::run(&ready.plant, 0, &[0.03], &mut row).unwrap();
    assert!((row[0] - 333.15).abs() < 1e-9, "{row:?}");
}
