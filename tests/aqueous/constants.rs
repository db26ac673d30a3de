//! The shipped constants against independent sources, and the coverage that docs/aqueous.md tells.

use std::collections::{BTreeMap, BTreeSet};

use lixivia::equilibrium::Database;
use lixivia::equilibrium::curated::{Of, constants};
use lixivia::equilibrium::database::equation;

/// Constants of other sources than ours: `constants.csv` names the source of each and, where the two differ by more than
/// 0.3, the limit and why.
#[test]
fn constants_agree_with_independent_sources() {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(&include_bytes!("constants.csv")[..]);
    let (mut rows, mut faults) = (0, Vec::new());
    let all = constants().unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        let (name, want, source): (&str, f64, &str) = (&row[0], row[1].parse().unwrap(), &row[2]);
        let limit = if row[3].is_empty() { 0.3 } else { row[3].parse().unwrap() };
        assert!(row[3].is_empty() || !row[4].is_empty(), "{name}: a wider limit needs its reason");
        let Some(ours) = all.iter().find(|c| c.name == name) else {
            faults.push(format!("{name}: not in the set"));
            continue;
        };
        assert_ne!(ours.source, source, "{name}: its own source is no check");
        if (ours.log_k - want).abs() > limit + 1e-9 {
            faults.push(format!("{name}: {} ({}), {source} has {want}", ours.log_k, ours.source));
        }
        rows += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(rows >= 60, "{rows}");
}

/// Standard potentials of a textbook table (V, 25 °C) against those of the set.
#[test]
fn standard_potentials_agree_with_a_textbook() {
    // half reaction with the ion on the left, the metal on the right: from the dissolution of the metal
    let metals = [
        ("Ag(cr)", 1.0, 0.7996, 0.002),
        ("Au (metal)", 1.0, 1.692, 0.002),
        ("Cu(cr)", 2.0, 0.337, 0.002),
        ("Co(cr)", 2.0, -0.277, 0.012),
        ("Fe(alpha,cr)", 2.0, -0.44, 0.031), // the Gibbs energy of Fe+2 was revised to -90.5 kJ/mol (NEA 2013)
        ("Mn(cr)", 2.0, -1.18, 0.005),
        ("Mg(cr)", 2.0, -2.363, 0.005),
        ("Pb(cr)", 2.0, -0.126, 0.002),
        ("Li(cr)", 1.0, -3.045, 0.010),
        ("Zn(cr)", 2.0, -0.7623, 0.002),
        ("Ga (metal)", 3.0, -0.56, 0.012),
        ("In (metal)", 3.0, -0.3386, 0.002),
        ("Al(cr)", 3.0, -1.662, 0.025),
    ];
    let all = constants().unwrap();
    let log_k = |name: &str| all.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("{name}")).log_k;
    for (name, electrons, want, limit) in metals {
        let got = -0.059_159_7 * log_k(name) / electrons;
        assert!((got - want).abs() <= limit, "{name}: {got:.4} V, printed {want}");
    }
    for (name, electrons, want, limit) in
        [("Fe+3", 1.0, 0.771, 0.002), ("Cu+", -1.0, 0.153, 0.016), ("Au+3", 2.0, 1.401, 0.002)]
    {
        let got = -0.059_159_7 * log_k(name) / electrons;
        assert!((got - want).abs() <= limit, "{name}: {got:.4} V, printed {want}");
    }
}

#[test]
fn no_species_or_solid_stands_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for c in constants().unwrap().into_iter().filter(|c| c.of != Of::Gas) {
        let formula = c.formula.clone().unwrap_or_else(|| c.name.clone());
        let charge = equation::split_charge(&c.name).1;
        let charge = if c.of == Of::Species { charge } else { 0.0 };
        let counts = equation::elements(equation::split_charge(&formula).0).unwrap();
        let solid = if c.of == Of::Solid { c.name.as_str() } else { "" }; // crystal forms have names of their own
        let key = format!("{:?} {charge} {counts:?} {solid}", c.of);
        if let Some(other) = seen.insert(key, c.name.clone()) {
            panic!("{} and {other} are the same", c.name);
        }
    }
}

#[test]
fn every_further_value_and_choice_has_a_source() {
    let bibliography = include_str!("../../processes/references.bib");
    for c in constants().unwrap() {
        for other in &c.others {
            assert!(bibliography.contains(&format!("{{{},", other.source)), "{}: {}", c.name, other.source);
        }
        assert!(c.others.is_empty() || c.chosen.is_some(), "{}: conflicting values without a choice", c.name);
        assert!(c.source != "estimate" || c.reason.is_some(), "{}: an estimate without its reason", c.name);
    }
}

const METALS: [&str; 21] = [
    "Ga", "Ge", "Co", "Ni", "Mn", "Li", "Cu", "Fe", "Al", "Zn", "Sn", "Pb", "As", "In", "Mg", "Ca", "Na",
    "K", "Au", "Ag", "Pd",
];
const LIGANDS: [(&str, &str); 22] = [
    ("Cl", "Cl-"),
    ("SO4", "SO4-2"),
    ("NO3", "NO3-"),
    ("CO3", "CO3-2"),
    ("NH3", "NH3"),
    ("CN", "CN-"),
    ("SCN", "SCN-"),
    ("S2O3", "S2O3-2"),
    ("thiourea", "Thiourea"),
    ("I", "I-"),
    ("Br", "Br-"),
    ("F", "F-"),
    ("HS", "HS-"),
    ("PO4", "PO4-3"),
    ("citrate", "Citrate-3"),
    ("oxalate", "Oxalate-2"),
    ("tartrate", "Tartrate-2"),
    ("acetate", "Acetate-"),
    ("formate", "Formate-"),
    ("lactate", "Lactate-"),
    ("succinate", "Succinate-2"),
    ("malate", "Malate-2"),
];

/// The table of docs/aqueous.md: numbers of dissolved species / solids of each metal with each ligand.
fn coverage() -> String {
    let mut counts: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    let metals: Vec<&str> = METALS.iter().copied().chain(["Pt"]).collect();
    for c in constants().unwrap().iter().filter(|c| c.of != Of::Gas) {
        let (left, right) = equation::parse(&c.reaction).unwrap();
        let names: BTreeSet<&str> = left.iter().chain(&right).map(|(name, _)| name.as_str()).collect();
        let formula = c.formula.clone().unwrap_or_else(|| c.name.clone());
        let held = equation::elements(equation::split_charge(&formula).0).unwrap();
        let ligands: Vec<&str> = LIGANDS.iter().filter(|l| names.contains(l.1)).map(|l| l.0).collect();
        for metal in metals.iter().filter(|m| held.contains_key(**m)) {
            let columns = if ligands.is_empty() { vec!["OH"] } else { ligands.clone() };
            for column in columns {
                counts.entry((metal, column)).or_default()[usize::from(c.of == Of::Solid)] += 1;
            }
        }
    }
    let columns: Vec<&str> = ["OH"].into_iter().chain(LIGANDS.iter().map(|l| l.0)).collect();
    let mut out = format!("| | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for metal in &metals {
        let cell = |column: &&str| match counts.get(&(*metal, *column)) {
            None => String::new(),
            Some([species, 0]) => species.to_string(),
            Some([0, solids]) => format!("/{solids}"),
            Some([species, solids]) => format!("{species}/{solids}"),
        };
        let cells: Vec<String> = columns.iter().map(cell).collect();
        out += &format!("| {metal} | {} |\n", cells.join(" | "));
    }
    out
}

#[test]
fn the_documented_coverage_is_true() {
    let page = include_str!("../../docs/aqueous.md");
    let table = coverage();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("coverage.md");
    std::fs::write(&path, &table).unwrap();
    assert!(
        page.contains(&table),
        "docs/aqueous.md: put the table of {} in place of the one there",
        path.display()
    );
    let db = Database::curated().unwrap();
    let made = db.species.iter().filter(|s| !s.reaction.is_empty()).count();
    let numbers = format!("{} dissolved species and {} solids and gases", made, db.phases.len());
    assert!(page.contains(&numbers), "docs/aqueous.md should say: {numbers}");
}
