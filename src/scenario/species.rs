//! Species and reagent files of the library.

use std::collections::BTreeMap;

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic};
use super::document::{Document, Node, Table};
use crate::chemistry::{ApparentVolume, HeatCapacity, Species, Thermo};
use crate::quantity::Dimension;
use crate::unit::parameters::{Args, BuildError, Place, Spec};

/// A reagent as the library writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReagentText {
    /// Formula it is called by.
    pub name: String,
    /// In words.
    pub title: String,
    /// What it brings when dissolved: `2 H+ + SO4-2`.
    pub dissolves: String,
    /// Where it stands.
    pub place: Place,
}

/// The volume of a dissolved salt as the library writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SaltText {
    /// What it dissolves into: `2 H+ + SO4-2`.
    pub dissolves: String,
    /// Its apparent volume.
    pub volume: ApparentVolume,
    /// Key of the reference.
    pub source: String,
}

crate::parameters! {
    /// The apparent volume of a salt of the library.
    pub struct SaltEntry {
        /// What it dissolves into.
        dissolves: String = Spec::text();
        /// c0 to c4 of (w + c2 + c3 t) / ((c0 w + c1) exp(1e-6 (t + c4)^2)), m3/kg, t in degC.
        coefficients: Vec<f64> = Spec::list(Spec::number());
        /// Temperatures between which it was fitted.
        temperature: Vec<f64> = Spec::list(Spec::quantity(Dimension::TEMPERATURE));
        /// Mass fraction of solutes up to which it was fitted.
        mass_fraction: f64 = Spec::number();
        /// Key of its reference.
        source: String = Spec::text();
    }
}

crate::parameters! {
    /// A species of the library.
    pub struct SpeciesEntry {
        /// Name in words.
        title: Option<String> = Spec::text().optional();
        /// Formula, where the name is not one.
        formula: Option<String> = Spec::text().optional();
        /// Whether it is a pseudo-component: matter without a formula that closes like an element.
        pseudo: bool = Spec::boolean().default("false");
        /// Enthalpy of formation at 298.15 K.
        enthalpy: Option<Args> = Spec::record(Energy::specs).optional();
        /// Entropy at 298.15 K.
        entropy: Option<Args> = Spec::record(PerKelvin::specs).optional();
        /// Heat capacity.
        heat_capacity: Option<Args> = Spec::record(Capacity::specs).optional();
        /// Density of a solid.
        density: Option<Args> = Spec::record(Density::specs).optional();
        /// Molar volume, for solutes at infinite dilution.
        volume: Option<Args> = Spec::record(MolarVolume::specs).optional();
        /// What a reader must know.
        note: Option<String> = Spec::text().optional();
    }
}

macro_rules! datum {
    ($(#[$meta:meta])* $name:ident, $dimension:expr) => {
        crate::parameters! {
            $(#[$meta])*
            pub struct $name {
                /// The value.
                value: f64 = Spec::quantity($dimension);
                /// Key of its reference, or `estimate`.
                source: String = Spec::text();
                /// Reasoning behind an estimate.
                reason: Option<String> = Spec::text().optional();
                /// What a reader must know.
                note: Option<String> = Spec::text().optional();
            }
        }
    };
}
datum!(
    /// A molar energy.
    Energy, Dimension::MOLAR_ENERGY);
datum!(
    /// A molar entropy.
    PerKelvin, Dimension::MOLAR_HEAT_CAPACITY);
datum!(
    /// A density.
    Density, Dimension::MASS_CONCENTRATION);
datum!(
    /// A molar volume.
    MolarVolume, Dimension::MOLAR_VOLUME);

crate::parameters! {
    /// A heat capacity: one value or one of the polynomial forms.
    pub struct Capacity {
        /// One value for all temperatures.
        value: Option<f64> = Spec::quantity(Dimension::MOLAR_HEAT_CAPACITY).optional();
        /// A, B, C, D, E of A + B t + C t^2 + D t^3 + E/t^2, t = T/1000 K.
        shomate: Option<Vec<f64>> = Spec::list(Spec::number()).optional();
        /// a1 to a7 of the NASA polynomial.
        nasa9: Option<Vec<f64>> = Spec::list(Spec::number()).optional();
        /// Temperatures between which the polynomial holds.
        range: Option<Vec<f64>> = Spec::list(Spec::quantity(Dimension::TEMPERATURE)).optional();
        /// Key of its reference, or `estimate`.
        source: String = Spec::text();
        /// Reasoning behind an estimate.
        reason: Option<String> = Spec::text().optional();
        /// What a reader must know.
        note: Option<String> = Spec::text().optional();
    }
}

/// Reads the `[species]` tables of a file.
pub fn read_species(document: &Document, binder: &mut Binder, into: &mut BTreeMap<String, Species>) {
    let Some((table, _)) = document.root.table("species") else { return };
    for (name, node) in &table.entries {
        let Node::Table(inner) = &node.value else {
            binder.fault(Diagnostic::new(Code::WrongType, node.place, "a species is a table"));
            continue;
        };
        let (inner, kelley) = without_maier_kelley(inner);
        let before = binder.faults.len();
        let args = binder.record(&inner, name.place, &SpeciesEntry::specs(), &[]);
        if binder.faults.len() > before {
            continue;
        }
        match species(&name.value, &args, kelley) {
            Ok(species) => {
                into.insert(name.value.clone(), species);
            }
            Err(error) => binder.fault(Diagnostic {
                code: Code::Chemistry,
                ..Diagnostic::from_build(BuildError { place: name.place, ..error })
            }),
        }
    }
}

/// Takes `maier-kelley` (no Rust name can have the hyphen) out of a heat capacity.
fn without_maier_kelley(table: &Table) -> (Table, Option<Vec<f64>>) {
    let mut table = table.clone();
    let mut found = None;
    if let Some(node) = table.get_mut("heat_capacity")
        && let Node::Table(capacity) = &mut node.value
        && let Some(at) = capacity.entries.iter().position(|(k, _)| k.value == "maier-kelley")
    {
        let (_, list) = capacity.entries.remove(at);
        if let Node::List(items) = list.value {
            found = Some(
                items
                    .iter()
                    .filter_map(|item| match item.value {
                        Node::Number(x) => Some(x),
                        Node::Integer(i) => Some(i as f64),
                        _ => None,
                    })
                    .collect(),
            );
        }
    }
    (table, found)
}

fn species(name: &str, args: &Args, kelley: Option<Vec<f64>>) -> Result<Species, BuildError> {
    let entry = SpeciesEntry::read(args)?;
    let fail = |message: String| BuildError::at(args.place, message);
    let made = match &entry.formula {
        _ if entry.pseudo => Species::pseudo(name),
        Some(formula) => Species::with_formula(name, formula),
        None => Species::new(name),
    };
    let mut made = made.map_err(|error| fail(error.to_string()))?;
    let mut thermo = Thermo::default();
    if let Some(datum) = &entry.enthalpy {
        thermo.enthalpy = Some(datum.read("value")?);
        made = made.with_source(&datum.read::<String>("source")?);
    }
    if let Some(datum) = &entry.entropy {
        thermo.entropy = Some(datum.read("value")?);
    }
    if let Some(datum) = &entry.heat_capacity {
        thermo.heat_capacity = Some(heat_capacity(datum, kelley)?);
        made = made.with_source(&datum.read::<String>("source")?);
    }
    if let Some(datum) = &entry.density {
        made = made.with_density(datum.read("value")?).with_source(&datum.read::<String>("source")?);
    }
    if let Some(datum) = &entry.volume {
        made = made.with_volume(datum.read("value")?).with_source(&datum.read::<String>("source")?);
    }
    Ok(made.with_thermo(thermo))
}

fn heat_capacity(args: &Args, kelley: Option<Vec<f64>>) -> Result<HeatCapacity, BuildError> {
    let capacity = Capacity::read(args)?;
    if let Some(value) = capacity.value {
        return Ok(HeatCapacity::constant(value));
    }
    let range = match capacity.range.as_deref() {
        Some([from, to]) if from < to => (*from, *to),
        _ => {
            return Err(BuildError::at(
                args.place,
                "a heat-capacity polynomial needs `range`, two rising temperatures",
            ));
        }
    };
    let wrong = || BuildError::at(args.place, "expected 5 coefficients (shomate, maier-kelley) or 7 (nasa9)");
    if let Some(list) = capacity.shomate {
        return Ok(HeatCapacity::shomate(list.try_into().map_err(|_| wrong())?, range));
    }
    if let Some(list) = kelley {
        return Ok(HeatCapacity::maier_kelley(list.try_into().map_err(|_| wrong())?, range));
    }
    if let Some(list) = capacity.nasa9 {
        return Ok(HeatCapacity::nasa9(list.try_into().map_err(|_| wrong())?, range));
    }
    Err(wrong())
}

/// Reads the `[reagents]` tables of a file.
pub fn read_reagents(document: &Document, binder: &mut Binder, into: &mut Vec<ReagentText>) {
    let Some((table, _)) = document.root.table("reagents") else { return };
    for (name, node) in &table.entries {
        let Node::Table(inner) = &node.value else { continue };
        let text = |key: &str| match inner.get(key).map(|n| &n.value) {
            Some(Node::Text(text)) => Some(text.clone()),
            _ => None,
        };
        match text("dissolves") {
            Some(dissolves) => into.push(ReagentText {
                name: name.value.clone(),
                title: text("title").unwrap_or_default(),
                dissolves,
                place: node.place,
            }),
            None => binder.fault(
                Diagnostic::new(Code::MissingKey, name.place, "`dissolves` is missing")
                    .help("write what the reagent brings into a solution: `dissolves = \"2 H+ + SO4-2\"`"),
            ),
        }
    }
}

/// Reads the `[densities]` tables of a file.
pub fn read_salts(document: &Document, binder: &mut Binder, into: &mut Vec<SaltText>) {
    let Some((table, _)) = document.root.table("densities") else { return };
    for (name, node) in &table.entries {
        let Node::Table(inner) = &node.value else { continue };
        let before = binder.faults.len();
        let args = binder.record(inner, name.place, &SaltEntry::specs(), &[]);
        if binder.faults.len() > before {
            continue;
        }
        match salt(&args) {
            Ok(salt) => into.push(salt),
            Err(error) => binder.fault(Diagnostic::from_build(BuildError { place: name.place, ..error })),
        }
    }
}

fn salt(args: &Args) -> Result<SaltText, BuildError> {
    let entry = SaltEntry::read(args)?;
    let wrong = |message: &str| BuildError::at(args.place, message);
    let coefficients =
        entry.coefficients.try_into().map_err(|_| wrong("expected 5 coefficients, c0 to c4"))?;
    let [from, to]: [f64; 2] =
        entry.temperature.try_into().map_err(|_| wrong("expected two temperatures, lowest and highest"))?;
    let volume = ApparentVolume { coefficients, temperature: (from, to), mass_fraction: entry.mass_fraction };
    Ok(SaltText { dissolves: entry.dissolves, volume, source: entry.source })
}
