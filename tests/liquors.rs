//! Units of aqueous equilibrium, through scenario files: against IPhreeqc, closed forms and conservation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::LazyLock;

use lixivia::flowsheet::Solution;
use lixivia::scenario::{Library, Model};

static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::load(None).expect("the shipped library is sound"));

/// A scenario of the folder that holds the small databases.
fn model(text: &str) -> Model {
    let name = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/liquors/test.toml");
    Model::parse(&name.display().to_string(), text, &LIBRARY, &[])
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn solve(text: &str) -> (Model, Solution) {
    let mut model = model(text);
    let solution = model.flowsheet.solve().unwrap_or_else(|error| panic!("{error}"));
    assert!(solution.closure.worst_relative < 1e-9, "closure {:e}", solution.closure.worst_relative);
    for stream in &solution.streams {
        let size: f64 = stream.stream.amounts.iter().map(|n| n.abs()).sum();
        assert!(stream.stream.charge().abs() <= 1e-12 * size, "{}: charge", stream.name);
        assert!(stream.stream.amounts.iter().all(|n| *n >= 0.0), "{}: negative amount", stream.name);
    }
    (model, solution)
}

fn kpi(model: &Model, solution: &Solution, unit: &str, name: &str) -> f64 {
    let at = model.flowsheet.node(unit).unwrap();
    let kpis = &solution.outcomes[at].kpis;
    kpis.iter().find(|k| k.name == name).unwrap_or_else(|| panic!("{unit} tells no {name}: {kpis:?}")).value
}

fn amount(solution: &Solution, stream: &str, species: &str) -> f64 {
    let stream = solution.stream(stream).unwrap_or_else(|| panic!("no stream {stream}"));
    stream.amount(stream.table.index(species).unwrap())
}

fn near(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance * want.abs().max(1e-12), "{what}: {got} against {want}");
}

/// One kilogram of water: 1/0.997047 L (density of water at 25 degC).
const LIQUOR: &str = r#"
format = 1
title = "acid iron-aluminium liquor"
basis = "batch"
volume = "water"
[equilibrium]
database = "iron-aluminium-lime.dat"
solids = ["Gypsum", "Fe(OH)3(a)", "Al(OH)3(a)", "Portlandite"]
[units.liquor]
type = "feed"
volume = "1.0029617 L"
solution = { "Fe2(SO4)3" = "9.97047 mmol/L", "Al2(SO4)3" = "9.97047 mmol/L", H2SO4 = "39.88188 mmol/L" }
role = "feedstock"
[units.slurry]
type = "discharge"
"#;

fn lime(grams: f64) -> String {
    format!(
        "[units.lime]\ntype = \"feed\"\nmass = \"{grams:.10} g\"\n\
         composition = {{ \"Ca(OH)2(s)\" = \"100 wt%\" }}\nrole = \"reagent\"\n"
    )
}

const LIME: f64 = 74.092; // g/mol

/// Lime neutralisation after the case C13 of the validation plan, made neutral: IPhreeqc 3.7.3 with the same constants gives,
/// for 0.06 mol Ca(OH)2, pH 3.09944, 0.0468234 mol gypsum and 0.0134384 mol Fe(OH)3 on 0.999722 kg of water left.
#[test]
fn lime_neutralisation_agrees_with_iphreeqc() {
    let text = format!(
        "flowsheet = [\"liquor -> tank.feed\", \"lime -> tank.feed\", \"tank -> slurry\"]\n{LIQUOR}{}\
         [units.tank]\ntype = \"equilibrate\"\n",
        lime(0.06 * LIME)
    );
    let (model, solution) = solve(&text);
    near(kpi(&model, &solution, "tank", "ph"), 3.0994415, 2e-5, "pH");
    near(kpi(&model, &solution, "tank", "ionic_strength"), 0.0826724, 1e-4, "ionic strength");
    near(amount(&solution, "tank.out", "CaSO4:2H2O(s)"), 0.0468234, 1e-4, "gypsum");
    near(amount(&solution, "tank.out", "Fe(OH)3(s)"), 0.0134384, 1e-4, "ferric hydroxide");
    assert_eq!(amount(&solution, "tank.out", "Al(OH)3(s)"), 0.0);
    near(amount(&solution, "tank.out", "Fe+3"), 0.00656156, 1e-4, "iron left");
}

/// The same liquor titrated: IPhreeqc takes 0.0690728 mol of Ca(OH)2 to pH 3.5 and 0.0972020 mol to pH 5. The unit doses to
/// the pH inside; a controller from cold finds the same by varying the feed.
#[test]
fn lime_taken_to_a_ph_agrees_with_iphreeqc() {
    for (ph, want) in [(3.5, 0.0690728024), (5.0, 0.0972019994)] {
        let text = format!(
            "flowsheet = [\"liquor -> tank.feed\", \"lime -> tank.reagent\", \"tank.out -> slurry\", \"tank.reagent_left -> rest\"]\n\
             {LIQUOR}{}[units.tank]\ntype = \"equilibrate\"\nph = {ph}\n[units.rest]\ntype = \"discharge\"\n",
            lime(20.0)
        );
        let (model, solution) = solve(&text);
        near(kpi(&model, &solution, "tank", "reagent_taken") * 1e3 / LIME, want, 1e-4, "dosed");
        near(kpi(&model, &solution, "tank", "ph"), ph, 1e-9, "pH reached");
        let text = format!(
            "flowsheet = [\"liquor -> tank.feed\", \"lime -> tank.feed\", \"tank -> slurry\"]\n{LIQUOR}{}\
             [units.tank]\ntype = \"equilibrate\"\n[controllers.ph]\nvary = \"units.lime.mass\"\n\
             measure = \"streams.tank.out.ph\"\ntarget = \"{ph}\"\nbetween = [\"0 g\", \"20 g\"]\n",
            lime(1.0)
        );
        let (_, solution) = solve(&text);
        near(solution.controlled[0].value * 1e3 / LIME, want, 1e-4, "by a controller");
    }
}

/// Hydrochloric acid and caustic with ideal activities: h - Kw a_w/h = (acid - base)/kg of water, a_w = 1 - 0.017 Σm.
#[test]
fn a_strong_acid_titrates_by_its_closed_form() {
    for base in [0.0, 50.0, 99.0, 100.0, 100.1, 150.0] {
        let text = format!(
            "format = 1\ntitle = \"titration\"\nvolume = \"water\"\n\
             flowsheet = [\"acid -> mix\", \"caustic -> mix\", \"mix -> told\", \"told -> drain\"]\n\
             [equilibrium]\ndatabase = \"ideal.dat\"\nactivity = \"ideal\"\n\
             [units.acid]\ntype = \"feed\"\nvolume = \"100 mL\"\nsolution = {{ HCl = \"0.1 mol/L\" }}\n\
             [units.caustic]\ntype = \"feed\"\nvolume = \"{} mL\"\nsolution = {{ NaOH = \"0.1 mol/L\" }}\n\
             [units.mix]\ntype = \"mixer\"\n[units.told]\ntype = \"speciate\"\nspecies = [\"OH-\"]\n\
             [units.drain]\ntype = \"discharge\"\n",
            f64::max(base, 1e-6)
        );
        let (model, solution) = solve(&text);
        let (h2o, sodium) = (amount(&solution, "mix.out", "H2O"), amount(&solution, "mix.out", "Na+"));
        let chloride = amount(&solution, "mix.out", "Cl-");
        let kg = h2o * 0.018016;
        let mut water = 1.0;
        let mut h = 0.0;
        for _ in 0..50 {
            let free = (chloride - sodium) / kg;
            h = 0.5 * (free + (free * free + 4e-14 * water).sqrt());
            water = 1.0 - 0.017 * (h + 1e-14 * water / h + (chloride + sodium) / kg);
        }
        near(kpi(&model, &solution, "told", "ph"), -h.log10(), 1e-6, &format!("{base} mL"));
        near(kpi(&model, &solution, "told", "molality.OH-"), 1e-14 * water / h, 1e-5, "OH-");
        let before: Vec<u64> =
            solution.stream("mix.out").unwrap().amounts.iter().map(|n| n.to_bits()).collect();
        let after: Vec<u64> =
            solution.stream("told.out").unwrap().amounts.iter().map(|n| n.to_bits()).collect();
        assert_eq!(before, after, "speciation changes nothing");
    }
}

const REDOX: &str = r#"
format = 1
title = "redox"
volume = "water"
[equilibrium]
database = "ideal.dat"
activity = "ideal"
open = ["Fe", "Cu"]
solids = ["Copper"]
"#;

/// Ferric iron dissolves copper; Eh = (RT/F) ln 10 (13.0 - log Fe+2/Fe+3) with log K -13.0 of Fe+2 = Fe+3 + e-. At 0.5 V all
/// the copper (0.01 mol) is gone: 0.02 mol of ferric iron turned ferrous, and what the ratio asks for beside.
#[test]
fn copper_dissolves_to_an_eh() {
    let text = format!(
        "flowsheet = [\"copper -> tank.feed\", \"acid -> tank.feed\", \"ferric -> tank.reagent\", \"tank.out -> pls\", \"tank.reagent_left -> rest\"]\n{REDOX}\
         [units.copper]\ntype = \"feed\"\nmass = \"0.63546 g\"\ncomposition = {{ \"Cu(s)\" = \"100 wt%\" }}\nrole = \"feedstock\"\n\
         [units.acid]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ HCl = \"0.1 mol/L\" }}\n\
         [units.ferric]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ FeCl3 = \"0.1 mol/L\" }}\n\
         [units.tank]\ntype = \"equilibrate\"\neh = \"0.5 V\"\n[units.pls]\ntype = \"product\"\n[units.rest]\ntype = \"discharge\"\n"
    );
    let (model, solution) = solve(&text);
    let slope = 8.314462618 * 298.15 * std::f64::consts::LN_10 / 96_485.332_12;
    let ratio = 10_f64.powf(13.0 - 0.5 / slope); // Fe+2 over Fe+3
    near(kpi(&model, &solution, "tank", "eh"), 0.5, 1e-9, "Eh");
    near(amount(&solution, "tank.out", "Cu+2"), 0.01, 1e-4, "copper");
    near(amount(&solution, "tank.out", "Fe+2"), 0.02, 1e-4, "ferrous");
    near(amount(&solution, "tank.out", "Fe+3"), 0.02 / ratio, 1e-3, "ferric");
    assert_eq!(amount(&solution, "tank.out", "Cu(s)"), 0.0);
}

/// MnO2 + SO2 = Mn+2 + SO4-2: far below the Eh of MnO2 and far above that of sulfite one mole takes one, and no acid.
#[test]
fn sulfur_dioxide_dissolves_manganese_dioxide_one_for_one() {
    let (model, solution) = solve(include_str!("../scenarios/manganese-dioxide-sulfur-dioxide.toml"));
    let dioxide = 12.0 / (54.938 + 2.0 * 15.999); // mol, of 20 g with 60 wt%
    near(kpi(&model, &solution, "leach", "eh"), 0.7, 1e-5, "Eh, which nothing buffers here");
    near(amount(&solution, "leach.out", "Mn+2"), dioxide, 1e-4, "manganese dissolved");
    let taken = 0.25 - amount(&solution, "leach.reagent_left", "SO2");
    near(taken, dioxide, 1e-3, "sulfur dioxide taken");
    near(
        amount(&solution, "leach.out", "SO4-2"),
        0.05 + dioxide,
        1e-3,
        "sulfate of the acid and of the reaction",
    );
    near(amount(&solution, "leach.out", "H+"), 0.1, 1e-3, "acid, which stays");
    assert_eq!(amount(&solution, "leach.out", "MnO2(s)"), 0.0);
}

/// Closed couples stay: the same without `open` leaves metal and ferric iron side by side.
#[test]
fn closed_couples_do_not_react() {
    let text = format!(
        "flowsheet = [\"copper -> tank.feed\", \"ferric -> tank.feed\", \"tank -> pls\"]\n{}\
         [units.copper]\ntype = \"feed\"\nmass = \"0.63546 g\"\ncomposition = {{ \"Cu(s)\" = \"100 wt%\" }}\nrole = \"feedstock\"\n\
         [units.ferric]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ FeCl3 = \"0.1 mol/L\" }}\n\
         [units.tank]\ntype = \"equilibrate\"\n[units.pls]\ntype = \"product\"\n",
        REDOX.replace("open = [\"Fe\", \"Cu\"]\n", "")
    );
    let (_, solution) = solve(&text);
    near(amount(&solution, "tank.out", "Cu(s)"), 0.01, 1e-4, "copper");
    near(amount(&solution, "tank.out", "Fe+3"), 0.0997047 / 0.997047, 1e-2, "ferric");
    let stream = solution.stream("tank.out").unwrap();
    assert!(stream.table.index("Fe+2").is_none_or(|id| stream.amount(id) == 0.0), "ferrous from nowhere");
}

fn brine(target: &str) -> String {
    format!(
        "format = 1\ntitle = \"evaporation\"\nvolume = \"water\"\n\
         flowsheet = [\"brine -> pan\", \"pan.slurry -> rest\", \"pan.vapour -> steam\"]\n\
         [equilibrium]\ndatabase = \"ideal.dat\"\nactivity = \"ideal\"\nsolids = [\"Halite\", \"Gypsum\"]\n\
         [units.brine]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ NaCl = \"1 mol/L\" }}\nrole = \"feedstock\"\n\
         [units.pan]\ntype = \"crystalliser\"\n{target}\n[units.rest]\ntype = \"product\"\n[units.steam]\ntype = \"discharge\"\n"
    )
}

/// Ideal halite, log K 1.57: saturated at m = 10^0.785 mol/kg, so that what dissolves and what crystallises follow.
#[test]
fn salt_crystallises_where_it_is_saturated() {
    let saturated = 10_f64.powf(0.785);
    let (model, solution) = solve(&brine("until = \"Halite\""));
    let salt = amount(&solution, "brine.out", "Na+");
    let water = amount(&solution, "pan.slurry", "H2O") * 0.018016;
    near(salt / water, saturated, 1e-6, "molality at saturation");
    assert_eq!(amount(&solution, "pan.slurry", "NaCl(s)"), 0.0);
    near(kpi(&model, &solution, "pan", "saturation_index.Halite").abs() + 1.0, 1.0, 1e-9, "index");
    let (_, solution) = solve(&brine("water_removed = \"90 %\""));
    let water = amount(&solution, "pan.slurry", "H2O") * 0.018016;
    near(amount(&solution, "pan.slurry", "Na+") / water, saturated, 1e-6, "mother liquor");
    near(amount(&solution, "pan.slurry", "NaCl(s)"), salt - saturated * water, 1e-6, "salt");
    let (model, solution) = solve(&brine("solids_fraction = \"20 wt%\""));
    near(kpi(&model, &solution, "pan", "solids_fraction"), 0.2, 1e-8, "slurry");
    near(
        amount(&solution, "pan.vapour", "H2O(g)"),
        kpi(&model, &solution, "pan", "water_removed") * amount(&solution, "brine.out", "H2O"),
        1e-12,
        "vapour",
    );
}

fn stripper(stages: i32) -> String {
    format!(
        "format = 1\ntitle = \"stripping\"\nvolume = \"water\"\n\
         flowsheet = [\"liquor -> tower.feed\", \"nitrogen -> tower.gas\", \"tower.liquor -> rest\", \"tower.gas -> off_gas\"]\n\
         [equilibrium]\ndatabase = \"ideal.dat\"\nactivity = \"ideal\"\n\
         [units.liquor]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ NH3 = \"1 mmol/L\", NaOH = \"1 mol/L\" }}\nrole = \"feedstock\"\n\
         [units.nitrogen]\ntype = \"feed\"\nmass = \"2 kg\"\ncomposition = {{ \"N2(g)\" = \"100 wt%\" }}\nrole = \"reagent\"\n\
         [units.tower]\ntype = \"absorber\"\nstages = {stages}\n[units.rest]\ntype = \"product\"\n[units.off_gas]\ntype = \"discharge\"\n"
    )
}

/// Henry, and Kremser's equation with a factor for each stage (W. C. Edmister, AIChE J. 3 (1957) 165): 1/(1 + S_1 + S_1 S_2 +
/// ...) of a trace of ammonia is left, counted from the top. Dry gas takes up its steam on the lowest stage, so that stage alone has another factor.
#[test]
fn ammonia_strips_by_kremser() {
    for stages in [1, 3] {
        let (model, solution) = solve(&stripper(stages));
        let gas = amount(&solution, "tower.gas", "N2(g)") + amount(&solution, "tower.gas", "H2O(g)");
        let factor = |stream: &str| {
            let water = amount(&solution, stream, "H2O") * 0.018016;
            gas / (10_f64.powf(1.77) * water) // p = 1 atm: mol of gas per mol/kg over K
        };
        let (lowest, others) = (factor("tower.liquor"), factor("liquor.out"));
        let upper: f64 = (0..stages).map(|n| others.powi(n)).sum();
        let left = 1.0 / (upper + others.powi(stages - 1) * lowest);
        let stripped = kpi(&model, &solution, "tower", "stripped.N");
        near(1.0 - stripped, left, 2e-3, &format!("{stages} stages"));
        // steam: a_w of the vapour pressure, 3.169 kPa at 25 degC, within the formula's 0.1 %
        let steam = amount(&solution, "tower.gas", "H2O(g)") / gas;
        near(steam * 101_325.0, 3169.9 * kpi(&model, &solution, "tower", "water_activity"), 4e-3, "steam");
    }
}

/// The same bits on every run and on every thread.
#[test]
fn answers_do_not_depend_on_threads() {
    let text = format!(
        "flowsheet = [\"liquor -> tank.feed\", \"lime -> tank.reagent\", \"tank.out -> slurry\", \"tank.reagent_left -> rest\"]\n\
         {LIQUOR}{}[units.tank]\ntype = \"equilibrate\"\nph = 4.2\n[units.rest]\ntype = \"discharge\"\n",
        lime(20.0)
    );
    let bits = || -> Vec<u64> {
        let (_, solution) = solve(&text);
        solution.streams.iter().flat_map(|s| s.stream.amounts.iter().map(|n| n.to_bits())).collect()
    };
    let first = bits();
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|_| scope.spawn(bits)).collect();
        for other in others {
            assert_eq!(other.join().unwrap(), first);
        }
    });
}

/// Gold under cyanide, as the shipped scenario has it: acid turns cyanide into HCN, copper binds it, and gold waits.
#[test]
fn acid_and_copper_cost_free_cyanide() {
    let shipped = include_str!("../scenarios/board-cyanide.toml").replace("\"24 h\"", "\"6 h\"");
    let lye = "\"NaOH\" = \"0.01 mol/L\"";
    assert!(shipped.contains(lye) && shipped.contains("feedstock = \"leached-boards-cyanide\""));
    let acid = shipped.replace(lye, "\"HCl\" = \"0.035 mol/L\"");
    let boards = "rest = \"board\"\nsize = { distribution = \"single\", d = \"1 um\" }\n\
                  assay = { \"Au(s)\" = \"200 g/t\", \"Ag(s)\" = \"1000 g/t\", \"Cu(s)\" = \"20 wt%\" }";
    let copper = shipped.replace("feedstock = \"leached-boards-cyanide\"", boards);
    // 0.04 mol/L; pKa of HCN 9.21, less 0.1 for activities
    let rows = [(shipped, 0.999, (37.0, 40.0)), (acid, 0.6, (3.5, 6.5)), (copper, 0.1, (37.0, 40.0))];
    for (text, most, free) in rows {
        let (model, solution) = solve(&text);
        let gold = kpi(&model, &solution, "leach", "conversion.Au(s)");
        assert!(if most > 0.9 { gold > most } else { gold > 0.0 && gold < most }, "{gold} {most}");
        let profile = &solution.outcomes[model.flowsheet.node("leach").unwrap()].profiles[0];
        let series = profile.series.iter().find(|s| s.name == "free.CN-").unwrap();
        assert!((free.0..free.1).contains(&series.values[0]), "{free:?} {:?}", series.values);
        assert!(profile.series.iter().any(|s| s.name == "pH"));
    }
}

/// A metal in plain acid, its couple alone open: no Eh balances, and the message says what to do; with hydrogen open it dissolves until
/// Nernst's equation holds.
#[test]
fn a_metal_without_an_oxidant_is_told_so() {
    let text = |open: &str| {
        format!(
            "format = 1\ntitle = \"copper in acid\"\nbasis = \"batch\"\n\
             flowsheet = [\"copper -> tank.feed\", \"acid -> tank.feed\", \"tank.out -> slurry\"]\n\
             [equilibrium]\nopen = [{open}]\nsolids = [\"Cu(cr)\"]\n\
             [units.copper]\ntype = \"feed\"\nmass = \"10 g\"\ncomposition = {{ \"Cu(s)\" = \"100 wt%\" }}\n\
             [units.acid]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ H2SO4 = \"0.1 mol/L\" }}\n\
             [units.tank]\ntype = \"equilibrate\"\n[units.slurry]\ntype = \"product\"\n"
        )
    };
    let error = model(&text("\"Cu\"")).flowsheet.solve().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("feed an oxidant or reductant") && error.contains("such as `H`"), "{error}");
    let (model, solution) = solve(&text("\"Cu\", \"H\""));
    near(kpi(&model, &solution, "tank", "saturation_index.Cu(cr)"), 0.0, 1.0, "copper is there");
    let gone = -kpi(&model, &solution, "tank", "formed.Cu(s)");
    assert!(gone > 0.0 && gone < 1e-4, "{gone} kg");
}

/// Strong liquors with several hydroxides, whose solids cannot be let in one by one: dissolved all at once they dry the liquor out.
#[test]
fn the_plant_runs_with_every_activity_model() {
    let shipped = include_str!("../scenarios/black-mass-plant.toml");
    for model in ["extended-debye-hueckel", "ideal"] {
        let text = shipped.replace("[equilibrium]\n", &format!("[equilibrium]\nactivity = \"{model}\"\n"));
        assert_ne!(text, shipped);
        let (model, solution) = solve(&text);
        near(kpi(&model, &solution, "neutralisation", "ph"), 5.4, 1e-6, "neutralisation");
        near(kpi(&model, &solution, "precipitation", "ph"), 9.5, 1e-6, "precipitation");
    }
}

/// Davies' equation is told to hold up to 0.5 mol/kg: a warning past it, none before.
#[test]
fn activities_past_their_range_warn() {
    for (strength, past) in [(0.45, false), (0.55, true)] {
        let text = format!(
            "format = 1\ntitle = \"brine\"\nbasis = \"batch\"\nvolume = \"water\"\nflowsheet = [\"brine -> probe.feed\", \"probe.out -> away\"]\n\
             [equilibrium]\n[units.brine]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ NaCl = \"{strength} mol/L\" }}\n\
             [units.probe]\ntype = \"speciate\"\n[units.away]\ntype = \"product\"\n"
        );
        let (model, solution) = solve(&text);
        let warnings = &solution.outcomes[model.flowsheet.node("probe").unwrap()].warnings;
        let told = warnings.iter().any(|w| w.contains("past the 0.5 mol/kg up to which `davies`"));
        assert_eq!(told, past, "{warnings:?}");
    }
}

/// Sulfur dioxide and lye mole for mole: liquor and gas carry as much of it, and passes from stage to stage alone hardly move.
#[test]
fn a_column_settles_where_gas_and_lye_are_equivalent() {
    let shipped = include_str!("../scenarios/sulfur-dioxide-scrubbing.toml");
    let absorbed = |lye: &str, stages: usize| {
        let text = shipped.replace("0.46 mol/L", lye).replace("stages = 3", &format!("stages = {stages}"));
        let (model, solution) = solve(&text);
        kpi(&model, &solution, "scrubber", "absorbed.SO2(g)")
    };
    let mut last = 0.9;
    for stages in [2, 3, 5, 12] {
        let share = absorbed("0.41627252832 mol/L", stages); // 1180 kg/h of 1.13 wt% SO2 over 0.5 m3/h
        assert!(share >= last && share <= 1.0, "{stages} stages absorb {share}");
        assert!(absorbed("0.4163 mol/L", stages) >= share, "more lye absorbs more");
        near(
            absorbed("0.41 mol/L", stages.min(5)),
            0.9908,
            1e-3,
            "less lye than gas: bisulfite, and what dissolves beside it",
        );
        last = share;
    }
}

/// Anhydrite beside gypsum: a solid that the equilibrium does not know stays, and the run says so.
#[test]
fn a_fed_solid_that_no_phase_is_like_is_told_of() {
    let text = |solid: &str, settings: &str| {
        format!(
            "format = 1\ntitle = \"gypsum or not\"\nbasis = \"batch\"\n\
             flowsheet = [\"water -> tank.feed\", \"rock -> tank.feed\", \"tank.out -> slurry\"]\n\
             [equilibrium]\ndatabase = \"iron-aluminium-lime.dat\"\nsolids = [{settings}]\n\
             [units.water]\ntype = \"feed\"\nvolume = \"1 L\"\nsolution = {{ H2SO4 = \"1 mmol/L\" }}\n\
             [units.rock]\ntype = \"feed\"\nmass = \"1 g\"\ncomposition = {{ \"{solid}\" = \"100 wt%\" }}\n\
             [units.tank]\ntype = \"equilibrate\"\n[units.slurry]\ntype = \"product\"\n"
        )
    };
    for settings in ["\"Gypsum\"", "\"all\""] {
        let (model, solution) = solve(&text("CaSO4(s)", settings));
        let [(place, told), ..] = model.warnings.as_slice() else { panic!("no warning") };
        assert_eq!(place, "equilibrium");
        assert!(told.starts_with("`CaSO4(s)` is inert in the equilibrium"), "{told}");
        assert!(told.contains("nearest is `Gypsum`, CaSO4:2H2O: feed `CaSO4:2H2O(s)`"), "{told}");
        near(amount(&solution, "tank.out", "CaSO4(s)"), 1.0 / 136.14, 1e-3, "it stays");
    }
    assert!(model(&text("CaSO4:2H2O(s)", "\"Gypsum\"")).warnings.is_empty());
    let told = model(&text("CaSO4(s)", "\"Portlandite\"")).warnings;
    assert!(told.iter().all(|(_, text)| !text.contains("inert")), "nothing like it was to form: {told:?}");
}

/// A name that stands for another element in each pair, or for none.
#[test]
fn an_element_of_the_databases_own_stands_for_one_thing() {
    let folder = tempfile::tempdir().unwrap();
    let database = "SOLUTION_MASTER_SPECIES\nH H+ -1 H 1.008\nO H2O 0 O 16\nFd Fd+2 0 Fd 55.8\nCl Cl- 0 Cl 35.45\n\
                    SOLUTION_SPECIES\nH+ = H+\nH2O = H2O\nFd+2 = Fd+2\nCl- = Cl-\nH2O = OH- + H+\n log_k -14\n\
                    Fd+2 + H2O = FdOH+ + H+\n log_k -9\nFd+2 + Cl- = FdCl+\n log_k 0.1\n";
    std::fs::write(folder.path().join("fd.dat"), database).unwrap();
    let read = |names: &str| {
        let text = format!(
            "format = 1\ntitle = \"names\"\nbasis = \"batch\"\nflowsheet = [\"water -> drain\"]\n\
             [equilibrium]\ndatabase = \"fd.dat\"\nnames = {{ {names} }}\n[units.water]\ntype = \"feed\"\n\
             volume = \"1 L\"\nsolution = {{ FeCl2 = \"1 mmol/L\" }}\n[units.drain]\ntype = \"discharge\"\n"
        );
        let path = folder.path().join("names.toml");
        Model::parse(&path.display().to_string(), &text, &LIBRARY, &[]).map_err(|faults| faults.render(false))
    };
    let mut legal =
        read("\"Fe+2\" = \"Fd+2\", \"FeCl+\" = \"FdCl+\"").unwrap_or_else(|told| panic!("{told}"));
    assert!(legal.flowsheet.solve().is_ok_and(|solution| solution.closure.worst_relative < 1e-9));
    let told = read("\"Fe+2\" = \"Fd+2\", \"CoCl+\" = \"FdCl+\"").unwrap_err();
    assert!(told.contains("`CoCl+`") && told.contains("`Fd` stands for Fe by `Fe+2`"), "{told}");
    let told = read("\"Fe+2\" = \"FdCl+\"").unwrap_err();
    assert!(
        told.contains("`Fe+2` (Fe, charge +2) is not `FdCl+` of the database (Cl, Fd, charge +1)"),
        "{told}"
    );
}

/// Cyanide fed as a complex is not counted as cyanide: gold waits for it, though the equilibrium sets some free, and the leach says so.
#[test]
fn a_reagent_that_complexes_hold_is_told_of() {
    let shipped = include_str!("../scenarios/board-cyanide.toml").replace("\"24 h\"", "\"1 h\"");
    let liquor = "solution = { \"NaCN\" = \"0.04 mol/L\", \"NaOH\" = \"0.01 mol/L\" }";
    assert!(shipped.contains(liquor));
    let held = "\n[units.liquor.amounts]\nH2O = \"55 mol\"\n\"Na+\" = \"0.04 mol\"\n\"OH-\" = \"0.01 mol\"\n\"Cu(CN)3-2\" = \"0.015 mol\"\n";
    let text = shipped.replace("volume = \"1 L\"\n", "").replace(liquor, held);
    let (model, solution) = solve(&text);
    let told = &solution.outcomes[model.flowsheet.node("leach").unwrap()].warnings;
    assert!(told.iter().any(|text| text.contains("of `CN-` are free at the end")), "{told:?}");
    let (model, solution) = solve(&shipped);
    let told = &solution.outcomes[model.flowsheet.node("leach").unwrap()].warnings;
    assert!(!told.iter().any(|text| text.contains("are free at the end")), "{told:?}");
}
