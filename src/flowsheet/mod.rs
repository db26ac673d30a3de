//! Units joined by streams: order, tear, converge, close the balances.

mod along;
mod closure;
mod control;
mod converge;
mod observe;
mod plan;
mod solve;

pub use along::{Along, Moved};
pub use closure::{Closure, ElementBalance, PLANT, TOLERANCE};
pub use control::{Controlled, Controller, Variable};
pub use observe::{Observable, ObserveError, Read, Seen};
pub use plan::{Arrow, Plan, Section};
pub use solve::{Residual, Solution, SolvedStream, State};

use crate::unit::parameters::{Args, BuildError};
use crate::unit::{Boundary, Context, Unit, UnitError, UnitKind};

/// One unit of a flowsheet, with what is needed to make it anew with another parameter value.
#[derive(Debug)]
pub struct Node {
    /// Name in the scenario.
    pub name: String,
    /// Its model.
    pub kind: &'static UnitKind,
    /// Its parameters.
    pub args: Args,
    /// The unit itself.
    pub unit: Box<dyn Unit>,
}

impl Node {
    /// Makes the unit from its parameters.
    ///
    /// # Errors
    /// [`BuildError`] if the values contradict each other or name what is not there.
    pub fn new(
        name: &str,
        kind: &'static UnitKind,
        args: Args,
        context: &Context,
    ) -> Result<Node, BuildError> {
        let unit = (kind.build)(&args, context)?;
        Ok(Node { name: name.to_owned(), kind, args, unit })
    }
}

/// How loops are converged.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Largest change of an element in a tear stream, relative to what the plant is fed of it.
    pub tolerance: f64,
    /// Passes through a loop before it counts as not converged.
    pub max_passes: usize,
    /// Steps of a controller before it counts as unmet.
    pub max_control_steps: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { tolerance: 1e-11, max_passes: 500, max_control_steps: 60 }
    }
}

/// A plant: units, arrows, controllers.
#[derive(Debug)]
pub struct Flowsheet {
    /// What units are made with.
    pub context: Context,
    /// The units.
    pub nodes: Vec<Node>,
    /// The connections.
    pub arrows: Vec<Arrow>,
    /// What is held at a value, and by what.
    pub controllers: Vec<Controller>,
    /// Order and tears.
    pub plan: Plan,
    /// Convergence.
    pub settings: Settings,
}

/// Why a plant has no solution; the residual history is kept for the report.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FlowsheetError {
    /// A unit has no solution for its inlets.
    #[error("unit `{unit}`: {error}")]
    Unit {
        /// Name of the unit.
        unit: String,
        /// Its own words.
        #[source]
        error: UnitError,
    },
    /// A parameter value set by a controller is not acceptable.
    #[error("unit `{unit}` cannot take the value that its controller sets: {error}")]
    Build {
        /// Name of the unit.
        unit: String,
        /// Its own words.
        #[source]
        error: BuildError,
    },
    /// A recycle does not settle.
    #[error(
        "the loop {loop_text} did not converge in {passes} passes: stream `{stream}`, element {element} \
         still changes by {change:.2e} of its feed per pass"
    )]
    NotConverged {
        /// Units of the loop, in order.
        loop_text: String,
        /// Worst torn stream.
        stream: String,
        /// Worst element in it.
        element: String,
        /// Its change per pass, relative to the plant's feed of it.
        change: f64,
        /// Passes made.
        passes: usize,
        /// Residuals pass by pass.
        history: Vec<Residual>,
    },
    /// An element enters and cannot leave.
    #[error(
        "{element} has no way out of the loop {loop_text}: it enters at {fed:.4e} mol/s (or mol per batch) and {left:.2e} leaves; add a bleed or a product that takes it"
    )]
    NoWayOut {
        /// The element.
        element: String,
        /// Units of the loop, in order.
        loop_text: String,
        /// What enters the plant of it.
        fed: f64,
        /// What leaves.
        left: f64,
        /// Residuals pass by pass.
        history: Vec<Residual>,
    },
    /// A controller cannot meet its target.
    #[error(
        "controller `{name}` is not met: {measured} is {reached:.6e} (SI), target {target:.6e}, with {varied} at {value:.6e} (SI); {why}"
    )]
    Unmet {
        /// Name of the controller.
        name: String,
        /// What it measures.
        measured: String,
        /// Value reached, SI.
        reached: f64,
        /// Target, SI.
        target: f64,
        /// What it varies.
        varied: String,
        /// Value of that, SI.
        value: f64,
        /// Reason.
        why: String,
    },
    /// A quantity that a controller or an output names is not there.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A balance does not close: a fault of the program, never of the input.
    #[error(
        "{element} does not close around {unit}: {relative:.2e} relative, allowed {TOLERANCE:.0e}; please report this"
    )]
    Open {
        /// Unit, or the plant.
        unit: String,
        /// Element.
        element: String,
        /// Relative closure.
        relative: f64,
    },
}

impl FlowsheetError {
    /// Residuals pass by pass, where the error has them.
    pub fn history(&self) -> &[Residual] {
        match self {
            FlowsheetError::NotConverged { history, .. } | FlowsheetError::NoWayOut { history, .. } => {
                history
            }
            _ => &[],
        }
    }
}

impl Flowsheet {
    /// Index of a unit.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|n| n.name == name)
    }
    /// Name of an arrow's stream: the port it leaves.
    pub fn stream_name(&self, arrow: usize) -> String {
        let a = &self.arrows[arrow];
        format!("{}.{}", self.nodes[a.from].name, a.outlet)
    }
    /// Units of a section in words: `leach -> filter -> mixer -> leach`.
    pub fn loop_text(&self, section: &Section) -> String {
        let mut names: Vec<&str> = section.units.iter().map(|&u| self.nodes[u].name.as_str()).collect();
        if let Some(first) = names.first().copied() {
            names.push(first);
        }
        names.join(" -> ")
    }
    /// Units of one kind of boundary.
    pub fn at_boundary(&self, boundary: Boundary) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(move |&n| self.nodes[n].unit.boundary() == Some(boundary))
    }
}
