//! A scenario with its `[sweep]`, ready to run.

use super::design::Design;
use super::engine::Manifest;
use super::plant::Plant;
use super::table;
use crate::scenario::{Diagnostics, Library, Model, SweepEntry};

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
        let outputs: Vec<(String, String)> =
            entry.outputs.iter().map(|(name, path)| (name.value.clone(), path.value.clone())).collect();
        let source = table::source(&model, library);
        let block = entry.block as u64;
        let plant =
            Plant::new(model, library, bound.factors, bound.settings, &outputs).map_err(NotReady::Plant)?;
        let manifest = Manifest::new(&plant, &design, source, Vec::new(), block);
        Ok(Ready { plant, design, manifest, entry })
    }
}
