//! Evaporative crystalliser: water leaves as vapour until a target is met, salts crystallise where saturated.
//!
//! Balance     n_out = n_in + Σ ν·ξ over the solids allowed; vapour is water
//! Freedoms    one of `water_removed`, `solids_fraction`, `until`; `temperature`
//! Leaves out  rates, boiling-point elevation, volatile solutes, heat losses

use std::sync::Arc;

use super::liquor::Solids;
use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::{Basis, Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, liquor};
use crate::chemistry::{Part, Stream};
use crate::equilibrium::liquor::TEMPERATURE_RANGE;
use crate::equilibrium::medium::{Cell, Chemistry, Medium};
use crate::numerics::root::root;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "crystalliser",
    title: "Evaporates water until a target is met; salts crystallise where saturated",
    about: "Water leaves as vapour by `vapour`; each solid allowed is either undersaturated or present at IAP = K. The target is \
            a share of the water, a mass fraction of solids in the slurry, or the saturation of a named solid. \
            Left out: rates, boiling-point elevation, volatile solutes, heat losses.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a crystalliser.
    pub struct Parameters {
        /// Share of the feed's water that leaves as vapour.
        water_removed: Option<f64> = Spec::fraction().optional().example("\"80 %\"");
        /// Mass of solids over mass of slurry at which evaporation ends.
        solids_fraction: Option<f64> = Spec::fraction().optional().example("\"20 wt%\"");
        /// Solid at whose saturation evaporation ends, itself not formed.
        until: Option<Located<String>> = Spec::text().optional().example("\"Halite\"");
        /// Solids that may form or dissolve here; absent, all that `[equilibrium]` names.
        solids: Option<Vec<Located<String>>> = Spec::list(Spec::text()).optional().example("[\"Mirabilite\", \"Thenardite\"]");
        /// Solids that may not, among them.
        exclude: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"Anhydrite\"]");
        /// Temperature of slurry and vapour; absent, that of the feed.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).at_least(*TEMPERATURE_RANGE.start()).at_most(*TEMPERATURE_RANGE.end()).optional().example("\"80 degC\"");
    }
}

#[derive(Debug, Clone, Copy)]
enum Target {
    WaterRemoved(f64),
    Solids(f64),
    Saturation(usize), // phase of the system
}

#[derive(Debug)]
struct Crystalliser {
    medium: Arc<Medium>,
    solids: Solids,
    target: Target,
    temperature: Option<f64>,
    basis: Basis,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let medium = liquor::medium(args, context)?;
    let mut solids = liquor::solids(&medium, parameters.solids.as_deref(), &parameters.exclude)?;
    let target = match (parameters.water_removed, parameters.solids_fraction, &parameters.until) {
        (Some(x), None, None) if x < 1.0 => Target::WaterRemoved(x),
        (None, Some(x), None) if x < 1.0 => Target::Solids(x),
        (Some(_), None, None) | (None, Some(_), None) => {
            let key = if parameters.water_removed.is_some() { "water_removed" } else { "solids_fraction" };
            return Err(BuildError::at(args.place_of(key), "a crystalliser keeps some liquor")
                .because(Cause::Range)
                .help("give less than 100 %"));
        }
        (None, None, Some(name)) => {
            let one = liquor::solids(&medium, Some(std::slice::from_ref(name)), &[])?.allowed;
            solids.allowed.retain(|at| !one.contains(at));
            solids.excluded.extend(&one);
            Target::Saturation(medium.solids()[one[0]].phase)
        }
        (a, b, c) => {
            let given = usize::from(a.is_some()) + usize::from(b.is_some()) + usize::from(c.is_some());
            let message = "a crystalliser needs one of `water_removed`, `solids_fraction` and `until`";
            let cause = if given == 0 { Cause::Missing } else { Cause::Conflict };
            return Err(BuildError::at(args.place, message)
                .because(cause)
                .help("write `water_removed = \"80 %\"`"));
        }
    };
    let temperature = parameters.temperature;
    Ok(Box::new(Crystalliser { medium, solids, target, temperature, basis: context.basis }))
}

impl Unit for Crystalliser {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("slurry"), Port::one("vapour")])
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let feed = inlets.port("feed")?;
        let mut vapour = Stream::empty(feed.table.clone());
        vapour.temperature = self.temperature.unwrap_or(feed.temperature);
        vapour.pressure = feed.pressure;
        if feed.is_empty() {
            return Ok(Outcome::new("slurry", feed.clone()).outlet("vapour", vapour));
        }
        let Some((water, steam)) = feed.table.index("H2O").zip(feed.table.index("H2O(g)")) else {
            return Err(UnitError::Infeasible("the plant has no water vapour".to_owned()));
        };
        let share = match self.target {
            Target::WaterRemoved(share) => share,
            target => self.share(target, feed, water.0)?,
        };
        let evaporated = share * feed.amount(water);
        vapour.amounts[steam.0] = evaporated;
        let (mut out, chemistry) = self.settle(&mut Cell::new(&self.medium), feed, water.0, share)?;
        out.fit_particles();
        let unit = if self.basis == Basis::Continuous { "kg/s" } else { "kg" };
        let mut outcome = liquor::describe(Outcome::default(), &self.medium, &chemistry, &out)
            .kpi("water_removed", share, "1")
            .kpi("vapour", vapour.mass(), unit)
            .kpi("solids_fraction", solids_fraction(&out), "1");
        let mut all = out.clone(); // slurry and vapour together, for the heat
        all.amounts[steam.0] += evaporated;
        outcome = liquor::formed(outcome, &self.medium, &self.solids.allowed, self.basis, (feed, &all));
        outcome = liquor::told_of_undissolved(outcome, &self.medium, &self.solids, &chemistry, &out);
        Ok(outcome.outlet("slurry", out).outlet("vapour", vapour))
    }
}

impl Crystalliser {
    fn settle(
        &self,
        cell: &mut Cell<'_>,
        feed: &Stream,
        water: usize,
        share: f64,
    ) -> Result<(Stream, Chemistry), UnitError> {
        let mut out = feed.clone();
        out.temperature = self.temperature.unwrap_or(feed.temperature);
        out.amounts[water] *= 1.0 - share;
        let chemistry = cell
            .react(&mut out.amounts, out.temperature, &self.solids.allowed, None)
            .map_err(liquor::error)?;
        Ok((out, chemistry))
    }

    /// Share of the water to remove, by steps that halve what is left until the target is passed, then a root.
    fn share(&self, target: Target, feed: &Stream, water: usize) -> Result<f64, UnitError> {
        let mut cell = Cell::new(&self.medium);
        let mut trial = |share: f64| -> Result<f64, UnitError> {
            let (out, chemistry) = self.settle(&mut cell, feed, water, share)?;
            Ok(match target {
                Target::Solids(wanted) => solids_fraction(&out) - wanted,
                Target::Saturation(phase) => chemistry.saturation[phase].unwrap_or(f64::NEG_INFINITY),
                Target::WaterRemoved(wanted) => share - wanted,
            })
        };
        let mut low = (0.0, trial(0.0)?);
        if low.1 >= 0.0 {
            return Ok(0.0);
        }
        for step in 1..40 {
            let share = 1.0 - 0.5_f64.powf(0.5 * f64::from(step));
            let high = (share, trial(share)?);
            if high.1 >= 0.0 {
                // no line leads from a solid that is not there
                let from = if low.1.is_finite() { low.1 } else { -1.0 };
                return root((low.0, from), high, 1e-11, trial);
            }
            low = high;
        }
        Err(UnitError::Infeasible(
            "evaporation does not reach the target: is the element in the feed?".to_owned(),
        ))
    }
}

fn solids_fraction(slurry: &Stream) -> f64 {
    let mass = slurry.mass();
    if mass > 0.0 { slurry.mass_of(Part::Solids) / mass } else { 0.0 }
}
