//! The program as a user meets it: scenarios from templates, runs, overrides, files left alone, exit codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Folder, json_object, lixivia, text};
use lixivia::scenario::{Library, shipped_scenario, shipped_scenarios};
use lixivia::unit::KINDS;
use serde_json::Value;

/// Standard output of a command that must succeed.
fn done(folder: &Folder, args: &[&str]) -> String {
    let output = lixivia(folder).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard error of a command that must end with this exit code.
fn ends(folder: &Folder, code: i32, args: &[&str]) -> String {
    let output = lixivia(folder).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn a_template_is_written_checked_and_run() {
    for template in ["batch", "plant"] {
        let folder = Folder::new();
        let file = format!("{template}.toml");
        assert!(done(&folder, &["new", template]).contains(&file));
        assert!(done(&folder, &["check", &file]).contains("Calculation order"));
        assert_eq!(folder.names(), std::slice::from_ref(&file), "check writes nothing");
        assert!(done(&folder, &["run", &file]).contains("Balances close to"));
        assert_eq!(folder.names(), [format!("{template}.h5"), file]);
    }
}

#[test]
fn a_template_is_never_written_over_a_file() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("batch.toml"), "mine").unwrap();
    assert!(ends(&folder, 2, &["new", "batch"]).contains("`batch.toml` exists"));
    assert_eq!(std::fs::read_to_string(folder.path().join("batch.toml")).unwrap(), "mine");
    done(&folder, &["new", "batch", "deep/er"]);
    assert!(folder.path().join("deep/er/batch.toml").exists());
    assert!(ends(&folder, 2, &["new", "bach"]).contains("did you mean `batch`?"));
}

#[test]
fn a_run_gives_one_object_and_one_file() {
    let folder = Folder::new();
    done(&folder, &["new", "batch"]);
    let object =
        json_object(done(&folder, &["run", "batch.toml", "--format", "json", "-o", "a.h5"]).as_bytes());
    assert_eq!(object["schema_version"], 1);
    assert_eq!(object["converged"], true);
    assert_eq!(object["output"], "a.h5");
    assert!(object["closure"]["worst_relative"].as_f64().unwrap() <= 1e-9);
    let extraction = &object["kpis"]["units.leach.extraction.Co"];
    assert!((0.0..=1.0).contains(&extraction["value"].as_f64().unwrap()), "{extraction}");
    assert!(object["streams"].as_object().unwrap().contains_key("leach.slurry"));
    assert!(!object["references"].as_array().unwrap().is_empty());
    assert_eq!(folder.names(), ["a.h5", "batch.toml"]);
}

#[test]
fn a_value_given_on_the_command_line_takes_the_place_of_the_files() {
    let folder = Folder::new();
    done(&folder, &["new", "batch"]);
    let extraction = |set: &[&str]| {
        let args = [&["run", "batch.toml", "--format", "json"], set].concat();
        let object = json_object(done(&folder, &args).as_bytes());
        (object["kpis"]["units.leach.extraction.Co"]["value"].as_f64().unwrap(), object)
    };
    let (as_written, _) = extraction(&[]);
    let (unchanged, _) = extraction(&["--set", "units.leach.time=60 min"]);
    assert_eq!(as_written, unchanged, "1 h is 60 min");
    let (shorter, object) =
        extraction(&["--set", "units.leach.time=\"1 min\"", "--set", "units.leach.temperature=40 degC"]);
    assert!(shorter < as_written, "{shorter} is not less than {as_written}");
    assert_eq!(object["scenario"]["overrides"].as_array().unwrap().len(), 2);
}

#[test]
fn lists_are_complete() {
    let folder = Folder::new();
    let object = json_object(done(&folder, &["list", "--format", "json"]).as_bytes());
    let names = |what: &str| -> Vec<String> {
        let rows = object[what].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("units"), KINDS.iter().map(|k| k.name).collect::<Vec<_>>());
    assert_eq!(names("scenarios"), shipped_scenarios().collect::<Vec<_>>());
    assert_eq!(names("templates"), ["batch", "plant"]);
    assert!(names("processes").contains(&"cobalt/lco-sulfuric-peroxide".to_owned()));
    let untitled: Vec<&Value> = ["units", "processes", "scenarios", "templates"]
        .iter()
        .flat_map(|what| object[*what].as_array().unwrap())
        .filter(|row| row["title"] == "")
        .collect();
    assert!(untitled.is_empty(), "{untitled:?}");
    assert!(done(&folder, &["list", "reagents"]).contains("H2SO4"));
}

#[test]
fn every_unit_model_explains_its_parameters() {
    let folder = Folder::new();
    for kind in KINDS {
        let explained = done(&folder, &["explain", kind.name]);
        for spec in (kind.specs)() {
            let shown = explained.split_whitespace().any(|word| word == spec.name);
            assert!(shown, "`explain {}` leaves out `{}`", kind.name, spec.name);
        }
    }
    assert!(
        done(&folder, &["explain", "magnesium/brick-hydrochloric"]).contains("n_m = -0.17\n"),
        "an order is no share"
    );
    assert!(done(&folder, &["explain", "filter.moisture"]).contains("wt%"));
    assert!(done(&folder, &["explain", "LiCoO2(s)"]).contains("LiCoO2"));
    assert!(ends(&folder, 2, &["explain", "batch-leech"]).contains("did you mean `batch-leach`?"));
}

#[test]
fn every_process_explains_its_parameters() {
    let folder = Folder::new();
    let library = Library::load(None).unwrap();
    let processes: Vec<&str> = library.processes().collect();
    assert!(processes.len() >= 5);
    for process in processes {
        let explained = done(&folder, &["explain", process]);
        assert!(explained.contains(process), "{process}: {explained}");
    }
}

#[test]
fn the_schema_accepts_every_shipped_scenario_and_refuses_what_the_program_refuses() {
    let folder = Folder::new();
    let schema = json_object(done(&folder, &["schema"]).as_bytes());
    let as_json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    for name in shipped_scenarios() {
        let faults = faults(&schema, &as_json(shipped_scenario(name).unwrap()), name);
        assert!(faults.is_empty(), "{faults:?}");
    }
    let sound = shipped_scenario("lco-sulfuric-peroxide").unwrap();
    for (old, new) in [
        ("time = \"60 min\"", "tme = \"60 min\""),
        ("time = \"60 min\"", "time = 60"),
        ("type = \"batch-leach\"", "type = \"batch-leech\""),
        ("format = 1", "format = 2"),
        ("basis = \"batch\"", "basis = \"steady\""),
    ] {
        assert!(sound.contains(old), "{old}");
        assert!(!faults(&schema, &as_json(&sound.replace(old, new)), new).is_empty(), "{new} is accepted");
    }
}

/// What a value breaks of the keywords that the schema uses.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let none = serde_json::Map::new();
    for (keyword, wanted) in schema.as_object().unwrap() {
        let list = || wanted.as_array().unwrap().iter();
        let fits = match keyword.as_str() {
            "type" => match wanted.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64(),
                "boolean" => value.is_boolean(),
                other => panic!("unknown type {other}"),
            },
            "const" => value == wanted,
            "enum" => list().any(|one| one == value),
            "required" => list().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "pattern" => value.as_str().unwrap().contains(wanted.as_str().unwrap()),
            "oneOf" => list().filter(|one| faults(one, value, at).is_empty()).count() == 1,
            "anyOf" => list().any(|one| faults(one, value, at).is_empty()),
            "items" => {
                let items = value.as_array().into_iter().flatten();
                found.extend(items.flat_map(|item| faults(wanted, item, at)));
                true
            }
            "properties" | "additionalProperties" => {
                let declared = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
                for (key, inner) in value.as_object().unwrap_or(&none) {
                    let at = format!("{at}.{key}");
                    match (keyword.as_str(), declared.get(key), wanted) {
                        ("properties", Some(own), _) => found.extend(faults(own, inner, &at)),
                        ("additionalProperties", None, Value::Bool(false)) => {
                            found.push(format!("{at}: unknown key"));
                        }
                        ("additionalProperties", None, Value::Object(_)) => {
                            found.extend(faults(wanted, inner, &at));
                        }
                        _ => {}
                    }
                }
                true
            }
            "$schema" | "title" | "description" | "default" | "examples" => true,
            other => panic!("unknown keyword {other}"),
        };
        if !fits {
            found.push(format!("{at}: {keyword} {wanted}"));
        }
    }
    found
}

#[test]
fn a_result_file_is_untouched_when_the_run_fails() {
    let folder = Folder::new();
    done(&folder, &["new", "batch"]);
    done(&folder, &["run", "batch.toml"]);
    let result = || std::fs::read(folder.path().join("batch.h5")).unwrap();
    let older = result();
    ends(&folder, 2, &["run", "batch.toml", "--set", "units.leach.time=0 h"]);
    assert_eq!(result(), older);
    // A leach of solids whose size nobody stated: the scenario reads well, the calculation cannot be done.
    let path = folder.path().join("batch.toml");
    let sound = std::fs::read_to_string(&path).unwrap();
    let unsized_solid =
        sound.replace("feedstock = \"lco-powder\"", "assay = { \"LiCoO2(s)\" = \"100 wt%\" }");
    assert_ne!(sound, unsized_solid);
    std::fs::write(&path, unsized_solid).unwrap();
    assert!(ends(&folder, 3, &["run", "batch.toml"]).contains("particle size"));
    assert_eq!(result(), older);
    let output = lixivia(&folder).args(["run", "batch.toml", "--format", "json"]).output().unwrap();
    let object = json_object(&output.stdout);
    assert_eq!((output.status.code(), &object["converged"]), (Some(3), &Value::Bool(false)));
    assert!(object["error"]["message"].as_str().unwrap().contains("particle size"));
    assert!(object["residuals"].is_array());
}

#[test]
fn a_target_out_of_reach_is_a_calculation_that_failed() {
    let folder = Folder::new();
    done(&folder, &["new", "plant"]);
    let words = ends(&folder, 3, &["run", "plant.toml", "--set", "controllers.free_acid.target=400 g/L"]);
    assert!(words.contains("free_acid"), "{words}");
    assert_eq!(folder.names(), ["plant.toml"]);
}

#[test]
fn a_result_that_cannot_be_written_is_told_of() {
    let folder = Folder::new();
    done(&folder, &["new", "batch"]);
    let words = ends(&folder, 1, &["run", "batch.toml", "-o", "nowhere/batch.h5"]);
    assert!(words.contains("nowhere"), "{words}");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let words = ends(&folder, 1, &["run", "batch.toml", "-o", "folder"]);
    assert!(words.contains("folder"), "{words}");
    let output = lixivia(&folder)
        .args(["run", "batch.toml", "-o", "nowhere/a.h5", "--format", "json"])
        .output()
        .unwrap();
    let object = json_object(&output.stdout);
    assert_eq!(object["converged"], false);
    assert!(object["error"]["message"].as_str().unwrap().contains("nowhere"));
    assert_eq!(folder.names(), ["batch.toml", "folder"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_told_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    done(&folder, &["new", "batch"]);
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        return; // root may write everywhere
    }
    let words = ends(&folder, 1, &["run", "batch.toml", "-o", "locked/a.h5"]);
    assert!(words.contains("locked"), "{words}");
    assert!(words.to_lowercase().contains("permi"), "{words}");
}

#[test]
fn help_and_version_are_no_failure() {
    let folder = Folder::new();
    assert!(done(&folder, &["--help"]).contains("Exit codes"));
    assert!(done(&folder, &["--version"]).contains(env!("CARGO_PKG_VERSION")));
    for command in ["new", "list", "explain", "check", "run", "export", "schema", "completions"] {
        assert!(done(&folder, &[command, "--help"]).contains("Usage"));
    }
    assert!(done(&folder, &["completions", "bash"]).contains("lixivia"));
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let folder = Folder::new();
    assert!(!done(&folder, &["explain", "filter"]).contains('\x1b'));
    assert!(!ends(&folder, 2, &["check", "missing.toml"]).contains('\x1b'));
    assert!(ends(&folder, 2, &["check", "missing.toml", "--colour", "always"]).contains('\x1b'));
}

#[test]
fn every_shipped_scenario_runs_and_closes() {
    let folder = Folder::new();
    let names: Vec<&str> = shipped_scenarios().collect();
    let run = |name: &&str| -> Option<String> {
        let output = lixivia(&folder).args(["run", name, "--format", "json"]).output().unwrap();
        if output.status.code() != Some(0) {
            return Some(format!("{name} ended with {}: {}", output.status, text(&output.stderr)));
        }
        let closure = json_object(&output.stdout)["closure"]["worst_relative"].as_f64();
        let closes = closure.is_some_and(|worst| worst <= 1e-9);
        (!closes).then(|| format!("{name} closes to {closure:?}"))
    };
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = names
            .chunks(names.len().div_ceil(2))
            .map(|half| scope.spawn(move || half.iter().filter_map(run).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(folder.names(), names.iter().map(|n| format!("{n}.h5")).collect::<Vec<_>>());
}

#[test]
fn names_that_a_liquor_does_not_know_are_answered_from_the_right_list_or_not_at_all() {
    let folder = Folder::new();
    let asked = |more: &[&str]| {
        let mut args = vec!["speciate", "--total", "Cu=0.01 mol/kg", "--total", "C=0.01 mol/kg"];
        args.extend(more);
        ends(&folder, 2, &args)
    };
    assert!(!asked(&["--total", "Xx=1 mmol/kg"]).contains("did you mean"));
    let element = asked(&["--total", "zn=1 mmol/kg"]);
    assert!(element.contains("did you mean `Zn`"), "{element}");
    let solid = asked(&["--solid", "Gypsum"]);
    assert!(solid.contains("`Gypsum` needs Ca, S(6)"), "{solid}");
    let solid = asked(&["--solid", "malachit"]);
    assert!(solid.contains("no solid `malachit`; did you mean `Malachite`"), "{solid}");
    let gas = asked(&["--gas", "CO2=0.001"]);
    assert!(gas.contains("no gas `CO2`; did you mean `CO2(g)`?"), "{gas}");
    assert!(!asked(&["--gas", "Zz(g)=0.001"]).contains("did you mean"));
    let omitted = ends(&folder, 2, &["pourbaix", "Cu", "--omit", "Gypsum"]);
    assert!(!omitted.contains("did you mean"), "{omitted}");
}

#[test]
fn charges_that_a_given_ph_leaves_over_are_told() {
    let folder = Folder::new();
    let salt = ["speciate", "--total", "Na=0.1 mol/kg", "--total", "Cl=0.05 mol/kg", "--ph", "7"];
    // 0.05 of 0.15 mol/kg of charges, the pair NaCl aside
    let text = done(&folder, &salt);
    assert!(text.contains("the charges do not balance: +33."), "{text}");
    let mut json = salt.to_vec();
    json.extend(["--format", "json"]);
    let object: Value = serde_json::from_str(&done(&folder, &json)).unwrap();
    let error = object["charge_error_percent"].as_f64().unwrap();
    assert!((error - 100.0 / 3.0).abs() < 1.0, "{error}");
    assert!(object["warning"].as_str().unwrap().contains("do not balance"));
    let mut balanced = salt.to_vec();
    balanced.extend(["--balance", "Cl"]);
    assert!(!done(&folder, &balanced).contains("do not balance"));
}

/// Iron hydroxide at pH 7: as PHREEQC does it the pH given is that of the liquor before, which is said; held, it is that of the answer.
#[test]
fn a_ph_is_held_where_that_is_asked_for() {
    let folder = Folder::new();
    let iron = ["Fe(3)=0.01 mol/kg", "Cl=0.03 mol/kg", "Na=0.03 mol/kg"];
    let mut args = vec!["speciate", "--ph", "7", "--solid", "2-line ferrihydrite", "--format", "json"];
    iron.iter().for_each(|total| args.extend(["--total", total]));
    let moved: Value = serde_json::from_str(&done(&folder, &args)).unwrap();
    assert!(moved["ph"].as_f64().unwrap() < 3.0);
    assert!(moved["warning"].as_str().unwrap().contains("`--hold-ph` keeps it"), "{moved}");
    args.push("--hold-ph");
    let held: Value = serde_json::from_str(&done(&folder, &args)).unwrap();
    assert!((held["ph"].as_f64().unwrap() - 7.0).abs() < 1e-9, "{held}");
    let left = 0.01 - held["solids_mol"]["2-line ferrihydrite"].as_f64().unwrap();
    assert!((0.0..1e-7).contains(&left), "{left}");
}

/// With its couples open the iron of a titration is all iron, though the totals name its states.
#[test]
fn open_elements_are_told_whole() {
    let folder = Folder::new();
    let mut args = vec!["speciate", "--total", "Fe(2)=0.1 mol/kg", "--total", "Fe(3)=0.001 mol/kg"];
    args.extend(["--total", "Cl=0.203 mol/kg", "--open", "Fe", "--titrate", "HCl", "--to", "0.1 mol/kg"]);
    args.extend(["--steps", "2", "--format", "csv"]);
    let table = done(&folder, &args);
    assert!(table.contains("Fe dissolved") && !table.contains("Fe(2) dissolved"), "{table}");
}

#[test]
fn what_tells_too_little_of_a_liquor_is_refused() {
    let folder = Folder::new();
    let water = ["speciate", "--total", "Na=0.1 mol/kg", "--total"];
    for (more, told) in [
        (&["Alkalinity=0.1 mol/kg"][..], "an alkalinity needs the pH"),
        (&["Alkalinity=0.1 mol/kg", "--total", "C=0.1 mol/kg", "--ph", "8"], "both tell the carbonate"),
        (&["Fe=0.1 mol/kg", "--open", "Fee", "--eh", "0.7 V"], "no such element; did you mean `Fe`?"),
        (&["Fe=0.1 mol/kg", "--open", "Fe", "--eh", "23 V"], "is no potential of a solution"),
        (&["C=0.1 mol/kg", "--total", "Ca=0.1 mol/kg", "--gas", "Calcite=1"], "no gas `Calcite`"),
        (&["C=0.1 mol/kg", "--gas", "CO2(g)=1", "--gas", "CO2(g)=0.1"], "`CO2(g)` is given twice"),
    ] {
        let message = ends(&folder, 2, &[&water[..], more].concat());
        assert!(message.contains(told), "{more:?}: {message}");
    }
}

#[test]
fn constants_without_a_temperature_law_are_named_away_from_25_degrees() {
    let folder = Folder::new();
    std::fs::write(
        folder.path().join("pairs.dat"),
        "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nO H2O 0 O 16\nA A+ 0 A 50\nB B- 0 B 50\n\
         SOLUTION_SPECIES\nH+ = H+\nH2O = H2O\nA+ = A+\nB- = B-\nH2O = OH- + H+\n log_k -14\n delta_h 55.8 kJ\n\
         A+ + B- = AB\n log_k 2\nA+ + H2O = AOH + H+\n log_k -12\n",
    )
    .unwrap();
    let at = |temperature: &str| {
        let totals = ["--total", "A=0.1 mol/kg", "--total", "B=0.1 mol/kg", "--temperature", temperature];
        let mut args = vec!["speciate", "--database", "pairs.dat", "--model", "ideal"];
        args.extend(totals);
        done(&folder, &args)
    };
    let hot = at("60 degC");
    assert!(hot.contains("the constants of AB are known at 25 degC alone and held at 60 degC"), "{hot}");
    assert!(!at("30 degC").contains("25 degC alone"));
}

#[test]
fn a_database_that_forms_a_species_of_nothing_is_refused_with_its_line() {
    let folder = Folder::new();
    let text = "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nO H2O 0 O 16\nCu Cu+2 0 Cu 63.5\n\
                SOLUTION_SPECIES\nH+ = H+\nH2O = H2O\nCu+2 = Cu+2\nH2O = OH- + H+\n log_k -14\n  Cu+3 + H2O = CuOH+2 + H+\n log_k -8\n";
    std::fs::write(folder.path().join("own.dat"), text).unwrap();
    let told = ends(&folder, 2, &["speciate", "--database", "own.dat", "--total", "Cu=0.1 mol/kg"]);
    assert!(told.contains("own.dat: line 11, column 3: "), "{told}");
    assert!(told.contains("defines `Cu+3`; did you mean `Cu+2`?"), "{told}");
}

#[test]
fn a_liquor_is_refused_before_it_is_solved() {
    let folder = Folder::new();
    let liquor = ["speciate", "--total", "Cu=0.01 mol/kg"];
    let with = |more: &[&'static str]| liquor.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    for ph in ["-5", "-2.1", "17"] {
        let told = ends(&folder, 2, &with(&["--ph", ph]));
        assert!(told.contains("out of range (-2 to 16)"), "{told}");
    }
    done(&folder, &with(&["--ph", "-2"]));
    assert!(ends(&folder, 2, &with(&["-o", "x.csv"])).contains("--titrate"));
    // a titration that has no end would be an error of its own, were it begun
    let titrated = ["--titrate", "NaOH", "--to-ph", "15.9", "-o", "missing/x.csv"];
    assert!(ends(&folder, 1, &with(&titrated)).contains("the folder `missing` does not exist"));
    assert!(folder.names().is_empty());
}

/// A result never takes the place of what it was made from, and a leach may end at any time.
#[test]
fn a_result_replaces_results_alone_and_any_time_ends_a_leach() {
    let folder = Folder::new();
    let scenario = std::fs::read(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/lco-sulfuric-peroxide.toml"),
    )
    .unwrap();
    std::fs::write(folder.path().join("own.toml"), &scenario).unwrap();
    let args = [
        "run",
        "own.toml",
        "--set",
        "units.leach.points=7",
        "--set",
        "units.leach.time=1984.8967760549162 s",
    ];
    let told = ends(&folder, 1, &[&args[..], &["-o", "own.toml"]].concat());
    assert!(told.contains("no HDF5 file"), "{told}");
    let output = lixivia(&folder).args(args).args(["-o", "own.toml", "--format", "json"]).output().unwrap();
    assert_eq!(json_object(&output.stdout)["error"]["code"], "W01");
    assert_eq!(std::fs::read(folder.path().join("own.toml")).unwrap(), scenario);
    for _ in 0..2 {
        done(&folder, &[&args[..], &["-o", "own.h5"]].concat());
    }
}
