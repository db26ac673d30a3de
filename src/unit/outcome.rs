//! What a solved unit tells.

use crate::chemistry::Stream;
use crate::numerics::Scalar;

/// One figure a plant manager asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpi<S = f64> {
    /// Name within the unit, as in `extraction.Co`.
    pub name: String,
    /// Value in the unit below.
    pub value: S,
    /// Unit as printed (`1` for a fraction).
    pub unit: String,
}

/// The axis of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis<S = f64> {
    /// `time`, `tank`, `height`.
    pub name: String,
    /// SI unit.
    pub unit: String,
    /// Coordinates.
    pub values: Vec<S>,
}

/// One quantity along an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Series<S = f64> {
    /// `conversion.LiCoO2(s)`, `concentration.Co+2`, `temperature`.
    pub name: String,
    /// SI unit.
    pub unit: String,
    /// Initial diameter of the particles that it follows, m; none where it tells of more than one class of them.
    pub particles: Option<f64>,
    /// As many as the axis has coordinates.
    pub values: Vec<S>,
}

impl<S> Series<S> {
    /// A quantity that tells of no single class of particles.
    pub fn new(name: impl Into<String>, unit: &str, values: Vec<S>) -> Series<S> {
        Series { name: name.into(), unit: unit.to_owned(), particles: None, values }
    }
}

/// Quantities along one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile<S = f64> {
    /// The axis.
    pub axis: Axis<S>,
    /// What varies along it.
    pub series: Vec<Series<S>>,
}

/// Heat or power that a unit takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Utility<S = f64> {
    /// `heating`, `cooling`, `electricity`.
    pub name: String,
    /// W in a continuous plant, J per batch in a batch one; never negative.
    pub value: S,
}

/// The result of solving a unit; over dual numbers also how it moves.
#[derive(Debug, Clone)]
pub struct Outcome<S = f64> {
    /// Outlet streams by port.
    pub outlets: Vec<(String, Stream<S>)>,
    /// Figures.
    pub kpis: Vec<Kpi<S>>,
    /// Courses.
    pub profiles: Vec<Profile<S>>,
    /// Heat and power.
    pub utilities: Vec<Utility<S>>,
    /// Reagents that the unit takes from outside the plant to meet its set points, by name.
    pub drawn: Vec<(String, Stream<S>)>,
    /// What the reader of a report must know.
    pub warnings: Vec<String>,
    /// What the unit wants to be given when it is solved again nearby; see [`super::Unit::solve_near`].
    pub memory: Vec<f64>,
}

impl<S> Default for Outcome<S> {
    fn default() -> Outcome<S> {
        Outcome {
            outlets: Vec::new(),
            kpis: Vec::new(),
            profiles: Vec::new(),
            utilities: Vec::new(),
            drawn: Vec::new(),
            warnings: Vec::new(),
            memory: Vec::new(),
        }
    }
}

impl<S> Outcome<S> {
    /// Shows every number to `look`, which may change it; in an order that outcomes of the same form share.
    pub fn visit(&mut self, look: &mut impl FnMut(&mut S)) {
        self.outlets.iter_mut().chain(&mut self.drawn).for_each(|(_, stream)| stream.visit(look));
        for profile in &mut self.profiles {
            let courses = profile.series.iter_mut().map(|series| &mut series.values);
            courses.chain([&mut profile.axis.values]).flatten().for_each(&mut *look);
        }
        let figures = self.kpis.iter_mut().map(|kpi| &mut kpi.value);
        let duties = self.utilities.iter_mut().map(|utility| &mut utility.value);
        figures.chain(duties).for_each(look);
    }
}

impl<S: Copy> Outcome<S> {
    /// The outcome over another number type.
    pub fn map<T>(&self, to: impl Fn(S) -> T) -> Outcome<T> {
        let streams = |list: &[(String, Stream<S>)]| {
            list.iter().map(|(name, stream)| (name.clone(), stream.map(&to))).collect()
        };
        let series = |one: &Series<S>| Series {
            name: one.name.clone(),
            unit: one.unit.clone(),
            particles: one.particles,
            values: one.values.iter().map(|value| to(*value)).collect(),
        };
        let axis = |one: &Axis<S>| Axis {
            name: one.name.clone(),
            unit: one.unit.clone(),
            values: one.values.iter().map(|value| to(*value)).collect(),
        };
        let profile = |one: &Profile<S>| Profile {
            axis: axis(&one.axis),
            series: one.series.iter().map(series).collect(),
        };
        let kpi = |one: &Kpi<S>| Kpi { name: one.name.clone(), value: to(one.value), unit: one.unit.clone() };
        let utility = |one: &Utility<S>| Utility { name: one.name.clone(), value: to(one.value) };
        Outcome {
            outlets: streams(&self.outlets),
            kpis: self.kpis.iter().map(kpi).collect(),
            profiles: self.profiles.iter().map(profile).collect(),
            utilities: self.utilities.iter().map(utility).collect(),
            drawn: streams(&self.drawn),
            warnings: self.warnings.clone(),
            memory: self.memory.clone(),
        }
    }
}

impl<S: Scalar> Outcome<S> {
    /// An outcome with one outlet.
    pub fn new(port: &str, stream: Stream<S>) -> Self {
        Outcome::default().outlet(port, stream)
    }
    /// With a further outlet.
    pub fn outlet(mut self, port: &str, stream: Stream<S>) -> Self {
        self.outlets.push((port.to_owned(), stream));
        self
    }
    /// With a KPI.
    pub fn kpi(mut self, name: impl Into<String>, value: S, unit: &str) -> Self {
        self.kpis.push(Kpi { name: name.into(), value, unit: unit.to_owned() });
        self
    }
    /// With a heat duty: positive is heating, negative cooling.
    pub fn duty(mut self, heat: S) -> Self {
        if !heat.is_zero() {
            let name = if heat.real() > 0.0 { "heating" } else { "cooling" };
            self.utilities.push(Utility { name: name.to_owned(), value: heat.abs() });
        }
        self
    }
    /// With a reagent taken from outside the plant.
    pub fn draw(mut self, name: &str, stream: Stream<S>) -> Self {
        self.drawn.push((name.to_owned(), stream));
        self
    }
    /// With a warning.
    pub fn warning(mut self, text: impl Into<String>) -> Self {
        self.warnings.push(text.into());
        self
    }
    /// The stream at an outlet.
    pub fn get(&self, port: &str) -> Option<&Stream<S>> {
        self.outlets.iter().find(|(name, _)| name == port).map(|(_, s)| s)
    }
}
