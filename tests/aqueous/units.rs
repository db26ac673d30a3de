//! What units of equilibrium say of a plant in which a solid, a gas or a couple takes no part; and balances that close on traces.

use lixivia::flowsheet::Solution;
use lixivia::scenario::{Library, Model};
use std::sync::LazyLock;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(None).unwrap());

fn read(text: &str) -> Result<Model, String> {
    let name = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/liquors/test.toml");
    Model::parse(name, text, &LIBRARY, &[]).map_err(|faults| faults.render(false))
}

fn solve(text: &str) -> (Model, Solution) {
    let mut model = read(text).unwrap_or_else(|told| panic!("{told}"));
    let solution = model.flowsheet.solve().unwrap_or_else(|error| panic!("{error}"));
    assert!(solution.closure.worst_relative < 1e-12, "closure {:e}", solution.closure.worst_relative);
    (model, solution)
}

fn warnings<'s>(model: &Model, solution: &'s Solution, unit: &str) -> &'s [String] {
    &solution.outcomes[model.flowsheet.node(unit).unwrap()].warnings
}

fn amount(solution: &Solution, stream: &str, species: &str) -> f64 {
    let stream = solution.stream(stream).unwrap();
    stream.amount(stream.table.index(species).unwrap())
}

/// MnO2 in plain acid: next to nothing dissolves, and of that as much is oxidised to permanganate as is reduced. Balances close on it,
/// and electrons too: 2 Mn(II) + Mn(III) = 2 Mn(VI) + 3 Mn(VII).
#[test]
fn manganese_dioxide_without_a_reductant_closes() {
    let shipped = include_str!("../../scenarios/manganese-dioxide-sulfur-dioxide.toml");
    for eh in ["1.42 V", "1.5 V", "2.5 V"] {
        let (model, solution) = solve(&shipped.replace("eh = \"700 mV\"", &format!("eh = \"{eh}\"")));
        let told = warnings(&model, &solution, "leach").iter().any(|text| text.contains("does not reach Eh"));
        assert_eq!(told, eh != "1.42 V", "{eh}");
        let [two, three, six, seven] =
            ["Mn+2", "Mn+3", "MnO4-2", "MnO4-"].map(|name| amount(&solution, "leach.out", name));
        assert!(two > 1e-12 && seven > 1e-12, "{eh}: {two} {seven}");
        let (reduced, oxidised) = (2.0 * two + three, 2.0 * six + 3.0 * seven);
        if eh != "1.42 V" {
            assert!((reduced / oxidised - 1.0).abs() < 1e-3, "{eh}: {reduced} against {oxidised}");
        }
    }
}

fn neutraliser(settings: &str, unit: &str) -> String {
    format!(
        "format = 1\ntitle = \"lime\"\nbasis = \"batch\"\n\
         flowsheet = [\"liquor -> tank.feed\", \"lime -> tank.reagent\", \"tank.out -> slurry\", \"tank.reagent_left -> rest\"]\n\
         [equilibrium]\n{settings}\n[units.liquor]\ntype = \"feed\"\nvolume = \"1 L\"\n\
         solution = {{ \"Fe2(SO4)3\" = \"10 mmol/L\", H2SO4 = \"40 mmol/L\" }}\nrole = \"feedstock\"\n\
         [units.lime]\ntype = \"feed\"\nmass = \"20 g\"\ncomposition = {{ \"Ca(OH)2(s)\" = \"100 wt%\" }}\nrole = \"reagent\"\n\
         [units.tank]\ntype = \"equilibrate\"\nph = 4\n{unit}\n\
         [units.slurry]\ntype = \"discharge\"\n[units.rest]\ntype = \"discharge\"\n"
    )
}

/// Lime that nobody has named neutralises nothing, and gypsum, for want of calcium, cannot form: both are told.
#[test]
fn a_reagent_that_may_not_dissolve_is_told_of() {
    let inert =
        "`Ca(OH)2(s)` stays as it is, though this liquor dissolves it: name `Portlandite` in `solids`";
    let (model, solution) = solve(&neutraliser("solids = [\"Gypsum\", \"2-line ferrihydrite\"]", ""));
    let told = warnings(&model, &solution, "tank");
    assert!(told.iter().any(|text| text.contains("does not reach pH 4.000")), "{told:?}");
    assert!(told.iter().any(|text| text.starts_with(inert)), "{told:?}");
    let [(place, idle)] = model.warnings.as_slice() else { panic!("{:?}", model.warnings) };
    assert_eq!(
        (place.as_str(), idle.as_str()),
        (
            "equilibrium",
            "`Gypsum` cannot form: no liquor of the plant has Ca; `Ca(OH)2(s)` is fed, which would bring it but stays as it is: \
             name `Portlandite` in `solids`"
        )
    );
    // the same where only this unit leaves it out, unless it says so
    let all = "solids = [\"Gypsum\", \"2-line ferrihydrite\", \"Portlandite\"]";
    let (model, solution) = solve(&neutraliser(all, "solids = [\"Gypsum\"]"));
    assert!(warnings(&model, &solution, "tank").iter().any(|text| text.starts_with(inert)));
    let (model, solution) = solve(&neutraliser(all, "exclude = [\"Portlandite\"]"));
    assert!(!warnings(&model, &solution, "tank").iter().any(|text| text.starts_with(inert)));
    // named, it does what it is fed for
    let (model, solution) = solve(&neutraliser(all, ""));
    assert!(warnings(&model, &solution, "tank").is_empty(), "{:?}", warnings(&model, &solution, "tank"));
    assert!(model.warnings.is_empty(), "{:?}", model.warnings);
    assert!(amount(&solution, "tank.out", "CaSO4:2H2O(s)") > 0.01);
    // a unit that names what cannot form says why
    let told = read(&neutraliser("solids = [\"Gypsum\"]", "solids = [\"Gypsum\"]")).unwrap_err();
    assert!(told.contains("no solid that may form in this plant: no liquor of the plant has Ca"), "{told}");
}

/// A solid that forms at a saturation index of its own leaves the liquor at that index, and no other.
#[test]
fn a_solid_may_form_from_a_supersaturated_liquor() {
    let all = "solids = [\"Gypsum\", \"2-line ferrihydrite\", \"Portlandite\"]";
    let figures = |unit: &str| {
        let (model, solution) = solve(&neutraliser(all, unit));
        let outcome = &solution.outcomes[model.flowsheet.node("tank").unwrap()];
        let figure = |name: &str| outcome.kpis.iter().find(|kpi| kpi.name == name).unwrap().value;
        [
            figure("saturation_index.Gypsum"),
            figure("saturation_index.2-line ferrihydrite"),
            figure("formed.CaSO4:2H2O(s)"),
        ]
    };
    let [at_rest, iron, much] = figures("");
    assert!(at_rest.abs() < 1e-9 && iron.abs() < 1e-9, "{at_rest} {iron}");
    let [gypsum, iron, less] = figures("saturation = { Gypsum = 0.2 }");
    assert!((gypsum - 0.2).abs() < 1e-9 && iron.abs() < 1e-9, "{gypsum} {iron}");
    assert!(less < much, "{less} {much}");
    // at an index that the liquor does not reach it does not form
    let [gypsum, _, none] = figures("saturation = { Gypsum = 2 }");
    assert!(gypsum < 2.0 && none == 0.0, "{gypsum} {none}");
    let told = read(&neutraliser(all, "saturation = { Gypsun = 0.2 }")).unwrap_err();
    assert!(told.contains("`Gypsun` is no solid that may form"), "{told}");
    let told = read(&neutraliser(all, "exclude = [\"Gypsum\"]\nsaturation = { Gypsum = 0.2 }")).unwrap_err();
    assert!(told.contains("`Gypsum` may not form in this unit"), "{told}");
}

/// A gas that the database lacks passes, and the absorber says so.
#[test]
fn a_gas_that_is_not_absorbed_is_told_of() {
    let shipped =
        include_str!("../../scenarios/sulfur-dioxide-scrubbing.toml").replace("stages = 3", "stages = 1");
    let passing = |text: &str| -> Vec<String> {
        let (model, solution) = solve(text);
        let told = warnings(&model, &solution, "scrubber").iter();
        told.filter(|text| text.contains("passes as an inert gas")).cloned().collect()
    };
    assert_eq!(passing(&shipped), [""; 0], "SO2 is absorbed, air is inert as it should");
    let bare = shipped.replace("[equilibrium]", "[equilibrium]\ndatabase = \"iron-aluminium-lime.dat\"");
    let told = passing(&bare);
    let [sulfur] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        sulfur.starts_with("`SO2(g)` passes as an inert gas: iron-aluminium-lime.dat has no such gas"),
        "{sulfur}"
    );
    // chlorine acts on water whatever the couples
    let told = passing(&shipped.replace("\"SO2(g)\"", "\"Cl2(g)\""));
    let [chlorine] = told.as_slice() else { panic!("{told:?}") };
    assert!(chlorine.starts_with("`Cl2(g)` passes as an inert gas: "), "{chlorine}");
}

/// A gas by the names of what is dissolved is none.
#[test]
fn a_gas_of_dissolved_names_is_refused() {
    let shipped =
        include_str!("../../scenarios/sulfur-dioxide-scrubbing.toml").replace("stages = 3", "stages = 1");
    let text = shipped.replace("\"SO2(g)\"", "SO2");
    assert_ne!(text, shipped);
    let error = read(&text).unwrap().flowsheet.solve().err().unwrap().to_string();
    assert!(error.contains("holds `SO2`") && error.contains("of the gas they are `SO2(g)`"), "{error}");
}

/// Couples opened of what is not there, or by the name of a state.
#[test]
fn couples_opened_in_vain_are_told_of() {
    let with = |open: &str| neutraliser(&format!("solids = [\"Portlandite\"]\nopen = [\"{open}\"]"), "");
    let told = &read(&with("Mn")).unwrap().warnings;
    assert!(
        told.iter().any(|(_, text)| text == "`open` names `Mn`, of which no liquor of the plant has any"),
        "{told:?}"
    );
    let told = read(&with("Fe(3)")).err().unwrap();
    assert!(
        told.contains("couples are opened by their element") && told.contains("choose from `Fe`"),
        "{told}"
    );
}

/// Copper opened with nothing that takes its electrons: the leach tells that there is no equilibrium, and not of a number that is none.
#[test]
fn a_leach_without_an_equilibrium_says_why() {
    let shipped = include_str!("../../scenarios/board-cyanide.toml");
    let text = shipped.replace("[equilibrium]", "[equilibrium]\nopen = [\"Cu\"]");
    let error = read(&text).unwrap().flowsheet.solve().err().unwrap().to_string();
    assert!(error.contains("no Eh balances them") && !error.contains("NaN"), "{error}");
}

/// A temperature at which water is no liquid is a fault of the file.
#[test]
fn a_temperature_out_of_range_is_a_fault_of_the_file() {
    let told = read(&neutraliser("solids = [\"Portlandite\"]", "temperature = \"400 degC\"")).err().unwrap();
    assert!(told.contains("temperature") && told.contains("350 degC"), "{told}");
}
