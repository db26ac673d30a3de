//! Recycles and controllers with answers known beforehand, through scenario files as users write them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;

use lixivia::flowsheet::{FlowsheetError, Solution};
use lixivia::scenario::{Library, Model};
use proptest::prelude::*;

static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::load(None).expect("the shipped library is sound"));

fn model(text: &str) -> Model {
    Model::parse("test.toml", text, &LIBRARY, &[]).unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn solve(text: &str) -> Solution {
    model(text).flowsheet.solve().unwrap_or_else(|error| panic!("{error}"))
}

fn mass(solution: &Solution, stream: &str) -> f64 {
    solution.stream(stream).unwrap_or_else(|| panic!("no stream {stream}")).mass()
}

const FEED: &str = r#"
format = 1
title = "recycle"
basis = "continuous"
[units.brine]
type = "feed"
mass = "1 kg/s"
solution = { NaCl = "10 wt%" }
[units.out]
type = "product"
"#;

/// A share r of the splitter returns: the recycle carries F·r/(1 − r), the sum of the geometric series.
#[test]
fn a_recycle_converges_to_its_geometric_series() {
    for share in [0.1, 0.5, 0.9, 0.99] {
        let text = format!(
            "flowsheet = [\"brine -> mix\", \"split.back -> mix\", \"mix -> split\", \"split.rest -> out\"]\n{FEED}\n\
             [units.mix]\ntype = \"mixer\"\n[units.split]\ntype = \"splitter\"\nshares = {{ back = \"{} %\" }}\n",
            100.0 * share
        );
        let solution = solve(&text);
        let want = share / (1.0 - share);
        let got = mass(&solution, "split.back");
        assert!((got / want - 1.0).abs() < 1e-10, "share {share}: {got} against {want}");
        assert!(solution.closure.worst_relative < 1e-9);
        assert!(solution.passes <= 12, "{} passes", solution.passes);
    }
}

/// A leach behind one that dissolves a solid to the last, or all but: what rounding leaves of it has a size. A solid that is fed
/// without one has none.
#[test]
fn a_second_leach_takes_what_the_first_leaves() {
    let plant = |minutes: f64, size: &str| {
        format!(
            "format = 1\ntitle = \"two leaches\"\nprocesses = [\"cobalt/lco-sulfuric-peroxide\"]\n\
             flowsheet = [\"solids -> first.feed\", \"liquor -> first.feed\", \"first.slurry -> second.feed\", \
             \"second.slurry -> out\"]\n[units.solids]\ntype = \"feed\"\nmass = \"10 g\"\n{size}\n\
             [units.liquor]\ntype = \"feed\"\nvolume = \"1 L\"\n\
             solution = {{ H2SO4 = \"2 mol/L\", H2O2 = \"0.9 mol/L\" }}\n\
             [units.first]\ntype = \"batch-leach\"\ntemperature = \"80 degC\"\ntime = \"{minutes} min\"\n\
             [units.second]\ntype = \"batch-leach\"\ntemperature = \"80 degC\"\ntime = \"10 min\"\n\
             [units.out]\ntype = \"product\"\n"
        )
    };
    for minutes in [5.0, 10.0, 20.0, 30.0, 37.0, 40.0, 60.0, 90.0, 120.0, 300.0] {
        let solution = solve(&plant(minutes, "feedstock = \"lco-powder\""));
        assert!(solution.closure.worst_relative < 1e-9, "{minutes} min");
        let left = solution.stream("second.slurry").unwrap();
        let solid = left.table.index("LiCoO2(s)").unwrap();
        let sizes = left.classes(solid).iter().fold(0.0, |sum, class| sum + class.amount());
        let amount = left.amount(solid);
        assert!(amount >= 0.0 && (sizes - amount).abs() <= 1e-9 * amount, "{minutes} min: {amount} {sizes}");
    }
    let bare = "assay = { \"LiCoO2(s)\" = \"100 wt%\" }";
    let error = model(&plant(30.0, bare)).flowsheet.solve().unwrap_err().to_string();
    assert!(error.contains("has no particle size"), "{error}");
}

/// An inner loop returning a, an outer loop returning b: F/(1 − b) passes the outer, that over (1 − a) the inner.
#[test]
fn nested_loops_converge_from_a_cold_start() {
    let text = format!(
        "flowsheet = [\"brine -> outer\", \"outer -> inner\", \"inner -> fast\", \"fast.back -> inner\", \
         \"fast.rest -> slow\", \"slow.back -> outer\", \"slow.rest -> out\"]\n{FEED}\n\
         [units.outer]\ntype = \"mixer\"\n[units.inner]\ntype = \"mixer\"\n\
         [units.fast]\ntype = \"splitter\"\nshares = {{ back = \"80 %\" }}\n\
         [units.slow]\ntype = \"splitter\"\nshares = {{ back = \"60 %\" }}\n"
    );
    let solution = solve(&text);
    for (stream, want) in [("outer.out", 1.0 / 0.4), ("inner.out", 1.0 / 0.4 / 0.2), ("slow.rest", 1.0)] {
        let got = mass(&solution, stream);
        assert!((got / want - 1.0).abs() < 1e-10, "{stream}: {got} against {want}");
    }
}

/// A controller around a loop: the feed that makes the recycle of a 75 % return carry 6 kg/s is 2 kg/s.
#[test]
fn a_loop_with_a_controller_converges_from_a_cold_start() {
    let text = format!(
        "flowsheet = [\"brine -> mix\", \"split.back -> mix\", \"mix -> split\", \"split.rest -> out\"]\n{FEED}\n\
         [units.mix]\ntype = \"mixer\"\n[units.split]\ntype = \"splitter\"\nshares = {{ back = \"75 %\" }}\n\
         [controllers.level]\nvary = \"units.brine.mass\"\nmeasure = \"streams.split.back.mass\"\n\
         target = \"6 kg/s\"\nbetween = [\"0.1 kg/s\", \"50 kg/s\"]\n"
    );
    let solution = solve(&text);
    let met = &solution.controlled[0];
    assert!((met.value - 2.0).abs() < 1e-6, "{met:?}");
    assert!((met.reached - 6.0).abs() < 1e-6, "{met:?}");
}

#[test]
fn a_controller_whose_target_is_out_of_reach_is_an_error_that_names_it() {
    let text = format!(
        "flowsheet = [\"brine -> out\"]\n{FEED}\n[controllers.level]\nvary = \"units.brine.mass\"\n\
         measure = \"streams.brine.out.mass\"\ntarget = \"60 kg/s\"\nbetween = [\"0.1 kg/s\", \"50 kg/s\"]\n"
    );
    let error = model(&text).flowsheet.solve().expect_err("60 kg/s cannot be reached");
    assert!(matches!(error, FlowsheetError::Unmet { .. }), "{error}");
    assert!(error.to_string().contains("level"), "{error}");
}

/// All liquor returns and the cake is dry: sodium, like everything dissolved, can only gather.
#[test]
fn an_element_without_a_way_out_is_refused_by_name() {
    let text = r#"
format = 1
title = "no bleed"
basis = "continuous"
flowsheet = ["sand -> mix", "brine -> mix", "mix -> filter.feed", "filter.filtrate -> mix", "filter.cake -> out"]
[units.sand]
type = "feed"
mass = "1 kg/s"
assay = { "SiO2(s)" = "100 wt%" }
[units.brine]
type = "feed"
mass = "1 kg/s"
solution = { NaCl = "10 wt%" }
[units.mix]
type = "mixer"
[units.filter]
type = "filter"
moisture = "0 wt%"
[units.out]
type = "product"
"#;
    let error = model(text).flowsheet.solve().expect_err("nothing dissolved can leave");
    let FlowsheetError::NoWayOut { element, loop_text, .. } = &error else { panic!("{error}") };
    assert!(["H", "O", "Na", "Cl"].contains(&element.as_str()), "{element}");
    assert!(loop_text.contains("filter"), "{loop_text}");
    assert!(!error.history().is_empty());
}

/// A thickener, a washed filter and a decantation train in a plant with a recycle.
fn separation(solids: f64, salt: f64, moisture: f64, wash: f64, efficiency: f64, back: f64) -> String {
    format!(
        r#"
format = 1
title = "separation"
basis = "continuous"
flowsheet = [
  "sand -> mix", "brine -> mix", "split.back -> mix", "mix -> thick", "thick.underflow -> filter.feed",
  "water -> filter.wash", "thick.overflow -> split", "filter.filtrate -> split", "split.rest -> pls",
  "filter.cake -> train.feed", "rinse -> train.wash", "train.overflow -> spent", "train.underflow -> tails",
]
[units.sand]
type = "feed"
mass = "{solids} kg/s"
assay = {{ "SiO2(s)" = "60 wt%" }}
rest = "clay"
size = {{ distribution = "rosin-rammler", d63 = "80 um", n = 1.1 }}
[units.brine]
type = "feed"
mass = "4 kg/s"
solution = {{ NaCl = "{salt} wt%", HCl = "2 wt%" }}
[units.water]
type = "feed"
mass = "{wash} kg/s"
solution = {{ NaOH = "1 wt%" }}
[units.rinse]
type = "feed"
mass = "2 kg/s"
solution = {{}}
[units.mix]
type = "mixer"
[units.thick]
type = "thickener"
underflow_solids = "40 wt%"
[units.filter]
type = "filter"
moisture = "{moisture} wt%"
wash_efficiency = "{efficiency} %"
[units.train]
type = "ccd"
stages = 3
underflow_solids = "50 wt%"
[units.split]
type = "splitter"
shares = {{ back = "{back} %" }}
[units.pls]
type = "product"
[units.spent]
type = "discharge"
[units.tails]
type = "discharge"
"#
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever enters leaves: every element around every unit, the charge of every stream, no negative amount.
    #[test]
    fn separations_conserve_elements_and_charge(
        solids in 0.05..1.5_f64, salt in 0.0..20.0_f64, moisture in 5.0..45.0_f64,
        wash in 0.01..5.0_f64, efficiency in 10.0..99.0_f64, back in 0.0..95.0_f64,
    ) {
        let solution = solve(&separation(solids, salt, moisture, wash, efficiency, back));
        prop_assert!(solution.closure.worst_relative <= 1e-9, "{}", solution.closure.worst_relative);
        for solved in &solution.streams {
            let stream = &solved.stream;
            prop_assert!(stream.amounts.iter().all(|n| *n >= 0.0), "{}", solved.name);
            let ions: f64 = stream.table.iter().map(|(id, s)| stream.amount(id) * s.charge.abs()).sum();
            prop_assert!(stream.charge().abs() <= 1e-9 * ions.max(1e-12), "{}: {}", solved.name, stream.charge());
            for particles in &stream.particles {
                let amount = stream.amount(particles.species);
                prop_assert!((particles.amount() - amount).abs() <= 1e-9 * amount, "{}", solved.name);
            }
        }
    }

    /// Conversion of the mineral lies between 0 and 1 in a cascade; over a batch it never falls. (Extraction of cobalt may: the
    /// oxide that lithium leaves is a solid of its own. So may the conversion of a cascade with its residence time, since
    /// peroxide decomposes.)
    #[test]
    fn conversions_of_irreversible_reactions_are_bounded_and_rise_over_a_batch(
        minutes in 2.0..120.0_f64, celsius in 60.0..80.0_f64, tanks in 1..4_usize, acid in 0.5..2.5_f64,
    ) {
        let conversion = |solution: &Solution| {
            let kpi = solution.outcomes.iter().flat_map(|o| &o.kpis).find(|k| k.name == "conversion.LiCoO2(s)");
            kpi.expect("the leach reports its mineral").value
        };
        let tank = format!("type = \"cstr-leach\"\ntanks = {tanks}\nresidence_time = \"{minutes} min\"");
        let cascade = solve(&leach("continuous", "kg/h", "m3/h", acid, celsius, &tank));
        prop_assert!((0.0..=1.0).contains(&conversion(&cascade)));
        let vessel = format!("type = \"batch-leach\"\ntime = \"{minutes} min\"");
        let batch = solve(&leach("batch", "kg", "m3", acid, celsius, &vessel));
        prop_assert!((0.0..=1.0).contains(&conversion(&batch)));
        let course = batch.outcomes.iter().flat_map(|o| &o.profiles).flat_map(|p| &p.series);
        for series in course.filter(|s| s.name.starts_with("conversion.LiCoO2")) {
            prop_assert!(series.values.windows(2).all(|w| w[1] >= w[0] - 1e-9), "{:?}", series.values);
        }
    }
}

/// A leach of cathode powder: basis, units of its feeds, acid (mol/L), temperature (°C), and the vessel.
fn leach(basis: &str, mass: &str, volume: &str, acid: f64, celsius: f64, vessel: &str) -> String {
    format!(
        r#"
format = 1
title = "leach"
basis = "{basis}"
processes = ["cobalt/lco-sulfuric-peroxide"]
flowsheet = ["powder -> leach", "acid -> leach", "leach -> out"]
[units.powder]
type = "feed"
feedstock = "lco-powder"
mass = "40 {mass}"
[units.acid]
type = "feed"
volume = "1 {volume}"
solution = {{ H2SO4 = "{acid} mol/L", H2O2 = "0.5 mol/L" }}
[units.leach]
{vessel}
temperature = "{celsius} degC"
[units.out]
type = "product"
"#
    )
}
