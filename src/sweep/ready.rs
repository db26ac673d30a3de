//! A scenario with its `[sweep]`, ready to run.

use super::design::Design;
use super::engine::Manifest;
use super::plant::Plant;
use super::source::source;
use super::table;
use crate::scenario::{Code, Diagnostic, Diagnostics, Library, Model, SweepEntry};
use crate::unit::parameters::Place;

/// A sweep ready to run.
#[derive(Debug)]
pub struct Ready<'a> {
    /// The plant, with factors and outputs.
    pub plant: Plant<'a>,
    /// Where its cases lie.
    pub design: Design,
    /// What identifies it.
    pub manifest: Manifest,
    /// The table of the scenario.
    pub entry: SweepEntry,
    /// What the user may not expect.
    pub notes: Vec<String>,
}

/// Why a scenario cannot be swept.
#[derive(Debug)]
pub enum NotReady {
    /// Faults of its text.
    Faults(Box<Diagnostics>),
    /// The plant as it stands has no solution, or no such output.
    Plant(String),
}

impl<'a> Ready<'a> {
    /// Binds the `[sweep]` of a scenario to its plant, which is solved once as it stands.
    ///
    /// # Errors
    /// [`NotReady`].
    pub fn new(model: Model, library: &'a Library) -> Result<Ready<'a>, NotReady> {
        let (mut entry, place) = model.sweep().map_err(NotReady::Faults)?;
        let faults = |list| NotReady::Faults(model.faults(list));
        let own = entry.factors.take().unwrap_or_default();
        let mut bound = table::factors(&model, &own, entry.design == "csv").map_err(faults)?;
        let mut correlations = Vec::new();
        if entry.uncertainties {
            table::uncertain(&model, &mut bound);
            correlations = table::known_correlations(&model, &bound);
        }
        let design = table::design(&model, &entry, place, &bound, &correlations).map_err(faults)?;
        if let Some(fault) = idle(&entry, place, &design) {
            return Err(faults(vec![fault]));
        }
        let mut notes = Vec::new();
        if !correlations.is_empty() && !design.is_sampled() {
            notes.push(format!(
                "the design {} takes all factors as independent; {} correlation(s) that the process files state are left out",
                entry.design,
                correlations.len()
            ));
        }
        let outputs: Vec<(String, String)> =
            entry.outputs.iter().map(|(name, path)| (name.value.clone(), path.value.clone())).collect();
        let source = source(&model, library, &bound.settings).map_err(|fault| faults(vec![fault]))?;
        let block = entry.block as u64;
        let plant =
            Plant::new(model, library, bound.factors, bound.settings, &outputs).map_err(NotReady::Plant)?;
        let manifest = Manifest::new(&plant, &design, source, block);
        Ok(Ready { plant, design, manifest, entry, notes })
    }
}

/// Why a sweep would record nothing, if so.
fn idle(entry: &SweepEntry, place: Place, design: &Design) -> Option<Diagnostic> {
    if entry.outputs.is_empty() {
        let words = "`sweep.outputs` names nothing to record";
        let fault = Diagnostic::new(Code::MissingKey, place, words);
        return Some(fault.help("write `recovery = \"plant.recovery.Co\"` below `[sweep.outputs]`"));
    }
    design.is_barren().then(|| {
        let at = entry.constraints.first().map_or(place, |text| text.place);
        let words = "the constraints leave out every case of the design; nothing would be run";
        Diagnostic::new(Code::Conflict, at, words).help("widen the ranges of the factors, or the constraints")
    })
}
