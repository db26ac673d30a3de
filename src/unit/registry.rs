//! The unit models there are.

use super::parameters::{Args, BuildError, Spec};
use super::{Context, Unit};

/// How a unit is made from its parameters.
pub type Build = fn(&Args, &Context) -> Result<Box<dyn Unit>, BuildError>;

/// One unit model: what it is called, what it is, how to make one.
#[derive(Debug, Clone, Copy)]
pub struct UnitKind {
    /// Value of `type` in a scenario.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// Balance, freedoms and what is left out, for `explain`.
    pub about: &'static str,
    /// Declared parameters.
    pub specs: fn() -> Vec<Spec>,
    /// Constructor.
    pub build: Build,
}

/// Every unit model, in the order `lixivia list` shows them.
pub const KINDS: &[UnitKind] = &[
    super::feed::KIND,
    super::mixer::KIND,
    super::splitter::KIND,
    super::heater::KIND,
    super::reactor::KIND,
    super::batch_leach::KIND,
    super::cstr_leach::KIND,
    super::filter::KIND,
    super::thickener::KIND,
    super::ccd::KIND,
    super::reactor::PRECIPITATION,
    super::make_up::KIND,
    super::sx_contact::KIND,
    super::speciate::KIND,
    super::equilibrate::KIND,
    super::crystallise::KIND,
    super::absorb::KIND,
    super::sink::PRODUCT,
    super::sink::DISCHARGE,
];

/// The unit model of that name.
pub fn find_kind(name: &str) -> Option<&'static UnitKind> {
    KINDS.iter().find(|kind| kind.name == name)
}
