//! What a solved unit tells.

use crate::chemistry::Stream;

/// One figure a plant manager asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpi {
    /// Name within the unit, as in `extraction.Co`.
    pub name: String,
    /// Value in the unit below.
    pub value: f64,
    /// Unit as printed (`1` for a fraction).
    pub unit: String,
}

/// The axis of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// `time`, `tank`, `height`.
    pub name: String,
    /// SI unit.
    pub unit: String,
    /// Coordinates.
    pub values: Vec<f64>,
}

/// One quantity along an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// `conversion.LiCoO2(s)`, `concentration.Co+2`, `temperature`.
    pub name: String,
    /// SI unit.
    pub unit: String,
    /// As many as the axis has coordinates.
    pub values: Vec<f64>,
}

/// Quantities along one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The axis.
    pub axis: Axis,
    /// What varies along it.
    pub series: Vec<Series>,
}

/// Heat or power that a unit takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Utility {
    /// `heating`, `cooling`, `electricity`.
    pub name: String,
    /// W in a continuous plant, J per batch in a batch one; never negative.
    pub value: f64,
}

/// The result of solving a unit.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Outlet streams by port.
    pub outlets: Vec<(String, Stream)>,
    /// Figures.
    pub kpis: Vec<Kpi>,
    /// Courses.
    pub profiles: Vec<Profile>,
    /// Heat and power.
    pub utilities: Vec<Utility>,
    /// Reagents that the unit takes from outside the plant to meet its set points, by name.
    pub drawn: Vec<(String, Stream)>,
    /// What the reader of a report must know.
    pub warnings: Vec<String>,
    /// What the unit wants to be given when it is solved again nearby; see [`super::Unit::solve_near`].
    pub memory: Vec<f64>,
}

impl Outcome {
    /// An outcome with one outlet.
    pub fn new(port: &str, stream: Stream) -> Self {
        Outcome::default().outlet(port, stream)
    }
    /// With a further outlet.
    pub fn outlet(mut self, port: &str, stream: Stream) -> Self {
        self.outlets.push((port.to_owned(), stream));
        self
    }
    /// With a KPI.
    pub fn kpi(mut self, name: impl Into<String>, value: f64, unit: &str) -> Self {
        self.kpis.push(Kpi { name: name.into(), value, unit: unit.to_owned() });
        self
    }
    /// With a heat duty: positive is heating, negative cooling.
    pub fn duty(mut self, heat: f64) -> Self {
        if heat != 0.0 {
            let name = if heat > 0.0 { "heating" } else { "cooling" };
            self.utilities.push(Utility { name: name.to_owned(), value: heat.abs() });
        }
        self
    }
    /// With a reagent taken from outside the plant.
    pub fn draw(mut self, name: &str, stream: Stream) -> Self {
        self.drawn.push((name.to_owned(), stream));
        self
    }
    /// With a warning.
    pub fn warning(mut self, text: impl Into<String>) -> Self {
        self.warnings.push(text.into());
        self
    }
    /// The stream at an outlet.
    pub fn get(&self, port: &str) -> Option<&Stream> {
        self.outlets.iter().find(|(name, _)| name == port).map(|(_, s)| s)
    }
}
