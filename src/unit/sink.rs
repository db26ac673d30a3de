//! Where matter leaves the plant: products, which recovery counts, and discharges, which it does not.

use super::{Boundary, Inlets, Moves, Moving, Outcome, Port, Ports, Unit, UnitError, UnitKind};

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

impl Unit for Sink {
    fn ports(&self) -> Ports {
        Ports::new(vec![Port::many("feed")], vec![])
    }
    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        inlets.port("feed")?;
        Ok(Outcome::default())
    }
    fn solve_along(&self, inlets: &Inlets<Moving>, _: &Moves) -> Option<Result<Outcome<Moving>, UnitError>> {
        Some(inlets.port("feed").map(|_| Outcome::default()))
    }
    fn boundary(&self) -> Option<Boundary> {
        Some(self.boundary)
    }
}
