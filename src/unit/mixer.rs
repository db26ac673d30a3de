//! Mixer: any number of streams in, one out, at the temperature of the heat balance.
//!
//! Balance     n_out = Σ n_in;  H_out(T) = Σ H_in
//! Freedoms    none
//! Leaves out  heat of dilution; reactions other than H+ + OH- = H2O

use super::parameters::{Args, BuildError};
use super::{Context, Inlets, Moves, Moving, Outcome, Port, Ports, Unit, UnitError, UnitKind};
use crate::chemistry::Stream;
use crate::numerics::Scalar;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "mixer",
    title: "Mixes any number of streams",
    about: "n_out = sum of n_in, species by species; outlet temperature from the heat balance. \
            Left out: heat of dilution, reactions other than H+ + OH- = H2O.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// A mixer has no parameters.
    pub struct Parameters {}
}

/// A mixer.
#[derive(Debug)]
struct Mixer;

fn build(_: &Args, _: &Context) -> Result<Box<dyn Unit>, BuildError> {
    Ok(Box::new(Mixer))
}

impl Unit for Mixer {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("out")])
    }
    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        Ok(Outcome::new("out", inlets.port("feed")?.clone()))
    }
    fn solve_along(&self, inlets: &Inlets<Moving>, _: &Moves) -> Option<Result<Outcome<Moving>, UnitError>> {
        Some(inlets.port("feed").map(|feed| Outcome::new("out", feed.clone())))
    }
}

/// Streams joined at the temperature at which the heat content of their sum equals the sum of theirs.
///
/// Heat capacities are taken at each stream's own temperature; species without data carry no heat.
pub fn mix<S: Scalar>(first: &Stream<S>, rest: &[&Stream<S>]) -> Stream<S> {
    let mut out = first.clone();
    let mut capacity = first.heat_capacity();
    let mut heat = capacity * first.temperature;
    for stream in rest {
        let own = stream.heat_capacity();
        heat += own * stream.temperature;
        capacity += own;
        if out.is_empty() {
            out.temperature = stream.temperature;
        }
        out.add(stream);
        out.pressure = out.pressure.min(stream.pressure);
    }
    if capacity.real() > 0.0 {
        out.temperature = heat / capacity;
    }
    out
}
