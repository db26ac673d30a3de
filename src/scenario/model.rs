//! A scenario file to a plant ready to be solved.

mod head;
mod substances;

pub(super) use head::{check_format, check_keys, text_of, text_of_optional};

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, Diagnostics, Sources, suggest};
use super::document::{Document, Node, Table, read_text};
use super::equilibrium::Request;
use super::library::Library;
use super::process::{ParameterRecord, Process};
use super::references::Reference;
use super::{connect, overrides, parameters};
use crate::chemistry::{LiquorVolume, Reaction, SpeciesTable};
use crate::equilibrium::medium::Medium;
use crate::flowsheet::{self, Flowsheet, Plan, Settings};
use crate::quantity::Dimension;
use crate::unit::parameters::{Args, Located, Place, Spec};
use crate::unit::{Basis, Context, KINDS, ProcessModel, UnitKind, find_kind};

/// Version of the scenario and process formats that this program reads.
pub const FORMAT: i64 = 1;

/// Top-level keys of a scenario.
pub const KEYS: [&str; 15] = [
    "format",
    "title",
    "about",
    "source",
    "basis",
    "processes",
    "volume",
    "equilibrium",
    "flowsheet",
    "units",
    "controllers",
    "parameters",
    "solver",
    "sweep",
    "optimise",
];

/// A plant, with all that a report says of where it comes from.
#[derive(Debug)]
pub struct Model {
    /// Path or name it was read from.
    pub name: String,
    /// Text of the scenario.
    pub text: String,
    /// Values given on the command line, as written.
    pub overrides: Vec<String>,
    /// Title.
    pub title: String,
    /// The plant.
    pub flowsheet: Flowsheet,
    /// Process files in use.
    pub processes: Vec<Process>,
    /// What to mind before anything is solved: the table it stands in, and the text.
    pub warnings: Vec<(String, String)>,
    /// Works that its numbers come from, by key.
    pub references: Vec<Reference>,
    /// The scenario as a tree, overrides applied, for the parts that other commands read.
    pub document: Document,
    /// Texts that were read, for diagnostics.
    pub sources: Sources,
}

impl Model {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// All faults of the file and of the processes it names.
    pub fn load(path: &Path, library: &Library, overrides: &[String]) -> Result<Model, Box<Diagnostics>> {
        let text = read_text(path)?;
        Model::parse(&path.display().to_string(), &text, library, overrides)
    }

    /// Reads a scenario from text.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn parse(
        name: &str,
        text: &str,
        library: &Library,
        overrides: &[String],
    ) -> Result<Model, Box<Diagnostics>> {
        let mut sources = Sources::default();
        let mut binder = Binder::default();
        let mut document = Document::parse(&mut sources, name, text, &mut binder.faults);
        if binder.faults.is_empty() {
            overrides::apply(&mut document, overrides, &mut sources, &mut binder);
        }
        let built = if binder.faults.is_empty() {
            Reader { name, library, sources: &mut sources, binder: &mut binder, document: &document }.read()
        } else {
            None
        };
        match built {
            Some(Built { title, flowsheet, processes, warnings }) if binder.faults.is_empty() => Ok(Model {
                name: name.to_owned(),
                text: text.to_owned(),
                overrides: overrides.to_vec(),
                title,
                references: references(library, &flowsheet, &processes),
                flowsheet,
                processes,
                warnings,
                document,
                sources,
            }),
            _ => Err(Box::new(Diagnostics::new(sources, binder.faults))),
        }
    }

    /// Every parameter of the processes in use.
    pub fn parameters(&self) -> impl Iterator<Item = &ParameterRecord> {
        self.processes.iter().flat_map(|p| p.parameters.iter())
    }
}

/// What a scenario's text gives.
struct Built {
    title: String,
    flowsheet: Flowsheet,
    processes: Vec<Process>,
    warnings: Vec<(String, String)>,
}

struct Reader<'a> {
    name: &'a str,
    library: &'a Library,
    sources: &'a mut Sources,
    binder: &'a mut Binder,
    document: &'a Document,
}

impl Reader<'_> {
    fn read(&mut self) -> Option<Built> {
        let document = self.document;
        check_format(document, self.binder);
        check_keys(&document.root, &KEYS, self.binder);
        let title = text_of(&document.root, "title", self.binder).unwrap_or_default();
        let basis = self.basis();
        let processes = self.processes();
        let units = self.units();
        let request = Request::read(document, self.name, self.library, self.binder);
        let ready = self.binder.faults.is_empty();
        let mut species = self.species(&processes, &units);
        let survey = match &request {
            Some(request) => Some(request.survey(&mut species, self.library, self.binder)?),
            None => None,
        };
        let inert = match (&request, &survey) {
            (Some(request), Some(survey)) => {
                request.inert(survey, &self.fed_alone(&species, &processes, &units), self.library)
            }
            _ => Vec::new(),
        };
        let table = Arc::new(self.species_table(species)?);
        let medium = match (&request, &survey) {
            (Some(request), Some(survey)) => Some(request.medium(survey, &table, self.binder)?),
            _ => None,
        };
        let idle: Vec<String> = medium.iter().flat_map(|medium| medium.cautions()).collect();
        let context = self.context(table, basis, &processes, medium)?;
        let mut flowsheet = Flowsheet {
            context,
            nodes: Vec::new(),
            arrows: Vec::new(),
            controllers: Vec::new(),
            plan: Plan::default(),
            settings: self.settings(),
        };
        if !ready {
            return None;
        }
        for (name, kind, args) in units {
            match flowsheet::Node::new(&name.value, kind, args, &flowsheet.context) {
                Ok(node) => flowsheet.nodes.push(node),
                Err(error) => self.binder.fault(Diagnostic::from_build(error)),
            }
        }
        if !self.binder.faults.is_empty() {
            return None;
        }
        connect::arrows(document, &mut flowsheet, self.binder);
        if self.binder.faults.is_empty() {
            flowsheet.plan = Plan::new(flowsheet.nodes.len(), &flowsheet.arrows);
            connect::ways_out(document, &flowsheet, self.binder);
            connect::controllers(document, &mut flowsheet, self.binder);
        }
        let warnings = inert.into_iter().chain(idle).map(|text| ("equilibrium".to_owned(), text)).collect();
        self.binder.faults.is_empty().then_some(Built { title, flowsheet, processes, warnings })
    }

    fn basis(&mut self) -> Basis {
        match text_of(&self.document.root, "basis", self.binder).as_deref() {
            Some("continuous") => Basis::Continuous,
            Some("batch") | None => Basis::Batch,
            Some(other) => {
                let place = self.document.root.get("basis").map_or(Place::default(), |n| n.place);
                self.binder.fault(
                    Diagnostic::new(Code::UnknownName, place, format!("`basis` cannot be `{other}`"))
                        .label("expected batch or continuous")
                        .help("write `basis = \"batch\"` or `basis = \"continuous\"`"),
                );
                Basis::Batch
            }
        }
    }

    fn processes(&mut self) -> Vec<Process> {
        let Some(node) = self.document.root.get("processes") else { return Vec::new() };
        let Node::List(items) = &node.value else {
            self.binder.fault(
                Diagnostic::wrong_form("processes", "a list of names", node)
                    .help("write `processes = [\"cobalt/lco-sulfuric-peroxide\"]`"),
            );
            return Vec::new();
        };
        let mut read = Vec::new();
        for item in items {
            let Node::Text(name) = &item.value else {
                let message = format!("the name of a process must be text, found {}", item.value.form());
                self.binder.fault(Diagnostic::new(Code::WrongType, item.place, message));
                continue;
            };
            let Some((display, text)) = self.library.process(name) else {
                self.binder.fault(
                    Diagnostic::new(Code::UnknownName, item.place, format!("unknown process `{name}`"))
                        .label("not in the library")
                        .help(suggest(name, self.library.processes())),
                );
                continue;
            };
            let document = Document::parse(self.sources, display, text, &mut self.binder.faults);
            read.push(Process::read(name, &document, self.binder));
        }
        parameters::lay_over(self.document, &mut read, self.binder);
        read
    }

    fn units(&mut self) -> Vec<(Located<String>, &'static UnitKind, Args)> {
        let mut bound = Vec::new();
        let root = Place { file: self.document.file, start: 0, end: 0 };
        let Some((table, _)) = self.document.root.section("units", self.binder) else {
            if self.document.root.get("units").is_some() {
                return bound; // told of already
            }
            self.binder.fault(
                Diagnostic::new(Code::MissingKey, root, "a scenario needs units")
                    .help("write a table for each: `[units.leach]` with `type = \"batch-leach\"`"),
            );
            return bound;
        };
        for (name, node) in &table.entries {
            let Node::Table(inner) = &node.value else {
                let key = format!("units.{}", name.value);
                self.binder.fault(Diagnostic::wrong_form(&key, "a table", node));
                continue;
            };
            if name.value.contains('.') || name.value.is_empty() {
                let message = format!("the name of a unit is a word without dots, found `{}`", name.value);
                self.binder.fault(
                    Diagnostic::new(Code::UnknownName, name.place, message)
                        .help("dots part a unit from its port: `leach.slurry`"),
                );
                continue;
            }
            if let Some(kind) = self.kind(name, inner) {
                let before = self.binder.faults.len();
                let args = self.binder.record(inner, name.place, &(kind.specs)(), &["type"]);
                if self.binder.faults.len() == before {
                    bound.push((name.clone(), kind, args));
                }
            }
        }
        bound
    }

    fn kind(&mut self, name: &Located<String>, table: &Table) -> Option<&'static UnitKind> {
        let names = || KINDS.iter().map(|k| k.name);
        let Some(node) = table.get("type") else {
            self.binder.fault(
                Diagnostic::new(Code::MissingKey, name.place, format!("unit `{}` has no `type`", name.value))
                    .help(suggest("", names())),
            );
            return None;
        };
        let Node::Text(text) = &node.value else {
            self.binder.fault(Diagnostic::wrong_form("type", "text", node));
            return None;
        };
        let found = find_kind(text);
        if found.is_none() {
            self.binder.fault(
                Diagnostic::new(Code::UnknownName, node.place, format!("there is no unit model `{text}`"))
                    .label("not a unit model")
                    .help(suggest(text, names())),
            );
        }
        found
    }

    fn context(
        &mut self,
        table: Arc<SpeciesTable>,
        basis: Basis,
        processes: &[Process],
        equilibrium: Option<Arc<Medium>>,
    ) -> Option<Context> {
        let mut compiled: Vec<Arc<ProcessModel>> = Vec::new();
        for process in processes.iter().filter(|p| p.sound) {
            match process.compile(&table, equilibrium.as_ref()) {
                Ok(model) => compiled.push(Arc::new(model)),
                Err(fault) => self.binder.fault(*fault),
            }
        }
        let volume = self.volume_model(&table);
        let reagents = self.library.reagents.iter().filter_map(|r| substances::reagent(r, &table)).collect();
        let feedstocks = processes.iter().flat_map(|p| p.feedstocks.clone()).collect();
        (compiled.len() == processes.len()).then(|| Context {
            table,
            basis,
            volume: volume.into(),
            processes: compiled,
            feedstocks: Arc::new(feedstocks),
            reagents: Arc::new(reagents),
            equilibrium,
        })
    }

    /// `volume = "salts"`, `"additive"`, `"water"`, or `{ water = "1000 kg/m3" }`.
    fn volume_model(&mut self, table: &SpeciesTable) -> LiquorVolume {
        if let Some(Located { value: Node::Table(own), place }) = self.document.root.get("volume") {
            let args = self.binder.record(own, *place, &VolumeEntry::specs(), &[]);
            let model = LiquorVolume::water(table);
            return match VolumeEntry::read(&args) {
                Ok(entry) => model.with_water_density(entry.water),
                Err(_) => model, // the binder has the fault
            };
        }
        match text_of_optional(&self.document.root, "volume", self.binder).as_deref() {
            None | Some("salts") => LiquorVolume::new(table, &substances::salts(self.library, table)),
            Some("additive") => LiquorVolume::additive(table),
            Some("water") => LiquorVolume::water(table),
            Some(other) => {
                let place = self.document.root.get("volume").map_or(Place::default(), |n| n.place);
                self.binder.fault(
                    Diagnostic::new(Code::UnknownName, place, format!("`volume` cannot be `{other}`"))
                        .label("expected salts, additive or water")
                        .help(suggest(other, ["salts", "additive", "water"])),
                );
                LiquorVolume::additive(table)
            }
        }
    }

    fn settings(&mut self) -> Settings {
        let mut settings = Settings::default();
        if let Some((table, place)) = self.document.root.section("solver", self.binder) {
            let args = self.binder.record(table, place, &SolverEntry::specs(), &[]);
            if let Ok(entry) = SolverEntry::read(&args) {
                settings.tolerance = entry.tolerance;
                settings.max_passes = entry.max_passes;
                settings.max_control_steps = entry.max_control_steps;
            }
        }
        settings
    }
}

crate::parameters! {
    /// A volume of the liquor that follows from its water alone.
    pub struct VolumeEntry {
        /// Mass of water per volume of liquor, at all temperatures; what is dissolved takes no room.
        water: f64 = Spec::quantity(Dimension::MASS_CONCENTRATION).positive().example("\"1000 kg/m3\"");
    }
}

crate::parameters! {
    /// How loops and controllers are converged.
    pub struct SolverEntry {
        /// Largest change of an element in a torn stream per pass, relative to the plant's feed of it.
        tolerance: f64 = Spec::number().positive().at_most(1e-9).default("1e-11");
        /// Passes after which a loop counts as not converged.
        max_passes: usize = Spec::integer().at_least(3.0).at_most(100000.0).default("500");
        /// Steps after which a controller counts as unmet.
        max_control_steps: usize = Spec::integer().at_least(3.0).at_most(10000.0).default("60");
    }
}

fn references(library: &Library, flowsheet: &Flowsheet, processes: &[Process]) -> Vec<Reference> {
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for process in processes {
        keys.extend(process.sources());
    }
    for (_, species) in flowsheet.context.table.iter() {
        keys.extend(species.sources.iter().map(String::as_str));
    }
    let dissolved =
        |salt: &&super::species::SaltText| Reaction::side(&salt.dissolves, &flowsheet.context.table).is_ok();
    keys.extend(library.salts.iter().filter(dissolved).map(|salt| salt.source.as_str()));
    if let Some(medium) = &flowsheet.context.equilibrium {
        keys.extend(medium.sources().iter().map(String::as_str));
    }
    keys.into_iter().filter_map(|key| library.references.get(key).cloned()).collect()
}
