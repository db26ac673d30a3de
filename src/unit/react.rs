//! Stoichiometric reactions carried to a stated extent, shared by reactor and precipitation.

use std::sync::Arc;

use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::smooth::Own;
use super::{Outcome, UnitError};
use crate::chemistry::{Reaction, SpeciesId, SpeciesTable, Stream};
use crate::numerics::Scalar;
use crate::quantity::Dimension;

crate::parameters! {
    /// One reaction and how far it goes.
    pub struct StatedReaction {
        /// The reaction, as chemists write it.
        equation: Located<String> = Spec::text().example("\"Al+3 + 3 OH- = Al(OH)3(s)\"");
        /// The reactant that `conversion` or `residual` speaks of.
        of: Located<String> = Spec::species().example("\"Al+3\"");
        /// Share of it that reacts.
        conversion: Option<f64> = Spec::fraction().optional().example("\"98 %\"");
        /// What is left of it in the liquor.
        residual: Option<f64> = Spec::any_of(&[Dimension::CONCENTRATION, Dimension::MASS_CONCENTRATION]).at_least(0.0).optional().example("\"20 mg/L\"");
    }
}

/// How far a reaction goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Extent {
    /// Share of the key reactant that reacts.
    Conversion(f64),
    /// Amount of the key reactant per volume of liquor that is left, mol/m3.
    Residual(f64),
}

/// A reaction with its key reactant and extent.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    pub(super) reaction: Reaction,
    pub(super) key: SpeciesId,
    pub(super) extent: Extent,
}

/// Reads a list of [`StatedReaction`]s.
pub(super) fn read(list: &[Args], table: &Arc<SpeciesTable>) -> Result<Vec<Stated>, BuildError> {
    list.iter().map(|args| one(args, table)).collect()
}

fn one(args: &Args, table: &Arc<SpeciesTable>) -> Result<Stated, BuildError> {
    let stated = StatedReaction::read(args)?;
    let reaction = Reaction::parse(&stated.equation.value, table).map_err(|error| {
        BuildError::at(stated.equation.place, error.to_string()).because(Cause::Chemistry)
    })?;
    let key = table
        .find(&stated.of.value)
        .map_err(|e| BuildError::at(stated.of.place, e.to_string()).because(Cause::UnknownName))?;
    if reaction.nu(key) >= 0.0 {
        return Err(BuildError::at(
            stated.of.place,
            format!("`{}` is not consumed by the reaction", stated.of.value),
        )
        .because(Cause::Chemistry)
        .help("name a species of its left side"));
    }
    let extent = match (stated.conversion, stated.residual) {
        (Some(x), None) => Extent::Conversion(x),
        (None, Some(c)) => {
            let molar = matches!(
                args.find("residual").map(|v| &v.value),
                Some(super::parameters::Value::Quantity(m)) if m.dimension == Dimension::CONCENTRATION
            );
            Extent::Residual(if molar { c } else { c / table.get(key).molar_mass })
        }
        _ => {
            return Err(BuildError::at(
                args.place,
                "a reaction needs `conversion` or `residual`, one of the two",
            )
            .because(if stated.conversion.is_some() { Cause::Conflict } else { Cause::Missing })
            .help("write `conversion = \"98 %\"` or `residual = \"20 mg/L\"`"));
        }
    };
    Ok(Stated { reaction, key, extent })
}

/// Carries the reactions in order; `volume` (m3 of liquor) turns residual concentrations into amounts.
///
/// A reactant that runs out ends a reaction early, which is a warning.
pub(super) fn carry<S: Scalar>(
    reactions: &[Stated],
    own: &impl Own<S>,
    stream: &mut Stream<S>,
    volume: S,
    mut outcome: Outcome<S>,
) -> Result<Outcome<S>, UnitError> {
    let (table, zero) = (stream.table.clone(), S::from(0.0));
    for (index, stated) in reactions.iter().enumerate() {
        let available = stream.amount(stated.key);
        let wanted = match stated.extent {
            Extent::Conversion(x) => own.number(&format!("reactions.{index}.conversion"), x) * available,
            Extent::Residual(c) => (available - volume * c).max(zero),
        };
        let extent = wanted / -stated.reaction.nu(stated.key);
        let (possible, limiting) = match stated.reaction.largest_extent(&stream.amounts) {
            Some((possible, limiting)) if possible.real() < extent.real() * (1.0 - 1e-12) => {
                (possible.max(zero), Some(limiting))
            }
            _ => (extent, None),
        };
        stated.reaction.apply(possible, &mut stream.amounts);
        stream.amounts.iter_mut().for_each(|n| *n = n.max(zero));
        let name = &table.get(stated.key).name;
        if let Some(limiting) = limiting {
            let limiting = &table.get(limiting).name;
            outcome =
                outcome.warning(format!("`{limiting}` runs out: `{}` stops early", stated.reaction.text()));
        }
        if available.real() > 0.0 {
            let reached = possible * -stated.reaction.nu(stated.key) / available;
            outcome = outcome.kpi(format!("conversion.{name}"), reached, "1");
        }
    }
    stream.neutralise();
    stream.fit_particles();
    Ok(outcome)
}

/// The outcome with the heat of a change, or the warning that data lack for it.
pub(super) fn with_duty<S: Scalar>(outcome: Outcome<S>, before: &Stream<S>, after: &Stream<S>) -> Outcome<S> {
    let (heat, unknown) = heat_taken_up(before, after);
    if unknown.is_empty() {
        outcome.duty(heat)
    } else {
        outcome.warning(format!("no heat duty: no enthalpy of formation is known for {}", unknown.join(", ")))
    }
}

/// Heat that the change from `before` to `after` takes up at the temperature of `after`, with the warning where data lack.
///
/// H(after, T) − H(before, T₀), formation enthalpies included, over the species whose amount changes; those without a
/// formation enthalpy are left out and named.
fn heat_taken_up<S: Scalar>(before: &Stream<S>, after: &Stream<S>) -> (S, Vec<String>) {
    let mut heat = before.heat_to(after.temperature);
    let mut unknown = Vec::new();
    for (id, species) in before.table.iter() {
        let change = after.amount(id) - before.amount(id);
        if change.real() != 0.0 {
            match species.thermo.enthalpy_at(after.temperature) {
                Some(enthalpy) => heat += change * enthalpy,
                None => unknown.push(species.name.clone()),
            }
        }
    }
    (heat, unknown)
}
