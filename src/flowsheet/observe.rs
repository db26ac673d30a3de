//! Names for the values of a solved plant: what controllers measure, sweeps record, fits compare.
//!
//! | form                                   | meaning                                              | unit      |
//! |----------------------------------------|------------------------------------------------------|-----------|
//! | `units.leach.extraction.Co`            | a KPI of a unit                                      | the KPI's |
//! | `streams.leach.slurry.mass`            | `mass`, `volume`, `temperature` of a stream          | kg, m3, K |
//! | `streams.leach.slurry.amount.Co+2`     | amount of a species                                  | mol       |
//! | `streams.leach.slurry.concentration.H+`| amount of a species over volume of the liquor        | mol/m3    |
//! | `streams.leach.slurry.dissolved.Co`    | dissolved mass of an element over volume of liquor   | kg/m3     |
//! | `streams.leach.slurry.grade.Co`        | mass of an element over mass of the stream           | 1         |
//! | `streams.leach.slurry.free_acid`       | strong acid in the liquor, as H2SO4                  | kg/m3     |
//! | `streams.leach.slurry.ph`, `.eh`       | of the liquor as it is, by `[equilibrium]`           | 1, V      |
//! | `plant.recovery.Co`                    | element in all products over element in feedstocks   | 1         |
//! | `plant.recovery.cake.Co`               | the same for one product unit                        | 1         |
//!
//! In a continuous plant amounts, masses and volumes are per second.

use super::{Flowsheet, Solution};
use crate::chemistry::{Part, SpeciesId, Stream};
use crate::equilibrium::medium::Cell;
use crate::numerics::{Dual, Scalar, difference};
use crate::quantity::Dimension;
use crate::unit::{Boundary, Outcome};

/// Molar mass of H2SO4 over its two protons, kg per mol H+ (IUPAC abridged weights, as in the element table).
const SULFURIC_ACID_PER_PROTON: f64 = 98.072e-3 / 2.0;

/// A value of a solved plant, resolved against a flowsheet.
#[derive(Debug, Clone, PartialEq)]
pub enum Observable {
    /// A KPI of a unit.
    Kpi {
        /// Unit index.
        unit: usize,
        /// Name of the KPI.
        name: String,
    },
    /// A property of a stream.
    Stream {
        /// Arrow index.
        arrow: usize,
        /// Which property.
        property: Property,
    },
    /// Recovery of an element.
    Recovery {
        /// Element index in the species table.
        element: usize,
        /// One product, or all.
        product: Option<usize>,
    },
}

/// A property of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// kg (per second).
    Mass,
    /// Volume of the liquor, m3 (per second).
    Volume,
    /// K.
    Temperature,
    /// Strong acid as H2SO4, kg/m3.
    FreeAcid,
    /// pH of the liquor, without solids forming.
    Ph,
    /// Eh of the liquor's open couples against the standard hydrogen electrode, V.
    Eh,
    /// mol (per second).
    Amount(SpeciesId),
    /// mol/m3 of liquor.
    Concentration(SpeciesId),
    /// kg of a dissolved element per m3 of liquor.
    Dissolved(usize),
    /// kg of an element per kg of stream.
    Grade(usize),
}

/// Why a name means nothing in this plant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{path}`: {problem}")]
pub struct ObserveError {
    /// As written.
    pub path: String,
    /// What is wrong with it, with the nearest names.
    pub problem: String,
    /// The part that means nothing.
    pub wrong: String,
    /// What there is in its place, for a suggestion.
    pub known: Vec<String>,
}

impl Observable {
    /// Resolves a name.
    ///
    /// # Errors
    /// [`ObserveError`] with what there is in place of the part that is wrong.
    pub fn parse(path: &str, flowsheet: &Flowsheet) -> Result<Observable, ObserveError> {
        let fail = |problem: &str, wrong: &str, known: Vec<String>| ObserveError {
            path: path.to_owned(),
            problem: problem.to_owned(),
            wrong: wrong.to_owned(),
            known,
        };
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        match head {
            "units" => {
                let (unit, name) = rest.split_once('.').unwrap_or((rest, ""));
                let index = flowsheet.node(unit).ok_or_else(|| {
                    fail(
                        &format!("no unit is called `{unit}`"),
                        &format!("units.{unit}"),
                        flowsheet.nodes.iter().map(|n| format!("units.{}", n.name)).collect(),
                    )
                })?;
                if name.is_empty() {
                    return Err(fail(
                        "expected a KPI behind the unit, as in `units.leach.extraction.Co`",
                        "",
                        vec![],
                    ));
                }
                Ok(Observable::Kpi { unit: index, name: name.to_owned() })
            }
            "streams" => stream_property(path, rest, flowsheet),
            "plant" => recovery(path, rest, flowsheet),
            _ => Err(fail(
                "expected a value of the plant",
                head,
                ["units", "streams", "plant"].map(str::to_owned).to_vec(),
            )),
        }
    }

    /// Its value in a solved plant, in the unit of [`Observable::unit`].
    ///
    /// # Errors
    /// [`ObserveError`] if the unit has no KPI of that name.
    pub fn value<S: Seen>(&self, flowsheet: &Flowsheet, solution: &Solution<S>) -> Result<S, ObserveError> {
        match self {
            Observable::Kpi { unit, name } => {
                kpi(&flowsheet.nodes[*unit].name, name, &solution.outcomes[*unit]).map(|k| k.value)
            }
            Observable::Stream { arrow, property } => {
                property.of(&solution.streams[*arrow].stream, flowsheet).map_err(|problem| ObserveError {
                    path: format!("streams.{}", flowsheet.stream_name(*arrow)),
                    problem,
                    wrong: String::new(),
                    known: Vec::new(),
                })
            }
            Observable::Recovery { element, product } => Ok(solution.recovery(flowsheet, *element, *product)),
        }
    }

    /// Unit of the value.
    ///
    /// # Errors
    /// [`ObserveError`] if the unit has no KPI of that name.
    pub fn unit(&self, flowsheet: &Flowsheet, solution: &Solution) -> Result<String, ObserveError> {
        Ok(match self {
            Observable::Kpi { unit, name } => {
                kpi(&flowsheet.nodes[*unit].name, name, &solution.outcomes[*unit])?.unit.clone()
            }
            Observable::Stream { property, .. } => property.unit(flowsheet.context.basis).to_owned(),
            Observable::Recovery { .. } => "1".to_owned(),
        })
    }

    /// Dimension that a target for it must have; `None` for KPIs, whose unit is known once solved.
    pub fn dimension(&self, flowsheet: &Flowsheet) -> Option<Dimension> {
        let continuous = flowsheet.context.basis == crate::unit::Basis::Continuous;
        Some(match self {
            Observable::Kpi { .. } => return None,
            Observable::Recovery { .. } => Dimension::FRACTION,
            Observable::Stream { property, .. } => match property {
                Property::Mass if continuous => Dimension::MASS_FLOW,
                Property::Mass => Dimension::MASS,
                Property::Volume if continuous => Dimension::VOLUME_FLOW,
                Property::Volume => Dimension::VOLUME,
                Property::Temperature => Dimension::TEMPERATURE,
                Property::FreeAcid | Property::Dissolved(_) => Dimension::MASS_CONCENTRATION,
                Property::Amount(_) if continuous => Dimension::AMOUNT_FLOW,
                Property::Amount(_) => Dimension::AMOUNT,
                Property::Concentration(_) => Dimension::CONCENTRATION,
                Property::Grade(_) | Property::Ph => Dimension::FRACTION,
                Property::Eh => Dimension::POTENTIAL,
            },
        })
    }
}

fn kpi<'a, S>(
    unit: &str,
    name: &str,
    outcome: &'a Outcome<S>,
) -> Result<&'a crate::unit::Kpi<S>, ObserveError> {
    outcome.kpis.iter().find(|k| k.name == name).ok_or_else(|| ObserveError {
        path: format!("units.{unit}.{name}"),
        problem: format!("unit `{unit}` reports no `{name}`"),
        wrong: format!("units.{unit}.{name}"),
        known: outcome.kpis.iter().map(|k| format!("units.{unit}.{}", k.name)).collect(),
    })
}

/// Properties of a stream; the last four need a species or an element behind them.
const PROPERTIES: [&str; 10] = [
    "mass",
    "volume",
    "temperature",
    "free_acid",
    "ph",
    "eh",
    "amount",
    "concentration",
    "dissolved",
    "grade",
];

fn stream_property(path: &str, rest: &str, flowsheet: &Flowsheet) -> Result<Observable, ObserveError> {
    let names: Vec<String> = (0..flowsheet.arrows.len()).map(|a| flowsheet.stream_name(a)).collect();
    let fail = |problem: String, wrong: &str, known: Vec<String>| ObserveError {
        path: path.to_owned(),
        problem,
        wrong: wrong.to_owned(),
        known,
    };
    if names.iter().any(|name| name == rest) {
        let problem = format!("expected a property behind the stream, as in `streams.{rest}.mass`");
        return Err(fail(problem, "", PROPERTIES.map(str::to_owned).to_vec()));
    }
    let found = names.iter().position(|n| rest.strip_prefix(n.as_str()).is_some_and(|r| r.starts_with('.')));
    let Some(arrow) = found else {
        let known = names.iter().map(|n| format!("streams.{n}")).collect();
        return Err(fail(
            "no stream of that name; a stream is named by the port it leaves".to_owned(),
            &format!("streams.{}", rest.rsplit_once('.').map_or(rest, |(stream, _)| stream)),
            known,
        ));
    };
    let what = &rest[names[arrow].len() + 1..];
    let table = &flowsheet.context.table;
    let (kind, of) = what.split_once('.').unwrap_or((what, ""));
    let species = || {
        table.index(of).ok_or_else(|| {
            fail(format!("unknown species `{of}`"), of, table.iter().map(|(_, s)| s.name.clone()).collect())
        })
    };
    let element =
        || table.element_index(of).ok_or_else(|| fail(format!("unknown element `{of}`"), of, symbols(table)));
    let property = match kind {
        "mass" => Property::Mass,
        "volume" => Property::Volume,
        "temperature" => Property::Temperature,
        "free_acid" => Property::FreeAcid,
        "ph" | "eh" => equilibrium_property(kind, flowsheet).map_err(|text| fail(text, "", vec![]))?,
        "amount" => Property::Amount(species()?),
        "concentration" => Property::Concentration(species()?),
        "dissolved" => Property::Dissolved(element()?),
        "grade" => Property::Grade(element()?),
        _ => {
            let known = PROPERTIES.map(str::to_owned).to_vec();
            return Err(fail(format!("a stream has no `{kind}`"), kind, known));
        }
    };
    Ok(Observable::Stream { arrow, property })
}

/// pH and Eh, where the scenario has an equilibrium (and an open couple) to know them by.
fn equilibrium_property(kind: &str, flowsheet: &Flowsheet) -> Result<Property, String> {
    match (&flowsheet.context.equilibrium, kind) {
        (None, _) => Err(format!("`{kind}` needs `[equilibrium]` in the scenario")),
        (Some(medium), "eh") if medium.open().is_empty() => {
            Err("no redox couple is open in `[equilibrium]`: the liquor has no Eh".to_owned())
        }
        (Some(_), "eh") => Ok(Property::Eh),
        _ => Ok(Property::Ph),
    }
}

fn recovery(path: &str, rest: &str, flowsheet: &Flowsheet) -> Result<Observable, ObserveError> {
    let fail = |problem: String, wrong: &str, known: Vec<String>| ObserveError {
        path: path.to_owned(),
        problem,
        wrong: wrong.to_owned(),
        known,
    };
    let Some(of) = rest.strip_prefix("recovery.") else {
        let known =
            symbols(&flowsheet.context.table).into_iter().map(|symbol| format!("plant.recovery.{symbol}"));
        return Err(fail("expected `plant.recovery.<element>`".to_owned(), "", known.collect()));
    };
    let (product, element) = match of.split_once('.') {
        Some((unit, element)) => {
            let index = flowsheet.node(unit).ok_or_else(|| {
                let products = flowsheet.at_boundary(Boundary::Product);
                fail(
                    format!("no product is called `{unit}`"),
                    unit,
                    products.map(|n| flowsheet.nodes[n].name.clone()).collect(),
                )
            })?;
            (Some(index), element)
        }
        None => (None, of),
    };
    let table = &flowsheet.context.table;
    let element = table
        .element_index(element)
        .ok_or_else(|| fail(format!("unknown element `{element}`"), element, symbols(table)))?;
    Ok(Observable::Recovery { element, product })
}

fn symbols(table: &crate::chemistry::SpeciesTable) -> Vec<String> {
    table.elements().iter().map(|e| e.symbol().to_owned()).collect()
}

impl Property {
    /// Its value for a stream, SI.
    ///
    /// # Errors
    /// A sentence where the equilibrium has no answer.
    pub fn of<S: Seen>(self, stream: &Stream<S>, flowsheet: &Flowsheet) -> Result<S, String> {
        let context = &flowsheet.context;
        let zero = S::from(0.0);
        let volume = || context.volume.liquor(stream);
        let per_volume = |x: S| if x.is_zero() { zero } else { x / volume() };
        Ok(match self {
            Property::Mass => stream.mass(),
            Property::Volume => volume(),
            Property::Temperature => stream.temperature,
            Property::FreeAcid => {
                let table = &context.table;
                let acid = table.index("H+").map_or(zero, |h| stream.amount(h));
                let base = table.index("OH-").map_or(zero, |oh| stream.amount(oh));
                per_volume((acid - base) * SULFURIC_ACID_PER_PROTON)
            }
            Property::Amount(id) => stream.amount(id),
            Property::Concentration(id) => per_volume(stream.amount(id)),
            Property::Dissolved(element) => per_volume(stream.part(Part::Liquor).element_mass(element)),
            Property::Grade(element) => {
                let mass = stream.mass();
                if mass.real() > 0.0 { stream.element_mass(element) / mass } else { zero }
            }
            Property::Ph | Property::Eh => {
                let medium = context.equilibrium.as_ref().ok_or("the scenario has no `[equilibrium]`")?;
                let read = |amounts: &[f64], temperature: f64| {
                    let chemistry = Cell::new(medium).speciate(amounts, temperature);
                    let chemistry = chemistry.map_err(|error| error.to_string())?;
                    Ok(if self == Property::Ph { chemistry.ph } else { chemistry.eh.unwrap_or(f64::NAN) })
                };
                S::through(&read, &stream.amounts, stream.temperature)?
            }
        })
    }

    fn unit(self, basis: crate::unit::Basis) -> &'static str {
        use crate::unit::Basis::{Batch, Continuous};
        match (self, basis) {
            (Property::Mass, Continuous) => "kg/s",
            (Property::Mass, Batch) => "kg",
            (Property::Volume, Continuous) => "m3/s",
            (Property::Volume, Batch) => "m3",
            (Property::Temperature, _) => "K",
            (Property::FreeAcid | Property::Dissolved(_), _) => "kg/m3",
            (Property::Amount(_), Continuous) => "mol/s",
            (Property::Amount(_), Batch) => "mol",
            (Property::Concentration(_), _) => "mol/m3",
            (Property::Grade(_) | Property::Ph, _) => "1",
            (Property::Eh, _) => "V",
        }
    }
}

/// A function of amounts and temperature (K).
pub type Read<'a> = &'a dyn Fn(&[f64], f64) -> Result<f64, String>;

/// A number that properties are read over.
pub trait Seen: Scalar {
    /// A function of amounts and temperature that is known for plain numbers alone; its derivatives are differences.
    ///
    /// # Errors
    /// As the function.
    fn through(read: Read<'_>, amounts: &[Self], temperature: Self) -> Result<Self, String>;
}

impl Seen for f64 {
    fn through(read: Read<'_>, amounts: &[f64], temperature: f64) -> Result<f64, String> {
        read(amounts, temperature)
    }
}

impl<const N: usize> Seen for Dual<f64, N> {
    fn through(read: Read<'_>, amounts: &[Self], temperature: Self) -> Result<Self, String> {
        let plain: Vec<f64> = amounts.iter().map(|own| own.value).collect();
        let mut found = Self::constant(read(&plain, temperature.value)?);
        for lane in 0..N {
            let own = amounts.iter().filter(|own| own.value > 0.0);
            let pace = own.fold(temperature.gradient[lane].abs() / 300.0, |most, own| {
                most.max(own.gradient[lane].abs() / own.value)
            });
            if pace == 0.0 {
                continue;
            }
            let at = |shift: f64| {
                let moved = |own: &Self| own.value + shift * own.gradient[lane];
                let amounts: Vec<f64> = amounts.iter().map(moved).collect();
                let sound = amounts.iter().all(|own| *own >= 0.0);
                sound.then(|| read(&amounts, moved(&temperature)).ok()).flatten().map(|value| vec![value])
            };
            let slope = difference::slopes(at, &[found.value], 1e-3 / pace);
            found.gradient[lane] = slope.map_or(f64::NAN, |slope| slope[0].0);
        }
        Ok(found)
    }
}

impl<S: Scalar> Solution<S> {
    /// Element in a product (or all products) over element in the feedstocks, 0..=1 for a real plant.
    pub fn recovery(&self, flowsheet: &Flowsheet, element: usize, product: Option<usize>) -> S {
        let feedstocks: Vec<usize> = flowsheet.at_boundary(Boundary::Feedstock).collect();
        let products: Vec<usize> =
            flowsheet.at_boundary(Boundary::Product).filter(|n| product.is_none_or(|p| p == *n)).collect();
        let zero = S::from(0.0);
        let mass = |pick: &dyn Fn(&super::SolvedStream<S>) -> bool| -> S {
            let picked = self.streams.iter().filter(|s| pick(s));
            picked.fold(zero, |sum, s| sum + s.stream.element_mass(element))
        };
        let fed = mass(&|s| feedstocks.contains(&s.from));
        let made = mass(&|s| products.contains(&s.to));
        if fed.real() > 0.0 { made / fed } else { zero }
    }
}
