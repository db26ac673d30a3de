//! `lixivia fit` as a user meets it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Folder, json_object, lixivia, text};
use serde_json::Value;

fn run(folder: &Folder, code: i32, args: &[&str]) -> (String, String) {
    let output = lixivia(folder).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

fn fit(folder: &Folder, args: &[&str]) -> Value {
    json_object(run(folder, 0, &[&["fit"], args, &["--format", "json"]].concat()).0.as_bytes())
}

fn estimate<'v>(object: &'v Value, model: usize, name: &str) -> &'v Value {
    let all = object["models"][model]["estimates"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name} in {all:?}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Whether the estimate's interval holds a value.
fn holds(estimate: &Value, truth: f64) -> bool {
    number(&estimate["interval_95"][0]) <= truth && truth <= number(&estimate["interval_95"][1])
}

const LINE: &str = r#"format = 1
title = "A straight line"
[[data]]
csv = "line.csv"
formula = "a + b*x"
value = "y"
error = "0.1"
[parameters.a]
start = "0"
[parameters.b]
start = "0"
"#;

/// Estimates, errors and correlation of a straight line, from the closed formulas of linear regression.
#[test]
fn a_straight_line_agrees_with_linear_regression() {
    let folder = Folder::new();
    let points = [(1.0, 2.1), (2.0, 3.9), (3.0, 6.2), (4.0, 7.8), (5.0, 10.1), (6.0, 11.9_f64)];
    let rows: String = points.iter().map(|(x, y)| format!("{x},{y}\n")).collect();
    std::fs::write(folder.path().join("line.csv"), format!("x,y\n{rows}")).unwrap();
    std::fs::write(folder.path().join("line.toml"), LINE).unwrap();
    let n = points.len() as f64;
    let (sx, sy): (f64, f64) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let sxx: f64 = points.iter().map(|(x, _)| (x - sx / n).powi(2)).sum();
    let sxy: f64 = points.iter().map(|(x, y)| (x - sx / n) * (y - sy / n)).sum();
    let slope = sxy / sxx;
    let intercept = sy / n - slope * sx / n;
    let rest: f64 = points.iter().map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
    let deviation = (rest / (n - 2.0)).sqrt();
    let object = fit(&folder, &["line.toml", "--profile", "--cross-validate", "experiment"]);
    let (a, b) = (estimate(&object, 0, "a"), estimate(&object, 0, "b"));
    assert!((number(&a["value"]) - intercept).abs() < 1e-6 && (number(&b["value"]) - slope).abs() < 1e-6);
    assert!((number(&b["standard_error"]) / (deviation / sxx.sqrt()) - 1.0).abs() < 1e-4);
    // 2.776445 is Student's quantile for 4 degrees of freedom at 97.5 %
    let half = 2.776445 * deviation / sxx.sqrt();
    assert!((number(&b["interval_95"][1]) - slope - half).abs() < 1e-4 * half);
    assert!(
        (number(&b["profile_95"][1]) - slope - half).abs() < 0.02 * half,
        "of a linear model they agree: {b}"
    );
    let correlation = -(sx / n) / (sxx / n + (sx / n).powi(2)).sqrt();
    assert!((number(&object["models"][0]["correlation"][0][1]) - correlation).abs() < 1e-4);
    // leaving one out of a linear model: residual / (1 - leverage)
    let left: f64 = points
        .iter()
        .map(|(x, y)| {
            let leverage = 1.0 / n + (x - sx / n).powi(2) / sxx;
            (100.0 * (y - intercept - slope * x) / (1.0 - leverage) / y).abs()
        })
        .sum::<f64>()
        / n;
    let first_order = &object["cross_validation"]["elements"][0];
    assert!((number(&first_order["mae_points"]) / left - 1.0).abs() < 1e-3, "{first_order} {left}");
    let refitted = fit(&folder, &["line.toml", "--cross-validate", "experiment", "--refits", "5"]);
    let refitted = number(&refitted["cross_validation"]["elements"][0]["mae_points"]);
    assert!((refitted / left - 1.0).abs() < 1e-3, "{refitted} {left}");
}

/// Of 200 data sets made with known rates and errors, 95 % intervals must hold the truth about 190 times (the binomial
/// standard deviation is 3.1).
#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let folder = Folder::new();
    let r = 8.314462618;
    let rates: String = (0..9)
        .map(|k| {
            let t = 298.15 + 7.5 * f64::from(k);
            format!("{t},{:e}\n", 2e-5 * (-60e3 / r * (1.0 / t - 1.0 / 328.15)).exp())
        })
        .collect();
    std::fs::write(folder.path().join("rates.csv"), format!("T_K,k\n{rates}")).unwrap();
    let file = r#"format = 1
title = "Arrhenius"
errors = "stated"
[[data]]
csv = "rates.csv"
formula = "k_ref*exp(-E*1000/8.314462618*(1/T_K - 1/328.15))"
value = "k"
error = "0.1*k"
[parameters.k_ref]
start = "1e-5"
scale = "log"
[parameters.E]
start = "30"
"#;
    std::fs::write(folder.path().join("a.toml"), file).unwrap();
    let object = fit(&folder, &["a.toml", "--synthetic", "200"]);
    assert!((number(&estimate(&object, 0, "E")["value"]) - 60.0).abs() < 1e-4);
    for one in object["coverage"]["parameters"].as_array().unwrap() {
        let held = number(&one["held"]);
        assert!((0.90..=0.995).contains(&held), "{one}");
    }
    assert_eq!(object["coverage"]["data_sets"], 200);
}

const RUNS: &str =
    "id,process,element,of,value [%],error [%],units.leach.time [min],units.leach.temperature [degC]\n";

/// A rate constant and its activation energy from a plant's own runs with noise, and the process file that is written.
#[test]
fn kinetics_are_recovered_from_noisy_runs_and_written() {
    let folder = Folder::new();
    let at = |name: &str| folder.path().join(name);
    let noise = [0.6, -1.1, 0.3, 1.4, -0.7, -0.2, 0.9, -1.0, 0.1]; // fixed numbers in points, standard deviation 0.85
    let runs: Vec<(f64, f64)> =
        [50.0, 65.0, 80.0].iter().flat_map(|t| [5.0, 12.0, 25.0].map(|minutes| (minutes, *t))).collect();
    let table = |values: &[f64]| {
        let rows = runs.iter().zip(values).enumerate().map(|(index, ((minutes, celsius), value))| {
            format!("r{index},cobalt/lco-sulfuric-peroxide,Co,units.leach.extraction.Co,{value},1,{minutes},{celsius}\n")
        });
        format!("{RUNS}{}", rows.collect::<String>())
    };
    std::fs::write(at("blank.csv"), table(&[50.0; 9])).unwrap();
    let truth = ["--set", "parameters.k_p=\"3e-7 m/s\""];
    let (stdout, _) = run(
        &folder,
        0,
        &[&["validate", "--cases", "blank.csv", "--draws", "0", "--format", "json"], &truth[..]].concat(),
    );
    let object = json_object(stdout.as_bytes());
    let cases = object["cases"].as_array().unwrap();
    let made: Vec<f64> =
        cases.iter().zip(noise).map(|(case, noise)| 100.0 * number(&case["predicted"]) + noise).collect();
    std::fs::write(at("runs.csv"), table(&made)).unwrap();
    let file = r#"format = 1
title = "Peroxide path"
errors = "stated"
[[data]]
cases = "runs.csv"
[parameters.k_p]
of = "parameters.k_p"
scale = "log"
start = "1e-7 m/s"
min = "1e-9 m/s"
max = "1e-5 m/s"
[parameters.E]
of = "parameters.k_p.ea"
start = "30 kJ/mol"
"#;
    std::fs::write(at("peroxide.toml"), file).unwrap();
    let object =
        fit(&folder, &["peroxide.toml", "--write", "fitted.toml", "--rows", "rows.csv", "--plots", "plots"]);
    let (k, e) = (estimate(&object, 0, "k_p"), estimate(&object, 0, "E"));
    assert!(holds(k, 3e-7), "{k}");
    assert!(holds(e, 52.3e3), "{e}");
    assert!(number(&k["standard_error"]) < 0.1 * 3e-7 && number(&e["standard_error"]) < 6e3, "{k} {e}");
    assert_eq!(std::fs::read_to_string(at("rows.csv")).unwrap().lines().count(), 10);
    assert!(std::fs::read(at("plots/residuals.png")).unwrap().starts_with(b"\x89PNG"));
    let written = std::fs::read_to_string(at("fitted.toml")).unwrap();
    for part in
        ["source = \"fit:peroxide\"", "[fits.peroxide]", "[covariance]", "\"k_p.ea\"", "runs.csv sha256:"]
    {
        assert!(written.contains(part), "{part}: {written}");
    }
    // in the place of the shipped process it predicts what was fitted, with the covariance behind its interval
    std::fs::create_dir_all(at("library/cobalt")).unwrap();
    std::fs::write(at("library/cobalt/lco-sulfuric-peroxide.toml"), &written).unwrap();
    std::fs::write(at("new.csv"), table(&made).replace("r0,", "n0,")).unwrap();
    let args = ["validate", "--cases", "new.csv", "--library", "library", "--format", "json"];
    let (_, words) =
        run(&folder, 2, &[&["validate", "--cases", "runs.csv", "--library", "library"][..]].concat());
    assert!(words.contains("is no prediction"), "the fitted experiments' source is `runs`: {words}");
    let (stdout, _) = run(&folder, 0, &args);
    let object = json_object(stdout.as_bytes());
    let within = object["cases"].as_array().unwrap().iter().filter(|case| case["within_90"] == true).count();
    assert!(within >= 7, "{within} of 9");
}

#[test]
fn the_better_of_two_models_is_named() {
    let folder = Folder::new();
    let rows: String = (1..=12)
        .map(|k| {
            let t = f64::from(k);
            let noise = [0.004, -0.006, 0.002, -0.001, 0.005, -0.004][k as usize % 6];
            format!("{t},{}\n", 1.0 - (1.0 - 0.05 * t).powi(3) + noise)
        })
        .collect();
    std::fs::write(folder.path().join("x.csv"), format!("t,x\n{rows}")).unwrap();
    let file = r#"format = 1
title = "Rate laws"
starts = 3
[[data]]
csv = "x.csv"
formula = "1 - (1 - k*t)^3"
value = "x"
error = "0.005"
[parameters.k]
start = "0.01"
min = "0.001"
max = "0.5"
[candidates.surface]
[candidates.first-order]
formula = "1 - exp(-k*t)"
"#;
    std::fs::write(folder.path().join("laws.toml"), file).unwrap();
    let object = fit(&folder, &["laws.toml"]);
    assert_eq!(object["best"], "surface");
    assert!(number(&object["models"][0]["aicc"]) + 10.0 < number(&object["models"][1]["aicc"]));
    assert!(holds(estimate(&object, 0, "k"), 0.05));
    let (words, _) = run(&folder, 0, &["fit", "laws.toml"]);
    assert!(words.contains("first-order") && words.contains("Models"), "{words}");
}

#[test]
fn faults_of_fit_files_are_told_with_their_place() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("line.csv"), "x,y\n1,2\n2,4\n3,7\n").unwrap();
    let cases = format!("{RUNS}a,cobalt/lco-sulfuric-peroxide,Co,units.leach.extraction.Co,80,1,30,70\n");
    std::fs::write(folder.path().join("cases.csv"), cases).unwrap();
    let plant = "format = 1\ntitle = \"p\"\n[[data]]\ncases = \"cases.csv\"\n[parameters.k]\nof = \"parameters.k_p\"\n";
    for (content, wanted) in [
        (LINE.replace("b*x", "b*z"), vec!["x.toml:5:", "`z`"]),
        (
            LINE.replace("[parameters.b]\nstart = \"0\"", "[parameters.b]"),
            vec!["x.toml:10:", "needs a `start`"],
        ),
        (
            LINE.replace("start = \"0\"\n[parameters.b]", "strat = \"0\"\n[parameters.b]"),
            vec!["did you mean `start`?"],
        ),
        (LINE.replace("line.csv", "lime.csv"), vec!["x.toml:4:", "there is no file `lime.csv`"]),
        (LINE.replace("error = \"0.1\"", "error = \"0\""), vec!["line.csv:2:1", "standard error"]),
        (LINE.replace("title", "loss = \"square\"\ntitle"), vec!["x.toml:2:8", "linear, huber, cauchy"]),
        (plant.replace("k_p\"", "k_q\""), vec!["x.toml:6:6", "no experiment has a number"]),
        (format!("{plant}max = \"3 g/L\"\n"), vec!["x.toml:7:7", "max"]),
        (format!("{plant}min = \"1 m/s\"\n"), vec!["must lie between"]),
        (format!("{plant}per = \"lab\"\n"), vec!["x.toml:7:7", "no column `lab`"]),
        (
            plant.replace(
                "cases.csv",
                "cases.csv\"\nwithout = [\"a\"]\nprocess = \"cobalt/lco-sulfuric-peroxide",
            ),
            vec!["nothing to fit"],
        ),
    ] {
        std::fs::write(folder.path().join("x.toml"), &content).unwrap();
        let (_, words) = run(&folder, 2, &["fit", "x.toml"]);
        for wanted in wanted {
            assert!(words.contains(wanted), "lacks `{wanted}`: {words}\n{content}");
        }
    }
    std::fs::write(folder.path().join("x.toml"), LINE).unwrap();
    let (_, words) = run(&folder, 2, &["fit", "x.toml", "--cross-validate", "lab"]);
    assert!(words.contains("no column `lab`"), "{words}");
    std::fs::write(folder.path().join("x.toml"), LINE.replace("title", "starts = 4\ntitle")).unwrap();
    let (_, words) = run(&folder, 2, &["fit", "x.toml"]);
    assert!(words.contains("needs `min` and `max`") && words.contains("x.toml:"), "{words}");
    // a cell that is no number is not an empty one
    std::fs::write(folder.path().join("x.toml"), LINE).unwrap();
    std::fs::write(folder.path().join("line.csv"), "x,y\n1,2\n2,4m\n3,7\n").unwrap();
    let (_, words) = run(&folder, 2, &["fit", "x.toml"]);
    assert!(words.contains("line.csv:3:3") && words.contains("`4m`"), "{words}");
    std::fs::write(folder.path().join("line.csv"), "x,y\n1,2\n").unwrap();
    let (_, words) = run(&folder, 2, &["fit", "x.toml"]);
    assert!(words.contains("x.toml:1:1") && words.contains("2 parameters cannot be estimated"), "{words}");
}

#[test]
fn a_profile_names_the_ends_that_it_does_not_have() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("line.csv"), "x,y\n1,2\n2,4\n3,7\n4,9\n").unwrap();
    std::fs::write(folder.path().join("x.toml"), format!("{}\nmax = \"2.5\"\n", LINE.trim_end())).unwrap();
    let (words, _) = run(&folder, 0, &["fit", "x.toml", "--profile"]);
    assert!(words.contains("no end of the profile") && words.contains("upper of b"), "{words}");
}
