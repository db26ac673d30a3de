//! What the units of aqueous equilibrium share: the medium, the solids they allow, gas at a pressure, what they tell.

use std::sync::Arc;

use super::parameters::{Args, BuildError, Cause, Located};
use super::{Basis, Context, Outcome, UnitError};
use crate::chemistry::{Part, Stream};
use crate::equilibrium::medium::{Cell, Chemistry, Headspace, Medium, MediumError};
use crate::kinetics::henry::water_vapour_pressure;
use crate::numerics::root::root;

const GAS_CONSTANT: f64 = 8.314462618; // J/(mol K), CODATA 2018

/// The equilibrium of the scenario.
pub(super) fn medium(args: &Args, context: &Context) -> Result<Arc<Medium>, BuildError> {
    context.equilibrium.clone().ok_or_else(|| {
        BuildError::at(args.place, "this unit needs `[equilibrium]`")
            .because(Cause::Missing)
            .help("write `[equilibrium]` with the `solids` that may form; an empty table takes Lixivia's own constants")
    })
}

/// Solids of a unit, as indices into those of the medium.
#[derive(Debug)]
pub(super) struct Solids {
    /// Those that may form and dissolve.
    pub(super) allowed: Vec<usize>,
    /// Those that the unit says may not.
    pub(super) excluded: Vec<usize>,
    /// Saturation indices at which some of them form and dissolve; all others do at zero.
    pub(super) saturation: Vec<(usize, f64)>,
}

/// The solids that a unit lists, or all of the scenario's, less what it excludes.
pub(super) fn solids(
    medium: &Medium,
    listed: Option<&[Located<String>]>,
    excluded: &[Located<String>],
) -> Result<Solids, BuildError> {
    let find = |name: &Located<String>| solid(medium, name);
    let mut allowed: Vec<usize> = match listed {
        Some(names) => names.iter().map(find).collect::<Result<_, _>>()?,
        None => (0..medium.solids().len()).collect(),
    };
    let excluded: Vec<usize> = excluded.iter().map(find).collect::<Result<_, _>>()?;
    allowed.retain(|at| !excluded.contains(at));
    allowed.sort_unstable();
    allowed.dedup();
    Ok(Solids { allowed, excluded, saturation: Vec::new() })
}

/// The solid of that name, as its index into those of the medium.
fn solid(medium: &Medium, name: &Located<String>) -> Result<usize, BuildError> {
    medium.find_solid(&name.value).ok_or_else(|| {
        let known: Vec<&str> = medium.solids().iter().map(|s| s.name.as_str()).collect();
        let idle = medium.idle().iter().find(|(own, _)| own.eq_ignore_ascii_case(&name.value));
        let why = idle.map_or_else(String::new, |(_, why)| format!(": {why}"));
        BuildError::at(name.place, format!("`{}` is no solid that may form in this plant{why}", name.value))
            .because(Cause::UnknownName)
            .help(match known.as_slice() {
                [] => "name it in `solids` of `[equilibrium]`; none of its solids can form from what is fed"
                    .to_owned(),
                known => format!("`solids` of `[equilibrium]` gives {}", known.join(", ")),
            })
    })
}

impl Solids {
    /// The same, with the saturation indices at which some of them form and dissolve.
    pub(super) fn saturated_at(
        mut self,
        medium: &Medium,
        indices: &[(Located<String>, f64)],
    ) -> Result<Solids, BuildError> {
        for (name, index) in indices {
            let at = solid(medium, name)?;
            if !self.allowed.contains(&at) {
                let message = format!("`{}` may not form in this unit", name.value);
                return Err(BuildError::at(name.place, message)
                    .because(Cause::Conflict)
                    .help("name it in `solids` too, or take it out of `exclude`"));
            }
            self.saturation.push((at, *index));
        }
        Ok(self)
    }
}

/// Warns of solids that stay only because nobody has named them.
pub(super) fn told_of_undissolved(
    outcome: Outcome,
    medium: &Medium,
    solids: &Solids,
    chemistry: &Chemistry,
    out: &Stream,
) -> Outcome {
    let staying = medium.undissolved(&out.amounts, chemistry, &solids.allowed, &solids.excluded);
    staying.into_iter().fold(outcome, |outcome, (id, phase)| {
        outcome.warning(format!(
            "`{}` stays as it is, though this liquor dissolves it: name `{phase}` in `solids`, or in `exclude` if it is to stay",
            out.table.get(id).name
        ))
    })
}

/// Warns of gases that pass only because the database lacks them.
pub(super) fn told_of_unabsorbed(outcome: Outcome, medium: &Medium, gas: &Stream) -> Outcome {
    medium.unabsorbed(&gas.amounts).into_iter().fold(outcome, |outcome, (id, why)| {
        outcome.warning(format!("`{}` passes as an inert gas: {why}", gas.table.get(id).name))
    })
}

/// A medium's error as a unit's.
pub(super) fn error(error: MediumError) -> UnitError {
    match error {
        MediumError::NoWater => UnitError::Infeasible(error.to_string()),
        MediumError::Solve(_) => {
            UnitError::NotConverged { what: "the equilibrium".to_owned(), why: error.to_string() }
        }
    }
}

/// Equilibrium with a gas phase at the stream's pressure: gases come and go, inert ones and steam take their share. There
/// is no gas phase where the dissolved gases do not reach the pressure.
pub(super) fn with_gas(
    cell: &mut Cell<'_>,
    medium: &Medium,
    stream: &mut Stream,
    solids: &[usize],
) -> Result<Chemistry, UnitError> {
    let Some((water, vapour)) = stream.table.index("H2O").zip(stream.table.index("H2O(g)")) else {
        return cell.react(&mut stream.amounts, stream.temperature, solids, None).map_err(error);
    };
    let (temperature, pressure) = (stream.temperature, stream.pressure);
    let steam = water_vapour_pressure(temperature);
    if steam >= pressure {
        return Err(UnitError::Infeasible(format!(
            "the liquor boils: {:.1} degC and {:.4} bar",
            temperature - 273.15,
            pressure * 1e-5
        )));
    }
    let reacting: Vec<usize> = medium.gases().iter().map(|g| g.species.0).collect();
    let gas = |s: &Stream| s.part(Part::Gas).amounts.iter().sum::<f64>();
    let inert = gas(stream) - reacting.iter().chain([&vapour.0]).map(|at| stream.amounts[*at]).sum::<f64>();
    // all gas dissolved and all steam condensed is the start of every trial
    let mut start = stream.amounts.clone();
    start[water.0] += std::mem::take(&mut start[vapour.0]);
    let mut activity = 1.0;
    let mut answer = None;
    let scale = GAS_CONSTANT * temperature / pressure;
    let most = scale * (gas(stream) + 1e-3 * start[water.0]).max(f64::MIN_POSITIVE);
    for _ in 0..30 {
        let mut trial = |log_volume: f64| -> Result<f64, UnitError> {
            let volume = log_volume.exp();
            let mut amounts = start.clone();
            let evaporated = activity * steam * volume / (GAS_CONSTANT * temperature);
            if evaporated >= 0.999 * amounts[water.0] {
                return Err(UnitError::Infeasible("the gas carries all the water away".to_owned()));
            }
            amounts[water.0] -= evaporated;
            amounts[vapour.0] = evaporated;
            let chemistry =
                cell.react(&mut amounts, temperature, solids, Some(Headspace { volume })).map_err(error)?;
            let mine: f64 = reacting.iter().map(|at| amounts[*at]).sum();
            let total = (inert + mine + evaporated) * GAS_CONSTANT * temperature / volume;
            answer = Some((chemistry, amounts));
            Ok((total / pressure).ln())
        };
        // inert gas alone cannot take more room than all of it; without any the gas may vanish
        let mut low = (if inert > 0.0 { scale * inert } else { most }.ln(), 0.0);
        low.1 = trial(low.0)?;
        let mut high = low;
        while low.1 <= 0.0 && low.0 > (1e-9 * most).ln() {
            high = low;
            low = (low.0 - 2.0, trial(low.0 - 2.0)?);
        }
        if low.1 <= 0.0 {
            // not even a bubble: everything stays dissolved
            let mut amounts = start.clone();
            let chemistry = cell.react(&mut amounts, temperature, solids, None).map_err(error)?;
            stream.amounts = amounts;
            return Ok(chemistry);
        }
        let mut step = 0.1;
        while high.1 > 0.0 {
            low = high;
            high = (high.0 + step, trial(high.0 + step)?);
            step *= 2.0;
        }
        root(low, high, 1e-12, &mut trial)?;
        let Some((chemistry, amounts)) = answer.take() else { break };
        let change = (chemistry.water_activity - activity).abs();
        activity = chemistry.water_activity;
        if change < 1e-10 {
            stream.amounts = amounts;
            return Ok(chemistry);
        }
    }
    Err(UnitError::NotConverged {
        what: "the gas".to_owned(),
        why: "the activity of water does not settle".to_owned(),
    })
}

/// Figures of the chemistry: pH, Eh, ionic strength, saturation of the solids that may form; and its warnings.
pub(super) fn describe(
    mut outcome: Outcome,
    medium: &Medium,
    chemistry: &Chemistry,
    stream: &Stream,
) -> Outcome {
    outcome = outcome.kpi("ph", chemistry.ph, "1");
    if let Some(eh) = chemistry.eh {
        outcome = outcome.kpi("eh", eh, "V");
    }
    outcome = outcome.kpi("ionic_strength", chemistry.ionic_strength, "mol/kg").kpi(
        "water_activity",
        chemistry.water_activity,
        "1",
    );
    for solid in medium.solids() {
        if let Some(index) = chemistry.saturation[solid.phase] {
            outcome = outcome.kpi(format!("saturation_index.{}", solid.name), index, "1");
        }
    }
    if let Some(warning) = &chemistry.warning {
        outcome = outcome.warning(warning.clone());
    }
    let unknown: Vec<&str> = medium
        .unknown()
        .filter(|id| stream.amount(*id) > 1e-9 * chemistry.water)
        .map(|id| stream.table.get(id).name.as_str())
        .collect();
    if !unknown.is_empty() {
        outcome = outcome.warning(format!(
            "the database does not know {}: carried along without reacting, not counted in the ionic strength",
            unknown.join(", ")
        ));
    }
    outcome
}

/// What formed and what left the liquor, from before to after.
pub(super) fn formed(
    mut outcome: Outcome,
    medium: &Medium,
    solids: &[usize],
    basis: Basis,
    (before, after): (&Stream, &Stream),
) -> Outcome {
    let unit = if basis == Basis::Continuous { "kg/s" } else { "kg" };
    for at in solids {
        let id = medium.solids()[*at].species;
        let species = before.table.get(id);
        let mass = (after.amount(id) - before.amount(id)) * species.molar_mass;
        outcome = outcome.kpi(format!("formed.{}", species.name), mass, unit);
    }
    let (liquor, rest) = (before.part(Part::Liquor), after.part(Part::Liquor));
    for (index, element) in before.table.elements().iter().enumerate() {
        let (dissolved, left) = (liquor.element_amount(index), rest.element_amount(index));
        let own = |at: &usize| before.table.composition(medium.solids()[*at].species)[index] > 0.0;
        if dissolved > 0.0 && solids.iter().any(own) && !matches!(element.symbol(), "H" | "O") {
            outcome = outcome.kpi(format!("precipitated.{}", element.symbol()), 1.0 - left / dissolved, "1");
        }
    }
    super::react::with_duty(outcome, before, after)
}
