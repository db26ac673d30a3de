//! Stoichiometric reactor: stated reactions to stated conversions, as in a roast or a fusion.
//!
//! Balance     n_out = n_in + Σ ν·ξ;  Q = H_out(T) − H_in(T_in)
//! Freedoms    `reactions`, `temperature`
//! Leaves out  rates; equilibrium; heat losses

use super::parameters::{Args, BuildError, Spec};
use super::react::{self, Stated, StatedReaction};
use super::smooth::{Own, Smooth};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind, VolumeModel};
use crate::kinetics::leach::Leaching;
use crate::quantity::Dimension;

/// The reactor.
pub const KIND: UnitKind = UnitKind {
    name: "reactor",
    title: "Carries stated reactions to stated conversions (roast, fusion, neutralisation)",
    about: "n_out = n_in + sum of nu*xi, reaction by reaction in the order written; Q = H_out(T) - H_in(T_in). \
            Left out: rates, equilibrium, heat losses.",
    specs: Parameters::specs,
    build,
};

/// The precipitation tank: the same balances, with a slurry outlet.
pub const PRECIPITATION: UnitKind = UnitKind {
    name: "precipitation",
    title: "Precipitates to a stated recovery or a stated residual concentration",
    about: "n_out = n_in + sum of nu*xi; each reaction goes on until `conversion` of its key species has reacted or its \
            `residual` concentration is reached in the liquor; a reagent that runs out stops it with a warning. \
            Left out: rates, equilibrium (stated, not computed), heat losses.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a reactor.
    pub struct Parameters {
        /// The reactions, carried in this order.
        reactions: Vec<Args> = Spec::list(Spec::record(StatedReaction::specs)).example("[{ equation = \"2 Ga2O3(s) ...\", of = \"Ga2O3(s)\", conversion = \"94 %\" }]");
        /// Outlet temperature; absent, that of the feed.
        temperature: Option<f64> = Spec::quantity(Dimension::TEMPERATURE).positive().optional().example("\"750 degC\"");
        /// Whether gas leaves by an outlet of its own, `gas`, instead of going on with the slurry.
        vent: bool = Spec::boolean().default("false");
    }
}

#[derive(Debug)]
struct Reactor {
    reactions: Vec<Stated>,
    temperature: Option<f64>,
    vent: bool,
    volume: VolumeModel,
}

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    let parameters = Parameters::read(args)?;
    let reactions = react::read(&parameters.reactions, &context.table)?;
    Ok(Box::new(Reactor {
        reactions,
        temperature: parameters.temperature,
        vent: parameters.vent,
        volume: context.volume.clone(),
    }))
}

impl Smooth for Reactor {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], super::vented_ports("out", self.vent))
    }
    fn solve_over<S: Leaching>(
        &self,
        inlets: &Inlets<S>,
        own: &impl Own<S>,
    ) -> Result<Outcome<S>, UnitError> {
        let feed = inlets.port("feed")?;
        let mut out = feed.clone();
        let volume = self.volume.liquor(feed);
        let outcome = react::carry(&self.reactions, own, &mut out, volume, Outcome::default())?;
        if let Some(temperature) = self.temperature {
            out.temperature = own.number("temperature", temperature);
        }
        let outcome = react::with_duty(outcome, feed, &out);
        Ok(super::vented(outcome, "out", out, self.vent))
    }
    fn moves_with(&self, path: &str) -> bool {
        path == "temperature" || (path.starts_with("reactions.") && path.ends_with(".conversion"))
    }
}
