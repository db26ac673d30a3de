//! A scenario with its `[sweep]` or `[optimise]`, ready to run.

use super::aims;
use super::design::{Design, Marginal};
use super::engine::{Manifest, Model as _, Source};
use super::factors::{self, Bound, Faults, fault};
use super::optimise::{Aim, Limit};
use super::plant::{Plant, PlantError};
use super::source::source;
use super::unread::{self, Reader};
use super::{cluster, names, table, trial, uncertain};
use crate::scenario::{Code, Diagnostic, Diagnostics, Library, Model, OptimiseEntry, Sources, SweepEntry};
use crate::unit::parameters::{Args, Located};

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

/// An optimisation ready to run.
#[derive(Debug)]
pub struct Sought<'a> {
    /// The plant, with factors and outputs.
    pub plant: Plant<'a>,
    /// Ranges of the factors.
    pub ranges: Vec<Marginal>,
    /// What is to be small or large.
    pub aims: Vec<Aim>,
    /// What must be kept.
    pub limits: Vec<Limit>,
    /// The table of the scenario.
    pub entry: OptimiseEntry,
    /// Where it comes from.
    pub source: Source,
}

/// Why a scenario cannot be swept or optimised.
#[derive(Debug)]
pub enum NotReady {
    /// Faults of its text.
    Faults(Box<Diagnostics>),
    /// The plant as it stands has no solution.
    Plant(String),
}

/// Outputs of a table: name and path each.
type Outputs = [(Located<String>, Located<String>)];

impl<'a> Ready<'a> {
    /// Binds the `[sweep]` of a scenario to its plant, which is solved once as it stands.
    ///
    /// # Errors
    /// [`NotReady`].
    pub fn new(mut model: Model, library: &'a Library) -> Result<Ready<'a>, NotReady> {
        let (mut entry, args) = model.sweep().map_err(NotReady::Faults)?;
        let own = entry.factors.take().unwrap_or_default();
        let named: Vec<&Located<String>> =
            own.iter().map(|(name, _)| name).chain(entry.outputs.iter().map(|(name, _)| name)).collect();
        let (mut bound, mut faults) = bound(factors::factors(&model, &own, Reader::of(&entry.design)));
        faults.extend(entry.slurm.iter().flat_map(cluster::faults));
        let stated = bound.factors.len();
        let mut correlations = Vec::new();
        if entry.uncertainties {
            uncertain::add(&model, &mut bound);
            correlations = uncertain::correlations(&model, &bound);
        }
        let drawn = bound.factors[stated..].iter();
        let drawn =
            drawn.map(|factor| (factor.name.clone(), format!("the uncertainty of {}", factor.long_name)));
        faults.extend(names::check(named.iter().copied(), drawn));
        faults.extend(trial::words(&model, library, &bound, &own));
        ended(&model.sources, faults)?;
        let design = table::design(&mut model, (&entry, &args), &own, &bound, &correlations);
        let design = design.map_err(|list| NotReady::Faults(model.faults(list)))?;
        if let Some(fault) = idle(&entry, &args, &design) {
            return Err(told(&model.sources, vec![fault]));
        }
        let mut notes = Vec::new();
        if !correlations.is_empty() && !design.is_sampled() {
            notes.push(format!(
                "the design {} takes all factors as independent; {} correlation(s) that the process files state are left out",
                entry.design,
                correlations.len()
            ));
        }
        let source =
            source(&model, library, &bound.settings).map_err(|fault| told(&model.sources, vec![fault]))?;
        let sources = model.sources.clone();
        let plant = plant(model, library, bound, &named, &entry.outputs)?;
        let axes = plant.axes().iter().map(|axis| (axis.name.clone(), "an axis of a course".to_owned()));
        ended(&sources, names::check(named.iter().copied(), axes))?;
        let manifest = Manifest::new(&plant, &design, source, entry.block as u64);
        Ok(Ready { plant, design, manifest, entry, notes })
    }
}

impl<'a> Sought<'a> {
    /// Binds the `[optimise]` of a scenario to its plant, which is solved once as it stands; `method` goes before the scenario's.
    ///
    /// # Errors
    /// [`NotReady`].
    pub fn new(model: Model, library: &'a Library, method: Option<&str>) -> Result<Sought<'a>, NotReady> {
        let (mut entry, args) = model.optimise().map_err(NotReady::Faults)?;
        let (bound, mut faults) = bound(factors::factors(&model, &entry.factors, Reader::Search));
        faults.extend(unread::of_method(&args, &entry.method));
        let names = entry.factors.iter().map(|(name, _)| name);
        let named: Vec<&Located<String>> = names.chain(entry.outputs.iter().map(|(name, _)| name)).collect();
        faults.extend(names::check(named.iter().copied(), []));
        if faults.is_empty() && bound.factors.is_empty() {
            let place = args.place_of("factors");
            let told = fault(Code::MissingKey, place, "an optimisation needs at least one factor to vary");
            faults.push(told.help(
                "write `T = { set = \"units.leach.temperature\", from = \"40 degC\", to = \"90 degC\" }`",
            ));
        }
        faults.extend(without_range(&entry, &bound));
        let method = method.unwrap_or(&entry.method).to_owned();
        faults.extend(aims::unfit(&entry, &method));
        ended(&model.sources, faults)?;
        let sources = model.sources.clone();
        let ranges = bound.marginals.clone();
        let source = source(&model, library, &bound.settings).map_err(|fault| told(&sources, vec![fault]))?;
        let plant = plant(model, library, bound, &named, &entry.outputs)?;
        let (aims, limits) = aims::read(&entry, args.place, &plant).map_err(|list| told(&sources, list))?;
        entry.method = method;
        Ok(Sought { plant, ranges, aims, limits, entry, source })
    }
}

/// The bound factors, and the faults of those that could not be bound.
fn bound(found: Result<Bound, Faults>) -> (Bound, Faults) {
    match found {
        Ok(bound) => (bound, Faults::new()),
        Err(faults) => (Bound::default(), faults),
    }
}

/// Faults of factors that no range spreads.
fn without_range(entry: &OptimiseEntry, bound: &Bound) -> Faults {
    let spread = bound.factors.iter().zip(&bound.marginals);
    let others = spread.filter(|(_, spread)| !matches!(spread, Marginal::Range { .. }));
    let told = others.filter_map(|(factor, _)| {
        let (name, _) = entry.factors.iter().find(|(name, _)| name.value == factor.name)?;
        let message = format!("factor `{}` has no range to be optimised in", factor.name);
        Some(fault(Code::Conflict, name.place, message).help("write `from` and `to`"))
    });
    told.collect()
}

/// The plant with its outputs; `named` are all factors and outputs of the table.
fn plant<'a>(
    model: Model,
    library: &'a Library,
    bound: Bound,
    named: &[&Located<String>],
    outputs: &Outputs,
) -> Result<Plant<'a>, NotReady> {
    let sources = model.sources.clone();
    let paths: Vec<(String, String)> =
        outputs.iter().map(|(name, path)| (name.value.clone(), path.value.clone())).collect();
    Plant::new(model, library, bound.factors, bound.settings, &paths).map_err(|error| match error {
        PlantError::Unsolved(words) => NotReady::Plant(words),
        PlantError::Output { name, message, help } => {
            let place = outputs.iter().find(|(own, _)| own.value == name).map(|(_, path)| path.place);
            let message = format!("output `{name}`: {message}");
            told(&sources, vec![fault(Code::UnknownName, place.unwrap_or_default(), message).help(help)])
        }
        PlantError::Name { name, bearer } => {
            let taken = [(name, bearer)];
            told(&sources, names::check(named.iter().copied(), taken))
        }
    })
}

fn told(sources: &Sources, list: Faults) -> NotReady {
    NotReady::Faults(Box::new(Diagnostics { sources: sources.clone(), list }))
}

fn ended(sources: &Sources, list: Faults) -> Result<(), NotReady> {
    if list.is_empty() { Ok(()) } else { Err(told(sources, list)) }
}

/// Why a sweep would record nothing, if so.
fn idle(entry: &SweepEntry, args: &Args, design: &Design) -> Option<Diagnostic> {
    if entry.outputs.is_empty() {
        let words = "`sweep.outputs` names nothing to record";
        let told = fault(Code::MissingKey, args.place_of("outputs"), words);
        return Some(told.help("write `recovery = \"plant.recovery.Co\"` below `[sweep.outputs]`"));
    }
    design.is_barren().then(|| {
        let at = entry.constraints.first().map_or(args.place, |text| text.place);
        let words = "the constraints leave out every case of the design; nothing would be run";
        fault(Code::Conflict, at, words).help("widen the ranges of the factors, or the constraints")
    })
}
