//! How what units are made with moves, several directions at once.

use super::ProcessModel;
use crate::kinetics::leach::ParameterSet;
use crate::numerics::Dual;

/// Directions that one pass through a plant carries. With four a leach costs some seven plain runs, and a fit seldom has fewer
/// unknowns than two or three.
pub const LANES: usize = 4;

/// A number and its derivatives along [`LANES`] directions.
pub type Moving = Dual<f64, LANES>;

/// What moves of a unit, beside its inlets.
#[derive(Debug, Clone, Default)]
pub struct Moves {
    /// Parameters of processes by the name of the process; those that do not move may be left out.
    pub processes: Vec<(String, ParameterSet<Moving>)>,
    /// Parameters of the unit itself by path, with their derivatives.
    pub own: Vec<(String, [f64; LANES])>,
}

impl Moves {
    /// The parameters of a process.
    pub fn parameters(&self, process: &ProcessModel) -> ParameterSet<Moving> {
        let moving = self.processes.iter().find(|(name, _)| *name == process.name);
        moving.map_or_else(|| process.parameters.map(Moving::constant), |(_, parameters)| parameters.clone())
    }

    /// The unit's parameter at `path`, which has this value.
    pub fn number(&self, path: &str, value: f64) -> Moving {
        let slopes = self.own.iter().filter(|(own, _)| own == path).map(|(_, slopes)| slopes);
        slopes.fold(Moving::constant(value), |mut sum, slopes| {
            sum.gradient.iter_mut().zip(slopes).for_each(|(own, slope)| *own += slope);
            sum
        })
    }
}
