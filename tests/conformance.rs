//! Every unit model of the registry: elements, charge and mass close around it, no feed gives no product, and its derivatives
//! are those of its solution.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;

use lixivia::chemistry::Stream;
use lixivia::numerics::difference;
use lixivia::scenario::{Library, Model};
use lixivia::unit::{Inlets, KINDS, LANES, Moves, Moving, Outcome};

static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::load(None).expect("the shipped library is sound"));

/// Parameters of each kind, as a scenario writes them. A kind that is missing here fails the test.
const PARAMETERS: &[(&str, &str)] = &[
    ("feed", "mass = \"1 kg\"\ncomposition = { H2O = \"100 wt%\" }"),
    ("mixer", ""),
    ("splitter", "shares = { a = \"30 %\" }\nrest = \"b\""),
    ("heater", "temperature = \"60 degC\""),
    (
        "reactor",
        "reactions = [{ equation = \"Co+2 + 2 H2O = Co(OH)2(s) + 2 H+\", of = \"Co+2\", conversion = \"50 %\" }]",
    ),
    ("batch-leach", "time = \"1 h\"\ntemperature = \"60 degC\""),
    ("cstr-leach", "residence_time = \"1 h\"\ntemperature = \"60 degC\""),
    ("filter", "moisture = \"30 wt%\"\nwash_efficiency = \"80 %\""),
    ("thickener", "underflow_solids = \"40 wt%\""),
    ("ccd", "stages = 3\nunderflow_solids = \"40 wt%\""),
    (
        "precipitation",
        "reactions = [{ equation = \"Co+2 + 2 H2O = Co(OH)2(s) + 2 H+\", of = \"Co+2\", conversion = \"50 %\" }]",
    ),
    ("speciate", ""),
    ("equilibrate", "ph = 8.5\nvent = true"),
    ("crystalliser", "water_removed = \"50 %\""),
    ("absorber", "stages = 2"),
    ("make-up", "additions = [{ reagent = \"H2SO4\", concentration = \"2 mol/L\" }]"),
    ("sx-contact", ""),
    ("product", ""),
    ("discharge", ""),
];

/// A plant whose units stand beside one feed of all that they may meet; each is solved on its own.
fn plant(kind: &str, parameters: &str, overrides: &[String]) -> Model {
    let basis = if kind == "cstr-leach" { "continuous" } else { "batch" };
    let per = if basis == "continuous" { "/s" } else { "" };
    let parameters = if kind == "feed" {
        parameters.replace("kg\"", &format!("kg{per}\""))
    } else {
        parameters.to_owned()
    };
    let body = format!(
        "format = 1\ntitle = \"conformance\"\nbasis = \"{basis}\"\nprocesses = [\"cobalt/lco-sulfuric-peroxide\"]\n\
         [equilibrium]\nactivity = \"ideal\"\nsolids = [\"Co(OH)2(s)\", \"Gypsum\", \"Calcite\"]\n\
         [units.powder]\ntype = \"feed\"\nmass = \"50 g{per}\"\nassay = {{ \"LiCoO2(s)\" = \"95 wt%\" }}\nrest = \"gangue\"\nsize = {{ distribution = \"single\", d = \"10 um\" }}\n\
         [units.lime]\ntype = \"feed\"\nmass = \"60 g{per}\"\ncomposition = {{ \"CaCO3(s)\" = \"100 wt%\" }}\nrole = \"reagent\"\n\
         [units.liquor]\ntype = \"feed\"\nvolume = \"1 L{per}\"\nsolution = {{ CoSO4 = \"0.1 mol/L\", H2SO4 = \"1 mol/L\", H2O2 = \"0.2 mol/L\" }}\n\
         [units.caustic]\ntype = \"feed\"\nvolume = \"1 L{per}\"\nsolution = {{ NaOH = \"5 mol/L\" }}\n\
         [units.air]\ntype = \"feed\"\nmass = \"10 g{per}\"\ncomposition = {{ \"O2(g)\" = \"23 wt%\", \"N2(g)\" = \"77 wt%\" }}\nrole = \"reagent\"\n\
         [units.drain]\ntype = \"discharge\"\n[units.it]\ntype = \"{kind}\"\n{parameters}\n"
    );
    let from = ["powder", "lime", "liquor", "caustic", "air"];
    let mut arrows: Vec<String> = from.iter().map(|name| format!("{name} -> drain")).collect();
    // the ports of the unit are joined as it has them; an arrow to each from a feed of its own is not needed to solve it
    let (inlets, outlets) = ports(kind);
    arrows.extend(inlets.iter().map(|port| format!("water_{port} -> it.{port}")));
    arrows.extend(outlets.iter().map(|port| format!("it.{port} -> drain")));
    let waters: String = inlets
        .iter()
        .map(|port| {
            format!("[units.water_{port}]\ntype = \"feed\"\nmass = \"1 kg{per}\"\ncomposition = {{ H2O = \"100 wt%\" }}\nrole = \"reagent\"\n")
        })
        .collect();
    let list: Vec<String> = arrows.iter().map(|arrow| format!("\"{arrow}\"")).collect();
    let (head, tail) = body.split_once("[equilibrium]").unwrap();
    let text = format!("{head}flowsheet = [{}]\n[equilibrium]{tail}{waters}", list.join(", "));
    Model::parse("test.toml", &text, &LIBRARY, overrides)
        .unwrap_or_else(|faults| panic!("{kind}: {}", faults.render(false)))
}

fn ports(kind: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        "feed" => (&[], &["out"]),
        "splitter" => (&["feed"], &["a", "b"]),
        "batch-leach" | "cstr-leach" => (&["feed"], &["slurry"]),
        "filter" => (&["feed", "wash"], &["filtrate", "cake"]),
        "thickener" => (&["feed"], &["overflow", "underflow"]),
        "ccd" => (&["feed", "wash"], &["overflow", "underflow"]),
        "equilibrate" => (&["feed", "reagent"], &["out", "gas", "reagent_left"]),
        "crystalliser" => (&["feed"], &["slurry", "vapour"]),
        "absorber" => (&["feed", "gas"], &["liquor", "gas"]),
        "product" | "discharge" => (&["feed"], &[]),
        _ => (&["feed"], &["out"]),
    }
}

/// What enters the unit, port by port.
fn entering(kind: &str, model: &Model) -> Vec<(String, Stream)> {
    let flowsheet = &model.flowsheet;
    let out = |name: &str| {
        let node = &flowsheet.nodes[flowsheet.node(name).unwrap()];
        node.unit.solve(&Inlets::default()).unwrap().get("out").unwrap().clone()
    };
    let mut slurry = lixivia::unit::mix(&out("liquor"), &[&out("powder")]);
    if kind == "equilibrate" {
        slurry = lixivia::unit::mix(&slurry, &[&out("lime"), &out("air")]);
    }
    let stream = |port: &str| match (kind, port) {
        (_, "reagent") => out("caustic"),
        (_, "gas") => out("air"),
        (_, "wash") => out("water_wash"),
        ("absorber", _) => out("caustic"),
        _ => slurry.clone(),
    };
    ports(kind).0.iter().map(|port| ((*port).to_owned(), stream(port))).collect()
}

fn total<'a>(streams: impl Iterator<Item = &'a Stream>) -> (Vec<f64>, f64, f64) {
    let (mut elements, mut charge, mut mass) = (Vec::new(), 0.0, 0.0);
    for stream in streams {
        let own = stream.table.element_totals(&stream.amounts);
        elements.resize(own.len(), 0.0);
        elements.iter_mut().zip(own).for_each(|(sum, n): (&mut f64, f64)| *sum += n);
        charge += stream.charge();
        mass += stream.mass();
    }
    (elements, charge, mass)
}

#[test]
fn every_unit_conserves_elements_charge_and_mass() {
    for kind in KINDS {
        let parameters = PARAMETERS.iter().find(|(name, _)| *name == kind.name);
        let (_, parameters) = parameters.unwrap_or_else(|| panic!("`{}` has no row here", kind.name));
        if matches!(kind.name, "feed" | "product" | "discharge") {
            continue; // matter crosses the plant's boundary there
        }
        if kind.name == "sx-contact" {
            continue; // needs a process with `[extraction]`: tests/workloads.rs closes the balances around it
        }
        let model = plant(kind.name, parameters, &[]);
        let flowsheet = &model.flowsheet;
        let unit = &flowsheet.nodes[flowsheet.node("it").unwrap()].unit;
        let entering = entering(kind.name, &model);
        let (inlets, _) = ports(kind.name);
        let outcome = unit
            .solve(&Inlets::new(entering.clone()))
            .unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        let (before, charge_in, mass_in) = total(entering.iter().chain(&outcome.drawn).map(|(_, s)| s));
        let (after, charge_out, mass_out) = total(outcome.outlets.iter().map(|(_, s)| s));
        for (element, (a, b)) in before.iter().zip(&after).enumerate() {
            let symbol = flowsheet.context.table.elements()[element].symbol();
            assert!((a - b).abs() <= 1e-9 * a.abs().max(1e-12 * mass_in), "{}: {symbol} {a} {b}", kind.name);
        }
        let size: f64 = entering.iter().flat_map(|(_, s)| &s.amounts).sum();
        assert!((charge_in - charge_out).abs() <= 1e-12 * size, "{}: charge {charge_out}", kind.name);
        assert!((mass_in - mass_out).abs() <= 1e-9 * mass_in, "{}: mass {mass_in} {mass_out}", kind.name);
        for (port, stream) in &outcome.outlets {
            assert!(stream.amounts.iter().all(|n| *n >= 0.0), "{}.{port}: negative amount", kind.name);
        }

        let nothing = || Stream::empty(flowsheet.context.table.clone());
        let empty = inlets.iter().map(|port| ((*port).to_owned(), nothing())).collect();
        if let Ok(outcome) = unit.solve(&Inlets::new(empty)) {
            let (_, _, mass) = total(outcome.outlets.iter().map(|(_, s)| s));
            assert_eq!(mass, 0.0, "{}: a product from nothing", kind.name);
        }
    }
}

/// Kinds without derivatives of their own: they are differenced.
const DIFFERENCED: &[&str] =
    &["make-up", "sx-contact", "speciate", "equilibrate", "crystalliser", "absorber"];

/// A value of each kind by which it has derivatives: path, value and unit.
const MOVED: &[(&str, &str, f64, &str)] = &[
    ("feed", "mass", 1.0, "kg"),
    ("splitter", "shares.a", 30.0, "%"),
    ("heater", "temperature", 333.15, "K"),
    ("reactor", "temperature", 300.0, "K"),
    ("batch-leach", "temperature", 333.15, "K"),
    ("cstr-leach", "residence_time", 3600.0, "s"),
    ("filter", "moisture", 30.0, "wt%"),
    ("thickener", "underflow_solids", 40.0, "wt%"),
    ("ccd", "underflow_solids", 40.0, "wt%"),
    ("precipitation", "temperature", 300.0, "K"),
];

fn numbers(mut outcome: Outcome) -> Vec<f64> {
    let mut list = Vec::new();
    outcome.visit(&mut |number| list.push(*number));
    list
}

/// Derivatives by all flows together, by the inlets' temperature and by a parameter, against extrapolated differences of `solve`.
#[test]
fn every_unit_moves_as_its_solution_does() {
    for kind in KINDS.iter().filter(|kind| kind.name != "sx-contact") {
        let (_, parameters) = PARAMETERS.iter().find(|(name, _)| *name == kind.name).unwrap();
        let own = MOVED.iter().find(|(name, ..)| *name == kind.name);
        let made = |shift: f64| {
            let moved = own.map(|(_, path, value, unit)| {
                let value = value * (1.0 + shift);
                format!("units.it.{path}=\"{value:e} {unit}\"")
            });
            let fine = (kind.name == "batch-leach").then(|| "units.it.tolerance=1e-10".to_owned());
            plant(kind.name, parameters, &moved.into_iter().chain(fine).collect::<Vec<_>>())
        };
        let model = made(0.0);
        let mut streams = entering(kind.name, &model);
        // away from 25 degC, where a correlation of densities ends and the slope of the volume jumps
        streams.iter_mut().for_each(|(_, stream)| stream.temperature += 3.7);
        let solved = |model: &Model, lane: usize, shift: f64| {
            let moved = |(port, stream): &(String, Stream)| {
                let mut stream = stream.clone();
                match lane {
                    0 => stream = stream.scaled(1.0 + shift),
                    1 => stream.temperature *= 1.0 + shift,
                    _ => {}
                }
                (port.clone(), stream)
            };
            let node = &model.flowsheet.nodes[model.flowsheet.node("it").unwrap()];
            node.unit.solve(&Inlets::new(streams.iter().map(moved).collect())).ok().map(numbers)
        };
        let moving = |(port, stream): &(String, Stream)| {
            let growing = |value: f64, lane: usize| {
                let mut number = Moving::constant(value);
                number.gradient[lane] = value;
                number
            };
            let mut out = stream.map(Moving::constant).scaled(growing(1.0, 0));
            out.temperature = growing(stream.temperature, 1);
            (port.clone(), out)
        };
        let mut slopes = [0.0; LANES];
        let mut moves = Moves::default();
        let node = &model.flowsheet.nodes[model.flowsheet.node("it").unwrap()];
        if let Some((_, path, value, unit)) = own {
            let si = lixivia::quantity::Quantity::parse(&format!("{value} {unit}")).unwrap().value;
            slopes[2] = si;
            moves.own.push(((*path).to_owned(), slopes));
            assert!(node.unit.moves_with(path), "{}: {path}", kind.name);
        }
        let outcome = node.unit.solve_along(&Inlets::new(streams.iter().map(moving).collect()), &moves);
        assert_eq!(outcome.is_none(), DIFFERENCED.contains(&kind.name), "{}", kind.name);
        let Some(outcome) = outcome else { continue };
        let mut exact = Vec::new();
        outcome.unwrap().visit(&mut |number: &mut Moving| exact.push(*number));
        let base = solved(&model, 0, 0.0).unwrap();
        for lane in 0..3 {
            let at = |shift: f64| match lane {
                2 => solved(&made(shift), lane, shift),
                _ => solved(&model, lane, shift),
            };
            let found = difference::slopes(at, &base, 3e-4).unwrap();
            for (index, (exact, (slope, doubt))) in exact.iter().zip(found).enumerate() {
                let (got, name) = (exact.gradient[lane], kind.name);
                assert!(
                    (exact.value - base[index]).abs() <= 1e-9 * base[index].abs() + 1e-12,
                    "{name}: value {index}"
                );
                let allowed = 1e-6 * (base[index].abs() + slope.abs()) + 1e-9 + doubt;
                assert!(
                    doubt <= 1e-4 * (slope.abs() + base[index].abs()) + 1e-9,
                    "{name}: {index} is rough along {lane}: {slope} {doubt}"
                );
                assert!(
                    (got - slope).abs() <= allowed,
                    "{name}: {index} along {lane}: {got}, want {slope} ({doubt})"
                );
            }
        }
    }
}
