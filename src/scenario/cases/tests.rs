use super::*;

#[test]
fn the_shipped_cases_are_read() {
    let library = Library::load(None).unwrap();
    let cases = Cases::shipped(&library).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let ends = cases.list.iter().filter(|case| case.set == END_POINTS);
    assert!(ends.clone().map(|case| case.observed.len()).sum::<usize>() >= 45);
    assert!(ends.clone().all(|case| !case.stated.is_empty()));
    let jha = cases.list.iter().find(|case| case.id == "jha2013").unwrap();
    assert!((jha.observed[0].value - 0.7).abs() < 1e-12 && (jha.observed[0].error - 0.02).abs() < 1e-12);
    assert_eq!(jha.kind.value, Kind::Prediction);
}

#[test]
fn an_inequality_that_is_met_has_no_error() {
    assert_eq!(Bound::AtLeast.miss(0.995, 0.99), 0.0);
    assert!((Bound::AtLeast.miss(0.90, 0.99) + 0.09).abs() < 1e-12);
    assert_eq!(Bound::AtMost.miss(0.5, 0.6), 0.0);
    assert!((Bound::Equal.miss(0.5, 0.6) + 0.1).abs() < 1e-12);
}

fn table(text: &str) -> Result<Cases, Box<Diagnostics>> {
    let mut cases = Cases::default();
    cases.read("mine.csv", text, None, &Library::load(None).unwrap());
    cases.sound()
}

#[test]
fn rows_of_one_run_are_one_case_and_a_solution_is_replaced_whole() {
    let text = "# a remark\nid,process,element,of,value [%],error [%],units.leach.time [min],units.liquor.solution.HCl [mol/L],units.liquor.solution.H2O2 [mol/L]\n\
                a,x/y,Li,units.leach.extraction.Li,80,2,30,2,0.5\na,x/y,Co,units.leach.extraction.Co,60,2,30,2,0.5\na,x/y,Co,units.leach.extraction.Co,70,2,60,2,\n";
    let cases = table(text).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    assert_eq!(cases.list.len(), 2);
    assert_eq!(cases.list[0].observed.len(), 2);
    assert_eq!(cases.list[0].scenario.value, "y");
    let values: Vec<(&str, &str)> =
        cases.list[0].values.iter().map(|v| (v.path.as_str(), v.text.as_str())).collect();
    let solution = "{ \"HCl\" = \"2 mol/L\", \"H2O2\" = \"0.5 mol/L\" }";
    assert_eq!(values, [("units.leach.time", "\"30 min\""), ("units.liquor.solution", solution)]);
    let place = cases.list[0].observed[0].place;
    assert_eq!(&text[place.start as usize..place.end as usize], "80");
    assert_eq!(cases.list[1].values[1].text, "{ \"HCl\" = \"2 mol/L\" }");
}

#[test]
fn faults_of_a_table_stand_at_their_cells() {
    let head = "process,element,of,value [%],error [%],units.leach.time [min]\n";
    for (row, column, words) in [
        ("x/y,Li,units.leach.extraction.Li,much,2,30\n", 34, "does not begin with a number"),
        ("x/y,Li,units.leach.extraction.Li,80,0,30\n", 37, "must be positive"),
        ("x/y,Li,units.leach.extraction.Li,80,2,soon\n", 39, "does not begin with a number"),
        ("x/y,Li,units.leach.extraction.Li,80,2\n", 1, "5 cells for 6 columns"),
        ("x/y,,units.leach.extraction.Li,80,2,30\n", 1, "no `element`"),
    ] {
        let faults = table(&format!("{head}{row}")).unwrap_err();
        let fault = &faults.json()[0];
        assert!(fault.message.contains(words), "{row}: {}", fault.message);
        assert_eq!((fault.line, fault.column), (2, column), "{row}");
    }
    let faults = table("process,elemnt,of,value [%]\nx,Li,y,80\n").unwrap_err();
    assert!(faults.json()[0].help.as_ref().unwrap().contains("did you mean `element`?"));
}

const COLUMNS: &str = r#"
[columns]
scenario = "lco-sulfuric-peroxide"
source = "mine"
kind = "prediction"
experiment = "run"
only = ["minutes > 0"]
[columns.lookup]
reagent = { column = "acid", words = { muriatic = "HCl", vitriol = "H2SO4" } }
strength = { column = "acid", numbers = { vitriol = 0.5 }, otherwise = 1.0 }
[columns.set]
"units.leach.time" = { value = "minutes", unit = "min" }
"units.liquor.solution.{reagent}" = { value = "strength*normal", unit = "mol/L" }
[columns.observed.Co]
of = "units.leach.extraction.Co"
value = "100*x_Co"
error = "3 %"
"#;

fn rows(text: &str, process: &str) -> Result<Cases, Box<Diagnostics>> {
    let mut cases = Cases::default();
    let file = cases.add("rows.csv", text, None);
    if let Some(table) = csv::Table::read(file, text, &mut cases.binder) {
        assert!(!table.is_documented());
        cases.folders.push(None);
        let mapping =
            columns::Mapping::read("x/y", "y.toml", process, &mut cases.sources, &mut cases.binder).unwrap();
        columns::read(&mut cases, &table, "rows", &mapping, |_| Ok(()));
    }
    cases.sound()
}

#[test]
fn columns_of_a_processs_own_are_read() {
    let text = "run,acid,normal,minutes,x Co\n7,vitriol,4,0,0\n7,vitriol,4,30,0.5\n8,muriatic,2,30,\n9,muriatic,2,45,0.75\n";
    let read = |text: &str| rows(text, COLUMNS);
    let cases = read(text).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let shown: Vec<(&str, &str, f64)> = cases
        .list
        .iter()
        .map(|case| (case.id.as_str(), case.values[1].text.as_str(), case.observed[0].value))
        .collect();
    let (first, second) = ("{ \"H2SO4\" = \"2 mol/L\" }", "{ \"HCl\" = \"2 mol/L\" }");
    assert_eq!(shown, [("rows-7", first, 0.5), ("rows-9", second, 0.75)]);
    assert!(cases.list[0].tags.contains(&("acid".to_owned(), "vitriol".to_owned())));
    let faults = read(&text.replace("9,muriatic", "9,spirits")).unwrap_err();
    assert_eq!((faults.json()[0].line, faults.json()[0].column), (5, 3));
}

/// A condition that is not stated is never filled in, and what is no number is never read as nothing.
#[test]
fn a_cell_that_is_no_number_is_a_fault_at_the_cell() {
    let text = "run,acid,normal,minutes,x Co\n7,vitriol,4,30,0.5\n";
    for (cell, put, column, words) in [
        ("4,30", "2M,30", 11, "`2M` of the column `normal` is no number"),
        ("4,30", ",30", 11, "the cell of `normal` is empty"),
        ("4,30", "4,1 h", 13, "`1 h` of the column `minutes` is no number"),
        ("4,30", "4,", 13, "the cell of `minutes` is empty"),
        ("0.5", "NaN", 16, "`NaN` of the column `x Co` is no number"),
        ("0.5", "inf", 16, "`inf` of the column `x Co` is no number"),
        ("0.5", "81.5", 16, "a share of 8150 % cannot be observed"),
    ] {
        let faults = rows(&text.replace(cell, put), COLUMNS).unwrap_err();
        let fault = &faults.json()[0];
        assert!(fault.message.contains(words), "{put}: {}", fault.message);
        assert_eq!((fault.file.as_str(), fault.line, fault.column), ("rows.csv", 2, column), "{put}");
        assert!(fault.help.as_ref().unwrap().contains("expected"), "{put}");
    }
    // an entry may say that the scenario's value stands for an empty cell
    let lenient = COLUMNS.replace("value = \"minutes\",", "optional = true, value = \"normal\",");
    let cases = rows(
        "run,acid,normal,minutes,x Co\n7,vitriol,,30,0.5\n",
        &lenient.replace("strength*normal", "strength"),
    );
    let cases = cases.unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    assert!(cases.list[0].values.iter().all(|value| value.path != "units.leach.time"));
    // an unreadable cell is a fault there too
    assert!(rows("run,acid,normal,minutes,x Co\n7,vitriol,?,30,0.5\n", &lenient).is_err());
    let faults = rows("run,acid,minutes,x Co\n7,vitriol,30,0.5\n", COLUMNS).unwrap_err();
    let fault = &faults.json()[0];
    assert!(fault.message.contains("no column `normal`, which `x/y` reads"), "{}", fault.message);
    assert_eq!((fault.file.as_str(), fault.line), ("rows.csv", 1));
    let faults = rows("run,acid,normal,minutes,x Co\n", COLUMNS).unwrap_err();
    assert!(faults.json()[0].message.contains("no rows"));
}

#[test]
fn rows_that_are_not_the_processs_own_are_predictions() {
    let own = COLUMNS
        .replace("kind = \"prediction\"", "kind = \"reproduction\"\nown = [\"compiled <= 300\"]")
        .replace("[columns.set]", "compiled = { column = \"run\", numbers = { 7b = 7 } }\n[columns.set]");
    let text = "run,acid,normal,minutes,x Co\n7,vitriol,4,30,0.5\n7b,vitriol,4,30,0.5\n1001,vitriol,4,30,0.5\nlab-1,vitriol,4,30,0.5\n";
    let cases = rows(text, &own).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let of: Vec<(Kind, &str)> =
        cases.list.iter().map(|case| (case.kind.value, case.source.value.as_str())).collect();
    let (theirs, mine) = ((Kind::Reproduction, "mine"), (Kind::Prediction, "rows"));
    assert_eq!(of, [theirs, theirs, mine, mine]);
}

#[test]
fn a_wrong_value_is_placed_in_the_file_of_cases() {
    let text = "format = 1\nsource = \"me\"\n[[cases]]\nid = \"a\"\nprocess = \"cobalt/lco-sulfuric-peroxide\"\nscenario = \"lco-sulfuric-peroxide\"\nkind = \"prediction\"\n\
                set = { \"units.leach.time\" = \"60 degC\" }\n[[cases.observed]]\nelement = \"Co\"\nof = \"units.leach.extraction.Co\"\nvalue = \"70 %\"\nerror = \"2 %\"\n";
    let library = Library::load(None).unwrap();
    let mut cases = Cases::default();
    cases.read("mine.toml", text, None, &library);
    let cases = cases.sound().unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let faults = cases.model(&cases.list[0], &library, &[]).unwrap_err();
    let fault = &faults.json()[0];
    assert_eq!((fault.file.as_str(), fault.line, fault.column), ("mine.toml", 8, 30), "{}", fault.message);
    let broken = text.replace("lco-sulfuric-peroxide\"\nkind", "lco-sulphuric-peroxide\"\nkind");
    let mut cases = Cases::default();
    cases.read("mine.toml", &broken, None, &library);
    let cases = cases.sound().unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let faults = cases.model(&cases.list[0], &library, &[]).unwrap_err();
    assert!(faults.render(false).contains("did you mean the shipped scenario `lco-sulfuric-peroxide`?"));
}
