//! Units written once over the number type: solved in plain numbers, differentiated in numbers that carry derivatives.

use std::borrow::Cow;

use super::{Boundary, Inlets, Moves, Moving, Outcome, Ports, ProcessModel, Unit, UnitError};
use crate::kinetics::leach::{Leaching, ParameterSet};

/// What a unit is made with, as numbers over `S`.
pub(super) trait Own<S: Clone> {
    /// The unit's parameter at `path`, which has this value.
    fn number(&self, path: &str, value: f64) -> S;
    /// The parameters of a process.
    fn parameters<'a>(&self, process: &'a ProcessModel) -> Cow<'a, ParameterSet<S>>;
}

/// Parameters that stay as they are.
pub(super) struct Still;

impl Own<f64> for Still {
    fn number(&self, _: &str, value: f64) -> f64 {
        value
    }
    fn parameters<'a>(&self, process: &'a ProcessModel) -> Cow<'a, ParameterSet> {
        Cow::Borrowed(&process.parameters)
    }
}

impl Own<Moving> for Moves {
    fn number(&self, path: &str, value: f64) -> Moving {
        let slopes = self.own.iter().filter(|(own, _)| own == path).map(|(_, slopes)| slopes);
        slopes.fold(Moving::constant(value), |mut sum, slopes| {
            sum.gradient.iter_mut().zip(slopes).for_each(|(own, slope)| *own += slope);
            sum
        })
    }
    fn parameters<'a>(&self, process: &'a ProcessModel) -> Cow<'a, ParameterSet<Moving>> {
        let moving = self.processes.iter().find(|(name, _)| *name == process.name);
        Cow::Owned(
            moving.map_or_else(
                || process.parameters.map(Moving::constant),
                |(_, parameters)| parameters.clone(),
            ),
        )
    }
}

/// A unit whose outcome is one text for all number types. It is a [`Unit`] with derivatives.
pub(super) trait Smooth: Send + Sync + std::fmt::Debug {
    /// As [`Unit::ports`].
    fn ports(&self) -> Ports;
    /// As [`Unit::solve`] and [`Unit::solve_along`].
    ///
    /// # Errors
    /// As there.
    fn solve_over<S: Leaching>(&self, inlets: &Inlets<S>, own: &impl Own<S>)
    -> Result<Outcome<S>, UnitError>;
    /// As [`Unit::moves_with`].
    fn moves_with(&self, path: &str) -> bool {
        let _ = path;
        false
    }
    /// As [`Unit::boundary`].
    fn boundary(&self) -> Option<Boundary> {
        None
    }
}

impl<U: Smooth> Unit for U {
    fn ports(&self) -> Ports {
        Smooth::ports(self)
    }
    fn solve(&self, inlets: &Inlets) -> Result<Outcome, UnitError> {
        self.solve_over(inlets, &Still)
    }
    fn solve_along(
        &self,
        inlets: &Inlets<Moving>,
        moves: &Moves,
    ) -> Option<Result<Outcome<Moving>, UnitError>> {
        Some(self.solve_over(inlets, moves))
    }
    fn moves_with(&self, path: &str) -> bool {
        Smooth::moves_with(self, path)
    }
    fn boundary(&self) -> Option<Boundary> {
        Smooth::boundary(self)
    }
}
