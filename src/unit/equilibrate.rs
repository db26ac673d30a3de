//! Equilibrium of a slurry: solids form and dissolve, opened couples settle; a reagent may be dosed to a pH or an Eh.
//!
//! Balance     n_out = n_in + Σ ν·ξ over the solids (and gases), each undersaturated or present with log IAP = log K + `saturation`
//! Freedoms    `solids`, `saturation`, `temperature`; `ph` or `eh` with the stream at `reagent`, of which it takes what it needs
//! Leaves out  rates, nucleation and adhering liquor; solids of its own that the database has not; heat losses

use std::sync::Arc;

use super::liquor::Solids;
use super::parameters::{Args, BuildError, Cause, Located, Spec};
use super::{Basis, Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, liquor};
use crate::chemistry::Stream;
use crate::equilibrium::liquor::{EH_RANGE, PH_RANGE, TEMPERATURE_RANGE};
use crate::equilibrium::medium::{Cell, Chemistry, Medium};
use crate::numerics::root::root;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "equilibrate",
    title: "Brings a slurry to equilibrium: precipitation, dissolution, neutralisation, redox; doses to a pH or Eh",
    about: "n_out = n_in + sum of nu*xi over the solids allowed, each either absent and undersaturated or present at IAP = K (times ten to its `saturation`); \
            open couples share one Eh. With `ph` or `eh` it takes of the stream at `reagent` what the target needs and \
            returns the rest by `reagent_left`. With `vent` dissolved gases leave at the stream's pressure by `gas`. \
            Left out: rates, solids that the database has not, heat losses.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of an equilibrium.
    pub struct Parameters {
        /// Solids that may form or dissolve here; absent, all that `[equilibrium]` names. Others pass unchanged.
        solids: Option<Vec<Located<String>>> = Spec::list(Spec::text()).optional().example("[\"Gypsum\", \"2-line ferrihydrite\"]");
        /// Solids that may not, among them.
        exclude: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"Goethite\"]");
        /// Saturation indices at which solids form and dissolve, zero for those not named: a fresh precipitate leaves the liquor supersaturated.
        saturation: Option<Vec<(Located<String>, f64)>> = Spec::map(Spec::number()).at_least(-10.0).at_most(10.0).optional().example("{ \"Mg(OH)2(s)\" = 0.5 }");
        /// pH to which the reagent is dosed.
        ph: Option<f64> = Spec::number().at_least(*PH_RANGE.start()).at_most(*PH_RANGE.end()).optional().example("3.5");
        /// Eh (against the standard hydrogen electrode) to which the reagent is dosed; needs an open couple.
        eh: Option<f64> = Spec::quantity(Dimension::POTENTIAL).at_least(*EH_RANGE.start()).at_most(*EH_RANGE.end()).optional().example("\"700 mV\"");
        /// Outlet temperature; absent, that of what enters, mixed.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).at_least(*TEMPERATURE_RANGE.start()).at_most(*TEMPERATURE_RANGE.end()).optional().example("\"60 degC\"");
        /// Whether gases leave the liquor, by an outlet of their own, `gas`; otherwise they stay dissolved.
        vent: bool = Spec::boolean().default("false");
    }
}

/// Shares of the reagent at which a dose is sought.
const SHARES: [f64; 8] = [0.01, 0.03, 0.1, 0.25, 0.5, 0.7, 0.85, 1.0];

/// A share of the reagent, and what to tell if it misses the target.
type Dose = (f64, Option<String>);

/// What the reagent is dosed to.
#[derive(Debug, Clone, Copy)]
enum Target {
    Ph(f64),
    Eh(f64),
}

impl Target {
    fn distance(self, chemistry: &Chemistry) -> f64 {
        match self {
            Target::Ph(wanted) => chemistry.ph - wanted,
            Target::Eh(wanted) => chemistry.eh.unwrap_or(f64::NAN) - wanted,
        }
    }

    fn text(self, distance: f64) -> String {
        match self {
            Target::Ph(wanted) => format!("pH {:.3}", wanted + distance),
            Target::Eh(wanted) => format!("Eh {:.4} V", wanted + distance),
        }
    }
}

#[derive(Debug)]
struct Equilibrate {
    medium: Arc<Medium>,
    solids: Solids,
    target: Option<Target>,
    temperature: Option<f64>,
    vent: bool,
    basis: Basis,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let medium = liquor::medium(args, context)?;
    let solids = liquor::solids(&medium, parameters.solids.as_deref(), &parameters.exclude)?
        .saturated_at(&medium, parameters.saturation.as_deref().unwrap_or_default())?;
    let target = match (parameters.ph, parameters.eh) {
        (None, None) => None,
        (Some(ph), None) => Some(Target::Ph(ph)),
        (None, Some(_)) if medium.open().is_empty() => {
            return Err(BuildError::at(args.place_of("eh"), "no redox couple is open: the liquor has no Eh")
                .because(Cause::Conflict)
                .help("open one in `[equilibrium]`: `open = [\"Fe\"]`"));
        }
        (None, Some(eh)) => Some(Target::Eh(eh)),
        (Some(_), Some(_)) => {
            return Err(BuildError::at(args.place_of("eh"), "one reagent cannot meet a pH and an Eh")
                .because(Cause::Conflict)
                .help("use two units in a row, or a controller for one of them"));
        }
    };
    let (temperature, vent) = (parameters.temperature, parameters.vent);
    Ok(Box::new(Equilibrate { medium, solids, target, temperature, vent, basis: context.basis }))
}

impl Unit for Equilibrate {
    fn ports(&self) -> Ports {
        let mut inlets = vec![Port::many("feed")];
        let mut outlets = super::vented_ports("out", self.vent);
        if self.target.is_some() {
            inlets.push(Port::many("reagent"));
            outlets.push(Port::one("reagent_left"));
        }
        Ports::new(inlets, outlets)
    }

    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let feed = inlets.port("feed")?;
        let mut outcome = Outcome::default();
        let mut entering = feed.clone();
        if let Some(target) = self.target {
            let reagent = inlets.port("reagent")?;
            let (share, short) =
                if feed.is_empty() { (0.0, None) } else { self.dose(target, feed, reagent)? };
            entering = with_share(feed, reagent, share);
            let unit = if self.basis == Basis::Continuous { "kg/s" } else { "kg" };
            outcome = outcome
                .kpi("reagent_taken", share * reagent.mass(), unit)
                .kpi("reagent_share", share, "1")
                .outlet("reagent_left", reagent.scaled(1.0 - share));
            outcome.warnings.extend(short);
        }
        if entering.is_empty() {
            return Ok(super::vented(outcome, "out", entering, self.vent));
        }
        let mut out = entering.clone();
        let chemistry = self.settle(&mut self.cell(), &mut out)?;
        out.fit_particles();
        outcome = liquor::describe(outcome, &self.medium, &chemistry, &out);
        outcome = liquor::formed(outcome, &self.medium, &self.solids.allowed, self.basis, (&entering, &out));
        outcome = liquor::told_of_undissolved(outcome, &self.medium, &self.solids, &chemistry, &out);
        Ok(super::vented(outcome, "out", out, self.vent))
    }
}

impl Equilibrate {
    fn cell(&self) -> Cell<'_> {
        Cell::new(&self.medium).at_saturation(&self.solids.saturation)
    }

    fn settle(&self, cell: &mut Cell<'_>, stream: &mut Stream) -> Result<Chemistry, UnitError> {
        stream.temperature = self.temperature.unwrap_or(stream.temperature);
        if self.vent {
            return liquor::with_gas(cell, &self.medium, stream, &self.solids.allowed);
        }
        cell.react(&mut stream.amounts, stream.temperature, &self.solids.allowed, None).map_err(liquor::error)
    }

    /// Share of the reagent that meets the target, or comes nearest, with a warning. One cell solves all trials, each from the last.
    fn dose(&self, target: Target, feed: &Stream, reagent: &Stream) -> Result<Dose, UnitError> {
        let mut cell = self.cell();
        let mut trial = |share: f64| -> Result<f64, UnitError> {
            let mut stream = with_share(feed, reagent, share);
            let distance = target.distance(&self.settle(&mut cell, &mut stream)?);
            match distance.is_nan() {
                true => Err(UnitError::Infeasible("no Eh: the liquor holds none of what is open".to_owned())),
                false => Ok(distance),
            }
        };
        // without reagent nothing may hold an Eh, as of a metal in plain acid: then the search begins with the first dose
        let (first, none) = match (trial(0.0), target) {
            (Err(_), Target::Eh(_)) => (SHARES[0], trial(SHARES[0])?),
            (answer, _) => (0.0, answer?),
        };
        if none.abs() <= 1e-10 {
            return Ok((first, None));
        }
        // in growing steps, each from the last answer: the target is met before an excess makes the liquor hard to solve
        let mut near = (first, none);
        for share in SHARES.into_iter().filter(|share| *share > first) {
            let distance = trial(share)?;
            if none * distance <= 0.0 {
                return Ok((root(near, (share, distance), 1e-10, trial)?, None));
            }
            near = (share, distance);
        }
        let text = format!(
            "the reagent does not reach {}: {} without it, {} with all of it",
            target.text(0.0),
            target.text(none),
            target.text(near.1)
        );
        Ok((if none.abs() < near.1.abs() { first } else { 1.0 }, Some(text)))
    }
}

fn with_share(feed: &Stream, reagent: &Stream, share: f64) -> Stream {
    super::mix(feed, &[&reagent.scaled(share)])
}
