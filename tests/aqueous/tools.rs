//! `speciate`, `speciate --titrate`, `diagram` and `pourbaix` as a user meets them.

use crate::common::{Folder, json_object, lixivia, text};
use lixivia::report::hdf5;

/// Standard output of a command that must succeed.
fn done(folder: &Folder, args: &[&str]) -> String {
    let output = lixivia(folder).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard error of a command that must end with this exit code and leave nothing behind.
fn fails(code: i32, args: &[&str], message: &str) {
    let folder = Folder::new();
    for write in [&[][..], &["-o", "a.svg", "-o", "a.h5"][..]] {
        let pictures = args[0] != "speciate" || args.contains(&"--titrate");
        if !write.is_empty() && (!pictures || args.contains(&"-o")) {
            continue;
        }
        let output = lixivia(&folder).args(args).args(write).output().unwrap();
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {words}");
        assert!(words.contains(message), "{args:?}: {words}");
        assert!(folder.names().is_empty(), "{args:?} left {:?}", folder.names());
    }
}

#[test]
fn wrong_input_is_told_and_nothing_is_written() {
    let cu = ["--total", "Cu=0.05 mol/kg"];
    let speciate = |more: &[&'static str]| [&["speciate"], &cu[..], more].concat();
    let diagram = |more: &[&'static str]| [&["diagram", "solubility"], &cu[..], more].concat();
    fails(2, &["speciate"], "give the totals");
    fails(2, &["speciate", "--total", "Cuu=0.05 mol/kg"], "did you mean `Cu`");
    fails(2, &["speciate", "--total", "Cu=-0.05 mol/kg"], "is no amount");
    fails(2, &["speciate", "--total", "Cu=nan mol/kg"], "not a finite number");
    fails(2, &["speciate", "--total", "Cu=0.05"], "Cu");
    fails(2, &["speciate", "--total", "Cu=5 degC"], "Cu");
    fails(2, &["speciate", "--total", "Cu"], "write a name and an amount");
    fails(2, &speciate(&["--ph", "nan"]), "out of range");
    fails(2, &speciate(&["--ph", "99"]), "out of range");
    fails(2, &speciate(&["--temperature", "-300 degC"]), "");
    fails(2, &speciate(&["--temperature", "900 degC"]), "out of range");
    fails(2, &speciate(&["--eh", "0.7 V"]), "--open");
    fails(2, &speciate(&["--open", "Cu", "--eh", "0.7 m"]), "no potential");
    fails(2, &speciate(&["--temperature", "360 degC"]), "out of range (-30 to 350 degC)");
    fails(2, &speciate(&["--total", "Cu=0.1 mol/kg", "--total", "Cu=0.2 mol/kg"]), "given twice");
    fails(2, &speciate(&["--open", "Cu"]), "give Cu as Cu(1) and Cu(2)");
    fails(2, &speciate(&["--solid", "Malachit"]), "no solid `Malachit`; did you mean `Malachite`");
    fails(2, &speciate(&["--solid", "CuO(s)=nan"]), "no number");
    fails(2, &speciate(&["--gas", "O2(g)=-1"]), "no gas and pressure");
    fails(2, &speciate(&["--balance", "Cl", "--ph", "5"]), "`Cl` is not in this liquor");
    fails(2, &speciate(&["--database", "nowhere.dat"]), "nowhere.dat");
    let no_database = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    fails(2, &speciate(&["--database", no_database]), "README.md: no PHREEQC database");
    fails(2, &["speciate", "--batch", "/dev/null"], "one JSON object a line is expected");
    fails(2, &speciate(&["--model", "pitzer"]), "no parameters of the Pitzer model");
    fails(2, &speciate(&["--titrate", "NaOH", "--ph", "4"]), "--to");
    fails(2, &speciate(&["--titrate", "NaXx", "--to", "1 mol/kg", "--ph", "4"]), "Xx");
    fails(2, &speciate(&["--titrate", "NaOH", "--to", "-1 mol/kg", "--ph", "4"]), "is no amount");
    fails(2, &speciate(&["--titrate", "NaOH", "--to-ph", "nan", "--ph", "4"]), "out of range");
    fails(2, &speciate(&["--titrate", "NaOH", "--to-ph", "8", "--ph", "4", "-o", "a.pdf"]), "must end in");
    fails(2, &diagram(&["--ph", "9", "3"]), "rising");
    fails(2, &diagram(&["--of", "Ag"]), "not in this liquor");
    fails(2, &diagram(&["--omit", "Malachit"]), "form no such solid");
    fails(2, &["pourbaix", "Cuu"], "did you mean `Cu`");
    fails(2, &["pourbaix", "Cyanide"], "--ligand Cyanide=1e-3");
    fails(2, &["pourbaix", "Fe(3)"], "write `Fe`");
    fails(2, &["pourbaix", "Cu", "--activity", "-1"], "means nothing");
    fails(2, &["pourbaix", "Cu", "--activity", "nan"], "means nothing");
    fails(2, &["pourbaix", "Cu", "--ligand", "Cl"], "no ligand and activity");
    fails(2, &["pourbaix", "Cu", "--ligand", "Cl=-1"], "means nothing");
    fails(2, &["pourbaix", "Cu", "--eh", "1 V", "-1 V"], "rising range");
    fails(2, &["pourbaix", "Cu", "--omit", "CuO"], "did you mean `CuO(s)`?");
    fails(2, &["pourbaix", "Cu", "-o", "a.pdf"], "must end in");
}

/// Names that stand for no total, for another one, or for a couple that is not there.
#[test]
fn names_that_mean_something_else_are_told() {
    let cu = ["speciate", "--total", "Cu=0.05 mol/kg", "--total", "S=0.05 mol/kg"];
    let with = |more: &[&'static str]| [&cu[..], more].concat();
    fails(2, &with(&["--total", "S(6)=0.1 mol/kg"]), "`S` and `S(6)` are given");
    fails(2, &with(&["--total", "Cu(2)=0.1 mol/kg"]), "`Cu` and `Cu(2)` are given");
    fails(2, &with(&["--open", "Cu", "--total", "Cu(2)=0.1 mol/kg"]), "`Cu` and `Cu(2)` are given");
    fails(2, &with(&["--total", "H=0.1 mol/kg"]), "`H` is no total");
    fails(2, &with(&["--total", "O=0.1 mol/kg"]), "`O` is no total");
    fails(2, &with(&["--total", "NaCl=0.1 mol/kg"]), "give what it is made of: `Cl` and `Na`");
    fails(2, &with(&["--total", "SO4=0.1 mol/kg"]), "give what it is made of: `S(6)`");
    fails(2, &with(&["--total", "Hg=0.1 mol/kg"]), "holds nothing of this element");
    fails(2, &with(&["--solid", "CaSO4:2H2O"]), "did you mean `Gypsum`?");
    fails(2, &with(&["--open", "Na"]), "one valence state of it");
    fails(2, &with(&["--open", "Fe(3)"]), "open `Fe`, not `Fe(3)`");
    fails(2, &with(&["--open", "Mn"]), "the liquor has none of it");
    fails(2, &with(&["--gas", "CO2(g)=0.0004"]), "if only of 0 (`C=0 mol/kg`)");
    fails(2, &with(&["--total", "Na=1000 mol/kg", "--total", "Cl=1e300 mol/kg"]), "1e300 of them Cl");
    let lime = ["speciate", "--total", "Na=1 mol/kg", "--add", "CaO=60 mol/kg", "--solid", "Portlandite"];
    fails(2, &lime, "would bind 121 mol of water, and there are 116.51 mol");
    fails(2, &["pourbaix", "O"], "`O` cannot be mapped");
    fails(2, &["pourbaix", "H"], "`H` cannot be mapped");
    fails(2, &["pourbaix", "Cu", "--ligand", "H=1"], "`H` is no ligand");
    fails(2, &["pourbaix", "Cu", "--ligand", "S=1", "--ligand", "S(6)=1"], "`S(6)` is given twice");
    fails(2, &["pourbaix", "Cu", "--activity", "1e300"], "an activity of 1e300 means nothing");
}

/// A bare element is one valence state while its couples are closed, and all that is written says which.
#[test]
fn the_state_that_a_name_stands_for_is_told() {
    let folder = Folder::new();
    let liquor = ["--total", "Fe=0.01 mol/kg", "--total", "S=0.02 mol/kg"];
    let words = done(&folder, &[&["speciate"], &liquor[..]].concat());
    assert!(words.contains("taken as         Fe as Fe(2), S as S(6)\n"), "{words}");
    let object = |args: &[&str]| {
        let output = lixivia(&folder).args(args).args(["--format", "json"]).output().unwrap();
        json_object(&output.stdout)
    };
    let both = serde_json::json!({ "Fe": "Fe(2)", "S": "S(6)" });
    assert_eq!(object(&[&["speciate"], &liquor[..]].concat())["taken_as"], both);
    assert_eq!(object(&[&["diagram", "solubility"], &liquor[..]].concat())["taken_as"], both);
    let open = [&["speciate", "--open", "Fe", "--eh", "0.5 V"], &liquor[..]].concat();
    assert_eq!(object(&open)["taken_as"], serde_json::json!({ "S": "S(6)" }), "iron is all of its states");
    let copper = ["pourbaix", "Cu", "--ligand", "S=0.1"];
    assert_eq!(object(&copper)["maps"][0]["ligand_activity"], serde_json::json!({ "S(6)": 0.1 }));
    assert!(done(&folder, &copper).contains("S as S(6)"));
    let svg = std::fs::read_to_string(folder.path().join("pourbaix-Cu.svg")).unwrap();
    assert!(svg.contains("in water with S(VI)"), "the title says which");
}

/// A valence in brackets on an element of one state is that element; another is refused with the states that there are.
#[test]
fn the_one_state_of_an_element_may_be_named() {
    let folder = Folder::new();
    let object = |total: &str| {
        let args = [
            "speciate",
            "--total",
            total,
            "--ph",
            "6",
            "--balance",
            "Cl",
            "--total",
            "Cl=0.1 mol/kg",
            "--total",
            "Na=0.1 mol/kg",
        ];
        json_object(&lixivia(&folder).args(args).args(["--format", "json"]).output().unwrap().stdout)
    };
    for (state, own) in
        [("Ni(2)", "Ni"), ("Zn(+2)", "Zn"), ("Ga(3)", "Ga"), ("Ag(1)", "Ag"), ("Ge(4)", "Ge"), ("C(4)", "C")]
    {
        let (named, plain) =
            (object(&format!("{state}=0.001 mol/kg")), object(&format!("{own}=0.001 mol/kg")));
        assert_eq!(named["molality_mol_per_kg"], plain["molality_mol_per_kg"], "{state}");
        assert_eq!(named["taken_as"][state], own, "{named}");
        assert_eq!(plain["taken_as"].get(own), None, "{plain}");
    }
    let total = |name: &'static str| -> [&'static str; 3] { ["speciate", "--total", name] };
    fails(2, &total("Ni(3)=1 mol/kg"), "no state `Ni(3)`: of `Ni` it has `Ni(2)`");
    fails(2, &total("Fe(6)=1 mol/kg"), "no state `Fe(6)`: of `Fe` it has `Fe(2)` and `Fe(3)`");
    let twice = [&total("C=1 mol/kg")[..], &["--total", "C(4)=1 mol/kg"]].concat();
    fails(2, &twice, "`C` and `C(4)` are given, which are one total");
    fails(2, &total("NH4=1 mol/kg"), "give what it is made of: `N(-3)`");
    fails(2, &total("Carbonate=1 mol/kg"), "give what it is made of: `C`");
    fails(2, &total("Sulphate=1 mol/kg"), "give what it is made of: `S(6)`");
}

/// More solutes than water are told of, an ionic strength with the digits that tell it from its limit, far past it with the cure.
#[test]
fn ranges_are_told_so_that_they_mean_something() {
    let folder = Folder::new();
    let liquor = |n: &str| [format!("Ca={n} mol/kg"), format!("S(6)={n} mol/kg")];
    let [calcium, sulfate] = liquor("40");
    let words = done(&folder, &["speciate", "--total", &calcium, "--total", &sulfate, "--solid", "Gypsum"]);
    assert!(words.contains("less than one water to each"), "{words}");
    let salt = |n: &str| {
        let [sodium, chloride] = [format!("Na={n} mol/kg"), format!("Cl={n} mol/kg")];
        let model = ["--model", "extended-debye-hueckel"];
        done(&folder, &[&["speciate", "--total", &sodium, "--total", &chloride], &model[..]].concat())
    };
    assert!(salt("0.1003").contains("strength 0.1003 mol/kg, past the 0.1 mol/kg"), "{}", salt("0.1003"));
    let far = salt("2");
    assert!(far.contains("far past the 0.1 mol/kg") && far.contains("such as pitzer.dat"), "{far}");
    assert!(!salt("0.5").contains("far past"));
}

/// Of the solids that may form those that do are printed, all of them are in the JSON; the model has the word of the option.
#[test]
fn solids_that_are_there_are_printed() {
    let folder = Folder::new();
    let args = ["speciate", "--total", "Ca=0.1 mol/kg", "--total", "S(6)=0.1 mol/kg", "--solids", "all"];
    let words = done(&folder, &args);
    let solids: Vec<&str> = words.lines().filter(|line| line.starts_with("solid ")).collect();
    assert!(solids.len() == 1 && solids[0].contains("Gypsum 0.0"), "{solids:?}");
    let object = json_object(done(&folder, &[&args[..], &["--format", "json"]].concat()).as_bytes());
    assert!(object["solids_mol"].as_object().unwrap().len() > 1);
    assert_eq!(object["activity_model"], "davies");
    let dilute = ["speciate", "--total", "Ca=1 mmol/kg", "--total", "S(6)=1 mmol/kg"];
    let words = done(&folder, &[&dilute[..], &["--solid", "Gypsum"]].concat());
    assert!(words.contains("Gypsum does not form"), "{words}");
    assert!(done(&folder, &["explain", "Epsomite"]).contains("Epsomite"));
}

/// What a line of a batch says in vain is refused with its column.
#[test]
fn a_batch_refuses_what_has_no_effect() {
    let folder = Folder::new();
    let lines = [
        r#"{"totals": {"Na": 0.1, "Cl": 0.1}, "hold_ph": true}"#,
        r#"{"totals": {"Na": 0.1, "Cl": 0.1}, "pe": 4}"#,
        r#"{"totals": {"Na": 0.1, "Cl": 0.1}, "reagents": [["CaO", 0.1]]}"#,
        r#"{"totals": {"Na": 0.1, "Cl": 0.1}, "reagents": [["MgO", 0.1]]}"#,
        r#"{"totals": {"Na": 0.1, "S": 0.1}}"#,
        r#"{"totals": {"Na": 0.1}, "eh": 0.1}"#,
        r#"{"totals": {"Na": 0.1, "Na": 0.2}}"#,
    ];
    std::fs::write(folder.path().join("waters.jsonl"), lines.join("\n")).unwrap();
    let output = lixivia(&folder).args(["speciate", "--batch", "waters.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = text(&output.stdout);
    let told: Vec<serde_json::Value> =
        words.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (at, column, why) in [(0, 36, "`hold_ph`: without a `ph`"), (1, 36, "`pe`: it acts on open couples")]
    {
        assert_eq!(
            (&told[at]["line"], &told[at]["column"]),
            (&(at + 1).into(), &column.into()),
            "{}",
            told[at]
        );
        assert!(told[at]["error"].as_str().unwrap().contains(why), "{}", told[at]);
    }
    for at in [2, 3] {
        assert!(told[at]["ph"].as_f64().unwrap() > 9.0, "each line has its own reagents: {}", told[at]);
    }
    assert_eq!(told[4]["taken_as"], serde_json::json!({ "S": "S(6)" }));
    assert_eq!(told[5]["column"], 28, "{}", told[5]);
    assert_eq!(told[6]["error"], "total `Na` is given twice");
}

#[test]
fn no_equilibrium_is_a_failed_calculation() {
    // nothing in the liquor can balance this charge: a neutral base does not make an acid of pH 3
    let liquor = ["speciate", "--total", "Na=0.1 mol/kg", "--total", "Cl=0.1 mol/kg", "--ph", "7"];
    let titration = [&liquor[..], &["--titrate", "NaOH", "--to-ph", "3"]].concat();
    fails(3, &titration, "does not bring the liquor to pH 3");
}

#[test]
fn a_broken_database_is_told_with_its_line() {
    let folder = Folder::new();
    let broken = "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nSOLUTION_SPECIES\nH+ + = \n  log_k 3\n";
    std::fs::write(folder.path().join("broken.dat"), broken).unwrap();
    std::fs::write(folder.path().join("bytes.dat"), [0xff, 0xfe, 0x00, 0x80]).unwrap();
    for file in ["broken.dat", "bytes.dat", "."] {
        for args in [&["speciate", "--total", "Cu=1 mol/kg"][..], &["pourbaix", "Cu"][..]] {
            let output = lixivia(&folder).args(args).args(["--database", file]).output().unwrap();
            let words = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{file}: {words}");
            assert!(words.starts_with("error") && !words.contains("panicked"), "{file}: {words}");
        }
    }
    assert_eq!(folder.names(), ["broken.dat", "bytes.dat"]);
    let short = "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nNa Na+ 0 Na 22.99\nSOLUTION_SPECIES\nH+ = H+\n";
    std::fs::write(folder.path().join("short.dat"), short).unwrap();
    let args = ["speciate", "--total", "Na=1 mol/kg", "--database", "short.dat"];
    let words = text(&lixivia(&folder).args(args).output().unwrap().stderr);
    assert!(
        words.contains("short.dat: line 3, column 1: the master species `Na+` of `Na` has no equation"),
        "{words}"
    );
}

#[test]
fn one_object_comes_whatever_happens() {
    let folder = Folder::new();
    let object = |args: &[&str]| {
        let output = lixivia(&folder).args(args).args(["--format", "json"]).output().unwrap();
        json_object(&output.stdout)
    };
    let good = object(&[
        "speciate",
        "--total",
        "Na=0.5 mol/kg",
        "--total",
        "Cl=0.5 mol/kg",
        "--ph",
        "7",
        "--balance",
        "Cl",
    ]);
    assert_eq!((&good["schema_version"], &good["converged"]), (&1.into(), &true.into()));
    assert!((good["ph"].as_f64().unwrap() - 7.0).abs() < 1e-9);
    assert!(good["molality_mol_per_kg"]["Na+"].as_f64().unwrap() > 0.4);
    for args in [
        &["speciate", "--total", "Xx=1 mol/kg"][..],
        &["diagram", "solubility", "--total", "Xx=1 mol/kg"][..],
        &["pourbaix", "Xx"][..],
    ] {
        let bad = object(args);
        assert_eq!(bad["converged"], false);
        assert_eq!(bad["error"]["code"], "A02");
        assert!(bad["error"]["message"].as_str().unwrap().contains("Xx"), "{bad}");
    }
    let map = object(&["pourbaix", "Cu", "Fe"]);
    assert_eq!(map["maps"].as_array().unwrap().len(), 2);
    let meet = &map["maps"][0]["triple_points"][0]["meet"];
    assert_eq!(meet.as_array().unwrap().len(), 3, "{meet}");
    assert!(folder.names().is_empty(), "JSON asked for: no file of its own accord");
}

#[test]
fn heat_past_the_constants_is_told() {
    let folder = Folder::new();
    let at = |temperature| {
        ["speciate", "--total", "Ca=0.01 mol/kg", "--total", "S(6)=0.01 mol/kg", "--temperature", temperature]
    };
    assert!(done(&folder, &at("180 degC")).contains("180 degC, outside the 0 to 100 degC"));
    assert!(done(&folder, &at("-10 degC")).contains("-10 degC, outside the 0 to 100 degC"));
    assert!(!done(&folder, &at("100 degC")).contains("outside"));
    let map = done(&folder, &["pourbaix", "Cu", "--temperature", "150 degC"]);
    assert!(map.contains("warning: 150 degC, outside the 0 to 100 degC"), "{map}");
    assert!(map.contains("Cu(OH)2- are known at 25 degC alone and held at 150 degC"), "{map}");
    assert!(!done(&folder, &["pourbaix", "Cu"]).contains("warning"));
}

/// Equal free Fe+2 and Fe+3 would stand at 0.772 V; sulfate binds Fe+3 the tighter, so the liquor stands below.
#[test]
fn the_eh_of_given_valence_states_is_printed() {
    let folder = Folder::new();
    let sulfate = ["speciate", "--total", "S(6)=0.1 mol/kg", "--open", "Fe"];
    let states = ["--total", "Fe(2)=0.01 mol/kg", "--total", "Fe(3)=0.01 mol/kg"];
    let words = done(&folder, &[&sulfate[..], &states].concat());
    let line = words.lines().find(|line| line.starts_with("Eh")).unwrap();
    let eh: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((0.60..0.75).contains(&eh), "{words}");
    let aerated = [&sulfate[..], &["--total", "Fe(2)=0.01 mol/kg", "--gas", "O2(g)=0.2"]].concat();
    let words = done(&folder, &aerated);
    assert!(words.contains("open couples     Fe, O"), "{words}");
}

/// 0.1 mol/kg HCl with NaOH: the equivalence point is at 0.1 mol/kg and pH 7; before it the pH is that of the acid left.
#[test]
fn a_strong_acid_is_titrated() {
    let folder = Folder::new();
    let acid = ["speciate", "--total", "Cl=0.1 mol/kg", "--titrate", "NaOH", "--format", "json"];
    let object = |more: &[&str]| json_object(done(&folder, &[&acid[..], more].concat()).as_bytes());
    let to_ph = object(&["--to-ph", "7", "--steps", "10"]);
    let points = to_ph["points"].as_array().unwrap();
    assert_eq!(points.len(), 11);
    let dose = points[10]["dose_mol_per_kg"].as_f64().unwrap();
    assert!((dose - 0.1).abs() < 2e-6, "{dose}");
    assert!((points[10]["ph"].as_f64().unwrap() - 7.0).abs() < 1e-6);
    // half way: 0.05 mol/kg of acid left at I = 0.1; log gamma = -0.509 (0.3162/1.3162 - 0.03) = -0.107
    let half = points[5]["ph"].as_f64().unwrap();
    assert!((half - (-(0.05_f64.log10()) + 0.107)).abs() < 0.01, "{half}"); // a little HCl stays undissociated
    let to_dose = object(&["--to", "0.2 mol/kg", "--steps", "2"]);
    let last = &to_dose["points"][2];
    // 0.1 mol/kg of base left: pOH = 1 + 0.13 at I = 0.2
    assert!((last["ph"].as_f64().unwrap() - (14.0 - 1.0 - 0.127)).abs() < 0.02, "{last}");
    assert!((last["molality_mol_per_kg"]["Na+"].as_f64().unwrap() - 0.2).abs() < 0.01);
}

/// Lime on an acid iron sulfate liquor: gypsum and ferrihydrite come down; what is in is out.
#[test]
fn a_titration_precipitates_and_keeps_its_balance() {
    let folder = Folder::new();
    let args = [
        "speciate",
        "--total",
        "Fe(3)=0.02 mol/kg",
        "--total",
        "S(6)=0.1 mol/kg",
        "--titrate",
        "Ca(OH)2",
        "--to-ph",
        "9",
        "--solid",
        "Gypsum",
        "--solid",
        "2-line ferrihydrite",
        "--steps",
        "40",
        "-o",
        "t.svg",
        "-o",
        "t.h5",
        "-o",
        "t.csv",
        "--format",
        "json",
    ];
    let object = json_object(done(&folder, &args).as_bytes());
    let points = object["points"].as_array().unwrap();
    let solid = |k: usize, name: &str| points[k]["solids_mol"][name].as_f64().unwrap();
    assert_eq!(solid(0, "Gypsum"), 0.0);
    assert!(solid(40, "2-line ferrihydrite") > 0.0199, "{}", solid(40, "2-line ferrihydrite"));
    for point in points {
        let of = |name: &str| point["solids_mol"][name].as_f64().unwrap();
        let dissolved = |name: &str| point["dissolved_mol"][name].as_f64().unwrap();
        let dose = point["dose_mol_per_kg"].as_f64().unwrap();
        for (want, got) in [
            (0.1, dissolved("S(6)") + of("Gypsum")),
            (0.02, dissolved("Fe(3)") + of("2-line ferrihydrite")),
            (dose, dissolved("Ca") + of("Gypsum")),
        ] {
            assert!((want - got).abs() < 1e-9, "{point}");
        }
    }
    let rising = points.windows(2).all(|p| p[1]["ph"].as_f64() > p[0]["ph"].as_f64());
    assert!(rising, "lime lowers no pH");
    let file = hdf5::read(&folder.path().join("t.h5")).unwrap();
    let amounts = file.find_dataset("solid_amount").unwrap();
    assert_eq!(
        (amounts.dims.clone(), amounts.shape.clone()),
        (vec!["dose".to_owned(), "solid".into()], vec![41, 2])
    );
    assert_eq!(file.find_dataset("dose").unwrap().units.as_deref(), Some("mol/kg"));
    assert!(file.find_dataset("molality").unwrap().units.is_some());
    let csv = std::fs::read_to_string(folder.path().join("t.csv")).unwrap();
    assert_eq!(csv.lines().count(), 42);
    assert!(std::fs::read_to_string(folder.path().join("t.svg")).unwrap().contains("NaN").eq(&false));
}

/// Co(OH)2 at pH 9 without activity coefficients: 10^(13.24 - 18) Co+2, with -9.61 CoOH+, -19.77 Co(OH)2, -32.01 Co(OH)3-.
#[test]
fn solubility_is_that_of_the_constants() {
    let folder = Folder::new();
    let args = [
        "diagram",
        "solubility",
        "--total",
        "Co=0.01 mol/kg",
        "--solid",
        "Co(OH)2(s)",
        "--solids",
        "none",
        "--model",
        "ideal",
        "--ph",
        "8.5",
        "9.5",
        "--points",
        "3",
        "--format",
        "json",
        "-o",
        "s.png",
        "-o",
        "s.h5",
        "-o",
        "s.svg",
    ];
    let object = json_object(done(&folder, &args).as_bytes());
    let point = &object["points"][1];
    assert!((point["ph"].as_f64().unwrap() - 9.0).abs() < 1e-9);
    let free = 10_f64.powf(13.24 - 18.0);
    let bound: f64 =
        [-9.61 + 9.0, -19.77 + 18.0, -32.01 + 27.0].iter().map(|log: &f64| 10_f64.powf(*log)).sum();
    let by_hand = free * (1.0 + bound);
    let got = point["dissolved_mol"]["Co"].as_f64().unwrap() / point["water_kg"].as_f64().unwrap();
    assert!((got / by_hand - 1.0).abs() < 2e-3, "{got:e} against {by_hand:e} by hand"); // polynuclear species: 1e-3
    let svg = std::fs::read_to_string(folder.path().join("s.svg")).unwrap();
    assert!(svg.contains("Co(OH)₂"), "the limiting solid is named in the picture");
    assert!(std::fs::read(folder.path().join("s.png")).unwrap().starts_with(b"\x89PNG"));
    let file = hdf5::read(&folder.path().join("s.h5")).unwrap();
    assert_eq!(file.find_dataset("dissolved").unwrap().dims, ["pH", "component"]);
}

#[test]
fn shares_of_a_distribution_add_up() {
    let folder = Folder::new();
    let args = [
        "diagram",
        "species",
        "--of",
        "Cu",
        "--total",
        "Cu=1 mmol/kg",
        "--total",
        "N(-3)=0.5 mol/kg",
        "--solids",
        "none",
        "--points",
        "29",
        "--format",
        "csv",
        "-o",
        "d.svg",
    ];
    let table = done(&folder, &args);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let copper: Vec<(usize, f64)> = headers
        .iter()
        .enumerate()
        .filter(|(_, h)| h.starts_with("Cu") && h.ends_with("[mol/kg]"))
        .map(|(at, h)| {
            (
                at,
                if h.starts_with("Cu2") {
                    2.0
                } else if h.starts_with("Cu3") {
                    3.0
                } else {
                    1.0
                },
            )
        })
        .collect();
    for row in reader.records() {
        let row = row.unwrap();
        let sum: f64 = copper.iter().map(|(at, n)| n * row[*at].parse::<f64>().unwrap()).sum();
        assert!((sum / 1e-3 - 1.0).abs() < 0.03, "{sum} of 0.001 at pH {}", &row[0]); // per kg of what water is left
    }
    assert!(std::fs::read_to_string(folder.path().join("d.svg")).unwrap().contains("Cu(NH₃)₄²⁺"));
}

#[test]
fn maps_are_files_of_every_kind() {
    let folder = Folder::new();
    done(&folder, &["pourbaix", "Cu"]);
    assert_eq!(folder.names(), ["pourbaix-Cu.svg"]);
    done(&folder, &["pourbaix", "Cu", "Co", "-o", "m.h5", "-o", "m.csv", "--temperature", "60 degC"]);
    assert_eq!(folder.names(), ["m-Co.csv", "m-Co.h5", "m-Cu.csv", "m-Cu.h5", "pourbaix-Cu.svg"]);
    let file = hdf5::read(&folder.path().join("m-Cu.h5")).unwrap();
    let stable = file.find_dataset("stable").unwrap();
    assert_eq!(stable.dims, ["pH", "Eh"]);
    let hdf5::Data::I64(codes) = &stable.data else { panic!("codes") };
    assert!(
        codes.iter().all(|code| *code >= -1)
            && codes.iter().filter(|code| **code >= 0).count() > codes.len() * 99 / 100
    );
    assert_eq!(file.find_dataset("Eh").unwrap().units.as_deref(), Some("V"));
}

#[test]
fn a_window_without_triple_points_says_so() {
    let folder = Folder::new();
    let words = done(&folder, &["pourbaix", "Na"]);
    assert!(words.contains("No triple point of Na in this window, which shows Na+."), "{words}");
    let svg = std::fs::read_to_string(folder.path().join("pourbaix-Na.svg")).unwrap();
    assert!(svg.contains(">Na⁺</text>"));
}

#[test]
fn every_domain_of_a_map_is_named_in_its_picture() {
    let folder = Folder::new();
    done(&folder, &["pourbaix", "Cu"]);
    let svg = std::fs::read_to_string(folder.path().join("pourbaix-Cu.svg")).unwrap();
    for name in ["Cu(s)", "Cu₂O(s)", "CuO(s)", "Cu⁺", "Cu²⁺", "Cu(OH)₂⁻", "Cu(OH)₃⁻", "Cu(OH)₄²⁻"]
    {
        assert!(svg.contains(&format!(">{name}</text>")), "{name}");
    }
}

#[test]
fn constants_are_explained() {
    let folder = Folder::new();
    let explained = done(&folder, &["explain", "Au(CN)2-"]);
    for part in
        ["Au+ + 2 CN- = Au(CN)2-", "38.3", "source: [iupacsc]", "47 (8.7 above)", "chosen:", "gold.toml"]
    {
        assert!(explained.contains(part), "{part} is not in {explained}");
    }
    // constants of another mineral of the same formula are told apart from those of the solid asked for
    let goethite = done(&folder, &["explain", "Goethite"]);
    assert!(goethite.contains("1.85 (1.52 above; another form: lepidocrocite)"), "{goethite}");
    assert!(done(&folder, &["explain", "Citrate-3"]).contains("component of the aqueous set"));
    let output = lixivia(&folder).args(["explain", "Au(CN)2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `Au(CN)2-`?"), "{}", text(&output.stderr));
    let output = lixivia(&folder).args(["explain", "CaSO4:2H2O"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = text(&output.stderr);
    assert!(words.contains("made of these elements are `Gypsum`"), "{words}");
}
