//! Keys that a design or a method does not read, words and names that mean nothing, and where the faults of a design as a whole stand.

use super::*;

const SOBOL: &str = "design = \"sobol\"\ncases = 8";

/// A key that is not read is a fault at its value, which names who reads it.
#[test]
fn keys_that_a_design_does_not_read_are_refused() {
    for (design, begins, words) in [
        ("design = \"grid\"\ncases = 5", "F02 3:9", "latin-hypercube, sobol and monte-carlo read it"),
        ("design = \"grid\"\nfile = \"c.csv\"", "F02 3:8", "`file` has no meaning in the design grid"),
        ("design = \"grid\"\nseed = 3", "F02 3:8", "saltelli and morris read it"),
        ("design = \"one-at-a-time\"\nlevels = 6", "F02 3:10", "morris reads it"),
        ("design = \"one-at-a-time\"\npaths = 6", "F02 3:9", "morris reads it"),
    ] {
        let factor = T.replace(", points = 3", "");
        assert_told(&of_sweep(&sweep(design, &factor, CO)), begins, &["would be ignored", words]);
    }
    let base = format!("{SOBOL}\nbase = 4");
    let plain = T.replace(", points = 3", "");
    assert_told(&of_sweep(&sweep(&base, &plain, CO)), "F02 4:8", &["`base`", "saltelli reads it"]);
    assert_told(
        &of_sweep(&sweep(SOBOL, T, CO)),
        "F02 5:",
        &["`points` has no meaning", "grid and zip read it"],
    );
    assert_eq!(of_sweep(&sweep(SOBOL, &plain, CO)), Vec::<String>::new());
    // the list that whole numbers are drawn from
    let whole = r#"p = { set = "units.leach.points", from = 5, to = 7, points = 3 }"#;
    assert_eq!(of_sweep(&sweep(SOBOL, whole, CO)), Vec::<String>::new());
}

#[test]
fn keys_that_a_method_does_not_read_are_refused() {
    let sought = |keys: &str| of_optimise(&optimise(&format!("{keys}\nmaximise = [\"Co\"]"), T, CO));
    assert_told(&sought("population = 20"), "F02 2:14", &["the method slsqp", "nsga2 reads it"]);
    assert_told(&sought("method = \"cobyla\"\nseed = 2"), "F02 3:8", &["cma-es and nsga2 read it"]);
    let front = "method = \"nsga2\"\nevaluations = 9\nminimise = [\"acid_left\"]\nmaximise = [\"Co\"]";
    let outputs = format!("{CO}\nacid_left = \"streams.leach.slurry.free_acid\"");
    assert_told(
        &of_optimise(&optimise(front, T, &outputs)),
        "F02 3:15",
        &["slsqp, cobyla and cma-es read it"],
    );
    let points =
        format!("{BASE}[optimise]\nmaximise = [\"Co\"]\n[optimise.factors]\n{T}\n[optimise.outputs]\n{CO}\n");
    assert_told(&of_optimise(&points), "F02 4:", &["`points` has no meaning beside a range to search"]);
    let folder = Folder::new();
    folder.write("a.toml", &optimise(&front.replace("evaluations = 9\n", ""), T, &outputs));
    let output = lixivia(&folder).args(["optimise", "a.toml", "--evaluations", "9"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`population` and `generations`"), "{}", text(&output.stderr));
}

/// Aims that are too many or too few for the method stand at their line, also for `check`.
#[test]
fn aims_that_a_method_cannot_have_are_told_where_they_stand() {
    let outputs = format!("{CO}\nacid_left = \"streams.leach.slurry.free_acid\"");
    let two = optimise("maximise = [\"Co\"]\nminimise = [\"acid_left\"]", T, &outputs);
    assert_told(&of_optimise(&two), "F02 3:13", &["2 aims", "slsqp", "write `method = \"nsga2\"`"]);
    let one = optimise("method = \"nsga2\"\nmaximise = [\"Co\"]", T, &outputs);
    assert_told(&of_optimise(&one), "F02 3:13", &["two aims or more"]);
    let folder = Folder::new();
    folder.write("a.toml", &two);
    let output = lixivia(&folder).args(["check", "a.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    // the method of the command line is the one that counts
    let swapped = lixivia(&folder).args(["optimise", "a.toml", "--method", "cobyla"]).output().unwrap();
    assert!(text(&swapped.stderr).contains("which the method cobyla seeks"), "{}", text(&swapped.stderr));
}

/// Words and whole numbers are for sweeps; the advice is one that `optimise` takes.
#[test]
fn what_no_method_seeks_is_told_so() {
    let sought = |factor: &str| of_optimise(&optimise("maximise = [\"Co\"]", factor, CO));
    for factor in [
        r#"p = { set = "units.leach.points", from = 5, to = 8 }"#,
        r#"p = { set = "units.leach.points", distribution = "normal", mean = 5, sd = 1 }"#,
        r#"p = { set = "units.leach.adiabatic", values = [true, false] }"#,
    ] {
        let told = sought(factor);
        assert_told(&told, "F02 4:1", &["which no method seeks", "vary it in a `[sweep]`"]);
        assert!(!told[0].contains("values ="), "{told:?}");
    }
}

/// Names of the library in a list of words are tried before any case.
#[test]
fn words_that_mean_nothing_are_refused_before_any_case() {
    let listed = |path: &str, words: &str| format!("w = {{ set = \"{path}\", values = {words} }}");
    let stocks = listed("units.solids.feedstock", r#"["lco-powder", "lco-powdr"]"#);
    assert_told(
        &of_sweep(&sweep(GRID, &stocks, CO)),
        "N01 4:63",
        &["unknown feedstock `lco-powdr`", "the processes in use have `lco-powder`"],
    );
    let processes =
        listed("processes.0", r#"["cobalt/lco-sulfuric-peroxide", "cobalt/lco-sulfuric-peroxid"]"#);
    assert_told(
        &of_sweep(&sweep(GRID, &processes, CO)),
        "N01 4:",
        &["unknown process", "did you mean `cobalt/lco-sulfuric-peroxide`?"],
    );
    assert_told(&of_sweep(&sweep(GRID, &listed("basis", r#"["batch", "bach"]"#), CO)), "N01 4:", &["`bach`"]);
    let folder = Folder::new();
    folder.write("a.toml", &sweep(GRID, &stocks, CO));
    for command in [["check", "a.toml", "--format=text"], ["sweep", "a.toml", "--dry-run"]] {
        let output = lixivia(&folder).args(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {}", text(&output.stderr));
    }
}

/// The times of each case are recorded under a name of their own: whoever bears it is told at its line, by `check` too.
#[test]
fn a_name_that_the_times_of_each_case_need_is_refused_at_its_line() {
    let time = r#"t = { set = "units.leach.time", values = ["5 min", "10 min"] }"#;
    let course = "course = \"units.leach.profile.conversion.LiCoO2(s)\"";
    let scenario = sweep(GRID, time, &format!("{course}\nleach_time = \"units.leach.extraction.Co\""));
    assert_told(
        &of_sweep(&scenario),
        "F02 7:1",
        &["`leach_time` is taken", "the time of `leach` in each case"],
    );
    let factor = sweep(GRID, &time.replace("t = {", "leach_time = {"), course);
    assert_told(&of_sweep(&factor), "F02 4:1", &["`leach_time` is taken"]);
    let folder = Folder::new();
    folder.write("a.toml", &scenario);
    let output = lixivia(&folder).args(["check", "a.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a.toml:19:1"), "{}", text(&output.stderr));
}

/// Spreads that are none are told in the user's own units and at the number that is wrong.
#[test]
fn a_spread_that_is_none_is_told_as_it_was_written() {
    let set = |spread: &str| format!(r#"T = {{ set = "units.leach.temperature", {spread} }}"#);
    let swept = |spread: &str| of_sweep(&sweep(GRID, &set(spread), CO));
    let reversed = swept(r#"from = "80 degC", to = "20 degC""#);
    assert_told(&reversed, "Q02 4:63", &["goes from 80 degC to 20 degC"]);
    let outside = swept(r#"distribution = "triangular", min = "40 degC", mode = "90 degC", max = "60 degC""#);
    assert_told(&outside, "Q02 4:", &["the mode 90 degC lies outside of 40 degC to 60 degC"]);
    let still = swept(r#"distribution = "normal", mean = "40 degC", sd = "0 K""#);
    assert_told(&still, "Q02 4:", &["must be positive, got 0 K"]);
    let cut = swept(r#"distribution = "normal", mean = "40 degC", sd = "1 K", min = "90 degC""#);
    assert_told(&cut, "Q02 4:", &["90 degC to any higher value"]);
    let bare = r#"n = { set = "solver.max_passes", from = 9, to = 5, points = 5 }"#;
    assert_told(&of_sweep(&sweep(GRID, bare, CO)), "Q02 4:", &["from 9 to 5"]);
}

/// Faults of a design as a whole stand at the key that causes them.
#[test]
fn faults_of_a_design_stand_at_their_cause() {
    let plain = T.replace(", points = 3", "");
    let swept = |design: &str, factors: &str, outputs: &str| of_sweep(&sweep(design, factors, outputs));
    assert_told(&swept("design = \"sobol\"", &plain, CO), "S04 2:10", &["needs `cases`"]);
    assert_told(&swept("design = \"csv\"", "", CO), "S04 2:10", &["needs `file`"]);
    assert_told(
        &swept("design = \"morris\"\npaths = 2\nlevels = 5", &plain, CO),
        "F02 4:10",
        &["even number"],
    );
    let drawn =
        r#"m = { set = "units.filter.moisture", distribution = "normal", mean = "30 %", sd = "1 %" }"#;
    assert_told(&swept(GRID, drawn, CO), "F02 4:53", &["is a distribution"]);
    let zipped = format!("{T}\nm = {{ set = \"units.filter.moisture\", values = [0.2, 0.3] }}");
    assert_told(&swept("design = \"zip\"", &zipped, CO), "F02 5:47", &["`T` has 3, `m` has 2"]);
    let correlated = "design = \"grid\"\ncorrelations = [{ between = [\"T\", \"T\"], r = 0.5 }]";
    assert_told(&swept(correlated, T, CO), "F02 3:", &["two different factors"]);
    assert_told(&swept("design = \"grid\"\nuncertainties = true", T, CO), "F02 3:17", &["distributions"]);
}

/// A column that no factor reads is a fault at its title.
#[test]
fn columns_that_are_no_factor_are_refused() {
    let folder = Folder::new();
    let library = Library::load(None).unwrap();
    let scenario =
        sweep("design = \"csv\"\nfile = \"c.csv\"", "T = { set = \"units.leach.temperature\" }", CO);
    folder.write("c.csv", "T [degC],acid [mol/L]\n50,1\n");
    let model = model(folder.path(), &scenario, &library);
    let told = told(&faults(Ready::new(model, &library).unwrap_err()));
    assert_told(&told, "N01 1:10", &["no factor is called `acid`", "[sweep.factors]"]);
}

/// A rate constant is never negative: in a list, in a range, or drawn.
#[test]
fn negative_rate_constants_are_refused() {
    let k = |spread: &str| format!("k = {{ set = \"parameters.k_a\", {spread} }}");
    let list = k(r#"values = ["1e-6 mol/(m2 s)", "-1e-6 mol/(m2 s)"]"#);
    assert_told(&of_sweep(&sweep(GRID, &list, CO)), "Q02 4:", &["-1e-6 mol/(m2 s)", "expected at least 0"]);
    let range = k(r#"from = "-1e-6 mol/(m2 s)", to = "1e-6 mol/(m2 s)""#);
    assert_told(&of_sweep(&sweep(GRID, &range, CO)), "Q02 4:", &["at least 0"]);
    assert_told(&of_optimise(&optimise("maximise = [\"Co\"]", &range, CO)), "Q02 4:", &["at least 0"]);
    let library = Library::load(None).unwrap();
    let drawn = k(r#"distribution = "normal", mean = "1e-6 mol/(m2 s)", sd = "1e-6 mol/(m2 s)""#);
    let model = model(Path::new(""), &sweep("design = \"monte-carlo\"\ncases = 9", &drawn, CO), &library);
    let ready = Ready::new(model, &library).unwrap_or_else(|error| panic!("{}", faults(error).render(false)));
    use lixivia::sweep::engine::Model as _;
    let error = ready.plant.run(0, &[-1e-7], &mut [0.0]).unwrap_err();
    assert!(error.message.contains("factor `k` = -") && error.message.contains("at least 0"), "{error}");
    ready.plant.run(0, &[0.0], &mut [0.0]).unwrap();
}
