//! Mixer: any number of streams in, one out, at the temperature of the heat balance.
//!
//! Balance     n_out = Σ n_in;  H_out(T) = Σ H_in
//! Freedoms    none
//! Leaves out  heat of dilution; reactions other than H+ + OH- = H2O

use std::iter;

use super::parameters::{Args, BuildError};
use super::smooth::{Own, Smooth};
use super::{Context, Inlets, Outcome, Port, Ports, Unit, UnitError, UnitKind};
use crate::chemistry::Stream;
use crate::kinetics::leach::Leaching;
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

impl Smooth for Mixer {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![Port::one("out")])
    }
    fn solve_over<S: Leaching>(&self, inlets: &Inlets<S>, _: &impl Own<S>) -> Result<Outcome<S>, UnitError> {
        Ok(Outcome::new("out", inlets.port("feed")?.clone()))
    }
}

/// Streams joined, at [`mixed_temperature`].
pub fn mix<S: Scalar>(first: &Stream<S>, rest: &[&Stream<S>]) -> Stream<S> {
    let mut out = Stream { temperature: mixed_temperature(first, rest), ..first.clone() };
    for stream in rest {
        out.add(stream);
        out.pressure = out.pressure.min(stream.pressure);
    }
    out
}

/// Temperature (K) at which the heat content of the sum of streams equals the sum of theirs.
///
/// Heat capacities are taken at each stream's own temperature; species without data carry no heat.
pub fn mixed_temperature<S: Scalar>(first: &Stream<S>, rest: &[&Stream<S>]) -> S {
    let streams = || iter::once(first).chain(rest.iter().copied()).filter(|stream| !stream.is_empty());
    let Some(one) = streams().next() else {
        return rest.last().map_or(first.temperature, |stream| stream.temperature);
    };
    if streams().all(|stream| (stream.temperature - one.temperature).is_zero()) {
        return one.temperature;
    }
    let (mut heat, mut capacity) = (S::from(0.0), S::from(0.0));
    for stream in streams() {
        let own = stream.heat_capacity();
        heat += own * stream.temperature;
        capacity += own;
    }
    if capacity.real() > 0.0 { heat / capacity } else { one.temperature }
}
