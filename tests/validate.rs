//! `lixivia validate` as a user meets it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Folder, json_object, lixivia, text};
use serde_json::Value;

fn run(folder: &Folder, code: i32, args: &[&str]) -> (String, String) {
    let output = lixivia(folder).arg("validate").args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

fn json(folder: &Folder, args: &[&str]) -> Value {
    json_object(run(folder, 0, &[args, &["--format", "json"]].concat()).0.as_bytes())
}

/// The shipped cases are no worse than their baseline, and each has a prediction.
#[test]
fn the_shipped_cases_hold_against_their_baseline() {
    let folder = Folder::new();
    let object = json(&folder, &["--draws", "0"]);
    assert_eq!(object["worse"].as_array().unwrap().len(), 0);
    let groups = object["groups"].as_array().unwrap();
    let cases = object["cases"].as_array().unwrap();
    let count: u64 = groups.iter().map(|group| group["count"].as_u64().unwrap()).sum();
    assert_eq!(count as usize, cases.iter().filter(|case| !case["predicted"].is_null()).count());
    assert!(count >= 45);
    for key in ["element", "route", "kind", "count", "mae_points", "bias_points", "within_90"] {
        assert!(groups.iter().all(|group| group.get(key).is_some()), "{key}");
    }
    // what a group says follows from its cases
    let group = groups
        .iter()
        .find(|g| g["route"] == "cobalt/lco-sulfuric-peroxide" && g["kind"] == "prediction")
        .unwrap();
    let own = cases.iter().filter(|case| {
        case["process"] == group["route"]
            && case["kind"] == group["kind"]
            && case["element"] == group["element"]
    });
    let errors: Vec<f64> = own.map(|case| case["error_points"].as_f64().unwrap()).collect();
    let mae = errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len() as f64;
    assert!((group["mae_points"].as_f64().unwrap() - mae).abs() < 1e-9);
    assert!(folder.names().is_empty(), "nothing is written unasked");
}

const HEAD: &str =
    "id,process,element,of,value [%],bound,error [%],units.leach.time [min],units.leach.temperature [degC]\n";

#[test]
fn a_laboratorys_own_table_is_scored_with_intervals() {
    let folder = Folder::new();
    let rows = "a,cobalt/lco-sulfuric-peroxide,Co,units.leach.extraction.Co,60,equal,2,10,60\n\
                a,cobalt/lco-sulfuric-peroxide,Li,units.leach.extraction.Li,10,at-least,2,10,60\n\
                b,cobalt/lco-sulfuric-peroxide,Co,units.leach.extraction.Co,95,equal,2,60,80\n";
    std::fs::write(folder.path().join("mine.csv"), format!("{HEAD}{rows}")).unwrap();
    let object = json(&folder, &["--cases", "mine.csv"]);
    let cases = object["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    assert_eq!(cases[1]["error_points"], 0.0, "an inequality that is met");
    for case in cases {
        let [low, high] = [0, 1].map(|end| case["interval_90"][end].as_f64().unwrap());
        let predicted = case["predicted"].as_f64().unwrap();
        assert!(low < predicted && predicted < high, "{case}");
        assert!(high - low > 2.0 * 1.6 * 0.02, "wider than the measurement's error alone: {case}");
        let margin = case["margin_points"].as_f64().unwrap();
        assert!(
            margin > 0.0,
            "no constant comes from these data: the interval holds what the model misses, {case}"
        );
        assert!(high - low > 0.02 * margin, "{case}");
    }
    let named = json(&folder, &["--process", "lco-sulfuric-peroxide", "--csv", "mine.csv"]);
    assert_eq!(named["cases"], object["cases"], "the process may be given by its last name");
    let again = json(&folder, &["--cases", "mine.csv"]);
    assert_eq!(object, again, "draws belong to the experiment");
    let (words, _) = run(&folder, 0, &["--cases", "mine.csv", "--all", "--plots", "p"]);
    assert!(words.contains("mine") && words.contains("at-least") || words.contains(">="), "{words}");
    let routes = folder.path().join("p").read_dir().unwrap();
    let parity =
        routes.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("parity"));
    assert_eq!(parity.count(), 2, "one plot of the set, as SVG and PNG: it has one route");
    let plot = std::fs::read(folder.path().join("p/parity-mine.png")).unwrap();
    assert!(plot.starts_with(b"\x89PNG"));
    assert!(folder.path().join("p/parity-mine.svg").exists());
    let lines = std::fs::read_to_string(folder.path().join("p/intervals-mine-prediction.svg")).unwrap();
    assert!(lines.contains("found, at least") && lines.contains("90 % interval"), "{lines}");
}

#[test]
fn a_case_that_gets_worse_ends_with_4() {
    let folder = Folder::new();
    let row = |value: &str| {
        format!("{HEAD}a,cobalt/lco-sulfuric-peroxide,Co,units.leach.extraction.Co,{value},equal,2,10,60\n")
    };
    std::fs::write(folder.path().join("mine.csv"), row("70")).unwrap();
    let args = ["--cases", "mine.csv", "--draws", "0"];
    run(&folder, 0, &args);
    run(&folder, 0, &[&args[..], &["--update-baseline"]].concat());
    assert!(folder.path().join("mine.baseline.json").exists());
    run(&folder, 0, &args);
    std::fs::write(folder.path().join("mine.csv"), row("20")).unwrap();
    let (_, words) = run(&folder, 4, &args);
    assert!(words.contains("worse than the baseline") && words.contains("  a: "), "{words}");
}

/// A precipitation tests the constants of the equilibrium: the process is `aqueous`, and a work that gave one of them is
/// no prediction.
#[test]
fn a_precipitation_is_a_case_of_the_equilibrium() {
    let folder = Folder::new();
    let scenario = "format = 1\ntitle = \"t\"\nbasis = \"batch\"\n\
                    flowsheet = [\"liquor -> tank.feed\", \"caustic -> tank.feed\", \"tank.out -> slurry\"]\n\
                    [equilibrium]\nsolids = [\"Mg(OH)2(active)\"]\n\
                    [units.liquor]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = { MgCl2 = \"0.1 mol/L\" }\n\
                    [units.caustic]\ntype = \"feed\"\nvolume = \"90 mL\"\nsolution = { NaOH = \"1 mol/L\" }\n\
                    [units.tank]\ntype = \"equilibrate\"\n[units.slurry]\ntype = \"product\"\n";
    std::fs::write(folder.path().join("hydroxide.toml"), scenario).unwrap();
    let case = |source: &str| {
        format!(
            "format = 1\nsource = \"{source}\"\n[[cases]]\nid = \"p\"\nprocess = \"aqueous\"\nscenario = \"hydroxide.toml\"\n\
             kind = \"prediction\"\n[[cases.observed]]\nelement = \"Mg\"\nof = \"units.tank.precipitated.Mg\"\nvalue = \"44 %\"\n\
             error = \"2 %\"\n"
        )
    };
    std::fs::create_dir(folder.path().join("cases")).unwrap();
    let file = folder.path().join("cases/own.toml");
    std::fs::write(&file, case("nogueira2026").replace("hydroxide.toml", "../hydroxide.toml")).unwrap();
    let object = json(&folder, &["--cases", "cases"]);
    let found = &object["cases"][0];
    // nine tenths of the hydroxide's two for one magnesium, less OH- and MgOH+ that stay dissolved
    let predicted = found["predicted"].as_f64().unwrap();
    assert!(predicted < 0.45 && predicted > 0.43, "{found}");
    assert!(found["margin_points"].as_f64().unwrap() > 0.0 && found["within_90"] == true, "{found}");
    std::fs::write(&file, case("brown2016").replace("hydroxide.toml", "../hydroxide.toml")).unwrap();
    let (_, words) = run(&folder, 2, &["--cases", "cases"]);
    assert!(words.contains("`p` is no prediction: parameters of `aqueous` come from `brown2016`"), "{words}");
    let leach = case("nogueira2026").replace("aqueous", "cobalt/cathode");
    std::fs::write(&file, leach.replace("hydroxide.toml", "../hydroxide.toml")).unwrap();
    let (_, words) = run(&folder, 2, &["--cases", "cases"]);
    assert!(words.contains("does not use `cobalt/cathode`") && words.contains("`aqueous`"), "{words}");
}

#[test]
fn faults_of_cases_are_told_with_their_place() {
    let folder = Folder::new();
    let good = "a,cobalt/lco-sulfuric-peroxide,Co,units.leach.extraction.Co,60,equal,2,10,60";
    let long = good.replace("equal", "equals");
    let kind = "format = 1\nsource = \"nogueira2026\"\n[[cases]]\nid = \"k\"\nprocess = \"cobalt/lco-sulfuric-peroxide\"\n\
                scenario = \"lco-sulfuric-peroxide\"\nkind = \"prediction\"\n[[cases.observed]]\nelement = \"Co\"\n\
                of = \"units.leach.extraction.Co\"\nvalue = \"60 %\"\nerror = \"2 %\"\n";
    for (name, content, wanted) in [
        ("bound.csv", format!("{HEAD}{long}\n"), vec!["bound.csv:2:", "did you mean `equal`?"]),
        (
            "path.csv",
            format!("{HEAD}{}\n", good.replace("leach.extraction.Co", "lech.extraction.Co")),
            vec!["path.csv:2:", "units.leach"],
        ),
        (
            "kpi.csv",
            format!("{HEAD}{}\n", good.replace("extraction.Co", "extraction.Cu")),
            vec!["kpi.csv:2:", "extraction"],
        ),
        (
            "column.csv",
            format!("{}{good}\n", HEAD.replace("units.leach.time", "units.leach.tme")),
            vec!["column.csv:2:", "tme"],
        ),
        (
            "process.csv",
            format!("{HEAD}{}\n", good.replace("lco-sulf", "lco-sulph")),
            vec!["process.csv:2:", "lco-sulphuric"],
        ),
        (
            "unit.csv",
            format!(
                "{}{good}\n",
                HEAD.replace("value [%]", "value [g/L]").replace("error [%]", "error [g/L]")
            ),
            vec!["unit.csv:2:", "dimension"],
        ),
        ("kind.toml", kind.to_owned(), vec!["kind.toml:7:8", "is no prediction", "nogueira2026"]),
        (
            "kind2.toml",
            kind.replace("prediction", "reproduction").replace("nogueira2026", "me"),
            vec!["kind2.toml:7:8", "is no reproduction"],
        ),
        (
            "species.csv",
            format!(
                "{}{good},2,0.5\n",
                HEAD.replace(
                    "[degC]\n",
                    "[degC],units.liquor.solution.H2SO4 [mol/L],units.liquor.solution.H2O9 [mol/L]\n"
                )
            ),
            vec!["species.csv:2:78", "H2O9"],
        ),
        (
            "share.csv",
            format!("{}{good}\n", HEAD.replace("value [%]", "value")),
            vec!["share.csv:2:61", "write `60 %`"],
        ),
        (
            "over.csv",
            format!("{HEAD}{}\n", good.replace(",60,equal", ",181.5,equal")),
            vec!["over.csv:2:61", "a share of 181.5 %"],
        ),
        ("titles.csv", HEAD.to_owned(), vec!["titles.csv:1:1", "no rows"]),
        ("plain.toml", kind.replace("60 %", "70"), vec!["plain.toml:11:9", "write `70 %`"]),
        ("empty.toml", kind.replace("id = \"k\"", "id = \"\""), vec!["empty.toml:4:6", "the `id` is empty"]),
        (
            "twice.toml",
            format!("{kind}{}", kind.split_once("[[cases]]").unwrap().1.replacen("\n", "[[cases]]\n", 1)),
            vec!["twice.toml:14:6", "two cases `k`"],
        ),
        ("error.toml", kind.replace("2 %", "2 g/L"), vec!["error.toml:12:9"]),
        ("key.toml", kind.replace("element", "elment"), vec!["key.toml:9:", "did you mean `element`?"]),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let (_, words) = run(&folder, 2, &["--cases", name, "--draws", "0"]);
        for wanted in wanted {
            assert!(words.contains(wanted), "{name} lacks `{wanted}`: {words}");
        }
    }
    let wide = "series,cathode,ni_mol_frac,mn_mol_frac,co_mol_frac,acid,acid_mol_L,h2o2_recorded,temperature_C,solid_to_liquid_g_L,time_min,x_Li,x_Ni,x_Mn,x_Co";
    let row = |series: &str, h2o2: &str, temperature: &str| {
        format!("{wide}\n{series},LCO,0,0,1,H2SO4,2,{h2o2},{temperature},20,30,,,,0.5\n")
    };
    let file = folder.path().join("own.csv");
    let args = ["--process", "cathode", "--csv", "own.csv", "--draws", "0"];
    for (h2o2, temperature, at) in
        [("0", "eighty", "own.csv:2:26"), ("0", "", "own.csv:2:26"), ("~1", "80", "own.csv:2:24")]
    {
        std::fs::write(&file, row("1001", h2o2, temperature)).unwrap();
        let (_, words) = run(&folder, 2, &args);
        assert!(words.contains(at) && words.contains("expected a"), "{at}: {words}");
    }
    for (series, kind, source) in [
        ("1001", "prediction", "own"),
        ("lab-1", "prediction", "own"),
        ("27b", "reproduction", "nogueira2026"),
    ] {
        std::fs::write(&file, row(series, "0", "80")).unwrap();
        let case = &json(&folder, &args)["cases"][0];
        assert_eq!((&case["kind"], &case["source"]), (&kind.into(), &source.into()), "{case}");
    }
    let (_, words) = run(&folder, 2, &["--cases", "missing.csv"]);
    assert!(words.contains("missing.csv"), "{words}");
    let (_, words) = run(&folder, 2, &["--process", "cobalt/lco-sulfuric-peroxid"]);
    assert!(words.contains("did you mean `cobalt/lco-sulfuric-peroxide`?"), "{words}");
}
