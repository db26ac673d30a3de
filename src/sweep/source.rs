//! What the numbers of a sweep depend on beside its design: the scenario and every file that it names.

use super::engine::Source;
use super::target::{Origin, Setting, Target};
use crate::scenario::{Code, Diagnostic, Library, Model, Node, beside, hash_of};
use crate::unit::parameters::Place;

/// Keys of a scenario that change no number.
const IDLE: [&str; 1] = ["sweep.slurm"];

/// The source of a sweep with these settings. A table of cases is not in it: its rows are in the design.
///
/// # Errors
/// A database that a factor names and that cannot be read.
pub fn source(model: &Model, library: &Library, settings: &[Setting]) -> Result<Source, Diagnostic> {
    let mut files = Vec::new();
    let mut add = |name: &str, hash: String| {
        if !files.iter().any(|(known, _)| known == name) {
            files.push((name.to_owned(), hash));
        }
    };
    let own = model.processes.iter().map(|process| process.name.as_str());
    for name in own.chain(words_at(settings, &|path| path.starts_with("processes."))) {
        if let Some((_, text)) = library.process(name) {
            add(name, hash_of([text.as_bytes()]));
        }
    }
    let folder = |name| hash_of(library.folder(name).map(|(_, text)| text.as_bytes()));
    add("species", folder("species"));
    if let Some((equilibrium, place)) = model.document.root.table("equilibrium") {
        let given = equilibrium.get("database").and_then(|found| match &found.value {
            Node::Text(text) => Some((text.as_str(), found.place)),
            _ => None,
        });
        if given.is_none() {
            add("aqueous", folder("aqueous"));
        }
        let others = words_at(settings, &|path| path == "equilibrium.database").map(|word| (word, place));
        for (name, place) in given.into_iter().chain(others) {
            add(name, database(model, library, name, place)?);
        }
    }
    Ok(Source {
        title: model.title.clone(),
        scenario: model.text.clone(),
        overrides: model.overrides.clone(),
        gist: hash_of([model.document.root.gist(&|path| IDLE.contains(&path)).as_bytes()]),
        files,
    })
}

/// Words that factors put in the place of a text of the scenario.
fn words_at<'a>(settings: &'a [Setting], wanted: &'a dyn Fn(&str) -> bool) -> impl Iterator<Item = &'a str> {
    let words = settings.iter().filter_map(move |setting| match (&setting.target, &setting.from) {
        (Target::Text(path), Origin::Words(_, words)) if wanted(path) => Some(words),
        _ => None,
    });
    words.flatten().map(String::as_str)
}

fn database(model: &Model, library: &Library, name: &str, place: Place) -> Result<String, Diagnostic> {
    library.database_hash(&beside(&model.name, name)).map_err(|error| {
        Diagnostic::new(Code::Unreadable, place, format!("the database cannot be read: {error}"))
    })
}
