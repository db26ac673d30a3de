//! How what units are made with moves, several directions at once.

use crate::kinetics::leach::ParameterSet;
use crate::numerics::Dual;

/// Directions that one pass through a plant carries. With four a leach costs some three to six plain runs, and a fit seldom has fewer
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
