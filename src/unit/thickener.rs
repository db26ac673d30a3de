//! Thickener: settles a slurry into a clear overflow and a dense underflow.
//!
//! Balance     liquor_underflow = solids_underflow · (1 − w) / w, the rest overflows
//! Freedoms    `underflow_solids` w, `solids_to_overflow`
//! Leaves out  settling rate and area; temperature change

use super::parameters::{Args, BuildError, Spec};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind};
use crate::chemistry::{Part, Stream};
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "thickener",
    title: "Settles a slurry into overflow and underflow",
    about: "The underflow holds w kg solids per kg: liquor_underflow = solids_underflow (1 - w)/w; the rest overflows. \
            Left out: settling rate and area, temperature change.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a thickener.
    pub struct Parameters {
        /// Solids in the underflow, mass of solids over mass of underflow.
        underflow_solids: f64 = Spec::quantity(Dimension::FRACTION).positive().at_most(1.0).example("\"45 wt%\"");
        /// Share of the solids lost to the overflow.
        solids_to_overflow: f64 = Spec::fraction().default("\"0 %\"");
    }
}

fn build(args: &Args, _: &Context) -> Result<Box<dyn Unit>, BuildError> {
    Ok(Box::new(Parameters::read(args)?))
}

impl Unit for Parameters {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("overflow"), Port::one("underflow")])
    }
    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        let feed = inlets.port("feed")?;
        let cut = settle(feed, self.underflow_solids, self.solids_to_overflow)?;
        Ok(Outcome::default()
            .kpi("liquor_to_underflow", cut.liquor_share, "1")
            .outlet("overflow", cut.clear)
            .outlet("underflow", cut.dense))
    }
}

/// A slurry cut in two.
pub(super) struct Cut {
    /// Liquor with the solids lost to it.
    pub(super) clear: Stream,
    /// Solids with the liquor they hold.
    pub(super) dense: Stream,
    /// Share of the liquor that stays with the solids.
    pub(super) liquor_share: f64,
}

/// Cuts a slurry so that the dense part holds `solids` kg solids per kg.
///
/// Gas leaves with the clear part.
pub(super) fn settle(feed: &Stream, solids: f64, lost: f64) -> Result<Cut, UnitError> {
    let solid = feed.part(Part::Solids);
    let mass_solids = solid.mass() * (1.0 - lost);
    let liquor = feed.mass_of(Part::Liquor) + feed.mass_of(Part::Organic);
    let held = mass_solids * (1.0 - solids) / solids;
    if held > liquor * (1.0 + 1e-12) {
        let have = 100.0 * mass_solids / (mass_solids + liquor);
        return Err(UnitError::Infeasible(format!(
            "the feed holds {have:.2} wt% solids, more than the {:.2} wt% asked for in the dense product",
            100.0 * solids
        )));
    }
    let share = if liquor > 0.0 { (held / liquor).min(1.0) } else { 0.0 };
    let dense = split_off(feed, share, 1.0 - lost);
    let clear = remainder(feed, &dense, 1.0 - lost);
    Ok(Cut { clear, dense, liquor_share: share })
}

/// A share of the liquor and a share of the solids of a slurry; no gas.
pub(super) fn split_off(feed: &Stream, liquor: f64, solids: f64) -> Stream {
    let mut out = feed.clone();
    for (id, species) in feed.table.iter() {
        let share = if Part::Solids.holds(species.phase) {
            solids
        } else if Part::Gas.holds(species.phase) {
            0.0
        } else {
            liquor
        };
        out.amounts[id.0] *= share;
    }
    out.scale_particles(solids);
    out
}

/// What is left of a slurry after `taken`, which holds the share `solids` of its solids.
fn remainder(feed: &Stream, taken: &Stream, solids: f64) -> Stream {
    let mut out = feed.clone();
    for (amount, taken) in out.amounts.iter_mut().zip(&taken.amounts) {
        *amount = (*amount - taken).max(0.0);
    }
    out.scale_particles(1.0 - solids);
    out
}
