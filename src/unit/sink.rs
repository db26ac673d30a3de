//! Where matter leaves the plant: products, which recovery counts, and discharges, which it does not.

use super::smooth::{Own, Smooth};
use super::{Boundary, Inlets, Outcome, Port, Ports, UnitError, UnitKind};
use crate::kinetics::leach::Leaching;

/// What the plant is run for.
pub const PRODUCT: UnitKind = UnitKind {
    name: "product",
    title: "Takes a product out of the plant",
    about: "Everything that enters leaves the plant and counts in the recovery.",
    specs: Parameters::specs,
    build: |_, _| Ok(Box::new(Sink { boundary: Boundary::Product })),
};

/// Everything else that leaves.
pub const DISCHARGE: UnitKind = UnitKind {
    name: "discharge",
    title: "Takes a residue, effluent or off-gas out of the plant",
    about: "Everything that enters leaves the plant and counts as loss.",
    specs: Parameters::specs,
    build: |_, _| Ok(Box::new(Sink { boundary: Boundary::Discharge })),
};

crate::parameters! {
    /// A sink has no parameters.
    pub struct Parameters {}
}

#[derive(Debug)]
struct Sink {
    boundary: Boundary,
}

impl Smooth for Sink {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![])
    }
    fn solve_over<S: Leaching>(&self, inlets: &Inlets<S>, _: &impl Own<S>) -> Result<Outcome<S>, UnitError> {
        inlets.port("feed")?;
        Ok(Outcome::default())
    }
    fn boundary(&self) -> Option<Boundary> {
        Some(self.boundary)
    }
}
