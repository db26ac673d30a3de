//! `[equilibrium]`: which database, activity model, couples and solids the equilibrium of a plant uses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bind::Binder;
use super::diagnostic::{Code, Diagnostic, suggest};
use super::document::Document;
use super::library::Library;
use crate::chemistry::{Species, SpeciesTable};
use crate::equilibrium::medium::{Medium, Settings, Survey, SurveyError, model_of};
use crate::equilibrium::{Database, Model};
use crate::unit::parameters::{Args, Located, Place, Spec};

crate::parameters! {
    /// The aqueous equilibrium that units and rates of this plant use.
    pub struct EquilibriumEntry {
        /// PHREEQC database (.dat), path relative to the scenario; absent, Lixivia's own set.
        database: Option<Located<String>> = Spec::text().optional().example("\"phreeqc.dat\"");
        /// Activity model; `database` is what the database asks for (Davies for Lixivia's own set).
        activity: Located<String> = Spec::choice(&["database", "ideal", "davies", "extended-debye-hueckel", "b-dot", "sit", "pitzer"]).default("\"database\"");
        /// Elements whose redox couples are open; every other couple is closed, whatever Eh would say.
        open: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"Fe\"]");
        /// Solids that may form or dissolve: phases of the database, species such as `CaSO4:2H2O(s)`, or `all`.
        solids: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"Gypsum\", \"2-line ferrihydrite\"]");
        /// Solids that may not, among those of `all`.
        exclude: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"Hematite\"]");
        /// Species of streams that the database calls otherwise.
        names: Option<Vec<(Located<String>, Located<String>)>> = Spec::map(Spec::text()).optional().example("{ \"CN-\" = \"Cyanide-\" }");
    }
}

/// What a scenario asks for, with its database read.
pub(super) struct Request {
    entry: EquilibriumEntry,
    settings: Settings,
    database: Arc<Database>,
    title: String,
    place: Place,
}

impl Request {
    /// Reads the table; none where the scenario has none, or it is at fault.
    pub(super) fn read(
        document: &Document,
        scenario: &str,
        library: &Library,
        binder: &mut Binder,
    ) -> Option<Request> {
        let (table, place) = document.root.section("equilibrium", binder)?;
        let before = binder.faults.len();
        let args = binder.record(table, place, &EquilibriumEntry::specs(), &[]);
        if binder.faults.len() > before {
            return None;
        }
        match Request::of(&args, scenario, library, place) {
            Ok(request) => Some(request),
            Err(fault) => {
                binder.fault(*fault);
                None
            }
        }
    }

    fn of(args: &Args, scenario: &str, library: &Library, place: Place) -> Result<Request, Box<Diagnostic>> {
        let entry = EquilibriumEntry::read(args).map_err(Diagnostic::from_build)?;
        let (database, title, pressure_unit) = match &entry.database {
            None => {
                let own =
                    library.constants().map_err(|text| Diagnostic::new(Code::Unreadable, place, text))?;
                (own, "Lixivia's own constants".to_owned(), 1e5)
            }
            Some(file) => {
                let path = beside(scenario, &file.value);
                let read = library.database(&path).map_err(|text| {
                    Diagnostic::new(
                        Code::Unreadable,
                        file.place,
                        format!("the database cannot be read: {text}"),
                    )
                    .label("expected a PHREEQC database")
                    .help("the path is relative to the scenario file")
                })?;
                (read, file.value.clone(), 101_325.0)
            }
        };
        let texts = |list: &[Located<String>]| list.iter().map(|item| item.value.clone()).collect();
        let settings = Settings {
            model: match (model_of(&entry.activity.value).unwrap_or_default(), &entry.database) {
                (Model::FromDatabase, None) => Model::Davies, // what Lixivia's own set is made for
                (model, _) => model,
            },
            open: texts(&entry.open),
            solids: texts(&entry.solids),
            exclude: texts(&entry.exclude),
            names: entry.names.iter().flatten().map(|(a, b)| (a.value.clone(), b.value.clone())).collect(),
            pressure_unit,
        };
        Ok(Request { entry, settings, database, title, place })
    }

    /// Looks the plant's species up and adds those that the equilibrium needs.
    pub(super) fn survey(
        &self,
        species: &mut Vec<Species>,
        library: &Library,
        binder: &mut Binder,
    ) -> Option<Survey> {
        // water vapour belongs to every evaporator and gas
        let vapour = library.species.get("H2O(g)").filter(|v| !species.iter().any(|s| s.name == v.name));
        species.extend(vapour.cloned());
        match Survey::new(&self.database, &self.settings, species, &library.species) {
            Ok(survey) => {
                species.extend(survey.added.iter().cloned());
                Some(survey)
            }
            Err(faults) => {
                faults.into_iter().for_each(|fault| binder.fault(self.fault(fault)));
                None
            }
        }
    }

    fn fault(&self, error: SurveyError) -> Diagnostic {
        let list = match error.list {
            "solids" => &self.entry.solids,
            "exclude" => &self.entry.exclude,
            _ => &self.entry.open,
        };
        let code = if error.known.is_empty() { Code::Conflict } else { Code::UnknownName };
        let mut named = self.entry.names.iter().flatten();
        let named = named.find(|(own, of)| own.value == error.name || of.value == error.name);
        // a name that is unknown stands where it is written; what does not fit, at what it is said to be
        let named = named
            .map(|(own, of)| if code == Code::UnknownName && own.value == error.name { own } else { of });
        let listed = list.iter().find(|item| item.value == error.name);
        let place = listed.or(named).map_or(self.place, |item| item.place);
        let fault = Diagnostic::new(code, place, format!("`{}`: {}", error.list, error.problem));
        match (error.list, error.known.is_empty()) {
            ("names", true) => fault
                .label("another composition")
                .help("a pair is one substance under two names: the same elements and charge, a name of the database's own such as `Cyanide` standing for the same in each"),
            (_, true) => fault,
            _ => fault.help(suggest(&error.name, error.known.iter().map(String::as_str))),
        }
    }

    /// Solids that are fed and that the equilibrium leaves as they are, though it may form such solids.
    pub(super) fn inert(&self, survey: &Survey, fed: &[&Species], library: &Library) -> Vec<String> {
        let inert = survey.inert(&self.database, &self.settings, fed, &library.species);
        let told = inert.into_iter().map(|inert| {
            let name = inert.species;
            let text =
                format!("`{name}` is inert in the equilibrium: the database has no solid of its formula");
            let Some(record) = inert.phase else { return text };
            let how = inert.own.map_or_else(
                || format!("take a database that writes it as `{name}`"),
                |own| format!("feed `{own}` in its place"),
            );
            format!("{text}; nearest is `{}`, {}: {how}", record.name, record.formula)
        });
        told.collect()
    }

    /// Compiles the database for the plant's table.
    pub(super) fn medium(
        &self,
        survey: &Survey,
        table: &Arc<SpeciesTable>,
        binder: &mut Binder,
    ) -> Option<Arc<Medium>> {
        match Medium::new(&self.database, &self.title, &self.settings, survey, table) {
            Ok(medium) => Some(Arc::new(medium)),
            Err(error) => {
                let fault = Diagnostic::new(
                    Code::Conflict,
                    self.entry.activity.place,
                    format!("`equilibrium`: {error}"),
                );
                binder
                    .fault(fault.help(
                        "choose an activity model whose parameters the database has, such as `davies`",
                    ));
                None
            }
        }
    }
}

/// A path of a scenario file, taken from the folder of that file.
pub(crate) fn beside(scenario: &str, path: &str) -> PathBuf {
    Path::new(scenario).parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
}

/// Databases read so far, by path, each with the SHA-256 of its bytes.
pub(super) type Databases = std::sync::Mutex<BTreeMap<PathBuf, (Arc<Database>, String)>>;
