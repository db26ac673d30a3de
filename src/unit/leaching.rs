//! What batch and continuous leach tanks share: which model, what enters it, what is told of the result.

use std::sync::Arc;

use super::outcome::{Profile, Series};
use super::parameters::{Args, BuildError, Cause, Located};
use super::{Context, Outcome, ProcessModel, UnitError, liquor};
use crate::chemistry::population::Population;
use crate::chemistry::{Part, Particles, SpeciesId, Stream};
use crate::equilibrium::medium::{Cell, Chemistry};
use crate::kinetics::expression::{Basis, Reading};
use crate::kinetics::leach::{LeachError, Leaching};
use crate::numerics::Scalar;

/// Molality from which a reagent that is still free is worth telling of, mol/kg.
const FREE: f64 = 1e-6;

/// The process model named in `process`, or the only one in use.
pub(super) fn process(
    named: Option<&Located<String>>,
    args: &Args,
    context: &Context,
) -> Result<Arc<ProcessModel>, BuildError> {
    let names = || context.processes.iter().map(|p| format!("`{}`", p.name)).collect::<Vec<_>>().join(", ");
    match (named, context.processes.as_slice()) {
        (Some(name), list) => list.iter().find(|p| p.name == name.value).cloned().ok_or_else(|| {
            BuildError::at(name.place, format!("process `{}` is not in use here", name.value))
                .because(Cause::UnknownName)
                .help(format!("`processes` at the top of the scenario names {}", names()))
        }),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(BuildError::at(args.place, "a leach needs a process")
            .because(Cause::Missing)
            .help("write `processes = [\"cobalt/lco-sulfuric-peroxide\"]` at the top of the scenario")),
        (None, _) => Err(BuildError::at(args.place, "several processes are in use: which one runs here?")
            .help(format!("write `process = ` one of {}", names()))),
    }
}

/// What rounding may leave of a solid that has dissolved, relative to what was fed: its amount is that less the extents of a few
/// reactions.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Particle classes of each mineral of the model, in its order.
pub(super) fn classes<S: Scalar>(
    process: &ProcessModel,
    feed: &Stream<S>,
) -> Result<Vec<Vec<Population<S>>>, UnitError> {
    process
        .model
        .minerals()
        .iter()
        .map(|mineral| {
            let id = SpeciesId(mineral.species);
            let classes = feed.classes(id);
            if mineral.is_sized() && classes.is_empty() && feed.amount(id).real() > 0.0 {
                return Err(UnitError::Infeasible(format!(
                    "`{}` has no particle size, which its rate law needs: give `size` where it is fed",
                    feed.table.get(id).name
                )));
            }
            Ok(classes.to_vec())
        })
        .collect()
}

/// The stream that leaves, from amounts and particle classes by mineral.
pub(super) fn outlet<S: Scalar>(
    process: &ProcessModel,
    feed: &Stream<S>,
    amounts: Vec<S>,
    populations: Vec<Vec<Population<S>>>,
    temperature: S,
) -> Result<Stream<S>, UnitError> {
    let mut out = Stream { amounts, temperature, ..feed.clone() };
    for (mineral, classes) in process.model.minerals().iter().zip(&populations) {
        let left = out.amounts[mineral.species].real();
        let is_gone = !classes.is_empty() && classes.iter().all(|class| class.amount().real() <= 0.0);
        if is_gone && left.abs() <= ROUNDING * feed.amounts[mineral.species].real() {
            out.amounts[mineral.species] = S::from(0.0); // no matter, but the difference of equal amounts
        }
    }
    let leached: Vec<usize> = process.model.minerals().iter().map(|m| m.species).collect();
    out.particles.retain(|p| !leached.contains(&p.species.0));
    for (mineral, classes) in process.model.minerals().iter().zip(populations) {
        if !classes.is_empty() {
            out.particles.push(Particles { species: SpeciesId(mineral.species), classes });
        }
    }
    for (id, species) in feed.table.iter() {
        let amount = out.amounts[id.0];
        if amount.real() < 0.0 && Part::Gas.holds(species.phase) {
            return Err(UnitError::Infeasible(format!(
                "{:.4e} mol (per second or per batch) more of `{}` is taken up than enters: feed at least that much",
                -amount.real(),
                species.name
            )));
        }
        out.amounts[id.0] = amount.max(S::from(0.0));
    }
    out.neutralise();
    out.fit_particles();
    Ok(out)
}

/// Extraction of every element that the solids bring, and the rest of what every leach reports.
pub(super) fn report<S: Scalar>(
    mut outcome: Outcome<S>,
    process: &ProcessModel,
    feed: &Stream<S>,
    out: &Stream<S>,
) -> Outcome<S> {
    let gone = |before: S, after: S| S::from(1.0) - after / before;
    let (solid_in, solid_out) = (feed.part(Part::Solids), out.part(Part::Solids));
    let told = |symbol: &str| !matches!(symbol, "H" | "O"); // water has them: their share dissolved means nothing
    for (index, element) in feed.table.elements().iter().enumerate().filter(|(_, e)| told(e.symbol())) {
        let (before, after) = (solid_in.element_amount(index), solid_out.element_amount(index));
        if before.real() > 0.0 {
            outcome = outcome.kpi(format!("extraction.{}", element.symbol()), gone(before, after), "1");
        }
    }
    for mineral in process.model.minerals() {
        let id = SpeciesId(mineral.species);
        let (before, after) = (feed.amount(id), out.amount(id));
        if before.real() > 0.0 {
            outcome =
                outcome.kpi(format!("conversion.{}", feed.table.get(id).name), gone(before, after), "1");
        }
    }
    super::react::with_duty(missing_reagents(outcome, process, feed), feed, out)
}

/// Warnings for paths of minerals that cannot run since a reagent of theirs is neither fed nor made.
fn missing_reagents<S: Scalar>(
    mut outcome: Outcome<S>,
    process: &ProcessModel,
    feed: &Stream<S>,
) -> Outcome<S> {
    let reactions = process.model.reactions();
    let made =
        |species: usize| reactions.iter().any(|r| r.terms.iter().any(|(s, nu)| *s == species && *nu > 0.0));
    for mineral in process.model.minerals().iter().filter(|m| feed.amounts[m.species].real() > 0.0) {
        for path in &reactions[mineral.paths.clone()] {
            let missing = path.terms.iter().find(|(species, nu)| {
                *nu < 0.0
                    && *species != mineral.species
                    && feed.amounts[*species].is_zero()
                    && !made(*species)
            });
            if let Some((species, _)) = missing {
                outcome = outcome.warning(format!(
                    "`{}` is not fed: the reaction `{}` of {} does not run",
                    feed.table.get(SpeciesId(*species)).name,
                    path.name,
                    process.name
                ));
            }
        }
    }
    outcome
}

/// Warnings for parameters used outside the temperatures at which they were measured, one for all of the same range.
pub(super) fn range_warnings<S>(
    mut outcome: Outcome<S>,
    process: &ProcessModel,
    temperatures: (f64, f64),
) -> Outcome<S> {
    let mut told: Vec<((f64, f64), Vec<&str>)> = Vec::new();
    for (name, range) in &process.temperature_ranges {
        if temperatures.0 >= range.0 - 0.01 && temperatures.1 <= range.1 + 0.01 {
            continue;
        }
        match told.iter_mut().find(|(same, _)| same == range) {
            Some((_, names)) => names.push(name.as_str()),
            None => told.push((*range, vec![name.as_str()])),
        }
    }
    let celsius = |t: f64| format!("{:.1}", t - 273.15);
    for ((low, high), names) in told {
        let used = if temperatures.1 > high { temperatures.1 } else { temperatures.0 };
        let (are, were) = if names.len() == 1 { ("is", "it was") } else { ("are", "they were") };
        let measured = match high - low < 0.01 {
            true => format!("at {} degC alone", celsius(low)),
            false => format!("from {} to {} degC", celsius(low), celsius(high)),
        };
        outcome.warnings.push(format!(
            "`{}` of {} {are} used at {} degC; {were} measured {measured}",
            names.join("`, `"),
            process.name,
            celsius(used)
        ));
    }
    outcome
}

/// One state of a leach: amounts, temperature (K) and volume of the liquor (m³).
pub(super) type State<'a, S> = (&'a [S], S, S);

/// Where rates read the equilibrium: pH and what they read, state by state, into the profile; the chemistry of the last one and its
/// warnings into the outcome.
///
/// Their derivatives are not known here; the rates that read them have theirs.
pub(super) fn read_equilibrium<S: Leaching>(
    mut outcome: Outcome<S>,
    process: &ProcessModel,
    states: &[State<'_, S>],
    out: &Stream<S>,
    profile: &mut Profile<S>,
) -> Result<Outcome<S>, UnitError> {
    let Some((medium, readings)) = process.model.equilibrium() else { return Ok(outcome) };
    let mut cell = Cell::new(medium);
    let all: Vec<Chemistry> = states
        .iter()
        .map(|(amounts, temperature, _)| {
            let amounts: Vec<f64> = amounts.iter().map(|amount| amount.real()).collect();
            cell.speciate(&amounts, temperature.real()).map_err(liquor::error)
        })
        .collect::<Result<_, _>>()?;
    let mut push = |name: String, unit: &str, values: Vec<f64>| {
        let values = values.into_iter().map(S::without_slope).collect();
        profile.series.push(Series::new(name, unit, values));
    };
    push("pH".to_owned(), "1", all.iter().map(|chemistry| chemistry.ph).collect());
    for reading in readings {
        let (species, word) = (reading.species, reading.basis.word());
        let name = format!("{word}.{}", medium.system().species()[species].name);
        let pairs = all.iter().zip(states);
        match reading.basis {
            Basis::Free => {
                let free = |(c, (_, _, volume)): (&Chemistry, &State<'_, S>)| {
                    c.molality[species] * c.water / volume.real()
                };
                push(name, "mol/m3", pairs.map(free).collect());
            }
            Basis::Activity => {
                push(name, "1", all.iter().map(|c| 10_f64.powf(c.log_activity[species])).collect())
            }
        }
    }
    if let Some(last) = all.last() {
        let plain = liquor::describe(Outcome::default(), medium, last, &out.map(|x| x.real()));
        outcome.warnings.extend_from_slice(&plain.warnings);
        outcome.kpis.extend(plain.map(S::without_slope).kpis);
        outcome
            .warnings
            .extend(readings.iter().filter_map(|reading| held_in_complexes(process, reading, last, out)));
    }
    Ok(outcome)
}

/// That a reagent which reactions take is still free, at equilibrium with complexes that the stream carries, when the stream's own has
/// run out: reactions take what streams count.
fn held_in_complexes<S: Scalar>(
    process: &ProcessModel,
    reading: &Reading,
    chemistry: &Chemistry,
    out: &Stream<S>,
) -> Option<String> {
    let (medium, _) = process.model.equilibrium()?;
    let name = &*medium.system().species()[reading.species].name;
    let species = out.table.index(name)?;
    let taken = |(at, nu): &(usize, f64)| *at == species.0 && *nu < 0.0;
    let reaction = process.model.reactions().iter().find(|reaction| reaction.terms.iter().any(taken))?;
    let molality = chemistry.molality[reading.species];
    let counted = out.amount(species).real() / chemistry.water;
    (molality > FREE && molality > 1.01 * counted).then(|| {
        format!(
            "{molality:.2e} mol/kg of `{name}` are free at the end where the stream counts {counted:.2e}: what it holds in complexes or \
             hydrolysed gives up the rest, and `{}` takes no more than the stream counts",
            reaction.name
        )
    })
}

/// A leach error as a unit's.
pub(super) fn error(error: LeachError) -> UnitError {
    match error {
        LeachError::Domain { .. } => UnitError::Infeasible(error.to_string()),
        other => UnitError::NotConverged { what: "the leach".to_owned(), why: other.to_string() },
    }
}
