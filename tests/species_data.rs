//! The species files: every formula, quantity, balance and source key in `processes/species` is read and checked.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use lixivia::chemistry::{
    ApparentVolume, Formula, HeatCapacity, LiquorVolume, Phase, Reaction, Species, SpeciesTable, Thermo,
};
use lixivia::quantity::{Dimension, parse_as};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("processes")
}

fn read(file: &str) -> toml::Table {
    let path = folder().join("species").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A sourced value, its source key checked; estimates must give a reason.
fn sourced<'a>(place: &str, entry: &'a toml::Value, bibliography: &str) -> &'a toml::Table {
    let table = entry.as_table().unwrap_or_else(|| panic!("{place} is no table"));
    let source =
        table.get("source").and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{place} has no source"));
    if source == "estimate" {
        assert!(table.contains_key("reason"), "{place}: an estimate without a reason");
    } else {
        assert!(
            bibliography.contains(&format!("{{{source},")),
            "{place}: source `{source}` is not in references.bib"
        );
    }
    table
}

fn value(place: &str, table: &toml::Table, dimension: Dimension) -> f64 {
    let text =
        table.get("value").and_then(toml::Value::as_str).unwrap_or_else(|| panic!("{place} has no value"));
    parse_as(text, dimension).unwrap_or_else(|error| panic!("{place}: {error}"))
}

fn numbers<const N: usize>(list: &toml::Value) -> [f64; N] {
    let number = |value: &toml::Value| value.as_float().or(value.as_integer().map(|n| n as f64)).unwrap();
    list.as_array().unwrap().iter().map(number).collect::<Vec<_>>().try_into().unwrap()
}

fn heat_capacity(place: &str, table: &toml::Table) -> HeatCapacity {
    if table.contains_key("value") {
        return HeatCapacity::constant(value(place, table, Dimension::MOLAR_HEAT_CAPACITY));
    }
    let bound = |i: usize| parse_as(table["range"][i].as_str().unwrap(), Dimension::TEMPERATURE).unwrap();
    let range = (bound(0), bound(1));
    if let Some(list) = table.get("shomate") {
        HeatCapacity::shomate(numbers(list), range)
    } else if let Some(list) = table.get("maier-kelley") {
        HeatCapacity::maier_kelley(numbers(list), range)
    } else {
        HeatCapacity::nasa9(numbers(&table["nasa9"]), range)
    }
}

fn species(name: &str, entry: &toml::Table, bibliography: &str) -> Species {
    let keys =
        ["title", "formula", "pseudo", "enthalpy", "entropy", "heat_capacity", "density", "volume", "note"];
    if let Some(key) = entry.keys().find(|key| !keys.contains(&key.as_str())) {
        panic!("{name}: unknown key {key}");
    }
    let made = match entry.get("formula").and_then(toml::Value::as_str) {
        _ if entry.contains_key("pseudo") => Species::pseudo(name),
        Some(formula) => Species::with_formula(name, formula),
        None => Species::new(name),
    };
    let mut made = made.unwrap_or_else(|error| panic!("{error}"));
    let number = |key: &str, dimension| {
        let place = format!("{name}.{key}");
        entry.get(key).map(|own| value(&place, sourced(&place, own, bibliography), dimension))
    };
    let place = format!("{name}.heat_capacity");
    let heat_capacity =
        entry.get("heat_capacity").map(|own| heat_capacity(&place, sourced(&place, own, bibliography)));
    let thermo = Thermo {
        enthalpy: number("enthalpy", Dimension::MOLAR_ENERGY),
        entropy: number("entropy", Dimension::MOLAR_HEAT_CAPACITY),
        heat_capacity,
    };
    made = made.with_thermo(thermo);
    if let Some(density) = number("density", Dimension::MASS_CONCENTRATION) {
        assert!(
            made.phase == Phase::Solid && (300.0..23_000.0).contains(&density),
            "{name}: density {density}"
        );
        made = made.with_density(density);
    }
    if let Some(volume) = number("volume", Dimension::MOLAR_VOLUME) {
        assert!(made.phase == Phase::Aqueous && volume.abs() < 1e-4, "{name}: volume {volume}");
        made = made.with_volume(volume);
    }
    made
}

fn library() -> SpeciesTable {
    let bibliography = std::fs::read_to_string(folder().join("references.bib")).unwrap();
    let mut all = Vec::new();
    for file in ["aqueous.toml", "gases.toml", "solids.toml"] {
        let table = read(file);
        assert_eq!(table["format"].as_integer(), Some(1), "{file}");
        for (name, entry) in table["species"].as_table().unwrap() {
            all.push(species(name, entry.as_table().unwrap(), &bibliography));
        }
    }
    SpeciesTable::new(all).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_species_is_well_formed_and_sourced() {
    let table = library();
    assert!(table.len() > 400, "{}", table.len());
    for (_, one) in table.iter() {
        if let Some(cp) = one.thermo.heat_capacity_at(330.0)
            && one.phase != Phase::Aqueous
        {
            let atoms: f64 = one.formula.elements().map(|(_, count)| count).sum();
            assert!((4.0..45.0).contains(&(cp / atoms)), "{}: Cp {cp} J/(mol K) for {atoms} atoms", one.name);
        }
    }
}

#[test]
fn every_reagent_dissolves_into_what_it_holds() {
    let table = library();
    let bibliography = std::fs::read_to_string(folder().join("references.bib")).unwrap();
    for (name, entry) in read("reagents.toml")["reagents"].as_table().unwrap() {
        let products = entry["dissolves"].as_str().unwrap();
        let formula = Formula::parse(name).unwrap_or_else(|error| panic!("{error}"));
        let reagent = Species::made_of("reagent", formula).unwrap();
        let mut all: Vec<Species> = table.iter().map(|(_, one)| one.clone()).collect();
        all.push(reagent);
        let with_reagent = SpeciesTable::new(all).unwrap();
        Reaction::parse(&format!("reagent = {products}"), &with_reagent)
            .unwrap_or_else(|error| panic!("{error}"));
        if let Some(grade) = entry.get("grade") {
            let place = format!("{name}.grade");
            let grade = sourced(&place, grade, &bibliography);
            let assay = parse_as(grade["assay"].as_str().unwrap(), Dimension::FRACTION).unwrap();
            let density =
                parse_as(grade["density"].as_str().unwrap(), Dimension::MASS_CONCENTRATION).unwrap();
            assert!(assay > 0.0 && assay <= 1.0 && (800.0..2000.0).contains(&density), "{name}");
        }
    }
}

#[test]
fn reaction_enthalpies_agree_with_print() {
    // kJ per mol as written, 298.15 K; differences of tabulated enthalpies of formation of the CRC Handbook (95th ed.)
    // and, for peroxide, the heat of decomposition in dilute solution, 94.7 kJ/mol.
    let rows = [
        ("H+ + OH- = H2O", -55.8, 0.2),
        ("2 H2O2 = 2 H2O + O2(g)", -189.3, 1.0),
        ("Cu(s) + H2O2 + 2 H+ = Cu+2 + 2 H2O", -315.7, 1.0),
        ("Zn(s) + 2 H+ = Zn+2 + H2(g)", -153.9, 0.2),
        ("Ca(OH)2(s) + 2 H+ = Ca+2 + 2 H2O", -129.2, 0.5),
        ("CaCO3(s) + 2 H+ = Ca+2 + H2O + CO2(g)", -14.5, 0.5),
    ];
    let table = library();
    for (text, want, tolerance) in rows {
        let reaction = Reaction::parse(text, &table).unwrap_or_else(|error| panic!("{error}"));
        let got = reaction.enthalpy(&table, 298.15).unwrap_or_else(|error| panic!("{error}")) / 1e3;
        assert!((got - want).abs() <= tolerance, "{text}: got {got:.2} kJ/mol, printed {want}");
    }
}

#[test]
fn every_apparent_volume_is_sourced_and_makes_a_sound_density() {
    let table = library();
    let bibliography = std::fs::read_to_string(folder().join("references.bib")).unwrap();
    let mut salts = Vec::new();
    for (name, entry) in read("densities.toml")["densities"].as_table().unwrap() {
        let entry = sourced(name, entry, &bibliography);
        let parts = Reaction::side(entry["dissolves"].as_str().unwrap(), &table)
            .unwrap_or_else(|error| panic!("{error}"));
        let charge: f64 = parts.iter().map(|part| part.nu * table.get(part.species).charge).sum();
        assert!(charge == 0.0 && parts.len() <= 2, "{name}");
        let bound =
            |i: usize| parse_as(entry["temperature"][i].as_str().unwrap(), Dimension::TEMPERATURE).unwrap();
        let mass_fraction =
            entry["mass_fraction"].as_float().or(entry["mass_fraction"].as_integer().map(|n| n as f64));
        let apparent = ApparentVolume {
            coefficients: numbers(&entry["coefficients"]),
            temperature: (bound(0), bound(1)),
            mass_fraction: mass_fraction.unwrap(),
        };
        salts.push((parts, apparent));
    }
    let model = LiquorVolume::new(&table, &salts);
    let water = table.index("H2O").unwrap();
    for (parts, apparent) in &salts {
        for temperature in [283.15, 298.15, 333.15, 368.15] {
            let mut amounts = vec![0.0; table.len()];
            let mass: f64 = parts.iter().map(|part| part.nu * table.get(part.species).molar_mass).sum();
            let fraction = apparent.mass_fraction.min(0.3);
            for part in parts {
                amounts[part.species.0] = part.nu * fraction / mass;
            }
            amounts[water.0] = (1.0 - fraction) / table.get(water).molar_mass;
            let density = model.density(&amounts, temperature);
            let name = &table.get(parts[0].species).name;
            assert!((800.0..1500.0).contains(&density), "{name}: {density} kg/m3 at {temperature} K");
        }
    }
}
