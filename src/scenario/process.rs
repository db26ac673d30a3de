//! Process files: parameters with their sources, rate laws, feedstocks.

mod entries;
mod substances;

pub use entries::{
    ExtractionEntry, FeedstockEntry, MineralEntry, ParameterEntry, PathEntry, ReactionEntry, TransferEntry,
};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bind::Binder;
use super::columns::{self, ColumnsEntry};
use super::diagnostic::{Code, Diagnostic};
use super::document::{Document, Node};
use super::evidence::{self, FitRecord};
use crate::chemistry::SpeciesTable;
use crate::equilibrium::extraction::{Extraction, ExtractionDef};
use crate::equilibrium::medium::Medium;
use crate::kinetics::Shape;
use crate::kinetics::leach::{
    Arrhenius, Fault, LawDef, LeachModelBuilder, MineralDef, ModelError, ParameterDef, PathDef, ReactionDef,
    TransferDef,
};
use crate::quantity::{Dimension, Quantity, natural, parse_as};
use crate::unit::ProcessModel;
use crate::unit::parameters::{Args, Located, Place, Spec};

/// A parameter with all that its file says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterRecord {
    /// Process it belongs to.
    pub process: String,
    /// Name.
    pub name: String,
    /// Value, SI, at the reference temperature.
    pub value: f64,
    /// Its dimension.
    pub dimension: Dimension,
    /// Reference temperature (K) and activation energy (J/mol).
    pub arrhenius: Option<(f64, f64)>,
    /// Key of its reference, or `estimate`.
    pub source: String,
    /// Keys of further works that it rests on.
    pub also: Vec<String>,
    /// Reason or note.
    pub note: String,
    /// Lowest and highest temperature of measurement, K.
    pub temperatures: Option<(f64, f64)>,
    /// Whether the file writes the value in per cent: a number without dimension is an order or a ratio otherwise.
    pub percent: bool,
    /// Standard uncertainty of the value, SI.
    pub sigma: Option<f64>,
    /// Whether that is stated in per cent, and so goes with a value that a scenario puts in place of the file's.
    pub relative: bool,
    /// Standard uncertainty of the activation energy, J/mol.
    pub ea_sigma: Option<f64>,
    /// Correlation of the two.
    pub correlation: f64,
    /// Where it stands.
    pub place: Place,
}

impl ParameterRecord {
    /// The value as a person writes it.
    pub fn shown(&self) -> String {
        if self.dimension.is_dimensionless() && !self.percent {
            return crate::quantity::number(self.value, 6);
        }
        crate::quantity::natural(self.value, self.dimension)
    }
}

/// A process file, read but not yet compiled against a species table.
#[derive(Debug, Clone)]
pub struct Process {
    /// `cobalt/lco-sulfuric-peroxide`.
    pub name: String,
    /// In words.
    pub title: String,
    /// What it covers and what it leaves out.
    pub about: String,
    /// Its parameters.
    pub parameters: Vec<ParameterRecord>,
    /// What will be compiled.
    pub builder: LeachModelBuilder,
    /// Its reactions between two phases.
    pub extraction: Vec<ExtractionDef>,
    /// Its feedstocks.
    pub feedstocks: Vec<(String, Args)>,
    /// Correlated parameters: two names (`k_p`, `k_p.ea`) and their correlation.
    pub covariance: Vec<(String, String, f64)>,
    /// Fits that parameters come from.
    pub fits: Vec<FitRecord>,
    /// How tables with columns of their own are read.
    pub columns: Option<ColumnsEntry>,
    /// Places of the texts in the builder, by the field names of its errors.
    places: Vec<(String, Place)>,
    root: Place,
    /// Whether no fault was found in reading it.
    pub(super) sound: bool,
}

const KEYS: [&str; 13] = [
    "format",
    "title",
    "about",
    "parameters",
    "definitions",
    "minerals",
    "reactions",
    "transfer",
    "extraction",
    "feedstocks",
    "covariance",
    "fits",
    "columns",
];

impl Process {
    /// Reads a process file; faults go to the binder.
    pub fn read(name: &str, document: &Document, binder: &mut Binder) -> Process {
        let root = Place { file: document.file, start: 0, end: 0 };
        let mut process = Process {
            name: name.to_owned(),
            title: String::new(),
            about: String::new(),
            parameters: Vec::new(),
            builder: LeachModelBuilder::default(),
            extraction: Vec::new(),
            feedstocks: Vec::new(),
            covariance: Vec::new(),
            fits: Vec::new(),
            columns: None,
            places: Vec::new(),
            root,
            sound: false,
        };
        let before = binder.faults.len();
        super::model::check_format(document, binder);
        super::model::check_keys(&document.root, &KEYS, binder);
        process.title = super::model::text_of(&document.root, "title", binder).unwrap_or_default();
        process.about = super::model::text_of(&document.root, "about", binder).unwrap_or_default();
        process.read_parameters(document, binder);
        process.read_definitions(document, binder);
        process.read_minerals(document, binder);
        process.read_reactions(document, binder);
        process.read_extraction(document, binder);
        for (name, args) in entries(document, "feedstocks", &FeedstockEntry::specs(), binder) {
            process.feedstocks.push((name.value, args));
        }
        process.covariance = evidence::read_covariance(document, &process.parameters, binder);
        process.fits = evidence::read_fits(document, &process.parameters, binder);
        process.columns = columns::read(document, binder);
        process.sound = binder.faults.len() == before;
        process
    }

    /// Keys of all works that parameters were taken from or fitted to.
    pub fn sources(&self) -> BTreeSet<&str> {
        let own = self
            .parameters
            .iter()
            .flat_map(|record| std::iter::once(&record.source).chain(&record.also).map(String::as_str));
        let fitted = self.fits.iter().flat_map(|fit| fit.sources.iter().map(String::as_str));
        own.filter(|key| *key != "estimate" && !key.starts_with(evidence::FIT)).chain(fitted).collect()
    }

    fn read_parameters(&mut self, document: &Document, binder: &mut Binder) {
        for (name, args) in entries(document, "parameters", &ParameterEntry::specs(), binder) {
            match self.parameter(&name, &args) {
                Ok(record) => {
                    self.places.push((format!("parameters.{}", record.name), record.place));
                    self.builder.parameters.push(ParameterDef {
                        name: record.name.clone(),
                        value: record.value,
                        dimension: record.dimension,
                        arrhenius: record.arrhenius.map(|(t_ref, ea)| Arrhenius { t_ref, ea }),
                    });
                    self.parameters.push(record);
                }
                Err(fault) => binder.fault(*fault),
            }
        }
    }

    fn parameter(&self, name: &Located<String>, args: &Args) -> Result<ParameterRecord, Box<Diagnostic>> {
        let entry = ParameterEntry::read(args).map_err(Diagnostic::from_build)?;
        let quantity = Quantity::parse(&entry.value.value).map_err(|error| {
            let help = error.help().unwrap_or_else(|| "write a number with its unit".to_owned());
            Diagnostic::new(Code::Quantity, entry.value.place, format!("`{}`: {error}", name.value))
                .help(help)
        })?;
        let arrhenius = match (entry.at, entry.ea) {
            (Some(at), Some(ea)) => Some((at, ea)),
            (None, None) => None,
            _ => {
                let message = format!("`{}` needs both `at` and `ea`, or neither", name.value);
                return Err(Box::new(
                    Diagnostic::new(Code::Conflict, name.place, message)
                        .help("give the temperature of the value and its activation energy"),
                ));
            }
        };
        let written = (entry.value.value.as_str(), entry.value.place);
        let kind = (quantity.dimension, arrhenius.is_some());
        super::parameters::refuse_negative(&name.value, written, quantity.value, kind)?;
        if entry.source.value == "estimate" && entry.reason.is_none() {
            let message = format!("`{}` is an estimate without a `reason`", name.value);
            return Err(Box::new(
                Diagnostic::new(Code::MissingKey, entry.source.place, message)
                    .help("write the reasoning: `reason = \"...\"`"),
            ));
        }
        let temperatures =
            entry.range.iter().flatten().find(|(k, _)| k.value == "temperature").and_then(|(_, list)| {
                let value = |text: &String| parse_as(text, Dimension::TEMPERATURE).ok();
                Some((value(list.first()?)?, value(list.last()?)?))
            });
        let sigma = entry.sigma.as_ref().map(|text| sigma(text, &quantity)).transpose()?;
        Ok(ParameterRecord {
            process: self.name.clone(),
            name: name.value.clone(),
            value: quantity.value,
            dimension: quantity.dimension,
            arrhenius,
            source: entry.source.value,
            also: entry.also,
            note: [entry.reason, entry.note].into_iter().flatten().collect::<Vec<_>>().join("; "),
            temperatures,
            percent: entry.value.value.trim_end().ends_with('%'),
            relative: entry.sigma.is_some_and(|text| text.value.trim_end().ends_with('%')),
            sigma,
            ea_sigma: entry.ea_sigma,
            correlation: entry.correlation.unwrap_or(0.0),
            place: entry.value.place,
        })
    }

    fn read_definitions(&mut self, document: &Document, binder: &mut Binder) {
        let Some((table, _)) = document.root.section("definitions", binder) else { return };
        for (name, node) in &table.entries {
            match &node.value {
                Node::Text(text) => {
                    self.places.push((format!("definitions.{}", name.value), node.place));
                    self.builder.definitions.push((name.value.clone(), text.clone()));
                }
                other => binder.fault(
                    Diagnostic::new(
                        Code::WrongType,
                        node.place,
                        format!("a definition must be text, found {}", other.form()),
                    )
                    .help("write an expression: `h = \"[H+]*K/(K + [SO4-2])\"`"),
                ),
            }
        }
    }

    fn read_minerals(&mut self, document: &Document, binder: &mut Binder) {
        for (name, args) in entries(document, "minerals", &MineralEntry::specs(), binder) {
            let before = binder.faults.len();
            let Ok(entry) = MineralEntry::read(&args) else { continue };
            let field = format!("minerals.{}", name.value);
            for key in [
                "species",
                "driving",
                "product_layer_diffusivity",
                "film_diffusivity",
                "film_coefficient",
                "solubility",
            ] {
                self.places.push((format!("{field}.{key}"), args.place_of(key)));
            }
            let mut paths = Vec::new();
            for (index, path) in entry.paths.iter().enumerate() {
                let Ok(path_entry) = PathEntry::read(path) else { continue };
                for key in ["reaction", "rate"] {
                    self.places.push((format!("{field}.paths[{index}].{key}"), path.place_of(key)));
                }
                paths.push(PathDef { reaction: path_entry.reaction, rate: path_entry.rate });
            }
            let law = law(&entry, &args, binder);
            if binder.faults.len() > before {
                continue;
            }
            let mut mineral = MineralDef::new(&name.value, &entry.species.value, law, paths);
            mineral.driving = entry.driving;
            mineral.reagent_per_mineral = entry.reagent_per_mineral;
            mineral.product_layer_diffusivity = entry.product_layer_diffusivity;
            mineral.film_diffusivity = entry.film_diffusivity;
            mineral.film_coefficient = entry.film_coefficient;
            mineral.solubility = entry.solubility;
            mineral.regularisation = entry.regularisation;
            self.places.push((field, name.place));
            self.builder.minerals.push(mineral);
        }
    }

    fn read_reactions(&mut self, document: &Document, binder: &mut Binder) {
        for (name, args) in entries(document, "reactions", &ReactionEntry::specs(), binder) {
            if let Ok(entry) = ReactionEntry::read(&args) {
                for key in ["equation", "rate"] {
                    self.places.push((format!("reactions.{}.{key}", name.value), args.place_of(key)));
                }
                self.builder.reactions.push(ReactionDef {
                    name: name.value,
                    equation: entry.equation,
                    rate: entry.rate,
                });
            }
        }
        for (name, args) in entries(document, "transfer", &TransferEntry::specs(), binder) {
            if let Ok(entry) = TransferEntry::read(&args) {
                for (key, own) in [("equation", "equation"), ("kla", "kla"), ("saturation", "saturation")] {
                    self.places.push((format!("transfer.{}.{own}", name.value), args.place_of(key)));
                }
                self.builder.transfers.push(TransferDef {
                    name: name.value,
                    equation: entry.equation,
                    kla: entry.kla,
                    saturation: entry.saturation,
                });
            }
        }
    }

    fn read_extraction(&mut self, document: &Document, binder: &mut Binder) {
        for (name, args) in entries(document, "extraction", &ExtractionEntry::specs(), binder) {
            let Ok(entry) = ExtractionEntry::read(&args) else { continue };
            for key in ["equation", "constant", "quotient"] {
                self.places.push((format!("extraction.{}.{key}", name.value), args.place_of(key)));
            }
            self.extraction.push(ExtractionDef {
                name: name.value,
                equation: entry.equation,
                constant: entry.constant,
                quotient: entry.quotient,
            });
        }
    }

    /// Compiles the process against a species table and the equilibrium of its plant, if that has one.
    ///
    /// # Errors
    /// A diagnostic at the text that does not compile.
    pub fn compile(
        &self,
        table: &SpeciesTable,
        equilibrium: Option<&Arc<Medium>>,
    ) -> Result<ProcessModel, Box<Diagnostic>> {
        let model = self.builder.build_in(table, equilibrium).map_err(|error| self.diagnostic(&error))?;
        let temperature_ranges =
            self.parameters.iter().filter_map(|p| Some((p.name.clone(), p.temperatures?))).collect();
        let parameters = model.parameters().clone();
        let extraction = if self.extraction.is_empty() {
            None
        } else {
            let (parameters, definitions) = (&self.builder.parameters, &self.builder.definitions);
            let built = Extraction::build(&self.extraction, parameters, definitions, table);
            Some(Arc::new(built.map_err(|error| self.diagnostic(&error))?))
        };
        let (name, model) = (self.name.clone(), Arc::new(model));
        Ok(ProcessModel { name, model, parameters, extraction, temperature_ranges })
    }

    fn diagnostic(&self, error: &ModelError) -> Box<Diagnostic> {
        let mut place = self
            .places
            .iter()
            .filter(|(field, _)| {
                error.field == *field
                    || error.field.starts_with(&format!("{field}."))
                    || error.field.starts_with(&format!("{field}["))
            })
            .max_by_key(|(field, _)| field.len())
            .map_or(self.root, |(_, place)| *place);
        if let Some(span) = error.span()
            && place.end > place.start
        {
            // The text begins behind its opening quote.
            let start = place.start + 1 + span.start as u32;
            place = Place {
                start: start.min(place.end),
                end: (start + span.len() as u32).min(place.end),
                ..place
            };
        }
        let code = match &*error.fault {
            Fault::Reaction(_) => Code::Chemistry,
            Fault::UnknownSpecies { .. } => Code::UnknownName,
            Fault::Expression(_) | Fault::Other(_) => Code::Expression,
        };
        Box::new(Diagnostic::new(code, place, error.to_string()).label("here"))
    }
}

fn law(entry: &MineralEntry, args: &Args, binder: &mut Binder) -> LawDef {
    let shape = match entry.shape.as_str() {
        "cylinder" => Shape::Cylinder,
        "plate" => Shape::Plate,
        _ => Shape::Sphere,
    };
    let mut order = |what: &str| {
        entry.order.unwrap_or_else(|| {
            let fault = Diagnostic::new(Code::MissingKey, args.place, format!("`order` is missing: {what}"));
            binder.fault(fault.help("write `order = 1.0`"));
            1.0
        })
    };
    match entry.law.as_str() {
        "shrinking-particle" => LawDef::ShrinkingParticle(shape),
        "avrami" => LawDef::Avrami { n: order("n of -ln(1 - x) = k t^n") },
        "power-law" => LawDef::PowerLaw { m: order("m of dx/dt = k (1 - x)^m") },
        "autocatalytic" => LawDef::Autocatalytic { seed: order("the seed of dx/dt = k (seed + x)(1 - x)") },
        _ => LawDef::ShrinkingCore(shape),
    }
}

fn sigma(text: &Located<String>, value: &Quantity) -> Result<f64, Box<Diagnostic>> {
    let fail = |message: String| {
        Box::new(
            Diagnostic::new(Code::Quantity, text.place, message)
                .help("write it in the unit of the value, or in %"),
        )
    };
    let read = Quantity::parse(&text.value).map_err(|error| fail(format!("`sigma`: {error}")))?;
    if read.value < 0.0 {
        return Err(fail(format!("`sigma` = \"{}\" is negative: it is a standard deviation", text.value)));
    }
    if read.dimension.same_exponents(value.dimension) && !value.dimension.is_dimensionless() {
        Ok(read.value)
    } else if read.dimension.is_dimensionless() {
        Ok(if text.value.contains('%') { read.value * value.value.abs() } else { read.value })
    } else {
        Err(fail(format!(
            "`sigma` is {} but the value is {}",
            read.dimension,
            natural(value.value, value.dimension)
        )))
    }
}

/// Tables of a section, bound to their declarations.
pub(super) fn entries(
    document: &Document,
    section: &str,
    specs: &[Spec],
    binder: &mut Binder,
) -> Vec<(Located<String>, Args)> {
    let Some(node) = document.root.get(section) else { return Vec::new() };
    let Node::Table(table) = &node.value else {
        binder.fault(Diagnostic::wrong_form(section, "a table of tables", node));
        return Vec::new();
    };
    let mut bound = Vec::new();
    for (name, node) in &table.entries {
        match &node.value {
            Node::Table(inner) => {
                let before = binder.faults.len();
                let args = binder.record(inner, name.place, specs, &[]);
                if binder.faults.len() == before {
                    bound.push((name.clone(), args));
                }
            }
            _ => {
                let key = format!("{section}.{}", name.value);
                binder.fault(Diagnostic::wrong_form(&key, "a table", node));
            }
        }
    }
    bound
}
