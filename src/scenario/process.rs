//! Process files: parameters with their sources, rate laws, feedstocks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bind::Binder;
use super::columns::{self, ColumnsEntry};
use super::diagnostic::{Code, Diagnostic};
use super::document::{Document, Node};
use super::evidence::{self, FitRecord};
use crate::chemistry::{Reaction, SpeciesTable};
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

crate::parameters! {
    /// One parameter of a process.
    pub struct ParameterEntry {
        /// The value with its unit; at the temperature `at` where an activation energy is given.
        value: Located<String> = Spec::text().example("\"1.0e-8 m/s\"");
        /// Temperature of the value.
        at: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).positive().optional();
        /// Activation energy.
        ea: Option<f64> = Spec::quantity(Dimension::MOLAR_ENERGY).optional();
        /// Key of the reference, or `estimate`.
        source: Located<String> = Spec::text().example("\"jha2013\"");
        /// Keys of further works that the value or its activation energy rests on.
        also: Vec<String> = Spec::list(Spec::text()).default("[]").example("[\"leerhee2003\"]");
        /// Reasoning behind an estimate.
        reason: Option<String> = Spec::text().optional();
        /// What a reader must know.
        note: Option<String> = Spec::text().optional();
        /// Conditions in which it was measured, lowest and highest.
        range: Option<Vec<(Located<String>, Vec<String>)>> = Spec::map(Spec::list(Spec::text())).optional().example("{ temperature = [\"25 degC\", \"80 degC\"] }");
        /// Standard uncertainty: in the unit of the value, or in % of it.
        sigma: Option<Located<String>> = Spec::text().optional().example("\"10 %\"");
        /// Standard uncertainty of the activation energy.
        ea_sigma: Option<f64> = Spec::quantity(Dimension::MOLAR_ENERGY).at_least(0.0).optional();
        /// Correlation of value and activation energy, -1..=1.
        correlation: Option<f64> = Spec::number().at_least(-1.0).at_most(1.0).optional();
    }
}

crate::parameters! {
    /// A solid that leaches.
    pub struct MineralEntry {
        /// The solid.
        species: Located<String> = Spec::text().example("\"LiCoO2(s)\"");
        /// Rate law.
        law: String = Spec::choice(&["shrinking-core", "shrinking-particle", "avrami", "power-law", "autocatalytic"]);
        /// Shape of the particles.
        shape: String = Spec::choice(&["sphere", "cylinder", "plate"]).default("\"sphere\"");
        /// Exponent: n of Avrami, m of the power law, seed of autocatalysis.
        order: Option<f64> = Spec::number().positive().optional();
        /// Concentration of the reagent that diffuses, an expression in mol/m3.
        driving: Option<String> = Spec::text().optional();
        /// Amount of that reagent per amount of mineral.
        reagent_per_mineral: f64 = Spec::number().positive().default("1.0");
        /// Diffusivity in the product layer, an expression; absent, no such resistance.
        product_layer_diffusivity: Option<String> = Spec::text().optional();
        /// Diffusivity in the film (Sh = 2), an expression; absent, no such resistance.
        film_diffusivity: Option<String> = Spec::text().optional();
        /// Mass transfer coefficient of the film, an expression.
        film_coefficient: Option<String> = Spec::text().optional();
        /// Saturation ratio that the rate falls to zero at, an expression: rate times (1 - ratio).
        solubility: Option<String> = Spec::text().optional();
        /// eps of the factor y/(y + eps) that ends the shrinking smoothly.
        regularisation: f64 = Spec::number().at_least(0.0).default("0.0");
        /// Parallel reaction paths.
        paths: Vec<Args> = Spec::list(Spec::record(PathEntry::specs));
    }
}

crate::parameters! {
    /// One reaction path of a mineral.
    pub struct PathEntry {
        /// The reaction.
        reaction: String = Spec::text();
        /// Its rate, an expression.
        rate: Option<String> = Spec::text().optional();
    }
}

crate::parameters! {
    /// A reaction in the liquor.
    pub struct ReactionEntry {
        /// The reaction.
        equation: String = Spec::text();
        /// Its rate, an expression in mol/(m3 s) of the reaction as written.
        rate: String = Spec::text();
    }
}

crate::parameters! {
    /// A reaction between an aqueous and an organic phase.
    pub struct ExtractionEntry {
        /// The reaction: `Cu+2 + 2 HR(org) = CuR2(org) + 2 H+`.
        equation: String = Spec::text();
        /// Its equilibrium constant, an expression in the unit of the quotient (concentrations in mol/m3).
        constant: String = Spec::text();
        /// The quotient that equals the constant, an expression; absent, mass action in concentrations, water left out.
        quotient: Option<String> = Spec::text().optional();
    }
}

crate::parameters! {
    /// A gas-liquid transfer.
    pub struct TransferEntry {
        /// The dissolution: `O2(g) = O2`.
        equation: String = Spec::text();
        /// Transfer coefficient times area, an expression in 1/s.
        kla: String = Spec::text();
        /// Concentration at saturation, an expression in mol/m3.
        saturation: String = Spec::text();
    }
}

crate::parameters! {
    /// A feedstock as published.
    pub struct FeedstockEntry {
        /// In words.
        title: String = Spec::text();
        /// Key of the reference, or `estimate`.
        source: Located<String> = Spec::text();
        /// Reasoning behind an estimate.
        reason: Option<String> = Spec::text().optional();
        /// What a reader must know.
        note: Option<String> = Spec::text().optional();
        /// Mass shares in the dry solid.
        assay: Vec<(Located<String>, f64)> = Spec::map(Spec::fraction());
        /// The solid that holds each assayed element.
        hosts: Option<Vec<(Located<String>, Located<String>)>> = Spec::map(Spec::text()).optional();
        /// Name of what the assay leaves unnamed.
        rest: Option<String> = Spec::text().optional();
        /// Particle size.
        size: Option<Args> = Spec::record(crate::unit::Size::specs).optional();
        /// Particle size of single solids.
        sizes: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(crate::unit::Size::specs)).optional();
        /// Standard deviation of ln d between charges of this kind, for works that do not state the size.
        size_log_sd: Option<f64> = Spec::number().positive().at_most(3.0).optional().example("0.3");
        /// Reference of the size, or `estimate`.
        size_source: Option<Located<String>> = Spec::text().optional();
        /// Reasoning behind an estimated size.
        size_reason: Option<String> = Spec::text().optional();
        /// What a reader must know of the size.
        size_note: Option<String> = Spec::text().optional();
    }
}

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

    /// Names of all species that the process speaks of.
    pub fn species(&self) -> BTreeSet<String> {
        let builder = &self.builder;
        let mut names: BTreeSet<String> = builder.minerals.iter().map(|m| m.species.clone()).collect();
        let paths = builder.minerals.iter().flat_map(|m| m.paths.iter().map(|p| p.reaction.as_str()));
        let others = builder.reactions.iter().map(|r| r.equation.as_str());
        let gases = builder.transfers.iter().map(|t| t.equation.as_str());
        let extraction = self.extraction.iter().map(|e| e.equation.as_str());
        for equation in paths.chain(others).chain(gases).chain(extraction) {
            names.extend(Reaction::names(equation).unwrap_or_default());
        }
        let laws = builder.minerals.iter().flat_map(|m| {
            let own = [
                &m.driving,
                &m.product_layer_diffusivity,
                &m.film_diffusivity,
                &m.film_coefficient,
                &m.solubility,
            ];
            own.into_iter().flatten().chain(m.paths.iter().filter_map(|p| p.rate.as_ref()))
        });
        let rates = builder.reactions.iter().map(|r| &r.rate);
        let transfers = builder.transfers.iter().flat_map(|t| [&t.kla, &t.saturation]);
        let quotients = self.extraction.iter().flat_map(|e| e.quotient.iter().chain([&e.constant]));
        let laws = laws.chain(quotients);
        for expression in laws.chain(rates).chain(transfers).chain(builder.definitions.iter().map(|(_, e)| e))
        {
            names.extend(bracketed(expression));
        }
        for (_, args) in &self.feedstocks {
            names.extend(solids_of(args));
        }
        names
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

/// Species in square brackets of an expression, those read in the equilibrium left out.
pub(super) fn bracketed(expression: &str) -> impl Iterator<Item = String> + '_ {
    let before = |at: usize| expression[..at].trim_end();
    let read = move |at: usize| before(at).ends_with("free") || before(at).ends_with("activity");
    let opened = expression.match_indices('[').filter(move |(at, _)| !read(*at));
    opened.filter_map(|(at, _)| Some(expression[at + 1..].split_once(']')?.0.trim().to_owned()))
}

/// Solids that an assay, its hosts and its rest name.
pub(super) fn solids_of(args: &Args) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let assay: Option<Vec<(Located<String>, f64)>> = args.read("assay").ok().flatten();
    for (name, _) in assay.into_iter().flatten() {
        if name.value.ends_with(')') {
            names.insert(name.value);
        }
    }
    let hosts: Option<Vec<(Located<String>, Located<String>)>> = args.read("hosts").ok().flatten();
    names.extend(hosts.into_iter().flatten().map(|(_, host)| host.value));
    names
}
