//! Thickener: settles a slurry into a clear overflow and a dense underflow.
//!
//! Balance     liquor_underflow = solids_underflow · (1 − w) / w, or a volume per mass of solids; the rest overflows
//! Freedoms    `underflow_solids` w or `underflow_liquor`, `solids_to_overflow`
//! Leaves out  settling rate and area; temperature change

use super::parameters::{Args, BuildError, Cause, Spec};
use super::smooth::{Own, Smooth};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, VolumeModel};
use crate::chemistry::{Part, Stream};
use crate::kinetics::leach::Leaching;
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "thickener",
    title: "Settles a slurry into overflow and underflow",
    about: "The underflow holds w kg solids per kg: liquor_underflow = solids_underflow (1 - w)/w, or a volume of liquor \
            per mass of solids; the rest overflows. \
            Left out: settling rate and area, temperature change.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a thickener.
    pub struct Parameters {
        /// Solids in the underflow, mass of solids over mass of underflow.
        underflow_solids: Option<f64> = Spec::quantity(Dimension::FRACTION).positive().at_most(1.0).optional().example("\"45 wt%\"");
        /// Liquor in the underflow per mass of its solids, in place of the solids content.
        underflow_liquor: Option<f64> = Spec::quantity(Dimension::SPECIFIC_VOLUME).at_least(0.0).optional().example("\"0.9 L/kg\"");
        /// Share of the solids lost to the overflow.
        solids_to_overflow: f64 = Spec::fraction().default("\"0 %\"");
    }
}

#[derive(Debug)]
struct Thickener {
    held: Held,
    solids_to_overflow: f64,
    volume: VolumeModel,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let held = Held::one_of(
        args,
        ("underflow_solids", parameters.underflow_solids.map(Held::Solids)),
        ("underflow_liquor", parameters.underflow_liquor.map(Held::LiquorPerSolids)),
    )?;
    let (solids_to_overflow, volume) = (parameters.solids_to_overflow, context.volume.clone());
    Ok(Box::new(Thickener { held, solids_to_overflow, volume }))
}

impl Smooth for Thickener {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("overflow"), Port::one("underflow")])
    }
    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let held = match self.held {
            Held::Solids(solids) => Held::Solids(own.number("underflow_solids", solids)),
            Held::LiquorPerSolids(ratio) => Held::LiquorPerSolids(own.number("underflow_liquor", ratio)),
        };
        let lost = own.number("solids_to_overflow", self.solids_to_overflow);
        let cut = settle(inlets.port("feed")?, held, lost, &self.volume)?;
        Ok(Outcome::default()
            .kpi("liquor_to_underflow", cut.liquor_share, "1")
            .outlet("overflow", cut.clear)
            .outlet("underflow", cut.dense))
    }
    fn moves_with(&self, path: &str) -> bool {
        matches!(path, "underflow_solids" | "underflow_liquor" | "solids_to_overflow")
    }
}

/// How much liquor the dense part of a slurry holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Held<S = f64> {
    /// Mass of solids over mass of the dense part.
    Solids(S),
    /// Volume of liquor over mass of solids, m³/kg.
    LiquorPerSolids(S),
}

impl Held {
    /// The one of two parameters that is given.
    pub(super) fn one_of(
        args: &Args,
        (first, a): (&str, Option<Held>),
        (second, b): (&str, Option<Held>),
    ) -> Result<Held, BuildError> {
        match (a, b) {
            (Some(held), None) | (None, Some(held)) => Ok(held),
            _ => Err(BuildError::at(
                args.place,
                format!("`{first}` or `{second}` says how much liquor the solids hold: one of the two"),
            )
            .because(if a.is_some() { Cause::Conflict } else { Cause::Missing })
            .help(format!("write `{first} = \"60 wt%\"` or `{second} = \"0.8 L/kg\"`"))),
        }
    }
}

/// A slurry cut in two.
pub(super) struct Cut<S> {
    /// Liquor with the solids lost to it.
    pub(super) clear: Stream<S>,
    /// Solids with the liquor they hold.
    pub(super) dense: Stream<S>,
    /// Share of the liquor that stays with the solids.
    pub(super) liquor_share: S,
}

/// Cuts a slurry so that the solids of the dense part hold as much liquor as `held` says.
///
/// Gas leaves with the clear part.
pub(super) fn settle<S: Scalar>(
    feed: &Stream<S>,
    held: Held<S>,
    lost: S,
    volume: &VolumeModel,
) -> Result<Cut<S>, UnitError> {
    let (zero, one) = (S::from(0.0), S::from(1.0));
    let mass_solids = feed.mass_of(Part::Solids) * (one - lost);
    let share = |held: S, liquor: S| if liquor.real() > 0.0 { (held / liquor).min(one) } else { zero };
    let share = match held {
        Held::Solids(solids) => {
            let liquor = feed.mass_of(Part::Liquor) + feed.mass_of(Part::Organic);
            let held = mass_solids * (one - solids) / solids;
            if held.real() > liquor.real() * (1.0 + 1e-12) {
                let have = 100.0 * (mass_solids / (mass_solids + liquor)).real();
                return Err(UnitError::Infeasible(format!(
                    "the feed holds {have:.2} wt% solids, more than the {:.2} wt% asked for in the dense product",
                    100.0 * solids.real()
                )));
            }
            share(held, liquor)
        }
        Held::LiquorPerSolids(ratio) => {
            let (held, liquor) = (ratio * mass_solids, volume.liquor(feed));
            if held.real() > liquor.real() * (1.0 + 1e-12) {
                return Err(UnitError::Infeasible(format!(
                    "the feed brings {:.4} L liquor per kg of solids, less than the {:.4} L/kg that they hold",
                    1e3 * (liquor / mass_solids).real(),
                    1e3 * ratio.real()
                )));
            }
            share(held, liquor)
        }
    };
    let dense = split_off(feed, share, one - lost);
    let clear = remainder(feed, &dense, one - lost);
    Ok(Cut { clear, dense, liquor_share: share })
}

/// A share of the liquor and a share of the solids of a slurry; no gas.
pub(super) fn split_off<S: Scalar>(feed: &Stream<S>, liquor: S, solids: S) -> Stream<S> {
    let mut out = feed.clone();
    for (id, species) in feed.table.iter() {
        let share = if Part::Solids.holds(species.phase) {
            solids
        } else if Part::Gas.holds(species.phase) {
            S::from(0.0)
        } else {
            liquor
        };
        out.amounts[id.0] *= share;
    }
    out.scale_particles(solids);
    out
}

/// What is left of a slurry after `taken`, which holds the share `solids` of its solids.
fn remainder<S: Scalar>(feed: &Stream<S>, taken: &Stream<S>, solids: S) -> Stream<S> {
    let mut out = feed.clone();
    for (amount, taken) in out.amounts.iter_mut().zip(&taken.amounts) {
        *amount = (*amount - *taken).max(S::from(0.0));
    }
    out.scale_particles(S::from(1.0) - solids);
    out
}
